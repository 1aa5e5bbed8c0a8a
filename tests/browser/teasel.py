"""Operation Teasel of May 2024, invented for the pictures of the guides: three days, five forces, some work left.

It is imported, and its ids are made from their numbers: a page of it is the same whenever a picture is made.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from service.domain.model.instants import format_instant
from tests.factories.bodies import activity, arrest, declared, opening, seizure
from tests.factories.setup import LEAD

Json = dict[str, Any]

OPERATION = "teasel-2024-05"
TEASEL = f"/operations/{OPERATION}"
FORCES = (LEAD, "surrey", "kent", "sussex", "btp")
DAYS = ("2024-05-14", "2024-05-15", "2024-05-16")
BEGIN = datetime.fromisoformat("2024-05-14T00:00:00+01:00")
BETWEEN = timedelta(minutes=4)
REASONS = ("knife", "drugs", "wanted", "robbery", "drugs", "weapon", "knife", "driving")
PLACES = ("m25", "dover", "gatwick")
# The seqs of the two arrests that may be one.
PAIR = "17.18"


def at(day: int, hour: int, minute: int = 0) -> str:
    """Return a moment of one of the days, from 0, in London time."""
    return format_instant(BEGIN + timedelta(days=day, hours=hour, minutes=minute))


def opened() -> Json:
    """Return the opening of the operation."""
    return opening(
        id=identified(0),
        operation=OPERATION,
        name="Operation Teasel",
        lead_force=LEAD,
        starts_at=at(0, 0),
        ends_at=at(3, 0),
        returns_due_at=at(3, 12),
        returns_due_hours=12,
        forces=list(FORCES),
        places=list(PLACES),
        imported=True,
        recorded_at=format_instant(BEGIN - timedelta(days=1)),
    )


def recorded() -> list[Json]:
    """Return the events of all forces, in the order of the log, each recorded some minutes after the one before."""
    phases = (
        (timedelta(hours=20), _first_day()),
        (timedelta(days=1, hours=1), _returns_of_first_day()),
        (timedelta(days=1, hours=23), [*_second_day(), *_returns_of_second_day()]),
        (timedelta(days=3, hours=1), _returns_of_third_day()),
    )
    sent = [
        body | {"recorded_at": format_instant(BEGIN + begin + BETWEEN * number)}
        for begin, bodies in phases
        for number, body in enumerate(bodies)
    ]
    return [body | {"id": identified(number)} for number, body in enumerate(sent, start=1)]


def identified(number: int) -> str:
    """Return the id of an event: always the same for its number."""
    return str(uuid5(NAMESPACE_URL, f"{TEASEL}/{number}"))


def _first_day() -> list[Json]:
    arrests = [
        arrest(REASONS[number], force=FORCES[number % 4], count=1 + number % 3, occurred_at=at(0, 6 + number))
        | {"place": PLACES[number % 3]}
        for number in range(8)
    ]
    cash = {"kind": "cash", "currency": "GBP", "amount_minor": 210_500}
    knives = {"kind": "weapon", "weapon": "bladed/knife", "count": 3}
    drugs = {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 30_000}
    return [
        *arrests,
        seizure(cash, knives, force="kent", place="dover", occurred_at=at(0, 9, 30)),
        seizure(drugs, force="surrey", place="m25", occurred_at=at(0, 11, 15)),
        # Surrey and Kent may both have counted the same arrest.
        arrest("drugs", force="surrey", place="m25", occurred_at=at(0, 18, 10)),
        arrest("drugs", force="kent", place="m25", occurred_at=at(0, 18, 25)),
        activity("vehicles_stopped", 45, force=LEAD, occurred_at=at(0, 13)),
    ]


def _returns_of_first_day() -> list[Json]:
    return [
        declared("complete", force=LEAD, day=DAYS[0]),
        declared("complete", force="surrey", day=DAYS[0]),
        declared("complete", force="kent", day=DAYS[0]),
        declared("partial", force="kent", day=DAYS[0], measures=["drug_weight"]),
        declared("nil", force="btp", day=DAYS[0]),
        # Surrey's return for the first day is reopened by this.
        arrest("knife", force="surrey", place="m25", occurred_at=at(0, 19, 50)),
    ]


def _second_day() -> list[Json]:
    cars = {"kind": "vehicle", "ground": "stolen_recovered", "count": 2}
    return [
        arrest("robbery", force=LEAD, place="m25", count=2, occurred_at=at(1, 14, 40)),
        seizure(cars, force="sussex", place="gatwick", occurred_at=at(1, 17, 15)),
        arrest("wanted", force="kent", place="dover", occurred_at=at(1, 19, 55)),
    ]


def _returns_of_second_day() -> list[Json]:
    return [declared("nil" if force in {"surrey", "btp"} else "complete", force=force, day=DAYS[1]) for force in FORCES]


def _returns_of_third_day() -> list[Json]:
    return [declared("nil", force=force, day=DAYS[2]) for force in (LEAD, "surrey", "btp")]
