"""A force's own events as they concern a spreadsheet: which are recorded, which are equal, and which are copies."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec import structs

from service.domain.model.events import Event, EventWithdrawn, RecordedBy, RecordedEvent
from service.spreadsheets.recorded import OwnRecord, copies, own_record, said_by
from service.wire.codec import text_of
from tests.unit.test_additions import arrest, event

BY = RecordedBy(force="surrey", role="force")
MOMENT = datetime(2024, 1, 20, tzinfo=UTC)


def numbered(number: int, one: Event, corrects: int | None = None) -> Event:
    reason = None if corrects is None else "mistake"
    other = None if corrects is None else UUID(int=corrects)
    return structs.replace(one, id=UUID(int=number), corrects=other, correction_reason=reason)


def withdrawal(number: int, corrects: int) -> Event:
    return numbered(number, Event(id=UUID(int=1), force="surrey", data=EventWithdrawn()), corrects)


def read(log: list[Event], *said: Event, own: tuple[int, ...] = (), **wanted: Any) -> OwnRecord:
    texts = [text_of(RecordedEvent(one, "live", seq, MOMENT, BY)) for seq, one in enumerate(log, start=1)]
    named = {"ids": (), "versions": ()} | {name: [UUID(int=one) for one in ids] for name, ids in wanted.items()}
    return own_record(texts, own=[UUID(int=one) for one in own], said=set(map(said_by, said)), **named)


def equal(log: list[Event], one: Event, *own: int) -> list[int]:
    return [recorded.seq for recorded in read(log, one, own=own).equal.get(said_by(one), [])]


def test_recorded_ids_and_versions_are_found():
    found = read([numbered(7, arrest()), withdrawal(8, 7)], ids=(7, 8, 9), versions=(7, 9))
    assert found.ids == {UUID(int=7), UUID(int=8)}
    assert found.versions == {UUID(int=7): numbered(7, arrest())}


def test_only_what_is_said_counts_and_not_who_assisted():
    other = structs.replace(arrest(), incident="0" * 64, assisting=("kent",))
    assert equal([numbered(7, other)], arrest()) == [1]
    for different in (arrest(count=2), arrest(1), structs.replace(arrest(), place="m25")):
        assert equal([numbered(7, different)], arrest()) == []


def test_lines_may_be_in_any_order():
    lines = [{"kind": "phone", "count": 2}, {"kind": "cash", "currency": "GBP", "amount_minor": 5}]
    assert said_by(event("seizure", lines=lines)) == said_by(event("seizure", lines=lines[::-1]))
    assert said_by(event("seizure", lines=lines)) != said_by(event("seizure", lines=[*lines, lines[0]]))


def test_only_standing_versions_of_other_files_are_equal():
    first, corrected = numbered(1, arrest()), numbered(2, arrest(count=2), corrects=1)
    assert equal([first, corrected], arrest()) == []
    assert equal([first, corrected], arrest(count=2)) == [2]
    assert equal([first, withdrawal(2, 1)], arrest()) == []
    assert equal([first, numbered(3, arrest())], arrest(), 1) == [2]
    # A correction, made in any way, of an event of this file.
    assert equal([first, corrected], arrest(count=2), 1) == []


def test_as_many_rows_are_copies_as_are_recorded():
    log = [numbered(1, arrest()), numbered(2, arrest()), numbered(3, arrest(1))]
    new = [arrest(), arrest(2), arrest(), arrest(), arrest(1)]
    found = copies(new, read(log, *new).equal)
    assert {index: recorded.seq for index, recorded in found.items()} == {0: 1, 2: 2, 4: 3}


def test_an_event_is_sent_alike_if_only_its_id_and_correction_differ():
    (recorded,) = read([numbered(1, arrest(), corrects=9)], arrest()).equal[said_by(arrest())]
    assert recorded.is_sent_as(arrest())
    assert not recorded.is_sent_as(structs.replace(arrest(), incident="0" * 64))
