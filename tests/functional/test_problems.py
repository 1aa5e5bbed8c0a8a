"""Every error is answered as problem+json, with a code whose meaning never changes."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest
from flask import Flask

from service.api import totals
from service.api.http import errors
from service.app import create_app
from service.config import Config
from service.storage.db import Database, DatabaseBusy
from tests.factories.bodies import arrest
from tests.functional.apps import ClientFor
from tests.functional.calls import PROBLEM_JSON, Caller, on_sqlite, refused
from tests.functional.served import Served, serving


@on_sqlite
def test_an_unknown_address_is_answered_with_a_problem(live: str, lead: Caller):
    for path in ("/v1", "/v1/", "/v1/arrests", f"/v1/operations/{live}/", "/v1//operations"):
        for method in ("GET", "POST", "PATCH"):
            refused(lead.open(path, method=method), 404, "no_such_address")
    refused(lead.get("/docs/x"), 404, "no_such_address")


def test_an_address_may_hold_any_bytes(live: str, lead: Caller):
    for name in ("%00", "live%00", "%FF%FE", "%ED%A0%80", "%2F", "a" * 3_000, "%F0%9F%90%95", "'", "%", "{live}"):
        for address in (
            f"/v1/operations/{name}",
            f"/v1/operations/{name}/totals",
            f"/v1/operations/{live}/events/{name}",
        ):
            response = lead.get(address)
            assert (response.status_code, response.content_type) == (404, PROBLEM_JSON), address


def test_a_query_may_hold_any_bytes(live: str, lead: Caller):
    for value in ("%00", "%FF", "%ED%A0%80", "%F0%9F%90%95", "a%00", "'", "%", ",", "%2C%2C", "+"):
        for name in ("measure", "by", "force", "category", "day_from", "as_of", "as_of_seq", "colour"):
            refused(lead.get(f"/v1/operations/{live}/totals?{name}={value}"), 422, "wrong_fields", f"/{name}")
        for address in ("/v1/operations?after=", f"/v1/operations/{live}/events?limit="):
            refused(lead.get(address + value), 422, "wrong_fields")


@on_sqlite
def test_an_unsupported_method_is_refused_with_the_supported_ones(live: str, lead: Caller):
    response = lead.put(f"/v1/operations/{live}/events", json=arrest())
    refused(response, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))
    refused(lead.get(f"/v1/operations/{live}/batches"), 405, "method_not_allowed")
    refused(lead.delete(f"/v1/operations/{live}"), 405, "method_not_allowed")


@on_sqlite
def test_a_caller_without_a_credential_is_told_how_to_send_one(app: Flask):
    response = app.test_client().get("/v1/forces")
    refused(response, 401, "credential_missing")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


@on_sqlite
def test_a_problem_names_its_request(lead: Caller):
    for sent, same in (("a-Request_1", True), ("x" * 65, False), ("a b", False), ("é", False)):
        response = lead.get("/v1/nothing", headers={"X-Request-Id": sent})
        given = response.headers["X-Request-Id"]
        assert (given == sent) is same
        assert response.json["instance"] == f"urn:operation-record:request:{given}"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Exception]]:
    """Make the totals fail with a message that must not reach the caller."""

    class Failed(Exception):
        pass

    def fail(*_arguments: object, **_named: object) -> None:
        raise Failed("secret: the password is hunter2")

    monkeypatch.setattr(totals, "totals", fail)
    return Failed


@on_sqlite
def test_an_internal_failure_is_a_problem_that_reveals_nothing_internal(
    live: str, lead: Caller, failing: type[Exception], caplog: pytest.LogCaptureFixture
):
    response = lead.get(f"/v1/operations/{live}/totals")
    refused(response, 500, "internal_error")
    assert "hunter2" not in response.get_data(as_text=True)
    assert failing.__name__ not in response.get_data(as_text=True)
    assert caplog.records[0].exc_info[0] is failing
    assert lead.get(f"/v1/operations/{live}").status_code == 200


@on_sqlite
def test_an_unavailable_database_is_a_problem_to_retry(live: str, lead: Caller, monkeypatch: pytest.MonkeyPatch):
    def busy(*_arguments: object) -> None:
        raise DatabaseBusy("No database connection.")

    monkeypatch.setattr(Database, "reading", busy)
    response = lead.get(f"/v1/operations/{live}/totals")
    refused(response, 503, "database_busy")
    assert int(response.headers["Retry-After"]) > 0


@on_sqlite
def test_answers_carry_the_security_headers(live: str, lead: Caller, app: Flask):
    anyone = app.test_client()
    answers = [lead.get(f"/v1/operations/{live}"), lead.get("/nothing"), anyone.get("/v1/me"), anyone.get("/docs/")]
    for response in answers:
        response.close()
        headers = response.headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
    assert lead.get(f"/v1/operations/{live}").headers["Cache-Control"] == "no-store"


def test_numbers_and_names_are_answered_as_json_reads_them(live: str, client_for: ClientFor):
    """A name with non-ASCII letters is returned unchanged."""
    lead = client_for("metropolitan")
    body = {"force": "heddlu", "name": "Heddlu’r Gogledd – Tîm 1", "kind": "unit", "id": arrest()["id"]}
    assert lead.change(live, "forces", **body).status_code == 201
    shown = json.loads(lead.get(f"/v1/operations/{live}").get_data())
    assert shown["forces"][-1]["name"] == body["name"]


@pytest.fixture
def served(sqlite_url: str) -> Iterator[Served]:
    with serving(sqlite_url) as served:
        yield served


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /healthz HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"a%d: b\r\n" % number for number in range(200)) + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: unheard-of\r\n\r\n", 501),
    ],
    ids=["version", "header", "address", "headers", "coding"],
)
def test_what_the_web_server_refuses_is_a_problem_too(served: Served, sent: bytes, status: int):
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(sent)
        answered = HTTPResponse(connection)
        answered.begin()
        body = json.loads(answered.read())
    assert (answered.status, answered.headers["Content-Type"]) == (status, PROBLEM_JSON)
    assert (body["status"], body["code"]) == (status, "bad_request")


def test_what_the_database_says_is_for_the_operator_alone(caplog: pytest.LogCaptureFixture):
    errors._last_logged.clear()
    address = "postgresql+psycopg://secret_role@/secret_name?host=/secret/place"
    client = create_app(Config(database_url=address)).test_client()
    for _ in range(3):
        response = client.get("/readyz")
        refused(response, 503, "database_busy")
        assert "secret" not in response.text
    (line,) = [record.getMessage() for record in caplog.records if record.name == "service.api.http.errors"]
    assert "/secret/place" in line
