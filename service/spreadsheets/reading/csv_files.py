"""Read a CSV file in UTF-8, separated by commas, semicolons or tabs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import pairwise

from service.spreadsheets.headers import has_personal_heading
from service.spreadsheets.reading.cells import Cell, as_typed
from service.spreadsheets.reading.grid import (
    MOST_ROWS,
    Grid,
    NotASpreadsheet,
    Report,
    require_few_columns,
    too_many_rows,
)

ROWS_BETWEEN_REPORTS = 500
SAVE_AGAIN = "In Excel, save it as CSV UTF-8 (comma delimited), or run oprecord map, which reads it as it is."
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>.)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
DIGITS = re.compile(r"\s*[0-9]+\s*", re.ASCII)
WITH_POINT = " Write a decimal comma as a point: 12.5."
FIRST_LINE = re.compile(r"\s*(?P<line>[^\r\n]*)")


def csv_grid(name: str, body: bytes, report: Report | None = None) -> Grid:
    """Return the rows of a CSV file. A line such as `sep=;` is not a row: spreadsheet programs do not show it.

    Raises:
        NotASpreadsheet: it is not CSV in UTF-8, or its header does not show how its cells are separated.
        TooManyRows: it has more rows than are read.
    """
    text = _decoded(name, body)
    line = SEPARATOR_LINE.match(text)
    if line is None:
        separator = _separator_of_header(name, text)
    else:
        separator, text = line["separator"], text[line.end() :]
        if separator not in SEPARATORS:
            raise NotASpreadsheet(f"{name}: expected sep=, or sep=; or sep= and a tab; found {line[0].strip()!r}.")
    rows: dict[int, list[Cell]] = {}
    problems: dict[int, str] = {}
    number, width, last, is_personal = 0, 0, [""], False
    for number, last in _records(name, text, separator, report):
        if not any(cell.strip() for cell in last):
            continue
        if not width:
            width, is_personal = len(last), has_personal_heading(last)
        problem = wrong_width(last, width, separator, is_personal=is_personal)
        if problem:
            problems[number] = problem
        else:
            rows[number] = [as_typed(cell) for cell in last]
    if any(cell.strip() for cell in last) and len(last) < width and not text.endswith(("\n", "\r")):
        problems[number] = f"expected {width} cells, as in the header; the file ends after {len(last)}. Is it complete?"
        rows.pop(number, None)
    return Grid("", rows, problems)


def _records(name: str, text: str, separator: str, report: Report | None) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with their numbers, also blank ones.

    Raises:
        NotASpreadsheet: it is not CSV.
        TooManyRows: it has more rows than are read.
    """
    lines = text.count("\n")
    filled = 0
    try:
        for number, cells in enumerate(csv.reader(StringIO(text, newline=""), delimiter=separator, strict=True), 1):
            filled += any(cells)
            # One of them is the header.
            if filled > MOST_ROWS + 1:
                raise too_many_rows(name, f"about {lines:,}")
            if report is not None and number % ROWS_BETWEEN_REPORTS == 0:
                report(number, lines)
            require_few_columns(name, number, len(cells))
            yield number, cells
    except csv.Error as error:
        raise NotASpreadsheet(f"{name}: not CSV in UTF-8 ({error}). {SAVE_AGAIN}") from error


def declared_grid(name: str, body: bytes, encoding: str, separator: str) -> Grid:
    """Return the rows of a CSV file in a declared encoding and with a declared separator, however many cells each has.

    Raises:
        NotASpreadsheet: it is not in this encoding, or not CSV.
        TooManyRows: it has more rows than are read.
    """
    try:
        text = body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        raise NotASpreadsheet(f"{name}: not in {encoding}, as its mapping says ({error.reason}).") from error
    line = SEPARATOR_LINE.match(text)
    if line is not None:
        text = text[line.end() :]
    records = _records(name, text, separator, None)
    rows: dict[int, list[Cell]] = {
        number: [as_typed(cell) for cell in cells] for number, cells in records if any(cell.strip() for cell in cells)
    }
    widths = [len(cells) for cells in rows.values()][-2:]
    if len(widths) > 1 and widths[1] < widths[0] and not text.endswith(("\n", "\r")):
        return Grid("", rows, {max(rows): f"the file ends after {widths[1]} cells of this row. Is it complete?"})
    return Grid("", rows)


def declared_separator(text: str) -> str:
    """Return the separator that a first line such as `sep=;` declares; empty if there is no such line."""
    line = SEPARATOR_LINE.match(text)
    return line["separator"] if line else ""


def _decoded(name: str, body: bytes) -> str:
    # UTF-16 begins with a byte order mark; without one, every other byte of plain text is zero.
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in body[:100]:
        raise NotASpreadsheet(f"{name}: expected CSV in UTF-8; found UTF-16. {SAVE_AGAIN}")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise NotASpreadsheet(
            f"{name}: not CSV in UTF-8; line {line} has the byte 0x{body[error.start]:02x}. {SAVE_AGAIN}"
        ) from error


def _separator_of_header(name: str, text: str) -> str:
    header = FIRST_LINE.match(text)
    found = [separator for separator in SEPARATORS if header is not None and separator in header["line"]]
    if len(found) > 1:
        names = " and ".join(SEPARATORS[separator] for separator in found)
        raise NotASpreadsheet(f"{name}: expected a header separated by commas; found {names}. {SAVE_AGAIN}")
    return found[0] if found else ","


def wrong_width(cells: Sequence[str], expected: int, separator: str, *, is_personal: bool) -> str:
    """Return what is wrong with the number of cells in a row; empty if nothing is. With `is_personal` it shows no cell.

    Excel leaves out the last cells of a row if they are blank in 16 rows in succession, so a row may be shorter than
    the header, but not if it may be a decimal comma that makes up for the missing cell.
    """
    if len(cells) > expected:
        name = "tab" if separator == "\t" else separator
        return (
            f"a cell is beyond the last column of the header: expected {expected} cells, found {len(cells)}. "
            f"Put a cell that contains a {name} in double quotes.{WITH_POINT if separator == ',' else ''}"
        )
    for first, second in pairwise(cells if separator == "," and len(cells) < expected else ()):
        if DIGITS.fullmatch(first) and DIGITS.fullmatch(second):
            numbers = "two numbers" if is_personal else f"{first},{second}"
            return (
                f"{numbers} may be one number or two, as the row has {len(cells)} cells and the header "
                f"{expected}. Write every cell of this row, also blank ones.{WITH_POINT}"
            )
    return ""
