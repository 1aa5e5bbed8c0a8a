"""`oprecord backup`: copy a SQLite database while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.settings import Settings, pass_settings
from service.plurals import counted
from service.usecases.maintenance.backup import back_up_database


@click.command(short_help="Back up a SQLite database while it is in use.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_settings
def backup(settings: Settings, file: Path) -> None:
    """Write a backup of the SQLite database to FILE, a new file, while the service goes on.

    It has everything that was recorded when the command began. A copy of the database file alone has not: the newest
    events are in a file beside it. Check the backup with `oprecord --database-url sqlite:///FILE verify`. To restore
    it, stop the service and put it in the place of the database, without the -wal and -shm files of the old one.

    On PostgreSQL use pg_dump or pg_basebackup.
    """
    with settings.database() as database:
        made = back_up_database(database, file)
    operations, events = counted(made.operations, "operation"), counted(made.events, "event")
    click.echo(f"Backed up {operations} with {events} to {file} ({made.size_bytes:,} bytes).")
