"""Setting an operation up in pages: opening it with all that it needs, and changing it later."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask

from tests.factories.bodies import arrest, new_id
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
NEW = "/operations/new"
SETUP = "/operations/live/setup"
FIELD = re.compile(r'<(?:input|textarea|select)[^>]*\sname="([^"]+)"[^>]*>')
VALUE = re.compile(r'\svalue="([^"]*)"')
TEASEL = {
    "name": "Operation Teasel",
    "marking": "OFFICIAL",
    "first-day": "2024-05-14",
    "last-day": "2024-05-16",
    "forces": "4",
    "force-1": "metropolitan",
    "force-2": "kent",
    "order-2": "1",
    "reports-2": "tallies",
    "force-3": "",
    "force-4": "surrey",
    "places": "M25\nDover docks, A406",
    "hours": "12",
    "due-day": "2024-05-20",
    "due-time": "12:00",
}


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's last form."""
    found = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', page.rpartition('<form method="post" action="/op')[2]):
        found[FIELD.search(tag)[1]] = unescape(VALUE.search(tag)[1])  # type: ignore[index]
    return found


def draft_of(page: str) -> str:
    return hidden(page)["draft"]


def send(person: Visitor, address: str, **fields: str) -> tuple[int, str]:
    """Send a form; return the status, and the page or where it leads."""
    answer = person.send(address, page=NEW, **fields)
    return answer.status_code, answer.location or answer.get_data(as_text=True)


def open_teasel(coordinator: Visitor, **fields: str) -> tuple[int, str]:
    """Fill in the form, check it and open the operation."""
    draft = draft_of(coordinator.get(NEW).get_data(as_text=True))
    status, page = send(coordinator, NEW, draft=draft, action="check", **(TEASEL | fields))
    assert (status, heading_of(page)) == (200, "Check the operation"), text_of(page)
    return send(coordinator, NEW, action="open", **{k: v for k, v in hidden(page).items() if k != "csrf_token"})


def heading_of(page: str) -> str:
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    return text_of(found)


def change(coordinator: Visitor, task: str, **fields: str) -> tuple[int, str]:
    page = coordinator.get(f"{SETUP}/{task}")
    assert page.status_code == 200
    return send(coordinator, f"{SETUP}/{task}", draft=draft_of(page.get_data(as_text=True)), **fields)


# --- opening


def test_a_coordinator_opens_an_operation_with_everything_it_needs(coordinator: Visitor, lead: Caller):
    status, location = open_teasel(coordinator)
    assert (status, location) == (303, "/operations/teasel-2024-05/setup?saved=opened")
    made = lead.get("/v1/operations/teasel-2024-05").json
    assert made["name"] == "Operation Teasel"
    assert (made["starts_at"], made["ends_at"]) == ("2024-05-13T23:00:00Z", "2024-05-16T23:00:00Z")
    assert [(one["force"], one["reports"]) for one in made["forces"]] == [
        ("metropolitan", "events"),
        ("kent", "tallies"),
        ("surrey", "events"),
    ]
    assert made["places"] == ["m25", "dover-docks", "a406"]
    assert (made["returns_due_at"], made["returns_due_hours"]) == ("2024-05-20T11:00:00Z", 12)
    assert made["marking"] == "OFFICIAL"
    page = coordinator.get(location).get_data(as_text=True)
    assert "The operation is open" in page
    assert "12 hours after each day ends; Monday 20 May 2024, midday for all days" in text_of(page)


@on_sqlite
def test_numbers_order_the_forces(coordinator: Visitor, lead: Caller):
    open_teasel(coordinator, **{"order-1": "9", "order-2": "5", "order-4": "2"})
    forces = [one["force"] for one in lead.get("/v1/operations/teasel-2024-05").json["forces"]]
    assert forces == ["surrey", "kent", "metropolitan"]


@on_sqlite
def test_days_with_hours_of_their_own_are_added_and_removed(coordinator: Visitor, lead: Caller):
    fields = TEASEL | {"draft": new_id(), "windows": "0"}
    _status, page = send(coordinator, NEW, action="add-windows", **fields)
    assert 'name="window-1-start-day"' in page
    assert 'name="window-2-start-day"' not in page
    nights = {
        "windows": "3",
        "window-1-start-day": "2024-05-14",
        "window-1-start-time": "18:00",
        "window-1-end-day": "2024-05-15",
        "window-1-end-time": "4am",
        "window-2-start-day": "2024-05-15",
        "window-3-start-day": "15 May 2024",
        "window-3-start-time": "6pm",
        "window-3-end-day": "2024-05-16",
        "window-3-end-time": "04:00",
    }
    _status, page = send(coordinator, NEW, action="remove-windows-2", **(fields | nights))
    assert 'value="15 May 2024"' in page
    assert 'name="window-3-start-day"' not in page
    moved = {key.replace("window-3", "window-2"): value for key, value in nights.items() if "window-2" not in key}
    status, location = open_teasel(coordinator, **(moved | {"windows": "2", "first-day": "", "key": "Nights"}))
    assert (status, location) == (303, "/operations/nights/setup?saved=opened")
    days = lead.get("/v1/operations/nights").json["days"]
    assert [(one["from"], one["before"]) for one in days] == [
        ("2024-05-14T17:00:00Z", "2024-05-15T03:00:00Z"),
        ("2024-05-15T17:00:00Z", "2024-05-16T03:00:00Z"),
    ]


@on_sqlite
def test_rows_of_forces_are_added_and_removed_and_what_was_typed_stays(coordinator: Visitor):
    fields = TEASEL | {"draft": new_id()}
    _status, page = send(coordinator, NEW, action="add-forces", **fields)
    assert 'name="force-7"' in page
    assert 'name="force-8"' not in page
    assert "Dover docks, A406</textarea>" in page
    _status, page = send(coordinator, NEW, action="remove-forces-1", **fields)
    assert 'name="force-4"' not in page
    assert re.search(r'name="force-1">.*?value="kent" selected', page, re.DOTALL)
    _status, page = send(coordinator, NEW, action="every", **fields)
    assert re.search(r'name="force-3">.*?value="cumbria" selected', page, re.DOTALL)
    assert page.count("selected>Metropolitan Police Service") == 1
    for action in ("remove-forces-99", "remove-forces-x", "remove-forces-²", "nothing"):
        status, _page = send(coordinator, NEW, action=action, **fields)
        assert status == 200


@on_sqlite
def test_a_double_click_and_a_reload_open_once(coordinator: Visitor, lead: Caller):
    draft = new_id()
    found = {send(coordinator, NEW, draft=draft, action="open", **TEASEL) for _ in range(3)}
    assert found == {(303, "/operations/teasel-2024-05/setup?saved=opened")}
    assert lead.get("/v1/operations/teasel-2024-05").json["head"]["seq"] == 4


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"name": ""}, "name", "Enter the name of the operation"),
        ({"name": "<script>alert(1)</script>"}, "name", "Name must have letters, digits and plain punctuation only"),
        ({"marking": "SECRET"}, "marking", "Choose the marking"),
        ({"first-day": ""}, "first-day", "Enter the first day"),
        ({"first-day": "yesterday"}, "first-day", "First day must be a date, for example 18 January 2024"),
        ({"last-day": "2024-05-13"}, "last-day", "Last day must be the first day or a day after it"),
        ({"force-2": "metropolitan"}, "force-2", "Force must be listed once: Metropolitan Police Service is listed"),
        ({"force-2": "fbi"}, "force-2", "Force must be on the list"),
        ({"order-2": "first"}, "order-2", "Number in the publishing order must be a whole number from 0 to 999"),
        ({"places": "x" * 70}, "places", "Each place must be different, and have at most 64 characters"),
        ({"places": "john.smith@example.com\nAB12 CDE"}, "places", "must not be personal data"),
        ({"hours": "721"}, "hours", "Hours must be a whole number from 0 to 720"),
        ({"due-time": ""}, "due-time", "Deadline must have a time, for example 9:40pm"),
        (
            {"windows": "1", "window-1-start-day": "2024-05-14"},
            "window-1-start-time",
            "Start of day 1 must have a time",
        ),
        ({"part_of": "teasel-2024-05"}, "part_of", "It must be another operation"),
    ],
)
def test_a_mistake_is_said_in_the_summary_and_at_the_field(
    coordinator: Visitor, fields: dict[str, str], field: str, said: str
):
    status, page = send(coordinator, NEW, draft=new_id(), action="open", **(TEASEL | fields))
    assert status == 422
    assert "<title>Error: Open an operation" in page
    assert text_of(page).count(said) >= 2, text_of(page)[:1500]
    assert f'href="#{field}"' in page
    assert f'id="{field}"' in page
    assert "<script>alert" not in page


@on_sqlite
def test_a_short_name_that_is_taken_is_refused(coordinator: Visitor, lead: Caller):
    opened(lead, operation="teasel-2024-05")
    status, page = send(coordinator, NEW, draft=new_id(), action="open", **TEASEL)
    assert status == 422
    assert text_of(page).count("Short name must be one that no other operation has. Choose another") == 2
    assert 'href="#key"' in page


# --- changing


@on_sqlite
@pytest.mark.usefixtures("live")
def test_everything_can_be_changed_and_the_list_says_how_it_is(coordinator: Visitor, lead: Caller):
    assert change(coordinator, "days", **{"first-day": "2020-01-01", "last-day": "2040-01-02"})[0] == 303
    assert change(coordinator, "deadline", hours="6")[0] == 303
    assert change(coordinator, "places", places="M25\nDover")[0] == 303
    assert change(coordinator, "marking", marking="OFFICIAL")[0] == 303
    assert change(coordinator, "forces", force="sussex", reports="tallies")[0] == 303
    assert change(coordinator, "forces", name="Port of Dover Police", kind="special", reports="events")[0] == 303
    assert change(coordinator, "measures", label="dogs deployed", unit="dogs", categories="Large\nSmall")[0] == 303
    made = lead.get("/v1/operations/live").json
    assert (made["starts_at"], made["ends_at"]) == ("2020-01-01T00:00:00Z", "2040-01-03T00:00:00Z")
    assert made["returns_due_hours"] == 6
    assert made["places"] == ["m25", "dover"]
    assert made["marking"] == "OFFICIAL"
    assert [one["force"] for one in made["forces"]][-2:] == ["sussex", "port-of-dover-police"]
    page = text_of(coordinator.get(f"{SETUP}?saved=places").get_data(as_text=True))
    assert "Saved: places" in page
    for said in ("m25 and dover", "6 hours after each day ends", "dogs deployed", "Open: forces can record"):
        assert said in page


@on_sqlite
@pytest.mark.usefixtures("live")
def test_it_is_closed_once_and_reopened(coordinator: Visitor, lead: Caller, surrey: Caller):
    page = coordinator.get(f"{SETUP}/close").get_data(as_text=True)
    found = {send(coordinator, f"{SETUP}/close", draft=draft_of(page)) for _ in range(2)}
    assert found == {(303, f"{SETUP}?saved=reopen")}
    assert surrey.send("live", arrest()).status_code == 409
    assert lead.get("/v1/operations/live").json["head"]["seq"] == 7
    assert coordinator.get(f"{SETUP}/close").status_code == 404
    assert change(coordinator, "reopen")[0] == 303
    assert surrey.send("live", arrest()).status_code == 201


@on_sqlite
def test_a_part_is_accepted(coordinator: Visitor, lead: Caller, live: str):
    opened(lead, operation="kent-part", part_of=[live])
    status, page = change(coordinator, "parts", part="nothing")
    assert status == 422
    assert text_of(page).count("Part must be an operation that named this one when it was opened") == 2
    assert change(coordinator, "parts", part="kent-part") == (303, f"{SETUP}?saved=parts")
    status, page = change(coordinator, "parts", part="kent-part")
    assert (status, text_of(page).count("Part must be one that is not accepted yet")) == (422, 2)


@on_sqlite
@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("task", "fields", "said"),
    [
        ("days", {"first-day": "2024-01-01"}, "Last day must be given"),
        ("deadline", {}, "Change something first. Nothing is changed yet"),
        ("places", {"places": ""}, "Enter at least one place"),
        ("places", {"places": "m25, A406"}, "Change something first. Nothing is changed yet"),
        ("marking", {"marking": "OFFICIAL-SENSITIVE"}, "Change something first. Nothing is changed yet"),
        ("forces", {"reports": "events"}, "Choose a force, or name another body"),
        ("forces", {"force": "surrey", "reports": "events"}, "Force must be one that does not take part yet"),
        ("forces", {"name": "Harbour", "reports": "events"}, "Choose what kind of body it is"),
        ("measures", {"label": "dogs"}, "Enter the unit, such as dogs or hours"),
        ("parts", {}, "Enter the short name of the part"),
    ],
)
def test_a_mistake_in_a_change_is_explained(coordinator: Visitor, task: str, fields: dict[str, str], said: str):
    status, page = change(coordinator, task, **fields)
    assert status == 422
    assert "<title>Error: " in page
    assert said in text_of(page)


@on_sqlite
@pytest.mark.usefixtures("live")
def test_days_that_would_leave_an_event_outside_are_refused(coordinator: Visitor, surrey: Caller):
    surrey.record("live", arrest())
    status, page = change(coordinator, "days", **{"first-day": "2040-01-01", "last-day": "2040-01-02"})
    assert status == 422
    assert text_of(page).count("Days must include event 7, or it must be corrected or withdrawn first") == 2


@on_sqlite
@pytest.mark.usefixtures("live")
def test_only_the_coordinator_of_the_operation_sets_it_up(app: Flask, secret_for: SecretFor, client_for: ClientFor):
    for role in ("coordinator", "force", "observer"):
        other = visitor(app, secret_for("surrey", role))
        for call in (SETUP, f"{SETUP}/days", f"{SETUP}/close"):
            assert (other.get(call).status_code, heading(other.get(call))) == (404, "Page not found"), (role, call)
        sent = other.post(f"{SETUP}/close", data={"csrf_token": other.token(), "draft": new_id()}, headers=OWN)
        assert sent.status_code == 404
    assert client_for(LEAD).get("/v1/operations/live").json["head"]["seq"] == 6
