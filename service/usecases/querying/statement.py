"""The results statement of an operation: now, as of a past moment, or of a publication, which never changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from operator import attrgetter
from uuid import UUID

import sqlalchemy as sa

from service.access.credentials import Credential
from service.access.forces import known_forces
from service.access.roles import OBSERVER
from service.domain.counting.completeness import Declaration, Declarations, day_returns
from service.domain.counting.figures import display
from service.domain.counting.selection import Selection
from service.domain.counting.stated import Stated, added_up
from service.domain.deciding.decide import NotCoordinator
from service.domain.model.events import PublicationMadePublic, PublishedFigure
from service.domain.model.operation import Operation, Participant
from service.domain.model.vocabulary import PublicationLabel
from service.domain.statement.facts import EarlierPublication, StatementFacts
from service.domain.statement.sentences import METHOD, Statement, make_statement
from service.errors import Invalid
from service.eventlog import read
from service.eventlog.head import read_head
from service.eventlog.known_logs import known_logs, state_at
from service.storage.db import Database
from service.usecases.querying.as_of import Moment, check_in_log, has_parts, read_as_of
from service.usecases.querying.owed import Owed
from service.usecases.querying.publications import (
    NoSuchPublication,
    Publication,
    PublicationDiffers,
    headline_figures,
    hidden_forces,
    newest_publication,
    publication_of,
    published_seqs,
    require_proved,
)
from service.usecases.querying.read_context import (
    PartNotHere,
    Position,
    ReadContext,
    combined_at,
    has_hidden,
    read_context,
)
from service.usecases.querying.totals import Figure, figures_at

NEVER = datetime.fromtimestamp(0, UTC)
OFFICERS_BY_DAY = Selection(by=("force", "day"), measures=(METHOD,))


class PublicationWithAsOf(Invalid):
    """A publication has a fixed seq: as_of and as_of_seq cannot be given with it."""

    code = "publication_with_as_of"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAnswer:
    """A statement, and the positions that it is true at: the operation's, then those of its parts.

    `publication` is the source of its figures, if they are published ones.
    """

    statement: Statement
    positions: tuple[Position, ...]
    publication: Publication | None = None


def read_statement(
    database: Database,
    *,
    operation: str,
    credential: Credential,
    moment: Moment,
    publication: int | None = None,
    public: bool = False,
) -> StatementAnswer:
    """Return the statement of an operation at a moment, read in one transaction, or that of a publication.

    It says what has changed since the publication before it; `public`: since the public one before it. That of a
    publication that anyone may read is then the same for all.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        AsOfTwice, AsOfInTheFuture, AsOfBeyondLog, AsOfBeforeLog, AsOfSeqOfRollUp: the moment is invalid.
        PublicationWithAsOf: both a publication and a moment are given.
        NoSuchPublication: there is no publication of this number, or it is under embargo.
        PublicationDiffers: the log before the publication does not add up to it.
    """
    if publication is not None:
        _refuse_moment(moment)
        with read_context(database, operation, credential) as context:
            published = publication_of(context, publication)
            require_proved(context, published)
            is_public = public and published.is_public(database.now(context.connection))
            reader = context._replace(credential=_anybody(context.operation)) if is_public else context
            return _statement_of(reader, published, public=public)
    with read_as_of(database, operation=operation, credential=credential, moment=moment) as (context, found):
        own = found[0]
        earlier = newest_publication(context, before=own.seq + 1, available_by=own.begun_by, public=public)
        statement = _statement_at(context, found, earlier=earlier, is_superseded=True)
    return StatementAnswer(statement=statement, positions=tuple(found))


def preview_statement(
    database: Database, *, operation: str, credential: Credential, as_of_seq: int | None, label: PublicationLabel | None
) -> StatementAnswer:
    """Return the statement that a publication as of a seq would have if it were made now.

    An operation with parts has no single seq: its statement is as of now. Without a label, the statement is provisional
    if its figures may still change.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
        NotCoordinator: the credential may not publish.
        AsOfBeyondLog: the log does not have this seq yet.
    """
    with read_context(database, operation, credential) as context:
        if not context.is_coordinator:
            raise NotCoordinator(f"Only a coordinator of {context.operation.lead_force} may publish.")
        if as_of_seq is not None:
            check_in_log(context, as_of_seq)
        is_now = as_of_seq is None or has_parts(context, as_of_seq)
        seqs = None if is_now or as_of_seq is None else {operation: as_of_seq}
        found = context.positions(begun_by=database.now(context.connection), seqs=seqs)
        earlier = newest_publication(context, before=context.head.seq + 1, available_by=found[0].begun_by)
        statement = _statement_at(context, found, label=label, earlier=earlier, is_superseded=False)
    return StatementAnswer(statement=statement, positions=tuple(found))


def public_publication(database: Database, *, operation: str, number: int) -> StatementAnswer:
    """Return the statement of a publication that anyone may read; no credential is needed.

    Raises:
        NoSuchPublication: nothing public has this operation and number. The error reveals nothing else.
    """
    with database.reading() as connection:
        # The first question is the same for every name: the time that others take would tell which operations exist.
        is_any_public = read.count_of_type(connection, operation, PublicationMadePublic.wire_type) > 0
        head = read_head(connection, operation) if is_any_public else None
        state = state_at(connection, database, head)
        if head is not None and state is not None:
            context = ReadContext(connection, database, _anybody(state), head, state)
            # One that the log does not add up to is not shown; the coordinator gets PublicationDiffers.
            with suppress(NoSuchPublication, PublicationDiffers):
                published = publication_of(context, number)
                if published.is_public(database.now(connection)):
                    require_proved(context, published)
                    return _statement_of(context, published, public=True)
    raise NoSuchPublication("There is no public publication at this address.")


def _anybody(operation: Operation) -> Credential:
    """Return what reads in place of anybody: an observer of the lead force, who sees the forces of all parts."""
    return Credential(
        id=UUID(int=0),
        force=operation.lead_force,
        role=OBSERVER,
        operations=(operation.operation,),
        created_at=NEVER,
        expires_at=NEVER,
        revoked_at=None,
    )


def _statement_at(
    context: ReadContext,
    found: Sequence[Position],
    *,
    label: PublicationLabel | None = None,
    earlier: Publication | None,
    is_superseded: bool,
) -> Statement:
    """Return the statement at these positions. It says what has changed since `earlier`, which it may supersede."""
    connection = context.connection
    operation = combined_at(found)
    owed = Owed.at(connection, operation, found, Selection())
    overall = figures_at(connection, found, Selection(), owed=owed)
    by_force = figures_at(connection, found, Selection(by=("force",)), owed=owed)
    # What belongs to no force is in the figures of all forces.
    figures = (*overall, *(figure for figure in by_force if figure.force is not None))
    compared = None
    if earlier is not None:
        now = (*figures, *figures_at(connection, found, Selection(by=("category",)), owed=owed))
        compared = _compared(context, earlier, now, found, owed, is_superseded=is_superseded)
    facts = _facts(connection, found, operation, figures, owed, label=label, earlier=compared)
    return make_statement(facts)


def _compared(
    context: ReadContext,
    earlier: Publication,
    now: Sequence[Figure],
    found: Sequence[Position],
    owed: Owed,
    *,
    is_superseded: bool,
) -> EarlierPublication | None:
    """Return a publication to compare figures with: its own, with the forces that owed a return for each of them.

    `now` are the figures at the positions `found`, and `owed` the returns there. Figures of forces in parts that are
    hidden from the reader, then or now, are left out of both. None: a part of it, which may be none any more, is not in
    this database.
    """
    published = earlier.as_recorded
    assert published.number is not None, "the service sets it"
    try:
        then = _positions_of(context, earlier)
    except PartNotHere:
        return None
    operation, hidden = combined_at(then), hidden_forces(then) | hidden_forces(found)
    owed_then = Owed.at(context.connection, operation, then, Selection(), known=owed)
    return EarlierPublication(
        number=published.number,
        recorded_at=earlier.recorded_at,
        measures=operation.measures,
        figures=[_with_outstanding(figure, owed_then) for figure in published.figures if _is_stated(figure, hidden)],
        now=[figure for figure in now if _is_stated(figure, hidden)],
        is_superseded=is_superseded,
    )


def _is_stated(figure: PublishedFigure | Figure, hidden: Collection[str]) -> bool:
    """Return whether a statement may compare a figure: not those by both force and category, which are most."""
    return figure.force is None or (figure.category is None and figure.force not in hidden)


def _positions_of(context: ReadContext, publication: Publication) -> list[Position]:
    seqs = published_seqs(publication.as_recorded, context.head.operation)
    return context.positions(begun_by=publication.recorded_at, seqs=seqs)


def _refuse_moment(moment: Moment) -> None:
    if not moment.is_now:
        given = "as_of_seq" if moment.as_of is None else "as_of"
        raise PublicationWithAsOf(
            f"Expected publication or {given}; found both. A publication has a fixed seq.", pointer=f"/{given}"
        )


def _statement_of(context: ReadContext, publication: Publication, *, public: bool) -> StatementAnswer:
    """Return the statement of a publication, from immutable data only.

    The figures are the frozen ones. The returns owed are read as of the published seqs, for the days
    that had begun at publication. The marking is the operation's at publication.
    """
    published, found = publication.as_recorded, _positions_of(context, publication)
    then = known_logs(context.database).operation_at(context.connection, context.head, publication.seq)
    marked = replace(found[0], operation=replace(found[0].operation, marking=then.marking))
    operation = combined_at([marked, *found[1:]])
    owed = Owed.at(context.connection, operation, found, Selection())
    figures = [_with_outstanding(figure, owed) for figure in headline_figures(published.figures)]
    if has_hidden(found):
        # What was published by force includes parts that the reader may not see. These positions never change either.
        by_force = figures_at(context.connection, found, Selection(by=("force",)), owed=owed)
        figures = [figure for figure in figures if figure.force is None]
        figures += [figure for figure in by_force if figure.force is not None]
    earlier = _before(context, publication, public=public)
    compared = None
    if earlier is not None:
        now = [_with_outstanding(figure, owed) for figure in published.figures]
        compared = _compared(context, earlier, now, found, owed, is_superseded=False)
    facts = _facts(context.connection, found, operation, figures, owed, label=published.label, earlier=compared)
    return StatementAnswer(statement=make_statement(facts), positions=tuple(found), publication=publication)


def _before(context: ReadContext, publication: Publication, *, public: bool) -> Publication | None:
    """Return the publication before one, among those that its readers could read when they could read this one.

    So nobody learns of one under embargo, or that is not public, and the answer never changes.
    """
    available_since = publication.available_since
    if public:
        now = context.database.now(context.connection)
        available_since = publication.public_since or max(now, available_since)
    return newest_publication(context, before=publication.seq, available_by=available_since, public=public)


def _facts(
    connection: sa.Connection,
    found: Sequence[Position],
    operation: Operation,
    figures: Sequence[Figure],
    owed: Owed,
    *,
    label: PublicationLabel | None = None,
    earlier: EarlierPublication | None = None,
) -> StatementFacts:
    overall = [figure for figure in figures if figure.force is None]
    by_force = [figure for figure in figures if figure.force is not None]
    return StatementFacts(
        operation=operation,
        parts=[position.operation for position in found[1:] if not position.is_hidden],
        other_parts=[position.operation for position in found[1:] if position.is_hidden],
        lead=_lead(connection, operation),
        figures=overall,
        by_force=by_force,
        not_attributed=_not_attributed(connection, found, overall, by_force),
        outstanding=owed.of(tuple(operation.measures)),
        declarations=_declared(owed),
        moment=found[0].begun_by,
        label=label,
        officers_by_day=_is_given_by_day(figures_at(connection, found, OFFICERS_BY_DAY)),
        earlier=earlier,
    )


def _not_attributed(
    connection: sa.Connection, found: Sequence[Position], overall: Sequence[Figure], by_force: Sequence[Figure]
) -> list[Figure]:
    """Return what was stated of all forces, and belongs to none.

    With hidden parts, it is what was in those that the reader may see: the rest of a figure over all forces has more.
    """
    if has_hidden(found):
        return [one for one in figures_at(connection, found, Selection(by=("force",))) if one.force is None]
    return [rest for figure in overall if (rest := _rest_of(figure, by_force)) is not None]


def _rest_of(figure: Figure, by_force: Sequence[Figure]) -> Figure | None:
    """Return what a figure over all forces has more than those of each; None if nothing.

    A publication has no figure of it, so it is subtracted.
    """
    same = [one for one in by_force if (one.measure, one.category) == (figure.measure, figure.category)]
    taken = [Stated(-one.quantity, one.qualifier, -1) for one in same]
    rest = added_up([Stated(figure.quantity, figure.qualifier, 1 + len(taken)), *taken])
    if rest is None or rest.quantity <= 0:
        return None
    return replace(figure, quantity=rest.quantity, qualifier=rest.qualifier, least=None, most=None)


def _with_outstanding(figure: PublishedFigure, owed: Owed) -> Figure:
    """Return a figure as published, with the forces that then owed a return for it."""
    return Figure(
        measure=figure.measure,
        unit=figure.unit,
        force=figure.force,
        day=None,
        category=figure.category,
        quantity=figure.quantity,
        qualifier=figure.qualifier,
        display=display(figure.quantity, figure.unit, figure.qualifier, figure.category, most=figure.most),
        stated=(Stated(figure.quantity, figure.qualifier),),
        outstanding=owed.of_figure(figure.measure, figure.force, None),
        least=figure.least,
        most=figure.most,
    )


def _is_given_by_day(figures: Sequence[Figure]) -> bool:
    """Return whether a force has figures for more than one day."""
    forces = [figure.force for figure in figures]
    return len(set(forces)) < len(forces)


def _declared(owed: Owed) -> Declarations:
    """Return the declarations at all positions, newest first, across all parts that the reader may see."""
    if len(owed.declarations) == 1:
        return owed.declarations[0]
    declared: dict[tuple[str, date], list[Declaration]] = {}
    for of_part in owed.declarations:
        for key, returns in of_part.items():
            declared.setdefault(key, []).extend(returns.declared)
    newest_first = partial(sorted, key=attrgetter("recorded_at"), reverse=True)
    return {key: day_returns(newest_first(found)) for key, found in declared.items()}


def _lead(connection: sa.Connection, operation: Operation) -> Participant:
    """Return the lead force. If it does not take part, its name comes from the reference data."""
    if found := operation.participants.get(operation.lead_force):
        return found
    known = known_forces(connection).get(operation.lead_force)
    name, kind = (operation.lead_force, "coordinator") if known is None else (known.name, known.kind)
    return Participant(force=operation.lead_force, name=name, kind=kind, reports="nothing")
