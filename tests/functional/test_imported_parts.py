"""Wholes and parts that are imported: log by log, and with a past that may still change.

Until all logs of a whole are imported, errors name the missing one. The same question about the past of a live whole
always has the same answer.
"""

import shutil
from collections.abc import Iterator
from http.client import OK
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from service.domain.deciding.draft import Submission
from service.domain.model.events import Event, PartAccepted, PartRemoved
from service.domain.model.instants import format_instant
from service.storage.db import Database, open_database
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.recording.publish import publish_figures
from tests.factories.bodies import arrest, new_id, now
from tests.factories.credentials import CredentialFactory
from tests.factories.operations import opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.factories.setup import LEAD, FiguresPublishedFactory
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, refused
from tests.functional.conftest import opened


@pytest.fixture
def source(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Return the database that the logs come from."""
    database = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'source.db')}")
    yield database
    database.engine.dispose()


def test_a_whole_imported_without_its_part_names_the_missing_one(database: Database, source: Database, lead: Caller):
    whole = opened_operation(source, "whole")
    opened_operation(source, "county", part_of=("whole",)).record(ArrestRecordedFactory())
    whole.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part="county")))
    lines = {name: [text.encode() for text in export_operation(source, name).texts] for name in ("whole", "county")}
    import_operation(database, lines["whole"])
    asked_at = format_instant(now())
    addresses = [f"/v1/operations/whole/{what}" for what in ("totals", "statement", "possible-duplicates")]
    addresses.append(f"/v1/operations/whole/totals?as_of={asked_at}")
    for address in addresses:
        assert "county" in refused(lead.get(address), 503, "part_not_here")["detail"]
    import_operation(database, lines["county"])
    assert [lead.get(address).status_code for address in addresses] == [200] * len(addresses)


def test_a_statement_is_compared_with_no_publication_whose_part_is_not_here(
    database: Database, source: Database, lead: Caller
):
    """The part was taken out since, so that the whole can be read without its log."""
    whole = opened_operation(source, "whole")
    opened_operation(source, "county", part_of=("whole",)).record(ArrestRecordedFactory())
    whole.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part="county")))
    event, coordinator = FiguresPublishedFactory(label="final"), CredentialFactory(force=LEAD)
    publish_figures(source, operation="whole", sender=coordinator, submission=Submission(event))
    whole.change(Event(id=uuid4(), force=LEAD, data=PartRemoved(part="county")))
    lines = {name: [text.encode() for text in export_operation(source, name).texts] for name in ("whole", "county")}
    as_json = {"Accept": "application/json"}
    import_operation(database, lines["whole"])
    assert lead.get("/v1/operations/whole/statement", headers=as_json).json["changes"] is None
    import_operation(database, lines["county"])
    changes = lead.get("/v1/operations/whole/statement", headers=as_json).json["changes"]
    assert (changes["number"], changes["superseded"]) == (1, True)


HISTORY = {"imported": True, "recorded_at": "2023-01-10T09:00:00Z", "forces": ["surrey"]}
DAYS = {"starts_at": "2023-01-16T00:00:00Z", "ends_at": "2023-01-23T00:00:00Z"}
PARTS = ("region", "week", "history", "archive")


def accept(lead: Caller, whole: str, part: str, **fields: str) -> TestResponse:
    return lead.change(whole, "parts", id=new_id(), part=part, **fields)


def past(hour: int, count: int) -> Json:
    moment = {"occurred_at": "2023-01-17T21:40:00Z", "recorded_at": f"2023-01-18T{hour:02}:00:00Z"}
    return arrest(count=count) | moment


def test_a_live_whole_accepts_no_imported_part(lead: Caller, surrey: Caller):
    opened(lead, operation="whole")
    opened(lead, operation="history", part_of=["whole", "between", "archive"], **HISTORY, **DAYS)
    before = format_instant(now())
    assert surrey.figures("whole", as_of=before) == []
    problem = refused(accept(lead, "whole", "history"), 409, "part_is_imported", "/part")
    assert "found history, which is imported" in problem["detail"]
    opened(lead, operation="between", part_of=["whole"], **HISTORY, **DAYS)
    assert accept(lead, "between", "history", recorded_at="2023-01-11T09:00:00Z").status_code == 201
    refused(accept(lead, "whole", "between"), 409, "part_is_imported", "/part")
    assert surrey.figures("whole", as_of=before) == []


def test_an_imported_whole_has_imported_parts_as_before(lead: Caller, surrey: Caller):
    opened(lead, operation="archive", **HISTORY, **DAYS)
    opened(lead, operation="history", part_of=["archive"], **HISTORY, **DAYS)
    assert accept(lead, "archive", "history", recorded_at="2023-01-11T09:00:00Z").status_code == 201
    surrey.record("history", past(8, 3), past(10, 4))
    assert surrey.figures("archive", as_of="2023-01-18T09:00:00Z") == [3]
    assert surrey.figures("archive", as_of="2023-01-18T11:00:00Z") == [7]


@pytest.fixture
def former(database: Database, source: Database, lead: Caller) -> str:
    """Import the log of a live whole that a former version let accept an imported part; then open that part."""
    whole = opened_operation(source, "whole")
    opened_operation(source, "history", part_of=("whole",))
    whole.change(Event(id=uuid4(), force=LEAD, data=PartAccepted(part="history")))
    import_operation(database, [text.encode() for text in export_operation(source, "whole").texts])
    return opened(lead, operation="history", part_of=["whole"], **HISTORY, **DAYS)


def test_a_moment_that_an_imported_part_could_still_change_is_refused(
    former: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    kent = client_for("kent")
    surrey.record(former, past(8, 3))
    moment = format_instant(now())
    address = f"/v1/operations/whole/totals?as_of={moment}"
    problem = refused(lead.get(address), 422, "as_of_not_settled", "/as_of")
    assert problem["detail"].startswith("history, a part of whole, is imported")
    assert "history" not in refused(kent.get(address), 422, "as_of_not_settled")["detail"], "Kent is not in it"
    assert surrey.figures("whole", measure="arrests") == [3], "its figures stay"
    surrey.record(former, arrest(count=4, occurred_at="2023-01-17T22:00:00Z", recorded_at=format_instant(now())))
    assert surrey.figures("whole", measure="arrests", as_of=moment) == [3], "nothing can be recorded by then any more"
    assert lead.change("whole", "parts/removed", id=new_id(), part=former).status_code == 201
    assert surrey.figures("whole", as_of=format_instant(now())) == []
    assert surrey.figures("whole", measure="arrests", as_of=moment) == [3]
    refused(accept(lead, "whole", former), 409, "part_is_imported", "/part")


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("former")
def test_the_same_question_about_the_past_always_has_the_same_answer(lead: Caller, surrey: Caller, seed: int):
    """Whatever is recorded, accepted, taken out and imported meanwhile."""
    opened(lead, operation="region", part_of=["whole"])
    opened(lead, operation="week", part_of=["region", "whole"])
    opened(lead, operation="archive", part_of=["whole", "region"], **HISTORY, **DAYS)
    changes = [(whole, how, part) for whole in ("whole", "region") for how in ("", "/removed") for part in PARTS]
    chance, answers = Random(seed), dict[str, tuple[int, Json]]()  # noqa: S311 - the same each time
    last = now()
    for _step in range(15):
        for operation in ("region", "week"):
            surrey.record(operation, arrest(count=chance.randint(1, 9)))
        if chance.random() < 1 / 2:
            last += (now() - last) * chance.random() ** 2
            times = {"occurred_at": "2023-01-17T21:40:00Z", "recorded_at": format_instant(last)}
            for operation in ("history", "archive"):
                surrey.record(operation, arrest(count=chance.randint(1, 9), **times))
        whole, how, part = chance.choice(changes)
        lead.change(whole, f"parts{how}", id=new_id(), part=part)
        ask(surrey, format_instant(now()), answers)
        for moment in chance.sample(sorted(answers), min(5, len(answers))):
            ask(surrey, moment, answers)
    for moment in sorted(answers):
        ask(surrey, moment, answers)
    assert len({str(answer["figures"]) for status, answer in answers.values() if status == OK}) > 1


def ask(caller: Caller, moment: str, answers: dict[str, tuple[int, Json]]) -> None:
    """Ask for the totals as of a moment. If it was answered before, the answer must be the same."""
    response = caller.get("/v1/operations/whole/totals", query_string={"as_of": moment, "by": "force"})
    answer = {name: value for name, value in response.json.items() if name != "log_size"}
    if moment in answers and answers[moment][0] == OK:
        assert (response.status_code, answer) == answers[moment]
    elif response.status_code != OK:
        assert response.json["code"] == "as_of_not_settled", response.json
    answers[moment] = response.status_code, answer
