"""Searches for inputs that break a target, in a process of its own for each: `python -m tests.fuzz.search`.

Atheris, which sees which lines an input reaches, makes the inputs if it is installed; otherwise a small mutator does.
"""

import argparse
import importlib
import importlib.util
import mmap
import os
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist" / "fuzz"
FOUND = DIST / "findings"
# Atheris needs to know every module before it is imported. Others, such as re, are written in C.
INSTRUMENTED = ["service", "tomllib"]
HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
# The parent kills a search that hangs where no signal is handled.
MOST_EXTRA_SECONDS = 60
LENGTHS = struct.Struct("<QQ")


class Trace:
    """How many inputs were tried, and the last of them, in memory that outlives the process that tries them."""

    def __init__(self, most_bytes: int) -> None:
        self.memory = mmap.mmap(-1, LENGTHS.size + most_bytes)

    def note(self, body: bytes) -> int:
        """Note an input before it is tried; return how many were tried before it."""
        tried, _length = LENGTHS.unpack_from(self.memory)
        LENGTHS.pack_into(self.memory, 0, tried + 1, len(body))
        self.memory[LENGTHS.size : LENGTHS.size + len(body)] = body
        return int(tried)

    def last(self) -> tuple[int, bytes]:
        """Return how many inputs were tried, and the last of them."""
        tried, length = LENGTHS.unpack_from(self.memory)
        return int(tried), self.memory[LENGTHS.size : LENGTHS.size + length]


@dataclass
class Search:
    """The search for findings of one target. Findings of one cause are kept once."""

    name: str
    seconds: float
    runs: int
    number: int
    trace: Trace
    places: set[str] = field(default_factory=set)

    def run(self) -> None:
        """Try inputs until the time or the runs are over. With Atheris, this ends the process."""
        targets = imported_targets()
        limits = importlib.import_module("tests.fuzz.limits")
        limits.limit_memory()
        target = targets.TARGETS[self.name]

        def once(body: bytes) -> None:
            self.trace.note(body)
            found = limits.finding_in(target, body)
            if found is not None and (place := limits.place_of(found)) not in self.places:
                self.places.add(place)
                said = "".join(traceback.format_exception(found))
                limits.keep(FOUND, self.name, body, f"{place}\n\n{said}")

        seeds = targets.seeds(self.name)
        for seed in seeds:
            once(seed)
        if HAS_ATHERIS:
            self._with_atheris(once, targets.CORPUS / self.name, targets.MOST_BYTES)
        else:
            self._with_mutator(once, seeds)

    def _with_mutator(self, once: Callable[[bytes], None], seeds: list[bytes]) -> None:
        mutate = importlib.import_module("tests.fuzz.mutate")
        until = time.monotonic() + self.seconds
        for tried, body in enumerate(mutate.mutations(seeds, self.number)):
            if time.monotonic() > until or tried >= self.runs:
                return
            once(body)

    def _with_atheris(self, once: Callable[[bytes], None], corpus: Path, most_bytes: int) -> None:
        atheris = importlib.import_module("atheris")
        # What reaches new lines is kept here, so that the next search goes on from it.
        FOUND.mkdir(parents=True, exist_ok=True)
        reached = DIST / "corpus" / self.name
        reached.mkdir(parents=True, exist_ok=True)
        options = (
            f"-max_total_time={int(self.seconds)}",
            f"-runs={self.runs}",
            f"-seed={self.number}",
            f"-max_len={most_bytes}",
            f"-timeout={MOST_EXTRA_SECONDS // 2}",
            "-rss_limit_mb=0",
            "-verbosity=0",
            f"-artifact_prefix={FOUND}/{self.name}-",
        )
        atheris.Setup([sys.argv[0], *options, str(reached), str(corpus)], once)
        atheris.Fuzz()


@cache
def imported_targets() -> Any:
    """Return the module of the targets. Atheris instruments what it imports; this takes seconds and is done once."""
    if HAS_ATHERIS:
        atheris = importlib.import_module("atheris")
        # It names every module that it instruments.
        with redirect_stderr(StringIO()), atheris.instrument_imports(include=INSTRUMENTED):
            return importlib.import_module("tests.fuzz.targets")
    return importlib.import_module("tests.fuzz.targets")


def searched(name: str, seconds: float, runs: int, number: int) -> str:
    """Search one target in a process of its own; return what it did in one line."""
    trace = Trace(1024 * 1024)
    DIST.mkdir(parents=True, exist_ok=True)
    log = DIST / f"{name}.log"
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            # Atheris writes much that only helps when it fails.
            os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), sys.stderr.fileno())
            Search(name, seconds, runs, number, trace).run()
            status = 0
        except BaseException:  # noqa: BLE001 - a process that was forked must not go on in its parent's code
            traceback.print_exc()
        finally:
            os._exit(status)
    status, most_memory = _ended(child, begun + seconds + MOST_EXTRA_SECONDS)
    tried, last = trace.last()
    if status != 0:
        FOUND.mkdir(parents=True, exist_ok=True)
        (FOUND / f"{name}-last").write_bytes(last)
    fate = (
        ""
        if status == 0
        else f"; it ended with {status}: see {log.relative_to(ROOT)}, and its last input among those found"
    )
    spent = time.monotonic() - begun
    return f"{name:15} {tried:>10,} inputs in {spent:4.0f} s, at most {most_memory / 2**20:4.0f} MiB{fate}"


def _ended(child: int, until: float) -> tuple[int, int]:
    """Return the exit code of a process, negative for a signal, and its most memory in bytes."""
    while True:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024
        if time.monotonic() > until:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.1)


def main() -> int:
    """Search the targets that are named, or all; return 1 if something was found."""
    names = tuple(imported_targets().TARGETS)
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.search", description=__doc__.split("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(names)}; all if none is named")
    parser.add_argument("--seconds", type=float, default=20, help="for each target (20)")
    parser.add_argument("--runs", type=int, default=1_000_000, help="for each target, at most (1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="another number makes other inputs (1)")
    given = parser.parse_args()
    unknown = sorted(set(given.targets) - set(names))
    if unknown:
        parser.error(f"expected one of {', '.join(names)}; found {', '.join(unknown)}")
    if not HAS_ATHERIS:
        print("Atheris is not installed here: a simple mutator makes the inputs. `make fuzz` installs it on Linux.")
    before = set(FOUND.glob("*"))
    for name in given.targets or names:
        print(searched(name, given.seconds, given.runs, given.seed), flush=True)
    found = sorted(path for path in set(FOUND.glob("*")) - before if path.suffix != ".txt")
    print(f"{len(found)} findings" + "".join(f"\n{path.relative_to(ROOT)}" for path in found))
    if found:
        print("Beside each is its traceback. Mend it, write a unit test, and copy the input into tests/fuzz/corpus/.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
