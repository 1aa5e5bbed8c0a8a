"""The templates of spreadsheets that forces fill in: one for each type of event, and how a row becomes an event."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from service.cli.sheet_cells import Cell, Read, codes, day, milligrams, moment, pence, text, whole
from service.errors import Invalid

REFERENCE = "reference"
CATEGORY_OF = {"weapon": "weapon", "drug": "drug", "vehicle": "ground", "other": "property"}
COLUMN_OF = dict.fromkeys(CATEGORY_OF.values(), "category") | {"rounds": "count"}
LINE = re.compile(r"/data/lines/(?P<index>\d+)/")


class NoSuchTemplate(Invalid):
    """The header of a spreadsheet is that of no template, or has a column that its template lacks."""

    code = "no_such_template"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: where its cells go, as a JSON pointer into the event, and how they are read."""

    name: str
    pointer: str
    read: Read
    what: str


@dataclass(frozen=True, slots=True)
class CellError:
    """What is wrong with a row of a spreadsheet, and in which of its columns; empty: in none alone."""

    row: int
    column: str
    detail: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template. `key` is a column that no other template has. `lines`: rows of one reference are one event."""

    name: str
    wire_type: str
    key: str
    columns: tuple[Column, ...]
    lines: bool = False
    replaced_by_newer: bool = False

    def names(self) -> list[str]:
        """Return the names of the columns, in their order."""
        return [REFERENCE, *(column.name for column in self.columns)]


OCCURRED = Column("occurred_at", "/occurred_at", moment, "when it happened: 2023-01-17 21:40, London time")
PLACE = Column("place", "/place", text, "a place of the operation")
COMMON = (
    Column("qualifier", "/data/qualifier", text, "exact (or empty), more_than, at_least, under, at_most, about"),
    Column("assisting", "/assisting", codes, "forces that helped and do not count it, separated by ;"),
    Column("incident", "/incident", text, "the incident key, 64 hexadecimal digits"),
)
COUNT = Column("count", "/data/count", whole, "how many; empty: 1")
TEMPLATES: dict[str, Template] = {
    "arrests": Template(
        "arrests",
        "arrest.recorded",
        "reason",
        (OCCURRED, PLACE, Column("reason", "/data/reason", text, "the one reason for arrest"), COUNT, *COMMON),
    ),
    "seizures": Template(
        "seizures",
        "seizure.recorded",
        "kind",
        (
            OCCURRED,
            PLACE,
            Column("kind", "/data/kind", text, "weapon, ammunition, drug, vehicle, cash, phone or other"),
            Column("category", "/data/category", text, "the weapon, drug, ground or property: bladed/knife, a/cocaine"),
            Column("count", "/data/count", whole, "how many items or rounds; empty: 1"),
            Column("acquired", "/data/acquired", text, "weapons: seized, surrendered_or_found"),
            Column("weight_grams", "/data/weight_milligrams", milligrams, "drugs: 12.5"),
            *(Column(name, f"/data/{name}", whole, "drugs: how many") for name in ("plants", "tablets", "wraps")),
            Column("value_pounds", "/data/value_pence", pence, "drugs: estimated street value"),
            Column("cash_pounds", "/data/cash_pence", pence, "cash in pounds: 520.50"),
            Column("currency", "/data/currency", text, "cash that is not in pounds: EUR"),
            Column("amount_minor", "/data/amount_minor", whole, "its amount in cents or the like"),
            *COMMON,
        ),
        lines=True,
    ),
    "activities": Template(
        "activities",
        "activity.recorded",
        "measure",
        (
            OCCURRED,
            Column("occurred_before", "/data/occurred_before", moment, "the end of what it covers"),
            PLACE,
            Column("measure", "/data/measure", text, "what was done or tallied: vehicles_stopped"),
            Column("quantity", "/data/quantity", whole, "how many, in the measure's unit; 0 declares none"),
            Column("category", "/data/category", text, "for measures that are broken down"),
            *COMMON,
        ),
    ),
    "returns": Template(
        "returns",
        "return.declared",
        "status",
        (
            Column("day", "/data/day", day, "the day that the return is for: 2023-01-17"),
            Column("status", "/data/status", text, "partial, complete or nil"),
            Column("measures", "/data/measures", codes, "those it speaks of, separated by ;  empty: all"),
        ),
        replaced_by_newer=True,
    ),
}
ABOUT_REFERENCE = "your own number for it; kept on this machine and never sent; rows of one seizure share it"


def template_of(header: list[str]) -> Template:
    """Return the template of a spreadsheet with this header.

    Raises:
        NoSuchTemplate: there is none, a column is unknown, or one stands there twice.
    """
    found = next((one for one in TEMPLATES.values() if one.key in header), None)
    if found is None:
        wanted = ", ".join(f"{one.key} ({one.name})" for one in TEMPLATES.values())
        raise NoSuchTemplate(
            f"Wanted the header of a template, with one of the columns {wanted}. See: oprecord template"
        )
    for name in header:
        if name not in found.names() or header.count(name) > 1:
            raise NoSuchTemplate(
                f"Column {name!r} is not in the template for {found.name}, or is there twice. "
                f"It has: {', '.join(found.names())}"
            )
    return found


def read_row(template: Template, cells: Mapping[str, Cell], row: int) -> tuple[dict[str, Any], list[CellError]]:
    """Return what a row holds, by JSON pointer, and what is wrong with its cells. Empty cells are left out."""
    values: dict[str, Any] = {}
    errors = []
    for column in template.columns:
        cell = cells.get(column.name, "")
        if isinstance(cell, str) and not cell.strip():
            continue
        try:
            values[column.pointer] = column.read(cell)
        except (ValueError, OverflowError) as error:
            errors.append(CellError(row, column.name, str(error)))
    if "/data/cash_pence" in values and not values.keys().isdisjoint(("/data/currency", "/data/amount_minor")):
        errors.append(CellError(row, "cash_pounds", "Give pounds, or another currency and its amount, not both."))
    return values, errors


def event_of(template: Template, rows: list[Mapping[str, Any]], force: str) -> dict[str, Any]:
    """Return the event that rows make, without an id: one row, or all of one seizure, of which the first speaks."""
    envelope = {pointer[1:]: value for pointer, value in rows[0].items() if not pointer.startswith("/data/")}
    parts = [
        {pointer.removeprefix("/data/"): value for pointer, value in row.items() if pointer.startswith("/data/")}
        for row in rows
    ]
    data = {"lines": [_line(part) for part in parts]} if template.lines else parts[0]
    return {"type": template.wire_type, "force": force, **envelope, "data": data}


def column_at(template: Template, pointer: str) -> tuple[int, str]:
    """Return what a pointer into an event leads to: which of its rows, from 0, and which column; empty if to none."""
    line = LINE.match(pointer)
    name = pointer[line.end() :] if line else ""
    place = f"/data/{COLUMN_OF.get(name, name)}" if line else pointer
    found = next((column.name for column in template.columns if place in (column.pointer, f"/data/{column.name}")), "")
    return int(line["index"]) if line else 0, found


def _line(part: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the seizures template as a line: what it calls category and count goes by the kind."""
    kind = str(part.get("kind"))
    renamed: dict[str, Callable[[Any], dict[str, Any]]] = {
        "category": lambda value: {CATEGORY_OF.get(kind, "category"): value},
        "count": lambda value: {"rounds" if kind == "ammunition" else "count": value},
        "cash_pence": lambda value: {"currency": "GBP", "amount_minor": value},
    }
    line: dict[str, Any] = {}
    for name, value in part.items():
        line |= renamed[name](value) if name in renamed else {name: value}
    return line
