"""The column that names the force of each row: a row of another force would count as the sender's."""

from __future__ import annotations

from collections.abc import Mapping

from service.domain.model.reference_data import force_catalogue
from service.spreadsheets.headers import FORCE
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank, shown
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import CellError
from service.spreadsheets.words import KnownWord, meaning_of


def wrong_force(sheet: Sheet, cells: Mapping[str, Cell], row: int, force: str) -> list[CellError]:
    """Return the error of a row that is of another force, or of none, if the sheet has a column for it."""
    if FORCE not in sheet.header:
        return []
    cell = cells.get(FORCE, "")
    if isinstance(cell, Unreadable):
        return [CellError(row, FORCE, cell.problem)]
    written = str(cell).strip()
    if written == force or (written and meaning_of("force", written) == KnownWord(force)):
        return []
    detail = f"Expected {_named(force)} in every row, because the sheet is sent with its credential."
    if is_blank(cell):
        return [CellError(row, FORCE, detail, hint=f"The cell is blank: write {force}, or delete the row.")]
    hint = "Delete the rows of other forces: each force sends its own."
    return [CellError(row, FORCE, detail, shown(cell), hint)]


def _named(force: str) -> str:
    known = force_catalogue().get(force)
    return force if known is None else f"{force} ({known.name})"
