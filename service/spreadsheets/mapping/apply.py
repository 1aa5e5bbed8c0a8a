"""Apply a mapping: the rows of a force's own sheets become rows of the templates, under their original row numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from service.spreadsheets.mapping.mapped_sheet import Sending, mapped_sheet
from service.spreadsheets.mapping.model import LEAVE_OUT, FileMapping, MappingDoesNotFit, SheetMapping
from service.spreadsheets.mapping.positions import AGAIN
from service.spreadsheets.mapping.table import written
from service.spreadsheets.reading.grid import Grid
from service.spreadsheets.sheets import LeftOut, Sheet, choose_sheets, refuse_hidden, refuse_unknown
from service.spreadsheets.templates import TEMPLATES
from service.spreadsheets.words import KnownWord, meaning_of


@dataclass(slots=True)
class Applied:
    """The sheets of a mapped file, those left out, and what was left out of the sheets, as sentences."""

    sheets: list[Sheet] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def apply_mapping(
    name: str,
    mapping: FileMapping,
    grids: Sequence[Grid],
    force: str,
    chosen: Collection[str] = (),
    *,
    include_hidden: bool = False,
) -> Applied:
    """Return the sheets that a mapping makes of a file. `name` is the mapping's file; `force` is who sends it.

    Sheets that are not in the mapping are read if they have the header of a template.

    Raises:
        MappingDoesNotFit: the file has not the sheets and columns of the mapping.
        NoSuchSheet, NoSuchTemplate, NotASpreadsheet, HiddenCells: as for a file without a mapping.
    """
    refuse_unknown(name, grids, chosen)
    by_name = {grid.name: grid for grid in grids}
    applied, mapped = Applied(), {one.sheet: one for one in mapping.sheets}
    missing = next((one for one in mapped if one not in by_name), None)
    if missing is not None:
        raise MappingDoesNotFit(
            f"{name} maps sheet {missing!r}, which the file does not have. It has: {', '.join(by_name)}. {AGAIN}"
        )
    wanted = [one for one in mapped.values() if one.template != LEAVE_OUT and (not chosen or one.sheet in chosen)]
    if not include_hidden:
        refuse_hidden(name, [by_name[one.sheet] for one in wanted])
    _refuse_sheets_of_others(name, wanted, force)
    sending = Sending(name, mapping.form, force, applied.notes)
    applied.sheets = [mapped_sheet(one, by_name[one.sheet], sending) for one in wanted]
    applied.left_out = [
        LeftOut(sheet, "it was not chosen" if one.template != LEAVE_OUT else "as its mapping says")
        for sheet, one in mapped.items()
        if one not in wanted
    ]
    _add_unmapped(
        name, [grid for grid in grids if grid.name not in mapped], applied, chosen, include_hidden=include_hidden
    )
    if not applied.sheets:
        raise MappingDoesNotFit(f"{name} leaves out every sheet. Write for one of them what it becomes: template = ...")
    return applied


def _refuse_sheets_of_others(name: str, sheets: Sequence[SheetMapping], force: str) -> None:
    """Refuse a sheet that is named after another force, if several are named after forces."""
    found = {one.sheet: meant.code for one in sheets if isinstance(meant := meaning_of("force", one.sheet), KnownWord)}
    other = next((sheet for sheet, code in found.items() if code != force), None)
    if len(found) > 1 and other is not None:
        raise MappingDoesNotFit(
            f"Sheet {other} is named after {found[other]}, but you send as {force}. Rows of other forces are never "
            f'sent as yours: write template = "leave out" for it in {name}, or rename the sheet if its rows are yours.'
        )


def _add_unmapped(
    name: str, grids: Sequence[Grid], applied: Applied, chosen: Collection[str], *, include_hidden: bool
) -> None:
    """Add the sheets that need no mapping, because they have the header of a template, and name the others."""
    for grid in grids:
        if chosen and grid.name not in chosen:
            applied.left_out.append(LeftOut(grid.name, "it was not chosen"))
        elif not grid.rows:
            applied.left_out.append(LeftOut(grid.name, "it is empty"))
        elif header_is_template(grid):
            applied.sheets += choose_sheets(name, [grid], include_hidden=include_hidden)[0]
        else:
            raise MappingDoesNotFit(
                f"Sheet {grid.name} is not in {name}. {AGAIN} To leave it out, answer its question so."
            )


def header_is_template(grid: Grid) -> bool:
    """Return whether the first row is exactly the header of a template, which needs no mapping."""
    header = {written(cell) for cell in next(iter(grid.rows.values()), ())} - {""}
    return any(one.key in header and header <= set(one.names()) for one in TEMPLATES.values())
