"""The results statement: which of an operation's figures may be stated in public, how exactly, and in which order.

Pure functions over figures, the operation and its declared returns, from the log or from a publication. The wording is
in service/exports/statement/templates.
Source: domain notes, the results statement; docs/reference/statement.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.domain.counting.completeness import OTHER_PARTS, Outstanding, Span, spans_of
from service.domain.counting.figures import BOUNDS, EXACT, Side
from service.domain.model.operation import Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import GROUP, Qualifier
from service.domain.statement.breakdown import RESIDUAL, ForceBreakdown, breakdown_of
from service.domain.statement.changes import StatedChanges, stated_changes
from service.domain.statement.facts import RecordedFigure, StatementFacts
from service.domain.statement.period import Period, period_of
from service.domain.statement.second_views import second_views
from service.domain.statement.stated_parts import StatedPart, parts_of
from service.domain.statement.thresholds import StatedNumber, in_full, rounded, to_one_decimal

# These measures come first; the rest follow in catalogue order.
FIRST = ("arrests", "weapons", "drug_seizures", "vehicles", "cash")
NOT_NAMED = Participant(force=OTHER_PARTS, name="other parts", kind="", reports="events")
HEADLINE, METHOD = "arrests", "officers_deployed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One figure of the statement. `qualifier` is the recorded one; `stated` may have a weaker one."""

    measure: Measure
    category: str | None
    stated: StatedNumber
    qualifier: Qualifier
    outstanding: tuple[Outstanding, ...]


@dataclass(frozen=True, slots=True)
class Owing:
    """A force that owes returns, the days it owes them for, and whether they affect every figure of the statement."""

    participant: Participant
    days: tuple[date, ...]
    of_all_figures: bool
    among: tuple[date, ...] = ()

    @property
    def spans(self) -> list[Span]:
        """The days as spans, in order."""
        return spans_of(self.days, self.among)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The content of a statement, in publishing order. `headline` None: there is nothing to report yet.

    `forces` are those that took part, in publishing order. `residuals` are residual forces with results; `has_rest`: a
    figure has more than the figures of each force. Then other forces may have taken part. `officers` is rounded to a
    threshold if it has one. The views are measures (see `second_views`); those left out are not stated. `other_parts`
    are in the figures, and not to be named. `changes` None: there is no earlier publication. `is_public`: it names no
    part. `has_rounded_weights`: a figure is a weight that is not given to the milligram.
    """

    operation: Operation
    lead: Participant
    forces: tuple[Participant, ...]
    residuals: tuple[Participant, ...]
    has_rest: bool
    parts: tuple[StatedPart, ...]
    other_parts: tuple[StatedPart, ...]
    period: Period
    headline: StatementLine | None
    officers: StatementLine | None
    officers_by_day: bool
    lines: tuple[StatementLine, ...]
    breakdown: ForceBreakdown | None
    owing: tuple[Owing, ...]
    is_provisional: bool
    left_out_views: tuple[Measure, ...]
    overlapping_views: tuple[Measure, ...]
    changes: StatedChanges | None
    is_public: bool = False
    has_rounded_weights: bool = False

    @property
    def may_have_others(self) -> bool:
        """Whether others than the named forces may have taken part."""
        return self.has_rest or bool(self.residuals)

    @property
    def parts_to_come(self) -> tuple[StatedPart, ...]:
        """The parts that are planned or under way."""
        return tuple(part for part in self.parts if part.period.stage.is_to_come)

    @property
    def has_parts_to_come(self) -> bool:
        """Whether parts are planned or under way, also those not to be named."""
        return any(part.period.stage.is_to_come for part in (*self.parts, *self.other_parts))

    @property
    def has_parts_outside(self) -> bool:
        """Whether the results include days that are not the operation's."""
        return any(part.is_outside for part in (*self.parts, *self.other_parts))


def make_statement(facts: StatementFacts) -> Statement:
    """Return the statement made from these facts."""
    operation, period = facts.operation, period_of(facts.operation, facts.moment)
    all_lines = _lines(facts)
    lines = tuple(line for line in all_lines if line.measure.measure != METHOD)
    parts, other_parts = (parts_of(operation, some, facts.moment) for some in (facts.parts, facts.other_parts))
    more_to_come = any(one.stage.is_to_come for one in (period, *(part.period for part in (*parts, *other_parts))))
    views = second_views(facts.figures, facts.by_force)
    officers = next((line for line in all_lines if line.measure.measure == METHOD and line.stated.quantity), None)
    headline = _headline(lines)
    return Statement(
        operation=operation,
        lead=facts.lead,
        forces=tuple(_taking_part(operation)),
        residuals=tuple(_residuals(facts)),
        has_rest=bool(facts.not_attributed),
        parts=parts,
        other_parts=other_parts,
        period=period,
        headline=None if headline is None else _rounded(headline, more_to_come=more_to_come),
        officers=None if officers is None else _rounded(officers, more_to_come=more_to_come),
        officers_by_day=facts.officers_by_day,
        lines=lines,
        breakdown=None if headline is None else _breakdown(facts, headline),
        owing=tuple(_owing(facts, all_lines)),
        is_provisional=_is_provisional(facts, more_to_come=more_to_come),
        left_out_views=tuple(operation.measures[view] for view in views.left_out),
        overlapping_views=tuple(operation.measures[view] for view in views.overlapping),
        changes=None
        if facts.earlier is None
        else stated_changes(facts.earlier, operation.measures, left_out=views.left_out),
    )


def for_the_public(statement: Statement) -> Statement:
    """Return a statement that names no part, its weights rounded to one decimal place of the unit they are shown in."""
    lines = tuple(replace(line, stated=to_one_decimal(line.stated)) for line in statement.lines)
    breakdown = statement.breakdown
    if breakdown is not None:
        by_force = (replace(line, stated=to_one_decimal(line.stated)) for line in breakdown.lines)
        rest = None if breakdown.rest is None else to_one_decimal(breakdown.rest)
        breakdown = replace(breakdown, lines=tuple(by_force), rest=rest)
    is_rounded = (lines, breakdown) != (statement.lines, statement.breakdown)
    return replace(statement, is_public=True, lines=lines, breakdown=breakdown, has_rounded_weights=is_rounded)


def _rounded(line: StatementLine, *, more_to_come: bool) -> StatementLine:
    """Return a line for use on its own: rounded, and `so_far` if more may come, since no date line says "so far"."""
    stated = rounded(line.stated)
    is_lower_bound = BOUNDS.get(stated.qualifier) is Side.LOWER
    return replace(line, stated=replace(stated, so_far=stated.so_far or (more_to_come and not is_lower_bound)))


def _is_provisional(facts: StatementFacts, *, more_to_come: bool) -> bool:
    """Return whether the figures may still change; for a publication, whether its label says so."""
    if facts.label is not None:
        return facts.label == "provisional"
    return bool(facts.outstanding) or more_to_come


def _lines(facts: StatementFacts) -> list[StatementLine]:
    """Return every figure stated in full, in publishing order; 0 arrests if all returns are in and none is recorded."""
    left_out = second_views(facts.figures, facts.by_force).left_out
    lines = [_line(figure, facts) for figure in facts.figures if figure.measure not in left_out]
    if all(line.measure.measure != HEADLINE for line in lines) and _all_returns_are_in(facts):
        measure = facts.operation.measures[HEADLINE]
        nothing = in_full(0, EXACT, measure.unit, is_outstanding=False)
        lines.append(StatementLine(measure=measure, category=None, stated=nothing, qualifier=EXACT, outstanding=()))
    order = [*FIRST, *facts.operation.measures]
    return sorted(lines, key=lambda line: order.index(line.measure.measure))


def _line(figure: RecordedFigure, facts: StatementFacts) -> StatementLine:
    measure = facts.operation.measures[figure.measure]
    # If the measure is not additive, a path's figure excludes what was recorded beneath it: it is only a lower bound.
    is_bound = bool(figure.outstanding) or (not measure.additive and _has_more_beneath(figure, facts.figures))
    return StatementLine(
        measure=measure,
        category=figure.category,
        stated=in_full(figure.quantity, figure.qualifier, measure.unit, is_outstanding=is_bound, most=figure.most),
        qualifier=figure.qualifier,
        outstanding=tuple(figure.outstanding),
    )


def _headline(lines: Sequence[StatementLine]) -> StatementLine | None:
    """Return the first figure above zero, or the first of all if each is zero; never the figure of a category."""
    whole = [line for line in lines if line.category is None]
    return next((line for line in whole if line.stated.quantity), whole[0] if whole else None)


def _breakdown(facts: StatementFacts, headline: StatementLine) -> ForceBreakdown | None:
    measure = headline.measure
    figures = {one.force: one for one in facts.by_force if one.force is not None and one.measure == measure.measure}
    return breakdown_of(
        facts.operation,
        measure,
        figures,
        rest=next((one for one in facts.not_attributed if one.measure == measure.measure), None),
        owing=[one.force for one in headline.outstanding],
        returns=facts.declarations,
    )


def _owing(facts: StatementFacts, lines: Sequence[StatementLine]) -> Iterable[Owing]:
    for one in facts.outstanding:
        of_all = all(any(owed.force == one.force for owed in line.outstanding) for line in lines)
        named = NOT_NAMED if one.force == OTHER_PARTS else facts.operation.participants[one.force]
        yield Owing(named, one.days, of_all, one.among)


def _taking_part(operation: Operation) -> Iterable[Participant]:
    """Yield the forces that took part: not residual forces or groups, nor the coordinator that is named as the lead."""
    for one in operation.participants.values():
        leads_only = one.kind == "coordinator" and one.force == operation.lead_force
        if one.kind not in (RESIDUAL, GROUP) and not leads_only:
            yield one


def _residuals(facts: StatementFacts) -> Iterable[Participant]:
    """Return the residual forces that have results."""
    recorded = {figure.force for figure in facts.by_force}
    return (one for one in facts.operation.participants.values() if one.kind == RESIDUAL and one.force in recorded)


def _all_returns_are_in(facts: StatementFacts) -> bool:
    """Return whether returns were due and none is outstanding; none is due before the first day."""
    has_begun = next(iter(facts.operation.days_begun_by(facts.moment)), None) is not None
    is_awaited = bool(facts.operation.reporting)
    return has_begun and is_awaited and not facts.outstanding


def _has_more_beneath(figure: RecordedFigure, figures: Iterable[RecordedFigure]) -> bool:
    return any(
        one.measure == figure.measure and (one.category or "").startswith(f"{figure.category}/") for one in figures
    )
