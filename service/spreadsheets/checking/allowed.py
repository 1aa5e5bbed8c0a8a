"""What an operation allows in a spreadsheet: places, measures with their categories, days and forces."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain.model.days import OperatingDays, operating_days
from service.domain.model.events import Window
from service.domain.model.instants import parse_instant
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure, force_catalogue, measure_catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the operation allows to the force that sends a spreadsheet.

    `operation` is what messages call it: its key for the command, which addresses it by that, its name on pages.
    `reports` is what the force reports: events, tallies or nothing; empty if it does not take part. `participants` are
    the forces of the operation in publishing order, `forces` all known ones.
    """

    operation: str
    force: str
    reports: str
    participants: tuple[str, ...]
    days: OperatingDays
    places: tuple[str, ...]
    measures: Mapping[str, Measure]
    forces: frozenset[str]

    @property
    def span(self) -> str:
        """The operating days in words: `2024-01-23 to 2024-01-25`."""
        first, last = self.days.first_day, self.days.last_day
        if last is None:
            return f"from {first}"
        return f"{first} to {last}" if last > first else str(first)


def allowed_by(operation: Operation, force: str, known_forces: Iterable[str] = ()) -> Allowed:
    """Return what an operation allows to a force, for a page: messages call the operation by its name.

    `known_forces` are the keys of forces that are not in it.
    """
    participants = {one.force: one.reports for one in operation.participants.values()}
    return Allowed(
        operation=operation.name,
        force=force,
        reports=participants.get(force, ""),
        participants=tuple(participants),
        days=operation.days,
        places=tuple(operation.places),
        measures=operation.measures,
        forces=frozenset((*force_catalogue(), *participants, *known_forces)),
    )


def allowed_in(operation: Mapping[str, Any], force: str, known_forces: Iterable[str] = ()) -> Allowed:
    """Return what an operation allows to a force. `operation` is the answer to GET /v1/operations/{operation}.

    `known_forces` are the keys of forces that are neither in the catalogue nor in the operation.
    """
    participants = {one["force"]: one["reports"] for one in operation["forces"]}
    return Allowed(
        operation=operation["operation"],
        force=force,
        reports=participants.get(force, ""),
        participants=tuple(participants),
        days=days_in(operation),
        places=tuple(operation["places"]),
        measures=measures_in(operation),
        forces=frozenset((*force_catalogue(), *participants, *known_forces)),
    )


def measures_in(operation: Mapping[str, Any]) -> dict[str, Measure]:
    """Return the measures in the answer to GET /v1/operations/{operation}, in publishing order."""
    return {row["measure"]: _measure(row) for row in operation["measures"]}


def days_in(operation: Mapping[str, Any]) -> OperatingDays:
    """Return the days in the answer to GET /v1/operations/{operation}."""
    windows = [Window(starts_at=_moment(one["from"]), ends_at=_moment(one["before"])) for one in operation["days"]]
    if windows:
        return operating_days(None, None, windows, pointer="")
    ends_at = operation["ends_at"]
    return operating_days(
        _moment(operation["starts_at"]), None if ends_at is None else _moment(ends_at), (), pointer=""
    )


def _moment(written: str) -> datetime:
    return parse_instant(written)


def _measure(row: Mapping[str, Any]) -> Measure:
    known = measure_catalogue().get(row["measure"])
    if known is not None:
        return known.with_categories(tuple(row["categories"]))
    return Measure(
        measure=row["measure"],
        label=row["label"],
        unit=row["unit"],
        core=row["core"],
        additive=row["additive"],
        category=row["category"],
        categories=tuple(row["categories"]),
        open=row["open"],
    )
