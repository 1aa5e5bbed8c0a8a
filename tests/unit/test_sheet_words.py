"""The words of spreadsheets: what stands for a code or a column, what is asked about, and what is personal."""

import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any, get_args

import pytest

from service.domain.model.reference_data import force_catalogue, measure_catalogue
from service.domain.model.vocabulary import QUALIFIERS, Acquisition, CategoryPath, ReturnStatus, Slug
from service.spreadsheets.templates import TEMPLATES
from service.spreadsheets.words import (
    Ambiguous,
    Kind,
    KnownWord,
    Personal,
    Unknown,
    column_meant,
    meaning_of,
    normalised,
    normalised_heading,
    personal_heading,
)
from tests.unit.test_reference_data import fits

WORDS = tomllib.loads((files("service.spreadsheets") / "reference" / "words.toml").read_text(encoding="utf-8"))
KINDS = get_args(Kind)
MEASURES = measure_catalogue()
LISTED = {"reason": "arrests", "weapon": "weapons", "ground": "vehicles"}


def test_every_kind_has_a_section_and_states_its_evidence():
    assert set(WORDS) == {*KINDS, "columns", "personal"}
    assert all(WORDS[kind]["evidence"] for kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_code_matches_the_vocabulary_and_no_word_stands_twice(kind: str):
    section = WORDS[kind]
    expected = Slug if kind in ("place", "force") else CategoryPath
    codes = [*section["words"], *(code for codes in section.get("ask", {}).values() for code in codes)]
    assert [code for code in codes if not fits(expected, code)] == []
    written = [word for words in section["words"].values() for word in words] + list(section.get("ask", {}))
    assert [word for word, times in Counter(written).items() if times > 1] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_word_stands_for_one_code_or_is_asked_about_but_not_both(kind: Kind):
    asked = {normalised(word) for word in WORDS[kind].get("ask", {})}
    for code, words in WORDS[kind]["words"].items():
        for word in words:
            assert meaning_of(kind, word) == KnownWord(code), word
            assert normalised(word) not in asked, word


@pytest.mark.parametrize(("kind", "measure"), LISTED.items())
def test_codes_lie_under_the_categories_of_the_measure(kind: str, measure: str):
    steps = {code.partition("/")[0] for code in WORDS[kind]["words"]}
    assert steps <= set(MEASURES[measure].categories)


def test_codes_are_those_of_the_vocabulary():
    assert set(WORDS["status"]["words"]) == set(get_args(ReturnStatus))
    assert set(WORDS["acquired"]["words"]) == set(get_args(Acquisition))
    assert set(WORDS["qualifier"]["words"]) | {"exact"} == set(QUALIFIERS)
    assert set(WORDS["measure"]["words"]) <= set(MEASURES)
    assert set(WORDS["force"]["words"]) <= set(force_catalogue())
    assert set(WORDS["kind"]["words"]) == {"weapon", "ammunition", "drug", "vehicle", "cash", "phone", "other"}


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("  Avon & Somerset ", "avon and somerset"),
        ("s.5(3)  MDA", "s 5 3 mda"),
        ("Non-dwelling_burglary/attempt", "non dwelling burglary attempt"),
        ("King's Cross", "kings cross"),
        ("Knives", "knive"),
        ("trespass", "trespass"),
        ("DS", "ds"),
        ("-", ""),
    ],
)
def test_words_are_compared_without_capitals_punctuation_and_a_final_s(written: str, compared: str):
    assert normalised(written) == compared


def test_headings_keep_their_final_s():
    assert normalised_heading("Weight (Grams):") == "weight grams"


@pytest.mark.parametrize(
    ("kind", "word", "code"),
    [
        ("force", "Surrey Police", "surrey"),
        ("force", "MPS", "metropolitan"),
        ("force", "D&C", "devon-and-cornwall"),
        ("reason", "PWITS", "drugs/supply"),
        ("reason", "Public Order", "public_order"),
        ("reason", "unstated", "unstated"),
        ("weapon", "Zombie Knives", "bladed/knife/zombie"),
        ("weapon", "Pistol", "firearm/pistol"),
        ("ground", "No insurance", "motoring/s165a_no_insurance"),
        ("acquired", "Handed in", "surrendered_or_found"),
        ("status", "NIL RETURN", "nil"),
        ("kind", "Mobile phones", "phone"),
        ("property", "Cigs", "cigarettes"),
        ("measure", "Officers deployed", "officers_deployed"),
        ("measure", "county lines closed", "county_lines_closed"),
        ("qualifier", "in excess of", "more_than"),
        ("unit", "Kilos", "kg"),
        ("place", "LB Camden", "camden"),
        ("place", "M 25", "m25"),
    ],
)
def test_a_word_stands_for_a_code(kind: Kind, word: str, code: str):
    assert meaning_of(kind, word) == KnownWord(code)


def test_a_code_is_shortened_to_what_the_operation_knows():
    assert meaning_of("reason", "PWITS", ["drugs", "knife"]) == KnownWord("drugs")
    assert meaning_of("reason", "PWITS", ["drugs", "drugs/supply"]) == KnownWord("drugs/supply")
    assert meaning_of("reason", "breach", ["wanted", "violence"]) == Ambiguous(("wanted", "violence"))
    assert meaning_of("reason", "PWITS", ["knife"]) == Unknown(())


def test_places_are_those_of_the_operation():
    places = ["m25", "tower-hamlets", "north-area"]
    assert meaning_of("place", "London Borough of Tower Hamlets", places) == KnownWord("tower-hamlets")
    assert meaning_of("place", "North area BCU", places) == KnownWord("north-area")
    assert meaning_of("place", "M25 J12 Esso", places) == Unknown(("m25",))
    assert meaning_of("place", "m52", places) == Unknown(("m25",))
    assert meaning_of("place", "Camden", places) == Unknown(())


@pytest.mark.parametrize(
    ("kind", "word", "candidates"),
    [
        ("reason", "Snatch", ("robbery", "theft/person")),
        ("reason", "various", ()),
        ("reason", "-", ()),
        ("status", "No return", ()),
        ("measure", "Charges", ("charges_laid", "people_charged")),
        ("unit", "oz", ()),
        ("force", "ROCU", ()),
    ],
)
def test_an_ambiguous_word_is_asked_about(kind: Kind, word: str, candidates: tuple[str, ...]):
    assert meaning_of(kind, word) == Ambiguous(candidates)


@pytest.mark.parametrize(
    ("kind", "word", "nearest"),
    [
        ("force", "Surey", ("surrey",)),
        ("reason", "burglery", ("burglary",)),
        ("reason", "jaywalking", ()),
        ("weapon", "big machete", ("bladed/machete",)),
    ],
)
def test_an_unknown_word_has_at_most_three_near_codes(kind: Kind, word: str, nearest: tuple[str, ...]):
    assert meaning_of(kind, word) == Unknown(nearest)
    found = meaning_of("force", "yorkshire")
    assert isinstance(found, Unknown)
    assert set(found.nearest) == {"north-yorkshire", "south-yorkshire", "west-yorkshire"}


def test_every_column_of_a_template_is_listed_and_is_not_personal():
    for template in TEMPLATES.values():
        for name in template.names():
            assert column_meant(name, template.name) == KnownWord(name)
            assert personal_heading(name) is None


@pytest.mark.parametrize(
    ("heading", "template", "meaning"),
    [
        ("Occurred at", None, KnownWord("occurred_at")),
        ("Weight (grams)", "seizures", KnownWord("weight_grams")),
        ("Date", None, Ambiguous(("occurred_at", "day"))),
        ("Date", "arrests", KnownWord("occurred_at")),
        ("Offence", "arrests", KnownWord("reason")),
        ("Cash (£)", "seizures", KnownWord("cash_pounds")),
        ("Gross weight", "seizures", Ambiguous(("weight_grams",))),
        ("Police force", "arrests", KnownWord("force")),
        ("Protective marking", "arrests", KnownWord("ignored")),
        ("qualifer", "arrests", Unknown(("qualifier",))),
        ("colour", "arrests", Unknown(())),
        ("", "arrests", Ambiguous(())),
    ],
)
def test_a_heading_stands_for_a_column(heading: str, template: str | None, meaning: Any):
    assert column_meant(heading, template) == meaning


@pytest.mark.parametrize(
    ("heading", "action"),
    [
        ("Name", "refuse"),
        ("Suspect's name", "refuse"),
        ("D.O.B.", "refuse"),
        ("DOB of suspect", "refuse"),
        ("VRM 2", "refuse"),
        ("Crime ref.", "refuse"),
        ("Crime Refs", "refuse"),
        ("Custody no", "refuse"),
        ("Surnam", "refuse"),
        ("Post Code:", "refuse"),
        ("Comments", "leave_out"),
        ("Age", "leave_out"),
        ("Exhibit no", "leave_out"),
    ],
)
def test_a_heading_that_means_personal_data_is_recognised(heading: str, action: str):
    found = personal_heading(heading)
    assert isinstance(found, Personal)
    assert found.action == action


@pytest.mark.parametrize("heading", ["", "Place", "Operation name", "name of drug", "colour", "Offence", "Qty"])
def test_other_headings_are_not_personal(heading: str):
    assert personal_heading(heading) is None


def test_a_personal_heading_can_be_ambiguous():
    assert personal_heading("Officers") == Personal("an officer or a member of staff", "refuse", is_ambiguous=True)
    assert personal_heading("Crime ref") == Personal("the number of a person or a case", "refuse")
