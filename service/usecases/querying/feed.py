"""Live feeds: new events reach every subscriber. One thread per process polls the log for all of them.

A feed ends if the log loses an event that it sent. Every read of the log also compares the root at the seq read before.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from service.access.credentials import Credential, still_valid
from service.domain.model.events import FiguresPublished
from service.errors import RecordError, Unavailable
from service.eventlog import read
from service.eventlog.cursors import Cursor, HistoryChanged, checked_cursor, history_changed, require_unchanged
from service.eventlog.head import Head, read_head
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


class Item(NamedTuple):
    """An event as a feed sends it: its seq, its force, its canonical text, and the root of the tree that it ends."""

    seq: int
    force: str
    text: str
    root: str

    @property
    def cursor(self) -> Cursor:
        """The cursor of a client that has read up to this event."""
        return Cursor(self.seq, self.root)


class Polled(NamedTuple):
    """How far the poller has read a log, and the seq and recorded_at of its head when it did."""

    cursor: Cursor
    head_seq: int
    head_recorded_at: datetime


class TooManyFeeds(Unavailable):
    """This process serves its maximum of live feeds. Poll GET .../events?after= instead, or try again later."""

    code = "too_many_feeds"


@dataclass(eq=False, slots=True)
class Subscriber:
    """One open feed. The poller queues new events; a reader whose queue overflows catches up from the log.

    `sent` is the cursor after the last event sent. `has_joined` says that the queue is known to continue it: for one
    that was read after the same cursor, `queued_after`, that needs no look into the log. Without `is_coordinator`, a
    publication under embargo is left out. It can be read once the embargo has ended.
    """

    operation: str
    credential: Credential
    forces: Sequence[str]
    is_coordinator: bool
    sent: Cursor
    queued: deque[Item] = field(default_factory=deque)
    is_behind: bool = True
    has_joined: bool = False
    queued_after: Cursor | None = None
    has_ended: bool = False
    changed: threading.Event = field(default_factory=threading.Event)

    def offer(self, items: Sequence[Item], after: Cursor) -> None:
        """Queue the new events after a cursor. After an overflow, queue none until the reader has caught up."""
        self.is_behind = self.is_behind or len(self.queued) + len(items) > MAX_QUEUED_EVENTS
        if not self.is_behind:
            if not self.queued:
                self.queued_after = after
            self.queued.extend(item for item in items if not self.forces or item.force in self.forces)
        self.changed.set()

    def drain(self) -> Iterator[Item]:
        """Remove the queued events and yield them, oldest first."""
        with suppress(IndexError):
            while True:
                yield self.queued.popleft()

    def catch_up(self) -> None:
        """Drop the queue, whose events the log may have lost: the reader goes on from the log, or finds that out."""
        self.is_behind = True
        self.queued.clear()
        self.changed.set()

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
    polled: dict[str, Polled] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    is_polling: bool = False
    is_delayed: bool = False

    def subscribe(self, *, operation: str, credential: Credential, after: Cursor | None) -> Iterator[list[Item]]:
        """Return an endless iterator of an operation's new events after a cursor (None: after the current head).

        It yields lists of events; an empty list is a heartbeat. It raises HistoryChanged once the log has lost an event
        that it yielded.

        Raises:
            UnknownOperation: there is no such operation, or the credential may not know of it.
            AsOfBeyondLog: the log does not have this seq yet.
            CursorOfAnotherHistory: the log does not have the events before the cursor.
            TooManyFeeds: this process serves its maximum of live feeds.
        """
        with read_context(self.database, operation, credential) as context:
            forces, is_coordinator = readable_forces(context, ()), context.is_coordinator
            start, polled = _start(context.connection, context.head, after)
        return self._subscribe(Subscriber(operation, credential, forces, is_coordinator, start), polled)

    def subscribe_to_head(self, *, operation: str, credential: Credential, after: Cursor) -> Iterator[Cursor | None]:
        """Return an endless iterator of the cursors that an operation reaches after `after`; None is a heartbeat.

        Whoever may see the operation's totals may know how long its log is, but gets none of its events by this.

        Raises:
            as `subscribe`.
        """
        with read_context(self.database, operation, credential) as context:
            start, polled = _start(context.connection, context.head, after)
        items = self._subscribe(Subscriber(operation, credential, (), is_coordinator=True, sent=start), polled)
        return (found[-1].cursor if found else None for found in items)

    def _subscribe(self, subscriber: Subscriber, polled: Polled) -> Iterator[list[Item]]:
        self._add(subscriber, polled)
        items = self._items(subscriber)
        # Starts the generator: one that has not started runs no `finally`, and an early disconnect would leak its slot.
        next(items)
        return items

    def _add(self, subscriber: Subscriber, polled: Polled) -> None:
        with self.lock:
            if len(self.subscribers) >= self.max_subscribers or self.closing.is_set():
                raise TooManyFeeds(
                    f"This process serves at most {self.max_subscribers} live feeds. Poll, or try again later."
                )
            self._leave_places_for_others(subscriber)
            self.subscribers.add(subscriber)
            self.polled.setdefault(subscriber.operation, polled)
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

    def _items(self, subscriber: Subscriber) -> Iterator[list[Item]]:
        try:
            yield []
            while not subscriber.has_ended:
                for items in self._new_items(subscriber):
                    subscriber.sent = items[-1].cursor
                    if readable := [item for item in items if subscriber.is_coordinator or not self._is_hidden(item)]:
                        yield readable
                if not subscriber.is_behind and not subscriber.changed.wait(HEARTBEAT_SECONDS):
                    yield []
                subscriber.changed.clear()
        finally:
            with self.lock:
                self.subscribers.discard(subscriber)

    def _new_items(self, subscriber: Subscriber) -> Iterator[list[Item]]:
        queued = list(subscriber.drain())
        if queued and not subscriber.has_joined:
            self._join(subscriber)
        if items := [item for item in queued if item.seq > subscriber.sent.seq]:
            yield items
        if subscriber.is_behind:
            subscriber.is_behind = subscriber.has_joined = False
            while rows := self._page(subscriber.operation, subscriber.sent, subscriber.forces):
                yield rows

    def _join(self, subscriber: Subscriber) -> None:
        """Check that the log from which the queue was read is the one that the subscriber read itself."""
        if subscriber.queued_after != subscriber.sent:
            with self.database.reading() as connection:
                require_unchanged(connection, subscriber.operation, subscriber.sent)
        subscriber.has_joined = True

    def _page(self, operation: str, after: Cursor, forces: Sequence[str] = ()) -> list[Item]:
        """Return the next events after a cursor.

        Raises:
            HistoryChanged: the log has another root there, or does not reach it.
        """
        with self.database.reading() as connection:
            rows = read.page(
                connection, operation, after=after.seq, up_to=BEYOND_ANY_LOG, limit=PAGE_SIZE, forces=forces
            )
            roots = read.roots_at(connection, operation, {after.seq, *(seq for seq, _force, _text in rows)})
        if roots.get(after.seq) != after.root:
            raise history_changed(after)
        return [Item(seq, force, text, roots[seq]) for seq, force, text in rows]

    def _is_hidden(self, item: Item) -> bool:
        if PUBLISHED not in item.text:
            return False
        with self.database.reading() as connection:
            now = self.database.now(connection)
        published = recorded_from_text(item.text).event.data
        assert isinstance(published, FiguresPublished)
        return is_embargoed(published, now)

    def _poll(self) -> None:
        while not self.closing.wait(self.poll_seconds):
            with self.lock:
                operations = {subscriber.operation for subscriber in self.subscribers}
                self.polled = {name: polled for name, polled in self.polled.items() if name in operations}
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
            columns = (heads.c.operation_id, heads.c.seq, heads.c.recorded_at)
            found = connection.execute(sa.select(*columns).where(heads.c.operation_id.in_(operations))).all()
        self._end({subscriber for subscriber in watching if subscriber.credential.id not in valid})
        sizes = {operation: (seq, recorded_at) for operation, seq, recorded_at in found}
        for operation in operations:
            mine = [subscriber for subscriber in watching if subscriber.operation == operation]
            if operation not in sizes:
                _catch_up(mine)
            elif sizes[operation] != self.polled[operation][1:]:
                self._follow(operation, sizes[operation], mine)

    def _follow(self, operation: str, size: tuple[int, datetime], subscribers: Sequence[Subscriber]) -> None:
        """Offer the events after those polled. If the log lost some of these, let each reader look whether it sent any.

        `size` is the seq and recorded_at of the head.
        """
        cursor = self.polled[operation].cursor
        try:
            while items := self._page(operation, cursor):
                for subscriber in subscribers:
                    subscriber.offer(items, cursor)
                cursor = items[-1].cursor
                self.polled[operation] = self.polled[operation]._replace(cursor=cursor)
                if len(items) < PAGE_SIZE:
                    break
        except HistoryChanged as error:
            logger.warning("%s: %s", operation, error.detail)
            with self.database.reading() as connection:
                if head := read_head(connection, operation):
                    self.polled[operation] = _start(connection, head, None)[1]
            _catch_up(subscribers)
        else:
            self.polled[operation] = Polled(cursor, *size)

    def _end(self, subscribers: set[Subscriber]) -> None:
        for subscriber in subscribers:
            subscriber.end()


def _start(connection: sa.Connection, head: Head, after: Cursor | None) -> tuple[Cursor, Polled]:
    """Return the cursor at which a feed begins, and the poller's at the head."""
    if after is not None and after.seq > head.seq and not after.root:
        raise AsOfBeyondLog(f"Expected a seq up to {head.seq}; found {after.seq}.", pointer="/Last-Event-ID")
    at_head = checked_cursor(connection, head, Cursor(head.seq), pointer="")
    start = at_head if after is None else checked_cursor(connection, head, after, pointer="/Last-Event-ID")
    return start, Polled(at_head, head.seq, head.recorded_at)


def _catch_up(subscribers: Sequence[Subscriber]) -> None:
    for subscriber in subscribers:
        subscriber.catch_up()
