"""The results statement of an operation, now or as of a past moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.forces import known_forces
from service.db import Database
from service.domain.completeness import Declarations
from service.domain.operation import Operation, Participant
from service.domain.statement import Facts, Statement, make_statement
from service.projections.returns import declarations
from service.projections.sums import Selection
from service.usecases.as_of import Moment, Standpoint, resolve, stand_at
from service.usecases.totals import totals_at


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAnswer:
    """A statement, and the log position that it is true at."""

    statement: Statement
    seq: int
    recorded_at: datetime
    root: str
    log_size: int


def read_statement(database: Database, *, operation: str, credential: Credential, moment: Moment) -> StatementAnswer:
    """Return the statement of an operation at a moment. All of it is read in one snapshot.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog: by the moment.
    """
    as_of_seq = resolve(database, operation, credential, moment)
    with database.snapshot() as connection:
        stand = stand_at(
            connection, database, operation=operation, credential=credential, moment=moment, as_of_seq=as_of_seq
        )
        overall = totals_at(connection, stand, Selection())
        facts = Facts(
            operation=stand.operation,
            lead=_lead(connection, stand.operation),
            figures=overall.figures,
            by_force=totals_at(connection, stand, Selection(by=("force",))).figures,
            outstanding=overall.outstanding,
            declarations=_declared(connection, stand),
            moment=stand.moment,
        )
    return StatementAnswer(
        statement=make_statement(facts),
        seq=overall.seq,
        recorded_at=overall.recorded_at,
        root=overall.root,
        log_size=overall.log_size,
    )


def _declared(connection: sa.Connection, stand: Standpoint) -> Declarations:
    return declarations(connection, stand.head.operation, stand.head.generation, up_to=stand.seq)


def _lead(connection: sa.Connection, operation: Operation) -> Participant:
    """Return the force that leads, which need not take part: then by the name that the reference data has for it."""
    if found := operation.participants.get(operation.lead_force):
        return found
    known = known_forces(connection).get(operation.lead_force)
    name, kind = (operation.lead_force, "coordinator") if known is None else (known.name, known.kind)
    return Participant(force=operation.lead_force, name=name, kind=kind, reports="nothing")
