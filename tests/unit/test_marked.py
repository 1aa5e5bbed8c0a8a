"""The marked copy of an upload: a text of a CSV file never becomes a formula."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from service.spreadsheets.reading.grid import Grid
from service.web.uploads.cells import WrongCell
from service.web.uploads.marked import marked_copy


@pytest.mark.parametrize("text", ["=1+1", '=HYPERLINK("http://example.org")', "+1", "@SUM(A1)"])
def test_a_text_that_looks_like_a_formula_stays_a_text(text: str):
    wrong = WrongCell("", 1, 0, "=2+2", "=2+2")
    cell = load_workbook(BytesIO(marked_copy(b"a,b", [Grid("", {1: [text]})], [wrong]))).worksheets[0]["A1"]
    assert (cell.data_type == "f", cell.value) == (False, text)
    assert cell.comment is not None
    assert cell.comment.text == "=2+2"


@pytest.mark.parametrize("letter", ["\x00", "\x01", "\x1b", "\ufffe"])
def test_a_character_that_no_workbook_can_hold_is_replaced(letter: str):
    wrong = WrongCell("", 1, 0, f"note{letter}", f"note{letter}")
    made = marked_copy(b"a,b", [Grid("", {1: [f"m25{letter}"]})], [wrong])
    cell = load_workbook(BytesIO(made)).worksheets[0]["A1"]
    assert cell.value == "m25\N{REPLACEMENT CHARACTER}"
    assert cell.comment is not None
    assert cell.comment.text == "note\N{REPLACEMENT CHARACTER}"
