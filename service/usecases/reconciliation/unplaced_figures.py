"""Recorded figures that may belong to a claim although they are not placed in its scope.

Activities over several days belong to no single day. If nothing is recorded under a claim's category and force, figures
with no category stated, under a wider category, or for no single force may belong to the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from service.domain.claims.bounds import summed
from service.domain.claims.claim import Claim
from service.domain.claims.compare import Unplaced, recorded_bounds
from service.domain.claims.extents import ALL, extent
from service.domain.counting.rules import NOBODY
from service.domain.counting.selection import Selection
from service.domain.model.vocabulary import UNSTATED, Qualifier
from service.domain.statement.breakdown import RESIDUAL
from service.usecases.querying.totals import Figure
from service.usecases.reconciliation.claimed_totals import Record

SEVERAL_DAYS, NO_NARROW_CATEGORY, NO_SINGLE_FORCE = (
    "over several days",
    "under no category or a wider one",
    "for no single force",
)


@dataclass(frozen=True, slots=True)
class UnplacedFigure:
    """A recorded figure, and the reasons why it may not belong to the claim; without reasons, it does belong."""

    quantity: int
    qualifier: Qualifier
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnplacedSearch:
    """The search for figures that may belong to a claim.

    `by_day`: the claim excludes some of the operation's days. `is_nil`: nothing is recorded under the claim's category
    and force.
    """

    claim: Claim
    record: Record
    residual_forces: frozenset[str]
    by_day: bool
    is_nil: bool

    def candidates(self) -> Iterator[UnplacedFigure]:
        """Yield the figures in the claim's categories, and above them, that belong or may belong to it."""
        by = ("force", "day") if self.by_day else ("force",)
        if self.by_day or (self.residual_forces and not self.claim.scope.forces.is_all):
            for figure in self._read(self._inside(by)):
                if self.claim.additive or figure.category in self.claim.scope.categories.included:
                    yield from self._placed(figure, figure.quantity, ())
        if self.is_nil and ALL not in self.claim.scope.categories.included:
            for figure, quantity in self._above(list(self._read(Selection(by=(*by, "category"))))):
                yield from self._placed(figure, quantity, (NO_NARROW_CATEGORY,))

    def _inside(self, by: tuple[str, ...]) -> Selection:
        paths = self.claim.scope.categories
        included, excluded = tuple(sorted(paths.included - {ALL})), tuple(sorted(paths.excluded))
        return Selection(by=by, categories=included, without_categories=excluded)

    def _read(self, selection: Selection) -> Iterable[Figure]:
        return self.record.figures(replace(selection, measures=(self.claim.measure,)))

    def _placed(self, figure: Figure, quantity: int, reasons: tuple[str, ...]) -> Iterator[UnplacedFigure]:
        scope, force = self.claim.scope, figure.force or NOBODY
        if self.by_day and scope.days is not None:
            if figure.day is None:
                reasons = (*reasons, SEVERAL_DAYS)
            elif not scope.days[0] <= figure.day <= scope.days[1]:
                return
        if extent([force]).within(scope.forces):
            yield UnplacedFigure(quantity, figure.qualifier, reasons)
        elif force in self.residual_forces:
            yield UnplacedFigure(quantity, figure.qualifier, (*reasons, NO_SINGLE_FORCE))

    def _above(self, figures: list[Figure]) -> Iterator[tuple[Figure, int]]:
        """Yield figures with no category stated, or one above the claim's, each with the quantity in no subcategory."""
        paths = self.claim.scope.categories
        wider = {UNSTATED, *paths.above} - paths.included
        for figure in figures:
            if figure.category in wider:
                beneath = sum(one.quantity for one in figures if self.claim.additive and _is_child(one, figure))
                if figure.quantity > beneath:
                    yield figure, figure.quantity - beneath


def unplaced(claim: Claim, record: Record, *, by_day: bool, is_nil: bool) -> Unplaced:
    """Return the quantity that may belong to a claim, and the reasons. `by_day` and `is_nil` as in UnplacedSearch."""
    participants = record.operation.participants.values()
    residual_forces = frozenset(
        (NOBODY, *(one.force for one in participants if one.kind == RESIDUAL)) if is_nil else ()
    )
    search = UnplacedSearch(claim=claim, record=record, residual_forces=residual_forces, by_day=by_day, is_nil=is_nil)
    found = [one for one in search.candidates() if one.reasons]
    before = summed([recorded_bounds(one.quantity, one.qualifier) for one in found]).before
    reasons = tuple(
        word
        for word in (SEVERAL_DAYS, NO_NARROW_CATEGORY, NO_SINGLE_FORCE)
        if any(word in one.reasons for one in found)
    )
    return Unplaced(None if before is None else before - 1, reasons)


def _is_child(one: Figure, parent: Figure) -> bool:
    is_beside = (one.force, one.day) == (parent.force, parent.day)
    return is_beside and (one.category or "").rpartition("/")[0] == parent.category
