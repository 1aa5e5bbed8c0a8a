"""`oprecord login`, `profile` and `logout`: keep the address of the service and a credential for later commands."""

from __future__ import annotations

import os
import sys

import click

from service.cli.calling.given_credentials import cleaned
from service.cli.calling.http_client import HttpClient
from service.cli.calling.profile import Profile, load_profile, profile_path, remove_profile, save_profile
from service.cli.calling.service import CALLER, CREDENTIAL, Json, NotLoggedIn, RemoteService
from service.cli.output import as_json, print_json, remark
from service.cli.remote.words import moment_text


@click.command()
@click.option("--url", required=True, metavar="URL", help="Address of the service, such as https://record.example.org.")
def login(url: str) -> None:
    """Store the address of the service and your credential, so that later commands need neither.

    The credential is read from OPRECORD_CREDENTIAL, from a pipe, or from a hidden prompt. It is checked with the
    service, stored in a file that only you can read, and never printed.
    """
    credential = cleaned(_given(), "the input")
    if not credential:
        raise click.UsageError("There is no credential. Paste the one that you were given.")
    client = HttpClient(url, {CALLER: credential})
    me = RemoteService(client).get("me")
    path = save_profile(Profile(client.url, credential))
    remark(f"Logged in to {client.url} as {_who(me)}. Stored in {path}; oprecord logout removes it.")


@click.command()
@as_json
def profile(*, as_json: bool) -> None:
    """Show the stored address and whose credential it is, never the credential itself."""
    found = load_profile()
    if found is None:
        raise NotLoggedIn(f"There is no profile in {profile_path()}. Run: oprecord login --url URL")
    me = RemoteService(HttpClient(found.url, {CALLER: found.credential})).get("me")
    if as_json:
        print_json({"url": found.url} | me)
        return
    click.echo(f"{found.url}: {_who(me)}")


@click.command()
def logout() -> None:
    """Remove the stored address and credential from this machine. The credential stays valid until it is revoked."""
    remark("Logged out." if remove_profile() else "Nobody was logged in.")


def _given() -> str:
    if found := os.environ.get(CREDENTIAL):
        return found
    return str(click.prompt("Credential", hide_input=True)) if sys.stdin.isatty() else sys.stdin.read()


def _who(me: Json) -> str:
    limits = f", for {', '.join(me['operations'])}" if me["operations"] else ""
    until = f", until {moment_text(me['expires_at'])}" if me["expires_at"] else ""
    return f"{me['role']} of {me['force']}{limits}{until}"
