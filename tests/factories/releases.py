"""Published results for tests: each file of tests/claims as events to send, and as a claims file.

A file holds the figures as they were printed. Each is recorded for its force or for no single force: as a tally, or as
arrests and seizures in a file with `events`. Of a figure marked `whole`, only the rest after its printed parts is
recorded. A figure with `record = false` is not recorded, because it repeats another one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from service.domain.model.days import london_midnight
from service.domain.model.instants import format_instant
from tests.factories.release_events import EVENTS

Json = dict[str, Any]

FOLDER = Path(__file__).parents[1] / "claims"
# The force of figures that were printed for no single force.
NOBODY = {"force": "no-single-force", "name": "No single force", "kind": "residual", "reports": "tallies"}
SMALLEST = {
    "pounds": 100,
    "thousand pounds": 10**5,
    "million pounds": 10**8,
    "EUR": 100,
    "grams": 10**3,
    "kilograms": 10**6,
    "tonnes": 10**9,
}
WEIGHTS = {"grams": "g", "kilograms": "kg"}
QUALIFIERS = {
    "exact": "exact",
    "more than": "more_than",
    "at least": "at_least",
    "up to": "at_most",
    "nearly": "under",
    "about": "about",
}
CLAIMED = ("measure", "category", "without_category", "value", "says", "unit", "to", "rounded_to")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Printed:
    """One figure of a file."""

    row: Json

    def __getattr__(self, name: str) -> Any:
        return self.row.get(name)

    @property
    def quantity(self) -> int:
        """The printed number in the smallest unit of its measure."""
        number = Decimal(str(self.value).replace(",", "")) * SMALLEST.get(self.unit, 1)
        assert number == int(number), self.row
        return int(number)

    @property
    def display(self) -> str:
        """The number as totals show it."""
        return self.shown or f"{'' if self.qualifier == 'exact' else self.says + ' '}{self._number}"

    @property
    def qualifier(self) -> str:
        return QUALIFIERS[self.says or "exact"]

    @property
    def block(self) -> Json:
        """Its block in a claims file, without the figure: source, forces and days."""
        scope = {"forces": [self.force]} if self.force else {}
        days = {"days": [str(day) for day in self.days]} if self.days else {}
        return {"source": self.source or "release", **scope, **days}

    @property
    def claim(self) -> Json:
        return {key: value for key, value in self.row.items() if key in CLAIMED}

    @property
    def _number(self) -> str:
        size = SMALLEST.get(self.unit, 1)
        if self.unit in WEIGHTS:
            return f"{Decimal(self.value.replace(',', '')):,f} {WEIGHTS[self.unit]}"
        pounds, pence = divmod(self.quantity, 100)
        if "pounds" in self.unit:
            return f"£{pounds:,}" + (f".{pence:02}" if pence else "")
        return f"{self.quantity // size:,}"


@dataclass(frozen=True)
class Release:
    """One published result: an operation with its figures, and those of operations inside it."""

    key: str
    told: Json
    whole: str | None = None

    @cached_property
    def operation(self) -> str:
        return self.key if self.whole is None else f"{self.whole}-{self.key}"

    @cached_property
    def figures(self) -> list[Printed]:
        return [Printed(row) for row in self.told["figures"]]

    @cached_property
    def parts(self) -> list[Release]:
        return [Release(part["operation"], part, self.key) for part in self.told.get("parts", ())]

    @property
    def lead(self) -> str:
        lead = self.told["lead"]
        return lead if isinstance(lead, str) else lead["force"]

    @property
    def days(self) -> list[date]:
        """The operating days: all from the first to the last, or those of the weekends."""
        spans = self.told.get("weekends", [self.told["days"]])
        return [first + n * ONE_DAY for first, last in spans for n in range((last - first).days + 1)]

    @property
    def participants(self) -> list[Json]:
        lead = self.told["lead"]
        how = {"reports": "events" if self.told.get("events") else "tallies"}
        named = [{"force": force} | how for force in self.told.get("forces", ()) if force != self.lead]
        reports = how if self.lead in self.told.get("forces", ()) else {"reports": "nothing"}
        led = {"force": lead} if isinstance(lead, str) else lead
        return [led | reports, *named, *([] if self.told.get("by") else [NOBODY | how])]

    def opening(self, *watching: str) -> Json:
        """Return the opening; the watching forces take part and report nothing."""
        first, last = self.told["days"]
        days = {"starts_at": _midnight(first), "ends_at": _midnight(last + ONE_DAY)}
        if "weekends" in self.told:
            days = {"days": [{"from": _midnight(day), "before": _midnight(day + ONE_DAY)} for day in self.days]}
        return {
            "id": str(uuid4()),
            "operation": self.operation,
            "name": self.told["name"],
            "lead_force": self.lead,
            "forces": [*self.participants, *({"force": force, "reports": "nothing"} for force in watching)],
            "part_of": [self.whole] if self.whole else [],
            "imported": True,
            "recorded_at": _midnight(first - ONE_DAY),
            **days,
        }

    def registrations(self) -> Iterator[Json]:
        """Yield the measures and categories that are not in the catalogue."""
        for measure in self.told.get("measures", ()):
            yield {"id": str(uuid4()), "recorded_at": self.reported_at} | measure

    @property
    def reported_at(self) -> str:
        """The moment at which everything was recorded: 12:00 UTC on the day after the last."""
        return format_instant(datetime.combine(self.told["days"][1] + ONE_DAY, time(12), UTC))

    def events(self) -> list[Json]:
        """Return the printed figures as facts, and a complete return of each reporting force for every day."""
        facts = [fact for one in self._tallied() for fact in self._facts(*one)]
        returns = [
            {"type": "return.declared", "force": one["force"], "data": {"day": str(day), "status": "complete"}}
            for one in self.participants
            if one["reports"] != "nothing"
            for day in self.days
        ]
        return [{"id": str(uuid4()), "recorded_at": self.reported_at} | event for event in [*facts, *returns]]

    def claims(self) -> Json:
        """Return the figures as a claims file."""
        told = self.told
        own = {"url": told["url"], "published": str(told["published"]), "days": [str(day) for day in told["days"]]}
        own |= {key: told[key] for key in ("force_count", "lists_all") if key in told}
        sources = (
            {"release": own} | told.get("sources", {}) | {part.key: {"url": part.told["url"]} for part in self.parts}
        )
        inside = [
            one.block | {"source": part.key, "operation": part.operation, "figures": [one.claim]}
            for part in self.parts
            for one in part.figures
        ]
        return {
            "format": "claims/1",
            "operation": self.operation,
            "source": sources,
            "claims": [*(one.block | {"figures": [one.claim]} for one in self.figures), *inside],
        }

    def all_figures(self) -> list[Printed]:
        """Return the figures in the order of the claims: the operation's own, then those of its parts."""
        return [*self.figures, *(one for part in self.parts for one in part.figures)]

    def _tallied(self) -> Iterator[tuple[Printed, int]]:
        """Yield each recorded figure with the quantity left after its recorded parts; the narrowest first."""
        done: list[tuple[Printed, int]] = []
        for one in sorted(self.figures, key=_width):
            if one.record is False:
                continue
            parts = [*done, *(each for part in self.parts for each in part._tallied())] if one.whole else []
            rest = one.quantity - sum(quantity for part, quantity in parts if _is_part(part, one))
            assert rest >= 0, one.row
            done.append((one, rest))
            if rest or not one.whole:
                yield one, rest

    def _facts(self, one: Printed, quantity: int) -> Iterator[Json]:
        day = one.days[0] if one.days else self.days[0]
        about = {"force": one.force or self.told.get("by", NOBODY["force"]), "occurred_at": _midnight(day)}
        if one.measure in EVENTS and self.told.get("events"):
            yield from (about | event for event in EVENTS[one.measure](quantity, one.qualifier))
            return
        data = {"measure": one.measure, "quantity": quantity, "qualifier": one.qualifier}
        if one.measure == "foreign_cash" or one.category:
            data["category"] = one.category or one.unit
        yield about | {"type": "activity.recorded", "data": data}


def _width(one: Printed) -> tuple[bool, int, bool]:
    """Return a sort key that puts every part before its whole."""
    return one.force is None, -len((one.category or "").split("/")) if one.category else 1, not one.days


def _is_part(part: Printed, whole: Printed) -> bool:
    return (
        part.measure == whole.measure
        and whole.force in (None, part.force)
        and (whole.category is None or f"{part.category}/".startswith(f"{whole.category}/"))
        and whole.days in (None, part.days)
    )


def _midnight(day: date) -> str:
    return format_instant(london_midnight(day))


RELEASES = [
    Release(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.toml"))
]
