"""The breakdown of a figure by force, in the coordinator's order. None is not nil: no return, no zero.

Nor is there a zero for a force that may have made what was reported for no single force.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from service.domain.completeness import NIL, Declaration, Declarations
from service.domain.figures import EXACT
from service.domain.operation import Operation, Participant
from service.domain.reference_data import Measure
from service.domain.thresholds import Claim, in_full
from service.domain.vocabulary import Qualifier

RESIDUAL = "residual"


class Part(Protocol):
    """The figure of one force."""

    @property
    def quantity(self) -> int: ...  # noqa: D102
    @property
    def qualifier(self) -> Qualifier: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class ForceLine:
    """What one force contributed."""

    participant: Participant
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """A measure by force. `left_out` owe a return for it; those of them that are `in_total` recorded some of it.

    `unattributed` recorded none of it and did not say nil, while some was reported for no single force: maybe theirs.
    """

    measure: Measure
    lines: tuple[ForceLine, ...]
    left_out: tuple[Participant, ...]
    in_total: tuple[Participant, ...]
    unattributed: tuple[Participant, ...] = ()


def breakdown_of(
    operation: Operation,
    measure: Measure,
    figures: Mapping[str, Part],
    *,
    owing: Collection[str],
    returns: Declarations,
) -> Breakdown | None:
    """Return a measure by force; None where it would say nothing: one force alone reports, or none has a line.

    `figures` are those of this measure, by force; `owing` are the forces whose returns for it are outstanding.
    """
    reporting = [one for one in operation.participants.values() if one.reports != "nothing"]
    if len(reporting) < 2:  # noqa: PLR2004 - one force alone is the total
        return None
    reported = {one.force for one in reporting if _has_reported(one, measure, returns)}
    some_is_nobodys = any(_is_something(figures.get(one.force)) for one in reporting if one.kind == RESIDUAL)
    lines, left_out, unattributed = [], [], []
    for one in reporting:
        claim = _claim(one, measure, figures.get(one.force), is_outstanding=one.force in owing)
        if claim is None or one.force not in reported:
            left_out += [one] if one.force in owing else []
        elif some_is_nobodys and one.force not in figures and not _said_nil(one.force, measure, returns):
            unattributed.append(one)
        else:
            lines.append(ForceLine(one, claim))
    if all(line.participant.kind == RESIDUAL for line in lines):
        return None
    return Breakdown(
        measure=measure,
        lines=tuple(lines),
        left_out=tuple(left_out),
        in_total=tuple(one for one in left_out if one.force in figures),
        unattributed=tuple(unattributed),
    )


def _claim(participant: Participant, measure: Measure, part: Part | None, *, is_outstanding: bool) -> Claim | None:
    """Return what is said of a force's part; None where nothing may be.

    Without a figure it is 0 only where every return is in. What was reported for no single force is never a zero.
    """
    if part is not None:
        return in_full(part.quantity, part.qualifier, measure.unit, is_outstanding=is_outstanding)
    if is_outstanding or participant.kind == RESIDUAL:
        return None
    return in_full(0, EXACT, measure.unit, is_outstanding=False)


def _has_reported(participant: Participant, measure: Measure, returns: Declarations) -> bool:
    """Return whether the force has made a return that speaks of the measure; a tally is one by itself."""
    is_tallied = participant.reports == "tallies" or not measure.core
    return is_tallied or any(one.speaks_of(measure.measure) for one in _declared_by(participant.force, returns))


def _said_nil(force: str, measure: Measure, returns: Declarations) -> bool:
    """Return whether the newest return of each day that speaks of the measure says nil."""
    days = [declared for (by, _day), declared in returns.items() if by == force]
    newest = [next((one for one in declared if one.speaks_of(measure.measure)), None) for declared in days]
    return bool(newest) and all(one is not None and one.status == NIL for one in newest)


def _is_something(part: Part | None) -> bool:
    return part is not None and part.quantity > 0


def _declared_by(force: str, returns: Declarations) -> Iterable[Declaration]:
    return (declaration for (by, _day), declared in returns.items() if by == force for declaration in declared)
