"""Spreadsheets as offices have them, modelled on public releases of arrests and seizures. All figures are invented."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl

CHARGES = 20
Make = Callable[[Path], Path]


def text_file(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    """Write lines as CSV."""
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
    return path


def workbook(path: Path, merged: tuple[str, ...] = (), **sheets: list[list[Any]]) -> Path:
    """Write a workbook of sheets by name; `merged` are areas of the first."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    for area in merged:
        book.worksheets[0].merge_cells(area)
    book.save(path)
    return path


def month_first(folder: Path) -> Path:
    """Arrests with the month first, several rows for one arrest, and columns about persons."""
    return text_file(
        folder / "arrests.csv",
        "Arrest No,Arrest Date,Arrest Time,Charge,Location,Defendant Name,Age,Comments",
        "A-101,01/16/2023,9:40 PM,Possession of drugs,M25,REDACTED,33,none",
        "A-101,01/16/2023,9:40 PM,Knife,M25,REDACTED,33,none",
        "A-102,01/17/2023,12:15 AM,Robbery,Enfield,REDACTED,21,",
        "A-103,01/18/2023,11:05 AM,Burglary,Enfield,REDACTED,44,",
    )


def grouped_headings(folder: Path) -> Path:
    """Seizures below two title rows, under merged groups of headings, with a sum row and a note."""
    return workbook(
        folder / "week.xlsx",
        ("A1:I1", "D3:E3", "F3:G3"),
        Week=[
            ["Seizures of week 3"],
            ["Prepared by the analysis unit"],
            [None, None, None, "Cannabis", None, "Cocaine"],
            ["Date", "Time", "Place", "Weight (kg)", "Plants", "Weight (g)", "Value (£)", "Phones", "Comments"],
            [date(2023, 1, 16), "10:00", "Enfield", 1.25, 3, 12.5, 900, 2, "-"],
            [date(2023, 1, 17), "11:00", "Camden", None, None, 3, 200, None, None],
            ["Total", None, None, 1.25, 3, 15.5, 1100, 2],
            ["Source: force system"],
        ],
    )


def months(folder: Path, knives: int = 7) -> Path:
    """Arrests by offence with the months side by side, and sums at both edges."""
    return workbook(
        folder / "months.xlsx",
        Tallies=[
            ["Offence", "Jan 2023", "Feb 2023", "Mar 2023", "Total"],
            ["Knife", 3, 4, 0, knives],
            ["Drugs", 1, None, 2, 3],
            ["Total", 4, 4, 2, 10],
        ],
    )


def side_by_side(folder: Path, total: str = "3") -> Path:
    """Arrests with the offences side by side and their sum."""
    return text_file(
        folder / "offences.csv",
        "Date,Time,Borough,Knife,Robbery,Drugs,All arrests total",
        f"16/01/2023,12:00,Camden,1,0,2,{total}",
        "17/01/2023,12:00,Enfield,0,1,,1",
    )


def charges(folder: Path) -> Path:
    """Twenty charges of ten people."""
    rows = (
        f"C{row // 2},{14 + row // 4}/01/2023,1{row // 2}:30,{'Burglary' if row % 2 else 'Assault'},Surrey Police"
        for row in range(CHARGES)
    )
    return text_file(folder / "charges.csv", "Custody ref,Date of arrest,Time of arrest,Offence,Force", *rows)


def kilograms(folder: Path, subtotal: str = "Subtotal,17/01/2023,11:00,,,1.71,14400") -> Path:
    """Drugs with a weight in no stated unit, and a subtotal with a filled-down date."""
    return text_file(
        folder / "drugs.csv",
        "Seizure no,Date,Time,Borough,Drug,Weight,Value",
        "1,16/01/2023,10:00,Camden,Cannabis,1.5,5000",
        "1,16/01/2023,10:00,Camden,Cocaine,0.2,9000",
        "2,17/01/2023,11:00,Enfield,Heroin,0.01,400",
        *([subtotal] if subtotal else []),
    )


def euros(folder: Path) -> Path:
    """Cash in two currencies."""
    return text_file(
        folder / "cash.csv",
        "Ref,Date,Time,Place,Cash (EUR),Cash (£)",
        "1,16/01/2023,10:00,Dover,520,",
        "2,17/01/2023,11:00,Dover,,1200.50",
    )


def days_only(folder: Path) -> Path:
    """Arrests of which only the day is known; a program has written it as midnight."""
    return text_file(
        folder / "arrests.csv",
        "Ref,Date of arrest,Borough,Offence",
        "1,16/07/2023 00:00,Camden,Burglary",
        "2,17/07/2023 00:00,Enfield,Robbery",
    )


def units_beside(folder: Path) -> Path:
    """Amounts of which a column of its own says the unit, and dates with a midnight that says nothing."""
    return text_file(
        folder / "seized.csv",
        "Ref,Date,Time,Drug,Qty,Unit",
        "1,17/07/2023 00:00,10:00,Cocaine,1.5,Kg",
        "2,17/07/2023 00:00,11:00,Cannabis,250,grams",
        "3,18/07/2023 00:00,12:00,Ecstasy,40,tablets",
    )


def semicolons(folder: Path) -> Path:
    """A UTF-16 export with semicolons and decimal commas, under the name of another kind of file."""
    return text_file(
        folder / "export.xls",
        "Ref;Date;Time (UTC);Drug;Weight (g)",
        "1;17.07.2023;21:40;Cocaine;12,5",
        "2;16.07.2023;22:00;Cannabis;1.250,25",
        encoding="utf-16",
    )


def weekdays(folder: Path) -> Path:
    """Dates that fit both orders, which a column of weekdays settles."""
    return text_file(
        folder / "weekdays.csv",
        "Date,Day,Time,Offence,Arrests",
        "04/05/2023,Thu,10:00,Knife,1",
        "05/04/2023,Wed,10:00,Drugs,2",
    )


def seven_forces(folder: Path) -> Path:
    """Rows of several forces."""
    return text_file(
        folder / "forces.csv",
        "Force,Date,Time,Reason,Count",
        "Surrey,16/01/2023,10:00,Knife,2",
        "Kent,16/01/2023,10:00,Knife,3",
        "MPS,17/01/2023,10:00,Drugs,1",
    )


def seizure_log(folder: Path) -> Path:
    """A log of all kinds of items in one column, with merged dates and an empty sheet beside it."""
    at = datetime(2023, 1, 17, 21, 40)  # noqa: DTZ001 - London time
    return workbook(
        folder / "log.xlsx",
        ("B2:B3",),
        Log=[
            ["Ref", "Date", "Borough", "Item", "Qty", "Wt (g)", "Cash"],
            [1, at, "Camden", "Knife", 1, None, None],
            [2, None, "Camden", "Cocaine", None, 3.2, None],
            [3, at, "Camden", "Cash", None, None, 520],
            [4, at, "Camden", "Mobile phone", 2, None, None],
        ],
        Lookup=[["List"], ["Knife"]],
    )
