"""A force corrects and withdraws by spreadsheet what was not sent from that spreadsheet."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from service.cli.calling.http_client import JsonResponse
from service.cli.exit_codes import DONE, REFUSED
from tests.factories.bodies import arrest as arrest_body
from tests.factories.bodies import correction, seizure
from tests.functional.calls import Caller
from tests.functional.conftest import ClientFor
from tests.functional.test_submit import AT, LIVE, InProcess, Submit, client, submit

__all__ = ["client", "submit"]  # fixtures

ARRESTS = ["reference", "occurred_at", "place", "reason", "count", "corrects", "correction_reason"]
SEIZURES = ["reference", "occurred_at", "kind", "category", "count", "corrects", "correction_reason"]
WITHDRAWALS = ["withdraws", "correction_reason"]


@dataclass
class Desk:
    """The desk of a force that keeps a workbook, in an operation with events that it sent in another way."""

    run: Submit
    folder: Path
    surrey: Caller
    lead: Caller
    live: str
    capsys: pytest.CaptureFixture[str]

    def save(self, name: str = "results.xlsx", **sheets: list[list[object]]) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            page = book.create_sheet(title)
            for row in rows:
                page.append([cell if cell != "" else None for cell in row])
        book.save(self.folder / name)
        return self.folder / name

    def submit(self, file: Path, *options: str) -> tuple[int, str]:
        return self.run(file, *options), self.capsys.readouterr().err

    def sent(self, file: Path, *options: str) -> str:
        """Submit a file that is accepted; return what the command said."""
        code, said = self.submit(file, *options)
        assert code == DONE, said
        return said

    def refused(self, file: Path, *options: str) -> str:
        code, said = self.submit(file, *options)
        assert code == REFUSED, said
        return said

    def arrests(self) -> int:
        return sum(self.lead.figures(self.live, measure="arrests"))

    def events(self, **query: str) -> list[Any]:
        return self.lead.get(f"/v1/operations/{self.live}/events", query_string=query).json["events"]

    def record(self, *bodies: Any) -> list[Any]:
        return self.surrey.record(self.live, *bodies)

    def state(self, name: str = "results.xlsx") -> Any:
        return json.loads((self.folder / f"{name}.sent.json").read_text())["rows"]


@pytest.fixture
def desk(submit: Submit, client: InProcess, tmp_path: Path, lead: Caller, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(submit, tmp_path, client.caller, lead, LIVE, capsys)


def row(reference: str = "", reason: str = "knife", count: int = 1, corrects: object = "", why: str = "") -> list[Any]:
    return [reference, AT, "m25", reason, count, corrects, why]


def test_events_sent_over_the_api_are_corrected_and_withdrawn_by_id_or_seq_and_only_once(desk: Desk):
    by_id, by_seq, gone = bodies = [arrest_body(count=count) for count in (2, 3, 5)]
    receipts = desk.record(*bodies)
    seq = receipts[1]["seq"]
    file = desk.save(
        Arrests=[
            ARRESTS,
            row("A7", count=20, corrects=by_id["id"].upper(), why="measured"),
            row(count=30, corrects=seq, why="mistake"),
            row(count=100),
        ],
        Withdrawals=[WITHDRAWALS, [str(receipts[2]["seq"]), "duplicate"]],
    )
    said = desk.sent(file, "--check")
    assert f"sheet Arrests, row 2 corrects seq {receipts[0]['seq']}, arrest of " in said
    assert f"sheet Withdrawals, row 2 withdraws seq {receipts[2]['seq']}, arrest of " in said
    assert ": reason knife, count 5." in said
    assert "Checked 3 arrests and 1 withdrawal: all can be sent. Nothing was sent." in said
    assert desk.arrests() == 10
    assert "Recorded 3 arrests and 1 withdrawal; 0 were already recorded." in desk.sent(file)
    assert desk.arrests() == 150
    corrections = {one["corrects"]: one["correction_reason"] for one in desk.events() if "corrects" in one}
    assert corrections == {by_id["id"]: "measured", by_seq["id"]: "mistake", gone["id"]: "duplicate"}
    before = desk.events()
    again = desk.sent(file)
    assert "corrects seq" not in again
    assert "Recorded 0 arrests and 0 withdrawals; 4 were already recorded." in again
    assert desk.events() == before


def test_a_file_sent_from_another_machine_counts_nothing_twice(desk: Desk):
    first, second = desk.record(arrest_body(), arrest_body())
    rows = {
        "Arrests": [ARRESTS, row(count=7, corrects=first["seq"], why="mistake")],
        "Withdrawals": [WITHDRAWALS, [second["seq"], "mistake"]],
    }
    desk.sent(desk.save(**rows))
    assert desk.arrests() == 7
    said = desk.refused(desk.save("copy.xlsx", **rows))
    latest = next(one for one in desk.events() if one.get("corrects") == first["id"])
    assert f"sheet Arrests, row 2, corrects: This version was corrected at seq {latest['seq']}." in said
    assert f"Use event {latest['id']} instead." in said
    # What is withdrawn already is as it should be.
    alone = desk.save("copy2.xlsx", Withdrawals=rows["Withdrawals"])
    assert "Recorded 0 withdrawals; 1 was already recorded." in desk.sent(alone)
    assert desk.arrests() == 7


def test_a_correcting_row_that_changes_is_corrected_itself(desk: Desk):
    (receipt,) = desk.record(arrest_body())
    desk.sent(desk.save(Arrests=[ARRESTS, row(count=4, corrects=receipt["seq"], why="measured")]))
    changed = desk.save(Arrests=[ARRESTS, row(count=5, corrects=receipt["seq"], why="mistake")])
    assert "Changed since they were sent: row 2. Use --correct" in desk.refused(changed)
    desk.sent(changed, "--correct")
    assert desk.arrests() == 5
    assert "1 was already recorded" in desk.sent(changed)
    other = desk.save(Arrests=[ARRESTS, row(count=5, corrects=receipt["seq"], why="other")])
    assert "The correction_reason of row 2 was sent as mistake and is now other." in desk.refused(other)


def test_a_correction_of_a_seizure_may_have_several_rows(desk: Desk):
    body = seizure({"kind": "phone", "count": 1})
    (receipt,) = desk.record(body)
    lines = [["S1", AT, "phone", "", 2, receipt["seq"], "mistake"], ["S1", "", "weapon", "bladed/knife", 1, "", ""]]
    desk.sent(desk.save(Seizures=[SEIZURES, *lines]))
    assert desk.lead.figures(desk.live, measure="phones") == [2]
    assert desk.lead.figures(desk.live, measure="weapons") == [1]
    for line in lines:
        line[0], line[1], line[5], line[6] = "", AT, receipt["seq"], "mistake"
    said = desk.refused(desk.save("other.xlsx", Seizures=[SEIZURES, *lines]))
    assert (
        "sheet Seizures, row 3, corrects: sheet Seizures, row 2 already corrects or withdraws this event. "
        "Give all rows of one seizure the same reference." in said
    )


@pytest.mark.parametrize(
    ("cell", "why", "said"),
    [
        ("12x", "mistake", "row 3, corrects: Expected the id or the seq of a recorded event, such as 018d1a2b-"),
        (4.5, "mistake", "row 3, corrects: Expected text."),
        (0, "mistake", "row 3, corrects: Expected the id or the seq of a recorded event"),
        (999, "mistake", "row 3, corrects: Expected the id or the seq of an event that your force recorded in this"),
        (
            "018d1a2b-0000-7000-8000-00000000beef",
            "mistake",
            "row 3, corrects: Expected the id or the seq of an event that",
        ),
        ("KENT", "mistake", "row 3, corrects: Expected the id or the seq of an event that your force recorded in this"),
        ("OWN", "", "row 3, correction_reason: correction_reason is blank: write one of mistake, duplicate"),
        ("OWN", "error", "row 3, correction_reason: Expected one of mistake, duplicate"),
        ("SEIZURE", "mistake", "row 3: A correction cannot change the type: expected seizure.recorded; found arrest"),
        ("=1", "mistake", "row 3, corrects: the cell holds a formula without a stored result"),
    ],
)
def test_a_mistake_names_its_cell_and_nothing_is_sent(
    desk: Desk, client_for: ClientFor, cell: object, why: str, said: str
):
    (own, other) = desk.record(arrest_body(), seizure({"kind": "phone", "count": 1}))
    (kent,) = client_for("kent").record(desk.live, arrest_body(force="kent"))
    cell = {"KENT": kent["seq"], "OWN": own["id"], "SEIZURE": other["seq"]}.get(cell, cell)
    before = desk.events()
    found = desk.refused(desk.save(Arrests=[ARRESTS, row(), row(count=9, corrects=cell, why=why)]))
    assert f"sheet Arrests, {said}" in found
    assert "1 error in 1 row; nothing was sent." in found
    if not said.startswith("row 3: "):
        found = desk.refused(desk.save("w.xlsx", Withdrawals=[WITHDRAWALS, [], [cell, why]]))
        assert f"sheet Withdrawals, {said.replace('corrects:', 'withdraws:')}" in found
    assert desk.events() == before


def test_a_withdrawal_without_an_event_is_refused(desk: Desk):
    said = desk.refused(desk.save(Withdrawals=[WITHDRAWALS, ["", "mistake"]]))
    assert "sheet Withdrawals, row 2, withdraws: withdraws is blank: write the id or seq of the event" in said


def test_an_event_is_corrected_or_withdrawn_by_one_row(desk: Desk):
    (receipt,) = desk.record(arrest_body())
    file = desk.save(
        Arrests=[ARRESTS, row(count=3, corrects=receipt["id"], why="mistake")],
        Withdrawals=[WITHDRAWALS, [receipt["seq"], "mistake"]],
    )
    assert (
        "sheet Withdrawals, row 2, withdraws: sheet Arrests, row 2 already corrects or withdraws this event."
        in desk.refused(file)
    )


def test_an_event_of_this_file_is_corrected_in_its_own_row(desk: Desk):
    desk.sent(desk.save(Arrests=[ARRESTS, row("0017")]))
    own = desk.state()["reference:0017"]["id"]
    file = desk.save(Arrests=[ARRESTS, row("0017"), row(count=3, corrects=own, why="mistake")])
    said = desk.refused(file)
    assert (
        "sheet Arrests, row 3, corrects: The event was sent from this file with the reference 0017. Empty this cell, "
        "change the row with that reference, and use --correct." in said
    )
    assert desk.arrests() == 1


def test_a_changed_row_without_a_reference_is_corrected_by_the_id_that_the_refusal_names(desk: Desk):
    desk.sent(desk.save(Arrests=[ARRESTS, row(count=2), row(reason="drugs")]))
    said = desk.refused(desk.save(Arrests=[ARRESTS, row(count=3), row(reason="drugs")]))
    own = said.partition("a row without a reference (event ")[2].partition(")")[0]
    file = desk.save(Arrests=[ARRESTS, row(count=3, corrects=own, why="mistake"), row(reason="drugs")])
    said = desk.sent(file)
    assert "gone" not in said
    assert desk.arrests() == 4
    assert "2 were already recorded." in desk.sent(file)
    assert desk.arrests() == 4


def test_a_row_that_another_row_withdraws_is_named_and_not_sent_again(desk: Desk):
    desk.sent(desk.save(Arrests=[ARRESTS, row("1", count=5), row("2")]))
    withdrawal = [WITHDRAWALS, [desk.state()["reference:1"]["id"], "de_arrested"]]
    both = desk.save(Arrests=[ARRESTS, row("1", count=5), row("2")], Withdrawals=withdrawal)
    for _time in range(2):
        said = desk.sent(both)
        assert "sheet Arrests, row 2 is withdrawn by sheet Withdrawals, row 2, and no longer counts: delete it." in said
        assert desk.arrests() == 1
    without = desk.save(Arrests=[ARRESTS, row("2"), row("3")], Withdrawals=withdrawal)
    assert "gone" not in desk.sent(without)
    assert desk.arrests() == 2
    assert "gone" not in desk.sent(without, "--withdraw-missing")


def test_a_withdrawal_whose_row_is_gone_stays_and_is_named_once(desk: Desk):
    first, second = desk.record(arrest_body(), arrest_body())
    desk.sent(desk.save(Withdrawals=[WITHDRAWALS, [first["seq"], "mistake"]]))
    file = desk.save(Withdrawals=[WITHDRAWALS, [second["seq"], "mistake"]])
    said = desk.sent(file)
    assert (
        f"1 withdrawal that was sent is gone from the file and stays recorded: withdrawal of event {first['id']}"
        in said
    )
    assert desk.arrests() == 0
    assert "gone" not in desk.sent(file)
    assert "1 was already" in desk.sent(desk.save(Withdrawals=[WITHDRAWALS, [first["seq"], "mistake"]]))


def test_a_correction_whose_row_is_gone_is_named(desk: Desk):
    (receipt,) = desk.record(arrest_body())
    desk.sent(desk.save(Arrests=[ARRESTS, row(count=4, corrects=receipt["id"], why="mistake")]))
    said = desk.sent(desk.save(Arrests=[ARRESTS]))
    assert f"1 row that was sent is gone and still counted: correction of event {receipt['id']} (event " in said
    desk.sent(desk.save(Arrests=[ARRESTS]), "--withdraw-missing")
    assert desk.arrests() == 0


def test_a_correction_that_was_never_recorded_does_not_withdraw_the_event_it_names(
    desk: Desk, client: InProcess, monkeypatch: pytest.MonkeyPatch
):
    (receipt,) = desk.record(arrest_body(count=6))

    def post(path: str, body: Any, force: str) -> JsonResponse:
        if "dry_run" not in path:
            raise OSError("the line is dead")
        return InProcess.post(client, path, body, force)

    with monkeypatch.context() as broken:
        broken.setattr(client, "post", post)
        desk.refused(desk.save(Arrests=[ARRESTS, row(count=4, corrects=receipt["id"], why="mistake")]))
    desk.sent(desk.save(Arrests=[ARRESTS]), "--withdraw-missing")
    assert desk.arrests() == 6


def test_what_was_interrupted_is_finished_by_the_next_run(
    desk: Desk, client: InProcess, monkeypatch: pytest.MonkeyPatch
):
    """A row without a reference is taken over by its correction in one save, so no interruption loses either."""
    desk.sent(desk.save(Arrests=[ARRESTS, row("9")], Earlier=[ARRESTS, row(count=2)]))
    own = next(sent["id"] for name, sent in desk.state().items() if "content:" in name)
    file = desk.save(Arrests=[ARRESTS, row("9"), row("10")], Earlier=[ARRESTS, row(count=3, corrects=own, why="other")])

    def post(path: str, body: Any, force: str) -> JsonResponse:
        if "dry_run" not in path:
            raise OSError("the line is dead")
        return InProcess.post(client, path, body, force)

    with monkeypatch.context() as broken:
        broken.setattr(client, "post", post)
        desk.refused(file)
    assert desk.arrests() == 3
    assert any(name.endswith(f"corrects:{own}") for name in desk.state())
    desk.sent(file)
    assert desk.arrests() == 5


def test_a_closed_operation_still_accepts_corrections_and_withdrawals_by_sheet(desk: Desk):
    one, two = desk.record(arrest_body(), arrest_body())
    desk.lead.change(desk.live, "close", id="018d1a2b-0000-7000-8000-00000000c011")
    desk.sent(
        desk.save(
            Arrests=[ARRESTS, row(count=8, corrects=one["id"], why="mistake")],
            Withdrawals=[WITHDRAWALS, [two["id"], "mistake"]],
        )
    )
    assert desk.arrests() == 8


def test_a_correction_sent_over_the_api_is_corrected_by_its_own_id(desk: Desk):
    body = arrest_body()
    desk.record(body)
    second = correction(body, data={"reason": "knife", "count": 2})
    desk.record(second)
    desk.sent(desk.save(Arrests=[ARRESTS, row(count=3, corrects=second["id"], why="mistake")]))
    assert desk.arrests() == 3
