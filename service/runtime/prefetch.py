"""Prefetching: the next item is made while the current one is in use, as when rows are read during a write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

Item = TypeVar("Item")


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; another thread prefetches one item while the one before it is in use, and holds it in memory.

    An exception raised while making an item is raised in its place.
    """
    source: Iterator[Item | object] = iter(items)
    end = object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, source, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, source, end)
            yield cast("Item", item)
