"""Headers of sheets: columns in any spelling, headings that mean a column, and columns that are never read."""

import pytest

from service.spreadsheets.headers import ColumnLeftOut, expected_header, read_header, resembles_template
from service.spreadsheets.templates import TEMPLATES, NoSuchTemplate

ARRESTS = ["reference", "occurred_at", "place", "reason", "count"]
NOT_READ = "It is never read; the record takes no personal data."
HAS = f"The template has: {', '.join(TEMPLATES['arrests'].names())}."


def problems(*headings: str) -> list[str]:
    return [one.problem for one in read_header([*ARRESTS, *headings]).problems]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_heading_is_a_column_in_any_case_and_with_other_separators(name: str):
    template = TEMPLATES[name]
    written = [column.replace("_", " ").capitalize() for column in template.names()]
    found = read_header(written)
    assert (found.template, list(found.columns.values()), found.problems) == (template, template.names(), [])
    assert found.headings == dict(zip(template.names(), written, strict=True))


def test_brackets_and_blank_headings_do_not_matter():
    found = read_header(["Kind", "", "Weight (grams)", "CASH-POUNDS"])
    assert found.columns == {0: "kind", 2: "weight_grams", 3: "cash_pounds"}


@pytest.mark.parametrize(
    ("heading", "problem"),
    [
        ("Date", "Did you mean occurred_at? Rename it, or delete it."),
        ("Ref", "Did you mean reference? Rename it, or delete it."),
        ("Team", "The record has no use for it: delete it."),
        ("qualifer", "Did you mean qualifier? Rename it, or delete it."),
    ],
)
def test_a_heading_that_means_a_column_is_not_read_but_named(heading: str, problem: str):
    assert problems(heading) == [f"Column {heading!r} is not in the template for arrests. {problem}"]


def test_an_unknown_heading_is_named_with_the_columns_of_the_template():
    (said,) = problems("colour")
    assert said == f"Column 'colour' is not in the template for arrests. Delete it or correct its name. {HAS}"


def test_an_ambiguous_heading_is_asked_about():
    (problem,) = read_header(["kind", "Gross weight"]).problems
    asked = "Did you mean weight_grams? Rename it if its cells are that, or delete it."
    said = f"Column 'Gross weight' is not in the template for seizures. {asked}"
    assert problem == ("Gross weight", said, ("weight_grams",))


def test_a_heading_without_letters_is_unknown():
    assert problems("??") == [f"Column '??' is not in the template for arrests. Delete it or correct its name. {HAS}"]


@pytest.mark.parametrize(
    ("heading", "what"),
    [
        ("Name", "the name of a person"),
        ("DOB", "a person's birth"),
        ("VRM", "the registration mark or number of a vehicle"),
        ("Crime ref", "the number of a person or a case"),
        ("OIC", "an officer or a member of staff"),
    ],
)
def test_a_personal_column_is_refused_with_the_reason(heading: str, what: str):
    assert problems(heading) == [f"Column {heading!r} holds {what}: delete the column. {NOT_READ}"]
    assert len(read_header([*ARRESTS, heading]).columns) == len(ARRESTS)


def test_a_column_that_may_be_personal_is_refused_too():
    (problem,) = problems("Officers")
    assert problem.startswith("Column 'Officers' may hold an officer or a member of staff: delete the column.")


def test_free_text_is_left_out_and_named():
    found = read_header([*ARRESTS, "Comments"])
    assert found.left_out == [ColumnLeftOut("Comments", "free text, which may name a person")]
    assert (found.problems, len(found.columns)) == ([], len(ARRESTS))


def test_a_column_in_two_spellings_is_duplicate():
    assert problems("Reason") == [
        "Column 'reason' is duplicate: it is in the header 2 times, as 'reason' and 'Reason'. Keep one of them."
    ]


def test_a_column_that_names_the_force_is_read():
    assert read_header([*ARRESTS, "Police force"]).headings["force"] == "Police force"


def test_a_header_of_no_template_names_what_its_headings_may_mean():
    with pytest.raises(NoSuchTemplate) as error:
        read_header(["Date", "Offence", "Location", "Name"])
    assert error.value.detail == (
        f"{expected_header()}. Found: 'Date', 'Offence', 'Location', 'Name'. Did you mean occurred_at or day by 'Date'"
        ", reason by 'Offence', place by 'Location'? Rename the columns. If the file is not made from a template, "
        "oprecord map FILE proposes how to read it."
    )
    assert expected_header().startswith("Expected the header of a template, with one of the columns reason (arrests),")


@pytest.mark.parametrize(
    ("header", "resembles"),
    [
        (["reason", "what", "who"], True),
        (["Reason", "Place", "Who"], True),
        (["Action", "Owner", "Status"], False),
        (["Occurred at", "Place", "Arrested"], True),
        (["what", "who"], False),
    ],
)
def test_a_key_in_another_spelling_alone_makes_no_template(header: list[str], resembles: bool):  # noqa: FBT001
    assert resembles_template(header) is resembles
