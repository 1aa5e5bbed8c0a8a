"""Cursors: how far a client has read a log, by seq, with the root of the tree there, which tells histories apart.

A database can lose its newest events: a standby takes over that had not received them, or a backup is restored. Other
events are then recorded under the same seqs. Their roots differ, so a cursor that carries a root is of one history.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import sqlalchemy as sa

from service.errors import Conflict
from service.eventlog import read
from service.eventlog.head import Head

ROOT_DIGITS = 16
# A seq of up to 18 digits; the root, whole or from its first 8 hex digits on.
CURSOR_TEXT = re.compile(r"([0-9]{1,18})(?:-([0-9a-f]{8,64}))?", re.ASCII)


class CursorOfAnotherHistory(Conflict):
    """The log no longer has the events before this cursor: the database lost them, or a backup was restored.

    Read the log again from the beginning, or from a seq whose root you hold.
    """

    code = "cursor_of_another_history"


class HistoryChanged(Conflict):
    """The log lost events that this feed had sent: another database took over without them, or a backup was restored.

    The feed ends. Read the log again from the beginning, or from a seq whose root you hold.
    """

    code = "history_changed"


class Cursor(NamedTuple):
    """How far a log has been read: a seq, and the root of the tree there or its first digits; empty if not known."""

    seq: int
    root: str = ""

    @property
    def text(self) -> str:
        """The cursor as clients hold it, such as `11-3f9a2c4d5e6f7081`; only the seq if its root is not known."""
        return f"{self.seq}-{self.root[:ROOT_DIGITS]}" if self.root else str(self.seq)


def parse_cursor(text: str) -> Cursor | None:
    """Return the cursor that a text states, with or without a root; None if it states none."""
    found = CURSOR_TEXT.fullmatch(text)
    return None if found is None else Cursor(int(found[1]), found[2] or "")


def checked_cursor(connection: sa.Connection, head: Head, cursor: Cursor, *, pointer: str) -> Cursor:
    """Return a cursor with the whole root of its seq. Beyond the head, a bare seq is returned as it is.

    Raises:
        CursorOfAnotherHistory: the log has another root at this seq, or does not reach it.
    """
    root = read.roots_at(connection, head.operation, {cursor.seq}).get(cursor.seq)
    if cursor.root and (root is None or not root.startswith(cursor.root)):
        raise CursorOfAnotherHistory(_advice(cursor, head, root), pointer=pointer, head=head.seq)
    return Cursor(cursor.seq, root or "")


def require_unchanged(connection: sa.Connection, operation: str, sent: Cursor) -> None:
    """Refuse to go on if the log has another root at the seq that was sent last, or does not reach it.

    Raises:
        HistoryChanged.
    """
    if read.roots_at(connection, operation, {sent.seq}).get(sent.seq) != sent.root:
        raise history_changed(sent)


def history_changed(sent: Cursor) -> HistoryChanged:
    """Return the error that ends a feed whose last event, or one before it, the log has lost."""
    return HistoryChanged(
        f"The log of this operation no longer has the events up to {sent.text}: the database lost its newest events, "
        "and others take their seqs. Discard those that you read, and read the log again from the beginning (after=0), "
        "or from a seq whose root you hold.",
        after=sent.text,
    )


def _advice(cursor: Cursor, head: Head, root: str | None) -> str:
    expected = f"a seq up to {head.seq}" if root is None else f"the root {root[:ROOT_DIGITS]} at seq {cursor.seq}"
    return (
        f"Expected {expected}; found {cursor.text}. The database lost events that this cursor counts. Read the log "
        "again from the beginning (after=0), or from a seq whose root you hold."
    )
