"""Who may make which call: one table, and every route is tried with every credential that must not pass."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from service.access.credentials import issue, new_secret, revoke
from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER, ROLES
from service.db import Database, open_database
from tests.factories.operations import opened_operation
from tests.functional.apps import running_app

REPORTERS = {FORCE, COORDINATOR}
READERS = {FORCE, COORDINATOR, OBSERVER}
EVERYBODY = set(ROLES)
NOBODY_IN_PARTICULAR = None

# A new route fails the tests until it has a line here.
WHO_MAY: dict[tuple[str, str], set[str] | None] = {
    ("GET", "/healthz"): NOBODY_IN_PARTICULAR,
    ("GET", "/readyz"): NOBODY_IN_PARTICULAR,
    ("GET", "/openapi.json"): NOBODY_IN_PARTICULAR,
    ("GET", "/docs"): NOBODY_IN_PARTICULAR,
    ("GET", "/docs/"): NOBODY_IN_PARTICULAR,
    ("GET", "/docs/<name>"): NOBODY_IN_PARTICULAR,
    ("GET", "/v1/forces"): EVERYBODY,
    ("POST", "/v1/forces"): {ADMINISTRATOR},
    ("GET", "/v1/measures"): EVERYBODY,
    ("GET", "/v1/me"): EVERYBODY,
    ("GET", "/v1/operations"): REPORTERS,
    ("POST", "/v1/operations"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>"): REPORTERS,
    ("POST", "/v1/operations/<operation>/forces"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/measures"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/amendments"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/parts"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/close"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/reopen"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>/events"): REPORTERS,
    ("POST", "/v1/operations/<operation>/events"): REPORTERS,
    ("GET", "/v1/operations/<operation>/events/<event_id>"): REPORTERS,
    ("POST", "/v1/operations/<operation>/batches"): REPORTERS,
    ("GET", "/v1/operations/<operation>/feed"): REPORTERS,
    ("GET", "/v1/operations/<operation>/totals"): READERS,
    ("GET", "/v1/operations/<operation>/returns"): REPORTERS,
    ("GET", "/v1/operations/<operation>/statement"): READERS,
    ("POST", "/v1/operations/<operation>/reconciliation"): READERS,
    ("POST", "/v1/operations/<operation>/publications"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>/publications"): READERS,
    ("GET", "/v1/operations/<operation>/publications/<number>"): READERS,
    ("GET", "/v1/operations/<operation>/publications/<number>/difference"): REPORTERS,
    ("GET", "/v1/operations/<operation>/possible-duplicates"): REPORTERS,
    ("POST", "/v1/operations/<operation>/possible-duplicates/ruled-out"): {COORDINATOR},
}
WITH_CREDENTIAL = [call for call, roles in WHO_MAY.items() if roles is not NOBODY_IN_PARTICULAR]
OF_AN_OPERATION = [call for call in WITH_CREDENTIAL if "<operation>" in call[1]]
OPERATION, FORCE_IN_IT, STRANGER = "lantern", "metropolitan", "btp"


def body_of(rule: str) -> dict[str, Any]:
    """Return a body that passes the call's own checks, so that only who calls can be in the way."""
    event = {
        "id": str(uuid4()),
        "type": "arrest.recorded",
        "force": STRANGER,
        "occurred_at": "2023-01-17T21:40:00Z",
        "data": {"reason": "knife"},
    }
    change = {
        "forces": {"force": "kent"},
        "measures": {"measure": "arrests", "categories": ["drugs/sale"]},
        "amendments": {"places": ["m1"]},
        "parts": {"part": "week"},
        "publications": {"label": "final"},
        "ruled-out": {"events": [str(uuid4()), str(uuid4())]},
        "close": {},
        "reopen": {},
    }
    last = rule.rpartition("/")[2]
    if "<operation>" in rule and last in change:
        return {"id": str(uuid4())} | change[last]
    return {"events": [event]} if last == "batches" else event


@dataclass
class Door:
    """The app with one operation, and credentials of every kind to try it with."""

    app: Flask
    database: Database
    secrets: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def secret(self, force: str, role: str, *, operations: tuple[str, ...] = (), hours: int | None = None) -> str:
        key = (force, role, operations, hours)
        if key not in self.secrets:
            with self.database.writing() as connection:
                now = datetime.now(UTC)
                expires_at = None if hours is None else now + timedelta(hours=hours)
                _credential, self.secrets[key] = issue(
                    connection, force=force, role=role, operations=operations, now=now, expires_at=expires_at
                )
        return self.secrets[key]

    def revoked_secret(self, role: str) -> str:
        with self.database.writing() as connection:
            credential, secret = issue(
                connection, force=FORCE_IN_IT, role=role, operations=(), now=datetime.now(UTC), expires_at=None
            )
            revoke(connection, credential.id, datetime.now(UTC))
        return secret

    def answer(self, call: tuple[str, str], authorization: str | None, **wrong: Any) -> tuple[int, str]:
        """Make a call with this Authorization header; return the status and the code of the problem.

        `wrong` replaces what is sent with something that the call would refuse.
        """
        method, rule = call
        path = rule.replace("<operation>", OPERATION).replace("<event_id>", str(uuid4())).replace("<number>", "1")
        headers = {} if authorization is None else {"Authorization": authorization}
        body = body_of(rule) if method == "POST" else None
        client: FlaskClient = self.app.test_client()
        with client.open(path, method=method, headers=headers, **({"json": body} | wrong)) as response:
            return response.status_code, (response.json or {}).get("code", "") if response.is_json else ""


@pytest.fixture(scope="module")
def door(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    path = tmp_path_factory.mktemp("door") / "oprecord.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    opened_operation(database, OPERATION)
    with running_app(database) as app:
        yield Door(app, database)
    database.engine.dispose()


def calls_of(rule: Rule) -> list[tuple[str, str]]:
    return [(method, rule.rule) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]


def test_the_table_has_a_line_for_every_route(door: Door):
    routes = [call for rule in door.app.url_map.iter_rules() for call in calls_of(rule)]
    assert sorted(routes) == sorted(WHO_MAY)
    assert len(set(routes)) == len(routes)


def test_every_call_under_v1_wants_a_credential():
    assert [call for call in WHO_MAY if call[1].startswith("/v1")] == WITH_CREDENTIAL


def test_the_document_and_the_code_say_the_same_as_the_table(door: Door):
    document = door.app.test_client().get("/openapi.json").json
    for (method, rule), roles in WHO_MAY.items():
        shown = document["paths"].get(rule.replace("<", "{").replace(">", "}"), {}).get(method.lower())
        if shown is None:
            assert rule.startswith(("/docs", "/openapi"))
            continue
        assert shown.get("x-roles") == (None if roles is None else [role for role in ROLES if role in roles])
        assert shown.get("security") == (None if roles is None else [{"credential": []}])


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
def test_no_call_passes_without_a_valid_credential(door: Door, call: tuple[str, str]):
    role = min(WHO_MAY[call])
    valid = door.secret(FORCE_IN_IT, role)
    mistyped = valid[:-7] + ("a" if valid[-7] != "a" else "b") + valid[-6:]
    wrong = {
        None: "credential_missing",
        "": "credential_missing",
        valid: "credential_missing",
        f"Basic {valid}": "credential_missing",
        "Bearer": "credential_missing",
        "Bearer ": "credential_malformed",
        "Bearer letmein": "credential_malformed",
        f"Bearer {valid[:-1]}": "credential_malformed",
        f"Bearer {valid} {valid}": "credential_malformed",
        f"Bearer {valid.upper()}": "credential_malformed",
        f"Bearer {mistyped}": "credential_malformed",
        f"Bearer {new_secret()}": "credential_unknown",
        f"Bearer {door.revoked_secret(role)}": "credential_revoked",
        f"Bearer {door.secret(FORCE_IN_IT, role, hours=-1)}": "credential_expired",
    }
    for authorization, code in wrong.items():
        assert door.answer(call, authorization) == (401, code), authorization


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
@pytest.mark.parametrize(
    "wrong", [{"json": {"colour": "blue"}}, {"query_string": "colour=blue"}], ids=["body", "query"]
)
def test_whoever_may_not_call_is_not_told_what_is_wrong_with_the_call(
    door: Door, call: tuple[str, str], wrong: dict[str, Any]
):
    assert door.answer(call, f"Bearer {new_secret()}", **wrong) == (401, "credential_unknown")
    for role in EVERYBODY - WHO_MAY[call]:
        assert door.answer(call, f"Bearer {door.secret(FORCE_IN_IT, role)}", **wrong) == (403, "role_may_not"), role


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
def test_no_call_passes_with_a_role_that_may_not_make_it(door: Door, call: tuple[str, str]):
    for role in EVERYBODY - WHO_MAY[call]:
        assert door.answer(call, f"Bearer {door.secret(FORCE_IN_IT, role)}") == (403, "role_may_not"), role


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
def test_every_call_passes_with_each_role_that_may_make_it(door: Door, call: tuple[str, str]):
    for role in WHO_MAY[call]:
        status, code = door.answer(call, f"Bearer {door.secret(FORCE_IN_IT, role, hours=1)}")
        assert status != 401, role
        assert code not in ("role_may_not", "unknown_operation"), role


@pytest.mark.parametrize("call", OF_AN_OPERATION, ids=" ".join)
def test_an_operation_does_not_exist_for_a_force_that_is_not_in_it(door: Door, call: tuple[str, str]):
    for role in WHO_MAY[call]:
        assert door.answer(call, f"Bearer {door.secret(STRANGER, role)}") == (404, "unknown_operation"), role


@pytest.mark.parametrize("call", OF_AN_OPERATION, ids=" ".join)
def test_an_operation_does_not_exist_for_a_credential_limited_to_others(door: Door, call: tuple[str, str]):
    for role in WHO_MAY[call]:
        limited = door.secret(FORCE_IN_IT, role, operations=("other", f"{OPERATION}-2"))
        assert door.answer(call, f"Bearer {limited}") == (404, "unknown_operation"), role
        allowed = door.secret(FORCE_IN_IT, role, operations=("other", OPERATION))
        assert door.answer(call, f"Bearer {allowed}")[1] != "unknown_operation", role


@pytest.mark.parametrize("call", OF_AN_OPERATION, ids=" ".join)
def test_only_a_coordinator_of_the_lead_force_changes_an_operation(door: Door, call: tuple[str, str]):
    if WHO_MAY[call] == {COORDINATOR}:
        assert door.answer(call, f"Bearer {door.secret('surrey', COORDINATOR)}") == (403, "not_coordinator")
