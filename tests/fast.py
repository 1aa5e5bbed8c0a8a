"""`--fast`, for the inner loop, runs only tests that start no process: no PostgreSQL and no server.

The tests are not marked. A test is skipped as soon as it, or one of its fixtures, would start a process. Unit tests run
all of their cases; other tests run a few. Hypothesis tries few examples.
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
# Most cases on PostgreSQL have it in their name, so they are left out without being tried.
POSTGRESQL = "postgresql"
REASON = "--fast starts no process"
LEFT_OUT = "cases_left_out"
MAX_CASES = 2
EXAMPLES = 10
# Generating the requests of the contract takes as long as collecting all other tests. Each upload starts a process, in
# a thread. The tests of the others use the network of this machine, replay a whole operation each, ask all addresses as
# each of four people, read large spreadsheets, count every call of a function, or make up whole histories.
NOT_COLLECTED = (
    "test_contract.py",
    "test_uploads_page.py",
    "test_office_network.py",
    "test_replay_directory.py",
    "test_seeing_parts.py",
    "test_searching_for_others.py",
    "test_map.py",
    "test_claims_effort.py",
    "test_laws.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option --fast."""
    text = "leave out tests that start PostgreSQL or another process, and most cases of tests with many cases"
    parser.addoption("--fast", action="store_true", help=text)


def pytest_configure(config: pytest.Config) -> None:
    """Register the watch if --fast is given."""
    if config.getoption("fast"):
        # Tests on a PostgreSQL server that is already running are left out as well.
        os.environ.pop("TEST_POSTGRES_URL", None)
        settings.register_profile("fast", settings(), max_examples=EXAMPLES)
        settings.load_profile("fast")
        watch = Watch()
        config.pluginmanager.register(watch)
        sys.addaudithook(watch.audit)


def spread(cases: list[pytest.Item], most: int = MAX_CASES) -> list[pytest.Item]:
    """Return at most `most` cases of a test, evenly spread from first to last."""
    return cases if len(cases) <= most else [cases[number * len(cases) // most] for number in range(most)]


def name_of(item: pytest.Item) -> str:
    """Return the name of a test without its case."""
    return item.nodeid.partition("[")[0]


def is_unit(nodeid: str) -> bool:
    """Return whether a test is a unit test."""
    return nodeid.startswith(UNIT)


class Watch:
    """Leaves out cases, and stops a test that would start a process: a unit test fails, any other is skipped."""

    def __init__(self) -> None:
        self.running: str | None = None
        self.cases_left_out = 0

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out the modules that are too slow for the inner loop."""
        return True if collection_path.name in NOT_COLLECTED else None

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out most cases of tests with many cases. The choice does not depend on the order of the tests."""
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
        """Keep the name of the running test. Between tests, pytest itself may start processes."""
        self.running = item.nodeid
        try:
            return (yield)
        finally:
            self.running = None

    def audit(self, event: str, _arguments: tuple[Any, ...]) -> None:
        """Stop the running test if this audit event of the interpreter is the start of a process."""
        if event != "subprocess.Popen" or self.running is None:
            return
        if is_unit(self.running):
            pytest.fail("A unit test must not start a process: move it to tests/integration or tests/functional.")
        pytest.skip(REASON)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """As an xdist worker, report to the controller how many cases were left out."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[LEFT_OUT] = self.cases_left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Keep the number of cases that a worker left out; every worker leaves out the same."""
        self.cases_left_out = getattr(node, "workeroutput", {}).get(LEFT_OUT, self.cases_left_out)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print how many cases and tests did not run."""
        skipped = [report for report in terminalreporter.getreports("skipped") if REASON in str(report.longrepr)]
        terminalreporter.write_line(
            f"--fast left out {self.cases_left_out} cases, and skipped {len(skipped)} tests that would start a process."
        )
