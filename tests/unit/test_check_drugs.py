"""Which drugs a fact may name: known ones under the class of its day, registered ones, or a class alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.deciding.check_drugs import AmbiguousDrug, UnknownDrug, WrongDrugClass, check_drugs
from service.domain.model.days import LONDON, ONE_DAY, OperatingDays
from service.domain.model.drugs import CATEGORIES, Drug, drug_list
from service.domain.model.events import DrugLine, Event, MeasureRegistered, PhoneLine, Window
from service.domain.model.operation import Operation
from service.domain.model.personal_data import LooksPersonal
from service.errors import Invalid
from tests.factories.operations import operation_state
from tests.factories.reports import ActivityRecordedFactory, SeizureRecordedFactory
from tests.factories.setup import MeasureRegisteredFactory

LIST = drug_list()
DRUGS = LIST.drugs
ALWAYS = OperatingDays(datetime(1990, 1, 1, tzinfo=UTC), None)
OPEN = replace(operation_state(), days=ALWAYS)
A_DAY = date(2024, 6, 1)
FIRST_STEPS = ("unstated", *CATEGORIES)


def registering(measure: str, *paths: str) -> Operation:
    data = MeasureRegistered(measure=measure, categories=paths)
    return replace(operation_state(MeasureRegisteredFactory(data=data)), days=ALWAYS)


def seizure(*paths: str, day: date = A_DAY, at: time = time(12)) -> Event:
    lines = tuple(DrugLine(drug=path) for path in paths)
    return SeizureRecordedFactory(lines=lines, occurred_at=datetime.combine(day, at, LONDON).astimezone(UTC))


def is_accepted(path: str, day: date) -> bool:
    try:
        check_drugs(seizure(path, day=day), OPEN)
    except Invalid:
        return False
    return True


def refusal(event: Event, expected: type[Invalid], operation: Operation = OPEN) -> Invalid:
    """Return the error, which must be of the expected class."""
    with pytest.raises(Invalid) as caught:
        check_drugs(event, operation)
    assert type(caught.value) is expected, caught.value.detail
    return caught.value


# Classes by day


@pytest.mark.parametrize(("day", "path"), [(date(2022, 4, 12), "c/gbl"), (date(2022, 4, 13), "b/gbl")])
def test_a_fact_without_a_moment_has_the_classes_of_its_day(day: date, path: str) -> None:
    lines = tuple(DrugLine(drug=drug) for drug in ("b/gbl", "c/gbl"))
    error = refusal(SeizureRecordedFactory(lines=lines, day_only=True, occurred_on=day), WrongDrugClass)
    assert [one.detail.partition(";")[0] for one in error.errors] == [f"Expected {path}"]


@given(drug=st.sampled_from(list(DRUGS.values())), day=st.dates(LIST.covers_from, date(2060, 1, 1)))
def test_every_drug_is_accepted_under_exactly_one_class_on_every_day(drug: Drug, day: date) -> None:
    paths = [f"{category}/{drug.drug}" for category in FIRST_STEPS]
    accepted = [path for path in paths if is_accepted(path, day)]
    assert accepted == ([] if drug.class_alone else [drug.path_on(day)])
    assert is_accepted(drug.path_on(day), day)


@given(drug=st.sampled_from(list(DRUGS.values())), day=st.dates(date(1990, 1, 2), LIST.covers_from - ONE_DAY))
def test_before_the_data_begin_every_class_is_accepted(drug: Drug, day: date) -> None:
    assert all(is_accepted(f"{category}/{drug.drug}", day) is not drug.class_alone for category in FIRST_STEPS)


@pytest.mark.parametrize("drug", DRUGS.values(), ids=DRUGS)
def test_the_class_changes_at_midnight_in_london(drug: Drug) -> None:
    for period in drug.periods:
        since = period.since
        if since is None or since <= LIST.covers_from or drug.class_alone:
            continue
        before, after = drug.path_on(since - ONE_DAY), drug.path_on(since)
        if before == after:
            # A temporary order changes nothing about the path.
            continue
        check_drugs(seizure(after, day=since, at=time(0, 1)), OPEN)
        check_drugs(seizure(before, day=since - ONE_DAY, at=time(23, 59)), OPEN)
        assert refusal(seizure(before, day=since, at=time(0, 1)), WrongDrugClass).members["expected"] == after
        error = refusal(seizure(after, day=since - ONE_DAY, at=time(23, 59)), WrongDrugClass)
        assert error.members["expected"] == before


def test_the_day_is_the_operating_day_of_the_fact() -> None:
    night = Window(
        starts_at=datetime(2022, 4, 12, 18, tzinfo=UTC),
        ends_at=datetime(2022, 4, 13, 4, tzinfo=UTC),
    )
    after_midnight = seizure("c/gbl", day=date(2022, 4, 13), at=time(2))
    refusal(after_midnight, WrongDrugClass)
    check_drugs(after_midnight, operation_state(days=(night,), starts_at=None, ends_at=None))


@pytest.mark.parametrize(
    ("path", "day", "said"),
    [
        ("b/cocaine", A_DAY, ["Send a/cocaine.", "class A on 2024-06-01", "since before 2008-01-01"]),
        (
            "b/gbl",
            date(2021, 1, 17),
            ["Send c/gbl, or correct the date.", "class C on 2021-01-17 (since 2009-12-23, until 2022-04-12)"],
        ),
        ("c/gbl", date(2023, 1, 17), ["Send b/gbl, or correct the date.", "(since 2022-04-13)"]),
        ("c/cannabis/resin", A_DAY, ["Send b/cannabis/resin"]),
        ("a/amphetamine", A_DAY, ["Send b/amphetamine.", "prepared for injection is class A: send a alone"]),
        ("c/zopiclone", date(2012, 1, 1), ["in no class", "Send unstated/zopiclone"]),
        ("b/methoxetamine", date(2012, 5, 1), ["temporary class drug order", "Send unstated/methoxetamine"]),
        ("c/nitrous_oxide", date(2022, 5, 1), ["psychoactive substance", "Send psychoactive/nitrous_oxide"]),
        ("a/brorphine", date(2023, 5, 1), ["before 2024-03-20 is not known here", "ask the coordinator to register"]),
        ("b/dmt", A_DAY, ["inferred, not read", "ask the coordinator to register"]),
        ("a/ketamine", date(2026, 6, 1), ["If the law has changed after 2026-02-05"]),
        ("psychoactive/psychoactive_unidentified", A_DAY, ["Send psychoactive."]),
        ("x/cocaine", A_DAY, ["Send a/cocaine."]),
    ],
)
def test_a_class_that_did_not_hold_is_refused_with_the_one_that_did(path: str, day: date, said: list[str]) -> None:
    detail = refusal(seizure(path, day=day), WrongDrugClass).detail
    assert detail.startswith("Expected ")
    assert [text for text in said if text not in detail] == [], detail


# Substances and forms


@pytest.mark.parametrize("path", [*FIRST_STEPS, "a/cocaine/block", "b/cannabis/thc_vape", "unstated/cbd"])
def test_a_class_alone_and_a_known_form_are_accepted(path: str) -> None:
    check_drugs(seizure(path), OPEN)


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("a/cocain", ["a/cocaine"]),
        ("a/cocainne", ["a/cocaine"]),
        ("b/herion", ["a/heroin"]),
        ("b/skunk", ["b/cannabis/herbal"]),
        ("b/cannabis_resin", ["b/cannabis/resin"]),
        ("a/xyzzy", []),
        ("cocaine", ["a/cocaine"]),
        ("cannabis_plants", ["b/cannabis"]),
        ("unstated/white_powder", ["unstated"]),
        ("a/unknown", ["a"]),
        ("class_a", ["a"]),
    ],
)
def test_an_unknown_substance_is_refused_with_the_nearest_names(path: str, nearest: list[str]) -> None:
    error = refusal(seizure(path), UnknownDrug)
    assert error.members["nearest"][: len(nearest)] == nearest
    assert bool(error.members["nearest"]) is bool(nearest)
    assert all(name in error.detail for name in error.members["nearest"])


def test_an_unknown_substance_can_be_sent_as_its_class_or_registered() -> None:
    detail = refusal(seizure("a/xyzzy"), UnknownDrug).detail
    assert "Send the class alone (a), or ask the coordinator to register a/xyzzy" in detail
    check_drugs(seizure("a/xyzzy", "a/xyzzy/powder"), registering("drug_seizures_by_substance", "a/xyzzy"))
    check_drugs(seizure("a/xyzzy"), registering("drug_weight", "a/xyzzy"))
    refusal(seizure("b/xyzzy"), UnknownDrug, registering("drug_weight", "a/xyzzy"))


def test_a_registered_path_is_accepted_whatever_the_list_says() -> None:
    """The law changes, and the list is corrected by releases: the coordinator can go ahead of it."""
    operation = registering("drug_seizures_by_substance", "a/ketamine", "b/cannabis/brick")
    check_drugs(seizure("a/ketamine", "a/ketamine/powder", "b/ketamine", "b/cannabis/brick"), operation)
    refusal(seizure("c/ketamine"), WrongDrugClass, operation)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("b/cannabis/hash", "Did you mean b/cannabis/resin?"),
        ("b/cannabis/plants", "Send b/cannabis with the number in plants."),
        ("a/cocaine/crack", "Did you mean a/crack_cocaine?"),
        ("a/carfentanil/powder", "Expected no further step"),
        ("b/cannabis/resin/block", "Expected a form of cannabis (herbal, resin"),
    ],
)
def test_an_unknown_form_is_refused(path: str, said: str) -> None:
    assert said in refusal(seizure(path), UnknownDrug).detail


@pytest.mark.parametrize(
    ("path", "candidates"),
    [
        ("a/white", ["a/cocaine", "a/crack_cocaine"]),
        ("a/c", ["a/cocaine", "c"]),
        ("white", ["a/cocaine", "a/crack_cocaine"]),
        ("unstated/pills", ["a/mdma", "c/benzodiazepines"]),
    ],
)
def test_an_ambiguous_word_is_refused_with_its_candidates(path: str, candidates: list[str]) -> None:
    error = refusal(seizure(path), AmbiguousDrug)
    assert error.members["candidates"] == candidates
    assert all(name in error.detail for name in candidates)


def test_what_is_no_drug_belongs_elsewhere() -> None:
    assert "other property" in refusal(seizure("unstated/viagra"), UnknownDrug).detail


def test_a_substance_that_looks_personal_is_never_repeated() -> None:
    for path in ("a/ab12cde", "b/cannabis/ab12cde"):
        assert "ab12cde" not in refusal(seizure(path), LooksPersonal).detail


# Events


def test_every_drug_of_a_seizure_is_reported_at_once() -> None:
    lines = (DrugLine(drug="a/cocain"), PhoneLine(), DrugLine(drug="b/cocaine"), DrugLine(drug="a"))
    error = refusal(SeizureRecordedFactory(lines=lines), UnknownDrug, operation_state())
    assert [one.pointer for one in error.errors] == ["/data/lines/0/drug", "/data/lines/2/drug"]
    assert ["Send a/cocaine." in one.detail for one in error.errors] == [True, True]


def test_a_tally_by_drug_follows_the_same_rules() -> None:
    tally = ActivityRecordedFactory(measure="drug_weight", category="b/cocaine")
    assert refusal(tally, WrongDrugClass, operation_state()).errors[0].pointer == "/data/category"
    check_drugs(ActivityRecordedFactory(measure="drug_weight", category="a/cocaine"), operation_state())


def test_categories_of_other_measures_are_no_drugs() -> None:
    check_drugs(ActivityRecordedFactory(measure="other_property", category="a/cocain"), operation_state())
    check_drugs(ActivityRecordedFactory(), operation_state())
