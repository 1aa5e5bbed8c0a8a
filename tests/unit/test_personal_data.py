"""Codes that look like personal data are refused, and the error does not repeat them."""

import pytest

from service.domain.model.personal_data import LooksPersonal, personal_shape, refuse_personal
from service.domain.model.reference_data import measure_catalogue
from tests.factories.names import NAMES, PERSONAL


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("ab12cde", "a registration mark"),
        ("AB12 CDE", "a registration mark"),
        ("ab-12-cde", "a registration mark"),
        ("a123bcd", "a registration mark"),
        ("abc123d", "a registration mark"),
        ("abz1234", "a registration mark"),
        ("sw1a-1aa", "a postcode"),
        ("m1_1ae", "a postcode"),
        ("cr26xh", "a postcode"),
        ("07700900123", "a phone number"),
        ("0044-7700-900123", "a phone number"),
        ("+44 7700 900123", "a phone number"),
        ("7700900123", "a phone number"),
        ("020 7946 0123", "a phone number"),
        ("2301ab0000000012345k", "an arrest/summons number"),
        ("23/01AB/00/12345K", "an arrest/summons number"),
    ],
)
def test_a_code_that_looks_personal_is_refused_with_the_kind_of_data(code: str, shape: str) -> None:
    assert personal_shape(code) == shape
    with pytest.raises(LooksPersonal, match=shape):
        refuse_personal(code, "/place")


@pytest.mark.parametrize(
    "code",
    [
        "m25",
        "a406",
        "m6_toll",
        "surrey",
        "heathrow",
        "bladed/knife",
        "motoring/s165a_no_insurance",
        "a/cocaine",
        "b/cannabis/resin",
        "2023-01-17",
        "operation-lantern-2023",
        "junction-12",
        "0800",
        "sw1a",
    ],
)
def test_the_codes_that_operations_use_pass(code: str) -> None:
    assert personal_shape(code) is None
    refuse_personal(code, "/place")


def test_the_list_of_names_decides() -> None:
    assert (len(NAMES), len(PERSONAL)) == (300, 60)
    assert [name for name in NAMES if personal_shape(name)] == []
    assert [code for code in PERSONAL if not personal_shape(code)] == []


@pytest.mark.parametrize(
    "name",
    [
        "tac-2025",
        "ops2026",
        "cid2024",
        "tsg-4b",
        "m20-nb",
        "t3-lhr",
        "ls10-hub",
        "m25-1st",
        "sceptre-2024-07-12-2024-07-19",
        "july-07-08-09-10-11",
        "20241125-1a",
        "07-12-2024-07",
        "joint-a406-red",
        "Operation A12 Red Route",
        "M4 bus lane",
    ],
)
def test_other_names_of_these_forms_pass_too(name: str) -> None:
    assert personal_shape(name) is None


@pytest.mark.parametrize(
    ("code", "shape"),
    [
        ("bxi-4321", "a registration mark"),
        ("bxi2024", "a registration mark"),
        ("aa19-ops", "a registration mark"),
        ("abc-123-d", "a registration mark"),
        ("reg-k123abc", "a registration mark"),
        ("ab12cde-bmw", "a registration mark"),
        ("BMW AB12 CDE", "a registration mark"),
        ("home-sw1a-1aa", "a postcode"),
        ("mob-07700-900123", "a phone number"),
        ("tel-0161-496-0345", "a phone number"),
        ("asn-23-01bb-01-123-a", "an arrest/summons number"),
    ],
)
def test_a_label_does_not_hide_what_looks_personal(code: str, shape: str) -> None:
    assert personal_shape(code) == shape


def test_the_built_in_measures_and_categories_pass() -> None:
    built_in = [text for one in measure_catalogue().values() for text in (one.measure, one.label, *one.categories)]
    assert [text for text in built_in if personal_shape(text)] == []


def test_each_step_of_a_path_is_checked() -> None:
    with pytest.raises(LooksPersonal):
        refuse_personal("vehicles/ab12cde", "/data/category")


def test_the_error_has_a_pointer_and_never_repeats_the_value() -> None:
    with pytest.raises(LooksPersonal) as caught:
        refuse_personal("ab12cde", "/data/lines/0/property")
    (error,) = caught.value.errors
    assert error.pointer == "/data/lines/0/property"
    assert "ab12cde" not in (str(caught.value) + error.detail + repr(caught.value.members)).lower()
