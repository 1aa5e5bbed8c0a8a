"""Who reads a whole sees its sums; parts and their forces only those see who take part in them, or lead the whole.

Kent takes part in the country alone. Harbour is a part of it, in which Surrey and a unit of its own take part.
"""

import re
from collections.abc import Iterator
from http.client import OK
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner
from flask import Flask
from werkzeug.test import TestResponse

from service.cli.main import cli
from service.domain.model.instants import format_instant
from service.exports.statement.word import WORD
from service.spreadsheets.reading.file import XLSX
from tests.factories.bodies import arrest, declared, new_id, now, withdrawal, yesterday
from tests.factories.claims import block, document, figure
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.conftest import opened
from tests.functional.served import serving
from tests.functional.test_setup_pages import SecretFor
from tests.functional.visitors import visitor

UNIT = {"force": "harbour-unit", "name": "Harbour Marine Unit", "kind": "unit"}
COUNTRY, REGION, SURREYS, UNITS = 3, 20, 4729, 7919
TOTAL = COUNTRY + REGION + SURREYS + UNITS
# Whatever is of the harbour alone: its name, its unit, and the figures that its forces recorded in it, alone and with
# what they recorded elsewhere, before the publication and after it.
OF_FORCES = "|".join(
    f"{count // 1000},?{count % 1000:03}"
    for now in (SURREYS, SURREYS + REGION, SURREYS + REGION + COUNTRY, UNITS)
    for count in (now - 1, now)
)
# The digits may be in an id or a hash by chance. Pages show a root in groups of four digits.
NO_FIGURE = r"[0-9a-f]|[,.]\d|-[0-9a-f]{4,12}\b| [0-9a-f]{4}\b"
OF_HARBOUR = re.compile(rf"harbour|(?<![0-9a-f,.])(?<![0-9a-f]{{4}} )(?:{OF_FORCES})(?!{NO_FIGURE})", re.IGNORECASE)
ANY_PART = re.compile(r"\bregion\b|operation harbour|\bharbour\b(?! marine unit|-unit)", re.IGNORECASE)
OUTSIDERS: list[tuple[str, str | None, tuple[str, ...]]] = [
    ("kent", None, ()),
    ("kent", "observer", ()),
    ("kent", "coordinator", ()),
    ("surrey", None, ("country", "region")),
]
INSIDERS: list[tuple[str, str | None, tuple[str, ...]]] = [
    ("metropolitan", "coordinator", ()),
    ("metropolitan", "observer", ()),
    ("metropolitan", "force", ()),
    ("metropolitan", "coordinator", ("country",)),
]
TEXTS = ("application/json", "text/markdown", "text/plain", "text/html")
ENDINGS = ("csv", "xlsx", "docx", "html", "txt", "md")
PLACE = re.compile(r"<(?:[^<>:]+:)?(\w+)>")
ACCEPTED = (*TEXTS, "application/x-ndjson", "text/csv", XLSX, WORD)


@pytest.fixture
def country(lead: Caller, surrey: Caller) -> str:
    """Open a country, a region and a harbour in it. Publish it, then count more in the harbour."""
    opened(lead, operation="country", name="Country", forces=["surrey", "kent"])
    opened(lead, operation="region", name="Region", part_of=["country"], forces=["surrey", "kent"])
    opened(lead, operation="harbour", name="Operation Harbour", part_of=["country"], forces=["surrey", UNIT])
    for part in ("region", "harbour"):
        assert lead.change("country", "parts", id=new_id(), part=part).status_code == 201
    surrey.record("country", arrest(count=COUNTRY))
    surrey.record("region", arrest(count=REGION))
    surrey.record("harbour", arrest(count=SURREYS - 1))
    lead.record("harbour", arrest(count=UNITS - 1, force="harbour-unit"))
    assert lead.change("country", "publications", id=new_id(), label="final").status_code == 201
    surrey.record("harbour", arrest())
    lead.record("harbour", arrest(force="harbour-unit"))
    for operation in ("country", "region"):
        lead.record(operation, *(declared(force=force, day=yesterday()) for force in ("surrey", "kent")))
    return "country"


@pytest.fixture
def republished(country: str, lead: Caller) -> str:
    """Publish the country again: since the first publication, only figures of the harbour have changed."""
    assert lead.change(country, "publications", id=new_id(), label="final").status_code == 201
    return country


def addresses(app: Flask, prefix: str) -> Iterator[str]:
    """Yield every address below an operation that can be read, for the country. Live feeds have no end."""
    values = {"operation": "country", "number": "1", "event_id": new_id(), "force": "kent", "day": yesterday()}
    values |= {"kind": "arrest", "name": "x", "task": "parts", "table": "by-force"}
    for rule in app.url_map.iter_rules():
        is_below = rule.rule.startswith(f"{prefix}/operations/<operation>") and "GET" in (rule.methods or ())
        if is_below and rule.arguments <= {*values, "ending"} and not rule.rule.endswith(("/feed", "/live")):
            for ending in ENDINGS if "ending" in rule.arguments else ("",):
                given = values | {"ending": ending}
                yield PLACE.sub(lambda place, given=given: given[place[1]], rule.rule)


def questions(app: Flask) -> Iterator[str]:
    yield from addresses(app, "/v1")
    yield "/v1/operations"
    totals = "/v1/operations/country/totals"
    yield from (
        f"{totals}?{query}" for query in ("by=force", "by=force,hour,category", "force=surrey", "by=day,operation")
    )
    yield from (f"{totals}?{query}" for query in ("without_force=kent", f"as_of={now():%Y-%m-%dT%H:%M:%SZ}&by=force"))
    statement = "/v1/operations/country/statement"
    yield from (f"{statement}?{query}" for query in ("publication=1", "publication=2", "audience=public"))
    yield f"{statement}?publication=2&audience=public"


def readers(client_for: ClientFor, some: list[tuple[str, str | None, tuple[str, ...]]]) -> list[Caller]:
    return [client_for(force, role, operations) for force, role, operations in some]


@pytest.mark.usefixtures("republished")
def test_no_answer_names_a_part_or_its_forces_to_those_who_are_not_in_it(app: Flask, client_for: ClientFor):
    found, claims = [], document(block(figure(COUNTRY, forces=["surrey"]), figure(TOTAL)))
    for reader in readers(client_for, OUTSIDERS):
        for address in questions(app):
            for accept in ACCEPTED:
                answer = reader.get(address, headers={"Accept": accept})
                assert answer.status_code in (200, 403, 404, 406, 422), (address, answer.get_data(as_text=True))
                found += [(address, accept, said) for said in OF_HARBOUR.findall(text_in(answer))]
        answer = reader.post("/v1/operations/country/reconciliation", json=claims)
        found += [("reconciliation", answer.status_code, one) for one in OF_HARBOUR.findall(text_in(answer))]
    assert found == []


@on_sqlite
@pytest.mark.usefixtures("republished")
def test_no_page_names_a_part_or_its_forces_to_those_who_are_not_in_it(app: Flask, secret_for: SecretFor):
    found, then_and_now = [], f"/operations/country/then-and-now?as_of={format_instant(now())}"
    for force, role, operations in OUTSIDERS:
        person = visitor(app, secret_for(force, role, operations))
        for address in (*addresses(app, ""), "/operations", "/operations/country/publications/2", then_and_now):
            page = person.get(address)
            assert page.status_code < 500, address
            found += [(address, role, said) for said in OF_HARBOUR.findall(text_in(page))]
    assert found == []


@pytest.mark.usefixtures("country")
def test_everybody_sees_the_sums_of_the_whole_and_that_others_count_in_them(client_for: ClientFor):
    for reader in readers(client_for, OUTSIDERS):
        answer = reader.totals("country", measure="arrests")
        assert ([one["quantity"] for one in answer["figures"]], answer["other_parts"]) == ([TOTAL], True)
        assert {one["operation"] for one in answer["parts"]} == {"region"}
        for owing in (answer["figures"][0]["outstanding"], answer["completeness"]["outstanding"]):
            owed = [one["force"] for one in owing if one["day_from"] <= yesterday() < one["day_before"]]
            assert owed == [None], "owed in the harbour, by two forces"
        assert answer["completeness"]["status"] == "partial"
        by_force = reader.figures("country", "force", "quantity", measure="arrests", by="force")
        assert by_force == [("surrey", COUNTRY + REGION)], "what Surrey recorded where the reader is"
        problem = refused(reader.get("/v1/operations/country/totals?force=harbour-unit"), 422, "unknown_code")
        assert problem["detail"] == "Expected a force of this operation (surrey, kent); found 'harbour-unit'."


@pytest.mark.usefixtures("country")
def test_the_totals_by_operation_are_those_of_each_part(lead: Caller, surrey: Caller, client_for: ClientFor):
    asked = {"measure": "arrests", "by": "operation"}
    by_operation = [("country", COUNTRY), ("region", REGION), ("harbour", SURREYS + UNITS)]
    for reader in (lead, surrey):
        assert reader.figures("country", "operation", "quantity", **asked) == by_operation
    kent = client_for("kent")
    by_operation[-1] = (None, SURREYS + UNITS)
    assert kent.figures("country", "operation", "quantity", **asked) == by_operation
    figures = kent.totals("country", **asked)["figures"]
    assert [{out["force"] for out in one["outstanding"]} for one in figures] == [
        *({"surrey", "kent"} for _own_log in ("country", "region")),
        {None},
    ]
    both = {"measure": "arrests", "by": "operation,force,category"}
    assert lead.figures("country", "operation", "force", "quantity", **both)[-2:] == [
        ("harbour", "surrey", SURREYS),
        ("harbour", "harbour-unit", UNITS),
    ]
    assert kent.figures("country", "operation", "force", "quantity", **both) == [
        ("country", "surrey", COUNTRY),
        ("region", "surrey", REGION),
    ]
    assert lead.figures("region", "operation", "quantity", **asked) == [("region", REGION)], "without parts too"
    table = lead.get("/v1/operations/country/totals", query_string=asked, headers={"Accept": "text/csv"})
    assert "of_operation" in table.get_data(as_text=True)


@pytest.mark.usefixtures("country")
def test_claims_about_a_part_are_compared_with_its_totals(lead: Caller, client_for: ClientFor):
    """Also by the coordinator of a whole whose force takes no part in it, now and as of a moment."""
    kent = client_for("kent", "coordinator")
    opened(kent, operation="coast", lead_force="kent", forces=["kent"])
    opened(lead, operation="pier", part_of=["coast"], forces=["essex"])
    lead.record("pier", arrest(force="essex", count=UNITS))
    assert kent.change("coast", "parts", id=new_id(), part="pier").status_code == 201
    then = {"as_of": format_instant(now())}
    for moment in ({}, then):
        claims = document(block(figure(UNITS), **moment), block(figure(UNITS), operation="pier", **moment))
        compared = kent.post("/v1/operations/coast/reconciliation", json=claims).json["claims"]
        assert [(one["status"], one["as_it_stands"]) for one in compared] == [("open", "agrees")] * 2
    claims = document(block(figure(TOTAL)), block(figure(SURREYS + UNITS), operation="harbour"))
    hidden = client_for("kent").post("/v1/operations/country/reconciliation", json=claims).json["claims"]
    assert [one["status"] for one in hidden] == ["open", "cannot_be_compared"]


@pytest.mark.usefixtures("country")
def test_the_statement_says_that_others_are_in_its_figures(client_for: ClientFor):
    for query in ({}, {"publication": 1}):
        found = statement(client_for("kent"), **query)
        assert found["figures"][0]["quantity"] == (TOTAL if not query else TOTAL - 2)
        assert [one["force"] for one in found["forces"]] == ["surrey", "kent"]
        lines = found["breakdown"]["forces"] if found["breakdown"] else []
        assert [(one["force"], one["quantity"]) for one in lines][:1] in ([("surrey", COUNTRY + REGION)], [])
        assert not found["breakdown"] or found["breakdown"]["not_attributed"] is None, "it is of the harbour's forces"
        assert "at least" not in found["who"].lower(), "as many forces as the reader may see"
        assert any(note.startswith("Other operations are part of this one.") for note in found["notes"])
        assert {"force": None, "name": "other parts"}.items() <= found["outstanding"][-1].items()


@pytest.mark.usefixtures("country")
def test_those_who_lead_the_whole_or_are_in_the_part_see_it(surrey: Caller, client_for: ClientFor):
    for reader in (surrey, *readers(client_for, INSIDERS)):
        answer = reader.totals("country", measure="arrests", by="force")
        figures = [(one["force"], one["quantity"]) for one in answer["figures"]]
        assert figures == [("surrey", COUNTRY + REGION + SURREYS), ("harbour-unit", UNITS)]
        assert ([one["operation"] for one in answer["parts"]], answer["other_parts"]) == (["region", "harbour"], False)
        assert "Harbour Marine Unit" in statement(reader)["who"]
        published = reader.get("/v1/operations/country/publications/1").json
        assert {one["force"] for one in published["figures"]} == {None, "surrey", "harbour-unit"}
        assert len(published["parts"]) == 2


@pytest.mark.usefixtures("country")
def test_a_publication_is_shown_without_the_forces_of_parts_that_are_not_the_readers(client_for: ClientFor):
    kent = client_for("kent")
    published = kent.get("/v1/operations/country/publications/1").json
    assert {one["force"] for one in published["figures"]} == {None}, "Surrey's include what it did in the harbour"
    assert published["figures"][0]["quantity"] == TOTAL - 2
    assert ([one["operation"] for one in published["parts"]], published["other_parts"]) == (["region"], True)
    changes = kent.get("/v1/operations/country/publications/1/difference").json["changes"]
    assert {one["now"]["force"] for one in changes} == {None}
    assert {one["change"] for one in changes} == {2}


@pytest.mark.usefixtures("republished")
def test_what_has_changed_is_said_by_the_sums(lead: Caller, client_for: ClientFor):
    changed = f"arrests at least {TOTAL - 2:,}, now at least {TOTAL:,}"
    for reader in (client_for("kent"), lead):
        changes = statement(reader, publication=2)["changes"]
        assert changes["text"].startswith("Changed since publication 1, of ")
        assert changes["text"].endswith(f": {changed}.")
        (arrests,) = changes["figures"]
        assert (arrests["published"]["quantity"], arrests["now"]["quantity"]) == (TOTAL - 2, TOTAL)
        assert statement(reader)["changes"]["text"] is None, "the last publication holds"


@pytest.mark.usefixtures("republished")
def test_figures_that_change_by_force_in_a_hidden_part_have_not_changed_for_others(
    lead: Caller, surrey: Caller, client_for: ClientFor
):
    """One arrest of Surrey turns out to be the unit's: sums stay the same."""
    mistaken = arrest()
    surrey.record("harbour", mistaken)
    assert lead.change("country", "publications", id=new_id(), label="final").status_code == 201
    surrey.record("harbour", withdrawal(mistaken))
    lead.record("harbour", arrest(force="harbour-unit"))
    kent, since = client_for("kent"), "/v1/operations/country/publications/3/difference"
    assert (statement(lead)["changes"]["details"], statement(kent)["changes"]["details"]) == (True, False)
    assert (statement(lead)["changes"]["superseded"], statement(kent)["changes"]["superseded"]) == (True, False)
    assert lead.get(since).json["sentence"].endswith("Some figures by force have changed.")
    for accept in ("application/json", "text/plain", "text/markdown"):
        answer = kent.get(since, headers={"Accept": accept})
        assert "Nothing has changed since." in answer.get_data(as_text=True)
    assert len(kent.get(since, headers={"Accept": "text/csv"}).get_data(as_text=True).splitlines()) == 1
    assert lead.change("country", "publications", id=new_id(), label="final").status_code == 201
    assert statement(lead, publication=4)["changes"]["details"]
    said = statement(kent, publication=4)["changes"]
    assert (said["details"], said["text"].startswith("No figure has changed since publication 3")) == (False, True)


@on_sqlite
@pytest.mark.usefixtures("republished")
def test_the_difference_names_no_hidden_part_in_any_format(
    database_url: str, app: Flask, lead: Caller, client_for: ClientFor, secret_for: SecretFor
):
    address = "/v1/operations/country/publications/1/difference"
    for accept in ("application/json", "text/plain", "text/markdown", "text/csv", XLSX):
        seen = {}
        for reader in (lead, client_for("kent")):
            answer = reader.get(address, headers={"Accept": accept})
            assert (answer.status_code, answer.mimetype) == (OK, accept)
            seen[reader] = OF_HARBOUR.findall(text_in(answer))
        assert [bool(found) for found in seen.values()] == [True, False], accept
    page = "/operations/country/publications/1/changes"
    for force, sees in (("metropolitan", True), ("kent", False)):
        shown = visitor(app, secret_for(force)).get(page)
        assert (shown.status_code, bool(OF_HARBOUR.findall(text_in(shown)))) == (OK, sees)
    with serving(database_url) as served:
        for force, sees in (("metropolitan", True), ("kent", False)):
            for more in ([], ["--json"]):
                line = ["difference", "country", "1", "--url", f"http://127.0.0.1:{served.port}", *more]
                done = CliRunner().invoke(cli, line, env={"OPRECORD_CREDENTIAL": secret_for(force)})
                assert done.exit_code == 0, done.output
                assert f"{TOTAL:,}" in done.output or str(TOTAL) in done.output
                assert bool(OF_HARBOUR.findall(done.output)) == sees, (force, more)


@pytest.mark.usefixtures("republished")
def test_the_public_version_names_no_part_and_is_the_same_for_all(app: Flask, lead: Caller, client_for: ClientFor):
    assert lead.change("country", "publications/2/public", id=new_id()).status_code == 201
    anybody, kent = app.test_client(), client_for("kent")
    public = anybody.get("/v1/public/country/2").json["statement"]
    assert public.keys().isdisjoint({"parts", "other_parts", "position", "log_size", "marking"})
    assert "Other operations are part of this one. Their results are in these figures." in public["notes"]
    assert {one["force"] for one in public["forces"]} == {"surrey", "kent", "harbour-unit"}, "as it was published"
    for reader in (lead, kent):
        assert statement(reader, publication=2, audience="public") == public
    texts = [text_in(anybody.get(f"{kind}/country/2{more}")) for kind, more in (("/v1/public", ""), ("/p", ""))]
    for accept in (*TEXTS, WORD):
        for query in ({"publication": 2}, {}):
            for reader in (lead, kent):
                answer = asked(reader, accept, audience="public", **query)
                assert answer.status_code == OK
                texts.append(text_in(answer))
        assert ANY_PART.search(text_in(asked(lead, accept))), "those inside read the names of parts"
    assert [found for text in texts for found in ANY_PART.findall(text)] == []


@pytest.mark.usefixtures("republished")
def test_a_public_version_that_was_not_published_shows_no_more_than_its_reader_may_see(client_for: ClientFor):
    kent = client_for("kent")
    for query in ({}, {"publication": 2}):
        found = statement(kent, audience="public", **query)
        assert [one["force"] for one in found["forces"]] == ["surrey", "kent"]
        note = (
            "Other operations are part of this one. Their results are in these figures, and not all are shown by force."
        )
        assert note in found["notes"]


@pytest.mark.usefixtures("republished")
def test_a_word_document_names_the_parts_for_those_alone_who_see_them(lead: Caller, client_for: ClientFor):
    for query in ({}, {"publication": 2}, {"audience": "public"}):
        mine, kents = (text_in(asked(reader, WORD, **query)) for reader in (lead, client_for("kent")))
        assert "Harbour Marine Unit" in mine
        assert OF_HARBOUR.findall(kents) == []
        assert "Other operations are part of this one." in kents
        assert ("harbour as of entry" in mine) == ("audience" not in query)


@pytest.mark.usefixtures("country")
def test_a_whole_inside_a_whole_is_seen_by_those_who_lead_it(lead: Caller, client_for: ClientFor):
    """Kent leads a coast, which is a part of the country: it sees what is inside the coast, also in the country."""
    kent = client_for("kent", "coordinator")
    opened(kent, operation="coast", lead_force="kent", part_of=["country"], forces=["kent"])
    opened(lead, operation="pier", part_of=["coast"], forces=["essex"])
    assert kent.change("coast", "parts", id=new_id(), part="pier").status_code == 201
    assert lead.change("country", "parts", id=new_id(), part="coast").status_code == 201
    lead.record("pier", arrest(force="essex"))
    answer = kent.totals("country", measure="arrests", by="force")
    assert [one["force"] for one in answer["figures"]] == ["surrey", "essex"]
    assert [one["operation"] for one in answer["parts"]] == ["region", "coast", "pier"]


def text_in(answer: TestResponse) -> str:
    """Return the text of an answer; of a workbook, that of its files."""
    if not answer.data.startswith(b"PK"):
        return answer.get_data(as_text=True)
    with ZipFile(BytesIO(answer.data)) as file:
        return "\n".join(file.read(name).decode() for name in file.namelist() if name.endswith((".xml", ".rels")))


def asked(caller: Caller, accept: str, **query: Any) -> TestResponse:
    return caller.get("/v1/operations/country/statement", query_string=query, headers={"Accept": accept})


def statement(caller: Caller, **query: Any) -> Json:
    response = asked(caller, "application/json", **query)
    assert response.status_code == 200, response.json
    found: Json = response.json
    return found


@pytest.mark.parametrize(
    "past", [{}, {"imported": True, "recorded_at": "2023-01-10T09:00:00Z"}], ids=["live", "imported"]
)
def test_who_takes_the_name_of_a_whole_does_not_read_the_part_that_waits_for_it(
    lead: Caller, client_for: ClientFor, past: Json
):
    """Kent takes part in the port, reads that it waits for a whole, and opens one of that name."""
    opened(lead, operation="port", part_of=["autumn"], forces=["kent", "surrey"])
    assert client_for("kent").get("/v1/operations/port").json["part_of"] == ["autumn"]
    kent = client_for("kent", "coordinator")
    opened(kent, operation="autumn", lead_force="kent", forces=["kent"], **past)
    moment = {name: value for name, value in past.items() if name == "recorded_at"}
    waiting, missing = (
        refused(kent.change("autumn", "parts", id=new_id(), part=part, **moment), 422, "not_a_part", "/part")
        for part in ("port", "none")
    )
    assert waiting["detail"].replace("port", "none") == missing["detail"]
