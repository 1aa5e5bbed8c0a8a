"""The totals that claims are compared with: current ones read in one transaction, past ones as of each moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from service.access.credentials import Credential
from service.domain.counting.selection import Selection
from service.storage.db import Database
from service.usecases.querying.as_of import Moment
from service.usecases.querying.read_context import Position, ReadContext
from service.usecases.querying.totals import Totals, totals, totals_at

# Reads the totals of an operation for a selection. Each query goes to the database once.
ReadTotals = Callable[[str, Selection], Totals]


def totals_now(context: ReadContext, found: Sequence[Position]) -> ReadTotals:
    """Return a cached reader of current totals: at these positions, and of other operations in the same transaction.

    The reader raises UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    begun_by = found[0].begun_by
    positions = {context.head.operation: found}

    @cache
    def read_totals(operation: str, selection: Selection) -> Totals:
        if operation not in positions:
            positions[operation] = context.of(operation).positions(begun_by=begun_by)
        return totals_at(context.connection, positions[operation], selection)

    return read_totals


def totals_as_of(database: Database, credential: Credential) -> Callable[[datetime], ReadTotals]:
    """Return a function that gives, for a past moment, a cached reader of the totals as of that moment.

    The reader raises UnknownOperation, AsOfInTheFuture, AsOfBeforeLog.
    """

    @cache
    def at_moment(moment: datetime) -> ReadTotals:
        @cache
        def read_totals(operation: str, selection: Selection) -> Totals:
            then = Moment(as_of=moment)
            return totals(database, operation=operation, credential=credential, selection=selection, moment=then)

        return read_totals

    return at_moment
