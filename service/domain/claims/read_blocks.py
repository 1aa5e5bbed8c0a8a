"""Reading the blocks of a claims file: figures of one source and scope, and one measure line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from service.domain.claims.claim import Breakdown, Claim, Scope, Source
from service.domain.claims.extents import extent
from service.domain.claims.read_figure import (
    CATEGORY_KEYS,
    FIGURE_KEYS,
    NUMBER_KEYS,
    Setting,
    Subject,
    read_claim,
    read_subject,
)
from service.domain.claims.table import (
    Table,
    Wrong,
    a_code,
    a_day,
    a_moment,
    a_text,
    a_truth,
    codes,
    days,
    open_table,
    paths,
    pointer_step,
    shown,
)
from service.domain.reference_data import Measure
from service.errors import FieldError

SCOPE_KEYS = ("forces", "without_forces", "days", "as_of", "operation")
BLOCK_KEYS = ("source", *SCOPE_KEYS, "figures")
BREAKDOWN_KEYS = ("source", *SCOPE_KEYS, "measure", "unit", *CATEGORY_KEYS, "by", "lines", "complete")
DIMENSIONS = ("force", "category", "day")


@dataclass(frozen=True, slots=True)
class Reading:
    """What has been read so far, and the mistakes. `operation`: the one that the file is about, if it is known."""

    measures: Mapping[str, Measure]
    operation: str | None
    mistakes: list[FieldError]
    sources: dict[str, Source] = field(default_factory=dict)


def _read_setting(table: Table, reading: Reading) -> Setting | None:
    """Return the source, moment and scope of a block; None where its source is not in the file."""
    name = table.read("source", a_text)
    nested = table.read("operation", a_code)
    forces = extent(table.read("forces", codes, ()), table.read("without_forces", codes, ()))
    if not forces.included:
        table.wrong("without_forces", "Nothing is left of the forces.")
    scope = Scope(
        operation=None if nested == reading.operation else nested,
        forces=forces,
        days=table.read("days", days),
    )
    moment = table.read("as_of", a_moment)
    if name is None:
        return None
    if name not in reading.sources:
        table.wrong("source", f"There is no [source.{name[:40]}] in the file.")
        return None
    return Setting(source=name, moment=moment or reading.sources[name].moment, scope=scope)


def read_block(value: Any, place: str, reading: Reading) -> list[Claim]:
    """Return the figures of a block, without those that cannot be read."""
    table = open_table(value, place, reading.mistakes, known=BLOCK_KEYS, required=("source", "figures"))
    setting = _read_setting(table, reading) or Setting(source="", moment=None, scope=Scope())
    claims: list[Claim | None] = []
    for item, item_place in table.tables("figures"):
        figure = open_table(item, item_place, reading.mistakes, known=FIGURE_KEYS, required=("measure",))
        subject = read_subject(figure, setting.scope, reading.measures)
        claims.append(read_claim(figure, setting, subject))
    return [claim for claim in claims if claim is not None]


def read_breakdown(value: Any, place: str, reading: Reading) -> Breakdown | None:
    """Return one measure line by line; None where it cannot be read."""
    required = ("source", "measure", "by", "lines")
    table = open_table(value, place, reading.mistakes, known=BREAKDOWN_KEYS, required=required)
    setting = _read_setting(table, reading) or Setting(source="", moment=None, scope=Scope())
    by, complete = table.read("by", _a_dimension), table.read("complete", a_truth, default=False)
    subject = read_subject(table, setting.scope, reading.measures)
    if by is None:
        return None
    lines = [
        _read_line(
            open_table(item, where, reading.mistakes, known=(by, *NUMBER_KEYS), required=(by,)), by, setting, subject
        )
        for item, where in _lines(table, by)
    ]
    found = tuple(line for line in lines if line is not None)
    return Breakdown(place=place, by=by, complete=complete, scope=subject.scope, lines=found)


def _lines(table: Table, by: str) -> list[tuple[Any, str]]:
    """Return the lines with their places: a list of tables, or the short form, a table of numbers by name."""
    short = table.values.get("lines")
    if not isinstance(short, Mapping):
        return table.tables("lines")
    return [
        ({by: name, "value": value}, f"{table.place}/lines/{pointer_step(str(name))}") for name, value in short.items()
    ]


def _read_line(table: Table, by: str, setting: Setting, subject: Subject) -> Claim | None:
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
        table.wrong(by, f"{table.values[by]} lies outside what the breakdown is over.")
    return read_claim(table, setting, replace(subject, scope=scope))


def _a_dimension(value: Any) -> str:
    if value not in DIMENSIONS:
        raise Wrong(f"Wanted {', '.join(DIMENSIONS)}; found {shown(value)}.")
    return str(value)


def _one_or_more_forces(value: Any) -> tuple[str, ...]:
    return codes(value if isinstance(value, list) else [value])
