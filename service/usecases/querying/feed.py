"""The live feed: what is recorded reaches every subscriber. One thread a process looks for new events for all."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential, still_valid
from service.errors import RecordError, Unavailable
from service.eventlog import read
from service.eventlog.table import heads
from service.storage.db import Database
from service.usecases.querying.as_of import AsOfBeyondLog
from service.usecases.querying.read_context import read_context
from service.usecases.querying.read_events import readable_forces

logger = logging.getLogger(__name__)

EVENTS_IN_ONE_PAGE = 1_000
EVENTS_HELD_FOR_ONE_SUBSCRIBER = 2_000
HEARTBEAT_SECONDS = 15.0
BEYOND_ANY_LOG = 2**62

# seq, force, canonical text
Item = tuple[int, str, str]


class TooManyFeeds(Unavailable):
    """This process serves as many live feeds as it may. Poll GET .../events?after= instead, or try again later."""

    code = "too_many_feeds"


@dataclass(eq=False, slots=True)
class Subscriber:
    """One open feed. The poller offers it new events; a reader that falls too far behind catches up from the log."""

    operation: str
    credential_id: UUID
    forces: Sequence[str]
    waiting: deque[Item] = field(default_factory=deque)
    is_behind: bool = True
    has_ended: bool = False
    changed: threading.Event = field(default_factory=threading.Event)

    def offer(self, items: Sequence[Item]) -> None:
        """Hold new events for the reader; from the first that it has no room for, none, until it has caught up."""
        self.is_behind = self.is_behind or len(self.waiting) + len(items) > EVENTS_HELD_FOR_ONE_SUBSCRIBER
        if not self.is_behind:
            self.waiting.extend(item for item in items if not self.forces or item[1] in self.forces)
        self.changed.set()

    def taken(self) -> Iterator[Item]:
        """Yield the events that are held, oldest first, and hold them no longer."""
        while self.waiting:
            yield self.waiting.popleft()

    def end(self) -> None:
        """Let the reader finish."""
        self.has_ended = True
        self.changed.set()


@dataclass(slots=True)
class Feeds:
    """The open feeds of one process and the thread that serves them."""

    database: Database
    most: int
    poll_seconds: float
    closing: threading.Event
    subscribers: set[Subscriber] = field(default_factory=set)
    positions: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_polling: bool = False

    def subscribe(self, *, operation: str, credential: Credential, after: int | None) -> Iterator[list[Item]]:
        """Return the events of an operation from a seq on (None: from now on), as they come, without end.

        Those that came together are one list; an empty one is a heartbeat.

        Raises:
            UnknownOperation: there is no such operation, or the credential may not know of it.
            AsOfBeyondLog: the log is not that long yet.
            TooManyFeeds: this process serves as many as it may.
        """
        with read_context(self.database, operation, credential) as context:
            head, forces = context.head, readable_forces(context, ())
        if after is not None and after > head.seq:
            raise AsOfBeyondLog(f"Wanted a seq up to {head.seq}; found {after}.", pointer="/Last-Event-ID")
        subscriber = Subscriber(operation, credential.id, forces)
        self._add(subscriber, head.seq)
        items = self._items(subscriber, head.seq if after is None else after)
        # Begun at once: what has not begun cannot end, and whoever went before the first event would keep a place.
        next(items)
        return items

    def _add(self, subscriber: Subscriber, seq: int) -> None:
        with self.lock:
            if len(self.subscribers) >= self.most or self.closing.is_set():
                raise TooManyFeeds(f"This process serves at most {self.most} live feeds. Poll, or try again later.")
            self.subscribers.add(subscriber)
            self.positions.setdefault(subscriber.operation, seq)
            if not self.is_polling:
                self.is_polling = True
                threading.Thread(target=self._poll, name="feeds", daemon=True).start()

    def _items(self, subscriber: Subscriber, sent: int) -> Iterator[list[Item]]:
        try:
            yield []
            while not subscriber.has_ended:
                for items in self._new_items(subscriber, sent):
                    yield items
                    sent = items[-1][0]
                if not subscriber.is_behind and not subscriber.changed.wait(HEARTBEAT_SECONDS):
                    yield []
                subscriber.changed.clear()
        finally:
            with self.lock:
                self.subscribers.discard(subscriber)

    def _new_items(self, subscriber: Subscriber, sent: int) -> Iterator[list[Item]]:
        if items := [item for item in subscriber.taken() if item[0] > sent]:
            yield items
            sent = items[-1][0]
        if subscriber.is_behind:
            subscriber.is_behind = False
            yield from self._missed(subscriber, sent)

    def _missed(self, subscriber: Subscriber, sent: int) -> Iterator[list[Item]]:
        while rows := self._page(subscriber.operation, sent, subscriber.forces):
            yield rows
            sent = rows[-1][0]

    def _page(self, operation: str, after: int, forces: Sequence[str] = ()) -> list[Item]:
        with self.database.reading() as connection:
            return read.page(
                connection, operation, after=after, up_to=BEYOND_ANY_LOG, limit=EVENTS_IN_ONE_PAGE, forces=forces
            )

    def _poll(self) -> None:
        while not self.closing.wait(self.poll_seconds):
            with self.lock:
                operations = {subscriber.operation for subscriber in self.subscribers}
                self.positions = {name: seq for name, seq in self.positions.items() if name in operations}
                if not operations:
                    self.is_polling = False
                    return
            try:
                self._serve(operations)
            except (RecordError, sa.exc.SQLAlchemyError):
                logger.exception("live feeds wait: the database did not answer")
        self._end(set(self.subscribers))

    def _serve(self, operations: set[str]) -> None:
        """End the feeds whose credential is no longer valid, and offer what is new to the others."""
        watching = set(self.subscribers)
        with self.database.reading() as connection:
            ids = {subscriber.credential_id for subscriber in watching}
            valid = still_valid(connection, ids, self.database.now(connection))
            columns = (heads.c.operation_id, heads.c.seq)
            sizes = connection.execute(sa.select(*columns).where(heads.c.operation_id.in_(operations))).all()
        self._end({subscriber for subscriber in watching if subscriber.credential_id not in valid})
        for operation, seq in sizes:
            while self.positions[operation] < seq:
                items = self._page(operation, self.positions[operation])
                for subscriber in watching:
                    if subscriber.operation == operation:
                        subscriber.offer(items)
                self.positions[operation] = items[-1][0]

    def _end(self, subscribers: set[Subscriber]) -> None:
        for subscriber in subscribers:
            subscriber.end()
