"""Group commit: concurrent calls are collected, and one of them, the leader, does the work of all in one transaction.

A call that finds no leader becomes the leader at once, so an idle queue commits immediately. Calls that arrive while it
works are queued; the first of them then leads the next group. The higher the load, the larger the groups.
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

MAX_GROUP_SIZE = 1_000


class _Call(Generic[Item, Answer]):
    """One call. It blocks on `gate` until a leader has tried to process it, or until it becomes the leader."""

    def __init__(self, item: Item, size: int) -> None:
        self.item, self.size = item, size
        self.is_leader = False
        self.answers: list[Answer] = []
        self.gate = Lock()
        self.gate.acquire()


class GroupCommit(Generic[Item, Answer]):
    """Queues of calls by key: calls with one key are grouped, calls with different keys run concurrently."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._waiting: dict[Hashable, deque[_Call[Item, Answer]]] = {}

    def join(self, key: Hashable, item: Item, size: int, work: Callable[[Sequence[Item]], Sequence[Answer]]) -> Answer:
        """Process an item together with concurrent items of its key, and return its answer.

        `work` receives items in order of arrival and returns their answers in that order. Their sizes add up to at most
        1,000, unless a single item is larger. If `work` raises for several items, each is retried alone once.

        Raises:
            Exception: whatever `work` raises for this item alone.
        """
        call = _Call[Item, Answer](item, size)
        if not self._try_to_lead(key, call):
            call.gate.acquire()
        if call.is_leader:
            self._lead(key, call, work)
        return call.answers[0] if call.answers else work([item])[0]

    def _try_to_lead(self, key: Hashable, call: _Call[Item, Answer]) -> bool:
        """Make this call the leader if its key has none, else queue it; return whether it leads."""
        with self._guard:
            if key in self._waiting:
                self._waiting[key].append(call)
            else:
                self._waiting[key] = deque()
                call.is_leader = True
            return call.is_leader

    def _lead(
        self, key: Hashable, leader: _Call[Item, Answer], work: Callable[[Sequence[Item]], Sequence[Answer]]
    ) -> None:
        """Process the leader's call and the queued ones, then promote the next leader. A lone call raises its error."""
        group = [leader, *self._take(key, MAX_GROUP_SIZE - leader.size)]
        try:
            for call, answer in zip(group, work([call.item for call in group]), strict=True):
                call.answers.append(answer)
        except Exception:
            if len(group) == 1:
                raise
            logger.warning("A group of %d failed; each is retried alone", len(group), exc_info=True)
        finally:
            self._promote_next(key)
            for call in group[1:]:
                call.gate.release()

    def _take(self, key: Hashable, room: int) -> list[_Call[Item, Answer]]:
        """Dequeue the calls that fit into `room`, in order of arrival."""
        taken: list[_Call[Item, Answer]] = []
        with self._guard:
            waiting = self._waiting[key]
            while waiting and waiting[0].size <= room:
                taken.append(waiting.popleft())
                room -= taken[-1].size
        return taken

    def _promote_next(self, key: Hashable) -> None:
        """Make the first queued call the leader; without one, drop the queue."""
        with self._guard:
            if not self._waiting[key]:
                del self._waiting[key]
                return
            following = self._waiting[key].popleft()
        following.is_leader = True
        following.gate.release()
