"""What the public reads: a publication that the coordinator made public. Nobody needs to sign in."""

from __future__ import annotations

from flask import Response

from service.domain.statement.sentences import for_the_public
from service.exports.publications import stated_table
from service.exports.statement.words import shown, worded
from service.exports.tables import csv_text
from service.exports.tables_of_answers import CSV
from service.usecases.querying.publications import Publication
from service.usecases.querying.statement import StatementAnswer, public_publication
from service.web.site.blueprint import PageNotFound, Pages, database
from service.web.site.rendering import render

pages = Pages("public", __name__)

# A publication never changes, and stays public.
KEPT = "public, max-age=300"
MOST_NUMBER = 10**6


@pages.route("/p/<operation>/<int:number>")
@pages.public
def show(operation: str, number: int) -> Response:
    """Show a public publication: statement, figures, and how to check them. Anything else does not exist."""
    answer, publication = _found(operation, number)
    body = render(
        "public/public.html.jinja",
        title=answer.statement.operation.name,
        publication=publication,
        said=worded(answer, public=True),
        lines=for_the_public(answer.statement).lines,
        shown=shown,
    )
    return _kept(Response(body, content_type="text/html; charset=utf-8"))


@pages.route("/p/<operation>/<int:number>/figures.csv")
@pages.public
def table(operation: str, number: int) -> Response:
    """Send the figures of a public publication, over all forces, as CSV."""
    answer, publication = _found(operation, number)
    response = Response(
        csv_text(stated_table(answer, publication)), content_type=f"{CSV}; charset=utf-8; header=present"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{operation}-publication-{number}.csv"'
    return _kept(response)


def _found(operation: str, number: int) -> tuple[StatementAnswer, Publication]:
    if not 0 < number < MOST_NUMBER:
        raise PageNotFound("There is no such publication.")
    answer = public_publication(database(), operation=operation, number=number)
    assert answer.publication is not None, "the statement of a publication"
    return answer, answer.publication


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = KEPT
    return response
