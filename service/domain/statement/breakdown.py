"""The breakdown of a figure by force, in the coordinator's order.

A force gets a zero only if its returns are in, and only if no result that was reported for no single force may be its.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from service.domain.counting.completeness import NIL, Declarations, newest_status
from service.domain.counting.figures import EXACT
from service.domain.model.operation import Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.statement.facts import RecordedFigure
from service.domain.statement.thresholds import StatedNumber, in_full

RESIDUAL = "residual"
NOT_ATTRIBUTED = "Not attributed to a force"


@dataclass(frozen=True, slots=True)
class ForceLine:
    """One force's contribution to a figure."""

    participant: Participant
    stated: StatedNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceBreakdown:
    """One measure by force.

    `left_out` owe a return for it; `in_total` are those of them that have recorded some of it. `unattributed` recorded
    none of it and declared no nil, while some was reported for no single force and may be theirs. `rest` is what was
    stated of all forces together and belongs to none of the lines; None: nothing.
    """

    measure: Measure
    lines: tuple[ForceLine, ...]
    left_out: tuple[Participant, ...]
    in_total: tuple[Participant, ...]
    unattributed: tuple[Participant, ...] = ()
    rest: StatedNumber | None = None


def breakdown_of(
    operation: Operation,
    measure: Measure,
    figures: Mapping[str, RecordedFigure],
    *,
    rest: RecordedFigure | None = None,
    owing: Collection[str],
    returns: Declarations,
) -> ForceBreakdown | None:
    """Return the breakdown of a measure by force; None if only one force reports all of it, or if no force has a line.

    `figures` are those of this measure, by force; `rest` is the one that belongs to no force; `owing` are the forces
    whose returns for it are outstanding.
    """
    reporting = operation.reporting
    if len(reporting) < 2 and rest is None:  # noqa: PLR2004 - one force alone is the total
        return None
    reported = {one.force for one in reporting if _has_reported(one, measure, returns)}
    has_residual = rest is not None or any(
        _is_something(figures.get(one.force)) for one in reporting if one.kind == RESIDUAL
    )
    lines, left_out, unattributed = [], [], []
    for one in reporting:
        stated = _stated(one, measure, figures.get(one.force), is_outstanding=one.force in owing)
        if stated is None or one.force not in reported:
            left_out += [one] if one.force in owing else []
        elif has_residual and one.force not in figures and not _said_nil(one.force, measure, returns):
            unattributed.append(one)
        else:
            lines.append(ForceLine(one, stated))
    if all(line.participant.kind == RESIDUAL for line in lines):
        return None
    return ForceBreakdown(
        measure=measure,
        lines=tuple(lines),
        left_out=tuple(left_out),
        in_total=tuple(one for one in left_out if one.force in figures),
        unattributed=tuple(unattributed),
        rest=None
        if rest is None
        else in_full(rest.quantity, rest.qualifier, measure.unit, is_outstanding=bool(owing), most=rest.most),
    )


def _stated(
    participant: Participant, measure: Measure, figure: RecordedFigure | None, *, is_outstanding: bool
) -> StatedNumber | None:
    """Return the number to state for a force; None if none may be stated.

    Without a figure it is 0 if every return is in. A residual force never gets a zero.
    """
    if figure is not None:
        return in_full(figure.quantity, figure.qualifier, measure.unit, is_outstanding=is_outstanding, most=figure.most)
    if is_outstanding or participant.kind == RESIDUAL:
        return None
    return in_full(0, EXACT, measure.unit, is_outstanding=False)


def _has_reported(participant: Participant, measure: Measure, returns: Declarations) -> bool:
    """Return whether the force has made a return that covers the measure; a tally is itself a return."""
    is_tallied = participant.reports == "tallies" or not measure.core
    declared = (one for (by, _day), of in returns.items() if by == participant.force for one in of.declared)
    return is_tallied or any(one.covers(measure.measure) for one in declared)


def _said_nil(force: str, measure: Measure, returns: Declarations) -> bool:
    """Return whether, for each day, the newest return that covers the measure is nil."""
    said = {one.said for (by, _day), one in returns.items() if by == force}
    return bool(said) and all(newest_status(one, measure.measure) == NIL for one in said)


def _is_something(figure: RecordedFigure | None) -> bool:
    return figure is not None and figure.quantity > 0
