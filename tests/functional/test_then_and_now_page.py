"""Then and now: the figures of an operation at two moments, how much they differ, and who sees that."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories.bodies import arrest, correction, declared, new_id, seizure, withdrawal, yesterday, yesterday_at
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, Pandilla
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.test_operations_page import days
from tests.functional.test_overview_page import PANDILLA, element, page_of, person_of, size_of
from tests.functional.visitors import heading, text_of, visitor

SecretFor = Callable[..., str]
BOTH = f"{PANDILLA}/then-and-now"


@pytest.fixture
def running(lead: Caller) -> str:
    """Return the key of an operation that began yesterday and ends tomorrow."""
    return opened(lead, operation="running", name="Running", **days(-1, 1))


def test_the_figures_of_both_moments_are_those_of_their_own_pages(replayed_pandilla: Pandilla):
    person = person_of(replayed_pandilla)
    page = page_of(person, f"{BOTH}?as_of=2023-01-18T18:00")
    assert element(page, "headline-arrests") == "arrests Then, at least 92 Now 179 +87"
    assert element(page, "headline-cash") == "cash seized Then, at least £3,745 Now £5,700 +£1,955"
    assert element(page, "force-all").startswith("All forces then 92 now 179 +87 then 17 now 30 +13")
    assert "18 January 2023, 6pm , at event " in element(page, "then")
    assert "Say ‘at least’: the day was not over" in element(page, "then")
    assert "the latest, " in element(page, "now")
    assert "These figures are complete" in element(page, "now")
    for force in ("surrey", "metropolitan"):
        then = page_of(person, f"{PANDILLA}?as_of=2023-01-18T18:00")
        now = page_of(person, PANDILLA)
        sides = [element(one, f"force-{force}").split() for one in (then, now)]
        assert {sides[0][-5], sides[1][-5]} <= set(element(page, f"force-{force}").split())
    assert f"at event {size_of(replayed_pandilla)}" in element(page, "position-now")


def test_two_past_moments_are_compared_in_order_however_they_are_given(replayed_pandilla: Pandilla):
    person = person_of(replayed_pandilla)
    page = page_of(person, f"{BOTH}?event=200&to_event=300")
    turned = page_of(person, f"{BOTH}?event=300&to_event=200")
    for id in ("headlines", "by-force", "between", "then", "now"):
        assert element(page, id) == element(turned, id)
    assert element(page, "between").startswith("100 events came in between. Changed: arrests +")
    assert "Later" in element(page, "now")
    assert 'href="/operations/pandilla-2023-01?event=300"' in page
    assert "Show the latest" not in text_of(page)


def test_each_difference_is_said_in_words(app: Flask, secret_for: SecretFor, client_for: ClientFor, running: str):
    surrey, kent = client_for("surrey"), client_for("kent")
    noon = yesterday_at("12:00")
    one, other = arrest(force="surrey", occurred_at=noon), arrest(count=4, force="kent", occurred_at=noon)
    surrey.record(running, one)
    (receipt,) = kent.record(running, other)
    then = receipt["seq"]
    surrey.record(running, withdrawal(one))
    kent.record(running, correction(other, data={"reason": "knife", "count": 6}))
    kent.record(running, seizure(force="kent", occurred_at=yesterday_at("12:00")))
    kent.record(running, declared("complete", day=yesterday(), force="kent"))
    person = visitor(app, secret_for(LEAD))
    page = page_of(person, f"/operations/{running}/then-and-now?event={then}")
    assert element(page, "force-surrey").startswith("Surrey Police then 1 now none yet \N{MINUS SIGN}1 then none yet")
    assert element(page, "force-kent").startswith("Kent Police then 4 now 6 +2")
    assert element(page, "headline-arrests") == "arrests Then, at least 5 Now, at least 6 +1"
    assert "events came in between. Changed: arrests +1" in element(page, "between")
    same = page_of(person, f"/operations/{running}/then-and-now?event={then}&to_event={then}")
    assert element(same, "between") == "0 events came in between. No headline figure changed."
    assert element(same, "force-kent").startswith("Kent Police then 4 later 4 unchanged")


def test_a_figure_leads_to_its_events_at_its_own_moment(replayed_pandilla: Pandilla):
    page = page_of(person_of(replayed_pandilla), f"{BOTH}?event=200").replace("&amp;", "&")
    events = f"{PANDILLA}/events?force=surrey&measure=arrests"
    assert f'href="{events}&event=200"' in page
    assert f'href="{events}"' in page
    assert "/events?" not in page_of(person_of(replayed_pandilla, LEAD, "observer"), f"{BOTH}?event=200")


def test_an_observer_is_told_no_force_that_owes(replayed_pandilla: Pandilla):
    address = f"{BOTH}?as_of=2023-01-19T15:00"
    assert "Surrey Police" not in element(page_of(person_of(replayed_pandilla, LEAD, "observer"), address), "then")
    assert "Surrey Police" in element(page_of(person_of(replayed_pandilla), address), "then")


@on_sqlite
@pytest.mark.parametrize(
    ("query", "explained"),
    [
        ("as_of=x", ("Date and time must be complete, for example 18 January 2023, 6pm", "as_of")),
        ("as_of=2001-01-01T00:00", ("Date and time must be after the operation was opened", "as_of")),
        ("event=5&to_as_of=x", ("Date and time must be complete", "to_as_of")),
        ("event=5&to_event=999", ("Event must be one that has been recorded", "to_as_of")),
        ("event=999&to_event=5", ("Event must be one that has been recorded", "as_of")),
    ],
)
def test_a_moment_that_cannot_be_shown_is_explained(
    app: Flask, secret_for: SecretFor, running: str, query: str, explained: tuple[str, str]
):
    words, field = explained
    answer = visitor(app, secret_for(LEAD)).get(f"/operations/{running}/then-and-now?{query}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert text_of(page).count(words) == 2
    assert f'href="#{field}"' in page
    assert f'id="{field}-error"' in page
    assert "<title>Error: Then and now – Running" in page
    assert heading(answer) == "Running: then and now"


@on_sqlite
def test_without_a_moment_the_page_asks_for_one(app: Flask, secret_for: SecretFor, running: str):
    page = page_of(visitor(app, secret_for(LEAD)), f"/operations/{running}/then-and-now?as_of=&to_as_of=")
    assert "Choose a moment to see its figures beside the latest." in text_of(page)


@on_sqlite
def test_a_whole_is_compared_by_moments_alone(app: Flask, lead: Caller, client_for: ClientFor, secret_for: SecretFor):
    opened(lead, operation="whole", name="Whole", **days(-1, 1))
    opened(lead, operation="part", name="Part", part_of=["whole"], **days(-1, 1))
    assert lead.change("whole", "parts", id=new_id(), part="part").status_code == 201
    (receipt,) = client_for("surrey").record("part", arrest(force="surrey", occurred_at=yesterday_at("12:00")))
    page = page_of(visitor(app, secret_for(LEAD)), f"/operations/whole/then-and-now?as_of={receipt['recorded_at']}")
    assert element(page, "headline-arrests") == "arrests Then, at least 1 Now, at least 1 unchanged"
    assert "came in between" not in page
    assert 'name="event"' not in page


@on_sqlite
def test_another_force_finds_no_such_page(app: Flask, secret_for: SecretFor, running: str):
    assert visitor(app, secret_for("cumbria")).get(f"/operations/{running}/then-and-now?event=1").status_code == 404


def test_the_overview_leads_to_the_comparison(replayed_pandilla: Pandilla):
    page = page_of(person_of(replayed_pandilla), f"{PANDILLA}?event=200")
    assert f'formaction="{BOTH}"' in page
    assert "Event 200 of" in text_of(page)
    assert element(page, "event-moment") == "18 January 2023, 10:17pm"
