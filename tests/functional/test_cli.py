"""The command `oprecord`, as those who run the service use it: its output and its exit codes."""

import json
import secrets
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import click
import pytest
import sqlalchemy as sa

from service.cli.exit_codes import DONE, MEANINGS, REFUSED, UNAVAILABLE, USAGE, WRONG
from service.cli.failing.expected_errors import exit_code_of
from service.cli.main import COMMANDS, cli, run
from service.errors import KINDS, Unavailable
from service.eventlog.table import events, heads
from service.projections.totals import totals
from service.storage.db import Database, open_database
from tests import databases
from tests.factories.logs import recorded_live, recorded_seed
from tests.factories.operations import NAME, OpenedOperation, opened_operation
from tests.factories.reports import ArrestRecordedFactory
from tests.functional.calls import on_sqlite
from tests.functional.served import COMMAND

PANDILLA = "pandilla-2023-01"
Oprecord = Callable[..., tuple[int, str, str]]


@pytest.fixture
def oprecord(database_url: str, capfdbinary: pytest.CaptureFixture[bytes]) -> Oprecord:
    """Return a function that runs the command on the test's database and returns exit code, stdout and stderr."""

    def oprecord(*arguments: object, url: str = database_url) -> tuple[int, str, str]:
        code = run(["--database-url", url, *map(str, arguments)])
        written = capfdbinary.readouterr()
        return code, written.out.decode(), written.err.decode()

    return oprecord


def only_line(text: str) -> str:
    (line,) = text.splitlines()
    return line


def all_commands() -> list[str]:
    found = []
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        found += [f"{name} {inner}" for inner in getattr(command, "commands", {})] or [name]
    return found


NEEDS_DATABASE = {
    "serve": [],
    "totals": ["x"],
    "statement": ["x"],
    "reconcile": ["x", "seeds/pandilla-2023-01/claims.toml"],
    "verify": [],
    "export": ["x"],
    "import": ["-"],
    "backup": ["x"],
    "credential issue": ["surrey", "--role", "force"],
    "credential list": [],
    "credential revoke": ["00000000-0000-4000-8000-000000000000"],
    "projections status": [],
    "projections rebuild": [],
    "projections verify": [],
    "replay": ["seeds/pandilla-2023-01", "--url", "http://127.0.0.1:9", "--issue"],
}


CALLS_SERVICE = {
    *("login", "profile", "logout", "operations", "returns", "duplicates", "publish", "difference", "events")
}


def test_every_command_that_needs_a_database_is_covered_here():
    others = {
        name for name in all_commands() if name.split()[0] in ("init", "map", "submit", "template", *CALLS_SERVICE)
    }
    assert set(NEEDS_DATABASE) == set(all_commands()) - others


@on_sqlite
@pytest.mark.parametrize("command", NEEDS_DATABASE)
def test_a_missing_database_file_is_not_created_by_reading(command: str, tmp_path: Path, oprecord: Oprecord):
    file = tmp_path / "nowhere.db"
    code, out, err = oprecord(*command.split(), *NEEDS_DATABASE[command], url=f"sqlite:///{file}")
    assert (code, out) == (UNAVAILABLE, "")
    assert only_line(err) == f"oprecord: There is no database file {file}. Run: oprecord init"
    assert not file.exists()


@on_sqlite
@pytest.mark.parametrize("command", NEEDS_DATABASE)
def test_an_unreachable_database_is_reported_in_one_line(command: str, oprecord: Oprecord):
    url = "postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=2"
    code, out, err = oprecord(*command.split(), *NEEDS_DATABASE[command], url=url)
    assert (code, out) == (UNAVAILABLE, "")
    assert only_line(err).startswith("oprecord: The database did not answer: connection failed")


@on_sqlite
@pytest.mark.parametrize("command", ["verify", "init"])
def test_a_file_that_is_not_a_database_is_reported_in_one_line(command: str, tmp_path: Path, oprecord: Oprecord):
    (tmp_path / "letter.db").write_text("Dear colleague, " * 1_000)
    code, _out, err = oprecord(command, url=f"sqlite:///{tmp_path / 'letter.db'}")
    assert code == UNAVAILABLE
    assert "file is not a database" in only_line(err)


def test_every_command_is_found_by_its_name():
    context = click.Context(cli)
    assert [cli.get_command(context, name).name for name in cli.list_commands(context)] == list(COMMANDS)
    assert cli.get_command(context, "list_commands") is None


@on_sqlite
def test_a_database_without_tables_needs_init_which_creates_them(postgres_server_url: str, oprecord: Oprecord):
    with databases.database(postgres_server_url) as url:
        code, _out, err = oprecord("verify", url=url)
        assert code == UNAVAILABLE
        assert only_line(err).endswith("Run: oprecord init")
        assert oprecord("init", url=url)[0] == DONE
        assert oprecord("init", url=url)[0] == DONE
        assert oprecord("verify", url=url)[:2] == (DONE, "There are no operations yet.\n")


@on_sqlite
def test_init_creates_a_file(tmp_path: Path, oprecord: Oprecord):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    assert oprecord("init", url=url)[0] == DONE
    assert oprecord("verify", url=url)[0] == DONE


@on_sqlite
def test_a_missing_folder_is_reported_in_one_line(tmp_path: Path, oprecord: Oprecord):
    code, _out, err = oprecord("init", url=f"sqlite:///{tmp_path / 'no' / 'new.db'}")
    assert code == UNAVAILABLE
    assert "unable to open database file" in only_line(err)


@on_sqlite
def test_init_does_not_show_the_password(postgres_url: str, oprecord: Oprecord):
    url = sa.make_url(postgres_url).set(password="hunter2").render_as_string(hide_password=False)
    code, out, err = oprecord("init", url=url)
    assert code == DONE
    assert "hunter2" not in out + err


@on_sqlite
def test_sqlite_has_no_roles_to_grant_to(sqlite_url: str, oprecord: Oprecord):
    assert oprecord("init", "--grant-to", "serving", url=sqlite_url)[0] == USAGE


@on_sqlite
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["verify", "--loudly"],
        ["credential"],
        ["credential", "issue", "surrey"],
        ["credential", "issue", "surrey", "--role", "admiral"],
        ["credential", "issue", "surrey", "--role", "force", "--expires-in", "0"],
        ["credential", "revoke", "5"],
        ["import"],
        ["import", "no-such-file"],
        ["verify", "--receipt", "README.md"],
        ["replay", "seeds/pandilla-2023-01"],
        ["replay", "seeds/pandilla-2023-01", "--url", "http://127.0.0.1:9"],
        ["replay", "no-such-folder", "--url", "http://127.0.0.1:9", "--issue"],
        ["serve", "--replay", "README.md"],
    ],
    ids=" ".join,
)
def test_an_invalid_command_line_exits_with_usage(arguments: list[str], oprecord: Oprecord):
    code, out, err = oprecord(*arguments)
    assert (code, out) == (USAGE, "")
    assert err


@on_sqlite
def test_a_usage_error_names_the_help_to_read(oprecord: Oprecord):
    said = "oprecord: Missing argument 'OPERATION'. Try: oprecord totals --help"
    assert only_line(oprecord("totals")[2]) == said


@on_sqlite
@pytest.mark.parametrize("command", ["", *all_commands(), "credential", "projections"])
def test_help_needs_no_settings(command: str, oprecord: Oprecord, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPRECORD_PORT", "eight thousand")
    code, out, err = oprecord(*command.split(), "--help")
    assert (code, err) == (DONE, "")
    assert out.startswith("Usage: oprecord")


@on_sqlite
def test_all_invalid_settings_are_named_together(oprecord: Oprecord, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPRECORD_PORT", "eight thousand")
    monkeypatch.setenv("OPRECORD_THREADS", "0")
    code, _out, err = oprecord("verify")
    assert code == USAGE
    assert only_line(err) == (
        "oprecord: Invalid OPRECORD_PORT: Not a valid integer. "
        "Invalid OPRECORD_THREADS: Must be greater than or equal to 1."
    )


@on_sqlite
def test_an_invalid_database_url_is_reported(oprecord: Oprecord):
    code, _out, err = oprecord("verify", url="the database in the cellar")
    assert code == USAGE
    assert "URL" in only_line(err)
    assert "Check --database-url or OPRECORD_DATABASE_URL." in err


@on_sqlite
@pytest.mark.parametrize("command", ["init", *NEEDS_DATABASE])
def test_an_unsupported_database_is_refused(command: str, oprecord: Oprecord):
    url = "mysql+pymysql://somebody:hunter2@127.0.0.1:9/record"
    code, out, err = oprecord(*command.split(), *NEEDS_DATABASE.get(command, ()), url=url)
    assert (code, out) == (USAGE, "")
    expected = "Expected a database URL such as sqlite:///FILE or postgresql+psycopg://...; found mysql."
    assert only_line(err) == f"oprecord: {expected}"


@on_sqlite
@pytest.mark.parametrize("port", ["-1", "65536"])
def test_an_invalid_port_is_reported(port: str, oprecord: Oprecord, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPRECORD_PORT", port)
    code, _out, err = oprecord("serve")
    assert code == USAGE
    assert "OPRECORD_PORT" in only_line(err)
    assert "65535" in err


def test_every_kind_of_error_has_a_documented_exit_code():
    codes = {kind: exit_code_of(kind("x")) for kind in KINDS}
    assert codes.pop(Unavailable) == UNAVAILABLE
    assert set(codes.values()) == {REFUSED}
    assert set(MEANINGS) == {DONE, WRONG, USAGE, REFUSED, UNAVAILABLE}


@on_sqlite
def test_init_gives_a_role_what_serving_needs(postgres_url: str, postgres_server_url: str, oprecord: Oprecord):
    role, database = f"serving_{secrets.token_hex(4)}", open_database(postgres_url)
    databases.execute(postgres_server_url, "CREATE ROLE {}", role)
    try:
        assert oprecord("init", "--grant-to", role, url=postgres_url)[0] == DONE
        granted = "SELECT has_table_privilege(:role, 'events', :right)"
        with database.reading() as connection:
            rights = {
                right: connection.scalar(sa.text(granted), {"role": role, "right": right})
                for right in ("INSERT", "SELECT", "UPDATE", "DELETE")
            }
        assert rights == {"INSERT": True, "SELECT": True, "UPDATE": False, "DELETE": False}
    finally:
        database.engine.dispose()
        databases.execute(postgres_url, "DROP OWNED BY {}", role)
        databases.execute(postgres_server_url, "DROP ROLE {}", role)


@on_sqlite
def test_a_missing_role_is_reported_in_one_line(postgres_url: str, oprecord: Oprecord):
    code, _out, err = oprecord("init", "--grant-to", "nobody-we-know", url=postgres_url)
    assert code == REFUSED
    assert "found 'nobody-we-know', which does not exist" in only_line(err)


# --- verify


def test_verify_says_what_it_checked(database: Database, oprecord: Oprecord):
    _operation, receipts = recorded_live(database)
    recorded_seed(database)
    code, out, _err = oprecord("verify")
    assert code == DONE
    counts = "19 events, 6 participants, 1 declared returns, 9 entries, 5 match candidates, 0 ruled out, 7 totals"
    assert f"{NAME}: checked {counts}" in out
    assert f"root {receipts[-1].root}" in out
    assert out.count("all right") == 2
    code, out, _err = oprecord("verify", NAME, "--json")
    assert code == DONE
    (found,) = json.loads(out)
    assert (found["operation"], found["root"], found["fault"]) == (NAME, receipts[-1].root, None)


def test_verify_names_what_is_wrong(database: Database, oprecord: Oprecord):
    recorded_live(database)
    with database.writing() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger_of(database)}")
        connection.execute(events.update().where(events.c.seq == 7).values(force="kent"))
    code, out, _err = oprecord("verify")
    assert code == WRONG
    assert "WRONG: events, seq 7: its column force is kent; its text says surrey" in out
    assert "all right" not in out
    code, out, _err = oprecord("verify", "--json")
    assert code == WRONG
    assert json.loads(out)[0]["fault"]["seq"] == 7


def trigger_of(database: Database) -> str:
    return "events_no_update" if database.is_sqlite else "events_no_update_or_delete ON events"


@pytest.mark.parametrize("form", ["lines", "list", "one", "batch", "indented"])
def test_verify_compares_receipts(database: Database, oprecord: Oprecord, tmp_path: Path, form: str):
    receipts = [receipt.as_json() for receipt in recorded_live(database)[1]]
    file = tmp_path / "receipts"
    refused = {"index": 0, "status": 422, "problem": {"code": "unknown_code"}}

    def write(receipts: list[dict[str, Any]]) -> None:
        written = {
            "lines": "\n".join(map(json.dumps, receipts)),
            "list": json.dumps(receipts),
            "one": json.dumps(receipts[0]),
            "batch": json.dumps({"results": [refused, *({"index": 1, "receipt": one} for one in receipts)]}),
            "indented": json.dumps(receipts[0], indent=2),
        }
        file.write_text(written[form])

    write(receipts)
    code, out, _err = oprecord("verify", NAME, "--receipt", file)
    assert code == DONE
    assert f"{1 if form in ('one', 'indented') else len(receipts)} receipts" in out
    write([receipts[0] | {"root": "0" * 64}, *receipts[1:]])
    code, out, _err = oprecord("verify", NAME, "--receipt", file)
    assert code == WRONG
    assert f"WRONG: receipt 1 {receipts[0]['id']}: root: receipt 000" in out


@on_sqlite
@pytest.mark.parametrize("text", ["", "5", "{", '{"id":', "\x00"], ids=range(5))
def test_a_file_without_receipts_is_refused(database: Database, oprecord: Oprecord, tmp_path: Path, text: str):
    recorded_live(database)
    (tmp_path / "receipts").write_text(text)
    code, _out, err = oprecord("verify", NAME, "--receipt", tmp_path / "receipts")
    assert code == REFUSED
    assert only_line(err).startswith(f"oprecord: {tmp_path / 'receipts'}")


@pytest.mark.parametrize("command", ["verify", "export", "totals", "projections rebuild", "projections verify"])
def test_an_unknown_operation_is_refused(oprecord: Oprecord, command: str):
    code, out, err = oprecord(*command.split(), "nowhere")
    assert (code, out) == (REFUSED, "")
    assert "There is no operation 'nowhere'" in only_line(err)


# --- export and import


def test_a_log_is_exported_and_imported(database: Database, oprecord: Oprecord, tmp_path: Path):
    recorded_seed(database)
    code, log, _err = oprecord("export", PANDILLA)
    assert code == DONE
    header, *events = log.splitlines()
    assert len(events) == json.loads(header)["log"]["size"] == 368
    file, elsewhere = tmp_path / "log.ndjson", f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert oprecord("export", PANDILLA, "--output", file)[:2] == (DONE, "")
    assert file.read_text() == log
    oprecord("init", url=elsewhere)
    root = json.loads(oprecord("verify", PANDILLA, "--json")[1])[0]["root"]
    code, _out, err = oprecord("import", file, "--root", "0" * 64, url=elsewhere)
    assert code == REFUSED
    assert root in only_line(err)
    code, out, err = oprecord("import", file, "--root", root, url=elsewhere)
    assert (code, out) == (DONE, f"{root}\n")
    assert f"Imported {PANDILLA}: 368 events" in err
    assert oprecord("verify", url=elsewhere)[0] == DONE
    assert oprecord("export", PANDILLA, url=elsewhere)[1] == log
    code, _out, err = oprecord("import", file, url=elsewhere)
    assert code == REFUSED
    assert "already exists" in only_line(err)


@on_sqlite
def test_an_export_that_was_cut_or_added_to_is_refused(database: Database, oprecord: Oprecord, tmp_path: Path):
    recorded_live(database)
    lines = oprecord("export", NAME)[1].splitlines(keepends=True)
    elsewhere, file = f"sqlite:///{tmp_path / 'elsewhere.db'}", tmp_path / "log"
    oprecord("init", url=elsewhere)
    size = len(lines) - 1
    for kept, found in ((lines[:-1], size - 1), (lines[:8], 7), (lines[:1], 0)):
        file.write_text("".join(kept))
        code, _out, err = oprecord("import", file, url=elsewhere)
        assert code == REFUSED
        assert f"Expected {size} events, as the first line says; found {found}." in only_line(err)
    root = json.loads(lines[0])["log"]["root"]
    file.write_text("".join([lines[0].replace(root, "0" * 64), *lines[1:]]))
    code, _out, err = oprecord("import", file, url=elsewhere)
    assert (code, f"found {root}" in only_line(err)) == (REFUSED, True)
    file.write_text("".join([lines[0].replace("size", "length"), *lines[1:]]))
    code, _out, err = oprecord("import", file, url=elsewhere)
    assert (code, only_line(err).startswith("oprecord: Line 1: Expected operation, root and size")) == (REFUSED, True)
    assert json.loads(oprecord("verify", "--json", url=elsewhere)[1]) == []


@on_sqlite
def test_an_export_of_an_older_version_is_imported_with_a_warning(
    database: Database, oprecord: Oprecord, tmp_path: Path
):
    recorded_live(database)
    header, *events = oprecord("export", NAME)[1].splitlines(keepends=True)
    root = json.loads(header)["log"]["root"]
    file = tmp_path / "log"
    file.write_text("".join(events))
    for name, options in (("a", ()), ("b", ("--root", root))):
        elsewhere = f"sqlite:///{tmp_path / name}.db"
        oprecord("init", url=elsewhere)
        code, out, err = oprecord("import", file, *options, url=elsewhere)
        assert (code, out) == (DONE, f"{root}\n")
        assert ("If the file was cut at the end of a line, events are missing" in err) == (not options)


# --- backup


@on_sqlite
def test_a_backup_has_every_event_that_was_recorded_before_it_and_others_go_on(
    database: Database, oprecord: Oprecord, tmp_path: Path
):
    operation, file = opened_operation(database), tmp_path / "backup.db"
    receipts, ending = [operation.record(ArrestRecordedFactory())], Event()

    def record() -> None:
        while not ending.is_set():
            receipts.append(operation.record(ArrestRecordedFactory()))

    with ThreadPoolExecutor() as pool:
        recording = pool.submit(record)
        try:
            for number in range(5):
                before = len(receipts)
                code, _out, err = oprecord("backup", tmp_path / f"{number}.db")
                assert (code, err) == (DONE, "")
                copy = open_database(f"sqlite:///{tmp_path / f'{number}.db'}")
                assert OpenedOperation(copy, operation.name).head().seq >= receipts[before - 1].seq
                copy.close()
        finally:
            ending.set()
        recording.result(60)
    code, out, _err = oprecord("backup", file)
    assert (code, f"with {receipts[-1].seq} events to {file} (" in out) == (DONE, True)
    assert file.stat().st_mode & 0o777 == 0o600
    # The file is complete by itself: verified in a folder without the others.
    moved = shutil.move(file, tmp_path / "elsewhere.db")
    found = json.loads(oprecord("verify", "--json", url=f"sqlite:///{moved}")[1])
    assert [(one["fault"], one["checked"]["events"]) for one in found] == [(None, receipts[-1].seq)]
    assert sorted(path.name for path in tmp_path.glob("*unfinished*")) == []


@on_sqlite
def test_a_backup_replaces_no_file(oprecord: Oprecord, tmp_path: Path):
    (tmp_path / "backup.db").write_text("precious")
    code, _out, err = oprecord("backup", tmp_path / "backup.db")
    assert (code, only_line(err)) == (
        REFUSED,
        f"oprecord: {tmp_path / 'backup.db'} exists. Name a new file, or move that one away.",
    )
    assert (tmp_path / "backup.db").read_text() == "precious"
    code, _out, err = oprecord("backup", tmp_path / "no" / "backup.db")
    assert (code != DONE, "No such file or directory" in only_line(err)) == (True, True)


def test_a_backup_of_postgresql_is_left_to_its_own_programs(postgres_url: str, oprecord: Oprecord, tmp_path: Path):
    code, _out, err = oprecord("backup", tmp_path / "backup.db", url=postgres_url)
    assert (code, "pg_dump" in only_line(err)) == (REFUSED, True)


@on_sqlite
def test_a_closed_pipe_is_not_an_error(database: Database, database_url: str):
    recorded_seed(database)
    export = [COMMAND, "--database-url", database_url, "export", PANDILLA]
    with subprocess.Popen(export, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == DONE


def test_an_invalid_line_is_reported_by_number(database: Database, oprecord: Oprecord, tmp_path: Path):
    recorded_live(database)
    lines = oprecord("export", NAME)[1].splitlines()
    lines[7] = lines[7].replace('"count":2', '"count":-2')
    (tmp_path / "log").write_text("\n".join(lines))
    elsewhere = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    oprecord("init", url=elsewhere)
    code, _out, err = oprecord("import", tmp_path / "log", url=elsewhere)
    assert code == REFUSED
    assert only_line(err).startswith("oprecord: Line 8: /data/count: ")


@on_sqlite
def test_an_endless_line_is_refused(oprecord: Oprecord, tmp_path: Path):
    (tmp_path / "log").write_bytes(b" " * 3 * 1024 * 1024)
    code, _out, err = oprecord("import", tmp_path / "log")
    assert code == REFUSED
    assert only_line(err).startswith("oprecord: Line 1: ")


# --- totals


def test_totals_as_a_table_and_as_json(database: Database, oprecord: Oprecord):
    recorded_seed(database)
    code, out, _err = oprecord("totals", PANDILLA, "--by", "force", "--measure", "arrests")
    assert code == DONE
    assert "as of seq 368 of 368" in out
    assert [line.split()[3] for line in out.splitlines() if "metropolitan" in line] == ["metropolitan"]
    code, out, _err = oprecord("totals", PANDILLA, "--measure", "arrests,cash", "--as-of-seq", "100", "--json")
    assert code == DONE
    answer = json.loads(out)
    assert answer["as_of"]["seq"] == 100
    assert [figure["measure"] for figure in answer["figures"]] == ["arrests", "cash"]


@pytest.mark.parametrize(
    "question",
    [["--by", "colour"], ["--measure", "dragons"], ["--as-of-seq", "0"], ["--as-of-seq", "999"], ["--as-of", "today"]],
    ids=" ".join,
)
def test_an_invalid_question_is_refused(database: Database, oprecord: Oprecord, question: list[str]):
    recorded_live(database)
    code, out, err = oprecord("totals", NAME, *question)
    assert (code, out) == (REFUSED, "")
    assert only_line(err)


# --- credentials


def test_a_credential_is_issued_listed_and_revoked(oprecord: Oprecord):
    code, out, err = oprecord("credential", "issue", "surrey", "--role", "force", "--quiet")
    assert (code, err) == (DONE, "")
    secret = only_line(out)
    assert secret.startswith("oprecord_")
    limited = ("--operation", "tour", "--operation", "lantern", "--expires-in", 1)
    code, out, _err = oprecord("credential", "issue", "kent", "--role", "observer", *limited, "--json")
    issued = json.loads(out)
    assert (code, issued["force"], issued["operations"]) == (DONE, "kent", ["tour", "lantern"])
    assert issued["expires_at"]
    code, out, _err = oprecord("credential", "list", "--json")
    listed = json.loads(out)
    assert code == DONE
    assert [one["force"] for one in listed] == ["surrey", "kent"]
    assert secret not in out
    assert oprecord("credential", "revoke", issued["id"])[0] == DONE
    assert oprecord("credential", "revoke", issued["id"])[0] == DONE
    assert json.loads(oprecord("credential", "list", "--json")[1])[1]["revoked_at"]
    assert issued["id"] in oprecord("credential", "list")[1]


def test_a_credential_for_an_app_role_has_no_secret_to_show(oprecord: Oprecord, monkeypatch: pytest.MonkeyPatch):
    issue = ("credential", "issue", "surrey", "--role", "force")
    code, out, err = oprecord(*issue, "--app-role", "Surrey.Record")
    assert (code, len(out.strip())) == (DONE, 36)
    assert err == "Accounts with the app role Surrey.Record sign in for surrey as force. Credential:\n"
    issued = json.loads(oprecord(*issue, "--app-role", "Surrey.Record", "--json")[1])
    assert "secret" not in issued
    listed = json.loads(oprecord("credential", "list", "--json")[1])
    assert [one["app_role"] for one in listed] == ["Surrey.Record", "Surrey.Record"]
    assert only_line(oprecord(*issue, "--app-role", " ")[2]).endswith("as the identity provider sends it; found ' '.")
    assert oprecord(*issue, "--app-role", "x", "--link")[0] == USAGE
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "ONLY"):
        monkeypatch.setenv(f"OPRECORD_OIDC_{name}", "1")
    code, _out, err = oprecord(*issue, "--link")
    assert (code, "nobody can sign in with a link" in err) == (USAGE, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["issue", "surey", "--role", "force"],
        ["issue", "surrey", "--role", "force", "--operation", "a,b"],
        ["revoke", "00000000-0000-4000-8000-000000000000"],
    ],
    ids=" ".join,
)
def test_invalid_credential_arguments_are_refused(oprecord: Oprecord, arguments: list[str]):
    code, out, err = oprecord("credential", *arguments)
    assert (code, out) == (REFUSED, "")
    assert only_line(err)


def test_a_force_known_only_from_an_operation_can_have_a_credential(database: Database, oprecord: Oprecord):
    arguments = ("credential", "issue", "lantern-desk", "--role", "observer", "--quiet")
    assert oprecord(*arguments)[0] == REFUSED
    recorded_live(database)
    assert oprecord(*arguments)[0] == DONE


# --- projections


def test_projections_are_shown_rebuilt_and_verified(database: Database, oprecord: Oprecord):
    recorded_live(database)
    with database.writing() as connection:
        connection.execute(heads.update().values(projection_version="entries=0"))
        connection.execute(totals.update().values(quantity=1_000))
    code, out, _err = oprecord("projections", "status", "--json")
    assert code == DONE
    assert json.loads(out)[0]["current"] is False
    assert "False" in oprecord("projections", "status")[1]
    assert oprecord("projections", "verify")[0] == WRONG
    assert oprecord("init")[2].endswith(f"run oprecord projections rebuild: {NAME}\n")
    code, _out, err = oprecord("projections", "rebuild", "--carry-every", "10")
    assert code == DONE
    assert f"{NAME}: generation 2" in err
    assert only_line(oprecord("init")[2]).startswith("Ready: ")
    assert oprecord("projections", "verify")[:2] == (DONE, f"{NAME}: correct\n")
    (status,) = json.loads(oprecord("projections", "status", NAME, "--json")[1])
    assert (status["current"], status["snapshot_every"]) == (True, 10)
    assert '"totals_snapshots": 4' in oprecord("verify", NAME, "--json")[1]
    with database.writing() as connection:
        connection.execute(totals.update().where(totals.c.measure == "weapons").values(quantity=1_000))
    code, out, _err = oprecord("projections", "verify", NAME)
    assert code == WRONG
    assert out == f"{NAME}: WRONG: totals: weapons of surrey is not the sum of its entries\n"
    assert json.loads(oprecord("projections", "verify", "--json")[1])[0]["right"] is False
