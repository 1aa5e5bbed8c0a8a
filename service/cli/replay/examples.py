"""Examples to try against a service that has just replayed an operation: links for a browser, and calls to paste."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from service.cli.addresses import sign_in_address
from service.cli.replay.replay_directory import CALL_OF
from service.cli.replay.seed_directory import read_seed_directory


def print_examples(directory: Path, url: str, secrets: Mapping[str, str]) -> None:
    """Print the service's address, a coordinator's and a force's credential, and three calls that change no figure."""
    seed = read_seed_directory(directory)
    force = next((one for one in secrets if one != seed.lead_force), seed.lead_force)
    sent = next(line.row for line in seed.lines() if line.force == force and line.row["type"] not in CALL_OF)
    base = f"{url}/v1/operations/{seed.operation}"
    lead = f"-H 'Authorization: Bearer {secrets[seed.lead_force]}'"
    own = f"-H 'Authorization: Bearer {secrets[force]}'"
    as_json = "-H 'Content-Type: application/json'"
    click.echo(
        f"""
Service        {url}
Documentation  {url}/docs

Credentials for {seed.operation}, valid for 24 hours
  {seed.lead_force} (coordinator)  {secrets[seed.lead_force]}
  {force} (force)  {secrets[force]}

Try: arrests by force; three events of {force}; one of its events sent again, which returns the first receipt
  curl -s {lead} '{base}/totals?by=force&measure=arrests'
  curl -s {own} '{base}/events?limit=3'
  curl -s {own} {as_json} -d {shlex.quote(json.dumps(sent))} '{base}/events'"""
    )


def print_links(url: str, tokens: Mapping[tuple[str, str], str]) -> None:
    """Print the address to open in a browser, and a link to sign in with for each of `tokens`, by force and role."""
    width = max(len(f"{force} ({role})") for force, role in tokens)
    lines = [
        f"  {f'{force} ({role})':{width}}  {sign_in_address(url, token)}" for (force, role), token in tokens.items()
    ]
    shown = "\n".join(lines)
    click.echo(
        f"""
Open in a browser  {url}

Sign in with one of these links. Each works once, in the next 15 minutes
{shown}

Press Ctrl-C to stop the service."""
    )
