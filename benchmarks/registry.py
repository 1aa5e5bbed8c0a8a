"""The cases, in the order in which they run and are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.cases import batches, logs, posts
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
}
