"""The work on an upload: it is checked or sent by a thread, so that its page answers at once and can be left."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from service.access.credentials import Credential
from service.access.uploads import CHECKED, CHECKING, MAPPING, REFUSED, SENDING, SENT, Upload
from service.errors import RecordError, Unauthenticated, Unavailable
from service.spreadsheets.checking.mistakes import SheetMistake
from service.spreadsheets.sending.copied import take_for_sent
from service.spreadsheets.sending.gone_rows import keep
from service.spreadsheets.sending.submission import Planned, send
from service.spreadsheets.sending.withdrawals import check_withdrawals, withdraw
from service.spreadsheets.sheets import Sheet, place_of
from service.storage.db import Database
from service.usecases.access import uploads
from service.web.uploads.cells import on_a_page
from service.web.uploads.found import MOST_SHOWN, found_of
from service.web.uploads.look import CheckedUpload, NoTemplate, look_at
from service.web.uploads.own_service import own_service

Json = dict[str, Any]
Work = Callable[[Database, Upload, Credential], tuple[str, Json]]
REPORT_EVERY_SECONDS = 1.0
THREAD = "upload"
# A workbook takes up to a gigabyte while it is read. So two are worked on at a time, of two forces; others wait.
PLACES = threading.BoundedSemaphore(2)
PLACE_OF_FORCE: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
SECONDS_BETWEEN_SIGNS_OF_LIFE = 20.0
SECONDS_WITHIN_AN_ANSWER = 2.0
log = logging.getLogger(__name__)


def start(database: Database, upload: Upload, credential: Credential, choices: Mapping[str, str] | None = None) -> None:
    """Check an upload in a thread; with the choices of the person, send it."""
    work: Work = _checked if choices is None else partial(_sent, choices=choices)
    upload = replace(upload, state=CHECKING if choices is None else SENDING)
    threading.Thread(target=_run, args=(work, database, upload, credential), name=THREAD, daemon=True).start()


def _run(work: Work, database: Database, upload: Upload, credential: Credential) -> None:
    try:
        with _place(PLACE_OF_FORCE[upload.force], database, upload), _place(PLACES, database, upload):
            state, found = _worked(work, database, upload, credential)
        uploads.finish(database, upload, state=state, found=found)
    except Unauthenticated as error:
        # Whoever of its force opens its page goes on with it.
        log.warning("upload %s: %s", upload.id, error.detail)
    except Exception:
        # Whoever opens its page takes it over.
        log.exception("upload %s", upload.id)


class ReadingOthers(Unavailable):
    """The service reads as many spreadsheets as it can at once, or one of this force. Try again in a moment."""

    code = "reading_others"


@contextmanager
def place_now(upload: Upload) -> Iterator[None]:
    """Take a place to read an upload while its person waits for an answer.

    Raises:
        ReadingOthers: all are taken, or one by another upload of this force.
    """
    with ExitStack() as taken:
        for place in (PLACE_OF_FORCE[upload.force], PLACES):
            if not place.acquire(timeout=SECONDS_WITHIN_AN_ANSWER):
                raise ReadingOthers("The service reads other spreadsheets. Try again in a moment.")
            taken.callback(place.release)
        yield


@contextmanager
def _place(place: threading.Lock | threading.BoundedSemaphore, database: Database, upload: Upload) -> Iterator[None]:
    """Wait for a place to work on an upload; its page shows meanwhile that somebody will."""
    while not place.acquire(timeout=SECONDS_BETWEEN_SIGNS_OF_LIFE):
        uploads.report_progress(database, upload, 0, 0)
    try:
        yield
    finally:
        place.release()


def _worked(work: Work, database: Database, upload: Upload, credential: Credential) -> tuple[str, Json]:
    """Return what became of the work."""
    try:
        return work(database, upload, credential)
    except RecordError as error:
        return _failed(database, upload, credential, error)
    except Exception:
        if upload.state == SENDING:
            raise
        log.exception("upload %s", upload.id)
        return REFUSED, {"error": "The service could not read this file. Save it again and upload it."}


def _failed(database: Database, upload: Upload, credential: Credential, error: RecordError) -> tuple[str, Json]:
    """Return what the page shows after an error: while rows were sent, what is left to send."""
    if upload.state != SENDING:
        return REFUSED, {"error": on_a_page(error.detail)}
    state, found = _checked(database, upload, credential)
    return state, {**found, "interrupted": on_a_page(error.detail)}


def _checked(database: Database, upload: Upload, credential: Credential) -> tuple[str, Json]:
    try:
        return CHECKED, found_of(look_at(database, upload, credential, _report(database, upload)))
    except NoTemplate as found:
        return MAPPING, {"header": found.header, "text": found.text}


def _sent(database: Database, upload: Upload, credential: Credential, choices: Mapping[str, str]) -> tuple[str, Json]:
    look = look_at(database, upload, credential, _report(database, upload))
    if look.mistakes or look.token() != choices["token"]:
        return CHECKED, {**found_of(look), "has_changed": True}
    return SENT, _receipt(database, upload, credential, look, choices)


def _receipt(
    database: Database, upload: Upload, credential: Credential, look: CheckedUpload, choices: Mapping[str, str]
) -> Json:
    """Send what was looked at and return the receipt. The ids are stored first: interrupted, nothing counts twice."""
    service, _allowed = own_service(database, credential, upload.operation_id)
    parts, state, report = look.parts, look.state, _report(database, upload)
    changed = look.changed()
    if choices.get("copies") == "sent":
        parts = take_for_sent(look.preview.copies, parts, state)
    facts = [one for one in look.gone if not one.is_return]
    is_withdrawing = choices.get("gone") == "withdraw"
    withdrawals = check_withdrawals(facts if is_withdrawing else (), state, service)
    state.rows |= {one.event.identity: one.sent for _, planned in parts for one in planned if one.event.corrects}
    keep([] if is_withdrawing else facts, state)
    withdrawn = withdraw(withdrawals, service, state)
    recorded = 0
    refused: list[SheetMistake] = []
    new = {row.planned.event.identity for row in look.preview.new}
    for sheet, planned in parts:
        found, _old, wrong = send(planned, service, sheet, state, report)
        recorded += found
        refused += [SheetMistake(sheet, one) for one in wrong]
    state.save()
    return {
        "recorded": recorded,
        "withdrawn": withdrawn,
        "corrected": len(changed),
        "taken": len(look.preview.copies) if choices.get("copies") == "sent" else 0,
        "before": sum(one.event.identity not in new for _sheet, planned in parts for one in planned),
        "refused": list(map(str, refused))[:MOST_SHOWN],
        "events": _events(parts, new, service.seqs),
    }


def _events(parts: Sequence[tuple[Sheet, Sequence[Planned]]], new: set[str], seqs: Mapping[str, int]) -> list[Json]:
    """Return which row became which event, of those that were sent now."""
    return [
        {"place": place_of(sheet.name, one.event.rows[0]), "id": one.sent.id, "seq": seqs[one.sent.id]}
        for sheet, planned in parts
        for one in planned
        if one.event.identity in new and one.sent.id in seqs
    ]


def _report(database: Database, upload: Upload) -> Callable[[int, int], None]:
    """Return a function that stores how far the work is, at most once a second."""
    last = 0.0

    def report(done: int, total: int) -> None:
        nonlocal last
        if monotonic() - last >= REPORT_EVERY_SECONDS:
            last = monotonic()
            uploads.report_progress(database, upload, done, total)

    return report
