"""The service as a process of its own: it starts, answers, stops cleanly, and replays a real operation."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.cli.exit_codes import DONE, REFUSED, UNAVAILABLE, USAGE, WRONG
from tests.factories.logs import SEED

PANDILLA = "pandilla-2023-01"
COMMAND = Path(sys.executable).with_name("oprecord")
PATIENCE = 60.0
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Json = dict[str, Any]


class Service:
    """A command that serves, its address, and what it has shown so far."""

    def __init__(self, folder: Path, database_url: str, *arguments: object) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {**os.environ, "OPRECORD_DATABASE_URL": database_url, "OPRECORD_PORT": str(self.port)}
        self.shown = folder / f"shown-{self.port}"
        with self.shown.open("wb") as output:
            self.process = subprocess.Popen(
                [COMMAND, "serve", *map(str, arguments)], env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )

    def text(self) -> str:
        return self.shown.read_text()

    def until(self, is_so: Callable[[], bool]) -> None:
        wait_until(lambda: is_so() or self.process.poll() is not None)
        assert self.process.poll() is None, self.text()

    def answers(self, path: str = "/readyz") -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def get(self, path: str, secret: str) -> Json:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {secret}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def oprecord(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *map(str, arguments)], env=self.environment, capture_output=True, text=True, check=False
        )

    def secret(self, force: str, role: str) -> str:
        return self.oprecord("credential", "issue", force, "--role", role, "--quiet").stdout.strip()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def serving(folder: Path, database_url: str, *arguments: object) -> Iterator[Service]:
    """Start a service, wait until it is ready, and leave no process behind."""
    service = Service(folder, database_url, *arguments)
    try:
        service.until(lambda: "Ctrl-C stops it" in service.text() if arguments else service.answers())
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()


@pytest.fixture
def service(tmp_path: Path, sqlite_url: str) -> Iterator[Service]:
    with serving(tmp_path, sqlite_url) as service:
        yield service


@pytest.fixture
def replayed(tmp_path: Path, sqlite_url: str) -> Iterator[Service]:
    with serving(tmp_path, sqlite_url, "--replay", SEED) as service:
        yield service


# --- starting and stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_cleanly(service: Service, tmp_path: Path, number: int):
    assert service.stop(number) == DONE
    assert service.text() == f"Serving at {service.url}, documentation at {service.url}/docs\n"
    assert not service.answers("/healthz")
    assert sorted(path.name for path in tmp_path.glob("oprecord.db*")) == ["oprecord.db"]


def test_it_stops_with_a_feed_open_and_says_goodbye(replayed: Service):
    request = urllib.request.Request(
        f"{replayed.url}/v1/operations/{PANDILLA}/feed",
        headers={"Authorization": f"Bearer {replayed.secret('metropolitan', 'coordinator')}"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as feed:
        assert feed.readline().startswith(b"retry:")
        started = time.monotonic()
        replayed.process.send_signal(signal.SIGTERM)
        assert b"event: bye" in feed.read()
    assert replayed.process.wait(PATIENCE) == DONE
    assert time.monotonic() - started < 10


def test_an_upload_that_is_under_way_is_finished(replayed: Service):
    connection = http.client.HTTPConnection("127.0.0.1", replayed.port, timeout=PATIENCE)
    headers = {
        "Authorization": f"Bearer {replayed.secret('metropolitan', 'coordinator')}",
        "Content-Type": "application/x-ndjson",
        "Transfer-Encoding": "chunked",
    }
    lines = [line + b"\n" for line in (SEED / "events.ndjson").read_bytes().splitlines()[:-1]]
    connection.putrequest("POST", f"/v1/operations/{PANDILLA}/batches")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    chunks = [b"".join(lines[:100]), b"".join(lines[100:])]
    connection.send(b"%x\r\n%b\r\n" % (len(chunks[0]), chunks[0]))
    time.sleep(0.5)
    replayed.process.send_signal(signal.SIGTERM)
    wait_until(lambda: not replayed.answers("/healthz"))
    connection.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(chunks[1]), chunks[1]))
    answer = connection.getresponse()
    assert (answer.status, json.load(answer)["replayed"]) == (200, len(lines))
    connection.close()
    assert replayed.process.wait(PATIENCE) == DONE


def test_a_taken_port_is_one_line(service: Service):
    second = service.oprecord("serve")
    assert second.returncode == UNAVAILABLE
    assert re.fullmatch(r"oprecord: Cannot listen at 127\.0\.0\.1 port \d+: .*in use.*\n", second.stderr)
    third = service.oprecord("serve", "--replay", SEED)
    assert third.returncode == UNAVAILABLE
    assert "in use" in third.stderr
    assert service.answers()


def test_a_database_without_tables_is_not_served(tmp_path: Path):
    service = Service(tmp_path, f"sqlite:///{tmp_path / 'new.db'}")
    assert service.process.wait(PATIENCE) == UNAVAILABLE
    assert service.text().endswith("Run: oprecord init\n")


def test_a_proxy_is_not_believed(service: Service):
    """Only FORWARDED_ALLOW_IPS lets a header say who calls and how; without it, gunicorn would believe loopback."""
    request = urllib.request.Request(
        f"{service.url}/healthz", headers={"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200


# --- serve --replay


def test_a_replay_shows_that_all_published_figures_agree_and_again(tmp_path: Path, database_url: str):
    with serving(tmp_path, database_url, "--replay", SEED) as service:
        first = service.text()
        assert "360 messages recorded, 5 had been recorded before" in first
        assert "Published and projected: 14 of 14 figures agree" in first
        assert first.count("✓") == 14
        assert "✗" not in first
        verified = json.loads(service.oprecord("verify", PANDILLA, "--json").stdout)
        totals = service.oprecord("totals", PANDILLA, "--by", "force,day,category", "--json").stdout
        assert service.stop() == DONE
    with serving(tmp_path, database_url, "--replay", SEED) as service:
        assert "0 messages recorded, 365 had been recorded before" in service.text()
        assert "14 of 14 figures agree" in service.text()
        assert json.loads(service.oprecord("verify", PANDILLA, "--json").stdout) == verified
        assert service.oprecord("totals", PANDILLA, "--by", "force,day,category", "--json").stdout == totals
        assert service.stop(signal.SIGINT) == DONE


def test_the_printed_calls_can_be_pasted_and_change_no_figure(replayed: Service):
    before = replayed.oprecord("totals", PANDILLA, "--json").stdout
    calls = re.findall(r"^  (curl .*)$", replayed.text(), re.MULTILINE)
    answers = [
        json.loads(subprocess.run(["/bin/sh", "-c", call], capture_output=True, check=True).stdout) for call in calls
    ]
    assert [list(answer)[0] for answer in answers] == ["operation"] * 3
    assert sum(figure["quantity"] for figure in answers[0]["figures"]) == 179
    assert {event["force"] for event in answers[1]["events"]} != {"metropolitan"}
    assert answers[2]["id"] == answers[1]["events"][0]["id"]
    assert answers[2]["leaf_hash"]
    assert replayed.oprecord("totals", PANDILLA, "--json").stdout == before


def test_the_server_ends_with_the_process_that_started_it(replayed: Service):
    replayed.process.kill()
    replayed.process.wait(PATIENCE)
    wait_until(lambda: not replayed.answers("/healthz"))


def test_the_command_ends_with_its_server(replayed: Service):
    children = Path(f"/proc/{replayed.process.pid}/task/{replayed.process.pid}/children")
    if not children.exists():
        pytest.fail("this test wants Linux")
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)
    assert replayed.process.wait(PATIENCE) == UNAVAILABLE
    assert replayed.text().endswith("oprecord: The server has ended.\n")


# --- replay


def changed_seed(folder: Path, file: str, change: Callable[[str], str]) -> Path:
    """Return a copy of the seeds directory in which one file is another."""
    copy = Path(shutil.copytree(SEED, folder / "seed"))
    (copy / file).write_text(change((copy / file).read_text()))
    return copy


def test_a_replay_counts_and_compares(service: Service):
    first = service.oprecord("replay", SEED, "--url", service.url, "--issue", "--json")
    assert first.returncode == DONE, first.stderr
    answer = json.loads(first.stdout)
    assert (answer["recorded"], answer["replayed"], len(answer["figures"])) == (360, 5, 14)
    again = service.oprecord("replay", SEED, "--url", service.url, "--issue")
    assert again.returncode == DONE
    assert "0 messages recorded, 365 had been recorded before" in again.stderr
    assert "14 of 14 figures agree" in again.stdout


@pytest.mark.parametrize("form", ["toml", "json"])
def test_a_replay_takes_credentials_from_a_file(service: Service, tmp_path: Path, form: str):
    forces = json.loads((SEED / "operation.json").read_text())["forces"]
    secrets = {force: service.secret(force, "coordinator" if force == "metropolitan" else "force") for force in forces}
    file = tmp_path / f"credentials.{form}"
    as_toml = "".join(f'{force} = "{secret}"\n' for force, secret in secrets.items())
    file.write_text(as_toml if form == "toml" else json.dumps(secrets))
    done = service.oprecord("replay", SEED, "--url", f"{service.url}/", "--credentials", file)
    assert done.returncode == DONE, done.stderr
    file.write_text(file.read_text().replace("surrey", "surey"))
    refused = service.oprecord("replay", SEED, "--url", service.url, "--credentials", file)
    assert (refused.returncode, refused.stderr) == (REFUSED, "oprecord: There is no credential for surrey.\n")
    file.write_text("{" if form == "json" else "surrey = 5")
    assert service.oprecord("replay", SEED, "--url", service.url, "--credentials", file).returncode == REFUSED


def test_a_figure_that_disagrees_is_marked_and_exits_with_wrong(service: Service, tmp_path: Path):
    seed = changed_seed(tmp_path, "published.toml", lambda text: text.replace("quantity = 179", "quantity = 180"))
    done = service.oprecord("replay", seed, "--url", service.url, "--issue")
    assert done.returncode == WRONG
    assert "13 of 14 figures agree" in done.stdout
    assert done.stdout.count("✗") == 1


@pytest.mark.parametrize(
    ("file", "part", "other", "said"),
    [
        ("events.ndjson", '"reason": "wanted"', '"reason": "boredom"', r"events\.ndjson, line 2: .*422 unknown_code"),
        ("events.ndjson", '"type": "arrest.recorded"', '"type": "arrest"', r"line 2: .*422 wrong_fields at /type"),
        ("events.ndjson", '"type": "operation.closed"', '"type": "operation.opened"', r"line 364: .*wrong_fields"),
        ("events.ndjson", '{"id"', "{id", r"events\.ndjson, line 1: wanted JSON"),
        ("events.ndjson", '"force"', '"body"', r"events\.ndjson, line 1: wanted force"),
        ("operation.json", '"starts_at"', '"begins_at"', r"operation\.json: .*wrong_fields at /begins_at"),
        ("operation.json", '"lead_force"', '"leader"', r"operation\.json: wanted lead_force"),
        ("operation.json", "{", "[", r"operation\.json: wanted JSON"),
    ],
    ids=range(8),
)
def test_a_bad_directory_is_refused_by_file_and_line(
    service: Service, tmp_path: Path, file: str, part: str, other: str, said: str
):
    seed = changed_seed(tmp_path, file, lambda text: text.replace(part, other, 1))
    done = service.oprecord("replay", seed, "--url", service.url, "--issue")
    assert done.returncode == REFUSED
    assert done.stderr.count("\n") == 1
    assert re.search(said, done.stderr), done.stderr


def test_a_service_that_does_not_answer_is_one_line(service: Service):
    done = service.oprecord("replay", SEED, "--url", f"http://127.0.0.1:{free_port()}", "--issue")
    assert done.returncode == UNAVAILABLE
    assert done.stderr.count("\n") == 1
    assert "No answer from" in done.stderr
    assert service.oprecord("replay", SEED, "--url", "the service", "--issue").returncode in (USAGE, UNAVAILABLE)
