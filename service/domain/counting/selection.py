"""What a question about totals selects, and whether an operation has what it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from service.domain.model.operation import Operation, UnknownCode
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import CategoryPath, shape_of

CATEGORY = re.compile(shape_of(CategoryPath).expression)
DIMENSIONS = ("force", "day", "hour", "category")
# Of a whole: the operation itself, and each of its parts.
OPERATION = "operation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rows to sum, and the dimensions to group by. Empty means all; `day_before` is not included."""

    by: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    forces: tuple[str, ...] = ()
    without_forces: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    without_categories: tuple[str, ...] = ()
    day_from: date | None = None
    day_before: date | None = None

    def spans(self, day: date) -> bool:
        """Return whether the day is one of those selected."""
        return (self.day_from is None or day >= self.day_from) and (self.day_before is None or day < self.day_before)

    @property
    def is_by_days(self) -> bool:
        """Whether some days are left out, and with them what belongs to no single day."""
        return self.day_from is not None or self.day_before is not None

    @property
    def names_forces(self) -> bool:
        """Whether a figure is of certain forces, so that it says something about them."""
        return "force" in self.by or bool(self.forces or self.without_forces)

    def has_force(self, force: str) -> bool:
        """Return whether the force is one of those asked for."""
        return (not self.forces or force in self.forces) and force not in self.without_forces


def with_members(selection: Selection, operation: Operation) -> Selection:
    """Return the selection in which each group of forces comes with its members."""
    if not operation.groups:
        return selection
    return replace(
        selection,
        forces=operation.with_members(selection.forces),
        without_forces=operation.with_members(selection.without_forces),
    )


def check_selection(selection: Selection, operation: Operation) -> None:
    """Refuse dimensions, forces, measures and categories that the operation does not have.

    A typing error must not give the figures of something else. A measure that is left out can be asked for: the answer
    says why it has no figures.

    Raises:
        UnknownCode: naming the first of them.
    """
    _check_all(selection.by, (*DIMENSIONS, OPERATION), "by", "a dimension")
    known = (*operation.measures, *(one.measure for one in operation.left_out))
    _check_all(selection.measures, known, "measure", "a measure of this operation")
    participants = tuple(operation.participants)
    _check_all(selection.forces, participants, "force", "a force of this operation")
    _check_all(selection.without_forces, participants, "without_force", "a force of this operation")
    asked = selection.measures or tuple(operation.measures)
    measures = [operation.measures[measure] for measure in asked if measure in operation.measures]
    _check_categories(selection.categories, measures, "category")
    _check_categories(selection.without_categories, measures, "without_category")


def _check_all(found: Sequence[str], known: Sequence[str], name: str, expected: str) -> None:
    for code in found:
        if code not in known:
            raise UnknownCode(f"Expected {expected} ({', '.join(known)}); found {code!r}.", pointer=f"/{name}")


def _check_categories(paths: Sequence[str], measures: Sequence[Measure], name: str) -> None:
    for path in paths:
        # An open measure knows every category, but only of the right form.
        if not CATEGORY.fullmatch(path) or not any(measure.knows(path) for measure in measures):
            raise UnknownCode(f"None of the measures asked for has a category {path!r}.", pointer=f"/{name}")
