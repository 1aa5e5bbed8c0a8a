"""Sending a form: the event is decided first without being recorded, then recorded once under the id of the form."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from service.access.credentials import Credential
from service.domain.deciding.decide import AlreadyCorrected, AlreadyWithdrawn, ContentDiffers
from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, EventWithdrawn
from service.domain.model.instants import format_instant
from service.errors import Forbidden, NotFound, RecordError, Unavailable
from service.eventlog.receipts import Receipt
from service.storage.db import Database
from service.usecases.recording.record import record_events
from service.web.forms.fact import FactForm, correction_of, event_row, reason_missing
from service.web.forms.mistakes import mistakes_of
from service.web.forms.questions import Json, Setting, Typed
from service.web.site.typed import Mistake
from service.wire.checked import load_submission

# Refusals that are no mistake in a field: each gets a page of its own.
CONFLICTS = (AlreadyCorrected, AlreadyWithdrawn, ContentDiffers)
NOT_MISTAKES = (Forbidden, NotFound, Unavailable, *CONFLICTS)


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was sent: recorded now or before, or not at all because of mistakes."""

    receipt: Receipt | None = None
    is_new: bool = False
    mistakes: tuple[Mistake, ...] = ()


def check_fact(
    database: Database, credential: Credential, *, form: FactForm, setting: Setting, typed: Typed, event_id: UUID
) -> SentForm:
    """Decide a form without recording it.

    Raises:
        AlreadyCorrected, AlreadyWithdrawn, ContentDiffers, Forbidden, NotFound, Unavailable.
    """
    return _sent(database, credential, form, setting=setting, typed=typed, event_id=event_id, dry_run=True)


def record_fact(
    database: Database, credential: Credential, *, form: FactForm, setting: Setting, typed: Typed, event_id: UUID
) -> SentForm:
    """Record the event of a form, once however often it is sent.

    Raises:
        as `check_fact`.
    """
    return _sent(database, credential, form, setting=setting, typed=typed, event_id=event_id, dry_run=False)


def withdraw(database: Database, credential: Credential, setting: Setting, typed: Typed, event_id: UUID) -> SentForm:
    """Withdraw the event that the form is about.

    Raises:
        as `check_fact`.
    """
    assert setting.corrected is not None, "a withdrawal names an event"
    if mistakes := reason_missing(typed):
        return SentForm(mistakes=tuple(mistakes))
    force = setting.corrected.event.force
    row = {"id": str(event_id), "type": EventWithdrawn.wire_type, "force": force, **correction_of(setting, typed)}
    return record_row(database, credential, setting, row)


def record_row(database: Database, credential: Credential, setting: Setting, row: Json) -> SentForm:
    """Record an event in wire format.

    Raises:
        RecordError: it was refused.
    """
    (outcome,) = record_events(
        database,
        operation=setting.operation.operation,
        sender=credential,
        submissions=[_submission(setting, row)],
    )
    if outcome.error is not None:
        raise outcome.error
    return SentForm(outcome.receipt, is_new=outcome.is_new)


def event_of(form: FactForm, setting: Setting, typed: Typed, event_id: UUID) -> Event | None:
    """Return the event that a form will record; None if something is wrong with the form."""
    row, mistakes = event_row(form, setting, typed, event_id)
    if mistakes:
        return None
    try:
        return load_submission(row).event
    except RecordError:
        return None


def is_unchanged(form: FactForm, setting: Setting, typed: Typed, event_id: UUID) -> bool:
    """Return whether a correction says the same as the version that it corrects."""
    sent = event_of(form, setting, typed, event_id)
    return sent is not None and setting.corrected is not None and _said(sent) == _said(setting.corrected.event)


def _sent(
    database: Database,
    credential: Credential,
    form: FactForm,
    *,
    setting: Setting,
    typed: Typed,
    event_id: UUID,
    dry_run: bool,
) -> SentForm:
    row, mistakes = event_row(form, setting, typed, event_id)
    if mistakes:
        return SentForm(mistakes=tuple(mistakes))
    try:
        (outcome,) = record_events(
            database,
            operation=setting.operation.operation,
            sender=credential,
            submissions=[_submission(setting, row)],
            dry_run=dry_run,
        )
        if outcome.error is not None:
            raise outcome.error
    except NOT_MISTAKES:
        raise
    except RecordError as error:
        return SentForm(mistakes=tuple(mistakes_of(error, form, setting, typed)))
    return SentForm(outcome.receipt, is_new=outcome.is_new)


def _submission(setting: Setting, row: Json) -> Submission:
    moment = setting.imported_at
    return load_submission(row if moment is None else row | {"recorded_at": format_instant(moment)})


def _said(event: Event) -> tuple[object, ...]:
    return event.data, event.occurred_at, event.occurred_on, event.place, frozenset(event.assisting)
