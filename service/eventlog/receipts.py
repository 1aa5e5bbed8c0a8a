"""The receipt a sender gets for an event, identical for every replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.domain.model.events import RecordedEvent
from service.domain.model.instants import format_instant
from service.eventlog.head import Head
from service.eventlog.read import stored_hashes
from service.eventlog.tree import Tree, peak_seqs, root_of


class Receipt(NamedTuple):
    """A recorded event, its leaf hash, and the peaks of the tree at size `seq`.

    `imported` is in the JSON only if true: the sender of an imported operation states its recorded_at times.
    """

    recorded: RecordedEvent
    leaf: bytes
    peaks: tuple[bytes, ...]
    imported: bool

    @property
    def id(self) -> UUID:
        """The event's id."""
        return self.recorded.event.id

    @property
    def seq(self) -> int:
        """The event's seq in its log, from 1."""
        return self.recorded.seq

    @property
    def root(self) -> str:
        """The tree's root at size `seq`, in hex; computed on access, because responses to NDJSON omit it."""
        return root_of(self.peaks).hex()

    def as_json(self) -> dict[str, object]:
        """Return the receipt as it is sent and as `oprecord verify --receipt` reads it."""
        return {
            "operation": self.recorded.operation,
            "id": str(self.id),
            "seq": self.seq,
            "recorded_at": format_instant(self.recorded.recorded_at),
            "leaf_hash": self.leaf.hex(),
            "root": self.root,
            **({"imported": True} if self.imported else {}),
        }


def receipts_of(connection: sa.Connection, head: Head, recorded: Sequence[RecordedEvent]) -> list[Receipt]:
    """Return the receipts of recorded events, identical to the receipts first issued, in the same order."""
    seqs = {seq for event in recorded for seq in (event.seq, *peak_seqs(event.seq))}
    stored = stored_hashes(connection, head.operation, seqs)
    return [
        Receipt(event, stored[event.seq][0], tuple(Tree.at(event.seq, stored).peaks), head.imported)
        for event in recorded
    ]
