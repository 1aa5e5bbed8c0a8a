"""What was sent of a spreadsheet: for each of its rows the random id that its event has, in a file beside it.

An id made from the row could be guessed back to it, and two arrests that look the same would have the same. So ids are
random, and this file is what keeps a second sending from counting twice.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from service.errors import Conflict, Invalid

FORMAT = 1


class NotAStateFile(Invalid):
    """The file beside the spreadsheet, which says what was sent of it, cannot be read. Without it, rows count twice."""

    code = "not_a_state_file"


class SentElsewhere(Conflict):
    """The spreadsheet was sent before, to another operation or by another force."""

    code = "sent_elsewhere"


@dataclass(frozen=True, slots=True)
class SentRow:
    """The event that a row became: its id, the digest of its content, and what it corrects, if a changed row did."""

    id: str
    content: str
    corrects: str | None = None
    correction_reason: str | None = None


@dataclass(slots=True)
class SentRows:
    """All that was sent of a spreadsheet, to which operation and for which force; by what identifies a row."""

    path: Path
    operation: str
    force: str
    rows: dict[str, SentRow] = field(default_factory=dict)

    def save(self) -> None:
        """Write the file in one step, so that a crash leaves the old or the new one."""
        body = {"format": FORMAT, "operation": self.operation, "force": self.force}
        rows = {name: {key: value for key, value in asdict(row).items() if value} for name, row in self.rows.items()}
        new = self.path.with_name(f"{self.path.name}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(body | {"rows": rows}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)


def state_path(sheet: Path) -> Path:
    """Return where it is kept what was sent of a spreadsheet: arrests.csv.sent.json beside arrests.csv."""
    return sheet.with_name(f"{sheet.name}.sent.json")


def sent_rows(sheet: Path, operation: str, force: str) -> SentRows:
    """Return what was sent of a spreadsheet so far; nothing, if it has not been.

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
    except (AssertionError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise NotAStateFile(
            f"{path} cannot be read ({error!r}). It says what was sent: bring back the one you had."
        ) from error
    if (found.operation, found.force) != (operation, force):
        raise SentElsewhere(
            f"{sheet.name} was sent to {found.operation} by {found.force}. For another operation, use a copy of it."
        )
    return found


def _row(row: dict[str, Any]) -> SentRow:
    UUID(row["id"])
    return SentRow(**row)
