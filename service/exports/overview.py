"""The tables of the overview: every row names the marking and the position that its figures are true at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from service.domain.model.days import LONDON
from service.domain.model.instants import format_instant, format_optional
from service.domain.model.reference_data import Measure
from service.exports.tables import Cell, Column, ExportTable, days_text
from service.usecases.overview.operation import Overview
from service.usecases.overview.results import Cell as FigureCell
from service.usecases.overview.results import OperationResults
from service.usecases.overview.then_and_now import FigureThenAndNow, ThenAndNow
from service.usecases.querying.totals import Figure

ALL_FORCES = "All forces"
NOT_YET = "none yet"
ABOUT = [Column("what"), Column("is")]


def tables_of(found: Overview) -> dict[str, ExportTable]:
    """Return the tables that the overview has, by name. Those of figures by hour and of returns may be missing.

    A column in pence is written in pounds. `…_said` is a figure as the page says it: `at least 12`, `none yet`.
    """
    tables = [
        _by_force(found),
        _by_figure("by-reason", found, found.by_reason),
        _by_day(found),
        _by_figure("everything-else", found, found.others),
    ]
    if found.by_hour is not None:
        tables.append(_by_hour(found, found.by_hour))
    if found.shows_returns:
        tables.append(_returns(found))
    return {one.name: one for one in tables}


def about(found: OperationResults, name: str = "about") -> ExportTable:
    """Return what a workbook says of its tables, as a sheet: whose they are, and what they are true at."""
    position = found.position
    return ExportTable(
        name,
        ABOUT,
        [
            ("operation", found.operation.operation),
            ("name", found.operation.name),
            ("marking", found.operation.marking),
            ("imported", "yes" if found.operation.imported else "no"),
            ("as_of_seq", str(position.seq)),
            ("as_of_recorded_at", format_instant(position.recorded_at)),
            ("as_of", format_instant(found.moment)),
            ("root", position.root),
            ("returns", "final" if found.is_complete else "partial"),
        ],
    )


def then_and_now_table(found: ThenAndNow) -> ExportTable:
    """Return both moments: a row for each force and measure, and last those over all forces."""
    both = (found.then, found.now)
    columns = [
        *map(Column, ("operation", "marking", "force", "force_name", "measure", "unit")),
        *(Column(name, "whole") for name in ("then", "now", "difference")),
        *map(Column, ("then_said", "now_said")),
        *(Column(name, "whole") for name in ("then_seq", "now_seq")),
        *map(Column, ("then_as_of", "now_as_of", "then_root", "now_root")),
    ]
    operation = found.now.operation
    context: list[Cell] = [
        *(one.position.seq for one in both),
        *(format_instant(one.moment) for one in both),
        *(one.position.root for one in both),
    ]
    changes: list[tuple[str | None, str, FigureThenAndNow]] = [
        *((row.force.force or None, row.force.name, change) for row in found.rows for change in row.changes),
        *((None, ALL_FORCES, change) for change in found.headlines),
    ]
    rows = (
        [operation.operation, operation.marking, force, name, *_change(change), *context]
        for force, name, change in changes
    )
    return ExportTable("then-and-now", columns, rows)


def _table(name: str, found: Overview, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> ExportTable:
    """Return a table whose rows begin with whose it is, and end with what it is true at."""
    operation, position = found.operation, found.position
    first = (operation.operation, operation.marking, position.seq)
    last = (format_instant(found.moment), position.root)
    return ExportTable(
        name,
        [
            *(Column("operation"), Column("marking"), Column("as_of_seq", "whole")),
            *columns,
            *(Column("as_of"), Column("root")),
        ],
        ([*first, *row, *last] for row in rows),
    )


def _by_force(found: Overview) -> ExportTable:
    measures = [found.operation.measures[cell.measure] for cell in found.headlines]
    columns = [Column("force"), Column("force_name")]
    for measure in measures:
        columns += [_column(measure), Column(f"{measure.measure}_said")]
    rows: list[list[Cell]] = [
        [row.force.force or None, row.force.name, *_pairs(row.cells), _owed(found, row.force.force)]
        for row in found.rows
    ]
    rows.append([None, ALL_FORCES, *_pairs(found.headlines), None])
    return _table("by-force", found, [*columns, Column("owes")], rows)


def _column(measure: Measure) -> Column:
    return Column(measure.measure, "pounds" if measure.unit == "pence" else "whole")


def _pairs(cells: Iterable[FigureCell]) -> Iterator[Cell]:
    for cell in cells:
        yield cell.quantity if cell.number else None
        yield _said(cell)


def _said(cell: FigureCell | None) -> str | None:
    if cell is None:
        return None
    if cell.is_of_nobody and cell.figure is None:
        return None
    return f"{cell.words} {cell.number}".strip() if cell.figure else cell.number or NOT_YET


def _owed(found: Overview, force: str) -> str | None:
    """Return the days for which a force owes a return, as spans; nothing where returns are not shown."""
    if not found.shows_returns:
        return None
    spans = (span for one in found.owed if one.force == force for span in one.spans)
    return ", ".join(days_text(span.day_from, span.day_before) for span in spans)


def _by_figure(name: str, found: Overview, figures: Sequence[Figure]) -> ExportTable:
    columns = [*map(Column, ("measure", "category", "unit")), Column("quantity", "whole"), Column("display")]
    return _table(
        name, found, columns, ((one.measure, one.category, one.unit, one.quantity, one.display) for one in figures)
    )


def _by_day(found: Overview) -> ExportTable:
    columns = [Column("day"), Column("arrests", "whole"), Column("display"), Column("total", "whole")]
    # Those of no single day come last, as on the page.
    figures = sorted(found.by_day, key=lambda one: (one.day is None, str(one.day)))
    totals = accumulate(one.quantity for one in figures)
    rows = (
        [None if one.day is None else str(one.day), one.quantity, one.display, total]
        for one, total in zip(figures, totals, strict=True)
    )
    return _table("by-day", found, columns, rows)


def _by_hour(found: Overview, by_hour: Sequence[Figure]) -> ExportTable:
    columns = [
        Column("hour"),
        Column("uk_time"),
        Column("arrests", "whole"),
        Column("display"),
        Column("total", "whole"),
    ]
    figures = sorted(by_hour, key=lambda one: (one.hour is None, format_optional(one.hour) or ""))
    totals = accumulate(one.quantity for one in figures)
    rows = (
        [
            format_optional(one.hour),
            None if one.hour is None else f"{one.hour.astimezone(LONDON):%Y-%m-%d %H:%M}",
            *(one.quantity, one.display, total),
        ]
        for one, total in zip(figures, totals, strict=True)
    )
    return _table("by-hour", found, columns, rows)


def _returns(found: Overview) -> ExportTable:
    """Return the matrix of returns: a row for each force, a column for each day that has begun."""
    status = {
        key: f"{one.status}, late" if one.late else str(one.status)
        for key, one in found.returns_for(found.days).items()
    }
    forces = found.position.operation.reporting
    columns = [Column("force"), Column("force_name"), *(Column(str(day)) for day in found.days)]
    rows = ([one.force, one.name, *(status.get((one.force, day)) for day in found.days)] for one in forces)
    return _table("returns", found, columns, rows)


def _change(change: FigureThenAndNow) -> list[Cell]:
    sides = [None if one is None or not one.number else one.quantity for one in (change.then, change.now)]
    return [change.measure.measure, change.measure.unit, *sides, change.more, _said(change.then), _said(change.now)]
