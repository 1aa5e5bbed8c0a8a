"""Rows that belong together: the key that makes several rows one seizure, or one arrest."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from service.spreadsheets.mapping.columns import Cells, RowReader
from service.spreadsheets.mapping.model import FIRST_ROW, ColumnMapping
from service.spreadsheets.mapping.table import JOIN, written
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank, shown
from service.spreadsheets.reading.grid import RowPart
from service.spreadsheets.templates import REFERENCE
from service.spreadsheets.words import personal_heading

BETWEEN = " / "
REASON = "reason"
ONE_REASON = "An arrest counts once, under one reason."


def with_references(made: Mapping[int, Cells], reader: RowReader) -> None:
    """Give each row the reference that its key makes, and each part of a row one of its own.

    The reference stays in the state file on this machine. A key that is personal data becomes a digest even there.
    """
    columns = reader.mapping.columns if _has_key(reader) else ()
    keys = {
        one: personal_heading(one.heading.rpartition(JOIN)[2]) is not None
        for one in columns
        if one.heading in reader.mapping.group_by
    }
    for row, cells in made.items():
        if keys:
            cells[REFERENCE] = _key(keys, int(row), reader)
        if isinstance(row, RowPart) and not reader.template.lines and not is_blank(cells.get(REFERENCE, "")):
            cells[REFERENCE] = f"{written(cells[REFERENCE])}{BETWEEN}{row.heading}"


def grouped(made: Mapping[int, Cells], reader: RowReader, problems: dict[int, str]) -> dict[int, Cells]:
    """Return the rows with those of one arrest made into one. Rows of one seizure stay: they are its lines.

    What differs between the rows of an arrest is a problem; its reason is decided as the mapping says.
    """
    if reader.template.lines or not _has_key(reader):
        return dict(made)
    first: dict[str, int] = {}
    found: dict[int, Cells] = {}
    for row, cells in made.items():
        reference = cells[REFERENCE]
        if isinstance(reference, Unreadable):
            found[row] = cells
            continue
        before = first.setdefault(written(reference), row)
        if before == row:
            found[row] = dict(cells)
        else:
            problem = _merge(found[before], cells, int(before), reader)
            if problem:
                problems[int(row)] = problem
    return found


def _has_key(reader: RowReader) -> bool:
    return isinstance(reader.mapping.group_by, tuple)


def _key(keys: Mapping[ColumnMapping, bool], row: int, reader: RowReader) -> Cell:
    parts = []
    for column, is_personal in keys.items():
        cell = reader.cell(column, row)
        if isinstance(cell, Unreadable):
            return cell
        if is_blank(cell):
            return Unreadable(
                f"{column.heading} is blank, but it says which rows belong together. Fill it in, or write "
                f'blank = "fill down" for it in {reader.name} if a blank cell repeats the one above.'
            )
        word = written(cell)
        parts.append(sha256(word.encode()).hexdigest()[:16] if is_personal else word)
    return BETWEEN.join(parts)


def _merge(first: Cells, cells: Cells, row: int, reader: RowReader) -> str:
    """Merge a further row into the first of its arrest; return what is wrong with it, empty if nothing is."""
    for name in dict.fromkeys([*first, *cells]):
        mine, other = first.get(name, ""), cells.get(name, "")
        if isinstance(other, Unreadable):
            return f"{name}: {other.problem}"
        if written(mine) == written(other) or name == REFERENCE:
            continue
        if name == REASON:
            problem = _decide(first, written(mine), written(other), reader)
            if not problem:
                continue
            return f"{problem} Row {row} of the same arrest has {shown(mine)}, this one {shown(other)}."
        return f"{name}: row {row} of the same arrest has {shown(mine)}, this one {shown(other)}. Correct one of them."
    return ""


def _decide(first: Cells, mine: str, other: str, reader: RowReader) -> str:
    primary = reader.mapping.primary
    if primary == FIRST_ROW:
        return ""
    if isinstance(primary, tuple) and mine in primary and other in primary:
        first[REASON] = min(mine, other, key=primary.index)
        return ""
    if isinstance(primary, tuple):
        missing = other if mine in primary else mine
        return f"{ONE_REASON} Add {missing!r} to primary in {reader.name}, in the order that decides."
    return (
        f'{ONE_REASON} Write primary = "first row" in {reader.name}, or the list of reasons in the order that decides.'
    )
