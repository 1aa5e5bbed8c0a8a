"""Parts of events are immutable, refuse unknown fields, intern their defaults, and have moments in UTC."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from msgspec.structs import fields, replace

from service.domain.model.events import (
    DATA_CLASSES,
    LINE_CLASSES,
    ActivityRecorded,
    ArrestRecorded,
    Event,
    OperationOpened,
    PublishedFigure,
    RecordedBy,
    ReturnDeclared,
    Window,
)
from service.wire.codec import canonical

CLASSES = (Event, RecordedBy, *DATA_CLASSES.values(), *LINE_CLASSES.values())
MOMENT = datetime(2023, 1, 17, 21, 40, tzinfo=UTC)
COPIES: list[Callable[[Any], Any]] = [
    replace,
    copy.copy,
    lambda one: pickle.loads(pickle.dumps(one)),  # noqa: S301 - our own pickle
    lambda one: msgspec.convert(msgspec.to_builtins(one), type(one)),
    lambda one: msgspec.json.decode(msgspec.json.encode(one), type=type(one)),
]


def equal_copy(word: str) -> str:
    """Return an equal text that is another object, like a text from a database."""
    return "".join(list(word))


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_field_cannot_be_changed(cls: Any) -> None:
    made = cls(**a_value_for_each(cls))
    for one in fields(cls):
        with pytest.raises(AttributeError):
            setattr(made, one.name, "other")
    assert made == cls(**a_value_for_each(cls))
    assert hash(made) == hash(cls(**a_value_for_each(cls)))


def a_value_for_each(cls: Any) -> dict[str, Any]:
    """Return a value for each field. Only words and moments are checked when an object is made.

    A return has a day or a span of days: here it has a day.
    """
    timed = {"starts_at", "ends_at", "returns_due_at", "occurred_before", "embargo_until", "day"}
    left_out = {"day_from", "day_before"}
    return {one.name: MOMENT if one.name in timed else one.name for one in fields(cls) if one.name not in left_out}


@pytest.mark.parametrize("values", [{}, {"reason": "knife", "weather": "fair"}], ids=["missing", "unknown"])
def test_missing_and_unknown_fields_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        ArrestRecorded(**values)


@pytest.mark.parametrize(
    "one",
    [
        ArrestRecorded(reason="knife", qualifier=equal_copy("exact")),
        ActivityRecorded(measure="vehicles_stopped", quantity=1, qualifier=equal_copy("exact")),
        OperationOpened(name="Lantern", lead_force="surrey", marking=equal_copy("OFFICIAL-SENSITIVE")),
        PublishedFigure(measure="arrests", unit="arrests", quantity=1, qualifier=equal_copy("exact")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_word_equal_to_the_default_is_not_written_even_if_it_is_anequal_copy(one: Any) -> None:
    assert b"exact" not in canonical(one)
    assert b"marking" not in canonical(one)
    for copied in COPIES:
        assert canonical(copied(one)) == canonical(one)


def test_moments_are_in_utc() -> None:
    an_hour_ahead = MOMENT.astimezone(timezone(timedelta(hours=1)))
    window = Window(starts_at=an_hour_ahead, ends_at=MOMENT)
    assert window.starts_at.tzinfo is UTC
    assert window == Window(starts_at=MOMENT, ends_at=MOMENT)
    assert canonical(window) == b'{"before":"2023-01-17T21:40:00Z","from":"2023-01-17T21:40:00Z"}'


@pytest.mark.parametrize(
    "moment",
    [
        MOMENT.replace(tzinfo=None),
        MOMENT.replace(year=1899),
        MOMENT.replace(year=2200),
        datetime(1900, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=str,
)
def test_a_moment_has_a_zone_and_a_year_from_1900_to_2199(moment: datetime) -> None:
    with pytest.raises(ValueError, match="a moment such as"):
        ActivityRecorded(measure="vehicles_stopped", quantity=1, occurred_before=moment)


@pytest.mark.parametrize("year", [1899, 2200])
def test_a_day_has_a_year_from_1900_to_2199(year: int) -> None:
    with pytest.raises(ValueError, match="a day such as"):
        ReturnDeclared(day=date(year, 1, 1), status="nil")
