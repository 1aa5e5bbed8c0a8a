"""A backup of a SQLite database while it is in use. A copy of the file alone lacks the newest events."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from service.errors import Conflict, Invalid
from service.storage.db import Database, open_database
from service.storage.sqlite import OWNER_ONLY, back_up
from service.usecases.maintenance.verify import list_heads


class BackupNotSupported(Invalid):
    """The database is not SQLite: PostgreSQL has backup programs of its own."""

    code = "backup_not_supported"


class BackupExists(Conflict):
    """There is a file of this name already."""

    code = "backup_exists"


@dataclass(frozen=True, slots=True)
class Backup:
    """How many operations and events a backup holds, and its size in bytes."""

    operations: int
    events: int
    size_bytes: int


def back_up_database(database: Database, file: Path) -> Backup:
    """Write a backup, complete up to the moment at which it begins, to a new file that only its owner can read.

    The file gets its name only once it is on the disk. Nothing waits for it: events are recorded meanwhile.

    Raises:
        BackupNotSupported: the database is PostgreSQL.
        BackupExists: the file exists.
        OSError: the file cannot be written.
    """
    if not database.is_sqlite:
        raise BackupNotSupported(
            "Expected a SQLite database; found PostgreSQL. Back it up with pg_dump or pg_basebackup."
        )
    if file.exists():
        raise BackupExists(f"{file} exists. Name a new file, or move that one away.")
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        back_up(database.engine, unfinished)
        found = _content_of(unfinished)
        _flush(unfinished)
        # Fails if somebody created the file meanwhile; renaming would replace it.
        os.link(unfinished, file)
        _flush(file.parent)
    finally:
        unfinished.unlink(missing_ok=True)
    return found


def _content_of(file: Path) -> Backup:
    copy = open_database(f"sqlite:///{file}")
    try:
        heads = list_heads(copy)
    finally:
        copy.close()
    return Backup(len(heads), sum(head.seq for head in heads), file.stat().st_size)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
