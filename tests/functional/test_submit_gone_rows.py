"""Rows that a force sent and then removed from its spreadsheet are named at each run, and withdrawn on request."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from service.cli.calling.http_client import JsonResponse
from service.cli.exit_codes import DONE, REFUSED, USAGE
from tests.factories.bodies import arrest as body_of
from tests.factories.bodies import correction
from tests.functional.calls import Caller
from tests.functional.test_submit import ARRESTS, MOMENT, InProcess, Submit, arrest, client, sheet, submit

__all__ = ["client", "sheet", "submit"]  # fixtures

Interrupt = Callable[[str], AbstractContextManager[None]]
Shown = pytest.CaptureFixture[str]


@dataclass(frozen=True)
class Desk:
    """The desk of a force that keeps a spreadsheet: it writes it, submits it, and sees what counts."""

    submit: Submit
    sheet: Callable[..., Path]
    lead: Caller
    live: str

    def arrests(self) -> list[int]:
        return self.lead.figures(self.live, measure="arrests")

    def withdrawals(self) -> list[Any]:
        return self.lead.get(f"/v1/operations/{self.live}/events?type=event.withdrawn").json["events"]


@pytest.fixture
def desk(submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str) -> Desk:
    return Desk(submit, sheet, lead, live)


@pytest.fixture
def interrupt(client: InProcess, monkeypatch: pytest.MonkeyPatch) -> Interrupt:
    """Return a context manager in which what is really sent is lost: the request, or the answer to it."""

    @contextmanager
    def interrupt(lost: str) -> Iterator[None]:
        def post(path: str, body: Any, force: str) -> JsonResponse:
            if "dry_run" in path or lost == "answer":
                found = InProcess.post(client, path, body, force)
            if "dry_run" not in path:
                raise OSError("the line is dead")
            return found

        with monkeypatch.context() as broken:
            broken.setattr(client, "post", post)
            yield

    return interrupt


def state_of(file: Path) -> Any:
    return json.loads(file.with_name(f"{file.name}.sent.json").read_text())["rows"]


def test_a_gone_row_is_named_at_each_run_and_stays_recorded(desk: Desk, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("AB/1"), arrest("AB/2"))) == DONE
    file = desk.sheet(ARRESTS, arrest("AB/2"))
    gone = state_of(file)["reference:AB/1"]["id"]
    capsys.readouterr()
    for options in ([], ["--check"], []):
        assert desk.submit(file, *options) == DONE
        assert capsys.readouterr().err.splitlines()[0] == (
            f"1 row that was sent is gone and still counted: reference AB/1 (event {gone}). "
            "Use --withdraw-missing to withdraw what should not count."
        )
    assert desk.arrests() == [2]


def test_a_gone_row_is_withdrawn_once_on_request(desk: Desk, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1", count=5), arrest("2"), arrest(reason="drugs"))) == DONE
    file = desk.sheet(ARRESTS, arrest("2"))
    assert desk.submit(file, "--withdraw-missing", "--check") == DONE
    assert "Checked 1 arrest: all can be sent, and 2 withdrawn. Nothing was sent." in capsys.readouterr().err
    assert desk.arrests() == [7]
    assert desk.submit(file, "--withdraw-missing") == DONE
    assert capsys.readouterr().err == (
        "Figures of surrey in live at event 9, and what arrests.csv adds:\n"
        "┏━━━━━━━━━┳━━━━━━━━━━━━┳━━━━━┳━━━━━━┳━━━━━━┓\n"
        "┃ figure  ┃ day        ┃ now ┃ adds ┃ then ┃\n"
        "┡━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━╇━━━━━━╇━━━━━━┩\n"
        f"│ arrests │ {MOMENT:%Y-%m-%d} │   7 │   -6 │    1 │\n"
        "└─────────┴────────────┴─────┴──────┴──────┘\n"
        "Withdrew 2 events.\nRecorded 0 arrests; 1 was already recorded. Keep arrests.csv.sent.json.\n"
    )
    assert desk.arrests() == [1]
    for options in ([], ["--withdraw-missing"]):
        assert desk.submit(file, *options) == DONE
        assert capsys.readouterr().err.startswith("Recorded 0 arrests; ")
    withdrawals = desk.withdrawals()
    assert [one["correction_reason"] for one in withdrawals] == ["mistake", "mistake"]


def test_a_row_that_comes_back_after_its_withdrawal_is_a_new_event(desk: Desk):
    both = [arrest("1"), arrest(reason="drugs")]
    assert desk.submit(desk.sheet(ARRESTS, *both)) == DONE
    assert desk.submit(desk.sheet(ARRESTS), "--withdraw-missing") == DONE
    assert desk.arrests() in ([], [0])
    for _time in range(2):
        assert desk.submit(desk.sheet(ARRESTS, *both)) == DONE
        assert desk.arrests() == [2]


def test_a_corrected_row_is_withdrawn_by_its_latest_event(desk: Desk):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest("2"))) == DONE
    assert desk.submit(desk.sheet(ARRESTS, arrest("1", count=9), arrest("2")), "--correct") == DONE
    assert desk.submit(desk.sheet(ARRESTS, arrest("2")), "--withdraw-missing") == DONE
    assert desk.arrests() == [1]


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_an_interrupted_withdrawal_is_finished_by_the_next_run(
    desk: Desk, lost: str, interrupt: Interrupt, capsys: Shown
):
    """The id of the withdrawal is saved before it is sent, so it is sent again and recorded once."""
    assert desk.submit(desk.sheet(ARRESTS, arrest("1", count=5), arrest("2"))) == DONE
    file = desk.sheet(ARRESTS, arrest("2"))
    with interrupt(lost):
        assert desk.submit(file, "--withdraw-missing") == REFUSED
    assert desk.arrests() == [6 if lost == "request" else 1]
    begun = state_of(file)["reference:1"]
    capsys.readouterr()
    assert desk.submit(file) == DONE
    # What is withdrawn already is not subtracted from the figures again.
    assert ("Figures of" in capsys.readouterr().err) is (lost == "request")
    assert desk.arrests() == [1]
    assert state_of(file)["reference:1"] == begun | {"withdrawn": True}
    (withdrawal,) = desk.withdrawals()
    assert withdrawal["id"] == begun["withdrawal"]


def test_a_row_that_comes_back_before_its_withdrawal_is_finished_counts_once(desk: Desk, interrupt: Interrupt):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1", count=5))) == DONE
    with interrupt("request"):
        assert desk.submit(desk.sheet(ARRESTS), "--withdraw-missing") == REFUSED
    assert desk.submit(desk.sheet(ARRESTS, arrest("1", count=3))) == DONE
    assert desk.arrests() == [3]


def test_a_row_that_was_never_recorded_needs_no_withdrawal(desk: Desk, interrupt: Interrupt):
    """Ids are saved before rows are sent: neither the new row nor the correction reached the service."""
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest("2"))) == DONE
    with interrupt("request"):
        assert desk.submit(desk.sheet(ARRESTS, arrest("1", count=9), arrest("2"), arrest("3")), "--correct") == REFUSED
    file = desk.sheet(ARRESTS, arrest("2"))
    assert desk.submit(file, "--withdraw-missing") == DONE
    assert desk.arrests() == [1]
    assert [state_of(file)[f"reference:{name}"]["withdrawn"] for name in (1, 3)] == [True, True]


def test_a_row_withdrawn_through_the_api_needs_no_withdrawal(desk: Desk, surrey: Caller, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest("2"))) == DONE
    file = desk.sheet(ARRESTS, arrest("2"))
    event = state_of(file)["reference:1"]["id"]
    body = {"id": "018d1a2b-0000-7000-8000-00000000b001", "type": "event.withdrawn", "force": "surrey"}
    surrey.record(desk.live, body | {"corrects": event, "correction_reason": "duplicate"})
    assert desk.submit(file, "--withdraw-missing") == DONE
    capsys.readouterr()
    assert desk.submit(file) == DONE
    assert "gone" not in capsys.readouterr().err
    assert desk.arrests() == [1]


def test_a_row_corrected_through_the_api_is_not_withdrawn(desk: Desk, surrey: Caller, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest("2"))) == DONE
    file = desk.sheet(ARRESTS, arrest("2"), arrest("3"))
    recorded = body_of(occurred_at=MOMENT.isoformat(), id=state_of(file)["reference:1"]["id"])
    surrey.record(desk.live, correction(recorded, data={"reason": "knife", "count": 4}))
    capsys.readouterr()
    assert desk.submit(file, "--withdraw-missing") == REFUSED
    said = capsys.readouterr().err
    assert said.startswith("oprecord: Nothing was sent. These rows cannot be withdrawn: reference 1 (event ")
    assert desk.arrests() == [5]


def test_a_withdrawal_that_was_begun_and_is_refused_does_not_block_later_runs(
    desk: Desk, surrey: Caller, capsys: Shown, interrupt: Interrupt
):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest("2"))) == DONE
    file = desk.sheet(ARRESTS, arrest("2"))
    with interrupt("request"):
        assert desk.submit(file, "--withdraw-missing") == REFUSED
    recorded = body_of(occurred_at=MOMENT.isoformat(), id=state_of(file)["reference:1"]["id"])
    surrey.record(desk.live, correction(recorded, data={"reason": "knife", "count": 4}))
    assert desk.submit(file) == REFUSED
    capsys.readouterr()
    assert desk.submit(file) == DONE
    assert "gone and still counted: reference 1 " in capsys.readouterr().err
    assert desk.arrests() == [5]


def test_new_rows_while_others_are_gone_are_stopped_and_both_listed(desk: Desk, capsys: Shown):
    """As when a reference was mistyped and put right: the arrest would count under both."""
    assert desk.submit(desk.sheet(ARRESTS, arrest("AB1"), arrest("2"))) == DONE
    file = desk.sheet(ARRESTS, arrest("AC1"), arrest("2"))
    gone = state_of(file)["reference:AB1"]["id"]
    capsys.readouterr()
    assert desk.submit(file) == REFUSED
    assert capsys.readouterr().err == (
        "oprecord: 1 row that was sent is gone or changed, and these are new: row 2. Gone: "
        f"reference AB1 (event {gone}). A changed row would count twice. Use --withdraw-missing to withdraw what is "
        "gone, or --changed-are-new to leave it recorded.\n"
    )
    assert desk.arrests() == [2]
    assert desk.submit(file, "--withdraw-missing") == DONE
    assert desk.arrests() == [2]


def test_what_is_left_recorded_once_does_not_stop_later_rows(desk: Desk, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"))) == DONE
    assert desk.submit(desk.sheet(ARRESTS, arrest("2")), "--changed-are-new") == DONE
    assert desk.submit(desk.sheet(ARRESTS, arrest("2"), arrest("3"))) == DONE
    assert "still counted: reference 1 " in capsys.readouterr().err
    assert desk.arrests() == [3]
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest("2"), arrest("3"))) == DONE
    assert desk.submit(desk.sheet(ARRESTS, arrest("4"), arrest("2"), arrest("3"))) == REFUSED


def test_rewritten_references_are_refused_whatever_is_asked(desk: Desk, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("0017"), arrest("45E1"))) == DONE
    file = desk.sheet(ARRESTS, arrest("17"), arrest("450"))
    for options in ([], ["--changed-are-new"], ["--withdraw-missing"], ["--correct"]):
        capsys.readouterr()
        assert desk.submit(file, *options) == REFUSED
        said = capsys.readouterr().err
        assert "row 2 has '17' and was sent as '0017'; row 3 has '450' and was sent as '45E1'" in said
    assert desk.arrests() == [2]


@pytest.mark.parametrize("reference", ["4.50E+02", "4,50E+02", "1.23457e+11", "1E+15"])
def test_a_reference_that_is_a_shortened_number_is_refused_when_it_is_first_sent(
    desk: Desk, client: InProcess, capsys: Shown, reference: str
):
    assert desk.submit(desk.sheet(ARRESTS, arrest("1"), arrest(reference), arrest("45E1"))) == REFUSED
    assert capsys.readouterr().err == (
        f"row 3, reference: {reference} is a number as a spreadsheet program shortens it, so its digits may be lost. "
        "Format the column as text, and write the reference in full again.\n"
        "oprecord: 1 error in 1 row; nothing was sent.\n"
    )
    assert client.sent == []


def test_a_shortened_reference_that_was_sent_by_an_earlier_version_can_be_put_right(desk: Desk, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest("45"))) == DONE
    state = desk.sheet(ARRESTS, arrest("450")).with_name("arrests.csv.sent.json")
    state.write_text(state.read_text().replace("reference:45", "reference:4.50E+02"))
    assert desk.submit(desk.sheet(ARRESTS, arrest("450"))) == REFUSED
    assert "Gone: reference 4.50E+02" in capsys.readouterr().err
    assert desk.submit(desk.sheet(ARRESTS, arrest("450")), "--withdraw-missing") == DONE
    assert desk.arrests() == [1]


def test_a_gone_return_is_named_and_cannot_be_withdrawn(desk: Desk, capsys: Shown):
    day = MOMENT.strftime("%d/%m/%Y")
    header = ["day", "status", "measures"]
    rows = [[day, "complete", ""], [day, "complete", "cash"]]
    assert desk.submit(desk.sheet(header, *rows, name="returns.csv")) == DONE
    capsys.readouterr()
    assert (
        desk.submit(desk.sheet(header, rows[0], [day, "partial", "vehicles"], name="returns.csv"), "--withdraw-missing")
        == DONE
    )
    said = capsys.readouterr().err
    assert said.startswith(f"1 row that was sent is gone and still declared: return for {MOMENT:%Y-%m-%d}:cash (event ")
    assert "Returns cannot be withdrawn: send another return for the day." in said


def test_the_two_answers_to_gone_rows_exclude_each_other(desk: Desk, capsys: Shown):
    assert desk.submit(desk.sheet(ARRESTS, arrest()), "--withdraw-missing", "--changed-are-new") == USAGE
    assert "Give either --changed-are-new or --withdraw-missing." in capsys.readouterr().err
