"""Operations of absurd size are refused when they are opened, amended or joined, and answers are bounded."""

from time import process_time

import pytest

from service.api.statement import as_json
from service.domain.deciding import check_size
from service.usecases.querying import totals
from tests.factories.bodies import arrest, declared, new_id, opening
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.conftest import opened

AS_JSON = {"Accept": "application/json"}
WEEK: Json = {"starts_at": "2023-01-16T00:00:00Z", "ends_at": "2023-01-23T00:00:00Z"}
LONG: Json = {"starts_at": "2010-01-01T00:00:00Z", "ends_at": "2029-12-31T00:00:00Z"}


@on_sqlite
def test_an_opening_of_many_days_and_forces_is_refused_whole(lead: Caller):
    forces = [one["force"] for one in lead.get("/v1/forces").json["forces"] if one["kind"] == "territorial"][:43]
    body = opening(operation="absurd", forces=forces, **LONG)
    problem = refused(lead.post("/v1/operations", json=body), 422, "operation_too_large", "/force")
    assert "at most 60,000 returns" in problem["detail"]
    assert lead.get("/v1/operations/absurd").status_code == 404
    assert lead.post("/v1/operations", json=opening(operation="absurd", forces=forces[:8], **LONG)).status_code == 201
    more = lead.change("absurd", "forces", id=new_id(), force=forces[8])
    refused(more, 422, "operation_too_large", "/force")


@on_sqlite
def test_a_whole_takes_no_part_that_makes_too_many_returns(lead: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check_size, "MOST_RETURNS", 7 * 3)
    opened(lead, operation="whole", forces=["metropolitan"], **WEEK)
    for part in ("north", "south", "west"):
        opened(lead, operation=part, part_of=["whole"], forces=["surrey"], **WEEK)
    for part in ("north", "south"):
        assert lead.change("whole", "parts", id=new_id(), part=part).status_code == 201
    problem = refused(lead.change("whole", "parts", id=new_id(), part="west"), 422, "operation_too_large", "/part")
    assert problem["detail"].startswith("Expected at most 21 returns in whole and its parts"), problem["detail"]
    assert "found 28" in problem["detail"]
    assert lead.change("whole", "parts/removed", id=new_id(), part="north").status_code == 201
    assert lead.change("whole", "parts", id=new_id(), part="west").status_code == 201


@on_sqlite
def test_a_part_does_not_grow_beyond_what_its_whole_holds(lead: Caller, monkeypatch: pytest.MonkeyPatch):
    """Its coordinator need not lead the whole, and is not told how large that is."""
    monkeypatch.setattr(check_size, "MOST_RETURNS", 7 * 3)
    opened(lead, operation="whole", forces=["metropolitan"], **WEEK)
    opened(lead, operation="region", part_of=["whole"], forces=[], **WEEK)
    opened(lead, operation="north", part_of=["region"], forces=["surrey"], **WEEK)
    assert lead.change("whole", "parts", id=new_id(), part="region").status_code == 201
    assert lead.change("region", "parts", id=new_id(), part="north").status_code == 201
    assert lead.change("north", "forces", id=new_id(), force="kent").status_code == 201
    problem = refused(lead.change("north", "forces", id=new_id(), force="essex"), 422, "operation_too_large", "/force")
    assert "in whole and its parts" in problem["detail"]
    assert "found more" in problem["detail"]
    longer = lead.change("north", "amendments", id=new_id(), ends_at="2023-01-24T00:00:00Z")
    refused(longer, 422, "operation_too_large", "/ends_at")
    assert lead.change("north", "amendments", id=new_id(), ends_at="2023-01-22T00:00:00Z").status_code == 201


@on_sqlite
def test_a_whole_takes_no_more_than_its_number_of_operations(lead: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(check_size, "MOST_OPERATIONS", 2)
    opened(lead, operation="whole", **WEEK)
    for part in ("north", "south"):
        opened(lead, operation=part, part_of=["whole"], **WEEK)
    assert lead.change("whole", "parts", id=new_id(), part="north").status_code == 201
    problem = refused(lead.change("whole", "parts", id=new_id(), part="south"), 422, "operation_too_large", "/part")
    assert "Expected at most 2 operations in whole" in problem["detail"]


@on_sqlite
def test_an_amendment_of_many_nights_is_decided_quickly(lead: Caller, surrey: Caller):
    opened(lead, operation="nights", starts_at="2019-01-01T00:00:00Z", ends_at="2026-01-01T00:00:00Z")
    surrey.record("nights", arrest(occurred_at="2020-06-01T21:00:00Z"))
    far = [
        {"from": f"{year}-0{month}-01T20:00:00Z", "before": f"{year}-0{month}-02T04:00:00Z"}
        for year in range(1900, 1944)
        for month in range(1, 10)
    ]
    before = process_time()
    refused(lead.change("nights", "amendments", id=new_id(), days=far[:400]), 422, "days_unclear", "/days")
    assert process_time() - before < 2


@on_sqlite
def test_totals_of_too_many_figures_say_how_to_ask_for_fewer(
    live: str, lead: Caller, surrey: Caller, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(totals, "MOST_FIGURES", 2)
    surrey.record(live, *(arrest(reason) for reason in ("knife", "theft", "fraud")))
    path = f"/v1/operations/{live}/totals"
    problem = refused(lead.get(f"{path}?by=category"), 422, "too_many_figures", "/by")
    assert "Choose fewer with measure, force" in problem["detail"]
    assert lead.get(path).status_code == 200


@on_sqlite
def test_a_statement_says_how_many_outstanding_days_it_does_not_list(
    lead: Caller, surrey: Caller, monkeypatch: pytest.MonkeyPatch
):
    opened(lead, operation="week", starts_at="2023-01-16T00:00:00Z", ends_at="2023-01-23T00:00:00Z")
    surrey.record("week", declared(day="2023-01-18"))
    path = "/v1/operations/week/statement"
    whole = lead.get(path, headers=AS_JSON).json
    assert "outstanding_not_listed" not in whole, "all are listed"
    assert [one["days"] for one in whole["outstanding"] if one["force"] == "surrey"] == [2, 4]
    monkeypatch.setattr(as_json, "MOST_OWED_SPANS", 2)
    found = lead.get(path, headers=AS_JSON).json
    assert found["outstanding"] == whole["outstanding"][:2]
    assert found["outstanding_not_listed"] == sum(one["days"] for one in whole["outstanding"][2:]) > 0
