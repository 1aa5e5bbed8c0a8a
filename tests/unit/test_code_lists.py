"""The codes that a template workbook offers are those that the service accepts."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import get_args

import openpyxl
import pytest

from service.domain.deciding.check_drugs import check_drugs
from service.domain.model.events import LINE_CLASSES, DrugLine, SeizureRecorded
from service.domain.model.operation import Operation
from service.domain.model.vocabulary import QUALIFIERS, Acquisition, CorrectionReason, ReturnStatus
from service.spreadsheets.code_lists import MEASURE_OF_KIND, MOST_DAYS, code_lists, dependent_lists
from service.spreadsheets.template_workbook import ABOUT, REQUIRED, template_workbook
from service.spreadsheets.templates import CATEGORY_OF, TEMPLATES, recorded_event
from tests.factories.operations import operation_state
from tests.factories.reports import SeizureRecordedFactory
from tests.factories.setup import STARTS_AT, MeasureRegisteredFactory

OFFERED = code_lists(operation_state(places=("m25",)), "surrey")


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (("seizures", "kind"), LINE_CLASSES),
        (("arrests", "qualifier"), QUALIFIERS),
        (("seizures", "acquired"), get_args(Acquisition)),
        (("returns", "status"), get_args(ReturnStatus)),
        (("withdrawals", "correction_reason"), get_args(CorrectionReason)),
    ],
)
def test_every_code_of_a_fixed_vocabulary_is_offered(column: tuple[str, str], codes: object) -> None:
    assert set(OFFERED[column].codes) == set(codes)  # type: ignore[call-overload]
    assert all(OFFERED[column].codes.values())


def test_every_list_belongs_to_a_column_of_a_template() -> None:
    assert {(name, column) for name in TEMPLATES for column in TEMPLATES[name].names()} >= set(OFFERED)
    assert set(ABOUT) == set(REQUIRED) == set(TEMPLATES)
    assert all(set(REQUIRED[name]) <= set(TEMPLATES[name].names()) for name in TEMPLATES)
    assert set(MEASURE_OF_KIND) == set(CATEGORY_OF)


def test_a_force_that_reports_events_is_offered_no_core_measures_as_activity() -> None:
    assert "arrests" not in OFFERED["activities", "measure"].codes
    assert "arrests" in code_lists(operation_state(), "essex")["activities", "measure"].codes
    assert "arrests" in OFFERED["returns", "measures"].codes


def test_categories_follow_from_the_code_beside_them() -> None:
    state = operation_state(MeasureRegisteredFactory(measure="knife-bins", categories=("street",)))
    by, lists = dependent_lists(state, "surrey")["activities"]
    assert by == "measure"
    assert list(lists["knife-bins"].codes) == ["unstated", "street"]
    assert "people_charged" not in lists
    assert set(dependent_lists(state, "surrey")["seizures"][1]) == {"weapon", "drug", "vehicle"}


@pytest.mark.parametrize(
    ("starts_at", "gbl"),
    [(datetime(2021, 1, 16, tzinfo=UTC), "c/gbl"), (datetime(2023, 1, 16, tzinfo=UTC), "b/gbl")],
)
def test_drugs_are_offered_under_their_class_on_the_days_of_the_operation(starts_at: datetime, gbl: str) -> None:
    state = operation_state(starts_at=starts_at, ends_at=starts_at + timedelta(days=7))
    drugs = dependent_lists(state, "surrey")["seizures"][1]["drug"].codes
    assert {"a", "a/cocaine", gbl} <= set(drugs)
    assert len([one for one in drugs if str(one).endswith("/gbl")]) == 1
    assert drugs["a/cocaine/block"] == "Cocaine (powder): block"
    # Every path is accepted by the service.
    assert all(is_accepted(state, str(one), starts_at) for one in drugs)


def is_accepted(state: Operation, drug: str, at: datetime) -> bool:
    event = SeizureRecordedFactory(occurred_at=at, data=SeizureRecorded(lines=(DrugLine(drug=drug),)))
    check_drugs(event, state)
    return True


@pytest.mark.parametrize(("days", "listed"), [(MOST_DAYS, True), (MOST_DAYS + 1, False)])
def test_days_are_listed_unless_there_are_too_many(days: int, listed: bool) -> None:  # noqa: FBT001
    state = operation_state(ends_at=STARTS_AT + timedelta(days=days, hours=-2))
    assert (("returns", "day") in code_lists(state, "surrey")) is listed


def test_no_row_of_help_or_codes_may_be_taken_for_a_header() -> None:
    """A registered measure may have the name of a template's column, such as `status`."""
    named = [MeasureRegisteredFactory(measure=one.key, categories=(one.key,)) for one in TEMPLATES.values()]
    state = operation_state(*named, places=tuple(one.key for one in TEMPLATES.values()))
    book = openpyxl.load_workbook(BytesIO(template_workbook(state, "surrey", 1)))
    for page in book.worksheets[-2:]:
        assert max(sum(cell.value is not None for cell in row) for row in page.iter_rows()) == 2
        assert len([cell for cell in page[1] if cell.value]) == 1


@pytest.mark.parametrize("written", [7, 7.0, "7", " 7 "], ids=repr)
def test_a_seq_may_be_a_number_or_text(written: object) -> None:
    assert recorded_event(written) == "7"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written", ["0", "07", "-7", "7.5", "seven", 7.5, True, datetime(2023, 1, 1, tzinfo=UTC)], ids=repr
)
def test_other_cells_name_no_event(written: object) -> None:
    with pytest.raises(ValueError, match="Expected"):
        recorded_event(written)  # type: ignore[arg-type]
