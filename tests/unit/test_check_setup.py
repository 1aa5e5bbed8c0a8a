"""What a coordinator may not do to an operation."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from service.domain.deciding.check_report import OperationIsClosed
from service.domain.deciding.check_setup import (
    AlreadyJoined,
    AmendsNothing,
    MeasureUnclear,
    NotClosed,
    PartNotAccepted,
    ResidualNotImported,
    check_opening,
    check_setup,
)
from service.domain.model.days import DaysUnclear
from service.domain.model.events import Event, ForceJoined, PartAccepted, PartRemoved, Window
from service.domain.model.operation import Operation, UnknownCode
from service.domain.model.personal_data import LooksPersonal
from service.domain.model.reference_data import force_catalogue
from service.errors import RecordError
from tests.factories.operations import operation_state
from tests.factories.setup import (
    ENDS_AT,
    LEAD,
    STARTS_AT,
    ForceJoinedFactory,
    MeasureRegisteredFactory,
    OperationAmendedFactory,
    OperationClosedFactory,
    OperationOpenedFactory,
    OperationReopenedFactory,
)

OPEN = operation_state()
CLOSED = operation_state(OperationClosedFactory())
REGISTRATION_MARK = "ab12cde"


def checked(event: Event, operation: Operation = OPEN) -> Event:
    return check_setup(event, operation, force_catalogue())


def pointer(event: Event, expected: type[RecordError], operation: Operation = OPEN) -> str | None:
    """Return the pointer of the error, which must be of the expected class and not repeat personal data."""
    with pytest.raises(RecordError) as caught:
        checked(event, operation)
    assert type(caught.value) is expected
    assert REGISTRATION_MARK not in caught.value.detail
    return caught.value.errors[0].pointer if caught.value.errors else None


# Opening


def test_a_valid_opening_passes() -> None:
    check_opening(OperationOpenedFactory().data)


@pytest.mark.parametrize(
    ("opening", "expected", "where"),
    [
        pytest.param({"starts_at": None, "ends_at": None}, DaysUnclear, "", id="no-days"),
        pytest.param({"starts_at": ENDS_AT, "ends_at": STARTS_AT}, DaysUnclear, "/ends_at", id="ends-first"),
        pytest.param({"name": "AB12 CDE"}, LooksPersonal, "/name", id="name"),
        pytest.param({"places": ("m25", REGISTRATION_MARK)}, LooksPersonal, "/places/1", id="place"),
    ],
)
def test_an_invalid_opening_is_refused(opening: dict[str, Any], expected: type[RecordError], where: str) -> None:
    with pytest.raises(RecordError) as caught:
        check_opening(OperationOpenedFactory(**opening).data)
    assert (type(caught.value), caught.value.errors[0].pointer) == (expected, where)


# Joining forces


def test_a_force_of_the_catalogue_gets_its_name_and_kind() -> None:
    joined = checked(ForceJoinedFactory(joining="sussex")).data
    assert joined == ForceJoined(force="sussex", name="Sussex Police", kind="territorial")


def test_a_name_given_by_the_coordinator_is_kept() -> None:
    joined = checked(ForceJoinedFactory(joining="sussex", name="Sussex Roads Policing")).data
    assert joined == ForceJoined(force="sussex", name="Sussex Roads Policing", kind="territorial")


def test_an_unknown_body_can_join_with_name_and_kind() -> None:
    joined = checked(ForceJoinedFactory(joining="port-of-dover", name="Port of Dover Police", kind="special")).data
    assert isinstance(joined, ForceJoined)
    assert joined.name == "Port of Dover Police"


@pytest.mark.parametrize("given", [{}, {"name": "Port of Dover"}, {"kind": "special"}], ids=["nothing", "name", "kind"])
def test_an_unknown_body_needs_both_name_and_kind(given: dict[str, str]) -> None:
    assert pointer(ForceJoinedFactory(joining="port-of-dover", **given), UnknownCode) == "/force"


def test_a_force_that_looks_personal_is_refused_without_repeating_it() -> None:
    assert pointer(ForceJoinedFactory(joining=REGISTRATION_MARK), LooksPersonal) == "/force"


def test_a_force_joins_once() -> None:
    assert pointer(ForceJoinedFactory(joining="surrey"), AlreadyJoined) == "/force"


def test_a_residual_force_can_join_only_an_imported_operation() -> None:
    residual = ForceJoinedFactory(joining="no-single-force", name="No single force", kind="residual")
    assert pointer(residual, ResidualNotImported) == "/kind"
    assert checked(residual, operation_state(imported=True)) == residual


# Amendments


def test_only_a_part_can_be_taken_out() -> None:
    accepted, removed = (Event(id=uuid4(), force=LEAD, data=cls(part="week")) for cls in (PartAccepted, PartRemoved))
    whole = operation_state(accepted)
    assert checked(removed, whole) is removed
    for without in (OPEN, operation_state(accepted, removed)):
        assert pointer(removed, PartNotAccepted, without) == "/part"


def test_a_valid_amendment_passes_unchanged() -> None:
    event = OperationAmendedFactory(places=("m60",))
    assert checked(event) is event


def test_an_empty_amendment_is_refused() -> None:
    pointer(OperationAmendedFactory(), AmendsNothing)


@pytest.mark.parametrize(
    ("amendment", "expected", "where"),
    [
        pytest.param({"places": (REGISTRATION_MARK,)}, LooksPersonal, "/places/0", id="place"),
        pytest.param({"ends_at": STARTS_AT}, DaysUnclear, "/ends_at", id="ends-at-its-start"),
        pytest.param({"starts_at": ENDS_AT}, DaysUnclear, "/ends_at", id="starts-at-its-end"),
        pytest.param(
            {"starts_at": STARTS_AT, "days": (Window(starts_at=STARTS_AT, ends_at=ENDS_AT),)},
            DaysUnclear,
            "/days",
            id="dates-and-windows",
        ),
    ],
)
def test_an_invalid_amendment_is_refused(amendment: dict[str, Any], expected: type[RecordError], where: str) -> None:
    assert pointer(OperationAmendedFactory(**amendment), expected) == where


def test_a_closed_operation_can_be_amended() -> None:
    checked(OperationAmendedFactory(returns_due_at=datetime(2023, 2, 1, tzinfo=UTC)), CLOSED)


# Closing


def test_a_closed_operation_cannot_be_closed_again() -> None:
    pointer(OperationClosedFactory(), OperationIsClosed, CLOSED)


def test_an_open_operation_cannot_be_reopened() -> None:
    pointer(OperationReopenedFactory(), NotClosed)


@pytest.mark.parametrize(
    ("event", "operation"), [(OperationClosedFactory(), OPEN), (OperationReopenedFactory(), CLOSED)]
)
def test_an_open_operation_can_be_closed_and_a_closed_one_reopened(event: Event, operation: Operation) -> None:
    assert checked(event, operation) is event


# Measures


@pytest.mark.parametrize(
    "registered",
    [
        {},
        {"categories": ("xl_bully",)},
        {"open": True, "additive": False},
        {"measure": "arrests", "label": None, "unit": None, "categories": ("violence/emergency_worker",)},
        {"measure": "arrests", "label": "arrests", "unit": "arrests", "categories": ("violence/emergency_worker",)},
        {"measure": "other_property", "label": None, "unit": None, "categories": ("dogs/xl_bully",)},
    ],
    ids=["new", "new-with-categories", "new-and-open", "known", "known-and-repeated", "known-and-open"],
)
def test_a_valid_registration_passes(registered: dict[str, Any]) -> None:
    event = MeasureRegisteredFactory(**registered)
    assert checked(event) is event


@pytest.mark.parametrize(
    ("registered", "expected", "where"),
    [
        pytest.param({"label": None}, MeasureUnclear, "/label", id="new-without-label"),
        pytest.param({"unit": None}, MeasureUnclear, "/unit", id="new-without-unit"),
        pytest.param({"additive": False}, MeasureUnclear, "/categories", id="not-additive-without-categories"),
        pytest.param({"measure": "arrests", "unit": "arrests"}, MeasureUnclear, "/label", id="known-with-other-label"),
        pytest.param(
            {"measure": "arrests", "label": None, "unit": "people"}, MeasureUnclear, "/unit", id="known-with-other-unit"
        ),
        pytest.param(
            {"measure": "arrests", "label": None, "unit": None}, MeasureUnclear, "/categories", id="known-adds-nothing"
        ),
        pytest.param(
            {"measure": "phones", "label": None, "unit": None, "categories": ("smart",)},
            MeasureUnclear,
            "/categories",
            id="known-without-categories",
        ),
        pytest.param(
            {"measure": "arrests", "label": None, "unit": None, "categories": ("violence/x", "arson")},
            UnknownCode,
            "/categories/1",
            id="first-step-is-not-listed",
        ),
        pytest.param({"measure": REGISTRATION_MARK}, LooksPersonal, "/measure", id="measure-looks-personal"),
        pytest.param(
            {"categories": ("dogs", REGISTRATION_MARK)}, LooksPersonal, "/categories/1", id="category-looks-personal"
        ),
    ],
)
def test_an_unclear_registration_is_refused(
    registered: dict[str, Any], expected: type[RecordError], where: str
) -> None:
    assert pointer(MeasureRegisteredFactory(**registered), expected) == where
