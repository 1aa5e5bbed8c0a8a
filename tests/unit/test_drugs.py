"""The drugs that ship with the code: consistent, and under exactly one class on every day that the data cover."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.model.days import LONDON, ONE_DAY, OperatingDays
from service.domain.model.drug_words import fold
from service.domain.model.drugs import (
    CATEGORIES,
    Drug,
    DrugClass,
    Evidence,
    GramPrice,
    drug_list,
    gram_price,
    known_drug,
)
from service.domain.model.personal_data import personal_shape
from service.domain.model.reference_data import measure_catalogue
from service.domain.model.vocabulary import CategoryPath, shape_of

LIST = drug_list()
DRUGS = LIST.drugs
BOUNDARIES = [
    (drug, period.since)
    for drug in DRUGS.values()
    for period in drug.periods
    if period.since and period.since > LIST.covers_from
]
# A day as the data cover it, and long after.
DAYS = st.dates(LIST.covers_from, date(2060, 1, 1))


def fits(path: str) -> bool:
    shape = shape_of(CategoryPath)
    return re.fullmatch(shape.expression, path, re.ASCII) is not None and len(path) <= shape.most


def test_every_drug_is_a_step_of_a_path_and_looks_like_no_personal_data() -> None:
    assert len(DRUGS) == 80
    for drug in DRUGS.values():
        for form in ("", *(one.name for one in drug.forms)):
            path = drug.path_on(date(2024, 1, 1), form)
            assert fits(path)
            assert personal_shape(path) is None
            assert all(personal_shape(step) is None for step in path.split("/"))
            assert known_drug(path) is (None if drug.class_alone else drug)


def test_every_class_that_can_be_sent_is_a_category_of_the_measures() -> None:
    listed = measure_catalogue()["drug_seizures_by_class"].categories
    assert {period.category for drug in DRUGS.values() for period in drug.periods} == set(listed)
    assert set(CATEGORIES) < set(get_args(DrugClass))


@pytest.mark.parametrize("drug", DRUGS.values(), ids=DRUGS)
def test_the_periods_of_a_drug_follow_one_another_without_a_gap(drug: Drug) -> None:
    first, *later = drug.periods
    assert first.since is None or first.since <= LIST.covers_from
    assert [one.since for one in later] == [one.before for one in drug.periods[:-1]]
    assert drug.periods[-1].before is None
    assert all(one.since < one.before for one in later if one.since and one.before)
    assert drug.periods[-1].drug_class != "unknown"


@pytest.mark.parametrize("drug", DRUGS.values(), ids=DRUGS)
def test_every_fact_names_its_evidence_and_a_source(drug: Drug) -> None:
    assert {"aliases", "units"} <= drug.evidence.keys()
    facts = [*(one for one in drug.periods if one.drug_class != "unknown"), *drug.values]
    assert facts
    for one in facts:
        assert one.evidence in get_args(Evidence)
        # Nothing can be seen in a source that was not read.
        assert LIST.sources[one.source].seen or one.evidence == "inferred"


def test_no_name_belongs_to_two_drugs_or_is_ambiguous() -> None:
    owners = Counter(
        name
        for drug in DRUGS.values()
        for name in {
            fold(one)
            for one in (
                drug.drug,
                drug.label,
                *drug.aliases,
                *(alias for part in (*drug.forms, *drug.amounts) for alias in part.aliases),
            )
        }
    )
    assert [name for name, times in owners.items() if times > 1] == []
    assert owners.keys() & {fold(word) for drug in DRUGS.values() for word in drug.ambiguous} == set()
    assert owners.keys() & {fold(word) for thing in LIST.not_drugs for word in thing.aliases} == set()


def test_every_source_is_used_and_every_use_has_its_source() -> None:
    used = {one.source for drug in DRUGS.values() for one in (*drug.periods, *drug.values) if one.source}
    assert used == LIST.sources.keys()


@pytest.mark.parametrize(("drug", "since"), BOUNDARIES, ids=[f"{drug.drug} {since}" for drug, since in BOUNDARIES])
def test_a_class_changes_on_its_london_day(drug: Drug, since: date) -> None:
    after = next(one for one in drug.periods if one.since == since)
    before = drug.periods[drug.periods.index(after) - 1]
    assert drug.period_on(since - ONE_DAY) is before
    assert drug.period_on(since) is after
    # The orders begin at 00:01 in London, and so does the day of a fact, also when London is ahead of UTC.
    days = OperatingDays(datetime(2000, 1, 1, tzinfo=UTC), None)
    begins_at = datetime.combine(since, time(0, 1), LONDON)
    assert days.day_of(begins_at.astimezone(UTC)) == since
    assert days.day_of(begins_at.astimezone(UTC) - timedelta(minutes=2)) == since - ONE_DAY


def test_the_boundaries_are_those_of_the_orders() -> None:
    assert len(BOUNDARIES) > 50
    assert ("gbl", date(2022, 4, 13)) in [(drug.drug, since) for drug, since in BOUNDARIES]


@given(drug=st.sampled_from(list(DRUGS.values())), day=DAYS)
def test_every_drug_has_exactly_one_class_on_every_day(drug: Drug, day: date) -> None:
    holding = [
        one
        for one in drug.periods
        if (one.since is None or one.since <= day) and (one.before is None or day < one.before)
    ]
    assert holding == [drug.period_on(day)]
    assert drug.path_on(day).partition("/")[0] == holding[0].category


def test_before_the_data_begin_no_class_is_known() -> None:
    day = LIST.covers_from - ONE_DAY
    assert all(drug.period_on(day) is None for drug in DRUGS.values())
    assert DRUGS["cocaine"].path_on(day) == "a/cocaine"


@pytest.mark.parametrize(
    ("path", "day", "expected"),
    [
        ("c/gbl", date(2022, 4, 12), "c/gbl"),
        ("c/gbl", date(2022, 4, 13), "b/gbl"),
        ("b/cannabis", date(2009, 1, 25), "c/cannabis"),
        ("b/cannabis", date(2009, 1, 26), "b/cannabis"),
        ("c/nitrous_oxide", date(2023, 11, 7), "psychoactive/nitrous_oxide"),
        ("c/nitrous_oxide", date(2016, 5, 25), "unstated/nitrous_oxide"),
        ("b/mephedrone", date(2010, 4, 15), "unstated/mephedrone"),
        ("a/nbome", date(2014, 6, 9), "unstated/nbome"),
        ("a/brorphine", date(2024, 3, 19), "unstated/brorphine"),
        ("none/alkyl_nitrites", date(2024, 3, 19), "unstated/alkyl_nitrites"),
    ],
)
def test_the_path_of_a_drug_begins_with_the_class_of_the_day(path: str, day: date, expected: str) -> None:
    drug = known_drug(path)
    assert drug is not None
    assert drug.path_on(day) == expected


def test_a_substance_without_a_name_is_its_class_alone() -> None:
    unidentified = DRUGS["psychoactive_unidentified"]
    assert unidentified.path_on(date(2024, 1, 1)) == "psychoactive"
    assert unidentified.path_on(date(2015, 1, 1)) == "unstated"


@pytest.mark.parametrize("path", ["a", "unstated", "a/no_such_drug", "cocaine"])
def test_a_path_without_a_known_drug_names_none(path: str) -> None:
    assert known_drug(path) is None


# Street values


@pytest.mark.parametrize(
    ("path", "year", "expected"),
    [
        ("a/cocaine", 2008, GramPrice(3000, 6000, (2008,), "seen")),
        # Of the values that are known, those of 2009 are nearest.
        ("a/cocaine", 2013, GramPrice(2000, 4000, (2009,), "seen")),
        ("a/cocaine", 2025, GramPrice(4000, 10000, (2025,), "inferred")),
        ("a/cocaine/powder", 2008, GramPrice(3000, 6000, (2008,), "seen")),
        ("b/cannabis/resin", 2008, GramPrice(290, 290, (2008,), "seen")),
        ("b/cannabis/herbal", 2008, GramPrice(570, 710, (2008,), "seen")),
        # Without a form, any form's value may be right.
        ("b/cannabis", 2008, GramPrice(290, 710, (2008,), "seen")),
        ("b/cannabis/oil", 2008, None),
        # Two years are equally near.
        ("a/heroin", 2007, GramPrice(2500, 5000, (2005, 2009), "seen")),
        ("c/diazepam", 2022, None),
        ("a", 2022, None),
        ("a/no_such_drug", 2022, None),
    ],
)
def test_the_price_of_a_gram_is_that_of_the_nearest_years(path: str, year: int, expected: GramPrice | None) -> None:
    assert gram_price(path, date(year, 6, 1)) == expected


def test_street_values_are_ranges_in_pence() -> None:
    values = [value for drug in DRUGS.values() for value in drug.values]
    assert all(0 < value.low_pence <= value.high_pence for value in values)
    assert {value.per for value in values} >= {"gram", "tablet", "plant", "wrap"}
