"""The input of the golden files: events of every type at the bounds of their fields, and mostly invalid bodies."""

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

Json = dict[str, Any]

OPERATION, LEAD = "golden", "metropolitan"
RECORDED_AT = "2023-01-20T09:00:00Z"
LONG_CODE, LONG_PATH, LONG_TITLE = "c" * 64, "/".join(["bladed", *["sword" * 3] * 5]), "Operation " + "x" * 110
FACT_TYPES = ("arrest.recorded", "seizure.recorded", "activity.recorded")
DIGEST = "0123456789abcdef" * 4
QUALIFIERS = ["exact", "more_than", "at_least", "under", "at_most", "about"]
REASONS = ["mistake", "duplicate", "other_force", "de_arrested", "reclassified", "measured", "other"]
COUNTS, DECLARED, SEQS = [1, 2, 10**12], [0, 1, 10**12], [1, 12, 2**53 - 1]
INSTANTS = ["2023-01-17T21:40:00Z", "1900-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "2023-01-17T21:40:00.5Z"]


def an_id(number: int) -> str:
    """Return a UUID, a different one for each number."""
    return f"0190c2a4-0000-7000-8000-{number:012x}"


class Fields(NamedTuple):
    """The values for an object's fields: the required ones, and the optional ones."""

    required: dict[str, list[Any]]
    optional: dict[str, list[Any]]


LINES = {
    "weapon": Fields(
        {"weapon": ["bladed/knife", LONG_PATH]},
        {"count": COUNTS, "acquired": ["unstated", "seized", "surrendered_or_found"], "qualifier": QUALIFIERS},
    ),
    "ammunition": Fields({"rounds": COUNTS}, {"qualifier": QUALIFIERS}),
    "drug": Fields(
        {"drug": ["a/cocaine", "b/cannabis/resin"]},
        {
            **dict.fromkeys(("weight_milligrams", "plants", "tablets", "wraps", "value_pence"), COUNTS),
            "qualifier": QUALIFIERS,
        },
    ),
    "vehicle": Fields({"ground": ["no_insurance"]}, {"count": COUNTS, "qualifier": QUALIFIERS}),
    "cash": Fields({"currency": ["GBP", "EUR"], "amount_minor": COUNTS}, {"qualifier": QUALIFIERS}),
    "phone": Fields({}, {"count": COUNTS, "qualifier": QUALIFIERS}),
    "other": Fields({"property": ["clothing"]}, {"count": COUNTS, "qualifier": QUALIFIERS}),
}
WINDOWS = [
    {"from": "2023-01-16T18:00:00Z", "before": "2023-01-17T04:00:00Z"},
    {"from": "2023-01-17T18:00:00.000001Z", "before": "2023-01-18T04:00:00Z"},
]
FIGURES = [
    {"measure": "arrests", "unit": "arrests", "quantity": 0},
    {"measure": "cash", "unit": "pence", "quantity": 2**53 - 1, "qualifier": "at_least", "force": "surrey"},
    {"measure": "weapons", "unit": "items", "quantity": 3, "qualifier": "exact", "category": "bladed/knife"},
]
PARTS = [{"operation": "county", "seq": 2**53 - 1, "root": DIGEST}, {"operation": "port", "seq": 1, "root": DIGEST}]
CHANGED_DAYS = {
    "starts_at": INSTANTS,
    "ends_at": INSTANTS,
    "days": [[], WINDOWS[:1], WINDOWS],
    "returns_due_at": INSTANTS,
    "places": [[], [f"place-{number}" for number in range(500)], ["m25"]],
    "marking": ["OFFICIAL", "OFFICIAL-SENSITIVE"],
}
DATA = {
    "arrest.recorded": Fields({"reason": ["knife", LONG_PATH]}, {"count": COUNTS, "qualifier": QUALIFIERS}),
    "seizure.recorded": Fields(
        {"lines": [[{"kind": "phone"}], [{"kind": "phone", "count": 2}] * 50, [{"kind": "ammunition", "rounds": 4}]]},
        {},
    ),
    "activity.recorded": Fields(
        {"measure": ["vehicles_stopped", LONG_CODE], "quantity": DECLARED},
        {"category": ["hgv"], "qualifier": QUALIFIERS, "occurred_before": INSTANTS},
    ),
    "return.declared": Fields(
        {"day": ["2023-01-17", "1900-01-01", "2199-12-31"], "status": ["partial", "complete", "nil"]},
        {"measures": [[], [f"measure-{number}" for number in range(200)], ["arrests"]]},
    ),
    "event.withdrawn": Fields({}, {}),
    "operation.opened": Fields(
        {"name": ["Lantern", LONG_TITLE, "Ynys Môn & Conwy’s – 50%"], "lead_force": [LEAD]},
        {
            **CHANGED_DAYS,
            "forces": [[], ["surrey", "kent"]],
            "part_of": [["whole"]],
            "imported": [True, False],
        },
    ),
    "operation.amended": Fields({}, CHANGED_DAYS),
    "force.joined": Fields(
        {"force": ["sussex"]},
        {
            "name": ["Sussex Police"],
            "kind": ["territorial", "special", "agency", "unit", "coordinator", "residual"],
            "reports": ["events", "tallies", "nothing"],
        },
    ),
    "measure.registered": Fields(
        {"measure": ["dogs_seized"]},
        {
            "label": ["dogs seized"],
            "unit": ["dogs"],
            "additive": [True, False],
            "categories": [[], ["large", "EUR"]],
            "open": [True, False],
        },
    ),
    "part.accepted": Fields({"part": ["county"]}, {}),
    "operation.closed": Fields({}, {}),
    "operation.reopened": Fields({}, {}),
    "figures.published": Fields(
        {"label": ["provisional", "final"]},
        {
            "as_of_seq": SEQS,
            "embargo_until": INSTANTS,
            "number": SEQS,
            "root": [DIGEST],
            "figures_hash": [DIGEST],
            "figures": [[], *([one] for one in FIGURES), FIGURES],
            "parts": [[], PARTS],
        },
    ),
    "duplicate.ruled_out": Fields(
        {"events": [[an_id(1), an_id(2)], [an_id(1), an_id(1)]]},
        {"operations": [[], ["county", "port"]], "first_seqs": [[], [1, 2**53 - 1], [4, 4]]},
    ),
}
# Rows of later versions come last, so that the hashes before them stay as they were.
LATER_ROWS: list[Json] = [
    {"type": "duplicate.reopened", "data": data}
    for data in (
        {"events": [an_id(1), an_id(2)]},
        {"events": [an_id(1), an_id(2)], "operations": ["county", "port"], "first_seqs": [1, 2**53 - 1]},
    )
]
LATER_ROWS += [{"type": "publication.made_public", "data": {"publication": an_id(4)}}]
LATER_ROWS += [
    {"type": wire_type, "data": data | {"returns_due_hours": hours}}
    for wire_type, data in (("operation.amended", {}), ("operation.opened", {"name": "Lantern", "lead_force": LEAD}))
    for hours in (0, 12, 720)
]
LATER_ROWS += [
    {"type": "force.left", "data": {"force": "kent"}},
    {"type": "force.amended", "data": {"force": "kent", "reports": "tallies"}},
    {"type": "force.amended", "data": {"force": "kent", "name": "Kent Police", "reports": "events"}},
]
LATER_ROWS += [
    {"type": "return.declared", "data": {"day_from": first, "day_before": before, "status": "nil"} | measures}
    for first, before in (("2023-01-17", "2023-01-20"), ("1900-01-01", "2199-12-31"))
    for measures in ({}, {"measures": ["arrests", "cash"]})
]
LATER_ROWS += [
    {
        "type": "activity.recorded",
        "data": {"measure": "vehicles_stopped", "quantity": 95},
        "corrects": an_id(3),
        "correction_reason": "running_total",
    }
]
LATER_ROWS += [
    {"type": "activity.recorded", "data": {"measure": "vehicles_stopped", "quantity": 40} | precision}
    for precision in ({"rounded_to": 2}, {"rounded_to": 10**12}, {"to": 41}, {"to": 10**12})
]
LATER_ROWS += [
    {"type": "figures.published", "data": {"label": "final", "figures": [figure | ends]}}
    for figure, ends in zip(FIGURES, ({"least": 0, "most": 1}, {"most": 2**53 - 1}, {"least": 2}), strict=True)
]
LATER_ROWS += [
    {"type": "activity.recorded", "data": {"measure": "arrests", "quantity": 40} | parts}
    for parts in (
        {"whole": True},
        {"of_which": [{"quantity": 0, "category": LONG_PATH}]},
        {
            "whole": True,
            "of_which": [{"quantity": 9, "force": "kent", "category": "knife", "qualifier": "about"}] * 200,
        },
    )
]
LATER_ROWS += [
    {"type": "force.joined", "data": {"force": "midlands", "name": "Midlands", "kind": "group", "members": members}}
    for members in (["kent"], [f"force-{number}" for number in range(100)])
]
LATER_ROWS += [
    {"type": "operation.opened", "data": {"name": "Lantern", "lead_force": LEAD, "imported": True} | unknown}
    for unknown in ({"lead_known": False}, {"dates_known": False}, {"lead_known": False, "dates_known": False})
]
LATER_ROWS += [{"type": "part.removed", "data": {"part": "county"}}]
AROUND_FACT = {
    "place": ["m25"],
    "incident": [DIGEST],
    "assisting": [[], [f"force-{number}" for number in range(100)], ["kent"]],
    "corrects": [an_id(7)],
}


def objects(fields: Fields) -> Iterator[Json]:
    """Yield an object for each value of each field alone, and one without each optional field but with all others."""
    least = {name: values[0] for name, values in fields.required.items()}
    whole = fields.required | fields.optional
    yield least
    for pick in (0, -1):
        yield {name: values[pick] for name, values in whole.items()}
    for name, values in whole.items():
        yield {one: others[-1] for one, others in whole.items() if one != name or one in fields.required}
        yield from (least | {name: value} for value in values)


def event_rows() -> list[Json]:
    """Return events of every type, with each field at its bounds, absent, and at its default."""
    rows = [{"type": wire_type, "data": data} for wire_type, fields in DATA.items() for data in objects(fields)]
    lines = [[{"kind": kind} | line] for kind, fields in LINES.items() for line in objects(fields)]
    lines.append([{"kind": kind} | next(objects(fields)) for kind, fields in LINES.items()])
    rows += [{"type": "seizure.recorded", "data": {"lines": one}} for one in lines]
    rows += [ARREST | around for around in objects(Fields({}, AROUND_FACT))]
    rows += [{"type": "event.withdrawn"}] * len(REASONS)
    rows += [fact | {"occurred_on": day} for fact in DAY_ONLY for day in ("2023-01-17", "1900-01-01", "2199-12-31")]
    rows += LATER_ROWS
    return [_around(number, row) for number, row in enumerate(rows)]


def _around(number: int, row: Json) -> Json:
    row = {"id": an_id(number), "force": "surrey"} | row
    if row["type"] in FACT_TYPES and "occurred_on" not in row:
        row = {"occurred_at": INSTANTS[number % len(INSTANTS)]} | row
    if "corrects" in row or row["type"] == "event.withdrawn":
        row = {"corrects": an_id(3), "correction_reason": REASONS[number % len(REASONS)]} | row
    return row if row.get("data") else _without(row, "data")


class Case(NamedTuple):
    """A request body and the path under the operation to send it to, or (`line`) a line of an import."""

    address: str
    body: str


def changed(body: Json, path: str, value: Any) -> Json:
    """Return a copy of a body with another value at a path."""
    found = body = deepcopy(body)
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("/"))
    for step in steps:
        found = found[step]
    found[last] = value
    return body


NUMBERS = [
    *(None, 0, -1, 1, 1.0, 1.5, -0.0, "1", "", True, False, [], {}, [1], 10**12, 10**12 + 1),
    *(2**53 - 1, 2**53, 2**63, 2**64 - 1, 2**64, -(2**64), 10**399, 1e300),
]
MOMENTS = [
    *("2023-01-17T21:40:00Z", "2023-01-17T21:40:00+00:00", "2023-01-17T22:40:00+01:00", "2023-01-17T21:40:00-00:00"),
    *("2023-01-17T22:40:00+0100", "2023-01-17T22:40:00+01", "2023-01-17T21:40:00", "2023-01-17", "20230117T214000Z"),
    *(
        "2023-01-17 21:40:00Z",
        "2023-01-17t21:40:00Z",
        "2023-01-17T21:40:00z",
        "2023-01-17T21:40Z",
        " 2023-01-17T21:40:00Z",
    ),
    *(
        "2023-01-17T21:40:00.5Z",
        "2023-01-17T21:40:00.000001Z",
        "2023-01-17T21:40:00.1234567Z",
        "2023-01-17T21:40:00,5Z",
    ),
    *(
        "2023-01-17T21:40:00.Z",
        "2023-01-17T24:00:00Z",
        "2023-01-17T21:40:60Z",
        "2023-02-29T21:40:00Z",
        "2023-W03-2T21:40:00Z",
    ),
    *("2023-01-17T21:40:00Z\n", "2023-01-17T21:40:00+24:00", "2023-01-17T21:40:00+00:60", "٢٠٢٣-01-17T21:40:00Z"),
    *("1899-12-31T23:59:59Z", "1900-01-01T00:00:00+01:00", "1899-12-31T23:30:00-01:00", "1900-01-01T00:00:00Z"),
    *("2200-01-01T00:00:00Z", "2199-12-31T23:59:59-01:00", "2200-01-01T00:30:00+01:00", "2199-12-31T23:59:59Z"),
    *("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "", None, 5, 1673991600, True, [], {}),
]
DAYS = [
    *("2023-01-17", "2023-1-17", "20230117", "2023-W03-2", "2023-02-29", "2023-01-17T00:00:00Z", "2023-01-17\n"),
    *("1899-12-31", "1900-01-01", "2199-12-31", "2200-01-01", "0000-01-01", "", None, 5, True, ["2023-01-17"]),
]
IDS = [
    *(
        "0190C2A4-0000-7000-8000-00000000ABCD",
        "0190c2a4000070008000000000001111",
        "{0190c2a4-0000-7000-8000-000000001112}",
    ),
    *("urn:uuid:0190c2a4-0000-7000-8000-000000001113", "0190c2a4-0000-7000-8000-000000001114\n", " " * 36),
    *("0190c2a40-000-7000-8000-000000001115", "0190c2a4-0000-7000-8000-00000000111g", "", None, 5, True, [], {}),
]
TEXTS = [
    *(
        None,
        "",
        "m25\n",
        "M25",
        "m 25",
        "-m25",
        "m--25",
        "môn",
        "m25/",
        "c" * 64,
        "c" * 65,
        5,
        1.5,
        True,
        [],
        {},
        ["m25"],
    ),
]
WORDS = [None, "", "exact", "Exact", "exact\n", "about", "provisional", "OFFICIAL", 5, True, [], {}, ["exact"]]
TRUTHS = [None, True, False, 0, 1, 1.0, "true", "", [], {}]
LISTS = [
    *(
        None,
        [],
        {},
        "kent",
        ["kent"],
        ["kent", "kent"],
        ["kent", None],
        [None, None],
        [["kent"]],
        [{}],
        [1],
        [1, True],
        [1, 1.0],
    ),
    *([f"f{number}" for number in range(100)], [f"f{number}" for number in range(101)], ["Kent", "kent"]),
]
OBJECTS = [None, [], "", 5, True, {}, {"colour": "blue"}, {"reason": "knife", "colour": None}, [{"reason": "knife"}]]

KNIFE = {"kind": "weapon", "weapon": "bladed/knife"}
ARREST = {
    "type": "arrest.recorded",
    "force": "surrey",
    "occurred_at": "2023-01-17T21:40:00Z",
    "data": {"reason": "knife"},
}
SEIZURE = ARREST | {"type": "seizure.recorded", "data": {"lines": [KNIFE]}}
ACTIVITY = ARREST | {"type": "activity.recorded", "data": {"measure": "vehicles_stopped", "quantity": 12}}
DAY_ONLY = [{name: fact[name] for name in fact if name != "occurred_at"} for fact in (ARREST, SEIZURE, ACTIVITY)]
RETURN = {"type": "return.declared", "force": "surrey", "data": {"day": "2023-01-17", "status": "complete"}}
DAYS_OF_RETURNS: list[Json] = [
    *({}, {"day": None}, {"day": None, "day_from": None, "day_before": None}),
    {"day": "2023-01-17", "day_from": None, "day_before": None},
    *({"day": "2023-01-17", name: "2023-01-18"} for name in ("day_from", "day_before")),
    *({name: "2023-01-18"} for name in ("day_from", "day_before")),
    {"day_from": "2023-01-17", "day_before": "2023-01-20"},
    *({"day_from": first, "day_before": "2023-01-20"} for first in ("2023-01-20", "2023-1-17", "1900-01-01", 5)),
    *({"day_from": "2023-01-17", "day_before": before} for before in ("2023-01-16", "2199-12-31", "2200-01-01", "x")),
]
WITHDRAWAL = {"type": "event.withdrawn", "force": "surrey", "corrects": an_id(1), "correction_reason": "mistake"}
WRONG_LINES = [
    *(
        [],
        None,
        {},
        "knife",
        [None],
        [5],
        [[]],
        ["phone"],
        [{}],
        [{"kind": None}],
        [{"kind": ["phone"]}],
        [{"kind": "boat"}],
    ),
    *([{"kind": "phone", "weapon": "bladed/knife"}], [{"kind": "phone", "count": None}], [{"count": 2}], [KNIFE] * 50),
    *([KNIFE] * 51, [{"kind": "drug", "drug": None}], [{"kind": "ammunition", "rounds": None}], [{"kind": "phone\n"}]),
    *(
        [KNIFE, {"kind": "cash", "currency": "gbp", "amount_minor": 0}],
        [{"kind": "Phone"}],
        [{"kind": "phone", "colour": None}],
    ),
]
CHANGES: dict[str, tuple[Json, dict[str, list[Any]]]] = {
    "forces": (
        {"force": "sussex"},
        {"force": TEXTS, "name": ["", "<b>", "x" * 121, None], "kind": WORDS, "reports": WORDS},
    ),
    "measures": (
        {"measure": "dogs_seized", "label": "dogs seized", "unit": "dogs"},
        {"measure": TEXTS, "additive": TRUTHS, "open": TRUTHS, "categories": LISTS, "label": [None, "Dogs\n", 5]},
    ),
    "amendments": (
        {"places": ["m25", "m1"]},
        {
            "starts_at": MOMENTS,
            "places": [None, ["m25", "m25"], "m25"],
            "marking": WORDS,
            "days": [
                None,
                [],
                [None],
                [{}],
                [{"from": None, "before": None}],
                WINDOWS[:1] * 2,
                [WINDOWS[0] | {"to": 1}],
            ],
        },
    ),
    "parts": ({"part": "county"}, {"part": TEXTS}),
    "publications": (
        {"label": "provisional", "embargo_until": "2023-02-01T09:00:00Z"},
        {
            "label": WORDS,
            "as_of_seq": NUMBERS,
            "embargo_until": MOMENTS[::2],
            "number": [1, None],
            "figures": [[], None],
        },
    ),
    "possible-duplicates/ruled-out": (
        {"events": [an_id(1), an_id(2)]},
        {
            "events": [None, [], [an_id(1)], [an_id(1)] * 2, [an_id(1)] * 3, [an_id(1).upper(), an_id(2)], [None, 5]],
            "operations": LISTS,
            "first_seqs": [[], None],
        },
    ),
    "reopen": ({}, {"id": IDS, "recorded_at": ["2023-01-20T09:00:00+0000", 5, ""], "colour": [None], "data": [{}]}),
}
# Of later versions, after all others.
LATER_CHANGES: dict[str, tuple[Json, dict[str, list[Any]]]] = {
    "possible-duplicates/reopened": (
        {"events": [an_id(1), an_id(2)]},
        {"events": [None, [], [an_id(1)], [an_id(1), an_id(2)]], "operations": LISTS[:6], "first_seqs": [[], None]},
    ),
    "publications/1/public": ({}, {"id": IDS[:3], "number": [1], "publication": [None, an_id(1)]}),
    "amendments": ({"places": ["m25", "m1"]}, {"returns_due_hours": [*NUMBERS[:12], 720, 721]}),
    "forces/left": ({"force": "sussex"}, {"force": TEXTS[:6], "reports": ["events"]}),
    "forces/amendments": ({"force": "kent"}, {"name": TEXTS[:6], "reports": ["gossip", None, 5], "kind": ["unit"]}),
}
OPENING: Json = {
    "name": "Operation Golden",
    "lead_force": LEAD,
    "starts_at": "2023-01-16T00:00:00Z",
    "ends_at": "2023-01-23T00:00:00Z",
    "imported": True,
    "recorded_at": "2023-01-10T09:00:00Z",
    "forces": [LEAD, "surrey", "kent"],
    "places": ["m25"],
}
OPENINGS: dict[str, list[Any]] = {
    "name": [*TEXTS, "Golden\n", " Golden", "x" * 120, "x" * 121],
    "operation": TEXTS,
    "lead_force": [None, "", "Metropolitan", 5],
    "starts_at": MOMENTS[1::2],
    "days": [None, WINDOWS[:1] * 2, [{"from": WINDOWS[0]["from"]}], "today", [5]],
    "forces": [
        *LISTS,
        [{"force": "kent"}, "kent"],
        [{"force": "kent", "colour": "blue"}],
        [{"force": None}],
        [{"reports": "x"}],
    ],
    "part_of": [*LISTS, [f"whole-{number}" for number in range(21)]],
    "marking": WORDS,
    "imported": TRUTHS,
    "id": IDS,
}
EVENTS: list[tuple[Json, dict[str, list[Any]]]] = [
    (
        ARREST,
        {
            "id": IDS,
            "type": [None, "", 5, [], "arrest", "arrest.recorded\n", "operation.closed", "figures.published"],
            "force": TEXTS,
            "occurred_at": MOMENTS,
            "recorded_at": MOMENTS[::2],
            "place": TEXTS,
            "incident": [None, "", DIGEST, DIGEST.upper(), DIGEST + "\n", DIGEST[1:], 5],
            "assisting": LISTS,
            "corrects": IDS,
            "correction_reason": ["mistake", *WORDS],
            "data": OBJECTS,
            "seq": [1, None],
            "operation": ["golden"],
            "data/reason": [*TEXTS, "a/b/c/d/e/f", "a/b/c/d/e/f/g", LONG_PATH, LONG_PATH + "x" * 128],
            "data/count": NUMBERS,
            "data/qualifier": WORDS,
            "data/kind": [None, "arrest"],
            "data/type": [None, "arrest.recorded"],
        },
    ),
    (
        SEIZURE,
        {"data/lines": WRONG_LINES, "data/lines/0/count": NUMBERS, "data/lines/0/acquired": WORDS, "data": OBJECTS},
    ),
    (
        ACTIVITY,
        {
            "data/quantity": NUMBERS,
            "data/occurred_before": MOMENTS,
            "data/category": TEXTS,
            "data/measure": [None, "Arrests"],
            "occurred_at": [None],
        },
    ),
    (
        RETURN,
        {"data/day": DAYS, "data/status": WORDS, "data/measures": LISTS, "occurred_at": MOMENTS[:1], "place": [None]},
    ),
    (WITHDRAWAL, {"data": OBJECTS, "corrects": [None], "correction_reason": [None], "place": [None, "m25"]}),
]
# Added later than the cases above, whose ids and answers stay the same.
EVENTS_OF_A_DAY: list[tuple[Json, dict[str, list[Any]]]] = [
    *((fact | {"occurred_on": "2023-01-17"}, {"occurred_on": DAYS, "occurred_at": MOMENTS[::4]}) for fact in DAY_ONLY),
    (DAY_ONLY[2] | {"occurred_on": "2023-01-17"}, {"data/occurred_before": [None, "2023-01-18T00:00:00Z", "", 5]}),
    (RETURN, {"occurred_on": ["2023-01-17", None]}),
    (WITHDRAWAL, {"occurred_on": ["2023-01-17", None]}),
]
# Later still.
EVENTS_AS_PRINTED: list[tuple[Json, dict[str, list[Any]]]] = [
    (
        ACTIVITY | {"data": {"measure": "vehicles_stopped", "quantity": 12, "of_which": [{"quantity": 1}]}},
        {
            "data/whole": TRUTHS,
            "data/of_which": [None, [], {}, "kent", [None], [{}], [{"quantity": 1}] * 201, [5]],
            "data/of_which/0/quantity": NUMBERS,
            "data/of_which/0/force": TEXTS,
            "data/of_which/0/category": TEXTS,
            "data/of_which/0/qualifier": WORDS,
            "data/of_which/0/colour": ["blue"],
        },
    ),
    (changed(ACTIVITY, "data/quantity", 40), {"data/rounded_to": [*NUMBERS, 2, 7, 10], "data/to": [*NUMBERS, 40, 41]}),
]
TRAPS = [
    *("", " ", "null", "[]", "5", '"x"', "{", "{}", '{"id":1,"id":2}', '{"id":NaN}', '{"id":-Infinity}', '{"id":1,}'),
    *(
        '{"place":"m\\u0000"}',
        '{"place":"\\ud800"}',
        '{"pl\\u0000ace":1}',
        "\ufeff{}",
        '{"id":"\udcff"}',
        "[" * 2_000,
    ),
    *('{"data":{"count":1,"count":1}}', '{"id":1e999}', '{"id":' + "9" * 4_400 + "}", "{'id':1}", '{"id":01}', "nul"),
]


def invalid_cases() -> Iterator[Case]:
    """Yield invalid and barely valid bodies, each with a different id."""
    number = 0x10000

    def case(address: str, body: Json, path: str, value: Any) -> Case:
        nonlocal number
        number += 1
        own = {"id": an_id(number), "recorded_at": RECORDED_AT} | body
        own |= {"operation": f"golden-{number}"} if address == "" else {}
        return Case(address, json.dumps(changed(own, path, value), separators=(",", ":")))

    for body, members in EVENTS:
        yield from (case("events", body, path, value) for path, value in _pairs(members))
        yield from (Case("events", json.dumps({"id": an_id(1)} | _without(body, name))) for name in body)
    for address, (body, members) in CHANGES.items():
        yield from (case(address, body, path, value) for path, value in _pairs(members))
        yield from (Case(address, json.dumps({"id": an_id(1)} | _without(body, name))) for name in body)
    yield from (case("", OPENING, path, value) for path, value in _pairs(OPENINGS))
    yield from (Case(address, text) for address in ("events", "batches", "reopen", "") for text in TRAPS)
    yield from batches()
    for body, members in EVENTS_OF_A_DAY:
        yield from (case("events", body, path, value) for path, value in _pairs(members))
    for address, (body, members) in LATER_CHANGES.items():
        yield from (case(address, body, path, value) for path, value in _pairs(members))
    yield from (case("events", RETURN, "data", days | {"status": "complete"}) for days in DAYS_OF_RETURNS)
    for body, members in EVENTS_AS_PRINTED:
        yield from (case("events", body, path, value) for path, value in _pairs(members))


def _pairs(members: dict[str, list[Any]]) -> Iterator[tuple[str, Any]]:
    return ((path, value) for path, values in members.items() for value in values)


def _without(body: Json, name: str) -> Json:
    return {one: value for one, value in body.items() if one != name}


def batches() -> Iterator[Case]:
    """Yield batches with an invalid envelope, and batches with invalid events."""
    arrests = [ARREST | {"id": an_id(0x20000 + number)} for number in range(3)]
    bodies: list[Any] = [
        *({}, {"events": None}, {"events": []}, {"events": {}}, {"events": "x"}, {"events": [{}] * 1001}),
        *({"events": [1, None, "x", [], {}, 1.5, True]}, {"events": arrests, "colour": "blue"}, {"events": arrests}),
        *({"events": arrests, "recorded_at": value} for value in [None, 5, "yesterday", RECORDED_AT]),
        {"events": [arrests[0] | {"place": None, "recorded_at": None}], "recorded_at": RECORDED_AT},
        {"events": [arrests[0] | {"id": an_id(0x20009), "recorded_at": "2023-01-20T10:00:00+01:00"}, arrests[1]]},
    ]
    return (Case("batches", json.dumps(body)) for body in bodies)


def import_lines(texts: Iterable[str]) -> Iterator[Case]:
    """Yield lines of an import: canonical texts unchanged, with other members, and in a non-canonical form.

    The members that all types share are changed in the first text only.
    """
    first, *others = texts
    yield from (Case("line", _dumped(json.loads(first) | change)) for change in _other_members())
    for text in (first, *others):
        row = json.loads(text)
        for path, value in _pairs({f"data/{name}": [None, [], "", 1, True] for name in row.get("data", {})}):
            yield Case("line", _dumped(changed(row, path, value)))
        yield from (Case("line", other) for other in _non_canonical(text, row))
    yield from (Case("line", text) for text in TRAPS)


def _other_members() -> list[Json]:
    return [
        *({}, {"colour": "blue"}, {"place": None}, {"assisting": []}, {"assisting": ["kent", "kent"]}, {"data": None}),
        *({"id": value} for value in IDS),
        *({"occurred_at": value} for value in MOMENTS),
        *({"recorded_at": value} for value in MOMENTS),
        *({"seq": value} for value in [None, "7", 7.0, True, [], 7, 2**53]),
        *({"operation": value} for value in TEXTS),
        *(
            {"recorded_by": value}
            for value in [None, {}, [], {"force": "surrey"}, {"force": "surrey", "role": "observer"}]
        ),
        {"recorded_by": {"force": "surrey", "role": "force", "name": "x"}},
        {"recorded_by": {"force": "surrey", "role": None}},
    ]


def _dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _non_canonical(text: str, row: Json) -> Iterator[str]:
    yield from (text.replace(":", ": ", 1), text + " ", " " + text, text + "\r", text[:-1], f"[{text}]", text + text)
    yield from (text.replace('"force"', '"\\u0066orce"'), text.replace("/", "\\/"), text.replace("e", "\\u0065", 1))
    yield text.replace('"force":', '"force":"twice","force":', 1)
    yield json.dumps(dict(reversed(row.items())), separators=(",", ":"))
    yield json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=True).replace("Z", "+00:00")
    yield _dumped(row).replace('"data":{', '"data":{"qualifier":"exact",', 1)
