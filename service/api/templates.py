"""GET /v1/operations/{operation}/template: the workbook that a force fills in and sends with `oprecord submit`."""

from __future__ import annotations

from typing import Any

from flask import Response

from service.access.roles import REPORTERS
from service.api.http.blueprint import Blueprint, caller, database
from service.spreadsheets.reading.file import XLSX
from service.spreadsheets.template_workbook import template_workbook
from service.usecases.querying.read_operations import read_operation

blueprint = Blueprint("templates", __name__, description="Get a workbook to fill in")


@blueprint.route("/v1/operations/<operation>/template")
@blueprint.requires(*REPORTERS)
@blueprint.query()
@blueprint.answers({200: {XLSX: {"type": "string", "format": "binary"}}}, problems=(404, 422))
def get_template(_query: dict[str, Any], operation: str) -> Response:
    """Make an XLSX workbook for the caller's force, with the operation's codes as drop-down lists.

    It has a sheet for arrests, seizures, activities, returns and withdrawals each. A force that reports tallies gets no
    sheets for arrests and seizures.
    """
    head, found = read_operation(database(), operation=operation, credential=caller())
    response = Response(template_workbook(found, caller().force, head.seq), content_type=XLSX)
    response.headers["Content-Disposition"] = f'attachment; filename="{operation}.xlsx"'
    return response
