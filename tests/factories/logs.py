"""Whole logs: the replay of a real operation of January 2023, and a live operation with every kind of change."""

import json
from pathlib import Path

from service.domain.deciding.draft import Submission
from service.eventlog.receipts import Receipt
from service.storage.db import Database
from service.usecases.recording.operations import change_operation, open_operation
from service.usecases.recording.publish import publish_figures
from service.wire.checked import load_change, load_opening, load_submission
from tests.factories.bodies import Json
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OpenedOperation, opened_operation
from tests.factories.reports import (
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import (
    STARTS_AT,
    ForceJoinedFactory,
    MeasureRegisteredFactory,
    OperationAmendedFactory,
    OperationClosedFactory,
    OperationReopenedFactory,
)

SEED = Path(__file__).parent.parent.parent / "seeds" / "pandilla-2023-01"


def recorded_seed(database: Database) -> OpenedOperation:
    """Record the operation in the seeds directory through the use cases."""
    opening = json.loads((SEED / "operation.json").read_text())
    lead = CredentialFactory(force=opening["lead_force"])
    open_operation(database, sender=lead, opening=load_opening(opening, lead.force))
    operation = OpenedOperation(database, opening["operation"])
    *rows, closing, publishing = [json.loads(line) for line in (SEED / "events.ndjson").read_text().splitlines()]
    outcomes = operation.submit(*(load_submission(row) for row in rows), sender=lead)
    assert all(outcome.error is None for outcome in outcomes)
    change_operation(database, operation=operation.name, sender=lead, submission=_call_of(closing))
    publish_figures(database, operation=operation.name, sender=lead, submission=_call_of(publishing))
    return operation


def _call_of(row: Json) -> Submission:
    body = row["data"] | {name: row[name] for name in ("id", "recorded_at")}
    return load_change(row["type"], body, row["force"])


def recorded_live(database: Database) -> tuple[OpenedOperation, list[Receipt]]:
    """Record a live operation with every type of change; return it with the receipts of its reports."""
    operation = opened_operation(database)
    arrest, seizure, activity = ArrestRecordedFactory(count=2), SeizureRecordedFactory(), ActivityRecordedFactory()
    receipts = operation.record_all(arrest, seizure, activity)
    operation.change(OperationAmendedFactory(starts_at=STARTS_AT.replace(day=15), places=("m25", "m1")))
    operation.change(ForceJoinedFactory())
    operation.change(MeasureRegisteredFactory())
    receipts += operation.record_all(
        ArrestRecordedFactory(reason="drugs", corrects=arrest.id),
        EventWithdrawnFactory(corrects=activity.id),
        ActivityRecordedFactory(measure="dogs_seized", quantity=0, day_only=True),
        ReturnDeclaredFactory(measures=("arrests",)),
    )
    operation.change(OperationClosedFactory())
    operation.change(OperationReopenedFactory())
    return operation, [*receipts, operation.record(ArrestRecordedFactory(reason="wanted"))]
