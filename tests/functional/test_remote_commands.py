"""A coordinator's day with the command: over HTTP, to a real service, with a stored profile and without one UUID."""

import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest

from service.cli.exit_codes import DONE, REFUSED, UNAVAILABLE, USAGE
from service.cli.main import run
from service.storage.db import Database, open_database
from tests.factories.bodies import arrest, correction, declared, hours_ago, opening, today, withdrawal, yesterday
from tests.factories.credentials import issued_secret
from tests.functional.calls import Json
from tests.functional.served import Served, serving

AT = hours_ago(3)


class Ran(NamedTuple):
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a running service over an SQLite database."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("remote") / "oprecord.db")
    with serving(f"sqlite:///{path}") as served:
        yield served


@pytest.fixture(scope="module")
def database(served: Served) -> Iterator[Database]:
    database = open_database(served.environment["OPRECORD_DATABASE_URL"])
    yield database
    database.engine.dispose()


@pytest.fixture
def operation(served: Served, database: Database, request: pytest.FixtureRequest) -> str:
    """Return the name of a new operation with one pair of possible duplicates, led by the Metropolitan Police."""
    name = f"op-{abs(hash(request.node.name)) % 10**8}"
    post(served, secret(database, "metropolitan"), "/v1/operations", opening(operation=name))
    for force in ("surrey", "kent"):
        event = arrest(force=force, occurred_at=AT, place="m25")
        post(served, secret(database, force), f"/v1/operations/{name}/events", event)
    return name


@pytest.fixture
def oprecord(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return a function that runs the command in an empty home."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("OPRECORD_CREDENTIAL", raising=False)

    def oprecord(*arguments: object, piped: str = "") -> Ran:
        monkeypatch.setattr("sys.stdin", StringIO(piped))
        code = run([str(one) for one in arguments])
        return Ran(code, *capfd.readouterr())

    return oprecord


@pytest.fixture
def lead(served: Served, database: Database, oprecord: Callable[..., Ran]) -> Callable[..., Ran]:
    """Return the command of a coordinator who has logged in."""
    assert oprecord("login", "--url", url(served), piped=secret(database, "metropolitan") + "\n").code == DONE
    return oprecord


def url(served: Served) -> str:
    return f"http://127.0.0.1:{served.port}"


def secret(database: Database, force: str, role: str | None = None) -> str:
    return issued_secret(database, force, role)


def post(served: Served, credential: str, path: str, body: Json) -> Json:
    response = served.request("POST", path, credential, body)
    answer = json.loads(response.read())
    assert response.status in {200, 201}, answer
    return answer


def profile_file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "oprecord" / "profile.json"


def test_a_login_is_checked_stored_for_its_owner_only_and_never_printed(
    served: Served, database: Database, oprecord: Callable[..., Ran], tmp_path: Path
):
    credential, os_umask = secret(database, "metropolitan"), os.umask(0)
    try:
        ran = oprecord("login", "--url", f"{url(served)}/", piped=f'  "{credential}"\n')
    finally:
        os.umask(os_umask)
    assert (ran.code, ran.out) == (DONE, "")
    assert ran.err.startswith(f"Logged in to {url(served)} as coordinator of metropolitan. Stored in ")
    assert stat.S_IMODE(profile_file(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(profile_file(tmp_path).parent.stat().st_mode) == 0o700
    assert [one.name for one in profile_file(tmp_path).parent.iterdir()] == ["profile.json"]
    shown = oprecord("profile")
    assert shown == (DONE, f"{url(served)}: coordinator of metropolitan\n", "")
    assert json.loads(oprecord("profile", "--json").out)["force"] == "metropolitan"
    for printed in (ran, shown, oprecord("profile", "--json"), oprecord("operations")):
        assert credential not in printed.out + printed.err
    assert oprecord("logout").err == "Logged out.\n"
    assert not profile_file(tmp_path).exists()
    ran = oprecord("operations")
    assert (ran.code, ran.err.count("\n")) == (REFUSED, 1)
    assert "There is no address of the service. Run: oprecord login --url URL." in ran.err


def test_a_wrong_login_stores_nothing(served: Served, oprecord: Callable[..., Ran], tmp_path: Path):
    revoked = "oprecord_" + "a" * 46
    for piped, said in ((revoked, "was mistyped"), ("", "There is no credential"), ("a b", "not copied correctly")):
        ran = oprecord("login", "--url", url(served), piped=piped)
        assert ran.code in {REFUSED, USAGE}
        assert said in ran.err
        assert ran.err.count("\n") == 1
        assert not profile_file(tmp_path).exists()
    assert oprecord("login", "--url", "http://127.0.0.1:9", piped=revoked).code == UNAVAILABLE


def test_a_profile_that_others_can_read_or_that_is_damaged_is_refused(lead: Callable[..., Ran], tmp_path: Path):
    profile_file(tmp_path).chmod(0o644)
    assert "Other users can read" in lead("operations").err
    profile_file(tmp_path).chmod(0o600)
    profile_file(tmp_path).write_text("{}")
    ran = lead("operations")
    assert (ran.code, "is damaged. Run: oprecord login" in ran.err) == (REFUSED, True)


def test_the_stored_credential_goes_to_no_other_address(lead: Callable[..., Ran]):
    ran = lead("operations", "--url", "http://127.0.0.1:9")
    assert ran.code == REFUSED
    assert ran.err.startswith("oprecord: There is no credential for http://127.0.0.1:9.")


def test_a_revoked_credential_says_to_log_in_again(served: Served, database: Database, lead: Callable[..., Ran]):
    me = json.loads(lead("profile", "--json").out)
    administrator = secret(database, "metropolitan", "administrator")
    post(served, administrator, f"/v1/credentials/{me['credential']}/revoke", {})
    ran = lead("operations")
    assert (ran.code, ran.err) == (REFUSED, "oprecord: This credential has been revoked. Run: oprecord login\n")


def test_operations_and_events_are_listed_for_people_and_for_programs(
    served: Served, database: Database, lead: Callable[..., Ran], operation: str
):
    assert operation in lead("operations").out
    assert operation in [one["operation"] for one in json.loads(lead("operations", "--json").out)]
    events = json.loads(lead("events", operation, "--json").out)
    mine = next(one for one in events if one["type"] == "arrest.recorded" and one["force"] == "surrey")
    fixed = {name: mine[name] for name in ("id", "type", "force", "occurred_at", "place", "data")}
    newer = correction(fixed, data={"reason": "drugs"})
    post(served, secret(database, "surrey"), f"/v1/operations/{operation}/events", newer)
    table = lead("events", operation, "--last", "3").out
    assert f"corrected by {len(events) + 1}" in table
    post(served, secret(database, "surrey"), f"/v1/operations/{operation}/events", withdrawal(newer))
    assert f"withdrawn by {len(events) + 2}" in lead("events", operation, "--type", "arrest.recorded").out
    assert len(json.loads(lead("events", operation, "--type", "operation.opened", "--json").out)) == 1
    assert [one["seq"] for one in json.loads(lead("events", operation, "--last", "2", "--json").out)] == [10, 9]
    assert "no operation 'nowhere'" in lead("events", "nowhere").err


def test_returns_are_shown_by_force_and_day_and_declared_for_a_force_that_telephones(
    lead: Callable[..., Ran], operation: str
):
    before = lead("returns", operation)
    assert "surrey owes 2 returns" in before.out
    ran = lead("returns", operation, "--declare", "surrey", today(), "complete")
    assert ran.code == DONE
    assert f"Declared surrey's return for {today()} complete, as event 9." in ran.err
    assert "surrey owes 1 return:" in ran.out
    cells = json.loads(lead("returns", operation, "--json").out)["returns"]
    assert {(one["day"], one["status"]) for one in cells if one["force"] == "surrey"} == {
        (today(), "complete"),
        (yesterday(), "none"),
    }
    assert lead("returns", operation, "--declare", "surrey", "today", "complete").code == USAGE
    assert lead("returns", operation, "--declare", "surrey", today(), "done").code == USAGE
    days = f"{yesterday()}/{today()}"
    ran = lead(
        "returns", operation, "--declare", "kent", days, "partial", "--measures", "arrests,cash", "--status", "partial"
    )
    assert f"Declared kent's return for {yesterday()} to {today()} partial, as event " in ran.err
    assert "kent owes 2 returns" in ran.out
    assert "surrey" not in ran.out
    assert lead("returns", operation, "--declare", "kent", f"{today()}/{yesterday()}", "nil").code == USAGE
    assert lead("returns", operation, "--measures", "arrests").code == USAGE
    assert "Expected none, partial, complete, nil, reopened" in lead("returns", operation, "--status", "late").err


def test_pairs_are_ruled_out_by_the_numbers_of_their_events_and_reopened(lead: Callable[..., Ran], operation: str):
    assert "7-8" in lead("duplicates", operation).out
    wrong = lead("duplicates", operation, "--rule-out", "7-8", "--rule-out", "1-2")
    assert (wrong.code, "There is no possible duplicate 1-2; nothing was ruled out" in wrong.err) == (REFUSED, True)
    ran = lead("duplicates", operation, "--rule-out", "7-8")
    assert ran.err == f"Ruled out 1 pair.\nThere are no possible duplicates in {operation}.\n"
    (ruling,) = json.loads(lead("duplicates", operation, "--ruled-out", "--json").out)
    assert str(ruling["seq"]) in lead("duplicates", operation, "--ruled-out").out
    ran = lead("duplicates", operation, "--reopen", ruling["seq"])
    assert ran.err.startswith(f"Reopened: the pair of ruling {ruling['seq']} is a possible duplicate again.")
    assert "7-8" in ran.out
    assert "No pair is ruled out by event 3" in lead("duplicates", operation, "--reopen", "3").err


def test_figures_are_published_after_a_preview_made_public_and_compared_later(
    served: Served, database: Database, lead: Callable[..., Ran], operation: str
):
    preview = lead("publish", operation)
    assert "At least 2 arrests" in preview.err
    assert "Warning: Surrey Police owes 2 returns." in preview.err
    assert "Warning: 1 possible duplicate not decided." in preview.err
    assert "Nothing was published." in preview.err
    assert lead("publish", operation, "--label", "provisional", piped="n\n").code != DONE
    ran = lead("publish", operation, "--label", "provisional", piped="y\n")
    assert ran.err.endswith("Published provisional figures as publication 1, at event 8.\n")
    assert "\nNothing has changed since.\n" in lead("difference", operation, "1").out
    post(served, secret(database, "surrey"), f"/v1/operations/{operation}/events", arrest())
    changed = lead("difference", operation, "1")
    assert "\nSince then: arrests 2, now 3.\n" in changed.out
    assert "\n- Event 10, of " in changed.out
    unknown = lead("difference", operation, "9")
    assert (unknown.code, f"{operation} has no publication 9" in unknown.err) == (REFUSED, True)
    assert {one["change"] for one in json.loads(lead("difference", operation, "1", "--json").out)["changes"]} == {1}
    ran = lead("publish", operation, "--make-public", "1", "--yes")
    assert f"{url(served)}/v1/public/{operation}/1" in ran.err
    assert served.request("GET", f"/v1/public/{operation}/1").status == 200
    again = lead("publish", operation, "--make-public", "1", "--yes")
    assert (again.code, "It stays public." in again.err) == (REFUSED, True)
    published = json.loads(lead("publish", operation, "--label", "final", "--yes", "--json").out)
    assert (published["number"], published["label"]) == (2, "final")


def test_totals_come_from_the_service_when_its_address_is_given(
    served: Served, lead: Callable[..., Ran], operation: str
):
    found = json.loads(lead("totals", operation, "--url", url(served), "--measure", "arrests", "--json").out)
    assert [figure["quantity"] for figure in found["figures"]] == [2]
    table = lead("totals", operation, "--url", url(served), "--by", "force", "--measure", "arrests")
    assert table.out.count("surrey") >= 1


def test_a_force_sees_and_does_its_own(
    served: Served, database: Database, oprecord: Callable[..., Ran], operation: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPRECORD_CREDENTIAL", secret(database, "surrey"))
    address = ("--url", url(served))
    assert [one["force"] for one in json.loads(oprecord("events", operation, "--json", *address).out)] == ["surrey"]
    ran = oprecord("returns", operation, "--declare", "kent", today(), "nil", *address)
    assert (ran.code, ran.err) == (REFUSED, "oprecord: This credential records for surrey only.\n")
    ran = oprecord("publish", operation, "--label", "final", "--yes", *address)
    assert (ran.code, "Expected a credential with one of the roles coordinator" in ran.err) == (REFUSED, True)


def test_a_preview_counts_the_returns_that_the_statement_does_not_list(
    served: Served, database: Database, lead: Callable[..., Ran]
):
    days = [date(2012, 1, 1) + timedelta(days=number) for number in range(4_010)]
    period = {"starts_at": f"{days[0]}T00:00:00Z", "ends_at": f"{days[-1]}T00:00:00Z"}
    post(served, secret(database, "metropolitan"), "/v1/operations", opening(operation="long", **period))
    sent = [declared("nil", day=str(day)) for day in days[1:4_009:2]]
    for start in range(0, len(sent), 1_000):
        batch = {"events": sent[start : start + 1_000]}
        post(served, secret(database, "surrey"), "/v1/operations/long/batches", batch)
    ran = lead("publish", "long")
    assert re.search(r"Warning: [0-9,]+ further returns are not in. See: oprecord returns long", ran.err), ran.err
