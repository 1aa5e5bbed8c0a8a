"""The tables of the overview as files: the same figures as the page, with the marking and what they are true at."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from openpyxl import load_workbook

from service.access.credentials import Credential
from service.exports.overview import tables_of
from service.exports.tables import csv_text
from service.exports.workbooks import workbook
from service.storage.db import Database
from service.usecases.overview.operation import read_overview
from service.usecases.querying.as_of import Moment
from tests.factories.bodies import declared
from tests.factories.operations import opened_operation
from tests.factories.setup import LEAD
from tests.functional.apps import Pandilla
from tests.functional.calls import Caller, on_sqlite
from tests.functional.conftest import opened
from tests.functional.test_operations_page import days
from tests.functional.test_overview_page import PANDILLA, element, page_of, person_of
from tests.functional.visitors import Visitor, visitor

SecretFor = Callable[..., str]
MOMENT = "2023-01-18T18:30:00Z"
TABLES = ("by-force", "returns", "by-reason", "by-day", "by-hour", "everything-else")


def rows_of(person: Visitor, address: str) -> list[dict[str, str]]:
    answer = person.get(address)
    assert answer.status_code == 200, address
    assert answer.content_type.startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def links(page: str) -> list[str]:
    return [one.replace("&amp;", "&") for one in re.findall(r'href="([^"]*\.(?:csv|xlsx)[^"]*)"', page)]


def test_each_table_is_a_file_with_the_marking_and_the_position(replayed_pandilla: Pandilla):
    person = person_of(replayed_pandilla)
    page = page_of(person, f"{PANDILLA}?as_of={MOMENT}")
    found = links(page)
    assert {one.rsplit("/", 1)[1].split("?")[0] for one in found} == {
        f"{name}.{ending}" for name in TABLES for ending in ("csv", "xlsx")
    }
    root = replayed_pandilla.lead.totals("pandilla-2023-01", as_of=MOMENT)["as_of"]["root"]
    for address in found:
        answer = person.get(address)
        name = re.search(r"tables/(.*)\.(csv|xlsx)", address)
        assert name is not None
        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="OFFICIAL-SENSITIVE-pandilla-2023-01-{name[1]}-event-185.{name[2]}"'
        )
        assert answer.headers["Cache-Control"] == "no-store"
        if name[2] == "csv":
            for row in rows_of(person, address):
                named = (row["operation"], row["marking"], row["as_of_seq"], row["as_of"], row["root"])
                assert named == ("pandilla-2023-01", "OFFICIAL-SENSITIVE", "185", MOMENT, root)
        else:
            book = load_workbook(io.BytesIO(answer.get_data()))
            assert book.sheetnames == [name[1], "about"]
            about = dict(book["about"].iter_rows(min_row=2, values_only=True))
            assert (about["marking"], about["as_of_seq"], about["root"]) == ("OFFICIAL-SENSITIVE", "185", root)
            assert (about["as_of"], about["returns"]) == (MOMENT, "partial")


def test_the_files_have_the_figures_of_the_page(replayed_pandilla: Pandilla):
    person = person_of(replayed_pandilla)
    page = page_of(person, f"{PANDILLA}?as_of={MOMENT}")

    def table(name: str) -> list[dict[str, str]]:
        return rows_of(person, f"{PANDILLA}/tables/{name}.csv?as_of={MOMENT}")

    *forces, total = table("by-force")
    assert (total["force"], total["force_name"], total["arrests"], total["cash"]) == ("", "All forces", "93", "3745.00")
    assert total["arrests_said"] == "at least 93"
    by_name = {row["force"]: row for row in forces}
    assert (by_name["btp"]["vehicles"], by_name["btp"]["vehicles_said"]) == ("", "none yet")
    for force, row in by_name.items():
        assert row["arrests"] in element(page, f"force-{force}").split()
    assert sum(int(row["arrests"]) for row in forces) == 93
    assert [row["total"] for row in table("by-day")] == ["62", "93"]
    hours = table("by-hour")
    assert (hours[0]["hour"], hours[0]["uk_time"], hours[0]["arrests"]) == (
        "2023-01-17T07:00:00Z",
        "2023-01-17 07:00",
        "2",
    )
    assert hours[-1]["total"] == "93"
    reasons = {row["category"]: row["quantity"] for row in table("by-reason")}
    assert reasons["drugs"] in element(page, "reason-drugs")
    returns = {row["force"]: row for row in table("returns")}
    assert (returns["surrey"]["2023-01-17"], returns["surrey"]["2023-01-18"]) == ("complete", "none")


def test_both_moments_are_in_the_file_of_their_comparison(replayed_pandilla: Pandilla):
    person = person_of(replayed_pandilla)
    page = page_of(person, f"{PANDILLA}/then-and-now?event=200&to_event=300")
    of_csv, of_xlsx = links(page)
    rows = rows_of(person, of_csv)
    assert {(row["then_seq"], row["now_seq"], row["marking"]) for row in rows} == {("200", "300", "OFFICIAL-SENSITIVE")}
    assert {row["then_root"] for row in rows} != {row["now_root"] for row in rows}
    total = next(row for row in rows if row["force_name"] == "All forces" and row["measure"] == "arrests")
    assert (total["then"], total["now"], total["difference"]) == ("102", "155", "53")
    assert (total["then_said"], total["now_said"]) == ("at least 102", "at least 155")
    book = load_workbook(io.BytesIO(person.get(of_xlsx).get_data()))
    assert book.sheetnames == ["then-and-now", "about", "about then"]
    assert book["then-and-now"].max_row == len(rows) + 1


@on_sqlite
def test_a_cell_is_never_a_formula(database: Database, credential_for: Callable[..., Credential]):
    operation = opened_operation(database)
    found = read_overview(database, operation=operation.name, credential=credential_for(LEAD), moment=Moment())
    rows = [replace(one, force=replace(one.force, name="=HYPERLINK(1)")) for one in found.rows]
    table = tables_of(replace(found, rows=tuple(rows)))["by-force"]
    table = replace(table, rows=list(table.rows))
    assert ",'=HYPERLINK(1)," in "".join(csv_text(table))
    sheet = load_workbook(io.BytesIO(b"".join(workbook([table]))))["by-force"]
    assert "=HYPERLINK(1)" in [cell.value for cell in sheet["E"]]
    assert "f" not in {cell.data_type for row in sheet.iter_rows() for cell in row}, "text, however it begins"


def test_an_observer_gets_no_returns(replayed_pandilla: Pandilla):
    observer = person_of(replayed_pandilla, LEAD, "observer")
    assert {one for one in links(page_of(observer, PANDILLA)) if "returns" in one} == set()
    assert observer.get(f"{PANDILLA}/tables/returns.csv").status_code == 404
    rows = rows_of(observer, f"{PANDILLA}/tables/by-force.csv?as_of=2023-01-19T15:00")
    assert {row["owes"] for row in rows} == {""}
    owing = rows_of(person_of(replayed_pandilla), f"{PANDILLA}/tables/by-force.csv?as_of=2023-01-19T15:00")
    assert "2023-01-18" in {row["owes"] for row in owing}


@on_sqlite
def test_what_a_force_owes_is_named_as_spans_of_days(app: Flask, lead: Caller, surrey: Caller, secret_for: SecretFor):
    opened(lead, operation="week", starts_at="2023-01-16T00:00:00Z", ends_at="2023-01-23T00:00:00Z")
    surrey.record("week", declared(day="2023-01-19"), declared("nil", day="2023-01-21"))
    rows = rows_of(visitor(app, secret_for(LEAD)), "/operations/week/tables/by-force.csv")
    owed = {row["force"]: row["owes"] for row in rows}
    assert owed["surrey"] == "2023-01-16 to 2023-01-18, 2023-01-20, 2023-01-22"
    assert owed["kent"] == "2023-01-16 to 2023-01-22"


@on_sqlite
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("tables/nothing.csv", 404),
        ("tables/by-force.csv?as_of=x", 404),
        ("tables/by-force.csv?event=999", 422),
        ("then-and-now.csv?event=999", 422),
    ],
)
def test_a_file_that_cannot_be_made_is_none(app: Flask, lead: Caller, secret_for: SecretFor, address: str, status: int):
    opened(lead, operation="live", **days(-1, 1))
    answer = visitor(app, secret_for(LEAD)).get(f"/operations/live/{address}")
    assert answer.status_code == status
    assert "Content-Disposition" not in answer.headers
