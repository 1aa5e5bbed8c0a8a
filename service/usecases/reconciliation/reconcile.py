"""Reconciling: figures as printed beside the record, and beside each other. Nothing is recorded or changed."""

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
from service.usecases.reconciliation.claimed_totals import asking_as_of, asking_now

# Reads a claims file, given the measures that there are and the operation that it is to be compared with.
ReadClaims = Callable[[Mapping[str, Measure], str], ClaimsFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What the record says to each claim, in the order of the file, and what the claims say to each other.

    `totals` are those that claims without a moment of their own were compared with.
    """

    totals: Totals
    comparisons: tuple[Comparison, ...]
    findings: tuple[Finding, ...]

    @property
    def all_agree(self) -> bool:
        """Whether every claim agrees with the record, and nothing is wrong between them."""
        return all(one.status == "agrees" for one in self.comparisons) and not any(
            one.is_wrong for one in self.findings
        )


def reconcile(database: Database, *, operation: str, credential: Credential, read: ReadClaims) -> Reconciliation:
    """Compare claims with the totals that this credential may see, and with each other.

    All claims without a moment of their own are compared in one transaction, so that they are true at one log position.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        ClaimsUnreadable, WrongClaims: by `read`.
    """
    with read_as_of(database, operation=operation, credential=credential, moment=Moment()) as (context, found):
        ask = asking_now(context, found)
        now = ask(operation, Selection())
        file = read(now.operation.measures, operation)
        compared = {one.place: compare_claim(one, operation, ask) for one in file.claims if one.moment is None}
    asking = asking_as_of(database, credential)
    compared |= {one.place: compare_claim(one, operation, asking(one.moment)) for one in file.claims if one.moment}
    return Reconciliation(
        totals=now,
        comparisons=tuple(compared[claim.place] for claim in file.claims),
        findings=tuple(compare_claims(file, facts_of(now.operation))),
    )


def facts_of(operation: Operation) -> OperationFacts:
    """Return what the record knows of an operation's forces and days.

    A list of its forces may leave out those that report nothing, and the made-up ones that hold what was published for
    no single force.
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
