"""`--fast` leaves out tests that start a process, but never a unit test."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fast import Watch, is_unit, spread

ROOT = Path(__file__).parents[2]


def watching(nodeid: str | None) -> Watch:
    watch = Watch()
    watch.running = nodeid
    return watch


def test_a_test_that_would_start_a_process_is_skipped():
    with pytest.raises(pytest.skip.Exception):
        watching("tests/functional/test_serve.py::test_it").audit("subprocess.Popen", ())


def test_a_unit_test_that_would_start_a_process_fails():
    with pytest.raises(pytest.fail.Exception, match="A unit test must not start a process"):
        watching("tests/unit/test_days.py::test_it").audit("subprocess.Popen", ())


@pytest.mark.parametrize(
    ("nodeid", "event"), [("tests/unit/test_days.py::test_it", "open"), (None, "subprocess.Popen")]
)
def test_no_other_event_stops_a_test(nodeid: str | None, event: str):
    watching(nodeid).audit(event, ())


def test_a_test_with_many_cases_runs_some_from_first_to_last():
    cases: list[Any] = list(range(35))
    assert spread(cases, 10) == [0, 3, 7, 10, 14, 17, 21, 24, 28, 31]
    assert spread(cases[:10], 10) == cases[:10]


def test_unit_tests_run_all_of_their_cases(request: pytest.FixtureRequest):
    items = [item for item in request.session.items if is_unit(item.nodeid)]
    watch, kept = Watch(), list(items)
    watch.pytest_collection_modifyitems(request.config, kept)
    assert (kept, watch.cases_left_out) == (items, 0)


def test_a_test_on_both_databases_runs_on_sqlite():
    command = [sys.executable, "-m", "pytest", "--fast", "-p", "no:cacheprovider", "tests/functional/test_health.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    counts = re.search(r"(\d+) passed, (\d+) deselected", done.stdout)
    assert counts, done.stdout
    passed, left_out = map(int, counts.groups())
    assert passed > left_out > 0, "of a test on both databases one case is left, and others have one case only"
    assert f"--fast left out {left_out} cases, and skipped 0 tests" in done.stdout


def test_a_test_that_starts_postgresql_is_skipped_even_if_its_name_does_not_say_so():
    command = [sys.executable, "-m", "pytest", "--fast", "-p", "no:cacheprovider", "tests/integration/test_restart.py"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "2 skipped" in done.stdout
    assert "skipped 2 tests that would start a process" in done.stdout
