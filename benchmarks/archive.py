"""Fills and exports logs in process, through the use case that the API calls, so that they match what it records."""

from __future__ import annotations

from pathlib import Path

from benchmarks.ours import Ours, RecordBroken
from benchmarks.reports import LEAD, SETUP_EVENTS, report
from service.storage.db import open_database
from service.usecases.maintenance.credentials import issue_credential
from service.usecases.maintenance.transfer import export_operation
from service.usecases.recording.record import record_events
from service.wire.checked import load_submission

EVENTS_AT_A_TIME = 1_000


def fill(ours: Ours, operation: str, size: int) -> None:
    """Open an operation and record events until its log holds `size` of them. Longer logs begin alike."""
    ours.open(operation)
    database = open_database(ours.urls.owner)
    sender, _secret = issue_credential(database, force=LEAD, role="coordinator", operations=(), expires_in=None)
    count = size - SETUP_EVENTS
    for done in range(0, count, EVENTS_AT_A_TIME):
        numbers = range(done, min(done + EVENTS_AT_A_TIME, count))
        submissions = [load_submission(report(number)) for number in numbers]
        outcomes = record_events(database, operation=operation, sender=sender, submissions=submissions)
        for outcome in outcomes:
            if outcome.error is not None:
                raise RecordBroken(f"Could not fill {operation}: {outcome.error}")
    ours.note(operation, count)
    database.engine.dispose()


def export(ours: Ours, operation: str, file: Path) -> None:
    """Write a log to a file, one event in canonical form per line."""
    database = open_database(ours.urls.owner)
    with file.open("wb") as lines:
        lines.writelines(text.encode() + b"\n" for text in export_operation(database, operation).texts)
    database.engine.dispose()
