"""Replay a directory: send the forces' messages over HTTP in their original order. A replay is idempotent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from pathlib import Path
from typing import Any

from service.api.http.changes import CHANGES
from service.cli.calling.http_client import Client, JsonResponse
from service.cli.replay.seed_directory import EVENTS, OPENING, SeedDirectory, SentLine, read_seed_directory
from service.errors import Invalid

EVENTS_IN_ONE_BATCH = 500
CALL_OF = {wire_type: call for call, wire_type in CHANGES.items()}
DONE = (HTTPStatus.CREATED, HTTPStatus.OK)


class ReplayRefused(Invalid):
    """The service refused a message or the claims of a directory. Messages before the refused one stay recorded."""

    code = "replay_refused"


@dataclass(slots=True)
class Replayed:
    """How many messages were recorded now, and how many already were; the opening counts too."""

    recorded: int = 0
    replayed: int = 0

    def count(self, status: int) -> None:
        """Count a message by the HTTP status of its answer."""
        self.recorded += status == HTTPStatus.CREATED
        self.replayed += status == HTTPStatus.OK


def replay_directory(path: Path, client: Client, progress: Callable[[int, int], None] | None = None) -> Replayed:
    """Open the operation of a directory and send all its messages; return how many were new.

    `progress` is called with `(done, size)` in lines.

    Raises:
        DirectoryUnreadable: a file is missing or malformed.
        ReplayRefused: the service refused the opening or a message.
        RecordError: any error of the client.
    """
    seed, replayed = read_seed_directory(path), Replayed()
    answer = client.post("/v1/operations", seed.opening, seed.lead_force)
    replayed.count(accepted(answer, str(path / OPENING)).status)
    size = sum(1 for _line in seed.lines())
    for group in _groups(seed):
        _send(seed, group, client, replayed)
        if progress:
            progress(group[-1].number, size)
    return replayed


def accepted(answer: JsonResponse, where: str) -> JsonResponse:
    """Return the answer if it is not a refusal. `where` names what was sent or requested.

    Raises:
        ReplayRefused: the service refused it.
    """
    if answer.status in DONE:
        return answer
    problem = answer.body
    pointer = next((f" at {error['pointer']}" for error in problem.get("errors", ()) if error.get("pointer")), "")
    raise ReplayRefused(
        f"{where}: {problem.get('detail', 'refused')} ({answer.status} {problem.get('code', '')}{pointer})",
        cause=problem.get("code"),
    )


def _groups(seed: SeedDirectory) -> Iterator[list[SentLine]]:
    """Yield runs of lines that a single call can send: reports of one force, or one change by the coordinator."""
    for _key, run in groupby(seed.lines(), key=lambda line: (line.force, line.row["type"] in CALL_OF)):
        lines: list[SentLine] = []
        for line in run:
            lines.append(line)
            if len(lines) == EVENTS_IN_ONE_BATCH or line.row["type"] in CALL_OF:
                yield lines
                lines = []
        if lines:
            yield lines


def _send(seed: SeedDirectory, lines: list[SentLine], client: Client, replayed: Replayed) -> None:
    first, base = lines[0], f"/v1/operations/{seed.operation}"
    if first.row["type"] in CALL_OF:
        answer = client.post(f"{base}/{CALL_OF[first.row['type']]}", _flat(first.row), first.force)
        replayed.count(accepted(answer, _where(seed, first)).status)
        return
    # All or nothing: when a refused line is fixed and sent again, no later line must have been recorded before it.
    answer = client.post(f"{base}/batches?atomic=true", {"events": [line.row for line in lines]}, first.force)
    results = answer.body.get("results")
    if results is None:
        accepted(answer, _where(seed, first))
        raise ReplayRefused(f"{_where(seed, first)}: expected results for the batch; found none.")
    for result in sorted(results, key=_causes_first):
        where = _where(seed, lines[result["index"]])
        replayed.count(accepted(JsonResponse(result["status"], result.get("problem", {})), where).status)


def _causes_first(result: dict[str, Any]) -> tuple[bool, int]:
    """Return the sort key that puts events refused for their own error before those refused along with them."""
    own_fault = result["status"] not in (*DONE, HTTPStatus.FAILED_DEPENDENCY)
    return not own_fault, result["index"]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a coordinator's call: the event's data, with its id and recorded_at."""
    envelope = {name: row[name] for name in ("id", "recorded_at") if name in row}
    return {**row.get("data", {}), **envelope}


def _where(seed: SeedDirectory, line: SentLine) -> str:
    return f"{seed.path / EVENTS}, line {line.number}"
