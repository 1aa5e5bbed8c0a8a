"""The overview of an operation: how are we doing, and what needs me? Now, or as it was."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Any

from flask import request

from service.access.roles import OBSERVER, READERS
from service.domain.model.days import london_date
from service.errors import Invalid
from service.usecases.overview.operation import Overview, read_overview
from service.usecases.querying.as_of import Moment
from service.web.overview import sentences
from service.web.overview.charts import arrests_by_day, by_reason
from service.web.overview.hours import chart_of
from service.web.overview.moments import MomentUnclear, requested_moment, words_of
from service.web.overview.to_do import to_do
from service.web.site import event_words
from service.web.site.blueprint import Pages, credential, database
from service.web.site.rendering import address, operation_page, part_of, render

pages = Pages("overview", __name__)

# Wider matrices are for the page of returns.
MOST_DAYS = 7


@pages.route("/operations/<operation>")
@pages.requires(*READERS)
def show(operation: str) -> str | tuple[str, int]:
    """Show an operation now or as it was; a moment that cannot be shown is explained above the latest figures."""
    try:
        moment = requested_moment(request.args)
        found = read_overview(
            database(), operation=operation, credential=credential(), moment=moment, by_hour=_is_by_hour()
        )
    except MomentUnclear as error:
        return _without(operation, str(error))
    except Invalid as error:
        return _without(operation, words_of(error))
    return _page(found, moment)


def _is_by_hour() -> bool:
    return request.args.get("by") == "hour"


def _without(operation: str, error: str) -> tuple[str, int]:
    """Show the latest figures, and what is wrong with the moment that was asked for."""
    found = read_overview(database(), operation=operation, credential=credential(), moment=Moment())
    return _page(found, Moment(), error), HTTPStatus.UNPROCESSABLE_ENTITY


def _page(found: Overview, moment: Moment, error: str | None = None) -> str:
    name, role = found.operation.operation, part_of(found.operation, credential())
    is_observer = role == OBSERVER
    return render(
        "overview/overview.html.jinja",
        **operation_page(found.operation, tab="overview.show", position=found.position),
        error=error,
        errors=[error] if error else [],
        found=found,
        is_past=not moment.is_now,
        live=address("live.feed", operation=name, after=found.position.cursor) if moment.is_now and not error else None,
        asked=request.args.get("as_of", ""),
        is_observer=is_observer,
        own_force=credential().force,
        is_coordinator=found.is_coordinator,
        sentences=sentences,
        event_words=event_words,
        completeness=sentences.completeness(found, naming=not is_observer, is_past=not moment.is_now),
        left_out=sentences.left_out(found.operation),
        to_do=to_do(found, role, credential().force) if moment.is_now else [],
        by_reason=by_reason(found),
        by_day=(by_day := arrests_by_day(found)),
        moment_asked={name: request.args[name] for name in ("as_of", "event") if name in request.args and not error},
        by_hour=chart_of(found),
        by_hour_address=address("overview.show", operation=name, **request.args.to_dict() | {"by": "hour"}),
        most_by_day=max((one.quantity for one in by_day), default=0),
        **_matrix(found, None if not moment.is_now else london_date(found.moment)),
    )


def _matrix(found: Overview, today: date | None) -> dict[str, Any]:
    """Return the days of the matrix of returns, the returns by force and day, and whether days are left out."""
    begun = found.days[-MOST_DAYS:]
    days = found.planned_days if len(found.planned_days) <= MOST_DAYS else begun
    return {
        "days": days,
        "day_headings": sentences.headings(days, today),
        "is_cut": len(found.days) > len([day for day in days if day in found.days]),
        "returns_of": found.returns_for(begun),
        "reporting": found.position.operation.reporting,
    }
