"""GET /v1/operations/{operation}/returns: the returns of every force for every day."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from service.access.roles import REPORTERS
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import JSON
from service.api.http.queries import ReturnsQuery
from service.domain.counting.completeness import STATUSES
from service.exports.tables_of_answers import CSV, FILES, preferred_media, returns_json, returns_tables, table_answer
from service.usecases.querying.as_of import Moment
from service.usecases.querying.returns import TooManyReturns, WhichReturns, returns

blueprint = Blueprint("returns", __name__, description="See which forces have declared which days complete")


class ReturnSchema(ma.Schema):
    """The state of a force's returns for one day."""

    force = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    status = ma.fields.String(required=True, metadata={"enum": list(STATUSES)})
    seq = ma.fields.Integer(required=True, allow_none=True, metadata={"description": "of the latest return"})
    declared_at = ma.fields.DateTime(required=True, allow_none=True)
    due_at = ma.fields.DateTime(required=True, allow_none=True, metadata={"description": "null: no deadline"})
    late = ma.fields.Boolean(required=True, metadata={"description": "declared after due_at"})
    overdue = ma.fields.Boolean(
        required=True, metadata={"description": "due_at is past, and the day was never declared in full"}
    )
    measures = ma.fields.List(ma.fields.String(), required=True, metadata={"description": "empty: all"})


class ReturnsSchema(ma.Schema):
    """A page of returns by force in publishing order, day by day; `next` is the `after` of the next one."""

    operation = ma.fields.String(required=True)
    imported = ma.fields.Boolean(required=True)
    marking = ma.fields.String(required=True)
    returns_due_at = ma.fields.DateTime(required=True, allow_none=True)
    returns_due_hours = ma.fields.Integer(required=True, allow_none=True)
    seq = ma.fields.Integer(required=True, metadata={"description": "the log position they are true at"})
    returns = ma.fields.List(ma.fields.Nested(ReturnSchema), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blueprint.route("/v1/operations/<operation>/returns")
@blueprint.requires(*REPORTERS)
@blueprint.query(ReturnsQuery)
@blueprint.answers({200: {JSON: ReturnsSchema} | FILES}, problems=(404, 406, 422))
def get_returns(query: dict[str, Any], operation: str) -> Response:
    """Show every force's return for every day that has begun: none, partial, complete, nil or reopened.

    `status=none,partial,reopened` lists those that are owed. With `Accept: text/csv`, or the media type of XLSX, the
    answer is a table: of all returns as CSV, of at most 10,000 as XLSX.
    """
    media = preferred_media()
    found = returns(
        database(),
        operation=operation,
        credential=caller(),
        moment=Moment(query.get("as_of"), query.get("as_of_seq")),
        which=WhichReturns(
            statuses=query.get("status", ()),
            forces=query.get("force", ()),
            day_from=query.get("day_from"),
            day_before=query.get("day_before"),
            after=query.get("after"),
            limit=None if media == CSV else query["limit"],
        ),
    )
    if media == JSON:
        return answer(returns_json(found))
    if found.next_after is not None:
        raise TooManyReturns(
            f"Expected at most {query['limit']:,} returns in a workbook; found more. Choose fewer with status, force, "
            "day_from and day_before, or ask for CSV, which has no limit."
        )
    return table_answer(media, f"{operation}-returns", returns_tables(found))
