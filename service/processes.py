"""Work on a database in pieces, side by side: in a process for each core, each with connections of its own."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TypeVar

from service.db import Database, open_database

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def in_order(
    database: Database, work: Callable[[Database, Piece], Result], pieces: Sequence[Piece]
) -> Iterator[Result]:
    """Yield what the work on each piece gives, in their order.

    This process does it alone with one core, with one piece, and on SQLite, which has one writer.

    Work, pieces and results pass between processes, so they are plain values and functions of a module.
    """
    processes = 1 if database.is_sqlite else min(_cores(), len(pieces))
    if processes < 2:  # noqa: PLR2004 - one can do it here
        yield from (work(database, piece) for piece in pieces)
        return
    url = database.engine.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _open, (url,)) as pool:
        try:
            yield from pool.map(partial(_work_here, work), pieces)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _cores() -> int:
    """Return how many cores this process may use; 1 where a process cannot safely be forked."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


_opened: list[Database] = []


def _open(url: str) -> None:
    """Open the database in a process that was just forked: connections cannot be shared with another process."""
    gc.freeze()
    gc.disable()
    _opened[:] = [open_database(url, pool_size=1)]


def _work_here(work: Callable[[Database, Piece], Result], piece: Piece) -> Result:
    """Do one piece. Garbage is collected after it: to look for it all the while takes a quarter of the time."""
    try:
        return work(_opened[0], piece)
    finally:
        gc.collect()
