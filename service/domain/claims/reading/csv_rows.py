"""Claims files as CSV, one figure per row. Rows become the tables of the other formats, so that one reader suffices."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from typing import Any

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.blocks import SCOPE_KEYS
from service.domain.claims.reading.claims_file import (
    FORMAT,
    MOST_FIGURES,
    WrongClaims,
    read_claims,
    too_many_figures,
    wrong_claims,
)
from service.domain.claims.reading.figure import CATEGORY_KEYS, FIGURE_KEYS
from service.domain.claims.reading.table import pointer_step
from service.domain.model.reference_data import Measure
from service.errors import MOST_FIELDS, FieldError, Invalid

LISTS = ("forces", "without_forces", "days", "lists_all")
SOURCE_COLUMNS = ("url", "published", "force_count", "lists_all")
BLOCK_COLUMNS = ("source", *SCOPE_KEYS)
COLUMNS = ("format", *BLOCK_COLUMNS, *FIGURE_KEYS, *SOURCE_COLUMNS)
HEADER = "/lines/1"
COUNT = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


class ClaimsUnreadable(Invalid):
    """The claims file is not valid TOML, JSON or CSV, or is not UTF-8."""

    code = "claims_unreadable"


@dataclass(slots=True)
class _CsvDocument:
    """The rows as one document, with the line of the file that each of its tables comes from."""

    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: list[dict[str, Any]] = field(default_factory=list)
    lines: dict[str, str] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)


def read_rows(text: str, measures: Mapping[str, Measure], *, operation: str | None = None) -> ClaimsFile:
    """Return the content of a claims file in CSV. Places are the line and the column: `/lines/3/value`.

    `format` is optional, because a CSV file has no header of its own for it. A row's `operation` is the file's
    operation or one inside it.

    Raises:
        ClaimsUnreadable: the text is not CSV.
        WrongClaims: the file has errors, listed with their places.
    """
    rows = _CsvDocument()
    try:
        _read(text, rows)
    except csv.Error as error:
        raise ClaimsUnreadable(f"The claims file is not valid CSV: {error}.") from error
    document = {"format": FORMAT, "source": rows.sources, "claims": rows.claims}
    try:
        found = read_claims(document, measures, operation=operation)
    except WrongClaims as error:
        errors = [FieldError(_in_line(one.pointer, rows), one.detail) for one in error.errors]
        raise wrong_claims([*rows.errors, *errors]) from error
    if rows.errors:
        raise wrong_claims(rows.errors)
    return replace(found, claims=tuple(replace(one, place=_in_line(one.place, rows)) for one in found.claims))


def _read(text: str, rows: _CsvDocument) -> None:
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    wrong = [column for column, times in Counter(header).items() if times > 1 or column not in COLUMNS]
    rows.errors += [
        FieldError(
            f"{HEADER}/{pointer_step(column)}",
            f"Unknown or duplicate column; expected each at most once, of {', '.join(COLUMNS)}.",
        )
        for column in wrong[:MOST_FIELDS]
    ]
    for cells in reader:
        if len(rows.claims) > MOST_FIGURES:
            raise too_many_figures(len(rows.claims))
        line = f"/lines/{reader.line_num}"
        if len(cells) > len(header):
            rows.errors.append(FieldError(line, f"Expected {len(header)} cells; found {len(cells)}."))
        elif any(cells):
            _add(rows, line, {name: cell for name, cell in zip(header, cells, strict=False) if cell})


def _add(rows: _CsvDocument, line: str, cells: dict[str, str]) -> None:
    """Add a row: a block with one figure, and the facts about its source."""
    if cells.get("format", FORMAT) != FORMAT:
        rows.errors.append(FieldError(f"{line}/format", f"Expected {FORMAT!r}; found {cells['format'][:40]!r}."))
    values = {name: cell.split(";") if _is_list(name, cell) else cell for name, cell in cells.items()}
    index, source = len(rows.claims), cells.get("source", "")
    figure = {name: value for name, value in values.items() if name in FIGURE_KEYS}
    block = {name: value for name, value in values.items() if name in BLOCK_COLUMNS}
    rows.claims.append(block | {"figures": [figure]})
    rows.lines[f"/claims/{index}/figures/0"] = rows.lines[f"/claims/{index}"] = line
    if source:
        _add_source(rows, line, source, {name: value for name, value in values.items() if name in SOURCE_COLUMNS})


def _add_source(rows: _CsvDocument, line: str, source: str, facts: dict[str, Any]) -> None:
    known = rows.sources.setdefault(source, {})
    rows.lines.setdefault(f"/source/{pointer_step(source)}", line)
    for name, value in facts.items():
        fact = int(value) if name == "force_count" and COUNT.fullmatch(value) else value
        if known.setdefault(name, fact) != fact:
            rows.errors.append(
                FieldError(f"{line}/{name}", f"The source {source[:40]} has a different value in another row.")
            )


def _is_list(name: str, cell: str) -> bool:
    """Return whether a cell is a list: always in list columns, in category columns only if it contains `;`."""
    return name in LISTS or (name in CATEGORY_KEYS and ";" in cell)


def _in_line(place: str, rows: _CsvDocument) -> str:
    """Return the place in the file of a place in the document."""
    known = place
    while known and known not in rows.lines:
        known = known.rpartition("/")[0]
    return rows.lines[known] + place.removeprefix(known) if known else place
