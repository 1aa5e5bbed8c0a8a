"""The tables of the overview as files, as of the moment that the page shows. Their names have the marking."""

from __future__ import annotations

from flask import Response, request

from service.access.roles import READERS
from service.exports.overview import about, tables_of, then_and_now_table
from service.exports.tables import ExportTable
from service.exports.tables_of_answers import CSV, table_answer
from service.spreadsheets.reading.file import XLSX
from service.usecases.overview.operation import read_overview
from service.usecases.overview.results import OperationResults
from service.usecases.overview.then_and_now import read_then_and_now
from service.usecases.querying.as_of import Moment
from service.web.overview.moments import LATER, MomentUnclear, requested_moment
from service.web.site.blueprint import PageNotFound, Pages, credential, database

pages = Pages("tables", __name__)

MEDIA = {"csv": CSV, "xlsx": XLSX}


@pages.route("/operations/<operation>/tables/<table>.<any(csv,xlsx):ending>")
@pages.requires(*READERS)
def download(operation: str, table: str, ending: str) -> Response:
    """Send one table of the overview."""
    found = read_overview(
        database(), operation=operation, credential=credential(), moment=_moment(), by_hour=table == "by-hour"
    )
    tables = tables_of(found)
    if table not in tables:
        raise PageNotFound("There is no such file.")
    return _answer(ending, tables[table], found)


@pages.route("/operations/<operation>/then-and-now.<any(csv,xlsx):ending>")
@pages.requires(*READERS)
def then_and_now(operation: str, ending: str) -> Response:
    """Send the figures of two moments."""
    moments = _moment(), _moment(LATER)
    found = read_then_and_now(database(), operation=operation, credential=credential(), moments=moments)
    return _answer(ending, then_and_now_table(found), found.now, about(found.then, "about then"))


def _moment(prefix: str = "") -> Moment:
    try:
        return requested_moment(request.args, prefix)
    except MomentUnclear as error:
        raise PageNotFound("There is no such file.") from error


def _answer(ending: str, table: ExportTable, found: OperationResults, *others: ExportTable) -> Response:
    name = f"{found.operation.marking}-{found.operation.operation}-{table.name}-event-{found.position.seq}"
    return table_answer(MEDIA[ending], name, [table, about(found), *others])
