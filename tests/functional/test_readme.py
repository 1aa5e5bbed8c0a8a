"""The tour in the README and the guides, pasted line by line against a real service."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.pasting import ROOT, Service, command_folder, is_as_shown, paste, wrong_outputs

SECONDS_TO_START = 60
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("readme")
    port = free_port()
    environment = {
        **os.environ,
        "OPRECORD_DATABASE_URL": f"sqlite:///{folder / 'oprecord.db'}",
        "OPRECORD_PORT": str(port),
        "TMPDIR": str(folder),
        # Compile once for the many commands that follow.
        "PYTHONDONTWRITEBYTECODE": "",
        "PATH": f"{command_folder()}{os.pathsep}{os.environ['PATH']}",
    }
    command = [command_folder() / "oprecord", "serve", "--replay", ROOT / "seeds" / "pandilla-2023-01"]
    shown = folder / "shown"
    with shown.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: b"Press Ctrl-C to stop" in shown.read_bytes(), server, shown)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            assert answer.status == 200
        yield Service(port, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)


def test_the_tour_can_be_pasted_and_pasted_again(service: Service) -> None:
    tour = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## A tour with curl\n")[1].split("\n## ")[0]
    first, second = paste(tour, service), paste(tour, service)

    assert first.statuses == ["201", "201", "200", "201"], "open, arrest, the same arrest, correction"
    assert second.statuses == ["200"] * 4
    assert not wrong_outputs(tour, first.outputs)
    assert not wrong_outputs(tour, second.outputs)
    shown = "".join(first.outputs)
    parts = ('"code": "unknown_code"', '"recorded": 2', '"quantity": 52000', "all right", '"changes": []')
    for part in (*parts, "# More than 170 arrests"):
        assert part in shown


@pytest.mark.parametrize("guide", GUIDES, ids=[guide.stem for guide in GUIDES])
def test_a_guide_can_be_pasted_and_shows_what_is_printed(service: Service, guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    assert not wrong_outputs(text, paste(text, service).outputs)


@pytest.mark.parametrize(
    ("output", "shown", "same"),
    [
        ("one\ntwo\n", "one\ntwo\n", True),
        ("one\ntwo\nthree\n", "one\n...\nthree\n", True),
        ("one\nthree\n", "one\n...\nthree\n", True),
        ('"root": "5f", 3', '"root": "...", 3', True),
        ("one\ntwo\n", "two\n", False),
        ("one\n", "one\ntwo\n", False),
        ("one\ntwo\n", "one\n...\nthree\n", False),
    ],
)
def test_only_dots_stand_for_omitted_output(output: str, shown: str, same: bool) -> None:  # noqa: FBT001
    assert is_as_shown(output, shown) is same


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_done: Callable[[], bool], server: subprocess.Popen[bytes], shown: Path) -> None:
    """Wait for a real process, or fail with its output."""
    end = time.monotonic() + SECONDS_TO_START
    while not is_done():
        assert server.poll() is None, shown.read_text()
        assert time.monotonic() < end, shown.read_text()
        time.sleep(0.05)
