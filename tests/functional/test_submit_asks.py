"""In a terminal, `oprecord submit` shows what it would send and asks; nothing is sent before the answer is yes."""

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.cli.exit_codes import DONE, REFUSED
from tests.functional.calls import Caller, on_sqlite
from tests.functional.served import COMMAND, PATIENCE_SECONDS
from tests.functional.test_submit import ARRESTS, MOMENT, arrest
from tests.functional.test_submit_sums import Save, save, table, url

__all__ = ["save", "url"]  # fixtures
pytestmark = on_sqlite
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
INTERRUPTED = 130
FIGURES = "Figures of surrey in live at event 6, and what arrests.csv adds:\n"


class Terminal:
    """A run of `oprecord submit` in a terminal of its own."""

    def __init__(self, command: list[object], environment: dict[str, str]) -> None:
        self.screen, theirs = pty.openpty()
        plain = {"TERM": "dumb", "COLUMNS": "100", "LINES": "50"}
        self.process = subprocess.Popen(
            command, env=environment | plain, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.shown = ""

    def until(self, text: str) -> str:
        """Return all that is shown once it ends with this text, without the lines of progress bars."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.shown.endswith(text):
            assert time.monotonic() < end, self.shown
            self._read()
        return self.shown

    def type(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def ended(self) -> tuple[int, str]:
        """Return the exit code and all that was shown."""
        while self._read():
            pass
        return self.process.wait(PATIENCE_SECONDS), self.shown

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)
        os.close(self.screen)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.screen], [], [], PATIENCE_SECONDS)
        assert ready, self.shown
        try:
            found = os.read(self.screen, 65_536)
        except OSError:
            # Linux reports the end of a terminal as an error.
            return False
        self.shown = re.sub("\n\n+", "\n", CONTROL.sub("", self.shown + found.decode())).lstrip("\n")
        return bool(found)


Submit = Callable[..., Terminal]


@pytest.fixture
def submit(url: str, live: str, secret_for: Callable[..., str]) -> Iterator[Submit]:
    """Return a function that starts `oprecord submit` in a terminal."""
    environment = os.environ | {"OPRECORD_CREDENTIAL": secret_for("surrey")}
    started: list[Terminal] = []

    def submit(file: Path, *options: str) -> Terminal:
        command = [COMMAND, "submit", file, "--operation", live, "--url", url, *options]
        started.append(Terminal(command, environment))
        return started[-1]

    yield submit
    for terminal in started:
        terminal.close()


def test_the_figures_are_shown_and_yes_sends(submit: Submit, save: Save, lead: Caller, live: str):
    run = submit(save(ARRESTS, arrest("1", count=2), arrest("2")))
    shown = FIGURES + table(("arrests", f"{MOMENT:%Y-%m-%d}", "none yet", "+3", "3"))
    assert run.until("? [y/N]: ") == f"{shown}Send 2 rows? [y/N]: "
    assert lead.figures(live) == []
    run.type("y\n")
    code, said = run.ended()
    assert code == DONE
    assert said.endswith("y\nRecorded 2 arrests; 0 were already recorded. Keep arrests.csv.sent.json.\n")
    assert lead.figures(live, measure="arrests") == [3]


@pytest.mark.parametrize(("keys", "code"), [("\n", REFUSED), ("\x04", INTERRUPTED)])
def test_any_other_answer_sends_nothing(submit: Submit, save: Save, lead: Caller, *, keys: str, code: int):
    file = save(ARRESTS, arrest("1"))
    run = submit(file)
    run.until("Send 1 row? [y/N]: ")
    run.type(keys)
    ended, said = run.ended()
    assert ended == code
    assert code == INTERRUPTED or said.endswith("oprecord: Not confirmed; nothing was sent.\n")
    assert lead.figures("live") == []
    assert not file.with_name("arrests.csv.sent.json").exists()


def test_unusual_values_are_part_of_the_question_and_never_accepted_in_advance(
    submit: Submit, save: Save, lead: Caller, live: str
):
    file = save(ARRESTS, arrest("1", count=1_200))
    code, said = submit(file, "--yes").ended()
    assert (code, "[y/N]" in said, "use --accept-unusual" in said) == (REFUSED, False, True)
    run = submit(file)
    assert run.until("? [y/N]: ").endswith(
        "Look again at 1 unusual value:\n  row 2, count: 1,200. It is more than 1,000.\n"
        "Send 1 row with 1 unusual value? [y/N]: "
    )
    run.type("y\n")
    assert run.ended()[0] == DONE
    assert lead.figures(live, measure="arrests") == [1_200]


def test_withdrawals_are_part_of_the_question(submit: Submit, save: Save, lead: Caller, live: str):
    assert submit(save(ARRESTS, arrest("1"), arrest("2")), "--yes").ended()[0] == DONE
    run = submit(save(ARRESTS, arrest("1"), arrest("3")), "--withdraw-missing")
    run.until("Send 1 row and withdraw 1 event? [y/N]: ")
    run.type("y\n")
    assert run.ended()[0] == DONE
    assert lead.figures(live, measure="arrests") == [2]
    # Nothing is asked if nothing is new.
    recorded = "Recorded 0 arrests; 2 were already recorded. Keep arrests.csv.sent.json.\n"
    assert submit(save(ARRESTS, arrest("1"), arrest("3"))).ended() == (DONE, recorded)


def test_the_file_is_locked_while_the_question_is_open(submit: Submit, save: Save):
    file = save(ARRESTS, arrest("1"))
    run = submit(file)
    run.until("[y/N]: ")
    code, said = submit(file, "--check").ended()
    assert (code, "is being sent by another run of this command" in said) == (REFUSED, True)
    run.type("y\n")
    assert run.ended()[0] == DONE
