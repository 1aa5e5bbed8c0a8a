"""Returns for several days and several measures at once, and the list of returns by status, in pages."""

from itertools import pairwise

import pytest

from tests.factories.bodies import activity, arrest, days_owed, declared, hours_ago, new_id, opening, today, yesterday
from tests.functional.calls import NDJSON, Caller, Json, on_sqlite, refused
from tests.functional.conftest import opened

WEEK = "week"
OF_WEEK: Json = {"starts_at": "2023-01-16T00:00:00Z", "ends_at": "2023-01-23T00:00:00Z"}


@pytest.fixture
def week(lead: Caller) -> str:
    """Return the key of an operation of seven days that are over."""
    return opened(lead, operation=WEEK, **OF_WEEK)


def spanning(first: str, before: str, status: str = "complete", **data: object) -> Json:
    """Return a return for the days from the first to the day before `before`."""
    sent = {"day_from": first, "day_before": before, "status": status} | data
    return {"id": new_id(), "type": "return.declared", "force": "surrey", "data": sent}


def statuses(caller: Caller, operation: str = WEEK, **query: object) -> dict[int, str]:
    """Return the statuses of Surrey's returns, by the day of the month."""
    answer = caller.get(f"/v1/operations/{operation}/returns", query_string={"force": "surrey", **query})
    assert answer.status_code == 200, answer.json
    return {int(one["day"][-2:]): one["status"] for one in answer.json["returns"]}


def test_one_return_covers_every_day_from_the_first_to_before_the_last(week: str, lead: Caller, surrey: Caller):
    (receipt,) = surrey.record(week, spanning("2023-01-17", "2023-01-20"))
    done = {day: "complete" if 17 <= day < 20 else "none" for day in range(16, 23)}
    assert statuses(surrey) == done
    assert statuses(surrey, as_of_seq=receipt["seq"] - 1) == dict.fromkeys(done, "none")
    answer = lead.get(f"/v1/operations/{week}/returns").json["returns"]
    assert {one["seq"] for one in answer if one["status"] == "complete"} == {receipt["seq"]}
    owed = lead.totals(week, force="surrey")["completeness"]["outstanding"]
    assert owed == [
        days_owed("surrey", "2023-01-16", measures=[]),
        days_owed("surrey", "2023-01-20", "2023-01-22", days=3, measures=[]),
    ]


def test_a_later_fact_reopens_the_days_concerned_alone(week: str, surrey: Caller):
    surrey.record(week, spanning("2023-01-16", "2023-01-23"))
    surrey.record(week, arrest(occurred_at="2023-01-18T12:00:00Z"))
    assert statuses(surrey) == {day: "reopened" if day == 18 else "complete" for day in range(16, 23)}
    tally = activity(occurred_at="2023-01-20T12:00:00Z", occurred_before="2023-01-22T00:00:00Z")
    surrey.record(week, tally)
    reopened = {day: "reopened" if day in (18, 20, 21) else "complete" for day in range(16, 23)}
    assert statuses(surrey) == reopened
    surrey.record(week, spanning("2023-01-20", "2023-01-22", "nil"))
    assert statuses(surrey) == reopened | {20: "nil", 21: "nil"}


def test_the_newest_return_of_each_day_and_measure_counts(week: str, lead: Caller, surrey: Caller):
    surrey.record(
        week,
        spanning("2023-01-16", "2023-01-23", "nil"),
        spanning("2023-01-17", "2023-01-21", "partial", measures=["arrests", "cash"]),
        declared("complete", day="2023-01-18", measures=["arrests"]),
        spanning("2023-01-20", "2023-01-22", "complete"),
    )
    assert statuses(surrey) == dict.fromkeys(range(16, 23), "nil") | {
        17: "partial",
        18: "partial",
        19: "partial",
        20: "complete",
        21: "complete",
    }
    assert lead.totals(week, force="surrey")["completeness"]["outstanding"] == [
        days_owed("surrey", "2023-01-17", measures=["arrests", "cash"]),
        days_owed("surrey", "2023-01-18", measures=["cash"]),
        days_owed("surrey", "2023-01-19", measures=["arrests", "cash"]),
    ]


def test_it_is_one_event_that_is_replayed_exported_and_shown_as_sent(week: str, lead: Caller, surrey: Caller):
    sent = spanning("2023-01-17", "2023-01-20", measures=["arrests", "weapons"])
    first, again = (surrey.send(week, sent) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert lead.get(f"/v1/operations/{week}/events/{sent['id']}").json["event"]["data"] == sent["data"]
    assert refused(
        surrey.send(week, sent | {"data": sent["data"] | {"day_before": "2023-01-21"}}), 409, "content_differs"
    )
    single = declared(day="2023-01-17")
    surrey.record(week, single)
    text = lead.get(f"/v1/operations/{week}/events", headers={"Accept": NDJSON}).get_data(as_text=True)
    assert '"data":{"day":"2023-01-17","status":"complete"}' in text, "the form for one day is as it was"
    assert '"data":{"day_before":"2023-01-20","day_from":"2023-01-17",' in text


@pytest.mark.parametrize(
    ("days", "error"),
    [
        ({}, "wrong_fields /data/day found none of them"),
        ({"day": "2023-01-17", "day_from": "2023-01-17"}, "wrong_fields /data/day found both"),
        ({"day": "2023-01-17", "day_before": "2023-01-18"}, "wrong_fields /data/day found both"),
        ({"day_from": "2023-01-17"}, "wrong_fields /data/day_before the day after the last one"),
        ({"day_before": "2023-01-17"}, "wrong_fields /data/day_from the first day"),
        ({"day_from": "17 January", "day_before": "2023-01-18"}, "wrong_fields /data/day_from 2023-01-17"),
        ({"day_from": "2023-01-17", "day_before": "2023-01-17"}, "span_ends_before_start /data/day_before after"),
        ({"day_from": "2023-01-15", "day_before": "2023-01-17"}, "outside_operation /data/day_from to 2023-01-22"),
        ({"day_from": "2023-01-17", "day_before": "2023-01-24"}, "outside_operation /data/day_before 2023-01-23"),
    ],
)
@on_sqlite
def test_days_that_do_not_fit_are_named(week: str, surrey: Caller, days: Json, error: str):
    code, pointer, said = error.split(maxsplit=2)
    body = {"id": new_id(), "type": "return.declared", "force": "surrey", "data": {"status": "nil", **days}}
    assert said in refused(surrey.send(week, body), 422, code, pointer)["detail"]


@on_sqlite
def test_an_open_end_bounds_a_return_at_twenty_years(lead: Caller, surrey: Caller):
    opened(lead, operation="open-end", starts_at="2023-01-16T00:00:00Z", ends_at=None)
    refused(surrey.send("open-end", spanning("2023-01-16", "2199-12-31")), 422, "outside_operation", "/data/day_before")


@on_sqlite
def test_nights_are_covered_as_they_were_when_the_return_was_made(lead: Caller, surrey: Caller):
    nights = [{"from": hours_ago(98), "before": hours_ago(90)}, {"from": hours_ago(26), "before": hours_ago(18)}]
    body = opening(operation="nights", starts_at=None, ends_at=None, days=nights)
    assert lead.post("/v1/operations", json=body).status_code == 201
    first, last = [one["day"] for one in lead.get("/v1/operations/nights").json["days"]]
    gap = spanning(_after(first), last)
    assert (
        "found none from" in refused(surrey.send("nights", gap), 422, "outside_operation", "/data/day_from")["detail"]
    )
    surrey.record("nights", spanning(first, _after(last)))
    assert set(statuses(surrey, "nights").values()) == {"complete"}
    added = [nights[0], {"from": hours_ago(60), "before": hours_ago(50)}, nights[1]]
    assert lead.change("nights", "amendments", id=new_id(), days=added).status_code == 201
    assert list(statuses(surrey, "nights").values()) == ["complete", "none", "complete"]


@on_sqlite
def test_returns_are_listed_by_status_force_and_day(week: str, lead: Caller, surrey: Caller):
    surrey.record(week, spanning("2023-01-16", "2023-01-20"), arrest(occurred_at="2023-01-17T12:00:00Z"))
    surrey.record(week, declared("partial", day="2023-01-20"))
    assert statuses(lead, status="none,partial,reopened") == {17: "reopened", 20: "partial", 21: "none", 22: "none"}
    assert statuses(lead, status="complete", day_from="2023-01-17") == {18: "complete", 19: "complete"}
    assert statuses(lead, status="none", day_before="2023-01-22") == {21: "none"}
    problem = refused(lead.get(f"/v1/operations/{week}/returns?status=missing"), 422, "wrong_fields", "/status")
    assert "Expected none, partial, complete, nil, reopened, or several of them" in problem["detail"]
    assert "found 'missing'" in problem["detail"]
    refused(lead.get(f"/v1/operations/{week}/returns?status=nil,nil"), 422, "wrong_fields", "/status")
    refused(lead.get(f"/v1/operations/{week}/returns?force=dorset"), 422, "unknown_code", "/force")


@on_sqlite
def test_pages_of_returns_have_each_once(week: str, lead: Caller):
    path = f"/v1/operations/{week}/returns"
    everything = lead.get(path).json
    assert everything["next"] is None
    pages, after = [], None
    while not pages or after is not None:
        answer = lead.get(path, query_string={"limit": 5} | ({} if after is None else {"after": after})).json
        pages.append(answer["returns"])
        after = answer["next"]
    assert [one for page in pages for one in page] == everything["returns"]
    assert {len(page) for page in pages[:-1]} == {5}
    assert all(page[-1] != other[0] for page, other in pairwise(pages))
    refused(lead.get(f"{path}?after=surrey"), 422, "wrong_fields", "/after")
    refused(lead.get(f"{path}?after=dorset.2023-01-17"), 422, "unknown_cursor", "/after")
    refused(lead.get(f"{path}?limit=5", headers={"Accept": XLSX}), 422, "too_many_returns")


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@on_sqlite
def test_a_return_cannot_be_corrected_or_withdrawn_a_newer_one_replaces_it(week: str, surrey: Caller):
    sent = spanning("2023-01-17", "2023-01-20")
    surrey.record(week, sent)
    withdrawal = {"id": new_id(), "type": "event.withdrawn", "force": "surrey"}
    named = {"corrects": sent["id"], "correction_reason": "mistake"}
    refused(surrey.send(week, withdrawal | named), 422, "not_correctable", "/corrects")
    surrey.record(week, spanning("2023-01-17", "2023-01-20", "partial"))
    assert {statuses(surrey)[day] for day in (17, 18, 19)} == {"partial"}


def _after(day: str) -> str:
    return days_owed("surrey", day)["day_before"]


@on_sqlite
def test_yesterday_and_today_are_declared_at_once(live: str, surrey: Caller):
    surrey.record(live, spanning(yesterday(), _after(today()), "nil"))
    assert set(statuses(surrey, live).values()) == {"nil"}
