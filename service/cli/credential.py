"""`oprecord credential`: issue, list and revoke the credentials that forces call with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import click

from service.access.credentials import Credential, as_members
from service.access.roles import ROLES
from service.cli.addresses import address_of, sign_in_address
from service.cli.output import as_json, print_json, print_table, remark
from service.cli.settings import Settings, pass_settings
from service.usecases.access.sign_in import issue_link
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
@click.option(
    "--link", "with_link", is_flag=True, help="Print a link to sign in to the pages with, once, in 15 minutes."
)
@click.option(
    "--url", metavar="URL", help="With --link: where browsers reach the service. Default: OPRECORD_HOST and _PORT."
)
@click.option(
    "--app-role", metavar="VALUE", help="Let accounts with this app role at your identity provider sign in with it."
)
@click.option("--quiet", is_flag=True, help="Print only the secret, the link or the id.")
@as_json
@pass_settings
def issue(
    settings: Settings,
    force: str,
    role: str,
    operations: tuple[str, ...],
    expires_in: int | None,
    *,
    url: str | None,
    with_link: bool,
    app_role: str | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Issue a credential to a FORCE and print its secret. The secret is shown only this once.

    With --link, print instead a link that signs a person in to the pages. Give it to that person alone.

    With --app-role, print only its id: nobody needs its secret. Revoking it ends the sessions of all these accounts.
    """
    if url and not with_link:
        raise click.UsageError("--url needs --link.")
    if app_role is not None and with_link:
        raise click.UsageError("--app-role and --link exclude each other: accounts sign in without a link.")
    if with_link and settings.config().oidc_only:
        raise click.UsageError("--link: OPRECORD_OIDC_ONLY is set, so that nobody can sign in with a link.")
    lifetime = None if expires_in is None else timedelta(days=expires_in)
    with settings.database() as database:
        issued, secret = issue_credential(
            database, force=force, role=role, operations=operations, expires_in=lifetime, app_role=app_role
        )
        token = issue_link(database, issued.id) if with_link else None
    if token is not None:
        link = sign_in_address(url or address_of(settings.config()), token)
        _print_link(issued, link, as_json=as_json, quiet=quiet)
        return
    if app_role is not None:
        _print_app_role(issued, as_json=as_json, quiet=quiet)
        return
    if as_json:
        print_json(_credential_json(issued) | {"secret": secret})
        return
    if not quiet:
        remark(f"Issued credential {issued.id} to {force} as {role}. Its secret is not stored and not shown again:")
    click.echo(secret)


def _print_link(issued: Credential, link: str, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json(_credential_json(issued) | {"link": link})
        return
    if not quiet:
        remark(
            f"Issued credential {issued.id} to {issued.force} as {issued.role}. "
            "This link signs in once, in the next 15 minutes:"
        )
    click.echo(link)


def _print_app_role(issued: Credential, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json(_credential_json(issued))
        return
    if not quiet:
        remark(f"Accounts with the app role {issued.app_role} sign in for {issued.force} as {issued.role}. Credential:")
    click.echo(issued.id)


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
    columns = ("id", "force", "role", "operations", "created_at", "expires_at", "revoked_at", "issued_by", "app_role")
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
    return {"id": str(one.id), **as_members(one)}
