"""Prefetching keeps the order, is one item ahead, and raises an error in the item's place."""

from collections.abc import Iterator
from threading import Event, get_ident

import pytest

from service.runtime.prefetch import prefetched

SECONDS = 10


def test_items_are_yielded_in_order():
    assert list(prefetched(range(100))) == list(range(100))
    assert list(prefetched([])) == []
    assert list(prefetched([None, None])) == [None, None]


def test_exactly_one_item_is_made_while_another_is_in_use():
    made = [Event() for _ in range(3)]
    makers = set()

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            makers.add(get_ident())
            event.set()
            yield number

    upcoming = prefetched(items())
    assert next(upcoming) == 0
    assert made[1].wait(SECONDS)
    assert not made[2].is_set()
    assert list(upcoming) == [1, 2]
    assert get_ident() not in makers
    assert len(makers) == 1


def test_an_error_is_raised_in_the_place_of_its_item():
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("interrupted")

    upcoming = prefetched(items())
    assert next(upcoming) == 1
    with pytest.raises(ValueError, match="interrupted"):
        next(upcoming)


def test_closing_early_waits_for_at_most_one_item():
    ended = Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1_000_000_000)
        finally:
            ended.set()

    upcoming = prefetched(items())
    assert next(upcoming) == 0
    upcoming.close()  # type: ignore[attr-defined]
    del upcoming
    assert ended.wait(SECONDS)
