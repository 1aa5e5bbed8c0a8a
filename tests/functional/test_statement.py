"""The results statement over HTTP: the complete release of January 2023 from its replay, in each format."""

import re
from pathlib import Path

import pytest

from service.storage.db import Database
from tests.factories.bodies import activity, arrest, declared, midnight, opening, seizure, today, yesterday
from tests.factories.logs import recorded_seed
from tests.functional.calls import Caller, refused
from tests.functional.conftest import ClientFor

EXPECTED = Path(__file__).parent / "statements"
POSITION = re.compile(r"as of entry \d+, recorded on [^(]*\(root [0-9a-f]{64}\)")
BULLETS = [
    "179 arrests",
    "30 knives and weapons recovered",
    "40 drug seizures",
    "66 vehicle seizures",
    "£5,700 cash seized",
]
BY_FORCE = {
    "metropolitan": "100",
    "btp": "10",
    "surrey": "21",
    "hertfordshire": "7",
    "thames-valley": "18",
    "sussex": "7",
    "west-midlands": "16",
}


@pytest.fixture
def pandilla(database: Database) -> str:
    """Return the name of the operation of the seeds directory, recorded."""
    return recorded_seed(database).name


def stated(caller: Caller, operation: str, accept: str = "application/json", **query: object):
    response = caller.get(
        f"/v1/operations/{operation}/statement", query_string=query, headers={"Accept": accept} if accept else {}
    )
    assert response.status_code == 200, response.json
    assert response.content_type.partition(";")[0] == (accept or "text/markdown")
    assert response.headers["Vary"] == "Accept"
    return response.json if accept == "application/json" else response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "pandilla.md"),
        ("text/markdown", "pandilla.md"),
        ("text/plain", "pandilla.txt"),
        ("text/html", "pandilla.html"),
    ],
)
def test_the_release_is_worded_from_the_record(pandilla: str, lead: Caller, accept: str, name: str):
    expected = (EXPECTED / name).read_text()
    assert POSITION.sub("as of entry N", stated(lead, pandilla, accept)) == expected


def test_the_release_as_json(pandilla: str, lead: Caller):
    found = stated(lead, pandilla)
    assert found["headline"] == "More than 170 arrests"
    assert [one["text"] for one in found["figures"]][:5] == BULLETS
    assert {one["force"]: one["text"] for one in found["breakdown"]["forces"]} == BY_FORCE
    assert [one["force"] for one in found["forces"]] == [one["force"] for one in found["breakdown"]["forces"]]
    assert found["status"] == "final"
    assert found["outstanding"] == []
    assert found["imported"] is True
    assert found["marking"] == "OFFICIAL-SENSITIVE"
    assert found["as_of"] == lead.totals(pandilla)["as_of"]


@pytest.mark.parametrize("accept", ["text/markdown", "text/plain", "text/html"])
def test_the_public_version_has_no_footer_and_is_the_same_otherwise(pandilla: str, lead: Caller, accept: str):
    whole = stated(lead, pandilla, accept)
    assert stated(lead, pandilla, accept, audience="operation") == whole
    public = stated(lead, pandilla, accept, audience="public")
    assert "OFFICIAL-SENSITIVE" in whole
    assert re.search(r"\(root [0-9a-f]{64}\)", whole)
    for private in ("OFFICIAL", "Marking", "root", "From the record of", "---\n\nM", "<footer"):
        assert private not in public
    ending = "</article>\n" if accept == "text/html" else "\n"
    # The public reads 2.5 kg, and a note that says so.
    rounded = "\n".join(line for line in public.splitlines() if "one decimal place" not in line)
    shown = rounded.replace("2.5 kg", "2.4513 kg")
    assert whole.startswith(shown.removesuffix(ending.strip()).rstrip())


def test_the_public_version_as_json_has_the_exact_figures_and_no_marking(pandilla: str, lead: Caller):
    whole, public = stated(lead, pandilla), stated(lead, pandilla, audience="public")
    assert set(whole) - set(public) == {"marking", "position", "parts", "other_parts", "log_size"}
    others = set(public) - {"figures", "notes", "changes"}
    assert {name: whole[name] for name in others} == {name: public[name] for name in others}
    (weight,) = [one for one in public["figures"] if one["measure"] == "drug_weight"]
    assert (weight["text"], weight["quantity"]) == ("2.5 kg of drugs weighed", 2_451_300)
    assert "Weights are given to one decimal place." in public["notes"]


def test_as_of_the_second_evening_it_is_provisional(pandilla: str, lead: Caller):
    evening = stated(lead, pandilla, "text/markdown", as_of="2023-01-18T18:00:00Z")
    assert POSITION.sub("as of entry N", evening) == (EXPECTED / "pandilla-18-january.md").read_text()
    seq = lead.totals(pandilla, as_of="2023-01-18T18:00:00Z")["as_of"]["seq"]
    assert stated(lead, pandilla, "text/markdown", as_of_seq=seq) == evening


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("*/*", "text/markdown"),
        ("text/*", "text/markdown"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json;q=0.5, text/plain", "text/plain"),
    ],
)
def test_accept_chooses_the_format(live: str, lead: Caller, accept: str, given: str):
    response = lead.get(f"/v1/operations/{live}/statement", headers={"Accept": accept})
    assert response.content_type == f"{given}; charset=utf-8"


def test_a_force_without_a_return_has_no_zero_and_is_named(live: str, lead: Caller, client_for: ClientFor):
    surrey, kent, essex = client_for("surrey"), client_for("kent"), client_for("essex")
    surrey.record(live, arrest(count=45), *complete("surrey"))
    kent.record(live, *complete("kent", status="nil"))
    essex.record(live, activity("arrests", 0, force="essex"))
    found = stated(lead, live)
    assert found["headline"] == "More than 40 arrests"
    assert found["figures"][0]["text"] == "at least 45 arrests"
    rows = [(one["force"], one["text"]) for one in found["breakdown"]["forces"]]
    assert rows == [("surrey", "45"), ("kent", "0"), ("essex", "0 so far")]
    assert found["breakdown"]["left_out"] == ["metropolitan"]
    assert [one["force"] for one in found["outstanding"]] == ["metropolitan", "essex"]
    assert found["status"] == "provisional"


def test_a_return_for_some_measures_makes_only_these_exact(live: str, lead: Caller, client_for: ClientFor):
    for force in ("metropolitan", "kent", "essex"):
        client_for(force).record(live, *complete(force, status="nil"))
    knife, cocaine = {"kind": "weapon", "weapon": "bladed/knife"}, {"kind": "drug", "drug": "a/cocaine"}
    client_for("surrey").record(live, seizure(knife, cocaine), *complete("surrey", measures=["arrests", "weapons"]))
    found = stated(lead, live)
    texts = [one["text"] for one in found["figures"]]
    assert texts == ["1 knife or weapon recovered", "at least 1 drug seizure"]
    assert found["headline"] == "1 knife or weapon recovered so far"
    (owing,) = found["outstanding"]
    assert (owing["force"], owing["figures"]) == ("surrey", "some")


def test_an_empty_record_is_not_reported_as_zero(live: str, lead: Caller):
    found = stated(lead, live)
    assert found["headline"] == "No results have been recorded yet"
    assert (found["headline_figure"], found["figures"], found["breakdown"]) == (None, [], None)


def test_all_nil_is_no_arrests(live: str, lead: Caller, client_for: ClientFor):
    for force in ("metropolitan", "surrey", "kent", "essex"):
        client_for(force).record(live, *complete(force, status="nil"))
    assert stated(lead, live)["headline"] == "No arrests so far", "there may still be some"


def test_who_may_read_it(live: str, client_for: ClientFor):
    assert stated(client_for("surrey", "observer"), live)["operation"] == live
    address = f"/v1/operations/{live}/statement"
    refused(client_for("sussex").get(address), 404, "unknown_operation")
    refused(client_for("surrey", "administrator").get(address), 403, "role_may_not")


def test_invalid_questions_are_refused(live: str, lead: Caller):
    address = f"/v1/operations/{live}/statement"
    refused(lead.get(address, query_string={"as_of_seq": 10**6}), 422, "as_of_beyond_log", "/as_of_seq")
    refused(lead.get(address, query_string={"format": "pdf"}), 422, "wrong_fields", "/format")
    refused(lead.get(address, query_string={"audience": "press"}), 422, "wrong_fields", "/audience")


def test_a_lead_force_that_does_not_take_part_is_still_named(client_for: ClientFor):
    lead = client_for("metropolitan")
    body = opening(operation="alone", forces=["surrey"])
    assert lead.post("/v1/operations", json=body).status_code == 201
    assert "led by Metropolitan Police Service. One police force takes part" in stated(lead, "alone")["who"]


def test_officers_given_day_by_day_are_described_as_counted_each_day(live: str, lead: Caller, surrey: Caller):
    of_today = [activity("officers_deployed", number, occurred_at=midnight(0)) for number in (400, 20)]
    surrey.record(live, *of_today)
    assert "counted anew" not in stated(lead, live, "text/plain")
    surrey.record(live, activity("officers_deployed", 400, occurred_at=midnight(-1)))
    assert "More than 800 officers were deployed, counted anew on each day." in stated(lead, live, "text/plain")


def complete(force: str, *, status: str = "complete", **data: object) -> list:
    """Return a force's returns for both days that have begun."""
    return [declared(status, day=day, force=force, **data) for day in (yesterday(), today())]
