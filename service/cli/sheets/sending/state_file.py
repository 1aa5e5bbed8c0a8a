"""The state file beside a spreadsheet: the rows that were sent from it.

The state file keeps a second submission from counting twice.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from service.errors import Conflict, Invalid
from service.spreadsheets.sending.sent_rows import SentRow, SentRows

FORMAT = 1


class NotAStateFile(Invalid):
    """The state file beside the spreadsheet cannot be read. Without it, rows already sent would count twice."""

    code = "not_a_state_file"


class SentElsewhere(Conflict):
    """The spreadsheet was already sent to another operation or by another force."""

    code = "sent_elsewhere"


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
        return SentRows(operation, force, store=lambda state: _save(path, state))
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        rows = {key: _row(row) for key, row in body["rows"].items()}
        found = SentRows(body["operation"], body["force"], rows, store=lambda state: _save(path, state))
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


def _save(path: Path, state: SentRows) -> None:
    """Write the file atomically, so that a crash leaves either the old or the new one."""
    body = {"format": FORMAT, "operation": state.operation, "force": state.force}
    body |= {} if state.sheet is None else {"sheet": state.sheet}
    rows = {name: {key: value for key, value in asdict(row).items() if value} for name, row in state.rows.items()}
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(body | {"rows": rows}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _row(row: dict[str, Any]) -> SentRow:
    UUID(row["id"])
    return SentRow(**row)
