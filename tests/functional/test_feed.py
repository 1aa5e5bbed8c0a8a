"""The live feed: recorded events reach those who may read them, in order, without gaps or duplicates."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from service.access.credentials import credentials, digest
from service.api.http.blueprint import DATABASE_EXTENSION
from service.app import CLOSING_EXTENSION
from service.eventlog.cursors import Cursor
from service.storage.db import Database
from tests.factories.bodies import arrest, declared, hours_ago, new_id, opening, seizure
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, running_app, with_secret
from tests.functional.calls import NDJSON, Caller, feed_events, on_sqlite, refused
from tests.functional.served import Served, answer, serving, wait_until

SETUP = 6
BYE = {"event": "bye", "data": "{}"}


class Feed:
    """An open feed, whose events are awaited one by one."""

    def __init__(self, response: TestResponse) -> None:
        assert (response.status_code, response.mimetype) == (200, "text/event-stream"), response.json
        self.response = response
        self.events = feed_events(response.iter_encoded())

    def take(self, count: int) -> list[dict[str, Any]]:
        return list(islice(self.events, count))

    def seqs(self, count: int) -> list[int]:
        return [int(event["id"].partition("-")[0]) for event in self.take(count)]


@pytest.fixture
def feed_of() -> Iterator[Callable[..., Feed]]:
    """Return a function that opens a feed: `feed_of(surrey, live, after=7)`. All feeds are closed at the end."""
    opened: list[Feed] = []

    def feed_of(caller: Caller, operation: str, after: int | str | None = None) -> Feed:
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        opened.append(Feed(caller.get(f"/v1/operations/{operation}/feed", headers=headers)))
        return opened[-1]

    yield feed_of
    for feed in opened:
        feed.response.close()


@pytest.fixture
def narrow(database: Database) -> Iterator[Flask]:
    """Return the app as a process that serves two feeds at once."""
    with running_app(database, feed_subscribers=2) as app:
        yield app


FeedOf = Callable[..., Feed]


def test_new_events_are_sent_as_stored(live: str, surrey: Caller, feed_of: FeedOf):
    surrey.record(live, arrest())
    feed = feed_of(surrey, live)
    (receipt,) = surrey.record(live, seizure(place="m25"))
    (event,) = feed.take(1)
    lines = surrey.get(f"/v1/operations/{live}/events?after=7", headers={"Accept": NDJSON}).get_data(as_text=True)
    cursor = f"{receipt['seq']}-{receipt['root'][:16]}"
    assert event == {"id": cursor, "event": "seizure.recorded", "data": lines.strip()}
    assert feed.response.headers["Cache-Control"] == "no-cache"


def test_a_feed_resumes_after_the_last_event_seen(live: str, surrey: Caller, feed_of: FeedOf):
    surrey.record(live, *(arrest() for _ in range(4)))
    feed = feed_of(surrey, live, after=8)
    assert feed.seqs(2) == [9, 10]
    surrey.record(live, arrest(), declared())
    assert feed.seqs(1) == [11]
    feed.response.close()
    again = feed_of(surrey, live, after=11)
    surrey.record(live, arrest())
    assert again.seqs(2) == [12, 13]


@on_sqlite
def test_a_queue_that_continues_what_a_feed_has_sent_is_not_checked_in_the_log(
    live: str, surrey: Caller, feed_of: FeedOf, monkeypatch: pytest.MonkeyPatch
):
    """A feed that began earlier than the others has read on by itself, so that its queue may be of another history."""
    surrey.record(live, arrest())
    latest, earlier = feed_of(surrey, live), feed_of(surrey, live, SETUP)
    assert earlier.seqs(1) == [SETUP + 1]
    checked: list[Cursor] = []
    monkeypatch.setattr(
        "service.usecases.querying.feed.require_unchanged", lambda _connection, _operation, one: checked.append(one)
    )
    surrey.record(live, arrest())
    assert latest.seqs(1) == earlier.seqs(1) == [SETUP + 2]
    assert checked == [], "both have sent the event after which the queue was read"
    behind = feed_of(surrey, live, SETUP)
    surrey.record(live, arrest())
    assert behind.seqs(3) == [SETUP + 1, SETUP + 2, SETUP + 3]


def test_a_force_receives_its_own_events_and_the_coordinator_all(
    live: str, lead: Caller, surrey: Caller, client_for: ClientFor, feed_of: FeedOf
):
    from_the_start = feed_of(lead, live, after=0)
    assert from_the_start.seqs(SETUP) == list(range(1, SETUP + 1))
    feeds = [feed_of(client_for("kent"), live, after=0), feed_of(surrey, live)]
    lead.record(live, arrest(), arrest(force="kent"), arrest(), arrest(force="kent"))
    assert from_the_start.seqs(4) == [7, 8, 9, 10]
    assert [feed.seqs(2) for feed in feeds] == [[8, 10], [7, 9]]


def test_a_reader_that_falls_behind_misses_nothing(live: str, surrey: Caller, lead: Caller, feed_of: FeedOf):
    feed, other = feed_of(surrey, live, after=SETUP), feed_of(lead, live)
    # More events than are buffered for one reader arrive before it takes the first.
    for _ in range(3):
        assert surrey.batch(live, [arrest() for _ in range(1_000)]).status_code == 201
    assert other.seqs(3_000) == feed.seqs(3_000) == list(range(SETUP + 1, SETUP + 3_001))
    surrey.record(live, arrest())
    assert other.seqs(1) == feed.seqs(1) == [SETUP + 3_001]


def test_a_feed_leaves_out_a_publication_under_embargo(live: str, lead: Caller, client_for: ClientFor, feed_of: FeedOf):
    officer = client_for(LEAD, "force")
    feeds = [feed_of(officer, live), feed_of(lead, live)]
    for embargo in (hours_ago(-1), hours_ago(1)):
        body = {"id": new_id(), "label": "provisional", "embargo_until": embargo}
        assert lead.change(live, "publications", **body).status_code == 201
    assert feeds[1].seqs(2) == [SETUP + 1, SETUP + 2]
    # From the queue, and from the log.
    assert feeds[0].seqs(1) == feed_of(officer, live, after=SETUP).seqs(1) == [SETUP + 2]


def test_two_operations_have_two_feeds(live: str, lead: Caller, client_for: ClientFor, feed_of: FeedOf):
    lead.post("/v1/operations", json=opening(operation="other"))
    kent = client_for("kent")
    feeds = [feed_of(kent, live), feed_of(kent, "other")]
    kent.record("other", arrest(force="kent"))
    kent.record(live, arrest(force="kent", place="m25"))
    (event,), (other,) = feeds[0].take(1), feeds[1].take(1)
    assert (json.loads(event["data"])["operation"], json.loads(other["data"])["operation"]) == (live, "other")


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_a_feed_ends_when_its_credential_does(
    live: str, surrey: Caller, client_for: ClientFor, feed_of: FeedOf, column: str
):
    database: Database = surrey.application.extensions[DATABASE_EXTENSION]
    secret = surrey.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    feeds = [feed_of(surrey, live), feed_of(surrey, live), feed_of(client_for("surrey"), live)]
    with database.writing() as connection:
        a_moment_ago = database.now(connection) - timedelta(seconds=1)
        mine = credentials.c.digest == digest(secret)
        connection.execute(sa.update(credentials).where(mine).values({column: a_moment_ago}))
    assert [list(feed.events) for feed in feeds[:2]] == [[BYE], [BYE]]
    client_for("surrey").record(live, arrest())
    assert feeds[2].seqs(1) == [7]


def test_a_stopping_service_ends_its_feeds_with_bye(live: str, surrey: Caller, feed_of: FeedOf):
    feed = feed_of(surrey, live, after=SETUP)
    surrey.record(live, arrest())
    assert feed.seqs(1) == [7]
    surrey.application.extensions[CLOSING_EXTENSION].set()
    assert list(feed.events) == [BYE]
    refused(surrey.get(f"/v1/operations/{live}/feed"), 503, "too_many_feeds")


def test_a_process_limits_its_number_of_feeds(
    live: str, narrow: Flask, secret_for: Callable[..., str], feed_of: FeedOf
):
    surrey = with_secret(narrow, secret_for("surrey"))
    first, _second = feed_of(surrey, live), feed_of(surrey, live)
    response = surrey.get(f"/v1/operations/{live}/feed")
    refused(response, 503, "too_many_feeds")
    assert int(response.headers["Retry-After"]) > 0
    # Other calls are still answered, and closing a feed makes room for another.
    surrey.record(live, arrest())
    first.response.close()
    assert feed_of(surrey, live, after=SETUP).seqs(1) == [7]


def test_one_credential_or_force_cannot_take_all_places(
    live: str, database: Database, secret_for: Callable[..., str], feed_of: FeedOf
):
    with running_app(database, feed_subscribers=12) as app:
        first, second, kent = (with_secret(app, secret_for(force)) for force in ("surrey", "surrey", "kent"))
        for caller, places in ((first, 3), (second, 3)):
            assert len([feed_of(caller, live) for _ in range(places)]) == places
            refused(caller.get(f"/v1/operations/{live}/feed"), 503, "too_many_feeds")
        third = with_secret(app, secret_for("surrey"))
        problem = refused(third.get(f"/v1/operations/{live}/feed"), 503, "too_many_feeds")
        assert "at most 6 live feeds of one force" in problem["detail"]
        assert feed_of(kent, live)


def test_a_feed_closed_before_its_first_event_makes_room(
    live: str, narrow: Flask, secret_for: Callable[..., str], feed_of: FeedOf
):
    surrey = with_secret(narrow, secret_for("surrey"))
    for _ in range(5):
        assert surrey.head(f"/v1/operations/{live}/feed").status_code == 200
        surrey.get(f"/v1/operations/{live}/feed").close()
        begun = surrey.get(f"/v1/operations/{live}/feed")
        assert next(begun.iter_encoded()).startswith(b"retry: ")
        begun.close()
    feeds = [feed_of(surrey, live), feed_of(surrey, live)]
    surrey.record(live, arrest())
    assert [feed.seqs(1) for feed in feeds] == [[7], [7]]


def test_a_feed_begins_at_an_existing_seq(live: str, surrey: Caller):
    for wrong in ("-1", "1.0", "x", "", "9" * 19, "\N{SUPERSCRIPT TWO}"):
        response = surrey.get(f"/v1/operations/{live}/feed", headers={"Last-Event-ID": wrong})
        refused(response, 422, "wrong_fields", "/Last-Event-ID")
    response = surrey.get(f"/v1/operations/{live}/feed", headers={"Last-Event-ID": "7"})
    refused(response, 422, "as_of_beyond_log", "/Last-Event-ID")


# --- through a real server


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    """Return a server that serves two feeds at once, with a live operation."""
    with serving(database_url, feed_subscribers=2) as served:
        yield served


def test_a_served_feed_streams_and_ends_when_the_server_stops(served: Served, database: Database):
    lead, surrey = issued_secret(database, "metropolitan"), issued_secret(database, "surrey")
    served.request("POST", "/v1/operations", lead, opening())
    feed = served.request("GET", "/v1/operations/live/feed", surrey)
    assert (feed.status, feed.headers["Content-Type"]) == (200, "text/event-stream")
    first = served.request("GET", "/v1/operations/live/feed", surrey, Last_Event_ID="0")
    full = served.request("GET", "/v1/operations/live/feed", surrey)
    assert full.status == 503
    assert answer(full)["code"] == "too_many_feeds"

    sent = [arrest(), arrest()]
    for event in sent:
        assert served.request("POST", "/v1/operations/live/events", surrey, event).status == 201
    for stream in (feed, first):
        found = [json.loads(event["data"])["id"] for event in islice(feed_events(stream), 2)]
        assert found == [event["id"] for event in sent]

    # A closed connection is noticed at the next event, and makes room for another feed.
    first.close()

    def has_room() -> bool:
        served.request("POST", "/v1/operations/live/events", surrey, arrest())
        response = served.request("GET", "/v1/operations/live/feed", surrey)
        response.close()
        return response.status == 200

    wait_until(has_room)
    assert served.stop() == 0
    assert list(feed_events(feed))[-1] == BYE
