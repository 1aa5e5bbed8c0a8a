"""Two forces count the same arrest: the coordinator sees the pair, and settles it by withdrawal or by ruling it out."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from service.domain.model.instants import format_instant
from service.storage.db import Database
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.verify import verify_operation
from tests.factories.bodies import activity, arrest, correction, hours_ago, new_id, seizure, withdrawal
from tests.functional.calls import Caller, Json, refused
from tests.functional.conftest import ClientFor

INCIDENT, OTHER_INCIDENT = "a" * 64, "b" * 64
AT = hours_ago(3)


def minutes_after(moment: str, minutes: float) -> str:
    return format_instant(datetime.fromisoformat(moment) + timedelta(minutes=minutes))


@pytest.fixture
def kent(client_for: ClientFor) -> Caller:
    """Return the client of another force that reports events."""
    return client_for("kent")


def listed(caller: Caller, operation: str, **query: Any) -> Json:
    response = caller.get(f"/v1/operations/{operation}/possible-duplicates", query_string=query)
    assert response.status_code == 200, response.json
    return response.json


def pairs(caller: Caller, operation: str, **query: Any) -> list[tuple[Any, ...]]:
    """Return the certainty of each pair, and the ids of its events."""
    found = listed(caller, operation, **query)["pairs"]
    return [(pair["certainty"], *(event["id"] for event in pair["events"])) for pair in found]


def rule_out(lead: Caller, operation: str, *events: Json, **fields: Any) -> Any:
    body = {"id": new_id(), "events": [event["id"] for event in events]} | fields
    return lead.post(f"/v1/operations/{operation}/possible-duplicates/ruled-out", json=body)


def joint(**fields: Any) -> tuple[Json, Json]:
    """Return one arrest as Surrey and as Kent have it, ten minutes apart."""
    one = arrest(occurred_at=AT, place="m25", **fields)
    return one, arrest(force="kent", occurred_at=minutes_after(AT, 10), place="m25", **fields)


def test_arrests_alike_in_place_time_and_reason_are_a_likely_pair_and_its_evidence_is_listed(
    lead: Caller, surrey: Caller, kent: Caller, live: str
):
    ours, theirs = joint(assisting=["btp"])
    theirs["assisting"] = ["surrey"]
    surrey.record(live, ours)
    kent.record(live, theirs)
    found = listed(lead, live)
    (pair,) = found["pairs"]
    assert pair["certainty"] == "likely"
    assert [event["id"] for event in pair["events"]] == [ours["id"], theirs["id"]]
    assert pair["evidence"] == {
        "same": ["type", "category", "place", "time"],
        "place": "m25",
        "categories": ["knife"],
        "seconds_apart": 600,
        "assisting": ["surrey"],
        "amounts": "count",
        "because": "Both give the same number.",
    }
    assert (found["window_minutes"], found["head"], found["marking"], found["next"]) == (
        *(30, 8, "OFFICIAL-SENSITIVE"),
        None,
    )


def test_events_with_one_incident_key_are_a_certain_pair_wherever_and_whenever_they_were(
    lead: Caller, surrey: Caller, kent: Caller, live: str
):
    ours = arrest(incident=INCIDENT, place="m25")
    theirs = arrest("drugs", force="kent", incident=INCIDENT, place="a406", occurred_at=hours_ago(20))
    surrey.record(live, ours, arrest("drugs", incident=INCIDENT), seizure(incident=OTHER_INCIDENT))
    kent.record(live, theirs, seizure(force="kent", incident=INCIDENT))
    (second, first) = listed(lead, live)["pairs"]
    assert first["certainty"] == second["certainty"] == "certain"
    assert [event["id"] for event in first["events"]] == [ours["id"], theirs["id"]]
    assert first["evidence"]["same"] == ["incident", "type"]


def test_a_pair_that_is_certain_is_not_listed_as_likely_again(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint(incident=INCIDENT)
    surrey.record(live, ours)
    kent.record(live, theirs)
    (pair,) = listed(lead, live)["pairs"]
    assert pair["evidence"]["same"] == ["incident", "type", "category", "place", "time"]


@pytest.mark.parametrize(
    "change",
    [
        {"force": "surrey", "occurred_at": minutes_after(AT, 2)},
        {"place": "a406"},
        {"place": None},
        {"occurred_at": minutes_after(AT, 31)},
        {"occurred_at": minutes_after(AT, -31)},
        {"data": {"reason": "drugs"}},
        {"type": "seizure.recorded", "data": {"lines": [{"kind": "phone"}]}},
    ],
)
def test_events_that_differ_in_one_of_these_are_not_a_pair(
    lead: Caller, surrey: Caller, kent: Caller, live: str, change: Json
):
    surrey.record(live, arrest(occurred_at=AT, place="m25"))
    theirs = arrest(force="kent", occurred_at=AT, place="m25") | change
    (kent if theirs["force"] == "kent" else surrey).record(live, theirs)
    assert pairs(lead, live) == []


def test_seizures_pair_by_any_category_that_they_share(lead: Caller, surrey: Caller, kent: Caller, live: str):
    cocaine, heroin = ({"kind": "drug", "drug": f"a/{name}"} for name in ("cocaine", "heroin"))
    cash = {"kind": "cash", "currency": "GBP", "amount_minor": 500}
    ours = seizure(cocaine, cash, occurred_at=AT, place="m25")
    theirs = seizure(cash, heroin, force="kent", occurred_at=AT, place="m25")
    class_only = seizure({"kind": "drug", "drug": "a"}, force="kent", occurred_at=minutes_after(AT, 1), place="m25")
    surrey.record(live, ours)
    kent.record(live, theirs, class_only)
    found = listed(lead, live)["pairs"]
    assert [pair["evidence"]["categories"] for pair in found] == [["cash/GBP"], ["drug/a", "drug/a/cocaine"]]


def test_activities_and_tallies_never_pair(
    lead: Caller, surrey: Caller, kent: Caller, client_for: ClientFor, live: str
):
    surrey.record(live, activity(occurred_at=AT, place="m25", incident=INCIDENT))
    kent.record(live, activity(force="kent", occurred_at=AT, place="m25", incident=INCIDENT))
    tally = activity("arrests", 3, force="essex", category="knife", occurred_at=AT, place="m25", incident=INCIDENT)
    client_for("essex").record(live, tally)
    assert pairs(lead, live) == []


def test_a_withdrawal_settles_a_pair(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    lead.record(live, withdrawal(theirs, why="duplicate"))
    assert pairs(lead, live) == []


def test_a_correction_replaces_the_event_it_corrects(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    elsewhere = correction(theirs, place="a406")
    kent.record(live, elsewhere)
    assert pairs(lead, live) == []
    back = correction(elsewhere, place="m25")
    kent.record(live, back)
    assert pairs(lead, live) == [("likely", ours["id"], back["id"])]


def test_a_pair_ruled_out_is_not_listed_again_even_after_corrections(
    lead: Caller, surrey: Caller, kent: Caller, live: str, database: Database
):
    ours, theirs = joint(incident=INCIDENT)
    third = arrest(force="kent", occurred_at=AT, place="m25")
    surrey.record(live, ours)
    kent.record(live, theirs, third)
    response = rule_out(lead, live, theirs, ours)
    assert (response.status_code, response.json["seq"]) == (201, 10)
    assert pairs(lead, live) == [("likely", ours["id"], third["id"])]
    surrey.record(live, newer := correction(ours, data={"reason": "knife", "count": 2}))
    assert pairs(lead, live) == [("likely", third["id"], newer["id"])]
    rebuild(database, live)
    assert verify_operation(database, live).fault is None
    assert pairs(lead, live) == [("likely", third["id"], newer["id"])]


def test_ruling_out_again_gives_the_same_receipt(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    body = {"id": new_id()}
    first = rule_out(lead, live, ours, theirs, **body)
    again = rule_out(lead, live, ours, theirs, **body)
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    refused(rule_out(lead, live, theirs, ours, **body), 409, "content_differs")


def test_only_a_pair_of_standing_events_can_be_ruled_out_and_only_by_the_coordinator(
    lead: Caller, surrey: Caller, kent: Caller, client_for: ClientFor, live: str
):
    ours, theirs = joint()
    mine, seized = arrest(), seizure(force="kent")
    surrey.record(live, ours, mine)
    kent.record(live, theirs, seized)
    refused(rule_out(surrey, live, ours, theirs), 403, "role_may_not")
    refused(rule_out(client_for("kent", "coordinator"), live, ours, theirs), 403, "not_coordinator")
    refused(rule_out(lead, live, ours, seized), 422, "not_a_pair", "/events")
    refused(rule_out(lead, live, ours, {"id": new_id()}), 422, "unknown_event", "/events/1")
    refused(rule_out(lead, live, ours, ours), 422, "not_a_pair", "/events")
    refused(rule_out(lead, live, ours), 422, "wrong_fields", "/events")
    lead.record(live, withdrawal(theirs, why="duplicate"))
    refused(rule_out(lead, live, ours, theirs), 409, "already_withdrawn", "/events/1")


def test_a_force_is_told_of_no_pair_with_an_event_of_another_force(surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint(incident=INCIDENT)
    surrey.record(live, ours)
    before = listed(surrey, live)
    kent.record(live, theirs, arrest(force="kent", occurred_at=AT, place="m25"))
    assert listed(surrey, live) | {"head": 0} == before | {"head": 0}
    assert before["pairs"] == []


def test_a_coordinator_of_another_operation_is_treated_as_a_force(
    lead: Caller, surrey: Caller, client_for: ClientFor, live: str
):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent = client_for("kent", "coordinator")
    kent.record(live, theirs)
    assert pairs(kent, live) == []
    assert len(pairs(lead, live)[0]) == 3


def test_only_the_coordinator_chooses_the_window(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    assert pairs(lead, live, window_minutes=9) == []
    assert len(pairs(lead, live, window_minutes=10)) == 1
    address = f"/v1/operations/{live}/possible-duplicates"
    refused(surrey.get(address, query_string={"window_minutes": 30}), 403, "window_not_yours", "/window_minutes")
    refused(lead.get(address, query_string={"window_minutes": 1441}), 422, "wrong_fields", "/window_minutes")


def test_pages_hold_every_pair_once(lead: Caller, surrey: Caller, kent: Caller, live: str):
    surrey.record(live, *(arrest(occurred_at=minutes_after(AT, n), place="m25") for n in range(4)))
    kent.record(live, *(arrest(force="kent", occurred_at=minutes_after(AT, n), place="m25") for n in range(4)))
    surrey.record(live, *(arrest(incident=INCIDENT) for _ in range(2)))
    kent.record(live, *(arrest(force="kent", incident=INCIDENT) for _ in range(2)))
    assert in_pages(lead, live, 3) == (whole := pairs(lead, live))
    assert [certainty for certainty, *_ids in whole] == ["certain"] * 4 + ["repeated"] * 2 + ["likely"] * 16


def in_pages(caller: Caller, operation: str, limit: int) -> list[tuple[Any, ...]]:
    found, after = [], {}
    while True:
        page = listed(caller, operation, limit=limit, **after)
        found += [(pair["certainty"], *(event["id"] for event in pair["events"])) for pair in page["pairs"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


@pytest.mark.parametrize(
    "after",
    [
        *("certain.live:7", "likely.live:7.live:99", "certain.live:1.live:2", "likely.live:7.other:7"),
        *("own.live:7", "likely", "likely.7", "likely.live:x", "likely.live:7.live:7.live:7"),
    ],
)
def test_an_invalid_cursor_is_refused(lead: Caller, surrey: Caller, live: str, after: str):
    surrey.record(live, arrest())
    response = lead.get(f"/v1/operations/{live}/possible-duplicates", query_string={"after": after})
    assert response.status_code == 422
    assert response.json["code"] in ("no_such_position", "wrong_fields")


def test_a_force_cannot_continue_after_an_event_of_another_force(surrey: Caller, kent: Caller, live: str):
    """After a position of another force, the next page could reveal where and when that event was."""
    ours, theirs = joint(incident=INCIDENT)
    (receipt,) = surrey.record(live, ours)
    (their_receipt,) = kent.record(live, theirs)
    for certainty in ("certain", "likely"):
        for seq in (their_receipt["seq"], 1, 99):
            after = f"{certainty}.{live}:{receipt['seq']}.{live}:{seq}"
            response = surrey.get(f"/v1/operations/{live}/possible-duplicates", query_string={"after": after})
            refused(response, 422, "no_such_position", "/after")


def test_outsiders_do_not_learn_of_the_operation_and_observers_see_no_events(client_for: ClientFor, live: str):
    address = f"/v1/operations/{live}/possible-duplicates"
    refused(client_for("sussex").get(address), 404, "unknown_operation")
    refused(client_for("surrey", "observer").get(address), 403, "role_may_not")


def test_pairs_can_be_ruled_out_in_a_closed_operation(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    assert lead.change(live, "close", id=new_id()).status_code == 201
    assert rule_out(lead, live, ours, theirs).status_code == 201


def reopen(lead: Caller, operation: str, *events: Json, **fields: Any) -> Any:
    body = {"id": new_id(), "events": [event["id"] for event in events]} | fields
    return lead.post(f"/v1/operations/{operation}/possible-duplicates/reopened", json=body)


def rule_out_many(lead: Caller, operation: str, *pairs: Any) -> Any:
    return lead.post(f"/v1/operations/{operation}/possible-duplicates/ruled-out/batches", json={"pairs": list(pairs)})


def ruled_out(lead: Caller, operation: str, **query: Any) -> list[str]:
    """Return the ids of the events that rule out the pairs which are ruled out now."""
    response = lead.get(f"/v1/operations/{operation}/possible-duplicates/ruled-out", query_string=query)
    assert response.status_code == 200, response.json
    return [event["id"] for event in response.json["ruled_out"]]


def a_pair(*events: Json) -> Json:
    return {"id": new_id(), "events": [event["id"] for event in events]}


def test_a_pair_ruled_out_by_mistake_is_reopened_and_can_be_ruled_out_again(
    lead: Caller, surrey: Caller, kent: Caller, live: str, database: Database
):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    assert rule_out(lead, live, ours, theirs).status_code == 201
    kent.record(live, newer := correction(theirs, data={"reason": "knife", "count": 2}))
    assert pairs(lead, live) == []
    # The page still names the version that was ruled out, and the events in any order.
    assert reopen(lead, live, theirs, ours).status_code == 201
    assert pairs(lead, live) == [("likely", ours["id"], newer["id"])]
    assert rule_out(lead, live, ours, newer).status_code == 201
    assert pairs(lead, live) == []
    rebuild(database, live)
    assert verify_operation(database, live).fault is None
    assert pairs(lead, live) == []
    assert reopen(lead, live, ours, newer).status_code == 201
    assert len(pairs(lead, live)) == 1


def test_a_pair_ruled_out_twice_is_reopened_at_once(lead: Caller, surrey: Caller, kent: Caller, live: str):
    ours, theirs = joint()
    surrey.record(live, ours)
    kent.record(live, theirs)
    assert [rule_out(lead, live, *pair).status_code for pair in ((ours, theirs), (theirs, ours))] == [201, 201]
    assert reopen(lead, live, ours, theirs).status_code == 201
    assert len(pairs(lead, live)) == 1


def test_only_a_pair_that_is_ruled_out_can_be_reopened_and_the_same_id_reopens_it_once(
    lead: Caller, surrey: Caller, kent: Caller, client_for: ClientFor, live: str
):
    ours, theirs = joint()
    mine = arrest()
    surrey.record(live, ours, mine)
    kent.record(live, theirs)
    problem = refused(reopen(lead, live, ours, theirs), 409, "not_ruled_out", "/events")
    assert "is ruled out in live; this one is not" in problem["detail"]
    assert rule_out(lead, live, ours, theirs).status_code == 201
    refused(reopen(surrey, live, ours, theirs), 403, "role_may_not")
    refused(reopen(client_for("kent", "coordinator"), live, ours, theirs), 403, "not_coordinator")
    refused(reopen(lead, live, ours, mine), 409, "not_ruled_out", "/events")
    refused(reopen(lead, live, ours, {"id": new_id()}), 422, "unknown_event", "/events/1")
    body = {"id": new_id()}
    first = reopen(lead, live, ours, theirs, **body)
    again = reopen(lead, live, ours, theirs, **body)
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    refused(reopen(lead, live, theirs, ours, **body), 409, "content_differs", "/events/0")
    refused(reopen(lead, live, theirs, ours), 409, "not_ruled_out", "/events")


def test_many_pairs_are_ruled_out_in_one_call_and_each_can_be_reopened_alone(
    lead: Caller, surrey: Caller, kent: Caller, live: str
):
    moments = [hours_ago(number) for number in (2, 4, 6)]
    found = [tuple(arrest(force=force, occurred_at=at, place="m25") for force in ("surrey", "kent")) for at in moments]
    surrey.record(live, *(ours for ours, _theirs in found))
    kent.record(live, *(theirs for _ours, theirs in found))
    sent = [a_pair(*one) for one in found]
    wrong = [a_pair(found[0][0], found[0][0]), {"id": new_id()}, "a pair"]
    response = rule_out_many(lead, live, *sent, *wrong)
    assert response.status_code == 207
    results = response.json["results"]
    assert [one["status"] for one in results] == [201, 201, 201, 422, 422, 422]
    assert [one["problem"]["code"] for one in results[3:]] == ["not_a_pair", "wrong_fields", "wrong_fields"]
    first = results[0]["receipt"]["seq"]
    assert [one["receipt"]["seq"] for one in results[:3]] == [first, first + 1, first + 2]
    assert pairs(lead, live) == []
    again = rule_out_many(lead, live, *sent)
    assert (again.status_code, [one["receipt"] for one in again.json["results"]]) == (
        200,
        [one["receipt"] for one in results[:3]],
    )
    assert ruled_out(lead, live) == [one["id"] for one in sent]
    assert reopen(lead, live, *found[1]).status_code == 201
    assert [ids[1:] for ids in pairs(lead, live)] == [tuple(event["id"] for event in found[1])]
    assert ruled_out(lead, live) == [sent[0]["id"], sent[2]["id"]]
    assert ruled_out(lead, live, limit=1) == [sent[0]["id"]]
    assert ruled_out(lead, live, after=first) == [sent[2]["id"]]


def test_a_call_rules_out_from_1_to_500_pairs_of_its_own_coordinator(lead: Caller, client_for: ClientFor, live: str):
    for wrong in ([], [{}] * 501):
        refused(rule_out_many(lead, live, *wrong), 422, "wrong_fields", "/pairs")
    kent = client_for("kent", "coordinator")
    refused(rule_out_many(kent, live, a_pair({"id": new_id()}, {"id": new_id()})), 403, "not_coordinator")
    refused(kent.get(f"/v1/operations/{live}/possible-duplicates/ruled-out"), 403, "not_coordinator")
