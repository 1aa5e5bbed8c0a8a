"""`--fast` runs the tests that start no process, and so no PostgreSQL and no server: for the inner loop.

Nothing marks these tests. A test is skipped at the moment when it would start a process, in a fixture or by itself.
Unit tests are run with all of their cases; of any other test, some are enough here. Hypothesis tries few examples.
"""

import os
import sys
from collections.abc import Generator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

UNIT = "tests/unit/"
# Most cases on PostgreSQL have its name: there is no need to try them.
POSTGRESQL = "postgresql"
REASON = "--fast starts no process"
LEFT_OUT = "cases_left_out"
MOST_CASES = 5
EXAMPLES = 10
# To make its calls takes as long as to collect all other tests.
NOT_COLLECTED = "test_contract.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    words = "leave out the tests that start PostgreSQL or another process, and some of the many cases of others"
    parser.addoption("--fast", action="store_true", help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Watch the tests if they are to be fast."""
    if config.getoption("fast"):
        # A server that runs already is PostgreSQL as well.
        os.environ.pop("TEST_POSTGRES_URL", None)
        settings.register_profile("fast", settings(), max_examples=EXAMPLES)
        settings.load_profile("fast")
        watch = Watch()
        config.pluginmanager.register(watch)
        sys.addaudithook(watch.audit)


def spread(cases: list[pytest.Item], most: int = MOST_CASES) -> list[pytest.Item]:
    """Return so many of the cases of a test at most, from the first to the last of them."""
    return cases if len(cases) <= most else [cases[number * len(cases) // most] for number in range(most)]


def name_of(item: pytest.Item) -> str:
    """Return the name of a test, the same for all of its cases."""
    return item.nodeid.partition("[")[0]


def is_unit(nodeid: str) -> bool:
    """Return whether a test is a unit test."""
    return nodeid.startswith(UNIT)


class Watch:
    """Leaves out cases, and ends a test that would start a process: a unit test fails, any other is skipped."""

    def __init__(self) -> None:
        self.running: str | None = None
        self.cases_left_out = 0

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out a module that is slow to collect."""
        return True if collection_path.name == NOT_COLLECTED else None

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out most cases of the tests that have many, whatever the order that they are run in."""
        kept: set[pytest.Item] = set()
        for test, found in groupby(sorted(items, key=name_of), key=name_of):
            cases = sorted(found, key=lambda item: item.nodeid)
            kept |= set(cases if is_unit(test) else spread([case for case in cases if POSTGRESQL not in case.nodeid]))
        left_out = [item for item in items if item not in kept]
        self.cases_left_out = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item in kept]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool | None, bool | None]:
        """Note which test is running. Between tests, processes are those of pytest itself."""
        self.running = item.nodeid
        try:
            return (yield)
        finally:
            self.running = None

    def audit(self, event: str, _arguments: tuple[Any, ...]) -> None:
        """Take notice of an event of the interpreter."""
        if event != "subprocess.Popen" or self.running is None:
            return
        if is_unit(self.running):
            pytest.fail("A unit test starts no process: move this one to tests/integration or tests/functional.")
        pytest.skip(REASON)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the process that shows the results, if that is another one, how many cases this worker left out."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[LEFT_OUT] = self.cases_left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take note of how many cases a worker left out: each leaves out the same."""
        self.cases_left_out = getattr(node, "workeroutput", {}).get(LEFT_OUT, self.cases_left_out)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print how many tests were not run."""
        skipped = [report for report in terminalreporter.getreports("skipped") if REASON in str(report.longrepr)]
        terminalreporter.write_line(
            f"--fast left out {self.cases_left_out} cases, and skipped {len(skipped)} tests that would start a process."
        )
