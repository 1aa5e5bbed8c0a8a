"""A named group of forces: it reports for its members or they report themselves, so nothing counts twice."""

from typing import Any

import pytest

from tests.factories.bodies import activity, fact, new_id
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.test_wholes import AT, DAY, opened, text, whole

MEMBERS = ["derbyshire", "leicestershire"]
GROUP = {"force": "east-midlands", "name": "East Midlands", "kind": "group", "reports": "tallies", "members": MEMBERS}


def with_group(lead: Caller, *, members: str = "nothing", group: str = "tallies") -> str:
    """Open an imported operation of Surrey, two forces of a group, and the group."""
    forces = [{"force": "surrey", "reports": "tallies"}, *({"force": one, "reports": members} for one in MEMBERS)]
    return opened(lead, forces=[*forces, GROUP | {"reports": group}])


def tally(force: str, quantity: int, **data: Any) -> Json:
    body = {"measure": "arrests", "quantity": quantity} | data
    return fact("activity.recorded", body, force=force, occurred_on=DAY, **AT)


def compared(lead: Caller, operation: str, *figures: tuple[list[str], str]) -> Json:
    claims = {"format": "claims/1", "operation": operation, "source": {"release": {}}}
    claims["claims"] = [
        {
            "source": "release",
            **({"forces": forces} if forces else {}),
            "figures": [{"measure": "arrests", "unit": "arrests", "value": value}],
        }
        for forces, value in figures
    ]
    answer: Json = lead.post(f"/v1/operations/{operation}/reconciliation", json=claims).json
    return answer


def test_a_group_reports_once_for_all_its_members(lead: Caller):
    operation = with_group(lead)
    lead.record(operation, tally("east-midlands", 30), tally("surrey", 5))
    assert lead.figures(operation, "force", "display", by="force") == [("surrey", "5"), ("east-midlands", "30")]
    assert lead.figures(operation) == [35]
    assert lead.figures(operation, force="east-midlands") == [30]
    assert lead.figures(operation, without_force="east-midlands") == [5]
    refused(lead.send(operation, tally("derbyshire", 3)), 422, "force_reports_nothing", "/force")
    (group,) = [one for one in lead.get(f"/v1/operations/{operation}").json["forces"] if one["kind"] == "group"]
    assert group["members"] == MEMBERS
    said = text(lead, operation)
    assert "Three police forces took part: Surrey Police, Derbyshire Constabulary and Leicestershire Police." in said


def test_a_group_can_be_the_sum_of_its_members(lead: Caller):
    operation = with_group(lead, members="tallies", group="nothing")
    lead.record(operation, tally("derbyshire", 12), tally("leicestershire", 18), tally("surrey", 5))
    assert lead.figures(operation, force="east-midlands") == [30]
    assert lead.figures(operation, without_force="east-midlands") == [5]
    assert lead.figures(operation, "force", by="force") == ["surrey", "derbyshire", "leicestershire"]
    answer = compared(lead, operation, (["east-midlands"], "30"), (["derbyshire"], "12"), ([], "35"))
    assert [one["as_it_stands"] for one in answer["claims"]] == ["agrees"] * 3
    refused(lead.send(operation, tally("east-midlands", 3)), 422, "force_reports_nothing", "/force")


def test_a_group_is_named_in_a_whole(lead: Caller):
    operation = with_group(lead)
    lead.record(operation, whole("arrests", 179, {"force": "east-midlands", "quantity": 30}) | {"force": "surrey"})
    assert lead.figures(operation, "force", "display", by="force") == [("east-midlands", "30"), (None, "149")]
    part = whole("arrests", 9, {"force": "derbyshire", "quantity": 3}) | {"force": "surrey"}
    refused(lead.send(operation, part), 422, "force_reports_nothing", "/data/of_which/0/force")


def test_printed_figures_of_a_group_contain_those_of_its_members(lead: Caller):
    operation = with_group(lead)
    lead.record(operation, tally("east-midlands", 30), tally("surrey", 5))
    answer = compared(lead, operation, (["east-midlands"], "30"), (["derbyshire"], "12"), (["surrey"], "5"), ([], "35"))
    statuses = [one.get("as_it_stands", one["status"]) for one in answer["claims"]]
    assert statuses == ["agrees", "cannot_be_compared", "agrees", "agrees"]
    # 12 are among the 30: without the members, 47 of 35 would be a false alarm.
    assert [one["rule"] for one in answer["findings"] if one["kind"] != "note"] == []
    too_many = compared(lead, operation, (["east-midlands"], "30"), (["derbyshire"], "31"))
    assert "parts_above_whole" in [one["rule"] for one in too_many["findings"]]


@on_sqlite
@pytest.mark.parametrize(
    ("group", "code", "pointer"),
    [
        ({"members": []}, "group_unclear", "/members"),
        ({"kind": "unit"}, "group_unclear", "/members"),
        ({"members": ["sussex"]}, "group_unclear", "/members/0"),
        ({"reports": "events"}, "group_unclear", "/reports"),
        ({"members": ["surrey", "derbyshire"]}, "counted_in_group", "/reports"),
    ],
)
def test_a_group_that_would_count_twice_is_refused(lead: Caller, group: Json, code: str, pointer: str):
    forces = [{"force": "surrey", "reports": "tallies"}, *({"force": one, "reports": "nothing"} for one in MEMBERS)]
    operation = opened(lead, forces=forces)
    refused(lead.change(operation, "forces", **(GROUP | AT | {"id": new_id()} | group)), 422, code, pointer)


@on_sqlite
def test_what_members_report_cannot_change_behind_their_group(lead: Caller):
    operation = with_group(lead)

    def amended(force: str, reports: str) -> Any:
        return lead.change(operation, "forces/amendments", id=new_id(), force=force, reports=reports, **AT)

    refused(amended("derbyshire", "tallies"), 422, "counted_in_group", "/reports")
    refused(amended("east-midlands", "events"), 422, "group_unclear", "/reports")
    assert amended("east-midlands", "nothing").status_code == 201
    assert amended("derbyshire", "tallies").status_code == 201
    refused(amended("east-midlands", "tallies"), 422, "counted_in_group", "/reports")
    left = {"id": new_id(), "force": "derbyshire", **AT}
    refused(lead.change(operation, "forces/left", **left), 422, "group_unclear", "/force")
    again = GROUP | AT | {"id": new_id(), "force": "midlands", "reports": "nothing"}
    refused(lead.change(operation, "forces", **again), 422, "group_unclear", "/members/0")


def test_a_group_reports_for_itself(lead: Caller, client_for: ClientFor, live: str):
    for force in MEMBERS:
        joined = lead.change(live, "forces", id=new_id(), force=force, reports="nothing")
        assert joined.status_code == 201, joined.json
    assert lead.change(live, "forces", **(GROUP | {"id": new_id()})).status_code == 201
    client_for("east-midlands").record(live, activity("arrests", 30, force="east-midlands"))
    assert lead.figures(live, force="east-midlands") == [30]
