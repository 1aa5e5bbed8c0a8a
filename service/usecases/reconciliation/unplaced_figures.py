"""What the record has that may belong to a claim without saying so: it must not be taken for nothing.

Activities over several days belong to no day. Where nothing at all is recorded under a claim's own category and force,
what is recorded with no category stated, under a wider one, or for no single force may be it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from service.domain.claims.bounds import summed
from service.domain.claims.claim import Claim
from service.domain.claims.compare import Unplaced, recorded_bounds
from service.domain.claims.extents import ALL, extent
from service.domain.counting.selection import Selection
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import UNSTATED, Qualifier
from service.domain.statement.breakdown import RESIDUAL
from service.usecases.querying.totals import Figure, Totals

Ask = Callable[[Selection], Totals]

UNDATED, UNSORTED, NOBODYS = "over several days", "under no category or a wider one", "for no single force"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is recorded, and why it may not belong to the claim; for no reason if it does belong."""

    quantity: int
    qualifier: Qualifier
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Looks for what may belong to a claim.

    `by_day`: its days leave out some of the operation's; `is_nil`: under its own category and force there is nothing.
    """

    claim: Claim
    ask: Ask
    nobodys: frozenset[str]
    by_day: bool
    is_nil: bool

    def parts(self) -> Iterator[Part]:
        """Yield the parts of what is recorded in the claim's categories, and above them, that may belong to it."""
        by = ("force", "day") if self.by_day else ("force",)
        if self.by_day or (self.nobodys and not self.claim.scope.forces.is_all):
            for figure in self._asked(self._inside(by)):
                if self.claim.additive or figure.category in self.claim.scope.categories.included:
                    yield from self._part(figure, figure.quantity, ())
        if self.is_nil and ALL not in self.claim.scope.categories.included:
            for figure, quantity in self._above(list(self._asked(Selection(by=(*by, "category"))))):
                yield from self._part(figure, quantity, (UNSORTED,))

    def _inside(self, by: tuple[str, ...]) -> Selection:
        paths = self.claim.scope.categories
        included, excluded = tuple(sorted(paths.included - {ALL})), tuple(sorted(paths.excluded))
        return Selection(by=by, categories=included, without_categories=excluded)

    def _asked(self, selection: Selection) -> Iterable[Figure]:
        return (figure for figure in self.ask(selection).figures if figure.measure == self.claim.measure)

    def _part(self, figure: Figure, quantity: int, why: tuple[str, ...]) -> Iterator[Part]:
        scope, force = self.claim.scope, figure.force or ""
        if self.by_day and scope.days is not None:
            if figure.day is None:
                why = (*why, UNDATED)
            elif not scope.days[0] <= figure.day <= scope.days[1]:
                return
        if extent([force]).within(scope.forces):
            yield Part(quantity, figure.qualifier, why)
        elif force in self.nobodys:
            yield Part(quantity, figure.qualifier, (*why, NOBODYS))

    def _above(self, figures: list[Figure]) -> Iterator[tuple[Figure, int]]:
        """Yield what is recorded with no category stated, or above the claim's and beneath it no further: how much."""
        paths = self.claim.scope.categories
        wider = {UNSTATED, *paths.above} - paths.included
        for figure in figures:
            if figure.category in wider:
                beneath = sum(one.quantity for one in figures if self.claim.additive and _is_child(one, figure))
                if figure.quantity > beneath:
                    yield figure, figure.quantity - beneath


def unplaced(claim: Claim, state: Operation, ask: Ask, *, by_day: bool, is_nil: bool) -> Unplaced:
    """Return what may belong to a claim, and why it may not. `by_day` and `is_nil` as for the search."""
    nobodys = frozenset(one.force for one in state.participants.values() if one.kind == RESIDUAL and is_nil)
    search = Search(claim=claim, ask=ask, nobodys=nobodys, by_day=by_day, is_nil=is_nil)
    found = [part for part in search.parts() if part.why]
    before = summed([recorded_bounds(part.quantity, part.qualifier) for part in found]).before
    reasons = tuple(word for word in (UNDATED, UNSORTED, NOBODYS) if any(word in part.why for part in found))
    return Unplaced(None if before is None else before - 1, reasons)


def _is_child(one: Figure, parent: Figure) -> bool:
    is_beside = (one.force, one.day) == (parent.force, parent.day)
    return is_beside and (one.category or "").rpartition("/")[0] == parent.category
