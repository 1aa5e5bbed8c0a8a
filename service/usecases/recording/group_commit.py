"""Doing the work of concurrent calls together: one of them leads, and does in one go what came in meanwhile.

A call that finds nobody at work leads at once: there is no waiting for company. Those that come while it works wait;
when it is done, the first of them leads, for itself and for the others. So the busier it is, the larger the groups.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from threading import Lock
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_IN_A_GROUP = 1_000


class _Call(Generic[Item, Answer]):
    """One call. It waits at its gate until others have answered it, or tried to, or until it is to lead."""

    def __init__(self, item: Item, size: int) -> None:
        self.item, self.size = item, size
        self.leads = False
        self.answers: list[Answer] = []
        self.gate = Lock()
        self.gate.acquire()


class Groups(Generic[Item, Answer]):
    """The calls under way, by key: calls of one key are done together, those of different keys side by side."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: dict[Hashable, deque[_Call[Item, Answer]]] = {}

    def join(self, key: Hashable, item: Item, size: int, work: Callable[[Sequence[Item]], Sequence[Answer]]) -> Answer:
        """Have the work done for an item, together with others of its key, and return its answer.

        `work` is given items in the order in which they came, of at most 1,000 in size together unless one alone is
        larger, and returns their answers in that order. If it raises for several, each is tried alone once.

        Raises:
            Exception: whatever `work` raises for this item alone.
        """
        mine = _Call[Item, Answer](item, size)
        if not self._is_first(key, mine):
            mine.gate.acquire()
        if mine.leads:
            self._lead(key, mine, work)
        return mine.answers[0] if mine.answers else work([item])[0]

    def _is_first(self, key: Hashable, mine: _Call[Item, Answer]) -> bool:
        """Return whether nobody is at work, so that this call leads; else it waits its turn."""
        with self._guard:
            if key in self._waiting:
                self._waiting[key].append(mine)
            else:
                self._waiting[key] = deque()
                mine.leads = True
            return mine.leads

    def _lead(
        self, key: Hashable, mine: _Call[Item, Answer], work: Callable[[Sequence[Item]], Sequence[Answer]]
    ) -> None:
        """Work for this call and for those that wait, then let the next one lead. A call alone is left to itself."""
        group = [mine, *self._take(key, MOST_IN_A_GROUP - mine.size)]
        try:
            for call, answer in zip(group, work([call.item for call in group]), strict=True):
                call.answers.append(answer)
        except Exception:
            if len(group) == 1:
                raise
            logger.warning("A group of %d failed; each is tried alone", len(group), exc_info=True)
        finally:
            self._hand_over(key)
            for call in group[1:]:
                call.gate.release()

    def _take(self, key: Hashable, room: int) -> list[_Call[Item, Answer]]:
        """Take as many of those that wait as there is room for."""
        taken: list[_Call[Item, Answer]] = []
        with self._guard:
            waiting = self._waiting[key]
            while waiting and waiting[0].size <= room:
                taken.append(waiting.popleft())
                room -= taken[-1].size
        return taken

    def _hand_over(self, key: Hashable) -> None:
        """Let the first of those that wait lead, if any does."""
        with self._guard:
            if not self._waiting[key]:
                del self._waiting[key]
                return
            following = self._waiting[key].popleft()
        following.leads = True
        following.gate.release()
