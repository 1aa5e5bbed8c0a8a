"""Quantities that are known to be rounded, or known as a range: how they count, are shown, frozen and compared."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.factories.bodies import activity, correction, declared, new_id, withdrawal, yesterday
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.test_overview_files import rows_of
from tests.functional.visitors import text_of, visitor

KILOGRAM = 1_000_000


def compared(lead: Caller, operation: str, **figure: Any) -> str:
    claims = {"format": "claims/1", "operation": operation, "source": {"release": {}}}
    claims |= {"claims": [{"source": "release", "figures": [figure]}]}
    answer = lead.post(f"/v1/operations/{operation}/reconciliation", json=claims)
    assert answer.status_code == 200, answer.json
    status: str = answer.json["claims"][0]["as_it_stands"]
    return status


def weights(lead: Caller, operation: str) -> Json:
    (figure,) = lead.totals(operation, measure="drug_weight")["figures"]
    return {name: figure.get(name) for name in ("display", "qualifier", "quantity", "least", "most")}


def test_a_rounded_weight_is_about_and_agrees_within_half_a_unit(live: str, lead: Caller, client_for: ClientFor):
    essex = client_for("essex")
    weighed = activity("drug_weight", 40 * KILOGRAM, force="essex", category="a", rounded_to=KILOGRAM)
    essex.record(live, weighed)
    assert weights(lead, live) == {
        "display": "about 40 kg",
        "qualifier": "about",
        "quantity": 40 * KILOGRAM,
        "least": 39 * KILOGRAM + KILOGRAM // 2,
        "most": 40 * KILOGRAM + KILOGRAM // 2,
    }
    for value, status in (("40", "agrees"), ("40.4", "agrees"), ("39.6", "agrees"), ("40.7", "differs")):
        assert compared(lead, live, measure="drug_weight", unit="kilograms", value=value) == status
    assert compared(lead, live, measure="drug_weight", unit="kilograms", value="40", says="more than") == "open"
    # Corrected, it is rounded no more.
    essex.record(live, correction(weighed, data={"measure": "drug_weight", "quantity": 39_712_000, "category": "a"}))
    assert lead.figures(live, "display", "qualifier", measure="drug_weight") == [("39.712 kg", "exact")]


def test_a_range_counts_with_its_lower_end_and_keeps_its_upper_end(live: str, lead: Caller, client_for: ClientFor):
    essex = client_for("essex")
    seen = activity("vehicles_stopped", 30, force="essex", to=40)
    essex.record(live, seen)
    client_for("surrey").record(live, activity("vehicles_stopped", 5))
    assert lead.figures(live, "force", "display", by="force", measure="vehicles_stopped") == [
        ("surrey", "5"),
        ("essex", "30 to 40"),
    ]
    assert lead.figures(live, "display", "least", "most", measure="vehicles_stopped") == [("35 to 45", 35, 45)]
    for figure, status in (
        ({"value": "35", "to": "45"}, "agrees"),
        ({"value": "38"}, "open"),
        ({"value": "34", "says": "more than"}, "agrees"),
        ({"value": "46"}, "differs"),
    ):
        assert compared(lead, live, measure="vehicles_stopped", unit="vehicles", **figure) == status
    essex.record(live, withdrawal(seen))
    assert lead.figures(live, "display", measure="vehicles_stopped") == ["5"]


def test_a_publication_freezes_both_ends_and_its_statement_says_them(live: str, lead: Caller, client_for: ClientFor):
    essex = client_for("essex")
    essex.record(
        live, activity("arrests", 20, force="essex", to=30), activity("vehicles", 1000, force="essex", rounded_to=100)
    )
    published = lead.change(live, "publications", id=new_id(), label="provisional")
    assert published.status_code == 201, published.json
    figures = published.json["publication"]["figures"]
    whole = {one["measure"]: one for one in figures if one["force"] is None and one["category"] is None}
    assert (whole["arrests"]["display"], whole["arrests"]["most"]) == ("20 to 30", 30)
    assert (whole["vehicles"]["display"], whole["vehicles"]["least"]) == ("about 1,000", 950)
    address = f"/v1/operations/{live}/statement"
    for query in ({}, {"publication": 1}):
        text = lead.get(address, query_string=query, headers={"Accept": "text/plain"}).get_data(as_text=True)
        # Returns are outstanding: the upper end says nothing of the whole.
        assert "- at least 20 arrests\n" in text
        assert "- about 1,000 vehicle seizures so far\n" in text
    for force in ("metropolitan", "surrey", "kent", "essex"):
        for day in (None, yesterday()):
            client_for(force).record(live, declared(force=force, day=day))
    lines = lead.get(address, headers={"Accept": "application/json"}).json["figures"]
    (arrests,) = [one for one in lines if one["measure"] == "arrests"]
    assert (arrests["text"], arrests["quantity"], arrests["most"]) == ("20 to 30 arrests", 20, 30)


def test_a_range_that_changed_its_upper_end_is_a_change(
    live: str, lead: Caller, client_for: ClientFor, app: Flask, secret_for: Callable[..., str]
):
    essex = client_for("essex")
    seen = activity("arrests", 20, force="essex", to=30)
    essex.record(live, seen)
    for force in ("metropolitan", "surrey", "kent", "essex"):
        for day in (None, yesterday()):
            client_for(force).record(live, declared(force=force, day=day))
    published = lead.change(live, "publications", id=new_id(), label="provisional")
    assert published.status_code == 201, published.json
    address, seq = f"/v1/operations/{live}/statement", lead.totals(live)["as_of"]["seq"]
    assert lead.get(address, headers={"Accept": "application/json"}).json["changes"]["figures"] == []
    essex.record(live, correction(seen, data=seen["data"] | {"to": 40}))
    # The correction has reopened the returns.
    for day in (None, yesterday()):
        essex.record(live, declared(force="essex", day=day))
    changes = lead.get(address, headers={"Accept": "application/json"}).json["changes"]
    assert "are superseded: arrests 20 to 30, now 20 to 40." in changes["text"]
    (change,) = changes["figures"]
    assert (change["published"]["most"], change["now"]["most"]) == (30, 40)
    difference = f"/v1/operations/{live}/publications/1/difference"
    assert "arrests 20 to 30, now 20 to 40" in lead.get(difference, headers={"Accept": "text/plain"}).get_data(True)
    person = visitor(app, secret_for("metropolitan"))
    page = text_of(person.get(f"/operations/{live}/publications/1/changes").get_data(as_text=True))
    assert "20 to 30 20 to 40 Only the upper end of the range" in page
    page = text_of(person.get(f"/operations/{live}/then-and-now?event={seq}").get_data(as_text=True))
    assert "Changed: arrests other upper end." in page
    assert "arrests Then 20 to 30 Now 20 to 40 other upper end" in page
    assert "All forces then 20 to 30 now 20 to 40 other upper end" in page
    page = text_of(person.get(f"/operations/{live}").get_data(as_text=True))
    assert "Results so far 20 to 40 arrests" in page
    assert "All forces, at least 20 to 40" in page, "the day is not over"
    table = rows_of(person, f"/operations/{live}/tables/by-force.csv")
    assert [(one["arrests"], one["arrests_said"]) for one in table[-2:]] == [("20", "20 to 40")] * 2
    (hour,) = rows_of(person, f"/operations/{live}/tables/by-hour.csv")
    assert (hour["arrests"], hour["display"]) == ("20", "20 to 40")


@on_sqlite
@pytest.mark.parametrize(
    ("data", "code", "pointer"),
    [
        ({"rounded_to": 1}, "wrong_fields", "/data/rounded_to"),
        ({"rounded_to": 7}, "quantity_unclear", "/data/rounded_to"),
        ({"to": 40}, "quantity_unclear", "/data/to"),
        ({"to": 50, "rounded_to": 10}, "quantity_unclear", "/data/to"),
        ({"to": 50, "qualifier": "about"}, "quantity_unclear", "/data/qualifier"),
        ({"rounded_to": 10, "qualifier": "at_least"}, "quantity_unclear", "/data/qualifier"),
        ({"quantity": 0, "to": 5}, "qualified_zero", "/data/to"),
        ({"quantity": 0, "rounded_to": 5}, "qualified_zero", "/data/rounded_to"),
    ],
)
def test_what_contradicts_itself_is_refused(live: str, surrey: Caller, data: Json, code: str, pointer: str):
    event = activity("vehicles_stopped", **({"quantity": 40} | data))
    refused(surrey.send(live, event), 422, code, pointer)
