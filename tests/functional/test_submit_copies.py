"""A copy of a file that was sent is noticed: what equals the force's own record is listed, and not counted twice."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from werkzeug.wsgi import ClosingIterator

from service.cli.exit_codes import DONE, REFUSED, USAGE
from service.cli.main import run
from service.domain.model.days import LONDON
from service.domain.model.instants import parse_instant
from tests.factories.bodies import arrest as body_of
from tests.factories.bodies import correction
from tests.functional.calls import NDJSON, Caller
from tests.functional.sockets import listening
from tests.functional.test_submit import ARRESTS, AT, MOMENT, arrest
from tests.functional.test_submit_sums import SEIZURES, Save, Submit, long, save, submit, url

__all__ = ["long", "save", "submit", "url"]  # fixtures
ADVICE = (
    "that are new here equal what surrey has already recorded, not from this file, and would count twice; nothing was "
    "sent. If this is a copy of a file that was sent, use --equal-are-sent: then only the other rows are sent. If each "
    "of these rows is an event of its own, use --equal-are-new.\n"
)


@dataclass(frozen=True)
class Desk:
    """The desk of a force that copies its spreadsheets, and what is recorded."""

    submit: Submit
    save: Save
    lead: Caller
    live: str

    def arrests(self) -> list[int]:
        return self.lead.figures(self.live, measure="arrests")

    def equals(self, place: str, seq: int) -> str:
        """Return the line that says which recorded event a row equals."""
        (event,) = self.lead.get(f"/v1/operations/{self.live}/events?after={seq - 1}&limit=1").json["events"]
        at = parse_instant(event["recorded_at"]).astimezone(LONDON)
        return f"{place}: equals event {seq}, recorded on {at:%Y-%m-%d} at {at:%H:%M} London time.\n"


@pytest.fixture
def desk(submit: Submit, save: Save, lead: Caller, live: str) -> Desk:
    return Desk(submit, save, lead, live)


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append([cell if cell != "" else None for cell in row])
    book.save(path)
    return path


@pytest.mark.parametrize("options", [[], ["--yes"], ["--check"]])
def test_a_copied_file_is_refused_with_each_row_and_the_event_that_it_equals(
    desk: Desk, tmp_path: Path, options: list[str]
):
    file = workbook(tmp_path / "results.xlsx", Arrests=[ARRESTS, arrest("1"), arrest("2", reason="drugs", count=2)])
    assert desk.submit(file)[0] == DONE
    copy = Path(shutil.copy(file, tmp_path / "v2 FINAL.xlsx"))
    code, said = desk.submit(copy, *options)
    assert code == REFUSED
    assert said == (
        "Read Arrests (2 rows).\n"
        + desk.equals("sheet Arrests, row 2", 7)
        + desk.equals("sheet Arrests, row 3", 8)
        + f"oprecord: 2 events of 2 {ADVICE}"
    )
    assert not copy.with_name("v2 FINAL.xlsx.sent.json").exists()
    assert desk.arrests() == [3]


def test_a_copied_file_with_a_new_row_sends_only_the_new_row(desk: Desk):
    assert desk.submit(desk.save(ARRESTS, arrest("1"), arrest()))[0] == DONE
    copy = desk.save(ARRESTS, arrest("1"), arrest("2"), arrest(), name="v2 FINAL.csv")
    code, said = desk.submit(copy)
    assert (code, desk.arrests()) == (REFUSED, [2])
    # The three say the same; two of them are recorded.
    assert said == desk.equals("row 2", 7) + desk.equals("row 3", 8) + f"oprecord: 2 events of 3 {ADVICE}"
    for _time in range(2):
        code, said = desk.submit(copy, "--equal-are-sent")
        assert (code, desk.arrests()) == (DONE, [3])
    assert said == "Recorded 0 arrests; 3 were already recorded. Keep v2 FINAL.csv.sent.json.\n"
    assert desk.submit(copy)[1] == said


def test_rows_that_were_taken_for_sent_are_corrected_and_withdrawn_from_the_copy(desk: Desk):
    assert desk.submit(desk.save(ARRESTS, arrest("1"), arrest("2")))[0] == DONE
    assert desk.submit(desk.save(ARRESTS, arrest("1", count=3), arrest("2")), "--correct")[0] == DONE
    both = [arrest("1", count=3), arrest("2")]
    code, said = desk.submit(desk.save(ARRESTS, *both, name="copy.csv"), "--equal-are-sent")
    assert code == DONE
    assert said == (
        desk.equals("row 2", 9)
        + desk.equals("row 3", 8)
        + "What is listed here is taken for these events and not sent.\n"
        "Recorded 0 arrests; 0 were already recorded. Keep copy.csv.sent.json.\n"
    )
    assert desk.submit(desk.save(ARRESTS, *both, name="copy.csv"))[1].startswith("Recorded 0 arrests; 2 were ")
    assert desk.submit(desk.save(ARRESTS, arrest("1", count=7), both[1], name="copy.csv"), "--correct")[0] == DONE
    assert desk.arrests() == [8]
    assert desk.submit(desk.save(ARRESTS, both[1], name="copy.csv"), "--withdraw-missing")[0] == DONE
    assert desk.arrests() == [1]


def test_equal_rows_are_sent_as_new_events_on_request_and_still_listed(desk: Desk):
    assert desk.submit(desk.save(ARRESTS, arrest()))[0] == DONE
    code, said = desk.submit(desk.save(ARRESTS, arrest(), arrest(), name="night.csv"), "--equal-are-new")
    assert code == DONE
    assert said.startswith(desk.equals("row 2", 7) + "Figures of surrey in live at event 7")
    assert desk.arrests() == [3]
    assert desk.submit(desk.save(ARRESTS, arrest(), arrest(), name="night.csv"))[0] == DONE


def test_equal_rows_of_one_file_are_two_events(desk: Desk):
    for rows in (2, 3):
        assert desk.submit(desk.save(ARRESTS, *[arrest()] * rows))[0] == DONE
        assert desk.arrests() == [rows]


def test_a_seizure_is_recognised_whatever_the_order_of_its_lines(desk: Desk):
    drugs = ["A", AT, "drug", "a/cocaine", "", "12.5", "", "", "", ""]
    cash = ["A", AT, "cash", "", "", "", "", "520.50", "", ""]
    assert desk.submit(desk.save(SEIZURES, drugs, cash, name="seizures.csv"))[0] == DONE
    code, said = desk.submit(desk.save(SEIZURES, cash, drugs, name="copy.csv"))
    assert (code, said) == (REFUSED, desk.equals("row 2", 7) + f"oprecord: 1 event of 1 {ADVICE}")


def test_what_was_recorded_through_the_api_is_recognised_and_other_forces_are_not(desk: Desk, surrey: Caller):
    sent = body_of(occurred_at=MOMENT.isoformat(), place="m25", incident="0" * 64)
    surrey.record(desk.live, sent)
    desk.lead.record(desk.live, body_of(force="kent", occurred_at=MOMENT.isoformat(), place="m25"))
    file = desk.save(ARRESTS, arrest("1"), arrest("2"))
    assert desk.equals("row 2", 7) + "oprecord: 1 event of 2" in desk.submit(file)[1]
    # The recorded event has an incident, and the row none: from the next run on, the row has changed.
    assert desk.submit(file, "--equal-are-sent")[0] == DONE
    assert desk.submit(file)[1].startswith("oprecord: Changed since they were sent: row 2. Use --correct")
    assert desk.arrests() == [3]


def test_only_standing_events_are_compared(desk: Desk, surrey: Caller):
    sent = body_of(occurred_at=MOMENT.isoformat(), place="m25")
    surrey.record(desk.live, sent, correction(sent, data={"reason": "knife", "count": 4}))
    assert desk.submit(desk.save(ARRESTS, arrest()))[0] == DONE
    assert desk.equals("row 2", 8) in desk.submit(desk.save(ARRESTS, arrest(count=4), name="other.csv"))[1]


def test_an_event_of_the_file_that_was_corrected_elsewhere_is_not_from_another_file(desk: Desk, surrey: Caller):
    assert desk.submit(desk.save(ARRESTS, arrest("1")))[0] == DONE
    (event,) = desk.lead.get(f"/v1/operations/{desk.live}/events?type=arrest.recorded").json["events"]
    sent = body_of(occurred_at=MOMENT.isoformat(), place="m25", id=event["id"])
    surrey.record(desk.live, correction(sent, data={"reason": "knife", "count": 4}))
    assert desk.submit(desk.save(ARRESTS, arrest("1"), arrest("2", count=4)))[0] == DONE


def test_other_days_places_and_reasons_are_other_events(desk: Desk):
    assert desk.submit(desk.save(ARRESTS, arrest("1")))[0] == DONE
    later = (MOMENT + timedelta(minutes=1)).strftime("%d/%m/%Y %H:%M")
    rows = [arrest("1", at=later), arrest("2", place="a406"), arrest("3", reason="drugs"), arrest("4", count=2)]
    assert desk.submit(desk.save(ARRESTS, *rows, name="other.csv"))[0] == DONE


def test_at_most_twenty_copies_are_listed(desk: Desk):
    rows = [arrest(str(number)) for number in range(25)]
    assert desk.submit(desk.save(ARRESTS, *rows))[0] == DONE
    said = desk.submit(desk.save(ARRESTS, *rows, name="copy.csv"))[1].splitlines()
    assert len(said) == 22
    assert said[20:] == ["... and 5 more.", f"oprecord: 25 events of 25 {ADVICE}".rstrip("\n")]


def test_an_answer_that_is_cut_off_hides_no_copy(
    desk: Desk, app: Flask, live: str, secret_for: Callable[..., str], capsys: pytest.CaptureFixture[str]
):
    """A gateway may end an answer early without an error."""
    rows = [arrest(str(number)) for number in range(9)]
    assert desk.submit(desk.save(ARRESTS, *rows))[0] == DONE
    cut = Cut(app)
    with listening(cut) as address:
        named = ["--operation", live, "--url", address, "--as", secret_for("surrey")]
        assert run(["submit", str(desk.save(ARRESTS, *rows, name="copy.csv")), *named]) == REFUSED
    assert "oprecord: 9 events of 9 that are new here equal" in capsys.readouterr().err
    assert cut.answers == 5


class Cut:
    """The app, whose answers in lines end after two of them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.answers = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = self.app(environ, start_response)
        if environ.get("HTTP_ACCEPT") != NDJSON:
            return answer
        self.answers += 1
        return ClosingIterator(islice(answer, 2), answer.close)


def test_the_two_answers_to_equal_rows_exclude_each_other(desk: Desk):
    code, said = desk.submit(desk.save(ARRESTS, arrest()), "--equal-are-new", "--equal-are-sent")
    assert code == USAGE
    assert "Give either --equal-are-new or --equal-are-sent." in said
