"""The cells with mistakes, as a person finds them: by sheet, row and the letters of the column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from service.spreadsheets.checking.mistakes import SheetMistake
from service.spreadsheets.mapping.table import written
from service.spreadsheets.reading.cells import Unreadable
from service.spreadsheets.reading.grid import Grid, column_letters
from service.spreadsheets.sheets import Sheet

# What the command advises, and what a page says instead.
OPTIONS = (
    (re.compile(r",? and use --correct\b"), ", and upload the file again"),
    (re.compile(r"(?:, or|\. If [^.]*,)? use --include-hidden[^.]*\."), ". Then upload the file again."),
    (re.compile(r",? ?[Tt]hen run oprecord map again with --again(?: for its columns)?\."), "."),
    (re.compile(r" Run `?oprecord map[^.]*\."), ""),
)


class WrongCell(NamedTuple):
    """A cell with a mistake: its sheet, row, column counted from 0, and what is wrong; column None: the whole row.

    `message` is for a place beside the value, `alone` for any other.
    """

    sheet: str
    row: int
    column: int | None
    message: str
    alone: str

    @property
    def place(self) -> str:
        """The place in words: `Arrests D7`, `row 7`."""
        cell = f"row {self.row}" if self.column is None else f"{column_letters(self.column)}{self.row}"
        return f"{self.sheet} {cell}".strip()


def wrong_cells(grids: Sequence[Grid], mistakes: Sequence[SheetMistake]) -> Iterator[WrongCell]:
    """Yield the cells of the mistakes, in their order."""
    by_name = {grid.name: grid for grid in grids}
    columns: dict[tuple[str, str], int | None] = {}
    for one in mistakes:
        key = (one.sheet.name, one.column)
        if key not in columns:
            columns[key] = column_of(by_name[one.sheet.name], one.sheet, one.column)
        beside = " ".join(part for part in (one.error.detail, one.error.hint) if part)
        alone = f"{one.column}: {one.error}" if one.column else str(one.error)
        message = beside if columns[key] is not None else alone
        yield WrongCell(one.sheet.name, int(one.error.row), columns[key], on_a_page(message), on_a_page(alone))


def on_a_page(advice: str) -> str:
    """Return advice without the options of the command, which a page does not have."""
    for option, instead in OPTIONS:
        advice = option.sub(instead, advice)
    return advice


def column_of(grid: Grid, sheet: Sheet, heading: str) -> int | None:
    """Return the place of a heading in the row of the headings, counted from 0; None if it is not there."""
    if not heading:
        return None
    cells = [written(cell) for cell in grid.rows.get(sheet.header_row, ())]
    wanted = heading.rpartition(" / ")[2]
    return next((index for index, cell in enumerate(cells) if cell in (heading, wanted)), None)


def rows_to_fix(
    grids: Sequence[Grid], sheets: Sequence[Sheet], wrong: Sequence[WrongCell], most: int
) -> Iterator[Mapping[str, object]]:
    """Yield, for each sheet with mistakes, its headings and its first rows to fix, with what is wrong at each cell."""
    by_name = {grid.name: grid for grid in grids}
    for sheet in sheets:
        messages: dict[int, dict[int | None, str]] = {}
        for one in wrong:
            if one.sheet == sheet.name:
                messages.setdefault(one.row, {}).setdefault(one.column, one.message)
        if not messages:
            continue
        grid = by_name[sheet.name]
        shown = sorted(messages)[:most]
        width = max(len(grid.rows.get(row, ())) for row in (sheet.header_row, *shown))
        yield {
            "name": sheet.name,
            "count": len(messages),
            "of": len({int(row) for row in (*sheet.rows, *sheet.problems)}),
            "letters": [column_letters(index) for index in range(width)],
            "headings": _texts(grid, sheet.header_row, width),
            "rows": [
                {
                    "row": row,
                    "about_row": messages[row].get(None, ""),
                    "cells": [
                        {"value": value, "message": messages[row].get(index, "")}
                        for index, value in enumerate(_texts(grid, row, width))
                    ],
                }
                for row in shown
            ],
        }


def _texts(grid: Grid, row: int, width: int) -> list[str]:
    cells = list(grid.rows.get(row, ()))
    return [_text(cells[index]) if index < len(cells) else "" for index in range(width)]


def _text(cell: object) -> str:
    return "(cannot be read)" if isinstance(cell, Unreadable) else str(cell)
