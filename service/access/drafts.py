"""Drafts: forms that a person has begun to fill in. They are kept with the session, and end with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.storage.db import CodeText, InstantType, insert_into, metadata

# The oldest drafts of a session beyond this number are deleted.
MOST_DRAFTS = 20

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("session_id", sa.Uuid(as_uuid=True), primary_key=True),
    sa.Column("id", sa.Uuid(as_uuid=True), primary_key=True, comment="the id of the event that the form will record"),
    sa.Column("operation", CodeText, nullable=False),
    sa.Column("address", sa.Text, nullable=False, comment="of the form, within the service"),
    sa.Column("typed", sa.JSON, nullable=False, comment="what was typed: a list of values by field"),
    sa.Column("changed_at", InstantType, nullable=False),
    sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="drafts_session_id_fkey", ondelete="CASCADE"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormDraft:
    """A form as it was last sent. `id` is that of the event that it will record; `typed` has the values by field."""

    id: UUID
    operation: str
    address: str
    typed: Mapping[str, Sequence[str]]
    changed_at: datetime


def store_draft(connection: sa.Connection, session_id: UUID, draft: FormDraft) -> None:
    """Store a draft, in place of the earlier one of the same id."""
    values = {
        "operation": draft.operation,
        "address": draft.address,
        "typed": {name: list(found) for name, found in draft.typed.items()},
        "changed_at": draft.changed_at,
    }
    statement = insert_into(connection, drafts).values(session_id=session_id, id=draft.id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["session_id", "id"], set_=values))
    newest = _of(session_id, drafts.c.id).order_by(drafts.c.changed_at.desc(), drafts.c.id.desc())
    for old in list(connection.scalars(newest.offset(MOST_DRAFTS))):
        delete_draft(connection, session_id, old)


def draft_of(connection: sa.Connection, session_id: UUID, draft_id: UUID) -> FormDraft | None:
    """Return a draft of a session; None if there is none of this id."""
    row = connection.execute(_of(session_id, *drafts.c).where(drafts.c.id == draft_id)).mappings().one_or_none()
    return None if row is None else _draft(row)


def drafts_of(connection: sa.Connection, session_id: UUID, operation: str) -> list[FormDraft]:
    """Return the drafts of a session for an operation, the newest first."""
    statement = _of(session_id, *drafts.c).where(drafts.c.operation == operation)
    rows = connection.execute(statement.order_by(drafts.c.changed_at.desc(), drafts.c.id.desc())).mappings()
    return [_draft(row) for row in rows]


def delete_draft(connection: sa.Connection, session_id: UUID, draft_id: UUID) -> None:
    """Delete a draft, if it exists."""
    connection.execute(drafts.delete().where(drafts.c.session_id == session_id, drafts.c.id == draft_id))


def _of(session_id: UUID, *columns: sa.Column[Any]) -> sa.Select[Any]:
    return sa.select(*columns).where(drafts.c.session_id == session_id)


def _draft(row: Any) -> FormDraft:
    return FormDraft(
        id=row["id"],
        operation=row["operation"],
        address=row["address"],
        typed=row["typed"],
        changed_at=row["changed_at"],
    )
