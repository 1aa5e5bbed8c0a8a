"""The statement of a publication: its frozen figures, in the same words whenever it is requested."""

from typing import Any

import pytest

from service.projections.entries import entries
from service.projections.totals import totals
from service.storage.db import Database
from service.usecases.maintenance.rebuild import rebuild
from tests.factories.bodies import (
    activity,
    arrest,
    correction,
    declared,
    hours_ago,
    midnight,
    new_id,
    opening,
    seizure,
    today,
    withdrawal,
    yesterday,
)
from tests.factories.logs import recorded_seed
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.conftest import ClientFor, opened

FORMATS = ("text/markdown", "text/plain", "text/html", "application/json")
AFTERWARDS = "2023-01-24T09:00:00Z"
# Second views, and what is said as the method.
NO_BULLETS = {"weapons_by_acquisition", "drug_seizures_by_class", "drug_seizures_by_substance", "officers_deployed"}


def publish(lead: Caller, operation: str, **fields: object) -> Json:
    response = lead.change(operation, "publications", **({"id": new_id(), "label": "provisional"} | fields))
    assert response.status_code == 201, response.json
    published: Json = response.json["publication"]
    return published


def stated(caller: Caller, operation: str, **query: Any) -> Json:
    response = ask(caller, operation, **query)
    assert response.status_code == 200, response.json
    found: Json = response.json
    return found


def ask(caller: Caller, operation: str, *, accept: str = "application/json", **query: Any) -> Any:
    return caller.get(f"/v1/operations/{operation}/statement", query_string=query, headers={"Accept": accept})


def said(caller: Caller, operation: str, number: int = 1) -> list[str]:
    """Return the statement of a publication in every format."""
    found = [ask(caller, operation, accept=accept, publication=number) for accept in FORMATS]
    assert [response.status_code for response in found] == [200] * len(FORMATS)
    return [response.get_data(as_text=True) for response in found]


def published_as(publication: Json, force: str | None) -> dict[tuple[str, str | None], int]:
    figures = [figure for figure in publication["figures"] if figure["force"] == force]
    return {(figure["measure"], figure["category"]): figure["quantity"] for figure in figures}


def quantities(found: Json) -> dict[tuple[str, str | None], int]:
    return {(one["measure"], one["category"]): one["quantity"] for one in found["figures"]}


def test_its_figures_are_those_of_the_publication(database: Database, lead: Caller):
    operation = recorded_seed(database).name
    publication = publish(lead, operation, label="final", recorded_at=AFTERWARDS)
    number = publication["number"]
    found = stated(lead, operation, publication=number)
    overall = published_as(publication, None)
    assert quantities(found) == {key: overall[key] for key in quantities(found)}
    assert {measure for measure, _ in overall} - {measure for measure, _ in quantities(found)} == NO_BULLETS
    assert len(found["breakdown"]["forces"]) == 7
    for line in found["breakdown"]["forces"]:
        assert line["quantity"] == published_as(publication, line["force"])["arrests", None]
    assert found["as_of"] == lead.totals(operation, as_of_seq=publication["as_of"]["seq"])["as_of"]
    assert found["as_of"]["root"] == publication["as_of"]["root"]
    assert (found["status"], found["provisional"], found["marking"]) == ("final", None, publication["marking"])
    assert found["publication"] == {
        "text": f"Publication {number}, of 24 January 2023 at 09:00: final figures.",
        "number": number,
        "label": "final",
        "published_at": AFTERWARDS,
        "embargo_until": None,
        "figures_hash": publication["figures_hash"],
    }
    for text in said(lead, operation, number)[:3]:
        assert f"Publication {number}, of 24 January 2023 at 09:00: final figures." in text
    assert stated(lead, operation)["publication"] is None
    same = ("headline", "who", "when", "officers", "date_line", "figures", "breakdown", "notes")
    assert {name: stated(lead, operation, as_of_seq=publication["as_of"]["seq"])[name] for name in same} == {
        name: found[name] for name in same
    }


def test_it_is_the_same_word_for_word_whatever_is_recorded_later(
    database: Database, live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    kent, essex = client_for("kent"), client_for("essex")
    first, second = arrest(count=45), seizure()
    surrey.record(live, first, second, declared(day=yesterday()), declared("complete"))
    kent.record(live, declared("nil", day=yesterday(), force="kent"))
    essex.record(live, activity("arrests", 7, force="essex"))
    publish(lead, live, embargo_until=hours_ago(1))
    before = said(lead, live)
    surrey.record(live, correction(first, data={"reason": "drugs", "count": 3}), withdrawal(second))
    surrey.record(live, arrest(occurred_at=midnight(-1)), declared("partial"))
    kent.record(live, arrest(force="kent", count=100), declared("complete", force="kent"))
    changes: list[tuple[str, Json]] = [
        ("forces", {"force": "sussex", "reports": "events"}),
        ("measures", {"measure": "arrests", "categories": ["violence/worse"]}),
        ("amendments", {"marking": "OFFICIAL", "ends_at": midnight(+3)}),
        ("publications", {"label": "final"}),
        ("close", {}),
    ]
    for address, body in changes:
        assert lead.change(live, address, id=new_id(), **body).status_code == 201
    part = opening(operation="part", part_of=[live], forces=["surrey"])
    assert lead.post("/v1/operations", json=part).status_code == 201
    assert lead.change(live, "parts", id=new_id(), part="part").status_code == 201
    surrey.record("part", arrest(count=1_000))
    assert said(lead, live) == before
    assert said(surrey, live) == before, "everybody reads the same"
    rebuild(database, live)
    assert said(lead, live) == before
    assert stated(lead, live)["headline"] != stated(lead, live, publication=1)["headline"]


def test_while_the_projections_are_damaged_no_published_figure_changes_and_none_is_printed(
    database: Database, live: str, lead: Caller, surrey: Caller
):
    surrey.record(live, arrest(count=45))
    publish(lead, live)
    before = said(lead, live)
    with database.writing() as connection:
        connection.execute(entries.update().values(quantity=1_000))
        connection.execute(totals.update().values(quantity=1_000))
    assert stated(lead, live)["figures"][0]["quantity"] == 1_000
    refused(lead.get(f"/v1/operations/{live}/statement?publication=1"), 409, "publication_differs")
    assert lead.get(f"/v1/operations/{live}/publications/1").json["figures"][0]["quantity"] == 45
    rebuild(database, live)
    assert said(lead, live) == before


def test_the_coordinators_label_is_kept_and_outstanding_returns_are_still_named(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    surrey.record(live, arrest(count=45))
    publish(lead, live, label="final")
    found = stated(lead, live, publication=1)
    assert (found["status"], found["provisional"]) == ("final", None)
    assert found["figures"][0]["text"] == "at least 45 arrests"
    assert [one["force"] for one in found["outstanding"]] == ["metropolitan", "surrey", "kent", "essex"]
    for force in ("metropolitan", "surrey", "kent", "essex"):
        client_for(force).record(live, *(declared(day=day, force=force) for day in (yesterday(), today())))
    assert lead.change(live, "close", id=new_id()).status_code == 201
    assert stated(lead, live)["status"] == "final"
    publish(lead, live, label="provisional")
    found = stated(lead, live, publication=2)
    assert (found["status"], found["provisional"]) == ("provisional", "Provisional: figures may change.")


def test_only_days_that_had_begun_at_publication_count_as_begun(imported: str, lead: Caller, surrey: Caller):
    first = arrest(occurred_at="2023-01-17T12:00:00Z", recorded_at="2023-01-17T18:00:00Z")
    later = arrest(force="metropolitan", occurred_at="2023-01-18T12:00:00Z", recorded_at=AFTERWARDS)
    (receipt,) = surrey.record(imported, first)
    lead.record(imported, later)
    publish(lead, imported, as_of_seq=receipt["seq"], recorded_at="2023-01-25T09:00:00Z")
    found = stated(lead, imported, publication=1)
    assert found["when"] == "It took place from 16 to 22 January 2023."
    assert found["figures"][0]["text"] == "at least 1 arrest"
    assert {one["days"] for one in found["outstanding"]} == {7}
    assert f"as of entry {receipt['seq']}, recorded on 17 January 2023 at 18:00" in found["position"]
    assert found["as_of"]["seq"] < found["log_size"]


def test_it_has_the_marking_under_which_it_was_published(live: str, lead: Caller, surrey: Caller):
    (receipt,) = surrey.record(live, arrest())
    markings = ["OFFICIAL", "OFFICIAL-SENSITIVE"]
    for marking in markings:
        assert lead.change(live, "amendments", id=new_id(), marking=marking).status_code == 201
        publish(lead, live, as_of_seq=receipt["seq"])
    assert [stated(lead, live, publication=number)["marking"] for number in (1, 2)] == markings


def test_the_statement_of_a_whole_gives_the_positions_of_its_parts(lead: Caller, surrey: Caller):
    opened(lead, operation="country", forces=["metropolitan"])
    opened(lead, operation="region", part_of=["country"], forces=["surrey", "kent"])
    assert lead.change("country", "parts", id=new_id(), part="region").status_code == 201
    surrey.record("region", arrest(count=10), declared())
    publication = publish(lead, "country")
    before = said(lead, "country")
    surrey.record("region", arrest(count=100))
    assert lead.change("region", "forces", id=new_id(), force="sussex", reports="events").status_code == 201
    assert said(lead, "country") == before
    found = stated(lead, "country", publication=1)
    assert found["parts"] == publication["parts"]
    assert found["figures"][0]["text"] == "at least 10 arrests"
    assert [one["force"] for one in found["forces"]] == ["metropolitan", "surrey", "kent"]
    assert stated(lead, "country")["figures"][0]["text"] == "at least 110 arrests"


def test_until_the_embargo_ends_only_the_coordinator_can_read_it(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    publish(lead, live, embargo_until=midnight(+1))
    for reader in (surrey, client_for("surrey", "observer")):
        refused(ask(reader, live, publication=1), 404, "no_such_publication")
    found = stated(lead, live, publication=1)
    assert found["publication"]["embargo_until"] == midnight(+1)
    assert " at 00:00: provisional figures." in found["publication"]["text"]
    assert ", under embargo until " in found["publication"]["text"]
    publish(lead, live, embargo_until=hours_ago(1))
    assert stated(client_for("surrey", "observer"), live, publication=2)["publication"]["number"] == 2
    refused(ask(client_for("sussex"), live, publication=2), 404, "unknown_operation")


@on_sqlite
def test_a_publication_cannot_be_combined_with_another_moment(live: str, lead: Caller):
    publish(lead, live)
    refused(ask(lead, live, publication=1, as_of_seq=2), 422, "publication_with_as_of", "/as_of_seq")
    refused(ask(lead, live, publication=1, as_of=hours_ago(1)), 422, "publication_with_as_of", "/as_of")
    refused(ask(lead, live, publication=2), 404, "no_such_publication")
    for none in ("0", "x", "-1", "1.0"):
        refused(ask(lead, live, publication=none), 422, "wrong_fields", "/publication")


@pytest.mark.usefixtures("live")
def test_an_unknown_publication_is_not_found(lead: Caller):
    refused(ask(lead, "live", publication=1), 404, "no_such_publication")
