"""GET /v1/operations/{operation}/totals: the figures, now or as of a past moment."""

from __future__ import annotations

from typing import Any

from flask import Response

from service.access.roles import READERS
from service.api.http.answer_schemas import TotalsSchema
from service.api.http.answers import totals_json
from service.api.http.blueprint import Blueprint, answer, caller, database
from service.api.http.bodies import JSON
from service.api.http.queries import TotalsQuery
from service.domain.counting.selection import Selection
from service.exports.tables_of_answers import FILES, preferred_media, table_answer, totals_tables
from service.usecases.querying.as_of import Moment
from service.usecases.querying.totals import totals

blueprint = Blueprint("totals", __name__, description="Read the totals, now or as of a past moment")


@blueprint.route("/v1/operations/<operation>/totals")
@blueprint.requires(*READERS)
@blueprint.query(TotalsQuery)
@blueprint.answers({200: {JSON: TotalsSchema} | FILES}, problems=(404, 406, 422))
def get_totals(query: dict[str, Any], operation: str) -> Response:
    """Show totals with unit and qualifier, the log position they are true at, and the forces that owe a return.

    With `Accept: text/csv`, or the media type of XLSX, the answer is a table.
    """
    media = preferred_media()
    found = totals(
        database(),
        operation=operation,
        credential=caller(),
        selection=selection_of(query),
        moment=Moment(query.get("as_of"), query.get("as_of_seq")),
    )
    body = totals_json(found)
    return answer(body) if media == JSON else table_answer(media, f"{operation}-totals", totals_tables(body))


def selection_of(query: dict[str, Any]) -> Selection:
    """Return the selection that query parameters ask for."""
    return Selection(
        by=query.get("by", ()),
        measures=query.get("measure", ()),
        forces=query.get("force", ()),
        without_forces=query.get("without_force", ()),
        categories=query.get("category", ()),
        without_categories=query.get("without_category", ()),
        day_from=query.get("day_from"),
        day_before=query.get("day_before"),
    )
