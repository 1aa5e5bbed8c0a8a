"""Reconciliation: compares printed figures with the record and with each other. Nothing is recorded or changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.access.credentials import Credential
from service.domain.claims.claim import ClaimsFile
from service.domain.claims.compare import Comparison
from service.domain.claims.rules.between import compare_claims
from service.domain.claims.rules.findings import Findings
from service.domain.claims.rules.groups import OperationFacts, with_forces_of_sources
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure
from service.domain.statement.breakdown import RESIDUAL
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.read_context import Position, combined_at
from service.usecases.reconciliation.at_once import ReconciliationPlaces
from service.usecases.reconciliation.claimed_figures import compare_claim, first_and_last
from service.usecases.reconciliation.claimed_totals import records_as_of, records_now
from service.usecases.reconciliation.questions import check_questions

# Reads a claims file, given the operation's measures and name.
ReadClaims = Callable[[Mapping[str, Measure], str], ClaimsFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The comparison of each claim with the record, in the order of the file, and the findings between claims.

    Claims without a moment were compared with the record at `position`. `operation` has the forces of all its parts.
    """

    operation: Operation
    position: Position
    comparisons: tuple[Comparison, ...]
    findings: Findings

    @property
    def all_agree(self) -> bool:
        """Whether every claim agrees with the record, and no finding between claims is wrong."""
        return all(one.status == "agrees" for one in self.comparisons) and not self.findings.any_wrong


def reconcile(database: Database, *, operation: str, credential: Credential, read: ReadClaims) -> Reconciliation:
    """Compare claims with the totals that this credential may see, and with each other.

    The file is read before the transaction begins. All claims without a moment are compared in one transaction, and so
    at the same positions.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        TooManyReconciliations: this process is making its maximum number of reconciliations.
        ClaimsUnreadable, WrongClaims: by `read`, or the claims have too many scopes or moments.
    """
    with database.singleton(ReconciliationPlaces).one():
        file = read(_measures(database, operation, credential), operation)
        check_questions(file)
        return _compared(database, operation, credential, file)


def _measures(database: Database, operation: str, credential: Credential) -> Mapping[str, Measure]:
    """Return the measures of an operation and its parts."""
    with read_as_of(database, operation=operation, credential=credential, moment=Moment()) as (_context, found):
        return combined_at(found).measures


def _compared(database: Database, operation: str, credential: Credential, file: ClaimsFile) -> Reconciliation:
    measures = frozenset(claim.measure for claim in file.claims)
    with read_as_of(database, operation=operation, credential=credential, moment=Moment()) as (context, found):
        read_record = records_now(context, found, measures)
        now = read_record(operation).operation
        file = with_forces_of_sources(file, facts_of(now))
        compared = {one.place: compare_claim(one, operation, read_record) for one in file.claims if one.moment is None}
    records_at = records_as_of(database, operation, credential, measures)
    compared |= {one.place: compare_claim(one, operation, records_at(one.moment)) for one in file.claims if one.moment}
    return Reconciliation(
        operation=now,
        position=found[0],
        comparisons=tuple(compared[claim.place] for claim in file.claims),
        findings=compare_claims(file, facts_of(now)),
    )


def facts_of(operation: Operation) -> OperationFacts:
    """Return the forces and days of an operation, for checks between claims.

    A claim's list of forces may omit forces that report nothing, and the residual ones, which hold figures published
    for no single force.
    """
    participants = operation.participants.values()
    first, last = first_and_last(operation.days)
    return OperationFacts(
        forces=frozenset(one.force for one in participants if one.reports != "nothing"),
        optional_forces=frozenset(
            one.force for one in participants if one.reports == "nothing" or one.kind == RESIDUAL
        ),
        has_others=any(one.kind == RESIDUAL for one in participants),
        days=None if last is None or not operation.dates_known else (first, last),
        groups=operation.groups,
    )
