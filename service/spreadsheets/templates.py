"""The spreadsheet templates that forces fill in, one for each type of event, and how rows become events."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple, get_args
from uuid import UUID

from service.domain.model.vocabulary import CorrectionReason, number_in
from service.errors import Invalid
from service.spreadsheets.reading.cells import (
    Cell,
    Read,
    Unreadable,
    codes,
    day,
    day_not_moment,
    is_blank,
    milligrams,
    moment,
    moment_not_day,
    pence,
    shown,
    text,
    whole,
)

ONE_DAY = timedelta(days=1)
REFERENCE = "reference"
DAY, LAST_DAY = "/data/day", "/data/last_day"
# The columns of the days of a return, by the fields of its event.
DAY_COLUMNS = {"/data/day_from": DAY, "/data/day_before": LAST_DAY}
ABOUT_REFERENCE = "your own reference number; kept on this machine and never sent; rows of one seizure share it"
CATEGORY_OF = {"weapon": "weapon", "drug": "drug", "vehicle": "ground", "other": "property"}
COLUMN_OF = dict.fromkeys(CATEGORY_OF.values(), "category") | {"rounds": "count"}
# Kinds of line that have a count. Without the column it is 1, except for ammunition.
COUNTED_KINDS = ("weapon", "ammunition", "vehicle", "phone", "other")
# The beginning of what is wrong with a blank cell.
BLANK = "The cell is blank. "
LINE = re.compile(r"/data/lines/(?P<index>\d+)/")


class NoSuchTemplate(Invalid):
    """The header of a spreadsheet matches no template, or has a column that is unknown or duplicate."""

    code = "no_such_template"


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: where its cells go, as a JSON pointer into the event, and how they are read."""

    name: str
    pointer: str
    read: Read
    description: str


class AllowedCodes(NamedTuple):
    """The codes that a cell may hold, and what they are: `a kind of weapon`."""

    what: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CellError:
    """An error in a row of a spreadsheet, and the template column it is in; empty if it is in no single column.

    `detail` is what was expected and is the same for every error of the kind. `found` is the cell as it is shown, empty
    if the detail says enough. `hint` is what to do in this case. `allowed` are the codes that the cell may hold.
    """

    row: int
    column: str
    detail: str
    found: str = ""
    hint: str = ""
    allowed: AllowedCodes | None = None

    def __str__(self) -> str:
        found = f"Found {self.found}." if self.found else ""
        return " ".join(part for part in (self.detail, found, self.hint) if part)


@dataclass(frozen=True, slots=True)
class Template:
    """A template. `key` is a column that no other template has.

    With `lines`, rows that share a reference are one event. With `replaced_by_newer`, a changed row is sent as a new
    event, not as a correction. With `withdraws`, each row withdraws a recorded event and has no reference.
    """

    name: str
    wire_type: str
    key: str
    columns: tuple[SheetColumn, ...]
    lines: bool = False
    replaced_by_newer: bool = False
    withdraws: bool = False

    def names(self) -> list[str]:
        """Return the names of the columns in order."""
        return [name for name, _about in self.described()]

    def described(self) -> list[tuple[str, str]]:
        """Return the names of the columns in order, each with what goes into it."""
        reference = [] if self.withdraws else [(REFERENCE, ABOUT_REFERENCE)]
        return [*reference, *((column.name, column.description) for column in self.columns)]

    @property
    def noun(self) -> str:
        """What one of its events is called in messages."""
        return "withdrawal" if self.withdraws else self.wire_type.partition(".")[0]


def correction_reason(cell: Cell) -> str:
    """Return the reason for a correction.

    Raises:
        ValueError: it is not one of the codes.
    """
    reason = text(cell)
    if reason not in get_args(CorrectionReason):
        raise ValueError(f"Expected one of {', '.join(get_args(CorrectionReason))}.")
    return reason


def recorded_event(cell: Cell) -> str:
    """Return the id or the seq of a recorded event, in the spelling of the wire format.

    Raises:
        ValueError: it is neither.
    """
    written = text(cell)
    if (seq := number_in(written)) is not None:
        return str(seq)
    try:
        return str(UUID(written))
    except ValueError as error:
        raise ValueError(
            "Expected the id or the seq of a recorded event, such as 018d1a2b-0000-7000-8000-00000000a002 or 12."
        ) from error


CORRECTED = "/corrects"
CORRECTION_REASON = SheetColumn(
    "correction_reason",
    "/correction_reason",
    correction_reason,
    f"why an event is corrected: {', '.join(get_args(CorrectionReason))}; for a changed row, mistake if empty",
)
CORRECTS = SheetColumn(
    "corrects",
    CORRECTED,
    recorded_event,
    "the id or seq of an event that was not sent from a row of this file, if this row corrects it; otherwise empty",
)
OCCURRED_AT = SheetColumn(
    "occurred_at", "/occurred_at", moment_not_day, "when it happened: 2023-01-17 21:40, London time"
)
OCCURRED_ON = SheetColumn(
    "occurred_on", "/occurred_on", day_not_moment, "the day, if the time is not known: 2023-01-17"
)
PLACE = SheetColumn("place", "/place", text, "a place of the operation")
COMMON = (
    SheetColumn("qualifier", "/data/qualifier", text, "exact (or empty), more_than, at_least, under, at_most, about"),
    SheetColumn("assisting", "/assisting", codes, "forces that assisted and do not count it, separated by ;"),
    SheetColumn("incident", "/incident", text, "the incident key, 64 hexadecimal digits"),
    CORRECTS,
    CORRECTION_REASON,
)
COUNT = SheetColumn("count", "/data/count", whole, "how many: write 1 for one; without this column every row is 1")
TEMPLATES: dict[str, Template] = {
    "arrests": Template(
        "arrests",
        "arrest.recorded",
        "reason",
        (
            OCCURRED_AT,
            OCCURRED_ON,
            PLACE,
            SheetColumn("reason", "/data/reason", text, "the reason for arrest, one code"),
            COUNT,
            *COMMON,
        ),
    ),
    "seizures": Template(
        "seizures",
        "seizure.recorded",
        "kind",
        (
            OCCURRED_AT,
            OCCURRED_ON,
            PLACE,
            SheetColumn("kind", "/data/kind", text, "weapon, ammunition, drug, vehicle, cash, phone or other"),
            SheetColumn("category", "/data/category", text, "weapon, drug, ground, property: bladed/knife, a/cocaine"),
            SheetColumn(
                "count", "/data/count", whole, "how many items or rounds: write 1 for one; empty for drugs and cash"
            ),
            SheetColumn("acquired", "/data/acquired", text, "weapons: seized, surrendered_or_found"),
            SheetColumn("weight_grams", "/data/weight_milligrams", milligrams, "drugs: weight in grams, such as 12.5"),
            *(SheetColumn(name, f"/data/{name}", whole, "drugs: how many") for name in ("plants", "tablets", "wraps")),
            SheetColumn("value_pounds", "/data/value_pence", pence, "drugs: estimated street value in pounds"),
            SheetColumn("cash_pounds", "/data/cash_pence", pence, "cash in pounds: 520.50"),
            SheetColumn("currency", "/data/currency", text, "the currency of cash not in pounds: EUR"),
            SheetColumn("amount_minor", "/data/amount_minor", whole, "the amount in its smallest unit, such as cents"),
            *COMMON,
        ),
        lines=True,
    ),
    "activities": Template(
        "activities",
        "activity.recorded",
        "measure",
        (
            OCCURRED_AT,
            OCCURRED_ON,
            SheetColumn("occurred_before", "/data/occurred_before", moment, "the end of the period it covers"),
            PLACE,
            SheetColumn("measure", "/data/measure", text, "the measure that was done or tallied: vehicles_stopped"),
            SheetColumn("quantity", "/data/quantity", whole, "how many, in the measure's unit; 0 declares none"),
            SheetColumn("category", "/data/category", text, "the category, for measures that have categories"),
            *COMMON,
        ),
    ),
    "returns": Template(
        "returns",
        "return.declared",
        "status",
        (
            SheetColumn("day", DAY, day, "the day that the return is for, or the first of several: 2023-01-17"),
            SheetColumn("last_day", LAST_DAY, day, "the last day, if the return is for several; otherwise empty"),
            SheetColumn("status", "/data/status", text, "partial, complete or nil"),
            SheetColumn("measures", "/data/measures", codes, "the measures it covers, separated by ;  all if empty"),
        ),
        replaced_by_newer=True,
    ),
    "withdrawals": Template(
        "withdrawals",
        "event.withdrawn",
        "withdraws",
        (
            SheetColumn("withdraws", CORRECTED, recorded_event, "the id or seq of the recorded event to withdraw"),
            SheetColumn(
                CORRECTION_REASON.name,
                CORRECTION_REASON.pointer,
                CORRECTION_REASON.read,
                f"why it no longer counts: {', '.join(get_args(CorrectionReason))}",
            ),
        ),
        withdraws=True,
    ),
}


def read_row(template: Template, cells: Mapping[str, Cell], row: int) -> tuple[dict[str, Any], list[CellError]]:
    """Return the values of a row, by JSON pointer, and the errors in its cells. Empty cells are left out."""
    values: dict[str, Any] = {}
    errors = []
    for column in template.columns:
        cell = cells.get(column.name, "")
        if is_blank(cell):
            continue
        if isinstance(cell, Unreadable):
            errors.append(CellError(row, column.name, cell.problem))
            continue
        try:
            values[column.pointer] = column.read(cell)
        except (ValueError, OverflowError) as error:
            errors.append(CellError(row, column.name, str(error), shown(cell)))
    if "/data/cash_pence" in values and not values.keys().isdisjoint(("/data/currency", "/data/amount_minor")):
        errors.append(CellError(row, "cash_pounds", "Give pounds, or another currency and its amount, not both."))
    if values.get(LAST_DAY, "9999") < values.get(DAY, ""):
        detail = "Expected the last of the days that the return is for, or an empty cell if it is for one day."
        errors.append(CellError(row, "last_day", detail, shown(cells["last_day"])))
    if COUNT.name in cells and is_blank(cells[COUNT.name]) and _is_counted(template, values):
        errors.append(CellError(row, COUNT.name, "The cell is blank: write 1, or how many."))
    return values, errors


def _is_counted(template: Template, values: Mapping[str, Any]) -> bool:
    return not template.lines or values.get("/data/kind") in COUNTED_KINDS


def event_of(template: Template, rows: list[Mapping[str, Any]], force: str) -> dict[str, Any]:
    """Return the event made from rows, without an id: from one row, or from all rows of a seizure.

    The envelope comes from the first row. The event that it corrects and the reason are left out: which event a row
    corrects also depends on whether the row was sent before.
    """
    envelope = {
        pointer[1:]: value
        for pointer, value in rows[0].items()
        if not pointer.startswith("/data/") and pointer not in (CORRECTED, CORRECTION_REASON.pointer)
    }
    parts = [
        {pointer.removeprefix("/data/"): value for pointer, value in row.items() if pointer.startswith("/data/")}
        for row in rows
    ]
    data = {"lines": [_line(part) for part in parts]} if template.lines else _with_days(parts[0])
    return {"type": template.wire_type, "force": force, **envelope, "data": data}


def column_at(template: Template, pointer: str) -> tuple[int, str]:
    """Return the row, counted from 0 within the event, and the column that a pointer leads to; empty if to none."""
    line = LINE.match(pointer)
    name = pointer[line.end() :] if line else ""
    place = f"/data/{COLUMN_OF.get(name, name)}" if line else DAY_COLUMNS.get(pointer, pointer)
    found = next((column.name for column in template.columns if place in (column.pointer, f"/data/{column.name}")), "")
    return int(line["index"]) if line else 0, found


def _with_days(part: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a return with its days as the event names them, if it is for several."""
    if "last_day" not in part:
        return part
    first, last = part.get("day"), part["last_day"]
    rest = {name: value for name, value in part.items() if name not in ("day", "last_day")}
    if first == last:
        return {"day": first, **rest}
    days = {} if first is None else {"day_from": first}
    return {**days, "day_before": str(date.fromisoformat(last) + ONE_DAY), **rest}


def _line(part: dict[str, Any]) -> dict[str, Any]:
    """Return a row of the seizures template as a line; the kind decides where its category and count go."""
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
