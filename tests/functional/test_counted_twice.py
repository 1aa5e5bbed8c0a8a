"""One arrest or seizure recorded twice, by two forces or by one, and others that only look alike."""

from itertools import combinations
from typing import Any

import pytest

from tests.factories.bodies import arrest, correction, hours_ago, midnight, opening, seizure, today, withdrawal
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, refused
from tests.functional.test_possible_duplicates import listed, minutes_after, pairs, rule_out

INCIDENT, OTHER_INCIDENT = "a" * 64, "b" * 64
AT = hours_ago(3)
WHERE = {"place": "m25", "occurred_at": AT}


@pytest.fixture
def kent(client_for: ClientFor) -> Caller:
    return client_for("kent")


def cash(pounds: int, **fields: Any) -> Json:
    return {"kind": "cash", "currency": "GBP", "amount_minor": pounds * 100} | fields


def drug(name: str = "a/cocaine", **fields: Any) -> Json:
    return {"kind": "drug", "drug": name} | fields


def knives(count: int) -> Json:
    return {"kind": "weapon", "weapon": "bladed/knife", "count": count}


PHONE = {"kind": "phone"}


def amounts(caller: Caller, operation: str) -> list[tuple[str, str]]:
    """Return the certainty of each pair, and how its amounts compare."""
    return [(pair["certainty"], pair["evidence"]["amounts"]) for pair in listed(caller, operation)["pairs"]]


# --- two forces


@pytest.mark.parametrize(
    ("said", "compared"),
    [
        (([cash(1_240)], [cash(1_240)]), "same"),
        (([cash(1_240)], [cash(1_250)]), "close"),
        (([cash(9_639)], [cash(9_000, qualifier="more_than")]), "close"),
        (([cash(9_639)], [cash(9_000, qualifier="about")]), "close"),
        (([drug(weight_milligrams=40_700_000)], [drug(weight_milligrams=40_000_000)]), "close"),
        (([drug(weight_milligrams=40_700_000)], [drug()]), "missing"),
        (([drug(weight_milligrams=40_700_000)], [drug(wraps=12)]), "missing"),
        (([drug(weight_milligrams=5_000)], [drug("a", weight_milligrams=5_000)]), "same"),
        (([drug()], [drug()]), "none"),
        (([cash(1_240), PHONE], [PHONE]), "count"),
        (([cash(1_240), drug(weight_milligrams=5_000)], [cash(1_240), drug(weight_milligrams=9_000)]), "different"),
        (([knives(2)], [knives(2)]), "count"),
        (([cash(1_240), knives(1)], [knives(1), cash(1_240)]), "same"),
    ],
)
def test_one_seizure_of_two_forces_is_found_with_the_same_a_close_or_a_missing_amount(
    lead: Caller, client_for: ClientFor, live: str, said: tuple[list[Json], list[Json]], compared: str
):
    ours, theirs = said
    client_for("surrey").record(live, seizure(*ours, **WHERE))
    later = WHERE | {"occurred_at": minutes_after(AT, 10)}
    client_for("kent").record(live, seizure(*theirs, force="kent", **later))
    assert amounts(lead, live) == [("likely", compared)]


@pytest.mark.parametrize(
    "said",
    [
        ([cash(1_240)], [cash(1_400)]),
        ([cash(1_240)], [cash(2_000, qualifier="at_least")]),
        ([cash(1_240), PHONE], [cash(560), PHONE]),
        ([cash(1_240), drug()], [cash(560), drug()]),
        ([cash(1_240), PHONE], [drug(weight_milligrams=5_000), PHONE]),
        ([drug(weight_milligrams=5_000)], [drug(weight_milligrams=9_000)]),
        ([knives(1)], [knives(4)]),
    ],
)
def test_seizures_of_different_amounts_are_not_one(
    lead: Caller, surrey: Caller, kent: Caller, live: str, said: tuple[list[Json], list[Json]]
):
    ours, theirs = said
    surrey.record(live, seizure(*ours, **WHERE))
    kent.record(live, seizure(*theirs, force="kent", **WHERE))
    assert pairs(lead, live) == []


@pytest.mark.parametrize("theirs", ["occurred_on", "occurred_at"])
def test_a_seizure_with_only_its_day_is_found_by_its_amount(
    lead: Caller, surrey: Caller, kent: Caller, live: str, theirs: str
):
    where = {"place": "m25", "occurred_on": today()}
    when = {"occurred_on": today(), "occurred_at": midnight(0)}
    surrey.record(live, seizure(cash(1_240), **where), seizure(cash(300), **where))
    kent.record(live, seizure(cash(1_240), force="kent", place="m25", **{theirs: when[theirs]}))
    assert amounts(lead, live) == [("likely", "same")]


def test_six_forces_with_different_amounts_at_one_place_and_time_on_three_days_are_no_pairs(
    lead: Caller, client_for: ClientFor
):
    forces = ["metropolitan", "surrey", "kent", "essex", "sussex", "btp"]
    body = {"starts_at": midnight(-3), "forces": forces, "operation": "six"}
    assert lead.post("/v1/operations", json=opening(**body)).status_code == 201
    for day in (-3, -2, -1):
        for number, force in enumerate(forces):
            lines = [cash(1_000 + 100 * number), drug(weight_milligrams=2_000 * (number + 1)), PHONE]
            at = minutes_after(midnight(day), 20 * 60)
            made = [seizure(line, force=force, place="m25", occurred_at=at) for line in lines[:2]]
            client_for(force).record("six", *made, seizure(*lines, force=force, place="a406", occurred_at=at))
    assert pairs(lead, "six") == []


def test_pairs_are_ranked_by_their_amounts_then_by_the_time_between_them(
    lead: Caller, surrey: Caller, kent: Caller, live: str
):
    said = [
        *(([drug()], [drug(weight_milligrams=9)]), ([cash(500)], [cash(510)]), ([cash(70)], [cash(70)])),
        *(([knives(2)], [knives(2)]), ([drug("b")], [drug("b")])),
    ]
    for hours, (ours, theirs) in enumerate(said, start=4):
        surrey.record(live, seizure(*ours, place="m25", occurred_at=hours_ago(hours)))
        kent.record(live, seizure(*theirs, force="kent", place="m25", occurred_at=hours_ago(hours)))
    surrey.record(live, arrest(**WHERE))
    kent.record(live, arrest(force="kent", **WHERE | {"occurred_at": minutes_after(AT, 20)}))
    surrey.record(live, arrest("drugs", **WHERE), seizure(incident=INCIDENT))
    kent.record(live, arrest("drugs", force="kent", count=3, **WHERE), seizure(force="kent", incident=INCIDENT))
    found = listed(lead, live)["pairs"]
    assert [(one["certainty"], one["evidence"]["amounts"]) for one in found] == [
        ("certain", "count"),
        *[("likely", name) for name in ("same", "close", "count", "count", "missing", "none", "different")],
    ]
    assert [one["evidence"]["seconds_apart"] for one in found[3:5]] == [0, 1_200]
    assert found[2]["evidence"]["because"] == "An amount of cash or drugs differs by 5 % or less."
    paged, after = [], {}
    while after is not None:
        page = listed(lead, live, limit=1, **after)
        paged += page["pairs"]
        after = None if page["next"] is None else {"after": page["next"]}
    assert paged == found


# --- one force


def sheet(caller: Caller, operation: str, *events: Json) -> None:
    """Send events as the rows of a spreadsheet are sent: together."""
    response = caller.batch(operation, events)
    assert response.status_code == 201, response.json


@pytest.mark.parametrize("first", [{}, {"incident": INCIDENT}])
def test_an_arrest_sent_by_api_and_again_in_a_sheet_is_a_pair_for_the_coordinator_and_the_force(
    lead: Caller, surrey: Caller, kent: Caller, live: str, first: Json
):
    surrey.record(live, one := arrest(**WHERE | first))
    sheet(surrey, live, arrest("drugs", **WHERE), again := arrest(**WHERE), arrest(**WHERE | {"place": "a406"}))
    expected = [("repeated", one["id"], again["id"])]
    assert pairs(lead, live) == pairs(surrey, live) == expected
    assert pairs(kent, live) == []
    (found,) = listed(surrey, live)["pairs"]
    assert found["evidence"]["same"] == ["type", "category", "place", "time"]
    refused(rule_out(surrey, live, one, again), 403, "role_may_not")
    assert rule_out(lead, live, one, again).status_code == 201
    assert pairs(lead, live) == pairs(surrey, live) == []


def test_one_incident_and_the_same_content_are_a_pair_of_one_force_without_place_and_time(
    lead: Caller, surrey: Caller, live: str
):
    surrey.record(live, one := arrest(**WHERE, incident=INCIDENT))
    rows = [arrest(incident=INCIDENT), arrest("drugs", incident=INCIDENT), arrest(incident=OTHER_INCIDENT)]
    sheet(surrey, live, *rows)
    assert pairs(lead, live) == [("repeated", one["id"], rows[0]["id"])]


def test_a_time_typed_to_the_minute_equals_one_stamped_to_the_second(lead: Caller, surrey: Caller, live: str):
    minute = AT[:16]
    surrey.record(live, one := arrest(**WHERE | {"occurred_at": f"{minute}:12Z"}))
    sheet(surrey, live, again := arrest(**WHERE | {"occurred_at": f"{minute}:00Z"}), arrest("drugs"))
    assert pairs(lead, live) == [("repeated", one["id"], again["id"])]


@pytest.mark.parametrize(
    "change",
    [
        {"place": "a406"},
        {"place": None},
        {"occurred_at": minutes_after(AT, 1)},
        {"data": {"reason": "drugs"}},
        {"data": {"reason": "knife", "count": 2}},
        {"data": {"reason": "knife", "qualifier": "about"}},
        {"incident": OTHER_INCIDENT},
        {"occurred_at": None, "occurred_on": today()},
    ],
)
def test_an_arrest_of_one_force_that_differs_in_anything_compared_is_another(
    lead: Caller, surrey: Caller, live: str, change: Json
):
    surrey.record(live, arrest(**WHERE, incident=INCIDENT))
    other = {name: value for name, value in (arrest(**WHERE) | change).items() if value is not None}
    sheet(surrey, live, other, arrest("robbery"))
    assert pairs(lead, live) == []


def test_ten_people_arrested_alike_are_ten_arrests_however_they_were_sent(lead: Caller, surrey: Caller, live: str):
    alike = {**WHERE, "incident": INCIDENT}
    sheet(surrey, live, *(arrest(**alike) for _ in range(10)))
    assert pairs(lead, live) == []
    surrey.record(live, *(arrest("drugs", **alike) for _ in range(12)))
    assert pairs(lead, live) == []


def test_twelve_arrests_sent_one_by_one_and_again_in_a_sheet_are_twelve_pairs(lead: Caller, surrey: Caller, live: str):
    singly = [arrest(**WHERE) for _ in range(12)]
    surrey.record(live, *singly)
    rows = [arrest(**WHERE) for _ in range(12)]
    sheet(surrey, live, *rows)
    assert pairs(lead, live) == [("repeated", one["id"], row["id"]) for one, row in zip(singly, rows, strict=True)]
    surrey.record(live, *(withdrawal(row, why="duplicate") for row in rows))
    assert pairs(lead, live) == []


def test_three_versions_of_a_sheet_are_pairs_of_each_with_the_next(lead: Caller, surrey: Caller, live: str):
    versions = [[arrest(**WHERE), arrest("drugs", **WHERE)] for _ in range(3)]
    for rows in versions:
        sheet(surrey, live, *rows)
    assert len(pairs(lead, live)) == 4
    assert {ids for _certainty, *ids in map(tuple, pairs(lead, live)) for ids in [tuple(ids)]} == {
        (one["id"], other["id"])
        for before, after in ((versions[0], versions[1]), (versions[1], versions[2]))
        for one, other in zip(before, after, strict=True)
    }


def test_a_day_without_a_time_says_too_little_of_an_arrest_and_enough_of_cash(lead: Caller, surrey: Caller, live: str):
    where = {"place": "m25", "occurred_on": today()}
    for rows in ([arrest(**where), seizure(knives(1), **where), one := seizure(cash(1_240), **where)],):
        sheet(surrey, live, *rows)
    again = [arrest(**where), seizure(knives(1), **where), seizure(cash(1_240), **where)]
    sheet(surrey, live, *again)
    assert pairs(lead, live) == [("repeated", one["id"], again[-1]["id"])]


def test_a_correction_that_makes_them_differ_settles_a_pair_and_one_in_another_call_makes_none(
    lead: Caller, surrey: Caller, live: str
):
    rows = [arrest(**WHERE), arrest(**WHERE)]
    sheet(surrey, live, *rows)
    surrey.record(live, correction(rows[1], assisting=["kent"]))
    assert pairs(lead, live) == []
    surrey.record(live, third := arrest(**WHERE))
    assert len(pairs(lead, live)) == 1
    surrey.record(live, correction(third, place="a406"))
    assert pairs(lead, live) == []


def test_the_coordinator_sending_for_two_forces_makes_no_repeats(lead: Caller, live: str):
    sheet(lead, live, *(arrest(force=force, **WHERE) for force in ("surrey", "kent", LEAD)))
    assert [certainty for certainty, *_ids in pairs(lead, live)] == ["likely"] * len(list(combinations(range(3), 2)))


def test_a_mixed_sheet_that_the_coordinator_sent_three_times_is_found_for_each_force(
    lead: Caller, surrey: Caller, live: str
):
    rows = (("knife", "surrey"), ("drugs", "kent"), ("robbery", "surrey"), ("wanted", "kent"))
    for _ in range(3):
        sheet(lead, live, *(arrest(reason, force=force, **WHERE) for reason, force in rows))
    assert [certainty for certainty, *_ids in pairs(lead, live)] == ["repeated"] * 8
    assert len(pairs(surrey, live)) == 4
