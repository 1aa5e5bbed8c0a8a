"""The sent rows of a spreadsheet: the random id of each row's event.

An id derived from a row would let others guess its content, and two identical arrests would share one id. Ids are
therefore random, and the sent rows, wherever they are kept, stop a second submission from counting twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

# The beginning of the identities of a sheet of a workbook. The name contains no colon.
PREFIX = re.compile(r"sheet:(?P<name>[^:]*):")


@dataclass(frozen=True, slots=True)
class SentRow:
    """The event made from a row: its id, the digest of its content and, for a changed row, the event it corrects.

    `withdrawal` is the id chosen for its withdrawal, and `withdrawn` whether the service has recorded that. `kept` is
    whether it was decided that the event stays recorded although its row is gone.
    """

    id: str
    content: str
    corrects: str | None = None
    correction_reason: str | None = None
    withdrawal: str | None = None
    withdrawn: bool = False
    kept: bool = False


def _nowhere(_state: SentRows) -> None:
    """Keep the rows in memory only."""


@dataclass(slots=True)
class SentRows:
    """The rows sent from a spreadsheet, by identity, with the operation they went to and the force that sent them.

    `sheet` is the sheet of a workbook whose identities have no prefix; None in files of earlier versions. `store` keeps
    the rows where they are read again: beside the file, or in the database.
    """

    operation: str
    force: str
    rows: dict[str, SentRow] = field(default_factory=dict)
    sheet: str | None = None
    store: Callable[[SentRows], None] = _nowhere

    def save(self) -> None:
        """Store the rows, all or none."""
        self.store(self)


def prefix_of(identity: str) -> str:
    """Return the prefix of an identity, which names its sheet; empty if it has none."""
    found = PREFIX.match(identity)
    return found[0] if found else ""
