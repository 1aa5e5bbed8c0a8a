"""Comparison of a force's receipts with the log: rewriting the log cannot change receipts that a force keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.eventlog.check_block import UNREADABLE
from service.eventlog.head import Head, existing_head
from service.eventlog.read import event_by_id
from service.eventlog.receipts import receipts_of
from service.eventlog.tree import leaf_hash
from service.storage.db import Database
from service.wire.codec import text_of

COMPARED = ("operation", "seq", "recorded_at", "leaf_hash", "root")


@dataclass(frozen=True, slots=True)
class ReceiptFault:
    """A receipt that does not match the log: its number in the input, from 1, its event id, and the differences."""

    number: int
    id: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReceiptsVerification:
    """The number of receipts compared, and the faults found."""

    checked: int
    faults: list[ReceiptFault]


def verify_receipts(database: Database, operation: str, receipts: Iterable[Mapping[str, Any]]) -> ReceiptsVerification:
    """Compare receipts with an operation's log: each event exists, with the same seq, recorded_at, leaf hash and root.

    The leaf hash is computed from the stored text, the root from stored hashes, which `verify_operation` checks.

    Raises:
        UnknownOperation: there is no such operation.
    """
    checked, faults = 0, []
    with database.reading() as connection:
        head = existing_head(connection, operation)
        for receipt in receipts:
            checked += 1
            if detail := _differences(connection, head, receipt):
                faults.append(ReceiptFault(checked, str(receipt.get("id", "")), detail))
    return ReceiptsVerification(checked, faults)


def _differences(connection: sa.Connection, head: Head, receipt: Mapping[str, Any]) -> str | None:
    try:
        stored = _receipt_from_log(connection, head, UUID(receipt["id"]))
    except UNREADABLE as error:
        return f"invalid receipt, or unreadable event: {error!r}"
    if stored is None:
        return f"{head.operation} has no event of this id"
    differing = [name for name in COMPARED if receipt.get(name) != stored[name]]
    return "; ".join(f"{name}: receipt {receipt.get(name)}, log {stored[name]}" for name in differing) or None


def _receipt_from_log(connection: sa.Connection, head: Head, event_id: UUID) -> dict[str, Any] | None:
    recorded = event_by_id(connection, head.operation, event_id)
    if recorded is None:
        return None
    (receipt,) = receipts_of(connection, head, [recorded])
    return receipt.as_json() | {"leaf_hash": leaf_hash(text_of(recorded)).hex()}
