"""`oprecord init`: create the tables, or migrate them to this version."""

from __future__ import annotations

import click
import sqlalchemy as sa

from service.cli.output import remark
from service.cli.settings import Settings, pass_settings
from service.usecases.maintenance.migrate import grant_to_serving_role, migrate_to_head
from service.usecases.maintenance.verify import list_heads
from service.usecases.maintenance.verify_blocks import outdated


@click.command(short_help="Create the tables, or migrate them to this version.")
@click.option("--grant-to", metavar="ROLE", help="Grant this PostgreSQL role only the rights that serving needs.")
@pass_settings
def init(settings: Settings, grant_to: str | None) -> None:
    """Create the tables in the database, or migrate them to this version. Running it again changes nothing.

    Names the operations whose totals another version built. Nothing more can be recorded in them until `oprecord
    projections rebuild` has rebuilt their totals.

    On PostgreSQL, the role that runs this command owns the tables. Serve as another role, given by --grant-to.
    """
    url = settings.config().database_url
    if grant_to and sa.make_url(url).get_backend_name() == "sqlite":
        raise click.UsageError("--grant-to needs PostgreSQL: SQLite has no roles.")
    migrate_to_head(url)
    if grant_to:
        grant_to_serving_role(url, grant_to)
    remark(f"Ready: {sa.make_url(url).render_as_string(hide_password=True)}")
    with settings.database() as database:
        to_rebuild = [head.operation for head in list_heads(database) if outdated(head)]
    if to_rebuild:
        remark(f"Before recording in these operations, run oprecord projections rebuild: {', '.join(to_rebuild)}")
