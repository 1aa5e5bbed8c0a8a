"""Hypothesis strategies for every event there can be, made from the fields of the event classes themselves."""

import re
from datetime import UTC, date, datetime
from functools import cache
from string import ascii_lowercase, ascii_uppercase, digits
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from msgspec.structs import fields

from service.domain.model.events import DATA_CLASSES, Event, RecordedBy, RecordedEvent, ReturnDeclared
from service.domain.model.vocabulary import (
    Bounds,
    CategoryPath,
    Code,
    HexDigest,
    Items,
    Matching,
    Whole,
    bounds_of,
    shape_of,
)

Strategy = st.SearchStrategy[Any]
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PLAIN: dict[Any, Strategy] = {
    bool: st.booleans(),
    datetime: MOMENTS,
    date: st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    UUID: st.uuids(),
}
CURRENCIES = st.text(ascii_uppercase, min_size=3, max_size=3)
WORDS = st.text(ascii_lowercase + digits, min_size=1)
MORE_STEPS = st.lists(st.tuples(st.sampled_from("_-"), WORDS).map("".join), max_size=3)
STEPS = st.builds(lambda first, more: "".join([first, *more]), WORDS, MORE_STEPS)
# Texts of the common patterns, of whole words: drawn from the pattern, each letter would be a choice of its own.
TEXTS: dict[str, Strategy] = {
    shape_of(HexDigest).expression: st.text("0123456789abcdef", min_size=64, max_size=64),
    shape_of(Code).expression: STEPS,
    shape_of(CategoryPath).expression: st.lists(STEPS, min_size=1, max_size=6).map("/".join)
    | st.builds(lambda currency, more: "/".join([currency, *more]), CURRENCIES, st.lists(STEPS, max_size=5)),
}
# The strategies need not try everything: short lists find what long ones would.
LONGEST_LIST = 4


@cache
def recorded_events() -> Strategy:
    """Return a strategy for recorded events of every type, with every field that an event can have."""
    return st.builds(
        RecordedEvent,
        event=events(),
        operation=st.text(ascii_lowercase, min_size=1, max_size=9),
        seq=st.integers(1, 2**53 - 1),
        recorded_at=MOMENTS,
        recorded_by=instances(RecordedBy),
    )


@cache
def events() -> Strategy:
    """Return a strategy for events of every type."""
    return st.one_of(*(instances(Event, data=instances(cls)) for cls in DATA_CLASSES.values()))


def instances(cls: type[Any], **given: Strategy) -> Strategy:
    """Return a strategy for objects of an event class; what has a default is often left at it."""
    if cls is ReturnDeclared and not given:
        none, day = st.none(), PLAIN[date]
        return instances(cls, day=day, day_from=none, day_before=none) | instances(
            cls, day=none, day_from=day, day_before=day
        )
    strategies = {item.name: values(item.type) for item in fields(cls) if item.name not in given}
    for item in fields(cls):
        if not item.required and item.name in strategies:
            strategies[item.name] = st.just(item.default) | strategies[item.name]
    return st.builds(cls, **strategies, **given)


def values(hint: Any) -> Strategy:
    """Return a strategy for the values of a field of this type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _within(arguments[0], bounds_of(hint))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, UnionType):
        return st.one_of(*(values(member) for member in arguments if member is not NoneType))
    return PLAIN[hint] if hint in PLAIN else instances(hint)


def _within(hint: Any, bound: Bounds) -> Strategy:
    match bound:
        case Whole(least=least, most=most):
            return st.integers(least, most)
        case Matching(expression=expression, most=most):
            matching = TEXTS.get(expression, st.from_regex(re.compile(expression), fullmatch=True))
            return matching.filter(lambda text: len(text) <= most)
        case Items(least=least, most=most, unique=unique):
            item = values(get_args(hint)[0])
            return st.lists(item, min_size=least, max_size=min(most, LONGEST_LIST), unique=unique).map(tuple)
