"""Every mistake in a sheet is found in one run, and its message says what to do."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from service.api.http.answers import measure_json
from service.domain.model.reference_data import measure_catalogue
from service.spreadsheets.checking.allowed import Allowed, allowed_in
from service.spreadsheets.checking.check import Checked, check_sheets
from service.spreadsheets.checking.mistakes import SheetMistake, lines, rows_of
from service.spreadsheets.reading.cells import Unreadable
from service.spreadsheets.reading.grid import Grid
from service.spreadsheets.sheets import choose_sheets
from service.spreadsheets.templates import CellError

NOW = datetime(2024, 1, 24, 12, tzinfo=UTC)
OPERATION: dict[str, Any] = {
    "operation": "sheet-2024",
    "forces": [{"force": "surrey", "reports": "events"}, {"force": "kent", "reports": "events"}],
    "days": [],
    "starts_at": "2024-01-23T00:00:00Z",
    "ends_at": "2024-01-25T00:00:00Z",
    "places": ["m25", "a3", "tower-hamlets"],
    "measures": [measure_json(measure) for measure in measure_catalogue().values()],
}
DIGITS = "Expected a whole number in digits, such as 12000: no separators, no unit, no words."
QUALIFIER = "Expected a qualifier, or a blank cell for an exact number."
ASSISTED = "Expected forces that assisted surrey, separated by ;."
DRUG = "Expected a drug: a code of the drug list such as a/cocaine, or the class alone."
AT = "2024-01-23 21:40"
ARRESTS = ["reference", "Occurred at", "Place", "Reason", "count", "qualifier", "assisting", "incident"]
SEIZURES = ["reference", "occurred_at", "kind", "category", "count", "acquired", "weight_grams", "cash_pounds"]
MONEY = ["occurred_at", "kind", "cash_pounds", "currency", "amount_minor"]
ACTIVITIES = ["occurred_at", "occurred_before", "measure", "quantity", "category", "qualifier"]
Rows = Sequence[Sequence[Any]]


def allowed(**changes: Any) -> Allowed:
    return allowed_in(OPERATION | changes, "surrey")


def checked(header: Sequence[str], *rows: Sequence[Any], name: str = "", **changes: Any) -> Checked:
    grid = Grid(name, dict(enumerate([list(header), *map(list, rows)], start=1)))
    sheets, _left_out = choose_sheets("a.csv", [grid])
    return check_sheets(sheets, allowed(**changes), NOW)


def said(header: Sequence[str], *rows: Sequence[Any], **changes: Any) -> list[str]:
    return [str(one) for one in checked(header, *rows, **changes).mistakes()]


def arrest(reference: str = "", **cells: Any) -> list[Any]:
    row = {"at": AT, "place": "m25", "reason": "knife", "count": "1", "qualifier": "", "assisting": "", "incident": ""}
    return [reference, *(row | cells).values()]


def seizure(reference: str = "", **cells: Any) -> list[Any]:
    names = ("at", "kind", "category", "count", "acquired", "grams", "pounds")
    return [reference, *(dict.fromkeys(names, "") | {"at": AT} | cells).values()]


def test_one_mistake_hides_no_other_of_its_row_and_each_says_what_was_meant():
    row = arrest(at="yesterday", place="M52", reason="PWITS", count="12k", qualifier="approx", assisting="Kent Police")
    assert said(ARRESTS, row) == [
        (
            "row 2, Occurred at: Expected a moment such as 2023-01-17 21:40 or 17/01/2023 21:40 (London time), or "
            "2023-01-17T21:40:00Z. Found 'yesterday'."
        ),
        "row 2, Place: Expected a place of sheet-2024. Found 'M52'. Did you mean m25?",
        "row 2, Reason: Expected the reason for the arrest. Found 'PWITS'. Did you mean drugs?",
        f"row 2, count: {DIGITS} Found '12k'.",
        f"row 2, qualifier: {QUALIFIER} Found 'approx'. Did you mean about?",
        f"row 2, assisting: {ASSISTED} Found 'Kent Police'. Did you mean kent?",
    ]


def test_mistakes_are_in_the_order_of_rows_and_columns_and_valid_rows_become_events():
    found = checked(ARRESTS, arrest("1", count="x"), arrest("2"), arrest("3", reason="", place="LB Tower Hamlets"))
    assert [event.rows for event in found.events[""]] == [(3,)]
    assert [str(one) for one in found.mistakes()] == [
        f"row 2, count: {DIGITS} Found 'x'.",
        "row 4, Place: Expected a place of sheet-2024. Found 'LB Tower Hamlets'. Did you mean tower-hamlets?",
        "row 4, Reason: The cell is blank. Fill in the reason for arrest, one code.",
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"reason": "breach"}, "Did you mean wanted, public_order or violence? Write the one that is meant."),
        ({"reason": "Jaywalking"}, "Found 'Jaywalking'."),
        ({"reason": "drugs/supply"}, "Found 'drugs/supply'. Did you mean drugs?"),
        ({"count": "0"}, "count: Expected a whole number from 1 to 1,000,000,000,000. Found '0'."),
        ({"at": "2023-01-17 21:40"}, "Expected a moment within the days of sheet-2024: 2024-01-23 to 2024-01-24."),
        ({"assisting": "surrey"}, "Expected forces that assisted surrey, separated by ;. Found 'surrey'."),
        ({"assisting": "kent; Surey"}, "Found 'Surey'. Did you mean surrey?"),
        ({"incident": "abc"}, "incident: Expected 64 hexadecimal digits in small letters. Found 'abc'."),
        ({"at": ""}, "Occurred at: The cell is blank. Fill in when it happened: 2023-01-17 21:40, London time."),
        ({"count": Unreadable("the cell holds an error.")}, "row 2, count: the cell holds an error."),
    ],
)
def test_a_mistake_in_an_arrest(cells: dict[str, Any], message: str):
    (mistake,) = said(ARRESTS, arrest(**cells))
    assert message in mistake


def test_what_looks_personal_is_never_shown():
    (mistake,) = said(ARRESTS, arrest(place="AB12 CDE"))
    assert mistake == (
        "row 2, Place: Expected a code from a list. The cell holds what looks like a registration mark, which must not "
        "be recorded: empty the cell."
    )


def test_a_moment_far_in_the_future_is_refused_and_a_near_one_is_left_to_the_service():
    days = {"ends_at": None}
    assert said(ARRESTS, arrest(at="2024-01-25 11:00"), **days) == []
    (mistake,) = said(ARRESTS, arrest(at="2024-03-01 11:00"), **days)
    assert mistake == "row 2, Occurred at: Expected a moment that is not in the future. Found '2024-03-01 11:00'."


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"kind": "Knives"}, "row 2, kind: Expected the kind of property. Found 'Knives'. Did you mean weapon?"),
        (
            {"kind": "weapon", "category": "machete", "count": "1"},
            "row 2, category: Expected a kind of weapon. Found 'machete'. Did you mean bladed/machete?",
        ),
        (
            {"kind": "weapon", "category": "bladed", "count": "1", "acquired": "Handed in"},
            "row 2, acquired: Expected how it was acquired. Found 'Handed in'. Did you mean surrendered_or_found?",
        ),
        (
            {"kind": "weapon", "count": "1"},
            "row 2, category: The cell is blank. Fill in the weapon, or unstated if it is not known.",
        ),
        (
            {"kind": "vehicle", "category": "No insurance", "count": "1"},
            (
                "row 2, category: Expected the ground on which the vehicle was seized. Found 'No insurance'. "
                "Did you mean motoring/s165a_no_insurance?"
            ),
        ),
        (
            {"kind": "other", "category": "Cigs", "count": "20"},
            "row 2, category: Expected a kind of property. Found 'Cigs'. Did you mean cigarettes?",
        ),
        (
            {"kind": "phone", "category": "nokia", "count": "1"},
            "row 2, category: A row of kind phone has nothing in this column: empty the cell. Found 'nokia'.",
        ),
        (
            {"kind": "drug", "category": "b", "count": "5"},
            "row 2, count: A row of kind drug has nothing in this column: empty the cell. Found '5'.",
        ),
        (
            {"kind": "drug", "category": "b", "grams": "0"},
            "row 2, weight_grams: Expected a number above 0 and at most 1,000,000,000. Found '0'.",
        ),
        (
            {"kind": "cash", "pounds": "0"},
            "row 2, cash_pounds: Expected a number above 0 and at most 10,000,000,000. Found '0'.",
        ),
        ({"kind": "cash"}, "row 2, cash_pounds: The cell is blank. Fill in cash in pounds: 520.50."),
    ],
)
def test_a_mistake_in_a_seizure_is_named_by_the_column_of_the_sheet(cells: dict[str, Any], message: str):
    assert said(SEIZURES, seizure(**cells)) == [message]


@pytest.mark.parametrize(
    ("drug", "message"),
    [
        ("Cannabis", f"{DRUG} Found 'Cannabis'. Did you mean b/cannabis?"),
        ("Class A", f"{DRUG} Found 'Class A'. Did you mean a?"),
        ("cannabis plants", f"{DRUG} Found 'cannabis plants'. Did you mean b/cannabis? Write the number in plants."),
        ("xyzzyq", f"{DRUG} Found 'xyzzyq'. For another substance, write its class alone."),
        (
            "AB12 CDE",
            "Expected a code from a list. The cell holds what looks like a registration mark, which must not ",
        ),
        ("a/cannabis", "Expected b/cannabis; found a/cannabis: Cannabis was class B on 2024-01-23"),
        ("a/cocain", "Expected the code of a drug; found 'a/cocain': 'cocain' is Cocaine (powder). Send a/cocaine."),
        ("crystal", "Expected one drug; 'crystal' is ambiguous: it may mean a/mdma or a/methamphetamine."),
        ("tobacco", "Expected a drug; 'tobacco' is no drug. Send it as other property (tobacco)."),
    ],
)
def test_a_drug_is_named_by_its_code_on_the_day(drug: str, message: str):
    (mistake,) = said(SEIZURES, seizure(kind="drug", category=drug, grams="1"))
    assert mistake.startswith(f"row 2, category: {message}")


def test_without_a_day_no_class_of_a_drug_is_wrong():
    rows = [seizure("1", at="then", kind="drug", category="a/cannabis")]
    assert [line.partition(":")[0] for line in said(SEIZURES, *rows)] == ["row 2, occurred_at"]
    rows = [seizure("1", kind="drug", category="b/cannabis"), seizure("1", at="", kind="drug", category="a/cannabis")]
    assert [line.partition(";")[0] for line in said(SEIZURES, *rows)] == ["row 3, category: Expected b/cannabis"]
    rows = [["2024-01-23 21:40", "places_visited", "1", "church"]]
    (mistake,) = said(["occurred_at", "measure", "quantity", "category"], *rows)
    assert mistake == "row 2, category: Expected a category of places_visited. Found 'church'."


def test_foreign_money_is_named_by_its_own_columns():
    assert said(
        MONEY, [AT, "cash", "", "Euros", "100"], [AT, "cash", "5", "EUR", "1"], [AT, "cash", "", "EUR", ""]
    ) == [
        "row 2, currency: Expected the code of a currency, such as EUR. Found 'Euros'.",
        "row 3, cash_pounds: Give pounds, or another currency and its amount, not both.",
        "row 4, amount_minor: The cell is blank. Fill in the amount in its smallest unit, such as cents.",
    ]


def test_every_row_of_a_seizure_reports_its_own_mistakes_only():
    rows = [
        seizure("1", at="then", kind="drug", category="b"),
        seizure("1", kind="phone", count="x"),
        seizure("1", kind="weapon", category="spoon", count="1"),
        seizure("1", kind="", category="b/cannabis"),
    ]
    found = [line.partition(": ")[0] for line in said(SEIZURES, *rows)]
    assert found == ["row 2, occurred_at", "row 3, count", "row 4, category", "row 5, kind"]


def test_a_row_with_the_reference_of_another_reports_its_other_mistakes_too():
    assert said(ARRESTS, arrest("1"), arrest("2"), arrest("1", reason="", place="M52")) == [
        "row 4, reference: Row 2 already has this reference.",
        "row 4, Place: Expected a place of sheet-2024. Found 'M52'. Did you mean m25?",
        "row 4, Reason: The cell is blank. Fill in the reason for arrest, one code.",
    ]


def test_mistakes_in_activities():
    rows = [
        [AT, "2024-01-23 20:00", "Vehicle stops", "x", "car", ""],
        [AT, "2024-02-01 20:00", "vehicles_stopped", "1", "car", ""],
        [AT, "", "arrests", "0", "", "about"],
    ]
    assert said(ACTIVITIES, *rows) == [
        "row 2, occurred_before: Expected an end after the start. Found '2024-01-23 20:00'.",
        "row 2, measure: Expected a measure of sheet-2024. Found 'Vehicle stops'. Did you mean vehicles_stopped?",
        f"row 2, quantity: {DIGITS} Found 'x'.",
        (
            "row 3, occurred_before: Expected an end within the days of sheet-2024: 2024-01-23 to 2024-01-24. "
            "Found '2024-02-01 20:00'."
        ),
        "row 3, category: vehicles_stopped has no categories: empty the cell. Found 'car'.",
        (
            "row 4, measure: Expected a measure that is not counted from arrests and seizures. Found arrests. surrey "
            "sends these one by one: delete the row."
        ),
        (
            "row 4, qualifier: A quantity of 0 is exact: empty the cell. Found about. For an unknown number above 0, "
            "write at_least and 1."
        ),
    ]


def test_mistakes_in_returns():
    rows = [["2024-01-29", "Nil return", "arrests; Phones"], ["2024-01-23", "no return", ""]]
    assert said(["day", "status", "measures"], *rows) == [
        "row 2, day: Expected a day of sheet-2024: 2024-01-23 to 2024-01-24. Found '2024-01-29'.",
        "row 2, status: Expected the status of the return. Found 'Nil return'. Did you mean nil?",
        "row 2, measures: Expected a measure of sheet-2024. Found 'Phones'. Did you mean phones?",
        "row 3, status: Expected the status of the return. Found 'no return'.",
    ]


def test_the_last_day_of_a_return_is_a_day_of_the_operation_after_the_first():
    rows = [
        ["2024-01-23", "2024-01-24", "nil"],
        ["2024-01-24", "2024-01-23", "nil"],
        ["2024-01-23", "2024-01-29", "nil"],
        ["", "2024-01-24", "nil"],
    ]
    assert said(["day", "last_day", "status"], *rows) == [
        (
            "row 3, last_day: Expected the last of the days that the return is for, or an empty cell if it is for one "
            "day. Found '2024-01-23'."
        ),
        "row 4, last_day: Expected a day of sheet-2024: 2024-01-23 to 2024-01-24. Found '2024-01-29'.",
        "row 5, day: The cell is blank. Fill in the day that the return is for, or the first of several: 2023-01-17.",
    ]


def test_registered_categories_are_allowed_and_places_are_those_of_the_operation():
    measures = [row | {"categories": [*row["categories"], "drugs/supply"]} for row in OPERATION["measures"]]
    assert said(ARRESTS, arrest(reason="drugs/supply"), measures=measures) == []
    (mistake,) = said(ARRESTS, arrest(reason="PWITS"), measures=measures)
    assert mistake.endswith("Did you mean drugs/supply?")
    (mistake,) = said(ARRESTS, arrest(), places=[])
    assert mistake == (
        "row 2, Place: sheet-2024 has no list of places: empty the cell, or ask its coordinator to add the place. "
        "Found 'm25'."
    )


def test_a_column_that_is_missing_is_one_mistake_of_the_header():
    assert said(["reason", "count"], ["knife", "1"], ["knife", "x"]) == [
        "row 1: The column occurred_at is missing: add it. Fill in when it happened: 2023-01-17 21:40, London time.",
        f"row 3, count: {DIGITS} Found 'x'.",
    ]


def test_a_column_that_another_heading_may_mean_is_not_called_missing():
    (mistake,) = said(["Date", "reason", "count"], ["2024-01-23 21:40", "knife", "1"])
    assert mistake == (
        "row 1: Column 'Date' is not in the template for arrests. Did you mean occurred_at? Rename it, or delete it."
    )


def test_cells_of_a_personal_column_are_never_shown_and_the_others_are_checked():
    header = ["Name", "DOB", "occurred_at", "reason", "count"]
    row = ["SMITH, Ann", Unreadable("01/02/1990"), AT, "knife", "x"]
    found = said(header, row, [*row[:3], "knife", "1", "Jones"])
    assert found == [
        (
            "row 1: Column 'Name' holds the name of a person: delete the column. It is never read; the record takes no "
            "personal data."
        ),
        (
            "row 1: Column 'DOB' holds a person's birth: delete the column. It is never read; the record takes no "
            "personal data."
        ),
        f"row 2, count: {DIGITS} Found 'x'.",
        "row 3: column F has no name in the header, and its cell is filled in: empty or move the cell.",
    ]


def test_every_row_must_be_of_the_force_that_sends_it():
    header = ["Police force", "occurred_at", "reason", "count"]
    rows = [[force, AT, "knife", "1"] for force in ("Surrey Police", "surrey", "Kent", "")]
    found = checked(header, *rows)
    expected = "Expected surrey (Surrey Police) in every row, because the sheet is sent with its credential."
    assert [str(one) for one in found.mistakes()] == [
        f"row 4, Police force: {expected} Found 'Kent'. Delete the rows of other forces: each force sends its own.",
        f"row 5, Police force: {expected} The cell is blank: write surrey, or delete the row.",
    ]
    assert [event.rows for event in found.events[""]] == [(2,), (3,)]


def test_the_column_of_a_duplicate_heading_is_not_checked():
    (mistake,) = said(["occurred_at", "reason", "count", "Count"], [AT, "knife", "1", "x"])
    assert "Column 'count' is duplicate" in mistake


def test_of_many_mistakes_the_first_are_listed_and_all_are_counted_by_kind():
    rows = [arrest(place="M52", count="x") for _number in range(60)]
    found = checked(ARRESTS, *rows, name="Arrests")
    listed = list(lines(found.mistakes()))
    assert len(listed) == 100 + 3 + 1
    assert listed[100:] == [
        "... and 20 more. All 120 errors by kind, with the first row of each:",
        "  60 times, first in sheet Arrests, row 2, Place: Expected a place of sheet-2024.",
        (
            "  60 times, first in sheet Arrests, row 2, count: Expected a whole number in digits, such as 12000: no "
            "separators, no unit, no words."
        ),
        "Codes for Place (a place of sheet-2024): m25, a3, tower-hamlets.",
    ]
    table = list(rows_of(found.mistakes()))
    assert len(table) == 120
    assert table[0] == (
        *("Arrests", "2", "Place", "'M52'", "Expected a place of sheet-2024."),
        *("Did you mean m25?", "m25; a3; tower-hamlets"),
    )


def test_only_so_many_kinds_and_codes_are_listed():
    (sheet,), _left_out = choose_sheets("a.csv", [Grid("", {1: list(ARRESTS), 2: arrest()})])
    mistakes = [SheetMistake(sheet, CellError(number, "", f"Problem {number}.")) for number in range(30)]
    assert list(lines(mistakes, 1))[-1] == "  10 errors of 10 other kinds"
    (mistake,) = checked(ARRESTS, arrest(place="x"), places=[f"p{number}" for number in range(70)]).mistakes()
    assert list(lines([mistake]))[-1].endswith("p58, p59 and 10 more.")


def test_a_moment_whose_year_was_mistyped_is_a_mistake_of_its_cell():
    row = arrest(at="6523-01-23 21:40")
    (found,) = said(ARRESTS, row)
    assert "Expected a year from 1900 to 2199; found 6523." in found
