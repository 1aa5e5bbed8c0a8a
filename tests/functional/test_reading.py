"""Reading the log: page by page, as lines, or one event with its history. A force sees its own, the coordinator all."""

import json
from hashlib import sha256
from itertools import groupby

from tests.factories.bodies import arrest, correction, declared, seizure, withdrawal
from tests.functional.apps import ClientFor
from tests.functional.calls import NDJSON, Caller, refused

SETUP = 6


def page(caller: Caller, operation: str, **query: object) -> dict:
    response = caller.get(f"/v1/operations/{operation}/events", query_string=query)
    assert response.status_code == 200, response.json
    return response.json


def seqs(answer: dict) -> list[int]:
    return [event["seq"] for event in answer["events"]]


def read_lines(caller: Caller, operation: str, **query: object) -> list[bytes]:
    headers = {"Accept": NDJSON}
    response = caller.get(f"/v1/operations/{operation}/events", query_string=query, headers=headers)
    assert (response.status_code, response.content_type) == (200, NDJSON)
    lines = response.get_data().split(b"\n")
    assert lines.pop() == b""
    return lines


def test_the_log_is_read_page_by_page_without_gap_or_repetition(live: str, surrey: Caller, lead: Caller):
    surrey.record(live, *(arrest() for _ in range(9)))
    read, after = [], 0
    while after is not None:
        answer = page(lead, live, after=after, limit=4)
        read += seqs(answer)
        assert len(answer["events"]) <= 4
        assert (answer["operation"], answer["imported"], answer["head"]) == (live, False, SETUP + 9)
        after = answer["next"]
    assert read == list(range(1, SETUP + 9 + 1))


def test_a_page_that_ends_at_the_head_has_no_next(live: str, lead: Caller):
    assert page(lead, live, limit=SETUP)["next"] is None
    assert page(lead, live, limit=SETUP - 1)["next"] == SETUP - 1
    assert page(lead, live, after=SETUP)["events"] == []
    assert page(lead, live, after=2**53 - 1)["next"] is None


def test_events_recorded_between_two_pages_come_at_the_end(live: str, surrey: Caller):
    surrey.record(live, *(arrest() for _ in range(3)))
    first = page(surrey, live, limit=2)
    surrey.record(live, arrest())
    assert seqs(first) + seqs(page(surrey, live, after=first["next"])) == [7, 8, 9, 10]


def test_a_force_reads_its_own_events_and_the_coordinator_all(live: str, lead: Caller, client_for: ClientFor):
    lead.record(live, arrest(), arrest(force="kent"), arrest(), declared(force="kent"))
    assert seqs(page(client_for("surrey"), live)) == [7, 9]
    kent = client_for("kent")
    assert seqs(page(kent, live)) == [8, 10]
    assert seqs(page(lead, live, after=SETUP)) == [7, 8, 9, 10]
    # A force credential of the lead force reads its own events, which include the setup.
    assert seqs(page(client_for("metropolitan", "force"), live)) == list(range(1, SETUP + 1))
    refused(kent.get(f"/v1/operations/{live}/events?force=surrey"), 403, "not_your_force", "/force")


def test_events_are_read_by_force_and_type(live: str, lead: Caller):
    lead.record(live, arrest(), seizure(force="kent"), seizure(), declared())
    assert seqs(page(lead, live, force="surrey")) == [7, 9, 10]
    assert seqs(page(lead, live, force="kent,surrey", type="seizure.recorded")) == [8, 9]
    assert seqs(page(lead, live, type="return.declared,operation.opened")) == [1, 10]
    assert seqs(page(lead, live, force="surrey", limit=2, after=7)) == [9, 10]
    refused(lead.get(f"/v1/operations/{live}/events?force=sussex"), 422, "unknown_code", "/force")
    refused(lead.get(f"/v1/operations/{live}/events?type=arrest"), 422, "unknown_code", "/type")
    for wrong in ("after=-1", "limit=0", "limit=1001", "after=1e3", "after=", "force=", "limit=10&limit=20", "until=9"):
        name = wrong.partition("=")[0]
        refused(lead.get(f"/v1/operations/{live}/events?{wrong}"), 422, "wrong_fields", f"/{name}")


def test_exported_lines_hash_to_the_leaves_of_the_receipts(live: str, surrey: Caller, lead: Caller):
    receipts = surrey.record(live, arrest(place="m25"), seizure(), declared())
    lines = read_lines(surrey, live)
    assert [sha256(b"\0" + line).hexdigest() for line in lines] == [receipt["leaf_hash"] for receipt in receipts]
    assert [json.loads(line)["seq"] for line in lines] == [7, 8, 9]
    every_line = read_lines(lead, live)
    assert len(every_line) == SETUP + 3
    assert root_of(every_line) == receipts[-1]["root"] == lead.totals(live)["as_of"]["root"]


def root_of(lines: list[bytes]) -> str:
    """Return the root of the Merkle tree over the lines, level by level, as RFC 9162 defines it."""
    level = [sha256(b"\0" + line).digest() for line in lines]
    while len(level) > 1:
        pairs = [[node for _index, node in pair] for _key, pair in groupby(enumerate(level), lambda item: item[0] // 2)]
        level = [sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0].hex()


def test_lines_are_filtered_and_begin_after_a_seq_as_pages_do(live: str, lead: Caller):
    lead.record(live, arrest(), seizure(force="kent"), seizure())
    lines = read_lines(lead, live, after=7, type="seizure.recorded")
    assert [json.loads(line)["force"] for line in lines] == ["kent", "surrey"]
    assert read_lines(lead, live, after=SETUP, force="desk") == []


def test_more_lines_than_one_page_of_the_database_are_all_exported(live: str, surrey: Caller, lead: Caller):
    for _ in range(3):
        assert surrey.batch(live, [arrest() for _ in range(700)]).status_code == 201
    lines = read_lines(lead, live)
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, SETUP + 2_100 + 1))


def test_an_event_is_shown_as_recorded_without_defaults(live: str, surrey: Caller):
    event = arrest("violence", place=None, assisting=[], incident="ab" * 32)
    (receipt,) = surrey.record(live, event)
    found = surrey.get(f"/v1/operations/{live}/events/{event['id']}").json
    assert found["imported"] is False
    assert found["event"] == {
        "id": event["id"],
        "type": "arrest.recorded",
        "force": "surrey",
        "occurred_at": event["occurred_at"],
        "incident": "ab" * 32,
        "data": {"reason": "violence"},
        "operation": live,
        "seq": 7,
        "recorded_at": receipt["recorded_at"],
        "recorded_by": {"force": "surrey", "role": "force"},
    }
    assert (found["corrections"], found["standing"]) == ([], found["event"])


def test_a_corrected_and_a_withdrawn_event_show_their_chain(live: str, surrey: Caller):
    event, other = arrest(), arrest()
    corrected = correction(event, data={"reason": "drugs"})
    withdrawn = withdrawal(corrected)
    surrey.record(live, event, other, corrected)
    address = f"/v1/operations/{live}/events/"
    assert surrey.get(address + event["id"]).json["standing"]["id"] == corrected["id"]
    assert surrey.get(address + corrected["id"]).json["corrections"] == []
    surrey.record(live, withdrawn)
    found = surrey.get(address + event["id"]).json
    assert [one["id"] for one in found["corrections"]] == [corrected["id"], withdrawn["id"]]
    assert found["standing"] is None
    assert surrey.get(address + other["id"]).json["standing"]["id"] == other["id"]


def test_an_event_is_hidden_from_those_who_may_not_read_it(live: str, surrey: Caller, client_for: ClientFor):
    event = arrest()
    surrey.record(live, event)
    kent = client_for("kent")
    hidden = refused(kent.get(f"/v1/operations/{live}/events/{event['id']}"), 404, "event_not_found")
    missing = refused(kent.get(f"/v1/operations/{live}/events/{arrest()['id']}"), 404, "event_not_found")
    assert hidden["title"] == missing["title"]
    refused(kent.get(f"/v1/operations/{live}/events/7"), 404, "event_not_found")


def test_every_answer_about_an_imported_operation_says_so(imported: str, surrey: Caller, lead: Caller):
    event = arrest(occurred_at="2023-01-17T21:40:00Z", recorded_at="2023-01-17T22:00:00Z")
    (receipt,) = surrey.record(imported, event)
    address = f"/v1/operations/{imported}"
    answers = [receipt, page(lead, imported), surrey.totals(imported), surrey.get(address).json]
    answers += [surrey.get(f"{address}/events/{event['id']}").json, *lead.get("/v1/operations").json["operations"]]
    assert [answer["imported"] for answer in answers] == [True] * 6
