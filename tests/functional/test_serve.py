"""The service as a process of its own: it starts, stops cleanly whatever is open, and replays a real operation."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.cli.addresses import address_of
from service.cli.exit_codes import DONE, REFUSED, UNAVAILABLE, WRONG
from service.cli.replay.command import NotACredentialsFile, read_credentials
from service.cli.server.gunicorn_server import AddressNotFree, Server, listen, settings_of
from service.config import Config
from service.storage.db import open_database
from tests.factories.credentials import issued_secret
from tests.factories.logs import SEED
from tests.functional.preloaded import Command, ended
from tests.functional.served import COMMAND, PATIENCE_SECONDS, Served, answer, free_port, wait_until

PANDILLA = "pandilla-2023-01"
LEAD = "metropolitan"
KEEPALIVE_TIMER = "02"
SHOWN_LAST = "Press Ctrl-C to stop the service."
Json = dict[str, Any]


class ServedShown(Served):
    """A server whose output is kept; with `--replay`, it is ready once it has printed everything."""

    def __init__(
        self, folder: Path, database_url: str, *arguments: object, stdin: str = os.devnull, typed: bool = False
    ) -> None:
        """Start the server. `typed`: start Python anew, as somebody who types the command does."""
        super().__init__(database_url)
        self.folder = folder
        self.database_url = database_url
        self.url = f"http://127.0.0.1:{self.port}"
        self.shown = folder / f"shown-{self.port}"
        self.shown.touch()
        self.arguments = ["serve", *map(str, arguments)]
        if typed:
            with self.shown.open("wb") as output:
                self.process = subprocess.Popen(
                    [COMMAND, *self.arguments],
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        else:
            self.process = Command(self.arguments, self.environment, stdin=stdin, stdout=self.shown, stderr=self.shown)

    @property
    def text(self) -> str:
        return self.shown.read_text()

    def has_shown_all(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.text
        return SHOWN_LAST in self.text if "--replay" in self.arguments else self.is_ready()

    def is_gone(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def signalled(self, number: int) -> int:
        """Send a signal to the command; return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def oprecord(self, *arguments: object, typed: bool = False) -> subprocess.CompletedProcess[str]:
        """Run a command in the server's environment. `typed`: as somebody who types it does."""
        words = [*map(str, arguments)]
        if typed:
            return subprocess.run([COMMAND, *words], env=self.environment, capture_output=True, text=True, check=False)
        return ended(words, self.environment, self.folder, PATIENCE_SECONDS)

    def secret(self, force: str) -> str:
        database = open_database(self.database_url)
        secret = issued_secret(database, force)
        database.engine.dispose()
        return secret


Serve = Callable[..., ServedShown]


@pytest.fixture
def serve(tmp_path: Path, sqlite_url: str) -> Iterator[Serve]:
    """Return a function that starts a server and waits until it is ready. All servers are stopped at the end."""
    started: list[ServedShown] = []

    def serve(*arguments: object, url: str = sqlite_url, **how: Any) -> ServedShown:
        started.append(ServedShown(tmp_path, url, *arguments, **how))
        wait_until(started[-1].has_shown_all)
        return started[-1]

    yield serve
    for served in started:
        assert served.process is not None
        if served.process.poll() is None:
            served.kill()


# --- starting and stopping


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(serve: Serve, tmp_path: Path, number: int):
    served = serve(typed=True)
    assert served.signalled(number) == DONE
    # Health checks were all that was asked, and they are logged at the level debug alone.
    assert served.text == f"Serving at {served.url}, documentation at {served.url}/docs\n"
    assert served.is_gone()
    assert sorted(path.name for path in tmp_path.glob("oprecord.db*")) == ["oprecord.db"]


def test_a_hangup_stops_it_only_if_it_has_a_terminal(serve: Serve):
    served = serve()
    assert served.process is not None
    served.process.send_signal(signal.SIGHUP)
    assert served.request("GET", "/readyz").status == 200
    assert served.process.poll() is None
    terminal, end = os.openpty()
    try:
        assert serve(stdin=os.ttyname(end)).signalled(signal.SIGHUP) == DONE
    finally:
        os.close(terminal)
        os.close(end)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows the timers of a connection")
def test_the_system_looks_whether_a_silent_client_is_still_there(serve: Serve):
    served = serve()
    with socket.create_connection(("127.0.0.1", served.port)) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: record\r\n\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        wait_until(lambda: timer_of(served.port, client.getsockname()[1]) == KEEPALIVE_TIMER)


def timer_of(server_port: int, client_port: int) -> str:
    """Return which timer runs for the server's end of a connection. Source: Linux, proc_net_tcp.txt."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, local, remote, _state, _queues, timer, *_rest = line.split()
        if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (server_port, client_port):
            return timer.split(":")[0]
    return ""


def test_a_database_without_tables_is_not_served(tmp_path: Path):
    served = ServedShown(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", typed=True)
    assert served.process is not None
    assert served.process.wait(PATIENCE_SECONDS) == UNAVAILABLE
    assert served.text.endswith("Run: oprecord init\n")


def test_an_address_that_is_not_free_is_reported():
    with pytest.raises(AddressNotFree, match=r"Cannot listen at 192\.0\.2\.1"):
        listen(Config(host="192.0.2.1"))


def test_port_0_picks_a_free_port_and_shows_it():
    with listen(Config(port=0)) as listener:
        config = settings_of(Config(port=0), listener)
        assert config.port == listener.getsockname()[1] > 0
        assert address_of(config) == f"http://127.0.0.1:{config.port}"


def test_the_server_trusts_no_proxy_and_creates_no_control_socket(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    config = Config(port=free_port(), threads=5, feed_subscribers=3)
    server = Server(config, listen(config))
    (bound,) = server.cfg.settings["bind"].get()
    os.close(int(bound.removeprefix("fd://")))
    assert server.cfg.forwarded_allow_ips == []
    assert server.cfg.control_socket_disable
    assert server.cfg.threads == 8
    assert server.cfg.max_requests == 0


def test_the_address_shown_is_one_that_a_client_can_use():
    shown = {host: address_of(Config(host=host, port=80)) for host in ("10.0.0.1", "0.0.0.0", "::", "::1")}  # noqa: S104 - shown, not bound
    assert list(shown.values()) == ["http://10.0.0.1:80", "http://127.0.0.1:80", "http://[::1]:80", "http://[::1]:80"]


# --- serve --replay


def test_a_replay_shows_that_all_published_figures_agree_and_again(serve: Serve, database_url: str):
    first = serve("--replay", SEED, url=database_url, typed=True)
    assert "361 messages recorded, 5 already recorded" in first.text
    assert "14 of 14 printed figures agree" in first.text
    assert first.text.count("│ ✓ agrees │") == 14
    assert "Returns of 7 forces for 3 days: 20 complete, 1 nil; 2 of them late\n" in first.text
    publications = re.findall(r"^Publication .*$", first.text, re.MULTILINE)
    assert len(publications) == 1
    assert re.fullmatch("Publication 1: final, as of seq 367, figures [0-9a-f]{12}", publications[0])
    before = figures(first)
    assert figures_after_pasting_the_printed_calls(first) == before
    assert first.signalled(signal.SIGINT) == DONE
    assert first.text.endswith("Stopped\n")
    second = serve("--replay", SEED, url=database_url)
    assert "0 messages recorded, 366 already recorded" in second.text
    assert "14 of 14 printed figures agree" in second.text
    assert re.findall(r"^Publication .*$", second.text, re.MULTILINE) == publications
    assert figures(second) == before
    assert_that_it_stops_with_an_upload_under_way_and_a_feed_open(second)


def figures(served: ServedShown) -> list[Json]:
    found: list[Json] = json.loads(served.oprecord("totals", PANDILLA, "--by", "force,day,category", "--json").stdout)[
        "figures"
    ]
    return found


def figures_after_pasting_the_printed_calls(served: ServedShown) -> list[Json]:
    calls = re.findall(r"^  (curl .*)$", served.text, re.MULTILINE)
    answers = [
        json.loads(subprocess.run(["/bin/sh", "-c", call], capture_output=True, check=True).stdout) for call in calls
    ]
    assert [next(iter(one)) for one in answers] == ["operation"] * 3
    assert sum(figure["quantity"] for figure in answers[0]["figures"]) == 179
    assert len({event["force"] for event in answers[1]["events"]} - {LEAD}) == 1
    assert answers[2]["id"] == answers[1]["events"][0]["id"]
    assert answers[2]["leaf_hash"]
    return figures(served)


def assert_that_it_stops_with_an_upload_under_way_and_a_feed_open(served: ServedShown) -> None:
    secret = served.secret(LEAD)
    feed = served.request("GET", f"/v1/operations/{PANDILLA}/feed", secret)
    *reports, _closing, _publishing = (SEED / "events.ndjson").read_bytes().splitlines()
    lines = [line + b"\n" for line in reports]

    def with_a_stop_between() -> Iterator[bytes]:
        yield b"".join(lines[:100])
        assert served.process is not None
        served.process.terminate()
        assert b"event: bye" in feed.read()
        yield b"".join(lines[100:])

    response = served.lines(PANDILLA, secret, with_a_stop_between())
    assert (response.status, answer(response)["replayed"]) == (200, len(lines))
    assert served.process is not None
    assert served.process.wait(PATIENCE_SECONDS) == DONE
    assert "Traceback" not in served.text


def test_the_server_ends_with_the_command_that_started_it(serve: Serve):
    served = serve("--replay", SEED)
    assert served.signalled(signal.SIGKILL) == -signal.SIGKILL
    wait_until(served.is_gone)


def test_the_command_ends_with_its_server(serve: Serve):
    served = serve("--replay", SEED)
    assert served.process is not None
    pid = served.process.pid
    os.kill(int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]), signal.SIGKILL)
    assert served.process.wait(PATIENCE_SECONDS) == UNAVAILABLE
    assert served.text.endswith("oprecord: The server stopped unexpectedly; see its messages above.\n")


# --- replay


@pytest.fixture(scope="module")
def running(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedShown]:
    """Return a server that these tests share; they all send it the same messages."""
    folder = tmp_path_factory.mktemp("running")
    served = ServedShown(folder, f"sqlite:///{shutil.copy(sqlite_template, folder / 'oprecord.db')}")
    wait_until(served.has_shown_all)
    yield served
    served.kill()


def test_a_port_in_use_is_reported_in_one_line(running: ServedShown):
    for arguments in ([], ["--replay", SEED]):
        second = running.oprecord("serve", *arguments)
        assert second.returncode == UNAVAILABLE
        assert re.fullmatch(r"oprecord: Cannot listen at 127\.0\.0\.1 port \d+: .*in use.*\n", second.stderr)
    assert running.is_ready()


def test_a_replay_counts_and_compares(running: ServedShown, tmp_path: Path):
    first = running.oprecord("replay", SEED, "--url", f"{running.url}/", "--issue", "--json", typed=True)
    assert first.returncode == DONE, first.stderr
    found = json.loads(first.stdout)
    assert found["recorded"] + found["replayed"] == 366
    assert found["reconciliation"]["all_agree"]
    assert ([one["label"] for one in found["publications"]], len(found["returns"])) == (["final"], 21)
    altered = Path(shutil.copytree(SEED, tmp_path / "seed"))
    claims = altered / "claims.toml"
    claims.write_text(claims.read_text().replace('value = "179"', 'value = "180"'))
    disagreeing = running.oprecord("replay", altered, "--url", running.url, "--issue")
    assert disagreeing.returncode == WRONG
    assert "0 messages recorded, 366 already recorded" in disagreeing.stderr
    assert "13 of 14 printed figures agree" in disagreeing.stdout
    assert disagreeing.stdout.count("│ ✗ differs │") == 1


def test_a_replay_takes_credentials_from_a_file(running: ServedShown, tmp_path: Path):
    secrets = {force: running.secret(force) for force in json.loads((SEED / "operation.json").read_text())["forces"]}
    file = tmp_path / "credentials.toml"
    file.write_text("".join(f'{force} = "{secret}"\n' for force, secret in secrets.items()))
    done = running.oprecord("replay", SEED, "--url", running.url, "--credentials", file)
    assert done.returncode == DONE, done.stderr
    file.write_text(file.read_text().replace("surrey", "surey"))
    refused = running.oprecord("replay", SEED, "--url", running.url, "--credentials", file)
    assert (refused.returncode, refused.stderr) == (
        REFUSED,
        "oprecord: There is no credential for surrey. Add one to the credentials file.\n",
    )


def test_a_credentials_file_is_toml_or_json(tmp_path: Path):
    (tmp_path / "good.toml").write_text('surrey = "one"\nthames-valley = "two"')
    (tmp_path / "good.json").write_text('{"surrey": "one", "thames-valley": "two"}')
    for name in ("good.toml", "good.json"):
        assert read_credentials(tmp_path / name) == {"surrey": "one", "thames-valley": "two"}
    for name, text in {"a.toml": "surrey = [", "b.toml": "surrey = 5", "c.json": "[]", "d.json": "{"}.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(NotACredentialsFile, match=name):
            read_credentials(tmp_path / name)
