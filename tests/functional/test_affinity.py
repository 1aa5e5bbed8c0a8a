"""Each worker of a real server is pinned to one processor, and its replacement takes over that processor."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from service.cli.server.affinity import CAN_PIN, least_used
from service.usecases.maintenance.migrate import migrate_to_head
from tests.functional.served import Served, wait_until

WORKERS = 3
only_where_processes_can_be_pinned = pytest.mark.skipif(
    not CAN_PIN, reason="this system cannot pin processes to processors"
)


def processors_of(pid: int) -> set[int]:
    """Return the processors that any thread of a process may use."""
    return set().union(*(os.sched_getaffinity(int(thread.name)) for thread in Path(f"/proc/{pid}/task").iterdir()))


def started(sqlite_url: str, **settings: object) -> Served:
    migrate_to_head(sqlite_url)
    served = Served(sqlite_url, workers=WORKERS, **settings)
    served.start()
    wait_until(lambda: len(served.workers()) == WORKERS)
    return served


def spread(served: Served) -> Counter[int]:
    return Counter(processor for pid in served.workers() for processor in processors_of(pid))


@only_where_processes_can_be_pinned
def test_workers_are_pinned_to_one_processor_each_and_spread_evenly(sqlite_url: str):
    served, available = started(sqlite_url), os.sched_getaffinity(0)
    try:
        wait_until(lambda: all(len(processors_of(pid)) == 1 for pid in served.workers()))
        before = spread(served)
        assert max(before.values()) == -(-WORKERS // len(available))
        gone = served.workers()[0]
        os.kill(gone, signal.SIGKILL)
        wait_until(lambda: gone not in served.workers() and len(served.workers()) == WORKERS)
        wait_until(lambda: all(len(processors_of(pid)) == 1 for pid in served.workers()))
        assert max(spread(served).values()) == max(before.values())
    finally:
        served.kill()


@only_where_processes_can_be_pinned
def test_a_setting_turns_pinning_off(sqlite_url: str):
    served = started(sqlite_url, worker_affinity=0)
    try:
        assert all(processors_of(pid) == os.sched_getaffinity(0) for pid in served.workers())
    finally:
        served.kill()


def test_a_worker_takes_a_least_used_processor():
    assert least_used([2, 3, 5], [2, 3]) == 5
    assert least_used([2, 3], [2, 2, 3]) == 3
    assert {least_used([0, 1, 2], [1]) for _ in range(200)} == {0, 2}
