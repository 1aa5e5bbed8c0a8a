"""Values that look like personal data are refused wherever a code is allowed, and not repeated in the answer."""

from typing import Any

import pytest

from tests.factories.bodies import activity, arrest, new_id, opening, seizure
from tests.factories.names import NAMES
from tests.factories.names import PERSONAL as LISTED
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refused

PERSONAL = {
    "a registration mark": "ab12cde",
    "an older registration mark": "a123-bcd",
    "a postcode": "sw1a-2aa",
    "a phone number": "07700-900123",
    "an arrest/summons number": "23-01bb-01-0000123-a",
}


def refused_silently(response: Any, code: str, pointer: str) -> None:
    problem = refused(response, 422, "looks_personal", pointer)
    for form in (code, code.replace("-", ""), code.upper()):
        assert form not in response.get_data(as_text=True)
    assert problem["detail"]


@on_sqlite
@pytest.mark.parametrize("name", PERSONAL)
def test_codes_in_events_that_look_personal_are_refused(live: str, surrey: Caller, lead: Caller, name: str):
    code = PERSONAL[name]

    def send(event: dict, pointer: str) -> None:
        refused_silently(surrey.send(live, event), code, pointer)

    send(arrest(place=code), "/place")
    send(arrest(assisting=["kent", code]), "/assisting/1")
    send(arrest(code), "/data/reason")
    send(arrest(f"violence/{code}"), "/data/reason")
    send(seizure({"kind": "other", "property": code}), "/data/lines/0/property")
    send(seizure({"kind": "other", "property": f"tools/{code}"}), "/data/lines/0/property")
    send(seizure({"kind": "phone"}, {"kind": "drug", "drug": f"a/{code}"}), "/data/lines/1/drug")
    send(seizure({"kind": "weapon", "weapon": code}), "/data/lines/0/weapon")
    send(seizure({"kind": "vehicle", "ground": f"motoring/{code}"}), "/data/lines/0/ground")
    send(activity(code), "/data/measure")
    send(activity("people_safeguarded", category=code), "/data/category")
    refused_silently(lead.send(live, arrest(force=code)), code, "/force")
    assert code not in str(refused(surrey.send(live, arrest(force=code)), 403, "not_your_force", "/force"))


@on_sqlite
@pytest.mark.parametrize("name", PERSONAL)
def test_codes_in_the_coordinators_calls_that_look_personal_are_refused(
    live: str, lead: Caller, client_for: ClientFor, name: str
):
    code = PERSONAL[name]

    def change(address: str, pointer: str, **body: Any) -> None:
        refused_silently(lead.change(live, address, id=new_id(), **body), code, pointer)

    change("amendments", "/places/1", places=["m25", code])
    change("measures", "/measure", measure=code, label="dogs", unit="dogs")
    change("measures", "/categories/0", measure="dogs", label="dogs", unit="dogs", categories=[code])
    change("measures", "/categories/0", measure="arrests", categories=[f"violence/{code}"])
    change("forces", "/force", force=code)
    change("forces", "/force", force=code, name="Some unit", kind="unit")
    change("forces", "/name", force="kent-unit", name=code.upper(), kind="unit")
    change("measures", "/label", measure="dogs", label=code.upper(), unit="dogs")
    change("measures", "/unit", measure="dogs", label="dogs", unit=code.upper())
    for fields, pointer in (
        ({"operation": code}, "/operation"),
        ({"name": code.upper()}, "/name"),
        ({"places": [code]}, "/places/0"),
        ({"part_of": ["autumn", code]}, "/part_of/1"),
        ({"forces": [code]}, "/force"),
    ):
        refused_silently(lead.post("/v1/operations", json=opening(**{"operation": "new"} | fields)), code, pointer)
    administrator = client_for("metropolitan", "administrator")
    for field, body in (("force", {"force": code, "name": "A unit"}), ("name", {"force": "x-y", "name": code.upper()})):
        refused_silently(administrator.post("/v1/forces", json={"kind": "unit"} | body), code, f"/{field}")


def test_a_road_a_key_and_a_common_word_are_not_personal(live: str, surrey: Caller, lead: Caller):
    places = ["m25", "a406", "m1", "a1m", "enfield", "sw1a", "e14", "junction-10", "2023-01-17"]
    assert lead.change(live, "amendments", id=new_id(), places=places).status_code == 201
    surrey.record(live, *(arrest(place=place) for place in places))
    properties = ["cigarettes", "tools/power", "e-scooter", "bike2", "set-top-box"]
    surrey.record(live, *(seizure({"kind": "other", "property": code}) for code in properties))
    # A keyed hash may look like anything.
    surrey.record(live, arrest(incident="07700900123".rjust(64, "0")))


def test_refused_values_are_not_stored(live: str, surrey: Caller, lead: Caller):
    surrey.send(live, arrest("ab12cde"))
    surrey.send(live, seizure({"kind": "other", "property": "sw1a-2aa"}))
    assert lead.get(f"/v1/operations/{live}").json["head"]["seq"] == 6


@on_sqlite
def test_the_listed_names_pass_for_operations_places_categories_and_measures(live: str, lead: Caller):
    for name in NAMES:
        assert lead.post("/v1/operations", json=opening(operation=name, forces=["surrey"])).status_code == 201, name
        registered = lead.change(live, "measures", id=new_id(), measure=name, label=name, unit="items")
        assert registered.status_code == 201, name
    assert lead.change(live, "amendments", id=new_id(), places=list(NAMES)).status_code == 201
    for measure, some in (("first_half", NAMES[:150]), ("second_half", NAMES[150:])):
        new = {"measure": measure, "label": measure, "unit": "items", "categories": list(some)}
        assert lead.change(live, "measures", id=new_id(), **new).status_code == 201


@on_sqlite
def test_the_listed_codes_are_refused_for_operations_places_categories_and_measures(live: str, lead: Caller):
    for code in LISTED:
        opened = lead.post("/v1/operations", json=opening(operation=code, forces=["surrey"]))
        refused_silently(opened, code, "/operation")
        for address, pointer, body in (
            ("measures", "/measure", {"measure": code, "label": "items", "unit": "items"}),
            ("measures", "/categories/0", {"measure": "arrests", "categories": [code]}),
            ("amendments", "/places/0", {"places": [code]}),
        ):
            refused_silently(lead.change(live, address, id=new_id(), **body), code, pointer)
    assert lead.get(f"/v1/operations/{live}").json["head"]["seq"] == 6
