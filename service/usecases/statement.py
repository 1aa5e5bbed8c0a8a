"""The results statement of an operation, now or as of a past moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.forces import known_forces
from service.db import Database
from service.domain.completeness import Declaration, Declarations
from service.domain.operation import Operation, Participant
from service.domain.statement import Facts, Statement, make_statement
from service.projections.returns import declarations
from service.projections.sums import Selection
from service.usecases.as_of import Moment
from service.usecases.positions import Position
from service.usecases.standing import standing_at
from service.usecases.totals import totals_at


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAnswer:
    """A statement, and the log positions that it is true at: the operation's own, then those of its parts."""

    statement: Statement
    positions: tuple[Position, ...]


def read_statement(database: Database, *, operation: str, credential: Credential, moment: Moment) -> StatementAnswer:
    """Return the statement of an operation at a moment. All of it is read in one snapshot.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog: by the moment.
    """
    with standing_at(database, operation=operation, credential=credential, moment=moment) as (connection, found):
        overall = totals_at(connection, found, Selection())
        facts = Facts(
            operation=overall.operation,
            parts=[position.operation for position in found[1:]],
            lead=_lead(connection, overall.operation),
            figures=overall.figures,
            by_force=totals_at(connection, found, Selection(by=("force",))).figures,
            outstanding=overall.outstanding,
            declarations=_declared(connection, found),
            moment=found[0].begun_by,
        )
    return StatementAnswer(statement=make_statement(facts), positions=tuple(found))


def _declared(connection: sa.Connection, found: Sequence[Position]) -> Declarations:
    """Return what has been declared at these positions, newest first, whichever part it was declared to."""
    declared: dict[tuple[str, date], list[Declaration]] = {}
    for position in found:
        for key, said in declarations(connection, position.head, up_to=position.seq).items():
            declared.setdefault(key, []).extend(said)
    return {key: sorted(said, key=lambda one: one.recorded_at, reverse=True) for key, said in declared.items()}


def _lead(connection: sa.Connection, operation: Operation) -> Participant:
    """Return the force that leads, which need not take part: then by the name that the reference data has for it."""
    if found := operation.participants.get(operation.lead_force):
        return found
    known = known_forces(connection).get(operation.lead_force)
    name, kind = (operation.lead_force, "coordinator") if known is None else (known.name, known.kind)
    return Participant(force=operation.lead_force, name=name, kind=kind, reports="nothing")
