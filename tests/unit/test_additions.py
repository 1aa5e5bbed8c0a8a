"""What changes add to figures: people by day, differences, currencies apart, qualifiers, and how it is shown."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.domain.model.days import OperatingDays
from service.domain.model.reference_data import measure_catalogue
from service.spreadsheets.additions import Amount, Change, Counted, additions, sum_lines
from service.wire.checked import load_event

START = datetime(2024, 1, 16, tzinfo=UTC)
DAYS = OperatingDays(START, None)
ONE, TWO = date(2024, 1, 16), date(2024, 1, 17)
MEASURES = measure_catalogue()


def event(wire_type: str, days: int = 0, **data: Any) -> Any:
    at = (START + timedelta(days=days, hours=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = {"id": "018d1a2b-0000-7000-8000-00000000a001", "type": f"{wire_type}.recorded", "force": "surrey"}
    return load_event({**named, "occurred_at": at, "data": data})


def arrest(days: int = 0, **data: Any) -> Any:
    return event("arrest", days, **{"reason": "knife"} | data)


def added(*changes: Change) -> dict[Counted, Amount]:
    return additions(changes, MEASURES, DAYS)


def test_people_are_added_by_day():
    found = added(Change(arrest(count=3)), Change(arrest(count=2, reason="drugs")), Change(arrest(1)))
    assert found == {Counted("arrests", "", ONE): Amount(5), Counted("arrests", "", TWO): Amount(1)}


@pytest.mark.parametrize(
    ("new", "old", "found"),
    [
        (arrest(count=3), arrest(count=5), {ONE: -2}),
        (arrest(reason="drugs"), arrest(), {ONE: 0}),
        (arrest(1, count=2), arrest(count=5), {ONE: -5, TWO: 2}),
        (None, arrest(count=5), {ONE: -5}),
    ],
)
def test_corrections_and_withdrawals_add_the_difference(new: Any, old: Any, found: dict[date, int]):
    assert added(Change(new, old)) == {Counted("arrests", "", day): Amount(number) for day, number in found.items()}


def test_what_is_not_additive_is_apart_and_a_return_adds_nothing():
    cash = [{"kind": "cash", "currency": one, "amount_minor": 500} for one in ("EUR", "JPY", "GBP", "EUR")]
    named = {"id": "018d1a2b-0000-7000-8000-00000000a001", "type": "return.declared", "force": "surrey"}
    declared = load_event({**named, "data": {"day": "2024-01-16", "status": "complete"}})
    found = added(Change(event("seizure", lines=cash)), Change(declared))
    assert found == {
        Counted("foreign_cash", "EUR", ONE): Amount(1_000),
        Counted("foreign_cash", "JPY", ONE): Amount(500),
        Counted("cash", "", ONE): Amount(500),
    }


def test_lines_are_in_publishing_order_with_a_sum_where_there_are_other_days():
    adds = added(
        Change(event("activity", measure="vehicles_stopped", quantity=4)), Change(arrest(1)), Change(arrest(count=2))
    )
    by_day = {Counted("arrests", "", TWO): Amount(7, "at_least")}
    lines = sum_lines(adds, by_day, {Counted("arrests", "", None): Amount(9, "at_least")}, MEASURES)
    assert [(one.measure.measure, one.day, one.shown(one.now), one.signed, one.shown(one.then)) for one in lines] == [
        ("arrests", "2024-01-16", "none yet", "+2", "2"),
        ("arrests", "2024-01-17", "at least 7", "+1", "at least 8"),
        ("arrests", "all days", "at least 9", "+3", "at least 12"),
        ("vehicles_stopped", "2024-01-16", "none yet", "+4", "4"),
    ]


@pytest.mark.parametrize(
    ("measure", "category", "amount", "shown"),
    [
        ("cash", "", Amount(52_050), "+£520.50"),
        ("cash", "", Amount(-2_000, "about"), "about -£20"),
        ("drug_weight", "", Amount(-1_500), "-1.5 g"),
        ("drug_weight", "", Amount(0), "0 mg"),
        ("foreign_cash", "EUR", Amount(250, "under"), "nearly +2.50 EUR"),
    ],
)
def test_what_is_added_has_a_sign_and_the_unit(measure: str, category: str, amount: Amount, shown: str):
    (line,) = sum_lines({Counted(measure, category, ONE): amount}, {}, {}, MEASURES)
    assert line.signed == shown
