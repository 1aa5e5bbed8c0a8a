"""The operations of a person at a glance: which run, which wait for returns, and which are closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.access.credentials import Credential
from service.access.roles import OBSERVER
from service.domain.counting.completeness import days_by_said, outstanding
from service.domain.model.operation import Operation
from service.eventlog.head import Head
from service.projections.returns import declarations
from service.storage.db import Database
from service.usecases.querying.read_context import ReadContext, visible_context
from service.usecases.querying.read_operations import names_of

MOST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSummary:
    """An operation at a moment. `owed` counts the days that have ended without a return, over the forces that count.

    To the coordinator every force counts, to a force only itself. `owed` is None for an observer, and once the
    operation is closed.
    """

    head: Head
    operation: Operation
    moment: datetime
    owed: int | None

    @property
    def is_running(self) -> bool:
        """Whether it has begun, has not ended and is not closed."""
        return not self.operation.closed and self.operation.days.is_running_at(self.moment)

    @property
    def has_ended(self) -> bool:
        """Whether its last moment has passed; it may still be open for late events."""
        ends_at = self.operation.days.ends_at
        return ends_at is not None and ends_at <= self.moment


def list_summaries(database: Database, *, credential: Credential, search: str = "") -> list[OperationSummary]:
    """Return the operations that the credential may see, at most 500: running ones, then owed ones, then by date.

    `search` keeps those that have it in their name or key, in whatever case.
    """
    with database.reading() as connection:
        now = database.now(connection)
        names: list[str] = list(connection.scalars(names_of(credential, "").limit(MOST)))
        contexts = [visible_context(connection, database, name, credential) for name in names]
        found = [_summary(context, now) for context in contexts if _has(context.operation, search)]
    return sorted(found, key=_order)


def _has(operation: Operation, search: str) -> bool:
    wanted = search.strip().casefold()
    return wanted in operation.name.casefold() or wanted in operation.operation


def _summary(context: ReadContext, now: datetime) -> OperationSummary:
    return OperationSummary(head=context.head, operation=context.operation, moment=now, owed=_owed(context, now))


def _owed(context: ReadContext, now: datetime) -> int | None:
    """Return how many returns are owed to the eyes of this credential."""
    operation, credential = context.operation, context.credential
    if operation.closed or credential.role == OBSERVER:
        return None
    forces = [one.force for one in operation.participants.values() if one.reports != "nothing"]
    if not context.is_coordinator:
        forces = [force for force in forces if force == credential.force]
    declared = declarations(context.connection, context.head, up_to=context.head.seq)
    days = tuple(operation.days_ended_by(now))
    found = outstanding(days_by_said(declared, forces=forces, days=days), days=days, measures=tuple(operation.measures))
    return sum(len(one.days) for one in found)


def _order(summary: OperationSummary) -> tuple[bool, bool, float]:
    starts_at = summary.operation.days.starts_at
    return not summary.is_running, not summary.owed, -starts_at.timestamp()
