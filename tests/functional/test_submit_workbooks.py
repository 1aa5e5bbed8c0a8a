"""A force submits a workbook: every sheet that a person sees is read or named, and nothing unreadable is guessed."""

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from service.cli.exit_codes import DONE, REFUSED
from service.cli.main import run
from service.cli.sheets import submit as submit_module
from service.spreadsheets.templates import TEMPLATES
from tests.functional.calls import Caller
from tests.functional.test_submit import ARRESTS, AT, LIVE, MOMENT, InProcess, arrest

Submit = Callable[..., tuple[int, str]]
SEIZURES = ["reference", "occurred_at", "kind", "category", "count"]
Rows = Sequence[Sequence[object]]


@pytest.fixture
def client(surrey: Caller, monkeypatch: pytest.MonkeyPatch) -> InProcess:
    client = InProcess(surrey)
    monkeypatch.setattr(submit_module, "HttpClient", lambda _url, _secrets: client)
    return client


@pytest.fixture
def submit(client: InProcess, live: str, capsys: pytest.CaptureFixture[str]) -> Submit:  # noqa: ARG001 - the network
    """Return a function that runs `oprecord submit` as Surrey, and returns its exit code and what it said."""

    def submit(file: Path, *options: str) -> tuple[int, str]:
        named = ["--operation", live, "--url", "http://service.test", "--as", "secret"]
        return run(["submit", str(file), *named, *options]), capsys.readouterr().err

    return submit


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a workbook of sheets by name; `change` is called with the first sheet."""

    def save(change: Callable[[Worksheet], object] | None = None, **sheets: Rows) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for name, rows in sheets.items():
            page = book.create_sheet(name)
            for row in rows:
                page.append([cell if cell != "" else None for cell in row])
        if change is not None:
            change(book.worksheets[0])
        book.save(tmp_path / "results.xlsx")
        return tmp_path / "results.xlsx"

    return save


def put(place: str, value: object) -> Callable[[Worksheet], object]:
    def put(page: Worksheet) -> None:
        page[place] = value

    return put


def phone(reference: str = "", count: object = 1) -> list[object]:
    return [reference, AT, "phone", "", count]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (("E2", "#REF!"), "sheet Arrests, row 2, count: the cell holds the error #REF!"),
        (("E2", "=1+1"), "sheet Arrests, row 2, count: the cell holds a formula without a stored result"),
        (("A2", "#N/A"), "sheet Arrests, row 2, reference: the cell holds the error #N/A"),
        (("F2", "=IF(1,2,3)"), "sheet Arrests, row 2, qualifier: the cell holds a formula without a stored result"),
        (("E2", True), "sheet Arrests, row 2, count: Expected a whole number in digits"),
        (("E2", "1\u00a0200"), "Remove the spaces inside it. Found '1\\xa0200'."),
        (("E2", "1,5"), "Write a decimal comma as a point"),
        (("E2", 1.5), "Found 1.5."),
        (("E2", None), "sheet Arrests, row 2, count: The cell is blank: write 1"),
        (("E2", "  "), "sheet Arrests, row 2, count: The cell is blank: write 1"),
        (("D2", 7.5), "sheet Arrests, row 2, reason: Expected text."),
        (("D2", MOMENT.replace(tzinfo=None)), "sheet Arrests, row 2, reason: Expected text."),
        (("H2", 12345678901234567890), "sheet Arrests, row 2, incident: Expected text. Numbers of more than 15 digits"),
        (("J3", "x"), "sheet Arrests, row 3: column J has no name in the header, and its cell holds 'x'"),
        (
            ("J3", "#REF!"),
            "sheet Arrests, row 3: column J has no name in the header, and the cell holds the error #REF!",
        ),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused(
    submit: Submit,
    save: Callable[..., Path],
    client: InProcess,
    cell: tuple[str, object],
    said: str,
):
    code, found = submit(save(put(*cell), Arrests=[ARRESTS, arrest(), arrest()]))
    assert code == REFUSED
    assert said in found
    assert "1 error in 1 row; nothing was sent." in found
    assert client.sent == []


@pytest.mark.parametrize(
    ("measures", "said"),
    [("#N/A", "the cell holds the error #N/A"), ("=B1", "the cell holds a formula without a stored result")],
)
def test_a_return_never_covers_all_measures_because_its_cell_cannot_be_read(
    submit: Submit, save: Callable[..., Path], client: InProcess, measures: str, said: str
):
    rows = [["day", "status", "measures"], [f"{MOMENT:%d/%m/%Y}", "complete", measures]]
    code, found = submit(save(Returns=rows))
    assert (code, client.sent) == (REFUSED, [])
    assert f"sheet Returns, row 2, measures: {said}" in found


def test_merged_cells_are_refused(submit: Submit, save: Callable[..., Path], client: InProcess):
    file = save(lambda page: page.merge_cells("E2:E3"), Arrests=[ARRESTS, arrest(), arrest()])
    code, found = submit(file)
    assert (code, client.sent) == (REFUSED, [])
    assert "sheet Arrests, row 2, count: the cell is one of the merged cells E2:E3" in found
    assert "sheet Arrests, row 3, count: the cell is one of the merged cells E2:E3" in found
    code, found = submit(save(lambda page: page.merge_cells("D1:E1"), Arrests=[ARRESTS, arrest()]))
    assert (code, client.sent) == (REFUSED, [])
    assert "sheet Arrests, row 1 is the header: the cell is one of the merged cells D1:E1" in found


def test_a_truncated_workbook_is_refused(submit: Submit, save: Callable[..., Path], client: InProcess):
    file = save(Arrests=[ARRESTS, arrest()])
    file.write_bytes(file.read_bytes()[:-100])
    code, found = submit(file)
    assert (code, client.sent) == (REFUSED, [])
    assert "results.xlsx is a damaged or incomplete XLSX workbook" in found


def test_every_sheet_of_a_template_is_read_and_the_others_are_named(
    submit: Submit, save: Callable[..., Path], lead: Caller, live: str
):
    day = f"{MOMENT:%d/%m/%Y}"
    file = save(
        Notes=[["what", "who"], ["check", "later"]],
        Returns=[["day", "status", "measures"], [day, "complete", "arrests"]],
        Arrests=[ARRESTS, arrest(count=2), [], arrest()],
        Seizures=[SEIZURES, phone("1"), phone("1", 4)],
        Spare=[],
    )
    left_out = "Left out: Notes (its header is that of no template), Spare (it is empty)."
    code, found = submit(file)
    assert code == DONE, found
    assert f"Read Returns (1 row), Arrests (2 rows) and Seizures (2 rows). {left_out}" in found
    assert "Recorded 2 arrests, 1 seizure and 1 return; 0 were already recorded. Keep results.xlsx.sent.json" in found
    assert (lead.figures(live, measure="arrests"), lead.figures(live, measure="phones")) == ([3], [5])
    # A return that had been sent before the arrests would have been reopened by them.
    day_after = MOMENT.date() + timedelta(days=1)
    figures = lead.totals(live, measure="arrests", day_from=str(MOMENT.date()), day_before=str(day_after))
    assert "surrey" not in {one["force"] for one in figures["completeness"]["outstanding"]}
    code, found = submit(file)
    assert "Recorded 0 arrests, 0 seizures and 0 returns; 4 were already recorded" in found


def test_the_errors_of_all_sheets_are_listed_together(submit: Submit, save: Callable[..., Path], client: InProcess):
    code, found = submit(save(Arrests=[ARRESTS, arrest(count="x")], Seizures=[SEIZURES, phone(), phone(count="")]))
    assert (code, client.sent) == (REFUSED, [])
    said = [line.rpartition(": ")[0].split(":")[0] for line in found.splitlines()[1:3]]
    assert said == ["sheet Arrests, row 2, count", "sheet Seizures, row 3, count"]
    code, found = submit(save(Arrests=[ARRESTS, arrest()], Seizures=[SEIZURES, [*phone()[:3], "z/z", 1]]))
    assert (code, client.sent) == (REFUSED, [])
    assert "sheet Seizures, row 2, category: " in found


def test_a_workbook_without_a_template_is_refused_with_the_headers_found(submit: Submit, save: Callable[..., Path]):
    code, found = submit(save(Notes=[["what", "who"]], Spare=[]))
    assert code == REFUSED
    assert "no sheet has the header of a template. Found Notes: 'what', 'who'; Spare: empty." in found
    assert "oprecord template arrests" in found


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ARRESTS[:3], arrest()[:3]], "sheet Arrests: Expected the header of a template"),
        ([[*ARRESTS, "colour"], arrest()], "sheet Arrests, row 1: Column 'colour' is not in the template for arrests"),
        ([[*ARRESTS, "count"], arrest()], "sheet Arrests, row 1: Column 'count' is duplicate"),
        (
            [["Arrests of the week"], ARRESTS, arrest()],
            "sheet Arrests, row 2 is the header of a template, but is",
        ),
    ],
)
def test_a_sheet_that_is_nearly_a_template_is_not_left_out(
    submit: Submit, save: Callable[..., Path], client: InProcess, rows: Rows, said: str
):
    code, found = submit(save(Arrests=rows, Seizures=[SEIZURES, phone()]))
    assert (code, client.sent) == (REFUSED, [])
    assert said in found


def hide(page: Worksheet) -> None:
    page.sheet_state = "hidden"


def hide_thoroughly(page: Worksheet) -> None:
    page.sheet_state = "veryHidden"


def filter_rows(page: Worksheet) -> None:
    page.auto_filter.ref = "A1:H4"
    page.auto_filter.add_filter_column(3, ["drugs"])
    for row in (2, 3):
        page.row_dimensions[row].hidden = True


def hide_column(page: Worksheet) -> None:
    page.column_dimensions["E"].hidden = True


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (hide, "sheet Arrests is hidden"),
        (hide_thoroughly, "sheet Arrests is hidden"),
        (filter_rows, "sheet Arrests has hidden rows (2-3)"),
        (hide_column, "sheet Arrests has hidden columns (E)"),
    ],
)
def test_what_is_hidden_is_refused_unless_asked_for(
    submit: Submit, save: Callable[..., Path], lead: Caller, change: Callable[[Worksheet], object], said: str
):
    def recorded() -> list[list[int]]:
        return [lead.figures(LIVE, measure=name) for name in ("arrests", "phones")]

    rows = [ARRESTS, arrest(), arrest(), arrest(reason="drugs")]
    file = save(change, Arrests=rows, Seizures=[SEIZURES, phone()])
    code, found = submit(file)
    assert (code, recorded()) == (REFUSED, [[], []])
    assert said in found
    assert "use --include-hidden to send it too, or --sheet" in found
    assert submit(file, "--sheet", "Seizures")[0] == DONE
    assert recorded() == [[], [1]]
    assert submit(file, "--include-hidden")[0] == DONE
    assert recorded() == [[3], [1]]


def test_a_hidden_sheet_of_no_template_is_left_out(submit: Submit, save: Callable[..., Path]):
    code, found = submit(save(hide, Lists=[["codes"], ["knife"]], Arrests=[ARRESTS, arrest()]))
    assert code == DONE
    assert "Read Arrests (1 row). Left out: Lists (its header is that of no template)." in found


def test_sheets_can_be_chosen(submit: Submit, save: Callable[..., Path], lead: Caller, live: str):
    file = save(Arrests=[ARRESTS, arrest()], Old=[ARRESTS, arrest(count=9)], Empty=[])
    code, found = submit(file, "--sheet", "Arrests")
    assert code == DONE
    assert "Left out: Old (it was not chosen), Empty (it was not chosen)." in found
    assert lead.figures(live, measure="arrests") == [1]
    assert "has no sheet 'New'. It has: Arrests, Old, Empty." in submit(file, "--sheet", "New")[1]
    assert "expected a header; found no row" in submit(file, "--sheet", "Empty")[1]


def test_a_csv_has_no_sheets(submit: Submit, tmp_path: Path):
    (tmp_path / "arrests.csv").write_bytes(b"reason\r\n")
    assert "is a CSV file, which has no sheets" in submit(tmp_path / "arrests.csv", "--sheet", "Arrests")[1]


def test_two_sheets_of_one_template_share_their_references(submit: Submit, save: Callable[..., Path]):
    rows = [ARRESTS, arrest("1"), arrest("2")]
    code, found = submit(save(January=rows, February=[ARRESTS, arrest("2")], Seizures=[SEIZURES, phone("1")]))
    assert code == REFUSED
    assert "sheet February, row 2, reference: sheet January, row 3 already has this reference." in found
    assert "1 error" in found


def test_equal_rows_in_two_sheets_are_two_events_and_sheets_can_be_moved(
    submit: Submit, save: Callable[..., Path], lead: Caller, live: str
):
    one, two, notes = [ARRESTS, arrest(), arrest("1")], [ARRESTS, arrest(), arrest("2")], [["note"]]
    for sheets in (
        {"January": one, "February": two},
        {"February": two, "January": one},
        {"Notes": notes, "February": two, "January": one},
        {"New Year": one, "February": two},
        {"February": two, "New Year": one},
    ):
        code, found = submit(save(**sheets))
        assert code == DONE, found
        assert lead.figures(live, measure="arrests") == [4]


def test_a_changed_row_of_a_moved_sheet_is_still_known(
    submit: Submit, save: Callable[..., Path], lead: Caller, live: str
):
    one, two = [ARRESTS, arrest("1")], [ARRESTS, arrest("2")]
    assert submit(save(January=one, February=two))[0] == DONE
    moved = save(February=two, January=[ARRESTS, arrest("1", count=5)])
    assert "Sheet January: Changed since they were sent: row 2." in submit(moved)[1]
    assert submit(moved, "--correct")[0] == DONE
    assert lead.figures(live, measure="arrests") == [6]


def test_a_renamed_sheet_does_not_count_twice(submit: Submit, save: Callable[..., Path], lead: Caller, live: str):
    one, two = [ARRESTS, arrest()], [ARRESTS, arrest("2")]
    assert submit(save(January=one, February=two))[0] == DONE
    code, found = submit(save(January=one, Feb=two))
    assert code == REFUSED
    assert "Sheet February, which was sent, is gone, and sheet Feb is new." in found
    assert submit(save(January=one))[0] == DONE
    assert lead.figures(live, measure="arrests") == [2]
    assert submit(save(January=one, Feb=two), "--changed-are-new")[0] == DONE
    assert lead.figures(live, measure="arrests") == [3]


def test_a_changed_row_of_a_further_sheet_is_named_with_its_sheet(
    submit: Submit, save: Callable[..., Path], lead: Caller, live: str
):
    one = [ARRESTS, arrest()]
    assert submit(save(Arrests=one, Seizures=[SEIZURES, phone("1"), phone("", 7)]))[0] == DONE
    changed = save(Arrests=one, Seizures=[SEIZURES, phone("1", 3), phone("", 7)])
    assert "Sheet Seizures: Changed since they were sent: row 2." in submit(changed)[1]
    code, found = submit(changed, "--correct")
    assert code == DONE, found
    assert lead.figures(live, measure="phones") == [10]
    assert (
        "Sheet Seizures: 1 row that was sent is gone"
        in submit(save(Arrests=one, Seizures=[SEIZURES, phone("1", 3), phone("", 2)]))[1]
    )


@pytest.mark.parametrize("order", [("Arrests", "Seizures"), ("Seizures", "Arrests")])
def test_a_state_file_of_an_earlier_version_is_continued(
    submit: Submit, save: Callable[..., Path], lead: Caller, tmp_path: Path, order: tuple[str, ...]
):
    """Earlier versions sent the first sheet only, did not note its name, and took a blank count for 1."""
    without_count = [[*row[:4], *row[5:]] for row in (ARRESTS, arrest("1"), arrest(), arrest())]
    assert submit(save(Arrests=without_count))[0] == DONE
    path = tmp_path / "results.xlsx.sent.json"
    state = json.loads(path.read_text())
    assert state.pop("sheet") == "Arrests"
    assert state["format"] == 1
    former = {name: UUID(row["id"]) for name, row in state["rows"].items()}
    assert sorted(name.partition(":")[0] for name in former) == ["content", "content", "reference"]
    path.write_text(json.dumps(state))
    now = {"Arrests": [ARRESTS, arrest("1"), arrest(), arrest()], "Seizures": [SEIZURES, phone("1")]}
    file = save(**{name: now[name] for name in order})
    code, found = submit(file)
    assert code == DONE, found
    assert "3 were already recorded." in found
    assert lead.figures(LIVE, measure="arrests") == [3]
    rows = json.loads(path.read_text())["rows"]
    assert {UUID(row["id"]) for name, row in rows.items() if not name.startswith("sheet:")} == set(former.values())
    assert "sheet:Seizures:reference:1" in rows
    assert submit(file)[0] == DONE
    assert lead.figures(LIVE, measure="arrests") == [3]


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_header_of_a_template_is_not_left_out(submit: Submit, save: Callable[..., Path], name: str):
    code, found = submit(save(Sheet=[TEMPLATES[name].names()], Notes=[["x"]]), "--check")
    assert code == DONE, found
    assert "Read Sheet (0 rows). Left out: Notes" in found


def test_rows_of_a_removed_sheet_are_named_and_withdrawn_and_those_of_a_sheet_not_read_are_not(
    submit: Submit, save: Callable[..., Path], lead: Caller, live: str
):
    both = {"Arrests": [ARRESTS, arrest("1"), arrest("2")], "Seizures": [SEIZURES, phone("1", 3), phone("7")]}
    assert submit(save(**both))[0] == DONE
    code, said = submit(save(**both), "--sheet", "Seizures", "--withdraw-missing")
    assert (code, "gone" in said, "Withdrew" in said) == (DONE, False, False)
    one_less = {"Arrests": [ARRESTS, arrest("2")], "Seizures": [SEIZURES, phone("7")]}
    assert "2 rows that were sent are gone and still counted: reference 1 (event " in submit(save(**one_less))[1]
    assert "Seizures: References have changed" in submit(save(**one_less | {"Seizures": [SEIZURES, phone("01")]}))[1]
    without = {"Arrests": one_less["Arrests"]}
    assert "3 rows that were sent are gone and still counted: " in submit(save(**without))[1]
    assert "Withdrew 3 events." in submit(save(**without), "--withdraw-missing")[1]
    assert lead.figures(live, measure="phones") in ([], [0])
    assert lead.figures(live, measure="arrests") == [1]
