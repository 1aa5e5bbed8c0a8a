"""Operations inside operations: a week in a region, a region in the country; each part counts once."""

import pytest

from service.domain.model.instants import format_instant
from tests.factories.bodies import arrest, declared, new_id, now, opening, seizure, today
from tests.functional.calls import Caller, refused
from tests.functional.conftest import ClientFor, opened


@pytest.fixture
def country(lead: Caller) -> None:
    """Open a country with a region in it, and a week that is in both."""
    opened(lead, operation="country", forces=["metropolitan", "surrey"])
    opened(lead, operation="region", part_of=["country"], forces=["surrey", "kent"])
    opened(lead, operation="week", part_of=["country", "region"], forces=["kent"])
    for operation, part in (("country", "region"), ("country", "week"), ("region", "week")):
        assert accept(lead, operation, part).status_code == 201


def accept(caller: Caller, operation: str, part: str):
    return caller.change(operation, "parts", id=new_id(), part=part)


@pytest.mark.usefixtures("country")
def test_a_part_counts_once_however_it_is_reached(lead: Caller, surrey: Caller, client_for: ClientFor):
    kent = client_for("kent")
    surrey.record("country", arrest(count=1))
    surrey.record("region", arrest(count=10))
    kent.record("week", arrest(force="kent", count=100), seizure(force="kent"))
    assert surrey.figures("country", measure="arrests") == [111]
    assert surrey.figures("region", measure="arrests") == [110]
    assert kent.figures("week", measure="arrests") == [100]
    by_force = lead.figures("country", "force", "quantity", measure="arrests", by="force")
    assert by_force == [("surrey", 11), ("kent", 100)]
    assert lead.figures("country", measure="arrests", without_force="surrey") == [100]
    answer = lead.totals("country")
    heads = {name: lead.get(f"/v1/operations/{name}").json["head"]["seq"] for name in ("region", "week")}
    assert {part["operation"]: part["seq"] for part in answer["parts"]} == heads


def test_a_part_counts_from_when_it_was_accepted(lead: Caller, surrey: Caller):
    opened(lead, operation="country", forces=["surrey"])
    opened(lead, operation="region", part_of=["country"], forces=["surrey"])
    surrey.record("region", arrest(count=10))
    surrey.record("country", arrest())
    before = format_instant(now())
    assert accept(lead, "country", "region").status_code == 201
    surrey.record("region", arrest(count=100))
    assert surrey.figures("country", measure="arrests", as_of=before) == [1]
    assert surrey.totals("country", as_of=before)["parts"] == []
    assert surrey.figures("country", measure="arrests") == [111]


@pytest.mark.usefixtures("country")
def test_the_past_of_a_whole_is_that_of_its_parts(surrey: Caller, client_for: ClientFor):
    surrey.record("region", arrest(count=10))
    before = format_instant(now())
    client_for("kent").record("week", arrest(force="kent", count=100))
    assert surrey.figures("country", measure="arrests", as_of=before) == [10]
    assert surrey.figures("country", measure="arrests") == [110]
    refused(surrey.get("/v1/operations/country/totals?as_of_seq=3"), 422, "as_of_seq_of_roll_up", "/as_of_seq")


@pytest.mark.usefixtures("country")
def test_what_is_outstanding_in_a_part_is_outstanding_in_the_whole(lead: Caller):
    def owing() -> list[str]:
        found = lead.totals("country", measure="arrests", day_from=today())["completeness"]["outstanding"]
        return [one["force"] for one in found]

    assert owing() == ["metropolitan", "surrey", "kent"]
    lead.record("country", *(declared("nil", force=force) for force in ("metropolitan", "surrey")))
    assert owing() == ["surrey", "kent"], "Surrey still owes the region's return"
    lead.record("region", *(declared("nil", force=force) for force in ("surrey", "kent")))
    assert owing() == ["kent"]
    lead.record("week", declared("nil", force="kent"))
    assert owing() == []


@pytest.mark.usefixtures("country")
def test_only_those_who_take_part_in_the_whole_see_its_totals(surrey: Caller, client_for: ClientFor):
    kent = client_for("kent")
    refused(kent.get("/v1/operations/country/totals"), 404, "unknown_operation")
    assert kent.get("/v1/operations/region/totals").status_code == 200
    refused(surrey.get("/v1/operations/week/totals"), 404, "unknown_operation")


@pytest.mark.usefixtures("country")
def test_no_operation_can_contain_itself(lead: Caller):
    refused(accept(lead, "week", "country"), 422, "not_a_part", "/part")
    refused(accept(lead, "country", "country"), 422, "not_a_part", "/part")
    itself = opening(operation="itself", part_of=["itself"])
    refused(lead.post("/v1/operations", json=itself), 422, "contains_itself", "/part_of/0")
    # Each may name the other before it exists; only one can be accepted.
    for operation, wholes in {"inner": ["outer"], "middle": ["inner"], "outer": ["middle"]}.items():
        assert lead.post("/v1/operations", json=opening(operation=operation, part_of=wholes)).status_code == 201
    assert accept(lead, "middle", "outer").status_code == accept(lead, "inner", "middle").status_code == 201
    refused(accept(lead, "outer", "inner"), 422, "contains_itself", "/part")


@pytest.mark.usefixtures("country")
def test_a_part_is_accepted_once_by_the_coordinator_of_the_whole(lead: Caller, surrey: Caller, client_for: ClientFor):
    refused(accept(lead, "country", "region"), 409, "already_a_part", "/part")
    refused(accept(lead, "country", "nowhere"), 422, "not_a_part", "/part")
    refused(accept(surrey, "country", "region"), 403, "role_may_not")
    refused(accept(client_for("surrey", "coordinator"), "country", "region"), 403, "not_coordinator")


@pytest.mark.usefixtures("country")
def test_a_roll_up_is_published_with_the_position_of_each_part(lead: Caller, surrey: Caller):
    surrey.record("region", arrest(count=10))
    response = lead.change("country", "publications", id=new_id(), label="final")
    publication = response.json["publication"]
    assert response.status_code == 201
    assert {part["operation"] for part in publication["parts"]} == {"region", "week"}
    assert publication["figures"][0]["quantity"] == 10
    surrey.record("region", arrest(count=5))
    changes = lead.get("/v1/operations/country/publications/1/difference").json["changes"]
    change, by_force = (one for one in changes if one["now"]["category"] is None)
    assert (change["change"], by_force["now"]["force"]) == (5, "surrey")
    body = {"id": new_id(), "label": "final", "as_of_seq": 2}
    refused(lead.change("country", "publications", **body), 422, "as_of_seq_of_roll_up", "/as_of_seq")
