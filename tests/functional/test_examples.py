"""Every example in the OpenAPI document can be sent unchanged."""

from flask import Flask

from service.api.http import examples
from tests.factories.bodies import new_id
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller

OPERATION = examples.OPENING["operation"]
PARTS = ("part.accepted", "part.removed")


def opened(lead: Caller) -> str:
    assert lead.post("/v1/operations", json=examples.OPENING).status_code == 201
    return f"/v1/operations/{OPERATION}"


def test_the_examples_form_one_operation_from_opening_to_end(lead: Caller, surrey: Caller, client_for: ClientFor):
    address = opened(lead)
    batch = surrey.post(f"{address}/batches", json=examples.BATCH)
    assert (batch.status_code, {item["status"] for item in batch.json["results"]}) == (201, {201})
    for event in (examples.ARREST, examples.SEIZURE, examples.CORRECTION, examples.RETURN):
        assert surrey.post(f"{address}/events", json=event).status_code == 200
    calls = {"forces": "force.joined", "measures": "measure.registered", "amendments": "operation.amended"}
    calls |= {"forces/amendments": "force.amended", "forces/left": "force.left"}
    calls |= {"close": "operation.closed", "reopen": "operation.reopened"}
    for call, wire_type in calls.items():
        assert lead.post(f"{address}/{call}", json=examples.CHANGES[wire_type]).status_code == 201
    client_for("kent").record(OPERATION, examples.SIMILAR_ARREST)
    pair = examples.CHANGES["duplicate.ruled_out"]
    assert lead.post(f"{address}/possible-duplicates/ruled-out", json=pair).status_code == 201
    reopened = examples.CHANGES["duplicate.reopened"]
    assert lead.post(f"{address}/possible-duplicates/reopened", json=reopened).status_code == 201
    assert lead.post(f"{address}/possible-duplicates/ruled-out/batches", json=examples.PAIRS).status_code == 201
    part = examples.CHANGES["part.accepted"]
    week = examples.OPENING | {"id": new_id(), "operation": part["part"], "part_of": [OPERATION]}
    assert lead.post("/v1/operations", json=week).status_code == 201
    assert lead.post(f"{address}/parts", json=part).status_code == 201
    assert lead.post(f"{address}/parts/removed", json=examples.CHANGES["part.removed"]).status_code == 201
    assert lead.post(f"{address}/publications", json=examples.PUBLICATION).status_code == 201
    assert lead.post(f"{address}/publications/1/public", json=examples.MADE_PUBLIC).status_code == 201
    assert lead.post("/v1/credentials", json=examples.CREDENTIAL).status_code == 201
    assert {*calls.values(), "duplicate.ruled_out", "duplicate.reopened", *PARTS} == set(examples.CHANGES)
    assert surrey.figures(OPERATION, "measure", "display", measure="arrests,weapons,cash,drug_weight") == [
        ("arrests", "2"),
        ("weapons", "1"),
        ("drug_weight", "12.5 g"),
        ("cash", "£520"),
    ]


def test_the_example_of_a_force_is_added(client_for: ClientFor):
    assert client_for("metropolitan", "administrator").post("/v1/forces", json=examples.FORCE).status_code == 201


def test_the_examples_of_claims_are_compared(lead: Caller):
    address = f"{opened(lead)}/reconciliation"
    answers = [
        lead.post(address, json=examples.CLAIMS),
        lead.post(address, data=examples.CLAIMS_TOML, content_type="application/toml"),
        lead.post(address, data=examples.CLAIMS_CSV, content_type="text/csv"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [len(answer.json["claims"]) for answer in answers] == [5, 2, 2]


def test_every_example_in_the_document_is_one_of_these(app: Flask):
    document = app.test_client().get("/openapi.json").json
    shown = [
        content["example"]
        for operations in document["paths"].values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if "example" in content
    ]
    claims = [examples.CLAIMS, examples.CLAIMS_TOML, examples.CLAIMS_CSV]
    sent = [examples.OPENING, examples.ARREST, examples.BATCH, examples.FORCE]
    sent += [examples.PUBLICATION, examples.PAIRS, examples.MADE_PUBLIC, examples.CREDENTIAL, {}]
    sent += [*examples.CHANGES.values(), *claims]
    assert len(shown) == len(sent)
    assert all(example in sent for example in shown)
