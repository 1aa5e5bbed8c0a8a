"""JSON request bodies that the operations of `tests.functional.conftest` accept."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

from msgspec import structs

from service.domain.model.days import LONDON, london_date, london_midnight
from service.domain.model.events import ActivityRecorded
from service.domain.model.instants import format_instant

Json = dict[str, Any]

FORCES = [
    "metropolitan",
    "surrey",
    "kent",
    {"force": "essex", "reports": "tallies"},
    {"force": "desk", "reports": "nothing", "name": "Coordination desk", "kind": "coordinator"},
]


def new_id() -> str:
    return str(uuid4())


def now() -> datetime:
    return datetime.now(UTC)


def hours_ago(hours: float) -> str:
    """Return a moment in the past, in wire format."""
    return format_instant(now() - timedelta(hours=hours))


def earlier_today() -> str:
    """Return a moment of the current London day: an hour ago, or half of the day's age if that is less."""
    age = now() - london_midnight(london_date(now()))
    return format_instant(now() - min(timedelta(hours=1), age / 2))


def yesterday_at(clock: str) -> str:
    """Return yesterday's moment at which the clocks in London showed a time, such as 21:10.

    Use it for facts whose times matter: it is over and within `opening`, whatever the time is now.
    """
    day = london_date(now()) - timedelta(days=1)
    return format_instant(datetime.combine(day, time.fromisoformat(clock), LONDON).astimezone(UTC))


def latest(clock: str) -> datetime:
    """Return the latest moment at which the clocks in London showed a time: today's or yesterday's, with their zone.

    A module may keep it as a constant: unlike a moment of yesterday, it stays within `opening` when midnight passes.
    """
    at = datetime.combine(london_date(now()), time.fromisoformat(clock), LONDON)
    return at if at <= now() else at - timedelta(days=1)


def midnight(days_from_today: int) -> str:
    """Return the moment at which a London day begins, counted from today."""
    return format_instant(london_midnight(london_date(now()) + timedelta(days=days_from_today)))


def today() -> str:
    """Return the current London day."""
    return str(london_date(now()))


def yesterday() -> str:
    """Return the London day before the current one."""
    return str(london_date(now()) - timedelta(days=1))


def opening(**fields: Any) -> Json:
    """Return a live operation that began at yesterday's midnight and ends after tomorrow."""
    body = {
        "id": new_id(),
        "operation": "live",
        "name": "Operation Live",
        "lead_force": "metropolitan",
        "starts_at": midnight(-1),
        "ends_at": midnight(+2),
        "forces": FORCES,
        "places": ["m25", "a406"],
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def fact(wire_type: str, data: Json, **fields: Any) -> Json:
    """Return a fact of the current day, an hour ago at most; with `occurred_on`, without a moment."""
    when = {} if "occurred_on" in fields else {"occurred_at": earlier_today()}
    return {"id": new_id(), "type": wire_type, "force": "surrey", **when, "data": data} | fields


def arrest(reason: str = "knife", *, count: int = 1, **fields: Any) -> Json:
    return fact("arrest.recorded", {"reason": reason, "count": count}, **fields)


def seizure(*lines: Json, **fields: Any) -> Json:
    """Return a seizure of these lines; of one knife by default."""
    return fact("seizure.recorded", {"lines": list(lines) or [{"kind": "weapon", "weapon": "bladed/knife"}]}, **fields)


def activity(measure: str = "vehicles_stopped", quantity: int = 12, **fields: Any) -> Json:
    """Return an activity; the fields of its data go there, the others into the envelope."""
    own = {one.name: fields.pop(one.name) for one in structs.fields(ActivityRecorded) if one.name in fields}
    return fact("activity.recorded", {"measure": measure, "quantity": quantity} | own, **fields)


def declared(status: str = "complete", *, day: str | None = None, force: str = "surrey", **data: Any) -> Json:
    """Return a return; for today by default."""
    data = {"day": day or today(), "status": status} | data
    return {"id": new_id(), "type": "return.declared", "force": force, "data": data}


def days_owed(force: str, first: str, last: str | None = None, days: int = 1, **more: Any) -> Json:
    """Return a span of outstanding days as answers show it; `last` is included."""
    before = date.fromisoformat(last or first) + timedelta(days=1)
    return {"force": force, "day_from": first, "day_before": str(before), "days": days} | more


def correction(of: Json, *, why: str = "mistake", **fields: Any) -> Json:
    """Return a correction: the event with a new id and the changed fields."""
    return of | {"id": new_id(), "corrects": of["id"], "correction_reason": why} | fields


def withdrawal(of: Json, *, why: str = "mistake", **fields: Any) -> Json:
    return {
        "id": new_id(),
        "type": "event.withdrawn",
        "force": of["force"],
        "corrects": of["id"],
        "correction_reason": why,
    } | fields
