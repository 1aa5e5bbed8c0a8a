"""GET /v1/public/{operation}/{number}: a publication that the coordinator made public. It needs no credential."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from service.api.http.answer_schemas import HASH
from service.api.http.blueprint import Blueprint, answer, database
from service.api.publications.routes import figure_json, publication_number
from service.api.publications.schemas import PositionSchema, PublishedFigureSchema
from service.api.statement.as_json import NOT_PUBLIC, statement_json
from service.api.statement.schemas import StatementSchema
from service.domain.model.instants import format_instant
from service.usecases.querying.publications import headline_figures
from service.usecases.querying.statement import StatementAnswer, public_publication

blueprint = Blueprint("public", __name__, description="Read what was made public; no credential is needed")

CACHED = "public, max-age=300"


class PublicStatementSchema(StatementSchema):
    """A statement as the public sees it."""

    class Meta:
        exclude = NOT_PUBLIC


class PublicPublicationSchema(ma.Schema):
    """A public publication: its figures over all forces, and its statement, which says what may be said by force."""

    operation = ma.fields.String(required=True)
    number = ma.fields.Integer(required=True)
    label = ma.fields.String(required=True, metadata={"enum": ["provisional", "final"]})
    published_at = ma.fields.DateTime(required=True)
    public_since = ma.fields.DateTime(required=True)
    as_of = ma.fields.Nested(PositionSchema, required=True)
    figures_hash = ma.fields.String(required=True, metadata={**HASH, "description": "of all figures, also by force"})
    figures = ma.fields.List(ma.fields.Nested(PublishedFigureSchema), required=True)
    statement = ma.fields.Nested(PublicStatementSchema, required=True)


@blueprint.route("/v1/public/<operation>/<number>")
@blueprint.query()
@blueprint.answers({200: PublicPublicationSchema}, problems=(404, 422))
def get_public(_query: dict[str, Any], operation: str, number: str) -> Response:
    """Read a publication that was made public. Anything else is 404, whether it exists or not.

    The answer may be cached for 5 minutes: a publication never changes, and stays public.
    """
    found = public_publication(database(), operation=operation, number=publication_number(number))
    response = answer(_public_json(found))
    response.headers["Cache-Control"] = CACHED
    return response


def _public_json(found: StatementAnswer) -> dict[str, Any]:
    publication = found.publication
    assert publication is not None, "the statement is of a publication"
    assert publication.public_since is not None, "only a public one is returned"
    published = publication.published
    return {
        "operation": publication.operation.operation,
        "number": published.number,
        "label": published.label,
        "published_at": format_instant(publication.recorded_at),
        "public_since": format_instant(publication.public_since),
        "as_of": {"seq": published.as_of_seq, "root": published.root},
        "figures_hash": published.figures_hash,
        "figures": [figure_json(figure) for figure in headline_figures(published.figures) if figure.force is None],
        "statement": statement_json(found, public=True),
    }
