"""A force gets a workbook for an operation, fills it in as an analyst would, and sends it to a real server."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from defusedxml.ElementTree import fromstring
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from service.cli.exit_codes import DONE, REFUSED, USAGE
from service.cli.main import run
from service.spreadsheets.reading.file import XLSX
from service.spreadsheets.template_workbook import CODES, HELP
from service.spreadsheets.templates import TEMPLATES
from tests.factories.bodies import latest, yesterday
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import ClientFor, opened
from tests.functional.sockets import listening

Oprecord = Callable[..., tuple[int, str]]
NOON = latest("12:00").replace(tzinfo=None)
SHEETS = ["Arrests", "Seizures", "Activities", "Returns", "Withdrawals", HELP, CODES]
LONGEST_SHEET_NAME, LONGEST_LIST = 31, 255


@pytest.fixture
def url(app: Any) -> Iterator[str]:
    with listening(app) as url:
        yield url


@pytest.fixture
def oprecord(url: str, live: str, secret_for: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> Oprecord:
    """Return a function that runs the command as Surrey, and returns its exit code and what it said."""
    secret = secret_for("surrey")

    def oprecord(*arguments: object, operation: str = live, secret: str = secret) -> tuple[int, str]:
        named = ["--operation", operation, "--url", url, "--as", secret]
        return run([*map(str, arguments), *named]), capsys.readouterr().err

    return oprecord


@pytest.fixture
def made(oprecord: Oprecord, tmp_path: Path) -> Path:
    """Return a workbook straight from the command."""
    path = tmp_path / "results.xlsx"
    code, said = oprecord("template", "workbook", "-o", path)
    assert code == DONE, said
    assert said.startswith(f"Wrote {path}. Fill it in, then send it: oprecord submit {path} --operation live")
    return path


def put(page: Worksheet, row: int, **cells: object) -> None:
    """Enter cells by the names of their columns, as they are offered; the formats stay those of the template."""
    names = [cell.value for cell in page[1]]
    for name, value in cells.items():
        page.cell(row, names.index(name) + 1).value = value


def offered(book: Workbook, sheet: str, column: str, row: int = 2) -> list[Any]:
    """Return what the drop-down list of a cell offers, with the list's dependence on another cell resolved."""
    page = book[sheet]
    place = page.cell(row, [cell.value for cell in page[1]].index(column) + 1).coordinate
    (rule,) = [one for one in page.data_validations.dataValidation if place in one.sqref]
    assert rule.type == "list"
    formula = rule.formula1
    if dependent := re.fullmatch(r'INDIRECT\("(\w+)"&SUBSTITUTE\(\$([A-Z]+)2,"-","."\)\)', formula):
        code = str(page[f"{dependent[2]}{row}"].value).replace("-", ".")
        formula = book.defined_names[f"{dependent[1]}{code}"].attr_text
    sheet_name, _, cells = formula.partition("!")
    return [cell.value for (cell,) in book[sheet_name][cells.replace("$", "")]]


def test_a_filled_in_workbook_is_sent_and_counts(made: Path, oprecord: Oprecord, lead: Caller, live: str):
    book = openpyxl.load_workbook(made)
    assert book.sheetnames == SHEETS
    place = offered(book, "Arrests", "place")[0]
    put(book["Arrests"], 2, reference="0017", occurred_at=NOON, place=place, reason="knife", count=2)
    put(book["Arrests"], 3, reference="45E1", occurred_at=NOON, reason="drugs", count=1, assisting="kent")
    kinds = offered(book, "Seizures", "kind")
    put(book["Seizures"], 2, reference="S1", occurred_at=NOON, place=place, kind=kinds[kinds.index("weapon")])
    put(book["Seizures"], 2, category=offered(book, "Seizures", "category")[-1], count=3, acquired="seized")
    put(book["Seizures"], 3, reference="S1", kind="drug", category="a/cocaine", weight_grams=12.5)
    put(book["Seizures"], 4, occurred_at=NOON, kind="cash", cash_pounds=520.5)
    put(book["Activities"], 2, occurred_on=NOON.date(), measure="places_visited", quantity=7)
    put(book["Activities"], 2, category=offered(book, "Activities", "category")[1])
    day = offered(book, "Returns", "day")[0]
    put(book["Returns"], 2, day=day, status=offered(book, "Returns", "status")[1])
    book.save(made)

    code, said = oprecord("submit", made, "--check")
    assert code == DONE, said
    code, said = oprecord("submit", made)
    assert code == DONE, said
    assert (
        "Read Arrests (2 rows), Seizures (3 rows), Activities (1 row), Returns (1 row) and Withdrawals (0 row" in said
    )
    assert f"Left out: {HELP} (its header is that of no template), {CODES} (its header is that of no template)" in said
    assert "Recorded 2 arrests, 2 seizures, 1 activity and 1 return; 0 were" in said
    assert dict(lead.figures(live, "measure", "quantity", force="surrey")) | {"weapons_by_acquisition": 3} == {
        "arrests": 3,
        "weapons": 3,
        "weapons_by_acquisition": 3,
        "drug_seizures": 1,
        "drug_seizures_by_class": 1,
        "drug_seizures_by_substance": 1,
        "drug_weight": 12_500,
        "cash": 52_050,
        "places_visited": 7,
    }
    returns = lead.get(f"/v1/operations/{live}/returns").json["returns"]
    assert next((one["day"], one["status"]) for one in returns if one["force"] == "surrey") == (yesterday(), "complete")
    arrests = [one for one in events(lead, live) if one["type"] == "arrest.recorded"]
    assert {one["occurred_at"][:10] for one in arrests} == {str(NOON.date())}
    code, said = oprecord("submit", made)
    assert code == DONE, said
    assert "; 6 were already recorded." in said


def test_an_empty_workbook_is_accepted_and_records_nothing(made: Path, oprecord: Oprecord, lead: Caller, live: str):
    code, said = oprecord("submit", made)
    assert code == DONE, said
    names = [f"{name} (0 rows)" for name in SHEETS[:5]]
    assert f"Read {', '.join(names[:4])} and {names[4]}. Left out" in said
    assert lead.figures(live) == []


def test_the_lists_are_those_of_the_operation(lead: Caller, surrey: Caller, live: str, tmp_path: Path):
    registered = {"id": "018d1a2b-0000-7000-8000-00000000c001", "measure": "knife-bins", "label": "knife bins & more"}
    assert lead.change(live, "measures", **registered, unit="bins", categories=["street", "shop"]).status_code == 201
    book = downloaded(surrey, live, tmp_path)
    assert offered(book, "Arrests", "place") == ["m25", "a406"]
    assert "robbery" in offered(book, "Arrests", "reason")
    assert offered(book, "Arrests", "assisting") == ["metropolitan", "kent", "essex", "desk"]
    measures = offered(book, "Activities", "measure")
    assert "knife-bins" in measures
    assert "arrests" not in measures
    assert {"arrests", "knife-bins"} <= set(offered(book, "Returns", "measures"))
    put(book["Activities"], 2, measure="knife-bins")
    assert offered(book, "Activities", "category") == ["unstated", "street", "shop"]
    put(book["Seizures"], 2, kind="vehicle")
    assert "motoring/s59" in offered(book, "Seizures", "category")
    put(book["Seizures"], 2, kind="drug")
    assert {"a", "a/cocaine", "b/cannabis"} <= set(offered(book, "Seizures", "category"))
    first, *others = offered(book, "Returns", "day")
    assert (first.date(), len(others)) == (date.fromisoformat(yesterday()), 2)
    assert offered(book, "Withdrawals", "correction_reason") == offered(book, "Arrests", "correction_reason")
    meanings = {code.value: meaning.value for code, meaning in book[CODES].iter_rows(max_col=2)}
    assert meanings["knife-bins"] == "knife bins & more, in bins"
    assert meanings["kent"] == "Kent Police"


def test_a_force_that_reports_tallies_gets_no_sheets_for_arrests(client_for: ClientFor, live: str, tmp_path: Path):
    book = downloaded(client_for("essex"), live, tmp_path)
    assert book.sheetnames == ["Activities", "Returns", "Withdrawals", HELP, CODES]
    assert "arrests" in offered(book, "Activities", "measure")


def test_an_open_ended_operation_without_places_has_a_workbook_too(lead: Caller, surrey: Caller, tmp_path: Path):
    name = opened(lead, operation="open-ended", ends_at=None, places=None)
    book = downloaded(surrey, name, tmp_path)
    with pytest.raises(ValueError, match="not enough values"):
        offered(book, "Arrests", "place")
    (rule,) = [one for one in book["Returns"].data_validations.dataValidation if "B2" in one.sqref]
    assert rule.type == "date"


def test_every_column_is_described_and_formatted(surrey: Caller, live: str, tmp_path: Path):
    book = downloaded(surrey, live, tmp_path)
    lines = [tuple(cell.value for cell in row) for row in book[HELP].iter_rows(max_col=2)]
    assert ("Operation", "live: Operation Live") in lines
    assert ("Marking", "OFFICIAL-SENSITIVE") in lines
    assert ("Force", "surrey: Surrey Police") in lines
    described = {name for name, text in lines if text}
    for template in TEMPLATES.values():
        page = book[template.name.capitalize()]
        assert [cell.value for cell in page[1]] == template.names()
        assert described >= set(template.names())
        assert page.freeze_panes == "A2"
        assert page.page_setup.orientation == "landscape"
        assert "OFFICIAL-SENSITIVE" in page.oddHeader.center.text
        for cell in page[1]:
            assert cell.font.bold
            assert cell.comment.text
            assert page.column_dimensions[cell.column_letter].width >= 10
    formats = {cell.value: format_of(book["Seizures"], cell.column) for cell in book["Seizures"][1]}
    assert formats["reference"] == formats["category"] == formats["incident"] == formats["corrects"] == "@"
    assert formats["occurred_at"] == "yyyy-mm-dd hh:mm"
    assert formats["occurred_on"] == "yyyy-mm-dd"
    notes = {cell.value: cell.comment.text for cell in book["Seizures"][1]}
    assert notes["occurred_at"].startswith("Required, this or occurred_on: when it happened")
    assert notes["occurred_on"].startswith("Required, this or occurred_at: the day, if the time is not known")
    assert formats["count"] == "0"
    assert format_of(book["Returns"], 2) == "yyyy-mm-dd"
    (count,) = [one for one in book["Arrests"].data_validations.dataValidation if "F2" in one.sqref]
    assert (count.type, count.formula1) == ("whole", "1")


def test_excel_can_open_it(surrey: Caller, live: str, tmp_path: Path):
    """Excel repairs a workbook whose lists, names or messages are too long, or whose XML is not well-formed."""
    book = downloaded(surrey, live, tmp_path)
    for name in book.sheetnames:
        assert len(name) <= LONGEST_SHEET_NAME
        assert not set(name) & set("[]:*?/\\")
        for rule in book[name].data_validations.dataValidation:
            assert len(rule.formula1) <= LONGEST_LIST
            assert len(rule.error or "") <= 225
            assert len(rule.errorTitle or "") <= 32
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,254}", name) for name in book.defined_names)
    with ZipFile(tmp_path / "downloaded.xlsx") as archive:
        assert archive.testzip() is None
        for member in archive.namelist():
            if member.endswith((".xml", ".rels")):
                fromstring(archive.read(member))


@on_sqlite
def test_nothing_is_overwritten(made: Path, oprecord: Oprecord, tmp_path: Path):
    before = made.read_bytes()
    code, said = oprecord("template", "workbook", "--output", made)
    assert code == REFUSED
    assert said == f"oprecord: {made} exists and is not overwritten. Give another name with --output.\n"
    assert made.read_bytes() == before
    # The list of rows sent from an earlier file of the same name would be taken for that of the new one.
    (tmp_path / "next.xlsx.sent.json").write_text("{}")
    code, said = oprecord("template", "workbook", "--output", tmp_path / "next.xlsx")
    assert code == REFUSED
    assert "next.xlsx.sent.json exists" in said
    assert not (tmp_path / "next.xlsx").exists()


@on_sqlite
def test_a_workbook_is_named_after_its_operation(
    oprecord: Oprecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, live: str
):
    monkeypatch.chdir(tmp_path)
    assert oprecord("template", "workbook")[0] == DONE
    assert (tmp_path / f"{live}.xlsx").exists()


@on_sqlite
def test_a_refused_workbook_says_why_and_leaves_no_file(oprecord: Oprecord, tmp_path: Path):
    path = tmp_path / "results.xlsx"
    code, said = oprecord("template", "workbook", "-o", path, operation="nowhere")
    assert (code, path.exists()) == (REFUSED, False)
    assert said == "oprecord: There is no operation 'nowhere' that this credential may see. (404)\n"
    code, said = oprecord("template", "workbook", "-o", tmp_path / "results.csv")
    assert code == USAGE
    assert "Expected a file name that ends in .xlsx; found 'results.csv'." in said


def downloaded(caller: Caller, operation: str, folder: Path) -> Workbook:
    answer = caller.get(f"/v1/operations/{operation}/template")
    assert answer.status_code == 200, answer.json
    assert answer.content_type == XLSX
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{operation}.xlsx"'
    (folder / "downloaded.xlsx").write_bytes(answer.data)
    return openpyxl.load_workbook(folder / "downloaded.xlsx")


def format_of(page: Worksheet, column: int) -> str:
    """Return the number format of a column's empty cells."""
    letter = page.cell(1, column).column_letter
    return page.column_dimensions[letter].number_format


def events(lead: Caller, operation: str) -> list[Any]:
    return lead.get(f"/v1/operations/{operation}/events").json["events"]
