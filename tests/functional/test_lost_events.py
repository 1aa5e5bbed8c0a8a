"""A database that loses its newest events, and then records others: feeds and cursors notice."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.eventlog.known_logs import known_logs
from service.eventlog.tree import Tree, leaf_hash
from service.storage.db import Database, open_database
from tests.factories.bodies import arrest, opening
from tests.factories.credentials import issued_secret
from tests.factories.fallback import saved_copy
from tests.functional.apps import running_app, with_secret
from tests.functional.calls import NDJSON, Caller, feed_events, refusal, refused
from tests.functional.served import Served, serving
from tests.functional.visitors import visitor

SETUP = 6
KEPT, LOST = SETUP + 1, SETUP + 5


@pytest.fixture
def other_app(database_url: str) -> Iterator[Flask]:
    """Return the app as another process sees it: it shares nothing but the database."""
    other = open_database(database_url)
    with running_app(other) as app:
        yield app
    other.engine.dispose()


@pytest.fixture
def lose(live: str, surrey: Caller, database: Database, tmp_path: Path) -> Callable[[], None]:
    """Record seqs 7 to 11 and return the function by which the database loses all after 7."""
    surrey.record(live, arrest())
    restore = saved_copy(database, tmp_path)
    surrey.record(live, *(arrest() for _ in range(LOST - KEPT)))
    return restore


def opened_feed(caller: Caller, operation: str, after: str) -> Iterator[dict[str, Any]]:
    response = caller.get(f"/v1/operations/{operation}/feed", headers={"Last-Event-ID": after})
    assert response.status_code == 200, response.json
    return feed_events(response.iter_encoded())


def some(events: Iterator[dict[str, Any]], count: int) -> list[str]:
    return [next(events)["id"] for _ in range(count)]


def seqs(ids: list[str]) -> list[int]:
    return [int(one.split("-")[0]) for one in ids]


def reset_of(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Return the problem with which a feed ends; nothing comes before or after it."""
    (last,) = events
    assert (last["event"], "id" in last) == ("reset", False)
    return refusal(json.loads(last["data"]), 409, "history_changed")


@pytest.mark.parametrize("recorded", [0, 1, 4, 9])
def test_an_open_feed_ends_once_the_log_has_lost_what_it_sent(
    live: str, surrey: Caller, lose: Callable[[], None], other_app: Flask, recorded: int
):
    feed = opened_feed(surrey, live, "7")
    ids = some(feed, 4)
    assert seqs(ids) == [8, 9, 10, 11]
    secret = surrey.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    lose()
    with_secret(other_app, secret).record(live, *(arrest() for _ in range(recorded)))
    problem = reset_of(feed)
    assert problem["after"] == ids[-1]
    assert "read the log again from the beginning (after=0)" in problem["detail"]


def test_a_feed_that_sent_nothing_lost_goes_on(live: str, surrey: Caller, lead: Caller, lose: Callable[[], None]):
    feeds = [opened_feed(surrey, live, "0"), opened_feed(lead, live, "0")]
    assert seqs(some(feeds[0], 5)) == [7, 8, 9, 10, 11]
    ids = some(feeds[1], LOST)
    lose()
    for feed in feeds:
        reset_of(feed)
    # From a seq before those lost, with its root: the histories are the same up to there.
    again = opened_feed(lead, live, ids[KEPT - 1])
    surrey.record(live, arrest(), arrest())
    fresh = some(again, 2)
    assert seqs(fresh) == [8, 9]
    assert not set(fresh) & set(ids)


def test_a_cursor_of_another_history_is_refused_and_a_bare_seq_is_not(
    live: str, surrey: Caller, lose: Callable[[], None]
):
    ids = some(opened_feed(surrey, live, "7"), 4)
    lose()
    address = f"/v1/operations/{live}/feed"
    # Right after the loss, when the log is shorter, and when it is longer again.
    for _ in range(2):
        problem = refused(
            surrey.get(address, headers={"Last-Event-ID": ids[-1]}), 409, "cursor_of_another_history", "/Last-Event-ID"
        )
        assert "Read the log again from the beginning (after=0)" in problem["detail"]
        surrey.record(live, *(arrest() for _ in range(6)))
    feed = opened_feed(surrey, live, "11")
    assert seqs(some(feed, 2)) == [12, 13]


@pytest.mark.parametrize("accept", ["application/json", NDJSON, "text/csv"])
def test_pages_and_lines_go_on_from_a_cursor_of_this_history_alone(
    live: str, surrey: Caller, lose: Callable[[], None], accept: str
):
    def read(after: str) -> Any:
        return surrey.get(f"/v1/operations/{live}/events?after={after}", headers={"Accept": accept})

    first = surrey.get(f"/v1/operations/{live}/events?after=7&limit=2").json
    last = surrey.get(f"/v1/operations/{live}/events", query_string={"after": first["cursor"]}).json
    assert (first["next"], seqs([first["cursor"], last["cursor"]])) == (9, [9, 11])
    assert (last["next"], [one["seq"] for one in last["events"]]) == (None, [10, 11])
    (receipt,) = surrey.record(live, arrest())
    root = receipt["root"]
    assert read(f"12-{root}").status_code == read(f"12-{root[:8]}").status_code == 200
    for wrong in ("12-", f"12-{root[:7]}", "12-XXXXXXXX", f"12-{root}0"):
        refused(read(wrong), 422, "wrong_fields", "/after")
    lose()
    surrey.record(live, *(arrest() for _ in range(6)))
    for cursor in (first["cursor"], last["cursor"]):
        refused(read(cursor), 409, "cursor_of_another_history", "/after")
    assert read("11").status_code == 200


def test_a_page_is_told_to_load_again(live: str, surrey: Caller, lose: Callable[[], None], app: Flask):
    lose()
    person = visitor(app, surrey.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer "))
    (address,) = re.findall(r'data-feed="([^"]*)"', person.get(f"/operations/{live}").get_data(as_text=True))
    assert re.search(r"after=7-[0-9a-f]{16}$", address)
    lost = re.sub(r"7-.*", "11-0123456789abcdef", address)
    with person.get(lost, buffered=False) as feed:
        assert [event["event"] for event in feed_events(feed.response)] == ["reset"]


def test_receipts_after_the_loss_prove_the_log_as_it_is(
    live: str, surrey: Caller, lead: Caller, database: Database, lose: Callable[[], None]
):
    lose()
    assert known_logs(database)._logs[live].seq == LOST
    receipts = surrey.record(live, arrest())
    assert known_logs(database)._logs[live].seq == KEPT + 1
    receipts += surrey.record(live, *(arrest() for _ in range(5)))
    lines = lead.get(f"/v1/operations/{live}/events", headers={"Accept": NDJSON}).get_data(as_text=True).splitlines()
    tree, roots = Tree(), []
    for line in lines:
        tree.add(leaf_hash(line))
        roots.append(tree.root().hex())
    assert [receipt["root"] for receipt in receipts] == roots[KEPT:]


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    """Return a server of two workers."""
    with serving(database_url, workers=2) as served:
        yield served


def test_feeds_of_every_worker_end(served: Served, database: Database, tmp_path: Path):
    lead, surrey = issued_secret(database, "metropolitan"), issued_secret(database, "surrey")
    assert served.request("POST", "/v1/operations", lead, opening()).status == 201
    restore = saved_copy(database, tmp_path)

    def post() -> None:
        assert served.request("POST", "/v1/operations/live/events", surrey, arrest()).status == 201

    for _ in range(3):
        post()
    feeds = [
        feed_events(served.request("GET", "/v1/operations/live/feed", surrey, Last_Event_ID=str(SETUP)))
        for _ in range(4)
    ]
    for feed in feeds:
        assert seqs(some(feed, 3)) == [7, 8, 9]
    restore()
    post()
    for feed in feeds:
        reset_of(feed)
