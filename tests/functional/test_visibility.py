"""For a force that does not take part in an operation, the operation does not exist."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.factories.bodies import arrest, correction, declared, opening, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, refused

# sussex leads one with kent; metropolitan leads the other with surrey and kent.
OTHER = {"operation": "other", "lead_force": "sussex", "forces": ["sussex", "kent"], "places": None}


@pytest.fixture
def other(client_for: ClientFor) -> str:
    """Return the key of a second operation."""
    response = client_for("sussex", "coordinator").post("/v1/operations", json=opening(**OTHER))
    assert response.status_code == 201
    return "other"


def without_instance(problem: dict) -> dict:
    return {name: value for name, value in problem.items() if name != "instance"}


def test_another_forces_operation_answers_as_if_it_did_not_exist(other: str, surrey: Caller, client_for: ClientFor):
    calls = [
        ("GET", "", None),
        ("GET", "/events", None),
        ("GET", f"/events/{arrest()['id']}", None),
        ("GET", "/feed", None),
        ("GET", "/totals", None),
        ("GET", "/totals?as_of_seq=1", None),
        ("GET", "/totals?as_of=2190-01-01T00:00:00Z", None),
        ("POST", "/events", arrest()),
        ("POST", "/batches", {"events": [arrest()]}),
    ]
    stranger = client_for("essex", "coordinator")
    changes = [("forces", {"force": "essex"}), ("close", {}), ("amendments", {"places": ["m1"]})]
    calls_as_coordinator = [("POST", f"/{name}", {"id": arrest()["id"]} | body) for name, body in changes]
    for caller, each in ((surrey, calls), (stranger, calls_as_coordinator)):
        for method, address, body in each:
            problems = [
                refused(
                    caller.open(f"/v1/operations/{name}{address}", method=method, json=body), 404, "unknown_operation"
                )
                for name in (other, "no-such")
            ]
            assert without_instance(problems[0])["detail"].replace(other, "no-such") == problems[1]["detail"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_operation_of_others_asks_the_database_for_what_a_missing_one_does(other: str, surrey: Caller):
    asked: list[str] = []

    def trace(connection: Any, _record: object, _proxy: object) -> None:
        connection.set_trace_callback(lambda statement: asked.append(re.sub(r"[xX]?'[^']*'|\d+", "?", statement)))

    sa.event.listen(sa.Pool, "checkout", trace)
    for method, address, body in (("GET", "/totals", None), ("GET", "/events", None), ("POST", "/events", arrest())):
        statements = []
        # The first call of each kind fills the caches of the process.
        for name in (other, "no-such", other, "no-such"):
            asked.clear()
            answer = surrey.open(f"/v1/operations/{name}{address}", method=method, json=body)
            refused(answer, 404, "unknown_operation")
            statements.append([*asked])
        assert any("SELECT" in statement for statement in statements[2])
        assert statements[2] == statements[3], address
    sa.event.remove(sa.Pool, "checkout", trace)


def test_a_part_does_not_reveal_whether_its_whole_exists(other: str, client_for: ClientFor):
    stranger = client_for("essex", "coordinator")
    answers = [
        stranger.post("/v1/operations", json=opening(operation=f"part-{name}", lead_force="essex", part_of=[name]))
        for name in (other, "no-such")
    ]
    assert [one.status_code for one in answers] == [201, 201]


def test_lines_for_another_forces_operation_are_refused_before_any_is_read(other: str, surrey: Caller):
    refused(surrey.lines(other, arrest()), 404, "unknown_operation")


def test_a_list_of_operations_holds_those_of_the_force(live: str, other: str, client_for: ClientFor):
    def names(*credential: object) -> list[str]:
        answer = client_for(*credential).get("/v1/operations").json
        assert answer["next"] is None
        return [one["operation"] for one in answer["operations"]]

    assert names("kent") == [live, other]
    assert names("surrey") == [live]
    assert names("sussex") == names("sussex", "coordinator") == [other]
    assert names("kent", "force", ("other",)) == [other]
    assert names("btp") == []


def test_a_list_of_operations_continues_after_a_key(live: str, other: str, client_for: ClientFor):
    kent = client_for("kent")
    first = kent.get("/v1/operations?limit=1").json
    assert ([one["operation"] for one in first["operations"]], first["next"]) == ([live], live)
    second = kent.get(f"/v1/operations?limit=1&after={first['next']}").json
    assert ([one["operation"] for one in second["operations"]], second["next"]) == ([other], None)
    refused(kent.get("/v1/operations?after=%00"), 422, "wrong_fields", "/after")


def test_a_lead_force_that_does_not_take_part_sees_its_operation(client_for: ClientFor):
    lead = client_for("metropolitan")
    assert lead.post("/v1/operations", json=opening(operation="led", forces=["kent"])).status_code == 201
    assert lead.get("/v1/operations/led").status_code == 200
    assert [one["operation"] for one in lead.get("/v1/operations").json["operations"]] == ["led"]
    refused(lead.send("led", arrest(force="metropolitan")), 422, "force_not_in_operation", "/force")


def test_operations_may_share_ids_without_affecting_each_other(live: str, other: str, client_for: ClientFor):
    kent = client_for("kent")
    event = arrest(force="kent", count=2)
    first, second = kent.record(live, event)[0], kent.record(other, event | {"data": {"reason": "theft"}})[0]
    assert (first["seq"], second["seq"]) == (7, 4)
    assert first["leaf_hash"] != second["leaf_hash"]
    kent.record(other, declared(force="kent"), arrest(force="kent", count=5))
    assert kent.figures(live, measure="arrests") == [2]
    assert kent.figures(other, measure="arrests") == [6]
    # Withdrawn in one operation, it still counts in the other.
    kent.record(other, withdrawal(event))
    assert kent.figures(live, measure="arrests") == [2]
    elsewhere = arrest(force="kent")
    kent.record(live, elsewhere)
    refused(kent.send(other, correction(elsewhere)), 422, "unknown_event", "/corrects")


def test_a_coordinator_of_another_operation_is_treated_as_a_force(live: str, client_for: ClientFor):
    kent = client_for("kent", "coordinator")
    kent.record(live, arrest(force="kent"))
    refused(kent.send(live, arrest()), 403, "not_your_force", "/force")
    refused(kent.change(live, "close", id=arrest()["id"]), 403, "not_coordinator")
    assert [event["seq"] for event in kent.get(f"/v1/operations/{live}/events").json["events"]] == [7]


def test_a_credential_limited_to_an_operation_covers_no_other(live: str, other: str, client_for: ClientFor):
    kent = client_for("kent", "force", ("other",))
    assert kent.get(f"/v1/operations/{other}").status_code == 200
    refused(kent.get(f"/v1/operations/{live}"), 404, "unknown_operation")
    refused(kent.send(live, arrest(force="kent")), 404, "unknown_operation")
    limited = client_for("metropolitan", "coordinator", ("elsewhere",))
    refused(limited.post("/v1/operations", json=opening(operation="new")), 403, "credential_limited")
