"""Prefetching: produce the next item while the current one is in use, such as reading rows during a write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

Item = TypeVar("Item")


def prefetched(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items in order; another thread prefetches one item, held in memory, while the one before is in use.

    An exception raised while an item is produced is raised in the item's place.
    """
    source: Iterator[Item | object] = iter(items)
    end = object()
    with ThreadPoolExecutor(1, "prefetch") as thread:
        upcoming = thread.submit(next, source, end)
        while (item := upcoming.result()) is not end:
            upcoming = thread.submit(next, source, end)
            yield cast("Item", item)
