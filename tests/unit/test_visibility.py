"""The parts of a whole that a credential may see: those it may know of, and all in an operation its force leads."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from service.domain.model.events import Event, ForceJoined, PartAccepted
from service.domain.model.operation import Operation, fold
from service.usecases.querying.visibility import visible_parts
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import OPENED_AT, RecordedEventFactory
from tests.factories.setup import OperationOpenedFactory


def operation(name: str, lead: str, forces: Sequence[str], *parts: str) -> Operation:
    """Return an operation that its lead force opened, with these forces and parts."""
    contents = [*(ForceJoined(force=force) for force in forces), *(PartAccepted(part=part) for part in parts)]
    opened = OperationOpenedFactory(force=lead, lead_force=lead)
    events = [opened, *(Event(id=uuid4(), force=lead, data=data) for data in contents)]
    return fold(
        RecordedEventFactory(event=event, operation=name, seq=seq, recorded_at=OPENED_AT)
        for seq, event in enumerate(events, start=1)
    )


# The country has a region and a harbour; the region, which Kent leads, a week; the week a night.
OPERATIONS = [
    operation("country", "metropolitan", ["kent", "surrey", "essex"], "region", "harbour"),
    operation("region", "kent", ["sussex"], "week"),
    operation("harbour", "metropolitan", ["surrey"]),
    operation("week", "sussex", ["sussex"], "night"),
    operation("night", "sussex", ["hampshire"]),
]


@pytest.mark.parametrize(
    ("force", "limited_to", "seen"),
    [
        ("metropolitan", (), {"country", "region", "harbour", "week", "night"}),
        ("metropolitan", ("country",), {"country", "region", "harbour", "week", "night"}),
        ("kent", (), {"country", "region", "week", "night"}),
        ("kent", ("country",), {"country"}),
        ("surrey", (), {"country", "harbour"}),
        ("surrey", ("country", "week"), {"country"}),
        ("essex", (), {"country"}),
    ],
)
def test_the_parts_that_a_credential_sees(force: str, limited_to: tuple[str, ...], seen: set[str]) -> None:
    for role in ("force", "coordinator", "observer"):
        credential = CredentialFactory(force=force, role=role, operations=limited_to)
        assert visible_parts(credential, OPERATIONS) == seen
