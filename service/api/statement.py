"""GET /v1/operations/{operation}/statement: the results as they may be published, in the format that is asked for."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.access.roles import READERS
from service.api import examples
from service.api.blueprint import JSON, Blueprint, caller
from service.api.database import database
from service.api.queries import StatementQuery
from service.api.statement_formats import HTML, MARKDOWN, MEDIA, PLAIN, laid_out
from service.api.statement_schemas import StatementSchema
from service.usecases.as_of import Moment
from service.usecases.statement import read_statement

blueprint = Blueprint("statement", __name__, description="What may be published of it")

TEXT = {"type": "string"}
SHOWN: dict[str, Any] = {
    MARKDOWN: {**TEXT, "examples": [examples.STATEMENT]},
    PLAIN: TEXT,
    HTML: TEXT,
    JSON: StatementSchema,
}


@blueprint.route("/v1/operations/<operation>/statement")
@blueprint.requires(*READERS)
@blueprint.query(StatementQuery)
@blueprint.answers({200: SHOWN}, problems=(404, 422))
def get_statement(query: dict[str, Any], operation: str) -> Response:
    """Word the results: a headline with a threshold, the figures, a breakdown by force, and what is outstanding.

    Markdown, plain text, an HTML fragment or JSON, by Accept; Markdown where that leaves it open. Nothing is claimed
    that the record does not show: "at least" while a return is outstanding, and no zero where none was declared.
    That of a publication is word for word the same, whenever it is asked for.
    """
    moment = Moment(query.get("as_of"), query.get("as_of_seq"))
    found = read_statement(
        database(), operation=operation, credential=caller(), moment=moment, publication=query.get("publication")
    )
    media = request.accept_mimetypes.best_match(MEDIA, MARKDOWN)
    content_type = media if media == JSON else f"{media}; charset=utf-8"
    return Response(laid_out(found, media), content_type=content_type, headers={"Vary": "Accept"})
