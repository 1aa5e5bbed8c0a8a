"""The service conforms to its OpenAPI document: schemathesis generates calls and checks the answers."""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, update_wrapper
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar
from zlib import crc32

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.pytest import _test_builder
from schemathesis.specs.openapi.coverage import _schema as bounds

from service.access.roles import ADMINISTRATOR, COORDINATOR, FORCE, OBSERVER, ROLES
from service.app import create_app
from service.config import Config
from service.domain.model.instants import parse_day, parse_instant
from service.domain.model.vocabulary import STEP
from service.storage.db import open_database
from service.wire.fields import UUID_TEXT
from tests.databases import database as temporary_database
from tests.factories.bodies import activity, arrest, correction, hours_ago, opening, seizure, today
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.apps import running_app, with_secret

# Longer strings are not drawn character by character. At the bound of our queries, 8,191 and 8,192 characters,
# Hypothesis cannot draw any that way, and took half a minute to find that out whenever the tests were collected.
bounds.MAX_GENERATED_PATTERN_LENGTH = 4_096


class Later:
    """A test of one call, whose examples are generated when the first of these tests is about to run.

    Schemathesis generates them when the tests are collected, in every process of tests and whichever tests are
    selected: that took as long as collecting all others.
    """

    all: ClassVar[list["Later"]] = []

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        self.all.append(self)
        update_wrapper(self, facts["test_func"])
        # The fixtures that pytest has to find.
        shown = signature(facts["test_func"])
        self.__signature__ = shown.replace(parameters=[one for one in shown.parameters.values() if one.name != "case"])

    def __call__(self, **_fixtures: Any) -> None:
        raise AssertionError("the test was not generated")

    @cached_property
    def generated(self) -> Callable[..., None]:
        return generate(**self.facts)


generate, _test_builder.build_operation_test = _test_builder.build_operation_test, Later


@pytest.fixture(autouse=True)
def generated(request: pytest.FixtureRequest) -> None:
    """Generate the examples of all tests, unless it is done, and give the one that is about to run its own.

    What one call has tried, Schemathesis leaves out for the next; so all are generated in the order of the document.
    """
    tests = [one.generated for one in Later.all]
    if isinstance(request.node.obj, Later):
        request.node.obj = tests[Later.all.index(request.node.obj)]


OPERATION = "live"
HOLDERS = {FORCE: "surrey", COORDINATOR: LEAD, OBSERVER: "kent", ADMINISTRATOR: LEAD}
OCCURRED_AT = hours_ago(1)
EVENTS = [arrest(), seizure(), activity()]
FOR_EVERY_ROLE = 5
IGNORED_CHECKS = [
    # A body that matches its schema can still be refused: codes, days and forces must be those of the operation.
    checks.positive_data_acceptance,
]


class Stage:
    """The app that all tests call. The document is the same for every database."""

    app: Flask = create_app(Config(database_url="sqlite://"))
    secrets: dict[str, str]
    # How many cases of each call were tried.
    tried: Counter[str]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self.app(environ, start_response)


STAGE = Stage()


def document(*, at_bounds: bool) -> Any:
    """Return the document to generate calls from, either at random or at the bounds of each value."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", STAGE)
    schema.config.phases.coverage.enabled = at_bounds
    # Every call carries a real credential; test_access covers the others.
    schema.config.generation.with_security_parameters = False
    # A batch refuses each event individually, and answers 207.
    schema.config.checks.negative_data_rejection.expected_statuses.append("207")
    # The feed has no end; test_feed reads it.
    return schema.exclude(path="/v1/operations/{operation}/feed")


ANYWHERE, AT_BOUNDS = document(at_bounds=False), document(at_bounds=True)


@pytest.fixture(scope="module")
def sqlite_stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("contract") / "oprecord.db")
    yield from staged(f"sqlite:///{path}")


@pytest.fixture(scope="module")
def postgresql_stage(postgres_server_url: str, postgres_template: str) -> Iterator[Stage]:
    with temporary_database(postgres_server_url, template=postgres_template) as url:
        yield from staged(url)


def staged(url: str) -> Iterator[Stage]:
    """Prepare an operation with some events and a correction, and a credential for each role."""
    database = open_database(url)
    with running_app(database) as app:
        stage = Stage()
        stage.app = app
        stage.tried = Counter()
        stage.secrets = {role: issued_secret(database, force, role) for role, force in HOLDERS.items()}
        lead = with_secret(app, stage.secrets[COORDINATOR])
        assert lead.post("/v1/operations", json=opening(operation=OPERATION)).status_code == 201
        lead.record(OPERATION, *EVENTS, correction(EVENTS[0], data={"reason": "drugs"}))
        yield stage
    database.engine.dispose()


@schemathesis.serializer("application/x-ndjson", "application/toml", "text/csv")
def _as_lines(_context: Any, value: Any) -> bytes:
    return str(value).encode()


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Make most calls refer to an existing operation and event."""
    known = {"operation": OPERATION, "event_id": EVENTS[0]["id"], "number": "1", "credential_id": EVENTS[0]["id"]}
    return {name: known[name] if mostly(value) else value for name, value in (path_parameters or {}).items()}


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Give most well-formed events a force, a place and a time that the operation accepts."""
    if isinstance(body, dict) and isinstance(body.get("events"), list):
        return body | {"events": [fitting(event) for event in body["events"]]}
    return fitting(body)


def fitting(body: Any) -> Any:
    if not isinstance(body, dict) or not mostly(body):
        return body
    known = {
        "force": ("surrey", is_code),
        "lead_force": (LEAD, is_code),
        "place": ("m25", is_code),
        "reason": ("knife", is_code),
        "measure": ("vehicles_stopped", is_code),
        "category": (None, is_code),
        "occurred_at": (OCCURRED_AT, is_instant),
        "occurred_on": (today(), is_day),
        "recorded_at": (None, is_instant),
    }
    if body.get("type") != "event.withdrawn":
        known |= {"corrects": (None, is_uuid), "correction_reason": (None, is_code)}
    found = {name: value for name, (value, is_well_formed) in known.items() if is_well_formed(body.get(name))}
    return body | found | ({"data": fitting(body["data"])} if "data" in body else {})


def is_code(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(STEP, value) is not None


def is_uuid(value: Any) -> bool:
    return isinstance(value, str) and UUID_TEXT.fullmatch(value) is not None


def is_day(value: Any) -> bool:
    try:
        return parse_day(value) is not None
    except (TypeError, ValueError):
        return False


def is_instant(value: Any) -> bool:
    try:
        return parse_instant(value) is not None
    except (TypeError, ValueError):
        return False


def mostly(value: Any) -> bool:
    """Return true for three in four values, and always the same for the same value."""
    return crc32(repr(value).encode()) % 4 != 0


def role_for(case: schemathesis.Case) -> str:
    """Return the role that makes a call; for most calls, one that may make it."""
    may: list[str] = case.operation.definition.raw.get("x-roles") or list(ROLES)
    call = (case.method, case.path, case.path_parameters, case.query, case.headers, case.body)
    roles = may if mostly(call) else list(ROLES)
    return roles[crc32(repr((case.body, case.query)).encode()) % len(roles)]


def roles_for(case: schemathesis.Case, stage: Stage) -> list[str]:
    """Return the roles that make a call: every fifth case is sent by each, so that no role is left to chance."""
    stage.tried[case.operation.label] += 1
    first = role_for(case)
    others = (
        [role for role in ROLES if role != first] if stage.tried[case.operation.label] % FOR_EVERY_ROLE == 0 else []
    )
    return [first, *others]


def check(case: schemathesis.Case, stage: Stage) -> None:
    """Send a case to a stage's app, and check the answer to each role that makes the call."""
    STAGE.app = stage.app
    for role in roles_for(case, stage):
        headers = {"Authorization": f"Bearer {stage.secrets[role]}"}
        case.call_and_validate(headers=headers, excluded_checks=IGNORED_CHECKS)


def examples(number: int) -> settings:
    everything = list(HealthCheck)
    return settings(
        max_examples=number, deadline=None, derandomize=True, database=None, suppress_health_check=everything
    )


@ANYWHERE.parametrize()
@examples(15)
def test_every_answer_conforms_to_the_document(
    case: schemathesis.Case, sqlite_stage: Stage, postgresql_stage: Stage
) -> None:
    """Generating a case takes longer than answering it on both databases, so each case is sent to both."""
    check(case, sqlite_stage)
    check(case, postgresql_stage)


@AT_BOUNDS.parametrize()
@examples(1)
def test_every_answer_at_a_bound_conforms_to_the_document(case: schemathesis.Case, sqlite_stage: Stage) -> None:
    check(case, sqlite_stage)
