"""Every counting rule, with figures that can be checked by hand."""

from datetime import UTC, date, datetime

import pytest

from service.domain.counting.rules import Count, counts_of, day_of, span_of
from service.domain.model.days import OperatingDays, operating_days
from service.domain.model.events import (
    AmmunitionLine,
    CashLine,
    DrugLine,
    Event,
    OtherPropertyLine,
    PhoneLine,
    SeizureLine,
    VehicleLine,
    WeaponLine,
    Window,
)
from service.domain.model.reference_data import measure_catalogue
from tests.factories.operations import operation_state
from tests.factories.reports import (
    ActivityRecordedFactory,
    ArrestRecordedFactory,
    EventWithdrawnFactory,
    ReturnDeclaredFactory,
    SeizureRecordedFactory,
)
from tests.factories.setup import (
    ForceJoinedFactory,
    MeasureRegisteredFactory,
    OperationClosedFactory,
    OperationOpenedFactory,
)


def counted(event: Event) -> list[Count]:
    return counts_of(event, measure_catalogue())


def counted_of(*lines: SeizureLine) -> list[Count]:
    return counted(SeizureRecordedFactory(lines=lines))


def seizures_of(*drugs: str) -> list[tuple[str, str]]:
    """Return the (measure, category) pairs that a seizure of these drugs counts under, once each."""
    counts = counted_of(*(DrugLine(drug=drug) for drug in drugs))
    assert {(count.quantity, count.qualifier) for count in counts} <= {(1, "exact")}
    return [(count.measure, count.category) for count in counts]


# Arrests


def test_an_arrest_counts_once_under_its_reason() -> None:
    assert counted(ArrestRecordedFactory(reason="knife")) == [Count("arrests", "knife", 1, "exact")]


def test_an_arrest_event_counts_its_number_of_arrests_with_its_qualifier() -> None:
    event = ArrestRecordedFactory(reason="drugs", count=7, qualifier="at_least")
    assert counted(event) == [Count("arrests", "drugs", 7, "at_least")]


def test_an_assisting_force_is_never_counted() -> None:
    assert counted(ArrestRecordedFactory(assisting=("kent",))) == counted(ArrestRecordedFactory())


# Seizures, line by line


def test_weapons_count_items_by_kind_and_separately_by_acquisition() -> None:
    assert counted_of(WeaponLine(weapon="bladed/knife", count=3, acquired="surrendered_or_found")) == [
        Count("weapons", "bladed/knife", 3, "exact"),
        Count("weapons_by_acquisition", "surrendered_or_found", 3, "exact"),
    ]


def test_a_weapon_without_an_acquisition_counts_as_unstated() -> None:
    assert Count("weapons_by_acquisition", "unstated", 1, "exact") in counted_of(WeaponLine(weapon="firearm"))


def test_ammunition_counts_rounds_and_never_weapons() -> None:
    assert counted_of(AmmunitionLine(rounds=12)) == [Count("ammunition", "", 12, "exact")]


def test_vehicles_count_by_the_ground_of_seizure() -> None:
    assert counted_of(VehicleLine(ground="motoring/s165a_no_insurance", count=2)) == [
        Count("vehicles", "motoring/s165a_no_insurance", 2, "exact")
    ]


def test_pounds_count_in_pence() -> None:
    assert counted_of(CashLine(currency="GBP", amount_minor=52_000)) == [Count("cash", "", 52_000, "exact")]


def test_each_foreign_currency_counts_separately() -> None:
    assert counted_of(CashLine(currency="EUR", amount_minor=100), CashLine(currency="USD", amount_minor=200)) == [
        Count("foreign_cash", "EUR", 100, "exact"),
        Count("foreign_cash", "USD", 200, "exact"),
    ]


def test_phones_count_phones() -> None:
    assert counted_of(PhoneLine(count=4)) == [Count("phones", "", 4, "exact")]


def test_other_property_counts_by_kind() -> None:
    assert counted_of(OtherPropertyLine(property="cigarettes", count=200)) == [
        Count("other_property", "cigarettes", 200, "exact")
    ]


@pytest.mark.parametrize(
    "line",
    [
        WeaponLine(weapon="blunt", qualifier="about"),
        AmmunitionLine(rounds=1, qualifier="about"),
        VehicleLine(ground="other", qualifier="about"),
        CashLine(currency="GBP", amount_minor=1, qualifier="about"),
        CashLine(currency="EUR", amount_minor=1, qualifier="about"),
        PhoneLine(qualifier="about"),
        OtherPropertyLine(property="dogs", qualifier="about"),
    ],
    ids=lambda line: f"{line.kind}-{getattr(line, 'currency', 'any')}",
)
def test_the_qualifier_of_a_line_applies_to_everything_that_it_counts(line: SeizureLine) -> None:
    assert {count.qualifier for count in counted_of(line)} == {"about"}


# Drugs


def test_each_amount_of_a_drug_is_a_separate_measure_with_the_qualifier_of_the_line() -> None:
    line = DrugLine(
        drug="b/cannabis",
        weight_milligrams=1_500,
        plants=2,
        tablets=3,
        wraps=4,
        value_pence=5_000,
        qualifier="about",
    )
    assert counted_of(line)[:5] == [
        Count("drug_weight", "b/cannabis", 1_500, "about"),
        Count("drug_plants", "b/cannabis", 2, "about"),
        Count("drug_tablets", "b/cannabis", 3, "about"),
        Count("drug_wraps", "b/cannabis", 4, "about"),
        Count("drug_value", "b/cannabis", 5_000, "about"),
    ]


def test_a_missing_amount_counts_nothing() -> None:
    assert [count.measure for count in counted_of(DrugLine(drug="a/heroin", wraps=3))] == [
        "drug_wraps",
        "drug_seizures",
        "drug_seizures_by_class",
        "drug_seizures_by_substance",
    ]


def test_the_number_of_seizures_is_exact_even_if_the_weight_is_not() -> None:
    counts = counted_of(DrugLine(drug="a/heroin", weight_milligrams=10, qualifier="about"))
    assert {count.measure: count.qualifier for count in counts} == {
        "drug_weight": "about",
        "drug_seizures": "exact",
        "drug_seizures_by_class": "exact",
        "drug_seizures_by_substance": "exact",
    }


def test_a_seizure_of_several_drugs_counts_once_in_total_per_class_and_per_substance() -> None:
    assert seizures_of("a/cocaine", "a/heroin", "b/cannabis") == [
        ("drug_seizures", ""),
        ("drug_seizures_by_class", "a"),
        ("drug_seizures_by_class", "b"),
        ("drug_seizures_by_substance", "a/cocaine"),
        ("drug_seizures_by_substance", "a/heroin"),
        ("drug_seizures_by_substance", "b/cannabis"),
    ]


def test_two_lines_of_one_drug_are_one_seizure() -> None:
    assert seizures_of("a/cocaine", "a/cocaine") == seizures_of("a/cocaine")


def test_a_form_of_a_drug_counts_as_the_form_and_as_the_drug() -> None:
    assert seizures_of("b/cannabis/resin", "b/cannabis/herbal") == [
        ("drug_seizures", ""),
        ("drug_seizures_by_class", "b"),
        ("drug_seizures_by_substance", "b/cannabis"),
        ("drug_seizures_by_substance", "b/cannabis/herbal"),
        ("drug_seizures_by_substance", "b/cannabis/resin"),
    ]


def test_a_drug_with_only_a_class_counts_under_the_class() -> None:
    assert seizures_of("a") == [
        ("drug_seizures", ""),
        ("drug_seizures_by_class", "a"),
        ("drug_seizures_by_substance", "a"),
    ]


def test_a_seizure_without_drugs_is_not_a_drug_seizure() -> None:
    assert {count.measure for count in counted_of(PhoneLine(), CashLine(currency="GBP", amount_minor=1))} == {
        "phones",
        "cash",
    }


def test_the_lines_of_a_seizure_count_in_order_and_drug_seizures_come_last() -> None:
    counts = counted_of(PhoneLine(), DrugLine(drug="a/cocaine", wraps=1), PhoneLine(count=2))
    assert [count.measure for count in counts] == [
        "phones",
        "drug_wraps",
        "phones",
        "drug_seizures",
        "drug_seizures_by_class",
        "drug_seizures_by_substance",
    ]


# Activities and tallies


def test_an_activity_counts_only_under_its_measure() -> None:
    event = ActivityRecordedFactory(measure="drug_weight", quantity=1_000, category="a/cocaine", qualifier="more_than")
    assert counted(event) == [Count("drug_weight", "a/cocaine", 1_000, "more_than")]


def test_a_declared_zero_is_a_count_of_zero() -> None:
    assert counted(ActivityRecordedFactory(quantity=0)) == [Count("vehicles_stopped", "", 0, "exact")]


def test_a_missing_category_is_unstated_never_other() -> None:
    event = ActivityRecordedFactory(measure="people_safeguarded", quantity=6)
    assert counted(event) == [Count("people_safeguarded", "unstated", 6, "exact")]


def test_an_activity_of_a_registered_measure_counts_under_it() -> None:
    measures = operation_state(MeasureRegisteredFactory(measure="dogs_seized", categories=("xl_bully",))).measures
    event = ActivityRecordedFactory(measure="dogs_seized", quantity=2, category="xl_bully")
    assert counts_of(event, measures) == [Count("dogs_seized", "xl_bully", 2, "exact")]


@pytest.mark.parametrize(
    "event",
    [
        ReturnDeclaredFactory(),
        EventWithdrawnFactory(),
        OperationOpenedFactory(),
        ForceJoinedFactory(),
        OperationClosedFactory(),
    ],
    ids=lambda event: event.type,
)
def test_an_event_that_is_not_a_fact_counts_nothing(event: Event) -> None:
    assert counted(event) == []


# The day that a fact counts on

WEEK = operating_days(datetime(2023, 1, 16, tzinfo=UTC), datetime(2023, 1, 23, tzinfo=UTC), (), pointer="")
TWO_NIGHTS = operating_days(
    None,
    None,
    (
        Window(starts_at=datetime(2023, 1, 16, 18, tzinfo=UTC), ends_at=datetime(2023, 1, 17, 4, tzinfo=UTC)),
        Window(starts_at=datetime(2023, 1, 17, 18, tzinfo=UTC), ends_at=datetime(2023, 1, 18, 4, tzinfo=UTC)),
    ),
    pointer="",
)


def day_of_activity(days: OperatingDays, start: datetime, before: datetime) -> date | None:
    return day_of(ActivityRecordedFactory(occurred_at=start, occurred_before=before), days)


def test_a_fact_counts_on_the_day_it_happened() -> None:
    event = ArrestRecordedFactory(occurred_at=datetime(2023, 1, 17, 23, 59, tzinfo=UTC))
    assert day_of(event, WEEK) == date(2023, 1, 17)


@pytest.mark.parametrize("days", [WEEK, TWO_NIGHTS], ids=["london-days", "windows"])
def test_a_fact_without_a_moment_counts_on_its_day(days: OperatingDays) -> None:
    for factory in (ArrestRecordedFactory, SeizureRecordedFactory, ActivityRecordedFactory):
        assert day_of(factory(day_only=True), days) == date(2023, 1, 17)


def test_an_activity_that_ends_at_midnight_counts_on_the_day_that_ends() -> None:
    start, midnight = datetime(2023, 1, 17, 20, tzinfo=UTC), datetime(2023, 1, 18, tzinfo=UTC)
    assert day_of_activity(WEEK, start, midnight) == date(2023, 1, 17)


def test_an_activity_over_more_than_one_day_has_no_day() -> None:
    start, after_midnight = datetime(2023, 1, 17, 20, tzinfo=UTC), datetime(2023, 1, 18, 0, 0, 0, 1, tzinfo=UTC)
    assert day_of_activity(WEEK, start, after_midnight) is None


def test_an_activity_over_midnight_but_within_one_window_counts_on_that_night() -> None:
    start, before = datetime(2023, 1, 16, 22, tzinfo=UTC), datetime(2023, 1, 17, 3, tzinfo=UTC)
    assert day_of_activity(TWO_NIGHTS, start, before) == date(2023, 1, 16)


def test_an_activity_from_one_window_into_the_next_has_no_day() -> None:
    start, before = datetime(2023, 1, 16, 22, tzinfo=UTC), datetime(2023, 1, 17, 19, tzinfo=UTC)
    assert day_of_activity(TWO_NIGHTS, start, before) is None


def span_of_activity(days: OperatingDays, start: datetime, before: datetime) -> tuple[date, date] | None:
    return span_of(ActivityRecordedFactory(occurred_at=start, occurred_before=before), days)


def test_an_activity_over_several_days_has_its_first_and_last_day() -> None:
    first, second, third = (date(2023, 1, day) for day in (16, 17, 18))
    nine = datetime(2023, 1, 16, 21, tzinfo=UTC)
    assert span_of_activity(WEEK, nine, datetime(2023, 1, 18, tzinfo=UTC)) == (first, second)
    assert span_of_activity(WEEK, nine, datetime(2023, 1, 18, 0, 1, tzinfo=UTC)) == (first, third)
    assert span_of_activity(WEEK, nine, datetime(2023, 1, 17, tzinfo=UTC)) is None
    assert span_of_activity(TWO_NIGHTS, nine, datetime(2023, 1, 18, 4, tzinfo=UTC)) == (first, second)
    assert span_of_activity(TWO_NIGHTS, nine, datetime(2023, 1, 17, 4, tzinfo=UTC)) is None
    between = datetime(2023, 1, 17, 12, tzinfo=UTC)
    assert span_of_activity(TWO_NIGHTS, nine, between) == (first, first), "it ends after one night, before the next"
    assert span_of(ArrestRecordedFactory(occurred_at=nine), WEEK) is None
