"""A force that knows only the day of a fact sends the day: it counts, is corrected and is compared like any other."""

import json
from typing import Any

import pytest

from service.domain.model.days import ONE_DAY, london_date
from service.exports.tables_of_answers import CSV, XLSX
from tests.factories.bodies import (
    activity,
    arrest,
    correction,
    declared,
    earlier_today,
    hours_ago,
    midnight,
    now,
    opening,
    seizure,
    today,
    withdrawal,
    yesterday,
    yesterday_at,
)
from tests.functional.apps import ClientFor
from tests.functional.calls import NDJSON, Caller, Json, refused
from tests.functional.conftest import opened
from tests.functional.test_exports import csv_rows, exported, sheet_rows
from tests.functional.test_possible_duplicates import listed, minutes_after, pairs
from tests.functional.test_returns import status

KNIFE = {"kind": "weapon", "weapon": "bladed/knife"}


@pytest.fixture
def kent(client_for: ClientFor) -> Caller:
    return client_for("kent")


def detail(answer: Any, pointer: str) -> str:
    """Return the message of a refused field."""
    (found,) = [one["detail"] for one in refused(answer, 422, "wrong_fields", pointer)["errors"]]
    return str(found)


# Sending


def test_a_fact_of_a_day_counts_on_that_day(live: str, surrey: Caller):
    facts = (arrest(count=2, occurred_on=yesterday()), seizure(occurred_on=today()), activity(occurred_on=yesterday()))
    surrey.record(live, *facts, arrest())
    found = surrey.figures(live, "day", "measure", "quantity", by="day", measure="arrests,weapons,vehicles_stopped")
    assert sorted(found) == [
        *((yesterday(), "arrests", 2), (yesterday(), "vehicles_stopped", 12)),
        *((today(), "arrests", 1), (today(), "weapons", 1)),
    ]
    assert surrey.figures(live, measure="arrests", day_from=yesterday(), day_before=today()) == [2]


def test_a_replay_gets_the_same_receipt_and_the_event_is_shown_as_sent(live: str, surrey: Caller):
    event = arrest(occurred_on=yesterday())
    (receipt,) = surrey.record(live, event)
    again = surrey.send(live, event | {"occurred_at": None})
    assert (again.status_code, again.json) == (200, receipt)
    shown = surrey.get(f"/v1/operations/{live}/events/{event['id']}").json["event"]
    assert (shown["occurred_on"], "occurred_at" in shown) == (yesterday(), False)
    moved = event | {"occurred_on": today()}
    assert surrey.send(live, moved).json["code"] == "content_differs"


def test_batches_and_lines_take_days_and_moments_together(live: str, surrey: Caller):
    wrong = arrest(occurred_on="2020-01-01")
    response = surrey.batch(live, [arrest(occurred_on=today()), wrong, arrest()])
    assert [one["status"] for one in response.json["results"]] == [201, 422, 201]
    response = surrey.lines(live, arrest(occurred_on=today()), wrong, seizure(occurred_on=today()))
    assert (response.json["recorded"], response.json["refused"]) == (2, 1)
    assert surrey.figures(live, measure="arrests") == [3]


def test_a_fact_has_either_a_moment_or_a_day(live: str, surrey: Caller):
    neither, both = arrest(occurred_at=None), arrest(occurred_on=today(), occurred_at=earlier_today())
    assert detail(surrey.send(live, neither), "/occurred_at") == (
        "Expected occurred_at, or occurred_on if only the operating day is known; found neither."
    )
    assert detail(surrey.send(live, both), "/occurred_on") == (
        "Expected occurred_at or occurred_on; found both. Leave out occurred_on if the moment is known."
    )
    assert detail(surrey.send(live, arrest(occurred_on=hours_ago(2))), "/occurred_on").startswith("Expected a day such")
    for other in (declared(), withdrawal(arrest())):
        assert detail(surrey.send(live, other | {"occurred_on": today()}), "/occurred_on") == "Unknown field."


def test_an_activity_over_a_period_needs_the_moment_at_which_it_starts(live: str, surrey: Caller):
    body = activity(occurred_on=yesterday(), occurred_before=hours_ago(1))
    assert detail(surrey.send(live, body), "/data/occurred_before") == (
        "A period starts at a moment: send occurred_at instead of occurred_on, or leave out occurred_before."
    )


def test_a_day_outside_the_operation_or_in_the_future_is_refused(lead: Caller, surrey: Caller):
    operation = opened(lead, ends_at=midnight(+4))
    for day in ("2020-01-01", "2190-01-01"):
        refused(surrey.send(operation, arrest(occurred_on=day)), 422, "outside_operation", "/occurred_on")
    day = str(london_date(now()) + 3 * ONE_DAY)
    refused(surrey.send(operation, arrest(occurred_on=day)), 422, "in_the_future", "/occurred_on")


def test_an_imported_operation_takes_days_up_to_the_moment_of_recording(imported: str, surrey: Caller):
    early, late = ({"recorded_at": f"2023-01-1{time}"} for time in ("7T23:54:00Z", "7T23:55:00Z"))
    refused(surrey.send(imported, arrest(occurred_on="2023-01-18", **early)), 422, "in_the_future", "/occurred_on")
    surrey.record(imported, arrest(occurred_on="2023-01-18", **late), arrest(occurred_on="2023-01-17", **late))
    assert surrey.figures(imported, "day", "quantity", by="day") == [("2023-01-17", 1), ("2023-01-18", 1)]


def test_a_night_over_two_dates_has_the_name_of_the_first(lead: Caller, surrey: Caller):
    nights = [{"from": hours_ago(50), "before": hours_ago(38)}, {"from": hours_ago(24), "before": hours_ago(1)}]
    body = opening(operation="nights", starts_at=None, ends_at=None, days=nights)
    assert lead.post("/v1/operations", json=body).status_code == 201
    first, second = [one["day"] for one in lead.get("/v1/operations/nights").json["days"]]
    surrey.record("nights", arrest(occurred_on=first), arrest(occurred_on=second), arrest(occurred_at=hours_ago(2)))
    assert surrey.figures("nights", "day", "quantity", by="day") == [(first, 1), (second, 2)]
    answer = surrey.send("nights", arrest(occurred_on="2020-01-01"))
    refused(answer, 422, "outside_operation", "/occurred_on")
    assert f"Expected a day of nights: {first}, {second}, each named by the London date" in answer.json["detail"]


def test_an_amendment_cannot_leave_a_day_outside(lead: Caller, surrey: Caller, live: str):
    event = arrest(occurred_on=yesterday())
    surrey.record(live, event)
    later = {"starts_at": midnight(0)}
    answer = lead.change(live, "amendments", id="018d1a2b-0000-7000-8000-00000000c001", **later)
    assert (answer.status_code, answer.json["code"]) == (409, "standing_event_outside")
    surrey.record(live, correction(event, occurred_on=today()))
    assert lead.change(live, "amendments", id="018d1a2b-0000-7000-8000-00000000c001", **later).status_code == 201


# Corrections, and returns that are reopened


def test_a_correction_replaces_a_day_by_a_moment_and_a_moment_by_a_day(live: str, surrey: Caller):
    event = arrest(occurred_on=yesterday())
    at = correction(event, occurred_on=None, occurred_at=earlier_today())
    on = correction(at, occurred_at=None, occurred_on=yesterday())
    seqs = [receipt["seq"] for receipt in surrey.record(live, event, at, on)]
    found = [surrey.figures(live, "day", "quantity", by="day", as_of_seq=seq) for seq in seqs]
    assert found == [[(yesterday(), 1)], [(today(), 1)], [(yesterday(), 1)]]
    surrey.record(live, withdrawal(on))
    assert surrey.figures(live, measure="arrests") == []


def test_an_event_of_a_day_reopens_the_return_of_that_day_alone(live: str, surrey: Caller):
    surrey.record(live, declared("nil", day=yesterday()), declared("nil"))
    (receipt,) = surrey.record(live, arrest(occurred_on=yesterday()))
    assert (status(surrey, live, day=yesterday()), status(surrey, live)) == ("reopened", "nil")
    assert status(surrey, live, day=yesterday(), as_of_seq=receipt["seq"] - 1) == "nil"
    surrey.record(live, declared("complete", day=yesterday()))
    assert status(surrey, live, day=yesterday()) == "complete"


# Possible duplicates


def joint(force: str = "surrey", **fields: Any) -> Json:
    return arrest(**{"force": force, "place": "m25"} | fields)


def test_an_event_of_a_day_may_be_any_event_of_another_force_on_that_day(
    lead: Caller, surrey: Caller, kent: Caller, live: str
):
    ours = joint(occurred_on=yesterday())
    early, late = (joint("kent", occurred_at=yesterday_at(clock)) for clock in ("00:00", "23:59:59"))
    after = joint("kent", occurred_on=today())
    elsewhere = joint("kent", occurred_at=yesterday_at("12:00"), place="a406")
    surrey.record(live, ours)
    kent.record(live, early, after, late, elsewhere)
    found = listed(lead, live)["pairs"]
    assert {frozenset(event["id"] for event in pair["events"]) for pair in found} == {
        frozenset({ours["id"], other["id"]}) for other in (early, late)
    }
    for pair in found:
        assert pair["certainty"] == "likely"
        assert pair["evidence"] == {
            "same": ["type", "category", "place", "day"],
            "place": "m25",
            "categories": ["knife"],
            "assisting": [],
            "amounts": "count",
            "because": "Both give the same number.",
        }
    assert pairs(lead, live, window_minutes=1) == pairs(lead, live)


def test_two_events_of_one_day_are_a_pair_and_of_two_days_are_none(
    lead: Caller, surrey: Caller, kent: Caller, live: str
):
    ours, theirs = joint(occurred_on=yesterday()), joint("kent", occurred_on=yesterday())
    surrey.record(live, ours, joint(occurred_on=today(), place="a406"))
    kent.record(live, theirs, joint("kent", occurred_on=yesterday(), place="a406"))
    assert pairs(lead, live) == [("likely", ours["id"], theirs["id"])]
    kent.record(live, correction(theirs, occurred_on=today()))
    assert pairs(lead, live) == []


def test_a_certain_pair_shares_its_day_only_if_it_does(lead: Caller, surrey: Caller, kent: Caller, live: str):
    surrey.record(live, joint(incident="0f" * 32, occurred_on=today()))
    kent.record(live, theirs := joint("kent", incident="0f" * 32))
    (pair,) = listed(lead, live)["pairs"]
    assert pair["evidence"]["same"] == ["incident", "type", "category", "place", "day"]
    kent.record(live, correction(theirs, occurred_at=midnight(-1)))
    (pair,) = listed(lead, live)["pairs"]
    assert (pair["certainty"], pair["evidence"]["same"]) == ("certain", ["incident", "type", "category", "place"])
    assert "seconds_apart" not in pair["evidence"]


def test_a_list_in_pages_names_every_pair_of_a_day_once(lead: Caller, surrey: Caller, kent: Caller, live: str):
    noon = minutes_after(midnight(-1), 12 * 60)
    surrey.record(live, *(joint(occurred_on=yesterday()) for _ in range(3)), joint(occurred_at=noon))
    kent.record(live, *(joint("kent", occurred_at=midnight(-1)) for _ in range(3)))
    kent.record(live, joint("kent", occurred_on=yesterday()))
    whole = listed(lead, live)["pairs"]
    paged, after = [], {}
    while after is not None:
        page = listed(lead, live, limit=2, **after)
        paged += page["pairs"]
        after = None if page["next"] is None else {"after": page["next"]}
    assert len(whole) == 13
    assert paged == whole


def test_days_of_a_whole_and_a_part_are_compared_by_their_extent(lead: Caller, surrey: Caller, kent: Caller):
    """The part's only day is a window; the whole has London days. Its day before overlaps the window as well."""
    window = [{"from": hours_ago(30), "before": hours_ago(0.01)}]
    assert lead.post("/v1/operations", json=opening(operation="whole", starts_at=midnight(-4))).status_code == 201
    part = opening(operation="part", starts_at=None, ends_at=None, days=window, part_of=["whole"])
    assert lead.post("/v1/operations", json=part).status_code == 201
    accepted = lead.change("whole", "parts", id="018d1a2b-0000-7000-8000-00000000c002", part="part")
    assert accepted.status_code == 201
    (night,) = [one["day"] for one in lead.get("/v1/operations/part").json["days"]]
    surrey.record("part", ours := joint(occurred_on=night))
    within, outside = joint("kent", occurred_at=hours_ago(20)), joint("kent", occurred_at=hours_ago(31))
    kent.record("whole", within, outside, on := joint("kent", occurred_on=yesterday()))
    found = {frozenset(event["id"] for event in pair["events"]) for pair in listed(lead, "whole")["pairs"]}
    assert frozenset({ours["id"], within["id"]}) in found
    assert frozenset({ours["id"], on["id"]}) in found
    assert not any(outside["id"] in pair and ours["id"] in pair for pair in found)


def test_a_window_that_is_extended_compares_its_events_with_what_it_now_contains(
    lead: Caller, surrey: Caller, kent: Caller
):
    window = {"from": hours_ago(5), "before": hours_ago(4)}
    body = opening(operation="nights", starts_at=None, ends_at=None, days=[window])
    assert lead.post("/v1/operations", json=body).status_code == 201
    (night,) = [one["day"] for one in lead.get("/v1/operations/nights").json["days"]]
    surrey.record("nights", ours := joint(occurred_on=night))
    longer = [window | {"before": hours_ago(1)}]
    changed = lead.change("nights", "amendments", id="018d1a2b-0000-7000-8000-00000000c003", days=longer)
    assert changed.status_code == 201
    kent.record("nights", theirs := joint("kent", occurred_at=hours_ago(2)))
    assert pairs(lead, "nights") == [("likely", ours["id"], theirs["id"])]


# What goes out


@pytest.mark.parametrize("media", [CSV, XLSX])
def test_the_table_of_events_has_a_column_for_the_day(lead: Caller, surrey: Caller, live: str, media: str):
    surrey.record(
        live, arrest(occurred_on=yesterday()), seizure(KNIFE, {"kind": "phone"}, occurred_on=today()), arrest()
    )
    response = exported(lead, f"/v1/operations/{live}/events", media)
    rows = csv_rows(response) if media == CSV else sheet_rows(response.data, "events")
    on, *lines, at = rows[-4:]
    assert [(row["occurred_at"], row["occurred_on"]) for row in (on, *lines)] == [
        *(("", yesterday()), ("", today()), ("", today()))
    ]
    assert (at["occurred_at"] != "", at["occurred_on"]) == (True, "")
    names = list(on)
    assert names.index("occurred_on") == names.index("occurred_at") + 1


def test_the_log_has_the_day_in_its_canonical_text(lead: Caller, surrey: Caller, live: str):
    surrey.record(live, arrest(occurred_on=yesterday()))
    lines = lead.get(f"/v1/operations/{live}/events", headers={"Accept": NDJSON}).get_data(as_text=True)
    text = lines.splitlines()[-1]
    assert f'"occurred_on":"{yesterday()}"' in text
    assert "occurred_at" not in text
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
