"""A force submits a spreadsheet: every error is listed by row and column, and sending twice counts nothing twice."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from werkzeug.test import TestResponse

from service.cli.calling.http_client import JsonResponse
from service.cli.exit_codes import DONE, REFUSED
from service.cli.main import run
from service.cli.sheets import submit as submit_module
from service.spreadsheets.templates import TEMPLATES
from tests.factories.bodies import latest, today, yesterday
from tests.functional.calls import NDJSON, Caller
from tests.functional.conftest import ClientFor

Submit = Callable[..., int]
# A time that is not near a clock change.
MOMENT = latest("12:30")
AT = MOMENT.strftime("%d/%m/%Y %H:%M")
LIVE = "live"
ARRESTS = ["reference", "occurred_at", "place", "reason", "count", "qualifier", "assisting", "incident"]


class InProcess:
    """Replaces the HTTP client of `submit`: calls the app itself, as Surrey."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.posted: list[str] = []

    @property
    def sent(self) -> list[str]:
        """What was posted to be recorded, without dry runs."""
        return [path for path in self.posted if "dry_run" not in path]

    def get(self, path: str, _force: str) -> JsonResponse:
        return answer_of(self.caller.get(path))

    def post(self, path: str, body: Any, _force: str) -> JsonResponse:
        self.posted.append(path)
        return answer_of(self.caller.post(path, json=body))

    def lines(self, path: str, _force: str) -> Iterator[str]:
        yield from self.caller.get(path, headers={"Accept": NDJSON}).get_data(as_text=True).splitlines()


def answer_of(response: TestResponse) -> JsonResponse:
    return JsonResponse(response.status_code, response.json)


@pytest.fixture
def client(surrey: Caller, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    client = InProcess(surrey)
    monkeypatch.setattr(submit_module, "HttpClient", lambda _url, _secrets: client)
    return client


@pytest.fixture
def submit(client: InProcess, live: str) -> Submit:  # noqa: ARG001 - it takes the place of the network
    """Return a function that runs `oprecord submit` as Surrey and returns its exit code."""

    def submit(file: Path, *options: str, operation: str = live) -> int:
        named = ["--operation", operation, "--url", "http://service.test", "--as", "secret"]
        return run(["submit", str(file), *named, *options])

    return submit


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a CSV file with a header and rows."""

    def sheet(header: Sequence[str], *rows: Sequence[object], name: str = "arrests.csv") -> Path:
        with (tmp_path / name).open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / name

    return sheet


def arrest(
    reference: str = "", at: str = AT, reason: str = "knife", count: object = 1, place: str = "m25"
) -> list[Any]:
    return [reference, at, place, reason, count, "", "", ""]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_a_header_that_submit_accepts_and_can_be_described(name: str, capsys: pytest.CaptureFixture[str]):
    assert run(["template", name]) == DONE
    (header,) = csv.reader(StringIO(capsys.readouterr().out))
    assert run(["template", name, "--describe"]) == DONE
    described = list(csv.reader(StringIO(capsys.readouterr().out)))
    assert [row[0] for row in described] == header == TEMPLATES[name].names()
    assert all(row[1] for row in described)


def test_sending_a_file_again_counts_nothing_twice(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    file = sheet(ARRESTS, arrest(), arrest(), [], arrest(reason="drugs", count=3))
    assert submit(file) == DONE
    assert "Recorded 3 arrests; 0 were already recorded. Keep arrests.csv.sent.json." in capsys.readouterr().err
    assert submit(file) == DONE
    assert "Recorded 0 arrests; 3 were already recorded" in capsys.readouterr().err
    assert lead.figures(live, measure="arrests") == [5]


def test_rows_may_be_sorted_and_added_to(submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str):
    assert submit(sheet(ARRESTS, arrest(), arrest(reason="drugs"))) == DONE
    assert submit(sheet(ARRESTS, arrest(reason="wanted"), arrest(reason="drugs"), arrest(), arrest())) == DONE
    assert lead.figures(live, measure="arrests") == [4]


def test_every_error_is_listed_by_row_and_column_and_nothing_is_sent(
    submit: Submit,
    sheet: Callable[..., Path],
    client: InProcess,
    lead: Caller,
    capsys: pytest.CaptureFixture[str],
):
    file = sheet(
        ARRESTS,
        arrest(),
        arrest(count="92,0000"),
        arrest(at="yesterday", reason=""),
        arrest(reason="Knife!"),
        arrest("7"),
        arrest("7"),
    )
    assert submit(file) == REFUSED
    said = capsys.readouterr().err
    wrong = ["row 3, count", "row 4, occurred_at", "row 4, reason", "row 5, reason", "row 7, reference"]
    assert [line.split(":")[0] for line in said.splitlines()][: len(wrong)] == wrong
    assert "5 errors in 4 rows; nothing was sent." in said
    assert client.sent == []
    assert lead.figures(LIVE) == []


def test_errors_found_by_the_service_are_listed_by_row_and_column_too(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    file = sheet(ARRESTS, arrest(), arrest(place="m1"), arrest(reason="jaywalking"), arrest(at="01/01/2020 10:00"))
    assert submit(file) == REFUSED
    said = [line.split(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert said[:3] == ["row 3, place", "row 4, reason", "row 5, occurred_at"]
    assert lead.figures(live) == []
    assert not file.with_name("arrests.csv.sent.json").exists()


def test_drugs_that_are_not_on_the_list_are_named_with_what_was_meant(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    header = ["reference", "occurred_at", "kind", "category", "weight_grams"]
    words = ["a/cocain", "b/heroin", "a/white", "a/cocainne"]
    rows = [["7", AT if word == words[0] else "", "drug", word, "1.5"] for word in words]
    assert submit(sheet(header, *rows, name="seizures.csv")) == REFUSED
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said[:4]] == [f"row {row}, category" for row in range(2, 6)]
    for line, expected in zip(
        said[:4],
        ["Send a/cocaine.", "Send a/heroin.", "it may mean a/cocaine or a/crack_cocaine", "Did you mean a/cocaine"],
        strict=True,
    ):
        assert expected in line
    assert lead.figures(live) == []


def test_a_changed_row_with_a_reference_is_sent_as_a_correction_if_requested(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    assert submit(sheet(ARRESTS, arrest("1"), arrest("2"))) == DONE
    changed = sheet(ARRESTS, arrest("1", count=3), arrest("2"))
    assert submit(changed) == REFUSED
    assert "Changed since they were sent: row 2. Use --correct to send them as corrections." in capsys.readouterr().err
    assert lead.figures(live, measure="arrests") == [2]
    for _time in range(2):
        assert submit(changed, "--correct") == DONE
        assert lead.figures(live, measure="arrests") == [4]
    assert submit(sheet(ARRESTS, arrest("1"), arrest("2")), "--correct") == DONE
    assert lead.figures(live, measure="arrests") == [2]


def test_a_correction_has_the_reason_of_its_row(submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str):
    header = [*ARRESTS, "correction_reason"]

    def submitted(*rows: list[Any]) -> int:
        return submit(sheet(header, *rows), "--correct")

    def reasons() -> list[str | None]:
        found = lead.get(f"/v1/operations/{live}/events?type=arrest.recorded").json["events"]
        return [event.get("correction_reason") for event in found]

    # A new row is no correction, whatever its cell holds.
    assert submitted([*arrest("1"), "measured"], [*arrest("2"), ""], [*arrest("3"), ""]) == DONE
    assert reasons() == [None, None, None]
    # A reason alone changes nothing.
    assert submitted([*arrest("1"), "de_arrested"], [*arrest("2"), "other"], [*arrest("3"), ""]) == DONE
    assert reasons() == [None, None, None]
    for _time in range(2):
        changed = [[*arrest("1", count=2), "reclassified"], [*arrest("2", count=2), ""], [*arrest("3"), ""]]
        assert submitted(*changed) == DONE
        assert reasons() == [None, None, None, "reclassified", "mistake"]
    assert lead.figures(live, measure="arrests") == [5]


def test_an_unknown_reason_for_a_correction_is_reported_by_row_and_column(
    submit: Submit, sheet: Callable[..., Path], client: InProcess, capsys: pytest.CaptureFixture[str]
):
    file = sheet([*ARRESTS, "correction_reason"], [*arrest("1"), "because"])
    assert submit(file) == REFUSED
    said = "row 2, correction_reason: Expected one of mistake, duplicate, other_force, de_arrested, reclassified, "
    assert capsys.readouterr().err.startswith(f"{said}measured, running_total, other.")
    assert client.sent == []


def test_rows_of_one_seizure_give_one_reason(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    header = ["reference", "occurred_at", "kind", "category", "weight_grams", "correction_reason"]

    def rows(grams: int, *reasons: str) -> list[list[Any]]:
        return [["A", AT, "drug", "a/cocaine", grams, reason] for reason in reasons]

    assert submit(sheet(header, *rows(1, "", ""), name="seizures.csv")) == DONE
    assert submit(sheet(header, *rows(2, "measured", "other"), name="seizures.csv"), "--correct") == REFUSED
    assert "row 3, correction_reason: Differs from row 2" in capsys.readouterr().err
    assert submit(sheet(header, *rows(2, "measured", ""), name="seizures.csv"), "--correct") == DONE
    (_first, correction) = lead.get(f"/v1/operations/{live}/events?type=seizure.recorded").json["events"]
    assert correction["correction_reason"] == "measured"


def test_a_changed_row_without_a_reference_is_not_counted_twice(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    assert submit(sheet(ARRESTS, arrest(), arrest(reason="drugs"))) == DONE
    changed = sheet(ARRESTS, arrest(), arrest(reason="weapon"))
    assert submit(changed) == REFUSED
    assert "1 row that was sent is gone or changed, and these are new: row 3." in capsys.readouterr().err
    assert lead.figures(live, measure="arrests") == [2]
    assert submit(changed, "--changed-are-new") == DONE
    assert lead.figures(live, measure="arrests") == [3]


def test_a_removed_row_stays_recorded(submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str):
    assert submit(sheet(ARRESTS, arrest(), arrest(reason="drugs"))) == DONE
    assert submit(sheet(ARRESTS, arrest())) == DONE
    assert lead.figures(live, measure="arrests") == [2]


def test_rows_of_one_reference_are_the_lines_of_one_seizure(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    header = ["reference", "occurred_at", "kind", "category", "count", "weight_grams", "value_pounds", "cash_pounds"]
    rows = [
        ["A", AT, "drug", "a/cocaine", "", "12.5", "300", ""],
        ["A", "", "cash", "", "", "", "", "520.50"],
        ["", AT, "ammunition", "", "12", "", "", ""],
        ["A", AT, "drug", "b/cannabis", "", "40", "", ""],
        ["", AT, "vehicle", "stolen_recovered", "1", "", "", ""],
        ["", AT, "weapon", "bladed/knife", "2", "", "", ""],
    ]
    for _time in range(2):
        assert submit(sheet(header, *rows, name="seizures.csv")) == DONE
    figures = dict(lead.figures(live, "measure", "quantity"))
    assert figures["drug_seizures"] == 1
    assert (figures["drug_weight"], figures["drug_value"], figures["cash"]) == (52_500, 30_000, 52_050)
    assert (figures["ammunition"], figures["vehicles"], figures["weapons"]) == (12, 1, 2)
    capsys.readouterr()
    wrong = [["B", AT, "drug", "a/cocaine", "", "", "", ""], ["B", AT, "drug", "z/tea", "", "", "", ""]]
    assert submit(sheet(header, *rows, *wrong, name="seizures.csv")) == REFUSED
    assert capsys.readouterr().err.startswith("row 9, category: ")
    moved = [["B", at, "phone", "", "1", "", "", ""] for at in (AT, MOMENT.strftime("%Y-%m-%d 12:31"))]
    assert submit(sheet(header, *moved, name="more.csv")) == REFUSED
    assert "row 3, occurred_at: Differs from row 2" in capsys.readouterr().err


def test_activities_and_returns_are_sent_and_a_changed_return_replaces_the_old(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str
):
    stopped = ["", AT, "vehicles_stopped", 12]
    assert submit(sheet(["reference", "occurred_at", "measure", "quantity"], stopped, name="activities.csv")) == DONE
    assert lead.figures(live, measure="vehicles_stopped") == [12]
    day = MOMENT.strftime("%d/%m/%Y")

    only_the_day = {"day_from": str(MOMENT.date()), "day_before": str(MOMENT.date() + timedelta(days=1))}

    def owed() -> set[str]:
        figures = lead.totals(live, measure="vehicles_stopped", **only_the_day)
        return {one["force"] for one in figures["completeness"]["outstanding"]}

    for status in ("complete", "partial", "complete"):
        assert submit(sheet(["day", "status", "measures"], [day, status, ""], name="returns.csv")) == DONE
        assert ("surrey" in owed()) is (status == "partial")


def test_a_row_with_a_last_day_is_one_return_for_all_of_its_days(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str
):
    first, last = (date.fromisoformat(day) for day in (yesterday(), today()))
    before, on = (f"{day:%d/%m/%Y}" for day in (first, last))
    header = ["day", "last_day", "status"]
    assert submit(sheet(header, [before, on, "nil"], name="returns.csv")) == DONE
    days = {
        one["day"]: one["status"] for one in lead.get(f"/v1/operations/{live}/returns?force=surrey").json["returns"]
    }
    assert days[str(first)] == days[str(last)] == "nil"
    (event,) = [one for one in lead.get(f"/v1/operations/{live}/events").json["events"] if "day_from" in one["data"]]
    assert event["data"]["day_before"] == str(last + timedelta(days=1))
    assert submit(sheet(header, [before, on, "nil"], [on, on, "complete"], name="returns.csv")) == DONE
    log = lead.get(f"/v1/operations/{live}/events").json["events"]
    assert [one["data"] for one in log if one["data"].get("day")] == [{"day": str(last), "status": "complete"}]


def test_a_workbook_is_read_with_its_dates_and_numbers(submit: Submit, tmp_path: Path, lead: Caller, live: str):
    book = xlsxwriter.Workbook(tmp_path / "arrests.xlsx")
    page = book.add_worksheet()
    page.write_row(0, 0, ARRESTS[:5])
    page.write_datetime(2, 1, MOMENT.replace(tzinfo=None), book.add_format({"num_format": "dd/mm/yyyy hh:mm"}))
    page.write_row(2, 2, ["m25", "knife", 4])
    book.close()
    assert submit(tmp_path / "arrests.xlsx") == DONE
    assert lead.figures(live, measure="arrests") == [4]
    assert (tmp_path / "arrests.xlsx.sent.json").exists()


def test_a_check_sends_nothing(submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str):
    file = sheet(ARRESTS, arrest())
    assert submit(file, "--check") == DONE
    assert lead.figures(live) == []
    assert not file.with_name("arrests.csv.sent.json").exists()


def test_a_lost_answer_does_no_harm(
    submit: Submit,
    sheet: Callable[..., Path],
    client: InProcess,
    lead: Caller,
    monkeypatch: pytest.MonkeyPatch,
):
    post = client.post

    def lose_answer(path: str, body: Any, force: str) -> JsonResponse:
        found = post(path, body, force)
        if "dry_run" not in path:
            raise OSError("the line is dead")
        return found

    file = sheet(ARRESTS, *(arrest() for _ in range(300)))
    with monkeypatch.context() as broken:
        broken.setattr(client, "post", lose_answer)
        assert submit(file) == REFUSED
    assert lead.figures(LIVE, measure="arrests") == [250]
    assert submit(file) == DONE
    assert lead.figures(LIVE, measure="arrests") == [300]


def test_ids_are_random_and_references_are_not_sent(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, tmp_path: Path
):
    file = sheet(ARRESTS, arrest("AB/123"))
    assert submit(file) == DONE
    state = json.loads((tmp_path / "arrests.csv.sent.json").read_text())
    events = lead.get(f"/v1/operations/{live}/events?type=arrest.recorded").get_data(as_text=True)
    assert state["rows"]["reference:AB/123"]["id"] in events
    assert "AB/123" not in events


def test_a_file_is_sent_to_one_operation_by_one_force(
    submit: Submit, sheet: Callable[..., Path], capsys: pytest.CaptureFixture[str]
):
    file = sheet(ARRESTS, arrest())
    assert submit(file) == DONE
    assert submit(file, operation="another") == REFUSED
    assert "was sent to live by surrey" in capsys.readouterr().err
    file.with_name("arrests.csv.sent.json").write_text("{}")
    assert submit(file) == REFUSED
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("a.csv", b"name,age\r\nx,1\r\n"), "Expected the header of a template"),
        (("a.csv", b"reason,colour\r\nknife,red\r\n"), "Column 'colour' is not in the template for arrests"),
        (("a.csv", b"reason,reason\r\nknife,drugs\r\n"), "Column 'reason' is duplicate"),
        (("a.csv", b""), "expected a header; found no row"),
        (("a.csv", b"reason\r\nknife,red\r\n"), "row 2: a cell is beyond the last column"),
        (("a.csv", b"reason\r\n\xff\xfe\r\n"), "not CSV in UTF-8"),
        (("a.xlsx", b"no workbook"), "not an XLSX workbook"),
        (("a.ods", b""), "expected a file name that ends in .csv or .xlsx"),
    ],
)
def test_a_file_that_is_not_a_template_is_reported_in_one_line(
    submit: Submit, tmp_path: Path, capsys: pytest.CaptureFixture[str], file: tuple[str, bytes], said: str
):
    name, body = file
    (tmp_path / name).write_bytes(body)
    assert submit(tmp_path / name) == REFUSED
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_csv_with_other_separators_is_read_but_no_decimal_comma(
    submit: Submit, tmp_path: Path, lead: Caller, capsys: pytest.CaptureFixture[str], separator: str
):
    file = tmp_path / "seizures.csv"
    header = ["occurred_at", "kind", "category", "weight_grams"]
    for weight, code in (("12,5", REFUSED), ("12.5", DONE)):
        rows = [header, [AT, "drug", "a/cocaine", weight]]
        file.write_text(f"sep={separator}\n" + "\n".join(separator.join(row) for row in rows), encoding="utf-8")
        assert submit(file) == code
    said = capsys.readouterr().err
    assert said.startswith("row 2, weight_grams: Expected grams in digits, such as 12.5")
    assert "Write a decimal comma as a point, and leave out separators of thousands. Found '12,5'." in said
    assert lead.figures(LIVE, measure="drug_weight") == [12_500]


def test_a_decimal_comma_never_moves_the_cells_after_it(
    submit: Submit, tmp_path: Path, client: InProcess, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "seizures.csv"
    file.write_text(f"occurred_at,kind,category,weight_grams,value_pounds,wraps\n{AT},drug,a/cocaine,12,5,300,\n")
    assert submit(file) == REFUSED
    assert "row 2: a cell is beyond the last column of the header: expected 6 cells" in capsys.readouterr().err
    assert client.sent == []


def test_a_blank_count_is_refused_and_without_the_column_every_row_counts_one(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, capsys: pytest.CaptureFixture[str]
):
    assert submit(sheet(ARRESTS, arrest(), arrest(count=""))) == REFUSED
    assert "row 3, count: The cell is blank: write 1" in capsys.readouterr().err
    assert lead.figures(LIVE) == []
    assert submit(sheet(ARRESTS[:4], arrest()[:4], arrest()[:4])) == DONE
    assert lead.figures(LIVE, measure="arrests") == [2]


def test_a_refused_credential_is_reported(
    client_for: ClientFor,
    client: InProcess,
    submit: Submit,
    sheet: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
):
    client.caller = client_for("surrey")
    client.caller.environ_base["HTTP_AUTHORIZATION"] = "Bearer wrong"
    assert submit(sheet(ARRESTS, arrest())) == REFUSED
    assert "(401)" in capsys.readouterr().err
