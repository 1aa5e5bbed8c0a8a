"""Batches: many events in one body. Each gets its own result, in order, and one bad event fails no other."""

import pytest

from tests.factories.bodies import activity, arrest, correction, declared, seizure, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refusal, refused


def statuses(response: object) -> list[int]:
    assert [item["index"] for item in response.json["results"]] == list(range(len(response.json["results"])))
    return [item["status"] for item in response.json["results"]]


def test_new_events_are_answered_with_201_and_receipts_in_input_order(live: str, surrey: Caller):
    events = [arrest(), seizure(), activity(), declared()]
    response = surrey.batch(live, events)
    assert response.status_code == 201
    assert statuses(response) == [201] * 4
    receipts = [item["receipt"] for item in response.json["results"]]
    assert [receipt["id"] for receipt in receipts] == [event["id"] for event in events]
    assert [receipt["seq"] for receipt in receipts] == [7, 8, 9, 10]
    assert len({receipt["recorded_at"] for receipt in receipts}) == 1


def test_replays_are_answered_with_200_and_the_first_receipts(live: str, surrey: Caller):
    events = [arrest() for _ in range(20)]
    first = surrey.batch(live, events).json["results"]
    again = surrey.batch(live, reversed(events))
    assert again.status_code == 200
    assert statuses(again) == [200] * 20
    assert [item["receipt"] for item in again.json["results"]] == [item["receipt"] for item in reversed(first)]
    assert surrey.batch(live, [*events, arrest()]).status_code == 201


def test_a_refused_event_does_not_affect_the_others(live: str, surrey: Caller):
    known = arrest()
    surrey.record(live, known)
    bad = [arrest("knive"), "no event", arrest(force="kent"), known | {"place": "m25"}]
    response = surrey.batch(live, [arrest(), *bad, known, seizure()])
    assert response.status_code == 207
    assert statuses(response) == [201, 422, 422, 403, 409, 200, 201]
    results = response.json["results"]
    refusal(results[1]["problem"], 422, "unknown_code", "/data/reason")
    refusal(results[2]["problem"], 422, "wrong_fields", "")
    refusal(results[3]["problem"], 403, "not_your_force", "/force")
    refusal(results[4]["problem"], 409, "content_differs", "/place")
    assert [results[index]["receipt"]["seq"] for index in (0, 5, 6)] == [8, 7, 9]


def test_an_atomic_batch_is_recorded_completely_or_not_at_all(live: str, surrey: Caller):
    good = [arrest(), seizure()]
    response = surrey.batch(live, [good[0], arrest("knive"), good[1]], atomic="true")
    assert response.status_code == 422
    assert statuses(response) == [424, 422, 424]
    refusal(response.json["results"][0]["problem"], 424, "not_recorded")
    refusal(response.json["results"][1]["problem"], 422, "unknown_code", "/data/reason")
    assert surrey.get(f"/v1/operations/{live}").json["head"]["seq"] == 6
    response = surrey.batch(live, good, atomic="true")
    assert (response.status_code, statuses(response)) == (201, [201, 201])


def test_a_dry_run_decides_the_whole_batch_and_records_nothing(live: str, surrey: Caller):
    event = arrest()
    response = surrey.batch(live, [event, correction(event), arrest("knive")], dry_run="true")
    assert (response.status_code, statuses(response)) == (207, [201, 201, 422])
    assert response.json["dry_run"] is True
    assert "receipt" not in response.json["results"][0]
    assert surrey.get(f"/v1/operations/{live}").json["head"]["seq"] == 6
    atomic = surrey.batch(live, [event, arrest("knive")], dry_run="true", atomic="true")
    assert (atomic.status_code, statuses(atomic)) == (422, [424, 422])


def test_the_same_id_twice_in_a_batch_is_a_replay_or_a_conflict(live: str, surrey: Caller):
    event = arrest()
    response = surrey.batch(live, [event, event, event | {"place": "m25"}])
    assert statuses(response) == [201, 200, 409]
    first, second, third = response.json["results"]
    assert first["receipt"] == second["receipt"]
    refusal(third["problem"], 409, "content_differs", "/place")
    assert surrey.figures(live, measure="arrests") == [1]


def test_an_item_sees_the_items_before_it_and_none_after_it(live: str, surrey: Caller):
    event, early = arrest(count=2), arrest()
    corrected = correction(event, data={"reason": "drugs"})
    batch = [withdrawal(early), event, corrected, correction(event), withdrawal(corrected), early]
    response = surrey.batch(live, batch)
    assert statuses(response) == [422, 201, 201, 409, 201, 201]
    assert surrey.figures(live, measure="arrests") == [1]


def test_a_coordinators_batch_may_hold_events_of_many_forces(live: str, lead: Caller, client_for: ClientFor):
    events = [arrest(), arrest(force="kent"), arrest(force="metropolitan")]
    assert lead.batch(live, events).status_code == 201
    kent = client_for("kent")
    replayed = kent.batch(live, events)
    assert (replayed.status_code, statuses(replayed)) == (207, [403, 200, 403])


def test_a_batch_can_give_one_recorded_at_for_all_its_events(imported: str, surrey: Caller):
    early, late = "2023-01-17T22:00:00Z", "2023-01-17T23:00:00Z"
    events = [arrest(occurred_at="2023-01-17T21:40:00Z") for _ in range(2)]
    body = {"recorded_at": early, "events": [events[0], events[1] | {"recorded_at": late}]}
    response = surrey.post(f"/v1/operations/{imported}/batches", json=body)
    assert (response.status_code, statuses(response)) == (201, [201, 201])
    assert [item["receipt"]["recorded_at"] for item in response.json["results"]] == [early, late]


def test_a_batch_that_exceeds_a_total_is_decided_event_by_event(live: str, surrey: Caller):
    most = {"kind": "cash", "currency": "GBP", "amount_minor": 10**12}
    # A seizure has at most 50 lines, so it takes many seizures to fill a total.
    full = [seizure(*[most] * 50) for _ in range(180)]
    assert set(statuses(surrey.batch(live, full))) == {201}
    response = surrey.batch(live, [arrest(), seizure(*[most] * 8), arrest()])
    assert (response.status_code, statuses(response)) == (207, [201, 422, 201])
    refusal(response.json["results"][1]["problem"], 422, "total_too_large")
    assert surrey.figures(live, measure="arrests,cash") == [2, 9 * 10**15]


@on_sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/events"),
        ([], ""),
        ([[]], ""),
        ({"events": None}, "/events"),
        ({"events": {}}, "/events"),
        ({"events": []}, "/events"),
        ({"events": [{}] * 1001}, "/events"),
        ({"events": [{}], "atomic": True}, "/atomic"),
        ({"events": [{}], "recorded_at": "2023-01-17T24:00:00Z"}, "/recorded_at"),
    ],
)
def test_a_batch_is_a_list_of_1_to_1000_events(live: str, surrey: Caller, body: object, pointer: str):
    refused(surrey.post(f"/v1/operations/{live}/batches", json=body), 422, "wrong_fields", pointer)


def test_a_thousand_events_are_one_batch(live: str, surrey: Caller):
    response = surrey.batch(live, [arrest() for _ in range(1_000)])
    assert (response.status_code, set(statuses(response))) == (201, {201})
    assert surrey.figures(live, measure="arrests") == [1_000]
