"""A force sees what its spreadsheet adds to its figures, and what is unusual in it, before anything is sent."""

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from service.cli.exit_codes import DONE, REFUSED
from service.cli.main import run
from tests.factories.bodies import arrest as body_of
from tests.factories.bodies import midnight
from tests.functional.calls import Caller
from tests.functional.conftest import opened
from tests.functional.sockets import listening
from tests.functional.test_submit import ARRESTS, AT, MOMENT, arrest

Submit = Callable[..., tuple[int, str]]
Save = Callable[..., Path]
DAY = f"{MOMENT:%Y-%m-%d}"
SEIZURES = ["reference", "occurred_at", "kind", "category", "count", "weight_grams", "value_pounds", "cash_pounds"]
SEIZURES += ["currency", "amount_minor"]


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """Return the address of the app."""
    with listening(app) as address:
        yield address


@pytest.fixture
def submit(url: str, live: str, secret_for: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> Submit:
    """Return a function that runs `oprecord submit` as Surrey, and returns its exit code and what it said."""
    secret = secret_for("surrey")

    def submit(file: Path, *options: str, operation: str = live) -> tuple[int, str]:
        capsys.readouterr()
        code = run(["submit", str(file), "--operation", operation, "--url", url, "--as", secret, *options])
        return code, capsys.readouterr().err

    return submit


@pytest.fixture
def long(lead: Caller) -> str:
    """Return the key of an operation that began two months ago."""
    return opened(lead, operation="long", starts_at=midnight(-60))


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Return a function that writes a CSV file with a header and rows."""

    def save(header: Sequence[str], *rows: Sequence[object], name: str = "arrests.csv") -> Path:
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return tmp_path / name

    return save


def table(*rows: Sequence[str]) -> str:
    """Return a table as it is printed: `figure day now adds then`, numbers to the right."""
    cells = [("figure", "day", "now", "adds", "then"), *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(5)]

    def line(row: Sequence[str], bar: str) -> str:
        padded = [cell.ljust(width) for cell, width in zip(row[:2], widths, strict=False)]
        padded += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        return bar + bar.join(f" {cell} " for cell in padded) + bar

    def rule(left: str, between: str, right: str, bar: str) -> str:
        return left + between.join(bar * (width + 2) for width in widths) + right

    lines = [rule("┏", "┳", "┓", "━"), line(cells[0], "┃"), rule("┡", "╇", "┩", "━")]
    return "\n".join([*lines, *(line(row, "│") for row in rows), rule("└", "┴", "┘", "─"), ""])


def test_people_are_counted_and_not_rows(submit: Submit, save: Save, lead: Caller, live: str):
    file = save(ARRESTS, arrest("1"), arrest("2", count=3), arrest("3", reason="drugs", count=2))
    shown = "Figures of surrey in live at event 6, and what arrests.csv adds:\n"
    shown += table(("arrests", DAY, "none yet", "+6", "6"))
    assert submit(file, "--check") == (DONE, shown + "Checked 3 arrests: all can be sent. Nothing was sent.\n")
    assert lead.figures(live) == []
    recorded = "Recorded 3 arrests; 0 were already recorded. Keep arrests.csv.sent.json.\n"
    assert submit(file) == (DONE, shown + recorded)
    assert lead.figures(live, measure="arrests") == [6]


def test_only_what_is_new_is_added_to_the_figures_now(submit: Submit, save: Save, lead: Caller, live: str):
    assert submit(save(ARRESTS, arrest("1"), arrest("2", count=3)))[0] == DONE
    lead.record(live, body_of(force="kent", occurred_at=MOMENT.isoformat(), count=50))
    file = save(ARRESTS, arrest("2", count=3), arrest("1"), arrest("3", count=2))
    shown = "Figures of surrey in live at event 9, and what arrests.csv adds:\n"
    shown += table(("arrests", DAY, "4", "+2", "6"))
    assert submit(file)[1].startswith(shown + "Recorded 1 arrest; 2 were already recorded.")
    assert submit(file)[1] == "Recorded 0 arrests; 3 were already recorded. Keep arrests.csv.sent.json.\n"


def test_a_correction_adds_the_difference(submit: Submit, save: Save, lead: Caller, live: str):
    assert submit(save(ARRESTS, arrest("1", count=5), arrest("2"), arrest("3")))[0] == DONE
    file = save(ARRESTS, arrest("1", count=3), arrest("2", reason="drugs"), arrest("3"), arrest("4"))
    code, said = submit(file, "--correct")
    shown = "Figures of surrey in live at event 9, and what arrests.csv adds:\n"
    shown += table(("arrests", DAY, "7", "-1", "6"))
    assert (code, said[: len(shown)]) == (DONE, shown)
    assert lead.figures(live, measure="arrests") == [6]
    _code, said = submit(save(ARRESTS, arrest("1", count=3), arrest("2"), arrest("3"), arrest("4")), "--correct")
    assert table(("arrests", DAY, "6", "0", "6")) in said
    # Gone rows are subtracted, together with what is new.
    _code, said = submit(save(ARRESTS, arrest("2"), arrest("3"), arrest("5")), "--withdraw-missing", "--check")
    assert table(("arrests", DAY, "6", "-3", "3")) in said
    assert said.endswith("Checked 3 arrests: all can be sent, and 2 withdrawn. Nothing was sent.\n")


def test_a_seizure_is_counted_by_the_counting_rules_with_each_currency_apart(submit: Submit, save: Save):
    rows = [
        ["A", AT, "drug", "a/cocaine", "", "12.5", "800", "", "", ""],
        ["A", AT, "drug", "b/cannabis/resin", "", "40", "", "", "", ""],
        ["A", "", "cash", "", "", "", "", "520.50", "", ""],
        ["A", "", "cash", "", "", "", "", "", "EUR", "12000"],
        ["A", "", "cash", "", "", "", "", "", "JPY", "12000"],
        ["", AT, "weapon", "bladed/knife", "2", "", "", "", "", ""],
        ["", AT, "ammunition", "", "12", "", "", "", "", ""],
    ]
    assert submit(save(SEIZURES, *rows, name="seizures.csv"))[0] == DONE
    more = [["B", AT, "drug", "a/cocaine", "", "1", *[""] * 4], ["B", "", "cash", *[""] * 5, "USD", "250"]]
    code, said = submit(save(SEIZURES, *rows, *more, name="seizures.csv"))
    assert said.startswith(
        "Figures of surrey in live at event 9, and what seizures.csv adds:\n"
        + table(
            ("drug seizures", DAY, "1", "+1", "2"),
            ("drug seizures by class, a", DAY, "1", "+1", "2"),
            ("drug seizures by substance, a/cocaine", DAY, "1", "+1", "2"),
            ("drugs by weight", DAY, "52.5 g", "+1 g", "53.5 g"),
            ("foreign cash seized, USD", DAY, "none yet", "+2.50 USD", "2.50 USD"),
        )
        + "Recorded 1 seizure; "
    )
    assert code == DONE


def test_each_day_is_shown_and_the_sum_of_all_days(submit: Submit, save: Save, long: str):
    first, second = (f"{MOMENT - timedelta(days=days):%Y-%m-%d}" for days in (3, 1))
    rows = [arrest(at=f"{first} 10:00"), arrest(at=f"{first} 11:00", count=2), arrest(at=f"{DAY} 10:00")]
    assert submit(save(ARRESTS, *rows), operation=long)[0] == DONE
    more = [arrest(at=f"{second} 10:00"), arrest(at=f"{DAY} 10:00"), arrest(at=f"{DAY} 10:00")]
    _code, said = submit(save(ARRESTS, *rows, *more), operation=long)
    assert said.startswith(
        "Figures of surrey in long at event 9, and what arrests.csv adds:\n"
        + table(
            ("arrests", second, "none yet", "+1", "1"),
            ("arrests", DAY, "1", "+2", "3"),
            ("arrests", "all days", "4", "+3", "7"),
        )
        + "Recorded 3 arrests"
    )
    # One day of several is shown beside the sum of all.
    _code, said = submit(save(ARRESTS, arrest(at=f"{first} 12:00"), name="other.csv"), operation=long)
    assert table(("arrests", first, "3", "+1", "4"), ("arrests", "all days", "7", "+1", "8")) in said


def test_qualifiers_and_activities_of_several_days(submit: Submit, save: Save, long: str):
    header = ["occurred_at", "occurred_before", "measure", "quantity", "qualifier"]
    start = f"{MOMENT - timedelta(days=2):%Y-%m-%d} 10:00"
    row = [start, f"{DAY} 10:00", "vehicles_stopped", 900, "more_than"]
    assert submit(save(header, row, name="activities.csv"), operation=long)[0] == DONE
    more = [start, "", "vehicles_stopped", 12, "at_least"]
    code, said = submit(save(header, row, row, more, name="activities.csv"), operation=long)
    assert code == DONE, said
    assert (
        table(
            ("vehicles stopped", start[:10], "none yet", "at least +12", "at least 12"),
            ("vehicles stopped", "several days", "more than 900", "more than +900", "more than 1,800"),
            ("vehicles stopped", "all days", "more than 900", "more than +912", "more than 1,812"),
        )
        in said
    )


def test_a_return_adds_no_figure(submit: Submit, save: Save):
    file = save(["day", "status"], [f"{MOMENT:%d/%m/%Y}", "complete"], name="returns.csv")
    assert submit(file) == (DONE, "Recorded 1 return; 0 were already recorded. Keep returns.csv.sent.json.\n")


UNUSUAL = {
    "count": (
        ARRESTS,
        [arrest(count=1_000), arrest(count=1_200)],
        "row 3, count: 1,200. It is more than 1,000.",
    ),
    "quantity": (
        ["occurred_at", "measure", "quantity"],
        [[AT, "vehicles_stopped", 1_001], [AT, "accounts_frozen", 5_000_000]],
        "row 2, quantity: 1,001. It is more than 1,000.",
    ),
    "weight": (
        SEIZURES[:6],
        [
            ["1", AT, "drug", "a/cocaine", "", "1.2"],
            ["2", AT, "drug", "b/cannabis", "", "900"],
            ["3", AT, "drug", "a/cocaine", "", "2"],
            ["2", AT, "drug", "a/cocaine", "", "1400"],
            ["4", AT, "drug", "a/cocaine", "", "1"],
        ],
        "row 5, weight_grams: 1.4 kg. It is 1,166 times the others: other weights of a/cocaine here are around 1.2 g.",
    ),
    "kilograms": (
        SEIZURES[:6],
        [[str(number), AT, "drug", "b/cannabis", "", weight] for number, weight in enumerate(["1200", "900", "0.8"])],
        (
            "row 4, weight_grams: 800 mg. The others are 1,125 times as much: other weights of b/cannabis here are "
            "around 900 g."
        ),
    ),
    "value": (
        SEIZURES[:7],
        [["", AT, "drug", "a/heroin", "", "10", "800"], ["", AT, "drug", "a/heroin", "", "10", "80000"]],
        "row 3, value_pounds: £80,000. For 10 g that is £8,000 a gram; a/heroin was sold at about £40 to £100 in 2025.",
    ),
    "cheap": (
        SEIZURES[:7],
        [["", AT, "drug", "a", "", "1000", "50"]],
        "row 2, value_pounds: £50. For 1 kg that is £0.05 a gram; expected £1 to £250.",
    ),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_an_unusual_value_is_shown_and_sent_only_if_somebody_accepts_it(
    submit: Submit, save: Save, lead: Caller, live: str, name: str
):
    header, rows, why = UNUSUAL[name]
    file = save(header, *rows, name="file.csv")
    shown = f"Look again at 1 unusual value:\n  {why}\n"
    refusal = (
        "oprecord: 1 value is unusual, and nobody was asked; nothing was sent. Correct it in the file. If it is right, "
        "use --accept-unusual, or run the command in a terminal without --yes and confirm.\n"
    )
    for options in ([], ["--yes"]):
        code, said = submit(file, *options)
        assert (code, said[said.index("Look") :]) == (REFUSED, shown + refusal)
    assert not file.with_name("file.csv.sent.json").exists()
    assert lead.figures(live) == []
    code, said = submit(file, "--check")
    assert code == DONE
    assert shown in said
    assert said.endswith(": all can be sent; 1 value is unusual. Nothing was sent.\n")
    code, said = submit(file, "--accept-unusual")
    assert code == DONE
    assert shown in said
    # What is recorded is not asked about again.
    assert submit(file)[1].startswith("Recorded 0 ")


def test_an_unusual_value_that_is_recorded_is_not_listed_again(submit: Submit, save: Save):
    rows = [arrest("1", count=1_200), arrest("2", count=1_300)]
    assert submit(save(ARRESTS, rows[0]), "--accept-unusual")[0] == DONE
    code, said = submit(save(ARRESTS, *rows))
    assert (code, said.count("count: 1,")) == (REFUSED, 1)
    assert "  row 3, count: 1,300." in said


def test_a_day_weeks_away_from_the_others_is_unusual(submit: Submit, save: Save, long: str):
    away = f"{MOMENT - timedelta(days=40):%Y-%m-%d}"
    rows = [arrest(at=f"{day} 10:00") for day in (DAY, away, DAY)]
    code, said = submit(save(ARRESTS, *rows), operation=long)
    assert code == REFUSED
    why = f"It is 40 days from the nearest other day, {DAY}. Are day and month exchanged?"
    assert f"  row 3, occurred_at: {away}. {why}\n" in said
    # Two rows of that day, or too few rows to tell, are not.
    assert submit(save(ARRESTS, *rows, rows[1]), operation=long)[0] == DONE


def test_an_unusual_value_of_a_workbook_is_shown_with_its_sheet(submit: Submit, tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.title = "Night"
    for row in (ARRESTS, arrest(count=5_000)):
        book.active.append([cell if cell != "" else None for cell in row])
    book.save(tmp_path / "results.xlsx")
    assert "  sheet Night, row 2, count: 5,000. It is more than 1,000.\n" in submit(tmp_path / "results.xlsx")[1]
