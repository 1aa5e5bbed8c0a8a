"""The tour in the README, pasted line by line against a real service: once, and once more."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 60
END_OF_BLOCK = "--- end of block ---"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATUS_OF_POST = re.compile(r" (\d{3})\b")


@dataclass(frozen=True)
class Service:
    """A service that runs as a process of its own, and the environment in which commands find its database."""

    port: int
    environment: dict[str, str]


@dataclass(frozen=True)
class Pasted:
    """What a terminal shows after pasting: what each block printed, and the statuses of all posts."""

    outputs: list[str]
    statuses: list[str]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("readme")
    port = free_port()
    environment = {
        **os.environ,
        "OPRECORD_DATABASE_URL": f"sqlite:///{folder / 'oprecord.db'}",
        "OPRECORD_PORT": str(port),
        "TMPDIR": str(folder),
    }
    command = [command_folder() / "oprecord", "serve", "--replay", ROOT / "seeds" / "pandilla-2023-01"]
    shown = folder / "shown"
    with shown.open("wb") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: b"Ctrl-C stops it" in shown.read_bytes(), server, shown)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            assert answer.status == 200
        yield Service(port, environment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=40)


def test_the_tour_can_be_pasted_and_pasted_again(service: Service) -> None:
    blocks = tour_blocks()
    scripts = [text for kind, text in blocks if kind == "sh"]
    first, second = paste(scripts, service), paste(scripts, service)

    assert first.statuses == ["201", "201", "200", "201"], "open, arrest, the same arrest, correction"
    assert second.statuses == ["200"] * 4
    for index, expected in expected_outputs(blocks):
        assert first.outputs[index] == expected
        assert second.outputs[index] == expected
    shown = "".join(first.outputs)
    parts = ('"code": "unknown_code"', '"recorded": 2', '"quantity": 52000', "all right", '"changes": []')
    for part in (*parts, "# More than 170 arrests"):
        assert part in shown


def tour_blocks() -> list[tuple[str, str]]:
    """Return the code blocks of the tour: their kind and text."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    tour = readme.split("\n## A tour\n")[1].split("\n## ")[0]
    blocks = BLOCK.findall(tour)
    assert len(blocks) > 10, "the tour was not found"
    return blocks


def expected_outputs(blocks: list[tuple[str, str]]) -> Iterator[tuple[int, str]]:
    """Yield what the README says that a block prints: the `text` block behind it. The index is among `sh` blocks."""
    for (kind, _script), (next_kind, output), number in zip(blocks, blocks[1:], range(len(blocks)), strict=False):
        if (kind, next_kind) == ("sh", "text"):
            yield sum(one == "sh" for one, _text in blocks[:number]), output


def paste(scripts: list[str], service: Service) -> Pasted:
    """Run the blocks one after the other in one shell, as if pasted into a terminal in the checkout."""
    script = "".join(f"{text}\necho '{END_OF_BLOCK}'\n" for text in scripts)
    script = script.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{service.port}")
    script = script.replace(".venv/bin/", f"{command_folder()}/")
    script = script.replace("/tmp/receipt.json", f"{service.environment['TMPDIR']}/receipt.json")  # noqa: S108
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],  # noqa: S607 - the bash that a reader has
        env=service.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Pasted(done.stdout.split(f"{END_OF_BLOCK}\n")[:-1], STATUS_OF_POST.findall(done.stderr))


def command_folder() -> Path:
    """Return where this environment's commands are, which in a checkout is .venv/bin."""
    return Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_done: Callable[[], bool], server: subprocess.Popen[bytes], shown: Path) -> None:
    """Wait for a real process, or fail with what it showed."""
    end = time.monotonic() + SECONDS_TO_START
    while not is_done():
        assert server.poll() is None, shown.read_text()
        assert time.monotonic() < end, shown.read_text()
        time.sleep(0.05)
