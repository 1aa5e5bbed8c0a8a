"""Group commit: an idle queue commits immediately, no request is lost, and an invalid one fails alone."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.storage.db import DatabaseBusy
from service.usecases.recording.group_commit import MAX_GROUP_SIZE, GroupCommit

SECONDS = 10


class Work:
    """Doubles numbers. The first call waits until it is released, so that others queue after it."""

    def __init__(self, bad: frozenset[int] = frozenset()) -> None:
        self.done: list[list[int]] = []
        self.bad = bad
        self.started, self.released = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.done.append(list(items))
        if not self.started.is_set():
            self.started.set()
            assert self.released.wait(SECONDS)
        if self.bad & set(items):
            raise ValueError(sorted(self.bad & set(items)))
        return [item * 2 for item in items]


def gathered(groups: GroupCommit[int, int], work: Work, others: Sequence[int], *, size: int = 1) -> dict[int, object]:
    """Call with 0 and, while that runs, with the others in order; return the answer or error of each."""
    got: dict[int, object] = {}

    def call(item: int) -> None:
        try:
            got[item] = groups.join("pandilla", item, size, work)
        except ValueError as error:
            got[item] = error.args[0]

    with ThreadPoolExecutor(len(others) + 1) as threads:
        threads.submit(call, 0)
        assert work.started.wait(SECONDS)
        for count, item in enumerate(others, start=1):
            threads.submit(call, item)
            wait_for(lambda count=count: len(groups._queues["pandilla"].waiting) == count)
        work.released.set()
    return got


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition becomes true in another thread."""
    for _ in range(int(SECONDS / 0.001)):
        if condition():
            return
        threading.Event().wait(0.001)
    pytest.fail("the condition did not become true in time")


def test_an_idle_queue_runs_a_call_immediately() -> None:
    work = Work()
    work.started.set()
    groups: GroupCommit[int, int] = GroupCommit()
    assert [groups.join("pandilla", item, 1, work) for item in (1, 2)] == [2, 4]
    assert work.done == [[1], [2]]
    assert groups._queues == {}


def test_calls_that_arrive_during_a_run_are_grouped_in_order() -> None:
    work, groups = Work(), GroupCommit[int, int]()
    assert gathered(groups, work, [5, 3, 4]) == {0: 0, 5: 10, 3: 6, 4: 8}
    assert work.done == [[0], [5, 3, 4]]
    assert groups._queues == {}


def test_if_a_group_fails_each_call_is_retried_alone_once() -> None:
    work = Work(bad=frozenset({3}))
    assert gathered(GroupCommit(), work, [5, 3, 4]) == {0: 0, 5: 10, 3: [3], 4: 8}
    assert work.done[:2] == [[0], [5, 3, 4]]
    assert sorted(work.done[2:]) == [[3], [4], [5]]


def test_a_group_has_a_maximum_size() -> None:
    work = Work()
    assert gathered(GroupCommit(), work, [1, 2, 3], size=MAX_GROUP_SIZE // 2) == {0: 0, 1: 2, 2: 4, 3: 6}
    assert [len(group) for group in work.done] == [1, 2, 1]


def test_a_call_larger_than_a_group_runs_alone() -> None:
    work = Work()
    assert gathered(GroupCommit(), work, [1, 2], size=MAX_GROUP_SIZE + 1) == {0: 0, 1: 2, 2: 4}
    assert work.done == [[0], [1], [2]]


def test_calls_with_different_keys_do_not_wait_for_each_other() -> None:
    work, groups = Work(), GroupCommit[int, int]()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(groups.join, "pandilla", 1, 1, work)
        assert work.started.wait(SECONDS)
        assert groups.join("lantern", 2, 1, work) == 4
        work.released.set()
        assert first.result(SECONDS) == 2


def test_each_of_many_concurrent_calls_runs_exactly_once() -> None:
    groups, done = GroupCommit[int, int](), list[int]()

    def work(items: Sequence[int]) -> list[int]:
        done.extend(items)
        return [item * 2 for item in items]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda item: groups.join("pandilla", item, 1, work), range(2_000)))
    assert answers == [item * 2 for item in range(2_000)]
    assert sorted(done) == list(range(2_000))


def test_a_call_whose_turn_does_not_come_gives_up_and_is_not_processed() -> None:
    work, groups = Work(), GroupCommit[int, int](wait_seconds=0.2)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(groups.join, "pandilla", 1, 1, work)
        assert work.started.wait(SECONDS)
        with pytest.raises(DatabaseBusy):
            groups.join("pandilla", 2, 1, work)
        work.released.set()
        assert first.result(SECONDS) == 2
    assert work.done == [[1]]
    assert groups._queues == {}


def test_a_call_that_finds_a_leader_at_work_for_too_long_does_not_wait() -> None:
    work, groups = Work(), GroupCommit[int, int](wait_seconds=60)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(groups.join, "pandilla", 1, 1, work)
        assert work.started.wait(SECONDS)
        groups._queues["pandilla"].led_since -= 31
        with pytest.raises(DatabaseBusy):
            groups.join("pandilla", 2, 1, work)
        assert groups.join("lantern", 3, 1, work) == 6
        work.released.set()
        assert first.result(SECONDS) == 2


def test_if_the_database_is_unavailable_no_call_of_the_group_is_tried_again() -> None:
    class Unavailable(Work):
        def __call__(self, items: Sequence[int]) -> list[int]:
            answers = super().__call__(items)
            if len(items) > 1:
                raise DatabaseBusy
            return answers

    work = Unavailable()
    got: list[object] = []

    def call(item: int) -> None:
        try:
            got.append(groups.join("pandilla", item, 1, work))
        except DatabaseBusy as error:
            got.append(error.code)

    groups = GroupCommit[int, int]()
    with ThreadPoolExecutor(3) as threads:
        threads.submit(call, 0)
        assert work.started.wait(SECONDS)
        for count in (1, 2):
            threads.submit(call, count)
            wait_for(lambda count=count: len(groups._queues["pandilla"].waiting) == count)
        work.released.set()
    assert sorted(map(str, got)) == ["0", "database_busy", "database_busy"]
    assert len(work.done) == 2
