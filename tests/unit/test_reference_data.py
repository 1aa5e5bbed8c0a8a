"""The reference data that ships with the code: complete, and consistent with the vocabulary."""

import re
import tomllib
from importlib.resources import files
from typing import Any, get_args

import pytest

from service.domain.counting.rules import counts_of
from service.domain.model.events import (
    AmmunitionLine,
    CashLine,
    DrugLine,
    OtherPropertyLine,
    PhoneLine,
    VehicleLine,
    WeaponLine,
)
from service.domain.model.personal_data import personal_shape
from service.domain.model.reference_data import Measure, currencies, force_catalogue, measure_catalogue
from service.domain.model.vocabulary import Acquisition, CategoryPath, Code, ForceKind, Slug, shape_of
from tests.factories.reports import ArrestRecordedFactory, SeizureRecordedFactory

MEASURES = measure_catalogue()
FORCES = force_catalogue()


def fits(annotated: Any, text: str) -> bool:
    """Return whether the text matches a type of the vocabulary."""
    matching = shape_of(annotated)
    return re.fullmatch(matching.expression, text, re.ASCII) is not None and len(text) <= matching.most


def keys_in(name: str, table: str, key: str) -> list[str]:
    text = (files("service.domain.model") / "reference" / name).read_text(encoding="utf-8")
    return [row[key] for row in tomllib.loads(text)[table]]


def test_no_force_is_duplicated_in_the_catalogue() -> None:
    assert keys_in("forces.toml", "forces", "force") == list(FORCES)


def test_no_measure_is_duplicated_in_the_catalogue() -> None:
    assert keys_in("measures.toml", "measures", "measure") == list(MEASURES)


@pytest.mark.parametrize("force", FORCES.values(), ids=lambda force: force.force)
def test_every_force_has_a_slug_a_name_and_a_known_kind(force: Any) -> None:
    assert fits(Slug, force.force)
    assert force.name
    assert force.kind in get_args(ForceKind)


def test_no_two_forces_have_the_same_name() -> None:
    names = [name.lower() for force in FORCES.values() for name in (force.name, *force.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.measure)
def test_every_measure_matches_the_vocabulary(measure: Measure) -> None:
    assert fits(Code, measure.measure)
    assert measure.label
    assert measure.unit
    assert all(fits(CategoryPath, path) for path in measure.categories)
    assert len(measure.categories) == len(set(measure.categories))


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.measure)
def test_every_category_lies_under_a_listed_one(measure: Measure) -> None:
    assert {path.partition("/")[0] for path in measure.categories} <= set(measure.categories)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.measure)
def test_every_measure_with_listed_categories_has_unstated(measure: Measure) -> None:
    assert not measure.categories or "unstated" in measure.categories
    assert (measure.category is None) == (not measure.has_categories)


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.measure)
def test_a_measure_that_is_not_additive_has_categories(measure: Measure) -> None:
    assert measure.additive or measure.has_categories


def test_nothing_in_the_reference_data_looks_personal() -> None:
    codes = [*FORCES, *MEASURES, *(path for measure in MEASURES.values() for path in measure.categories)]
    assert [code for code in codes if personal_shape(code)] == []


def test_core_measures_are_exactly_those_that_arrests_and_seizures_are_counted_under() -> None:
    everything = SeizureRecordedFactory(
        lines=(
            WeaponLine(weapon="blunt"),
            AmmunitionLine(rounds=1),
            DrugLine(drug="a", weight_milligrams=1, plants=1, tablets=1, wraps=1, value_pence=1),
            VehicleLine(ground="other"),
            CashLine(currency="GBP", amount_minor=1),
            CashLine(currency="EUR", amount_minor=1),
            PhoneLine(),
            OtherPropertyLine(property="dogs"),
        )
    )
    counted = {count.measure for event in (ArrestRecordedFactory(), everything) for count in counts_of(event, MEASURES)}
    assert counted == {measure.measure for measure in MEASURES.values() if measure.core}


def test_every_acquisition_of_weapons_is_a_listed_category() -> None:
    assert set(get_args(Acquisition)) <= set(MEASURES["weapons_by_acquisition"].categories)


def test_the_reasons_for_an_arrest_are_exactly_these() -> None:
    reasons = (
        "knife weapon drugs burglary robbery wanted violence theft public_order driving fraud immigration sexual "
        "criminal_damage other unstated"
    )
    assert set(MEASURES["arrests"].categories) == set(reasons.split())


def test_the_drug_measures_know_the_same_classes() -> None:
    drugs = [measure for measure in MEASURES.values() if measure.category in ("drug", "class")]
    assert {measure.categories for measure in drugs} == {("unstated", "a", "b", "c", "psychoactive")}


def test_the_list_decides_which_paths_are_known() -> None:
    assert MEASURES["weapons"].knows("bladed/knife")
    assert not MEASURES["weapons"].knows("bladed/spoon")
    assert not MEASURES["weapons"].knows("spoon")
    assert MEASURES["drug_weight"].knows("a/cocaine/crack")
    assert not MEASURES["drug_weight"].knows("d/tea")
    assert MEASURES["other_property"].knows("cigarettes")


def test_currencies_are_three_letter_codes_and_include_the_usual_ones() -> None:
    assert {"GBP", "EUR", "USD"} <= currencies()
    assert all(re.fullmatch("[A-Z]{3}", code) for code in currencies())
