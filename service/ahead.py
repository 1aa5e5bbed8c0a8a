"""Making the next item while the last is being worked on: while the database writes, the next rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

Item = TypeVar("Item")


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items. Each is made by another thread while the one before it is in use; so one more is in memory.

    What making an item raises is raised in its place.
    """
    source: Iterator[Item | object] = iter(items)
    end = object()
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, source, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, source, end)
            yield cast("Item", item)
