"""A running total: a later sum of one body replaces its earlier one instead of being added to it."""

from tests.factories.bodies import activity, arrest, correction, declared, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refused


def test_a_later_running_total_replaces_the_earlier(live: str, lead: Caller, client_for: ClientFor):
    essex = client_for("essex")
    noon = activity("arrests", 40, force="essex", category="knife")
    evening = correction(noon, why="running_total", data=noon["data"] | {"quantity": 95})
    night = correction(evening, why="running_total", data=noon["data"] | {"quantity": 95, "qualifier": "more_than"})
    essex.record(live, noon, evening)
    assert lead.figures(live, "display", measure="arrests") == ["95"]
    assert lead.figures(live, "display", measure="arrests", as_of_seq=7) == ["40"]
    essex.record(live, night)
    assert lead.figures(live, "display", measure="arrests") == ["more than 95"]


@on_sqlite
def test_a_running_total_is_of_the_same_thing_and_not_less(live: str, surrey: Caller):
    first, knife = activity("vehicles_stopped", 40), arrest()
    surrey.record(live, first, knife)
    for data, pointer in (
        ({"measure": "vehicles_stopped", "quantity": 39}, "/data/quantity"),
        ({"measure": "stop_and_searches", "quantity": 50}, "/data/measure"),
    ):
        problem = refused(
            surrey.send(live, correction(first, why="running_total", data=data)), 422, "not_a_running_total", pointer
        )
        assert "mistake" in problem["detail"]
    for wrong in (withdrawal(first, why="running_total"), correction(knife, why="running_total")):
        refused(surrey.send(live, wrong), 422, "not_a_running_total", "/correction_reason")
    # At least 39 may be 41.
    at_least = {"measure": "vehicles_stopped", "quantity": 39, "qualifier": "at_least"}
    surrey.record(live, correction(first, why="running_total", data=at_least))
    assert surrey.figures(live, "display", measure="vehicles_stopped") == ["at least 39"]


@on_sqlite
def test_a_running_total_reopens_the_day_and_a_closed_operation_refuses_it(live: str, surrey: Caller, lead: Caller):
    first = activity("vehicles_stopped", 40)
    later = correction(first, why="running_total", data={"measure": "vehicles_stopped", "quantity": 41})
    surrey.record(live, first, declared())
    assert lead.change(live, "close", id=later["id"].replace("4", "5")).status_code == 201
    refused(surrey.send(live, later), 409, "operation_closed")
    assert lead.change(live, "reopen", id=later["id"].replace("4", "6")).status_code == 201
    surrey.record(live, later)
    returns = lead.get(f"/v1/operations/{live}/returns").json["returns"]
    assert [one["status"] for one in returns if one["force"] == "surrey"][-1] == "reopened"
