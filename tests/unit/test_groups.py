"""Calls that are done together: no call waits for company, none is lost, and a bad one fails alone."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from service.usecases.recording.group_commit import MAX_GROUP_SIZE, GroupCommit

SECONDS = 10


class Work:
    """Doubles numbers; a first call waits until it is let go, so that others gather behind it."""

    def __init__(self, bad: frozenset[int] = frozenset()) -> None:
        self.done: list[list[int]] = []
        self.bad = bad
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.done.append(list(items))
        if not self.begun.is_set():
            self.begun.set()
            assert self.may_go_on.wait(SECONDS)
        if self.bad & set(items):
            raise ValueError(sorted(self.bad & set(items)))
        return [item * 2 for item in items]


def gathered(groups: GroupCommit[int, int], work: Work, others: Sequence[int], *, size: int = 1) -> dict[int, object]:
    """Do the call 0 and, behind it, the others, in their order; return what each got, an answer or its error."""
    got: dict[int, object] = {}

    def call(item: int) -> None:
        try:
            got[item] = groups.join("pandilla", item, size, work)
        except ValueError as error:
            got[item] = error.args[0]

    with ThreadPoolExecutor(len(others) + 1) as threads:
        threads.submit(call, 0)
        assert work.begun.wait(SECONDS)
        for count, item in enumerate(others, start=1):
            threads.submit(call, item)
            wait_for(lambda count=count: len(groups._waiting["pandilla"]) == count)
        work.may_go_on.set()
    return got


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something has come true in another thread."""
    for _ in range(int(SECONDS / 0.001)):
        if condition():
            return
        threading.Event().wait(0.001)
    pytest.fail("it did not come true in time")


def test_a_call_alone_is_done_at_once() -> None:
    work = Work()
    work.begun.set()
    groups: GroupCommit[int, int] = GroupCommit()
    assert [groups.join("pandilla", item, 1, work) for item in (1, 2)] == [2, 4]
    assert work.done == [[1], [2]]
    assert groups._waiting == {}


def test_calls_that_come_meanwhile_are_done_together_in_their_order() -> None:
    work, groups = Work(), GroupCommit[int, int]()
    assert gathered(groups, work, [5, 3, 4]) == {0: 0, 5: 10, 3: 6, 4: 8}
    assert work.done == [[0], [5, 3, 4]]
    assert groups._waiting == {}


def test_where_a_group_fails_each_is_tried_alone_once() -> None:
    work = Work(bad=frozenset({3}))
    assert gathered(GroupCommit(), work, [5, 3, 4]) == {0: 0, 5: 10, 3: [3], 4: 8}
    assert work.done[:2] == [[0], [5, 3, 4]]
    assert sorted(work.done[2:]) == [[3], [4], [5]]


def test_a_group_is_no_larger_than_there_is_room_for() -> None:
    work = Work()
    assert gathered(GroupCommit(), work, [1, 2, 3], size=MAX_GROUP_SIZE // 2) == {0: 0, 1: 2, 2: 4, 3: 6}
    assert [len(group) for group in work.done] == [1, 2, 1]


def test_what_is_larger_than_a_group_is_done_by_itself() -> None:
    work = Work()
    assert gathered(GroupCommit(), work, [1, 2], size=MAX_GROUP_SIZE + 1) == {0: 0, 1: 2, 2: 4}
    assert work.done == [[0], [1], [2]]


def test_calls_of_different_keys_do_not_wait_for_each_other() -> None:
    work, groups = Work(), GroupCommit[int, int]()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(groups.join, "pandilla", 1, 1, work)
        assert work.begun.wait(SECONDS)
        assert groups.join("lantern", 2, 1, work) == 4
        work.may_go_on.set()
        assert first.result(SECONDS) == 2


def test_of_many_calls_none_is_lost_and_none_done_twice() -> None:
    groups, done = GroupCommit[int, int](), list[int]()

    def work(items: Sequence[int]) -> list[int]:
        done.extend(items)
        return [item * 2 for item in items]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda item: groups.join("pandilla", item, 1, work), range(2_000)))
    assert answers == [item * 2 for item in range(2_000)]
    assert sorted(done) == list(range(2_000))
