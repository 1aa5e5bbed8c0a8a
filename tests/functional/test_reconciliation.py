"""Reconciliation over HTTP: printed figures beside the record, permissions, refusals, and that nothing changes."""

from typing import Any

import pytest

from tests.factories.bodies import (
    activity,
    arrest,
    days_owed,
    declared,
    hours_ago,
    midnight,
    opening,
    seizure,
    today,
    withdrawal,
    yesterday,
)
from tests.factories.claims import block, breakdown, document, figure
from tests.factories.logs import SEED
from tests.functional.calls import Caller, on_sqlite, refused
from tests.functional.conftest import ClientFor, Pandilla

Json = dict[str, Any]


def reconciled(caller: Caller, operation: str, *blocks: Json, **keys: Any) -> Json:
    response = caller.post(f"/v1/operations/{operation}/reconciliation", json=document(*blocks, **keys))
    assert response.status_code == 200, response.json
    answer: Json = response.json
    return answer


def statuses(answer: Json) -> list[str]:
    return [claim["status"] for claim in answer["claims"]]


def only(answer: Json) -> Json:
    (claim,) = answer["claims"]
    return claim  # type: ignore[no-any-return]


def test_the_published_figures_of_the_seed_agree_with_its_replay(replayed_pandilla: Pandilla) -> None:
    lead, operation = replayed_pandilla.lead, replayed_pandilla.operation
    address = f"/v1/operations/{operation}/reconciliation"
    answer = lead.post(address, data=(SEED / "claims.toml").read_bytes(), content_type="application/toml").json
    assert (answer["all_agree"], answer["findings"]) == (True, [])
    assert answer["counts"] == {"agrees": 14, "open": 0, "differs": 0, "cannot_be_compared": 0}
    totals = lead.totals(operation)
    assert [answer[key] for key in ("as_of", "log_size")] == [totals[key] for key in ("as_of", "log_size")]


def test_every_scope_finds_its_own_figure(replayed_pandilla: Pandilla) -> None:
    """What totals answer for a scope, printed as it is, agrees; one more differs by one."""
    lead, operation = replayed_pandilla.lead, replayed_pandilla.operation
    queries: list[tuple[Json, Json]] = [
        ({}, {}),
        ({"forces": ["surrey", "btp"]}, {"force": "surrey,btp"}),
        ({"without_forces": ["metropolitan"]}, {"without_force": "metropolitan"}),
        ({"days": ["2023-01-18", "2023-01-19"]}, {"day_from": "2023-01-18"}),
        ({"days": ["2023-01-17", "2023-01-17"], "forces": ["kent"][:0]}, {"day_before": "2023-01-18"}),
        ({"days": ["2023-01-17", "2023-01-19"]}, {}),
    ]
    for scope, query in queries:
        (number,) = lead.figures(operation, measure="arrests", **query)
        answer = reconciled(lead, operation, block(figure(number), figure(number + 1), **scope))
        assert [(claim["status"], claim["difference"]) for claim in answer["claims"]] == [
            ("agrees", None),
            ("differs", -1),
        ]
    for paths in ("knife", "drugs", "knife,drugs"):
        (number,) = lead.figures(operation, measure="arrests", category=paths)
        printed = figure(number, category=paths.split(","))
        rest = figure(179 - number, without_category=paths.split(","))
        assert reconciled(lead, operation, block(printed, rest))["all_agree"]


def test_a_past_moment_is_compared_with_what_was_recorded_by_then(replayed_pandilla: Pandilla) -> None:
    lead, operation = replayed_pandilla.lead, replayed_pandilla.operation
    moment = "2023-01-18T12:00:00Z"
    (number,) = lead.figures(operation, measure="arrests", as_of=moment)
    assert number < 179
    answer = reconciled(lead, operation, block(figure(number), as_of=moment), block(figure(179)))
    assert [(one["as_it_stands"], one["recorded"]["display"]) for one in answer["claims"]] == [
        ("agrees", str(number)),
        ("agrees", "179"),
    ]
    assert answer["findings"] == []
    before, after = block(figure(1), as_of="2020-01-01"), block(figure(1), as_of="2190-01-01")
    assert statuses(reconciled(lead, operation, before, after)) == ["cannot_be_compared"] * 2


def test_money_weights_and_currencies_are_compared_exactly(live: str, lead: Caller, surrey: Caller) -> None:
    surrey.record(
        live,
        seizure(
            {"kind": "cash", "currency": "GBP", "amount_minor": 19_808_800},
            {"kind": "cash", "currency": "EUR", "amount_minor": 150_050},
            {"kind": "drug", "drug": "a/cocaine", "weight_milligrams": 65_400_000, "value_pence": 131_000_000},
        ),
    )
    for printed in (
        figure("198,088", measure="cash", unit="pounds"),
        figure("198.088", measure="cash", unit="thousand pounds"),
        figure("0.2", measure="cash", unit="million pounds"),
        figure("1,500.50", measure="foreign_cash", unit="EUR"),
        figure("65", measure="drug_weight", unit="kilograms", category="a"),
        figure("65,400", measure="drug_weight", unit="grams", category="a/cocaine"),
        figure("1.31", measure="drug_value", unit="million pounds"),
        figure(1, measure="drug_seizures_by_class", unit="seizures", category="a"),
    ):
        assert only(reconciled(lead, live, block(printed)))["as_it_stands"] == "agrees", printed
    euros = only(reconciled(lead, live, block(figure("1,500.60", measure="foreign_cash", unit="EUR"))))
    assert euros["recorded"]["display"] == "1,500.50 EUR"
    assert "The record has at least 1,500.50 EUR" in euros["detail"]


def test_a_figure_is_open_until_every_return_is_in(live: str, lead: Caller, surrey: Caller) -> None:
    surrey.record(live, arrest(count=12))
    scope = {"forces": ["surrey"], "days": [today(), today()]}
    claim = only(reconciled(lead, live, block(figure(12), **scope)))
    assert (claim["status"], claim["as_it_stands"]) == ("open", "agrees")
    assert claim["recorded"] == {
        "quantity_from": 12,
        "quantity_before": None,
        "display": "12",
        "outstanding": [days_owed("surrey", today())],
    }
    assert only(reconciled(lead, live, block(figure(11), **scope)))["difference"] == 1
    assert only(reconciled(lead, live, block(figure(11, "more than"), **scope)))["status"] == "agrees"
    surrey.record(live, declared())
    assert reconciled(lead, live, block(figure(12), **scope))["all_agree"]


def test_an_empty_record_is_nil_once_the_force_has_declared_it(live: str, lead: Caller, surrey: Caller) -> None:
    scope = {"forces": ["surrey"], "days": [today(), today()]}
    assert statuses(reconciled(lead, live, block(figure(0), figure(5), **scope))) == ["open", "open"]
    surrey.record(live, declared("nil"))
    assert statuses(reconciled(lead, live, block(figure(0), figure(5), **scope))) == ["agrees", "differs"]


def test_activities_over_several_days_may_belong_to_any_of_them(live: str, lead: Caller, surrey: Caller) -> None:
    over_two_days = {"occurred_at": midnight(-1), "occurred_before": hours_ago(0)}
    surrey.record(live, activity(quantity=10, **over_two_days), activity(quantity=7), declared())
    stopped = {"measure": "vehicles_stopped", "unit": "vehicles"}
    scope = {"forces": ["surrey"], "days": [today(), today()]}
    answer = reconciled(lead, live, block(figure(7, **stopped), figure(17, **stopped), figure(18, **stopped), **scope))
    assert statuses(answer) == ["open", "open", "differs"]


def test_a_tally_of_exactly_the_claimed_days_is_their_figure(live: str, lead: Caller, surrey: Caller) -> None:
    """A force that tallied these days owes nothing more for them; on other days, its tally may belong to any."""
    over_two_days = {"occurred_at": midnight(-1), "occurred_before": hours_ago(0)}
    tally = activity(quantity=10, **over_two_days)
    surrey.record(live, tally)
    stopped = {"measure": "vehicles_stopped", "unit": "vehicles"}
    printed = (figure(10, **stopped), figure(11, **stopped), figure(9, "more than", **stopped))
    days = [yesterday(), today()]

    def status(**scope: Any) -> list[str]:
        return statuses(reconciled(lead, live, block(*printed, **scope)))

    assert status(forces=["surrey"], days=days) == ["agrees", "differs", "agrees"]
    assert status(days=days) == ["open", "open", "agrees"], "other forces owe their returns"
    assert status(forces=["surrey"], days=days[1:]) == ["open", "open", "open"]
    surrey.record(live, activity(quantity=1))
    assert status(forces=["surrey"], days=days) == ["differs", "agrees", "agrees"]
    surrey.record(live, withdrawal(tally))
    assert status(forces=["surrey"], days=days) == ["open", "open", "open"]


def test_a_source_that_names_some_forces_is_compared_with_those_alone(live: str, lead: Caller, surrey: Caller) -> None:
    surrey.record(live, arrest(count=5), declared())
    lead.record(live, arrest(count=7, force="metropolitan"))
    sources = {"release": {"forces": ["Surrey Police"]}}
    claim = only(reconciled(lead, live, block(figure(5), days=[today()]), sources=sources))
    assert (claim["status"], claim["forces"], claim["days"]) == ("agrees", ["surrey"], [today(), today()])


def test_a_figure_without_a_category_may_belong_to_any(live: str, lead: Caller, surrey: Caller) -> None:
    """Nothing under its own name and something unsorted is not nil; something under its own name is what there is."""
    surrey.record(
        live,
        arrest("unstated", count=12),
        arrest("drugs", count=3),
        seizure({"kind": "weapon", "weapon": "bladed", "count": 5}, {"kind": "weapon", "weapon": "bladed/machete"}),
        declared(),
    )
    scope = {"forces": ["surrey"], "days": [today(), today()]}

    def status(*printed: Json) -> list[str]:
        return statuses(reconciled(lead, live, block(*printed, **scope)))

    knives = [figure(number, measure="weapons", unit="items", category="bladed/knife") for number in (5, 6)]
    assert status(figure(12, category="knife"), figure(13, category="knife")) == ["open", "differs"]
    assert status(figure(3, category="drugs"), figure(4, category="drugs")) == ["agrees", "differs"]
    assert status(*knives) == ["open", "differs"], "one of the bladed weapons is a machete"
    claim = only(reconciled(lead, live, block(knives[0], **scope)))
    assert "What is recorded under no category or a wider one may be part of it." in claim["detail"]


def test_a_figure_reported_for_no_single_force_may_belong_to_any(lead: Caller, imported: str) -> None:
    recorded = {"recorded_at": "2023-01-24T09:00:00Z"}
    residual = {"force": "rest", "name": "No single force", "kind": "residual", "reports": "tallies"}
    lead.change(imported, "forces", id=opening()["id"], recorded_at="2023-01-10T09:00:00Z", **residual)
    at = {"occurred_at": "2023-01-17T12:00:00Z"} | recorded
    facts = [activity("arrests", 90, force="rest", **at), activity("arrests", 7, force="essex", **at)]
    days = [f"2023-01-{day}" for day in range(16, 23)]
    forces = ("metropolitan", "surrey", "kent", "essex", "rest")
    lead.record(imported, *facts, *(declared(force=force, day=day) | recorded for force in forces for day in days))

    def status(force: str, *numbers: int) -> list[str]:
        return statuses(reconciled(lead, imported, block(*map(figure, numbers), forces=[force])))

    assert status("surrey", 0, 90, 91) == ["open", "open", "differs"]
    assert status("essex", 7, 8) == ["agrees", "differs"]
    assert statuses(reconciled(lead, imported, block(figure(97)))) == ["agrees"]
    sources = {"release": {"force_count": 44}, "bbc": {"forces": ["metropolitan"]}}
    differing = reconciled(lead, imported, block(figure(97)), sources={"release": sources["release"]})
    assert differing["findings"] == []
    without = reconciled(lead, imported, block(figure(97), source="bbc"), sources={"bbc": sources["bbc"]})
    assert "the operation: essex, kent, metropolitan, surrey and others" in without["findings"][0]["detail"]


def test_bounds_of_two_sides_leave_possible_what_their_sum_does(live: str, lead: Caller, client_for: ClientFor) -> None:
    """More than 100 and nearly 50 are shown as about 150, and may be 101 or a thousand."""
    stopped = {"measure": "vehicles_stopped", "unit": "vehicles"}
    for force, quantity, qualifier in (("surrey", 100, "more_than"), ("kent", 50, "under")):
        client_for(force).record(live, activity(quantity=quantity, qualifier=qualifier, force=force))
    printed = [figure(number, **stopped) for number in (100, 101, 1_000)]
    claims = reconciled(lead, live, block(*printed))["claims"]
    assert [one["as_it_stands"] for one in claims] == ["differs", "open", "open"]
    assert {one["recorded"]["display"] for one in claims} == {"about 150"}


@pytest.mark.parametrize(
    ("printed", "scope", "words"),
    [
        (figure("several", "no number"), {}, "No number was printed."),
        (figure(1), {"forces": ["cumbria"]}, "Not in live: cumbria."),
        (figure(1), {"without_forces": ["cumbria"]}, "Not in live: cumbria."),
        (figure(1), {"forces": ["desk"]}, "These forces report nothing: desk."),
        (figure(1), {"operation": "nowhere"}, "There is no operation 'nowhere' that this credential may see."),
        (figure(1), {"days": ["2020-01-01", "2020-01-02"]}, "are not all days of live"),
        (figure(1, category="piracy"), {}, "arrests has no category piracy."),
        (figure(1, measure="phones", unit="phones", category="smart"), {}, "phones has no category smart."),
        (figure(4, measure="dogs_seized", unit="dogs"), {}, "live has no measure dogs_seized."),
        (figure(4, measure="drug_seizures_by_class", unit="seizures"), {}, "one category only"),
        (figure(4, measure="drug_seizures_by_class", unit="seizures", category=["a", "b"]), {}, "one category only"),
    ],
)
@on_sqlite
def test_a_figure_that_cannot_be_compared_gives_a_reason(
    live: str, lead: Caller, printed: Json, scope: Json, words: str
) -> None:
    answer = reconciled(lead, live, block(printed, **scope))
    assert statuses(answer) == ["cannot_be_compared"]
    assert words in only(answer)["detail"]
    assert not answer["all_agree"]


@on_sqlite
def test_a_registered_measure_is_compared_in_its_own_unit(live: str, lead: Caller, surrey: Caller) -> None:
    lead.change(live, "measures", id=opening()["id"], measure="dogs_seized", label="dogs seized", unit="dogs")
    surrey.record(live, activity("dogs_seized", 4))
    answer = reconciled(lead, live, block(figure(4, measure="dogs_seized", unit="dogs")))
    assert (only(answer)["as_it_stands"], answer["findings"]) == ("agrees", [])
    response = lead.post(
        f"/v1/operations/{live}/reconciliation", json=document(block(figure(4, measure="dogs_seized", unit="animals")))
    )
    refused(response, 422, "wrong_claims", "/claims/0/figures/0/unit")


@on_sqlite
def test_an_operation_inside_this_one_is_compared_with_its_own_log(live: str, lead: Caller, surrey: Caller) -> None:
    assert lead.post("/v1/operations", json=opening(operation="inner", part_of=[live])).status_code == 201
    surrey.record("inner", arrest(count=3))
    answer = reconciled(lead, live, block(figure(3), operation="inner"), block(figure(2)))
    assert answer["claims"][0]["as_it_stands"] == "agrees"
    assert [one["rule"] for one in answer["findings"]] == ["parts_above_whole"]


def test_the_claims_are_compared_with_each_other_and_with_the_operation(live: str, lead: Caller) -> None:
    lines = breakdown({"metropolitan": 100, "surrey": 21, "kent": 58})
    sources = {"release": {"forces": ["metropolitan", "surrey"]}, "bbc": {"force_count": 4}}
    answer = reconciled(lead, live, block(figure(79)), breakdowns=(lines,), sources=sources)
    assert [(one["kind"], one["rule"], one["without"]) for one in answer["findings"]] == [
        ("contradiction", "parts_above_whole", ["/breakdown/0/lines/metropolitan"]),
        ("difference", "forces_differ", []),
    ]


@on_sqlite
def test_nothing_is_recorded(live: str, lead: Caller) -> None:
    before = lead.totals(live)["as_of"]
    reconciled(lead, live, block(figure(1)))
    assert lead.totals(live)["as_of"] == before


@on_sqlite
def test_only_those_who_take_part_may_reconcile(live: str, client_for: ClientFor) -> None:
    body = document(block(figure(1)))
    address = f"/v1/operations/{live}/reconciliation"
    for caller in (client_for("surrey"), client_for("kent", "observer"), client_for("metropolitan")):
        assert caller.post(address, json=body).status_code == 200
    refused(client_for("cumbria").post(address, json=body), 404, "unknown_operation")
    refused(client_for("metropolitan", "administrator").post(address, json=body), 403, "role_may_not")


@on_sqlite
def test_all_misprints_are_reported_together_with_their_places(live: str, lead: Caller) -> None:
    wrong = block(
        figure("92,0000", measure="cash", unit="pounds"),
        figure("198.088", measure="cash", unit="pounds"),
        figure("nearly 12k"),
        figure(5700.5, measure="cash", unit="pounds"),
        figure(1, unit=None),
    )
    response = lead.post(f"/v1/operations/{live}/reconciliation", json=document(wrong, operation="another"))
    refused(
        response,
        422,
        "wrong_claims",
        "/operation",
        *(f"/claims/0/figures/{number}/value" for number in range(4)),
        "/claims/0/figures/4/unit",
    )


@on_sqlite
@pytest.mark.parametrize(
    ("body", "media", "problem"),
    [
        (b"{", "application/json", (400, "not_json")),
        (b'{"format": "claims/1", "format": "claims/1"}', "application/json", (400, "json_trap")),
        (b"format =", "application/toml", (422, "claims_unreadable")),
        (b"\xff", "text/csv", (422, "claims_unreadable")),
        (b"<xml/>", "application/xml", (415, "media_type_not_supported")),
        (b" " * 300_000, "text/csv", (413, "body_too_large")),
        (b"null", "application/json", (422, "wrong_claims")),
        (b"", "text/csv", (422, "wrong_claims")),
    ],
)
def test_an_invalid_claims_file_is_refused(
    live: str, lead: Caller, body: bytes, media: str, problem: tuple[int, str]
) -> None:
    response = lead.post(f"/v1/operations/{live}/reconciliation", data=body, content_type=media)
    refused(response, *problem)


@on_sqlite
def test_the_file_is_not_read_if_the_caller_may_not_see_the_operation(lead: Caller) -> None:
    response = lead.post("/v1/operations/nowhere/reconciliation", json={"format": "nonsense"})
    refused(response, 404, "unknown_operation")
