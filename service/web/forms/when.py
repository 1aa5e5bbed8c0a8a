"""When a fact happened: a date in three fields and a time of day, in London."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from service.domain.model.days import LONDON, london_date
from service.domain.model.instants import format_instant
from service.domain.model.operation import Operation
from service.spreadsheets.reading import cells
from service.web.forms.questions import Json, Question, Setting, Typed
from service.web.site import words
from service.web.site.typed import Mistake

TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.]?(?P<minute>\d\d))?\s*(?P<half>[ap])?\.?\s*(?:m\.?)?(?:\s*(?P<zone>gmt|bst))?", re.ASCII
)
NAMED = {"midday": "12:00", "noon": "12:00", "midnight": "0:00"}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ZONES = {"gmt": UTC, "bst": timezone(timedelta(hours=1))}
HALF_A_DAY, LAST_HOUR, LAST_MINUTE = 12, 23, 59


def questions(operation: Operation) -> tuple[Question, ...]:
    """Return the questions for date and time."""
    hint = "For example, 9:40pm or 21:40, UK time. Leave it empty if only the day is known"
    return (
        Question(name="date", label="Date", kind="date", hint=f"The operation’s days are {_days(operation)}"),
        Question(name="time", label="Time", hint=hint, width=10),
    )


def typed_of_moment(moment: datetime | None, day: date | None) -> dict[str, str]:
    """Return the fields of a moment, or of a day."""
    local = None if moment is None else moment.astimezone(LONDON)
    known = day if local is None else local.date()
    if known is None:
        return {}
    clock = "" if local is None else _clock(local)
    return {"date-day": str(known.day), "date-month": str(known.month), "date-year": str(known.year), "time": clock}


def presumed_date(setting: Setting) -> dict[str, str]:
    """Return the fields of today's date, if the operation takes place today."""
    today = london_date(setting.now)
    return typed_of_moment(None, today) if setting.operation.days.includes(today) else {}


def read(setting: Setting, typed: Typed) -> tuple[Json, list[Mistake]]:
    """Return the time of a fact as fields of the event, or what is wrong with it."""
    day, written = typed_day(typed), typed.get("time")
    mistakes = [] if day else [Mistake("date", _date_expected(setting.operation, typed))]
    if not written:
        return ({"occurred_on": str(day)} if day else {}), mistakes
    found = TIME.fullmatch(NAMED.get(written.casefold(), written.casefold()))
    clock = _on_the_clock(found) if found else None
    if clock is None or found is None:
        return {}, [*mistakes, Mistake("time", "Time must be like 9:40pm or 21:40")]
    if day is None:
        return {}, mistakes
    try:
        return {"occurred_at": _in_london(setting, day, clock, found["zone"])}, []
    except ValueError:
        twice = f"Clocks changed on {words.long_day(day)}: add GMT or BST to the time, like {written} GMT"
        return {}, [Mistake("time", twice)]


def typed_day(typed: Typed) -> date | None:
    """Return the date that was typed; None if it is not one."""
    day, month, year = (typed.get(f"date-{part}") for part in ("day", "month", "year"))
    short = month.casefold()[:3]
    number = str(MONTHS.index(short) + 1) if short in MONTHS else month
    try:
        return date(int(f"20{year}" if len(year) == len("24") else year), int(number), int(day))
    except ValueError:
        return None


def mistake_in_day(operation: Operation, day: date | None) -> Mistake:
    """Return what is wrong with a moment outside the operation: its date, or else its time."""
    if day is not None and operation.days.includes(day):
        return Mistake("time", "Time must be within the hours of the operation on that day")
    return Mistake("date", f"Date must be {_days(operation, 'or')}")


def _in_london(setting: Setting, day: date, clock: str, zone: str | None) -> str:
    corrected = setting.corrected
    before = None if corrected is None else corrected.event.occurred_at
    if before is not None and zone is None and _clock(before.astimezone(LONDON)) == clock and _day(before) == day:
        # Seconds that the form does not show stay as they are.
        return format_instant(before)
    if zone is None:
        return cells.moment(f"{day} {clock}")
    local = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONES[zone])
    return format_instant(local.astimezone(UTC))


def _day(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def _clock(local: datetime) -> str:
    return f"{local.hour}:{local.minute:02}"


def _on_the_clock(found: re.Match[str]) -> str | None:
    """Return the time as hour and minute; None if the day has no such time."""
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if half and not 1 <= hour <= HALF_A_DAY:
        return None
    if not half and found["minute"] is None:
        # A bare 9 may be morning or evening.
        return None
    if half:
        hour = hour % HALF_A_DAY + (HALF_A_DAY if half == "p" else 0)
    return f"{hour}:{minute:02}" if hour <= LAST_HOUR and minute <= LAST_MINUTE else None


def _date_expected(operation: Operation, typed: Typed) -> str:
    if not any(typed.get(f"date-{part}") for part in ("day", "month", "year")):
        return "Enter the date"
    return f"Date must be {_days(operation, 'or')}"


def _days(operation: Operation, last_word: str = "to") -> str:
    first, last = operation.days.first_day, operation.days.last_day
    if last is not None and (last - first).days in (1, 2) and first.month == last.month:
        numbers = [str(first.day + number) for number in range((last - first).days + 1)]
        if last_word == "or":
            return f"{', '.join(numbers[:-1])} or {words.long_day(last)}"
    return words.dates(first, last)
