"""`oprecord statement`: the results of an operation as a statement to publish, for those who run the service."""

from __future__ import annotations

from typing import Any

import click

from service.api.http.bodies import JSON
from service.api.http.queries import AUDIENCES, PUBLIC, THOSE_INSIDE, StatementQuery
from service.api.statement.formats import in_media
from service.cli.settings import Settings, pass_settings
from service.exports.statement.formats import HTML, MARKDOWN, PLAIN
from service.usecases.maintenance.credentials import credential_of_lead
from service.usecases.querying.as_of import Moment
from service.usecases.querying.statement import read_statement
from service.wire.schemas import wrong_fields

QUERY = StatementQuery()
FORMATS = {"markdown": MARKDOWN, "text": PLAIN, "html": HTML, "json": JSON}


@click.command(short_help="Print the results of an operation as a statement.")
@click.argument("operation")
@click.option(
    "--format",
    "chosen",
    type=click.Choice(tuple(FORMATS)),
    default="markdown",
    show_default=True,
    help="Format of the statement.",
)
@click.option("--as-of", metavar="INSTANT", help="Use the record as of a past moment, such as 2023-01-19T18:00:00Z.")
@click.option("--as-of-seq", metavar="SEQ", help="Use the record as of a seq in the log.")
@click.option("--publication", metavar="N", help="Use the figures of this publication, as they were published.")
@click.option(
    "--audience",
    type=click.Choice(AUDIENCES),
    default=THOSE_INSIDE,
    show_default=True,
    help="Who it is for. public: without marking, position and names of parts, as anybody may read it.",
)
@pass_settings
def statement(settings: Settings, /, operation: str, *, chosen: str, **query: str | None) -> None:
    """Print the results of an OPERATION as a statement that may be published."""
    given = {name: value for name, value in query.items() if value is not None}
    if messages := QUERY.validate(given):
        raise wrong_fields(messages)
    parameters: dict[str, Any] = QUERY.load(given)
    public = parameters["audience"] == PUBLIC
    with settings.database() as database:
        found = read_statement(
            database,
            operation=operation,
            credential=credential_of_lead(database, operation),
            moment=Moment(parameters.get("as_of"), parameters.get("as_of_seq")),
            publication=parameters.get("publication"),
            public=public,
        )
    click.echo(in_media(found, FORMATS[chosen], public=public).rstrip("\n"))
