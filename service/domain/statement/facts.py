"""The input of a results statement, read from the log or from a publication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.domain.counting.completeness import Declarations, Outstanding
from service.domain.model.operation import Operation, Participant
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import PublicationLabel, Qualifier


class RecordedFigure(Protocol):
    """A figure from the totals or from a publication: of all forces or, with `force`, of one."""

    @property
    def measure(self) -> str: ...  # noqa: D102
    @property
    def force(self) -> str | None: ...  # noqa: D102
    @property
    def category(self) -> str | None: ...  # noqa: D102
    @property
    def quantity(self) -> int: ...  # noqa: D102
    @property
    def qualifier(self) -> Qualifier: ...  # noqa: D102
    @property
    def most(self) -> int | None: ...  # noqa: D102
    @property
    def outstanding(self) -> Sequence[Outstanding]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierPublication:
    """A publication before the statement, and the same figures now: over all forces, by force, and by category.

    `measures` are those of its figures: a part that counted one may be none any more.
    `is_superseded`: the statement is not of a later publication, so that changed figures are published no more.
    """

    number: int
    recorded_at: datetime
    measures: Mapping[str, Measure]
    figures: Sequence[RecordedFigure]
    now: Sequence[RecordedFigure]
    is_superseded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """The input of a statement, read at one position of the operation's log and one of each part's.

    `operation` includes the forces and measures of its parts. `other_parts` are those that the reader may not see: they
    count in `figures`, and are neither named nor in `by_force`. `figures` are over all forces, and by category for
    measures that are not additive; `by_force` are the same for each force. `outstanding` are the forces that owe a
    return for any measure. `moment` decides which days have begun. `label` is the label of a publication, whatever its
    figures. `not_attributed` are what the figures over all forces have more than those of each. `officers_by_day`: a
    force reported its officers per day, so that the same officers may count repeatedly. `earlier` is the publication to
    compare with; None: there is none.
    """

    operation: Operation
    parts: Sequence[Operation]
    lead: Participant
    figures: Sequence[RecordedFigure]
    by_force: Sequence[RecordedFigure]
    outstanding: Sequence[Outstanding]
    declarations: Declarations
    moment: datetime
    label: PublicationLabel | None = None
    officers_by_day: bool = False
    earlier: EarlierPublication | None = None
    not_attributed: Sequence[RecordedFigure] = ()
    other_parts: Sequence[Operation] = ()
