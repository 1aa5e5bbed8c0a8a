"""Names that could mislead: an address, letters that look like others, and the name of another force."""

import pytest

from tests.factories.bodies import new_id, opening
from tests.functional.calls import Caller, refused
from tests.functional.conftest import ClientFor

MISLEADING = [
    ("Operation https://evil.example", "an address"),
    ("Operation evil.example/login", "an address"),
    ("www.evil Operation", "an address"),
    ("Operation L\u0430ntern", "Cyrillic and Latin"),
    ("Operation \u039fak", "Greek and Latin"),
    ("Operation \uff2fak", "Fullwidth and Latin"),
]
PLAIN = [
    "Operation Sceptre 2024 (M25/M1)",
    "Heddlu Dyfed-Powys: Op. Dŵr",
    "Cumann na Gardaí, no. 2",
    "St. Ives and King's Cross",
    "Операция Север",
]


@pytest.mark.parametrize(("name", "what"), MISLEADING)
def test_a_misleading_name_of_an_operation_is_refused(lead: Caller, name: str, what: str):
    answer = lead.post("/v1/operations", json=opening(operation="named", name=name))
    refused(answer, 422, "name_misleading", "/name")
    assert what in answer.json["detail"]
    assert lead.get("/v1/operations/named").status_code == 404


@pytest.mark.parametrize("name", PLAIN)
def test_a_name_in_one_script_is_accepted(lead: Caller, name: str):
    assert lead.post("/v1/operations", json=opening(operation="named", name=name)).status_code == 201


def test_a_known_force_keeps_its_name(lead: Caller, live: str):
    body = {"id": new_id(), "force": "sussex", "kind": "territorial"}
    for name in ("Kent Police", "Sussex Constabulary"):
        answer = lead.change(live, "forces", **body, name=name)
        refused(answer, 422, "name_misleading", "/name")
        assert "'Sussex Police'" in answer.json["detail"]
    with_force = opening(operation="named", forces=["surrey", {"force": "kent", "name": "Surrey Police"}])
    refused(lead.post("/v1/operations", json=with_force), 422, "name_misleading", "/name")
    assert lead.change(live, "forces", **body, name="Sussex Police").status_code == 201
    amendment = lead.change(live, "forces/amendments", id=new_id(), force="sussex", name="Kent Police")
    refused(amendment, 422, "name_misleading", "/name")


def test_no_other_force_takes_the_name_of_a_known_one(lead: Caller, live: str, client_for: ClientFor):
    new = {"force": "surrey-2", "name": "surrey  POLICE", "kind": "unit"}
    refused(lead.change(live, "forces", id=new_id(), **new), 422, "name_misleading", "/name")
    refused(client_for("metropolitan", "administrator").post("/v1/forces", json=new), 422, "name_misleading", "/name")


def test_a_known_force_has_the_name_of_its_time_in_an_imported_operation(lead: Caller, imported: str):
    change = {"id": new_id(), "force": "devon-and-cornwall", "recorded_at": "2023-01-20T12:00:00Z"}
    refused(lead.change(imported, "forces", **change, name="Kent Police"), 422, "name_misleading", "/name")
    assert lead.change(imported, "forces", **change, name="Devon and Cornwall Constabulary").status_code == 201


@pytest.mark.parametrize("field", ["label", "unit"])
def test_the_words_of_a_measure_are_checked(lead: Caller, live: str, field: str):
    measure = {"id": new_id(), "measure": "dogs", "label": "Dogs", "unit": "dogs", field: "dogs.example"}
    refused(lead.change(live, "measures", **measure), 422, "name_misleading", f"/{field}")
