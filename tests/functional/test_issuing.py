"""A coordinator issues the credentials of its operation, an administrator those of all: never more than their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from service.access.credentials import issue
from service.storage.db import Database
from tests.factories.bodies import arrest, new_id
from tests.functional.apps import with_secret
from tests.functional.calls import Caller, Json, refused
from tests.functional.conftest import ClientFor, opened


@pytest.fixture
def administrator(client_for: ClientFor) -> Caller:
    """Return an administrator's client."""
    return client_for("metropolitan", "administrator")


def ask(caller: Caller, force: str = "surrey", role: str = "force", **fields: Any) -> TestResponse:
    body = {"force": force, "role": role, "operations": ["live"], "expires_in_days": 7} | fields
    return caller.post("/v1/credentials", json=body)


def issued(caller: Caller, force: str = "surrey", role: str = "force", **fields: Any) -> Json:
    response = ask(caller, force, role, **fields)
    assert response.status_code == 201, response.json
    return response.json


def listed(caller: Caller, **query: Any) -> list[str]:
    response = caller.get("/v1/credentials", query_string=query)
    assert response.status_code == 200, response.json
    return [one["credential"] for one in response.json["credentials"]]


def revoke(caller: Caller, credential: Json) -> TestResponse:
    return caller.post(f"/v1/credentials/{credential['credential']}/revoke", json={})


def limited(app: Flask, database: Database, role: str, operations: tuple[str, ...], days: int = 30) -> Caller:
    """Return a client of the Metropolitan Police whose credential is limited to operations and in time."""
    with database.writing() as connection:
        now = datetime.now(UTC)
        _credential, secret = issue(
            connection,
            force="metropolitan",
            role=role,
            operations=operations,
            now=now,
            expires_at=now + timedelta(days=days),
        )
    return with_secret(app, secret)


def test_a_coordinator_issues_a_credential_that_works_in_its_operation_and_nowhere_else(
    app: Flask, lead: Caller, live: str
):
    opened(lead, operation="other")
    made = issued(lead)
    me = lead.get("/v1/me").json
    assert (made["force"], made["role"], made["operations"], made["issued_by"]) == (
        *("surrey", "force", [live]),
        me["credential"],
    )
    moments = [datetime.fromisoformat(made[name]) for name in ("created_at", "expires_at")]
    assert moments[1] - moments[0] == timedelta(days=7)
    surrey = with_secret(app, made["secret"])
    surrey.record(live, arrest())
    refused(surrey.send("other", arrest()), 404, "unknown_operation")
    observer = with_secret(app, issued(lead, "metropolitan", "observer")["secret"])
    assert observer.totals(live)["figures"]


@pytest.mark.usefixtures("live")
def test_the_secret_is_shown_once_and_is_in_no_list(lead: Caller, administrator: Caller):
    secret = issued(lead)["secret"]
    for caller in (lead, administrator):
        response = caller.get("/v1/credentials")
        assert secret not in response.get_data(as_text=True)
        assert "secret" not in response.json["credentials"][-1]
        assert response.headers["Cache-Control"] == "no-store"


def test_a_coordinator_revokes_what_it_issued_at_once_and_nothing_else(
    app: Flask, lead: Caller, surrey: Caller, administrator: Caller, live: str
):
    made, by_administrator = issued(lead), issued(administrator)
    theirs = surrey.get("/v1/me").json
    assert listed(lead) == [made["credential"]]
    for other in (by_administrator, theirs, lead.get("/v1/me").json, {"credential": new_id()}, {"credential": "x"}):
        refused(revoke(lead, other), 404, "no_such_credential")
    with_secret(app, made["secret"]).record(live, arrest())
    first, again = revoke(lead, made), revoke(lead, made)
    assert (first.status_code, again.status_code, again.json) == (200, 200, first.json)
    assert first.json["revoked_at"] is not None
    refused(with_secret(app, made["secret"]).send(live, arrest()), 401, "credential_revoked")


@pytest.mark.usefixtures("live")
def test_another_coordinator_of_the_force_revokes_too_so_that_a_lost_credential_leaves_nothing_behind(
    lead: Caller, client_for: ClientFor
):
    made = issued(lead)
    assert revoke(client_for("metropolitan", "coordinator"), made).status_code == 200
    assert listed(client_for("kent", "coordinator")) == []
    refused(revoke(client_for("kent", "coordinator"), issued(lead)), 404, "no_such_credential")


@pytest.mark.usefixtures("live")
@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"role": "coordinator"}, (403, "role_not_yours", "/role")),
        ({"role": "administrator"}, (403, "role_not_yours", "/role")),
        ({"operations": []}, (422, "operations_missing", "/operations")),
        ({"operations": ["live", "elsewhere"]}, (403, "operation_not_yours", "/operations/1")),
        ({"operations": ["no-such"]}, (403, "operation_not_yours", "/operations/0")),
        ({"force": "sussex"}, (422, "force_takes_no_part", "/force")),
        ({"force": "nowhere"}, (422, "force_takes_no_part", "/force")),
        ({"expires_in_days": 0}, (422, "wrong_fields", "/expires_in_days")),
        ({"expires_in_days": 367}, (422, "wrong_fields", "/expires_in_days")),
        ({"expires_in_days": None}, (422, "wrong_fields", "/expires_in_days")),
        ({"issued_by": new_id()}, (422, "wrong_fields", "/issued_by")),
        ({"operations": ["Live"]}, (422, "wrong_fields", "/operations/0")),
    ],
)
def test_a_coordinator_gives_no_more_than_access_to_its_own_operations(
    lead: Caller, client_for: ClientFor, fields: Json, wrong: tuple[Any, ...]
):
    kent = client_for("kent", "coordinator")
    opened(kent, operation="elsewhere", lead_force="kent", forces=["kent", "metropolitan"])
    refused(ask(lead, **fields), *wrong)
    assert listed(lead) == []


def test_an_operation_that_a_coordinator_does_not_lead_is_refused_like_one_that_does_not_exist(
    client_for: ClientFor, live: str
):
    kent = client_for("kent", "coordinator")
    answers = [ask(kent, operations=[name]) for name in (live, "no-such-operation")]
    details = [refused(one, 403, "operation_not_yours", "/operations/0")["detail"] for one in answers]
    assert details[0].replace(live, "X") == details[1].replace("no-such-operation", "X")


@pytest.mark.usefixtures("live")
def test_forces_and_observers_issue_list_and_revoke_nothing(surrey: Caller, client_for: ClientFor):
    for caller in (surrey, client_for("surrey", "observer")):
        refused(ask(caller), 403, "role_may_not")
        refused(caller.get("/v1/credentials"), 403, "role_may_not")
        refused(revoke(caller, {"credential": new_id()}), 403, "role_may_not")


def test_a_limited_coordinator_stays_within_its_limit_and_its_time(
    app: Flask, database: Database, lead: Caller, live: str
):
    opened(lead, operation="other")
    shift = limited(app, database, "coordinator", (live,), days=2)
    refused(ask(shift, operations=["other"], expires_in_days=1), 403, "operation_not_yours", "/operations/0")
    refused(ask(shift, operations=[live, "other"], expires_in_days=1), 403, "operation_not_yours", "/operations/1")
    refused(ask(shift, expires_in_days=3), 422, "expires_too_late", "/expires_in_days")
    made = issued(shift, expires_in_days=1)
    beyond = issued(lead, operations=["other"])
    across = issued(lead, operations=[live, "other"])
    assert listed(shift) == [made["credential"]]
    for other in (beyond, across):
        refused(revoke(shift, other), 404, "no_such_credential")
    assert revoke(shift, made).status_code == 200


def test_an_administrator_issues_any_role_but_its_own_and_sees_and_revokes_all(
    app: Flask, administrator: Caller, lead: Caller, live: str
):
    coordinator = issued(administrator, "kent", "coordinator", operations=[])
    early = issued(administrator, "kent", "force", operations=["not-yet-opened"])
    refused(ask(administrator, role="administrator"), 403, "role_not_yours", "/role")
    refused(ask(administrator, "nowhere"), 422, "unknown_force", "/force")
    by_lead = issued(lead)
    assert {coordinator["credential"], early["credential"], by_lead["credential"]} < {*listed(administrator)}
    assert revoke(administrator, by_lead).status_code == 200
    assert revoke(administrator, lead.get("/v1/me").json).status_code == 200
    refused(lead.get(f"/v1/operations/{live}"), 401, "credential_revoked")
    assert opened(with_secret(app, coordinator["secret"]), operation="kents", lead_force="kent") == "kents"


def test_a_limited_administrator_stays_within_its_limit(app: Flask, database: Database, lead: Caller, live: str):
    opened(lead, operation="other")
    small = limited(app, database, "administrator", (live,))
    refused(ask(small, operations=[]), 422, "operations_missing", "/operations")
    refused(ask(small, operations=["other"]), 403, "operation_not_yours", "/operations/0")
    made = issued(small, role="coordinator", force="metropolitan")
    assert listed(small)[-1] == made["credential"]
    refused(revoke(small, lead.get("/v1/me").json), 404, "no_such_credential")


@pytest.mark.usefixtures("live")
def test_the_list_comes_in_pages(lead: Caller):
    made = [issued(lead)["credential"] for _ in range(3)]
    first = lead.get("/v1/credentials", query_string={"limit": 2}).json
    assert ([one["credential"] for one in first["credentials"]], first["next"]) == (made[:2], made[1])
    assert listed(lead, limit=2, after=first["next"]) == made[2:]
    refused(lead.get("/v1/credentials", query_string={"after": new_id()}), 404, "no_such_credential")
