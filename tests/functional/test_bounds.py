"""Size limits: the largest allowed value is accepted, and one more is refused."""

import json
import socket
from contextlib import closing, suppress

import pytest

from tests.factories.bodies import activity, arrest, new_id, opening, seizure, withdrawal
from tests.functional.calls import NDJSON, Caller, on_sqlite, refusal, refused
from tests.functional.served import serving

EVENT, BATCH, CALL = 64 * 1024, 4 * 1024 * 1024, 256 * 1024
MOST = 10**12


def padded(body: dict, size: int) -> bytes:
    """Return a body as JSON of exactly this many bytes."""
    text = json.dumps(body).encode()
    return text[:-1] + b" " * (size - len(text)) + text[-1:]


@on_sqlite
def test_an_event_has_at_most_64_kibibytes(live: str, surrey: Caller):
    def send(size: int) -> object:
        body = padded(arrest(), size)
        return surrey.post(f"/v1/operations/{live}/events", data=body, content_type="application/json")

    assert send(EVENT).status_code == 201
    refused(send(EVENT + 1), 413, "body_too_large")


@on_sqlite
def test_a_line_has_at_most_64_kibibytes(live: str, surrey: Caller):
    lines = (padded(arrest(), EVENT), padded(arrest(), EVENT + 1), b"x" * (5 * EVENT), padded(arrest(), EVENT))
    response = surrey.lines(live, *lines)
    assert (response.status_code, response.json["recorded"]) == (207, 2)
    assert [found["line"] for found in response.json["refusals"]] == [2, 3]
    for found in response.json["refusals"]:
        refusal(found["problem"], 413, "body_too_large")


@on_sqlite
def test_a_batch_has_at_most_4_mebibytes(live: str, surrey: Caller):
    def send(size: int) -> object:
        body = padded({"events": [arrest()]}, size)
        return surrey.post(f"/v1/operations/{live}/batches", data=body, content_type="application/json")

    assert send(BATCH).status_code == 201
    refused(send(BATCH + 1), 413, "body_too_large")


@on_sqlite
def test_a_call_has_at_most_256_kibibytes(lead: Caller, client_for):
    force = padded({"force": "x-y", "name": "X", "kind": "unit"}, CALL + 1)
    administrator = client_for("metropolitan", "administrator")
    refused(administrator.post("/v1/forces", data=force, content_type="application/json"), 413, "body_too_large")
    body = padded(opening(), CALL + 1)
    refused(lead.post("/v1/operations", data=body, content_type="application/json"), 413, "body_too_large")
    body = padded(opening(), CALL)
    assert lead.post("/v1/operations", data=body, content_type="application/json").status_code == 201
    body = padded({"id": new_id()}, CALL + 1)
    response = lead.post("/v1/operations/live/close", data=body, content_type="application/json")
    refused(response, 413, "body_too_large")


@on_sqlite
def test_a_body_must_be_as_long_as_its_header_says(live: str, surrey: Caller):
    body = json.dumps(arrest()).encode()
    for call, media in (("events", "application/json"), ("batches", "application/json"), ("batches", NDJSON)):
        response = surrey.post(
            f"/v1/operations/{live}/{call}",
            data=body,
            content_type=media,
            environ_overrides={"CONTENT_LENGTH": str(len(body) + 1)},
        )
        refused(response, 400, "body_cut_short")


def test_a_quantity_is_at_most_a_million_millions(live: str, surrey: Caller):
    surrey.record(live, activity(quantity=MOST), arrest(count=MOST))
    refused(surrey.send(live, activity(quantity=MOST + 1)), 422, "wrong_fields", "/data/quantity")
    surrey.record(live, activity(quantity=MOST))
    assert surrey.figures(live, measure="vehicles_stopped") == [2 * MOST]


def test_a_total_stays_within_the_integers_that_every_json_reader_keeps_exactly(live: str, surrey: Caller):
    cash = {"kind": "cash", "currency": "GBP", "amount_minor": MOST}
    events = [seizure(*[cash] * 50) for _ in range(180)]
    assert surrey.batch(live, events).status_code == 201
    surrey.record(live, seizure(*[cash] * 7))
    rest = 2**53 - 1 - 9007 * MOST
    surrey.record(live, seizure(cash | {"amount_minor": rest}))
    refused(surrey.send(live, seizure(cash | {"amount_minor": 1})), 422, "total_too_large")
    assert surrey.figures(live) == [2**53 - 1]
    # A withdrawal makes room again.
    surrey.record(live, withdrawal(events[0]), seizure(cash))


@on_sqlite
def test_lists_have_bounds(live: str, surrey: Caller, lead: Caller):
    surrey.record(live, seizure(*[{"kind": "phone"}] * 50))
    refused(surrey.send(live, seizure(*[{"kind": "phone"}] * 51)), 422, "wrong_fields", "/data/lines")
    empty = seizure() | {"data": {"lines": []}}
    refused(surrey.send(live, empty), 422, "wrong_fields", "/data/lines")
    many = [f"force-{number}" for number in range(101)]
    refused(surrey.send(live, arrest(assisting=many)), 422, "wrong_fields", "/assisting")
    places = [f"place-{number}" for number in range(501)]
    refused(lead.change(live, "amendments", id=new_id(), places=places), 422, "wrong_fields", "/places")
    query = ",".join(f"m{number}" for number in range(201))
    refused(lead.get(f"/v1/operations/{live}/totals?measure={query}"), 422, "wrong_fields", "/measure")


@on_sqlite
def test_codes_and_paths_have_maximum_lengths(live: str, surrey: Caller, lead: Caller):
    lead.change(live, "amendments", id=new_id(), places=["p" * 64])
    surrey.record(live, arrest(place="p" * 64))
    refused(surrey.send(live, arrest(place="p" * 65)), 422, "wrong_fields", "/place")
    path = "/".join(["a", *["s" * 60] * 2])
    registered = {"measure": "drug_seizures_by_substance", "categories": [path]}
    assert lead.change(live, "measures", id=new_id(), **registered).status_code == 201
    surrey.record(live, seizure({"kind": "drug", "drug": path}))
    line = {"kind": "drug", "drug": path + "/" + "s" * 5}
    refused(surrey.send(live, seizure(line)), 422, "wrong_fields", "/data/lines/0/drug")


@pytest.mark.parametrize("size", [100_000, 5_000_000])
@pytest.mark.parametrize("keeps", [True, False], ids=["keep-alive", "close"])
def test_a_refusal_reaches_a_client_that_is_still_sending(sqlite_url: str, size: int, *, keeps: bool):
    with serving(sqlite_url) as served, closing(served.connect()) as connection:
        headers = {"Authorization": "Bearer nobody", "Connection": "keep-alive" if keeps else "close"}
        for _ in range(2):
            connection.request("POST", "/v1/operations/live/batches", body=b"x" * size, headers=headers)
            response = connection.getresponse()
            assert (response.status, json.loads(response.read())["code"]) == (401, "credential_malformed")


def test_a_refusal_does_not_wait_for_a_client_that_sends_slowly(sqlite_url: str):
    head = b"POST /v1/operations/live/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
    with serving(sqlite_url) as served, socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(head)
        connection.settimeout(0.2)
        answered = b""
        # A byte now and then, for as long as it takes: without a limit, for hours.
        for _ in range(100):
            with suppress(TimeoutError, OSError):
                connection.sendall(b"x")
                answered += connection.recv(1024)
            if answered:
                break
    assert answered.startswith(b"HTTP/1.1 401 ")
