"""Reconciling while forces record events: all answers of a reconciliation are true at one position."""

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import WrongClaims, read_claims
from service.domain.model.reference_data import Measure
from service.storage.db import Database
from service.usecases.reconciliation.at_once import MOST_AT_ONCE, TooManyReconciliations
from service.usecases.reconciliation.questions import MOST_MOMENTS
from service.usecases.reconciliation.reconcile import ReadClaims, Reconciliation, reconcile
from tests.factories.claims import Json, block, document, figure
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD


def reconciled_while_recording(operation: OpenedOperation, growing: OpenedOperation, *blocks: Json) -> Reconciliation:
    """Reconcile claims with an operation; once its transaction reads totals, record an arrest in the growing one."""
    engine, waiting = operation.database.engine, [growing]

    def executing(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "sum(" in statement and waiting:
            waiting.pop().record(ArrestRecordedFactory(count=100))

    def read(measures: Mapping[str, Measure], name: str) -> ClaimsFile:
        return read_claims(document(*blocks), measures, operation=name)

    sa.event.listen(engine, "before_cursor_execute", executing)
    found = reconciled(operation, read)
    sa.event.remove(engine, "before_cursor_execute", executing)
    assert not waiting
    return found


def reconciled(operation: OpenedOperation, read: ReadClaims) -> Reconciliation:
    lead = CredentialFactory(force=LEAD)
    return reconcile(operation.database, operation=operation.name, credential=lead, read=read)


def verdicts(found: Reconciliation) -> list[str | None]:
    return [one.as_it_stands for one in found.comparisons]


def test_an_event_recorded_during_a_reconciliation_affects_none_of_its_answers(operation: OpenedOperation) -> None:
    receipt = operation.record(ArrestRecordedFactory(count=5, reason="knife"))
    scopes: list[Json] = [{}, {"forces": ["surrey"]}, {"days": ["2023-01-17", "2023-01-18"]}]
    claims = [block(figure(5), figure(5, category="knife"), **scope) for scope in scopes]
    found = reconciled_while_recording(operation, operation, *claims)
    assert verdicts(found) == ["agrees"] * 6
    assert found.position.seq == receipt.seq < operation.head().seq


def test_a_part_is_read_at_the_same_moment_as_the_whole(database: Database, operation: OpenedOperation) -> None:
    inner = opened_operation(database, "inner", part_of=(operation.name,))
    inner.record(ArrestRecordedFactory(count=3))
    found = reconciled_while_recording(operation, inner, block(figure(3), operation="inner"))
    assert verdicts(found) == ["agrees"]


def test_claims_as_of_different_moments_are_answered_in_file_order(operation: OpenedOperation) -> None:
    receipt = operation.record(ArrestRecordedFactory(count=5))
    then = receipt.recorded.recorded_at.isoformat()
    blocks = [block(figure(5), as_of=then), block(figure(5)), block(figure(6), as_of=then), block(figure(6))]
    found = reconciled_while_recording(operation, operation, *blocks)
    assert verdicts(found) == ["agrees", "agrees", "differs", "differs"]
    assert [one.claim.place for one in found.comparisons] == [f"/claims/{number}/figures/0" for number in range(4)]


def test_no_connection_is_held_while_the_file_is_read(operation: OpenedOperation) -> None:
    held = []

    def read(measures: Mapping[str, Measure], name: str) -> ClaimsFile:
        held.append(operation.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return read_claims(document(block(figure(0))), measures, operation=name)

    reconciled(operation, read)
    assert held == [0]


def test_a_process_makes_few_reconciliations_at_once(operation: OpenedOperation) -> None:
    everybody_reads, may_go_on = threading.Barrier(MOST_AT_ONCE + 1), threading.Event()

    def read(measures: Mapping[str, Measure], name: str) -> ClaimsFile:
        everybody_reads.wait(10)
        may_go_on.wait(10)
        return at_once(measures, name)

    def at_once(measures: Mapping[str, Measure], name: str) -> ClaimsFile:
        return read_claims(document(block(figure(0))), measures, operation=name)

    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        running = [threads.submit(reconciled, operation, read) for _ in range(MOST_AT_ONCE)]
        everybody_reads.wait(10)
        with pytest.raises(TooManyReconciliations, match="at most 2 reconciliations at once"):
            reconciled(operation, at_once)
        may_go_on.set()
        assert [len(one.result(10).comparisons) for one in running] == [1] * MOST_AT_ONCE
    assert len(reconciled(operation, at_once).comparisons) == 1


@pytest.mark.parametrize("key", ["as_of", "operation"])
def test_a_file_that_asks_about_too_many_operations_or_moments_is_refused(operation: OpenedOperation, key: str) -> None:
    def read(measures: Mapping[str, Measure], name: str) -> ClaimsFile:
        named = ((f"2023-01-18T00:00:{one:02}Z" if key == "as_of" else f"o{one}") for one in range(MOST_MOMENTS + 1))
        return read_claims(document(*(block(figure(1), **{key: one}) for one in named)), measures, operation=name)

    with pytest.raises(WrongClaims, match=r"Expected figures of at most 20 .*; found 21. Split the file\."):
        reconciled(operation, read)
