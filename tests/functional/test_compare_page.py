"""Compare in pages: a claims file, pasted text or typed figures beside the record; what cannot be read is said."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask

from tests.factories.bodies import arrest, seizure
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor, Pandilla
from tests.functional.calls import Caller, on_sqlite
from tests.functional.test_overview_page import PANDILLA, person_of, size_of
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
COMPARE = "/operations/live/compare"
TOML = """\
format = "claims/1"
[source.release]
[[claims]]
source = "release"
figures = [
  { measure = "arrests", value = "179", unit = "arrests" },
  { measure = "weapons", value = "31", unit = "items" },
]
"""
CSV = """\
source,forces,measure,value,unit,says
release,,arrests,170,arrests,more than
release,surrey,arrests,21,arrests,
"""
JSON = '{"format": "claims/1", "source": {"r": {}}, "claims": [{"source": "r", "figures": [{}]}]}'


def compare(person: Visitor, address: str = COMPARE, *, token: bool = True, **fields: Any) -> tuple[int, str]:
    """Send the form; return the status and the page."""
    form = {"csrf_token": person.token(), **fields} if token else fields
    answer = person.post(address, data=form, headers=OWN, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def row(number: int, measure: str, figure: str, force: str = "") -> dict[str, str]:
    return {f"measure-{number}": measure, f"force-{number}": force, f"figure-{number}": figure}


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor, live: str) -> Visitor:
    assert live
    return visitor(app, secret_for(LEAD))


def test_disagreements_come_first_with_the_position(replayed_pandilla: Pandilla):
    status, page = compare(person_of(replayed_pandilla), f"{PANDILLA}/compare", text=TOML)
    text = text_of(page)
    assert status == 200
    assert "1 of 2 figures differs from the record. Nothing was recorded." in text
    result = text[text.index("beside the record") :]
    assert result.index(
        "Knives and weapons recovered, all forces claim 1, figure 2 31 items 30 Differs"
    ) < result.index("Arrests")
    assert "The record has 1 less." in result
    assert "Arrests, all forces claim 1, figure 1 179 arrests 179 Agrees" in result
    assert f"true at event {size_of(replayed_pandilla)}" in result


@pytest.mark.parametrize("role", ["force", "observer", "coordinator"])
def test_everybody_who_reads_can_compare(sqlite_pandilla: Pandilla, role: str):
    person = person_of(sqlite_pandilla, "surrey", role)
    for fields in ({"text": CSV}, {"file": (BytesIO(CSV.encode()), "draft.CSV")}):
        status, page = compare(person, f"{PANDILLA}/compare", **fields)
        assert status == 200
        assert "All 2 figures agree with the record." in text_of(page)
        assert "Arrests, Surrey Police line 3" in text_of(page)


def test_typed_figures_are_read_as_they_are_printed(sqlite_pandilla: Pandilla):
    typed = (
        row(0, "arrests", "more than 170")
        | row(1, "cash", "£5,700")
        | row(2, "arrests", "22 arrests", "surrey")
        | row(4, "cash", "nearly 5.8k")
    )
    status, page = compare(person_of(sqlite_pandilla), f"{PANDILLA}/compare", **typed)
    text = text_of(page)
    assert status == 200, text
    assert "1 of 4 figures differs from the record." in text
    assert "Arrests, Surrey Police 22 arrests 21 Differs The record has 1 less." in text
    assert "Cash seized, all forces 5,700 pounds £5,700 Agrees" in text
    assert 'value="22 arrests"' in page, "what was typed stays in the form"


def test_while_returns_are_out_a_figure_is_open(coordinator: Visitor, client_for: ClientFor, live: str):
    client_for("surrey").record(live, arrest(force="surrey", count=3))
    status, page = compare(coordinator, **row(0, "arrests", "3"))
    text = text_of(page)
    assert status == 200
    assert "1 of 1 figure may still change, because returns are not in." in text
    assert "at least 3 Open Agrees if nothing more comes. Returns not in: 4 forces." in text


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Select a file, paste a text, or fill in a figure"),
        ({"text": "We made 179 arrests."}, "This is no claims file. Type the figures instead"),
        ({"text": "format = claims"}, "The claims file is not TOML: "),
        ({"text": "{"}, "Expected JSON in UTF-8"),
        ({"text": JSON}, "Claim 1, figure 1, measure: measure is missing."),
        ({"text": TOML.replace("179", "92,0000")}, "Claim 1, figure 1, value: arrests: Expected digits"),
        ({"text": CSV.replace("170", "92,0000")}, "Line 2"),
        ({"file": (BytesIO(b"\xff\xfe\x00"), "x.csv")}, "The claims file is not UTF-8"),
        ({"file": (BytesIO(b"PK\x03\x04" * 99), "x.xlsx")}, "This is no claims file."),
        ({"file": (BytesIO(b"#" * 262_145), "x.toml")}, "The file must have at most 256 kB."),
        (row(1, "arrests", "many"), "Row 2: Figure must be a number as printed, for example 142"),
        (row(0, "arrests", "1.5"), "Row 1: arrests: Expected no decimal point"),
        (row(3, "cash", "£5 per head"), "Row 4: Expected cash in pounds"),
        (row(0, "arrests", "3", "no force"), "Row 1: Expected the code or name of a force"),
    ],
)
def test_what_cannot_be_read_is_explained(coordinator: Visitor, fields: dict[str, Any], words: str):
    status, page = compare(coordinator, **fields)
    assert status == 422
    assert text_of(page).count(words) >= 2, text_of(page)
    assert "<title>Error: Compare" in page
    assert "Nothing was compared" in page


@on_sqlite
def test_a_larger_body_is_refused_before_it_is_read(coordinator: Visitor):
    body = b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"#" * 2_000_000 + b"\r\n--x--\r\n"
    answer = coordinator.post(COMPARE, data=body, headers=OWN, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413
    assert heading(answer) == "What you sent is too large"
    assert "Nothing was recorded." in text_of(answer.get_data(as_text=True))


@on_sqlite
def test_markup_in_figures_and_files_is_shown_as_text(coordinator: Visitor, client_for: ClientFor, live: str):
    client_for("surrey").record(live, seizure(force="surrey"))
    evil = "<img src=x onerror=alert(1)>"
    for fields in (
        row(0, "arrests", evil),
        {"text": TOML.replace("arrests", evil)},
        {"text": TOML.replace("release", evil)},
        {"file": (BytesIO(TOML.replace("179", evil).encode()), f"{evil}.toml")},
        {"file": (BytesIO(TOML.encode()), f"{evil}.toml")},
    ):
        _status, page = compare(coordinator, **fields)
        assert "<img" not in page


@on_sqlite
def test_comparing_records_nothing(coordinator: Visitor, lead: Caller):
    before = lead.get("/v1/operations/live").json["head"]
    compare(coordinator, text=TOML)
    assert lead.get("/v1/operations/live").json["head"] == before
