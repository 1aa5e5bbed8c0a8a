"""The server is killed while forces post to it: acknowledged events survive, and nothing counts twice."""

import contextlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from threading import Event
from typing import Any

import pytest

from service.storage.db import open_database
from service.usecases.maintenance.verify import verify_operation
from service.usecases.maintenance.verify_receipts import verify_receipts
from tests.factories.bodies import arrest, opening
from tests.factories.credentials import issued_secret
from tests.functional.served import PATIENCE_SECONDS, Served, answer, serving, wait_until

Json = dict[str, Any]
SETUP, EVENTS_IN_A_BATCH, LINES, KILLS = 6, 40, 1_200, 2


class Sender:
    """A client that posts until the server is gone, and keeps the events it sent and the receipts it got."""

    def __init__(self, served: Served, secret: str) -> None:
        self.served, self.secret = served, secret
        self.sent: list[Json] = []
        self.receipts: list[Json] = []
        self.killed = Event()

    def new_events(self, number: int) -> list[Json]:
        events = [arrest() for _ in range(number)]
        self.sent += events
        return events

    def post(self, call: str, body: Json) -> Json:
        return answer(self.served.request("POST", f"/v1/operations/live/{call}", self.secret, body))

    def until_gone(self, post_some: Callable[[], None]) -> None:
        # The remaining calls are refused, broken off, or cut within the answer.
        with contextlib.suppress(OSError, HTTPException, ValueError):
            while True:
                post_some()

    def one_by_one(self) -> None:
        (event,) = self.new_events(1)
        self.receipts.append(self.post("events", event))

    def in_batches(self) -> None:
        results = self.post("batches", {"events": self.new_events(EVENTS_IN_A_BATCH)})["results"]
        self.receipts += [result["receipt"] for result in results]

    def in_lines(self) -> None:
        answer(self.served.lines("live", self.secret, self.lines_without_end()))

    def lines_without_end(self) -> Iterator[bytes]:
        """Yield lines, then block until the connection is gone, so that the body is never complete."""
        while not self.killed.wait(0 if len(self.sent) < LINES else PATIENCE_SECONDS):
            yield b"".join(json.dumps(event).encode() + b"\n" for event in self.new_events(10))


@pytest.fixture(params=["sqlite_url", "durable_postgres_url"])
def durable_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database where a commit survives a kill."""
    url: str = request.getfixturevalue(request.param)
    return url


def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(durable_url: str):
    database = open_database(durable_url)
    lead, surrey = issued_secret(database, "metropolitan"), issued_secret(database, "surrey")
    with serving(durable_url) as served:
        assert served.request("POST", "/v1/operations", lead, opening()).status == 201
        senders: list[Sender] = []
        for _kill in range(KILLS):
            senders += post_until_killed(served, surrey)
            served.start()
        sent = [event["id"] for sender in senders for event in sender.sent]
        acknowledged = [receipt for sender in senders for receipt in sender.receipts]
        assert len(acknowledged) <= arrests(served, surrey) < len(sent)
        receipts = send_everything_again(senders)
        assert arrests(served, surrey) == len(sent)
        assert served.stop() == 0

    assert sorted(receipts) == sorted(sent)
    assert sorted(receipt["seq"] for receipt in receipts.values()) == list(range(SETUP + 1, SETUP + len(sent) + 1))
    assert all(receipts[receipt["id"]] == receipt for receipt in acknowledged)
    assert verify_receipts(database, "live", receipts.values()).faults == []
    assert verify_operation(database, "live").fault is None
    database.engine.dispose()


def post_until_killed(served: Served, secret: str) -> list[Sender]:
    """Let four clients post, and kill the server meanwhile."""
    singly, batches, more_batches, lines = senders = [Sender(served, secret) for _ in range(4)]
    calls = [singly.one_by_one, batches.in_batches, more_batches.in_batches, lines.in_lines]
    with ThreadPoolExecutor(len(senders)) as pool:
        ends = [pool.submit(sender.until_gone, call) for sender, call in zip(senders, calls, strict=True)]
        wait_until(lambda: len(lines.sent) >= LINES and len(singly.receipts) > 4 and len(batches.receipts) > 80)
        assert not any(end.done() for end in ends)
        served.kill()
        lines.killed.set()
        for end in ends:
            end.result()
    return senders


def arrests(served: Served, secret: str) -> int:
    totals = answer(served.request("GET", "/v1/operations/live/totals?measure=arrests", secret))
    (figure,) = totals["figures"]
    return figure["quantity"]


def send_everything_again(senders: list[Sender]) -> dict[str, Json]:
    """Send every event again; return the receipts by event id."""
    receipts = {}
    for sender in senders:
        for start in range(0, len(sender.sent), 1_000):
            results = sender.post("batches", {"events": sender.sent[start : start + 1_000]})["results"]
            assert {result["status"] for result in results} <= {200, 201}
            receipts |= {result["receipt"]["id"]: result["receipt"] for result in results}
    return receipts
