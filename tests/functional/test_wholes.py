"""A stated whole, of which some is by force or category: it counts once, and what is left belongs to nobody."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service.storage.db import Database, open_database
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.transfer import export_operation, import_operation
from service.usecases.maintenance.verify import verify_operation
from tests.factories.bodies import activity, correction, fact, new_id, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.test_overview_files import rows_of
from tests.functional.visitors import text_of, visitor

AT = {"recorded_at": "2023-01-24T12:00:00Z"}
DAY = "2023-01-17"


def opened(lead: Caller, **fields: Any) -> str:
    """Open an imported operation of three days, in which two forces report tallies."""
    body = {
        "id": new_id(),
        "operation": "week",
        "name": "Operation Week",
        "lead_force": "metropolitan",
        "starts_at": "2023-01-17T00:00:00Z",
        "ends_at": "2023-01-20T00:00:00Z",
        "forces": [{"force": force, "reports": "tallies"} for force in ("metropolitan", "surrey", "kent")],
        "imported": True,
        "recorded_at": "2023-01-10T09:00:00Z",
    }
    assert lead.post("/v1/operations", json=body | fields).status_code == 201
    return "week"


def whole(measure: str, quantity: int, *of_which: Json, **data: Any) -> Json:
    """Return a whole of all forces, with these parts."""
    data = {"measure": measure, "quantity": quantity, "whole": True, "of_which": list(of_which)} | data
    return fact("activity.recorded", data, force="metropolitan", occurred_on=DAY, **AT)


def text(caller: Caller, operation: str, **query: Any) -> str:
    address = f"/v1/operations/{operation}/statement"
    return caller.get(address, query_string=query, headers={"Accept": "text/plain"}).get_data(as_text=True)


def test_a_whole_counts_once_and_its_rest_is_nobodys(lead: Caller):
    operation = opened(lead)
    event = whole(
        "arrests",
        179,
        {"force": "metropolitan", "quantity": 100},
        {"force": "surrey", "quantity": 21},
        {"force": "surrey", "category": "knife", "quantity": 8},
    )
    lead.record(operation, event)
    assert lead.figures(operation, "display") == ["179"]
    assert lead.figures(operation, "force", "display", by="force") == [
        ("metropolitan", "100"),
        ("surrey", "21"),
        (None, "58"),
    ]
    assert lead.figures(operation, "category", "display", by="category") == [("unstated", "171"), ("knife", "8")]
    assert lead.figures(operation, force="surrey", category="knife") == [8]
    fewer = correction(event, data=event["data"] | {"quantity": 150})
    lead.record(operation, fewer)
    assert lead.figures(operation, "force", "display", by="force")[-1] == (None, "29")
    lead.record(operation, withdrawal(fewer, force="metropolitan", **AT))
    assert lead.figures(operation, by="force") == []


@pytest.mark.parametrize(
    ("qualifier", "parts", "shown", "rest"),
    [
        ("more_than", [("exact", 100)], "more than 1,200", "more than 1,100"),
        ("exact", [("more_than", 100)], "1,200", "nearly 1,100"),
        ("exact", [("about", 100), ("exact", 50)], "1,200", "about 1,050"),
        ("at_least", [("at_least", 100)], "at least 1,200", "at least 1,100"),
        ("about", [("exact", 1_200)], "about 1,200", "about 0"),
        ("exact", [("exact", 1_200)], "1,200", ""),
    ],
)
def test_the_whole_keeps_the_qualifier_that_was_printed(
    lead: Caller, qualifier: str, parts: list[tuple[str, int]], shown: str, rest: str
):
    operation = opened(lead)
    forces = ("metropolitan", "surrey")
    of_which = [
        {"force": force, "qualifier": said, "quantity": quantity}
        for force, (said, quantity) in zip(forces, parts, strict=False)
    ]
    lead.record(operation, whole("vehicles_stopped", 1_200, *of_which, qualifier=qualifier))
    assert lead.figures(operation, "display") == [shown]
    by_force = dict(lead.figures(operation, "force", "display", by="force"))
    assert by_force.get(None, "") == rest
    assert len(by_force) == len(parts) + bool(rest)


def test_a_statement_and_a_publication_say_of_which(lead: Caller):
    operation = opened(lead)
    parts = [{"force": "metropolitan", "quantity": 100}, {"force": "surrey", "quantity": 21}]
    lead.record(operation, whole("arrests", 179, *parts), whole("vehicles", 66))
    returns = [
        {"id": new_id(), "type": "return.declared", "force": force, "data": {"day": day, "status": "complete"}, **AT}
        for force in ("metropolitan", "surrey", "kent")
        for day in ("2023-01-17", "2023-01-18", "2023-01-19")
    ]
    lead.record(operation, *returns)
    published = lead.change(operation, "publications", id=new_id(), label="final", **AT)
    assert published.status_code == 201, published.json
    keys = [(one["measure"], one["force"], one["category"]) for one in published.json["publication"]["figures"]]
    assert keys[:4] == [
        ("arrests", None, None),
        ("vehicles", None, None),
        ("arrests", "metropolitan", None),
        ("arrests", "surrey", None),
    ]
    for query in ({}, {"publication": 1}):
        said = text(lead, operation, **query)
        assert "- 179 arrests\n- 66 vehicle seizures\n\n" in said
        table = "Metropolitan Police Service: 100\nSurrey Police: 21\nNot attributed to a force: 58\n\n"
        assert f"Arrests, of which by force\n\n{table}" in said
        assert "Nothing is shown for Kent Police" in said
        assert "At least three police forces took part" in said
    answer = lead.get(f"/v1/operations/{operation}/statement", headers={"Accept": "application/json"}).json
    assert answer["breakdown"]["not_attributed"]["quantity"] == 58
    assert [one["force"] for one in answer["breakdown"]["forces"]] == ["metropolitan", "surrey"]
    difference = lead.get(f"/v1/operations/{operation}/publications/1/difference").json
    assert difference["changes"] == []


def test_printed_figures_agree_with_a_whole_and_its_parts(lead: Caller):
    operation = opened(lead)
    lead.record(operation, whole("arrests", 179, {"force": "surrey", "quantity": 21}))
    claims = {"format": "claims/1", "operation": operation, "source": {"release": {}}}
    blocks = [({}, "179"), ({"forces": ["surrey"]}, "21"), ({"forces": ["kent"]}, "12"), ({}, "180")]
    claims["claims"] = [
        {"source": "release", **scope, "figures": [{"measure": "arrests", "unit": "arrests", "value": value}]}
        for scope, value in blocks
    ]
    answer = lead.post(f"/v1/operations/{operation}/reconciliation", json=claims).json
    assert [one["as_it_stands"] for one in answer["claims"]] == ["agrees", "agrees", "open", "differs"]


def test_a_force_does_not_read_the_whole_that_counts_for_it(
    lead: Caller, client_for: ClientFor, app: Flask, secret_for: Callable[..., str]
):
    operation = opened(lead)
    lead.record(operation, whole("arrests", 179, {"force": "surrey", "quantity": 21}))
    surrey = client_for("surrey")
    assert surrey.figures(operation, "display", force="surrey") == ["21"]
    assert surrey.get(f"/v1/operations/{operation}/events").json["events"] == []
    page = lead.change(operation, "publications", id=new_id(), label="final", as_of_seq=4, **AT)
    assert page.status_code == 201, page.json
    assert surrey.get(f"/v1/operations/{operation}/publications/1/difference").json["events"] == []
    for force, count in (("surrey", 0), ("metropolitan", 1)):
        person = visitor(app, secret_for(force))
        listed = person.get(f"/operations/{operation}/events?measure=arrests&force=surrey")
        assert text_of(listed.get_data(as_text=True)).count("all forces, of which") == count
        file = person.get(f"/operations/{operation}/events.csv?measure=arrests&force=surrey")
        assert file.get_data(as_text=True).count("activity.recorded") == count, file.get_data(as_text=True)


def test_the_pages_show_what_belongs_to_no_force(lead: Caller, app: Flask, secret_for: Callable[..., str]):
    operation = opened(lead)
    event = whole("arrests", 179, {"force": "surrey", "quantity": 21, "category": "knife"}, qualifier="more_than")
    lead.record(operation, event)
    person = visitor(app, secret_for("metropolitan"))
    page = text_of(person.get(f"/operations/{operation}").get_data(as_text=True))
    assert "Not attributed to a force more than 158" in page
    assert "arrests, more than 179, all forces, of which Surrey Police, knife: 21" in page
    shown = text_of(person.get(f"/operations/{operation}/events/{event['id']}").get_data(as_text=True))
    assert "Counted for all forces together" in shown
    assert "Of which Surrey Police, knife: 21" in shown


def test_two_moments_hours_and_files_show_what_belongs_to_no_force(
    lead: Caller, app: Flask, secret_for: Callable[..., str]
):
    operation = opened(lead)
    parts = [{"force": "surrey", "quantity": 21}, {"force": "kent", "quantity": 40, "qualifier": "about"}]
    event = whole("arrests", 179, *parts)
    lead.record(operation, event)
    lead.record(operation, correction(event, data=event["data"] | {"quantity": 190}))
    timed = whole("arrests", 30, {"force": "surrey", "quantity": 10, "qualifier": "at_least"})
    del timed["occurred_on"]
    lead.record(operation, timed | {"occurred_at": f"{DAY}T21:15:00Z"})
    assert lead.figures(operation, "hour", "display", by="hour", measure="arrests") == [
        (None, "190"),
        (f"{DAY}T21:00:00Z", "30"),
    ]
    by_both = lead.figures(operation, "hour", "force", "display", by="force,hour", measure="arrests")
    assert by_both[-2:] == [(None, None, "about 129"), (f"{DAY}T21:00:00Z", None, "up to 20")]
    person = visitor(app, secret_for("metropolitan"))
    seq = lead.totals(operation)["as_of"]["seq"] - 2
    address = f"/operations/{operation}/then-and-now"
    page = text_of(person.get(f"{address}?event={seq}").get_data(as_text=True))
    assert "Not attributed to a force then about 118 now about 149 +31" in page
    assert "Metropolitan Police Service then none yet now none yet" in page
    page = text_of(person.get(f"/operations/{operation}").get_data(as_text=True))
    assert "Most in one hour: 30, on Tuesday 17 January from 9pm to 10pm." in page
    assert "190 arrests more have no time, so no column." in page
    table = rows_of(person, f"/operations/{operation}/tables/by-force.csv")
    (nobody,) = [one for one in table if one["force_name"] == "Not attributed to a force"]
    assert (nobody["force"], nobody["arrests"], nobody["arrests_said"]) == ("", "149", "about 149")
    assert (nobody["vehicles"], nobody["vehicles_said"]) == ("", ""), "nobody is to speak of it"
    (total,) = [one for one in table if one["force_name"] == "All forces"]
    assert (total["arrests"], total["vehicles_said"]) == ("220", "none yet")
    table = rows_of(person, f"/operations/{operation}/then-and-now.csv?event={seq}")
    (nobody, *_others) = [one for one in table if one["force_name"] == "Not attributed to a force"]
    assert (nobody["then_said"], nobody["now_said"], nobody["difference"]) == ("about 118", "about 149", "31")


def test_wherever_it_is_summed_a_whole_counts_the_same(
    lead: Caller, database: Database, sqlite_template: Path, tmp_path: Path
):
    operation = opened(lead)
    first = whole(
        "arrests",
        179,
        {"force": "surrey", "quantity": 21, "qualifier": "about"},
        {"force": "kent", "quantity": 8},
        qualifier="at_least",
    )
    weighed = whole("drug_weight", 40_000, {"category": "a", "quantity": 12_000}, rounded_to=1_000)
    lead.record(operation, first, weighed, whole("vehicles", 30, to=40))
    ways = [{}, {"by": "force"}, {"by": "category"}, {"by": "force,day,category"}, {"without_force": "kent"}]

    def figures(**query: Any) -> list[Json]:
        return [lead.totals(operation, **way, **query)["figures"] for way in ways]

    before, seq = figures(), lead.totals(operation)["log_size"]
    lead.record(operation, withdrawal(first, **AT), correction(weighed, data=weighed["data"] | {"quantity": 41_000}))
    assert figures(as_of_seq=seq) == before != figures()
    now = figures()
    rebuild(database, operation, snapshot_every=1)
    assert (figures(), figures(as_of_seq=seq)) == (now, before)
    assert verify_operation(database, operation).fault is None
    other = open_database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'other.db')}")
    exported = export_operation(database, operation)
    assert import_operation(other, exported.lines()).root == lead.totals(operation)["as_of"]["root"]
    assert verify_operation(other, operation).fault is None
    other.engine.dispose()


def test_any_force_says_of_which_by_category(live: str, client_for: ClientFor):
    essex = client_for("essex")
    essex.record(live, activity("arrests", 25, force="essex", of_which=[{"category": "knife", "quantity": 5}]))
    assert essex.figures(live, "category", "display", by="category") == [("unstated", "20"), ("knife", "5")]
    assert essex.figures(live, "force", "display", by="force") == [("essex", "25")]


@on_sqlite
@pytest.mark.parametrize(
    ("parts", "code", "pointer"),
    [
        ([{"force": "surrey", "quantity": 180}], "parts_exceed_whole", "/data/quantity"),
        (
            [
                {"force": "surrey", "quantity": 20},
                {"force": "surrey", "category": "knife", "quantity": 15},
                {"force": "surrey", "category": "drugs", "quantity": 6},
            ],
            "parts_exceed_whole",
            "/data/of_which/0/quantity",
        ),
        (
            [{"force": "surrey", "quantity": 20}, {"category": "knife", "quantity": 15}],
            "parts_overlap",
            "/data/of_which/1",
        ),
        (
            [{"force": "surrey", "quantity": 20}, {"force": "surrey", "quantity": 1}],
            "parts_overlap",
            "/data/of_which/1",
        ),
        ([{"quantity": 20}], "part_unclear", "/data/of_which/0"),
        ([{"force": "sussex", "quantity": 20}], "force_not_in_operation", "/data/of_which/0/force"),
        ([{"category": "wizardry", "quantity": 20}], "unknown_code", "/data/of_which/0/category"),
    ],
)
def test_parts_that_do_not_fit_are_refused(lead: Caller, parts: list[Json], code: str, pointer: str):
    operation = opened(lead)
    problem = refused(lead.send(operation, whole("arrests", 179, *parts)), 422, code, pointer)
    if code == "parts_exceed_whole":
        assert "surrey" in problem["detail"]


@on_sqlite
def test_who_may_state_a_whole(lead: Caller, live: str, client_for: ClientFor):
    live_whole = activity("arrests", 9, force="essex", whole=True)
    refused(client_for("essex").send(live, live_whole), 403, "not_coordinator")
    refused(lead.send(live, live_whole), 422, "whole_not_imported", "/data/whole")
    by_force = activity("arrests", 9, force="essex", of_which=[{"force": "surrey", "quantity": 1}])
    refused(lead.send(live, by_force), 422, "part_unclear", "/data/of_which/0/force")
    property_parts = [{"category": "watch/gold", "quantity": 1}]
    watches = activity("other_property", 9, force="essex", category="watch", of_which=property_parts)
    refused(lead.send(live, watches), 422, "part_unclear", "/data/of_which/0/category")
    operation = opened(lead, forces=[{"force": "metropolitan", "reports": "nothing"}, "surrey"])
    lead.record(operation, whole("arrests", 179))
    part = {"force": "surrey", "quantity": 21}
    refused(lead.send(operation, whole("arrests", 5, part)), 422, "force_reports_events", "/data/of_which/0/force")
    force = client_for("metropolitan", "force")
    (event,) = [
        one
        for one in lead.get(f"/v1/operations/{operation}/events").json["events"]
        if one["type"] == "activity.recorded"
    ]
    taken_back = withdrawal(event, force="metropolitan", **AT)
    refused(force.send(operation, taken_back), 403, "not_your_event", "/corrects")
