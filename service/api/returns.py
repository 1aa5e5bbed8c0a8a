"""GET /v1/operations/{operation}/returns: the returns of every force for every day."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from service.access.roles import REPORTERS
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import JSON
from service.api.http.queries import AsOfQuery
from service.domain.counting.completeness import COMPLETE, NIL, NONE, PARTIAL, REOPENED
from service.exports.tables_of_answers import FILES, preferred_media, returns_json, returns_tables, table_answer
from service.usecases.querying.as_of import Moment
from service.usecases.querying.returns import returns

blueprint = Blueprint("returns", __name__, description="See which forces have declared which days complete")


class ReturnSchema(ma.Schema):
    """The state of a force's returns for one day."""

    force = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    status = ma.fields.String(required=True, metadata={"enum": [NONE, PARTIAL, COMPLETE, NIL, REOPENED]})
    seq = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "of the latest return"})
    declared_at = ma.fields.DateTime(required=True, allow_none=True)
    due_at = ma.fields.DateTime(required=True, allow_none=True, metadata={"description": "null: no deadline"})
    late = ma.fields.Boolean(required=True, metadata={"description": "declared after due_at"})
    overdue = ma.fields.Boolean(
        required=True, metadata={"description": "due_at is past, and the day was never declared in full"}
    )
    measures = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "empty: all"})


class ReturnsSchema(ma.Schema):
    """The returns by force in publishing order, day by day."""

    operation = ma.fields.String(required=True)
    imported = ma.fields.Boolean(required=True)
    marking = ma.fields.String(required=True)
    returns_due_at = ma.fields.DateTime(required=True, allow_none=True)
    returns_due_hours = ma.fields.Integer(required=True, allow_none=True)
    seq = ma.fields.Integer(required=True, metadata={"description": "the log position they are true at"})
    returns = ma.fields.List(ma.fields.Nested(ReturnSchema), required=True)


@blueprint.route("/v1/operations/<operation>/returns")
@blueprint.requires(*REPORTERS)
@blueprint.query(AsOfQuery)
@blueprint.answers({200: {JSON: ReturnsSchema} | FILES}, problems=(404, 406, 422))
def get_returns(query: dict[str, Any], operation: str) -> Response:
    """Show every force's return for every day that has begun: none, partial, complete, nil or reopened.

    With `Accept: text/csv`, or the media type of XLSX, the answer is a table.
    """
    media = preferred_media()
    moment = Moment(query.get("as_of"), query.get("as_of_seq"))
    found = returns(database(), operation=operation, credential=caller(), moment=moment)
    body = returns_json(found)
    return answer(body) if media == JSON else table_answer(media, f"{operation}-returns", returns_tables(body))
