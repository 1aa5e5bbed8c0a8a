"""The results statement: what may be said in public of an operation's figures, and in which order.

Pure: made of figures, the operation and what was declared, whether these stand in the log or in a publication. It says
nothing in words; the words are in service/api/statement_templates.
Source: domain notes, the results statement; docs/reference/statement.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.domain.breakdown import RESIDUAL, Breakdown, breakdown_of
from service.domain.completeness import Outstanding
from service.domain.figures import BOUNDS, EXACT, Side
from service.domain.operation import Operation, Participant
from service.domain.period import Period, period_of
from service.domain.reference_data import Measure
from service.domain.second_views import second_views
from service.domain.stated_parts import Part, parts_of
from service.domain.statement_facts import Facts, Figure
from service.domain.thresholds import Claim, in_full, rounded
from service.domain.vocabulary import Qualifier

# After these, the order of the catalogue.
FIRST = ("arrests", "weapons", "drug_seizures", "vehicles", "cash")
HEADLINE, METHOD = "arrests", "officers_deployed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of the statement. `qualifier` is the recorded one, which `claim` may weaken."""

    measure: Measure
    category: str | None
    claim: Claim
    qualifier: Qualifier
    outstanding: tuple[Outstanding, ...]


@dataclass(frozen=True, slots=True)
class Owing:
    """A force that owes returns, for which days, and whether it owes them for every figure of the statement."""

    participant: Participant
    days: tuple[date, ...]
    of_all_figures: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said, in the order in which results are published. `headline` None: there is nothing to report yet.

    `forces` are those who took part, in their publishing order; `nobodys` stand for no single force and have results,
    so that others may have taken part; `officers` is a threshold where there is one. The views are measures, see
    `second_views`: those left out are not said.
    """

    operation: Operation
    lead: Participant
    forces: tuple[Participant, ...]
    nobodys: tuple[Participant, ...]
    parts: tuple[Part, ...]
    period: Period
    headline: Line | None
    officers: Line | None
    officers_by_day: bool
    lines: tuple[Line, ...]
    breakdown: Breakdown | None
    owing: tuple[Owing, ...]
    is_provisional: bool
    left_out_views: tuple[Measure, ...]
    overlapping_views: tuple[Measure, ...]

    @property
    def parts_to_come(self) -> tuple[Part, ...]:
        """The parts in which more may still happen."""
        return tuple(part for part in self.parts if part.period.stage.is_to_come)

    @property
    def has_parts_outside(self) -> bool:
        """Whether results of other days than the operation's are in these."""
        return any(part.is_outside for part in self.parts)


def make_statement(facts: Facts) -> Statement:
    """Return the statement of these facts."""
    operation, period = facts.operation, period_of(facts.operation, facts.moment)
    said = _lines(facts)
    lines = tuple(line for line in said if line.measure.measure != METHOD)
    parts = parts_of(operation, facts.parts, facts.moment)
    more_to_come = any(one.stage.is_to_come for one in (period, *(part.period for part in parts)))
    views = second_views(facts.figures, facts.by_force)
    officers = next((line for line in said if line.measure.measure == METHOD and line.claim.quantity), None)
    headline = _headline(lines)
    return Statement(
        operation=operation,
        lead=facts.lead,
        forces=tuple(_taking_part(operation)),
        nobodys=tuple(_nobodys(facts)),
        parts=parts,
        period=period,
        headline=None if headline is None else _rounded(headline, more_to_come=more_to_come),
        officers=None if officers is None else _rounded(officers, more_to_come=more_to_come),
        officers_by_day=facts.officers_by_day,
        lines=lines,
        breakdown=None if headline is None else _breakdown(facts, headline),
        owing=tuple(_owing(facts, said)),
        is_provisional=_is_provisional(facts, more_to_come=more_to_come),
        left_out_views=tuple(operation.measures[view] for view in views.left_out),
        overlapping_views=tuple(operation.measures[view] for view in views.overlapping),
    )


def _rounded(line: Line, *, more_to_come: bool) -> Line:
    """Return a line as it stands by itself, without the date line that says "so far" where more may still happen."""
    claim = rounded(line.claim)
    is_lower_bound = BOUNDS.get(claim.qualifier) is Side.LOWER
    return replace(line, claim=replace(claim, so_far=claim.so_far or (more_to_come and not is_lower_bound)))


def _is_provisional(facts: Facts, *, more_to_come: bool) -> bool:
    """Return whether the figures may still change, as far as is known; of a publication, whether it was said so."""
    if facts.label is not None:
        return facts.label == "provisional"
    return bool(facts.outstanding) or more_to_come


def _lines(facts: Facts) -> list[Line]:
    """Return all that is said in full, in publishing order; no arrests where they are known to be none."""
    left_out = second_views(facts.figures, facts.by_force).left_out
    lines = [_line(figure, facts) for figure in facts.figures if figure.measure not in left_out]
    if all(line.measure.measure != HEADLINE for line in lines) and _all_returns_are_in(facts):
        measure = facts.operation.measures[HEADLINE]
        nothing = in_full(0, EXACT, measure.unit, is_outstanding=False)
        lines.append(Line(measure=measure, category=None, claim=nothing, qualifier=EXACT, outstanding=()))
    order = [*FIRST, *facts.operation.measures]
    return sorted(lines, key=lambda line: order.index(line.measure.measure))


def _line(figure: Figure, facts: Facts) -> Line:
    measure = facts.operation.measures[figure.measure]
    # A path that is never summed does not hold what was recorded beneath it, so it is no more than a lower bound.
    is_bound = bool(figure.outstanding) or (not measure.additive and _has_more_beneath(figure, facts.figures))
    return Line(
        measure=measure,
        category=figure.category,
        claim=in_full(figure.quantity, figure.qualifier, measure.unit, is_outstanding=is_bound),
        qualifier=figure.qualifier,
        outstanding=tuple(figure.outstanding),
    )


def _headline(lines: Sequence[Line]) -> Line | None:
    """Return the first figure that is not zero, and the first of all where each is; never one of a category."""
    whole = [line for line in lines if line.category is None]
    return next((line for line in whole if line.claim.quantity), whole[0] if whole else None)


def _breakdown(facts: Facts, headline: Line) -> Breakdown | None:
    measure = headline.measure
    figures = {one.force: one for one in facts.by_force if one.force is not None and one.measure == measure.measure}
    return breakdown_of(
        facts.operation, measure, figures, owing=[one.force for one in headline.outstanding], returns=facts.declarations
    )


def _owing(facts: Facts, lines: Sequence[Line]) -> Iterable[Owing]:
    for one in facts.outstanding:
        of_all = all(any(owed.force == one.force for owed in line.outstanding) for line in lines)
        yield Owing(facts.operation.participants[one.force], one.days, of_all)


def _taking_part(operation: Operation) -> Iterable[Participant]:
    """Yield who took part: not what stands for no single force, nor a coordinator that is named as leading."""
    for one in operation.participants.values():
        leads_only = one.kind == "coordinator" and one.force == operation.lead_force
        if one.kind != RESIDUAL and not leads_only:
            yield one


def _nobodys(facts: Facts) -> Iterable[Participant]:
    """Yield what stands for no single force, where it has results."""
    recorded = {figure.force for figure in facts.by_force}
    return (one for one in facts.operation.participants.values() if one.kind == RESIDUAL and one.force in recorded)


def _all_returns_are_in(facts: Facts) -> bool:
    """Return whether a return was due and none is owed; before the first day nobody owes any."""
    has_begun = next(iter(facts.operation.days_begun_by(facts.moment)), None) is not None
    is_awaited = any(one.reports != "nothing" for one in facts.operation.participants.values())
    return has_begun and is_awaited and not facts.outstanding


def _has_more_beneath(figure: Figure, figures: Iterable[Figure]) -> bool:
    return any(
        one.measure == figure.measure and (one.category or "").startswith(f"{figure.category}/") for one in figures
    )
