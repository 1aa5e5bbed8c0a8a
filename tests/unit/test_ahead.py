"""Items that are made ahead: in order, one at a time, and what fails is raised in its place."""

from collections.abc import Iterator
from threading import Event, get_ident

import pytest

from service.runtime.prefetch import one_ahead

SECONDS = 10


def test_items_come_in_their_order():
    assert list(one_ahead(range(100))) == list(range(100))
    assert list(one_ahead([])) == []
    assert list(one_ahead([None, None])) == [None, None]


def test_the_next_item_is_made_while_the_last_is_in_use_and_no_further_one():
    made = [Event() for _ in range(3)]
    makers = set()

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            makers.add(get_ident())
            event.set()
            yield number

    coming = one_ahead(items())
    assert next(coming) == 0
    assert made[1].wait(SECONDS)
    assert not made[2].is_set()
    assert list(coming) == [1, 2]
    assert get_ident() not in makers
    assert len(makers) == 1


def test_what_making_an_item_raises_is_raised_in_its_place():
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("broken off")

    coming = one_ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="broken off"):
        next(coming)


def test_whoever_has_seen_enough_waits_for_one_item_at_most():
    ended = Event()

    def items() -> Iterator[int]:
        try:
            yield from range(1_000_000_000)
        finally:
            ended.set()

    coming = one_ahead(items())
    assert next(coming) == 0
    coming.close()  # type: ignore[attr-defined]
    del coming
    assert ended.wait(SECONDS)
