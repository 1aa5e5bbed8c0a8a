"""Check of one block of a stored log: numbering, canonical form, columns that repeat the texts, and hashes.

A block can be checked independently, because its events are the leaves of a perfect subtree. Each property is compared
for all rows at once, which is fastest when nothing is wrong, as is almost always the case.
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
from service.eventlog.stored_columns import Columns, Mismatch, first_mismatch, mismatched_columns, stored_columns
from service.eventlog.tree import Tree, leaf_hash
from service.wire.codec import recorded_from_canonical, recorded_from_text, text_of

# A power of two, small enough for the data computed for a block to stay in the processor's cache.
EVENTS_IN_ONE_BLOCK = 1_024
# The exceptions that reading a text or a column can raise if this service did not write it.
UNREADABLE = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
WRONG_SUBTREE_HASHES = "its subtree hashes do not match the log"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: its table, the seq of its event (None if it concerns no single event), and a description."""

    table: str
    seq: int | None
    detail: str


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """A block of the events after seq `before`, up to its first fault.

    `tree` covers only this block. `above` holds the stored hashes of the larger subtrees that the block completes.
    """

    before: int
    tree: Tree = field(default_factory=Tree)
    above: bytes = b""
    first_recorded_at: datetime | None = None
    recorded_at: datetime = BEFORE_EVERYTHING
    fault: Fault | None = None


def check_block(connection: sa.Connection, head: Head, first: int) -> tuple[CheckedBlock, list[RecordedEvent]]:
    """Check the block of a log that begins at seq `first`, up to its end or the head; return it with its events."""
    last = min(first + EVENTS_IN_ONE_BLOCK - 1, head.seq)
    return _checked(head, first - 1, stored_columns(connection, head.operation, first, last))


def out_of_order(moment: datetime) -> str:
    """Return the fault description for a recorded_at that is before that of the previous event."""
    return f"its recorded_at {moment} is before that of the previous event"


def _checked(head: Head, before: int, stored: Columns) -> tuple[CheckedBlock, list[RecordedEvent]]:
    """Return the checked block of these rows, up to their first fault, and its events."""
    recorded, unreadable = _read(stored["text"])
    tree, leaves = Tree(), [leaf_hash(text) for text in stored["text"][: len(recorded)]]
    subtrees = [b"".join(tree.add(leaf)) for leaf in leaves]
    above = _split_off_above(stored["subtree_hashes"], subtrees)
    wrong = [
        *_wrong_numbers(stored["seq"], before),
        *unreadable,
        *_wrong_events(head, before, recorded),
        *mismatched_columns(stored, recorded),
        *_wrong_hashes(stored, leaves, subtrees),
    ]
    if wrong:
        index, detail = min(wrong, key=itemgetter(0))
        right, recorded = _checked(head, before, {name: values[:index] for name, values in stored.items()})
        return replace(right, fault=Fault("events", before + index + 1, detail)), recorded
    if not recorded:
        return CheckedBlock(before), []
    return CheckedBlock(before, tree, above, recorded[0].recorded_at, recorded[-1].recorded_at), recorded


def _read(texts: Sequence[str]) -> tuple[list[RecordedEvent], list[Mismatch]]:
    """Return the events of these texts up to the first invalid text, and the mismatch of that text."""
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


def _wrong_numbers(seqs: list[int], before: int) -> Iterator[Mismatch]:
    for index in first_mismatch(seqs, list(range(before + 1, before + len(seqs) + 1))):
        yield index, f"there is no such event; the next is {seqs[index]}"


def _wrong_events(head: Head, before: int, recorded: Sequence[RecordedEvent]) -> Iterator[Mismatch]:
    opened = [isinstance(one.event.data, OperationOpened) for one in recorded]
    for index in first_mismatch(opened, [before + index == 0 for index in range(len(recorded))]):
        yield index, "operation.opened must be the first event of the log, and only the first"
    match recorded:
        case [RecordedEvent(event=Event(data=OperationOpened(imported=imported))), *_] if imported != head.imported:
            yield 0, f"the head says imported: {head.imported}; operation.opened says {imported}"
    moments = [one.recorded_at for one in recorded]
    for index in first_mismatch(moments, list(accumulate(moments, max))):
        yield index, out_of_order(moments[index])


def _wrong_hashes(stored: Columns, leaves: list[bytes], subtrees: list[bytes]) -> Iterator[Mismatch]:
    for index in first_mismatch(stored["leaf_hash"], leaves):
        yield index, "its leaf hash does not match its text"
    for index in first_mismatch(stored["subtree_hashes"], subtrees):
        yield index, WRONG_SUBTREE_HASHES


def _split_off_above(stored: list[bytes], subtrees: list[bytes]) -> bytes:
    """Remove the hashes of subtrees larger than the block from the last row of a whole block; return them."""
    if len(subtrees) < EVENTS_IN_ONE_BLOCK:
        return b""
    joined, within = stored[-1], len(subtrees[-1])
    stored[-1] = joined[:within]
    return joined[within:]
