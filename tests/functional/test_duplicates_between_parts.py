"""Nested operations: the coordinator of the whole sees and settles events that two of them both count."""

from typing import Any

import pytest

from service.storage.db import Database
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.verify import verify_operation
from tests.factories.bodies import arrest, correction, hours_ago, new_id, opening, seizure, withdrawal
from tests.functional.calls import Caller, Json, refused
from tests.functional.conftest import ClientFor, opened

INCIDENT = "c" * 64
AT = hours_ago(3)


@pytest.fixture(autouse=True)
def country(lead: Caller) -> None:
    """Open a country with a region in it, a week that is in both, and a town on its own."""
    opened(lead, operation="country", forces=["metropolitan", "surrey", "btp"])
    opened(lead, operation="region", part_of=["country"], forces=["surrey", "kent"])
    opened(lead, operation="week", part_of=["country", "region"], forces=["kent", "surrey"])
    opened(lead, operation="town", forces=["surrey", "kent"])
    for operation, part in (("country", "region"), ("country", "week"), ("region", "week")):
        assert lead.change(operation, "parts", id=new_id(), part=part).status_code == 201


@pytest.fixture
def kent(client_for: ClientFor) -> Caller:
    return client_for("kent")


@pytest.fixture
def btp(client_for: ClientFor) -> Caller:
    """Return the client of a force that takes part in the country but in none of its parts."""
    return client_for("btp")


def joint(force: str = "surrey", **fields: Any) -> Json:
    return arrest(**{"force": force, "occurred_at": AT, "place": "m25"} | fields)


def listed(caller: Caller, operation: str, **query: Any) -> Json:
    response = caller.get(f"/v1/operations/{operation}/possible-duplicates", query_string=query)
    assert response.status_code == 200, response.json
    return response.json


def pairs(caller: Caller, operation: str, **query: Any) -> list[list[tuple[str, str]]]:
    """Return the operation and id of the events of each pair."""
    found = listed(caller, operation, **query)["pairs"]
    return [[(event["operation"], event["id"]) for event in pair["events"]] for pair in found]


def rule_out(caller: Caller, operation: str, *events: tuple[str, Json], **fields: Any) -> Any:
    body = {"id": new_id(), "events": [event["id"] for _where, event in events]}
    body |= {"operations": [where for where, _event in events]} | fields
    return caller.post(f"/v1/operations/{operation}/possible-duplicates/ruled-out", json=body)


def at(*events: tuple[str, Json]) -> list[tuple[str, str]]:
    return [(where, event["id"]) for where, event in events]


def test_pairs_between_an_operation_and_its_parts_and_theirs_are_each_listed_once_and_name_the_operations(
    lead: Caller, surrey: Caller, kent: Caller, btp: Caller
):
    of_country, of_region, of_week = joint("btp"), joint(), joint("kent")
    btp.record("country", of_country)
    surrey.record("region", of_region)
    kent.record("week", of_week)
    found = listed(lead, "country")
    assert pairs(lead, "country") == [
        at(("country", of_country), ("region", of_region)),
        at(("country", of_country), ("week", of_week)),
        at(("region", of_region), ("week", of_week)),
    ]
    heads = {name: lead.get(f"/v1/operations/{name}").json["head"]["seq"] for name in ("country", "region", "week")}
    assert (found["head"], found["parts"]) == (
        heads["country"],
        [{"operation": name, "head": heads[name]} for name in ("region", "week")],
    )
    assert found["pairs"][2]["evidence"]["same"] == ["type", "category", "place", "time"]
    assert pairs(lead, "region") == [at(("region", of_region), ("week", of_week))]
    assert pairs(lead, "week") == []


def test_an_arrest_that_one_force_posts_into_two_operations_is_a_pair_of_the_whole(lead: Caller, surrey: Caller):
    twice = arrest(incident=INCIDENT)
    surrey.record("region", twice)
    surrey.record("week", twice)
    (pair,) = listed(lead, "country")["pairs"]
    assert pair["certainty"] == "certain"
    assert [(event["operation"], event["id"]) for event in pair["events"]] == at(("region", twice), ("week", twice))
    assert pairs(lead, "week") == []
    assert surrey.figures("country", measure="arrests") == [2]
    lead.record("week", withdrawal(twice, why="duplicate"))
    assert pairs(lead, "country") == []
    assert surrey.figures("country", measure="arrests") == [1]


def test_two_events_of_one_part_are_in_that_parts_own_list(lead: Caller, surrey: Caller, kent: Caller):
    ours, theirs = joint(incident=INCIDENT), joint("kent", incident=INCIDENT)
    surrey.record("region", ours, joint(place="a406"))
    kent.record("region", theirs, joint("kent", place="a406"))
    assert len(pairs(lead, "region")) == 2
    assert pairs(lead, "country") == []


def test_tallies_other_types_and_operations_that_are_no_part_pair_with_nothing(lead: Caller, surrey: Caller):
    surrey.record("region", joint(incident=INCIDENT))
    surrey.record("week", seizure(occurred_at=AT, place="m25", incident=INCIDENT), joint(place=None))
    surrey.record("town", joint(incident=INCIDENT))
    assert pairs(lead, "country") == []


def test_a_correction_in_a_part_replaces_the_event_it_corrects(lead: Caller, surrey: Caller, kent: Caller):
    ours, theirs = joint(), joint("kent")
    surrey.record("region", ours)
    kent.record("week", theirs)
    kent.record("week", elsewhere := correction(theirs, place="a406"))
    assert pairs(lead, "country") == []
    kent.record("week", back := correction(elsewhere, place="m25"))
    assert pairs(lead, "country") == [at(("region", ours), ("week", back))]


def test_a_pair_ruled_out_is_settled_for_all_versions_there_and_in_wholes_but_not_in_parts(
    lead: Caller, surrey: Caller, kent: Caller, database: Database
):
    ours, theirs = joint(incident=INCIDENT), joint("kent", incident=INCIDENT)
    surrey.record("region", ours)
    kent.record("week", theirs, first := joint("kent", occurred_at=hours_ago(20)))
    surrey.record("region", second := joint(occurred_at=hours_ago(20)))
    assert len(pairs(lead, "country")) == len(pairs(lead, "region")) == 2
    assert rule_out(lead, "country", ("week", theirs), ("region", ours)).status_code == 201
    assert rule_out(lead, "region", ("region", second), ("week", first)).status_code == 201
    kent.record("week", theirs := correction(theirs, data={"reason": "knife", "count": 2}))
    surrey.record("region", correction(second, data={"reason": "knife", "count": 2}))
    assert pairs(lead, "country") == []
    assert pairs(lead, "region") == [at(("region", ours), ("week", theirs))]
    for operation in ("country", "region"):
        rebuild(database, operation)
        assert verify_operation(database, operation).fault is None
    assert pairs(lead, "country") == []
    assert pairs(lead, "region") == [at(("region", ours), ("week", theirs))]


def test_ruling_out_a_later_version_holds_for_the_whole_event(lead: Caller, surrey: Caller, kent: Caller):
    ours, theirs = joint(), joint("kent")
    surrey.record("country", ours)
    kent.record("week", theirs, joint("kent"))
    kent.record("week", newer := correction(theirs, data={"reason": "knife", "count": 2}))
    refused(rule_out(lead, "country", ("country", ours), ("week", theirs)), 409, "already_corrected", "/events/1")
    assert rule_out(lead, "country", ("country", ours), ("week", newer)).status_code == 201
    kent.record("week", correction(newer, data={"reason": "knife", "count": 3}))
    assert len(pairs(lead, "country")) == 1


def test_ruling_out_again_gives_the_same_receipt_and_the_event_names_both_operations(
    lead: Caller, surrey: Caller, kent: Caller
):
    ours, theirs = joint(), joint("kent")
    (receipt,) = surrey.record("region", ours)
    (their_receipt,) = kent.record("week", theirs)
    body = {"id": new_id()}
    first = rule_out(lead, "country", ("week", theirs), ("region", ours), **body)
    again = rule_out(lead, "country", ("week", theirs), ("region", ours), **body)
    assert (first.status_code, again.status_code, again.json) == (201, 200, first.json)
    refused(rule_out(lead, "country", ("region", ours), ("week", theirs), **body), 409, "content_differs", "/events/0")
    recorded = lead.get(f"/v1/operations/country/events/{body['id']}").json["event"]
    assert recorded["data"] == {
        "events": [theirs["id"], ours["id"]],
        "operations": ["week", "region"],
        "first_seqs": [their_receipt["seq"], receipt["seq"]],
    }


def test_only_standing_events_of_two_of_its_operations_can_be_ruled_out(lead: Caller, surrey: Caller, kent: Caller):
    ours, theirs, gone, seized = joint(), joint("kent"), joint("kent"), seizure(force="kent")
    surrey.record("region", ours, alike := joint())
    kent.record("week", theirs, gone, seized, withdrawal(gone))
    surrey.record("town", outside := joint())
    mine = ("region", ours)
    for where in ("town", "nowhere"):
        refused(rule_out(lead, "country", mine, (where, outside)), 422, "not_counted_here", "/operations/1")
    refused(rule_out(lead, "country", mine, ("week", outside)), 422, "unknown_event", "/events/1")
    refused(rule_out(lead, "country", ("country", ours), ("week", theirs)), 422, "unknown_event", "/events/0")
    refused(rule_out(lead, "country", mine, ("week", gone)), 409, "already_withdrawn", "/events/1")
    refused(rule_out(lead, "country", mine, ("week", seized)), 422, "not_a_pair", "/events")
    refused(rule_out(lead, "country", mine, ("region", alike)), 422, "wrong_fields", "/operations")
    refused(rule_out(lead, "country", mine, ("week", theirs), operations=["region"]), 422, "not_a_pair", "/operations")
    refused(rule_out(lead, "country", mine, ("week", theirs), operations=[]), 422, "unknown_event", "/events/0")
    refused(rule_out(lead, "country", mine, ("week", theirs), first_seqs=[4, 4]), 422, "wrong_fields", "/first_seqs")
    refused(rule_out(lead, "week", mine, ("week", theirs)), 422, "not_counted_here", "/operations/0")


def test_only_the_coordinator_of_the_whole_can_rule_out_and_others_learn_nothing_of_its_parts(
    surrey: Caller, kent: Caller, client_for: ClientFor
):
    ours, theirs = joint(), joint("kent")
    surrey.record("region", ours)
    kent.record("week", theirs)
    for events in ([("region", ours), ("week", theirs)], [("nowhere", ours), ("week", ours)]):
        refused(rule_out(client_for("surrey", "coordinator"), "country", *events), 403, "not_coordinator")
        refused(rule_out(client_for("kent", "coordinator"), "country", *events), 404, "unknown_operation")
        refused(rule_out(surrey, "country", *events), 403, "role_may_not")


def test_a_force_sees_pairs_of_its_own_events_alone_in_operations_in_which_it_takes_part(
    lead: Caller, surrey: Caller, kent: Caller, btp: Caller, client_for: ClientFor
):
    of_btp, theirs = joint("btp"), joint("kent", incident=INCIDENT)
    btp.record("country", of_btp)
    surrey.record("region", ours := joint())
    surrey.record("week", again := joint())
    kent.record("week", theirs)
    assert len(pairs(lead, "country")) == 5
    response = btp.get("/v1/operations/country/possible-duplicates")
    assert (response.json["pairs"], response.json["parts"]) == ([], [])
    assert pairs(surrey, "country") == pairs(surrey, "region") == [at(("region", ours), ("week", again))]
    limited = client_for("surrey", operations=("country",))
    assert pairs(limited, "country") == []
    assert listed(limited, "country")["parts"] == []
    refused(kent.get("/v1/operations/country/possible-duplicates"), 404, "unknown_operation")
    assert pairs(kent, "region") == []


def test_pages_hold_every_pair_of_all_parts_once(lead: Caller, surrey: Caller, kent: Caller):
    for caller, operation in ((surrey, "country"), (surrey, "region"), (surrey, "week"), (kent, "week")):
        force = "kent" if caller is kent else "surrey"
        caller.record(operation, joint(force), joint(force), joint(force, incident=INCIDENT))
    assert in_pages(lead, "country", 5) == (whole := pairs(lead, "country"))
    assert len({tuple(pair) for pair in whole}) == len(whole) == 3 * 3 + 2 * 3 * 6
    assert in_pages(surrey, "country", 2) == (own := pairs(surrey, "country"))
    assert len(own) == 3 * 3 + 3 * 3 + 3 * 3


def in_pages(caller: Caller, operation: str, limit: int) -> list[list[tuple[str, str]]]:
    found, after = [], {}
    while True:
        page = listed(caller, operation, limit=limit, **after)
        found += [[(event["operation"], event["id"]) for event in pair["events"]] for pair in page["pairs"]]
        if page["next"] is None:
            return found
        after = {"after": page["next"]}


def test_the_cursor_of_one_list_is_not_valid_in_another(lead: Caller, surrey: Caller, kent: Caller):
    surrey.record("region", joint(), joint(count=2))
    kent.record("week", joint("kent"), joint("kent", count=2))
    following = listed(lead, "region", limit=1)["next"]
    address = "/v1/operations/{}/possible-duplicates"
    for caller, operation in ((lead, "week"), (lead, "town"), (surrey, "region")):
        response = caller.get(address.format(operation), query_string={"after": following})
        refused(response, 422, "no_such_position", "/after")


def test_a_part_with_another_coordinator_is_searched_like_any_other(
    lead: Caller, surrey: Caller, client_for: ClientFor
):
    kent_lead = client_for("kent", "coordinator")
    body = opening(operation="coast", part_of=["country"], lead_force="kent", forces=["kent"])
    assert kent_lead.post("/v1/operations", json=body).status_code == 201
    assert lead.change("country", "parts", id=new_id(), part="coast").status_code == 201
    kent_lead.record("coast", theirs := joint("kent"))
    surrey.record("country", ours := joint())
    assert sorted(pairs(lead, "country")[0]) == sorted(at(("coast", theirs), ("country", ours)))
    refused(lead.get("/v1/operations/coast/possible-duplicates"), 404, "unknown_operation")


def test_a_pair_of_two_operations_is_reopened_where_it_was_ruled_out(
    lead: Caller, surrey: Caller, kent: Caller, database: Database
):
    ours, theirs = joint(), joint("kent")
    surrey.record("region", ours)
    kent.record("week", theirs)
    assert rule_out(lead, "country", ("week", theirs), ("region", ours)).status_code == 201
    kent.record("week", newer := correction(theirs, data={"reason": "knife", "count": 2}))
    assert pairs(lead, "country") == []
    body = {"id": new_id(), "events": [ours["id"], newer["id"]], "operations": ["region", "week"]}
    refused(lead.post("/v1/operations/region/possible-duplicates/reopened", json=body), 409, "not_ruled_out", "/events")
    response = lead.post("/v1/operations/country/possible-duplicates/reopened", json=body)
    assert response.status_code == 201, response.json
    assert pairs(lead, "country") == [at(("region", ours), ("week", newer))]
    rebuild(database, "country")
    assert verify_operation(database, "country").fault is None
    assert pairs(lead, "country") == [at(("region", ours), ("week", newer))]
