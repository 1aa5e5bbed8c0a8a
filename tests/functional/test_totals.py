"""Totals: by force, day and category, now or as of any past moment, with the forces that still owe a return."""

from datetime import timedelta

import pytest

from service.api.http.answer_schemas import MOST_SPANS
from service.domain.model.instants import format_instant
from tests.factories.bodies import (
    activity,
    arrest,
    correction,
    days_owed,
    declared,
    hours_ago,
    midnight,
    new_id,
    now,
    opening,
    seizure,
    today,
    yesterday,
)
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, on_sqlite, refused
from tests.functional.conftest import opened

WRONG_QUERIES = [
    ("forse=kent", "wrong_fields", "/forse"),
    ("measure=arrests&measure=weapons", "wrong_fields", "/measure"),
    ("measure=arrests,arrests", "wrong_fields", "/measure"),
    ("measure=", "wrong_fields", "/measure"),
    ("measure=arrests,", "wrong_fields", "/measure"),
    ("as_of=yesterday", "wrong_fields", "/as_of"),
    ("as_of=2023-01-18T18:00:00", "wrong_fields", "/as_of"),
    ("as_of_seq=0", "wrong_fields", "/as_of_seq"),
    ("as_of_seq=9999999999999999999", "wrong_fields", "/as_of_seq"),
    ("day_from=2023-1-7", "wrong_fields", "/day_from"),
    ("day_before=9999-12-31", "wrong_fields", "/day_before"),
    ("limit=5", "wrong_fields", "/limit"),
    ("by=colour", "unknown_code", "/by"),
    ("measure=arrest", "unknown_code", "/measure"),
    ("force=btp", "unknown_code", "/force"),
    ("without_force=btp", "unknown_code", "/without_force"),
    ("measure=arrests&category=bladed", "unknown_code", "/category"),
    ("measure=arrests&without_category=bladed", "unknown_code", "/without_category"),
]


def test_a_category_includes_everything_under_it(live: str, surrey: Caller):
    lines = [("bladed/knife", 2), ("bladed/machete", 1), ("bladed", 4), ("firearm", 8)]
    surrey.record(live, seizure(*({"kind": "weapon", "weapon": path, "count": count} for path, count in lines)))

    def weapons(**query: str) -> list:
        return surrey.figures(live, "category", "quantity", measure="weapons", by="category", **query)

    assert weapons() == [("bladed", 7), ("firearm", 8), ("bladed/knife", 2), ("bladed/machete", 1)]
    assert weapons(category="bladed") == [("bladed", 7)]
    assert weapons(category="bladed,bladed/knife") == [("bladed", 7), ("bladed/knife", 2)]
    assert surrey.figures(live, measure="weapons", category="bladed") == [7]
    assert surrey.figures(live, measure="weapons", category="bladed,bladed/knife") == [7]
    assert surrey.figures(live, measure="weapons", without_category="bladed/knife") == [13]
    assert surrey.figures(live, measure="weapons", without_category="bladed") == [8]


def test_hours_are_those_of_the_versions_that_count(live: str, surrey: Caller, lead: Caller):
    at = "{}T{}Z".format
    late = arrest(occurred_at=at(yesterday(), "21:59:59.999999"))
    moved = arrest(occurred_at=at(yesterday(), "22:00:00"))
    surrey.record(live, late, moved, arrest(count=4, occurred_on=yesterday(), occurred_at=None))
    stopped = {"occurred_at": at(yesterday(), "20:15:00"), "force": "surrey"}
    within = {"measure": "vehicles_stopped", "quantity": 5, "occurred_before": at(yesterday(), "21:00:00")}
    across = within | {"quantity": 7, "occurred_before": at(yesterday(), "21:00:00.000001")}
    (receipt,) = surrey.record(live, activity(**stopped) | {"data": within})[-1:]
    surrey.record(live, activity(**stopped) | {"data": across})
    lead.record(live, correction(moved, occurred_at=at(yesterday(), "03:30:00"), data={"reason": "knife"}))

    def hours(measure: str, **query: str) -> list:
        return lead.figures(live, "hour", "quantity", measure=measure, by="hour", **query)

    assert hours("arrests") == [(None, 4), (at(yesterday(), "03:00:00"), 1), (at(yesterday(), "21:00:00"), 1)]
    assert hours("vehicles_stopped") == [(None, 7), (at(yesterday(), "20:00:00"), 5)]
    then = str(receipt["seq"])
    assert hours("arrests", as_of_seq=then)[1:] == [(at(yesterday(), f"{hour}:00:00"), 1) for hour in (21, 22)]
    assert hours("arrests", force="kent") == []
    rows = lead.figures(live, "force", "day", "hour", "quantity", measure="arrests", by="force,day,hour")
    assert rows[0] == ("surrey", yesterday(), None, 4)
    assert sum(row[-1] for row in rows) == sum(surrey.figures(live, measure="arrests"))


def test_a_force_reads_its_own_hours_alone(live: str, surrey: Caller, client_for: ClientFor):
    client_for("kent").record(live, arrest(force="kent", occurred_at=f"{yesterday()}T03:30:00Z"))
    surrey.record(live, arrest(occurred_at=f"{yesterday()}T21:30:00Z"))
    address = f"/v1/operations/{live}/totals"
    for caller in (surrey, client_for("surrey", "coordinator"), client_for("surrey", "observer")):
        for query in ({}, {"force": "kent"}, {"force": "kent,surrey"}, {"without_force": "surrey"}):
            refused(caller.get(address, query_string={"by": "hour"} | query), 403, "hours_of_others", "/by")
        own = caller.get(address, query_string={"by": "hour", "force": "surrey"}).json["figures"]
        assert {one["hour"] for one in own} == {f"{yesterday()}T21:00:00Z"}


def test_a_measure_that_is_not_additive_is_always_shown_by_category(live: str, surrey: Caller, client_for: ClientFor):
    drugs = [{"kind": "drug", "drug": path} for path in ("a/cocaine", "a/heroin", "b/cannabis/resin")]
    surrey.record(live, seizure(*drugs), seizure(drugs[0]))
    money = [{"kind": "cash", "currency": code, "amount_minor": 100} for code in ("EUR", "USD", "EUR")]
    surrey.record(live, seizure(*money))
    client_for("kent").record(live, seizure(drugs[0], force="kent"))

    def shown(measure: str, *keys: str, **query: str) -> list:
        return surrey.figures(live, *keys, "quantity", measure=measure, **query)

    assert shown("drug_seizures", "measure") == [("drug_seizures", 3)]
    assert shown("drug_seizures_by_class", "category") == [("a", 3), ("b", 1)]
    substances = [("a/cocaine", 3), ("a/heroin", 1), ("b/cannabis", 1), ("b/cannabis/resin", 1)]
    assert shown("drug_seizures_by_substance", "category") == substances
    assert shown("drug_seizures_by_substance", "category", by="category") == substances
    assert shown("foreign_cash", "display") == [("2.00 EUR", 200), ("1.00 USD", 100)]
    by_force = shown("drug_seizures_by_class", "force", "category", by="force")
    assert by_force == [("surrey", "a", 2), ("surrey", "b", 1), ("kent", "a", 1)]


def test_windows_are_the_days_of_an_operation(lead: Caller, surrey: Caller):
    # One night over two dates is one day. The next begins 26 hours later, as a day in October has 25.
    night = [{"from": hours_ago(50), "before": hours_ago(38)}, {"from": hours_ago(24), "before": hours_ago(1)}]
    body = opening(operation="nights", starts_at=None, ends_at=None, days=night)
    assert lead.post("/v1/operations", json=body).status_code == 201
    first, second = [one["day"] for one in lead.get("/v1/operations/nights").json["days"]]
    times = [hours_ago(50 - 1e-2), hours_ago(38 + 1e-2), hours_ago(2)]
    surrey.record("nights", *(arrest(occurred_at=time) for time in times))
    assert surrey.figures("nights", "day", "quantity", by="day") == [(first, 2), (second, 1)]
    for outside in (hours_ago(30), hours_ago(50.1), hours_ago(0.5)):
        refused(surrey.send("nights", arrest(occurred_at=outside)), 422, "outside_operation", "/occurred_at")
    assert surrey.figures("nights", measure="arrests", day_before=second) == [2]
    (owed,) = lead.totals("nights", measure="arrests", force="surrey")["completeness"]["outstanding"]
    assert owed == days_owed("surrey", first, second, days=2, measures=[]), "no night of it lies between the two"


def test_an_activity_over_more_than_one_day_has_no_day(imported: str, surrey: Caller):
    over = {"occurred_at": "2023-01-17T12:00:00Z", "recorded_at": "2023-01-20T12:00:00Z"}
    surrey.record(imported, activity(quantity=5, occurred_before="2023-01-18T12:00:00Z", **over))
    surrey.record(imported, activity(quantity=7, occurred_before="2023-01-18T00:00:00Z", **over))
    assert surrey.figures(imported, "day", "quantity", by="day") == [(None, 5), ("2023-01-17", 7)]
    assert surrey.figures(imported) == [12]
    # It belongs to no single day, so it is left out when days are selected.
    assert surrey.figures(imported, day_before="2023-01-23") == [7]
    assert surrey.figures(imported, day_from="2023-01-16") == [7]
    span = activity(occurred_before="2023-01-24T00:00:00Z", **over)
    refused(surrey.send(imported, span), 422, "outside_operation", "/data/occurred_before")


def test_a_figure_is_outstanding_until_every_force_has_declared_its_measure(
    live: str, lead: Caller, client_for: ClientFor
):
    lead.record(live, arrest(), arrest(force="kent"), activity())
    answer = lead.totals(live, by="force")
    every = [days_owed(force, yesterday(), today(), days=2) for force in ("metropolitan", "surrey", "kent", "essex")]
    # The desk reports nothing and so owes nothing; tomorrow has not begun.
    owed = [one | {"measures": []} for one in every]
    assert answer["completeness"] == {"status": "partial", "outstanding": owed, "overdue": []}
    assert [figure["outstanding"] for figure in answer["figures"]] == [[every[1]], [every[2]], [every[1]]]

    for force in ("metropolitan", "kent", "essex"):
        for day in (yesterday(), today()):
            client_for(force).record(live, declared("nil", day=day, force=force))
    surrey = client_for("surrey")
    surrey.record(live, declared(day=yesterday()), declared(measures=["arrests"]))
    answer = lead.totals(live)
    assert [(figure["measure"], figure["outstanding"]) for figure in answer["figures"]] == [
        ("arrests", []),
        ("vehicles_stopped", [days_owed("surrey", today())]),
    ]
    (owed,) = answer["completeness"]["outstanding"]
    assert owed == days_owed("surrey", today(), measures=owed["measures"])
    assert set(owed["measures"]) == set(measures_of(lead, live)) - {"arrests"}
    assert lead.totals(live, measure="arrests")["completeness"] == {"status": "final", "outstanding": [], "overdue": []}
    assert lead.totals(live, force="kent")["completeness"]["status"] == "final"
    assert lead.totals(live, day_before=today())["completeness"]["status"] == "final"
    by_day = lead.figures(live, "day", "outstanding", measure="vehicles_stopped", by="day")
    assert by_day == [(today(), [days_owed("surrey", today())])]


def measures_of(caller: Caller, operation: str) -> list[str]:
    return [one["measure"] for one in caller.get(f"/v1/operations/{operation}").json["measures"]]


@on_sqlite
def test_spans_are_listed_once_with_the_measures_that_they_are_for(imported: str, lead: Caller, surrey: Caller):
    at = {"recorded_at": "2023-01-24T09:00:00Z"}
    arrested = [arrest(occurred_at=f"2023-01-{day}T09:00:00Z", **at) for day in (16, 17)]
    of_some = declared(day="2023-01-18", measures=["arrests", "cash"]) | at
    surrey.record(imported, *arrested, *(declared(day=f"2023-01-{day}") | at for day in (17, 20)), of_some)
    answer = lead.totals(imported, force="surrey", measure="arrests,cash,weapons")
    assert answer["completeness"]["outstanding"] == [
        days_owed("surrey", "2023-01-16", measures=[]),
        days_owed("surrey", "2023-01-18", measures=["weapons"]),
        days_owed("surrey", "2023-01-19", measures=[]),
        days_owed("surrey", "2023-01-21", "2023-01-22", days=2, measures=[]),
    ]
    (figure,) = answer["figures"]
    assert [(one["day_from"], one["days"]) for one in figure["outstanding"]] == [
        ("2023-01-16", 1),
        ("2023-01-19", 1),
        ("2023-01-21", 2),
    ]
    assert "outstanding_not_listed" not in figure


@on_sqlite
def test_an_operation_that_has_been_open_for_years_answers_in_a_few_kilobytes(lead: Caller):
    forces = [one["force"] for one in lead.get("/v1/forces").json["forces"] if one["kind"] == "territorial"][:20]
    opened(lead, operation="years", starts_at="2020-01-01T00:00:00Z", ends_at=None, forces=forces)
    for measure in ("vehicles_stopped", "officers_deployed", "stop_and_searches"):
        sent = activity(measure, 3, force=forces[0], occurred_at="2020-03-01T12:00:00Z")
        lead.record("years", sent)
    response = lead.get("/v1/operations/years/totals")
    owed = response.json["completeness"]["outstanding"]
    assert [one["force"] for one in owed] == forces
    assert owed[0]["days"] > 2_000
    (figure, *_others) = response.json["figures"]
    assert len(figure["outstanding"]) == MOST_SPANS
    assert figure["outstanding_not_listed"] == (len(forces) - MOST_SPANS) * owed[0]["days"]
    assert len(response.data) < 20_000
    assert len(lead.get("/v1/operations/years/statement").data) < 30_000


def test_the_newest_return_of_a_day_counts(lead: Caller, surrey: Caller):
    stories = [
        (["complete"], "final"),
        (["nil"], "final"),
        (["partial"], "partial"),
        (["partial", "complete"], "final"),
        (["complete", "partial"], "partial"),
    ]
    for index, (statuses, status) in enumerate(stories):
        body = opening(operation=f"story-{index}", forces=["surrey"], starts_at=midnight(0))
        operation = lead.post("/v1/operations", json=body).json["operation"]
        surrey.record(operation, *(declared(one) for one in statuses))
        assert surrey.totals(operation)["completeness"]["status"] == status


def test_a_new_return_replaces_the_old_for_the_measures_it_covers(lead: Caller, surrey: Caller):
    lead.post("/v1/operations", json=opening(forces=["surrey"], starts_at=midnight(0)))
    surrey.record("live", declared(), declared("partial", measures=["weapons", "cash"]))
    surrey.record("live", declared("complete", measures=["cash"]))
    assert surrey.totals("live", measure="arrests,cash")["completeness"]["status"] == "final"
    assert surrey.totals("live", measure="weapons")["completeness"]["status"] == "partial"
    assert surrey.totals("live", as_of_seq=3)["completeness"]["status"] == "final"
    assert surrey.totals("live", as_of_seq=2)["completeness"]["status"] == "partial"


def test_past_totals_need_a_past_moment_or_an_existing_seq(live: str, surrey: Caller):
    (receipt,) = surrey.record(live, arrest())
    size = receipt["seq"]
    later = surrey.record(live, correction(arrest(id=receipt["id"]), data={"reason": "knife", "count": 5}))[0]
    assert surrey.figures(live, as_of=receipt["recorded_at"]) == [1]
    assert surrey.figures(live, as_of=later["recorded_at"]) == [5]
    assert surrey.figures(live, as_of_seq=size) == [1]

    def refused_for(code: str, pointer: str, **query: object) -> None:
        refused(surrey.get(f"/v1/operations/{live}/totals", query_string=query), 422, code, pointer)

    refused_for("as_of_beyond_log", "/as_of_seq", as_of_seq=size + 2)
    refused_for("as_of_in_the_future", "/as_of", as_of=format_instant(now() + timedelta(seconds=5)))
    refused_for("as_of_before_log", "/as_of", as_of=midnight(-1))
    refused_for("as_of_twice", "/as_of", as_of=receipt["recorded_at"], as_of_seq=size)


def test_the_past_knows_only_the_forces_and_measures_of_then(live: str, lead: Caller):
    lead.change(live, "forces", id=new_id(), force="sussex")
    lead.change(live, "measures", id=new_id(), measure="dogs_seized", label="dogs seized", unit="dogs")
    assert lead.totals(live, force="sussex", measure="dogs_seized")["figures"] == []
    for query in ("force=sussex", "measure=dogs_seized"):
        wrong = lead.get(f"/v1/operations/{live}/totals?{query}&as_of_seq=6")
        refused(wrong, 422, "unknown_code", f"/{query.partition('=')[0]}")
    owing = [one["force"] for one in lead.totals(live, as_of_seq=6)["completeness"]["outstanding"]]
    assert "sussex" not in owing


@on_sqlite
def test_a_typing_error_does_not_give_the_figures_of_something_else(
    live: str, surrey: Caller, subtests: pytest.Subtests
):
    for query, code, pointer in WRONG_QUERIES:
        with subtests.test(query=query):
            refused(surrey.get(f"/v1/operations/{live}/totals?{query}"), 422, code, pointer)


def test_an_observer_sees_totals_and_nothing_else(live: str, surrey: Caller, client_for: ClientFor):
    surrey.record(live, arrest())
    observer = client_for("kent", "observer")
    assert observer.figures(live, measure="arrests") == [1]
    refused(observer.get(f"/v1/operations/{live}/events"), 403, "role_may_not")
    refused(observer.send(live, arrest(force="kent")), 403, "role_may_not")


def test_a_declared_zero_is_shown_as_a_figure(live: str, surrey: Caller):
    assert surrey.totals(live)["figures"] == []
    zero = activity(quantity=0)
    surrey.record(live, zero)
    assert surrey.figures(live, "measure", "display") == [("vehicles_stopped", "0")]
    surrey.record(live, correction(zero, data={"measure": "vehicles_stopped", "quantity": 3}))
    assert surrey.figures(live, "measure", "display") == [("vehicles_stopped", "3")]
