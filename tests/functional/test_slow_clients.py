"""Clients that are silent, slow or never close: everybody else is served as if they were not there."""

import json
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse

import pytest

from service.cli.server.worker import HEAD_SECONDS, SHORT_BODY_SECONDS
from tests.factories.bodies import arrest
from tests.functional.served import Served, answer, serving, wait_until

# Slow clients are given up after 10 seconds or more: whoever waits for that is not served as usual.
AT_MOST_SECONDS = 8.0
ALL_THREADS = 48
HEAD = b"POST /v1/operations/%s/events HTTP/1.1\r\nHost: record\r\n%sContent-Type: application/json\r\n"


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4_096)), hard))
    with serving(sqlite_url) as served:
        yield served


@contextmanager
def clients(served: Served, number: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """Open connections that send these bytes and then wait; close them after the block."""
    with ExitStack() as stack:
        opened = []
        for _ in range(number):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=60))
            client.sendall(sent)
            opened.append(client)
        time.sleep(0.5)
        yield opened


def assert_served_as_usual(served: Served, live: str, secret: str) -> None:
    calls: list[Callable[[], HTTPResponse]] = [
        lambda: served.request("GET", "/healthz"),
        lambda: served.request("GET", "/readyz"),
        lambda: served.request("POST", f"/v1/operations/{live}/events", secret, arrest()),
    ]
    for call in calls:
        begun = time.monotonic()
        with call() as response:
            assert response.status in {200, 201}, response.read()
        assert time.monotonic() - begun < AT_MOST_SECONDS


def authorized(live: str, secret: str, framing: str) -> bytes:
    credential = f"Authorization: Bearer {secret}\r\n".encode()
    return HEAD % (live.encode(), credential) + framing.encode() + b"\r\n\r\n"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhile:
    def test_silent_clients_and_clients_of_one_byte_wait(
        self, served: Served, live: str, secret_for: Callable[..., str]
    ):
        with clients(served, ALL_THREADS, b"G"), clients(served, 1_000, b""):
            for _ in range(3):
                assert_served_as_usual(served, live, secret_for("surrey"))

    def test_bodies_stop_after_a_byte(self, served: Served, live: str, secret_for: Callable[..., str]):
        secret = secret_for("surrey")
        with clients(served, ALL_THREADS, authorized(live, secret, "Content-Length: 900") + b"{"):
            assert_served_as_usual(served, live, secret)

    @pytest.mark.parametrize("length", [b"0000000000000000000000900", b"9999999999999999999"])
    def test_bodies_whose_length_is_written_strangely_stop_after_a_byte(
        self, served: Served, live: str, secret_for: Callable[..., str], length: bytes
    ):
        here = b"127.0.0.1:%d" % served.port
        form = b"POST /sign-in HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\n" % (here, here)
        form += b"Content-Length: %s\r\n" % length
        with clients(served, ALL_THREADS, form + b"Content-Type: application/x-www-form-urlencoded\r\n\r\na"):
            assert_served_as_usual(served, live, secret_for("surrey"))

    @pytest.mark.parametrize("framing", [b"Content-Length: 900000", b"Transfer-Encoding: chunked"])
    def test_health_checks_promise_a_body(
        self, served: Served, live: str, secret_for: Callable[..., str], framing: bytes
    ):
        with clients(served, ALL_THREADS, b"GET /healthz HTTP/1.1\r\nHost: record\r\n" + framing + b"\r\n\r\n"):
            assert_served_as_usual(served, live, secret_for("surrey"))

    def test_answered_clients_do_not_close(self, served: Served, live: str, secret_for: Callable[..., str]):
        with clients(served, ALL_THREADS, b"GET /healthz HTTP/1.1\r\nHost: record\r\nConnection: close\r\n\r\n"):
            assert_served_as_usual(served, live, secret_for("surrey"))

    def test_large_answers_are_not_taken(self, served: Served, live: str, secret_for: Callable[..., str]):
        with clients(served, 2 * ALL_THREADS, b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: record\r\n\r\n" * 4):
            time.sleep(4)
            assert_served_as_usual(served, live, secret_for("surrey"))

    def test_large_uploads_stall_and_those_beyond_the_places_for_them_get_503(
        self, served: Served, live: str, secret_for: Callable[..., str]
    ):
        secret = secret_for("surrey")
        upload = authorized(live, secret, "Transfer-Encoding: chunked").replace(b"/events", b"/batches")
        upload = upload.replace(b"application/json", b"application/x-ndjson")
        with clients(served, ALL_THREADS, upload) as waiting:
            assert_served_as_usual(served, live, secret)
            answered = HTTPResponse(waiting[-1])
            answered.begin()
            assert (answered.status, answered.headers["Retry-After"]) == (503, "2")
            assert json.loads(answered.read())["code"] == "server_busy"
            assert_served_as_usual(served, live, secret)

    @pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
    @pytest.mark.parametrize("path", ["/sign-in", "/sign-in/x", "/operations/x/record/arrest?draft=x", "/sign-out"])
    def test_a_form_of_a_stranger_is_neither_kept_in_memory_nor_on_disk(
        self, served: Served, live: str, path: str, media: str
    ):
        assert live
        here = f"127.0.0.1:{served.port}"
        head = f"POST {path} HTTP/1.1\r\nHost: {here}\r\nOrigin: http://{here}\r\nContent-Type: {media}\r\n"
        head += "Content-Length: 999999999\r\n\r\n"
        part = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n'
        sent = head.encode() + part + b"a" * 300_000
        with clients(served, 1, sent) as (client,), HTTPResponse(client) as answered:
            answered.begin()
            assert answered.status in {413, 303, 410}

    def test_a_head_that_does_not_arrive_gets_408(self, served: Served, live: str):
        assert live
        begun = time.monotonic()
        with clients(served, 1, b"GET /healthz HTTP/1.1\r\n") as (client,):
            answered = HTTPResponse(client)
            answered.begin()
            assert answered.status == 408
            assert "did not arrive in time" in answer(answered)["detail"]
        assert HEAD_SECONDS - 1 < time.monotonic() - begun < SHORT_BODY_SECONDS

    def test_a_client_sends_byte_by_byte(self, served: Served, live: str, secret_for: Callable[..., str]):
        body = json.dumps(arrest()).encode()
        whole = authorized(live, secret_for("surrey"), f"Content-Length: {len(body)}\r\nConnection: close") + body
        with clients(served, 1, b"") as (client,):
            for byte in whole:
                client.sendall(bytes([byte]))
            answered = HTTPResponse(client)
            answered.begin()
            assert answered.status == 201


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_connections_than_are_allowed_close_the_oldest(sqlite_url: str, live: str, secret_for: Callable[..., str]):
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8_192), hard))
    with serving(sqlite_url) as served, clients(served, 4_100, b"") as silent:
        assert_served_as_usual(served, live, secret_for("surrey"))
        silent[0].settimeout(5)
        assert silent[0].recv(1) == b""
        wait_until(served.is_ready)
