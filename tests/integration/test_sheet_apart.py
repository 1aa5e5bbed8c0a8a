"""A workbook that takes too much to read is refused by a process that can be spared."""

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from service.spreadsheets.reading import apart
from service.spreadsheets.reading.apart import require_affordable
from service.spreadsheets.reading.grid import NotASpreadsheet

SHEET, STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
WHOLE_SHEET = "A1:XFD1048576"
LINK = f'</sheetData><hyperlinks><hyperlink ref="{WHOLE_SHEET}" location="Arrests!A1"/></hyperlinks>'
# The count of merged cells before anything is read does not see through the entity.
MERGED = f'</sheetData><mergeCells><mergeCell ref="{WHOLE_SHEET.replace(":", "&#58;")}"/></mergeCells>'


def workbook(path: Path, part: str = "", found: str = "", instead: str = "") -> Path:
    """Store a workbook of one row, with some text of one of its parts replaced."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["identity"])
    stored = BytesIO()
    book.save(stored)
    with ZipFile(stored) as plain, ZipFile(path, "w", ZIP_DEFLATED) as changed:
        for name in plain.namelist():
            text = plain.read(name)
            assert name != part or found.encode() in text
            changed.writestr(name, text.replace(found.encode(), instead.encode()) if name == part else text)
    return path


@pytest.mark.parametrize(
    ("part", "found", "instead"),
    [
        (SHEET, "</sheetData>", LINK),
        (SHEET, "</sheetData>", MERGED),
        (STYLES, "<cellXfs", "<cellXfs>" + "<xf/>" * 500_000 + "</cellXfs><cellXfs"),
    ],
    ids=["a link over a whole sheet", "a merged area over a whole sheet", "half a million formats"],
)
def test_a_small_workbook_that_takes_long_to_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, found: str, instead: str
):
    monkeypatch.setattr(apart, "MOST_SECONDS", 2)
    path = workbook(tmp_path / "results.xlsx", part, found, instead)
    assert path.stat().st_size < 20_000
    with pytest.raises(NotASpreadsheet, match=r"^results.xlsx takes too much memory or time to read"):
        require_affordable(path, lambda _done, _size: None)


def test_a_workbook_that_takes_too_much_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "MOST_BYTES_OF_MEMORY", 200_000_000)
    path = workbook(tmp_path / "results.xlsx", SHEET, "</sheetData>", LINK)
    with pytest.raises(NotASpreadsheet, match="takes too much memory"):
        require_affordable(path, lambda _done, _size: None)


def test_an_ordinary_workbook_is_affordable_and_signs_of_life_are_given(tmp_path: Path):
    signs: list[int] = []
    require_affordable(workbook(tmp_path / "results.xlsx"), lambda done, _size: signs.append(done))
    assert signs


def test_what_else_is_wrong_with_a_file_is_not_said_here(tmp_path: Path):
    for name, body in (("results.xlsx", b"PK\x03\x04"), ("results.csv", b"\xff"), ("results.xls", b"")):
        path = tmp_path / name
        path.write_bytes(body)
        require_affordable(path, lambda _done, _size: None)
