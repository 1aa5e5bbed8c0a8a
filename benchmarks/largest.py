"""Asks every GET route of the largest legal operations: `python -m benchmarks.largest`.

Three operations at the limit of `check_size` are recorded in an SQLite file: one of 20 years, one of 200 forces, and a
whole with as many parts as it may have. Every force declares each day on its own, except every fifth, and records
something now and then. Each route is asked in a process of its own; its processor seconds and the growth of its peak
memory are printed. Routes with a table are asked for CSV and XLSX too. A route above 2 seconds or 200 MB makes the
command fail.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple
from uuid import uuid4

import click
from flask import Flask

from service.app import connect, new_app
from service.config import Config
from service.domain.deciding.check_size import MOST_OPERATIONS, MOST_RETURNS
from service.domain.model.instants import format_instant
from service.domain.model.reference_data import force_catalogue
from service.runtime.garbage_collector import collect_rarely
from service.storage.db import open_database
from service.usecases.maintenance.credentials import issue_credential
from service.usecases.maintenance.migrate import migrate_to_head

MOST_SECONDS, MOST_MEGABYTES = 2.0, 200.0
LEAD = "metropolitan"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BATCH = 1_000
# Every fifth day is not declared, so that what is outstanding is as many spans as can be.
UNDECLARED, FACTS_APART = 5, 40
LAST = date(2025, 12, 31)
TABLES = ("by-force", "by-reason", "by-day", "everything-else", "returns")
Json = dict[str, Any]


class Shape(NamedTuple):
    """An operation: its name, how many days and forces it has, and how many parts of as many days and forces."""

    name: str
    days: int
    forces: int
    parts: int = 0


SHAPES = (
    Shape("long", 7_300, MOST_RETURNS // 7_300),
    Shape("wide", MOST_RETURNS // 200, 200),
    Shape("whole", MOST_RETURNS // MOST_OPERATIONS // 2, 2, MOST_OPERATIONS - 1),
)


class Cost(NamedTuple):
    """What one answer took: its status, bytes, processor seconds and megabytes of peak memory."""

    status: int
    size: int
    seconds: float
    megabytes: float


def main() -> int:
    """Record the operations, ask every route of each, print the costs; return 1 if one is above the bounds."""
    with tempfile.TemporaryDirectory() as folder:
        app, secret = _app(Path(folder) / "largest.db")
        is_within = True
        for shape in SHAPES:
            _record(app, secret, shape)
            for address, accept in _addresses(app, secret, shape):
                cost = _asked(app, secret, address, accept)
                above = cost.seconds > MOST_SECONDS or cost.megabytes > MOST_MEGABYTES
                is_within &= not above
                said = f"{cost.status} {cost.size:>11,} B {cost.seconds:>6.2f} s {cost.megabytes:>6.0f} MB"
                click.echo(f"{said}  {'ABOVE ' if above else ''}{address} {accept}")
    return 0 if is_within else 1


def _app(file: Path) -> tuple[Flask, str]:
    migrate_to_head(f"sqlite:///{file}")
    database = open_database(f"sqlite:///{file}")
    _credential, secret = issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)
    app = new_app()
    collect_rarely()
    connect(app, Config(database_url=f"sqlite:///{file}"), database)
    return app, secret


def _record(app: Flask, secret: str, shape: Shape) -> None:
    _record_events(app, secret, shape, shape.name)
    for number in range(shape.parts):
        part = f"{shape.name}-{number}"
        _record_events(app, secret, shape, part, part_of=[shape.name])
        _post(app, secret, f"/v1/operations/{shape.name}/parts", {"part": part})
    for _number in range(2):
        _post(app, secret, f"/v1/operations/{shape.name}/publications", {"label": "provisional"})
    _post(app, secret, f"/v1/operations/{shape.name}/publications/1/public", {})


def _record_events(app: Flask, secret: str, shape: Shape, operation: str, **fields: Any) -> None:
    first = LAST - timedelta(days=shape.days - 1)
    forces = [LEAD, *(force for force in force_catalogue() if force != LEAD)]
    named: list[Any] = forces[: shape.forces]
    named += [
        {"force": f"team-{number}", "name": "Regional team", "kind": "agency"}
        for number in range(shape.forces - len(named))
    ]
    body = {
        "operation": operation,
        "name": "Operation Largest",
        "lead_force": LEAD,
        "starts_at": f"{first}T00:00:00Z",
        "ends_at": f"{LAST + timedelta(days=1)}T00:00:00Z",
        "returns_due_hours": 12,
        "forces": named,
        **fields,
    }
    _post(app, secret, "/v1/operations", body)
    keys = [one if isinstance(one, str) else one["force"] for one in named]
    events = _events(keys, [first + timedelta(days=number) for number in range(shape.days)])
    while batch := list(islice(events, BATCH)):
        _post(app, secret, f"/v1/operations/{operation}/batches", {"events": batch})


def _events(forces: list[str], days: list[date]) -> Iterator[Json]:
    kinds: list[Json] = [
        {"type": "arrest.recorded", "data": {"reason": "knife"}},
        {"type": "activity.recorded", "data": {"measure": "vehicles_stopped", "quantity": 3}},
        {"type": "seizure.recorded", "data": {"lines": [{"kind": "cash", "currency": "GBP", "amount_minor": 5}]}},
    ]
    for number, day in enumerate(days):
        for at, force in enumerate(forces):
            if (number + at) % FACTS_APART == 0:
                moment = datetime(day.year, day.month, day.day, 13, at % 60, tzinfo=UTC)
                fact = kinds[(number // FACTS_APART) % len(kinds)]
                yield {"id": str(uuid4()), "force": force, "occurred_at": format_instant(moment), **fact}
            if (number + at) % UNDECLARED:
                data: Json = {"day": str(day), "status": "complete" if number % 2 else "nil"}
                data |= {"measures": ["arrests", "cash"]} if (number + at) % 7 == 0 else {}
                yield {"id": str(uuid4()), "force": force, "type": "return.declared", "data": data}


def _addresses(app: Flask, secret: str, shape: Shape) -> Iterator[tuple[str, str]]:
    """Yield the address of every GET route of an operation, with the media type to ask for; empty: the default."""
    api, pages = f"/v1/operations/{shape.name}", f"/operations/{shape.name}"
    event = _get(app, secret, f"{api}/events?limit=100&type=arrest.recorded")["events"][0]["id"]
    day = LAST - timedelta(days=shape.days // 2)
    size = _get(app, secret, f"{api}/events?limit=1")["head"]
    middle, preview = size // 2, f"event={size}&draft={uuid4()}"
    yield from ((f"/v1/operations{rest}", "") for rest in ("", f"/{shape.name}"))
    for by in ("", "?by=force", "?by=day", "?by=force,day", "?by=force,category", "?by=force,day,category"):
        yield from ((f"{api}/totals{by}", accept) for accept in ("", CSV, XLSX))
    yield from ((f"{api}/returns", accept) for accept in ("", CSV, XLSX))
    yield f"{api}/returns?status=none,partial,reopened", ""
    for rest in ("events?limit=1000", f"events/{event}", "possible-duplicates", "possible-duplicates/ruled-out"):
        yield f"{api}/{rest}", ""
    yield from ((f"{api}/events", accept) for accept in (CSV, XLSX, "application/x-ndjson"))
    for rest in ("publications", "publications/1", "publications/1/difference", "template", "statement"):
        yield f"{api}/{rest}", ""
    yield from ((f"{api}/statement", accept) for accept in ("text/markdown", "text/plain", "text/html"))
    yield f"{api}/statement?publication=1", ""
    yield f"/v1/public/{shape.name}/1", ""
    for rest in (
        *("", "/compare", f"/day?day={day}", "/day", "/duplicates", "/events", "/events.csv", "/events.xlsx"),
        *(f"/events/{event}", f"/events/{event}/correct", "/publications", "/publications/1", "/publications/new"),
        *("/publications/1/changes", "/publications/1/file.html", "/record", "/record/arrest", "/returns"),
        *(f"/returns?day={day}", "/returns.csv", "/returns.xlsx", f"/returns/{LEAD}/{day}", "/setup", "/setup/days"),
        *(f"/returns/{LEAD}/{day}/check?status=nil&last={LAST}", "/setup/forces", "/uploads", "/uploads/template.xlsx"),
        *(f"?event={middle}", f"/then-and-now?event={middle}", f"/then-and-now.xlsx?event={middle}"),
        *(f"/tables/{table}.{ending}" for table in TABLES for ending in ("csv", "xlsx")),
        *(f"/publications/new{rest}{preview}" for rest in ("?", "/check?label=provisional&", "/statement.docx?")),
        f"/events/{event}/withdraw",
    ):
        yield f"{pages}{rest}", "page"
    yield "/operations", "page"
    yield from ((f"/p/{shape.name}/1{rest}", "page") for rest in ("", "/figures.csv"))


def _asked(app: Flask, secret: str, address: str, accept: str) -> Cost:
    """Return the cost of one answer, asked in a process of its own; the caches of this one are warm or cold alike."""
    receiving, sending = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_ask, args=(app, secret, address, accept, sending))
    process.start()
    sending.close()
    cost = receiving.recv() if receiving.poll(300) else Cost(0, 0, 300.0, 0.0)
    process.kill()
    process.join()
    assert isinstance(cost, Cost)
    return cost


def _ask(app: Flask, secret: str, address: str, accept: str, sending: Any) -> None:
    client = app.test_client()
    headers = {"Authorization": f"Bearer {secret}"} | ({"Accept": accept} if accept else {})
    if accept == "page":
        client.post("/sign-in", data={"credential": secret}, headers={"Sec-Fetch-Site": "same-origin"})
        headers = {"Accept": "text/html"}
    before, started = _peak(), process_time()
    response = client.get(address, headers=headers, buffered=False)
    size = sum(len(chunk) for chunk in response.iter_encoded())
    sending.send(Cost(response.status_code, size, process_time() - started, _peak() - before))


def _peak() -> float:
    """Return the peak memory of this process in megabytes; Linux gives kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def _post(app: Flask, secret: str, address: str, body: Json) -> None:
    body = {"id": str(uuid4()), **body} if "events" not in body else body
    response = app.test_client().post(address, json=body, headers={"Authorization": f"Bearer {secret}"})
    if response.status_code not in (200, 201):
        raise SystemExit(f"{address}: {response.status_code} {response.get_data(as_text=True)[:1_000]}")


def _get(app: Flask, secret: str, address: str) -> Any:
    return app.test_client().get(address, headers={"Authorization": f"Bearer {secret}"}).json


if __name__ == "__main__":
    sys.exit(main())
