"""Pin each worker to one processor, where the operating system allows it.

Python runs one thread of a process at a time. When the threads are spread over several processors, each handover wakes
another processor, which takes longer than most of the work between two handovers (docs/decisions/0026).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

CAN_PIN = hasattr(os, "sched_setaffinity")


def assign_processor(arbiter: Arbiter, worker: Worker) -> None:
    """Choose the processor of a worker before the fork: one that the fewest other workers are pinned to."""
    if CAN_PIN:
        others = [other.processor for other in arbiter.WORKERS.values()]
        worker.processor = least_used(sorted(os.sched_getaffinity(0)), others)


def pin_to_processor(_arbiter: Arbiter, worker: Worker) -> None:
    """Pin this process, and all threads that it will start, to the processor chosen for it."""
    if CAN_PIN:
        os.sched_setaffinity(0, {worker.processor})


def least_used(processors: Sequence[int], used: Iterable[int]) -> int:
    """Return one of the least used processors, at random, because other services on the machine choose too."""
    uses = Counter(used)
    fewest = min(uses[processor] for processor in processors)
    return random.choice([processor for processor in processors if uses[processor] == fewest])  # noqa: S311 - no secret
