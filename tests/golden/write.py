"""Writes the golden files: run `python -m tests.golden.write` after a change to a text, an answer or a refusal.

`events.ndjson` has events with the hashes of their canonical texts, `refusals.ndjson` the answers to mostly invalid
bodies, `openapi.sha256` the hash of the OpenAPI document. A test computes all of them again and compares. Review the
diff before you commit new files: an event with another text has another hash, and old receipts no longer prove it.
"""

import json
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from service.domain.model.events import FiguresPublished, RecordedBy, RecordedEvent
from service.domain.model.instants import parse_instant
from service.eventlog.tree import Tree, leaf_hash
from service.storage.db import open_database
from service.usecases.maintenance.log_lines import LineRefused, read_lines
from service.usecases.maintenance.migrate import migrate_to_head
from service.usecases.querying.publications import figures_hash
from service.wire.checked import load_event
from service.wire.codec import as_json, text_of
from tests.factories.contents import content
from tests.factories.credentials import issued_secret
from tests.functional.apps import running_app, with_secret
from tests.functional.calls import Caller
from tests.golden.cases import (
    LEAD,
    OPENING,
    OPERATION,
    RECORDED_AT,
    Case,
    Json,
    an_id,
    event_rows,
    import_lines,
    invalid_cases,
)

FOLDER = Path(__file__).parent
EVENTS, REFUSALS, DOCUMENT = (FOLDER / name for name in ("events.ndjson", "refusals.ndjson", "openapi.sha256"))
# The event types of the import lines; events.ndjson covers every type.
IMPORTED_TYPES = ("arrest.recorded", "figures.published", "operation.opened", "operation.closed")
NDJSON, JSON = "application/x-ndjson", "application/json"


def recorded_events(rows: list[Json]) -> list[RecordedEvent]:
    """Return events as recorded in one log."""
    moment, sender = parse_instant(RECORDED_AT), RecordedBy(force=LEAD, role="coordinator")
    return [RecordedEvent(load_event(row), OPERATION, seq, moment, sender) for seq, row in enumerate(rows, start=1)]


def event_lines(rows: list[Json]) -> Iterator[Json]:
    """Yield each event with its members in order, the leaf hash of its text, and the root of the log up to it."""
    tree = Tree()
    for recorded in recorded_events(rows):
        leaf, data = leaf_hash(text_of(recorded)), recorded.event.data
        tree.add(leaf)
        line = {
            "as_json": json.dumps(as_json(recorded), separators=(",", ":"), ensure_ascii=False),
            "leaf": leaf.hex(),
            "root": tree.root().hex(),
            "content": list(content(recorded.event)),
        }
        if isinstance(data, FiguresPublished):
            line["figures_hash"] = figures_hash(data.figures)
        yield line


def refusals(lead: Caller) -> Iterator[Json]:
    """Yield request bodies and import lines, with the answers of a service that has one imported operation."""
    opened = lead.post("/v1/operations", json={"id": an_id(0), "operation": OPERATION} | OPENING)
    assert opened.status_code == 201, opened.json
    for case in invalid_cases():
        path = f"/v1/operations/{OPERATION}/{case.address}" if case.address else "/v1/operations"
        body = case.body.encode("utf-8", "surrogateescape")
        yield {"sent": case, "answered": answers(lead.post(path, data=body, content_type=JSON))}
    texts: dict[str, str] = {}
    for recorded in recorded_events(event_rows()):
        texts.setdefault(recorded.event.type, text_of(recorded))
    for case in import_lines(texts[one] for one in IMPORTED_TYPES):
        yield {"sent": case, "answered": [line_answer(case)]}


def answers(response: TestResponse) -> list[Any]:
    """Return the answer for each event: its status and, if it was refused, the code and pointers."""
    body = response.json
    results = body.get("results", [])
    problems = [(one["status"], one.get("problem")) for one in results] or [
        (response.status_code, body if "code" in body else None)
    ]
    return [
        [status, *(() if problem is None else refusal(problem["code"], problem["errors"]))]
        for status, problem in problems
    ]


def line_answer(case: Case) -> list[Any]:
    """Return the refusal of an import line; empty if the line is accepted."""
    try:
        list(read_lines([case.body.encode("utf-8", "surrogateescape")]))
    except LineRefused as error:
        return refusal(error.members["cause"], [one._asdict() for one in error.errors])
    return []


def refusal(code: str, errors: list[Json]) -> list[Any]:
    """Return the code of a refusal, and the sorted pointers of its errors."""
    return [code, *sorted({one["pointer"] for one in errors})]


def document_hash(app: Flask) -> str:
    """Return the SHA-256 of the OpenAPI document, in hexadecimal."""
    return sha256(app.test_client().get("/openapi.json").data).hexdigest()


def write() -> None:
    """Write all golden files."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/golden.db"
        migrate_to_head(url)
        database = open_database(url)
        with running_app(database) as app:
            _write(EVENTS, event_lines(event_rows()))
            _write(REFUSALS, refusals(with_secret(app, issued_secret(database, LEAD))))
            DOCUMENT.write_text(f"{document_hash(app)}\n")
        database.engine.dispose()


def _write(file: Path, rows: Iterator[Json]) -> None:
    lines = [json.dumps(row, separators=(",", ":")) for row in rows]
    file.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write()
