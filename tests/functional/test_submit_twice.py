"""Two runs of `oprecord submit` on one file: the second ends at once, and nothing is recorded twice."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.cli.exit_codes import DONE, REFUSED
from service.cli.sheets.sending.run_lock import BeingSent, lock_on
from tests.functional.calls import Caller, on_sqlite
from tests.functional.preloaded import Command
from tests.functional.served import PATIENCE_SECONDS
from tests.functional.sockets import listening
from tests.functional.test_submit import ARRESTS, AT

ROWS = 600  # sent in three batches
REFUSAL = (
    "oprecord: arrests.csv is being sent by another run of this command, so this one sent nothing. "
    "Wait until the other has finished, then run this one again.\n"
)
Submit = Callable[..., Command]


class Held:
    """The app, which holds the second batch that is really sent until it is released."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.sent = 0
        self.reached, self.released = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.sent += environ["PATH_INFO"].endswith("/batches") and "dry_run" not in environ["QUERY_STRING"]
        if self.sent == 2:
            self.reached.set()
            self.released.wait(PATIENCE_SECONDS)
        return self.app(environ, start_response)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "arrests.csv"
    found.write_text(f"{','.join(ARRESTS[:4])}\n" + f",{AT},m25,knife\n" * ROWS)
    return found


@pytest.fixture
def held(app: Flask) -> Held:
    return Held(app)


@pytest.fixture
def url(held: Held) -> Iterator[str]:
    """Return the address of the app, at a port of this machine."""
    with listening(held) as address:
        yield address
        held.released.set()


@pytest.fixture
def submit(file: Path, url: str, live: str, secret_for: Callable[..., str]) -> Iterator[Submit]:
    """Return a function that starts `oprecord submit` as a process of its own."""
    environment = os.environ | {"OPRECORD_CREDENTIAL": secret_for("surrey")}
    started: list[Command] = []

    def submit(*options: str) -> Command:
        arguments = ["submit", str(file), "--operation", live, "--url", url, *options]
        started.append(Command(arguments, environment, stderr=file.with_name(f"stderr-{len(started)}")))
        return started[-1]

    yield submit
    for process in started:
        process.kill()
        process.wait(PATIENCE_SECONDS)


def ended(process: Command) -> tuple[int, str]:
    code = process.wait(PATIENCE_SECONDS)
    return code, process.stderr.read_text()


@on_sqlite
def test_a_second_run_ends_at_once_and_the_first_goes_on(submit: Submit, held: Held, lead: Caller, live: str):
    first = submit()
    assert held.reached.wait(PATIENCE_SECONDS)
    for options in ([], ["--check"], ["--withdraw-missing"]):
        assert ended(submit(*options)) == (REFUSED, REFUSAL)
    assert first.poll() is None
    held.released.set()
    assert ended(first)[0] == DONE
    assert lead.figures(live, measure="arrests") == [ROWS]


@on_sqlite
def test_of_two_runs_started_together_one_sends(submit: Submit, held: Held, lead: Caller, live: str):
    processes = [submit(), submit()]
    assert held.reached.wait(PATIENCE_SECONDS)
    loser = wait_for_any(processes)
    assert ended(loser) == (REFUSED, REFUSAL)
    held.released.set()
    (winner,) = [process for process in processes if process is not loser]
    assert ended(winner)[0] == DONE
    assert lead.figures(live, measure="arrests") == [ROWS]


def wait_for_any(processes: list[Command]) -> Command:
    """Return the process that ends first."""
    while True:
        for process in processes:
            if process.poll() is not None:
                return process
        time.sleep(0.05)


@on_sqlite
def test_a_killed_run_leaves_no_lock(submit: Submit, held: Held, lead: Caller, live: str):
    first = submit()
    assert held.reached.wait(PATIENCE_SECONDS)
    first.kill()
    first.wait(PATIENCE_SECONDS)
    held.released.set()
    code, said = ended(submit())
    assert (code, "already recorded" in said) == (DONE, True)
    assert lead.figures(live, measure="arrests") == [ROWS]


def test_a_lock_is_on_one_file_and_ends_with_the_block(file: Path):
    with lock_on(file), lock_on(file.with_name("other.csv")), pytest.raises(BeingSent, match="another run"):
        lock_on(file).__enter__()
    with lock_on(file):
        pass


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path):
    (tmp_path / "arrests.csv.sent.json.lock").mkdir()
    with pytest.raises(OSError, match=r"arrests\.csv\.sent\.json\.lock"), lock_on(tmp_path / "arrests.csv"):
        pass
