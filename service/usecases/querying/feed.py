"""Live feeds: new events reach every subscriber. One thread per process polls the log for all of them."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from service.access.credentials import Credential, still_valid
from service.domain.model.events import FiguresPublished
from service.errors import RecordError, Unavailable
from service.eventlog import read
from service.eventlog.head import Head
from service.eventlog.table import heads
from service.storage.db import Database
from service.usecases.querying.as_of import AsOfBeyondLog
from service.usecases.querying.read_context import read_context
from service.usecases.querying.read_events import readable_forces
from service.usecases.querying.visibility import is_embargoed
from service.wire.codec import recorded_from_text

logger = logging.getLogger(__name__)

PAGE_SIZE = 1_000
MAX_QUEUED_EVENTS = 2_000
HEARTBEAT_SECONDS = 15.0
BEYOND_ANY_LOG = 2**62
# No other text contains it: a quotation mark inside a value is escaped.
PUBLISHED = f'"type":"{FiguresPublished.wire_type}"'

# seq, force, canonical text
Item = tuple[int, str, str]


class TooManyFeeds(Unavailable):
    """This process serves its maximum of live feeds. Poll GET .../events?after= instead, or try again later."""

    code = "too_many_feeds"


@dataclass(eq=False, slots=True)
class Subscriber:
    """One open feed. The poller queues new events; a reader whose queue overflows catches up from the log.

    Without `is_coordinator`, a publication under embargo is left out. It can be read once the embargo has ended.
    """

    operation: str
    credential: Credential
    forces: Sequence[str]
    is_coordinator: bool
    queued: deque[Item] = field(default_factory=deque)
    is_behind: bool = True
    has_ended: bool = False
    changed: threading.Event = field(default_factory=threading.Event)

    def offer(self, items: Sequence[Item]) -> None:
        """Queue new events for the reader. After an overflow, queue none until it has caught up from the log."""
        self.is_behind = self.is_behind or len(self.queued) + len(items) > MAX_QUEUED_EVENTS
        if not self.is_behind:
            self.queued.extend(item for item in items if not self.forces or item[1] in self.forces)
        self.changed.set()

    def drain(self) -> Iterator[Item]:
        """Remove the queued events and yield them, oldest first."""
        while self.queued:
            yield self.queued.popleft()

    def end(self) -> None:
        """End the feed: the reader finishes."""
        self.has_ended = True
        self.changed.set()


@dataclass(slots=True)
class Feeds:
    """The open feeds of one process and the thread that serves them."""

    database: Database
    max_subscribers: int
    poll_seconds: float
    closing: threading.Event
    subscribers: set[Subscriber] = field(default_factory=set)
    polled_seqs: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_polling: bool = False
    is_delayed: bool = False

    def subscribe(self, *, operation: str, credential: Credential, after: int | None) -> Iterator[list[Item]]:
        """Return an endless iterator of an operation's new events, after seq `after` (None: after the current head).

        It yields lists of events; an empty list is a heartbeat.

        Raises:
            UnknownOperation: there is no such operation, or the credential may not know of it.
            AsOfBeyondLog: the log does not have this seq yet.
            TooManyFeeds: this process serves its maximum of live feeds.
        """
        with read_context(self.database, operation, credential) as context:
            head, forces, is_coordinator = context.head, readable_forces(context, ()), context.is_coordinator
        return self._subscribe(Subscriber(operation, credential, forces, is_coordinator), head, after)

    def subscribe_to_head(self, *, operation: str, credential: Credential, after: int) -> Iterator[int | None]:
        """Return an endless iterator of the seqs that an operation reaches after `after`; None is a heartbeat.

        Whoever may see the operation's totals may know how long its log is, but gets none of its events by this.

        Raises:
            as `subscribe`.
        """
        with read_context(self.database, operation, credential) as context:
            head = context.head
        items = self._subscribe(Subscriber(operation, credential, (), is_coordinator=True), head, after)
        return (found[-1][0] if found else None for found in items)

    def _subscribe(self, subscriber: Subscriber, head: Head, after: int | None) -> Iterator[list[Item]]:
        if after is not None and after > head.seq:
            raise AsOfBeyondLog(f"Expected a seq up to {head.seq}; found {after}.", pointer="/Last-Event-ID")
        self._add(subscriber, head.seq)
        items = self._items(subscriber, head.seq if after is None else after)
        # Starts the generator: one that has not started runs no `finally`, and an early disconnect would leak its slot.
        next(items)
        return items

    def _add(self, subscriber: Subscriber, seq: int) -> None:
        with self.lock:
            if len(self.subscribers) >= self.max_subscribers or self.closing.is_set():
                raise TooManyFeeds(
                    f"This process serves at most {self.max_subscribers} live feeds. Poll, or try again later."
                )
            self._leave_places_for_others(subscriber)
            self.subscribers.add(subscriber)
            self.polled_seqs.setdefault(subscriber.operation, seq)
            if not self.is_polling:
                self.is_polling = True
                threading.Thread(target=self._poll, name="feeds", daemon=True).start()

    def _leave_places_for_others(self, subscriber: Subscriber) -> None:
        """Refuse a feed if its credential has a quarter of all places, or its force has half of them.

        Raises:
            TooManyFeeds.
        """
        credential, force = subscriber.credential, subscriber.credential.force
        same_credential = [one for one in self.subscribers if one.credential.id == credential.id]
        same_force = [one for one in self.subscribers if one.credential.force == force]
        for held, share, whose in ((same_credential, 4, "one credential"), (same_force, 2, "one force")):
            most = max(2, self.max_subscribers // share)
            if len(held) >= most:
                raise TooManyFeeds(f"This process serves at most {most} live feeds of {whose}. Close one, or poll.")

    def _items(self, subscriber: Subscriber, sent: int) -> Iterator[list[Item]]:
        try:
            yield []
            while not subscriber.has_ended:
                for items in self._new_items(subscriber, sent):
                    if readable := [item for item in items if subscriber.is_coordinator or not self._is_hidden(item)]:
                        yield readable
                    sent = items[-1][0]
                if not subscriber.is_behind and not subscriber.changed.wait(HEARTBEAT_SECONDS):
                    yield []
                subscriber.changed.clear()
        finally:
            with self.lock:
                self.subscribers.discard(subscriber)

    def _new_items(self, subscriber: Subscriber, sent: int) -> Iterator[list[Item]]:
        if items := [item for item in subscriber.drain() if item[0] > sent]:
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
            return read.page(connection, operation, after=after, up_to=BEYOND_ANY_LOG, limit=PAGE_SIZE, forces=forces)

    def _is_hidden(self, item: Item) -> bool:
        _seq, _force, text = item
        if PUBLISHED not in text:
            return False
        with self.database.reading() as connection:
            now = self.database.now(connection)
        published = recorded_from_text(text).event.data
        assert isinstance(published, FiguresPublished)
        return is_embargoed(published, now)

    def _poll(self) -> None:
        while not self.closing.wait(self.poll_seconds):
            with self.lock:
                operations = {subscriber.operation for subscriber in self.subscribers}
                self.polled_seqs = {name: seq for name, seq in self.polled_seqs.items() if name in operations}
                if not operations:
                    self.is_polling = False
                    return
            try:
                self._serve(operations)
                self.is_delayed = False
            except (RecordError, sa.exc.SQLAlchemyError) as error:
                self._log_delay(error)
        self._end(set(self.subscribers))

    def _log_delay(self, error: Exception) -> None:
        """Log why feeds are delayed: once until they are served again, however often they are polled in vain."""
        if not self.is_delayed:
            self.is_delayed = True
            reason = getattr(error, "reason", "") or str(error).partition("\n")[0]
            logger.warning("live feeds are delayed, the database did not answer: %s", reason)

    def _serve(self, operations: set[str]) -> None:
        """End the feeds whose credential is no longer valid; offer new events to the others."""
        watching = set(self.subscribers)
        with self.database.reading() as connection:
            ids = {subscriber.credential.id for subscriber in watching}
            valid = still_valid(connection, ids, self.database.now(connection))
            columns = (heads.c.operation_id, heads.c.seq)
            sizes = connection.execute(sa.select(*columns).where(heads.c.operation_id.in_(operations))).all()
        self._end({subscriber for subscriber in watching if subscriber.credential.id not in valid})
        for operation, seq in sizes:
            while self.polled_seqs[operation] < seq:
                items = self._page(operation, self.polled_seqs[operation])
                for subscriber in watching:
                    if subscriber.operation == operation:
                        subscriber.offer(items)
                self.polled_seqs[operation] = items[-1][0]

    def _end(self, subscribers: set[Subscriber]) -> None:
        for subscriber in subscribers:
            subscriber.end()
