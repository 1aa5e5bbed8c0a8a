"""The totals that claims are compared with: those of now in one transaction, those of past moments as of each."""

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

# Asks for the totals of an operation. Each question is put to the database once.
Ask = Callable[[str, Selection], Totals]


def asking_now(context: ReadContext, found: Sequence[Position]) -> Ask:
    """Return what asks for totals now: of the operation at these positions, and of any other in the same transaction.

    The answer raises UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    begun_by = found[0].begun_by
    positions = {context.head.operation: found}

    @cache
    def ask(operation: str, selection: Selection) -> Totals:
        if operation not in positions:
            positions[operation] = context.of(operation).positions(begun_by=begun_by)
        return totals_at(context.connection, positions[operation], selection)

    return ask


def asking_as_of(database: Database, credential: Credential) -> Callable[[datetime], Ask]:
    """Return what gives, for a past moment, what asks for totals as of it: whenever it asks, the answer is the same.

    The answer raises UnknownOperation, AsOfInTheFuture, AsOfBeforeLog.
    """

    @cache
    def asking(moment: datetime) -> Ask:
        @cache
        def ask(operation: str, selection: Selection) -> Totals:
            then = Moment(as_of=moment)
            return totals(database, operation=operation, credential=credential, selection=selection, moment=then)

        return ask

    return asking
