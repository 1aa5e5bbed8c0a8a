"""Upload a spreadsheet: every mistake at its cell, what sending it would change, then the receipt."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import PurePath
from typing import Any
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from service.access.roles import REPORTERS
from service.access.uploads import CHECKED, CHECKING, MAPPING, REFUSED, SENDING, SENT, Upload
from service.domain.model.operation import Operation
from service.spreadsheets.mapping.model import NotAMapping
from service.spreadsheets.reading.file import XLSX
from service.spreadsheets.template_workbook import template_workbook
from service.usecases.access import uploads
from service.usecases.querying.read_operations import read_operation
from service.web.site.blueprint import PageNotFound, Pages, credential, database, person
from service.web.site.rendering import address, operation_page, render
from service.web.uploads.answers import answered, questions_of
from service.web.uploads.cells import wrong_cells
from service.web.uploads.look import look_at, proposal_again
from service.web.uploads.work import place_now, start

pages = Pages("uploads", __name__)

MOST_BYTES = 20_000_000
# What a form has besides the file.
MARGIN = 100_000
MOST_LETTERS_OF_A_NAME = 100
UNPRINTABLE = re.compile(r"[^\w .()&+,'-]")
LIST = "Upload a spreadsheet"
TITLES = {SENT: "Your rows are recorded", MAPPING: "How to read your spreadsheet", REFUSED: LIST}
UPLOADS = "/operations/<operation>/uploads"
UPLOAD = f"{UPLOADS}/<uuid:upload_id>"


@pages.route(UPLOADS)
@pages.requires(*REPORTERS)
def show(operation: str) -> str:
    """Show the form to upload a spreadsheet, the templates, and the uploads of the person's force."""
    return _list(operation)


@pages.route(UPLOADS, methods=["POST"], endpoint="add")
@pages.requires(*REPORTERS, most_bytes=MOST_BYTES + MARGIN)
def add(operation: str) -> AnyResponse | tuple[str, int]:
    """Store a spreadsheet, begin to check it, and go to its page."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _list(operation, error="Choose a spreadsheet first."), HTTPStatus.UNPROCESSABLE_ENTITY
    with sent.stream:
        body = sent.stream.read()
    if len(body) > MOST_BYTES:
        found = f"The spreadsheet must be at most 20 MB. This one has {len(body) / 1_000_000:,.1f} MB."
        return _list(operation, error=found), HTTPStatus.UNPROCESSABLE_ENTITY
    upload_id = uploads.add_upload(
        database(), operation=operation, credential=credential(), file_name=file_name(sent.filename), body=body
    )
    upload = _upload(operation, upload_id)
    start(database(), upload, credential())
    return _to(upload)


@pages.route(f"{UPLOADS}/template.xlsx")
@pages.requires(*REPORTERS)
def template(operation: str) -> Response:
    """Download the operation's workbook to fill in."""
    head, found = read_operation(database(), operation=operation, credential=credential())
    return _file(template_workbook(found, credential().force, head.seq), f"{_marking(found)}{operation}.xlsx")


@pages.route(UPLOAD)
@pages.requires(*REPORTERS)
def one(operation: str, upload_id: UUID) -> str:
    """Show an upload: how far its check is, its mistakes, what it would add, or the receipt."""
    return _page(_found(operation, upload_id))


@pages.route(f"{UPLOAD}/send", methods=["POST"])
@pages.requires(*REPORTERS)
def send(operation: str, upload_id: UUID) -> AnyResponse | tuple[str, int]:
    """Begin to send the rows that the person has seen. A form that is sent again goes to what became of them."""
    upload = _upload(operation, upload_id)
    if upload.state != CHECKED or upload.found is None or upload.found["wrong_count"]:
        return _to(upload)
    choices = {name: request.form.get(name, "") for name in ("token", "copies", "gone", "unusual")}
    errors = _undecided(upload, choices)
    if errors:
        return _page(upload, errors=errors, choices=choices), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        if uploads.begin(database(), upload, when=CHECKED, state=SENDING):
            start(database(), upload, credential(), choices)
    except uploads.FileBeingSent as error:
        return _page(upload, errors=[(error.detail, "#send")]), HTTPStatus.CONFLICT
    return _to(upload)


@pages.route(f"{UPLOAD}/<any(mapping,send):step>")
@pages.requires(*REPORTERS)
def back(operation: str, upload_id: UUID, step: str) -> AnyResponse:  # noqa: ARG001 - both go back
    """Go to the page of an upload: whoever had to sign in to send a form comes here afterwards."""
    return _to(_upload(operation, upload_id))


@pages.route(f"{UPLOAD}/mapping", methods=["POST"])
@pages.requires(*REPORTERS)
def answer(operation: str, upload_id: UUID) -> AnyResponse | tuple[str, int]:
    """Take the answers to the open questions of a file that is no template; confirmed, it is checked."""
    upload = _upload(operation, upload_id)
    if upload.state != MAPPING or upload.found is None:
        return _to(upload)
    text = upload.found["text"]
    if request.form.get("lines") != str(len(text)):
        return _to(upload)
    left = [one for one in questions_of(text) if not request.form.get(one.name, "").strip()]
    if left:
        errors = [
            (f"{one.about}: answer this question." if one.about else "Answer this question.", f"#{one.name}")
            for one in left
        ]
        return _page(upload, errors=errors, answers=request.form), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with place_now(upload):
            _mapping, new = proposal_again(database(), upload, answered(text, request.form))
    except NotAMapping as error:
        return _page(
            upload, errors=[(error.detail, "#questions")], answers=request.form
        ), HTTPStatus.UNPROCESSABLE_ENTITY
    if questions_of(new):
        uploads.ask_again(database(), upload, {**upload.found, "text": new})
        return _to(upload)
    uploads.confirm_mapping(database(), upload, upload.found["header"], new)
    if uploads.begin(database(), upload, when=MAPPING, state=CHECKING):
        start(database(), upload, credential())
    return _to(upload)


@pages.route(f"{UPLOAD}/marked.xlsx")
@pages.requires(*REPORTERS)
def marked(operation: str, upload_id: UUID) -> Response:
    """Download a copy of an upload with the cells marked that need to be fixed."""
    upload = _upload(operation, upload_id)
    if upload.state != CHECKED or not upload.found or not upload.found["wrong_count"]:
        raise PageNotFound("There is no such page.")
    # Importing openpyxl takes long and 5 MB, so only whoever needs it causes it.
    from service.web.uploads.marked import marked_copy  # noqa: PLC0415

    with place_now(upload):
        look = look_at(database(), upload, credential(), _unreported)
        body = marked_copy(
            uploads.upload_body(database(), upload), look.grids, list(wrong_cells(look.grids, look.mistakes))
        )
    _head, found = read_operation(database(), operation=operation, credential=credential())
    return _file(body, f"{_marking(found)}{PurePath(upload.file_name).stem}-marked.xlsx")


def file_name(sent: str) -> str:
    """Return the name of a file without its folders, shortened, with letters that every system allows."""
    name = UNPRINTABLE.sub("_", PurePath(sent.replace("\\", "/")).name).strip(" .") or "spreadsheet"
    path = PurePath(name)
    return f"{path.stem[:MOST_LETTERS_OF_A_NAME]}{path.suffix[:10]}"


def _undecided(upload: Upload, choices: dict[str, str]) -> list[tuple[str, str]]:
    """Return what the person has not decided, each with the id of its field."""
    assert upload.found is not None
    errors = []
    if upload.found["copies_count"] and choices["copies"] not in ("sent", "new"):
        errors.append(("Choose whether the rows that are recorded already are the same events.", "#copies"))
    if upload.found["gone_count"] and choices["gone"] not in ("withdraw", "leave"):
        errors.append(("Choose what becomes of the rows that are gone.", "#gone"))
    if upload.found["unusual_count"] and choices["unusual"] != "yes":
        errors.append(("Look at the unusual values, and say that they are right.", "#unusual"))
    return errors


def _found(operation: str, upload_id: UUID) -> Upload:
    """Return an upload; work on it that has been interrupted begins again."""
    upload = _upload(operation, upload_id)
    if upload.seems_abandoned(person().now) and uploads.take_over(database(), upload):
        start(database(), upload, credential())
    return upload


def _upload(operation: str, upload_id: UUID) -> Upload:
    return uploads.own_upload(database(), operation=operation, credential=credential(), upload_id=upload_id)


def _list(operation: str, error: str = "") -> str:
    _head, found = read_operation(database(), operation=operation, credential=credential())
    listed = uploads.own_uploads(database(), operation=operation, credential=credential())
    return render(
        "uploads/uploads.html.jinja",
        **operation_page(found, title=LIST, tab="uploads.show"),
        errors=[(error, "#file")] if error else [],
        uploads=listed,
    )


def _page(upload: Upload, errors: list[tuple[str, str]] | None = None, choices: Any = None, answers: Any = None) -> str:
    _head, found = read_operation(database(), operation=upload.operation_id, credential=credential())
    shown = upload.found or {}
    template = {MAPPING: "mapping", SENT: "receipt"}.get(upload.state, "check")
    return render(
        f"uploads/{template}.html.jinja",
        **operation_page(
            found,
            title=TITLES.get(upload.state, "Check your spreadsheet"),
            tab="uploads.show",
            above=[(LIST, address("uploads.show", operation=found.operation))],
        ),
        upload=upload,
        shown=shown,
        errors=errors or [],
        has_problem=bool(shown.get("wrong_count") or upload.state == REFUSED),
        choices=choices or {},
        answers=answers or {},
        questions=questions_of(shown["text"]) if upload.state == MAPPING else [],
        events_page=address("events.show", operation=found.operation),
        event_address=lambda event_id: address("events.event", operation=found.operation, event_id=event_id),
    )


def _to(upload: Upload) -> AnyResponse:
    target = address("uploads.one", operation=upload.operation_id, upload_id=upload.id)
    return redirect(target or "/", HTTPStatus.SEE_OTHER)


def _marking(found: Operation) -> str:
    return f"{found.marking}-" if found.marking else ""


def _file(body: bytes, name: str) -> Response:
    response = Response(body, content_type=XLSX)
    response.headers.set(
        "Content-Disposition", "attachment", filename=name.encode("ascii", "replace").decode().replace("?", "_")
    )
    return response


def _unreported(_done: int, _size: int) -> None:
    """Report nothing."""
