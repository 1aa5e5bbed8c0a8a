"""A force posts an event and gets a receipt; if in doubt, it sends the same event again."""

from uuid import uuid4

from service.eventlog.table import events
from service.storage.db import Database
from tests.factories.bodies import activity, arrest, declared, seizure, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, refused


def test_a_receipt_states_the_position_of_its_event_in_the_log(live: str, surrey: Caller):
    event = arrest()
    response = surrey.send(live, event)
    assert response.status_code == 201
    receipt = response.json
    assert set(receipt) == {"operation", "id", "seq", "recorded_at", "leaf_hash", "root"}
    # operation.opened and five force.joined come first.
    assert (receipt["operation"], receipt["id"], receipt["seq"]) == (live, event["id"], 7)


def test_seqs_have_no_gaps_whatever_is_refused_in_between(live: str, surrey: Caller):
    (first,) = surrey.record(live, arrest())
    refused(surrey.send(live, arrest("knive")), 422, "unknown_code", "/data/reason")
    (second,) = surrey.record(live, seizure())
    assert second["seq"] == first["seq"] + 1
    assert second["recorded_at"] > first["recorded_at"]
    assert second["root"] != first["root"]


def test_a_replay_gets_the_first_receipt_whatever_was_recorded_since(live: str, surrey: Caller):
    event = arrest(place="m25", assisting=["kent"])
    (first,) = surrey.record(live, event)
    surrey.record(live, arrest(), seizure(), activity(), declared())
    replay = surrey.send(live, event)
    assert (replay.status_code, replay.json) == (200, first)


def test_content_is_compared_in_canonical_form_without_nulls_empty_lists_and_defaults(live: str, surrey: Caller):
    event = arrest(occurred_at="2026-01-01T00:00:00Z") | {"data": {"reason": "knife"}}
    event["occurred_at"] = arrest()["occurred_at"]
    (first,) = surrey.record(live, event)
    again = event | {
        "id": event["id"].upper(),
        "occurred_at": event["occurred_at"].replace("Z", "+00:00"),
        "place": None,
        "assisting": [],
        "corrects": None,
        "correction_reason": None,
        "data": {"reason": "knife", "count": 1, "qualifier": "exact"},
    }
    replay = surrey.send(live, again)
    assert (replay.status_code, replay.json) == (200, first)


def test_the_same_id_with_other_content_is_refused_and_says_where_it_differs(live: str, surrey: Caller):
    event = arrest(place="m25")
    surrey.record(live, event)
    problem = refused(surrey.send(live, event | {"place": "a406"}), 409, "content_differs", "/place")
    assert problem["seq"] == 7
    refused(surrey.send(live, event | {"data": {"reason": "drugs"}}), 409, "content_differs", "/data/reason")
    refused(surrey.send(live, seizure(id=event["id"], place="m25")), 409, "content_differs", "/type")
    assert surrey.figures(live, measure="arrests") == [1]


def test_an_id_belongs_to_the_force_that_used_it_first(live: str, surrey: Caller, client_for: ClientFor):
    event = arrest()
    surrey.record(live, event)
    kent = client_for("kent")
    problem = refused(kent.send(live, event | {"force": "kent"}), 409, "id_taken", "/id")
    assert "surrey" not in str(problem)
    assert "seq" not in problem


def test_the_coordinator_records_for_a_force_that_can_replay_it(live: str, surrey: Caller, lead: Caller):
    event = arrest()
    (receipt,) = lead.record(live, event)
    replay = surrey.send(live, event)
    assert (replay.status_code, replay.json) == (200, receipt)
    assert surrey.get(f"/v1/operations/{live}/events/{event['id']}").json["event"]["recorded_by"] == {
        "force": "metropolitan",
        "role": "coordinator",
    }


def test_a_force_can_record_only_for_itself(live: str, surrey: Caller):
    refused(surrey.send(live, arrest(force="kent")), 403, "not_your_force", "/force")


def test_a_dry_run_decides_and_records_nothing(live: str, surrey: Caller):
    event = arrest()
    response = surrey.send(live, event, dry_run="true")
    assert (response.status_code, response.json) == (200, {"dry_run": True, "status": 201})
    refused(surrey.send(live, arrest("knive"), dry_run="true"), 422, "unknown_code", "/data/reason")
    (receipt,) = surrey.record(live, event)
    assert receipt["seq"] == 7
    assert surrey.send(live, event, dry_run="true").json == {"dry_run": True, "status": 200}


def test_the_coordinators_changes_cannot_be_posted_as_events(live: str, lead: Caller):
    body = {"id": str(uuid4()), "type": "operation.closed", "force": "metropolitan", "data": {}}
    refused(lead.send(live, body), 422, "wrong_fields", "/type")


def test_an_event_outside_the_operations_places_and_times_is_refused(live: str, surrey: Caller, client_for: ClientFor):
    refused(surrey.send(live, arrest(occurred_at="2020-01-01T00:00:00Z")), 422, "outside_operation", "/occurred_at")
    refused(surrey.send(live, arrest(occurred_at="2190-01-01T00:00:00Z")), 422, "in_the_future", "/occurred_at")
    refused(surrey.send(live, arrest(place="m26")), 422, "unknown_code", "/place")
    refused(surrey.send(live, arrest(assisting=["surrey"])), 422, "assists_itself", "/assisting/0")
    refused(surrey.send(live, arrest(assisting=["kent", "atlantis"])), 422, "unknown_code", "/assisting/1")
    refused(surrey.send(live, declared(day="2020-01-01")), 422, "outside_operation", "/data/day")
    refused(surrey.send(live, activity(quantity=0) | {"id": "1"}), 422, "wrong_fields", "/id")
    refused(
        surrey.send(live, activity(occurred_before=arrest()["occurred_at"], occurred_at=arrest()["occurred_at"])),
        422,
        "span_ends_before_start",
        "/data/occurred_before",
    )
    desk = client_for("desk")
    refused(desk.send(live, arrest(force="desk")), 422, "force_reports_nothing", "/force")


def test_only_imported_operations_accept_recorded_at(live: str, imported: str, surrey: Caller):
    moment = "2023-01-17T22:00:00Z"
    refused(surrey.send(live, arrest(recorded_at=moment)), 422, "recorded_at_refused", "/recorded_at")
    event = arrest(occurred_at="2023-01-17T21:40:00Z")
    refused(surrey.send(imported, event), 422, "recorded_at_missing", "/recorded_at")
    (receipt,) = surrey.record(imported, event | {"recorded_at": moment})
    assert (receipt["recorded_at"], receipt["imported"]) == (moment, True)
    early = arrest(occurred_at="2023-01-17T21:00:00Z", recorded_at="2023-01-17T21:59:59Z")
    refused(surrey.send(imported, early), 422, "recorded_at_out_of_order", "/recorded_at")
    late = early | {"recorded_at": "2190-01-01T00:00:00Z"}
    refused(surrey.send(imported, late), 422, "recorded_at_out_of_order", "/recorded_at")


def test_a_replay_in_an_imported_operation_is_decided_first(imported: str, surrey: Caller):
    event = arrest(occurred_at="2023-01-17T21:40:00Z", recorded_at="2023-01-17T22:00:00Z")
    (receipt,) = surrey.record(imported, event)
    surrey.record(imported, arrest(occurred_at="2023-01-17T21:50:00Z", recorded_at="2023-01-17T23:00:00Z"))
    replay = surrey.send(imported, event)
    assert (replay.status_code, replay.json) == (200, receipt)


def test_a_refused_event_is_not_stored(live: str, surrey: Caller, database: Database):
    for event in (arrest("knive"), arrest(force="kent"), withdrawal(arrest())):
        assert surrey.send(live, event).status_code >= 400
    with database.reading() as connection:
        assert len(connection.execute(events.select()).all()) == 6
