"""The recorded events that rows correct or withdraw: found by the id or seq in a cell, and described to the sender."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from service.domain.model.days import LONDON
from service.domain.model.instants import parse_instant
from service.spreadsheets.reading.cells import Cell, Unreadable, is_blank, shown
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import CORRECTED, recorded_event

# Returns the event as JSON, given its id or its seq as text; None if the force cannot read such an event.
Find = Callable[[str], Mapping[str, Any] | None]


def find_recorded(sheets: Iterable[Sheet], find: Find) -> tuple[list[Sheet], dict[str, Mapping[str, Any]]]:
    """Return the sheets with ids in place of seqs, and the events that their rows correct or withdraw, by id.

    A cell whose event is not found becomes unreadable. One that is neither an id nor a seq stays as it is: reading the
    row reports it.
    """
    named: list[Sheet] = []
    found: dict[str, Mapping[str, Any]] = {}
    for sheet in sheets:
        column = next((one.name for one in sheet.template.columns if one.pointer == CORRECTED), "")
        rows: dict[int, Mapping[str, Cell]] = dict(sheet.rows)
        for row, cells in sheet.rows.items():
            name = _name(cells.get(column, ""))
            if name is None:
                continue
            event = found.get(name) or find(name)
            if event is None:
                rows[row] = {**cells, column: Unreadable(_not_found(cells[column]))}
            else:
                found[event["id"]] = event
                rows[row] = {**cells, column: event["id"]}
        named.append(replace(sheet, rows=rows))
    return named, found


def described(event: Mapping[str, Any]) -> str:
    """Return a recorded event in words: `seq 4, arrest of 2024-01-16 21:40, m25: reason knife, count 2`."""
    kind = event["type"].partition(".")[0]
    when = _local(parse_instant(event["occurred_at"])) if "occurred_at" in event else event.get("occurred_on", "")
    data = event.get("data", {})
    parts = [
        # Codes first, then numbers.
        ", ".join(f"{name} {value}" for name, value in sorted(part.items(), key=lambda one: isinstance(one[1], int)))
        for part in data.get("lines", [data])
    ]
    place = f", {event['place']}" if "place" in event else ""
    return f"seq {event['seq']}, {kind}{f' of {when}' if when else ''}{place}: {'; '.join(parts)}"


def _name(cell: Cell) -> str | None:
    if isinstance(cell, Unreadable) or is_blank(cell):
        return None
    try:
        return recorded_event(cell)
    except ValueError:
        return None


def _not_found(cell: Cell) -> str:
    return (
        f"Expected the id or the seq of an event that your force recorded in this operation; found {shown(cell)}. "
        "Both are in the table of your events."
    )


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(LONDON):%Y-%m-%d %H:%M}"
