"""The operations of a person at a glance: which run, which wait for returns, and which are closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.roles import OBSERVER
from service.domain.counting.completeness import days_by_said, outstanding
from service.domain.deciding.check_size import MOST_RETURNS
from service.domain.model.operation import Operation
from service.eventlog.head import Head
from service.eventlog.table import heads
from service.projections.returns import declarations
from service.storage.db import Database
from service.usecases.querying.read_context import ReadContext, visible_context
from service.usecases.querying.read_operations import names_of

# Those with the latest events, if there are more.
MOST = 2_000
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSummary:
    """An operation at a moment. `owed` counts the days that have ended without a return, over the forces that count.

    To the coordinator every force counts, to a force only itself. `owed` is None for an observer, once the operation is
    closed, and if it `is_uncounted`: there are too many returns on the page to count them.
    """

    head: Head
    operation: Operation
    moment: datetime
    owed: int | None = None
    is_uncounted: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it has begun, has not ended and is not closed."""
        return not self.operation.closed and self.operation.days.is_running_at(self.moment)

    @property
    def has_ended(self) -> bool:
        """Whether its last moment has passed; it may still be open for late events."""
        ends_at = self.operation.days.ends_at
        return ends_at is not None and ends_at <= self.moment


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationList:
    """A page of operations: running ones, then owed ones, then by date; closed ones come last.

    `page` is its number, from 1, of `pages`. `is_cut`: there are more operations than are listed on all pages.
    """

    operations: tuple[OperationSummary, ...]
    page: int
    pages: int
    is_cut: bool


def list_operations_known(database: Database, *, credential: Credential) -> list[OperationSummary]:
    """Return the operations that the credential may see, running ones first, then by date, without what is owed."""
    with database.reading() as connection:
        now = database.now(connection)
        return [_summary(one, now) for one in _known(connection, database, credential, now)]


def list_summaries(database: Database, *, credential: Credential, search: str = "", page: int = 1) -> OperationList:
    """Return a page of the operations that the credential may see; the last page if there are fewer.

    `search` keeps those that have it in their name or key, in whatever case.
    """
    with database.reading() as connection:
        now = database.now(connection)
        known = _known(connection, database, credential, now)
        found = [one for one in known if _has(one.operation, search)]
        pages = max(1, -(-len(found) // PAGE_SIZE))
        page = min(page, pages)
        shown = _counted(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE], now)
    return OperationList(operations=tuple(shown), page=page, pages=pages, is_cut=len(known) == MOST)


def _known(connection: sa.Connection, database: Database, credential: Credential, now: datetime) -> list[ReadContext]:
    latest = names_of(credential, "").order_by(None).order_by(heads.c.recorded_at.desc(), heads.c.operation_id)
    names: list[str] = list(connection.scalars(latest.limit(MOST)))
    contexts = [visible_context(connection, database, name, credential) for name in names]
    return sorted(contexts, key=lambda context: _order(_summary(context, now)))


def _has(operation: Operation, search: str) -> bool:
    wanted = search.strip().casefold()
    return wanted in operation.name.casefold() or wanted in operation.operation


def _summary(context: ReadContext, now: datetime) -> OperationSummary:
    return OperationSummary(head=context.head, operation=context.operation, moment=now)


def _counted(contexts: Sequence[ReadContext], now: datetime) -> list[OperationSummary]:
    """Return the summaries of a page. As many returns are counted as one operation can have."""
    found, returns = [], 0
    for context in contexts:
        summary = _summary(context, now)
        if not context.operation.closed and context.credential.role != OBSERVER:
            forces, days = _forces(context), tuple(context.operation.days_ended_by(now))
            returns += len(forces) * len(days)
            is_uncounted = returns > MOST_RETURNS
            owed = None if is_uncounted else _owed(context, forces, days)
            summary = replace(summary, owed=owed, is_uncounted=is_uncounted)
        found.append(summary)
    return sorted(found, key=_order)


def _forces(context: ReadContext) -> list[str]:
    """Return the forces whose returns count to the eyes of this credential."""
    forces = [one.force for one in context.operation.reporting]
    return forces if context.is_coordinator else [force for force in forces if force == context.credential.force]


def _owed(context: ReadContext, forces: Sequence[str], days: Sequence[date]) -> int:
    declared = declarations(context.connection, context.head, up_to=context.head.seq)
    measures = tuple(context.operation.measures)
    found = outstanding(days_by_said(declared, forces=forces, days=days), days=days, measures=measures)
    return sum(len(one.days) for one in found)


def _order(summary: OperationSummary) -> tuple[bool, bool, bool, float]:
    starts_at = summary.operation.days.starts_at
    is_owed = bool(summary.owed) or summary.is_uncounted
    return summary.operation.closed, not summary.is_running, not is_owed, -starts_at.timestamp()
