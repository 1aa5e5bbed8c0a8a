"""What a sender gets for an event, now and for every replay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from service.domain.events import RecordedEvent
from service.domain.instants import format_instant
from service.eventlog.head import Head
from service.eventlog.read import stored_hashes
from service.eventlog.tree import Tree, peak_seqs


class Receipt(NamedTuple):
    """What a sender gets for an event, now and for every replay. `root` is the tree's root at size `seq`, in hex.

    `imported` is said only where it is true: times of an imported operation are its sender's.
    """

    operation: str
    id: UUID
    seq: int
    recorded_at: datetime
    leaf_hash: str
    root: str
    imported: bool

    def as_json(self) -> dict[str, object]:
        """Return the receipt as it is sent and as `oprecord verify --receipt` reads it."""
        return {
            "operation": self.operation,
            "id": str(self.id),
            "seq": self.seq,
            "recorded_at": format_instant(self.recorded_at),
            "leaf_hash": self.leaf_hash,
            "root": self.root,
            **({"imported": True} if self.imported else {}),
        }


def receipt_of(head: Head, recorded: RecordedEvent, leaf: bytes, root: bytes) -> Receipt:
    """Return the receipt of an event whose leaf and root these are."""
    return Receipt(
        operation=recorded.operation,
        id=recorded.event.id,
        seq=recorded.seq,
        recorded_at=recorded.recorded_at,
        leaf_hash=leaf.hex(),
        root=root.hex(),
        imported=head.imported,
    )


def receipts_of(connection: sa.Connection, head: Head, recorded: Sequence[RecordedEvent]) -> list[Receipt]:
    """Return the receipts of recorded events, identical to those first given, in the order asked for."""
    wanted = {seq for event in recorded for seq in (event.seq, *peak_seqs(event.seq))}
    stored = stored_hashes(connection, head.operation, wanted)
    return [receipt_of(head, event, stored[event.seq][0], Tree.at(event.seq, stored).root()) for event in recorded]
