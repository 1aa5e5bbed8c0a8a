"""The formats of codes, slugs, category paths, titles and seqs."""

import re
from typing import Any

import pytest

from service.domain.model.vocabulary import (
    MAX_SEQ,
    CategoryPath,
    Code,
    CurrencyCode,
    IncidentKey,
    Title,
    number_in,
    shape_of,
)


def fits(annotated: Any, text: str) -> bool:
    """Return whether the text matches a type of the vocabulary."""
    matching = shape_of(annotated)
    return re.fullmatch(matching.expression, text) is not None and len(text) <= matching.most


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        pytest.param(Code, ["m25", "vehicles_stopped", "pandilla-2023-01", "x" * 64], id="Code"),
        pytest.param(CategoryPath, ["knife", "bladed/knife", "a/b/c/d/e/f", "EUR"], id="CategoryPath"),
        pytest.param(CurrencyCode, ["GBP"], id="CurrencyCode"),
        pytest.param(IncidentKey, ["0123456789abcdef" * 4], id="IncidentKey"),
        pytest.param(
            Title,
            [
                "Operation Lantern",
                "Dyfed-Powys Police / Heddlu Dyfed-Powys (north)",
                "Children’s society, St. Mary's & others",
                "Ynys Môn",
            ],
            id="Title",
        ),
    ],
)
def test_valid_texts(kind: Any, texts: list[str]) -> None:
    assert [text for text in texts if not fits(kind, text)] == []


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        pytest.param(Code, ["", "M25", "m 25", "-m25", "m25_", "m--25", "m25\n", "môn", "x" * 65], id="Code"),
        pytest.param(
            CategoryPath, ["bladed/", "/knife", "bladed//knife", "a/b/c/d/e/f/g", "a/EUR", "EURO"], id="CategoryPath"
        ),
        pytest.param(CurrencyCode, ["eur"], id="CurrencyCode"),
        pytest.param(IncidentKey, ["0123456789ABCDEF" * 4, "0" * 63], id="IncidentKey"),
        pytest.param(
            Title, ["", " Lantern", "Lantern ", "<b>Lantern</b>", "=SUM(A1)", "Lantern\nBeacon", "x" * 121], id="Title"
        ),
    ],
)
def test_invalid_texts(kind: Any, texts: list[str]) -> None:
    assert [text for text in texts if fits(kind, text)] == []


def test_a_seq_is_read_from_its_digits():
    assert [number_in(text) for text in ("1", "368", str(MAX_SEQ))] == [1, 368, MAX_SEQ]


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "+1", "01", "1.0", "1 ", "x", "1\n", "\N{SUPERSCRIPT TWO}", str(MAX_SEQ + 1), "9" * 5_000]
)
def test_other_texts_are_no_seq(text: str):
    assert number_in(text) is None
