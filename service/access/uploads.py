"""Uploaded spreadsheets: kept until they are sent, for 24 hours at most. What stays is what became of their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from service.errors import NotFound
from service.storage.db import CodeText, InstantType, insert_into, metadata

KEPT = timedelta(hours=24)
# Longer than any step of a check takes. Without a sign of life for so long, the process that worked on it has ended.
SIGN_OF_LIFE_WITHIN = timedelta(minutes=2)
# The oldest uploads of a force in an operation beyond this number are deleted.
MOST_KEPT = 20
CHECKING, MAPPING, CHECKED, REFUSED, SENDING, SENT, DELETED = (
    "checking",
    "mapping",
    "checked",
    "refused",
    "sending",
    "sent",
    "deleted",
)

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("id", sa.Uuid(as_uuid=True), primary_key=True),
    sa.Column("force", CodeText, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, comment="null: sent, or older than 24 hours"),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, comment="bytes"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False, comment="of `total`, while it is checked or sent"),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("found", sa.JSON, comment="what its page shows: the check, or the receipt"),
    sa.Column("uploaded_at", InstantType, nullable=False),
    sa.Column("beat_at", InstantType, nullable=False, comment="the last sign of life of whoever works on it"),
    sa.Index("uploads_operation_id_idx", "operation_id", "force"),
    sa.Index(
        "uploads_sending_idx",
        "operation_id",
        "force",
        "file_name",
        unique=True,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    ),
)
sent_files = sa.Table(
    "sent_files",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("force", CodeText, primary_key=True),
    sa.Column("file_name", sa.Text, primary_key=True),
    sa.Column("sheet", sa.Text, comment="the sheet of a workbook whose identities have no prefix"),
    sa.Column("rows", sa.JSON, nullable=False, comment="which row became which event, by the identity of the row"),
)
confirmed_mappings = sa.Table(
    "confirmed_mappings",
    metadata,
    sa.Column("operation_id", CodeText, primary_key=True),
    sa.Column("force", CodeText, primary_key=True),
    sa.Column("header", sa.Text, primary_key=True, comment="SHA-256 of the headings of all sheets"),
    sa.Column("mapping", sa.Text, nullable=False, comment="TOML, as `oprecord map` writes it"),
)
LISTED = [one for one in uploads.c if one.name != "body"]


class NoSuchUpload(NotFound):
    """The force has no such upload in this operation."""

    code = "no_such_upload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload without its bytes. `found` is what its page shows; `done` of `total` is how far the work on it is."""

    id: UUID
    operation_id: str
    force: str
    file_name: str
    sha256: str
    size: int
    state: str
    done: int
    total: int
    found: Mapping[str, Any] | None
    uploaded_at: datetime
    beat_at: datetime

    @property
    def is_worked_on(self) -> bool:
        """Whether it is being checked or sent."""
        return self.state in (CHECKING, SENDING)

    def seems_abandoned(self, now: datetime) -> bool:
        """Return whether the process that worked on it has ended."""
        return self.is_worked_on and now - self.beat_at > SIGN_OF_LIFE_WITHIN


def store_upload(
    connection: sa.Connection, *, operation: str, force: str, file_name: str, body: bytes, now: datetime
) -> UUID:
    """Store a spreadsheet to be checked; delete those that are too old or too many. Return its id."""
    upload_id = uuid7()
    connection.execute(
        uploads.insert().values(
            id=upload_id,
            operation_id=operation,
            force=force,
            file_name=file_name,
            body=body,
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            state=CHECKING,
            done=0,
            total=0,
            uploaded_at=now,
            beat_at=now,
        )
    )
    forget_old(connection, now)
    kept = sa.select(uploads.c.id).where(*_of(operation, force), uploads.c.body.is_not(None), _not_being_sent(now))
    for old in list(connection.scalars(kept.order_by(uploads.c.uploaded_at.desc()).offset(MOST_KEPT))):
        change_upload(connection, old, state=DELETED, body=None, found=None)
    return upload_id


def forget_old(connection: sa.Connection, now: datetime) -> None:
    """Delete the bytes and the check of each upload that is older than 24 hours, and what it shows of its cells.

    One that is being sent is left until it has its receipt.
    """
    old = uploads.c.uploaded_at <= now - KEPT, uploads.c.body.is_not(None), _not_being_sent(now)
    connection.execute(uploads.update().where(*old).values(state=DELETED, body=None, found=None))


def _not_being_sent(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(uploads.c.state != SENDING, uploads.c.beat_at <= now - SIGN_OF_LIFE_WITHIN)


def change_upload(connection: sa.Connection, upload_id: UUID, *, when: str | None = None, **values: Any) -> bool:
    """Change an upload, if it is in the state `when`; return whether it was."""
    chosen = [uploads.c.id == upload_id, *([] if when is None else [uploads.c.state == when])]
    return connection.execute(uploads.update().where(*chosen).values(**values)).rowcount == 1


def upload_of(connection: sa.Connection, operation: str, force: str, upload_id: UUID) -> Upload:
    """Return an upload of a force.

    Raises:
        NoSuchUpload.
    """
    found = connection.execute(sa.select(*LISTED).where(*_of(operation, force), uploads.c.id == upload_id))
    row = found.mappings().one_or_none()
    if row is None:
        raise NoSuchUpload("There is no such upload.")
    return Upload(**row)


def uploads_of(connection: sa.Connection, operation: str, force: str, limit: int) -> list[Upload]:
    """Return the newest uploads of a force in an operation."""
    found = sa.select(*LISTED).where(*_of(operation, force)).order_by(uploads.c.uploaded_at.desc()).limit(limit)
    return [Upload(**row) for row in connection.execute(found).mappings()]


def body_of(connection: sa.Connection, upload_id: UUID) -> bytes:
    """Return the bytes of an upload.

    Raises:
        NoSuchUpload: they are deleted.
    """
    found = connection.scalar(sa.select(uploads.c.body).where(uploads.c.id == upload_id))
    if found is None:
        raise NoSuchUpload("The spreadsheet has been deleted.")
    return bytes(found)


def sent_file(
    connection: sa.Connection, operation: str, force: str, file_name: str
) -> tuple[dict[str, dict[str, Any]], str | None]:
    """Return what was sent from files of this name: rows by identity, and the sheet without a prefix."""
    table = sent_files.c
    chosen = table.operation_id == operation, table.force == force, table.file_name == file_name
    row = connection.execute(sa.select(table.rows, table.sheet).where(*chosen)).one_or_none()
    return ({}, None) if row is None else (row.rows, row.sheet)


def store_sent_file(
    connection: sa.Connection,
    operation: str,
    force: str,
    *,
    file_name: str,
    rows: Mapping[str, Any],
    sheet: str | None,
) -> None:
    """Store what was sent from files of this name, in place of what was stored before."""
    key = {"operation_id": operation, "force": force, "file_name": file_name}
    values = {"rows": rows, "sheet": sheet}
    statement = insert_into(connection, sent_files).values(**key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def confirmed_mapping(connection: sa.Connection, operation: str, force: str, header: str) -> str | None:
    """Return the mapping that a force confirmed for files with this header; None if there is none."""
    table = confirmed_mappings.c
    chosen = table.operation_id == operation, table.force == force, table.header == header
    found: str | None = connection.scalar(sa.select(table.mapping).where(*chosen))
    return found


def store_mapping(connection: sa.Connection, operation: str, force: str, header: str, mapping: str) -> None:
    """Store the mapping for files with this header, in place of an earlier one."""
    key = {"operation_id": operation, "force": force, "header": header}
    statement = insert_into(connection, confirmed_mappings).values(**key, mapping=mapping)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_={"mapping": mapping}))


def _of(operation: str, force: str) -> tuple[sa.ColumnElement[bool], ...]:
    return uploads.c.operation_id == operation, uploads.c.force == force
