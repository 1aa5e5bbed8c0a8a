"""GET /v1/operations/{operation}/statement: the results as a statement to publish, in the requested format."""

from __future__ import annotations

from typing import Any

from flask import Response

from service.access.roles import READERS
from service.api.http import examples
from service.api.http.blueprint import Blueprint, caller, database
from service.api.http.bodies import JSON
from service.api.http.queries import PUBLIC, StatementQuery
from service.api.statement.formats import in_media, offered
from service.api.statement.schemas import StatementSchema
from service.exports.media import preferred
from service.exports.statement.formats import HTML, MARKDOWN, PLAIN
from service.exports.statement.word import WORD, word_document
from service.usecases.querying.as_of import Moment
from service.usecases.querying.statement import StatementAnswer, read_statement

blueprint = Blueprint("statement", __name__, description="Read the results as a statement to publish")

TEXT = {"type": "string"}
SHOWN: dict[str, Any] = {
    MARKDOWN: {**TEXT, "examples": [examples.STATEMENT]},
    PLAIN: TEXT,
    HTML: TEXT,
    JSON: StatementSchema,
    WORD: {"type": "string", "format": "binary"},
}


@blueprint.route("/v1/operations/<operation>/statement")
@blueprint.requires(*READERS)
@blueprint.query(StatementQuery)
@blueprint.answers({200: SHOWN}, problems=(404, 406, 409, 422))
def get_statement(query: dict[str, Any], operation: str) -> Response:
    """Read a results statement: a headline with a threshold, figures, a breakdown by force, and outstanding returns.

    The Accept header selects Markdown (the default), plain text, an HTML fragment, JSON, or a Word document if the
    service has the extra for it. The statement claims only what the record shows: it says "at least" while a return is
    outstanding, and gives a zero only if it was declared. The statement of a publication is word for word the same
    whenever it is requested. With `audience=public` it has no footer, which names the marking and the position.
    """
    media = preferred(offered())
    moment = Moment(query.get("as_of"), query.get("as_of_seq"))
    public = query["audience"] == PUBLIC
    found = read_statement(
        database(),
        operation=operation,
        credential=caller(),
        moment=moment,
        publication=query.get("publication"),
        public=public,
    )
    if media == WORD:
        return _word_answer(found, operation, public=public)
    content_type = media if media == JSON else f"{media}; charset=utf-8"
    body = in_media(found, media, public=public)
    return Response(body, content_type=content_type, headers={"Vary": "Accept"})


def _word_answer(found: StatementAnswer, operation: str, *, public: bool) -> Response:
    response = Response(word_document(found, public=public), content_type=WORD, headers={"Vary": "Accept"})
    response.headers["Content-Disposition"] = f'attachment; filename="{operation}-statement.docx"'
    return response
