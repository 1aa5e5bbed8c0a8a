"""A hostile force looks for another force's arrest with arrests of its own, and learns neither where nor when it was.

The same questions are asked in two operations that differ only in where and when Kent made its arrest. Every answer to
Surrey must be the same in both, apart from what is new in each log: ids, hashes, and the moments of recording.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, timedelta
from typing import Any

import pytest
from flask import Flask

from service.domain.model.instants import format_instant
from tests.factories.bodies import arrest, latest, new_id, opening, seizure, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, feed_events
from tests.functional.visitors import visitor

SecretFor = Callable[..., str]
INCIDENT = "d" * 64
PLACES = ("m25", "a406")
# Of one day, because a force may know of the others how much they did on a day.
LAST = latest("13:00").astimezone(UTC)
MOMENTS = [format_instant(LAST - timedelta(minutes=minutes)) for minutes in (60, 45, 30, 15, 0)]
THERE, ELSEWHERE = ("m25", MOMENTS[2]), ("a406", MOMENTS[0])
NEW_IN_EACH_LOG = re.compile(
    r"[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|(?:recorded_at|as_of)\W+[0-9T:.Z-]+"
    r"|(?<=\d-)[0-9a-f]{16}\b|\bat \d\d:\d\d|(?:[0-9a-f]{4} ){3}[0-9a-f]{4}|\b(?:there|elsewhere)\b|\d{1,2}:\d\d[ap]m"
    # of the session
    r"|(?<=seconds&#34;: )\d+"
)
CASH = {"kind": "cash", "currency": "GBP", "amount_minor": 124_000}

PAGES = ("", "/events", "/returns", "/publications", "/duplicates", "/duplicates/7.8", "/record")
CALLS = (
    *("possible-duplicates", "possible-duplicates?limit=1", "possible-duplicates?window_minutes=1"),
    *("possible-duplicates?after=likely.{0}:8.{0}:7", "possible-duplicates?after=certain.{0}:8.{0}:7"),
    *("possible-duplicates/ruled-out", "events", "totals?by=force,day", "totals?by=category", "returns", "statement"),
    *("events?place=m25", "totals?place=m25", "map"),
)


def told(text: str) -> str:
    """Return an answer without what is new in each log."""
    return NEW_IN_EACH_LOG.sub("…", text)


@pytest.fixture
def operations(lead: Caller, client_for: ClientFor) -> dict[str, tuple[str, str]]:
    """Open two operations with an arrest and a seizure of Kent, at one place and moment in each; return these."""
    found = {"there": THERE, "elsewhere": ELSEWHERE}
    for name, (place, moment) in found.items():
        assert lead.post("/v1/operations", json=opening(operation=name, name="Live")).status_code == 201
        where = {"force": "kent", "place": place, "occurred_at": moment}
        client_for("kent").record(name, arrest(**where, incident=INCIDENT), seizure(CASH, **where))
    return found


def probes(moment: str, place: str) -> Iterator[Json]:
    """Yield what could be the double of Kent's events, with and without what identifies them."""
    yield arrest(place=place, occurred_at=moment)
    yield arrest(place=place, occurred_at=moment, incident=INCIDENT)
    yield seizure(CASH, place=place, occurred_at=moment)


def searched(surrey: Caller, page: Callable[[str], Any], name: str) -> list[str]:
    """Return every answer to a search over places and times: post, ask everything, withdraw."""
    answers = []
    for place in PLACES:
        for moment in MOMENTS:
            sent = list(probes(moment, place))
            answers += [surrey.send(name, one).get_data(as_text=True) for one in sent]
            for call in CALLS:
                response = surrey.get(f"/v1/operations/{name}/{call.format(name)}")
                answers.append(f"{response.status_code} {response.get_data(as_text=True)}")
            for address in PAGES:
                response = page(f"/operations/{name}{address}")
                answers.append(f"{response.status_code} {response.get_data(as_text=True)}")
            ruling = {"id": new_id(), "events": [sent[0]["id"], sent[1]["id"]]}
            for what in ("ruled-out", "reopened"):
                response = surrey.post(f"/v1/operations/{name}/possible-duplicates/{what}", json=ruling)
                answers.append(response.get_data(as_text=True))
            answers += [surrey.send(name, withdrawal(one, why="duplicate")).get_data(as_text=True) for one in sent]
    return [told(answer) for answer in answers]


def test_a_search_over_places_and_times_gets_the_same_answers_wherever_the_arrest_was(
    app: Flask, secret_for: SecretFor, surrey: Caller, operations: dict[str, tuple[str, str]]
):
    person = visitor(app, secret_for("surrey"))
    there, elsewhere = (searched(surrey, person.get, name) for name in operations)
    assert len(there) == len(elsewhere) > 100
    for one, other in zip(there, elsewhere, strict=True):
        assert one == other


def test_the_coordinator_sees_at_once_what_the_force_does_not(
    surrey: Caller, lead: Caller, operations: dict[str, tuple[str, str]]
):
    """The search is not in vain for everybody: the coordinator sees who is looking, while it happens."""
    for name, (place, moment) in operations.items():
        surrey.record(name, *probes(moment, place))
        address = f"/v1/operations/{name}/possible-duplicates"
        assert {pair["certainty"] for pair in lead.get(address).json["pairs"]} >= {"certain", "likely"}
        own = surrey.get(address).json["pairs"]
        assert {event["force"] for pair in own for event in pair["events"]} <= {"surrey"}


def test_the_feed_of_a_force_says_nothing_of_pairs(
    surrey: Caller, lead: Caller, operations: dict[str, tuple[str, str]]
):
    told_by_feed = []
    for name in operations:
        place, moment = THERE
        sent = list(probes(moment, place))
        surrey.record(name, *sent)
        pair = lead.get(f"/v1/operations/{name}/possible-duplicates").json["pairs"]
        if pair:
            body = {"id": new_id(), "events": [event["id"] for event in pair[0]["events"]]}
            assert lead.post(f"/v1/operations/{name}/possible-duplicates/ruled-out", json=body).status_code == 201
        last = surrey.record(name, arrest())[0]["seq"]
        response = surrey.get(f"/v1/operations/{name}/feed", headers={"Last-Event-ID": "0"})
        found = []
        for event in feed_events(response.iter_encoded()):
            found.append(json.loads(event["data"]))
            if int(event["id"].partition("-")[0]) == last:
                break
        response.close()
        told_by_feed.append([(one["type"], one.get("force")) for one in found])
        assert not [one for one in found if one["type"].startswith("duplicate.")]
    assert told_by_feed[0] == told_by_feed[1]
