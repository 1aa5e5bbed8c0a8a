"""Lines through a real server: chunk by chunk, in bounded memory, and interrupted anywhere."""

import json
import socket
from collections.abc import Iterator

import pytest

from service.storage.db import Database
from tests.factories.bodies import arrest, opening
from tests.factories.credentials import issued_secret
from tests.functional.served import Served, answer, chunked, serving

MANY = 20_000
MEBIBYTE = 1024 * 1024


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    with serving(sqlite_url) as served:
        yield served


@pytest.fixture
def surrey(served: Served, database: Database) -> str:
    """Return the secret of a force in the live operation."""
    lead = issued_secret(database, "metropolitan")
    assert served.request("POST", "/v1/operations", lead, opening()).status == 201
    return issued_secret(database, "surrey")


def recorded(served: Served, surrey: str) -> int:
    return answer(served.request("GET", "/v1/operations/live/totals", surrey))["figures"][0]["quantity"]


on_the_servers_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_the_servers_database
def test_twenty_thousand_lines_need_no_more_memory_than_a_few(served: Served, surrey: str):
    few = served.lines("live", surrey, chunked(arrest() for _ in range(2_000)))
    assert answer(few)["recorded"] == 2_000
    before = served.peak_memory_bytes()
    # With blank lines in between, the body is 40 megabytes.
    lines = (json.dumps(arrest()).encode() + b" " * 2_000 + b"\n" for _ in range(MANY))
    response = served.lines("live", surrey, lines)
    assert (response.status, answer(response)["recorded"]) == (200, MANY)
    assert served.peak_memory_bytes() - before < 15 * MEBIBYTE
    assert recorded(served, surrey) == MANY + 2_000


@on_the_servers_database
def test_long_and_broken_lines_need_little_memory_too(served: Served, surrey: str):
    answer(served.lines("live", surrey, chunked(arrest() for _ in range(2_000))))
    before = served.peak_memory_bytes()
    broken = (b"x" * 65_000 + b"\n" for _ in range(1_200))
    assert answer(served.lines("live", surrey, broken))["refused"] == 1_200
    endless = (b"x" * MEBIBYTE for _ in range(60))
    (refusal,) = answer(served.lines("live", surrey, endless))["refusals"]
    assert (refusal["line"], refusal["problem"]["code"]) == (1, "body_too_large")
    assert served.peak_memory_bytes() - before < 25 * MEBIBYTE


@on_the_servers_database
def test_an_interrupted_body_is_answered_and_can_be_sent_again(served: Served, surrey: str):
    events = [arrest() for _ in range(1_200)]
    body = b"".join(json.dumps(event).encode() + b"\n" for event in events)
    size = len(body)
    broken = {
        "shorter than it said": (f"Content-Length: {size + 1}", body),
        "cut within a chunk": ("Transfer-Encoding: chunked", b"%x\r\n" % (size + 1) + body),
        "without a last chunk": ("Transfer-Encoding: chunked", b"%x\r\n" % size + body + b"\r\n"),
        "not in chunks": ("Transfer-Encoding: chunked", b"zz\r\n" + body),
    }
    for length, sent in broken.values():
        status, problem = half_closed(served, surrey, length, sent)
        assert (status, problem["code"]) == (400, "body_cut_short")
    # A truncated line is not an event.
    status, problem = half_closed(served, surrey, f"Content-Length: {size}", body[:-100])
    assert (status, problem["code"]) == (400, "body_cut_short")
    again = answer(served.lines("live", surrey, iter([body])))
    assert (again["recorded"] + again["replayed"], again["refused"]) == (1_200, 0)
    assert recorded(served, surrey) == 1_200


def half_closed(served: Served, secret: str, length: str, body: bytes) -> tuple[int, dict]:
    """Send this body and nothing more; return the status and the problem of the answer."""
    head = (
        "POST /v1/operations/live/batches HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {secret}",
        "Content-Type: application/x-ndjson",
        "Connection: close",
        length,
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as stream:
            found = stream.read()
    first, _blank, text = found.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(text)
