"""What a file is decides how it is read; what cannot be read exactly is refused with what to do."""

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlsxwriter
from openpyxl.xml import LXML

from service.spreadsheets.reading import csv_files, workbooks
from service.spreadsheets.reading.cells import Unreadable
from service.spreadsheets.reading.csv_files import csv_grid
from service.spreadsheets.reading.file import read_grids
from service.spreadsheets.reading.grid import MOST_COLUMNS, Grid, NotASpreadsheet, TooManyRows
from service.spreadsheets.reading.workbooks import MOST_BYTES

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
ENCRYPTED = OLE + "EncryptedPackage".encode("utf-16-le")


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.append(["reason", "count"])
    book.active.append(["knife", 2])
    body = BytesIO()
    book.save(body)
    return body.getvalue()


def archive(**members: bytes) -> bytes:
    body = BytesIO()
    with ZipFile(body, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return body.getvalue()


def grids(tmp_path: Path, body: bytes, name: str = "a.xlsx") -> list[Grid]:
    (tmp_path / name).write_bytes(body)
    return read_grids(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.csv", workbook(), "a.csv is not CSV but an XLSX workbook: rename it to a.xlsx."),
        ("a.xlsx", b"reason\r\nknife\r\n", "is not an XLSX workbook but text. If it is CSV, rename it to a.csv"),
        ("a.xlsx", b"", "a.xlsx is empty"),
        ("a.xls", OLE, "a.xls is an old Excel file (.xls). Open it in Excel or LibreOffice and save it as XLSX."),
        ("a.xlsx", OLE, "a.xlsx is an old Excel file (.xls)."),
        ("a.xlsx", ENCRYPTED, "a.xlsx is protected by a password. Remove the password"),
        ("a.ods", archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument spreadsheet"),
        ("a.csv", archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "an OpenDocument spreadsheet"),
        ("a.xlsb", archive(**{"xl/workbook.bin": b""}), "a binary Excel workbook (.xlsb)"),
        ("a.xlsx", archive(**{"arrests.csv": b""}), "a ZIP archive, not an XLSX workbook"),
        (
            "a.xlsm",
            workbook(),
            "expected a file name that ends in .csv or .xlsx. It holds a workbook: save it as",
        ),
        ("a.txt", b"reason", "expected a file name that ends in .csv or .xlsx. It holds text: save it as CSV."),
        ("a.xls", b"<html><table>", "a web page or XML, not a spreadsheet"),
        ("a.csv", b"%PDF-1.7", "a PDF, not a spreadsheet"),
    ],
)
def test_a_file_of_another_kind_is_named_with_what_to_do(tmp_path: Path, name: str, body: bytes, said: str):
    with pytest.raises(NotASpreadsheet) as raised:
        grids(tmp_path, body, name)
    assert said in raised.value.detail


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.99])
def test_a_truncated_workbook_is_refused(tmp_path: Path, part: float):
    body = workbook()
    with pytest.raises(NotASpreadsheet, match=r"a\.xlsx is a damaged or incomplete XLSX workbook"):
        grids(tmp_path, body[: int(len(body) * part)])


def test_a_workbook_with_an_encrypted_part_is_refused(tmp_path: Path):
    body = bytearray(workbook())
    # The first bit of the flags, in the header of the member and in the directory at the end of the file.
    for place in (body.index(b"docProps/core.xml") - 24, body.rindex(b"docProps/core.xml") - 38):
        body[place] |= 1
    with pytest.raises(
        NotASpreadsheet, match=r"a damaged or incomplete XLSX workbook \(File 'docProps/core.xml' is enc"
    ):
        grids(tmp_path, bytes(body))


def rewritten(body: bytes, name: str, *changes: tuple[str, str]) -> bytes:
    """Return a workbook with changes to the XML of a part."""
    new = BytesIO()
    with ZipFile(BytesIO(body)) as old, ZipFile(new, "w") as file:
        for member in old.namelist():
            text = old.read(member)
            if member == name:
                for before, after in changes:
                    assert before.encode() in text, text
                    text = text.replace(before.encode(), after.encode())
            file.writestr(member, text)
    return new.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_whose_xml_is_cut_off_is_refused(tmp_path: Path):
    body = rewritten(workbook(), SHEET, ("</sheetData>", "<row"))
    with pytest.raises(NotASpreadsheet, match="damaged or incomplete"):
        grids(tmp_path, body)


def test_a_workbook_that_unpacks_to_more_than_the_limit_is_not_unpacked(tmp_path: Path):
    body = BytesIO()
    with ZipFile(body, "w", compression=8) as file:
        file.writestr("xl/workbook.xml", b"<workbook/>")
        with file.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(MOST_BYTES // 10**7 + 1):
                member.write(b" " * 10**7)
    assert len(body.getvalue()) < 10**6
    with pytest.raises(NotASpreadsheet, match="expected a workbook of at most 200,000,000 bytes"):
        grids(tmp_path, body.getvalue())


def test_an_entity_is_not_expanded(tmp_path: Path):
    entity = '<!DOCTYPE worksheet [<!ENTITY reason "knife">]><worksheet '
    body = rewritten(workbook(), SHEET, ("<worksheet ", entity), (">knife<", ">&reason;<"))
    with pytest.raises(NotASpreadsheet, match="damaged or incomplete XLSX workbook"):
        grids(tmp_path, body)


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"])
def test_an_error_is_not_an_empty_cell(tmp_path: Path, error: str):
    book = openpyxl.Workbook()
    book.active.append(["reason", "count"])
    book.active.append(["knife", error])
    assert book.active["B2"].data_type == "e"
    book.save(tmp_path / "a.xlsx")
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert grid.rows[2][1] == Unreadable(f"the cell holds the error {error}: correct it, or write the value.")


def test_a_formula_is_read_by_its_result_and_refused_without_one(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["reason", "count"])
    for _row in range(5):
        book.active.append(["knife", "=1+1"])
    body = BytesIO()
    book.save(body)
    written = rewritten(body.getvalue(), "xl/workbook.xml", ('fullCalcOnLoad="1"', ""))
    # openpyxl writes an empty element in another way if lxml, which the Word documents need, is installed.
    cell = f"<f>1+1</f>{'<v></v>' if LXML else '<v />'}</c>"
    formulas = [
        (f'<c r="B3">{cell}', '<c r="B3"><f>1+1</f><v>2</v></c>'),
        (f'<c r="B4">{cell}', '<c r="B4" t="str"><f>""</f><v></v></c>'),
        (f'<c r="B5">{cell}', '<c r="B5" t="e"><f>1/0</f><v>#DIV/0!</v></c>'),
        (f'<c r="B6">{cell}', '<c r="B6" t="str"><f>T(1)</f><v>2</v></c>'),
    ]
    (grid,) = grids(tmp_path, rewritten(written, SHEET, *formulas))
    without, number, blank, error, text = (grid.rows[row][1:] for row in range(2, 7))
    assert "a formula without a stored result" in without[0].problem
    assert (number, blank, text) == ([2], [], ["2"])
    assert "the error #DIV/0!" in error[0].problem


@pytest.mark.parametrize("value", [0, 7])
def test_a_result_that_was_never_calculated_is_not_read(tmp_path: Path, value: int):
    """XlsxWriter stores 0, or what it is given, and asks the spreadsheet program to calculate."""
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["reason", "count"])
        page.write_row(1, 0, ["knife", 5])
        page.write_formula(2, 1, "=B2+2", value=value)
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert grid.rows[2] == ["knife", 5]
    assert "a formula without a stored result" in grid.rows[3][1].problem


def test_merged_cells_are_not_read(tmp_path: Path):
    book = openpyxl.Workbook()
    for row in (["reason", "count"], ["knife", 2], ["drugs"], ["wanted", 1]):
        book.active.append(row)
    book.active.merge_cells("B2:B3")
    book.save(tmp_path / "a.xlsx")
    (grid,) = read_grids(tmp_path / "a.xlsx")
    merged = Unreadable("the cell is one of the merged cells B2:B3: unmerge them and fill in each cell.")
    assert list(grid.rows.values()) == [["reason", "count"], ["knife", merged], ["drugs", merged], ["wanted", 1]]


@pytest.mark.parametrize(("area", "count"), [("C1:C1048576", "1,048,576"), ("A1:XFD1048576", "17,179,869,184")])
def test_merged_columns_are_refused_before_they_fill_the_memory(tmp_path: Path, area: str, count: str):
    book = openpyxl.Workbook()
    book.active.append(["reason"])
    book.active.merge_cells("C5:D5")
    body = BytesIO()
    book.save(body)
    with pytest.raises(NotASpreadsheet, match=f"expected at most 100,000 merged cells; found {count}. Unmerge them"):
        grids(tmp_path, rewritten(body.getvalue(), SHEET, ("C5:D5", area)))


def test_a_hidden_column_that_never_ends_costs_nothing(tmp_path: Path):
    book = openpyxl.Workbook()
    book.worksheets[0].append(["reason"])
    book.worksheets[0].column_dimensions["C"].hidden = True
    body = BytesIO()
    book.save(body)
    (grid,) = grids(tmp_path, rewritten(body.getvalue(), SHEET, ('max="3"', 'max="1000000"')))
    assert grid.hidden_columns == frozenset(range(2, MOST_COLUMNS))


def test_a_cell_of_an_unexpected_type_is_not_read(tmp_path: Path):
    body = rewritten(workbook(), SHEET, ('<c r="B2" t="n">', '<c r="B2" t="z">'))
    (grid,) = grids(tmp_path, body)
    assert "the unexpected type 'z'" in grid.rows[2][1].problem


def test_a_day_and_a_moment_at_midnight_are_told_apart_by_the_format(tmp_path: Path):
    with xlsxwriter.Workbook(tmp_path / "a.xlsx") as book:
        page = book.add_worksheet()
        for row, form in enumerate(["dd/mm/yyyy", "dd/mm/yyyy hh:mm", '"shift" dd mmm yyyy', "[$-809]dd mmmm yyyy"]):
            page.write_number(row, 0, 44943, book.add_format({"num_format": form}))
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert [str(cells[0]) for cells in grid.rows.values()] == [
        "2023-01-17",
        "2023-01-17 00:00:00",
        "2023-01-17",
        "2023-01-17",
    ]


def test_formatting_far_below_the_rows_costs_nothing(tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.append(["reason"])
    book.active["XFD1048576"].number_format = "0.00"
    book.save(tmp_path / "a.xlsx")
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert grid.rows == {1: ["reason"]}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("first_line", ["", "sep={}\r\n", '"sep={}"\r\n'])
def test_a_csv_is_read_by_the_separator_of_its_header(separator: str, first_line: str):
    text = first_line.format(separator) + f"reason{separator}count\r\n\r\nknife{separator}2\r\n"
    assert csv_grid("a.csv", text.encode("utf-8-sig")).rows == {1: ["reason", "count"], 3: ["knife", "2"]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("reason;count\r\n".encode("utf-16"), "expected CSV in UTF-8; found UTF-16. In Excel, save it as CSV UTF-8"),
        ("reason,count\r\n".encode("utf-16-be"), "found UTF-16"),
        ("reason,place\r\nknife,Orléans\r\n".encode("cp1252"), "not CSV in UTF-8; line 2 has the byte 0xe9"),
        (b"reason;count,place\r\n", "expected a header separated by commas; found commas and semicolons"),
        (b"sep=|\r\nreason|count\r\n", "expected sep=, or sep=; or sep= and a tab; found 'sep=|'"),
        (b'reason\r\n"knife\r\n', "not CSV in UTF-8"),
    ],
)
def test_a_csv_that_could_be_misread_is_refused(body: bytes, said: str):
    with pytest.raises(NotASpreadsheet) as raised:
        csv_grid("a.csv", body)
    assert said in raised.value.detail


def test_a_row_that_is_longer_than_the_header_is_a_problem():
    grid = csv_grid("a.csv", b"kind,weight_grams,value_pounds\r\ndrug,12,5,300\r\ndrug,12,\r\n")
    assert list(grid.rows) == [1, 3]
    assert "Write a decimal comma as a point" in grid.problems[2]


def test_excel_leaves_out_blank_cells_at_the_end_of_a_row():
    grid = csv_grid("a.csv", b"reason,count,qualifier,incident\r\nknife,2\r\n")
    assert (grid.rows[2], grid.problems) == (["knife", "2"], {})


def test_a_decimal_comma_never_takes_the_place_of_a_missing_cell():
    grid = csv_grid("a.csv", b"kind,weight_grams,value_pounds,wraps\r\ndrug,12,5\r\n")
    assert "12,5 may be one number or two, as the row has 3 cells and the header 4." in grid.problems[2]
    grid = csv_grid("a.csv", b"kind;weight_grams;value_pounds;wraps\r\ndrug;12;5\r\n")
    assert grid.rows[2] == ["drug", "12", "5"]


@pytest.mark.parametrize(("end", "problem"), [("", True), ("\r\n", False), ("\n", False)])
def test_a_csv_that_ends_within_a_row_is_incomplete(end: str, *, problem: bool):
    grid = csv_grid("a.csv", f"reason,count,place\r\nknife,1,m25\r\nknife,1{end}".encode())
    assert (3 in grid.problems, 3 in grid.rows) == (problem, not problem)
    assert csv_grid("a.csv", b"reason,count\r\nknife,1").problems == {}


@pytest.mark.parametrize("cell", ["#REF!", " #N/A ", "#NAME?", "#DIV/0!", "Err:508", "########", "=B2+1"])
def test_a_text_that_stands_for_an_error_or_a_formula_is_not_read(cell: str):
    grid = csv_grid("a.csv", f"reason,count\r\nknife,{cell}\r\n".encode())
    assert isinstance(grid.rows[2][1], Unreadable)
    assert cell.strip() in grid.rows[2][1].problem


@pytest.mark.parametrize(
    ("formula", "is_sum"),
    [
        ("=SUM(B2:B3)", True),
        ("=SUBTOTAL(9,$B$2:$B$3)", True),
        ("=ROUND(SUM(B2:B3),0)", True),
        ("=SUM(B4:D4)", False),
        ("=SUM(Other!B2:B3)", False),
        ("=SUM(B5:B9)", False),
        ("=B2+B3", False),
    ],
)
def test_a_row_that_adds_up_the_cells_above_it_is_noted(tmp_path: Path, formula: str, is_sum: bool):  # noqa: FBT001
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    page = book.add_worksheet()
    for row, cells in enumerate((["reason", "count"], ["knife", 1], ["knife", 2])):
        page.write_row(row, 0, cells)
    page.write_formula(3, 2, formula, value=3)
    book.close()
    (grid,) = read_grids(tmp_path / "a.xlsx")
    assert grid.sum_rows == ({4} if is_sum else set())


def filled(tmp_path: Path, name: str, rows: int) -> Path:
    path = tmp_path / name
    if name.endswith(".csv"):
        path.write_text("reason,count\n" + "knife,1\n" * rows + "\n" * 30_000)
        return path
    book = xlsxwriter.Workbook(path, {"constant_memory": True})
    for page, size in ((book.add_worksheet(), rows // 2), (book.add_worksheet(), rows - rows // 2)):
        page.write_row(0, 0, ["reason", "count"])
        for row in range(1, size + 1):
            page.write_row(row, 0, ["knife", 1])
    # Rows that only have a format are not filled in.
    bold = book.add_format({"bold": True})
    for row in range(rows + 1, rows + 10_000):
        page.write_blank(row, 0, None, bold)
    book.close()
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_a_file_with_too_many_rows_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setattr(csv_files, "MOST_ROWS", 1_000)
    monkeypatch.setattr(workbooks, "MOST_ROWS", 1_000)
    seen: list[tuple[int, int]] = []
    assert sum(len(grid.rows) - 1 for grid in read_grids(filled(tmp_path, name, 1_000))) == 1_000
    with pytest.raises(TooManyRows) as error:
        read_grids(filled(tmp_path, name, 1_001), lambda done, size: seen.append((done, size)))
    found = "1,003" if name == "a.xlsx" else "about 31,002"
    said = error.value.detail
    assert said.startswith(f"{name}: expected at most 20,000 rows; found {found}. Nothing was read or sent.")
    assert "Send it in parts" in said
    assert "NDJSON lines, in any number: POST /v1/operations/{operation}/batches." in said
    # A workbook has not been opened; of a CSV file, less than was allowed has been read.
    assert all(done <= 1_002 for done, _size in seen)


def stray(path: Path) -> Path:
    """Fill in a cell in the last column of Excel."""
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD3"] = "force", "x"
    book.save(path)
    return path


def long_row(path: Path, value: bytes, times: int) -> Path:
    """Write a workbook, one row of which holds a value many times."""
    stray(path)
    with ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    members[name] = members[name].replace(b"</sheetData>", b'<row r="9">' + value * times + b"</row></sheetData>")
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def test_a_cell_far_to_the_right_is_refused_and_named(tmp_path: Path):
    said = "expected at most 500 columns, up to SF; row 3 has 16,384, up to XFD. If that cell is stray, delete it"
    with pytest.raises(NotASpreadsheet, match=said):
        read_grids(stray(tmp_path / "a.xlsx"))
    (tmp_path / "a.csv").write_text("force" + ",x" * 500 + "\n")
    with pytest.raises(NotASpreadsheet, match="row 1 has 501, up to SG"):
        read_grids(tmp_path / "a.csv")


def test_a_row_that_unpacks_to_many_megabytes_is_not_kept(tmp_path: Path):
    text = long_row(tmp_path / "a.xlsx", b"<c><is><t>" + b"a" * 1_000_000 + b"</t></is></c>", 13)
    with pytest.raises(NotASpreadsheet, match="a row has more than 10,000,000 bytes"):
        read_grids(text)


def test_a_workbook_with_millions_of_values_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbooks, "MOST_VALUES", 20_000)
    with pytest.raises(NotASpreadsheet, match="expected at most 20,000 cells with values; found 20,0"):
        read_grids(long_row(tmp_path / "a.xlsx", b"<c><v>1</v></c>", 20_000))


def test_a_file_that_is_far_too_large_is_not_opened(tmp_path: Path):
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate(100_000_001)
    with pytest.raises(TooManyRows, match="found a file of 100,000,001 bytes"):
        read_grids(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_reading_reports_how_far_it_is(tmp_path: Path, name: str):
    seen: list[tuple[int, int]] = []
    read_grids(filled(tmp_path, name, 2_000), lambda done, size: seen.append((done, size)))
    assert len(seen) > 1
    assert all(0 <= done <= size for done, size in seen)


def test_a_row_of_a_file_with_personal_columns_is_not_quoted(tmp_path: Path):
    (grid,) = grids(tmp_path, b"name,count,weight\nknife,12,5\nSmith,12\nSmith,1907,44\n", "a.csv")
    assert grid.problems == {}
    (grid,) = grids(tmp_path, b"name,count,weight,x\nSmith,1907,44\n", "a.csv")
    assert grid.problems[2].startswith("two numbers may be one number or two")
