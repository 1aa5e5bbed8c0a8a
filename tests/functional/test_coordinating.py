"""The coordinator opens, changes, closes and reopens an operation; each step is an event in its log."""

from typing import Any

import pytest

from tests.factories.bodies import (
    FORCES,
    activity,
    arrest,
    correction,
    declared,
    hours_ago,
    midnight,
    new_id,
    opening,
    withdrawal,
)
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refused
from tests.functional.test_publications import publish

AS_JSON = {"Accept": "application/json"}

WRONG_OPENINGS = [
    ({"operation": "Live"}, "wrong_fields", "/operation"),
    ({"operation": "a" * 65}, "wrong_fields", "/operation"),
    ({"operation": None}, "wrong_fields", "/operation"),
    ({"id": None}, "wrong_fields", "/id"),
    ({"name": "<b>Live</b>"}, "wrong_fields", "/name"),
    ({"name": ""}, "wrong_fields", "/name"),
    ({"starts_at": None}, "days_unclear", ""),
    ({"starts_at": None, "ends_at": None}, "days_unclear", ""),
    ({"ends_at": midnight(-1)}, "days_unclear", "/ends_at"),
    ({"ends_at": "2199-01-01T00:00:00Z"}, "days_unclear", "/ends_at"),
    ({"days": [{"from": midnight(-1), "before": midnight(0)}]}, "days_unclear", "/days"),
    ({"forces": ["surrey", "surrey"]}, "wrong_fields", "/forces"),
    ({"forces": ["surrey", {"force": "surrey"}]}, "wrong_fields", "/forces"),
    ({"forces": ["surrey", 7]}, "wrong_fields", "/forces/1"),
    ({"forces": [{"force": "surrey", "reports": "gossip"}]}, "wrong_fields", "/forces/0/reports"),
    ({"forces": [{"force": "x", "name": "X", "kind": "residual"}]}, "residual_not_imported", "/kind"),
    ({"places": ["m25", "m25"]}, "wrong_fields", "/places"),
    ({"marking": "SECRET"}, "wrong_fields", "/marking"),
    ({"imported": "true"}, "wrong_fields", "/imported"),
    ({"imported": True}, "recorded_at_missing", "/recorded_at"),
    ({"recorded_at": hours_ago(1)}, "recorded_at_refused", "/recorded_at"),
    ({"imported": True, "recorded_at": midnight(+2)}, "recorded_at_out_of_order", "/recorded_at"),
    ({"colour": "blue"}, "wrong_fields", "/colour"),
]
WRONG_MEASURES = [
    ({"measure": "dogs"}, "measure_unclear", "/label"),
    ({"measure": "dogs", "label": "dogs"}, "measure_unclear", "/unit"),
    ({"measure": "dogs", "label": "dogs", "unit": "dogs", "additive": False}, "measure_unclear", "/categories"),
    ({"measure": "arrests"}, "measure_unclear", "/categories"),
    ({"measure": "arrests", "unit": "people", "categories": ["violence/x"]}, "measure_unclear", "/unit"),
    ({"measure": "cash", "categories": ["coins"]}, "measure_unclear", "/categories"),
    ({"measure": "dogs", "label": "dogs", "unit": "dogs", "categories": ["a//b"]}, "wrong_fields", "/categories/0"),
    ({"measure": "dogs", "label": "dogs", "unit": "dogs", "categories": ["a", "a"]}, "wrong_fields", "/categories"),
]


def test_an_operation_is_opened_with_its_forces_in_publishing_order(lead: Caller, surrey: Caller):
    assert lead.post("/v1/operations", json=opening(operation="autumn")).status_code == 201
    body = opening(returns_due_at=midnight(+3), marking="OFFICIAL", part_of=["autumn"])
    response = lead.post("/v1/operations", json=body)
    assert (response.status_code, response.json["seq"], response.json["id"]) == (201, 1, body["id"])
    shown = surrey.get("/v1/operations/live").json
    assert [one["force"] for one in shown["forces"]] == ["metropolitan", "surrey", "kent", "essex", "desk"]
    assert shown["forces"][3] == {
        "force": "essex",
        "name": "Essex Police",
        "kind": "territorial",
        "reports": "tallies",
    }
    assert (shown["name"], shown["lead_force"], shown["marking"]) == ("Operation Live", "metropolitan", "OFFICIAL")
    assert (shown["starts_at"], shown["ends_at"]) == (body["starts_at"], body["ends_at"])
    assert (shown["returns_due_at"], shown["places"]) == (body["returns_due_at"], ["m25", "a406"])
    assert (shown["part_of"], shown["days"], shown["imported"], shown["closed"]) == (["autumn"], [], False, False)
    assert shown["head"]["seq"] == 6
    assert "arrests" in {one["measure"] for one in shown["measures"]}


def test_opening_again_is_a_replay_and_another_operation_with_the_same_key_is_refused(
    lead: Caller, client_for: ClientFor
):
    body = opening()
    first = lead.post("/v1/operations", json=body).json
    replay = lead.post("/v1/operations", json=body)
    assert (replay.status_code, replay.json) == (200, first)
    assert lead.get("/v1/operations/live").json["head"]["seq"] == 6
    refused(lead.post("/v1/operations", json=body | {"name": "Other"}), 409, "content_differs", "/name")
    refused(lead.post("/v1/operations", json=body | {"id": new_id()}), 409, "operation_exists", "/operation")
    stranger = client_for("sussex", "coordinator")
    problem = refused(
        stranger.post("/v1/operations", json=opening(lead_force="sussex", forces=[])),
        409,
        "operation_exists",
        "/operation",
    )
    assert "metropolitan" not in str(problem)


def test_only_a_coordinator_of_the_lead_force_opens_an_operation(client_for: ClientFor):
    kent = client_for("kent", "coordinator")
    refused(kent.post("/v1/operations", json=opening()), 403, "not_coordinator", "/lead_force")
    refused(kent.get("/v1/operations/live"), 404, "unknown_operation")


def test_a_refused_opening_leaves_nothing_behind(lead: Caller):
    refused(lead.post("/v1/operations", json=opening(forces=["surrey", "atlantis"])), 422, "unknown_code", "/force")
    refused(lead.get("/v1/operations/live"), 404, "unknown_operation")
    assert lead.post("/v1/operations", json=opening()).status_code == 201


@on_sqlite
def test_an_invalid_opening_is_refused(lead: Caller, subtests: pytest.Subtests):
    for fields, code, pointer in WRONG_OPENINGS:
        with subtests.test(fields=fields):
            refused(lead.post("/v1/operations", json=opening(**fields)), 422, code, pointer)


@on_sqlite
def test_windows_follow_each_other_without_overlap(lead: Caller):
    def open_with(*spans: tuple[int, int]) -> Any:
        days = [{"from": midnight(start), "before": midnight(end)} for start, end in spans]
        return lead.post("/v1/operations", json=opening(starts_at=None, ends_at=None, days=days))

    refused(open_with((0, 0)), 422, "days_unclear", "/days/0/before")
    refused(open_with((0, 2), (1, 3)), 422, "days_unclear", "/days/1/from")
    refused(open_with((2, 3), (0, 1)), 422, "days_unclear", "/days/1/from")
    assert open_with((0, 1), (1, 2)).status_code == 201


def test_a_force_joins_later_with_its_name_and_kind(live: str, lead: Caller, client_for: ClientFor):
    sussex = client_for("sussex")
    refused(sussex.get(f"/v1/operations/{live}"), 404, "unknown_operation")
    response = lead.change(live, "forces", id=new_id(), force="sussex")
    assert (response.status_code, response.json["seq"]) == (201, 7)
    assert sussex.get(f"/v1/operations/{live}").json["forces"][-1]["name"] == "Sussex Police"
    sussex.record(live, arrest(force="sussex"))
    new = {"force": "team-x", "name": "Team X", "kind": "unit", "reports": "tallies"}
    assert lead.change(live, "forces", id=new_id(), **new).status_code == 201
    client_for("team-x").record(live, activity("arrests", 1, force="team-x"))
    refused(lead.change(live, "forces", id=new_id(), force="sussex"), 409, "already_joined", "/force")
    refused(lead.change(live, "forces", id=new_id(), force="atlantis"), 422, "unknown_code", "/force")


def test_a_force_that_joined_by_mistake_leaves(live: str, lead: Caller, client_for: ClientFor):
    kent, made = client_for("kent"), arrest(force="kent", count=2)
    (receipt,) = kent.record(live, made)
    first = publish(lead, live)
    leaving = {"id": new_id(), "force": "kent"}
    problem = refused(lead.change(live, "forces/left", **leaving), 409, "force_has_recorded", "/force")
    assert problem["seq"] == receipt["seq"]
    assert "events?force=kent" in problem["detail"]
    (withdrawn,) = kent.record(live, withdrawal(made))
    refused(kent.change(live, "forces/left", **leaving), 403, "role_may_not")
    assert lead.change(live, "forces/left", **leaving).status_code == 201
    assert lead.change(live, "forces/left", **leaving).status_code == 200, "a replay"
    refused(lead.change(live, "forces/left", id=new_id(), force="kent"), 422, "force_not_in_operation", "/force")
    refused(kent.get(f"/v1/operations/{live}"), 404, "unknown_operation")
    assert kent.get("/v1/operations").json["operations"] == []
    refused(lead.send(live, arrest(force="kent")), 422, "force_not_in_operation", "/force")

    def owing(**query: object) -> set[str]:
        return {one["force"] for one in lead.totals(live, **query)["completeness"]["outstanding"]}

    assert owing() == {"metropolitan", "surrey", "essex"}
    assert owing(as_of_seq=withdrawn["seq"]) == {"metropolitan", "surrey", "kent", "essex"}
    assert lead.figures(live, "force", "quantity", by="force", as_of_seq=receipt["seq"]) == [("kent", 2)]
    assert lead.get(f"/v1/operations/{live}/publications/1").json["figures"] == first["figures"]
    stated = lead.get(f"/v1/operations/{live}/statement", query_string={"publication": 1}, headers=AS_JSON)
    assert "Kent Police" in stated.text
    assert "Kent" not in lead.get(f"/v1/operations/{live}/statement", headers=AS_JSON).text
    changes = lead.get(f"/v1/operations/{live}/publications/1/difference").json["changes"]
    assert {(one["published"]["force"], one["change"]) for one in changes} == {(None, -2), ("kent", -2)}
    assert publish(lead, live)["figures"] == []
    assert lead.change(live, "forces", id=new_id(), force="kent", reports="tallies").status_code == 201
    assert [one["operation"] for one in kent.get("/v1/operations").json["operations"]] == [live]
    kent.record(live, activity("arrests", 3, force="kent"))


def test_a_force_with_a_return_neither_leaves_nor_is_corrected(live: str, lead: Caller, surrey: Caller):
    (receipt,) = surrey.record(live, declared("nil"))
    for call, fields in (("left", {}), ("amendments", {"reports": "tallies"})):
        response = lead.change(live, f"forces/{call}", id=new_id(), force="surrey", **fields)
        problem = refused(response, 409, "force_has_recorded", "/force")
        assert (problem["seq"], "cannot be withdrawn" in problem["detail"]) == (receipt["seq"], True)


def test_the_name_and_reports_of_a_force_are_corrected(live: str, lead: Caller, client_for: ClientFor):
    def forces(**query: object) -> dict[str, tuple[str, str]]:
        found = lead.get(f"/v1/operations/{live}", query_string=query).json["forces"]
        return {one["force"]: (one["name"], one["reports"]) for one in found}

    unit = {"force": "kent-roads", "name": "Kent Rods", "kind": "unit"}
    assert lead.change(live, "forces", id=new_id(), **unit).status_code == 201
    before, roads = forces(), client_for("kent-roads")
    tally = activity("arrests", 3, force="kent-roads")
    refused(roads.send(live, tally), 422, "force_reports_events", "/data/measure")
    assert lead.change(live, "forces/amendments", id=new_id(), force="kent-roads", reports="tallies").status_code == 201
    assert lead.change(live, "forces/amendments", id=new_id(), force="kent-roads", name="Kent Roads").status_code == 201
    assert forces() == before | {"kent-roads": ("Kent Roads", "tallies")}
    assert list(forces()) == list(before), "the publishing order stays"
    refused(lead.change(live, "forces/amendments", id=new_id(), force="kent-roads"), 422, "amends_nothing")
    same = {"id": new_id(), "force": "kent-roads", "name": "Kent Roads"}
    refused(lead.change(live, "forces/amendments", **same), 422, "amends_nothing")
    absent = lead.change(live, "forces/amendments", **same | {"force": "sussex"})
    refused(absent, 422, "force_not_in_operation", "/force")
    roads.record(live, tally)
    refused(lead.change(live, "forces/amendments", **same | {"name": "Kent"}), 409, "force_has_recorded", "/force")


def test_a_change_is_replayed_like_any_event(live: str, lead: Caller):
    changes = {
        "forces": {"force": "sussex"},
        "measures": {"measure": "dogs_seized", "label": "dogs seized", "unit": "dogs"},
        "amendments": {"places": ["m1"]},
        "close": {},
        "reopen": {},
    }
    ids = {address: new_id() for address in changes}
    first = {address: lead.change(live, address, id=ids[address], **body).json for address, body in changes.items()}
    assert [receipt["seq"] for receipt in first.values()] == [7, 8, 9, 10, 11]
    for address, body in changes.items():
        replay = lead.change(live, address, id=ids[address], **body)
        assert (replay.status_code, replay.json) == (200, first[address])
    # Sent with the values that the service filled in, it is a replay; with other values, it is not.
    named = {"force": "sussex", "name": "Sussex Police", "kind": "territorial"}
    assert lead.change(live, "forces", id=ids["forces"], **named).status_code == 200
    other = lead.change(live, "forces", id=ids["forces"], force="sussex", reports="tallies")
    refused(other, 409, "content_differs", "/reports")
    refused(lead.change(live, "close", id=ids["reopen"]), 409, "content_differs", "/type")


def test_an_amendment_changes_what_it_gives_and_leaves_the_rest(live: str, lead: Caller, surrey: Caller):
    before = lead.get(f"/v1/operations/{live}").json
    due = midnight(+4)
    amended = lead.change(live, "amendments", id=new_id(), returns_due_at=due, marking="OFFICIAL", ends_at=midnight(+3))
    assert amended.status_code == 201
    after = lead.get(f"/v1/operations/{live}").json
    assert (after["returns_due_at"], after["marking"], after["ends_at"]) == (due, "OFFICIAL", midnight(+3))
    assert (after["starts_at"], after["places"]) == (before["starts_at"], before["places"])
    lead.change(live, "amendments", id=new_id(), places=["m1"])
    refused(surrey.send(live, arrest(place="m25")), 422, "unknown_code", "/place")
    surrey.record(live, arrest(place="m1"))
    refused(lead.change(live, "amendments", id=new_id()), 422, "amends_nothing")
    refused(lead.change(live, "amendments", id=new_id(), ends_at=midnight(-1)), 422, "days_unclear", "/ends_at")
    refused(lead.change(live, "amendments", id=new_id(), name="Other"), 422, "wrong_fields", "/name")


def test_an_amendment_that_would_exclude_a_standing_event_is_refused(live: str, lead: Caller, surrey: Caller):
    event = arrest(occurred_at=midnight(-1))
    (receipt,) = surrey.record(live, event)
    late_start = {"starts_at": midnight(0)}
    problem = refused(lead.change(live, "amendments", id=new_id(), **late_start), 409, "standing_event_outside")
    assert problem["seq"] == receipt["seq"]
    assert lead.get(f"/v1/operations/{live}").json["head"]["seq"] == receipt["seq"]
    surrey.record(live, withdrawal(event))
    assert lead.change(live, "amendments", id=new_id(), **late_start).status_code == 201
    assert lead.change(live, "amendments", id=new_id(), starts_at=midnight(-2)).status_code == 201


def test_a_closed_operation_accepts_only_corrections_withdrawals_and_returns(live: str, lead: Caller, surrey: Caller):
    event, other = arrest(), arrest()
    surrey.record(live, event, other)
    assert lead.change(live, "close", id=new_id()).status_code == 201
    assert surrey.get(f"/v1/operations/{live}").json["closed"] is True
    for fact in (arrest(), activity()):
        refused(surrey.send(live, fact), 409, "operation_closed")
    surrey.record(live, correction(event, data={"reason": "drugs"}), withdrawal(other), declared())
    refused(lead.change(live, "close", id=new_id()), 409, "operation_closed")
    assert lead.change(live, "reopen", id=new_id()).status_code == 201
    surrey.record(live, arrest())
    refused(lead.change(live, "reopen", id=new_id()), 409, "not_closed")
    assert surrey.figures(live, measure="arrests") == [2]


def test_forces_and_observers_change_nothing(live: str, lead: Caller, client_for: ClientFor):
    bodies = {"forces": {"force": "sussex"}, "amendments": {"places": ["m1"]}, "close": {}, "reopen": {}}
    bodies["measures"] = {"measure": "arrests", "categories": ["violence/worse"]}
    for address, body in bodies.items():
        for role in ("force", "observer", "administrator"):
            caller = client_for("metropolitan", role)
            refused(caller.change(live, address, id=new_id(), **body), 403, "role_may_not")
        strange = client_for("kent", "coordinator").change(live, address, id=new_id(), **body)
        refused(strange, 403, "not_coordinator")
    assert lead.get(f"/v1/operations/{live}").json["head"]["seq"] == len(FORCES) + 1


def test_the_log_holds_the_whole_life_of_an_operation(live: str, lead: Caller):
    lead.change(live, "close", id=new_id())
    events = lead.get(f"/v1/operations/{live}/events").json["events"]
    assert [event["type"] for event in events] == ["operation.opened", *["force.joined"] * 5, "operation.closed"]
    assert {event["force"] for event in events} == {"metropolitan"}
    assert events[4]["data"] == {
        "force": "essex",
        "name": "Essex Police",
        "kind": "territorial",
        "reports": "tallies",
    }


@on_sqlite
def test_an_invalid_measure_is_refused(live: str, lead: Caller, subtests: pytest.Subtests):
    for fields, code, pointer in WRONG_MEASURES:
        with subtests.test(fields=fields):
            refused(lead.change(live, "measures", id=new_id(), **fields), 422, code, pointer)
