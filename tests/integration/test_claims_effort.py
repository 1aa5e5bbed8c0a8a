"""The effort of comparing claims grows little faster than their number, and stays bounded. Steps are counted."""

from collections.abc import Callable
from cProfile import Profile
from typing import Any

import pytest

from service.domain.claims.reading.claims_file import (
    MOST_CATEGORIES,
    MOST_FORCES,
    MOST_SOURCES,
    WrongClaims,
    read_claims,
)
from service.domain.claims.reading.csv_rows import read_rows
from service.domain.claims.rules.between import compare_claims
from service.domain.claims.rules.findings import MOST_FINDINGS, MOST_PLACES
from service.domain.model.reference_data import measure_catalogue
from tests.factories.claims import Json, block, breakdown, document, figure
from tests.factories.overlapping_claims import WORST, nested_days, one_scope

MEASURES = measure_catalogue()
# A step is a call of a function. Quadratic effort would be four times as large for twice the figures.
MOST_GROWTH, MOST_STEPS_FOR_A_FIGURE = 3.0, 6_000


def steps_of(run: Callable[[], Any]) -> int:
    """Return the number of calls of functions, including built-in ones."""
    profile = Profile()
    profile.runcall(run)
    return sum(function.callcount for function in profile.getstats())


def compared(size: int, made: Callable[[int], Json]) -> int:
    file = made(size)
    return steps_of(lambda: compare_claims(read_claims(file, MEASURES)))


@pytest.mark.parametrize("name", WORST)
def test_twice_the_figures_take_little_more_than_twice_the_steps(name: str) -> None:
    compared(10, WORST[name])
    half, full = compared(150, WORST[name]), compared(300, WORST[name])
    assert full < MOST_GROWTH * half
    assert full < MOST_STEPS_FOR_A_FIGURE * 300


def test_a_comparison_lists_a_limited_number_of_findings_and_counts_the_others() -> None:
    found = compare_claims(read_claims(one_scope(500), MEASURES))
    assert (len(found.listed), found.not_listed, found.any_wrong) == (MOST_FINDINGS, 499 - MOST_FINDINGS, True)
    last = found.listed[-1]
    assert (len(last.places), last.more_places) == (MOST_PLACES, MOST_FINDINGS + 1 - MOST_PLACES)


def test_a_comparison_that_was_cut_short_says_so() -> None:
    found = compare_claims(read_claims(nested_days(1_000), MEASURES))
    assert found.listed[-1].rule == "sums_not_all_tried"
    assert "Split the file" in found.listed[-1].detail


TOO_MUCH = [
    (document(block(figure(1)), sources={f"s{one}": {} for one in range(MOST_SOURCES)}), "/source: .* found 202"),
    (document(breakdowns=(breakdown({f"f{one}": 1 for one in range(1_001)}),)), "/claims: .* 1,000 figures"),
    (document(*(block(figure(1), forces=[f"f{one}"]) for one in range(MOST_FORCES + 1))), "200 different forces"),
    (
        document(block(*(figure(1, category=f"c{one}") for one in range(MOST_CATEGORIES + 1)))),
        "500 different categories",
    ),
    (document(block(figure(1, category=["c"] * 201))), "at most 200 items"),
    (document(block(figure(1))) | {f"k{one}": 1 for one in range(90)}, "49 more"),
]


@pytest.mark.parametrize(("file", "words"), TOO_MUCH)
def test_a_file_above_a_limit_is_refused_before_anything_is_compared(file: Json, words: str) -> None:
    with pytest.raises(WrongClaims, match=words):
        read_claims(file, MEASURES)


def test_a_long_header_of_csv_takes_steps_for_each_column_once() -> None:
    def refused(columns: int) -> int:
        def run() -> None:
            with pytest.raises(WrongClaims, match="Unknown or duplicate column"):
                read_rows("to," * columns + "to\n", MEASURES)

        return steps_of(run)

    assert refused(40_000) < 1_000
