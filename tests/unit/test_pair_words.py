"""The words of two events side by side."""

import pytest

from service.domain.model.events import CashLine, DrugLine
from service.web.duplicates.comparison import apart, place, what
from tests.factories.reports import ArrestRecordedFactory, SeizureRecordedFactory


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "at the same time"),
        (20, "less than a minute apart"),
        (60, "1 minute apart"),
        (900, "15 minutes apart"),
        (3_600, "1 hour apart"),
        (20_000, "6 hours apart"),
        (200_000, "2 days apart"),
    ],
)
def test_how_far_two_moments_are_apart(seconds: int, words: str):
    assert apart(seconds) == words


@pytest.mark.parametrize(
    ("code", "words"),
    [("m25", "M25"), ("clacket_lane", "Clacket lane"), (None, "Not given"), ("a406-east", "A406 EAST")],
)
def test_a_place_is_written_as_people_write_it(code: str | None, words: str):
    assert place(ArrestRecordedFactory(place=code)) == words


@pytest.mark.parametrize(
    ("drug", "said"),
    [
        ("unstated", "Drug not known"),
        ("psychoactive", "Psychoactive substance, drug not known"),
        ("a", "Class A, drug not known"),
        ("b/cannabis/resin", "Cannabis resin, class B"),
    ],
)
def test_a_drug_is_named_as_in_the_form(drug: str, said: str):
    lines = (DrugLine(drug=drug, wraps=2), CashLine(currency="GBP", amount_minor=6_000))
    assert what(SeizureRecordedFactory(lines=lines)) == f"a seizure: {said}, 2 wraps; £60 in cash"
