"""The upload page: mistakes at their cells, what would be added, and rows that are recorded once whatever happens."""

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from service.access.sessions import sessions
from service.access.uploads import KEPT, uploads
from service.spreadsheets.reading import apart
from service.storage.db import Database, DatabaseBusy
from service.usecases.access.uploads import delete_old_uploads
from service.usecases.maintenance.credentials import revoke_credential
from service.web.uploads import work
from service.web.uploads.own_service import OwnService
from service.web.uploads.work import THREAD
from tests.factories.credentials import issued_secret
from tests.factories.setup import LEAD
from tests.functional.calls import Caller
from tests.functional.served import serving, wait_until
from tests.functional.test_overview_page import element
from tests.functional.test_submit import ARRESTS, MOMENT, arrest
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

HIDDEN = re.compile(r'name="(token|lines)" value="([^"]*)"')


def workbook(*rows: list[Any], title: str = "Arrests") -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].title = title
    for row in rows:
        book.worksheets[0].append([cell if cell != "" else None for cell in row])
    stored = BytesIO()
    book.save(stored)
    return stored.getvalue()


def finished() -> None:
    """Wait until no upload is worked on."""
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(60)


@dataclass(frozen=True)
class Office:
    """A force at its browser, with files to upload to a running operation, and its figures."""

    person: Visitor
    app: Flask
    database: Database
    lead: Caller
    live: str

    @property
    def address(self) -> str:
        return f"/operations/{self.live}/uploads"

    def choose(self, body: bytes, name: str = "results.xlsx", person: Visitor | None = None) -> str:
        """Upload a file and wait until it is checked; return the address of its page."""
        answer = self.post(body, name, person)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        finished()
        return str(answer.location)

    def post(self, body: bytes, name: str, person: Visitor | None = None) -> TestResponse:
        person = person or self.person
        data = {"csrf_token": person.token(), "file": (BytesIO(body), name)}
        answer = person.post(self.address, data=data, headers=OWN, content_type="multipart/form-data")
        # The client keeps a large body in a temporary file.
        answer.request.environ["wsgi.input"].close()
        return answer

    def page(self, upload: str, person: Visitor | None = None) -> str:
        answer = (person or self.person).get(upload)
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def said(self, upload: str) -> str:
        return text_of(self.page(upload))

    def send(self, upload: str, **fields: str) -> TestResponse:
        """Send what the page shows, with the choices given, and wait until it is done."""
        hidden = dict(HIDDEN.findall(self.page(upload)))
        answer = self.person.send(f"{upload}/send", page=upload, **hidden, **fields)
        finished()
        return answer

    def arrests(self) -> list[int]:
        return self.lead.figures(self.live, measure="arrests")


@pytest.fixture
def office(app: Flask, database: Database, lead: Caller, live: str) -> Office:
    return Office(visitor(app, issued_secret(database, "surrey")), app, database, lead, live)


@pytest.fixture
def other(office: Office) -> Callable[..., Visitor]:
    return lambda force, role=None: visitor(office.app, issued_secret(office.database, force, role))


def test_clean_rows_are_shown_sent_and_receipted_and_the_file_is_deleted(office: Office):
    body = workbook(ARRESTS, arrest("1"), arrest("2", count=2))
    upload = office.choose(body)
    said = office.said(upload)
    assert "Read: sheet ‘Arrests’ (2 rows)" in said
    assert "none yet" in said
    assert "+3" in said
    assert "Send 2 rows" in said
    assert office.arrests() == []
    assert office.send(upload).status_code == 303
    said = office.said(upload)
    assert "Recorded 2 events." in said
    assert "sheet Arrests, row 2: event" in said
    assert hashlib.sha256(body).hexdigest() in said
    assert office.arrests() == [3]
    with office.database.reading() as connection:
        assert connection.scalar(sa.select(uploads.c.body)) is None
    assert "Sent: 2 events recorded" in text_of(office.person.get(office.address).get_data(as_text=True))


def test_mistakes_stand_beside_their_values_and_nothing_is_sent(office: Office):
    upload = office.choose(workbook(ARRESTS, arrest("1", place="m52"), arrest("2", count="x"), arrest("3")))
    page = office.page(upload)
    said = text_of(page)
    assert "There is a problem 2 cells need to be fixed. Nothing has been sent." in said
    letter = "ABCDEFGHIJ"[ARRESTS.index("place")]
    assert f"Arrests {letter}2: place: " in said
    assert re.search(r'class="sheet__wrong"><strong>Expected a place[^<]*m25[^<]*</strong><code>m52</code>', page)
    assert "Expected a place of Operation Live. Did you mean m25?" in said
    assert "The other row What it would add." in said
    assert "+1" in said
    assert "<title>Error: " in page
    assert 'id="send"' not in page
    assert office.person.send(f"{upload}/send", page=upload, token="").status_code == 303
    assert office.arrests() == []


def test_the_marked_copy_has_a_note_at_each_wrong_cell_and_makes_no_formula_of_a_text(office: Office):
    rows = ["reference,occurred_at,place,reason,count", "@SUM(1),2024-01-01 10:00,m52,=1+1,1"]
    upload = office.choose("\n".join(rows).encode(), "results.csv")
    answer = office.person.get(f"{upload}/marked.xlsx")
    assert answer.headers["Content-Disposition"] == "attachment; filename=OFFICIAL-SENSITIVE-results-marked.xlsx"
    page = openpyxl.load_workbook(BytesIO(answer.get_data())).worksheets[0]
    assert page["C2"].comment.text.startswith("place: ")
    assert page["C2"].fill.fgColor.rgb.endswith("F8C9C9")
    assert page["A2"].value == "@SUM(1)"
    assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "inlineStr", "n"}
    assert page["D2"].value is None


def test_a_form_sent_twice_and_a_second_upload_of_the_file_count_once(office: Office):
    body = workbook(ARRESTS, arrest("1"), arrest("2"))
    upload = office.choose(body)
    hidden = dict(HIDDEN.findall(office.page(upload)))
    for _ in range(3):
        office.person.send(f"{upload}/send", **hidden)
    finished()
    assert office.arrests() == [2]
    again = office.choose(body)
    assert "Everything in this spreadsheet is recorded already." in office.said(again)
    assert office.arrests() == [2]


def test_two_browsers_that_send_the_same_file_record_it_once(office: Office, other: Callable[..., Visitor]):
    body = workbook(ARRESTS, arrest("1"), arrest("2"))
    first, second = office.choose(body), office.choose(body, person=other("surrey"))
    hidden = [dict(HIDDEN.findall(office.page(one))) for one in (first, second)]
    for upload, fields in zip((first, second), hidden, strict=True):
        office.person.send(f"{upload}/send", **fields)
    finished()
    assert office.arrests() == [2]
    office.send(second)
    assert office.arrests() == [2]


def test_a_changed_row_is_sent_as_a_correction(office: Office):
    office.send(office.choose(workbook(ARRESTS, arrest("1"), arrest("2"))))
    upload = office.choose(workbook(ARRESTS, arrest("1", count=5), arrest("2")))
    said = office.said(upload)
    assert "Changed since sent 1 row, sent as corrections" in said
    assert "+4" in said
    assert "Send 1 row" in said
    office.send(upload)
    assert office.arrests() == [6]


@pytest.mark.parametrize(("choice", "count"), [("leave", 3), ("withdraw", 2)])
def test_a_row_that_is_gone_is_left_or_withdrawn_as_the_person_decides(office: Office, choice: str, count: int):
    office.send(office.choose(workbook(ARRESTS, arrest("1"), arrest("2"))))
    upload = office.choose(workbook(ARRESTS, arrest("1"), arrest("3")))
    answer = office.send(upload)
    assert answer.status_code == 422
    assert "Choose what becomes of the rows that are gone." in text_of(answer.get_data(as_text=True))
    assert office.arrests() == [2]
    office.send(upload, gone=choice)
    assert office.arrests() == [count]


@pytest.mark.parametrize(("choice", "count"), [("sent", 3), ("new", 4)])
def test_a_copy_under_another_name_is_noticed(office: Office, choice: str, count: int):
    office.send(office.choose(workbook(ARRESTS, arrest("1"), arrest("2"))))
    upload = office.choose(workbook(ARRESTS, arrest("1"), arrest("3", reason="drugs")), "copy.xlsx")
    said = office.said(upload)
    assert "1 row says the same as an event that is recorded already" in said
    assert office.send(upload).status_code == 422
    office.send(upload, copies=choice)
    assert office.arrests() == [count]


def test_unusual_values_have_to_be_accepted(office: Office):
    upload = office.choose(workbook(ARRESTS, arrest("1", count=5000)))
    assert "It is more than 1,000." in office.said(upload)
    answer = office.send(upload)
    assert answer.status_code == 422
    assert "Look at the unusual values" in text_of(answer.get_data(as_text=True))
    office.send(upload, unusual="yes")
    assert office.arrests() == [5000]


def test_what_is_recorded_between_the_look_and_the_sending_is_shown_first(office: Office):
    body = workbook(ARRESTS, arrest("1"))
    first, second = office.choose(body), office.choose(workbook(ARRESTS, arrest("1"), arrest("2")))
    stale = dict(HIDDEN.findall(office.page(second)))
    office.send(first)
    office.person.send(f"{second}/send", **stale)
    finished()
    assert "Something was recorded since you looked." in office.said(second)
    assert office.arrests() == [1]
    office.send(second)
    assert office.arrests() == [2]


def own_file(*rows: str) -> bytes:
    return "\n".join(["Date;Time;Location;Offence;Qty", *rows]).encode()


def test_the_questions_on_a_file_offer_words_to_choose_from(office: Office):
    day, clock = f"{MOMENT:%Y-%m-%d %H:%M}".split()
    body = "\n".join(["Date;Time;Location;Offence;Number", f"{day};{clock};m25;Knife;1"]).encode()
    page = office.page(office.choose(body, "own.csv"))
    assert 'Choose what it is, or "leave out".' in text_of(page)
    assert '<option value="correction_reason">correction reason</option>' in page
    questions = page.partition('id="questions"')[2].partition("<details")[0]
    assert 'Write "leave out"' not in text_of(questions)
    assert "correction_reason" not in text_of(questions)
    page = office.page(office.choose(b"Ref;Blah\nK1;x\nK2;y\n", "other.csv"))
    assert 'what are its rows? Choose what they are, or "leave out". ' in text_of(page)


def test_a_file_that_is_no_template_is_mapped_once(office: Office):
    # With 12/01/2027, there would be a question about the order of day and month as well.
    day, clock = f"{MOMENT:%Y-%m-%d %H:%M}".split()
    body = own_file(f"{day};{clock};m25;Knife;1", f"{day};{clock};m25;Drugs;2")
    upload = office.choose(body, "own.csv")
    page = office.page(upload)
    assert "is not made from a template" in text_of(page)
    assert "in which time zone are the times?" in text_of(page)
    assert 'Choose "Europe/London" for the time on a clock' in text_of(page)
    lines = dict(HIDDEN.findall(page))
    assert office.person.send(f"{upload}/mapping", page=upload, **lines).status_code == 422
    questions = re.findall(r'name="(answer-\d+)"', page)
    answers = dict.fromkeys(questions, "Europe/London")
    assert office.person.send(f"{upload}/mapping", page=upload, **lines, **answers).status_code == 303
    finished()
    assert "Send 2 rows" in office.said(upload), office.said(upload)
    office.send(upload)
    assert office.arrests() == [3]
    again = office.choose(own_file(f"{day};{clock};m25;Theft;4"), "tomorrow.csv")
    assert "Send 1 row" in office.said(again)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("a.xlsx", b"%PDF-1.4", "a PDF, not a spreadsheet"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file"),
        ("a.xlsx", b"PK\x03\x04 nonsense", "damaged"),
        ("a.csv", b"<html><script>alert(1)</script>", "a web page or XML"),
        ("a.xlsx", b"", "empty"),
    ],
)
def test_another_kind_of_file_is_refused_with_what_to_do(office: Office, name: str, body: bytes, said: str):
    upload = office.choose(body, name)
    assert said in office.said(upload)
    assert "Nothing has been sent." in office.said(upload)


def test_a_bomb_is_refused(office: Office):
    stored = BytesIO()
    with ZipFile(stored, "w", ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<row><v>1</v></row>" * 15_000_000)
    assert "bytes when unpacked" in office.said(office.choose(stored.getvalue()))


def test_a_small_file_that_takes_long_to_read_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(apart, "MOST_SECONDS", 2)
    book = openpyxl.Workbook()
    book.worksheets[0].append(ARRESTS)
    stored, bomb = BytesIO(), BytesIO()
    book.save(stored)
    link = b'</sheetData><hyperlinks><hyperlink ref="A1:XFD1048576" location="x"/></hyperlinks>'
    with ZipFile(stored) as plain, ZipFile(bomb, "w") as changed:
        for name in plain.namelist():
            changed.writestr(name, plain.read(name).replace(b"</sheetData>", link))
    assert "results.xlsx takes too much memory or time to read" in office.said(office.choose(bomb.getvalue()))


def test_two_files_are_worked_on_at_a_time_and_others_wait(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work, "SECONDS_BETWEEN_SIGNS_OF_LIFE", 0.01)
    with work.PLACES, work.PLACES:
        upload = str(office.post(workbook(ARRESTS, arrest("1")), "results.xlsx").location)
        with office.database.reading() as connection:
            begun = connection.scalar(sa.select(uploads.c.beat_at))
        wait_until(lambda: signs_of_life(office) > begun)
        assert "Checking your spreadsheet" in office.said(upload)
    finished()
    assert "Send 1 row" in office.said(upload)


def test_a_marked_copy_is_made_while_few_others_are(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work, "SECONDS_WITHIN_AN_ANSWER", 0.01)
    upload = office.choose(workbook(ARRESTS, arrest("1", place="m52")))
    copy = f"{upload}/marked.xlsx"
    with work.PLACE_OF_FORCE["surrey"]:
        answer = office.person.get(copy)
    assert (answer.status_code, heading(answer)) == (503, "Sorry, the service is busy")
    with work.PLACES, work.PLACES:
        assert office.person.get(copy).status_code == 503
    assert office.person.get(copy).status_code == 200


def signs_of_life(office: Office) -> datetime:
    with office.database.reading() as connection:
        found: datetime = connection.execute(sa.select(uploads.c.beat_at)).scalar_one()
        return found


def test_a_file_of_100_megabytes_is_refused_unread(office: Office):
    answer = office.post(b"a" * 100_000_000, "a.csv")
    assert answer.status_code == 413
    assert "too large" in text_of(answer.get_data(as_text=True))
    answer = office.post(b"a" * 20_050_000, "a.csv")
    assert answer.status_code == 422
    assert "at most 20 MB" in text_of(answer.get_data(as_text=True))


def test_no_file_is_an_error_at_the_field(office: Office):
    answer = office.person.send(office.address)
    assert answer.status_code == 422
    assert "Choose a spreadsheet first." in text_of(answer.get_data(as_text=True))


@pytest.mark.parametrize("attack", ["<script>alert(1)</script>", "'><img src=x onerror=alert(1)>"])
def test_markup_in_cells_and_names_is_text(office: Office, attack: str):
    upload = office.choose(workbook(ARRESTS, arrest("1", place=attack), title="Arrests"), f"{attack}.xlsx")
    for page in (office.page(upload), office.person.get(office.address).get_data(as_text=True)):
        assert attack not in page
    assert "&lt;" in office.page(upload)


def test_another_forces_upload_does_not_exist(office: Office, other: Callable[..., Visitor]):
    upload = office.choose(workbook(ARRESTS, arrest("1")))
    for force, role in (("kent", None), (LEAD, "coordinator"), ("surrey", "observer")):
        person = other(force, role)
        for address in (upload, f"{upload}/marked.xlsx"):
            assert person.get(address).status_code == 404
        for form in ("send", "mapping"):
            assert person.send(f"{upload}/{form}").status_code == 404
    assert office.arrests() == []


def test_after_signing_in_again_the_upload_is_still_there(office: Office):
    upload = office.choose(workbook(ARRESTS, arrest("1")))
    hidden = dict(HIDDEN.findall(office.page(upload)))
    token = office.person.token()
    with office.database.writing() as connection:
        connection.execute(sa.delete(sessions))
    answer = office.person.post(f"{upload}/send", data={"csrf_token": token, **hidden}, headers=OWN)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in")
    again = visitor(office.app)
    answer = again.sign_in(issued_secret(office.database, "surrey"), next=f"{upload}/send")
    assert answer.location == f"{upload}/send"
    assert again.get(answer.location).location == upload
    assert "Send 1 row" in text_of(office.page(upload, again))


def test_a_sending_that_fails_shows_what_is_left_to_send(office: Office, monkeypatch: pytest.MonkeyPatch):
    upload = office.choose(workbook(ARRESTS, *(arrest(f"{number}") for number in range(300))))
    record = OwnService.record

    def failing(self: OwnService, bodies: Any, *, dry_run: bool) -> Any:
        if not dry_run and len(bodies) < 250:
            raise DatabaseBusy
        return record(self, bodies, dry_run=dry_run)

    monkeypatch.setattr(OwnService, "record", failing)
    office.send(upload)
    monkeypatch.undo()
    said = office.said(upload)
    assert "Not everything was sent." in said
    assert "Send 50 rows" in said
    assert office.arrests() == [250]
    office.send(upload)
    assert office.arrests() == [300]


def test_a_credential_that_is_revoked_sends_no_more_of_a_file(
    office: Office, other: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
):
    upload = office.choose(workbook(ARRESTS, *(arrest(f"{number}") for number in range(300))))
    colleague, record = other("surrey"), OwnService.record

    def record_then_revoke(self: OwnService, bodies: Any, *, dry_run: bool) -> Any:
        results = record(self, bodies, dry_run=dry_run)
        if not dry_run:
            revoke_credential(office.database, self.credential.id)
        return results

    monkeypatch.setattr(OwnService, "record", record_then_revoke)
    office.send(upload)
    monkeypatch.undo()
    assert office.arrests() == [250]
    long_ago = datetime.now(UTC) - timedelta(minutes=3)
    with office.database.writing() as connection:
        connection.execute(sa.update(uploads).values(beat_at=long_ago))
    office.page(upload, colleague)
    finished()
    assert "Send 50 rows" in text_of(office.page(upload, colleague))


def test_a_file_is_deleted_after_24_hours(office: Office):
    upload = office.choose(workbook(ARRESTS, arrest("1", place="m52")))
    with office.database.writing() as connection:
        connection.execute(sa.update(uploads).values(uploaded_at=datetime.now(UTC) - KEPT - timedelta(seconds=1)))
    assert "has been deleted after 24 hours" in office.said(upload)
    with office.database.reading() as connection:
        assert connection.execute(sa.select(uploads.c.body, uploads.c.found)).one() == (None, None)


def test_an_upload_that_is_being_sent_is_not_deleted(office: Office):
    upload = office.choose(workbook(ARRESTS, arrest("1")))
    now = datetime.now(UTC)
    old = {"uploaded_at": now - KEPT - timedelta(seconds=1), "state": "sending"}
    for beat, kept in ((now, True), (now - timedelta(minutes=3), False)):
        with office.database.writing() as connection:
            connection.execute(sa.update(uploads).values(**old, beat_at=beat))
        delete_old_uploads(office.database)
        with office.database.reading() as connection:
            assert (connection.execute(sa.select(uploads.c.body)).scalar_one() is not None) == kept
    assert upload


def test_the_service_deletes_old_uploads_that_nobody_looks_at(office: Office):
    office.choose(workbook(ARRESTS, arrest("1")))
    with office.database.writing() as connection:
        connection.execute(sa.update(uploads).values(uploaded_at=datetime.now(UTC) - KEPT - timedelta(seconds=1)))

    def is_deleted() -> bool:
        with office.database.reading() as connection:
            return connection.execute(sa.select(uploads.c.body)).scalar_one() is None

    assert not is_deleted()
    with serving(office.database.engine.url.render_as_string(hide_password=False)):
        wait_until(is_deleted)


def test_work_that_was_interrupted_begins_again_when_its_page_is_opened(office: Office):
    upload = office.choose(workbook(ARRESTS, arrest("1")))
    long_ago = datetime.now(UTC) - timedelta(minutes=3)
    with office.database.writing() as connection:
        connection.execute(sa.update(uploads).values(state="sending", beat_at=long_ago))
    assert 'http-equiv="refresh"' in office.page(upload)
    finished()
    assert "Send 1 row" in office.said(upload)


def test_the_template_is_for_the_force_and_carries_the_marking(office: Office):
    answer = office.person.get(f"{office.address}/template.xlsx")
    assert "OFFICIAL" in answer.headers["Content-Disposition"]
    assert "Arrests" in [name.title() for name in openpyxl.load_workbook(BytesIO(answer.get_data())).sheetnames]


def test_the_page_of_the_list_has_an_id_to_choose_a_file_with(office: Office):
    assert element(office.person.get(office.address).get_data(as_text=True), "file-hint").startswith("XLSX or CSV")
