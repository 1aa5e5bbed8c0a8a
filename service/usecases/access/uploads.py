"""Uploads of a force: stored, found again, worked on by one process at a time, and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.access import uploads
from service.access.credentials import Credential
from service.access.uploads import CHECKING, SENDING, Upload
from service.errors import Conflict
from service.storage.db import Database
from service.usecases.querying.read_context import read_context

MOST_LISTED = 20


class FileBeingSent(Conflict):
    """Another upload of a file of this name is being sent."""

    code = "file_being_sent"


def add_upload(database: Database, *, operation: str, credential: Credential, file_name: str, body: bytes) -> UUID:
    """Store a spreadsheet to be checked; return its id.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    _require(database, operation, credential)
    with database.writing() as connection:
        return uploads.store_upload(
            connection,
            operation=operation,
            force=credential.force,
            file_name=file_name,
            body=body,
            now=database.now(connection),
        )


def own_uploads(database: Database, *, operation: str, credential: Credential) -> list[Upload]:
    """Return the newest uploads of the credential's force.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    with read_context(database, operation, credential) as context:
        return uploads.uploads_of(context.connection, operation, credential.force, MOST_LISTED)


def own_upload(database: Database, *, operation: str, credential: Credential, upload_id: UUID) -> Upload:
    """Return an upload of the credential's force. One that is older than 24 hours is deleted first.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NoSuchUpload: it is another force's, or there is none.
    """
    with read_context(database, operation, credential) as context:
        found = uploads.upload_of(context.connection, operation, credential.force, upload_id)
        now = database.now(context.connection)
    if now - found.uploaded_at < uploads.KEPT or found.state in (uploads.SENT, uploads.DELETED):
        return found
    with database.writing() as connection:
        uploads.forget_old(connection, now)
        return uploads.upload_of(connection, operation, credential.force, upload_id)


def delete_old_uploads(database: Database) -> None:
    """Delete the bytes of every upload that is older than 24 hours, whether or not anybody looks at it again.

    Raises:
        DatabaseBusy: the database did not answer.
    """
    with database.writing() as connection:
        uploads.forget_old(connection, database.now(connection))


def upload_body(database: Database, upload: Upload) -> bytes:
    """Return the bytes of an upload that was read for its force.

    Raises:
        NoSuchUpload: they are deleted.
    """
    with database.reading() as connection:
        return uploads.body_of(connection, upload.id)


def take_over(database: Database, upload: Upload) -> bool:
    """Take the work on an upload over from a process that has ended; return whether this caller has it now.

    It is checked again: an interrupted sending has recorded some rows, and the person decides about the rest.
    """
    with database.writing() as connection:
        now = database.now(connection)
        found = uploads.upload_of(connection, upload.operation_id, upload.force, upload.id)
        return found.seems_abandoned(now) and uploads.change_upload(
            connection, upload.id, when=found.state, state=CHECKING, done=0, total=0, beat_at=now
        )


def begin(database: Database, upload: Upload, *, when: str, state: str) -> bool:
    """Begin to check or send an upload that is in the state `when`; return whether this caller is the one who does.

    Raises:
        FileBeingSent: another upload of a file of this name is being sent.
    """
    try:
        with database.writing() as connection:
            now = database.now(connection)
            return uploads.change_upload(connection, upload.id, when=when, state=state, done=0, total=0, beat_at=now)
    except sa.exc.IntegrityError as error:
        raise FileBeingSent(
            f"Another upload of {upload.file_name} is being sent. Wait until it is done, then send this one."
        ) from error


def report_progress(database: Database, upload: Upload, done: int, total: int) -> None:
    """Store how far the work is, which is also the sign of life of the process that does it."""
    with database.writing() as connection:
        uploads.change_upload(connection, upload.id, done=done, total=total, beat_at=database.now(connection))


def finish(database: Database, upload: Upload, *, state: str, found: Mapping[str, Any]) -> None:
    """Store the result of the work. A spreadsheet that has been sent is deleted."""
    gone = {"body": None} if state == uploads.SENT else {}
    with database.writing() as connection:
        for before in (CHECKING, SENDING):
            uploads.change_upload(connection, upload.id, when=before, state=state, found=found, **gone)


def sent_file(database: Database, upload: Upload) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return what was sent from files of this name: rows by identity, and the sheet without a prefix."""
    with database.reading() as connection:
        return uploads.sent_file(connection, upload.operation_id, upload.force, upload.file_name)


def store_sent_file(database: Database, upload: Upload, rows: Mapping[str, Any], sheet: str | None) -> None:
    """Store what was sent from files of this name."""
    with database.writing() as connection:
        uploads.store_sent_file(
            connection, upload.operation_id, upload.force, file_name=upload.file_name, rows=rows, sheet=sheet
        )


def confirmed_mapping(database: Database, upload: Upload, header: str) -> str | None:
    """Return the mapping that the force confirmed for files with this header; None if there is none."""
    with database.reading() as connection:
        return uploads.confirmed_mapping(connection, upload.operation_id, upload.force, header)


def confirm_mapping(database: Database, upload: Upload, header: str, mapping: str) -> None:
    """Store a mapping that was confirmed."""
    with database.writing() as connection:
        uploads.store_mapping(connection, upload.operation_id, upload.force, header, mapping)


def ask_again(database: Database, upload: Upload, found: Mapping[str, Any]) -> None:
    """Store the questions that the answers to the earlier ones have raised."""
    with database.writing() as connection:
        uploads.change_upload(connection, upload.id, when=uploads.MAPPING, found=found)


def _require(database: Database, operation: str, credential: Credential) -> None:
    with read_context(database, operation, credential):
        pass
