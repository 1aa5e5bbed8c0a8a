"""Totals: the effect of the log's length and of a past position on their time, and their sum compared with SQL."""

from __future__ import annotations

import time
from statistics import median

import sqlalchemy as sa

from benchmarks.archive import fill
from benchmarks.load import drive, request
from benchmarks.measure import Bar, Comparison, interleave, paired
from benchmarks.ours import Ours
from benchmarks.reports import LEAD, SETUP_EVENTS
from benchmarks.stage import LARGE, Stage
from benchmarks.statements import TOTALS_FROM_ENTRIES
from service.eventlog.head import existing_head
from service.projections import totals
from service.projections.entries import entries
from service.storage.db import Database, open_database

SMALL = "small"
OK = 200
REQUESTS_PER_TURN, REQUESTS_PER_SEQ, SEQS_PER_TURN = 30, 3, 10
# One takes a tenth of a second, too short to be compared while the machine has other work.
STATEMENTS_PER_TURN = 5


def by_size(stage: Stage) -> list[Comparison]:
    """Request the totals by force of a large log and of a small one with the same forces, days and categories."""
    archive, sizes = stage.archive, stage.sizes
    fill(archive, SMALL, sizes.small_log_events)
    turns = interleave(
        sizes,
        large=lambda: _milliseconds(archive, LARGE, REQUESTS_PER_TURN),
        small=lambda: _milliseconds(archive, SMALL, REQUESTS_PER_TURN),
    )
    small_log, pairs = f"log of {sizes.small_log_events:,} events", paired(turns["large"], turns["small"])
    bar = Bar(1.2, is_upper=True)
    return [Comparison(case="totals-by-size", compared_with=small_log, unit="ms", pairs=pairs, bar=bar)]


def as_of(stage: Stage) -> list[Comparison]:
    """Request the totals as of ten seqs spread over a large log; each round's figure is the slowest of the ten."""
    archive = stage.archive
    step = (stage.sizes.events - SETUP_EVENTS) // SEQS_PER_TURN
    seqs = [SETUP_EVENTS + step * number - 1 for number in range(1, SEQS_PER_TURN + 1)]
    turns = interleave(
        stage.sizes,
        then=lambda: max(_milliseconds(archive, LARGE, REQUESTS_PER_SEQ, f"&as_of_seq={seq}") for seq in seqs),
        now=lambda: _milliseconds(archive, LARGE, REQUESTS_PER_TURN),
    )
    pairs, bar, goal = paired(turns["then"], turns["now"]), Bar(10.0, is_upper=True), Bar(3.0, is_upper=True)
    return [Comparison(case="totals-as-of", compared_with="current totals", unit="ms", pairs=pairs, bar=bar, goal=goal)]


def from_entries(stage: Stage) -> list[Comparison]:
    """Sum the entries of a large log to totals with the service's statement, and with a hand-written one."""
    database = open_database(stage.archive.urls.owner)
    with database.reading() as connection:
        generation = existing_head(connection, LARGE).generation
        mine = (entries.c.operation_id == LARGE, entries.c.generation == generation)
        count: int = connection.execute(sa.select(sa.func.count()).select_from(entries).where(*mine)).scalar_one()
    rows = totals.entry_rows(LARGE, generation).subquery()
    ours = totals.totals.insert().from_select(totals.COLUMNS, totals.summed(rows, LARGE, generation))
    by_hand = sa.text(TOTALS_FROM_ENTRIES).bindparams(operation=LARGE, generation=generation)
    # The first statement reads the entries from disk.
    _seconds(database, by_hand)
    turns = interleave(
        stage.sizes,
        ours=lambda: count / _seconds(database, ours),
        sql=lambda: count / _seconds(database, by_hand),
    )
    database.engine.dispose()
    pairs = paired(turns["ours"], turns["sql"])
    return [
        Comparison(
            case="totals-from-entries", compared_with="hand-written SQL", unit="entries/s", pairs=pairs, bar=Bar(0.9)
        )
    ]


def _seconds(database: Database, statement: sa.Executable) -> float:
    """Return the median time of some runs of a statement that inserts the totals of the large log."""
    return median(_seconds_once(database, statement) for _run in range(STATEMENTS_PER_TURN))


def _seconds_once(database: Database, statement: sa.Executable) -> float:
    """Return the time of a statement that inserts the totals of the large log; the transaction is rolled back."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(totals.totals.delete().where(totals.totals.c.operation_id == LARGE))
        begin = time.perf_counter()
        connection.execute(statement)
        seconds = time.perf_counter() - begin
        transaction.rollback()
    return seconds


def _milliseconds(ours: Ours, operation: str, times: int, query: str = "") -> float:
    """Return the median latency of `times` requests for totals over one connection."""
    raw = request("GET", f"/v1/operations/{operation}/totals?by=force{query}", secret=ours.secrets[LEAD])
    return median(drive(ours.server.port, [[raw] * times], status=OK).latencies) * 1_000
