"""The overview of an operation: its figures with their doubts, who is outstanding, and how it was at a past moment."""

import gzip
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from service.access.credentials import Credential
from service.storage.db import Database
from service.usecases.overview.operation import read_overview
from service.usecases.querying.as_of import Moment
from tests.factories.bodies import arrest, declared, hours_ago, new_id, seizure, today, yesterday, yesterday_at
from tests.factories.credentials import issued_secret
from tests.factories.operations import opened_operation
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, Pandilla
from tests.functional.calls import Caller, feed_events, on_sqlite
from tests.functional.conftest import opened
from tests.functional.test_operations_page import days
from tests.functional.visitors import Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
CredentialFor = Callable[..., Credential]
PANDILLA = "/operations/pandilla-2023-01"


def element(page: str, id: str) -> str:
    """Return the text of the element with this id."""
    found = re.search(rf'<(\w+)[^>]*\sid="{re.escape(id)}"[^>]*>(.*?)</\1>', page, re.DOTALL)
    assert found is not None, f"no {id}"
    return text_of(found[2])


def page_of(person: Visitor, address: str) -> str:
    answer = person.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def size_of(pandilla: Pandilla) -> int:
    """Return the size of the log now: another test publishes its figures once more."""
    return int(pandilla.lead.totals(pandilla.operation)["log_size"])


def person_of(pandilla: Pandilla, force: str = LEAD, role: str | None = None) -> Visitor:
    return visitor(pandilla.app, issued_secret(pandilla.database, force, role))


@pytest.fixture
def running(lead: Caller) -> str:
    """Return the key of an operation that began yesterday and ends tomorrow."""
    return opened(lead, operation="running", name="Running", **days(-1, 1))


def declare(force: Caller, operation: str, name: str, status: str, **data: object) -> None:
    force.record(operation, declared(status, day=yesterday(), force=name, **data))


# --- the figures


def test_the_figures_are_those_of_the_totals(replayed_pandilla: Pandilla):
    page = page_of(person_of(replayed_pandilla), PANDILLA)
    shown = {name: element(page, f"headline-{name}") for name in ("arrests", "weapons", "vehicles", "cash")}
    assert shown == {
        "arrests": "179 arrests",
        "weapons": "30 knives and weapons recovered",
        "vehicles": "66 vehicle seizures",
        "cash": "£5,700 cash seized",
    }
    rows = dict(replayed_pandilla.lead.figures("pandilla-2023-01", "force", "display", by="force", measure="arrests"))
    for force, display in rows.items():
        assert display in element(page, f"force-{force}").split()
    assert element(page, "force-all") == "All forces 179 30 40 66 £5,700"
    assert element(page, "completeness") == "These figures are complete: every force has declared every day."
    assert element(page, "state") == "Closed 23 January 2023"


def test_a_past_moment_shows_the_page_as_it_was(replayed_pandilla: Pandilla):
    person, size = person_of(replayed_pandilla), size_of(replayed_pandilla)
    page = page_of(person, f"{PANDILLA}?as_of=2023-01-18T18:00")
    assert element(page, "headline-arrests") == "at least 92 arrests"
    assert element(page, "headline-cash") == "at least £3,745 cash seized"
    assert "As it was on 18 January 2023, 6pm" in element(page, "freshness")
    assert element(page, "state") == "Running, day 2 of 3"
    assert element(page, "completeness").startswith("Say ‘at least’: the day was not over")
    assert "Not begun" in element(page, "return-surrey-2023-01-19")
    assert "To do" not in text_of(page)
    assert 'method="post" action="/operations' not in page
    assert 'src="/static/live' not in page
    assert element(page, "position").startswith("All figures on this page are true at event ")
    by_seq = page_of(person, f"{PANDILLA}?event=100")
    assert f"at event 100 of {size}" in element(by_seq, "freshness")


def test_the_same_past_moment_is_the_same_page_for_ever(replayed_pandilla: Pandilla):
    person = person_of(replayed_pandilla)
    first, second = (page_of(person, f"{PANDILLA}?as_of=2023-01-18T18:00:00Z") for _ in range(2))
    # The footer says when the session ends as well.
    assert first.partition("<footer")[0] == second.partition("<footer")[0]
    assert element(first, "position") == element(second, "position")


@on_sqlite
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("as_of=2999-01-01T00:00", "Date and time must be complete"),
        ("as_of=2199-01-01T00:00", "Date and time must be in the past"),
        ("as_of=2001-01-01T00:00", "Date and time must be after the operation was opened"),
        ("as_of=%3Cscript%3E", "Date and time must be complete, for example 18 January 2023, 6pm"),
        ("event=99", "Event must be one that has been recorded"),
        ("event=x", "Event must be a number"),
    ],
)
def test_a_moment_that_cannot_be_shown_is_explained(
    app: Flask, secret_for: SecretFor, running: str, query: str, words: str
):
    answer = visitor(app, secret_for(LEAD)).get(f"/operations/{running}?{query}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text_of(page).count(words) == 2
    assert "<title>Error: Running" in page
    assert "<script>" not in page.split("</script>", 1)[1]
    assert heading(answer) == "Running"


# --- doubts


def test_what_nobody_has_spoken_of_is_no_nought(app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str):
    client_for("surrey").record(running, arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    declare(client_for("kent"), running, "kent", "nil")
    page = page_of(visitor(app, secret_for(LEAD)), f"/operations/{running}")
    assert "none yet" in element(page, "force-surrey")
    assert "Owes" in element(page, "force-surrey")
    assert element(page, "headline-arrests") == "at least 1 arrests"
    assert element(page, "headline-cash") == "none yet cash seized"
    completeness = element(page, "completeness")
    assert completeness.startswith("Say ‘at least’: today is not over, and 3 returns for ")
    assert "Surrey Police" in completeness
    assert "Kent Police" not in completeness


def test_each_state_of_a_return_has_its_words(app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str):
    surrey, kent = client_for("surrey"), client_for("kent")
    declare(surrey, running, "surrey", "complete")
    declare(kent, running, "kent", "partial", measures=["arrests"])
    person = visitor(app, secret_for(LEAD))
    page = page_of(person, f"/operations/{running}")
    assert element(page, f"return-surrey-{yesterday()}").startswith("Complete ")
    assert element(page, f"return-kent-{yesterday()}").startswith("Partial ")
    assert element(page, f"return-all-{yesterday()}") == "1 of 4"
    assert "No return" in page
    surrey.record(running, arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    page = page_of(person, f"/operations/{running}")
    assert element(page, f"return-surrey-{yesterday()}").startswith("Reopened changed since")
    assert "reopened" in element(page, "force-surrey")
    assert element(page, f"return-surrey-{today()}") == "Day not over"
    assert element(page, f"return-surrey-{date.fromisoformat(today()) + timedelta(days=1)}") == "Not begun"
    assert "Chase returns for" in element(page, "to-do")


# --- who sees what


def test_an_observer_sees_figures_but_no_returns_and_no_events(replayed_pandilla: Pandilla):
    page = page_of(person_of(replayed_pandilla, LEAD, "observer"), f"{PANDILLA}?as_of=2023-01-19T15:00")
    text = text_of(page)
    assert element(page, "headline-arrests") == "at least 145 arrests"
    assert element(page, "completeness").startswith("Say ‘at least’: the day was not over, and 4 returns for 2 days")
    for word in ("Owes", "Latest", "To do", "Reopened", "Complete or nil", "Surrey Police and"):
        assert word not in text, word
    assert 'id="return-' not in page


@on_sqlite
def test_an_observer_is_not_even_given_what_its_page_leaves_out(database: Database, credential_for: CredentialFor):
    operation = opened_operation(database)
    for role, is_given in (("observer", False), ("force", True)):
        who = credential_for("surrey", role=role)
        found = read_overview(database, operation=operation.name, credential=who, moment=Moment())
        assert (found.latest is not None, found.shows_returns) == (is_given, is_given)


def test_a_force_sees_its_own_events_only(app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str):
    client_for("surrey").record(running, arrest("knife", force="surrey", occurred_at=yesterday_at("12:00")))
    client_for("kent").record(running, arrest("fraud", force="kent", occurred_at=yesterday_at("12:00")))
    surrey = page_of(visitor(app, secret_for("surrey")), f"/operations/{running}")
    assert "1 arrest, knife" in element(surrey, "latest")
    assert "fraud" not in element(surrey, "latest")
    assert element(surrey, "headline-arrests") == "at least 2 arrests"
    assert "Declare your return for" in element(surrey, "to-do")
    assert "Chase" not in element(surrey, "to-do")
    everything = element(page_of(visitor(app, secret_for(LEAD)), f"/operations/{running}"), "latest")
    assert "Kent Police: 1 arrest, fraud" in everything


@on_sqlite
def test_a_coordinator_of_another_force_is_a_force_here(app: Flask, secret_for: SecretFor, running: str):
    page = page_of(visitor(app, secret_for("surrey", "coordinator")), f"/operations/{running}")
    assert "Chase" not in page


@on_sqlite
def test_with_one_running_operation_a_person_lands_on_it(app: Flask, lead: Caller, secret_for: SecretFor, running: str):
    opened(lead, operation="past", name="Past", **days(-9, -8))
    assert visitor(app, secret_for(LEAD)).get("/").location == f"/operations/{running}"


@on_sqlite
def test_an_operation_without_events_says_what_will_be_there(app: Flask, lead: Caller, secret_for: SecretFor):
    opened(lead, operation="coming", name="Coming", **days(5, 6))
    page = page_of(visitor(app, secret_for("surrey")), "/operations/coming")
    assert "Nothing recorded yet" in element(page, "latest")
    assert element(page, "completeness") == "The operation has not begun."
    assert "Begins" in element(page, "state")


@on_sqlite
def test_a_whole_shows_the_figures_of_its_parts(app: Flask, lead: Caller, client_for: ClientFor, secret_for: SecretFor):
    opened(lead, operation="whole", name="Whole", **days(-1, 1))
    opened(lead, operation="part", name="Part", part_of=["whole"], **days(-1, 1))
    accepted = lead.change("whole", "parts", id="018d1a2b-0000-7000-8000-00000000b002", part="part")
    assert accepted.status_code == 201, accepted.json
    client_for("surrey").record("part", arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    page = page_of(visitor(app, secret_for(LEAD)), "/operations/whole")
    assert element(page, "headline-arrests") == "at least 1 arrests"
    assert 'name="event"' not in page, "a whole has no single event"


@on_sqlite
def test_a_publication_under_embargo_is_shown_to_the_coordinator_alone(
    app: Flask, lead: Caller, secret_for: SecretFor, running: str
):
    fields = {"id": new_id(), "label": "provisional", "embargo_until": hours_ago(-2)}
    assert lead.change(running, "publications", **fields).status_code == 201
    assert "published provisional figures" in page_of(visitor(app, secret_for(LEAD)), f"/operations/{running}")
    for role in ("force", "observer"):
        page = page_of(visitor(app, secret_for(LEAD, role)), f"/operations/{running}")
        assert "ublished" not in page, role


# --- the feed behind the page


def test_the_feed_says_that_the_log_has_grown_and_nothing_else(
    app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str
):
    for person in (visitor(app, secret_for("surrey")), visitor(app, secret_for("surrey", "observer"))):
        client_for("kent").record(running, arrest(force="kent", occurred_at=yesterday_at("12:00")))
        page = page_of(person, f"/operations/{running}")
        (address,) = re.findall(r'data-feed="([^"]*)"', page)
        client_for("kent").record(running, seizure(force="kent", occurred_at=yesterday_at("12:00")))
        with person.get(address, buffered=False) as feed:
            assert feed.content_type == "text/event-stream"
            events = feed_events(feed.response)
            hello, head = next(events), next(events)
        seq = int(address.split("=")[1].partition("-")[0]) + 1
        assert (hello["event"], head["event"], head["data"]) == ("hello", "head", str(seq))
        assert (set(head), head["id"].partition("-")[0]) == ({"id", "event", "data"}, str(seq))


def test_the_feed_ends_with_the_session(app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str):
    person = visitor(app, secret_for("surrey"))
    (address,) = re.findall(r'data-feed="([^"]*)"', page_of(person, f"/operations/{running}"))
    with person.get(address, buffered=False) as feed:
        events = feed_events(feed.response)
        assert next(events)["event"] == "hello"
        person.send("/sign-out")
        client_for("kent").record(running, arrest(force="kent", occurred_at=yesterday_at("12:00")))
        assert [event["event"] for event in events] == ["bye"]


@on_sqlite
@pytest.mark.parametrize("query", ["", "?after=", "?after=x", "?after=-1", "?after=%C2%B2", "?after=" + "9" * 30])
def test_a_feed_from_nowhere_does_not_exist(app: Flask, secret_for: SecretFor, running: str, query: str):
    assert visitor(app, secret_for(LEAD)).get(f"/operations/{running}/live{query}").status_code == 404


@on_sqlite
def test_a_feed_from_beyond_the_log_is_refused(app: Flask, secret_for: SecretFor, running: str):
    assert visitor(app, secret_for(LEAD)).get(f"/operations/{running}/live?after=99").status_code == 422


# --- size


@on_sqlite
def test_the_page_is_small(app: Flask, secret_for: SecretFor, running: str):
    person = visitor(app, secret_for(LEAD))
    page = page_of(person, f"/operations/{running}")
    loaded = set(re.findall(r'"(/static/[^"]+)"', page))
    sizes = [len(person.get(one, headers={"Accept-Encoding": "gzip"}).get_data()) for one in loaded]
    assert len(gzip.compress(page.encode())) + sum(sizes) < 60_000


# --- by hour


def test_the_arrests_by_hour_are_those_of_the_totals(replayed_pandilla: Pandilla):
    page = page_of(person_of(replayed_pandilla), f"{PANDILLA}?as_of=2023-01-18T18:30")
    found = replayed_pandilla.lead.figures(
        "pandilla-2023-01", "hour", "quantity", by="hour", measure="arrests", as_of="2023-01-18T18:30:00Z"
    )
    quantities = {hour: quantity for hour, quantity in found if hour is not None}
    bars = re.findall(r'<rect class="bar__fill" x="(\d+).1" y="(\d+)" width=".8" height="(\d+)"', page)
    begins = datetime(2023, 1, 17, tzinfo=UTC)
    drawn = {
        (begins + timedelta(hours=int(place))).isoformat().replace("+00:00", "Z"): int(height)
        for place, _top, height in bars
    }
    assert drawn == quantities
    assert {int(top) + int(height) for _place, top, height in bars} == {max(quantities.values())}
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="number">(\d+)</td><td class="number">(\d+)</td>', page)
    assert [int(quantity) for _hour, quantity, _total in rows] == list(quantities.values())
    assert rows[0][0].startswith("Tue 17 Jan, 7am to 8am")
    assert int(rows[-1][2]) == sum(quantities.values()) == 93
    assert "Most in one hour: 9, on Tuesday 17 January from 11pm to midnight." in element(page, "by-hour")


@on_sqlite
def test_the_hour_that_is_not_over_is_outlined_and_arrests_without_a_time_are_counted_beneath(
    app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str
):
    surrey = client_for("surrey")
    person = visitor(app, secret_for(LEAD))
    assert "No arrest has an hour yet." in element(page_of(person, f"/operations/{running}"), "by-hour")
    surrey.record(running, arrest(force="surrey", occurred_at=hours_ago(0)))
    surrey.record(running, arrest(force="surrey", count=2, occurred_on=yesterday(), occurred_at=None))
    page = page_of(person, f"/operations/{running}")
    assert page.count('<rect class="chart__running"') == 1
    assert "The outlined column is the hour that is not over." in element(page, "by-hour")
    assert "2 arrests more have no time, so no column." in text_of(page)


@on_sqlite
def test_only_the_lead_force_sees_hours(app: Flask, secret_for: SecretFor, running: str):
    address, file = f"/operations/{running}", f"/operations/{running}/tables/by-hour.csv"
    for force, role, is_shown in ((LEAD, "observer", True), ("surrey", "force", False), ("surrey", "observer", False)):
        person = visitor(app, secret_for(force, role))
        assert ("by-hour" in page_of(person, address)) == is_shown
        assert person.get(file).status_code == (200 if is_shown else 404)


@on_sqlite
@pytest.mark.parametrize(("zone_change", "hours"), [("2024-03-31", 23), ("2024-10-27", 25)])
def test_a_day_on_which_clocks_change_has_its_own_number_of_hours(
    app: Flask, lead: Caller, secret_for: SecretFor, zone_change: str, hours: int
):
    day = date.fromisoformat(zone_change)
    spans = {"starts_at": f"{day - timedelta(days=1)}T12:00:00Z", "ends_at": f"{day + timedelta(days=1)}T12:00:00Z"}
    opened(lead, operation="clocks", name="Clocks", imported=True, recorded_at="2024-01-02T00:00:00Z", **spans)
    event = arrest(force="surrey", occurred_at=f"{day}T22:30:00Z", recorded_at=f"{day}T22:40:00Z")
    lead.record("clocks", event)
    page = page_of(visitor(app, secret_for(LEAD)), "/operations/clocks")
    assert f'viewBox="0 0 {24 + hours + 24} 1"' in page
    local = "11pm to midnight" if hours == 25 - 2 else "10pm to 11pm"
    assert local in element(page, "by-hour")


@on_sqlite
def test_the_hours_of_a_long_operation_are_left_out_and_those_of_a_long_log_asked_for(
    app: Flask,
    lead: Caller,
    secret_for: SecretFor,
    running: str,
    monkeypatch: pytest.MonkeyPatch,
):
    opened(lead, operation="weeks", name="Weeks", **days(-20, 1))
    person = visitor(app, secret_for(LEAD))
    assert "by hour" not in text_of(page_of(person, "/operations/weeks?by=hour"))
    monkeypatch.setattr("service.usecases.overview.operation.MOST_EVENTS_BY_HOUR", 3)
    page = page_of(person, f"/operations/{running}?event=4")
    assert "Show arrests by hour . The log is long" in text_of(page)
    (address,) = re.findall(r'href="([^"]*by=hour[^"]*)"', page)
    assert "No arrest has an hour yet." in element(page_of(person, address.replace("&amp;", "&")), "by-hour")
