"""A mistake is corrected by a new event: no event changes, and the totals count the standing versions."""

from uuid import uuid4

import pytest

from tests.factories.bodies import activity, arrest, correction, declared, seizure, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refused


def test_a_correction_replaces_what_it_corrects(live: str, surrey: Caller):
    event = arrest("knife", count=2)
    corrected = correction(event, data={"reason": "drugs"})
    surrey.record(live, event, corrected)
    assert surrey.figures(live, "category", "quantity", measure="arrests", by="category") == [("drugs", 1)]
    assert surrey.figures(live, measure="arrests", as_of_seq=7) == [2]


def test_a_correction_can_itself_be_corrected_and_the_chain_is_shown(live: str, surrey: Caller):
    event = seizure({"kind": "drug", "drug": "a/cocaine"})
    weighed = correction(event, why="measured", data={"lines": [{"kind": "drug", "drug": "a", "weight_milligrams": 5}]})
    reclassified = correction(weighed, why="reclassified", data={"lines": [{"kind": "drug", "drug": "b/ketamine"}]})
    surrey.record(live, event, weighed, reclassified)
    found = surrey.get(f"/v1/operations/{live}/events/{event['id']}").json
    assert found["event"]["id"] == event["id"]
    assert [one["correction_reason"] for one in found["corrections"]] == ["measured", "reclassified"]
    assert found["standing"]["data"]["lines"][0]["drug"] == "b/ketamine"
    # In between, only its weight counted.
    assert surrey.figures(live, "quantity", "display", measure="drug_weight", as_of_seq=8) == [(5, "5 mg")]
    assert surrey.figures(live, measure="drug_weight") == []


def test_a_withdrawn_event_no_longer_counts_but_stays_in_the_log(live: str, surrey: Caller):
    event = arrest(count=3)
    surrey.record(live, event, arrest("drugs"), withdrawal(event, why="other_force"))
    assert surrey.figures(live, measure="arrests") == [1]
    found = surrey.get(f"/v1/operations/{live}/events/{event['id']}").json
    assert found["event"]["data"] == {"reason": "knife", "count": 3}
    assert [one["type"] for one in found["corrections"]] == ["event.withdrawn"]
    assert found["standing"] is None


def test_a_withdrawal_leaves_no_figure_behind(live: str, surrey: Caller):
    zero = activity(quantity=40, qualifier="about")
    surrey.record(live, zero)
    assert surrey.figures(live, "quantity", "qualifier") == [(40, "about")]
    surrey.record(live, withdrawal(zero))
    assert surrey.figures(live) == []


def test_a_version_can_be_corrected_only_once(live: str, surrey: Caller):
    event = arrest()
    first = correction(event, data={"reason": "drugs"})
    surrey.record(live, event, first)
    for second in (correction(event, data={"reason": "theft"}), withdrawal(event)):
        problem = refused(surrey.send(live, second), 409, "already_corrected", "/corrects")
        assert (problem["corrected_by"], problem["seq"]) == (first["id"], 8)


def test_a_withdrawal_is_final(live: str, surrey: Caller):
    event = arrest()
    withdrawn = withdrawal(event)
    surrey.record(live, event, withdrawn)
    for further in (correction(event), withdrawal(event)):
        problem = refused(surrey.send(live, further), 409, "already_withdrawn", "/corrects")
        assert (problem["corrected_by"], problem["seq"]) == (withdrawn["id"], 8)
    refused(surrey.send(live, withdrawal(withdrawn)), 422, "not_correctable", "/corrects")


def test_only_arrests_seizures_and_activities_can_be_corrected(live: str, surrey: Caller, lead: Caller):
    stated = declared()
    surrey.record(live, stated)
    refused(surrey.send(live, withdrawal(stated)), 422, "not_correctable", "/corrects")
    refused(surrey.send(live, arrest(corrects=stated["id"], correction_reason="mistake")), 422, "not_correctable")
    page = lead.get(f"/v1/operations/{live}/events?type=operation.opened").json
    opened = page["events"][0]
    refused(lead.send(live, withdrawal(opened)), 422, "not_correctable", "/corrects")


def test_an_event_that_does_not_exist_cannot_be_corrected(live: str, surrey: Caller):
    refused(surrey.send(live, withdrawal(arrest())), 422, "unknown_event", "/corrects")


def test_a_correction_keeps_type_and_force(live: str, surrey: Caller, lead: Caller):
    event = arrest()
    surrey.record(live, event)
    other_type = seizure(corrects=event["id"], correction_reason="mistake")
    refused(surrey.send(live, other_type), 422, "correction_changes_type", "/type")
    refused(lead.send(live, correction(event, force="kent")), 422, "correction_changes_force", "/force")


def test_a_force_can_correct_only_its_own_events(live: str, surrey: Caller, client_for: ClientFor):
    event = arrest()
    surrey.record(live, event)
    kent = client_for("kent")
    refused(kent.send(live, correction(event)), 403, "not_your_force", "/force")
    refused(kent.send(live, correction(event, force="kent")), 403, "not_your_event", "/corrects")
    refused(kent.send(live, withdrawal(event, force="kent")), 403, "not_your_event", "/corrects")
    assert kent.figures(live, measure="arrests") == [1]


def test_the_coordinator_can_correct_any_force_and_the_totals_stay_with_that_force(
    live: str, surrey: Caller, lead: Caller
):
    event = arrest(count=4)
    surrey.record(live, event)
    lead.record(live, correction(event, why="duplicate", data={"reason": "knife", "count": 3}))
    assert lead.figures(live, "force", "quantity", measure="arrests", by="force") == [("surrey", 3)]


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"correction_reason": "mistake"}, "/correction_reason"),
        ({"corrects": str(uuid4())}, "/correction_reason"),
        ({"corrects": str(uuid4()), "correction_reason": "boredom"}, "/correction_reason"),
        ({"corrects": "7", "correction_reason": "mistake"}, "/corrects"),
    ],
)
def test_a_correction_must_say_what_it_corrects_and_why(
    live: str, surrey: Caller, fields: dict[str, str], pointer: str
):
    refused(surrey.send(live, arrest(**fields)), 422, "wrong_fields", pointer)


def test_a_correction_moves_an_event_to_another_day(imported: str, surrey: Caller):
    event = arrest(occurred_at="2023-01-17T23:59:59Z", recorded_at="2023-01-18T01:00:00Z")
    moved = correction(event, occurred_at="2023-01-18T00:00:00Z", recorded_at="2023-01-18T02:00:00Z")
    surrey.record(imported, event, moved)
    assert surrey.figures(imported, "day", "quantity", by="day") == [("2023-01-18", 1)]
    assert surrey.figures(imported, "day", "quantity", by="day", as_of_seq=7) == [("2023-01-17", 1)]
    assert surrey.figures(imported, measure="arrests", day_before="2023-01-18") == []
