"""Logs of versions that accepted any code below a class: they import with the same root and the same figures."""

from collections.abc import Iterable
from hashlib import sha256

import pytest

from service.domain.deciding.check_drugs import UnknownDrug, WrongDrugClass
from service.domain.model.events import DrugLine, Event, MeasureRegistered, RecordedBy, RecordedEvent
from service.storage.db import Database
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from service.wire.codec import text_of
from tests.factories.operations import (
    NAME,
    RECORDED_AT,
    OpenedOperation,
    RecordedEventFactory,
    setup_log,
)
from tests.factories.reports import ActivityRecordedFactory, EventWithdrawnFactory, SeizureRecordedFactory
from tests.factories.setup import LEAD, MeasureRegisteredFactory

COORDINATOR = RecordedBy(force=LEAD, role="coordinator")


def seized(path: str, **fields: object) -> Event:
    return SeizureRecordedFactory(lines=(DrugLine(drug=path, weight_milligrams=5),), **fields)


# An unknown substance, a wrong class, an ambiguous word, an unknown form, a tally by an unknown substance, and a
# correction that keeps one.
MISSPELT = seized("a/cocain")
OLD_FACTS = (
    MISSPELT,
    seized("b/cocaine"),
    seized("a/white"),
    seized("b/cannabis/brick"),
    ActivityRecordedFactory(force="essex", measure="drug_weight", category="a/cocain", quantity=7),
    seized("a/cocain", corrects=MISSPELT.id),
)


def old_log() -> list[RecordedEvent]:
    """Return a log as an earlier version recorded it."""
    setup = [recorded._replace(recorded_by=COORDINATOR) for recorded in setup_log()]
    facts = [
        RecordedEventFactory(event=event, seq=seq, recorded_at=RECORDED_AT)
        for seq, event in enumerate(OLD_FACTS, start=len(setup) + 1)
    ]
    return [*setup, *facts]


OLD_TEXTS = [text_of(recorded) for recorded in old_log()]


def root_of(texts: Iterable[str]) -> str:
    """Return the root of a Merkle tree (RFC 9162) over these texts, in hex, by its definition."""

    def root(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        left = 1 << ((len(leaves) - 1).bit_length() - 1)
        return sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:])).digest()

    return root([sha256(b"\x00" + text.encode()).digest() for text in texts]).hex()


@pytest.fixture
def imported(database: Database) -> OpenedOperation:
    """Return the old log, imported."""
    lines = [text.encode() for text in OLD_TEXTS]
    result = import_operation(database, lines, expected_root=root_of(OLD_TEXTS))
    assert (result.operation, result.size) == (NAME, len(OLD_TEXTS))
    return OpenedOperation(database, NAME)


def test_an_old_log_imports_with_the_same_text_root_and_figures(database: Database, imported: OpenedOperation) -> None:
    assert list(export_operation(database, NAME).texts) == OLD_TEXTS
    assert verify_operation(database, NAME).root == root_of(OLD_TEXTS)
    assert imported.quantity("drug_weight", category="a/cocain") == 12
    assert imported.quantity("drug_seizures_by_substance", category="a/cocain") == 1
    assert imported.quantity("drug_weight", category="b/cocaine") == 5
    before = imported.figures()
    rebuild(database, NAME)
    assert imported.figures() == before
    assert imported.difference() is None


def test_repeating_an_old_event_gives_its_receipt(imported: OpenedOperation) -> None:
    (outcome,) = imported.submit(OLD_FACTS[1])
    assert (outcome.is_new, outcome.error) == (False, None)


def test_new_events_of_an_old_log_follow_the_rules(imported: OpenedOperation) -> None:
    for path, expected in (("a/cocain", UnknownDrug), ("b/cocaine", WrongDrugClass)):
        with pytest.raises(expected):
            imported.record(seized(path))
    imported.record(seized("a/cocaine"))


def test_a_correction_cannot_keep_what_the_log_has(imported: OpenedOperation) -> None:
    """A correction is a new fact. It can always name the substance, or the class alone; or the event is withdrawn."""
    latest, wrong_class, ambiguous = OLD_FACTS[5], OLD_FACTS[1], OLD_FACTS[2]
    with pytest.raises(UnknownDrug, match=r"Send a/cocaine\."):
        imported.record(seized("a/cocain", corrects=latest.id))
    imported.record(seized("a/cocaine", corrects=latest.id))
    imported.record(seized("a", corrects=wrong_class.id))
    imported.record(EventWithdrawnFactory(corrects=ambiguous.id))
    assert imported.quantity("drug_weight", category="a/cocain") == 7
    assert imported.quantity("drug_weight", category="b/cocaine") == 0
    assert imported.difference() is None


def test_the_coordinator_can_register_what_the_log_has(imported: OpenedOperation) -> None:
    data = MeasureRegistered(measure="drug_weight", categories=("a/cocain",))
    imported.change(MeasureRegisteredFactory(data=data))
    imported.record(seized("a/cocain", corrects=OLD_FACTS[5].id))
    assert imported.difference() is None
