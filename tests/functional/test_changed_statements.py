"""A late correction has words: in the statement of the next publication, in the current one, and in the difference."""

import csv
from io import StringIO
from typing import Any

import pytest
from flask import Flask

from tests.factories.bodies import activity, arrest, correction, hours_ago, new_id, seizure
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, Json
from tests.functional.conftest import ClientFor

WEIGHED = {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 1_083_500}


def publish(lead: Caller, **fields: Any) -> Json:
    response = lead.change("live", "publications", **({"id": new_id(), "label": "provisional"} | fields))
    assert response.status_code == 201, response.json
    return response.json["publication"]


def make_public(lead: Caller, number: int) -> None:
    assert lead.change("live", f"publications/{number}/public", id=new_id()).status_code == 201


def stated(caller: Caller, **query: object) -> Json:
    response = caller.get("/v1/operations/live/statement", query_string=query, headers={"Accept": "application/json"})
    assert response.status_code == 200, response.json
    return response.json


def said(caller: Caller, media: str = "text/plain", **query: object) -> str:
    response = caller.get("/v1/operations/live/statement", query_string=query, headers={"Accept": media})
    assert response.status_code == 200, response.json
    return response.get_data(as_text=True)


@pytest.fixture
def corrected(live: str, lead: Caller, surrey: Caller) -> None:
    """Publish 3 arrests for knives, and correct them to 2 for drugs."""
    made = arrest(count=3)
    surrey.record(live, made)
    publish(lead)
    surrey.record(live, correction(made, data={"reason": "drugs", "count": 2}))


@pytest.mark.usefixtures("corrected")
def test_the_next_publication_says_what_has_changed_since_the_one_before(lead: Caller):
    assert stated(lead, publication=1)["changes"] is None
    publish(lead)
    first = stated(lead, publication=2)["changes"]
    assert first["text"].startswith("Changed since publication 1, of ")
    assert first["text"].endswith(": arrests at least 3, now at least 2.")
    assert (first["number"], first["superseded"], first["details"]) == (1, False, True)
    (figure,) = first["figures"]
    assert (figure["measure"], figure["category"]) == ("arrests", None)
    assert (figure["published"]["quantity"], figure["now"]["quantity"]) == (3, 2)
    for media in ("text/plain", "text/markdown", "text/html"):
        assert first["text"] in said(lead, media, publication=2)
    publish(lead)
    unchanged = stated(lead, publication=3)["changes"]
    assert unchanged["text"].startswith("No figure has changed since publication 2, of ")


@pytest.mark.usefixtures("corrected")
def test_after_a_correction_the_current_statement_says_that_the_published_figure_is_superseded(
    lead: Caller, surrey: Caller
):
    found = stated(lead)["changes"]
    assert found["text"].startswith("The figures of publication 1, of ")
    assert found["text"].endswith(", are superseded: arrests at least 3, now at least 2.")
    assert found["superseded"] is True
    assert stated(surrey)["changes"] == found, "everybody reads the same"
    published_seq = lead.get("/v1/operations/live/publications/1").json["as_of"]["seq"]
    assert stated(lead, as_of_seq=published_seq)["changes"] is None, "there was no publication yet"
    assert "superseded" not in said(lead, as_of_seq=published_seq + 1), "and it held until the correction"
    publish(lead)
    assert stated(lead)["changes"]["text"] is None, "publication 2 has the current figures"
    assert "superseded" not in said(lead)


def test_arrests_that_only_move_to_another_reason_are_told_by_reason(live: str, lead: Caller, surrey: Caller):
    made = arrest(count=12)
    surrey.record(live, made, arrest("theft"))
    publish(lead)
    surrey.record(live, correction(made, data={"reason": "drugs", "count": 12}))
    publish(lead)
    text = stated(lead, publication=2)["changes"]["text"]
    assert text.endswith(": arrests (knife) at least 12, now not given; arrests (drugs) not given, now at least 12.")


def test_whole_measures_come_first_and_many_are_counted(live: str, lead: Caller, client_for: ClientFor):
    surrey, essex = client_for("surrey"), client_for("essex")
    surrey.record(live, arrest())
    publish(lead)
    cash = {"kind": "cash", "currency": "GBP", "amount_minor": 12_300}
    surrey.record(live, arrest("drugs"), seizure(WEIGHED, cash, {"kind": "other", "property": "watch", "count": 1}))
    essex.record(live, activity("vehicles_stopped", 7, force="essex"))
    text = stated(lead)["changes"]["text"]
    assert ": arrests at least 1, now at least 2; " in text
    assert text.endswith(" further figures have changed.")
    assert "(drugs)" not in text, "the category of a measure that has itself changed is no news"


def test_a_change_of_weight_too_small_for_one_decimal_place_is_given_exactly(live: str, lead: Caller, surrey: Caller):
    made = seizure(WEIGHED)
    surrey.record(live, made)
    publish(lead)
    surrey.record(live, correction(made, data={"lines": [WEIGHED | {"weight_milligrams": 1_083_400}]}))
    assert "at least 1.0835 kg, now at least 1.0834 kg" in stated(lead)["changes"]["text"]


def test_figures_by_force_alone_are_a_change_in_detail(live: str, lead: Caller, client_for: ClientFor):
    surrey, kent = client_for("surrey"), client_for("kent")
    one, other = arrest(count=2), arrest(count=3, force="kent")
    surrey.record(live, one)
    kent.record(live, other)
    publish(lead)
    surrey.record(live, correction(one, data={"reason": "knife", "count": 3}))
    kent.record(live, correction(other, data={"reason": "knife", "count": 2}, force="kent"))
    now = stated(lead)["changes"]
    assert now["text"].startswith("The figures of all forces are still those of publication 1, of ")
    assert (now["superseded"], now["figures"], now["details"]) == (True, [], True)
    publish(lead)
    assert "the figures of all forces are the same" in stated(lead, publication=2)["changes"]["text"]


@pytest.mark.usefixtures("corrected")
def test_a_publication_under_embargo_is_not_told_of_before_its_time(lead: Caller, surrey: Caller):
    publish(lead, embargo_until=hours_ago(-2))
    publish(lead, embargo_until=hours_ago(-1))
    publish(lead)
    assert stated(lead, publication=3)["changes"]["number"] == 1, "2 is under embargo for longer than 3"
    assert stated(lead, publication=4)["changes"]["number"] == 1
    assert stated(surrey, publication=4) == stated(lead, publication=4)
    assert stated(lead)["changes"]["number"] == 4


@pytest.mark.usefixtures("corrected")
def test_the_public_is_told_only_of_what_is_public(app: Flask, lead: Caller, surrey: Caller):
    publish(lead)
    surrey.record("live", arrest("theft"))
    publish(lead)
    assert stated(lead, publication=3)["changes"]["number"] == 2
    assert stated(lead, publication=3, audience="public")["changes"] is None
    assert stated(lead, audience="public")["changes"] is None
    make_public(lead, 1)
    make_public(lead, 3)
    read = app.test_client().get("/v1/public/live/3")
    assert read.json["statement"]["changes"]["number"] == 1
    assert stated(lead, publication=3, audience="public")["changes"]["number"] == 1
    make_public(lead, 2)
    assert app.test_client().get("/v1/public/live/3").json == read.json, "what is made public later changes nothing"
    assert stated(lead, publication=3, audience="public")["changes"]["number"] == 1
    page = app.test_client().get("/p/live/3").get_data(as_text=True)
    assert read.json["statement"]["changes"]["text"] in page
    assert LEAD not in read.json["statement"]["changes"]["text"]


def compared(caller: Caller, media: str) -> str:
    response = caller.get("/v1/operations/live/publications/1/difference", headers={"Accept": media})
    assert response.status_code == 200, response.json
    assert response.content_type.startswith(f"{media}; charset=utf-8")
    return response.get_data(as_text=True)


@pytest.mark.usefixtures("corrected")
def test_the_difference_comes_as_text_and_markdown(lead: Caller, client_for: ClientFor):
    text, markdown = compared(lead, "text/plain"), compared(lead, "text/markdown")
    first = text.splitlines()
    assert first[0] == "Operation Live: changes since publication 1"
    assert first[2].startswith("Publication 1, of ")
    assert first[4] == "Since then: arrests 3, now 2."
    for line in (
        "- Arrests, all forces: 3, now 2 (1 fewer)",
        "- Arrests (knife), Surrey Police: 3, now not given (3 fewer)",
        "Marking: OFFICIAL-SENSITIVE",
    ):
        assert f"\n{line}\n" in text
    assert "\n- Event 9, of " in text
    assert ", by Surrey Police: arrest recorded, which corrects an earlier event (mistake)\n" in text
    assert "| Arrests (drugs) | All forces | not given | 2 | 2 more |" in markdown
    assert markdown.startswith("# Operation Live: changes since publication 1\n")
    kent = compared(client_for("kent"), "text/plain")
    assert "- Arrests, all forces: 3, now 2 (1 fewer)" in kent
    assert "Event 9" not in kent, "a force sees the figures, and events of its own only"
    found = lead.get("/v1/operations/live/publications/1/difference").json
    assert found["sentence"] == "Since then: arrests 3, now 2."


@pytest.mark.usefixtures("corrected")
def test_the_difference_comes_as_a_table(lead: Caller):
    first, *rest = csv.DictReader(StringIO(compared(lead, "text/csv").removeprefix("\ufeff")))
    assert (first["operation"], first["marking"], first["publication"]) == ("live", "OFFICIAL-SENSITIVE", "1")
    assert (first["as_of_seq"], first["seq"], first["measure"], first["force"]) == ("7", "9", "arrests", "")
    assert (first["published_quantity"], first["now_quantity"], first["now_display"]) == ("3", "2", "2")
    moved = {(one["force"], one["category"]): (one["published_quantity"], one["now_quantity"]) for one in rest}
    assert moved["surrey", "knife"] == ("3", "")
    assert moved["", "drugs"] == ("", "2")


@pytest.mark.usefixtures("corrected")
def test_the_difference_says_when_later_events_follow(lead: Caller, surrey: Caller):
    surrey.record("live", arrest(), arrest())
    address = "/v1/operations/live/publications/1/difference"
    response = lead.get(address, query_string={"limit": 2}, headers={"Accept": "text/plain"})
    assert "\nLater events follow: ask for them with after=10.\n" in response.get_data(as_text=True)
