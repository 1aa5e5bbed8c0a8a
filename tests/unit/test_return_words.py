"""Words for returns that cover some measures."""

from datetime import UTC, datetime

import pytest

from service.usecases.overview.returns import covered_measures
from service.web.site.return_words import covered, due, left_out, partial
from tests.factories.operations import operation_state

OPERATION = operation_state()
MANY = ("arrests", "weapons", "cash", "phones")


@pytest.mark.parametrize(
    ("missing", "out", "covers"),
    [
        ((), "", "more to come"),
        (("drug_weight",), "drugs by weight", "all but drugs by weight"),
        (MANY, "some measures", "all but some measures"),
    ],
)
def test_what_a_partial_return_leaves_out(missing: tuple[str, ...], out: str, covers: str):
    assert left_out(missing, OPERATION) == out
    assert partial(missing, OPERATION) == covers


@pytest.mark.parametrize(
    ("measures", "said"),
    [
        ((), ""),
        (("arrests",), "arrests"),
        (("weapons", "weapons_by_acquisition"), "knives and weapons recovered"),
        (covered_measures(OPERATION, ["drug_seizures"]), "all but drug seizures"),
        (MANY, "some measures"),
        (tuple(OPERATION.measures), ""),
    ],
    ids=str,
)
def test_what_a_declaration_covers(measures: tuple[str, ...], said: str):
    assert covered(measures, OPERATION) == said


def test_a_return_is_due_at_its_deadline_and_overdue_after_it():
    at = datetime(2023, 1, 18, 12, tzinfo=UTC)
    assert due(at, at) == "due 18 Jan, midday"
    assert due(at, at.replace(microsecond=1)) == "overdue since 18 Jan, midday"
    assert due(None, at) == ""
