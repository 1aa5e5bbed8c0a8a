"""Threads that make conflicting requests at once: the second sees what the first has committed.

Threads of one process share transactions; `elsewhere` stands for another process, which only the database coordinates.
"""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

from service.domain.deciding.draft import Opening, Submission
from service.eventlog import read
from service.storage.db import Database
from service.usecases.recording.appending import Outcome
from service.usecases.recording.operations import OperationExists, open_operation
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import FORCES, OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory, EventWithdrawnFactory
from tests.factories.setup import OperationOpenedFactory

SETUP = 6
ROUNDS = 10


def concurrently(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at the same moment, each in its own thread; return their results in order."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def sending(operation: OpenedOperation, *events: Any) -> Callable[[], list[Outcome]]:
    return lambda: operation.submit(*events)


def code_of(outcome: Outcome) -> str:
    return outcome.error.code if outcome.error else "recorded" if outcome.is_new else "replayed"


def test_one_of_two_concurrent_corrections_is_recorded_and_the_other_error_names_it(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    for round_number in range(ROUNDS):
        arrest = ArrestRecordedFactory()
        operation.record(arrest)
        rivals = [ArrestRecordedFactory(corrects=arrest.id, count=count) for count in (2, 3)]
        places = (operation, elsewhere) if round_number % 2 else (operation, operation)
        outcomes = [one for (one,) in concurrently(*map(sending, places, rivals))]
        assert sorted(map(code_of, outcomes)) == ["already_corrected", "recorded"]
        winner = next(outcome for outcome in outcomes if outcome.is_new)
        (loser,) = (outcome for outcome in outcomes if not outcome.is_new)
        assert winner.receipt is not None
        assert loser.error is not None
        assert loser.error.members == {"corrected_by": str(winner.receipt.id), "seq": winner.receipt.seq}
    assert len(operation.figures()) == 1
    assert operation.difference() is None


def test_only_one_of_a_concurrent_correction_and_withdrawal_is_recorded(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    for _ in range(ROUNDS):
        arrest = ArrestRecordedFactory()
        operation.record(arrest)
        rivals = [ArrestRecordedFactory(corrects=arrest.id), EventWithdrawnFactory(corrects=arrest.id)]
        codes = [code_of(one) for (one,) in concurrently(*map(sending, (operation, elsewhere), rivals))]
        assert codes in (["recorded", "already_corrected"], ["already_withdrawn", "recorded"])
    assert operation.difference() is None


def test_eight_concurrent_sends_of_one_event_record_it_once_and_return_one_receipt(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    for sent in range(1, ROUNDS + 1):
        arrest = ArrestRecordedFactory()
        outcomes = [one for (one,) in concurrently(*[sending(operation, arrest), sending(elsewhere, arrest)] * 4)]
        assert Counter(map(code_of, outcomes)) == {"recorded": 1, "replayed": 7}
        assert len({outcome.receipt for outcome in outcomes}) == 1
        assert operation.head().seq == SETUP + sent
    assert operation.quantity("arrests") == ROUNDS


def test_events_of_many_threads_are_numbered_without_a_gap_and_all_are_counted(
    operation: OpenedOperation, elsewhere: OpenedOperation
) -> None:
    def one_by_one() -> list[int]:
        return [elsewhere.record(ArrestRecordedFactory()).seq for _ in range(10)]

    def in_threes() -> list[int]:
        return [
            receipt.seq
            for _ in range(4)
            for receipt in operation.record_all(*(ArrestRecordedFactory() for _ in range(3)))
        ]

    seqs = [seq for made in concurrently(one_by_one, in_threes, one_by_one, in_threes) for seq in made]
    assert sorted(seqs) == list(range(SETUP + 1, SETUP + 45))
    assert operation.quantity("arrests") == 44
    assert operation.difference() is None


def test_a_reader_never_sees_a_later_event_without_the_earlier_ones(operation: OpenedOperation) -> None:
    all_sent = Event()

    def send() -> None:
        for _ in range(15):
            operation.record(ArrestRecordedFactory())

    def send_all() -> None:
        try:
            concurrently(send, send, send)
        finally:
            all_sent.set()

    def follow() -> list[int]:
        seen: list[int] = []
        while not all_sent.is_set():
            seen += seqs_after(operation, seen[-1] if seen else 0)
        return seen + seqs_after(operation, seen[-1] if seen else 0)

    _nothing, seen = concurrently(send_all, follow)
    assert seen == list(range(1, SETUP + 46))


def seqs_after(operation: OpenedOperation, after: int) -> list[int]:
    with operation.database.reading() as connection:
        rows = read.page(connection, operation.name, after=after, up_to=10_000, limit=10_000)
        return [seq for seq, _force, _text in rows]


def test_only_one_of_several_concurrent_openings_succeeds(database: Database) -> None:
    def opening() -> str:
        event = OperationOpenedFactory(forces=tuple(joined.force for joined in FORCES))
        new = Opening(operation="lantern", submission=Submission(event), forces=FORCES)
        try:
            open_operation(database, sender=CredentialFactory(force="metropolitan"), opening=new)
        except OperationExists:
            return "exists"
        return "opened"

    assert sorted(concurrently(opening, opening, opening)) == ["exists", "exists", "opened"]
    assert OpenedOperation(database, "lantern").head().seq == SETUP


def test_each_operation_has_its_own_seqs(database: Database) -> None:
    operations = [opened_operation(database, name) for name in ("lantern", "beacon")]

    def send_to(operation: OpenedOperation) -> Callable[[], list[int]]:
        return lambda: [operation.record(ArrestRecordedFactory()).seq for _ in range(10)]

    numbers = concurrently(*(send_to(operation) for operation in operations))
    assert numbers == [list(range(SETUP + 1, SETUP + 11))] * 2
