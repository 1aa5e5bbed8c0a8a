"""Reading the blocks of a claims file: figures of one source and scope, and breakdowns of one measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from service.domain.claims.claim import Claim, PrintedBreakdown, Scope, Source
from service.domain.claims.extents import extent
from service.domain.claims.reading.figure import (
    CATEGORY_KEYS,
    FIGURE_KEYS,
    NUMBER_KEYS,
    BlockContext,
    Subject,
    read_claim,
    read_subject,
)
from service.domain.claims.reading.table import (
    ClaimsTable,
    InvalidValue,
    a_boolean,
    a_code,
    a_day,
    a_moment,
    a_text,
    days,
    forces,
    open_table,
    paths,
    pointer_step,
    shown,
)
from service.domain.model.reference_data import Measure
from service.errors import FieldError

SCOPE_KEYS = ("forces", "without_forces", "days", "as_of", "operation")
BLOCK_KEYS = ("source", *SCOPE_KEYS, "figures")
BREAKDOWN_KEYS = ("source", *SCOPE_KEYS, "measure", "unit", *CATEGORY_KEYS, "by", "lines", "complete")
DIMENSIONS = ("force", "category", "day")


@dataclass(frozen=True, slots=True)
class FileContext:
    """The context of a file while it is read: sources and errors so far. `operation`: the file's, if known."""

    measures: Mapping[str, Measure]
    operation: str | None
    errors: list[FieldError]
    sources: dict[str, Source] = field(default_factory=dict)


def _read_context(table: ClaimsTable, file: FileContext) -> BlockContext | None:
    """Return the source, moment and scope of a block; None if its source is not in the file."""
    name = table.read("source", a_text)
    nested = table.read("operation", a_code)
    covered = extent(table.read("forces", forces, ()), table.read("without_forces", forces, ()))
    if not covered.included:
        table.add_error("without_forces", "No force is left.")
    scope = Scope(
        operation=None if nested == file.operation else nested,
        forces=covered,
        days=table.read("days", days),
    )
    moment = table.read("as_of", a_moment)
    if name is None:
        return None
    if name not in file.sources:
        table.add_error("source", f"The file has no [source.{name[:40]}].")
        return None
    return BlockContext(source=name, moment=moment or file.sources[name].moment, scope=scope)


def read_block(value: Any, place: str, file: FileContext) -> list[Claim]:
    """Return the figures of a block; those that cannot be read are added to the file's errors."""
    table = open_table(value, place, file.errors, known=BLOCK_KEYS, required=("source", "figures"))
    context = _read_context(table, file) or BlockContext(source="", moment=None, scope=Scope())
    claims: list[Claim | None] = []
    for item, item_place in table.tables("figures"):
        figure = open_table(item, item_place, file.errors, known=FIGURE_KEYS, required=("measure",))
        subject = read_subject(figure, context.scope, file.measures)
        claims.append(read_claim(figure, context, subject))
    return [claim for claim in claims if claim is not None]


def read_breakdown(value: Any, place: str, file: FileContext) -> PrintedBreakdown | None:
    """Return a breakdown; None if it cannot be read."""
    required = ("source", "measure", "by", "lines")
    table = open_table(value, place, file.errors, known=BREAKDOWN_KEYS, required=required)
    context = _read_context(table, file) or BlockContext(source="", moment=None, scope=Scope())
    by, complete = table.read("by", _a_dimension), table.read("complete", a_boolean, default=False)
    subject = read_subject(table, context.scope, file.measures)
    if by is None:
        return None
    lines = [
        _read_line(open_table(item, where, file.errors, known=(by, *NUMBER_KEYS), required=(by,)), by, context, subject)
        for item, where in _lines(table, by)
    ]
    found = tuple(line for line in lines if line is not None)
    return PrintedBreakdown(place=place, by=by, complete=complete, scope=subject.scope, lines=found)


def _lines(table: ClaimsTable, by: str) -> list[tuple[Any, str]]:
    """Return the lines with their places, from a list of tables or from the short form, a table of numbers by name."""
    lines = table.values.get("lines")
    if not isinstance(lines, Mapping):
        return table.tables("lines")
    return [
        ({by: name, "value": value}, f"{table.place}/lines/{pointer_step(str(name))}") for name, value in lines.items()
    ]


def _read_line(table: ClaimsTable, by: str, context: BlockContext, subject: Subject) -> Claim | None:
    readers = {"force": _one_or_more_forces, "category": paths, "day": a_day}
    found = table.read(by, readers[by])
    if found is None:
        return None
    match by:
        case "force":
            scope = replace(subject.scope, forces=extent(found))
        case "category":
            scope = replace(subject.scope, categories=extent(found))
        case _:
            scope = replace(subject.scope, days=(found, found))
    if not scope.within(subject.scope):
        table.add_error(by, f"{table.values[by]} is outside the scope of the breakdown.")
    return read_claim(table, context, replace(subject, scope=scope))


def _a_dimension(value: Any) -> str:
    if value not in DIMENSIONS:
        raise InvalidValue(f"Expected one of {', '.join(DIMENSIONS)}; found {shown(value)}.")
    return str(value)


def _one_or_more_forces(value: Any) -> tuple[str, ...]:
    return forces(value if isinstance(value, list) else [value])
