"""Reconciliation: compares printed figures with the record and with each other. Nothing is recorded or changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service.access.credentials import Credential
from service.domain.claims.claim import ClaimsFile
from service.domain.claims.compare import Comparison
from service.domain.claims.rules.between import compare_claims
from service.domain.claims.rules.findings import Finding
from service.domain.claims.rules.groups import OperationFacts
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure
from service.domain.statement.breakdown import RESIDUAL
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, read_as_of
from service.usecases.querying.totals import Totals
from service.usecases.reconciliation.claimed_figures import compare_claim, first_and_last
from service.usecases.reconciliation.claimed_totals import totals_as_of, totals_now

# Reads a claims file, given the operation's measures and name.
ReadClaims = Callable[[Mapping[str, Measure], str], ClaimsFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The comparison of each claim with the record, in the order of the file, and the findings between claims.

    `totals` are the current totals, which claims without a moment were compared with.
    """

    totals: Totals
    comparisons: tuple[Comparison, ...]
    findings: tuple[Finding, ...]

    @property
    def all_agree(self) -> bool:
        """Whether every claim agrees with the record, and no finding between claims is wrong."""
        return all(one.status == "agrees" for one in self.comparisons) and not any(
            one.is_wrong for one in self.findings
        )


def reconcile(database: Database, *, operation: str, credential: Credential, read: ReadClaims) -> Reconciliation:
    """Compare claims with the totals that this credential may see, and with each other.

    All claims without a moment are compared in one transaction, and so at the same positions.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        ClaimsUnreadable, WrongClaims: by `read`.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=Moment()) as (context, found):
        read_totals = totals_now(context, found)
        now = read_totals(operation, Selection())
        file = read(now.operation.measures, operation)
        compared = {one.place: compare_claim(one, operation, read_totals) for one in file.claims if one.moment is None}
    totals_at_moment = totals_as_of(database, credential)
    compared |= {
        one.place: compare_claim(one, operation, totals_at_moment(one.moment)) for one in file.claims if one.moment
    }
    return Reconciliation(
        totals=now,
        comparisons=tuple(compared[claim.place] for claim in file.claims),
        findings=tuple(compare_claims(file, facts_of(now.operation))),
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
        days=None if last is None else (first, last),
    )
