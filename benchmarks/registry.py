"""The cases, in the order in which they run and appear in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.cases import batches, feed, logs, posts, startup, totals
from benchmarks.measure import Comparison
from benchmarks.stage import Stage

Case = Callable[[Stage], list[Comparison]]

CASES: Mapping[str, Case] = {
    "single-one-operation": posts.one_operation,
    "single-eight-operations": posts.eight_operations,
    "single-sqlite": posts.on_sqlite,
    "batches": batches.batches,
    "ndjson": batches.lines,
    "export": logs.exported,
    "import": logs.imported,
    "verify": logs.verified,
    "rebuild": logs.rebuilt,
    "totals-by-size": totals.by_size,
    "totals-as-of": totals.as_of,
    "totals-from-entries": totals.from_entries,
    "feed": feed.live,
    "start": startup.first_answer,
}
