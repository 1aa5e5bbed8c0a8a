"""The statement as a Word document, from the API and from the pages; without its extra nothing offers it."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from flask import Flask
from werkzeug.test import TestResponse

from service.exports.statement import word
from service.exports.statement.word import WORD
from service.storage.db import Database
from tests.factories.bodies import arrest, new_id, seizure
from tests.factories.logs import recorded_seed
from tests.factories.setup import LEAD
from tests.functional.calls import Caller, on_sqlite, refused
from tests.functional.visitors import Visitor, visitor

HEADINGS = {"Heading 1", "Heading 2"}


@pytest.fixture
def coordinator(app: Flask, secret_for: Callable[..., str]) -> Visitor:
    return visitor(app, secret_for(LEAD))


@pytest.fixture
def published(live: str, lead: Caller, surrey: Caller) -> str:
    weighed = {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 1_083_500}
    surrey.record(live, arrest(count=3), seizure(weighed))
    assert lead.change(live, "publications", id=new_id(), label="final").status_code == 201
    return live


def documented(response: TestResponse) -> Any:
    assert (response.status_code, response.content_type) == (200, WORD)
    return Document(BytesIO(response.data))


def asked(caller: Caller, operation: str, **query: object) -> TestResponse:
    return caller.get(f"/v1/operations/{operation}/statement", query_string=query, headers={"Accept": WORD})


def page_of(person: Visitor, address: str) -> str:
    response = person.get(address)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def texts(document: Any) -> list[str]:
    return [one.text for one in document.paragraphs if one.text]


def test_it_has_the_words_figures_marking_and_proofs_of_the_statement(published: str, lead: Caller):
    response = asked(lead, published, publication=1)
    assert response.headers["Content-Disposition"] == 'attachment; filename="live-statement.docx"'
    document = documented(response)
    said = lead.get(f"/v1/operations/{published}/statement?publication=1", headers={"Accept": "application/json"}).json
    headings = [(one.style.name, one.text) for one in document.paragraphs if one.style.name in HEADINGS]
    assert headings[0] == ("Heading 1", said["headline"])
    assert [text for _style, text in headings[1:]] == ["Figures of all forces", "Notes", "How to check this"]
    lines = texts(document)
    for text in (
        *(said["who"], said["when"], said["date_line"], said["publication"]["text"], said["position"]),
        *(one["text"] for one in said["figures"]),
        *said["notes"],
        *("Marking: OFFICIAL-SENSITIVE", f"SHA-256 of the published figures: {said['publication']['figures_hash']}"),
    ):
        assert text in lines
    (table,) = document.tables
    rows = [tuple(cell.text for cell in row.cells) for row in table.rows]
    assert rows[:2] == [("Figure", "Number"), ("Arrests", "at least 3")]
    assert ("Drugs by weight", "at least 1.0835 kg") in rows
    (section,) = document.sections
    for place in (section.header, section.footer):
        assert [one.text for one in place.paragraphs] == ["OFFICIAL-SENSITIVE"]
        assert not place.is_linked_to_previous
    assert (section.page_width.mm, section.page_height.mm) == (pytest.approx(210, abs=1), pytest.approx(297, abs=1))
    about = document.core_properties
    assert (about.title, about.author, about.language) == ("Operation Live", "", "en-GB")


def test_the_breakdown_by_force_is_a_table(database: Database, lead: Caller):
    operation = recorded_seed(database).name
    by_force, figures = documented(asked(lead, operation)).tables
    rows = [tuple(cell.text for cell in row.cells) for row in by_force.rows]
    assert rows[:2] == [("Force", "Arrests"), ("Metropolitan Police Service", "100")]
    assert ("Cash seized", "£5,700") in [tuple(cell.text for cell in row.cells) for row in figures.rows]


def test_the_public_version_has_no_marking_and_no_root(published: str, lead: Caller):
    document = documented(asked(lead, published, publication=1, audience="public"))
    whole = "\n".join([*texts(document), *(one.text for one in document.sections[0].header.paragraphs)])
    for private in ("OFFICIAL", "root", "From the record of"):
        assert private not in whole
    assert document.core_properties.keywords == ""
    assert "At least 3 arrests" in whole


def test_the_pages_of_a_publication_and_of_its_preview_offer_it(published: str, coordinator: Visitor):
    address = f"/operations/{published}/publications/1"
    assert f'href="{address}/file.docx"' in page_of(coordinator, address)
    response = coordinator.get(f"{address}/file.docx")
    assert "Publication 1, of" in "\n".join(texts(documented(response)))
    name = 'attachment; filename="live-publication-1-official-sensitive.docx"'
    assert (response.headers["Content-Disposition"], response.headers["Cache-Control"]) == (name, "no-store")
    preview = coordinator.get(f"/operations/{published}/publications/new").location
    file = preview.replace("/new?", "/new/statement.docx?")
    assert file.partition("?")[0] in page_of(coordinator, preview)
    response = coordinator.get(file)
    assert "This is not a publication: figures that are not published may change." in texts(documented(response))
    assert response.headers["Content-Disposition"].startswith('attachment; filename="live-preview-event-')


@on_sqlite
def test_without_the_extra_nothing_offers_it(
    published: str, lead: Caller, coordinator: Visitor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(word, "find_spec", lambda _name: None)
    response = asked(lead, published)
    refused(response, 406, "not_acceptable")
    assert WORD not in response.json["offered"]
    address = f"/operations/{published}/publications/1"
    assert "docx" not in page_of(coordinator, address)
    assert coordinator.get(f"{address}/file.docx").status_code == 404
    preview = coordinator.get(f"/operations/{published}/publications/new").location
    assert "docx" not in page_of(coordinator, preview)
    assert coordinator.get(preview.replace("/new?", "/new/statement.docx?")).status_code == 404
