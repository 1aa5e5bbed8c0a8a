"""An operation combined with its parts: which forces take part and what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.domain.model.operation import MeasureLeftOut, Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import MARKINGS


def combined(operations: Sequence[Operation]) -> Operation:
    """Return the first operation with the forces and measures of all of them, its own first.

    A force that reports to any of them reports to the result. The marking is the most sensitive one. The result is
    imported if any of them is. A measure that they do not count alike cannot be summed: it is in `left_out`, and not
    among the measures.
    """
    participants: dict[str, Participant] = {}
    measures: dict[str, list[Measure]] = {}
    for operation in operations:
        for force, one in operation.participants.items():
            known = participants.setdefault(force, one)
            if known.reports == "nothing":
                participants[force] = replace(known, reports=one.reports)
        for name, measure in operation.measures.items():
            measures.setdefault(name, []).append(measure)
    return replace(
        operations[0],
        participants=participants,
        measures={name: _joined(found) for name, found in measures.items() if _are_alike(found)},
        left_out=_left_out(measures),
        marking=max((one.marking for one in operations), key=MARKINGS.index),
        imported=any(one.imported for one in operations),
    )


def are_counted_alike(one: Measure, other: Measure) -> bool:
    """Return whether two measures of one name can be summed: both are in the same unit, and added up alike."""
    return (one.unit, one.additive) == (other.unit, other.additive)


def _are_alike(found: Sequence[Measure]) -> bool:
    return all(are_counted_alike(found[0], one) for one in found)


def _joined(found: Sequence[Measure]) -> Measure:
    first, *others = found
    for one in others:
        first = first.with_categories(one.categories)
    return first


def _left_out(measures: Mapping[str, Sequence[Measure]]) -> tuple[MeasureLeftOut, ...]:
    return tuple(
        MeasureLeftOut(measure=name, label=found[0].label, units=tuple({one.unit: None for one in found}))
        for name, found in measures.items()
        if not _are_alike(found)
    )
