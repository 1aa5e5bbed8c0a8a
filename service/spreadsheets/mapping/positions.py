"""Which column of a table each mapped column is. Every column that holds something must be mapped, and only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from service.spreadsheets.mapping.model import (
    DATE,
    DATE_AND_TIME,
    FORCE,
    ITEM,
    LEAVE_OUT,
    PERIOD,
    ColumnMapping,
    MappingDoesNotFit,
    SheetMapping,
)
from service.spreadsheets.mapping.table import JOIN, Table, folded, written
from service.spreadsheets.reading.cells import Cell, is_blank
from service.spreadsheets.reading.grid import column_letters
from service.spreadsheets.words import KnownWord, column_meant, meaning_of

AGAIN = "Run oprecord map again with --again, which keeps your answers."

WHEN = (DATE_AND_TIME, PERIOD)
NEEDED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "arrests": {DATE: WHEN, "reason": ()},
    "seizures": {DATE: WHEN, "kind": (ITEM,)},
    "activities": {DATE: WHEN, "measure": (), "quantity": ()},
    "returns": {DATE: (), "status": ()},
}


def positions(name: str, mapping: SheetMapping, table: Table) -> dict[ColumnMapping, int]:
    """Return the position of each mapped column, counted from 0. `name` is the mapping's file.

    Raises:
        MappingDoesNotFit: a mapped column is missing or ambiguous, or a column with cells is not mapped, or a column
            that names several forces is left out.
    """
    where = f"Sheet {mapping.sheet}: " if mapping.sheet else ""
    found = {one: _position(name, one, table, where) for one in mapping.columns}
    _check_complete(name, table, found, where)
    for one, at in found.items():
        _check_force(name, one, table.cells(at), where)
    return found


def check_forces(name: str, mapping: SheetMapping, force: str) -> None:
    """Check that no column of amounts is that of another force than the one that sends.

    Raises:
        MappingDoesNotFit: naming the first that is.
    """
    for one in mapping.amounts():
        meant = meaning_of("force", one.heading.rpartition(JOIN)[2])
        if isinstance(meant, KnownWord) and meant.code != force:
            where = f"Sheet {mapping.sheet}: " if mapping.sheet else ""
            raise MappingDoesNotFit(
                f"{where}column {one.heading!r} has the figures of {meant.code}, but you send as {force}. Write "
                f'to = "leave out" for it in {name}.'
            )


def _position(name: str, column: ColumnMapping, table: Table, where: str) -> int:
    at = table.index_of(column.heading, column.column)
    if not at:
        raise MappingDoesNotFit(
            f"{where}{name} maps a column {column.heading!r}, which the file does not have. It has: "
            f"{', '.join(filter(None, table.headings))}. {AGAIN}"
        )
    if len(at) > 1:
        letters = ", ".join(map(column_letters, at))
        raise MappingDoesNotFit(
            f"{where}several columns have the heading {column.heading!r} ({letters}). Add to each in {name} which "
            f'one it is: column = "{column_letters(at[0])}".'
        )
    return at[0]


def _check_complete(name: str, table: Table, found: Mapping[ColumnMapping, int], where: str) -> None:
    taken = Counter(found.values())
    filled = {at for cells in table.rows.values() for at, cell in enumerate(cells) if not is_blank(cell)}
    for at in sorted({*filled, *(at for at, heading in enumerate(table.headings) if heading)}):
        if taken[at] != 1:
            heading = table.headings[at] if at < len(table.headings) else ""
            problem = "is mapped more than once" if taken[at] else "is not mapped"
            raise MappingDoesNotFit(
                f"{where}column {column_letters(at)} ({heading or 'without a heading'}) {problem} in {name}. {AGAIN}"
            )


def _check_force(name: str, column: ColumnMapping, cells: Mapping[int, Cell], where: str) -> None:
    """Refuse to leave out a column of several forces: their rows would be sent as one force's."""
    if column.to != LEAVE_OUT or column_meant(column.heading.rpartition(JOIN)[2]) != KnownWord(FORCE):
        return
    names = {folded(written(cell)) for cell in cells.values()}
    if len(names) > 1:
        raise MappingDoesNotFit(
            f"{where}column {column.heading!r} names {len(names)} forces. Without it, their rows would be yours. "
            f'Write to = "force" for it in {name}, then run oprecord map again with --again.'
        )


def check_complete(name: str, mapping: SheetMapping) -> None:
    """Check that something says when, and what is counted. `name` is the mapping's file.

    Raises:
        MappingDoesNotFit: naming what no column becomes and no constant sets.
    """
    known = {one.to for one in mapping.columns} | {field for one in mapping.columns for field in one.sets}
    known |= mapping.constants.keys()
    for field, alternatives in NEEDED[mapping.template].items():
        if known.isdisjoint((field, *alternatives)):
            where = f"Sheet {mapping.sheet}: " if mapping.sheet else ""
            raise MappingDoesNotFit(
                f'{where}no column becomes {field}. In {name}, write to = "{field}" for the column that says it. If it '
                f'is the same in every row, write {field} = "..." below [sheets.constants].'
            )
