"""Totals: do they take longer in a longer log, or as of a past moment; and their sum against SQL by hand."""

from __future__ import annotations

import time
from statistics import median

import sqlalchemy as sa

from benchmarks.archive import fill
from benchmarks.load import drive, request
from benchmarks.measure import Bar, Comparison, by_turns, paired
from benchmarks.ours import Ours
from benchmarks.reports import LEAD, SETUP_EVENTS
from benchmarks.stage import LARGE, Stage
from benchmarks.statements import TOTALS_FROM_ENTRIES
from service.db import Database, open_database
from service.eventlog.head import existing_head
from service.projections import totals
from service.projections.entries import entries

SMALL = "small"
OK = 200
ASKED_IN_A_TURN, ASKED_OF_EACH_SEQ, SEQS_IN_A_TURN = 30, 3, 10


def by_size(stage: Stage) -> list[Comparison]:
    """Ask for the totals by force of a large log and of a small one with the same forces, days and categories."""
    archive, sizes = stage.archive, stage.sizes
    fill(archive, SMALL, sizes.few_events)
    turns = by_turns(
        sizes,
        large=lambda: _milliseconds(archive, LARGE, ASKED_IN_A_TURN),
        small=lambda: _milliseconds(archive, SMALL, ASKED_IN_A_TURN),
    )
    what, pairs = f"{sizes.events:,} : {sizes.few_events:,} events", paired(turns["large"], turns["small"])
    return [Comparison(case="totals-by-size", what=what, unit="ms", pairs=pairs, bar=Bar(1.2, is_most=True))]


def as_of(stage: Stage) -> list[Comparison]:
    """Ask for the totals as of ten seqs, spread over a large log; what counts in each round is the slowest."""
    archive = stage.archive
    step = (stage.sizes.events - SETUP_EVENTS) // SEQS_IN_A_TURN
    seqs = [SETUP_EVENTS + step * number - 1 for number in range(1, SEQS_IN_A_TURN + 1)]
    turns = by_turns(
        stage.sizes,
        then=lambda: max(_milliseconds(archive, LARGE, ASKED_OF_EACH_SEQ, f"&as_of_seq={seq}") for seq in seqs),
        now=lambda: _milliseconds(archive, LARGE, ASKED_IN_A_TURN),
    )
    pairs, most, goal = paired(turns["then"], turns["now"]), Bar(10.0, is_most=True), Bar(3.0, is_most=True)
    return [Comparison(case="totals-as-of", what="totals now", unit="ms", pairs=pairs, bar=most, goal=goal)]


def from_entries(stage: Stage) -> list[Comparison]:
    """Sum the entries of a large log to totals by our statement, and by one that was written by hand."""
    database = open_database(stage.archive.urls.owner)
    with database.reading() as connection:
        generation = existing_head(connection, LARGE).generation
        mine = (entries.c.operation_id == LARGE, entries.c.generation == generation)
        count: int = connection.execute(sa.select(sa.func.count()).select_from(entries).where(*mine)).scalar_one()
    rows = totals.entry_rows(LARGE, generation).subquery()
    ours = totals.totals.insert().from_select(totals.COLUMNS, totals.summed(rows, LARGE, generation))
    by_hand = sa.text(TOTALS_FROM_ENTRIES).bindparams(operation=LARGE, generation=generation)
    # The first of all reads the entries from the disk.
    _seconds(database, by_hand)
    turns = by_turns(
        stage.sizes,
        ours=lambda: count / _seconds(database, ours),
        sql=lambda: count / _seconds(database, by_hand),
    )
    database.engine.dispose()
    pairs = paired(turns["ours"], turns["sql"])
    return [Comparison(case="totals-from-entries", what="SQL", unit="entries/s", pairs=pairs, bar=Bar(0.9))]


def _seconds(database: Database, statement: sa.Executable) -> float:
    """Return how long a statement takes that makes the totals of the large log; nothing of it is kept."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        connection.execute(totals.totals.delete().where(totals.totals.c.operation_id == LARGE))
        begin = time.perf_counter()
        connection.execute(statement)
        seconds = time.perf_counter() - begin
        transaction.rollback()
    return seconds


def _milliseconds(ours: Ours, operation: str, times: int, query: str = "") -> float:
    """Return the median time of an answer, asked for so many times over one connection."""
    raw = request("GET", f"/v1/operations/{operation}/totals?by=force{query}", secret=ours.secrets[LEAD])
    return median(drive(ours.server.port, [[raw] * times], status=OK).latencies) * 1_000
