"""A force maps its own spreadsheet: what the file does not say is asked, and what is sent adds up."""

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from service.cli.exit_codes import DONE, REFUSED
from service.cli.main import run
from tests.factories import office_files
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.sockets import listening

Answers = dict[str, str]
Figures = list[tuple[str, str, int]]
Told = tuple[int, str]
LONDON = {'zone = "?"': 'zone = "Europe/London"'}
PRIMARY = 'group_by = ["{key}"]\nprimary = ["violence", "drugs", "robbery", "burglary", "knife"]'
# Each file with the answers to its questions, who sends it, and the figures that it adds.
FILES: list[tuple[Callable[[Path], Path], Answers, str, Figures]] = [
    (
        office_files.month_first,
        LONDON | {'group_by = "?"': PRIMARY.format(key="Arrest No")},
        "surrey",
        [("arrests", "drugs", 1), ("arrests", "burglary", 1), ("arrests", "robbery", 1), ("arrests", "knife", 0)],
    ),
    (
        office_files.grouped_headings,
        LONDON,
        "surrey",
        [
            ("drug_weight", "b/cannabis", 1_250_000),
            ("drug_plants", "b/cannabis", 3),
            ("drug_weight", "a/cocaine", 15_500),
            ("drug_value", "a/cocaine", 110_000),
            ("drug_seizures", "", 2),
            ("phones", "", 2),
        ],
    ),
    (
        office_files.months,
        {'measure = "?"': 'measure = "arrests"', 'blank = "?"': 'blank = "nothing"'},
        "essex",
        [("arrests", "knife", 7), ("arrests", "drugs", 3)],
    ),
    (
        office_files.side_by_side,
        LONDON,
        "surrey",
        [("arrests", "knife", 1), ("arrests", "drugs", 2), ("arrests", "robbery", 1)],
    ),
    (
        office_files.charges,
        LONDON | {'group_by = "?"': PRIMARY.format(key="Custody ref")},
        "surrey",
        [("arrests", "violence", 10), ("arrests", "burglary", 0)],
    ),
    (
        office_files.kilograms,
        LONDON | {'unit = "?"': 'unit = "pounds"'},
        "surrey",
        [
            ("drug_weight", "b/cannabis", 1_500_000),
            ("drug_weight", "a/cocaine", 200_000),
            ("drug_weight", "a/heroin", 10_000),
            ("drug_value", "a/cocaine", 900_000),
            ("drug_seizures", "", 2),
        ],
    ),
    (office_files.euros, LONDON, "surrey", [("foreign_cash", "EUR", 52_000), ("cash", "", 120_050)]),
    (office_files.days_only, {}, "surrey", [("arrests", "burglary", 1), ("arrests", "robbery", 1)]),
    (
        office_files.units_beside,
        LONDON,
        "surrey",
        [
            ("drug_weight", "a/cocaine", 1_500_000),
            ("drug_weight", "b/cannabis", 250_000),
            ("drug_tablets", "a/mdma", 40),
        ],
    ),
    (
        office_files.semicolons,
        {},
        "surrey",
        [("drug_weight", "a/cocaine", 12_500), ("drug_weight", "b/cannabis", 1_250_250)],
    ),
    (office_files.weekdays, LONDON, "surrey", [("arrests", "knife", 1), ("arrests", "drugs", 2)]),
    (
        office_files.seven_forces,
        LONDON | {'other_forces = "?"': 'other_forces = "leave out"'},
        "surrey",
        [("arrests", "knife", 2), ("arrests", "drugs", 0)],
    ),
    (
        office_files.seizure_log,
        LONDON | {'blank = "?"': 'blank = "fill down"', 'unit = "?"': 'unit = "pounds"'},
        "surrey",
        [("weapons", "bladed/knife", 1), ("drug_weight", "a/cocaine", 3_200), ("cash", "", 52_000), ("phones", "", 2)],
    ),
]


@pytest.fixture
def url(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the address of the service at a port of this machine."""
    monkeypatch.setenv("NO_PROXY", "*")
    with listening(app) as address:
        yield address


@pytest.fixture
def operation(lead: Caller) -> str:
    places = ["m25", "enfield", "camden", "dover"]
    return opened(
        lead, operation="mapped", starts_at="2021-01-01T00:00:00Z", ends_at="2024-01-01T00:00:00Z", places=places
    )


@pytest.fixture
def submit(
    url: str, operation: str, secret_for: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """Return a function that runs `oprecord submit` over the network, and returns its exit code and what it said."""
    secrets: dict[str, str] = {}

    def submit(file: Path, *options: str, force: str = "surrey") -> Told:
        if force not in secrets:
            secrets[force] = secret_for(force, None, ())
        named = ["--operation", operation, "--url", url, "--as", secrets[force]]
        return run(["submit", str(file), *named, *options]), capsys.readouterr().err

    return submit


@pytest.fixture
def mapped(capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """Return a function that runs `oprecord map`, and returns its exit code and what it said."""

    def mapped(file: Path, *options: str) -> Told:
        code = run(["map", str(file), *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return mapped


def mapping(file: Path) -> Path:
    return file.with_name(f"{file.name}.map.toml")


def answer(file: Path, answers: Answers) -> None:
    """Replace what is open in a mapping by the answers, as a person would."""
    text = mapping(file).read_text(encoding="utf-8")
    if "weight" in text and 'unit = "?"' in text and "Seizure no" in text:
        text = text.replace('unit = "?"', 'unit = "kg"', 1)
    for old, new in answers.items():
        text = text.replace(old, new)
    mapping(file).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("make", "answers", "force", "figures"), FILES, ids=[one[0].__name__ for one in FILES])
def test_a_file_as_an_office_has_it_is_mapped_and_adds_up(  # noqa: PLR0917 - fixtures
    make: Callable[[Path], Path],
    answers: Answers,
    force: str,
    figures: Figures,
    tmp_path: Path,
    mapped: Callable[..., Told],
    submit: Callable[..., Told],
    lead: Caller,
    operation: str,
):
    file = make(tmp_path)
    code, said = mapped(file)
    assert code == DONE, said
    if answers:
        code, said = submit(file, "--check", force=force)
        assert code == REFUSED, said
        assert "open in" in said
    answer(file, answers)
    code, said = submit(file, "--check", force=force)
    assert (code, "Nothing was sent." in said) == (DONE, True), said
    assert f"Read as {mapping(file).name} says." in said
    code, said = submit(file, force=force)
    assert code == DONE, said
    code, again = submit(file, force=force)
    assert code == DONE, again
    assert "Recorded 0" in again
    assert totals(lead, operation, force, figures) == figures


def totals(lead: Caller, operation: str, force: str, figures: Figures) -> Figures:
    """Return the totals of a force for the measures and categories of these figures; 0 for what is not recorded."""
    answer = lead.totals(operation, force=force, by="category")["figures"]
    found = {(one["measure"], one.get("category") or ""): one["quantity"] for one in answer}
    return [(measure, category, found.get((measure, category), 0)) for measure, category, _ in figures]


def answered(file: Path, mapped: Callable[..., Told], answers: Answers) -> Path:
    """Map a file and answer what is open."""
    code, said = mapped(file)
    assert code == DONE, said
    answer(file, answers)
    return file


@on_sqlite
@pytest.mark.parametrize(
    ("make", "answers", "expected"),
    [
        (
            lambda folder: office_files.months(folder, knives=8),
            {'measure = "?"': 'measure = "arrests"', 'blank = "?"': 'blank = "nothing"'},
            "Total: The sum is 8, but its parts add up to 7 (Jan 2023 3, Feb 2023 4). Correct one of them.",
        ),
        (
            lambda folder: office_files.side_by_side(folder, total="4"),
            LONDON,
            "row 2: All arrests total: The sum is 4, but its parts add up to 3 (Knife 1, Drugs 2).",
        ),
        (
            lambda folder: office_files.kilograms(folder, "Subtotal,17/01/2023,11:00,,,1.81,14400"),
            LONDON | {'unit = "?"': 'unit = "pounds"'},
            "row 5: Weight: the sum is 1.81, but rows 2 to 4 add up to 1.71. Correct one of them.",
        ),
        (
            lambda folder: office_files.kilograms(folder, "3,17/01/2023,11:00,,,1.71,14400"),
            LONDON | {'unit = "?"': 'unit = "pounds"', 'blank = "?"': 'blank = "fill down"'},
            "row 5: The row looks like a sum, which would count twice: Weight 1.71 is the sum of rows 2 to 4.",
        ),
        (
            office_files.seven_forces,
            LONDON | {'other_forces = "?"': 'other_forces = "refuse"'},
            "row 3: Force: the row is of 'Kent', but you send as surrey. Rows of other forces are never sent as yours.",
        ),
        (
            office_files.seven_forces,
            LONDON | {'to = "force"\n': 'to = "leave out"\n', 'other_forces = "?"': ""},
            "column 'Force' names 3 forces. Without it, their rows would be yours.",
        ),
        (
            office_files.charges,
            LONDON | {'group_by = "?"': 'group_by = ["Custody ref"]'},
            'row 3: An arrest counts once, under one reason. Write primary = "first row" in charges.csv.map.toml',
        ),
        (
            office_files.weekdays,
            LONDON | {'order = "day first"': 'order = "month first"'},
            "row 2: 2023-04-05 is a Wednesday, but the row says 'Thu'. Correct one of them, or the order",
        ),
        (
            office_files.euros,
            LONDON | {'unit = "EUR"': 'unit = "?"'},
            "1 question is open in cash.csv.map.toml; nothing was sent.",
        ),
        (
            office_files.euros,
            LONDON | {'unit = "EUR"': 'units = "EUR"'},
            "cash.csv.map.toml, [[sheets]], column 'Cash (EUR)': unknown key 'units'. It can have: heading,",
        ),
    ],
)
def test_what_would_be_a_wrong_figure_is_refused(  # noqa: PLR0917 - fixtures
    make: Callable[[Path], Path],
    answers: Answers,
    expected: str,
    tmp_path: Path,
    mapped: Callable[..., Told],
    submit: Callable[..., Told],
):
    file = answered(make(tmp_path), mapped, answers)
    code, said = submit(file, force="essex" if file.name == "months.xlsx" else "surrey")
    assert code == REFUSED, said
    assert expected in said


@on_sqlite
def test_a_deleted_force_column_does_not_make_all_rows_one_forces(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    file = office_files.seven_forces(tmp_path)
    answered(file, mapped, LONDON | {'other_forces = "?"': 'other_forces = "leave out"'})
    lines = [line.partition(",")[2] for line in file.read_text(encoding="utf-8").splitlines()]
    office_files.text_file(file, *lines)
    code, said = submit(file)
    assert code == REFUSED
    assert "maps a column 'Force', which the file does not have" in said


@on_sqlite
def test_a_mapping_is_never_overwritten_and_keeps_its_answers(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    refuse = {'other_forces = "?"': 'other_forces = "refuse"'}
    file = answered(office_files.seven_forces(tmp_path), mapped, LONDON | refuse)
    before = mapping(file).read_text(encoding="utf-8")
    code, said = mapped(file)
    assert code == REFUSED
    assert "exists already and was left as it is. Edit it, or use --again" in said
    assert mapping(file).read_text(encoding="utf-8") == before
    with file.open("a", encoding="utf-8") as more:
        more.write("Surrey,18/01/2023,10:00,Snatch,1\r\n")
    code, said = submit(file, "--check")
    assert "row 5, Reason: 'Snatch' is not among the words of this column in forces.csv.map.toml." in said
    code, said = mapped(file, "--again")
    assert (code, "1 question is open" in said) == (DONE, True), said
    assert 'Reason: which code is "Snatch" (1 row)?' in said
    now = mapping(file).read_text(encoding="utf-8")
    assert 'zone = "Europe/London"' in now
    assert 'other_forces = "refuse"' in now
    assert file.with_name("forces.csv.map.toml.old").read_text(encoding="utf-8") == before


@on_sqlite
def test_columns_about_persons_are_never_read(tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]):
    file = office_files.text_file(
        tmp_path / "arrests.csv",
        "Ref,Date,Time,Offence,Name,DOB,PERP_SEX,VRM,Notes",
        "1,17/01/2023,10:00,Knife,#REF!,01/02/1990,M,ZZ99 ZZZ,left by a window",
    )
    code, said = mapped(file)
    assert "Left out, never sent: Name, DOB, PERP_SEX, VRM, Notes" in said
    text = mapping(file).read_text(encoding="utf-8")
    for cell in ("1990", "ZZ99", "window"):
        assert cell not in said + text
    answer(file, LONDON)
    code, said = submit(file)
    assert code == DONE, said


@on_sqlite
def test_a_mistake_is_named_in_the_words_of_the_file(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    file = office_files.workbook(
        tmp_path / "drugs.xlsx",
        Drugs=[
            ["Our ref", "Date seized", "Borough", "Substance", "Net weight (kg)", "Cash £"],
            [1, "17/01/2023 10:00", "Camden", "Cocaine", "0.5 g", None],
            [2, "31/02/2023 10:00", "Dover", "Cannabis", 0.5, None],
            [3, "17/01/2023 10:00", "Brent", "Cannabis", 0.5, None],
        ],
    )
    code, said = mapped(file)
    answer(file, LONDON)
    code, said = submit(file)
    assert code == REFUSED
    assert "sheet Drugs, row 2, Net weight (kg): Expected a number in kg, as the mapping says. Found '0.5 g'." in said
    assert "sheet Drugs, row 3, Date seized: Expected a date such as 17/01/2023" in said
    assert "sheet Drugs, row 4, Borough: Expected a place of mapped. Found 'brent'." in said
    assert "The file has 'Brent': correct its code in drugs.xlsx.map.toml." in said


@on_sqlite
def test_figures_of_other_forces_are_never_sent_as_ones_own(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    beside = office_files.text_file(
        tmp_path / "arrests by force.csv", "Date,Time,Offence,Surrey,Kent", "16/01/2023,10:00,Knife,2,3"
    )
    code, said = mapped(beside)
    assert "Kent: these seem to be the figures of kent." in said
    answer(beside, LONDON | {'to = "?"': 'to = "count"', 'group_by = "?"': 'group_by = "each row"'})
    code, said = submit(beside)
    assert (code, "column 'Kent' has the figures of kent, but you send as surrey." in said) == (REFUSED, True), said
    rows = [["Date", "Time", "Offence", "Count"], ["16/01/2023", "10:00", "Knife", 2]]
    sheets = office_files.workbook(tmp_path / "arrests.xlsx", Surrey=rows, Kent=rows)
    code, said = mapped(sheets)
    assert "Sheet Kent seems to be that of a force, as others are. Rows of other forces are never sent as yours" in said
    answer(sheets, {'template = "?"': 'template = "arrests"'})
    mapped(sheets, "--again")
    answer(sheets, LONDON | {'group_by = "?"': 'group_by = "each row"'})
    code, said = submit(sheets)
    assert (code, "Sheet Kent is named after kent, but you send as surrey." in said) == (REFUSED, True), said


@on_sqlite
@pytest.mark.parametrize(
    ("line", "changed", "said"),
    [
        ("format = 1", "format = 2", "expected format = 1; found 2."),
        ("format = 1", "format = one", "is not TOML:"),
        ('unit = "EUR"', 'unit = "euro"', "expected as unit one of"),
        ('unit = "EUR"', "unit = 1", "unit: expected a text in double quotes; found 1."),
        ('zone = "?"', 'zone = "Londn"', 'zone: expected "Europe/London", "UTC" or an offset such as "+01:00"'),
        ('to = "date"', 'to = "day"', "to: expected one of"),
        ('group_by = "each row"', "", 'group_by is missing. Write "each row" or a list of headings.'),
        ('group_by = "each row"', 'group_by = ["Reff"]', 'expected one of "Ref", "Date"'),
        ("header_rows = [1]", 'header_rows = ["1"]', "header_rows: expected a whole number for each item; found '1'."),
        ("header_rows = [1]", "", "header_rows is missing."),
        ('order = "day first"', 'order = "dmy"', 'order: expected one of "day first", "month first"; found \'dmy\'.'),
        ('to = "reference"', 'to = "sum"', "a sum needs of = [...]"),
        ('to = "date"', 'to = "leave out"', 'no column becomes date. In cash.csv.map.toml, write to = "date"'),
        (
            'heading = "Ref"',
            'heading = "Our ref"',
            "maps a column 'Our ref', which the file does not have. It has: Ref,",
        ),
    ],
)
def test_a_mapping_is_read_strictly(  # noqa: PLR0917 - fixtures
    line: str, changed: str, said: str, tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    file = office_files.euros(tmp_path)
    mapped(file)
    answer(file, LONDON | {line: changed})
    code, told = submit(file)
    assert (code, said in told) == (REFUSED, True), told
    assert "cash.csv.map.toml" in told


@on_sqlite
def test_a_hidden_row_is_refused(tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]):
    file = office_files.workbook(
        tmp_path / "arrests.xlsx",
        Arrests=[["Ref", "Date", "Time", "Offence", "Count"], [1, "16/01/2023", "10:00", "Knife", 2]],
    )
    mapped(file)
    answer(file, LONDON)
    book = openpyxl.load_workbook(file)
    book["Arrests"].row_dimensions[2].hidden = True
    book.save(file)
    code, said = submit(file)
    assert (code, "sheet Arrests has hidden rows (2)" in said) == (REFUSED, True), said


@on_sqlite
def test_an_ambiguous_number_is_asked(tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]):
    file = office_files.text_file(
        tmp_path / "drugs.csv", "Ref;Date;Time;Drug;Weight (g)", "1;16/01/2023;10:00;Cocaine;1,250"
    )
    code, said = mapped(file)
    assert '1,250 is two numbers. If it is 1.250, write decimal = ","; if it is 1250, write decimal = "."' in said
    answer(file, LONDON | {'decimal = "?"': 'decimal = "."', 'thousands = ""': 'thousands = ","'})
    code, said = submit(file, "--check")
    assert code == DONE, said


@on_sqlite
def test_a_column_that_is_new_in_the_file_stops_it(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    file = answered(office_files.euros(tmp_path), mapped, LONDON)
    lines = file.read_text(encoding="utf-8").splitlines()
    office_files.text_file(file, lines[0] + ",Cash ($)", *(f"{line},70" for line in lines[1:]))
    code, said = submit(file)
    assert (code, "column G (Cash ($)) is not mapped in cash.csv.map.toml." in said) == (REFUSED, True), said
    office_files.text_file(file, *lines[:2], lines[2] + ",70")
    code, said = submit(file)
    assert (code, "column G (without a heading) is not mapped" in said) == (REFUSED, True), said


@on_sqlite
def test_columns_that_are_left_out_are_named(tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]):
    file = answered(
        office_files.month_first(tmp_path), mapped, LONDON | {'group_by = "?"': PRIMARY.format(key="Arrest No")}
    )
    code, said = submit(file, "--check")
    assert code == DONE, said
    assert "Columns left out, never read and never sent: Defendant Name (" in said
    assert "Comments (free text" in said


@on_sqlite
def test_a_day_without_a_time_stays_a_day(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told], lead: Caller, operation: str
):
    file = answered(office_files.days_only(tmp_path), mapped, {})
    code, said = submit(file)
    assert code == DONE, said
    by_day = lead.figures(operation, "day", "quantity", measure="arrests", by="day")
    assert [row for row in by_day if row[1]] == [("2023-07-16", 1), ("2023-07-17", 1)]


@on_sqlite
def test_a_blank_place_is_asked_and_refused_as_declared(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    file = office_files.text_file(
        tmp_path / "arrests.csv", "Ref,Date,Borough,Offence", "1,16/01/2023,Camden,Knife", "2,16/01/2023,,Knife"
    )
    code, said = mapped(file)
    assert 'Borough: some cells are blank or merged. Write "fill down" if they repeat the cell above, "nothing"' in said
    answer(file, {'blank = "?"': 'blank = "refuse"'})
    code, said = submit(file)
    assert (code, "row 3, Borough: The cell is blank. Fill it in" in said) == (REFUSED, True), said
    answer(file, {'blank = "refuse"': 'blank = "nothing"'})
    code, said = submit(file, "--check")
    assert code == DONE, said


@on_sqlite
def test_a_blank_amount_with_its_unit_beside_it_is_refused_or_left_out_as_the_mapping_says(
    tmp_path: Path, mapped: Callable[..., Told], submit: Callable[..., Told]
):
    file = answered(office_files.units_beside(tmp_path), mapped, LONDON)
    file.write_text(file.read_text().replace("Cannabis,250,grams", "Cannabis,,grams"))
    text = mapping(file).read_text(encoding="utf-8")
    assert 'to = "amount"' in text
    for blank in ("refuse", "one"):
        lines = [line for line in text.splitlines() if not line.startswith("blank")]
        declared = "\n".join(lines).replace('to = "amount"', f'to = "amount"\nblank = "{blank}"')
        mapping(file).write_text(declared, encoding="utf-8")
        code, said = submit(file, "--check")
        assert code == REFUSED, said
        assert 'row 3, Qty: The cell is blank. Fill it in, or write blank = "nothing"' in said


def test_again_keeps_what_was_answered_about_text_below_a_table(tmp_path: Path, mapped: Callable[..., Told]):
    file = tmp_path / "arrests.csv"
    file.write_text("Ref,Date,Offence\n1,16/07/2023,Burglary\n2,17/07/2023,Robbery\n\nSource: custody records\n")
    mapped(file)
    text = mapping(file).read_text(encoding="utf-8")
    assert 'text_below = "leave out"' in text
    mapping(file).write_text(text.replace('text_below = "leave out"', 'text_below = "refuse"'), encoding="utf-8")
    mapped(file, "--again")
    assert 'text_below = "leave out"' not in mapping(file).read_text(encoding="utf-8")
