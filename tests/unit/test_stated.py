"""How sums of what was stated are added up: qualifiers, roundings, ranges, and what is taken away."""

import pytest

from service.domain.claims.bounds import Bounds
from service.domain.claims.compare import bounds_of, is_rounded
from service.domain.counting.figures import display
from service.domain.counting.stated import Stated, added_up

ROUNDED = (Stated(40, "rounded"), Stated(2, "below"), Stated(2, "above"))
RANGE = (Stated(30, "between"), Stated(10, "above"))


@pytest.mark.parametrize(
    ("stated", "shown", "ends", "bounds"),
    [
        ((Stated(7, "exact"),), "7", (None, None), Bounds(7, 8)),
        (ROUNDED, "about 40", (38, 42), Bounds(38, 43)),
        ((*ROUNDED, *ROUNDED, Stated(1, "exact")), "about 81", (77, 85), Bounds(77, 86)),
        (RANGE, "30 to 40", (30, 40), Bounds(30, 41)),
        ((*RANGE, Stated(5, "exact")), "35 to 45", (35, 45), Bounds(35, 46)),
        ((*RANGE, *ROUNDED), "about 70", (68, 82), Bounds(68, 83)),
        ((*RANGE, Stated(5, "more_than")), "more than 35", (None, None), Bounds(36)),
        ((*RANGE, Stated(5, "at_most")), "about 35", (None, None), Bounds(30, 46)),
        ((*ROUNDED, Stated(10, "about")), "about 50", (None, None), Bounds(47, 54)),
        # What is taken away of a whole: more than 100 of 179 leaves less than 79.
        ((Stated(179, "exact"), Stated(-100, "more_than", -1)), "nearly 79", (None, None), Bounds(0, 79)),
        ((Stated(200, "more_than"), Stated(-60, "exact", -1)), "more than 140", (None, None), Bounds(141)),
        ((Stated(179, "exact"), Stated(-20, "about", -1)), "about 159", (None, None), Bounds(157, 162)),
    ],
)
def test_a_sum_keeps_what_is_known_of_its_parts(
    stated: tuple[Stated, ...], shown: str, ends: tuple[int | None, int | None], bounds: Bounds
) -> None:
    known = added_up(stated)
    assert known is not None
    assert display(known.quantity, "arrests", known.qualifier, most=known.most) == shown
    assert ((known.least, known.most), bounds_of(known.stated)) == (ends, bounds)


def test_what_was_reversed_leaves_nothing() -> None:
    reversed_range = tuple(Stated(-one.quantity, one.qualifier, -1) for one in RANGE)
    assert added_up((*RANGE, *reversed_range)) is None
    known = added_up((*RANGE, *reversed_range, Stated(0, "exact")))
    assert known is not None
    assert (known.quantity, known.qualifier, known.least) == (0, "exact", None)


def test_only_a_rounding_is_rounded() -> None:
    assert is_rounded((*ROUNDED, Stated(1, "exact")))
    assert not is_rounded((*ROUNDED, *RANGE))
    assert not is_rounded((Stated(1, "exact"),))
