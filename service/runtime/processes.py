"""Parallel work on a database: one process per core, each with its own connections."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TypeVar

from service.runtime.garbage_collector import collecting_rarely
from service.storage.db import Database, open_database

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def map_in_processes(
    database: Database, work: Callable[[Database, Piece], Result], pieces: Sequence[Piece]
) -> Iterator[Result]:
    """Return the result of the work on each piece, in the order of the pieces.

    Worker processes start at once. With one core, with one piece, or on SQLite, which has one writer, this process does
    the work itself, lazily, as results are requested.

    Work, pieces and results are pickled, so they must be plain values and module-level functions.
    """
    processes = 1 if database.is_sqlite else min(_cores(), len(pieces))
    if processes < 2:  # noqa: PLR2004 - nothing runs in parallel
        return (work(database, piece) for piece in pieces)
    url = database.engine.url.render_as_string(hide_password=False)
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _open, (url,))
    return _results(pool, pool.map(partial(_work_in_process, work), pieces))


def _results(pool: ProcessPoolExecutor, results: Iterator[Result]) -> Iterator[Result]:
    try:
        yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """Return how many cores this process may use; 1 on platforms where forking is unsafe."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


_opened: list[Database] = []


def _open(url: str) -> None:
    """Open the database in a new worker process: processes cannot share connections."""
    _opened[:] = [open_database(url, pool_size=1)]


def _work_in_process(work: Callable[[Database, Piece], Result], piece: Piece) -> Result:
    with collecting_rarely():
        return work(_opened[0], piece)
