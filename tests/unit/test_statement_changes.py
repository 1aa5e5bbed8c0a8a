"""What a statement says of an earlier publication: only what both have, whole measures first."""

from datetime import UTC, datetime

import pytest

from service.domain.statement.facts import EarlierPublication
from service.exports.statement.words import worded
from tests.factories.statements import StatedFigure, owed, statement, statement_answer

MOMENT = datetime(2023, 1, 23, 9, tzinfo=UTC)
SUPERSEDED = "The figures of publication 1, of 23 January 2023 at 09:00, are superseded"
KNIFE, DRUGS = (StatedFigure("arrests", 2, category=reason) for reason in ("knife", "drugs"))
TWO = StatedFigure("arrests", 2)


def earlier(*figures: StatedFigure, now: tuple[StatedFigure, ...], is_superseded: bool = True) -> EarlierPublication:
    return EarlierPublication(
        number=1, recorded_at=MOMENT, measures={}, figures=figures, now=now, is_superseded=is_superseded
    )


def said(*figures: StatedFigure, now: tuple[StatedFigure, ...], is_superseded: bool = True) -> str:
    compared = earlier(*figures, now=now, is_superseded=is_superseded)
    return worded(statement_answer(TWO, earlier=compared)).changed


@pytest.mark.parametrize(
    ("then", "now", "text"),
    [
        ((TWO,), (TWO,), ""),
        ((TWO,), (StatedFigure("arrests", 3),), f"{SUPERSEDED}: arrests 2, now 3."),
        ((TWO,), (StatedFigure("arrests", 2, "about"),), f"{SUPERSEDED}: arrests 2, now about 2."),
        (
            (StatedFigure("arrests", 20, "at_least", most=30),),
            (StatedFigure("arrests", 20, "at_least", most=40),),
            f"{SUPERSEDED}: arrests 20 to 30, now 20 to 40.",
        ),
        (
            (StatedFigure("arrests", 20, "at_least", most=30),),
            (StatedFigure("arrests", 20, "at_least"),),
            f"{SUPERSEDED}: arrests 20 to 30, now at least 20.",
        ),
        ((StatedFigure("arrests", 20, "about", most=25),), (StatedFigure("arrests", 20, "about", most=21),), ""),
        ((), (TWO,), f"{SUPERSEDED}: arrests not given, now 2."),
        (
            (TWO, KNIFE),
            (TWO, DRUGS),
            f"{SUPERSEDED}: arrests (knife) 2, now not given; arrests (drugs) not given, now 2.",
        ),
    ],
)
def test_the_published_figures_are_superseded_by_others(then, now, text):
    assert said(*then, now=now) == text


def test_a_publication_of_a_former_version_is_compared_without_categories():
    assert said(TWO, now=(TWO, KNIFE)) == ""
    assert said(TWO, KNIFE, now=(TWO,)) == ""
    watch = StatedFigure("other_property", 1, category="watch")
    assert said(TWO, now=(TWO, KNIFE, watch)).endswith(": other property seized (watch) not given, now 1.")


def test_a_figure_carries_the_returns_that_were_owed_for_it_then_and_now():
    then = StatedFigure("arrests", 3, outstanding=owed("surrey"))
    assert said(then, now=(TWO,)) == f"{SUPERSEDED}: arrests at least 3, now 2."
    assert said(StatedFigure("arrests", 2, outstanding=owed("surrey")), now=(TWO,)) == "", "the record is the same"


def test_an_upper_end_that_is_not_stated_is_a_detail():
    then, now = (StatedFigure("arrests", 20, "at_least", most=most, outstanding=owed("surrey")) for most in (30, 40))
    assert said(then, now=(now,)).startswith("The figures of all forces are still those of publication 1")


def test_second_views_that_are_not_stated_are_details():
    first, view = StatedFigure("weapons", 3), StatedFigure("weapons_by_acquisition", 2)
    made = statement(first, view, earlier=earlier(first, now=(first, view)))
    assert made.changes is not None
    assert (made.changes.figures, made.changes.has_details) == ((), True)
    changed = worded(statement_answer(first, view, earlier=earlier(first, now=(first, view), is_superseded=False)))
    assert "the figures of all forces are the same; figures in more detail have changed." in changed.changed


def test_more_than_three_figures_are_counted():
    measures = ("vehicles", "arrests", "phones", "convictions", "disruptions")
    text = said(now=tuple(StatedFigure(measure, 2) for measure in measures))
    assert text.endswith("; 2 further figures have changed.")
    assert text.count("not given, now 2") == 3
