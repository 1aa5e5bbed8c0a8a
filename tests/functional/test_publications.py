"""Published figures: frozen, numbered, returned unchanged, and compared with the record later."""

from collections.abc import Callable
from hashlib import sha256

import pytest
import rfc8785
import sqlalchemy as sa

from service.projections.totals import totals
from service.storage.db import Database
from tests.factories.bodies import arrest, correction, hours_ago, new_id, seizure
from tests.factories.setup import LEAD
from tests.functional.calls import NDJSON, Caller, Json, refused
from tests.functional.conftest import ClientFor, Pandilla


def publish(caller: Caller, operation: str, **fields: object) -> Json:
    """Publish figures, which must be new, and return the publication."""
    response = caller.change(operation, "publications", **({"id": new_id(), "label": "provisional"} | fields))
    assert response.status_code == 201, response.json
    publication: Json = response.json["publication"]
    return publication


def shown(publication: Json) -> dict[tuple[str, str | None], str]:
    """Return the figures that are not by category."""
    figures = [figure for figure in publication["figures"] if figure["category"] is None]
    return {(figure["measure"], figure["force"]): figure["display"] for figure in figures}


def test_figures_stay_as_they_were_published(live: str, lead: Caller, surrey: Caller, client_for: ClientFor):
    made = arrest(count=3)
    surrey.record(live, made)
    client_for("kent").record(live, arrest(force="kent", count=4))
    before = lead.totals(live)["as_of"]
    first = publish(lead, live)
    assert (first["number"], first["label"], first["as_of"]["seq"]) == (1, "provisional", before["seq"])
    assert first["as_of"]["root"] == before["root"]
    wanted = {("arrests", None): "7", ("arrests", "surrey"): "3", ("arrests", "kent"): "4"}
    assert shown(first) == wanted
    surrey.record(live, correction(made, data={"reason": "knife", "count": 5}))
    again = surrey.get(f"/v1/operations/{live}/publications/1").json
    assert again == first
    assert publish(lead, live, label="final")["number"] == 2
    assert [one["number"] for one in surrey.get(f"/v1/operations/{live}/publications").json["publications"]] == [1, 2]


def test_the_hash_of_the_figures_can_be_recomputed(live: str, lead: Caller, surrey: Caller):
    surrey.record(live, arrest(), seizure())
    publication = publish(lead, live)
    (event,) = lead.get(f"/v1/operations/{live}/events?type=figures.published").json["events"]
    assert sha256(rfc8785.dumps(event["data"]["figures"])).hexdigest() == publication["figures_hash"]


def test_figures_that_json_cannot_hold_are_not_published(live: str, lead: Caller, surrey: Caller, database: Database):
    surrey.record(live, arrest("knife"), arrest("drugs"))
    with database.writing() as connection:
        connection.execute(sa.update(totals).values(quantity=2**53 - 1))
    refused(lead.change(live, "publications", id=new_id(), label="final"), 422, "total_too_large")
    assert lead.get(f"/v1/operations/{live}/publications").json["publications"] == []


def test_the_same_id_gives_the_same_publication_and_another_request_is_refused(live: str, lead: Caller, surrey: Caller):
    surrey.record(live, arrest())
    request = {"id": new_id(), "label": "provisional"}
    first = lead.change(live, "publications", **request)
    surrey.record(live, arrest())
    again = lead.change(live, "publications", **request)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json == first.json
    refused(lead.change(live, "publications", **request | {"label": "final"}), 409, "content_differs", "/label")
    later = {"as_of_seq": first.json["publication"]["as_of"]["seq"] + 2}
    refused(lead.change(live, "publications", **request | later), 409, "content_differs", "/as_of_seq")
    assert len(lead.get(f"/v1/operations/{live}/publications").json["publications"]) == 1


def test_figures_can_be_published_as_of_an_earlier_seq(live: str, lead: Caller, surrey: Caller):
    (receipt,) = surrey.record(live, arrest())
    surrey.record(live, arrest())
    assert shown(publish(lead, live, as_of_seq=receipt["seq"]))["arrests", None] == "1"
    refused(lead.change(live, "publications", id=new_id(), label="final", as_of_seq=10**6), 422, "as_of_beyond_log")


def test_until_the_embargo_ends_only_the_coordinator_can_read(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    publish(lead, live, embargo_until=hours_ago(-1))
    publish(lead, live, embargo_until=hours_ago(1))
    observer = client_for("surrey", "observer")
    for reader in (surrey, observer):
        assert [one["number"] for one in reader.get(f"/v1/operations/{live}/publications").json["publications"]] == [2]
        refused(reader.get(f"/v1/operations/{live}/publications/1"), 404, "no_such_publication")
    refused(surrey.get(f"/v1/operations/{live}/publications/1/difference"), 404, "no_such_publication")
    assert lead.get(f"/v1/operations/{live}/publications/1").status_code == 200


def as_text(media: str) -> Callable[[Caller, str], str]:
    return lambda reader, live: reader.get(f"/v1/operations/{live}/events", headers={"Accept": media}).text


WAYS_TO_READ_EVENTS = {
    "page": lambda reader, live: reader.get(f"/v1/operations/{live}/events").text,
    "page of publications": lambda reader, live: (
        reader.get(f"/v1/operations/{live}/events?type=figures.published").text
    ),
    "lines": as_text(NDJSON),
    "table": as_text("text/csv"),
    "publications": lambda reader, live: reader.get(f"/v1/operations/{live}/publications").text,
}


@pytest.mark.parametrize("way", WAYS_TO_READ_EVENTS)
def test_no_way_of_reading_events_shows_a_publication_under_embargo(
    live: str, lead: Caller, client_for: ClientFor, way: str
):
    secret, out = new_id(), new_id()
    publish(lead, live, id=secret, embargo_until=hours_ago(-1))
    publish(lead, live, id=out, embargo_until=hours_ago(1))
    read, marks = WAYS_TO_READ_EVENTS[way], {"publications": ('"number":1', '"number":2')}.get(way, (secret, out))
    # An officer of the lead force who does not coordinate reads all other events of the lead force.
    for reader, found in ((client_for(LEAD, "force"), [False, True]), (lead, [True, True])):
        assert [mark in read(reader, live) for mark in marks] == found


def test_a_publication_under_embargo_has_no_history(live: str, lead: Caller, client_for: ClientFor):
    secret, out = new_id(), new_id()
    publish(lead, live, id=secret, embargo_until=hours_ago(-1))
    publish(lead, live, id=out)
    officer = client_for(LEAD, "force")
    refused(officer.get(f"/v1/operations/{live}/events/{secret}"), 404, "event_not_found")
    assert officer.get(f"/v1/operations/{live}/events/{out}").status_code == 200
    assert lead.get(f"/v1/operations/{live}/events/{secret}").status_code == 200


def test_only_the_coordinator_can_publish(live: str, surrey: Caller, client_for: ClientFor):
    body = {"id": new_id(), "label": "final"}
    refused(surrey.change(live, "publications", **body), 403, "role_may_not")
    refused(client_for("kent", "coordinator").change(live, "publications", **body), 403, "not_coordinator")


def test_fields_that_the_service_fills_in_cannot_be_sent(live: str, lead: Caller):
    for name, value in {"number": 7, "figures": [], "root": "0" * 64, "figures_hash": "0" * 64, "parts": []}.items():
        body = {"id": new_id(), "label": "final", name: value}
        refused(lead.change(live, "publications", **body), 422, "wrong_fields", f"/{name}")


def test_the_difference_names_figures_and_the_events_that_changed_them(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    made, kent = arrest(count=3), client_for("kent")
    surrey.record(live, made)
    publish(lead, live)
    address = f"/v1/operations/{live}/publications/1/difference"
    unchanged = lead.get(address).json
    assert (unchanged["changes"], unchanged["events"]) == ([], [])
    (corrected,) = surrey.record(live, correction(made, data={"reason": "drugs", "count": 5}))
    (seized,) = kent.record(live, seizure(force="kent"))
    found = lead.get(address).json
    overall = [one for one in found["changes"] if one["now"] and one["now"]["category"] is None]
    changes = {(one["now"]["measure"], one["now"]["force"]): one["change"] for one in overall}
    assert changes["arrests", None] == changes["arrests", "surrey"] == 2
    assert changes["weapons", None] == changes["weapons", "kent"] == 1
    assert next(one for one in overall if one["now"]["force"] == "kent")["published"] is None
    assert [event["seq"] for event in found["events"]] == [corrected["seq"], seized["seq"]]
    assert [event["force"] for event in kent.get(address).json["events"]] == ["kent"], "a force reads its own events"
    page = lead.get(address, query_string={"limit": 1}).json
    assert page["next"] == corrected["seq"]
    assert [event["seq"] for event in lead.get(f"{address}?after={page['next']}").json["events"]] == [seized["seq"]]


def keyed(publication: Json) -> dict[tuple[str, str | None, str | None], int]:
    """Return the quantity of each figure by measure, force and category; each is in the publication once."""
    found = {(one["measure"], one["force"], one["category"]): one["quantity"] for one in publication["figures"]}
    assert len(found) == len(publication["figures"])
    return found


def test_figures_are_frozen_by_category_and_by_force_and_category(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor
):
    surrey.record(live, arrest(count=12), seizure({"kind": "other", "property": "cigarettes", "count": 20}))
    client_for("kent").record(live, seizure({"kind": "weapon", "weapon": "bladed/knife", "count": 3}, force="kent"))
    published = keyed(publish(lead, live))
    totals = {
        (one["measure"], one.get("force"), one.get("category")): one["quantity"]
        for by in ("", "force", "category", "force,category")
        for one in lead.totals(live, **({"by": by} if by else {}))["figures"]
    }
    assert published == totals
    assert published["weapons", None, "bladed"] == published["weapons", "kent", "bladed/knife"] == 3
    assert published["arrests", "surrey", "knife"] == 12
    assert published["other_property", None, "cigarettes"] == 20


def test_the_difference_shows_arrests_that_moved_to_another_category(live: str, lead: Caller, surrey: Caller):
    made = arrest(count=12)
    surrey.record(live, made)
    publish(lead, live)
    surrey.record(live, correction(made, data={"reason": "drugs", "count": 12}))
    changes = lead.get(f"/v1/operations/{live}/publications/1/difference").json["changes"]
    figures = [one["published"] or one["now"] for one in changes]
    assert [(one["force"], one["category"]) for one in figures] == [
        (None, "knife"),
        ("surrey", "knife"),
        (None, "drugs"),
        ("surrey", "drugs"),
    ]
    assert [one["change"] for one in changes] == [-12, -12, 12, 12]


def test_a_figure_that_is_gone_is_shown_as_gone(live: str, lead: Caller, surrey: Caller):
    made = arrest()
    surrey.record(live, made)
    publish(lead, live)
    gone = {"id": new_id(), "type": "event.withdrawn", "force": "surrey", "corrects": made["id"]}
    surrey.record(live, gone | {"correction_reason": "de_arrested"})
    changes = lead.get(f"/v1/operations/{live}/publications/1/difference").json["changes"]
    assert [(one["published"]["display"], one["now"], one["change"]) for one in changes] == [("1", None, -1)] * 4


def test_a_publication_changes_no_figure_and_the_log_still_verifies(replayed_pandilla: Pandilla):
    lead, operation = replayed_pandilla.lead, replayed_pandilla.operation
    before = lead.totals(operation, by="force")["figures"]
    known = lead.get(f"/v1/operations/{operation}/publications").json["publications"]
    published = publish(lead, operation, recorded_at="2023-01-24T09:00:00Z", label="final")
    assert published["number"] == len(known) + 1
    assert shown(published)["arrests", None] == "179"
    assert lead.totals(operation, by="force")["figures"] == before


def test_invalid_publication_numbers_are_not_found(live: str, lead: Caller):
    for number in ("0", "1", "-1", "x", "9" * 40):
        refused(lead.get(f"/v1/operations/{live}/publications/{number}"), 404, "no_such_publication")
