"""Test clients that carry a credential, and the checks that every refusal must pass."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

Json = dict[str, Any]

PROBLEM_JSON = "application/problem+json"
NDJSON = "application/x-ndjson"

# For what is refused before any database is asked: once is enough.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Caller(FlaskClient):
    """A test client of one force. Each call returns the response, whatever its status."""

    def send(self, operation: str, event: Json, **query: Any) -> TestResponse:
        return self.post(f"/v1/operations/{operation}/events", json=event, query_string=query)

    def batch(self, operation: str, events: Iterable[Any], **query: Any) -> TestResponse:
        return self.post(f"/v1/operations/{operation}/batches", json={"events": list(events)}, query_string=query)

    def lines(self, operation: str, *lines: bytes | Json) -> TestResponse:
        """Send lines: events, or bytes unchanged."""
        body = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        return self.post(f"/v1/operations/{operation}/batches", data=body, content_type=NDJSON)

    def change(self, operation: str, address: str, **body: Any) -> TestResponse:
        """Make a coordinator's call: forces, measures, amendments, close or reopen."""
        return self.post(f"/v1/operations/{operation}/{address}", json=body)

    def record(self, operation: str, *events: Json) -> list[Json]:
        """Record events, each of which must be new, and return their receipts."""
        responses = [self.send(operation, event) for event in events]
        assert [response.status_code for response in responses] == [201] * len(events), [one.json for one in responses]
        return [response.json for response in responses]

    def totals(self, operation: str, **query: Any) -> Json:
        """Return a totals answer."""
        response = self.get(f"/v1/operations/{operation}/totals", query_string=query)
        assert response.status_code == 200, response.json
        return response.json

    def figures(self, operation: str, *keys: str, **query: Any) -> list[Any]:
        """Return these members of each figure of a totals answer as a tuple; only the quantity if none is named."""
        keys = keys or ("quantity",)
        rows = [tuple(figure[key] for key in keys) for figure in self.totals(operation, **query)["figures"]]
        return rows if len(keys) > 1 else [row[0] for row in rows]


def feed_events(chunks: Iterable[bytes]) -> Iterator[Json]:
    """Yield the fields of each server-sent event as it arrives, without heartbeats."""
    fields: Json = {}
    for line in (line for chunk in chunks for line in chunk.decode().splitlines()):
        name, _colon, value = line.partition(": ")
        if name:
            fields[name] = value
        elif "event" in fields:
            yield fields
        if not name:
            fields = {}


def refused(response: TestResponse, status: int, code: str, *pointers: str) -> Json:
    """Return the problem in a response, which must have this status and code and point at these places first."""
    assert response.content_type == PROBLEM_JSON, response.get_data(as_text=True)
    assert response.status_code == status, response.json
    return refusal(response.json, status, code, *pointers)


def refusal(problem: Json, status: int, code: str, *pointers: str) -> Json:
    """Return a problem after checking that it is complete for programs, people and readers of the log."""
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["type"] == f"urn:operation-record:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert [set(error) for error in problem["errors"]] == [{"pointer", "detail"}] * len(problem["errors"])
    assert [error["pointer"] for error in problem["errors"]][: len(pointers)] == list(pointers), problem
    return problem
