"""Ambiguous or malformed bodies: each is refused with a pointer to the fault, and none brings the service down."""

import json

import pytest

from tests.factories.bodies import activity, arrest, opening, seizure
from tests.functional.calls import NDJSON, Caller, on_sqlite, refusal, refused

CALLS = ["events", "batches", "forces", "measures", "amendments", "close", "reopen"]
# Each is wrong as JSON, whatever call it is sent to: body, code, pointer.
BROKEN = {
    "empty": (b"", "not_json", ""),
    "cut off": (b'{"id": "0190', "not_json", ""),
    "not UTF-8": (b'{"id": "\xff"}', "not_json", ""),
    "UTF-16": ('{"id": 1}'.encode("utf-16"), "not_json", ""),
    "byte order mark": (b'\xef\xbb\xbf{"id": 1}', "not_json", ""),
    "two values": (b"{} {}", "not_json", ""),
    "nested lists": (b"[" * 50_000, "not_json", ""),
    "nested objects": (b'{"a":' * 10_000, "not_json", ""),
    "a long number": (b'{"id": ' + b"1" * 5_000 + b"}", "not_json", ""),
    "a control character": (b'{"id": "\x01"}', "not_json", ""),
    "NaN": (b'{"data": [1, NaN]}', "json_trap", "/data/1"),
    "Infinity": (b'{"data": -Infinity}', "json_trap", "/data"),
    "a key twice": (b'{"force": "kent", "force": "surrey"}', "json_trap", "/force"),
    "a key twice below": (b'{"data": [{"a/b": 1, "a/b": 1}]}', "json_trap", "/data/0/a~1b"),
    "NUL": (rb'{"place": "m25\u0000"}', "json_trap", "/place"),
    "NUL in a key": (rb'{"pla\u0000ce": 1}', "json_trap", ""),
    "half a surrogate pair": (rb'{"place": "\ud83d"}', "json_trap", "/place"),
    "half a surrogate pair in a key": (rb'{"data": {"\udc00": 1}}', "json_trap", "/data"),
}
NUMBERS = {
    "a float": b"1.0",
    "a fraction": b"1.5",
    "an exponent": b"1e3",
    "infinite": b"1e400",
    "true": b"true",
    "a text": b'"1"',
    "null": b"null",
    "a list": b"[1]",
    "huge": b"1" + b"0" * 400,
    "beyond 64 bits": b"9223372036854775808",
    "too much": b"1000000000001",
    "negative": b"-1",
}
MOMENTS = [
    "2023-01-17",
    "2023-01-17T21:40Z",
    "2023-01-17 21:40:00Z",
    "2023-01-17T21:40:00",
    "2023-01-17T21:40:00z",
    "2023-01-17T21:40:00.1234567Z",
    "2023-01-17T24:00:00Z",
    "2023-01-17T23:59:60Z",
    "2023-02-29T12:00:00Z",
    "2023-01-17T21:40:00+25:00",
    "2023-01-17T21:40:00+00:00:30",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "1899-12-31T23:59:59Z",
    "2200-01-01T00:00:00Z",
    "2023-01-1\N{ARABIC-INDIC DIGIT SEVEN}T21:40:00Z",
    1673991600,
    True,
    {},
    [],
    "",
]
# What has a default, or may be left out, may be null.
OPTIONAL = [("null", "/data/count"), ("null", "/data/lines/1/weight_milligrams")]
FIELDS = [
    ({"id": "0190c2a4"}, "/id"),
    ({"id": "{0190c2a4-7e1b-7c3d-9f00-3b1c2d4e5f60}"}, "/id"),
    ({"id": "0190c2a47e1b7c3d9f003b1c2d4e5f60"}, "/id"),
    ({"id": 7}, "/id"),
    ({"id": None}, "/id"),
    ({"force": "Surrey"}, "/force"),
    ({"force": ["surrey"]}, "/force"),
    ({"force": ""}, "/force"),
    ({"force": "s" * 65}, "/force"),
    ({"type": "arrest"}, "/type"),
    ({"type": ["arrest.recorded"]}, "/type"),
    ({"type": None}, "/type"),
    ({"place": "M25"}, "/place"),
    ({"place": "m25\n"}, "/place"),
    ({"place": 25}, "/place"),
    ({"incident": "ab"}, "/incident"),
    ({"incident": "AB" * 32}, "/incident"),
    ({"assisting": "kent"}, "/assisting"),
    ({"assisting": ["kent", "kent"]}, "/assisting"),
    ({"assisting": ["kent", 7]}, "/assisting/1"),
    ({"occurred_at": None}, "/occurred_at"),
    ({"data": None}, "/data"),
    ({"data": []}, "/data"),
    ({"data": {}}, "/data/reason"),
    ({"data": {"reason": "knife", "reasons": []}}, "/data/reasons"),
    ({"data": {"reason": "knife/"}}, "/data/reason"),
    ({"data": {"reason": "/".join("abcdefg")}}, "/data/reason"),
    ({"data": {"reason": "knife", "qualifier": "roughly"}}, "/data/qualifier"),
    ({"data": {"reason": "knife", "qualifier": True}}, "/data/qualifier"),
    ({"name": "a person"}, "/name"),
    ({"seq": 7}, "/seq"),
    ({"recorded_by": {"force": "kent"}}, "/recorded_by"),
    ({"a/b~c": 1}, "/a~1b~0c"),
]
LINES = [
    (7, ""),
    ({}, "/kind"),
    ({"kind": "gold"}, "/kind"),
    ({"kind": ["weapon"]}, "/kind"),
    ({"kind": "weapon"}, "/weapon"),
    ({"kind": "weapon", "weapon": "bladed", "rounds": 5}, "/rounds"),
    ({"kind": "weapon", "weapon": "bladed", "acquired": "bought"}, "/acquired"),
    ({"kind": "cash", "currency": "gbp", "amount_minor": 1}, "/currency"),
    ({"kind": "cash", "currency": "GBP"}, "/amount_minor"),
    ({"kind": "drug", "drug": "a/Cocaine"}, "/drug"),
    ({"kind": "phone", "number": "07700900123"}, "/number"),
]


@on_sqlite
def test_malformed_json_is_refused_by_every_call(live: str, lead: Caller, subtests: pytest.Subtests):
    for name, (body, code, pointer) in BROKEN.items():
        for address in ("/v1/operations", *(f"/v1/operations/{live}/{call}" for call in CALLS)):
            with subtests.test(name, address=address):
                refused(lead.post(address, data=body, content_type="application/json"), 400, code, pointer)


@on_sqlite
def test_a_byte_order_mark_is_reported(lead: Caller):
    answered = lead.post("/v1/operations", data=b"\xef\xbb\xbf{}", content_type="application/json")
    assert "Unexpected UTF-8 BOM" in refused(answered, 400, "not_json", "")["detail"]


@on_sqlite
def test_malformed_json_is_refused_by_line_number(live: str, surrey: Caller):
    bodies = [(body, code, pointer) for body, code, pointer in BROKEN.values() if body]
    response = surrey.lines(live, *(body for body, _code, _pointer in bodies), arrest())
    assert (response.status_code, response.json["recorded"], response.json["refused"]) == (207, 1, len(bodies))
    for number, (found, (_body, code, pointer)) in enumerate(zip(response.json["refusals"], bodies, strict=True), 1):
        assert found["line"] == number
        refusal(found["problem"], 400, code, pointer)


@on_sqlite
def test_a_body_that_is_not_an_object_is_refused(live: str, lead: Caller, subtests: pytest.Subtests):
    for body in (b"null", b"7", b'"text"', b"[]", b"[{}]", b"true"):
        for call in CALLS:
            with subtests.test(body=body, call=call):
                response = lead.post(f"/v1/operations/{live}/{call}", data=body, content_type="application/json")
                refused(response, 422, "wrong_fields", "")


@on_sqlite
def test_a_quantity_is_a_whole_number_within_bounds(live: str, surrey: Caller, subtests: pytest.Subtests):
    drug = {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": "HERE"}
    cash = {"kind": "cash", "currency": "GBP", "amount_minor": "HERE"}
    places = {
        "/data/quantity": activity(quantity="HERE"),
        "/data/count": arrest(count="HERE"),
        "/data/lines/1/weight_milligrams": seizure({"kind": "phone"}, drug),
        "/data/lines/0/amount_minor": seizure(cash),
    }
    for name, number in NUMBERS.items():
        for pointer, event in places.items():
            with subtests.test(name, pointer=pointer):
                body = json.dumps(event).encode().replace(b'"HERE"', number)
                response = surrey.post(f"/v1/operations/{live}/events", data=body, content_type="application/json")
                if (name, pointer) not in OPTIONAL:
                    refused(response, 422, "wrong_fields", pointer)
    assert surrey.figures(live, measure="drug_weight,cash,vehicles_stopped") == []


@on_sqlite
def test_a_moment_is_rfc_3339_with_a_zone_and_in_our_time(live: str, lead: Caller, subtests: pytest.Subtests):
    for moment in MOMENTS:
        with subtests.test(moment=moment):
            refused(lead.send(live, arrest(occurred_at=moment)), 422, "wrong_fields", "/occurred_at")
            refused(lead.send(live, activity(occurred_before=moment)), 422, "wrong_fields", "/data/occurred_before")
            refused(lead.send(live, arrest(recorded_at=moment)), 422, "wrong_fields", "/recorded_at")
            response = lead.post("/v1/operations", json=opening(starts_at=moment))
            refused(response, 422, "wrong_fields", "/starts_at")


@on_sqlite
def test_a_field_of_the_wrong_type_is_refused(live: str, surrey: Caller, subtests: pytest.Subtests):
    for fields, pointer in FIELDS:
        with subtests.test(fields=fields):
            problem = refused(surrey.send(live, arrest() | fields), 422, "wrong_fields", pointer)
            assert len(problem["errors"]) == 1


@on_sqlite
def test_a_seizure_line_must_match_its_kind(live: str, surrey: Caller, subtests: pytest.Subtests):
    for line, pointer in LINES:
        with subtests.test(line=line):
            response = surrey.send(live, seizure({"kind": "phone"}, line))
            refused(response, 422, "wrong_fields", f"/data/lines/1{pointer}")


@on_sqlite
def test_every_wrong_field_is_named_at_once(live: str, surrey: Caller):
    wrong = {"id": 1, "force": 2, "place": 3, "colour": 4, "data": {"reason": 5, "count": 0}}
    problem = refused(surrey.send(live, arrest() | wrong), 422, "wrong_fields")
    pointers = {error["pointer"] for error in problem["errors"]}
    assert pointers == {"/id", "/force", "/place", "/colour", "/data/reason", "/data/count"}


@on_sqlite
def test_a_problem_in_a_line_has_its_place_within_the_line(live: str, surrey: Caller):
    response = surrey.lines(live, arrest(), arrest(count=True), b"  ", b"[]", arrest())
    assert [found["line"] for found in response.json["refusals"]] == [2, 4]
    refusal(response.json["refusals"][0]["problem"], 422, "wrong_fields", "/data/count")
    refusal(response.json["refusals"][1]["problem"], 422, "wrong_fields", "")


@on_sqlite
def test_a_body_of_another_media_type_is_refused(live: str, lead: Caller, subtests: pytest.Subtests):
    body = json.dumps(arrest()).encode()
    for media in (None, "text/plain", "application/x-www-form-urlencoded", "text/json", NDJSON):
        for call in CALLS:
            if (call, media) != ("batches", NDJSON):
                with subtests.test(media=media, call=call):
                    response = lead.post(f"/v1/operations/{live}/{call}", data=body, content_type=media)
                    refused(response, 415, "media_type_not_supported")


def test_media_type_parameters_are_accepted(live: str, surrey: Caller):
    body = json.dumps(arrest()).encode()
    response = surrey.post(f"/v1/operations/{live}/events", data=body, content_type="application/json; charset=utf-8")
    assert response.status_code == 201
