"""`oprecord replay`: send a directory of messages to a running service, and show the results."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import click

from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER
from service.cli.calling.given_credentials import cleaned
from service.cli.calling.http_client import HttpClient
from service.cli.exit_codes import DONE, WRONG
from service.cli.output import as_json, print_json, progress, remark
from service.cli.replay.replay_directory import Replayed, replay_directory
from service.cli.replay.results import Results, print_results, read_results
from service.cli.replay.seed_directory import read_seed_directory
from service.cli.settings import Settings, pass_settings
from service.errors import Invalid
from service.plurals import counted
from service.storage.db import Database
from service.usecases.access.sign_in import issue_link
from service.usecases.maintenance.credentials import issue_credential

LIFETIME = timedelta(hours=24)
# The order in which a visitor may want to try them.
ROLES_SHOWN = (COORDINATOR, FORCE, OBSERVER, ADMINISTRATOR)


class NotACredentialsFile(Invalid):
    """The credentials file is not a TOML or JSON table of secrets by force."""

    code = "not_a_credentials_file"


@click.command(short_help="Send a directory to a running service.")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--url", required=True, metavar="URL", help="Address of the service, such as http://127.0.0.1:8000.")
@click.option(
    "--credentials",
    "credentials_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML or JSON file with a secret for each force.",
)
@click.option("--issue", is_flag=True, help="Issue the credentials in the service's database, valid for 24 hours.")
@as_json
@pass_settings
def replay(
    settings: Settings, directory: Path, url: str, credentials_file: Path | None, *, issue: bool, as_json: bool
) -> int:
    """Send the messages in DIRECTORY to the service at --url, each with its force's credential.

    DIRECTORY holds operation.json, events.ndjson and, optionally, claims.toml with printed figures to compare the
    totals with. Messages that are already recorded change nothing. Exits with 0 only if every figure in claims.toml
    agrees with the record and the figures do not contradict each other.

    A credentials file is a table with a line for each force: `surrey = "oprecord_..."`. The lead force's credential
    must be a coordinator's. Let nobody else read the file.
    """
    if (credentials_file is None) != issue:
        raise click.UsageError("Give either --credentials or --issue.")
    if credentials_file:
        secrets: Mapping[str, str] = read_credentials(credentials_file)
    else:
        with settings.database() as database:
            # A wrong address must not leave valid credentials behind.
            HttpClient(url, {}).reach()
            secrets = issue_for(database, directory)
    client = HttpClient(url, secrets)
    replayed = replay_with_progress(directory, client)
    results = read_results(directory, client)
    if as_json:
        print_json({"recorded": replayed.recorded, "replayed": replayed.replayed} | results.as_json())
    else:
        print_replay(replayed, results)
    return DONE if results.all_agree else WRONG


def replay_with_progress(directory: Path, client: HttpClient) -> Replayed:
    """Replay a directory with a progress bar."""
    with progress("Replaying") as report:
        return replay_directory(directory, client, report)


def print_replay(replayed: Replayed, results: Results) -> None:
    """Print how many messages were new, and the results of the operation."""
    remark(f"{counted(replayed.recorded, 'message')} recorded, {replayed.replayed:,} already recorded")
    print_results(results)


def issue_for(database: Database, directory: Path) -> dict[str, str]:
    """Issue a credential to each force that sent a message; return the secrets by force.

    Each is limited to the operation and expires after 24 hours. The lead force's is a coordinator's.
    """
    seed = read_seed_directory(directory)
    secrets = {}
    for force in seed.senders():
        role = COORDINATOR if force == seed.lead_force else FORCE
        secrets[force] = issue_credential(
            database, force=force, role=role, operations=(seed.operation,), expires_in=LIFETIME
        )[1]
    return secrets


def issue_links(database: Database, directory: Path) -> dict[tuple[str, str], str]:
    """Return the token of a link to sign in for each role, by force and role: the lead force's, and another force's.

    Each signs in once, within 15 minutes, with a credential that expires after 24 hours.
    """
    seed = read_seed_directory(directory)
    other = next((force for force in seed.senders() if force != seed.lead_force), seed.lead_force)
    found = {}
    for role in ROLES_SHOWN:
        force = other if role == FORCE else seed.lead_force
        # An administrator's credential is not about operations.
        limit = () if role == ADMINISTRATOR else (seed.operation,)
        issued, _secret = issue_credential(database, force=force, role=role, operations=limit, expires_in=LIFETIME)
        found[force, role] = issue_link(database, issued.id)
    return found


def read_credentials(path: Path) -> dict[str, str]:
    """Return the secrets in a TOML or JSON file, by force.

    Raises:
        NotACredentialsFile: the file is neither, or holds something else.
        CredentialUnusable: a secret was not copied correctly.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        table = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except ValueError as error:
        raise NotACredentialsFile(
            f"{path}: expected TOML in UTF-8, or JSON in a file named *.json: {error}."
        ) from error
    if not isinstance(table, dict) or not all(isinstance(secret, str) for secret in table.values()):
        raise NotACredentialsFile(f"{path}: expected a table of secrets by force.")
    secrets = {force: cleaned(secret, f"{path} for {force}") for force, secret in table.items()}
    if empty := [force for force, secret in secrets.items() if not secret]:
        raise NotACredentialsFile(f"{path}: there is no credential for {', '.join(empty)}.")
    return secrets
