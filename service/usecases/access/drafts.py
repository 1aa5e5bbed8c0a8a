"""Drafts of a person's forms: kept with the session on the server until they are sent, or the person signs out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from service.access import drafts, sessions
from service.access.drafts import FormDraft
from service.storage.db import Database
from service.usecases.access.sign_in import SignedIn


def keep_draft(
    database: Database, who: SignedIn, *, id: UUID, operation: str, address: str, typed: Mapping[str, Sequence[str]]
) -> None:
    """Keep what a person has typed into a form, in place of what was kept of it before."""
    draft = FormDraft(id=id, operation=operation, address=address, typed=typed, changed_at=who.now)
    with database.writing() as connection:
        drafts.store_draft(connection, who.session.id, draft)


def keep_draft_of_new_session(
    database: Database, secret: str, *, id: UUID, operation: str, address: str, typed: Mapping[str, Sequence[str]]
) -> None:
    """Keep what a person typed before signing in, with the session that has this secret.

    Raises:
        SessionUnknown: there is no such session.
    """
    with database.writing() as connection:
        now = database.now(connection)
        session = sessions.session_of(connection, secret, now)
        draft = FormDraft(id=id, operation=operation, address=address, typed=typed, changed_at=now)
        drafts.store_draft(connection, session.id, draft)


def kept_draft(database: Database, who: SignedIn, draft_id: UUID) -> FormDraft | None:
    """Return a person's draft; None if there is none of this id."""
    with database.reading() as connection:
        return drafts.draft_of(connection, who.session.id, draft_id)


def kept_drafts(database: Database, who: SignedIn, operation: str) -> list[FormDraft]:
    """Return a person's drafts for an operation, the newest first."""
    with database.reading() as connection:
        return drafts.drafts_of(connection, who.session.id, operation)


def drop_draft(database: Database, who: SignedIn, draft_id: UUID) -> None:
    """Delete a draft: it was sent, or is no longer wanted."""
    with database.writing() as connection:
        drafts.delete_draft(connection, who.session.id, draft_id)
