"""The operations of a person, and the way to the one that runs."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request
from werkzeug.wrappers import Response

from service.access.roles import READERS, ROLES
from service.domain.model.vocabulary import MARKINGS
from service.usecases.overview.operations import OperationSummary, list_operations_known, list_summaries
from service.web.site.blueprint import Pages, credential, database
from service.web.site.rendering import render, see_other

pages = Pages("operations", __name__)


@pages.route("/")
@pages.requires(*ROLES)
def home() -> Response:
    """Go on to the only operation that runs, or to the only one at all; otherwise to the list."""
    if credential().role not in READERS:
        return see_other("account.show")
    found = list_operations_known(database(), credential=credential())
    running = [one for one in found if one.is_running]
    only = running if len(running) == 1 else found
    if len(only) == 1:
        return see_other("overview.show", operation=only[0].operation.operation)
    return see_other("operations.show")


@pages.route("/operations")
@pages.requires(*READERS)
def show() -> str:
    """List the person's operations: open ones first, closed ones apart."""
    search = request.args.get("search", "").strip()
    found = list_summaries(database(), credential=credential(), search=search, page=_page())
    return render(
        "operations/operations.html.jinja",
        title="Operations",
        place="operations.show",
        marking=_highest_marking(found.operations),
        search=search,
        live="",
        found=found,
        open=[one for one in found.operations if not one.operation.closed],
        closed=[one for one in found.operations if one.operation.closed],
    )


def _page() -> int:
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) <= len("9999") else 1


def _highest_marking(found: Sequence[OperationSummary]) -> str | None:
    markings = [one.operation.marking for one in found]
    return max(markings, key=MARKINGS.index) if markings else None
