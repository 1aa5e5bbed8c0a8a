"""Settle what columns become that depends on the others: sums, rivals for one field, and lines of a seizure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from service.spreadsheets.mapping.model import (
    AMOUNT,
    AMOUNTS,
    CASH,
    DATE,
    DATE_AND_TIME,
    ITEM,
    LEAVE_OUT,
    OPEN,
    SUM,
    TIME,
    UNIT,
    WEIGHT,
    ColumnMapping,
)
from service.spreadsheets.mapping.proposing.look import (
    Look,
    last_part,
)
from service.spreadsheets.mapping.sums import is_total_word, number_or_none, summed_columns
from service.spreadsheets.mapping.table import folded, written

MOST_COLUMNS_TO_SUM = 40
RUNNING = re.compile(r"\b(?:running|cumulative|to date|ytd)\b", re.IGNORECASE)
UNIQUE = ("place", "reason", "kind", "category", "count", "quantity", "measure", DATE, DATE_AND_TIME, TIME, "status")


def settle_sums(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Make sums of the columns that say so, or that are the sum of their neighbours in every row."""
    numeric = {at: one for at, one in found.items() if one.to in (*AMOUNTS, OPEN) and look.is_numeric(at)}
    if not 1 < len(numeric) <= MOST_COLUMNS_TO_SUM:
        return
    by_heading = {
        one.name: {
            row: value for row, cell in look.cells(at).items() if (value := number_or_none(cell, look.form)) is not None
        }
        for at, one in numeric.items()
    }
    shown = summed_columns(by_heading)
    for at, one in numeric.items():
        if RUNNING.search(last_part(one.heading)) and look.answer(one) is None:
            remarks = {"to": "A running total is not sent: the service adds up the rows itself."}
            found[at] = ColumnMapping(heading=one.heading, column=one.column, to=LEAVE_OUT, remarks=remarks)
            continue
        says_so = is_total_word(last_part(one.heading)) and not one.sets
        if one.name not in shown and not says_so:
            continue
        parts = shown.get(one.name) or _parts_of(one, numeric)
        if parts and look.answer(one) is None:
            why = (
                "In every row it is the sum of these columns"
                if one.name in shown
                else "Its heading says that it is a sum"
            )
            remarks = {"to": f"{why}: it is checked against them and not sent.", "of": ""}
            found[at] = ColumnMapping(heading=one.heading, column=one.column, to=SUM, of=parts, remarks=remarks)


def _parts_of(total: ColumnMapping, numeric: Mapping[int, ColumnMapping]) -> tuple[str, ...]:
    others = [one for one in numeric.values() if one is not total and not is_total_word(last_part(one.heading))]
    parts = [one for one in others if one.sets or one.to in AMOUNTS]
    # Different measures have no sum.
    measures = {one.sets.get("measure", "") for one in parts}
    return tuple(one.heading for one in parts) if len(parts) > 1 and len(measures) == 1 else ()


def settle_units(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Take the unit of a weight or count from the column that says it of each row."""
    if not any(one.to == UNIT for one in found.values()):
        return
    rivals = [
        at for at, one in found.items() if one.to in ("count", WEIGHT) and not one.sets and look.answer(one) is None
    ]
    if len(rivals) == 1:
        why = "The column of units says of each row what it is."
        found[rivals[0]] = replace(found[rivals[0]], to=AMOUNT, remarks={"to": why})


def settle_times(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Leave open a column of times beside dates that have times already."""
    if any(one.to == DATE_AND_TIME for one in found.values()):
        for at, one in found.items():
            if one.to == TIME and look.answer(one) is None:
                why = look.asked(one.heading, "what is in this column? The dates have times already.")
                found[at] = replace(one, to=OPEN, remarks={"to": why})


def settle_classes(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Leave out a column of drug classes beside one of drugs: the class follows from the drug and the day."""
    categories = [at for at, one in found.items() if one.to == "category" and look.answer(one) is None]
    for at in categories if len(categories) > 1 else ():
        words = {folded(written(cell)).removeprefix("class").strip() for cell in look.cells(at).values()}
        if words <= {"a", "b", "c"}:
            why = "The class follows from the drug and the day, so this column is not needed."
            found[at] = ColumnMapping(
                heading=found[at].heading, column=found[at].column, to=LEAVE_OUT, remarks={"to": why}
            )


def settle_unique(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Leave open what several columns claim to be."""
    for target in UNIQUE:
        rivals = [at for at, one in found.items() if one.to == target and not one.sets and look.answer(one) is None]
        taken = [one for one in found.values() if one.to == target and look.answer(one) is not None]
        if len(rivals) + bool(taken) > 1:
            names = ", ".join(f'"{found[at].heading}"' for at in rivals)
            for at in rivals:
                why = (
                    f'{found[at].heading}: several columns could be {target} ({names}). Write "{target}" for one of '
                    'them, and "leave out" or another field for the others.'
                )
                found[at] = replace(found[at], to=OPEN, remarks={"to": why})


def settle_items(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Where one column says both the kind and the category of what was seized, let it set both."""
    own = [at for at, one in found.items() if one.to in ("kind", "category") and look.answer(one) is None]
    if (
        look.template != "seizures"
        or len(own) != 1
        or any(one.to in ("kind", ITEM) for one in found.values() if look.answer(one))
    ):
        return
    one = found[own[0]]
    words = folded(one.heading)
    if one.to == "category" and any(word in words for word in ("drug", "substance", "weapon")):
        return
    found[own[0]] = replace(one, to=ITEM, remarks={"to": "What was seized: its words set the kind and the category."})


def settle_cash(look: Look, found: dict[int, ColumnMapping]) -> None:
    """Make cash a line of its own, unless a column says in which rows the amount is cash."""
    has_kind = any(one.to in ("kind", ITEM) for one in found.values())
    for at, one in found.items():
        if one.to == CASH and not has_kind and not one.sets and look.answer(one) is None:
            found[at] = replace(one, sets={"kind": "cash"})
