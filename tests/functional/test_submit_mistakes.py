"""A force submits a sheet with mistakes: all are listed in one run, in the words of the sheet, each with a remedy."""

import csv
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from service.cli.exit_codes import DONE, REFUSED, USAGE
from service.cli.main import run
from service.cli.sheets import submit as submit_module
from tests.functional.calls import Caller
from tests.functional.test_submit import ARRESTS, AT, LIVE, MOMENT, InProcess, arrest

DIGITS = "Expected a whole number in digits, such as 12000: no separators, no unit, no words."
Submit = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def client(surrey: Caller, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    client = InProcess(surrey)
    monkeypatch.setattr(submit_module, "HttpClient", lambda _url, _secrets: client)
    return client


@pytest.fixture
def submit(client: InProcess, live: str, capsys: pytest.CaptureFixture[str]) -> Submit:  # noqa: ARG001 - the network
    """Return a function that runs `oprecord submit` as Surrey, and returns its exit code and the lines it printed."""

    def submit(file: Path, *options: str) -> tuple[int, list[str]]:
        named = ["--operation", live, "--url", "http://service.test", "--as", "secret"]
        return run(["submit", str(file), *named, *options]), capsys.readouterr().err.splitlines()

    return submit


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a CSV file with a header and rows."""

    def sheet(header: Sequence[str], *rows: Sequence[object], name: str = "arrests.csv") -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / name

    return sheet


def test_mistakes_found_here_and_by_the_service_are_listed_together(
    submit: Submit, sheet: Callable[..., Path], client: InProcess, lead: Caller, live: str
):
    assert submit(sheet(ARRESTS, arrest("1")))[0] == DONE
    soon = (MOMENT + timedelta(days=1, hours=8)).strftime("%d/%m/%Y %H:%M")
    header = ["Reference", "Occurred at", "Place", "Reason", "Count", *ARRESTS[5:]]
    file = sheet(
        header, arrest("1"), arrest("2", at=soon), arrest("3", reason="PWITS", count="x"), arrest("4", place="M52")
    )
    code, said = submit(file)
    assert (code, client.sent) == (REFUSED, [f"/v1/operations/{LIVE}/batches"])
    assert said == [
        f"row 3, Occurred at: Expected a moment that is not in the future. Found '{soon}'.",
        "row 4, Reason: Expected the reason for the arrest. Found 'PWITS'. Did you mean drugs?",
        f"row 4, Count: {DIGITS} Found 'x'.",
        "row 5, Place: Expected a place of live. Found 'M52'. Did you mean m25?",
        *said[4:6],
        "oprecord: 4 errors in 3 rows; nothing was sent.",
    ]
    assert said[4].startswith("Codes for Reason (the reason for the arrest): unstated, knife, weapon, drugs,")
    assert said[5].startswith("Codes for Place (a place of live): m25")
    assert lead.figures(live, measure="arrests") == [1]
    assert submit(sheet(header, arrest("1"), arrest("3", reason="drugs")))[0] == DONE


def test_a_row_that_was_sent_and_now_has_a_mistake_is_not_taken_for_gone(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str
):
    assert submit(sheet(ARRESTS, arrest("1"), arrest()))[0] == DONE
    code, said = submit(sheet(ARRESTS, arrest("1", reason="Knife"), arrest(), arrest("2")))
    assert (code, len(said)) == (REFUSED, 3)
    assert said[0] == "row 2, reason: Expected the reason for the arrest. Found 'Knife'. Did you mean knife?"
    assert lead.figures(live, measure="arrests") == [2]


def test_the_dry_run_goes_on_after_a_batch_with_refusals(submit: Submit, sheet: Callable[..., Path], client: InProcess):
    # The clock of the machine may be wrong, so this is left to the service.
    soon = (MOMENT + timedelta(days=1, hours=8)).strftime("%d/%m/%Y %H:%M")
    rows = [arrest(at=soon if number in (3, 255) else AT) for number in range(300)]
    code, said = submit(sheet(ARRESTS, *rows))
    assert [line.split(":")[0] for line in said] == ["row 5, occurred_at", "row 257, occurred_at", "oprecord"]
    assert (code, client.sent, len(client.posted)) == (REFUSED, [], 2)


def test_many_mistakes_are_summarised_and_all_are_written_to_a_file(
    submit: Submit, sheet: Callable[..., Path], tmp_path: Path
):
    file = sheet(ARRESTS, *(arrest(place="M52", count="x") for _number in range(80)))
    code, said = submit(file)
    assert code == REFUSED
    assert said[100:103] == [
        "... and 60 more. All 160 errors by kind, with the first row of each:",
        "  80 times, first in row 2, place: Expected a place of live.",
        f"  80 times, first in row 2, count: {DIGITS}",
    ]
    assert said[-1].endswith("160 errors in 80 rows; nothing was sent. To list all errors, use --errors FILE.csv.")
    errors = tmp_path / "errors.csv"
    code, said = submit(file, "--errors", str(errors))
    assert (code, said[-1].endswith(f"nothing was sent. All errors are in {errors}.")) == (REFUSED, True)
    with errors.open(encoding="utf-8-sig", newline="") as opened:
        header, first, *rest = csv.reader(opened)
    assert header == ["sheet", "row", "column", "found", "problem", "advice", "allowed"]
    assert first[:3] == ["", "2", "place"]
    assert len(rest) == 159
    assert submit(sheet(ARRESTS, arrest()), "--errors", str(errors))[0] == DONE
    assert len(errors.read_text(encoding="utf-8").splitlines()) == 1


def test_the_file_of_errors_is_never_the_spreadsheet(submit: Submit, sheet: Callable[..., Path]):
    file = sheet(ARRESTS, arrest())
    before = file.read_bytes()
    assert submit(file, "--errors", str(file))[0] == USAGE
    assert file.read_bytes() == before


def test_personal_columns_are_refused_and_their_cells_are_never_printed_or_sent(
    submit: Submit, sheet: Callable[..., Path], client: InProcess, tmp_path: Path
):
    file = sheet(["Name", "DOB", *ARRESTS[:5], "VRM"], ["SMITH, Ann", "x/x/1990", *arrest("1")[:5], "AB12 CDE"])
    errors = tmp_path / "errors.csv"
    code, said = submit(file, "--errors", str(errors))
    assert (code, client.sent) == (REFUSED, [])
    assert [line.partition(" holds ")[0] for line in said] == [
        "row 1: Column 'Name'",
        "row 1: Column 'DOB'",
        "row 1: Column 'VRM'",
        f"oprecord: 3 errors in 1 row; nothing was sent. All errors are in {errors}.",
    ]
    printed = "\n".join([*said, errors.read_text(encoding="utf-8")])
    assert not any(cell in printed for cell in ("SMITH", "1990", "AB12"))


def test_a_comments_column_is_named_and_left_out(
    submit: Submit, sheet: Callable[..., Path], tmp_path: Path, lead: Caller, live: str
):
    code, said = submit(sheet([*ARRESTS[:5], "Comments"], [*arrest("1")[:5], "seen near the river"]))
    assert (code, said[0]) == (
        DONE,
        "Columns left out, never read and never sent: Comments (free text, which may name a person).",
    )
    assert "river" not in (tmp_path / "arrests.csv.sent.json").read_text()
    assert lead.figures(live, measure="arrests") == [1]


def test_a_total_is_named_and_not_sent(submit: Submit, tmp_path: Path, client: InProcess):
    book = openpyxl.Workbook()
    page: Any = book.active
    page.title = "Seizures"
    for row in (
        ["reference", "occurred_at", "kind", "category", "weight_grams"],
        ["1", AT, "drug", "a", 1000],
        ["2", AT, "drug", "a", 500],
        ["", AT, "drug", "a", 1500],
        ["Grand total", None, None, None, 1500],
    ):
        page.append([cell or None for cell in row])
    book.save(tmp_path / "seizures.xlsx")
    code, said = submit(tmp_path / "seizures.xlsx")
    looks = "This looks like a total of the rows above: delete the row. The service adds up the rows itself."
    assert said == [
        "Read Seizures (4 rows).",
        f"sheet Seizures, row 4: {looks}",
        f"sheet Seizures, row 5: {looks}",
        "oprecord: 2 errors in 2 rows; nothing was sent.",
    ]
    assert (code, client.sent) == (REFUSED, [])


def test_rows_of_another_force_are_refused(submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str):
    rows = [["Surrey Police", *arrest("1")], ["Kent Police", *arrest("2")]]
    code, said = submit(sheet(["Force", *ARRESTS], *rows))
    assert (code, lead.figures(live)) == (REFUSED, [])
    assert said[0] == (
        "row 3, Force: Expected surrey (Surrey Police) in every row, because the sheet is sent with its credential. "
        "Found 'Kent Police'. Delete the rows of other forces: each force sends its own."
    )
    assert submit(sheet(["Force", *ARRESTS], *rows[:1]))[0] == DONE


@pytest.mark.usefixtures("live")
def test_an_operation_that_cannot_be_read_is_named(
    sheet: Callable[..., Path], client: InProcess, capsys: pytest.CaptureFixture[str]
):
    named = ["--operation", "nowhere", "--url", "http://service.test", "--as", "secret"]
    assert run(["submit", str(sheet(ARRESTS, arrest())), *named]) == REFUSED
    assert "nowhere" in capsys.readouterr().err
    assert client.posted == []
