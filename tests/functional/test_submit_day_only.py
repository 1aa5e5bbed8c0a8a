"""A spreadsheet may give the day where the time is not known: each row has one of the two, and a mistake names both."""

from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from service.cli.exit_codes import DONE, REFUSED
from service.domain.model.days import ONE_DAY, london_date
from tests.factories.bodies import now, today, yesterday
from tests.functional.calls import Caller
from tests.functional.test_submit import AT, InProcess, Submit, client, sheet, submit

__all__ = ["client", "sheet", "submit"]

ARRESTS = ["reference", "occurred_at", "occurred_on", "place", "reason"]
SEIZURES = ["reference", "occurred_at", "occurred_on", "kind", "category"]
ACTIVITIES = ["occurred_at", "occurred_on", "occurred_before", "measure", "quantity"]


def messages(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the messages about rows; the file has one sheet."""
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("row ")]


def test_rows_with_a_day_and_rows_with_a_moment_are_sent(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str
):
    noon = f"{yesterday()} 12:00"
    rows = [["1", noon, "", "m25", "knife"], ["2", "", today(), "m25", "knife"], ["3", "", yesterday(), "", "drugs"]]
    assert submit(sheet(ARRESTS, *rows)) == DONE
    assert lead.figures(live, "day", "quantity", by="day", measure="arrests") == [(yesterday(), 2), (today(), 1)]
    assert submit(sheet(ARRESTS, *rows)) == DONE
    assert lead.figures(live, measure="arrests") == [3]


def test_a_day_and_a_moment_replace_each_other_in_a_correction(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str
):
    at_noon = ["1", f"{yesterday()} 12:00", "", "m25", "knife"]
    assert submit(sheet(ARRESTS, at_noon)) == DONE
    assert submit(sheet(ARRESTS, ["1", "", today(), "m25", "knife"]), "--correct") == DONE
    assert lead.figures(live, "day", "quantity", by="day", measure="arrests") == [(today(), 1)]
    assert submit(sheet(ARRESTS, at_noon), "--correct") == DONE
    assert lead.figures(live, "day", "quantity", by="day", measure="arrests") == [(yesterday(), 1)]


def test_each_mistake_about_day_and_time_names_its_column_and_what_to_do(
    submit: Submit, sheet: Callable[..., Path], client: InProcess, capsys: pytest.CaptureFixture[str]
):
    file = sheet(
        ARRESTS,
        ["1", "", "", "m25", "knife"],
        ["2", AT, yesterday(), "m25", "knife"],
        ["3", "17/01/2023", "", "m25", "knife"],
        ["4", "", "2023-01-17 21:40", "m25", "knife"],
    )
    assert submit(file) == REFUSED
    assert messages(capsys) == [
        (
            "row 2, occurred_at: The cell is blank. Fill in when it happened: 2023-01-17 21:40, London time; or "
            "occurred_on, if only the day is known."
        ),
        (
            "row 3, occurred_on: Expected occurred_at or occurred_on; found both. "
            "Leave out occurred_on if the moment is known."
        ),
        (
            "row 4, occurred_at: Expected a time after the day, such as 2023-01-17 21:40. If only the day is known, "
            "leave occurred_at blank and write the day in the column occurred_on; add that column if the sheet has "
            "none. Found '17/01/2023'."
        ),
        (
            "row 5, occurred_on: Expected a day such as 2023-01-17 or 17/01/2023. If the time is known, leave "
            "occurred_on blank and write both in occurred_at. Found '2023-01-17 21:40'."
        ),
    ]
    assert client.sent == []


def test_a_day_that_the_service_refuses_is_reported_in_its_column(
    submit: Submit, sheet: Callable[..., Path], capsys: pytest.CaptureFixture[str]
):
    assert submit(sheet(ARRESTS, ["1", "", "17/01/2023", "m25", "knife"])) == REFUSED
    (message,) = messages(capsys)
    last = london_date(now()) + ONE_DAY
    assert message == (f"row 2, occurred_on: Expected a day of live: {yesterday()} to {last}. Found '17/01/2023'.")


def test_the_rows_of_a_seizure_share_its_day(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    first, further = ["1", "", today(), "drug", "a/cocaine"], ["1", "", "", "drug", "b/cannabis"]
    assert submit(sheet(SEIZURES, first, ["1", AT, "", "drug", "b/cannabis"])) == REFUSED
    assert messages(capsys) == ["row 3, occurred_at: Differs from row 2, which has the same reference."]
    assert submit(sheet(SEIZURES, first, further, ["1", "", today(), "drug", "a/heroin"])) == DONE
    assert lead.figures(live, "day", "quantity", by="day", measure="drug_seizures") == [(today(), 1)]


def test_an_activity_of_a_day_has_no_period(
    submit: Submit, sheet: Callable[..., Path], lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    assert submit(sheet(ACTIVITIES, ["", yesterday(), AT, "vehicles_stopped", 12])) == REFUSED
    assert messages(capsys) == [
        (
            "row 2, occurred_before: A period starts at a moment: send occurred_at instead of occurred_on, or leave "
            "out occurred_before."
        )
    ]
    assert submit(sheet(ACTIVITIES, ["", yesterday(), "", "vehicles_stopped", 12], name="again.csv")) == DONE
    assert lead.figures(live, "day", "quantity", by="day") == [(yesterday(), 12)]


def test_a_date_cell_of_a_workbook_is_a_day(
    submit: Submit, tmp_path: Path, lead: Caller, live: str, capsys: pytest.CaptureFixture[str]
):
    """In Excel a date alone is a number at midnight, which only its format tells from a time of midnight."""

    def saved(column: str) -> Path:
        with xlsxwriter.Workbook(tmp_path / f"{column}.xlsx") as book:
            page, date_format = book.add_worksheet("Arrests"), book.add_format({"num_format": "dd/mm/yyyy"})
            page.write_row(0, 0, [column, "reason"])
            page.write_datetime(1, 0, london_date(now()) - ONE_DAY, date_format)
            page.write_string(1, 1, "knife")
        return tmp_path / f"{column}.xlsx"

    assert submit(saved("occurred_at")) == REFUSED
    assert "write the day in the column occurred_on" in capsys.readouterr().err
    assert submit(saved("occurred_on")) == DONE
    assert lead.figures(live, "day", "quantity", by="day", measure="arrests") == [(yesterday(), 1)]
