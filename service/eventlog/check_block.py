"""Checking a block of a stored log against its own texts: numbering, canonical form, columns that repeat them, hashes.

A block can be checked independently: its events are the leaves of a perfect subtree. Each property is compared for all
rows at once, which is cheapest if nothing is wrong, as is almost always so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate
from operator import itemgetter

import sqlalchemy as sa

from service.domain.model.events import Event, OperationOpened, RecordedEvent
from service.eventlog.head import BEFORE_EVERYTHING, Head
from service.eventlog.stored_columns import Columns, Wrong, first_unequal, stored_columns, wrong_columns
from service.eventlog.tree import Tree, leaf_hash
from service.wire.codec import recorded_from_canonical, recorded_from_text, text_of

# A power of two, small enough that everything computed for a block stays in the processor's cache.
EVENTS_IN_ONE_BLOCK = 1_024
# What reading a text or a column can raise if this service did not write it.
UNREADABLE = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
NOT_OF_THE_LOG = "its subtree hashes are not those that the log gives"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: its table, its event (None if it concerns no single event), and a description."""

    table: str
    seq: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """A block of the events after seq `before`, up to its first fault.

    `tree` covers the block alone. `above` holds the stored hashes of the larger subtrees that the block completes.
    """

    before: int
    tree: Tree = field(default_factory=Tree)
    above: bytes = b""
    first_recorded_at: datetime | None = None
    recorded_at: datetime = BEFORE_EVERYTHING
    fault: Fault | None = None


def check_block(connection: sa.Connection, head: Head, first: int) -> tuple[CheckedBlock, list[RecordedEvent]]:
    """Check the block of a log that begins at a seq, up to its end or the head; return its events as well."""
    last = min(first + EVENTS_IN_ONE_BLOCK - 1, head.seq)
    return _checked(head, first - 1, stored_columns(connection, head.operation, first, last))


def falls(moment: datetime) -> str:
    """Return the description of a moment that is before that of the previous event."""
    return f"its recorded_at {moment} is before that of the event ahead of it"


def _checked(head: Head, before: int, stored: Columns) -> tuple[CheckedBlock, list[RecordedEvent]]:
    """Return the block of these rows, up to their first fault, and its events."""
    recorded, unreadable = _read(stored["text"])
    tree, leaves = Tree(), [leaf_hash(text) for text in stored["text"][: len(recorded)]]
    subtrees = [b"".join(tree.add(leaf)) for leaf in leaves]
    above = _cut_off_above(stored["subtree_hashes"], subtrees)
    wrong = [
        *_wrong_numbers(stored["seq"], before),
        *unreadable,
        *_wrong_events(head, before, recorded),
        *wrong_columns(stored, recorded),
        *_wrong_hashes(stored, leaves, subtrees),
    ]
    if wrong:
        place, detail = min(wrong, key=itemgetter(0))
        right, recorded = _checked(head, before, {name: values[:place] for name, values in stored.items()})
        return replace(right, fault=Fault("events", before + place + 1, detail)), recorded
    if not recorded:
        return CheckedBlock(before), []
    return CheckedBlock(before, tree, above, recorded[0].recorded_at, recorded[-1].recorded_at), recorded


def _read(texts: Sequence[str]) -> tuple[list[RecordedEvent], list[Wrong]]:
    """Return the events of these texts, up to the first wrong text, and what is wrong with it."""
    recorded: list[RecordedEvent] = []
    for text in texts:
        try:
            recorded.append(recorded_from_canonical(text))
        except UNREADABLE:
            return recorded, [(len(recorded), _wrong_text(text))]
    return recorded, []


def _wrong_text(text: str) -> str:
    try:
        text_of(recorded_from_text(text))
    except UNREADABLE as error:
        return f"its text cannot be read: {error!r}"
    return "its text is not canonical"


def _wrong_numbers(seqs: list[int], before: int) -> Iterator[Wrong]:
    for place in first_unequal(seqs, list(range(before + 1, before + len(seqs) + 1))):
        yield place, f"there is no such event; the next is {seqs[place]}"


def _wrong_events(head: Head, before: int, recorded: Sequence[RecordedEvent]) -> Iterator[Wrong]:
    opened = [isinstance(one.event.data, OperationOpened) for one in recorded]
    for place in first_unequal(opened, [before + place == 0 for place in range(len(recorded))]):
        yield place, "operation.opened is the first event of every log, and no other"
    match recorded:
        case [RecordedEvent(event=Event(data=OperationOpened(imported=imported))), *_] if imported != head.imported:
            yield 0, f"the head says imported: {head.imported}, operation.opened says {imported}"
    moments = [one.recorded_at for one in recorded]
    for place in first_unequal(moments, list(accumulate(moments, max))):
        yield place, falls(moments[place])


def _wrong_hashes(stored: Columns, leaves: list[bytes], subtrees: list[bytes]) -> Iterator[Wrong]:
    for place in first_unequal(stored["leaf_hash"], leaves):
        yield place, "its leaf hash is not that of its text"
    for place in first_unequal(stored["subtree_hashes"], subtrees):
        yield place, NOT_OF_THE_LOG


def _cut_off_above(stored: list[bytes], subtrees: list[bytes]) -> bytes:
    """Remove from the last row of a whole block the hashes of subtrees larger than the block; return them."""
    if len(subtrees) < EVENTS_IN_ONE_BLOCK:
        return b""
    joined, within = stored[-1], len(subtrees[-1])
    stored[-1] = joined[:within]
    return joined[within:]
