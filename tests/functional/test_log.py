"""The log of a running service: a line of JSON for each request, with ids and counts, and never with content."""

import json
import os
import pty
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from service.storage.db import Database
from tests.factories.bodies import arrest
from tests.factories.credentials import issued_secret
from tests.functional.served import Served, answer, serving

Json = dict[str, Any]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


TERMINATE = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def lead_secret(database: Database) -> str:
    return issued_secret(database, "metropolitan")


def logged(database_url: str, log: Path, do: Callable[[Served], None], **settings: object) -> list[Json]:
    """Return the lines that a server logs while something is done."""
    log.unlink(missing_ok=True)
    with serving(database_url, stdout=log, **settings) as served:
        do(served)
        assert served.stop() == 0
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_a_request_is_one_line(database_url: str, live: str, log: Path, lead_secret: str):
    def post(served: Served) -> None:
        events = [arrest(), arrest("no such reason")]
        path = f"/v1/operations/{live}/batches"
        sent = served.request("POST", f"{path}?atomic=false", lead_secret, {"events": events}, X_Request_Id="proxy-7")
        assert (sent.status, sent.headers["X-Request-Id"]) == (207, "proxy-7")
        sent.close()

    (line,) = logged(database_url, log, post)
    assert TIME.fullmatch(line.pop("time"))
    assert 0 < line.pop("milliseconds") < 60_000
    assert line.pop("credential")
    assert line == {
        "level": "info",
        "event": "request",
        "method": "POST",
        "route": "/v1/operations/<operation>/batches",
        "operation": live,
        "request_id": "proxy-7",
        "force": "metropolitan",
        "recorded": 1,
        "replayed": 0,
        "refused": 1,
        "status": 207,
    }


def test_lines_feeds_and_refusals_are_logged_when_they_end(database_url: str, live: str, log: Path, lead_secret: str):
    events = [arrest() for _ in range(1_500)]

    def call(served: Served) -> None:
        body = b"".join(json.dumps(event).encode() + b"\n" for event in events)
        assert answer(served.lines(live, lead_secret, body))["recorded"] == len(events)
        with served.request("GET", f"/v1/operations/{live}/feed", lead_secret) as feed:
            feed.readline()
        long = "x" * 200
        for name in ("other id", long):
            with served.request("GET", "/nowhere/special", X_Request_Id=name) as refused:
                problem = json.loads(refused.read())
                assert problem["instance"].endswith(refused.headers["X-Request-Id"])
                assert refused.headers["X-Request-Id"] not in {name, ""}

    lines = logged(database_url, log, call)
    shown = {(line["route"], line["status"], line.get("recorded"), line.get("force")) for line in lines}
    assert shown == {
        ("/v1/operations/<operation>/batches", 200, len(events), "metropolitan"),
        ("/v1/operations/<operation>/feed", 200, None, "metropolitan"),
        (None, 404, None, None),
    }


def test_no_secret_body_or_link_is_ever_logged(database: Database, database_url: str, live: str, log: Path):
    secret, token = issued_secret(database, "surrey"), "a" * 43
    event = arrest()
    sent = [secret, token, event["id"], "knife"]

    def call(served: Served) -> None:
        served.request("POST", f"/v1/operations/{live}/events", secret, event).close()
        served.request("GET", f"/v1/operations/{live}/events/{event['id']}", secret).close()
        served.request("GET", f"/sign-in/{token}").close()
        served.request("POST", "/sign-in", body=f"credential={secret}").close()
        served.request("GET", f"/{secret}?token={token}").close()

    lines = logged(database_url, log, call, log_level="debug")
    assert len(lines) >= 5
    text = log.read_text()
    assert [one for one in sent if one in text] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_name_of_an_operation_is_not_logged(database_url: str, log: Path, lead_secret: str):
    def call(served: Served) -> None:
        for name in ("%0aforged%1b[2J", lead_secret, "A%20Surname"):
            served.request("GET", f"/v1/operations/{name}/totals", lead_secret).close()
            served.request("GET", f"/operations/{name}/returns").close()

    lines = logged(database_url, log, call)
    assert len(lines) == 6
    assert [line for line in lines if "operation" in line] == []


def test_health_checks_are_logged_at_debug_and_nothing_at_warning(database_url: str, log: Path):
    def check(served: Served) -> None:
        served.request("GET", "/healthz").close()
        served.request("GET", "/v1/reference").close()

    def routes(level: str) -> set[str]:
        return {line["route"] for line in logged(database_url, log, check, log_level=level)}

    assert {"/healthz", "/readyz"} < routes("debug")
    assert len(routes("info")) == 1
    assert routes("warning") == set()


def test_a_terminal_gets_text(database_url: str):
    master, terminal = pty.openpty()
    try:
        with serving(database_url, stdout=os.ttyname(terminal)) as served:
            served.request("GET", "/nowhere").close()
            shown = os.read(master, 4_096).decode()
    finally:
        os.close(master)
        os.close(terminal)
    assert re.match(r"\d\d:\d\d:\d\d\.\d{3} info    GET None 404 [\d.]+ request_id=[0-9a-f-]{36}\r\n", shown), shown


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_that_goes_away_is_a_line_and_not_a_traceback(
    database: Database, database_url: str, live: str, log: Path, lead_secret: str
):
    admin = sa.create_engine(database.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    name = database.engine.url.database
    database.engine.dispose()

    def lose(served: Served) -> None:
        feed = served.request("GET", f"/v1/operations/{live}/feed", lead_secret)
        feed.readline()
        with admin.connect() as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            connection.exec_driver_sql(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
        try:
            for _ in range(20):
                with served.request("GET", f"/v1/operations/{live}/totals", lead_secret) as refused:
                    assert refused.status == 503
        finally:
            with admin.connect() as connection:
                connection.exec_driver_sql(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            feed.close()

    try:
        lines = logged(database_url, log, lose)
    finally:
        admin.dispose()
    reasons = [line for line in lines if line["event"] != "request"]
    assert {line["level"] for line in reasons} == {"warning"}
    assert len([line for line in reasons if line["event"].startswith("database_busy")]) in {1, 2}
    assert len([line for line in reasons if line["event"].startswith("live feeds")]) <= 1
    assert not [line for line in lines if "exception" in line]
    assert all("\n" not in line["event"] for line in lines)
