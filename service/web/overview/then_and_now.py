"""Then and now: the figures of an operation at two moments side by side, with how much they differ, in words."""

from __future__ import annotations

from http import HTTPStatus

from flask import request

from service.access.roles import OBSERVER, READERS
from service.domain.model.instants import format_instant
from service.errors import Invalid
from service.usecases.overview.results import OperationResults, read_results
from service.usecases.overview.then_and_now import ThenAndNow, read_then_and_now
from service.usecases.querying.as_of import Moment
from service.web.overview import differences, sentences
from service.web.overview.moments import LATER, MomentUnclear, requested_moment, words_of
from service.web.site.blueprint import Pages, credential, database
from service.web.site.rendering import operation_page, part_of, render

pages = Pages("then_and_now", __name__)


@pages.route("/operations/<operation>/then-and-now")
@pages.requires(*READERS)
def show(operation: str) -> str | tuple[str, int]:
    """Show two moments side by side. A moment that cannot be shown is explained above the form that asks for both."""
    asked = Moment(), Moment()
    field = "as_of"
    try:
        earlier = requested_moment(request.args)
        field = f"{LATER}as_of"
        later = requested_moment(request.args, LATER)
    except MomentUnclear as error:
        return _page(_now(operation), asked, error=(field, str(error)))
    return _compared(operation, (earlier, later))


def _compared(operation: str, moments: tuple[Moment, Moment]) -> str | tuple[str, int]:
    if moments[0].is_now and moments[1].is_now:
        return _page(_now(operation), moments)
    try:
        found = read_then_and_now(database(), operation=operation, credential=credential(), moments=moments)
    except Invalid as error:
        return _page(_now(operation), moments, error=(_field(operation, moments), words_of(error)))
    return _page(found.now, moments, found)


def _now(operation: str) -> OperationResults:
    return read_results(database(), operation=operation, credential=credential(), moment=Moment())


def _field(operation: str, moments: tuple[Moment, Moment]) -> str:
    """Return the field of the moment that cannot be shown."""
    try:
        read_results(database(), operation=operation, credential=credential(), moment=moments[0])
    except Invalid:
        return "as_of"
    return f"{LATER}as_of"


def _addresses(found: ThenAndNow, *, is_latest: bool) -> dict[str, dict[str, str | int]]:
    """Return what the address of the overview needs for each side; a whole has no single event, so its moment."""
    sides = {"then": found.then} if is_latest else {"then": found.then, "now": found.now}
    return {"now": {}} | {
        name: {"as_of": format_instant(one.moment)} if one.operation.parts else {"event": one.position.seq}
        for name, one in sides.items()
    }


def _page(
    overview: OperationResults,
    moments: tuple[Moment, Moment],
    found: ThenAndNow | None = None,
    *,
    error: tuple[str, str] | None = None,
) -> str | tuple[str, int]:
    """Return the page: the form, and the figures at both moments if they are found."""
    page = render(
        "overview/then_and_now.html.jinja",
        **operation_page(overview.operation, title="Then and now", tab="overview.show"),
        field=error[0] if error else None,
        errors=[error[1]] if error else [],
        overview=overview,
        found=found,
        asked=request.args,
        later=LATER,
        is_latest=(is_latest := any(one.is_now for one in moments)),
        addresses={} if found is None else _addresses(found, is_latest=is_latest),
        is_observer=part_of(overview.operation, credential()) == OBSERVER,
        own_force=credential().force,
        is_coordinator=overview.is_coordinator,
        differences=differences,
        sentences=sentences,
    )
    return (page, HTTPStatus.UNPROCESSABLE_ENTITY) if error else page
