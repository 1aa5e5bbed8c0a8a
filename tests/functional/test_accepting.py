"""An answer comes in the media type that its caller asked for, or not at all: on every call that has several."""

import json
from typing import NamedTuple

import pytest

from service.api.document import document
from tests.factories.bodies import arrest, new_id
from tests.functional.calls import Caller, refused

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


class Negotiated(NamedTuple):
    """A call that answers in several media types, the first by default."""

    path: str
    offered: list[str]


def negotiated() -> list[Negotiated]:
    """Return each GET whose documented answer has several media types, so that a new one is tried too."""
    found = []
    for path, methods in json.loads(document())["paths"].items():
        offered = list(methods.get("get", {"responses": {}})["responses"].get("200", {"content": {}})["content"])
        if len(offered) > 1:
            found.append(Negotiated(path, offered))
    return found


@pytest.fixture
def published(live: str, lead: Caller, surrey: Caller) -> str:
    """Return an operation with something for each call: an arrest, and publication 1."""
    surrey.record(live, arrest())
    assert lead.change(live, "publications", id=new_id(), label="provisional").status_code == 201
    return live


def address_of(call: Negotiated, operation: str) -> str:
    return call.path.replace("{operation}", operation).replace("{number}", "1")


def media_of(caller: Caller, address: str, accept: str | None) -> str:
    response = caller.get(address, headers={} if accept is None else {"Accept": accept})
    assert response.status_code == 200, (address, accept, response.json)
    response.get_data()
    return response.content_type.partition(";")[0]


def test_the_calls_that_answer_in_several_media_types_are_known():
    assert {one.path.rpartition("/")[2] for one in negotiated()} >= {"totals", "returns", "events", "statement"}


@pytest.mark.parametrize("call", negotiated(), ids=lambda call: call.path.rpartition("/")[2])
def test_each_call_answers_in_what_was_asked_for(call: Negotiated, published: str, lead: Caller):
    address, (first, *_rest) = address_of(call, published), call.offered
    for media in call.offered:
        assert media_of(lead, address, media) == media
        assert media_of(lead, address, f"{media.upper()}; charset=utf-8") == media, "parameters and case are ignored"
        assert media_of(lead, address, f"image/png, {media};q=0.1") == media, "what is not offered is passed over"
        assert media_of(lead, address, f"*/*;q=0.5, {media};q=0.6") == media
        assert media_of(lead, address, f"*/*, {media}") == media, "of equals, the one that is named"
        assert media_of(lead, address, f"{media};q=0, */*") != media, "q=0 excludes it, whatever else is allowed"
    for accept in (None, "", "*/*", "application/*, */*;q=0.1" if first.startswith("application/") else "*/*;q=0.1"):
        assert media_of(lead, address, accept) == first
    assert media_of(lead, address, BROWSER) == ("text/html" if "text/html" in call.offered else first)


@pytest.mark.parametrize("call", negotiated(), ids=lambda call: call.path.rpartition("/")[2])
def test_what_is_not_offered_is_refused_with_what_is(call: Negotiated, published: str, lead: Caller):
    for accept in ("image/png", "application/pdf, image/*;q=0.5", "*/*;q=0", "json", "text/csvx", "*/png"):
        response = lead.get(address_of(call, published), headers={"Accept": accept})
        refused(response, 406, "not_acceptable")
        assert response.json["offered"] == call.offered
        assert all(media in response.json["detail"] for media in (*call.offered, accept))
