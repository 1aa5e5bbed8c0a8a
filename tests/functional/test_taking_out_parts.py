"""A part that counts a measure in a unit of its own blinds the whole for nothing else; and a part can be taken out."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.cli.exit_codes import DONE
from service.cli.main import run
from service.domain.model.instants import format_instant
from tests.factories.bodies import activity, arrest, new_id, now
from tests.factories.claims import block, document, figure
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refused
from tests.functional.conftest import opened
from tests.functional.test_setup_pages import SecretFor, draft_of
from tests.functional.visitors import text_of, visitor

DOGS = {"measure": "dogs_deployed", "label": "dogs deployed"}
LEFT_OUT = [{**DOGS, "units": ["dogs", "teams"]}]


def register(caller: Caller, operation: str, unit: str = "dogs", **fields: Any) -> TestResponse:
    return caller.change(operation, "measures", id=new_id(), **(DOGS | {"unit": unit} | fields))


def accept(caller: Caller, operation: str, part: str) -> TestResponse:
    return caller.change(operation, "parts", id=new_id(), part=part)


def take_out(caller: Caller, operation: str, part: str) -> TestResponse:
    return caller.change(operation, "parts/removed", id=new_id(), part=part)


@pytest.fixture
def country(lead: Caller, surrey: Caller) -> str:
    """Open a country, with a region and a week in the region in it. Surrey has an arrest in each."""
    opened(lead, operation="country", name="Country")
    opened(lead, operation="region", part_of=["country"])
    opened(lead, operation="week", part_of=["region"])
    assert accept(lead, "country", "region").status_code == accept(lead, "region", "week").status_code == 201
    for operation, count in {"country": 1, "region": 10, "week": 100}.items():
        surrey.record(operation, arrest(count=count))
    return "country"


@pytest.fixture
def disagreeing(lead: Caller, surrey: Caller) -> str:
    """Open a country that counts dogs, and accept a region that counted teams before."""
    opened(lead, operation="country")
    opened(lead, operation="region", part_of=["country"])
    assert register(lead, "country", "dogs").status_code == register(lead, "region", "teams").status_code == 201
    for operation, count in {"country": 1, "region": 10}.items():
        surrey.record(operation, arrest(count=count), activity("dogs_deployed", count))
    assert accept(lead, "country", "region").status_code == 201
    return "country"


@pytest.mark.parametrize(("first", "second"), [("country", "week"), ("week", "country"), ("region", "week")])
@pytest.mark.usefixtures("country")
def test_a_unit_that_could_not_be_summed_is_refused(lead: Caller, first: str, second: str):
    assert register(lead, first, "dogs").status_code == 201
    problem = refused(register(lead, second, "teams"), 409, "measures_disagree", "/unit")
    assert problem["detail"].startswith("Expected dogs, the unit of dogs_deployed in ")
    assert problem["detail"].endswith(
        "; found teams. The two could not be summed: register it as it is there, or under another code."
    )
    apart = register(lead, second, "dogs", additive=False, categories=["large"])
    assert "Expected additive true" in refused(apart, 409, "measures_disagree", "/additive")["detail"]
    assert register(lead, second, "dogs").status_code == 201
    assert lead.totals("country")["left_out"] == []


@pytest.mark.usefixtures("country")
def test_two_parts_of_one_whole_count_alike(lead: Caller):
    opened(lead, operation="port", part_of=["country", "nowhere"])
    assert register(lead, "week", "dogs").status_code == 201
    assert register(lead, "port", "teams", measure="teams_deployed").status_code == 201
    assert accept(lead, "country", "port").status_code == 201
    refused(register(lead, "port", "teams"), 409, "measures_disagree", "/unit")
    assert take_out(lead, "region", "week").status_code == 201
    assert register(lead, "port", "teams").status_code == 201, "the week is no longer part of it"


def test_a_part_that_is_not_accepted_hinders_nobody(lead: Caller):
    opened(lead, operation="country")
    opened(lead, operation="region", part_of=["country"])
    assert register(lead, "country", "dogs").status_code == register(lead, "region", "teams").status_code == 201


def test_the_whole_leaves_out_that_measure_alone_and_names_it(disagreeing: str, lead: Caller, surrey: Caller):
    answer = surrey.totals(disagreeing)
    assert [(one["measure"], one["quantity"]) for one in answer["figures"]] == [("arrests", 11)]
    assert answer["left_out"] == LEFT_OUT
    for query in ({"measure": "dogs_deployed"}, {"measure": "dogs_deployed", "by": "force,day,category"}):
        asked = surrey.totals(disagreeing, **query)
        assert (asked["figures"], asked["left_out"]) == ([], LEFT_OUT)
    assert surrey.figures("region", measure="dogs_deployed") == [10], "the part itself is whole"
    published = lead.change(disagreeing, "publications", id=new_id(), label="final")
    assert published.status_code == 201
    assert {one["measure"] for one in published.json["publication"]["figures"]} == {"arrests"}
    note = "Left out, since not all of these operations count it alike, so that it cannot be added up: "
    for query in ({}, {"publication": 1}):
        statement = surrey.get(
            f"/v1/operations/{disagreeing}/statement", query_string=query, headers={"Accept": "application/json"}
        ).json
        assert f"{note}dogs deployed (in dogs and teams)." in statement["notes"]
        assert [one["measure"] for one in statement["figures"]] == ["arrests"]
    table = surrey.get(f"/v1/operations/{disagreeing}/totals", headers={"Accept": "text/csv"})
    assert "dogs" not in table.get_data(as_text=True)
    claims = document(block(figure(11), figure(11, measure="dogs_deployed", unit="dogs")))
    arrests, dogs = lead.post(f"/v1/operations/{disagreeing}/reconciliation", json=claims).json["claims"]
    assert (arrests["status"], dogs["status"]) == ("open", "cannot_be_compared"), "returns are outstanding"
    assert "country leaves out dogs_deployed: it and its parts do not count it alike (in dogs and teams)." in str(dogs)
    assert lead.get(f"/v1/operations/{disagreeing}/possible-duplicates").status_code == 200


def test_a_whole_can_go_on_with_its_own_measure(disagreeing: str, lead: Caller):
    registered = register(lead, disagreeing, measure="hours_flown", label="hours flown", unit="hours", open=True)
    assert registered.status_code == 201
    further = {"id": new_id(), "measure": "hours_flown", "categories": ["by_day"]}
    assert lead.change(disagreeing, "measures", **further).status_code in (201, 422), "never 409"


@pytest.mark.usefixtures("country")
def test_the_statement_says_what_a_part_that_was_taken_out_had_counted(lead: Caller, surrey: Caller):
    """Also a measure that no other operation counts, and one that the whole has since registered in another unit."""
    assert register(lead, "region").status_code == 201
    assert register(lead, "region", measure="hours_flown", label="hours flown", unit="hours").status_code == 201
    surrey.record("region", activity("dogs_deployed", 4), activity("hours_flown", 5))
    assert lead.change("country", "publications", id=new_id(), label="final").status_code == 201
    assert take_out(lead, "country", "region").status_code == 201
    assert register(lead, "country", "teams").status_code == 201
    surrey.record("country", activity("dogs_deployed", 2))
    found = surrey.get("/v1/operations/country/statement", headers={"Accept": "application/json"}).json
    assert found["changes"]["text"].endswith(
        "superseded: arrests at least 111, now at least 1; dogs deployed at least 4, now at least 2; "
        "hours flown at least 5, now not given."
    )
    since = surrey.get("/v1/operations/country/publications/1/difference", headers={"Accept": "text/plain"})
    assert since.status_code == 200


@pytest.mark.usefixtures("country")
def test_a_part_that_is_taken_out_counts_no_longer(lead: Caller, surrey: Caller):
    assert lead.change("country", "publications", id=new_id(), label="final").status_code == 201
    statement = surrey.get("/v1/operations/country/statement?publication=1").get_data()
    seq_with_parts = lead.get("/v1/operations/country").json["head"]["seq"]
    before = format_instant(now())
    assert surrey.figures("country", measure="arrests") == [111]
    body = {"id": new_id(), "part": "region"}
    assert lead.change("country", "parts/removed", **body).status_code == 201
    assert lead.change("country", "parts/removed", **body).status_code == 200, "a replay"
    answer = surrey.totals("country", measure="arrests")
    assert ([one["quantity"] for one in answer["figures"]], answer["parts"]) == ([1], [])
    assert lead.get("/v1/operations/country").json["parts"] == []
    assert surrey.figures("country", measure="arrests", as_of=before) == [111]
    assert surrey.get("/v1/operations/country/statement?publication=1").get_data() == statement
    change = lead.get("/v1/operations/country/publications/1/difference").json["changes"][0]
    assert (change["published"]["quantity"], change["now"]["quantity"]) == (111, 1)
    asked_at = {"as_of_seq": seq_with_parts}
    refused(surrey.get("/v1/operations/country/totals", query_string=asked_at), 422, "as_of_seq_of_roll_up")
    as_of = {"id": new_id(), "label": "final", **asked_at}
    refused(lead.change("country", "publications", **as_of), 422, "as_of_seq_of_roll_up", "/as_of_seq")
    assert surrey.figures("country", measure="arrests", as_of_seq=seq_with_parts + 1) == [1]
    assert accept(lead, "country", "region").status_code == 201
    assert surrey.figures("country", measure="arrests") == [111]


def test_taking_out_the_part_gives_the_measure_back(disagreeing: str, lead: Caller, surrey: Caller):
    assert take_out(lead, disagreeing, "region").status_code == 201
    assert surrey.figures(disagreeing, measure="dogs_deployed") == [1]
    assert surrey.totals(disagreeing)["left_out"] == []


@pytest.mark.usefixtures("country")
def test_only_the_coordinator_of_the_whole_takes_out_one_of_its_parts(
    lead: Caller, surrey: Caller, client_for: ClientFor
):
    problem = refused(take_out(lead, "country", "week"), 409, "part_not_accepted", "/part")
    assert problem["detail"] == "Expected one of the parts of country (region); found 'week'."
    refused(take_out(lead, "week", "week"), 409, "part_not_accepted", "/part")
    refused(take_out(surrey, "country", "region"), 403, "role_may_not")
    refused(take_out(client_for("surrey", "coordinator"), "country", "region"), 403, "not_coordinator")
    assert surrey.figures("country", measure="arrests") == [111]


@on_sqlite
def test_the_command_names_what_is_left_out(disagreeing: str, database_url: str, capfd: pytest.CaptureFixture[str]):
    assert run(["--database-url", database_url, "totals", disagreeing]) == DONE
    said = "left out: dogs_deployed, which its parts do not count alike (dogs, teams)"
    assert said in capfd.readouterr().out.splitlines()


@on_sqlite
def test_the_pages_name_what_is_left_out_and_take_out_the_part(disagreeing: str, app: Flask, secret_for: SecretFor):
    person = visitor(app, secret_for(LEAD))
    overview = text_of(person.get(f"/operations/{disagreeing}").get_data(as_text=True))
    assert (
        "Left out, because this operation and its parts do not count it alike: dogs deployed (in dogs and teams)."
        in overview
    )
    setup = f"/operations/{disagreeing}/setup"
    assert "Take out a part" in text_of(person.get(setup).get_data(as_text=True))
    address = f"{setup}/part-removed"
    page = person.get(address).get_data(as_text=True)
    assert "the totals of Operation Live do not include those of the part" in text_of(page)
    nothing = person.send(address, page=address, draft=draft_of(page))
    assert nothing.status_code == 422
    assert "Choose the part to take out" in text_of(nothing.get_data(as_text=True))
    sent = person.send(address, page=address, draft=draft_of(page), part="region")
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{setup}?saved=parts")
    saved = text_of(person.get(f"{setup}?saved=parts").get_data(as_text=True))
    assert "Saved: parts" in saved
    assert "Take out a part" not in saved
    assert person.get(address).status_code == 404
    overview = text_of(person.get(f"/operations/{disagreeing}").get_data(as_text=True))
    assert "Left out, because" not in overview
    assert "took out the part region" in overview
