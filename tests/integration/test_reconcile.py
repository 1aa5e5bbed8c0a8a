"""Reconciling while forces record events: all answers of a reconciliation are true at one position."""

from collections.abc import Mapping

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import read_claims
from service.domain.model.reference_data import Measure
from service.storage.db import Database
from service.usecases.reconciliation.reconcile import Reconciliation, reconcile
from tests.factories.claims import Json, block, document, figure
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD


def reconciled_while_recording(operation: OpenedOperation, growing: OpenedOperation, *blocks: Json) -> Reconciliation:
    """Reconcile claims with an operation; while they are read, record an arrest in the growing operation."""

    def read(measures: Mapping[str, Measure], name: str) -> ClaimsFile:
        growing.record(ArrestRecordedFactory(count=100))
        return read_claims(document(*blocks), measures, operation=name)

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
    assert found.totals.positions[0].seq == receipt.seq < operation.head().seq


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
