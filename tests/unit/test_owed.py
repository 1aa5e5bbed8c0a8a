"""The returns that forces owe in an operation and its parts, of which the reader may not see some."""

from __future__ import annotations

from datetime import UTC, date, datetime

from service.domain.counting.completeness import (
    COMPLETE,
    OTHER_PARTS,
    Declaration,
    Declarations,
    Span,
    day_returns,
    days_by_said,
)
from service.domain.counting.rules import NOBODY
from service.usecases.querying.owed import Owed, _Expected

NOW = datetime(2023, 1, 31, tzinfo=UTC)
DONE = Declaration(status=COMPLETE, measures=frozenset(), seq=1, recorded_at=NOW)


def january(day: int) -> date:
    return date(2023, 1, day)


def expected(days: tuple[int, ...], *forces: str, hidden: bool, done: Declarations | None = None) -> _Expected:
    of_days = tuple(map(january, days))
    by_said = days_by_said(done or {}, forces=forces, days=of_days)
    return _Expected(by_said, of_days, frozenset(), lambda _day: None, done or {}, hidden, "any", 1)


def owed(*parts: _Expected) -> Owed:
    return Owed(("surrey", OTHER_PARTS), list(parts))


def test_forces_in_hidden_parts_owe_together_under_no_name():
    found = owed(
        expected((1, 2), "surrey", hidden=False),
        expected((2, 3), "surrey", "kent", hidden=True),
        expected((3, 4), "btp", hidden=True),
    ).of(("arrests",))
    assert [(one.force, one.spans) for one in found] == [
        ("surrey", [Span(january(1), january(3), 2)]),
        (OTHER_PARTS, [Span(january(2), january(5), 3)]),
    ]


def test_a_hidden_part_on_its_own_names_nobody():
    found = owed(expected((1,), "surrey", "kent", hidden=True)).of(("arrests",))
    assert [(one.force, one.days) for one in found] == [(OTHER_PARTS, (january(1),))]


def test_what_was_stated_for_no_force_is_not_owed_in_hidden_parts():
    found = owed(expected((1,), "surrey", hidden=True))
    assert found.of_figure("arrests", NOBODY, None) == ()
    assert [one.force for one in found.of_figure("arrests", None, None)] == [OTHER_PARTS]


def test_the_spans_do_not_say_on_which_days_a_hidden_part_takes_place():
    visible, hidden = expected((1, 8), "surrey", hidden=False), expected((1, 4, 8), "surrey", hidden=True)
    seen, others = owed(visible, hidden).of(("arrests",))
    assert seen.spans == [Span(january(1), january(9), 2)], "the fourth is a day of the hidden part only"
    assert others.spans == [Span(january(day), january(day + 1), 1) for day in (1, 4, 8)], "as if each date were a day"


def test_what_was_declared_in_a_hidden_part_is_not_given():
    said: Declarations = {("surrey", january(1)): day_returns([DONE])}
    some = owed(expected((1,), "surrey", hidden=False), expected((1,), "surrey", hidden=True, done=said))
    assert some.declarations == [{}]
    assert [one.force for one in some.of(("arrests",))] == ["surrey"]
