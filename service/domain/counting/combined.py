"""An operation combined with its parts: which forces take part and what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from service.domain.model.operation import Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import MARKINGS
from service.errors import Conflict


class MeasuresDisagree(Conflict):
    """Two parts of an operation registered one measure with different units, so it cannot be summed."""

    code = "measures_disagree"


def combined(operations: Sequence[Operation]) -> Operation:
    """Return the first operation with the forces and measures of all of them, its own first.

    A force that reports to any of them reports to the result. The marking is the most sensitive one. The result is
    imported if any of them is.

    Raises:
        MeasuresDisagree: one measure has different units, or is additive in one part and not in another.
    """
    participants: dict[str, Participant] = {}
    measures: dict[str, Measure] = {}
    for operation in operations:
        for force, one in operation.participants.items():
            known = participants.setdefault(force, one)
            if known.reports == "nothing":
                participants[force] = replace(known, reports=one.reports)
        measures = _joined(measures, operation.measures)
    return replace(
        operations[0],
        participants=participants,
        measures=measures,
        marking=max((one.marking for one in operations), key=MARKINGS.index),
        imported=any(one.imported for one in operations),
    )


def _joined(ours: Mapping[str, Measure], theirs: Mapping[str, Measure]) -> dict[str, Measure]:
    joined = dict(ours)
    for name, measure in theirs.items():
        known = joined.get(name, measure)
        if (known.unit, known.additive) != (measure.unit, measure.additive):
            raise MeasuresDisagree(f"{name} is counted in {known.unit} by one part and in {measure.unit} by another.")
        joined[name] = known.with_categories(measure.categories)
    return joined
