"""The results of a replayed operation, as the service reports them: published figures, publications, returns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from service.cli.calling.http_client import Client
from service.cli.reconciliation_table import print_reconciliation
from service.cli.replay.replay_directory import accepted
from service.cli.replay.seed_directory import read_seed_directory
from service.plurals import counted
from service.wire.claims_body import TOML

Json = dict[str, Any]
DIGITS_OF_A_HASH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The service's answers. `reconciliation` is None if the directory has no claims.toml."""

    reconciliation: Json | None
    publications: list[Json]
    returns: list[Json]

    @property
    def all_agree(self) -> bool:
        """Whether every published figure agrees with the record; true if there are none."""
        return self.reconciliation is None or bool(self.reconciliation["all_agree"])

    def as_json(self) -> Json:
        """Return the answers by name."""
        return asdict(self)


def read_results(path: Path, client: Client) -> Results:
    """Request the results of a directory's operation, as its lead force's coordinator.

    Raises:
        DirectoryUnreadable: a file is missing or malformed.
        ReplayRefused: the service refused the claims, or another request.
        RecordError: any error of the client.
    """
    seed = read_seed_directory(path)
    base, lead, claims = f"/v1/operations/{seed.operation}", seed.lead_force, seed.claims()
    reconciliation = None
    if claims is not None:
        answer = client.post_file(f"{base}/reconciliation", claims, TOML, lead)
        reconciliation = accepted(answer, str(seed.claims_path)).body
    return Results(
        reconciliation=reconciliation,
        publications=accepted(client.get(f"{base}/publications", lead), "publications").body["publications"],
        returns=accepted(client.get(f"{base}/returns", lead), "returns").body["returns"],
    )


def print_results(results: Results) -> None:
    """Print the published figures beside the record's, a line for each publication, and one for the returns."""
    if results.reconciliation is not None:
        print_reconciliation(results.reconciliation)
    for one in results.publications:
        figures = one["figures_hash"][:DIGITS_OF_A_HASH]
        click.echo(f"Publication {one['number']}: {one['label']}, as of seq {one['as_of']['seq']}, figures {figures}")
    if results.returns:
        click.echo(_returns_line(results.returns))


def _returns_line(returns: Sequence[Json]) -> str:
    forces, days = ({one[name] for one in returns} for name in ("force", "day"))
    counts = Counter(one["status"] for one in returns)
    by_status = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    late = sum(one["late"] for one in returns)
    scope = f"{counted(len(forces), 'force')} for {counted(len(days), 'day')}"
    return f"Returns of {scope}: {by_status}; {late} of them late"
