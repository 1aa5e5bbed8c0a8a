"""Words for drugs from spreadsheets: mapped only if they mean one thing on the day."""

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.model.drug_words import (
    DrugFound,
    DrugUnclear,
    DrugUnknown,
    drug_category,
    nearest_drugs,
)
from service.domain.model.drugs import Drug, drug_list

DRUGS = drug_list().drugs
A_DAY = date(2024, 6, 1)


def paths(words: str, day: date = A_DAY) -> str | tuple[str, ...]:
    """Return the path that words mean, or the candidates, or the nearest."""
    match drug_category(words, day):
        case DrugFound(path):
            return path
        case DrugUnclear(candidates):
            return candidates
        case DrugUnknown(nearest):
            return nearest


@pytest.mark.parametrize(
    ("words", "year", "expected"),
    [
        ("Cannabis", 2021, "b/cannabis"),
        ("  CANNABIS   Resin ", 2021, "b/cannabis/resin"),
        ("cannabis (resin)", 2021, "b/cannabis/resin"),
        ("Resin - cannabis", 2021, "b/cannabis/resin"),
        ("Cannabis", 2008, "c/cannabis"),
        ("GBL", 2021, "c/gbl"),
        ("GBL", 2023, "b/gbl"),
        ("Ecstasy tablets", 2023, "a/mdma"),
        ("E's", 2023, "a/mdma"),
        ("Benzodiazepine", 2023, "c/benzodiazepines"),
        ("crack_cocaine", 2023, "a/crack_cocaine"),
        ("Crack", 2023, "a/crack_cocaine"),
        ("U-47,700", 2023, "a/u_47700"),
        ("spice", 2008, "unstated/synthetic_cannabinoids"),
        ("NOS", 2022, "psychoactive/nitrous_oxide"),
        ("NOS", 2024, "c/nitrous_oxide"),
        ("Class A", 2024, "a"),
        ("A", 2024, "a"),
        ("class A - heroin", 2024, "a/heroin"),
        ("Heroin (Class A)", 2024, "a/heroin"),
        ("b/cannabis/herbal", 2024, "b/cannabis/herbal"),
        ("N/K", 2024, "unstated"),
        ("white powder", 2024, "unstated"),
        ("Suspected Class B", 2024, "b"),
        ("NPS", 2024, "psychoactive"),
    ],
)
def test_words_with_one_meaning_are_mapped(words: str, year: int, expected: str) -> None:
    found = drug_category(words, date(year, 6, 1))
    assert isinstance(found, DrugFound)
    assert (found.path, found.amount) == (expected, "")


def test_cannabis_plants_are_an_amount_not_a_form() -> None:
    assert drug_category("Cannabis plants", A_DAY) == DrugFound("b/cannabis", amount="plants")


@pytest.mark.parametrize("drug", DRUGS.values(), ids=DRUGS)
def test_every_name_of_a_drug_means_its_path_on_the_day(drug: Drug) -> None:
    for name in (drug.drug, drug.label, *drug.aliases):
        assert paths(name) == drug.path_on(A_DAY)
        assert paths(name.upper()) == drug.path_on(A_DAY)
    for form in drug.forms:
        for name in form.aliases:
            assert paths(name) == drug.path_on(A_DAY, form.name)
    for word in drug.ambiguous:
        unclear = drug_category(word, A_DAY)
        assert isinstance(unclear, DrugUnclear)
        assert drug.path_on(A_DAY) in unclear.candidates


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("white", ("a/cocaine", "a/crack_cocaine")),
        ("Whites", ("a/cocaine", "a/crack_cocaine")),
        ("c", ("a/cocaine", "c")),
        ("B", ("a/heroin", "b")),
        ("e", ("a/mdma",)),
        ("pills", ("a/mdma", "c/benzodiazepines")),
        ("white class a", ("a/cocaine", "a/crack_cocaine")),
        ("Tusi", ("a/2c_b", "b/ketamine")),
    ],
)
def test_ambiguous_words_are_never_mapped(words: str, expected: tuple[str, ...]) -> None:
    unclear = drug_category(words, A_DAY)
    assert isinstance(unclear, DrugUnclear)
    assert unclear.candidates == expected
    assert all(path in unclear.sentence for path in expected)


def test_an_ambiguous_word_names_what_else_it_may_be() -> None:
    unclear = drug_category("vape", A_DAY)
    assert isinstance(unclear, DrugUnclear)
    assert unclear.candidates == ("b/cannabis",)
    assert "nicotine_vape" in unclear.sentence


@pytest.mark.parametrize("words", ["Cocaine (class B)", "b/cocaine", "Class C GBL"])
def test_a_class_that_contradicts_the_name_is_asked_about(words: str) -> None:
    unclear = drug_category(words, A_DAY)
    assert isinstance(unclear, DrugUnclear)
    assert len(unclear.candidates) == 1
    assert unclear.candidates[0] in unclear.sentence
    assert str(A_DAY) in unclear.sentence


def test_before_the_data_begin_the_class_is_asked_about() -> None:
    unclear = drug_category("cocaine", date(2005, 1, 1))
    assert isinstance(unclear, DrugUnclear)
    assert unclear.candidates == ("a/cocaine",)
    assert "2008-01-01" in unclear.sentence


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        ("cocainne", "a/cocaine"),
        ("ketmine", "b/ketamine"),
        ("herion", "a/heroin"),
        ("cannibas", "b/cannabis"),
        ("amphetamin", "b/amphetamine"),
        ("diazpam", "c/diazepam"),
    ],
)
def test_an_unknown_word_gets_the_nearest_names(words: str, nearest: str) -> None:
    unknown = drug_category(words, A_DAY)
    assert isinstance(unknown, DrugUnknown)
    assert unknown.nearest[0] == nearest
    assert f"Did you mean {nearest}" in unknown.sentence
    assert len(unknown.nearest) <= 3


@pytest.mark.parametrize("words", ["", "   ", "xyzzy", "PWITS", "!!!", "x" * 10_000])
def test_a_word_like_no_other_gets_no_suggestion(words: str) -> None:
    unknown = drug_category(words, A_DAY)
    assert isinstance(unknown, DrugUnknown)
    assert unknown.nearest == ()


def test_things_that_are_no_drugs_are_named_as_such() -> None:
    unknown = drug_category("Viagra", A_DAY)
    assert isinstance(unknown, DrugUnknown)
    assert "Send it as other property" in unknown.sentence


@given(words=st.text(max_size=40), day=st.dates(date(1990, 1, 1), date(2060, 1, 1)))
@example(words="s", day=A_DAY)
def test_any_text_has_an_answer_with_known_paths(words: str, day: date) -> None:
    found = paths(words, day)
    listed = (found,) if isinstance(found, str) else found
    for path in listed:
        assert "/" not in path or path.split("/")[1] in DRUGS
    assert len(nearest_drugs(words, day)) <= 3
