"""The forces and measures of the catalogue, forces that an administrator adds, and the caller's own credential."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask

from tests.factories.bodies import opening
from tests.functional.apps import ClientFor, with_secret
from tests.functional.calls import Caller, refused

NEW = {"force": "eastern-unit", "name": "Eastern Unit", "kind": "unit"}


def keys(caller: Caller) -> list[str]:
    return [one["force"] for one in caller.get("/v1/forces").json["forces"]]


def test_everybody_sees_all_forces(client_for: ClientFor):
    seen = [keys(client_for("kent", role)) for role in ("force", "coordinator", "observer", "administrator")]
    assert all(one == seen[0] for one in seen)
    assert {"metropolitan", "city-of-london", "btp", "northern-ireland"} <= set(seen[0])


def test_an_administrator_adds_a_force_that_can_then_take_part(lead: Caller, client_for: ClientFor):
    administrator = client_for("metropolitan", "administrator")
    refused(lead.post("/v1/operations", json=opening(forces=["eastern-unit"])), 422, "unknown_code", "/force")
    added = administrator.post("/v1/forces", json=NEW)
    assert (added.status_code, added.json) == (201, NEW | {"aliases": []})
    assert administrator.post("/v1/forces", json=NEW).status_code == 200
    assert keys(lead)[-1] == "eastern-unit"
    assert lead.post("/v1/operations", json=opening(forces=["eastern-unit"])).status_code == 201


def test_a_force_key_can_be_used_only_once(client_for: ClientFor):
    administrator = client_for("metropolitan", "administrator")
    administrator.post("/v1/forces", json=NEW)
    refused(administrator.post("/v1/forces", json=NEW | {"name": "Other"}), 409, "force_exists", "/force")
    known = {"force": "kent", "name": "Kent Police", "kind": "territorial"}
    assert administrator.post("/v1/forces", json=known).status_code == 200
    refused(administrator.post("/v1/forces", json=known | {"kind": "unit"}), 409, "force_exists", "/force")
    refused(administrator.post("/v1/forces", json=NEW | {"kind": "gang"}), 422, "wrong_fields", "/kind")
    refused(administrator.post("/v1/forces", json={"force": "x-y"}), 422, "wrong_fields", "/name", "/kind")
    assert keys(administrator).count("kent") == 1


def test_one_of_many_concurrent_additions_of_a_force_adds_it(app: Flask, secret_for):
    secret, barrier = secret_for("metropolitan", "administrator"), Barrier(4)

    def add(_index: int) -> int:
        caller = with_secret(app, secret)
        barrier.wait(10)
        return caller.post("/v1/forces", json=NEW).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == [200, 200, 200, 201]


def test_an_administrator_has_no_access_to_events(live: str, client_for: ClientFor):
    administrator = client_for("metropolitan", "administrator")
    for address in ("", f"/{live}", f"/{live}/events", f"/{live}/totals", f"/{live}/feed"):
        refused(administrator.get(f"/v1/operations{address}"), 403, "role_may_not")


def test_the_catalogue_says_what_is_counted_and_how(lead: Caller):
    measures = {one["measure"]: one for one in lead.get("/v1/measures").json["measures"]}
    assert next(iter(measures)) == "arrests"
    assert (measures["arrests"]["unit"], measures["arrests"]["category"]) == ("arrests", "reason")
    assert measures["drug_weight"]["unit"] == "milligrams"
    assert measures["drug_seizures_by_class"]["additive"] is False
    assert (measures["other_property"]["open"], measures["vehicles"]["open"]) == (True, False)
    assert (measures["weapons"]["core"], measures["stop_and_searches"]["core"]) == (True, False)


def test_a_caller_can_look_up_its_credential(client_for: ClientFor):
    answer = client_for("kent", "observer", ("live", "other")).get("/v1/me").json
    assert (answer["force"], answer["role"], answer["operations"]) == ("kent", "observer", ["live", "other"])
    assert answer["expires_at"] is None
