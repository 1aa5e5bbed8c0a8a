"""SIGTERM under load: whatever was sent before is answered, and the service takes no new connections."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse

import pytest

from tests.factories.bodies import arrest
from tests.functional.served import Served, serving, wait_until

SENDERS = 24
ROUNDS = 3


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    with serving(sqlite_url) as served:
        yield served


def post(live: str, secret: str, extra: str = "") -> bytes:
    body = json.dumps(arrest()).encode()
    head = (
        f"POST /v1/operations/{live}/events HTTP/1.1\r\nHost: record\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + body


def status_of(client: socket.socket) -> int:
    answered = HTTPResponse(client)
    answered.begin()
    answered.read()
    return answered.status


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_every_post_that_was_sent_before_is_answered(
    served: Served, live: str, secret_for: Callable[..., str], turn: int
):
    secret = secret_for("surrey")
    # Half of the connections are new, half were kept alive; some posts are in work when the signal comes.
    kept = [socket.create_connection(("127.0.0.1", served.port), timeout=60) for _ in range(SENDERS)]
    for client in kept:
        client.sendall(post(live, secret))
    assert [status_of(client) for client in kept] == [201] * SENDERS
    clients = [*kept, *(socket.create_connection(("127.0.0.1", served.port), timeout=60) for _ in range(SENDERS * 4))]
    for client in clients:
        client.sendall(post(live, secret))
    time.sleep(turn * 0.02)
    assert served.process is not None
    served.process.terminate()
    statuses: list[int] = []
    readers = [threading.Thread(target=lambda one=one: statuses.append(status_of(one))) for one in clients]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert statuses == [201] * len(clients)
    for client in clients:
        client.close()
    assert served.process.wait(60) == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_post_that_is_being_sent_is_answered_and_new_connections_are_refused(
    served: Served, live: str, secret_for: Callable[..., str]
):
    whole = post(live, secret_for("surrey"))
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as client:
        client.sendall(whole[:-20])
        assert served.request("GET", "/healthz").status == 200
        assert served.process is not None
        served.process.terminate()

        def is_refused() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", served.port)) != 0

        wait_until(is_refused)
        client.sendall(whole[-20:])
        assert status_of(client) == 201
    assert served.process.wait(60) == 0
