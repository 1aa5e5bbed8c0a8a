"""What a file settles is proposed with the reason; what it does not settle is an open question."""

from datetime import date
from pathlib import Path

import pytest

from service.spreadsheets.mapping.mapped_file import mapping_path, proposed, read_mapping
from service.spreadsheets.mapping.model import LEAVE_OUT, OPEN, ColumnMapping, SheetMapping
from service.spreadsheets.mapping.reading import parse_mapping
from service.spreadsheets.mapping.writing import open_questions, written_mapping
from tests.factories import office_files


def sheet(file: Path) -> SheetMapping:
    return proposed(file)[0].sheets[0]


def columns(file: Path) -> dict[str, ColumnMapping]:
    return {one.heading: one for one in sheet(file).columns}


def csv(folder: Path, *lines: str, name: str = "seizures.csv") -> Path:
    return office_files.text_file(folder / name, *lines)


MAKERS = [one for name, one in vars(office_files).items() if callable(one) and one.__module__ == office_files.__name__]


@pytest.mark.parametrize("make", [one for one in MAKERS if one.__name__ not in ("text_file", "workbook")])
def test_what_is_written_is_read_back_the_same(make: office_files.Make, tmp_path: Path):
    file = make(tmp_path)
    mapping, text = proposed(file)
    assert written_mapping(file.name, mapping) == text
    again = parse_mapping("x.toml", text)
    assert [one.template for one in again.sheets] == [one.template for one in mapping.sheets]
    for new, old in zip(again.sheets, mapping.sheets, strict=True):
        assert [(one.heading, one.to, one.unit, dict(one.words), dict(one.sets)) for one in new.columns] == [
            (one.heading, one.to, one.unit, dict(one.words), dict(one.sets)) for one in old.columns
        ]
        assert (new.group_by, new.zone, new.constants) == (old.group_by, old.zone, old.constants)


def test_answers_are_kept_and_comments_are_not_answers(tmp_path: Path):
    file = office_files.kilograms(tmp_path)
    text = proposed(file)[1].replace('unit = "?"', 'unit = "kg"', 1).replace('Heroin = "a/heroin"', 'Heroin = "a"')
    mapping_path(file).write_text(text, encoding="utf-8")
    found = read_mapping(file)
    assert found is not None
    again, now = proposed(file, found[0])
    by_heading = {one.heading: one for one in again.sheets[0].columns}
    assert (by_heading["Weight"].unit, by_heading["Value"].unit) == ("kg", OPEN)
    assert by_heading["Drug"].words["Heroin"] == "a"
    assert [one.key for one in open_questions(now)] == ["zone", "unit"]


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Weight (kg)", "kg"),
        ("Weight g", "g"),
        ("Net weight (lbs)", "lb"),
        ("Weight", OPEN),
        ("Weight (units)", OPEN),
    ],
)
def test_a_unit_is_that_of_the_heading_or_asked(heading: str, unit: str, tmp_path: Path):
    file = csv(tmp_path, f"Ref,Date,Drug,{heading}", "1,16/01/2023,Cocaine,12.5")
    assert columns(file)[heading].unit == unit


@pytest.mark.parametrize(
    ("heading", "unit"), [("Cash (EUR)", "EUR"), ("Cash £", "pounds"), ("Cash ($)", OPEN), ("Cash", OPEN)]
)
def test_a_currency_is_that_of_the_heading_or_asked(heading: str, unit: str, tmp_path: Path):
    file = csv(tmp_path, f"Ref,Date,Place,{heading}", "1,16/01/2023,Dover,520")
    assert columns(file)[heading].unit == unit


def test_a_word_of_several_meanings_is_asked(tmp_path: Path):
    file = csv(
        tmp_path,
        "Ref,Date,Reason,Count",
        "1,16/01/2023,Domestic,1",
        "2,16/01/2023,PWITS,1",
        "3,16/01/2023,Quux,1",
        name="arrests.csv",
    )
    reason = columns(file)["Reason"]
    assert reason.words == {"Domestic": OPEN, "PWITS": "drugs", "Quux": OPEN}
    assert 'which code is "Domestic" (1 row)?' in reason.remarks["words.Domestic"]


def test_an_address_is_no_place(tmp_path: Path):
    file = csv(tmp_path, "Ref,Date,Place,Drug", "1,16/01/2023,12 High Street,Cocaine", "2,16/01/2023,Camden,Cocaine")
    place = columns(file)["Place"]
    assert place.words == {"12 High Street": OPEN, "Camden": "camden"}
    assert "looks like an address, which must not be sent" in place.remarks["words.12 High Street"]


def test_dates_that_a_program_may_have_swapped_are_asked(tmp_path: Path):
    rows = [
        ["Ref", "Date", "Drug", "Weight (g)"],
        [1, date(2021, 4, 12), "Cocaine", 1],
        [2, "04/13/2021", "Cocaine", 2],
    ]
    file = office_files.workbook(tmp_path / "seizures.xlsx", Drugs=rows)
    found = columns(file)["Date"]
    assert (found.order, found.stored_dates) == ("month first", OPEN)


def test_running_totals_classes_and_personal_columns_are_left_out(tmp_path: Path):
    file = csv(
        tmp_path,
        "Ref,Date,Class,Drug,Weight (g),Running total,Suspect name,Comments",
        "1,16/01/2023,A,Cocaine,1,1,x,x",
        "2,17/01/2023,B,Cannabis,2,3,x,x",
    )
    found = columns(file)
    left_out = [heading for heading, one in found.items() if one.to == LEAVE_OUT]
    assert left_out == ["Class", "Running total", "Suspect name", "Comments"]
    assert "personal data (the name of a person)" in found["Suspect name"].remarks["to"]


def test_titles_groups_and_repeated_headings_are_told_apart(tmp_path: Path):
    file = csv(
        tmp_path,
        "Seizures of January",
        ",,Cannabis,,Cocaine,",
        "Date,Place,Weight (g),Plants,Weight (g),Notes",
        "16/01/2023,Camden,1,2,3,x",
    )
    found = sheet(file)
    assert found.header_rows == (2, 3)
    assert [one.heading for one in found.columns] == [
        "Date",
        "Place",
        "Cannabis / Weight (g)",
        "Cannabis / Plants",
        "Cocaine / Weight (g)",
        "Cocaine / Notes",
    ]
    assert [dict(one.sets) for one in found.columns if one.sets] == [
        {"kind": "drug", "category": "b/cannabis"},
        {"kind": "drug", "category": "b/cannabis"},
        {"kind": "drug", "category": "a/cocaine"},
    ]


@pytest.mark.parametrize(
    ("encoding", "separator", "read"),
    [
        ("utf-8", ",", ("utf-8", ",")),
        ("utf-8-sig", ";", ("utf-8", ";")),
        ("utf-16", "\t", ("utf-16", "\t")),
        ("windows-1252", ";", ("windows-1252", ";")),
    ],
)
def test_the_form_of_a_text_file_is_declared(encoding: str, separator: str, read: tuple[str, str], tmp_path: Path):
    line = separator.join(["1", "16/01/2023", "Café", "Cocaine", "5"])
    header = separator.join(["Ref", "Date", "Place", "Drug", "Cash £"])
    file = office_files.text_file(tmp_path / "seizures.txt", header, line, encoding=encoding)
    form = proposed(file)[0].form
    assert (form.encoding, form.separator) == read


def test_a_line_that_declares_the_separator_is_no_row(tmp_path: Path):
    file = csv(tmp_path, "sep=;", "Ref;Date;Drug;Weight (g)", "1;16/01/2023;Cocaine;1,5")
    mapping = proposed(file)[0]
    assert (mapping.form.separator, mapping.form.decimal, mapping.sheets[0].header_rows) == (";", ",", (1,))
