"""Whether a question about totals makes sense: a typing error must not give the figures of something else."""

from __future__ import annotations

from collections.abc import Sequence

from service.domain.check_report import UnknownCode
from service.domain.operation import Operation
from service.domain.reference_data import Measure
from service.projections.sums import DIMENSIONS, Selection


def check_selection(selection: Selection, operation: Operation) -> None:
    """Refuse dimensions, forces, measures and categories that the operation does not have.

    Raises:
        UnknownCode: naming the first of them.
    """
    _check_all(selection.by, DIMENSIONS, "by", "a dimension")
    _check_all(selection.measures, tuple(operation.measures), "measure", "a measure of this operation")
    participants = tuple(operation.participants)
    _check_all(selection.forces, participants, "force", "a force of this operation")
    _check_all(selection.without_forces, participants, "without_force", "a force of this operation")
    asked = selection.measures or tuple(operation.measures)
    measures = [operation.measures[measure] for measure in asked]
    _check_categories(selection.categories, measures, "category")
    _check_categories(selection.without_categories, measures, "without_category")


def _check_all(found: Sequence[str], known: Sequence[str], name: str, wanted: str) -> None:
    for code in found:
        if code not in known:
            raise UnknownCode(f"Wanted {wanted} ({', '.join(known)}); found {code!r}.", pointer=f"/{name}")


def _check_categories(paths: Sequence[str], measures: Sequence[Measure], name: str) -> None:
    for path in paths:
        if not any(measure.knows(path) for measure in measures):
            raise UnknownCode(f"None of the measures asked for has a category {path!r}.", pointer=f"/{name}")
