"""Figures typed as they are printed become claims; what cannot be read is reported by row."""

import pytest

from service.domain.model.reference_data import measure_catalogue
from service.web.compare.sentences import place_of
from service.web.compare.typed import FiguresWrong, TypedFigure, read_figures
from service.wire.claims_body import CSV, JSON, TOML, media_of


@pytest.mark.parametrize(
    ("measure", "printed", "least", "before"),
    [
        ("arrests", "142", 142, 143),
        ("arrests", " 1,142 arrests ", 1_142, 1_143),
        ("arrests", "More than 140", 141, None),
        ("arrests", "over 140", 141, None),
        ("arrests", "at least 140", 140, None),
        ("weapons", "up to 30 knives", 0, 31),
        ("cash", "£6,210", 620_950, 621_100),
        ("cash", "£6,210.50", 621_050, 621_051),
        ("cash", "nearly £1.2 million", 0, 120_000_000),
        ("cash", "£50k", 4_950_000, 5_100_000),
    ],
)
def test_a_typed_figure_has_the_bounds_of_the_printed_one(measure: str, printed: str, least: int, before: int | None):
    file = read_figures({2: TypedFigure(measure, "surrey", printed)}, measure_catalogue(), "live")
    (claim,) = file.claims
    assert claim.bounds is not None
    assert (claim.measure, claim.bounds.least, claim.bounds.before) == (measure, least, before)
    assert claim.scope.forces.describe() == "surrey"


@pytest.mark.parametrize("printed", ["", "many", "-3", "£", "1.5", "92,0000", "3 £", "14Ø", "1" * 60])
def test_what_is_no_figure_is_reported_by_its_row(printed: str):
    rows = {0: TypedFigure("arrests", "", "3"), 3: TypedFigure("arrests", "", printed)}
    with pytest.raises(FiguresWrong) as found:
        read_figures(rows, measure_catalogue(), "live")
    assert [one.row for one in found.value.mistakes] == [3]


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b'{"format"', JSON),
        (b"\xef\xbb\xbfsource,measure", CSV),
        (b'\nformat = "claims/1"', TOML),
        (b"# a draft", TOML),
        (b"[source.x]", TOML),
        (b"We made 179 arrests, up from 170", None),
        (b"PK\x03\x04", None),
        (b"", None),
    ],
)
def test_a_text_without_a_name_is_known_by_its_first_line(body: bytes, media: str | None):
    assert media_of(body) == media


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/claims/0/figures/2/value", "claim 1, figure 3, value"),
        ("/breakdown/1/lines/0", "breakdown 2, line 1"),
        ("/lines/3/value", "line 3, value"),
        ("/source/a~1b", "source, a/b"),
        ("", "the file"),
    ],
)
def test_a_place_in_a_file_is_said_in_words(pointer: str, words: str):
    assert place_of(pointer) == words
