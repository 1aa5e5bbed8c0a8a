"""Group commit: concurrent calls are collected, and one of them, the leader, does the work of all in one transaction.

A call that finds no leader becomes the leader at once, so an idle queue commits immediately. Calls that arrive while it
works are queued; the first of them then leads the next group. The higher the load, the larger the groups.

No call waits without end: if its turn does not come in time, or if the leader has been at work for too long when it
arrives, it fails. One operation that is stuck thus holds few threads, and none of them for long.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from copy import copy
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from service.errors import RecordError, Unavailable
from service.storage.db import DatabaseBusy

logger = logging.getLogger(__name__)

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MAX_GROUP_SIZE = 1_000
# As long as the database lets a statement wait for a lock, unless the service's settings say otherwise.
WAIT_SECONDS = 5.0


class _Call(Generic[Item, Answer]):
    """One call. It blocks on `gate` until a leader has tried to process it, or until it becomes the leader."""

    def __init__(self, item: Item, size: int) -> None:
        self.item, self.size = item, size
        self.is_leader = False
        self.answers: list[Answer] = []
        self.error: Unavailable | None = None
        self.gate = Lock()
        self.gate.acquire()


class _Queue(Generic[Item, Answer]):
    """The calls of one key that wait, and when their leader began."""

    def __init__(self) -> None:
        self.waiting: deque[_Call[Item, Answer]] = deque()
        self.led_since = monotonic()


class GroupCommit(Generic[Item, Answer]):
    """Queues of calls by key: calls with one key are grouped, calls with different keys run concurrently.

    `wait_seconds` is how long a call waits for its turn. If the leader has been at work for half of that already, a new
    call does not wait at all.
    """

    def __init__(self, wait_seconds: float = WAIT_SECONDS) -> None:
        self.wait_seconds = wait_seconds
        self._guard = Lock()
        self._queues: dict[Hashable, _Queue[Item, Answer]] = {}

    def join(self, key: Hashable, item: Item, size: int, work: Callable[[Sequence[Item]], Sequence[Answer]]) -> Answer:
        """Process an item together with concurrent items of its key, and return its answer.

        `work` receives items in order of arrival and returns their answers in that order. Their sizes add up to at most
        1,000, unless a single item is larger. If `work` raises for several items, each is retried alone once, unless
        the database is unavailable: that concerns all of them.

        Raises:
            DatabaseBusy: the turn of this item did not come in time. It may have been processed.
            Exception: whatever `work` raises for this item alone.
        """
        call: _Call[Item, Answer] = _Call(item, size)
        if not self._try_to_lead(key, call):
            self._wait(key, call)
        if call.is_leader:
            self._lead(key, call, work)
        if call.error is not None:
            raise call.error.with_traceback(None)
        return call.answers[0] if call.answers else work([item])[0]

    def _try_to_lead(self, key: Hashable, call: _Call[Item, Answer]) -> bool:
        """Make this call the leader if its key has none, else queue it; return whether it leads.

        Raises:
            DatabaseBusy: the leader has been at work for too long.
        """
        with self._guard:
            if key in self._queues:
                if monotonic() - self._queues[key].led_since > self.wait_seconds / 2:
                    raise DatabaseBusy(reason=f"{key} is locked")
                self._queues[key].waiting.append(call)
            else:
                self._queues[key] = _Queue()
                call.is_leader = True
            return call.is_leader

    def _wait(self, key: Hashable, call: _Call[Item, Answer]) -> None:
        """Wait until a leader has processed this call, or until it becomes the leader.

        Raises:
            DatabaseBusy: neither happened in time.
        """
        if call.gate.acquire(timeout=self.wait_seconds):
            return
        with self._guard:
            queue = self._queues.get(key)
            if queue is not None and call in queue.waiting:
                queue.waiting.remove(call)
            elif call.is_leader or call.gate.acquire(blocking=False):
                return
        raise DatabaseBusy(reason=f"{key} is locked")

    def _lead(
        self, key: Hashable, leader: _Call[Item, Answer], work: Callable[[Sequence[Item]], Sequence[Answer]]
    ) -> None:
        """Process the leader's call and the queued ones, then promote the next leader. A lone call raises its error."""
        group = [leader, *self._take(key, MAX_GROUP_SIZE - leader.size)]
        try:
            for call, answer in zip(group, work([call.item for call in group]), strict=True):
                call.answers.append(answer)
        except Unavailable as error:
            for call in group:
                # Each call raises an error of its own, in its own thread.
                call.error = copy(error)
        except Exception as error:
            if len(group) == 1:
                raise
            # An error of the service is the answer to one of them; any other needs its traceback.
            traceback = None if isinstance(error, RecordError) else error
            logger.warning("A group of %d failed (%s); each is retried alone", len(group), error, exc_info=traceback)
        finally:
            self._promote_next(key)
            for call in group[1:]:
                call.gate.release()

    def _take(self, key: Hashable, room: int) -> list[_Call[Item, Answer]]:
        """Dequeue the calls that fit into `room`, in order of arrival."""
        taken: list[_Call[Item, Answer]] = []
        with self._guard:
            waiting = self._queues[key].waiting
            while waiting and waiting[0].size <= room:
                taken.append(waiting.popleft())
                room -= taken[-1].size
        return taken

    def _promote_next(self, key: Hashable) -> None:
        """Make the first queued call the leader; without one, drop the queue."""
        with self._guard:
            queue = self._queues[key]
            if not queue.waiting:
                del self._queues[key]
                return
            following = queue.waiting.popleft()
            following.is_leader = True
            queue.led_since = monotonic()
        following.gate.release()
