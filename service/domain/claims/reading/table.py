"""Reading a table of a claims file key by key. Each error is recorded with its place, and reading continues."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from service.domain.model.days import ONE_DAY, london_midnight
from service.domain.model.instants import DAY_EXPECTED, INSTANT_EXPECTED, parse_day, parse_instant
from service.domain.model.reference_data import force_named, nearest_force
from service.domain.model.vocabulary import STEP, CategoryPath, shape_of
from service.errors import MOST_FIELDS, FieldError

CODE = re.compile(STEP, re.ASCII)
PATH = shape_of(CategoryPath)
PATH_EXPRESSION = re.compile(PATH.expression, re.ASCII)
LARGEST_SHOWN = 10**18
LONGEST_CODE, LONGEST_TEXT, LONGEST_LIST = 64, 2_000, 200


class InvalidValue(ValueError):
    """A value is invalid; the message states what was expected and found."""


@dataclass(frozen=True, slots=True)
class ClaimsTable:
    """A table at a place in the file. Null, an empty list and a missing key mean the same."""

    values: Mapping[str, Any]
    place: str
    errors: list[FieldError]

    def add_error(self, key: str, detail: str) -> None:
        """Record an error at a key; with an empty key, at the table itself."""
        self.errors.append(FieldError(f"{self.place}/{pointer_step(key)}" if key else self.place, detail))

    def has(self, key: str) -> bool:
        """Return whether the key is present and not null or an empty list."""
        return self.values.get(key) not in (None, [])

    def read(self, key: str, reader: Any, default: Any = None) -> Any:
        """Return the key's value as converted by the reader; the default if it is missing or invalid."""
        if not self.has(key):
            return default
        try:
            return reader(self.values[key])
        except InvalidValue as error:
            self.add_error(key, str(error))
            return default

    def tables(self, key: str) -> list[tuple[Any, str]]:
        """Return the items of a list of tables, each with its place."""
        found = self.read(key, _a_list, [])
        return [(item, f"{self.place}/{key}/{index}") for index, item in enumerate(found)]


def open_table(
    value: Any, place: str, errors: list[FieldError], *, known: Collection[str], required: Collection[str] = ()
) -> ClaimsTable:
    """Return a table, and record its unknown and missing keys as errors."""
    if not isinstance(value, Mapping):
        errors.append(FieldError(place, f"Expected a table with {', '.join(known)}."))
        return ClaimsTable({}, place, errors)
    table = ClaimsTable(value, place, errors)
    for key in islice((key for key in value if key not in known), MOST_FIELDS):
        table.add_error(str(key), f"Unknown key; expected {', '.join(known)}.")
    for key in required:
        if not table.has(key):
            table.add_error(key, f"{key} is missing.")
    return table


def a_text(value: Any) -> str:
    """Return a text."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise InvalidValue(f"Expected a text; found {shown(value)}.")
    return value


def a_code(value: Any) -> str:
    """Return a code, such as a force's or a measure's."""
    if not isinstance(value, str) or len(value) > LONGEST_CODE or not CODE.fullmatch(value):
        raise InvalidValue(f"Expected a code of small letters, digits, '_' and '-'; found {shown(value)}.")
    return value


def a_force(value: Any) -> str:
    """Return the code of a force, from the code or from a name of a known force."""
    known = force_named(value) if isinstance(value, str) and len(value) <= LONGEST_TEXT else None
    if known is not None:
        return known
    if not isinstance(value, str) or len(value) > LONGEST_CODE or not CODE.fullmatch(value):
        hint = f" Did you mean {nearest}?" if isinstance(value, str) and (nearest := nearest_force(value)) else ""
        raise InvalidValue(f"Expected the code or name of a force, such as surrey; found {shown(value)}.{hint}")
    return value


def forces(value: Any) -> tuple[str, ...]:
    """Return a list of forces without duplicates."""
    return _unique([a_force(item) for item in _bounded(_a_list(value))])


def codes(value: Any) -> tuple[str, ...]:
    """Return a list of codes without duplicates."""
    return _unique([a_code(item) for item in _bounded(_a_list(value))])


def paths(value: Any) -> tuple[str, ...]:
    """Return one category path, or a list of them without duplicates, as a tuple."""
    found = _bounded(value) if isinstance(value, list) else [value]
    for path in found:
        if not isinstance(path, str) or len(path) > PATH.most or not PATH_EXPRESSION.fullmatch(path):
            raise InvalidValue(f"Expected {PATH.expected}, or a list of them; found {shown(path)}.")
    return _unique(found)


def a_boolean(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise InvalidValue(f"Expected true or false; found {shown(value)}.")
    return value


def a_count(value: Any) -> int:
    """Return a whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InvalidValue(f"Expected a whole number of at least 1; found {shown(value)}.")
    return value


def a_day(value: Any) -> date:
    """Return a day, from a TOML date or a text."""
    is_toml_date = isinstance(value, date) and not isinstance(value, datetime)
    try:
        return parse_day(value.isoformat() if is_toml_date else value)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"Expected {DAY_EXPECTED}; found {shown(value)}.") from error


def days(value: Any) -> tuple[date, date]:
    """Return the first and the last day, both included. A list of one day means that day."""
    if not isinstance(value, list) or len(value) not in (1, 2):
        found = f"a list of {len(value)}" if isinstance(value, list) else shown(value)
        raise InvalidValue(
            f"Expected the first and the last day as a list of two, or one day in a list; found {found}."
        )
    first, last = a_day(value[0]), a_day(value[-1])
    if last < first:
        raise InvalidValue(f"The last day, {last}, is before the first, {first}.")
    return first, last


def a_moment(value: Any) -> datetime:
    """Return a moment, from a TOML date-time with an offset or a text. A day means its last microsecond in London."""
    expected = f"{INSTANT_EXPECTED}; or a day, for its end in London"
    try:
        if isinstance(value, datetime):
            return parse_instant(value.isoformat())
        if isinstance(value, str) and "T" in value:
            return parse_instant(value)
        return (london_midnight(a_day(value) + ONE_DAY) - timedelta(microseconds=1)).astimezone(UTC)
    except ValueError as error:
        raise InvalidValue(f"Expected {expected}; found {shown(value)}.") from error


def a_day_or_moment(value: Any) -> date | datetime:
    """Return a day or a moment, such as a date of publication."""
    try:
        return a_day(value)
    except InvalidValue:
        return a_moment(value)


def shown(value: Any) -> str:
    """Return a found value for an error message, shortened."""
    if isinstance(value, str):
        return repr(value[:40])
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) > LARGEST_SHOWN:
        return "a longer integer"
    if isinstance(value, int | float | date):
        return str(value)
    return "a list" if isinstance(value, list) else "a table" if isinstance(value, dict) else "nothing"


def pointer_step(key: str) -> str:
    """Return a key as a step of a JSON pointer (RFC 6901)."""
    return key.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")[:100]


def _a_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidValue(f"Expected a list; found {shown(value)}.")
    return value


def _bounded(items: list[Any]) -> list[Any]:
    """Return the items of a list, before any is read."""
    if len(items) > LONGEST_LIST:
        raise InvalidValue(f"Expected at most {LONGEST_LIST} items; found {len(items)}.")
    return items


def _unique(items: list[str]) -> tuple[str, ...]:
    if len(set(items)) < len(items):
        raise InvalidValue(f"{next(one for one in items if items.count(one) > 1)} is duplicated in the list.")
    return tuple(items)
