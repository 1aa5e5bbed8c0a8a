"""Figures, returns and events exported as tables: a spreadsheet shows the same numbers and executes no formula."""

import csv
import hashlib
import re
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from service.exports import workbooks
from service.exports.tables import Column, ExportTable, csv_text, guarded
from service.exports.tables_of_answers import CSV, XLSX, returns_tables
from service.exports.workbooks import MAX_CHARACTERS, WorkbookTooLong, workbook
from service.usecases.querying.returns import Return, Returns
from tests.factories.bodies import activity, arrest, correction, declared, hours_ago, seizure, today, yesterday
from tests.factories.operations import operation_state
from tests.functional.calls import NDJSON, Caller, Json, on_sqlite, refused
from tests.functional.conftest import opened

LINES = (
    {"kind": "weapon", "weapon": "bladed/knife", "acquired": "seized"},
    {"kind": "cash", "currency": "GBP", "amount_minor": 123_456},
    {"kind": "cash", "currency": "EUR", "amount_minor": 50_000, "qualifier": "about"},
)


def exported(caller: Caller, address: str, media: str, **query: str) -> TestResponse:
    response = caller.get(address, query_string=query, headers={"Accept": media})
    assert response.status_code == 200, response.json
    return response


def csv_rows(response: TestResponse) -> list[Json]:
    text = response.get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def sheet_rows(body: bytes, name: str) -> list[Json]:
    header, *rows = load_workbook(BytesIO(body))[name].iter_rows(values_only=True)
    return [dict(zip(header, ("" if cell is None else cell for cell in row), strict=True)) for row in rows]


def test_totals_are_a_table_with_their_position_in_every_row(lead: Caller, surrey: Caller, live: str):
    surrey.record(live, arrest(count=3), seizure(*LINES))
    response = exported(lead, f"/v1/operations/{live}/totals", CSV, by="force", measure="arrests,cash")
    assert response.content_type.startswith("text/csv; charset=utf-8")
    assert response.headers["Content-Disposition"] == 'attachment; filename="live-totals.csv"'
    arrests, cash = csv_rows(response)
    assert (arrests["force"], arrests["quantity"], arrests["pounds"], arrests["unit"]) == ("surrey", "3", "", "arrests")
    assert (cash["quantity"], cash["pounds"], cash["display"]) == ("123456", "1234.56", "£1,234.56")
    assert {(row["operation"], row["marking"], row["as_of_seq"]) for row in (arrests, cash)} == {
        ("live", "OFFICIAL-SENSITIVE", "8")
    }
    assert arrests["outstanding"].startswith("surrey (")


def test_a_workbook_of_totals_has_numbers_as_numbers_and_a_frozen_header(lead: Caller, surrey: Caller, live: str):
    surrey.record(live, seizure(*LINES))
    response = exported(lead, f"/v1/operations/{live}/totals", XLSX, by="force,category,day")
    rows = {(row["measure"], row["category"]): row for row in sheet_rows(response.data, "totals")}
    assert rows["cash", ""]["quantity"] == 123_456
    assert rows["cash", ""]["pounds"] == 1_234.56
    assert rows["foreign_cash", "EUR"]["pounds"] == ""
    about = {row["what"]: row["is"] for row in sheet_rows(response.data, "about")}
    assert (about["marking"], about["as_of_seq"], about["returns"]) == ("OFFICIAL-SENSITIVE", "7", "partial")
    with ZipFile(BytesIO(response.data)) as archive:
        assert 'state="frozen"' in archive.read("xl/worksheets/sheet1.xml").decode()
        assert "£#,##0.00" in archive.read("xl/styles.xml").decode()


@pytest.mark.parametrize("media", [CSV, XLSX])
def test_returns_are_a_row_for_each_force_and_day(lead: Caller, surrey: Caller, media: str):
    opened(lead, operation="due", forces=["surrey", "kent"], returns_due_at=hours_ago(1))
    (receipt,) = surrey.record("due", declared("nil", measures=["cash", "arrests"]))
    response = exported(lead, "/v1/operations/due/returns", media)
    extension = "csv" if media == CSV else "xlsx"
    assert response.headers["Content-Disposition"] == f'attachment; filename="due-returns.{extension}"'
    rows = csv_rows(response) if media == CSV else sheet_rows(response.data, "returns")
    rows = [{name: str(value).removesuffix(".0") for name, value in row.items()} for row in rows]
    answer = lead.get("/v1/operations/due/returns").json
    same = {"operation": "due", "marking": "OFFICIAL-SENSITIVE", "as_of_seq": str(receipt["seq"])}
    none = same | {"status": "none", "seq": "", "declared_at": "", "late": "no", "measures": ""}
    none |= dict.fromkeys(("returns_due_at", "due_at"), answer["returns_due_at"]) | {"overdue": "yes"}
    said = none | {"status": "partial", "seq": str(receipt["seq"]), "declared_at": receipt["recorded_at"]}
    said |= {"late": "yes", "measures": "arrests; cash"}
    assert rows == [
        row | {"force": force, "day": day}
        for force, day, row in (
            *(("surrey", yesterday(), none), ("surrey", today(), said)),
            *(("kent", yesterday(), none), ("kent", today(), none)),
        )
    ]
    before = exported(lead, "/v1/operations/due/returns", CSV, as_of_seq=str(receipt["seq"] - 1))
    assert {row["status"] for row in csv_rows(before)} == {"none"}


def test_a_workbook_of_returns_has_numbers_as_numbers_and_a_frozen_header(lead: Caller, surrey: Caller, live: str):
    (receipt,) = surrey.record(live, declared())
    response = exported(lead, f"/v1/operations/{live}/returns", XLSX)
    assert load_workbook(BytesIO(response.data)).sheetnames == ["returns"]
    (said,) = [row for row in sheet_rows(response.data, "returns") if row["status"] == "complete"]
    assert (said["seq"], said["day"]) == (receipt["seq"], today())
    with ZipFile(BytesIO(response.data)) as archive:
        assert 'state="frozen"' in archive.read("xl/worksheets/sheet1.xml").decode()


def test_a_return_that_looks_like_a_formula_is_guarded():
    declared_at = datetime(2023, 1, 18, 9, tzinfo=UTC)
    one = Return(
        force="=1+1",
        day=date(2023, 1, 17),
        status="nil",
        seq=9,
        declared_at=declared_at,
        due_at=None,
        late=False,
        overdue=False,
        measures=("@a", "b"),
    )
    operation = replace(operation_state(), operation="-x", marking="+y", returns_due_at=None)
    (table,) = returns_tables(Returns(operation=operation, seq=9, recorded_at=declared_at, returns=(one,)))
    _header, row = "".join(csv_text(table)).splitlines()
    assert row == "'-x,'+y,9,'=1+1,2023-01-17,nil,9,2023-01-18T09:00:00Z,no,'@a; b,,no,"


@pytest.mark.parametrize("media", [CSV, XLSX])
def test_each_event_is_a_row_and_a_seizure_has_a_row_for_each_line(lead: Caller, surrey: Caller, live: str, media: str):
    first, seized = arrest(assisting=["btp", "kent"], place="m25"), seizure(*LINES)
    newer = correction(first, data={"reason": "drugs", "count": 2})
    surrey.record(live, first, seized, newer, activity(), declared())
    response = exported(lead, f"/v1/operations/{live}/events", media)
    rows = csv_rows(response) if media == CSV else sheet_rows(response.data, "events")
    rows = [{name: str(value).removesuffix(".0") for name, value in row.items()} for row in rows]
    assert [(row["seq"], row["line"]) for row in rows] == [(str(seq), "1") for seq in range(1, 8)] + [
        *(("8", "1"), ("8", "2"), ("8", "3")),
        *((str(seq), "1") for seq in (9, 10, 11)),
    ]
    opening, *_joins, arrested, knife, pounds, euros, corrected, stopped, returned = rows
    assert '"lead_force"' in opening["setup"]
    assert (arrested["reason"], arrested["assisting"], arrested["recorded_by_force"]) == (
        "knife",
        "btp; kent",
        "surrey",
    )
    assert (knife["kind"], knife["weapon"], knife["acquired"]) == ("weapon", "bladed/knife", "seized")
    assert (pounds["amount_minor"], pounds["amount_pounds"]) == ("123456", "1234.56")
    assert (euros["amount_minor"], euros["amount_pounds"], euros["qualifier"]) == ("50000", "", "about")
    assert (corrected["corrects"], corrected["correction_reason"], corrected["count"]) == (first["id"], "mistake", "2")
    assert (stopped["measure"], stopped["quantity"]) == ("vehicles_stopped", "12")
    assert (returned["status"], returned["setup"]) == ("complete", "")


def test_a_force_exports_its_own_events(surrey: Caller, lead: Caller, live: str):
    surrey.record(live, arrest())
    lead.record(live, arrest(force="metropolitan"))
    rows = csv_rows(exported(surrey, f"/v1/operations/{live}/events", CSV))
    assert [(row["force"], row["seq"]) for row in rows] == [("surrey", "7")]
    assert csv_rows(exported(lead, f"/v1/operations/{live}/events", CSV, force="kent")) == []


def test_without_a_preference_the_answer_is_json_and_lines_stay_lines(lead: Caller, live: str):
    for media in ("*/*", "application/json", "application/json, text/csv;q=0.5"):
        assert exported(lead, f"/v1/operations/{live}/totals", media).content_type == "application/json"
    lines = exported(lead, f"/v1/operations/{live}/events", NDJSON).data.splitlines()
    assert len(hashlib.sha256(b"\0" + lines[0]).hexdigest()) == 64


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-", "+44 1"])
def test_text_that_looks_like_a_formula_is_guarded(text: str):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "knife", "-5", "+5", "-5.25", "a=b", "£5"])
def test_plain_numbers_and_other_text_are_left_unchanged(text: str):
    assert guarded(text) == text


def test_a_formula_is_text_in_a_workbook_and_guarded_in_csv():
    def table() -> ExportTable:
        return ExportTable("t", [Column("a"), Column("b", "pounds")], [("=1+1", 5), ("http://x.example", None)])

    body = b"".join(workbook([table()]))
    assert sheet_rows(body, "t") == [{"a": "=1+1", "b": 0.05}, {"a": "http://x.example", "b": ""}]
    with ZipFile(BytesIO(body)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "".join(csv_text(table())) == "\ufeffa,b\r\n'=1+1,0.05\r\nhttp://x.example,\r\n"


@on_sqlite
def test_a_table_too_long_for_a_workbook_is_refused_and_has_no_limit_in_csv(
    live: str, lead: Caller, surrey: Caller, monkeypatch: pytest.MonkeyPatch
):
    surrey.record(live, *(arrest() for _number in range(3)))
    path = f"/v1/operations/{live}/events"
    monkeypatch.setattr(workbooks, "MOST_ROWS", len(csv_rows(exported(lead, path, CSV))))
    exported(lead, path, XLSX)
    surrey.record(live, arrest())
    problem = refused(lead.get(path, headers={"Accept": XLSX}), 422, "workbook_too_long")
    # The events are a stream.
    assert re.search(
        r"at most \d rows in an Excel file; found more\. .* use CSV, which has no limit", problem["detail"]
    )
    exported(lead, path, CSV)


def test_a_list_too_long_for_a_workbook_is_refused_with_its_number_of_rows():
    table = ExportTable("t", [Column("a")], [("text",)] * 10_001)
    said = "Expected at most 10,000 rows in an Excel file; found 10,001. Choose fewer, or use CSV, which has no limit."
    with pytest.raises(WorkbookTooLong, match=re.escape(said)):
        workbook([table])


def test_long_tables_are_written_in_bounded_memory():
    def peak(rows: int) -> int:
        columns = [Column(f"c{number}") for number in range(10)]
        tracemalloc.start()
        for _chunk in workbook([ExportTable("t", columns, (("text",) * 10 for _ in range(rows)))]):
            pass
        for _chunk in csv_text(ExportTable("t", columns, (("text",) * 10 for _ in range(rows)))):
            pass
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(4_000) < 2 * peak(400)


@pytest.mark.parametrize("length", [MAX_CHARACTERS, MAX_CHARACTERS + 1])
def test_text_too_long_for_a_cell_is_cut_with_a_note(length: int):
    table = ExportTable("t", [Column("a")], [("x" * length,)])
    (row,) = sheet_rows(b"".join(workbook([table])), "t")
    assert len(row["a"]) == MAX_CHARACTERS
    assert row["a"].endswith("x") == (length == MAX_CHARACTERS)
    assert ("cut: 32,768 characters" in row["a"]) == (length > MAX_CHARACTERS)


def test_outstanding_returns_have_a_sheet_of_their_own_with_every_span(lead: Caller, surrey: Caller):
    opened(lead, operation="long", starts_at="2022-01-01T00:00:00Z", ends_at="2024-01-01T00:00:00Z")
    surrey.record("long", *(declared(day=f"2022-{month:02}-{day:02}") for month in range(1, 7) for day in (2, 9)))
    surrey.record("long", activity(occurred_at="2022-02-01T12:00:00Z"))
    address, query = "/v1/operations/long/totals", {"force": "surrey"}
    body = exported(lead, address, XLSX, **query).data
    owed = sheet_rows(body, "outstanding")
    assert [(one["day_from"], one["day_before"], one["days"]) for one in owed][:3] == [
        ("2022-01-01", "2022-01-02", 1),
        ("2022-01-03", "2022-01-09", 6),
        ("2022-01-10", "2022-02-02", 23),
    ]
    assert sum(one["days"] for one in owed) == 730 - 12
    (figure,) = sheet_rows(body, "totals")
    assert figure["outstanding"].startswith("surrey (2022-01-01); surrey (2022-01-03 to 2022-01-08); ")
    assert "more days: see the sheet outstanding" in figure["outstanding"]
    (in_csv,) = csv_rows(exported(lead, address, CSV, **query))
    assert in_csv["outstanding"] == figure["outstanding"]
