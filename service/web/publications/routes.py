"""Publications of an operation: what was said, what has changed since, and publishing again."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from flask import request
from werkzeug.wrappers import Response

from service.access.roles import COORDINATOR, OBSERVER, READERS
from service.domain.deciding.decide import ContentDiffers
from service.domain.model.events import PublicationMadePublic
from service.domain.model.operation import Operation
from service.exports.statement.changes import changed_figures, sentence
from service.exports.statement.formats import PLAIN, laid_out
from service.exports.statement.word import is_word_offered
from service.exports.statement.words import worded
from service.usecases.overview.publishing import list_published, read_preview
from service.usecases.querying.as_of import AsOfBeyondLog, Moment
from service.usecases.querying.difference import difference
from service.usecases.querying.read_context import Position
from service.usecases.querying.read_operations import read_operation
from service.usecases.querying.statement import StatementAnswer, read_statement
from service.usecases.recording.publish import AlreadyPublic, make_public, publish_figures
from service.web.publications.draft import (
    WIRE_TYPE,
    draft_of,
    new_draft,
    read_embargo,
    read_label,
    request_of,
)
from service.web.publications.files import file_of, kinds, preview_of, published
from service.web.publications.warnings import warnings_of
from service.web.site import event_words
from service.web.site.blueprint import PageNotFound, Pages, credential, database, person
from service.web.site.rendering import Place, address, operation_page, part_of, render, see_other
from service.web.site.typed import FormReader
from service.wire.checked import load_change

pages = Pages("publications", __name__)

# What has changed since is worked out for the newest ones only.
MOST_COMPARED = 10
MOST_EVENTS = 100
MOST_NUMBER = 10**6


@pages.route("/operations/<operation>/publications")
@pages.requires(*READERS)
def show(operation: str) -> str:
    """List the publications, newest first, with what has changed since."""
    found = list_published(database(), operation=operation, credential=credential(), most=MOST_COMPARED)
    return render(
        "publications/publications.html.jinja",
        **_layout(found.operation, "Publications", position=found.position),
        found=found,
        live=address("live.feed", operation=operation, after=found.position.cursor),
        sentence_since=lambda number: sentence(found.since[number].changes, found.operation),
    )


@pages.route("/operations/<operation>/publications/new")
@pages.requires(COORDINATOR)
def new(operation: str) -> str | Response | tuple[str, int]:
    """Preview the statement, with what speaks against it, and ask for label and embargo."""
    typed = FormReader(request.args)
    return _fresh(operation) if draft_of(typed) is None else _preview(operation, typed)


@pages.route("/operations/<operation>/publications/new/statement.docx")
@pages.requires(COORDINATOR)
def preview_file(operation: str) -> Response:
    """Download the statement of a preview as a Word document, marked as not published."""
    draft = draft_of(FormReader(request.args))
    if draft is None:
        return _fresh(operation)
    return preview_of(_read_preview(operation, draft.seq, None).answer)


@pages.route("/operations/<operation>/publications/new/check")
@pages.requires(COORDINATOR)
def check(operation: str) -> str | Response | tuple[str, int]:
    """Show what will be published, and ask to confirm."""
    typed = FormReader(request.args)
    draft = draft_of(typed)
    if draft is None:
        return _fresh(operation)
    label, embargo = read_label(typed), read_embargo(typed, person().now)
    if typed.mistakes:
        return _preview(operation, typed), HTTPStatus.UNPROCESSABLE_ENTITY
    preview = _read_preview(operation, draft.seq, label)
    return render(
        "publications/check.html.jinja",
        **_layout(
            preview.operation,
            f"Publish {label} figures",
            _list_of(preview.operation),
            ("Publish", address("publications.new", operation=operation, **draft.fields)),
            position=preview.answer.positions[0],
        ),
        preview=preview,
        warnings=warnings_of(preview),
        words_of=worded(preview.answer),
        draft=draft,
        label=label,
        embargo=embargo,
        typed=typed,
        event_words=event_words,
    )


@pages.route("/operations/<operation>/publications", methods=["POST"])
@pages.requires(COORDINATOR)
def publish(operation: str) -> Response | tuple[str, int]:
    """Publish as of the event of the form. The id of the form makes it happen once."""
    typed = FormReader(request.form)
    draft = draft_of(typed)
    _head, state = read_operation(database(), operation=operation, credential=credential())
    _require_coordinator(state)
    if draft is None:
        raise PageNotFound("There is no such form.")
    label, embargo = read_label(typed), typed.moment("embargo", "Embargo")
    if typed.mistakes or label is None:
        return _preview(operation, typed), HTTPStatus.UNPROCESSABLE_ENTITY
    row = request_of(draft, label, embargo, is_whole=bool(state.parts))
    submission = load_change(WIRE_TYPE, row, credential().force)
    try:
        _outcome, found = publish_figures(database(), operation=operation, sender=credential(), submission=submission)
    except ContentDiffers:
        page = render("publications/used.html.jinja", **_layout(state, "This form was sent before"))
        return page, HTTPStatus.CONFLICT
    return see_other("publications.one", operation=operation, number=found.published.number)


@pages.route("/operations/<operation>/publications/<int:number>")
@pages.requires(*READERS)
def one(operation: str, number: int) -> str:
    """Show a publication: its statement, its files, and how to check it."""
    answer = _statement(operation, number)
    publication = published(answer)
    since = difference(database(), operation=operation, credential=credential(), number=number, after=0, limit=1)
    return render(
        "publications/publication.html.jinja",
        **_layout(publication.operation, f"Publication {number}", _list_of(publication.operation)),
        publication=publication,
        words_of=worded(answer),
        text=laid_out(answer, PLAIN),
        kinds=kinds(),
        since=sentence(since.changes, publication.operation),
        is_coordinator=part_of(publication.operation, credential()) == COORDINATOR,
        now=person().now,
        public_address=_public_address(operation, number),
    )


@pages.route("/operations/<operation>/publications/<int:number>/file.<ending>")
@pages.requires(*READERS)
def file(operation: str, number: int, ending: str) -> Response:
    """Download a publication."""
    return file_of(_statement(operation, number), ending)


@pages.route("/operations/<operation>/publications/<int:number>/changes")
@pages.requires(*READERS)
def changes(operation: str, number: int) -> str:
    """Show what has changed since a publication by figure, and the events behind it that the person may read."""
    after = FormReader(request.args).number("after", "After", most=10**8) or 0
    found = difference(
        database(),
        operation=operation,
        credential=credential(),
        number=_checked(number),
        after=after,
        limit=MOST_EVENTS,
    )
    state = found.publication.operation
    role = part_of(state, credential())
    return render(
        "publications/changes.html.jinja",
        **_layout(state, f"Changes since publication {number}", _list_of(state), _one_of(state, number)),
        found=found,
        publication=found.publication,
        sentence=sentence(found.changes, state),
        figures=changed_figures(found.changes, state),
        events=found.events if role != OBSERVER else None,
        is_coordinator=role == COORDINATOR,
        event_words=event_words,
        now=person().now,
    )


@pages.route("/operations/<operation>/publications/<int:number>/public")
@pages.requires(COORDINATOR)
def check_public(operation: str, number: int) -> str | Response:
    """Show what anybody will see, and ask to confirm."""
    answer = _statement(operation, number, public=True)
    publication = published(answer)
    state = publication.operation
    _require_coordinator(state)
    if publication.public_since is not None:
        return see_other("publications.one", operation=operation, number=number)
    return render(
        "publications/check_public.html.jinja",
        **_layout(state, f"Make publication {number} public", _list_of(state), _one_of(state, number)),
        publication=publication,
        draft=uuid4(),
        words_of=worded(answer, public=True),
        public_address=_public_address(operation, number),
        now=person().now,
    )


@pages.route("/operations/<operation>/publications/<int:number>/public", methods=["POST"])
@pages.requires(COORDINATOR)
def send_public(operation: str, number: int) -> Response:
    """Make a publication public. If it is already, nothing is recorded."""
    try:
        row = {"id": str(UUID(request.form.get("draft", "")))}
    except ValueError as error:
        raise PageNotFound("There is no such form.") from error
    submission = load_change(PublicationMadePublic.wire_type, row, credential().force)
    with suppress(AlreadyPublic):
        make_public(
            database(), operation=operation, sender=credential(), number=_checked(number), submission=submission
        )
    return see_other("publications.one", operation=operation, number=number)


def _fresh(operation: str) -> Response:
    """Go to a preview as of now. Its address names the event and the id, so that Back and reload find the same."""
    head, state = read_operation(database(), operation=operation, credential=credential())
    _require_coordinator(state)
    return see_other("publications.new", operation=operation, **new_draft(head.seq).fields)


def _preview(operation: str, typed: FormReader) -> str:
    draft = draft_of(typed)
    assert draft is not None, "the caller has made one"
    preview = _read_preview(operation, draft.seq, None)
    return render(
        "publications/new.html.jinja",
        **_layout(preview.operation, "Publish", _list_of(preview.operation), position=preview.answer.positions[0]),
        preview=preview,
        warnings=warnings_of(preview),
        words_of=worded(preview.answer),
        draft=draft,
        typed={name: typed.get(name) for name in ("label", "embargo-day", "embargo-time")},
        has_word=is_word_offered(),
        errors=typed.mistakes,
        wrong=dict(typed.mistakes),
        event_words=event_words,
    )


def _read_preview(operation: str, seq: int, label: Any) -> Any:
    try:
        return read_preview(database(), operation=operation, credential=credential(), as_of_seq=seq, label=label)
    except AsOfBeyondLog as error:
        raise PageNotFound("There is no such event.") from error


def _statement(operation: str, number: int, *, public: bool = False) -> StatementAnswer:
    return read_statement(
        database(),
        operation=operation,
        credential=credential(),
        moment=Moment(),
        publication=_checked(number),
        public=public,
    )


def _checked(number: int) -> int:
    if not 0 < number < MOST_NUMBER:
        raise PageNotFound("There is no such publication.")
    return number


def _require_coordinator(state: Operation) -> None:
    if part_of(state, credential()) != COORDINATOR:
        raise PageNotFound("There is no such page.")


def _layout(state: Operation, title: str, *above: Place, position: Position | None = None) -> dict[str, Any]:
    return operation_page(state, title=title, tab="publications.show", above=above, position=position)


def _list_of(state: Operation) -> Place:
    return "Publications", address("publications.show", operation=state.operation)


def _one_of(state: Operation, number: int) -> Place:
    return f"Publication {number}", address("publications.one", operation=state.operation, number=number)


def _public_address(operation: str, number: int) -> str | None:
    return address("public.show", operation=operation, number=number, _external=True)
