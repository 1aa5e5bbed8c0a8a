"""Reading a table of a claims file key by key. Every mistake is noted with its place; reading goes on behind it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from service.domain.days import ONE_DAY, london_midnight
from service.domain.instants import DAY_WANTED, INSTANT_WANTED, parse_day, parse_instant
from service.domain.vocabulary import STEP, CategoryPath
from service.errors import FieldError

CODE = re.compile(STEP, re.ASCII)
PATH = get_args(CategoryPath)[1]
PATH_EXPRESSION = re.compile(PATH.expression, re.ASCII)
LARGEST_SHOWN = 10**18
LONGEST_CODE, LONGEST_TEXT, LONGEST_LIST = 64, 2_000, 200


class Wrong(ValueError):
    """A value is not what was wanted; the text says what was wanted and found."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table at a place in the file. Null, an empty list and a missing key are the same."""

    values: Mapping[str, Any]
    place: str
    mistakes: list[FieldError]

    def wrong(self, key: str, detail: str) -> None:
        """Note what is wrong with a key."""
        self.mistakes.append(FieldError(f"{self.place}/{pointer_step(key)}" if key else self.place, detail))

    def has(self, key: str) -> bool:
        """Return whether the key is there and says something."""
        return self.values.get(key) not in (None, [])

    def read(self, key: str, reader: Any, default: Any = None) -> Any:
        """Return what the reader makes of the key's value; the default if it is missing or wrong."""
        if not self.has(key):
            return default
        try:
            return reader(self.values[key])
        except Wrong as error:
            self.wrong(key, str(error))
            return default

    def tables(self, key: str) -> list[tuple[Any, str]]:
        """Return the items of a list of tables, each with its place."""
        found = self.read(key, _a_list, [])
        return [(item, f"{self.place}/{key}/{index}") for index, item in enumerate(found)]


def open_table(
    value: Any, place: str, mistakes: list[FieldError], *, known: Collection[str], required: Collection[str] = ()
) -> Table:
    """Return a table whose unknown and missing keys are noted."""
    if not isinstance(value, Mapping):
        mistakes.append(FieldError(place, f"Wanted a table with {', '.join(known)}."))
        return Table({}, place, mistakes)
    table = Table(value, place, mistakes)
    for key in value:
        if key not in known:
            table.wrong(str(key), f"There is no such key here; wanted {', '.join(known)}.")
    for key in required:
        if not table.has(key):
            table.wrong(key, f"{key} is missing.")
    return table


def a_text(value: Any) -> str:
    """Return a text."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        raise Wrong(f"Wanted a text; found {shown(value)}.")
    return value


def a_code(value: Any) -> str:
    """Return a code, such as a force's or a measure's."""
    if not isinstance(value, str) or len(value) > LONGEST_CODE or not CODE.fullmatch(value):
        raise Wrong(f"Wanted a code of small letters, digits, '_' and '-'; found {shown(value)}.")
    return value


def codes(value: Any) -> tuple[str, ...]:
    """Return a list of codes, each once."""
    return _each_once([a_code(item) for item in _a_list(value)])


def paths(value: Any) -> tuple[str, ...]:
    """Return a category path or a list of them, each once."""
    found = value if isinstance(value, list) else [value]
    for path in found:
        if not isinstance(path, str) or len(path) > PATH.most or not PATH_EXPRESSION.fullmatch(path):
            raise Wrong(f"Wanted {PATH.wanted}, or a list of them; found {shown(path)}.")
        if found.count(path) > 1:
            raise Wrong(f"{path} stands in the list twice.")
    return tuple(found)


def a_truth(value: Any) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise Wrong(f"Wanted true or false; found {shown(value)}.")
    return value


def a_count(value: Any) -> int:
    """Return a whole number of one or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Wrong(f"Wanted a whole number from 1; found {shown(value)}.")
    return value


def a_day(value: Any) -> date:
    """Return a day, from a TOML date or a text."""
    is_toml_date = isinstance(value, date) and not isinstance(value, datetime)
    try:
        return parse_day(value.isoformat() if is_toml_date else value)
    except (TypeError, ValueError) as error:
        raise Wrong(f"Wanted {DAY_WANTED}; found {shown(value)}.") from error


def days(value: Any) -> tuple[date, date]:
    """Return the first and the last day, both included."""
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a first and a last
        raise Wrong(f"Wanted the first and the last day as a list of two; found {shown(value)}.")
    first, last = a_day(value[0]), a_day(value[1])
    if last < first:
        raise Wrong(f"The last day, {last}, lies before the first, {first}.")
    return first, last


def a_moment(value: Any) -> datetime:
    """Return a moment, from a TOML date-time with an offset or a text. A day means its last microsecond in London."""
    wanted = f"{INSTANT_WANTED}; or a day, for its end in London"
    try:
        if isinstance(value, datetime):
            return parse_instant(value.isoformat())
        if isinstance(value, str) and "T" in value:
            return parse_instant(value)
        return (london_midnight(a_day(value) + ONE_DAY) - timedelta(microseconds=1)).astimezone(UTC)
    except ValueError as error:
        raise Wrong(f"Wanted {wanted}; found {shown(value)}.") from error


def a_day_or_moment(value: Any) -> date | datetime:
    """Return when something was printed: a day, or a moment."""
    try:
        return a_day(value)
    except Wrong:
        return a_moment(value)


def shown(value: Any) -> str:
    """Return a value as it was found, cut short."""
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
        raise Wrong(f"Wanted a list; found {shown(value)}.")
    return value


def _each_once(items: list[str]) -> tuple[str, ...]:
    if len(items) > LONGEST_LIST:
        raise Wrong(f"Wanted at most {LONGEST_LIST} items; found {len(items)}.")
    if len(set(items)) < len(items):
        raise Wrong(f"{next(one for one in items if items.count(one) > 1)} stands in the list twice.")
    return tuple(items)
