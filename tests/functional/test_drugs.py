"""Drugs are a list: known substances under the class of the day. What is not on it is refused with what to send."""

import pytest

from service.access.roles import ROLES
from tests.factories.bodies import activity, correction, new_id, seizure
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, refusal, refused
from tests.functional.conftest import opened

DRUG = "/data/lines/0/drug"


def drug(path: str, **amounts: int) -> Json:
    return {"kind": "drug", "drug": path} | amounts


@pytest.fixture
def spring(lead: Caller) -> str:
    """Return the key of an imported operation around 13 April 2022, when GBL went from class C to class B."""
    return opened(
        lead,
        operation="spring",
        starts_at="2022-04-11T23:00:00Z",
        ends_at="2022-04-14T23:00:00Z",
        imported=True,
        recorded_at="2022-04-11T09:00:00Z",
    )


@pytest.fixture
def ninety_eight(lead: Caller) -> str:
    """Return the key of an imported operation of 1998, which the list does not cover."""
    return opened(
        lead,
        operation="ninety-eight",
        starts_at="1998-03-02T00:00:00Z",
        ends_at="1998-03-03T00:00:00Z",
        imported=True,
        recorded_at="1998-03-02T00:00:00Z",
    )


def past(path: str, occurred_at: str) -> Json:
    return seizure(drug(path), occurred_at=occurred_at, recorded_at="2022-04-20T09:00:00Z")


def test_a_misspelt_substance_is_refused_with_its_code(live: str, surrey: Caller):
    problem = refused(surrey.send(live, seizure(drug("a/cocain"))), 422, "unknown_drug", DRUG)
    assert problem["nearest"] == ["a/cocaine"]
    assert "Send a/cocaine." in problem["detail"]
    assert "register a/cocain as a category of drug_seizures_by_substance" in problem["detail"]
    surrey.record(live, seizure(drug("a/cocaine", weight_milligrams=5)))
    assert surrey.figures(live, "category", measure="drug_weight", by="category") == ["a", "a/cocaine"]


def test_a_known_drug_under_another_class_is_refused_with_the_right_one(live: str, surrey: Caller):
    problem = refused(surrey.send(live, seizure(drug("b/cocaine"))), 422, "wrong_drug_class", DRUG)
    assert problem["expected"] == "a/cocaine"
    assert "class A" in problem["detail"]


def test_an_ambiguous_word_is_refused_with_its_candidates_and_never_mapped(live: str, surrey: Caller):
    problem = refused(surrey.send(live, seizure(drug("a/white"))), 422, "ambiguous_drug", DRUG)
    assert problem["candidates"] == ["a/cocaine", "a/crack_cocaine"]
    assert surrey.figures(live) == []


def test_an_unknown_substance_is_sent_as_its_class_alone_or_unstated(live: str, surrey: Caller):
    refused(surrey.send(live, seizure(drug("a/xyzzy"))), 422, "unknown_drug", DRUG)
    surrey.record(live, seizure(drug("a")), seizure(drug("unstated")), seizure(drug("b/cannabis/resin")))
    found = surrey.figures(live, "category", "quantity", measure="drug_seizures_by_substance", by="category")
    assert found[:2] == [("unstated", 1), ("a", 1)]
    assert ("b/cannabis/resin", 1) in found


def test_the_coordinator_registers_a_substance_for_the_operation(live: str, lead: Caller, surrey: Caller):
    event = seizure(drug("a/xyzzy", weight_milligrams=5))
    refused(surrey.send(live, event), 422, "unknown_drug", DRUG)
    body = {"id": new_id(), "measure": "drug_seizures_by_substance", "categories": ["a/xyzzy"]}
    assert lead.change(live, "measures", **body).status_code == 201
    tally = activity("drug_weight", 7, category="a/xyzzy", force="essex")
    surrey.record(live, event)
    lead.record(live, tally)
    assert surrey.figures(live, measure="drug_weight", category="a/xyzzy") == [12]


def test_every_drug_of_a_batch_is_checked_and_every_line_reported(live: str, surrey: Caller):
    events = [seizure(drug("a/cocain"), {"kind": "phone"}, drug("b/heroin")), seizure(drug("a/heroin"))]
    results = surrey.batch(live, events).json["results"]
    problem = refusal(results[0]["problem"], 422, "unknown_drug", DRUG, "/data/lines/2/drug")
    assert "Send a/heroin." in problem["errors"][1]["detail"]
    assert results[1]["status"] == 201


def test_a_tally_by_drug_is_checked_too(live: str, lead: Caller):
    tally = activity("drug_weight", 7, category="b/heroin", force="essex")
    refused(lead.send(live, tally), 422, "wrong_drug_class", "/data/category")


@pytest.mark.parametrize(
    ("path", "occurred_at"),
    [
        # 23:59 and 00:01 in London.
        ("c/gbl", "2022-04-12T22:59:00Z"),
        ("b/gbl", "2022-04-12T23:01:00Z"),
    ],
)
def test_the_class_is_that_of_the_london_day(spring: str, lead: Caller, path: str, occurred_at: str):
    other = {"c/gbl": "b/gbl", "b/gbl": "c/gbl"}[path]
    problem = refused(lead.send(spring, past(other, occurred_at)), 422, "wrong_drug_class", DRUG)
    assert problem["expected"] == path
    lead.record(spring, past(path, occurred_at))


def test_imported_operations_follow_the_same_rules(spring: str, lead: Caller):
    refused(lead.send(spring, past("a/cocain", "2022-04-12T12:00:00Z")), 422, "unknown_drug", DRUG)
    body = {"id": new_id(), "measure": "drug_weight", "categories": ["a/cocain"]}
    assert lead.change(spring, "measures", **body, recorded_at="2022-04-20T08:00:00Z").status_code == 201
    lead.record(spring, past("a/cocain", "2022-04-12T12:00:00Z"))


@pytest.mark.parametrize("category", ["a", "b", "c", "unstated"])
def test_before_2008_a_known_drug_is_accepted_under_any_class(ninety_eight: str, lead: Caller, category: str):
    lead.record(ninety_eight, past(f"{category}/cannabis", "1998-03-02T12:00:00Z"))
    refused(lead.send(ninety_eight, past("b/canabis", "1998-03-02T12:00:00Z")), 422, "unknown_drug", DRUG)


def test_a_correction_is_checked_like_any_other_fact(live: str, surrey: Caller):
    event = seizure(drug("a/cocaine"))
    surrey.record(live, event)
    wrong = correction(event, data={"lines": [drug("c/cocaine")]})
    refused(surrey.send(live, wrong), 422, "wrong_drug_class", DRUG)
    surrey.record(live, correction(event, data={"lines": [drug("a/crack_cocaine")]}))


def test_everybody_can_read_the_list(client_for: ClientFor):
    answers = [client_for(LEAD, role).get("/v1/drugs") for role in ROLES]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    assert len(answers[0].data) < 100_000
    found = answers[0].json
    drugs = {one["drug"]: one for one in found["drugs"]}
    assert len(drugs) == 80
    assert [(one["class"], one["category"], one["from"]) for one in drugs["gbl"]["classes"]] == [
        ("none", "unstated", None),
        ("c", "c", "2009-12-23"),
        ("b", "b", "2022-04-13"),
    ]
    assert drugs["gbl"]["classes"][2] | {"source": "si2022_322", "evidence": "seen"} == drugs["gbl"]["classes"][2]
    assert "white" in drugs["cocaine"]["ambiguous"]
    assert {one["name"] for one in drugs["cannabis"]["forms"]} >= {"herbal", "resin"}
    assert {"aliases", "units"} <= drugs["cannabis"]["evidence"].keys()
    assert (found["covers_from"], found["known_until"]) == ("2008-01-01", "2026-02-05")


def test_the_list_takes_no_parameters(surrey: Caller):
    refused(surrey.get("/v1/drugs?day=2022-01-01"), 422, "wrong_fields", "/day")
