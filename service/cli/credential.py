"""`oprecord credential`: issue, list and revoke the credentials that forces call with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import click

from service.access.credentials import Credential
from service.access.roles import ROLES
from service.cli.output import as_json, print_json, print_table, remark
from service.cli.settings import Settings, pass_settings
from service.domain.model.instants import format_instant
from service.usecases.maintenance.credentials import issue_credential, list_credentials, revoke_credential


@click.group()
def credential() -> None:
    """Issue, list and revoke credentials."""


@credential.command()
@click.argument("force")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the holder may do.")
@click.option("--operation", "operations", multiple=True, help="Limit it to this operation; repeatable.")
@click.option(
    "--expires-in", type=click.IntRange(1, 3650), metavar="DAYS", help="Days until it expires. Default: never."
)
@click.option("--quiet", is_flag=True, help="Print only the secret.")
@as_json
@pass_settings
def issue(
    settings: Settings,
    force: str,
    role: str,
    operations: tuple[str, ...],
    expires_in: int | None,
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Issue a credential to a FORCE and print its secret. The secret is shown only this once."""
    lifetime = None if expires_in is None else timedelta(days=expires_in)
    with settings.database() as database:
        issued, secret = issue_credential(database, force=force, role=role, operations=operations, expires_in=lifetime)
    if as_json:
        print_json(_credential_json(issued) | {"secret": secret})
        return
    if not quiet:
        remark(f"Issued credential {issued.id} to {force} as {role}. Its secret is not stored and not shown again:")
    click.echo(secret)


@credential.command("list")
@as_json
@pass_settings
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List all credentials ever issued, without their secrets."""
    with settings.database() as database:
        found = [_credential_json(one) for one in list_credentials(database)]
    if as_json:
        print_json(found)
        return
    columns = ("id", "force", "role", "operations", "created_at", "expires_at", "revoked_at", "issued_by")
    rows = [
        [", ".join(one[name]) if name == "operations" else str(one[name] or "") for name in columns] for one in found
    ]
    print_table("Credentials", columns, rows)


@credential.command()
@click.argument("credential_id", metavar="ID", type=click.UUID)
@pass_settings
def revoke(settings: Settings, credential_id: UUID) -> None:
    """Revoke the credential with this ID immediately."""
    with settings.database() as database:
        revoke_credential(database, credential_id)
    remark(f"Revoked {credential_id}")


def _credential_json(one: Credential) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "force": one.force,
        "role": one.role,
        "operations": list(one.operations),
        "created_at": format_instant(one.created_at),
        "expires_at": _moment_json(one.expires_at),
        "revoked_at": _moment_json(one.revoked_at),
        "issued_by": None if one.issued_by is None else str(one.issued_by),
    }


def _moment_json(moment: datetime | None) -> str | None:
    return None if moment is None else format_instant(moment)
