"""Any number of events as lines: each line is decided individually, and a refused one is reported by number."""

import json

from tests.factories.bodies import arrest, correction, seizure, withdrawal
from tests.functional.calls import NDJSON, Caller, on_sqlite, refusal, refused


def counts(response: object) -> tuple[int, int, int]:
    return tuple(response.json[name] for name in ("recorded", "replayed", "refused"))


def test_lines_are_recorded_and_summarised(live: str, surrey: Caller):
    events = [arrest() for _ in range(1_201)]
    response = surrey.lines(live, *events)
    assert response.status_code == 200
    assert response.json == {"recorded": 1_201, "replayed": 0, "refused": 0, "head": 1_207, "refusals": []}
    assert surrey.figures(live, measure="arrests") == [1_201]
    again = surrey.lines(live, *events, arrest())
    assert (again.status_code, counts(again), again.json["head"]) == (200, (1, 1_201, 0), 1_208)


def test_a_refused_line_is_reported_and_does_not_stop_the_others(live: str, surrey: Caller):
    good, known = arrest(), arrest()
    surrey.record(live, known)
    lines = [good, b"", b"{", b"   ", arrest("knive"), b"\xff\xfe", b"7", known | {"place": "m25"}, known, b"\r"]
    response = surrey.lines(live, *lines, arrest(force="kent"), seizure())
    assert response.status_code == 207
    assert counts(response) == (2, 1, 6)
    found = [(one["line"], one["status"], one["problem"]["code"]) for one in response.json["refusals"]]
    # Blank lines are numbered but otherwise ignored.
    assert found == [
        (3, 400, "not_json"),
        (5, 422, "unknown_code"),
        (6, 400, "not_json"),
        (7, 422, "wrong_fields"),
        (8, 409, "content_differs"),
        (11, 403, "not_your_force"),
    ]
    for one in response.json["refusals"]:
        refusal(one["problem"], one["status"], one["problem"]["code"])


def test_lines_may_end_in_lf_or_crlf_and_may_be_blank(live: str, surrey: Caller):
    lines = [json.dumps(arrest()).encode() for _ in range(3)]
    for body in (b"\r\n".join(lines), b"\n".join(lines) + b"\n", b"\n\n" + b"\n\n".join(lines) + b"\r\n\r\n"):
        address = f"/v1/operations/{live}/batches"
        response = surrey.post(address, data=body, content_type=f"{NDJSON}; charset=utf-8")
        assert (response.status_code, response.json["refused"]) == (200, 0)
    assert surrey.figures(live, measure="arrests") == [3]


def test_an_empty_body_records_nothing(live: str, surrey: Caller):
    response = surrey.lines(live)
    assert (response.status_code, counts(response), response.json["head"]) == (200, (0, 0, 0), 6)


def test_a_line_is_decided_after_those_before_it_in_any_chunk(live: str, surrey: Caller):
    events = [arrest() for _ in range(1_100)]
    further = [correction(events[0], data={"reason": "drugs"}), correction(events[1]), withdrawal(events[1_099])]
    response = surrey.lines(live, *events, *further, events[3], correction(events[1]))
    assert counts(response) == (1_103, 1, 1)
    assert response.json["refusals"][0]["line"] == 1_105
    refusal(response.json["refusals"][0]["problem"], 409, "already_corrected", "/corrects")
    assert surrey.figures(live, measure="arrests") == [1_099]


def test_the_first_thousand_refusals_are_listed_and_all_are_counted(live: str, surrey: Caller):
    response = surrey.lines(live, *[b"{"] * 1_100, arrest())
    assert (response.status_code, counts(response)) == (207, (1, 0, 1_100))
    assert [one["line"] for one in response.json["refusals"]] == list(range(1, 1_001))


@on_sqlite
def test_lines_are_neither_atomic_nor_a_dry_run(live: str, surrey: Caller):
    for name in ("atomic", "dry_run"):
        address = f"/v1/operations/{live}/batches?{name}=true"
        response = surrey.post(address, data=json.dumps(arrest()), content_type=NDJSON)
        refused(response, 422, "wrong_fields", f"/{name}")
    assert surrey.get(f"/v1/operations/{live}").json["head"]["seq"] == 6


@on_sqlite
def test_a_problem_names_fifty_fields_at_most(live: str, surrey: Caller):
    many = {f"field-{number}": 1 for number in range(2_000)}
    problem = refused(surrey.send(live, arrest() | many), 422, "wrong_fields")
    assert len(problem["errors"]) == 50
