"""Returns: a force declares a day complete, until a new event of that day reopens it."""

from datetime import date, timedelta

from tests.factories.bodies import (
    activity,
    arrest,
    correction,
    days_owed,
    declared,
    hours_ago,
    midnight,
    new_id,
    seizure,
    today,
    withdrawal,
    yesterday,
)
from tests.functional.calls import Caller, Json, refused
from tests.functional.conftest import ClientFor, Pandilla, opened

JANUARY = "january"
IN_JANUARY: Json = {"starts_at": "2023-01-16T00:00:00Z", "ends_at": "2023-01-23T00:00:00Z"}
OF_JANUARY: Json = {"starts_at": "2023-01-16T00:00:00Z", "imported": True}


def cell(caller: Caller, operation: str, *, force: str = "surrey", day: str | None = None, **query: object) -> Json:
    """Return one force's return for one day, for today unless a day is given."""
    response = caller.get(f"/v1/operations/{operation}/returns", query_string=query)
    assert response.status_code == 200, response.json
    (found,) = [one for one in response.json["returns"] if (one["force"], one["day"]) == (force, day or today())]
    return found


def status(caller: Caller, operation: str, **which: object) -> str:
    return str(cell(caller, operation, **which)["status"])  # type: ignore[arg-type]


def test_a_return_is_none_then_partial_then_complete_then_nil(live: str, surrey: Caller):
    assert cell(surrey, live) == {
        "force": "surrey",
        "day": today(),
        "status": "none",
        "seq": None,
        "declared_at": None,
        "due_at": None,
        "late": False,
        "overdue": False,
        "measures": [],
    }
    for wanted in ("partial", "complete", "nil"):
        (receipt,) = surrey.record(live, declared(wanted))
        found = cell(surrey, live)
        assert (found["status"], found["seq"], found["declared_at"]) == (wanted, receipt["seq"], receipt["recorded_at"])
    assert cell(surrey, live, force="kent")["status"] == "none"


def test_only_forces_that_report_and_days_that_have_begun_are_shown(live: str, surrey: Caller):
    rows = surrey.get(f"/v1/operations/{live}/returns").json["returns"]
    assert {row["force"] for row in rows} == {"metropolitan", "surrey", "kent", "essex"}
    assert len({row["day"] for row in rows}) == 2, "yesterday and today; tomorrow has not begun"


def test_a_later_event_of_the_day_reopens_it_until_it_is_declared_again(live: str, surrey: Caller):
    first = arrest(occurred_at=midnight(0))
    surrey.record(live, first, declared("complete"))
    assert status(surrey, live) == "complete"
    for later in (seizure(occurred_at=midnight(0)), correction(first, data={"reason": "drugs"})):
        (receipt,) = surrey.record(live, later)
        assert status(surrey, live) == "reopened"
        assert status(surrey, live, as_of_seq=receipt["seq"] - 1) == "complete"
        owed = surrey.totals(live, measure="arrests", force="surrey", day_from=today())["completeness"]
        outstanding = [days_owed("surrey", today(), measures=[])]
        assert owed == {"status": "partial", "outstanding": outstanding, "overdue": []}
        surrey.record(live, declared("complete"))
        assert status(surrey, live) == "complete"


def test_a_correction_that_moves_the_day_reopens_both_days(imported: str, surrey: Caller):
    at = {"recorded_at": "2023-01-20T09:00:00Z"}
    first = arrest(occurred_at="2023-01-17T12:00:00Z", **at)
    surrey.record(imported, first, *(declared("complete", day=f"2023-01-{day}") | at for day in (17, 18, 19)))
    surrey.record(imported, correction(first, occurred_at="2023-01-18T12:00:00Z"))
    days = {day: status(surrey, imported, day=f"2023-01-{day}") for day in (17, 18, 19)}
    assert days == {17: "reopened", 18: "reopened", 19: "complete"}


def test_an_event_of_another_day_or_force_reopens_nothing(live: str, surrey: Caller, client_for: ClientFor):
    surrey.record(live, declared("nil"))
    surrey.record(live, arrest(occurred_at=midnight(-1)))
    client_for("kent").record(live, arrest(force="kent", occurred_at=midnight(0)))
    assert status(surrey, live) == "nil"


def test_a_withdrawal_reopens_the_day_too(live: str, surrey: Caller):
    made = arrest(occurred_at=midnight(0))
    surrey.record(live, made, declared("complete"), withdrawal(made))
    assert status(surrey, live) == "reopened"


def january(caller: Caller, operation: str, **query: object) -> dict[int, str]:
    """Return the statuses of Surrey's returns for 17 to 20 January."""
    days = range(17, 21)
    return {day: status(caller, operation, day=f"2023-01-{day}", **query) for day in days}


def test_a_tally_over_several_days_reopens_each_of_them(lead: Caller, surrey: Caller):
    opened(lead, operation=JANUARY, **IN_JANUARY)
    tally = activity(occurred_at="2023-01-17T09:00:00Z", occurred_before="2023-01-20T00:00:00Z")
    surrey.record(JANUARY, *(declared("complete", day=f"2023-01-{day}") for day in (17, 19, 20)))
    surrey.record(JANUARY, declared("nil", day="2023-01-18"))
    (receipt,) = surrey.record(JANUARY, tally)
    reopened = {17: "reopened", 18: "reopened", 19: "reopened", 20: "complete"}
    assert january(surrey, JANUARY) == reopened
    assert january(surrey, JANUARY, as_of_seq=receipt["seq"] - 1) == dict.fromkeys(reopened, "complete") | {18: "nil"}
    owed = lead.totals(
        JANUARY, measure="vehicles_stopped", force="surrey", day_from="2023-01-17", day_before="2023-01-21"
    )["completeness"]
    outstanding = [days_owed("surrey", "2023-01-17", "2023-01-19", days=3, measures=[])]
    assert owed == {"status": "partial", "outstanding": outstanding, "overdue": []}
    assert [figure["day"] for figure in lead.totals(JANUARY, by="day", force="surrey")["figures"]] == [None]
    surrey.record(JANUARY, declared("complete", day="2023-01-18"))
    assert january(surrey, JANUARY) == reopened | {18: "complete"}


def test_correcting_a_tally_reopens_the_days_of_both_versions_and_withdrawing_it_those_of_the_last(
    lead: Caller, surrey: Caller
):
    opened(lead, operation=JANUARY, **IN_JANUARY)
    every = [declared("complete", day=f"2023-01-{day}") for day in (17, 18, 19, 20)]
    tally = activity(occurred_at="2023-01-17T09:00:00Z", occurred_before="2023-01-19T00:00:00Z")
    corrected = correction(
        tally,
        occurred_at="2023-01-18T09:00:00Z",
        data=tally["data"] | {"occurred_before": "2023-01-20T00:00:00Z"},
    )
    surrey.record(JANUARY, tally, *every, corrected)
    assert january(surrey, JANUARY) == {17: "reopened", 18: "reopened", 19: "reopened", 20: "complete"}
    surrey.record(JANUARY, *(one | {"id": new_id()} for one in every), withdrawal(corrected))
    assert january(surrey, JANUARY) == {17: "complete", 18: "reopened", 19: "reopened", 20: "complete"}


def test_a_return_for_some_measures_leaves_the_others_owed(live: str, surrey: Caller):
    surrey.record(live, declared("complete", measures=["arrests"]))
    assert cell(surrey, live)["measures"] == ["arrests"]
    assert status(surrey, live) == "partial"
    surrey.record(live, seizure(occurred_at=midnight(0)))
    owed = surrey.totals(live, by="force", measure="arrests", force="surrey", day_from=today())["completeness"]
    assert owed["status"] == "final", "a seizure does not reopen what was said of arrests"
    surrey.record(live, declared("complete"), activity(occurred_at=midnight(0)))
    assert status(surrey, live) == "reopened"


def test_a_return_after_the_deadline_is_late(lead: Caller, surrey: Caller):
    opened(lead, operation="due", returns_due_at=hours_ago(1))
    surrey.record("due", declared("complete"))
    assert cell(surrey, "due")["late"] is True
    assert cell(surrey, "due", force="kent")["late"] is False, "what was never declared is not late but none"
    later = {"id": new_id(), "returns_due_at": hours_ago(-1)}
    assert lead.change("due", "amendments", **later).status_code == 201
    assert cell(surrey, "due")["late"] is False


def test_the_seed_has_late_returns_and_a_nil_return(replayed_pandilla: Pandilla):
    rows = replayed_pandilla.lead.get(f"/v1/operations/{replayed_pandilla.operation}/returns").json["returns"]
    assert {row["status"] for row in rows} == {"complete", "nil"}
    assert [(row["force"], row["day"]) for row in rows if row["status"] == "nil"] == [("sussex", "2023-01-19")]
    late = {(row["force"], row["day"]) for row in rows if row["late"]}
    assert late == {("thames-valley", "2023-01-18"), ("west-midlands", "2023-01-19")}


def test_the_seed_had_days_that_were_reopened(replayed_pandilla: Pandilla):
    lead, operation = replayed_pandilla.lead, replayed_pandilla.operation
    size = lead.totals(operation)["log_size"]
    seen = {
        status(lead, operation, force="metropolitan", day="2023-01-17", as_of_seq=seq) for seq in range(100, size, 10)
    }
    assert "complete" in seen
    assert "reopened" in {
        row["status"]
        for seq in range(100, size, 10)
        for row in lead.get(f"/v1/operations/{operation}/returns?as_of_seq={seq}").json["returns"]
    }


def test_days_that_begin_after_the_closing_are_not_due(lead: Caller):
    opened(lead, operation="open-end", forces=["surrey"], ends_at=None, **at("2023-01-10"), **OF_JANUARY)
    assert lead.change("open-end", "close", id=new_id(), **at("2023-01-19")).status_code == 201
    three_days = ["2023-01-16", "2023-01-17", "2023-01-18"]
    assert owed_days(lead) == three_days
    assert owed_days(lead, as_of="2023-01-17T12:00:00Z") == three_days[:2]
    assert [row["day"] for row in rows_of(lead, "open-end")] == three_days
    lead.record("open-end", *(declared("nil", day=day) | at("2023-01-20") for day in three_days))
    assert owed_days(lead) == []
    said = lead.get("/v1/operations/open-end/statement", headers={"Accept": "application/json"}).json
    assert (said["status"], said["headline"]) == ("final", "No arrests")

    assert lead.change("open-end", "reopen", id=new_id(), **at("2023-01-22")).status_code == 201
    between = ["2023-01-19", "2023-01-20", "2023-01-21", "2023-01-22"]
    assert owed_days(lead, as_of="2023-01-22T12:00:00Z") == between
    assert owed_days(lead, as_of="2023-01-21T12:00:00Z") == [], "then it was closed"
    assert lead.change("open-end", "close", id=new_id(), **at("2023-01-22", hour=18)).status_code == 201
    assert owed_days(lead) == between


def at(day: str, *, hour: int = 0) -> Json:
    return {"recorded_at": f"{day}T{hour:02}:00:00Z"}


def owed_days(lead: Caller, **query: object) -> list[str]:
    owed = lead.totals("open-end", **query)["completeness"]["outstanding"]
    bounds = [(date.fromisoformat(one["day_from"]), date.fromisoformat(one["day_before"])) for one in owed]
    return [str(first + timedelta(days=more)) for first, before in bounds for more in range((before - first).days)]


def rows_of(caller: Caller, operation: str) -> list[Json]:
    found: list[Json] = caller.get(f"/v1/operations/{operation}/returns").json["returns"]
    return found


def test_a_force_outside_the_operation_learns_nothing(live: str, client_for: ClientFor):
    refused(client_for("sussex").get(f"/v1/operations/{live}/returns"), 404, "unknown_operation")


def overdue(caller: Caller, operation: str, **query: object) -> list[Json]:
    """Return the forces whose returns are overdue according to the totals."""
    return list(caller.totals(operation, **query)["completeness"]["overdue"])


def test_with_hours_after_each_day_returns_are_late_or_overdue_while_the_operation_runs(lead: Caller, surrey: Caller):
    start = {"starts_at": "2023-01-16T00:00:00Z", "ends_at": None, **at("2023-01-16"), "imported": True}
    opened(lead, operation="by-day", forces=["surrey", "kent"], returns_due_hours=12, **start)
    surrey.record("by-day", declared("complete", day="2023-01-16") | at("2023-01-17", hour=12))
    surrey.record("by-day", declared("partial", day="2023-01-17") | at("2023-01-18", hour=11))
    just_after_noon = {"recorded_at": "2023-01-18T12:00:00.000001Z"}
    lead.record("by-day", declared("nil", day="2023-01-16", force="kent") | just_after_noon)
    noon = {"as_of": "2023-01-18T12:00:00.000002Z"}

    def seen(force: str, day: int) -> tuple[object, ...]:
        found = cell(lead, "by-day", force=force, day=f"2023-01-{day}", **noon)
        return found["status"], found["due_at"], found["late"], found["overdue"]

    assert seen("surrey", 16) == ("complete", "2023-01-17T12:00:00Z", False, False), "declared at the very moment"
    assert seen("surrey", 17) == ("partial", "2023-01-18T12:00:00Z", False, True)
    assert seen("kent", 16) == ("nil", "2023-01-17T12:00:00Z", True, False)
    assert seen("kent", 17) == ("none", "2023-01-18T12:00:00Z", False, True)
    assert seen("kent", 18) == ("none", "2023-01-19T12:00:00Z", False, False)
    since = "2023-01-18T12:00:00Z"
    both = [{"force": force, "days": 1, "since": since} for force in ("surrey", "kent")]
    assert overdue(lead, "by-day", **noon) == both
    assert overdue(lead, "by-day", day_before="2023-01-17", **noon) == []
    (first,) = overdue(lead, "by-day", as_of="2023-01-18T11:30:00Z")
    assert first == {"force": "kent", "days": 1, "since": "2023-01-17T12:00:00Z"}


def test_hours_are_changed_by_an_amendment_and_the_deadline_still_holds(lead: Caller, surrey: Caller):
    opened(lead, operation="due", starts_at=midnight(-2), returns_due_hours=0, returns_due_at=hours_ago(-1))
    before = cell(surrey, "due", day=yesterday())
    assert (before["due_at"], before["overdue"]) == (midnight(0), True)
    assert cell(surrey, "due")["overdue"] is False
    later = {"id": new_id(), "returns_due_hours": 720}
    assert lead.change("due", "amendments", **later).status_code == 201
    before = cell(surrey, "due", day=yesterday())
    assert (before["due_at"], before["overdue"]) == (lead.get("/v1/operations/due").json["returns_due_at"], False)
    assert lead.get("/v1/operations/due").json["returns_due_hours"] == 720
    refused(
        lead.change("due", "amendments", id=new_id(), returns_due_hours=721), 422, "wrong_fields", "/returns_due_hours"
    )


def test_a_missing_return_is_overdue_after_the_deadline_of_the_operation(lead: Caller, surrey: Caller):
    opened(lead, operation="due", returns_due_at=(due_at := hours_ago(1)))
    surrey.record("due", declared("partial"))
    assert cell(surrey, "due")["overdue"] is True
    found = {one["force"]: one for one in overdue(surrey, "due")}
    assert found["surrey"] == {"force": "surrey", "days": 2, "since": due_at}
    surrey.record("due", declared("complete"))
    assert cell(surrey, "due")["overdue"] is False
    surrey.record("due", arrest(occurred_at=midnight(0)))
    reopened = cell(surrey, "due")
    assert (reopened["status"], reopened["overdue"]) == ("reopened", False), "it was declared in full"
