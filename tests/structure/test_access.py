"""The roles that each call allows, in one table; every route is tried with every credential that it must refuse."""

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
from service.storage.db import Database, open_database
from tests.factories.operations import opened_operation
from tests.functional.apps import running_app

REPORTERS = {FORCE, COORDINATOR}
READERS = {FORCE, COORDINATOR, OBSERVER}
ALL_ROLES = set(ROLES)
PUBLIC = None
# The pages have a table of their own, in test_page_access.py.
PAGES = "pages."

# A new route fails the tests until it is listed here.
ALLOWED_ROLES: dict[tuple[str, str], set[str] | None] = {
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/openapi.json"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/docs/"): PUBLIC,
    ("GET", "/docs/<name>"): PUBLIC,
    ("GET", "/v1/forces"): ALL_ROLES,
    ("POST", "/v1/forces"): {ADMINISTRATOR},
    ("GET", "/v1/drugs"): ALL_ROLES,
    ("GET", "/v1/measures"): ALL_ROLES,
    ("GET", "/v1/me"): ALL_ROLES,
    ("POST", "/v1/credentials"): {COORDINATOR, ADMINISTRATOR},
    ("GET", "/v1/credentials"): {COORDINATOR, ADMINISTRATOR},
    ("POST", "/v1/credentials/<credential_id>/revoke"): {COORDINATOR, ADMINISTRATOR},
    ("GET", "/v1/operations"): REPORTERS,
    ("POST", "/v1/operations"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>"): REPORTERS,
    ("POST", "/v1/operations/<operation>/forces"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/forces/amendments"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/forces/left"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/measures"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/amendments"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/parts"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/parts/removed"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/close"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/reopen"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>/events"): REPORTERS,
    ("POST", "/v1/operations/<operation>/events"): REPORTERS,
    ("GET", "/v1/operations/<operation>/events/<event_id>"): REPORTERS,
    ("POST", "/v1/operations/<operation>/batches"): REPORTERS,
    ("GET", "/v1/operations/<operation>/feed"): REPORTERS,
    ("GET", "/v1/operations/<operation>/template"): REPORTERS,
    ("GET", "/v1/operations/<operation>/totals"): READERS,
    ("GET", "/v1/operations/<operation>/returns"): REPORTERS,
    ("GET", "/v1/operations/<operation>/statement"): READERS,
    ("POST", "/v1/operations/<operation>/reconciliation"): READERS,
    ("POST", "/v1/operations/<operation>/publications"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>/publications"): READERS,
    ("GET", "/v1/operations/<operation>/publications/<number>"): READERS,
    ("GET", "/v1/operations/<operation>/publications/<number>/difference"): REPORTERS,
    ("POST", "/v1/operations/<operation>/publications/<number>/public"): {COORDINATOR},
    ("GET", "/v1/public/<operation>/<number>"): PUBLIC,
    ("GET", "/v1/operations/<operation>/possible-duplicates"): REPORTERS,
    ("POST", "/v1/operations/<operation>/possible-duplicates/ruled-out"): {COORDINATOR},
    ("GET", "/v1/operations/<operation>/possible-duplicates/ruled-out"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/possible-duplicates/ruled-out/batches"): {COORDINATOR},
    ("POST", "/v1/operations/<operation>/possible-duplicates/reopened"): {COORDINATOR},
}
WITH_CREDENTIAL = [call for call, roles in ALLOWED_ROLES.items() if roles is not PUBLIC]
FOR_AN_OPERATION = [call for call in WITH_CREDENTIAL if "<operation>" in call[1]]
OPERATION, PARTICIPANT, OUTSIDER = "lantern", "metropolitan", "btp"


def body_of(rule: str) -> dict[str, Any]:
    """Return a body that passes the call's own checks, so that only access can be refused."""
    event = {
        "id": str(uuid4()),
        "type": "arrest.recorded",
        "force": OUTSIDER,
        "occurred_at": "2023-01-17T21:40:00Z",
        "data": {"reason": "knife"},
    }
    change = {
        "forces": {"force": "kent"},
        "left": {"force": "kent"},
        "measures": {"measure": "arrests", "categories": ["drugs/sale"]},
        "amendments": {"places": ["m1"]},
        "parts": {"part": "week"},
        "removed": {"part": "week"},
        "publications": {"label": "final"},
        "ruled-out": {"events": [str(uuid4()), str(uuid4())]},
        "public": {},
        "reopened": {"events": [str(uuid4()), str(uuid4())]},
        "close": {},
        "reopen": {},
    }
    last = rule.rpartition("/")[2]
    if rule.endswith("forces/amendments"):
        return {"id": str(uuid4()), "force": "kent", "reports": "tallies"}
    if "<operation>" in rule and last in change:
        return {"id": str(uuid4())} | change[last]
    if rule.endswith("ruled-out/batches"):
        return {"pairs": [{"id": str(uuid4()), "events": [str(uuid4()), str(uuid4())]}]}
    return {"events": [event]} if last == "batches" else event


@dataclass
class AccessProbe:
    """Makes calls to the app, which has one operation, with credentials of every kind."""

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
                connection, force=PARTICIPANT, role=role, operations=(), now=datetime.now(UTC), expires_at=None
            )
            revoke(connection, credential.id, datetime.now(UTC))
        return secret

    def answer(self, call: tuple[str, str], authorization: str | None, **wrong: Any) -> tuple[int, str]:
        """Make a call with this Authorization header; return the status and the code of the problem.

        `wrong` replaces the body or the query with one that the call itself would refuse.
        """
        method, rule = call
        path = (
            rule.replace("<operation>", OPERATION)
            .replace("<event_id>", str(uuid4()))
            .replace("<credential_id>", str(uuid4()))
            .replace("<number>", "1")
        )
        headers = {} if authorization is None else {"Authorization": authorization}
        body = body_of(rule) if method == "POST" else None
        client: FlaskClient = self.app.test_client()
        with client.open(path, method=method, headers=headers, **({"json": body} | wrong)) as response:
            return response.status_code, (response.json or {}).get("code", "") if response.is_json else ""


@pytest.fixture(scope="module")
def probe(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessProbe]:
    path = tmp_path_factory.mktemp("access") / "oprecord.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{path}")
    opened_operation(database, OPERATION)
    with running_app(database) as app:
        yield AccessProbe(app, database)
    database.engine.dispose()


def calls_of(rule: Rule) -> list[tuple[str, str]]:
    return [(method, rule.rule) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]


def test_the_table_lists_every_route(probe: AccessProbe):
    rules = [rule for rule in probe.app.url_map.iter_rules() if not rule.endpoint.startswith(PAGES)]
    routes = [call for rule in rules for call in calls_of(rule)]
    assert sorted(routes) == sorted(ALLOWED_ROLES)
    assert len(set(routes)) == len(routes)


def test_every_call_under_v1_requires_a_credential_except_that_for_public_publications():
    without = [call for call in ALLOWED_ROLES if call[1].startswith("/v1") and call not in WITH_CREDENTIAL]
    assert without == [("GET", "/v1/public/<operation>/<number>")]


def test_the_openapi_document_states_the_roles_of_the_table(probe: AccessProbe):
    document = probe.app.test_client().get("/openapi.json").json
    for (method, rule), roles in ALLOWED_ROLES.items():
        shown = document["paths"].get(rule.replace("<", "{").replace(">", "}"), {}).get(method.lower())
        if shown is None:
            assert rule.startswith(("/docs", "/openapi"))
            continue
        assert shown.get("x-roles") == (None if roles is None else [role for role in ROLES if role in roles])
        assert shown.get("security") == (None if roles is None else [{"credential": []}])


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
def test_every_call_is_refused_without_a_valid_credential(probe: AccessProbe, call: tuple[str, str]):
    role = min(ALLOWED_ROLES[call])
    valid = probe.secret(PARTICIPANT, role)
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
        f"Bearer {probe.revoked_secret(role)}": "credential_revoked",
        f"Bearer {probe.secret(PARTICIPANT, role, hours=-1)}": "credential_expired",
    }
    for authorization, code in wrong.items():
        assert probe.answer(call, authorization) == (401, code), authorization


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
@pytest.mark.parametrize(
    "wrong", [{"json": {"colour": "blue"}}, {"query_string": "colour=blue"}], ids=["body", "query"]
)
def test_access_is_refused_before_the_request_is_validated(
    probe: AccessProbe, call: tuple[str, str], wrong: dict[str, Any]
):
    assert probe.answer(call, f"Bearer {new_secret()}", **wrong) == (401, "credential_unknown")
    for role in ALL_ROLES - ALLOWED_ROLES[call]:
        assert probe.answer(call, f"Bearer {probe.secret(PARTICIPANT, role)}", **wrong) == (403, "role_may_not"), role


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
def test_every_call_is_refused_for_a_role_that_is_not_allowed(probe: AccessProbe, call: tuple[str, str]):
    for role in ALL_ROLES - ALLOWED_ROLES[call]:
        assert probe.answer(call, f"Bearer {probe.secret(PARTICIPANT, role)}") == (403, "role_may_not"), role


@pytest.mark.parametrize("call", WITH_CREDENTIAL, ids=" ".join)
def test_every_call_is_accepted_for_each_allowed_role(probe: AccessProbe, call: tuple[str, str]):
    for role in ALLOWED_ROLES[call]:
        status, code = probe.answer(call, f"Bearer {probe.secret(PARTICIPANT, role, hours=1)}")
        assert status != 401, role
        assert code not in ("role_may_not", "unknown_operation"), role


@pytest.mark.parametrize("call", FOR_AN_OPERATION, ids=" ".join)
def test_an_operation_does_not_exist_for_a_force_outside_it(probe: AccessProbe, call: tuple[str, str]):
    for role in ALLOWED_ROLES[call]:
        assert probe.answer(call, f"Bearer {probe.secret(OUTSIDER, role)}") == (404, "unknown_operation"), role


@pytest.mark.parametrize("call", FOR_AN_OPERATION, ids=" ".join)
def test_an_operation_does_not_exist_for_a_credential_limited_to_others(probe: AccessProbe, call: tuple[str, str]):
    for role in ALLOWED_ROLES[call]:
        limited = probe.secret(PARTICIPANT, role, operations=("other", f"{OPERATION}-2"))
        assert probe.answer(call, f"Bearer {limited}") == (404, "unknown_operation"), role
        allowed = probe.secret(PARTICIPANT, role, operations=("other", OPERATION))
        assert probe.answer(call, f"Bearer {allowed}")[1] != "unknown_operation", role


@pytest.mark.parametrize("call", FOR_AN_OPERATION, ids=" ".join)
def test_only_a_coordinator_of_the_lead_force_can_change_an_operation(probe: AccessProbe, call: tuple[str, str]):
    if ALLOWED_ROLES[call] == {COORDINATOR}:
        assert probe.answer(call, f"Bearer {probe.secret('surrey', COORDINATOR)}") == (403, "not_coordinator")
