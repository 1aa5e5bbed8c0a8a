"""An imported operation of which it is not known who led it, or when it was: the record says so."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.factories.bodies import new_id, opening
from tests.functional.calls import Caller, Json, on_sqlite, refused
from tests.functional.test_groups import compared, tally
from tests.functional.test_wholes import AT, DAY, opened, text
from tests.functional.visitors import text_of, visitor

FORCES = [{"force": force, "reports": "tallies"} for force in ("surrey", "kent")]


def test_a_record_does_not_say_who_led_if_that_is_not_known(lead: Caller):
    operation = opened(lead, lead_known=False, forces=FORCES)
    lead.record(operation, tally("surrey", 5))
    shown = lead.get(f"/v1/operations/{operation}").json
    assert (shown["lead_force"], shown["lead_known"], "dates_known" in shown) == ("metropolitan", False, False)
    said = text(lead, operation)
    assert "Who led Operation Week is not known. Two police forces took part: Surrey Police and Kent Police." in said
    assert "Metropolitan" not in said
    answer = lead.get(f"/v1/operations/{operation}/statement", headers={"Accept": "application/json"}).json
    assert answer["lead"] is None


def test_an_operation_without_dates_has_one_day_with_bounds(lead: Caller):
    operation = opened(lead, dates_known=False, ends_at="2023-02-01T00:00:00Z", forces=FORCES)
    late = {"recorded_at": "2023-02-02T12:00:00Z"}
    lead.record(operation, tally("surrey", 5) | late)
    returns = [
        {"id": new_id(), "type": "return.declared", "force": one["force"], "data": {"day": DAY, "status": "complete"}}
        | late
        for one in FORCES
    ]
    lead.record(operation, *returns)
    answer = lead.totals(operation)
    assert (answer["completeness"]["status"], answer["figures"][0]["quantity"]) == ("final", 5)
    shown = lead.get(f"/v1/operations/{operation}").json
    assert (shown["dates_known"], [one["day"] for one in shown["days"]]) == (False, [DAY])
    said = text(lead, operation)
    assert "It took place some time between 17 January 2023 and 31 January 2023; the exact dates are not known." in said
    assert "Some time between 17 January 2023 and 31 January 2023:" in said
    claims = {"format": "claims/1", "operation": operation, "source": {"release": {"days": ["2023-01-20"]}}}
    figures = [{"measure": "arrests", "unit": "arrests", "value": "5"}]
    claims["claims"] = [{"source": "release", "days": ["2023-01-20"], "figures": figures}]
    found = lead.post(f"/v1/operations/{operation}/reconciliation", json=claims).json
    assert ([one["status"] for one in found["claims"]], found["findings"]) == (["agrees"], [])
    assert compared(lead, operation, ([], "5"))["all_agree"]


def test_the_pages_give_the_bounds_of_unknown_dates_and_no_figures_by_hour(
    lead: Caller, app: Flask, secret_for: Callable[..., str]
):
    operation = opened(lead, dates_known=False, ends_at="2023-02-01T00:00:00Z", forces=FORCES)
    lead.record(operation, tally("surrey", 5) | {"recorded_at": "2023-02-02T12:00:00Z"})
    person = visitor(app, secret_for("metropolitan"))
    page = text_of(person.get(f"/operations/{operation}").get_data(as_text=True))
    assert "Some time in 17 to 31 January 2023. Led by" in page
    assert "by hour" not in page
    assert "some time in 17 to 31 January 2023" in text_of(person.get("/operations").get_data(as_text=True))


def test_days_that_become_known_replace_the_bounds(lead: Caller):
    operation = opened(lead, dates_known=False, ends_at="2023-02-01T00:00:00Z", forces=FORCES)
    known = {"starts_at": "2023-01-17T00:00:00Z", "ends_at": "2023-01-20T00:00:00Z"}
    answer = lead.change(operation, "amendments", id=new_id(), **known, **AT)
    assert answer.status_code == 201, answer.json
    assert "dates_known" not in lead.get(f"/v1/operations/{operation}").json
    assert "It took place from 17 to 19 January 2023." in text(lead, operation)


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"lead_known": False}, "unknown_not_imported", "/lead_known"),
        ({"dates_known": False}, "unknown_not_imported", "/dates_known"),
    ],
)
def test_a_live_operation_knows_its_lead_and_its_dates(lead: Caller, fields: Json, code: str, pointer: str):
    refused(lead.post("/v1/operations", json=opening(**fields)), 422, code, pointer)


@on_sqlite
def test_unknown_dates_need_both_bounds(lead: Caller):
    body = opening(imported=True, recorded_at="2023-01-10T09:00:00Z", dates_known=False)
    refused(lead.post("/v1/operations", json=body | {"ends_at": None}), 422, "days_unclear", "/ends_at")
    window = {"from": body.pop("starts_at"), "before": body.pop("ends_at")}
    refused(lead.post("/v1/operations", json=body | {"days": [window]}), 422, "days_unclear", "/days")
