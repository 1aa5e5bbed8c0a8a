"""The statement of an operation with parts names every force once, and every force that owes a return in any part."""

from typing import Any

import pytest

from tests.factories.bodies import activity, arrest, declared, midnight, new_id, seizure, today, yesterday
from tests.functional.calls import Caller, Json
from tests.functional.conftest import ClientFor, opened

DAYS = (yesterday, today)


@pytest.fixture
def country(lead: Caller) -> str:
    """Open a country, a region in it, a week in both. The lead coordinates the country and reports to the region."""
    coordinating = {"force": "metropolitan", "reports": "nothing"}
    opened(lead, operation="country", name="Country", forces=["surrey", coordinating])
    opened(lead, operation="region", name="Region", part_of=["country"], forces=["kent", "surrey", "metropolitan"])
    tallying = {"force": "essex", "reports": "tallies"}
    opened(lead, operation="week", name="Week", part_of=["country", "region"], forces=[tallying, "kent"])
    for whole, part in (("country", "region"), ("country", "week"), ("region", "week")):
        assert lead.change(whole, "parts", id=new_id(), part=part).status_code == 201
    return "country"


def stated(caller: Caller, operation: str, **query: Any) -> Json:
    response = caller.get(
        f"/v1/operations/{operation}/statement", query_string=query, headers={"Accept": "application/json"}
    )
    assert response.status_code == 200, response.json
    found: Json = response.json
    return found


def declare_all(lead: Caller, operation: str, *forces: str, status: str = "complete") -> None:
    lead.record(operation, *(declared(status, day=day(), force=force) for force in forces for day in DAYS))


def by_force(found: Json) -> list[tuple[str, str]]:
    return [(one["force"], one["text"]) for one in found["breakdown"]["forces"]]


def test_every_force_is_named_once_wherever_it_takes_part(country: str, lead: Caller, client_for: ClientFor):
    lead.record("country", arrest(count=1))
    lead.record("region", arrest(count=10), arrest(force="metropolitan", count=20), seizure(force="kent"))
    client_for("essex").record("week", activity("arrests", 40, force="essex"))
    client_for("kent").record("week", arrest(force="kent", count=5))
    declare_all(lead, "country", "surrey")
    declare_all(lead, "region", "kent", "surrey", "metropolitan")
    declare_all(lead, "week", "essex", "kent")
    found = stated(lead, country)
    assert found["who"] == (
        "Country is led by Metropolitan Police Service. Four police forces take part: "
        "Surrey Police, Metropolitan Police Service, Kent Police and Essex Police."
    )
    assert [one["force"] for one in found["forces"]] == ["surrey", "metropolitan", "kent", "essex"]
    assert [one["text"] for one in found["figures"]] == ["76 arrests", "1 knife or weapon recovered"]
    assert by_force(found) == [("surrey", "11"), ("metropolitan", "20"), ("kent", "5"), ("essex", "40")]
    assert (found["outstanding"], found["breakdown"]["left_out"]) == ([], [])


def test_a_force_that_owes_in_a_part_is_named_once_with_all_days(country: str, lead: Caller, client_for: ClientFor):
    lead.record("region", arrest(force="metropolitan", count=45))
    client_for("essex").record("week", activity("arrests", 0, force="essex"))
    declare_all(lead, "country", "surrey", status="nil")
    declare_all(lead, "region", "metropolitan")
    lead.record("region", declared("nil", day=yesterday(), force="surrey"))
    lead.record("week", declared("nil", day=today(), force="kent"))
    found = stated(lead, country)
    owing = {one["force"]: (one["day_from"], one["days"], one["figures"]) for one in found["outstanding"]}
    both = (yesterday(), 2, "all")
    assert owing == {"surrey": (today(), 1, "all"), "kent": both, "essex": both}
    assert [one["force"] for one in found["outstanding"]] == ["surrey", "kent", "essex"], "in publishing order"
    assert found["headline"] == "More than 40 arrests"
    assert found["figures"][0]["text"] == "at least 45 arrests"
    assert by_force(found) == [("metropolitan", "45"), ("essex", "0 so far")]
    assert found["breakdown"]["left_out"] == ["surrey", "kent"]
    assert found["status"] == "provisional"
    text = lead.get("/v1/operations/country/statement", headers={"Accept": "text/plain"}).get_data(as_text=True)
    assert text.count("Kent Police") == 3, "among those who take part, those left out, and those who owe"


def test_a_zero_is_stated_only_when_every_part_has_declared_it(country: str, lead: Caller):
    declare_all(lead, "country", "surrey", status="nil")
    declare_all(lead, "region", "kent", "surrey", "metropolitan", status="nil")
    declare_all(lead, "week", "essex", status="nil")
    assert stated(lead, country)["headline"] == "No results have been recorded yet"
    declare_all(lead, "week", "kent", status="nil")
    found = stated(lead, country)
    assert found["headline"] == "No arrests so far"
    assert by_force(found) == [("surrey", "0"), ("metropolitan", "0"), ("kent", "0"), ("essex", "0")]


def test_it_is_provisional_until_every_part_is_over(lead: Caller):
    january = {"imported": True, "starts_at": "2023-01-16T00:00:00Z", "forces": ["surrey"]}
    opened(lead, operation="country", ends_at="2023-01-17T00:00:00Z", recorded_at="2023-01-10T09:00:00Z", **january)
    part = {"part_of": ["country"], "name": "Region", "ends_at": "2023-01-19T00:00:00Z"}
    opened(lead, operation="region", recorded_at="2023-01-10T09:00:00Z", **part, **january)
    accepted = {"id": new_id(), "part": "region", "recorded_at": "2023-01-10T10:00:00Z"}
    assert lead.change("country", "parts", **accepted).status_code == 201

    def nil(day: str) -> Json:
        return declared("nil", day=day) | {"recorded_at": "2023-01-17T09:00:00Z"}

    lead.record("country", nil("2023-01-16"))
    lead.record("region", nil("2023-01-16"), nil("2023-01-17"))
    evening = stated(lead, "country", as_of="2023-01-17T18:00:00Z")
    assert (evening["status"], evening["outstanding"]) == ("provisional", [])
    assert evening["provisional"] == "Provisional: Region is not over."
    lead.record("region", nil("2023-01-18"))
    assert stated(lead, "country", as_of="2023-01-19T00:00:00Z")["status"] == "final"


def test_it_gives_the_position_of_each_part(country: str, lead: Caller, surrey: Caller):
    surrey.record("region", arrest())
    found, totals = stated(lead, country), lead.totals(country)
    assert found["parts"] == totals["parts"]
    assert {one["operation"] for one in found["parts"]} == {"region", "week"}
    for part in found["parts"]:
        assert f"{part['operation']} as of entry {part['seq']} (root {part['root']})" in found["position"]
    assert stated(lead, "week")["parts"] == []


def test_its_parts_are_named_with_their_days_and_its_marking_is_theirs(lead: Caller, surrey: Caller):
    over = {"starts_at": midnight(-3), "ends_at": midnight(-1), "forces": ["metropolitan"], "marking": "OFFICIAL"}
    opened(lead, operation="whole", **over)
    opened(lead, operation="inner", name="Operation Inner", part_of=["whole"], forces=["surrey"])
    assert stated(lead, "whole")["marking"] == "OFFICIAL"
    assert lead.change("whole", "parts", id=new_id(), part="inner").status_code == 201
    surrey.record("inner", arrest(count=3))
    found = stated(lead, "whole")
    assert (found["marking"], lead.totals("whole")["marking"]) == ("OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE")
    assert found["date_line"] == "In this operation and those inside it, so far:"
    assert any(note.startswith("The results of Operation Inner (from ") for note in found["notes"])
    published = lead.change("whole", "publications", id=new_id(), label="provisional")
    assert published.status_code == 201
    assert stated(lead, "whole", publication=1)["marking"] == "OFFICIAL-SENSITIVE"
