"""What a results statement is made of, whether it stands in the log or in a publication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.domain.completeness import Declarations, Outstanding
from service.domain.operation import Operation, Participant
from service.domain.vocabulary import PublicationLabel, Qualifier


class Figure(Protocol):
    """A figure as the totals or a publication give it: over all forces or, with `force`, of one."""

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
    def outstanding(self) -> Sequence[Outstanding]: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a statement is made of, all true at one position of the log, and of that of each of the `parts`.

    `operation` has the forces and measures of its parts as well; `figures` are over all forces, by category where a
    measure is never summed; `by_force` the same for each force; `outstanding` who owes a return for any measure;
    `moment` the one by which days have begun; `label` what a publication was called, whatever its figures look like.
    `officers_by_day`: a force gave its officers day by day, who may be the same ones.
    """

    operation: Operation
    parts: Sequence[Operation]
    lead: Participant
    figures: Sequence[Figure]
    by_force: Sequence[Figure]
    outstanding: Sequence[Outstanding]
    declarations: Declarations
    moment: datetime
    label: PublicationLabel | None = None
    officers_by_day: bool = False
