"""The sent rows of a spreadsheet: the random id of each row's event, in a state file beside the spreadsheet.

An id derived from a row would let others guess its content, and two identical arrests would share one id. Ids are
therefore random, and the state file keeps a second submission from counting twice.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from service.errors import Conflict, Invalid

FORMAT = 1
# The beginning of the identities of a sheet of a workbook. The name contains no colon.
PREFIX = re.compile(r"sheet:(?P<name>[^:]*):")


class NotAStateFile(Invalid):
    """The state file beside the spreadsheet cannot be read. Without it, rows already sent would count twice."""

    code = "not_a_state_file"


class SentElsewhere(Conflict):
    """The spreadsheet was already sent to another operation or by another force."""

    code = "sent_elsewhere"


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


@dataclass(slots=True)
class SentRows:
    """The rows sent from a spreadsheet, by identity, with the operation they went to and the force that sent them.

    `sheet` is the sheet of a workbook whose identities have no prefix; None in files of earlier versions.
    """

    path: Path
    operation: str
    force: str
    rows: dict[str, SentRow] = field(default_factory=dict)
    sheet: str | None = None

    def save(self) -> None:
        """Write the file atomically, so that a crash leaves either the old or the new one."""
        body = {"format": FORMAT, "operation": self.operation, "force": self.force}
        body |= {} if self.sheet is None else {"sheet": self.sheet}
        rows = {name: {key: value for key, value in asdict(row).items() if value} for name, row in self.rows.items()}
        new = self.path.with_name(f"{self.path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(body | {"rows": rows}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)


def state_path(sheet: Path) -> Path:
    """Return the path of a spreadsheet's state file: arrests.csv.sent.json beside arrests.csv."""
    return sheet.with_name(f"{sheet.name}.sent.json")


def sent_rows(sheet: Path, operation: str, force: str) -> SentRows:
    """Return the rows sent from a spreadsheet so far; empty if it has not been sent.

    Raises:
        NotAStateFile, SentElsewhere.
    """
    path = state_path(sheet)
    if not path.exists():
        return SentRows(path, operation, force)
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        found = SentRows(path, body["operation"], body["force"], {key: _row(row) for key, row in body["rows"].items()})
        assert body["format"] == FORMAT, f"format {body['format']}"
        found.sheet = body.get("sheet")
        assert found.sheet is None or isinstance(found.sheet, str), "sheet is not text"
    except (AssertionError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise NotAStateFile(
            f"{path} cannot be read ({error!r}). It lists the rows already sent: restore it before you send again."
        ) from error
    if (found.operation, found.force) != (operation, force):
        raise SentElsewhere(
            f"{sheet.name} was sent to {found.operation} by {found.force}. To send it elsewhere, copy it to a new name."
        )
    return found


def prefix_of(identity: str) -> str:
    """Return the prefix of an identity, which names its sheet; empty if it has none."""
    found = PREFIX.match(identity)
    return found[0] if found else ""


def _row(row: dict[str, Any]) -> SentRow:
    UUID(row["id"])
    return SentRow(**row)
