"""What is typed into forms: times, numbers and drugs, read exactly or refused; and back as they would be typed."""

from datetime import UTC, date, datetime

import pytest

from service.domain.model.drugs import drug_list
from service.domain.model.reference_data import force_catalogue
from service.web.forms import amounts, drugs, when
from service.web.forms.questions import Setting, Typed
from service.web.forms.seizure import lines_of, with_line, without_line
from tests.factories.operations import operation_state
from tests.factories.setup import MeasureRegisteredFactory

OPERATION = operation_state(starts_at=datetime(2023, 1, 1, tzinfo=UTC), ends_at=datetime(2024, 1, 1, tzinfo=UTC))
SETTING = Setting(
    operation=OPERATION, forces=force_catalogue(), force="surrey", now=datetime(2023, 1, 17, 12, tzinfo=UTC)
)


def typed(time: str, day: str = "17", month: str = "1", year: str = "2023") -> Typed:
    return Typed({"date-day": [day], "date-month": [month], "date-year": [year], "time": [time]})


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("9:40pm", "21:40"),
        ("9.40 PM", "21:40"),
        ("9:40 p.m.", "21:40"),
        ("21:40", "21:40"),
        ("2140", "21:40"),
        ("9pm", "21:00"),
        ("12am", "00:00"),
        ("12pm", "12:00"),
        ("midday", "12:00"),
        ("Midnight", "00:00"),
        ("0:05", "00:05"),
    ],
)
def test_a_time_is_read_as_people_write_it(time: str, expected: str):
    assert when.read(SETTING, typed(time)) == ({"occurred_at": f"2023-01-17T{expected}:00Z"}, [])


@pytest.mark.parametrize(
    "time", ["9", "25:00", "9:60", "0pm", "13pm", "9:4", "quarter past", "9:40xm", "²:00", "9:40pm 1"]
)
def test_a_time_that_can_be_misread_is_refused(time: str):
    found, ((field, said),) = when.read(SETTING, typed(time))
    assert (found, field, said) == ({}, "time", "Time must be like 9:40pm or 21:40")


def test_times_are_london_times():
    assert when.read(SETTING, typed("9:40pm", month="7"))[0] == {"occurred_at": "2023-07-17T20:40:00Z"}


@pytest.mark.parametrize(("time", "day", "month"), [("1:30am", "29", "10"), ("1:30am", "26", "3")])
def test_a_time_that_comes_twice_or_never_needs_its_zone(time: str, day: str, month: str):
    found, ((field, said),) = when.read(SETTING, typed(time, day, month))
    assert (found, field) == ({}, "time")
    assert said.endswith("add GMT or BST to the time, like 1:30am GMT")


def test_a_time_with_its_zone_is_exact():
    assert when.read(SETTING, typed("1:30am GMT", "29", "10"))[0] == {"occurred_at": "2023-10-29T01:30:00Z"}
    assert when.read(SETTING, typed("1:30am bst", "29", "10"))[0] == {"occurred_at": "2023-10-29T00:30:00Z"}


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [("17", "January", "2023"), ("17", "jan", "23"), ("17", "01", "2023"), (" 17 ", "1", "2023")],
)
def test_a_date_is_read_as_people_write_it(day: str, month: str, year: str):
    assert when.typed_day(typed("", day, month, year)) == date(2023, 1, 17)


@pytest.mark.parametrize(
    ("day", "month", "year"), [("31", "2", "2023"), ("x", "1", "2023"), ("", "", ""), ("1", "1", "0")]
)
def test_a_date_that_is_none_is_refused(day: str, month: str, year: str):
    assert when.typed_day(typed("", day, month, year)) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("12", 12),
        ("1,200", 1_200),
        ("1 200", None),
        ("0", None),
        ("-1", None),
        ("1.5", None),
        ("1,20", None),
        ("", None),
        ("twelve", None),
    ],
)
def test_whole_numbers(written: str, expected: int | None):
    assert amounts.whole(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("520", 52_000), ("£520.50", 52_050), ("1,250.50", 125_050), ("520.505", None), ("12,50", None), ("0", None)],
)
def test_pounds(written: str, expected: int | None):
    assert amounts.pence(written) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("12.5", 12_500), ("12.5 g", 12_500), ("1.2kg", 1_200_000), ("1,200", 1_200_000), ("12,5", None), ("x", None)],
)
def test_weights(written: str, expected: int | None):
    assert amounts.milligrams(written) == expected


@pytest.mark.parametrize(
    ("written", "currency", "expected"),
    [
        ("125000", "JPY", 125_000),
        ("1.5", "JPY", None),
        ("12.50", "EUR", 1_250),
        ("1e3", "EUR", 100_000),
        ("NaN", "EUR", None),
        ("-5", "EUR", None),
        ("", "EUR", None),
    ],
)
def test_foreign_money(written: str, currency: str, expected: int | None):
    assert amounts.minor(written, currency) == expected


@pytest.mark.parametrize("amount", [1, 10, 99, 100, 52_050, 10**12])
def test_an_amount_that_is_filled_in_is_read_back(amount: int):
    assert amounts.pence(amounts.as_pounds(amount)) == amount
    assert amounts.milligrams(amounts.as_grams(amount)) == amount
    assert amounts.minor(amounts.as_major(amount, "TND"), "TND") == amount


def test_every_drug_of_the_list_is_read_back_as_it_is_filled_in():
    day = date(2023, 1, 17)
    for drug in drug_list().drugs.values():
        path = drug.path_on(day)
        assert drugs.read_drug(drugs.typed_drug(path), day, OPERATION) == (path, "")
    for path in ("a", "b", "c", "psychoactive", "unstated"):
        assert drugs.read_drug(drugs.typed_drug(path), day, OPERATION) == (path, "")


def test_a_drug_that_was_recorded_keeps_its_form_and_follows_its_class():
    assert drugs.path_on("a/cocaine/powder", date(2023, 1, 17)) == "a/cocaine/powder"
    assert drugs.path_on("psychoactive/nitrous_oxide", date(2023, 12, 1)) == "c/nitrous_oxide"
    assert drugs.path_on("b/whatever", date(2023, 1, 17)) == "b/whatever"


def test_a_drug_that_the_coordinator_added_is_found_by_its_name():
    added = MeasureRegisteredFactory(
        measure="drug_seizures_by_substance", label=None, unit=None, categories=("b/new_stuff",)
    )
    operation = operation_state(added)
    assert drugs.read_drug("New stuff", date(2023, 1, 17), operation) == ("b/new_stuff", "")


@pytest.mark.parametrize("written", ["speed?", "xyzzy", "", "whizz bang"])
def test_a_drug_that_is_not_known_is_refused_in_words(written: str):
    path, said = drugs.read_drug(written, date(2023, 1, 17), OPERATION)
    assert path == "" or not said
    assert "/" not in said, "no codes"


def test_lines_are_added_and_removed():
    form = with_line(with_line(Typed(), "drug"), "cash") | {"line-1-drug": "cocaine", "line-2-amount": "5"}
    form = with_line(without_line(form, "line-1"), "phone")
    assert [(line.key, line.kind) for line in lines_of(form)] == [("line-2", "cash"), ("line-3", "phone")]
    assert (form.get("line-1-drug"), form.get("line-2-amount"), form.get("line-3-count")) == ("", "5", "1")
    assert lines_of(with_line(form, "elephant")) == lines_of(form)
    assert len(lines_of(Typed({"lines": [f"{number}:phone" for number in range(1, 80)]}))) == 50
    assert lines_of(Typed({"lines": ["x:phone", "1:x", "²:phone", ":"]})) == []
