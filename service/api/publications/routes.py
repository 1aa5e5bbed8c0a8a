"""Publications: figures frozen at a seq, which of them are public, and the changes since."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Response, request

from service.access.roles import COORDINATOR, READERS, REPORTERS
from service.api.http import examples
from service.api.http.answers import ends_json
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import JSON, MOST_BYTES_OF_A_CALL, json_body
from service.api.http.queries import PageQuery
from service.api.publications.schemas import (
    DifferenceSchema,
    PublicationListSchema,
    PublicationSchema,
    PublishedSchema,
)
from service.domain.counting.figures import display
from service.domain.model.events import FiguresPublished, PublicationMadePublic, PublishedFigure
from service.domain.model.instants import format_instant, format_optional
from service.domain.model.vocabulary import number_in
from service.domain.statement.changes import FigureChange
from service.exports.statement.changes import sentence
from service.exports.statement.differences import difference_table, difference_text
from service.exports.statement.formats import MARKDOWN, PLAIN
from service.exports.tables_of_answers import FILES, preferred_media, table_answer
from service.usecases.querying.difference import difference
from service.usecases.querying.publications import NoSuchPublication, Publication, list_publications, read_publication
from service.usecases.recording.appending import Outcome
from service.usecases.recording.publish import make_public, publish_figures
from service.wire.checked import load_change
from service.wire.codec import as_json
from service.wire.schemas import change_schema

blueprint = Blueprint("publications", __name__, description="Publish figures, and compare them with the record later")

TEXT = {"type": "string"}


@blueprint.route("/v1/operations/<operation>/publications", methods=["POST"])
@blueprint.requires(COORDINATOR)
@blueprint.query()
@blueprint.takes(change_schema(FiguresPublished.wire_type), example=examples.PUBLICATION)
@blueprint.answers({201: PublishedSchema, 200: PublishedSchema}, problems=(400, 404, 409, 413, 415, 422))
def post_publication(_query: dict[str, Any], operation: str) -> Response:
    """Publish the figures as of a seq, or as of now; sending the same id again returns the same publication."""
    row = json_body(request, MOST_BYTES_OF_A_CALL)
    submission = load_change(FiguresPublished.wire_type, row, caller().force)
    outcome, publication = publish_figures(database(), operation=operation, sender=caller(), submission=submission)
    return _published_answer(outcome, publication)


@blueprint.route("/v1/operations/<operation>/publications/<number>/public", methods=["POST"])
@blueprint.requires(COORDINATOR)
@blueprint.query()
@blueprint.takes(change_schema(PublicationMadePublic.wire_type), example=examples.MADE_PUBLIC)
@blueprint.answers({201: PublishedSchema, 200: PublishedSchema}, problems=(400, 404, 409, 413, 415, 422))
def post_public(_query: dict[str, Any], operation: str, number: str) -> Response:
    """Make a publication public: anyone may read it at `/v1/public/{operation}/{number}`, without a credential.

    Under embargo, it becomes public when the embargo ends. It cannot be undone; if a figure was wrong, publish again.
    """
    row = json_body(request, MOST_BYTES_OF_A_CALL)
    submission = load_change(PublicationMadePublic.wire_type, row, caller().force)
    outcome, publication = make_public(
        database(), operation=operation, sender=caller(), number=publication_number(number), submission=submission
    )
    return _published_answer(outcome, publication)


@blueprint.route("/v1/operations/<operation>/publications")
@blueprint.requires(*READERS)
@blueprint.query()
@blueprint.answers({200: PublicationListSchema}, problems=(404, 422))
def get_publications(_query: dict[str, Any], operation: str) -> Response:
    """List the publications by number, without figures; only the coordinator sees those under embargo."""
    found = list_publications(database(), operation=operation, credential=caller())
    return answer({"operation": operation, "publications": [_heading_json(one) for one in found]})


@blueprint.route("/v1/operations/<operation>/publications/<number>")
@blueprint.requires(*READERS)
@blueprint.query()
@blueprint.answers({200: PublicationSchema}, problems=(404, 422))
def get_publication(_query: dict[str, Any], operation: str, number: str) -> Response:
    """Show a publication with its figures: over all forces, by force, and both by category, in publishing order."""
    found = read_publication(database(), operation=operation, credential=caller(), number=publication_number(number))
    return answer(_publication_json(found))


@blueprint.route("/v1/operations/<operation>/publications/<number>/difference")
@blueprint.requires(*REPORTERS)
@blueprint.query(PageQuery)
@blueprint.answers({200: {JSON: DifferenceSchema, PLAIN: TEXT, MARKDOWN: TEXT} | FILES}, problems=(404, 406, 422))
def get_difference(query: dict[str, Any], operation: str, number: str) -> Response:
    """Show the figures that differ from a publication, and those events behind them that the caller may read.

    `sentence` says it in words, whole measures first. With `Accept: text/plain` or `text/markdown` the answer is a text
    with each figure and event, with `text/csv` or the media type of XLSX a table of the figures.
    """
    media = preferred_media(PLAIN, MARKDOWN)
    found = difference(
        database(),
        operation=operation,
        credential=caller(),
        number=publication_number(number),
        after=query["after"],
        limit=query["limit"],
    )
    if media in (PLAIN, MARKDOWN):
        return Response(difference_text(found, media), content_type=f"{media}; charset=utf-8")
    if media != JSON:
        return table_answer(media, f"{operation}-since-publication-{number}", [difference_table(found)])
    return answer(
        {
            "publication": _heading_json(found.publication),
            "seq": found.seq,
            "sentence": sentence(found.changes, found.publication.operation),
            "changes": [_change_json(change) for change in found.changes],
            "events": [as_json(event) for event in found.events],
            "next": found.next_after,
        }
    )


def _published_answer(outcome: Outcome, publication: Publication) -> Response:
    assert outcome.receipt is not None
    body = {"receipt": outcome.receipt.as_json(), "publication": _publication_json(publication)}
    return answer(body, HTTPStatus.CREATED if outcome.is_new else HTTPStatus.OK)


def publication_number(text: str) -> int:
    """Return the number of a publication in an address.

    Raises:
        NoSuchPublication: it is no number.
    """
    number = number_in(text)
    if number is None:
        raise NoSuchPublication("Expected the number of a publication: 1, 2, 3, ...")
    return number


def _heading_json(publication: Publication) -> dict[str, Any]:
    published = publication.published
    embargo = published.embargo_until
    return {
        "operation": publication.operation.operation,
        "imported": publication.operation.imported,
        "marking": publication.operation.marking,
        "number": published.number,
        "label": published.label,
        "published_at": format_instant(publication.recorded_at),
        "embargo_until": format_optional(embargo),
        "public_since": format_optional(publication.public_since),
        "as_of": {"seq": published.as_of_seq, "root": published.root},
        "figures_hash": published.figures_hash,
        "parts": [{"operation": one.operation, "seq": one.seq, "root": one.root} for one in published.parts],
        "other_parts": publication.has_other_parts,
    }


def _publication_json(publication: Publication) -> dict[str, Any]:
    figures = [figure_json(figure) for figure in publication.published.figures]
    return {**_heading_json(publication), "figures": figures}


def figure_json(figure: PublishedFigure) -> dict[str, Any]:
    """Return a published figure."""
    return {
        "measure": figure.measure,
        "unit": figure.unit,
        "force": figure.force,
        "category": figure.category,
        "quantity": figure.quantity,
        "qualifier": figure.qualifier,
        **ends_json(figure.least, figure.most),
        "display": display(figure.quantity, figure.unit, figure.qualifier, figure.category, most=figure.most),
    }


def _change_json(change: FigureChange) -> dict[str, Any]:
    published, now = change.published, change.now
    return {
        "published": None if published is None else figure_json(published),
        "now": None if now is None else figure_json(now),
        "change": (0 if now is None else now.quantity) - (0 if published is None else published.quantity),
    }
