"""StatementFacts and statements in memory, of the operation of `tests.factories.operations`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from service.domain.counting.completeness import Declaration, Declarations, Outstanding, day_returns
from service.domain.model.operation import Operation
from service.domain.statement.facts import StatementFacts
from service.domain.statement.sentences import Statement, make_statement
from service.eventlog.head import Head
from service.usecases.querying.read_context import Position
from service.usecases.querying.statement import StatementAnswer
from tests.factories.operations import FORCES, NAME, operation_state

TUESDAY = date(2023, 1, 17)
AFTERWARDS = datetime(2023, 1, 24, tzinfo=UTC)
HEAD = Head(
    operation=NAME,
    seq=12,
    recorded_at=AFTERWARDS,
    imported=True,
    generation=1,
    projection_version="",
    snapshot_every=None,
)
POSITION = Position(HEAD, operation_state(), 12, recorded_at=AFTERWARDS, begun_by=AFTERWARDS, root="5e" * 32)
REPORTING = tuple(one.force for one in FORCES if one.reports != "nothing")


@dataclass(frozen=True)
class StatedFigure:
    """A figure in the form that the totals return."""

    measure: str
    quantity: int
    qualifier: str = "exact"
    force: str | None = None
    category: str | None = None
    outstanding: tuple[Outstanding, ...] = ()
    most: int | None = None


def owed(*forces: str, days: Sequence[date] = (TUESDAY,)) -> tuple[Outstanding, ...]:
    return tuple(Outstanding(force, tuple(days)) for force in forces)


def declared(*forces: str, status: str = "complete", measures: Sequence[str] = ()) -> Declarations:
    return {
        (force, TUESDAY): day_returns([Declaration(status, frozenset(measures), 1, AFTERWARDS)]) for force in forces
    }


def facts(*figures: StatedFigure, operation: Operation | None = None, **given: Any) -> StatementFacts:
    """Return facts of an operation that is over, with every return declared unless `given` says otherwise."""
    operation = operation or operation_state()
    outstanding = {one for figure in figures for one in figure.outstanding}
    defaults = {
        "parts": (),
        "lead": operation.participants[operation.lead_force],
        "outstanding": sorted(outstanding, key=lambda one: list(operation.participants).index(one.force)),
        "declarations": declared(*REPORTING),
        "moment": AFTERWARDS,
    }
    return StatementFacts(
        operation=operation,
        figures=[figure for figure in figures if figure.force is None],
        by_force=[figure for figure in figures if figure.force is not None],
        **(defaults | given),
    )


def statement(*figures: StatedFigure, **given: Any) -> Statement:
    return make_statement(facts(*figures, **given))


def statement_answer(*figures: StatedFigure, **given: Any) -> StatementAnswer:
    """Return the answer with a statement, at the twelfth event of a log."""
    return StatementAnswer(statement=statement(*figures, **given), positions=(POSITION,))
