"""`oprecord init`: make the tables, or bring them up to this version."""

from __future__ import annotations

import click
import sqlalchemy as sa

from service.cli.output import remark
from service.cli.settings import Settings, pass_settings
from service.projections.registry import VERSION
from service.usecases.migrate import grant_to_serving_role, migrate_to_head
from service.usecases.verify import list_heads


@click.command(short_help="Make the tables, or bring them up to this version.")
@click.option("--grant-to", metavar="ROLE", help="Give this PostgreSQL role the rights that serving needs, no more.")
@pass_settings
def init(settings: Settings, grant_to: str | None) -> None:
    """Make the tables in the database, or bring them up to this version. Run again, it changes nothing.

    Names the operations whose totals another version built: `oprecord projections rebuild` builds them anew, and until
    then nothing more is recorded in these.

    On PostgreSQL the role that runs this owns the tables; let another, given by --grant-to, serve.
    """
    url = settings.config().database_url
    if grant_to and sa.make_url(url).get_backend_name() == "sqlite":
        raise click.UsageError("SQLite has no roles: --grant-to is for PostgreSQL.")
    migrate_to_head(url)
    if grant_to:
        grant_to_serving_role(url, grant_to)
    remark(f"Ready: {sa.make_url(url).render_as_string(hide_password=True)}")
    with settings.database() as database:
        outdated = [head.operation for head in list_heads(database) if head.projection_version != VERSION]
    if outdated:
        remark(f"To be rebuilt before anything is recorded, by oprecord projections rebuild: {', '.join(outdated)}")
