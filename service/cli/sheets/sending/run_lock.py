"""The lock that a run of `oprecord submit` holds on a spreadsheet: two runs at once would record its rows twice."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.cli.sheets.sending.state_file import state_path
from service.errors import Conflict


class BeingSent(Conflict):
    """Another run of the command is sending this spreadsheet."""

    code = "being_sent"


@contextmanager
def lock_on(sheet: Path) -> Iterator[None]:
    """Hold the lock on a spreadsheet during the block. The system releases it if the process dies.

    The lock is on a file of its own: the state file is replaced at each save, and a lock would stay on the old one.

    Raises:
        BeingSent: another process holds the lock.
        OSError: the folder of the spreadsheet cannot be written to, or its file system has no locks.
    """
    state = state_path(sheet)
    path = state.with_name(f"{state.name}.lock")
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BeingSent(
                f"{sheet.name} is being sent by another run of this command, so this one sent nothing. Wait until the "
                "other has finished, then run this one again."
            ) from error
        except OSError as error:
            raise OSError(error.errno, os.strerror(error.errno or 0), str(path)) from error
        yield
