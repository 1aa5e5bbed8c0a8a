"""Each worker keeps to one processor, where the system lets it choose.

Python runs one thread of a process at a time. Spread over processors, its threads hand over to each other by waking
another processor each time, which takes longer than most of what they do in between (docs/decisions/0026).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

CAN_CHOOSE = hasattr(os, "sched_setaffinity")


def assign_processor(arbiter: Arbiter, worker: Worker) -> None:
    """Choose, before the fork, the processor that a worker will keep to: one that the fewest others do."""
    if CAN_CHOOSE:
        others = [other.processor for other in arbiter.WORKERS.values()]
        worker.processor = least_taken(sorted(os.sched_getaffinity(0)), others)


def keep_to_processor(_arbiter: Arbiter, worker: Worker) -> None:
    """Keep this process, and all threads that it will start, to the processor that was chosen for it."""
    if CAN_CHOOSE:
        os.sched_setaffinity(0, {worker.processor})


def least_taken(processors: Sequence[int], taken: Iterable[int]) -> int:
    """Return one of the processors that are taken least; any of them, as other services choose too."""
    times = Counter(taken)
    fewest = min(times[processor] for processor in processors)
    return random.choice([processor for processor in processors if times[processor] == fewest])  # noqa: S311
