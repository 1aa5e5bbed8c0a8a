"""Documents pasted into a shell: `sh` blocks run in order; a `text` block right after one is its expected output."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS_TO_PASTE = 150
END_OF_BLOCK = "--- end of block ---"
BLOCK = re.compile(r"^```sh\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
STATUS_OF_POST = re.compile(r" (\d{3})\b")
CUT = re.escape("...")
CUT_LINE = re.escape("...\n")


@dataclass(frozen=True)
class Service:
    """A service running in its own process, and the environment in which commands find its database."""

    port: int
    environment: dict[str, str]


@dataclass(frozen=True)
class Pasted:
    """The output after pasting: what each block printed, and the statuses of all posts."""

    outputs: list[str]
    statuses: list[str]


def paste(text: str, service: Service) -> Pasted:
    """Run the `sh` blocks in order in one shell, as if pasted into a terminal in the checkout."""
    script = "".join(f"{block}\necho '{END_OF_BLOCK}'\n" for block, _shown in BLOCK.findall(text))
    # This comes first, because the checkout itself may lie in the temporary folder.
    script = script.replace("/tmp/", f"{service.environment['TMPDIR']}/")  # noqa: S108 - where a reader may write
    script = script.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{service.port}")
    script = script.replace(".venv/bin/", f"{command_folder()}/")
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],  # noqa: S607 - the bash that a reader has
        env=service.environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_PASTE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Pasted(done.stdout.split(f"{END_OF_BLOCK}\n")[:-1], STATUS_OF_POST.findall(done.stderr))


def wrong_outputs(text: str, outputs: Sequence[str]) -> list[str]:
    """Return the outputs that differ from the document, each after the expected output."""
    return [
        f"wanted:\n{shown}found:\n{output}"
        for (_block, shown), output in zip(BLOCK.findall(text), outputs, strict=True)
        if shown and not is_as_shown(output, shown)
    ]


def is_as_shown(output: str, shown: str) -> bool:
    """Return whether an output is the one shown, where `...` stands for any omitted text, or none."""
    pattern = re.escape(shown.strip())
    for cut in (CUT_LINE, CUT):
        pattern = pattern.replace(cut, ".*")
    return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


def command_folder() -> Path:
    """Return the folder of this environment's commands; in a checkout, .venv/bin."""
    return Path(sys.executable).parent
