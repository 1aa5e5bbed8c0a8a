"""Codes that look like personal data are refused, and the error does not repeat them."""

import pytest

from service.domain.model.personal_data import LooksPersonal, personal_shape, refuse_personal


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


def test_each_step_of_a_path_is_checked() -> None:
    with pytest.raises(LooksPersonal):
        refuse_personal("vehicles/ab12cde", "/data/category")


def test_the_error_has_a_pointer_and_never_repeats_the_value() -> None:
    with pytest.raises(LooksPersonal) as caught:
        refuse_personal("ab12cde", "/data/lines/0/property")
    (error,) = caught.value.errors
    assert error.pointer == "/data/lines/0/property"
    assert "ab12cde" not in (str(caught.value) + error.detail + repr(caught.value.members)).lower()
