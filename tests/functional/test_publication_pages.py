"""Publishing in pages: preview, check, publish once; what was said, what has changed since, and the public page."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from io import BytesIO

import openpyxl
import pytest
from flask import Flask

from service.domain.model.days import LONDON
from tests.factories.bodies import arrest, correction, declared, midnight, new_id, now, seizure, yesterday
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, with_secret
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
PersonFor = Callable[..., Visitor]
LIST = "/operations/live/publications"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor, live: str) -> Visitor:
    assert live == "live"
    return visitor(app, secret_for(LEAD))


@pytest.fixture
def person(app: Flask, secret_for: SecretFor) -> Callable[..., Visitor]:
    def person(force: str, role: str | None = None) -> Visitor:
        return visitor(app, secret_for(force, role))

    return person


def page_of(person: Visitor, address: str, status: int = 200) -> str:
    answer = person.get(address)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def preview(coordinator: Visitor) -> str:
    """Return the address of a new preview."""
    answer = coordinator.get(f"{LIST}/new")
    assert answer.status_code == 303
    return answer.location


def check_page(coordinator: Visitor, address: str, **fields: str) -> str:
    """Fill in the form of a preview; return the page that it leads to."""
    answer = coordinator.get(address.replace("/new?", "/new/check?"), query_string=None)
    asked = address.replace("/new?", "/new/check?") + "".join(f"&{name}={value}" for name, value in fields.items())
    answer = coordinator.get(asked)
    return answer.get_data(as_text=True)


def form_of(page: str, button: str) -> dict[str, str]:
    """Return the hidden fields of the form with this button."""
    (form,) = [one for one in page.split("<form")[1:] if button in one.split("</form>")[0]]
    return {name: unescape(value) for name, value in HIDDEN.findall(form.split("</form>")[0])}


def publish(coordinator: Visitor, label: str = "provisional", **fields: str) -> str:
    """Publish as a person does; return the address of the publication."""
    page = check_page(coordinator, preview(coordinator), label=label, **fields)
    answer = coordinator.post(LIST, data=form_of(page, f"Publish {label} figures"), headers=OWN)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.location


# --- publishing


def test_a_coordinator_publishes_what_the_preview_showed_and_nothing_slips_in(coordinator: Visitor, surrey: Caller):
    surrey.record("live", arrest(count=3))
    address = preview(coordinator)
    first = page_of(coordinator, address)
    assert heading(coordinator.get(address)) == "Preview at event 7"
    assert "3 arrests" in text_of(first)
    assert "came in since" not in first
    surrey.record("live", arrest(count=2), arrest())
    again = text_of(page_of(coordinator, address))
    assert "2 events came in since: they are not in this statement." in again
    assert "Surrey Police: 2 arrests, knife" in again
    check = check_page(coordinator, address, label="provisional")
    assert "You cannot change a publication, only publish again." in text_of(check)
    assert "As of event 7" in text_of(check)
    answer = coordinator.post(LIST, data=form_of(check, "Publish provisional figures"), headers=OWN)
    assert answer.location == f"{LIST}/1"
    page = text_of(page_of(coordinator, answer.location))
    assert "3 arrests" in page
    assert "as of event 7" in page
    assert "Position Event 7 of Operation Live" in page
    assert "Since then: arrests at least 3, now at least 6." in page or "Since then: arrests 3, now 6." in page


@on_sqlite
def test_days_that_are_not_in_are_counted_if_they_are_many(app: Flask, lead: Caller, secret_for: SecretFor):
    opened(lead, operation="month", starts_at="2023-01-01T00:00:00Z", ends_at="2023-02-01T00:00:00Z")
    coordinator = visitor(app, secret_for(LEAD))
    answer = coordinator.get("/operations/month/publications/new")
    said = text_of(page_of(coordinator, answer.location))
    assert "Surrey Police: 31 days from Sunday 1 to Tuesday 31 January 2023" in said


@on_sqlite
def test_a_double_click_and_a_reload_publish_once(coordinator: Visitor, lead: Caller):
    check = check_page(coordinator, preview(coordinator), label="final")
    form = form_of(check, "Publish final figures")
    places = [coordinator.post(LIST, data=form, headers=OWN).location for _ in range(3)]
    assert places == [f"{LIST}/1"] * 3
    assert len(lead.get("/v1/operations/live/publications").json["publications"]) == 1
    changed = coordinator.post(LIST, data=form | {"label": "provisional"}, headers=OWN)
    assert (changed.status_code, heading(changed)) == (409, "This form was sent before")
    assert "Nothing was recorded now." in text_of(changed.get_data(as_text=True))


@on_sqlite
def test_what_speaks_against_publishing_is_said(coordinator: Visitor, surrey: Caller, client_for: ClientFor):
    nothing = text_of(page_of(coordinator, preview(coordinator)))
    assert re.search(r"\d+ returns are not in", nothing)
    assert "Surrey Police: " in nothing
    surrey.record("live", arrest(incident="a" * 64), arrest(count=2_400))
    client_for("kent").record("live", arrest(force="kent", incident="a" * 64))
    page = text_of(page_of(coordinator, preview(coordinator)))
    assert "1 possible duplicate is not decided" in page
    assert "1 value is unusual" in page
    assert "Surrey Police: 2,400 arrests, knife. 2,400: It is more than 1,000." in page


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({}, "label", "Choose whether the figures are provisional or final"),
        ({"label": "draft"}, "label", "Choose whether the figures are provisional or final"),
        (
            {"label": "final", "embargo-day": "2024-01-16"},
            "embargo-time",
            "Embargo must have a time, for example 9:40pm",
        ),
        ({"label": "final", "embargo-time": "09:00"}, "embargo-day", "Embargo must have a date, for example"),
        (
            {"label": "final", "embargo-day": "2024-01-16", "embargo-time": "09:00"},
            "embargo-day",
            "Embargo must end in the future. Leave date and time empty for no embargo",
        ),
        (
            {"label": "final", "embargo-day": "2030-03-31", "embargo-time": "01:30"},
            "embargo-time",
            "Embargo must be a time that happens once. Clocks change on that day",
        ),
        ({"label": "<script>", "embargo-day": "<script>alert(1)</script>"}, "label", "Choose whether"),
    ],
)
def test_a_mistake_is_said_in_the_summary_and_at_the_field(
    coordinator: Visitor, fields: dict[str, str], field: str, said: str
):
    page = check_page(coordinator, preview(coordinator), **fields)
    assert "<title>Error: Publish" in page
    assert text_of(page).count(said) == 2
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page
    assert "<script>alert" not in page


@on_sqlite
def test_an_embargo_hides_a_publication_from_all_but_the_coordinator(coordinator: Visitor, person: PersonFor):
    until = (now() + timedelta(days=2)).astimezone(LONDON)
    address = publish(coordinator, "final", **{"embargo-day": f"{until:%Y-%m-%d}", "embargo-time": "09:30"})
    assert "Embargo until" in page_of(coordinator, LIST)
    assert "9:30am" in text_of(page_of(coordinator, address))
    for other in (person("surrey"), person(LEAD, "observer")):
        assert "Nothing published yet." in page_of(other, LIST)
        for page in (address, f"{address}/changes", f"{address}/file.txt"):
            assert heading(other.get(page)) == "Page not found"


@on_sqlite
def test_only_the_coordinator_of_the_operation_publishes(person: PersonFor, coordinator: Visitor):
    page = check_page(coordinator, preview(coordinator), label="final")
    form = form_of(page, "Publish final figures")
    publish(coordinator)
    for other in (person("surrey", "coordinator"), person("surrey"), person(LEAD, "observer")):
        token = other.token()
        for call in (f"{LIST}/new", f"{LIST}/new/check?event=1&draft={new_id()}&label=final", f"{LIST}/1/public"):
            assert (other.get(call).status_code, heading(other.get(call))) == (404, "Page not found"), call
        for call in (LIST, f"{LIST}/1/public"):
            sent = other.post(call, data=form | {"csrf_token": token}, headers=OWN)
            assert (sent.status_code, heading(sent)) == (404, "Page not found"), call
        assert "Preview and publish" not in page_of(other, LIST)
        assert "Make it public" not in page_of(other, f"{LIST}/1")


@on_sqlite
@pytest.mark.parametrize(
    "query", ["?event=99&draft={id}", "?event=0&draft={id}", "?event=x&draft={id}", "?event=1&draft=x"]
)
def test_a_preview_of_nothing_does_not_exist(coordinator: Visitor, query: str):
    assert heading(coordinator.get(f"{LIST}/new{query.format(id=new_id())}")) == "Page not found"


# --- what was said


@on_sqlite
def test_the_list_says_what_has_changed_newest_first(coordinator: Visitor, surrey: Caller, person: PersonFor):
    assert "Nothing published yet." in page_of(coordinator, LIST)
    made = arrest(count=3)
    surrey.record("live", made)
    publish(coordinator)
    surrey.record("live", correction(made, data={"reason": "knife", "count": 2}), seizure())
    publish(coordinator)
    for reader in (coordinator, person("kent"), person(LEAD, "observer")):
        page = text_of(page_of(reader, LIST))
        assert page.index("Publication 2") < page.index("Publication 1")
        assert "Nothing has changed since." in page
        assert re.search(r"Since then: arrests (at least )?3, now (at least )?2", page)
    page = page_of(coordinator, f"{LIST}/1/changes")
    assert re.search(r'href="/operations/live/events/[0-9a-f-]{36}">Surrey Police: correction', page)
    changes = text_of(page)
    assert "1 fewer" in changes
    assert "Surrey Police: correction: 2 arrests, knife" in changes
    observed = text_of(page_of(person(LEAD, "observer"), f"{LIST}/1/changes"))
    assert "1 fewer" in observed
    assert "correction: 2 arrests" not in observed
    kent = text_of(page_of(person("kent"), f"{LIST}/1/changes"))
    assert "correction: 2 arrests" not in kent


@on_sqlite
def test_a_publication_is_downloaded_in_every_form_with_its_marking(coordinator: Visitor, surrey: Caller):
    surrey.record("live", arrest(count=3))
    address = publish(coordinator)
    found = {ending: coordinator.get(f"{address}/file.{ending}") for ending in ("html", "txt", "md", "csv", "xlsx")}
    for ending, answer in found.items():
        assert answer.status_code == 200
        name = f'attachment; filename="live-publication-1-official-sensitive.{ending}"'
        assert answer.headers["Content-Disposition"] == name
        assert answer.headers["Cache-Control"] == "no-store"
    assert found["txt"].get_data(as_text=True).startswith("OFFICIAL-SENSITIVE\n\n")
    assert found["md"].get_data(as_text=True).startswith("OFFICIAL-SENSITIVE\n\n# ")
    html = found["html"].get_data(as_text=True)
    assert html.startswith("<!DOCTYPE html>")
    assert html.count("OFFICIAL-SENSITIVE") >= 2
    rows = found["csv"].get_data(as_text=True).splitlines()
    assert "OFFICIAL-SENSITIVE" in rows[1]
    sheet = openpyxl.load_workbook(BytesIO(found["xlsx"].data))["figures"]
    values = list(sheet.iter_rows(values_only=True))
    assert [str(cell or "") for cell in values[1]][:2] == ["live", "OFFICIAL-SENSITIVE"]
    assert len(values) == len(rows)
    assert coordinator.get(f"{address}/file.exe").status_code == 404
    assert coordinator.get(f"{LIST}/9/file.txt").status_code == 404


@on_sqlite
def test_the_page_has_the_statement_of_the_api_and_how_to_check_it(coordinator: Visitor, lead: Caller, surrey: Caller):
    surrey.record("live", arrest(count=3))
    address = publish(coordinator)
    stored = lead.get("/v1/operations/live/publications/1").json
    said = lead.get("/v1/operations/live/statement?publication=1", headers={"Accept": "application/json"}).json
    page = text_of(page_of(coordinator, address))
    for sentence in (said["headline"], said["who"], said["when"], *said["notes"], stored["as_of"]["root"]):
        assert sentence in page
    assert stored["figures_hash"] in page


# --- the public page


def test_the_public_page_exists_only_once_it_is_public(app: Flask, coordinator: Visitor, surrey: Caller):
    surrey.record("live", arrest(count=3))
    address = publish(coordinator)
    stranger = visitor(app)
    for one in ("/p/live/1", "/p/live/1/figures.csv", "/p/live/2", "/p/nothing/1", "/p/live/0", "/p/live/99999999999"):
        assert (stranger.get(one).status_code, heading(stranger.get(one))) == (404, "Page not found"), one
    check = page_of(coordinator, f"{address}/public")
    assert "You cannot undo this. What was public stays public." in text_of(check)
    form = form_of(check, "Make publication 1 public")
    for _ in range(2):
        assert coordinator.post(f"{address}/public", data=form, headers=OWN).location == address
    assert coordinator.post(f"{address}/public", data=form | {"draft": new_id()}, headers=OWN).location == address
    assert coordinator.get(f"{address}/public").location == address
    answer = stranger.get("/p/live/1")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers
    said = text_of(page)
    assert "3 arrests" in said
    assert "How to check this" in said
    assert "Position Event 7 of Operation Live" in said
    for private in ("OFFICIAL", "Sign out", "Operations", "Marking", "From the record of"):
        assert private not in said, private
    table = stranger.get("/p/live/1/figures.csv")
    assert table.status_code == 200
    assert "OFFICIAL" not in table.get_data(as_text=True)
    assert "surrey" not in table.get_data(as_text=True)
    assert "at least 3" in table.get_data(as_text=True)
    # The page is the same for somebody who is signed in.
    assert coordinator.get("/p/live/1").get_data(as_text=True) == page


@on_sqlite
def test_a_public_publication_under_embargo_is_not_public_yet(app: Flask, coordinator: Visitor):
    until = (now() + timedelta(days=2)).astimezone(LONDON)
    address = publish(coordinator, "final", **{"embargo-day": f"{until:%Y-%m-%d}", "embargo-time": "09:30"})
    form = form_of(page_of(coordinator, f"{address}/public"), "Make publication 1 public")
    coordinator.post(f"{address}/public", data=form, headers=OWN)
    assert visitor(app).get("/p/live/1").status_code == 404
    assert "Public from" in page_of(coordinator, address)


@on_sqlite
def test_names_are_shown_as_text(app: Flask, lead: Caller, secret_for: SecretFor):
    opened(lead, operation="ampersand", name="Knives &amp, lt 'more")
    coordinator = visitor(app, secret_for(LEAD))
    for page in ("publications", "publications/new"):
        answer = coordinator.get(f"/operations/ampersand/{page}", follow_redirects=True)
        assert "Knives &amp;amp, lt &#39;more" in answer.get_data(as_text=True)


@on_sqlite
def test_without_anything_to_look_at_the_preview_says_so(app: Flask, lead: Caller, secret_for: SecretFor):
    opened(lead, operation="quiet", starts_at=midnight(-1), ends_at=midnight(0), forces=["surrey"])
    coordinator = visitor(app, secret_for(LEAD))
    page = coordinator.get("/operations/quiet/publications/new", follow_redirects=True).get_data(as_text=True)
    assert "1 return is not in" in text_of(page)
    with_secret(app, secret_for("surrey")).record("quiet", declared("nil", day=yesterday()))
    page = coordinator.get("/operations/quiet/publications/new", follow_redirects=True).get_data(as_text=True)
    assert "Every return is in, no possible duplicate is open, and no value is unusual." in text_of(page)
