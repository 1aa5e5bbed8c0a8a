"""What a person typed into a form: texts, numbers, days and times in London, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from werkzeug.datastructures import MultiDict

from service.domain.model.days import LONDON
from service.domain.model.instants import format_optional
from service.errors import RecordError

TIME = re.compile(
    r"(?P<hour>\d{1,2})(?:[:.](?P<minute>\d\d))?(?::(?P<second>\d\d))?\s*(?P<half>[ap]m)?", re.ASCII | re.IGNORECASE
)
NAMED = {"midday": "12:00", "noon": "12:00", "midnight": "0:00"}
HALF_A_DAY = 12
MOST_DIGITS = 9
A_DAY, A_TIME = "a date, for example 18 January 2024", "a time, for example 9:40pm"
# Between a date and a time in one field: `18 January 2023, 6pm`, `2023-01-18T18:00`.
BETWEEN = re.compile(r"\s*,\s*|\s+at\s+|\s+|(?<=\d)T(?=\d)")
DAYS = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y", "%d/%m/%Y")


class Mistake(NamedTuple):
    """What is wrong with a field: its name, and what it must be. A mistake without a field concerns the whole form."""

    field: str
    text: str


class FormReader:
    """The fields of a form. Reading one that is wrong adds a mistake."""

    def __init__(self, fields: MultiDict[str, str]) -> None:
        """Read these fields."""
        self.fields = fields
        self.mistakes: list[Mistake] = []

    def get(self, name: str) -> str:
        """Return what was typed into a field, with single spaces and none around it."""
        return " ".join(self.fields.get(name, "").split())

    def all(self, name: str) -> list[str]:
        """Return what was typed into the fields of this name, with single spaces and none around them."""
        return [" ".join(one.split()) for one in self.fields.getlist(name)]

    def lines(self, name: str) -> list[str]:
        """Return the lines of a field that are not empty; commas separate lines as well."""
        typed = self.fields.get(name, "").replace(",", "\n").splitlines()
        return [" ".join(one.split()) for one in typed if one.strip()]

    def wrong(self, field: str, text: str) -> None:
        """Add a mistake, the first in its field."""
        if all(one.field != field for one in self.mistakes):
            self.mistakes.append(Mistake(field, text))

    def required(self, name: str, text: str) -> str:
        """Return what was typed; if that is nothing, `text` states what to do."""
        found = self.get(name)
        if not found:
            self.wrong(name, text)
        return found

    def choice(self, name: str, among: Iterable[str], text: str) -> str:
        """Return the chosen value; if it is none of these, `text` states what to do."""
        found = self.get(name)
        if found not in set(among):
            self.wrong(name, text)
            return ""
        return found

    def number(self, name: str, label: str, *, most: int) -> int | None:
        """Return a whole number from 0 to `most`; None if nothing was typed."""
        found = self.get(name)
        if not found:
            return None
        if not (found.isascii() and found.isdigit() and len(found) <= MOST_DIGITS and int(found) <= most):
            self.wrong(name, f"{label} must be a whole number from 0 to {most:,}")
            return None
        return int(found)

    def day(self, name: str, label: str) -> date | None:
        """Return a day; None if nothing was typed."""
        found = self.get(name)
        if not found:
            return None
        day = _day(found)
        if day is None:
            self.wrong(name, f"{label} must be {A_DAY}")
        return day

    def moment(self, name: str, label: str) -> datetime | None:
        """Return the moment of a day and a time in London, in two fields; None if nothing was typed."""
        typed_day, typed_time = self.get(f"{name}-day"), self.get(f"{name}-time")
        if not typed_day and not typed_time:
            return None
        day, clock = _day(typed_day), _time(typed_time)
        if day is None:
            self.wrong(f"{name}-day", f"{label} must have {A_DAY}")
        if clock is None:
            self.wrong(f"{name}-time", f"{label} must have {A_TIME}")
        if day is None or clock is None:
            return None
        moment = london(day, clock)
        if moment is None:
            self.wrong(f"{name}-time", f"{label} must be a time that happens once. Clocks change on that day")
        return moment

    def refused(self, error: RecordError, fields: Mapping[str, str], texts: Mapping[str, str]) -> None:
        """Add the mistakes that an error of the service names.

        `fields` has the form's field for the beginning of each pointer; `texts` has the words for each field.
        """
        pointers = [(one.pointer, one.detail) for one in error.errors] or [("", error.detail)]
        for pointer, detail in pointers:
            field = next((field for start, field in fields.items() if start and pointer.startswith(start)), "")
            self.wrong(field, texts.get(error.code) or texts.get(field) or detail)


def read_day_and_time(text: str) -> tuple[date, time] | None:
    """Return the date and the time of day that are typed into one field; None if one of them is missing."""
    for between in BETWEEN.finditer(text):
        day, clock = _day(text[: between.start()]), _time(text[between.end() :])
        if day is not None and clock is not None:
            return day, clock
    return None


def london(day: date, clock: time) -> datetime | None:
    """Return the moment at which it is this time in London, in UTC; None if it never is, or twice."""
    local = datetime.combine(day, clock, LONDON)
    moment = local.astimezone(UTC)
    is_there = moment.astimezone(LONDON).replace(tzinfo=None) == local.replace(tzinfo=None)
    return moment if is_there and local.utcoffset() == local.replace(fold=1).utcoffset() else None


def fields_of_moment(name: str, moment: datetime | None) -> dict[str, str]:
    """Return the two fields of a moment."""
    if moment is None:
        return {}
    local = moment.astimezone(LONDON)
    return {f"{name}-day": f"{local:%Y-%m-%d}", f"{name}-time": f"{local:%H:%M}"}


def wire(moment: datetime | None) -> str | None:
    """Return a moment in the format of the service."""
    return format_optional(moment)


def _day(text: str) -> date | None:
    for pattern in DAYS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _time(text: str) -> time | None:
    found = TIME.fullmatch(NAMED.get(text.casefold(), text))
    if found is None or (found["minute"] is None and found["half"] is None):
        return None
    hour, half = int(found["hour"]), (found["half"] or "").casefold()
    if half and not 1 <= hour <= HALF_A_DAY:
        return None
    if half:
        hour = hour % HALF_A_DAY + (HALF_A_DAY if half == "pm" else 0)
    try:
        return time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None
