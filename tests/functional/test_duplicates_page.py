"""Possible duplicates in pages: compare a pair, rule out one or many, take that back, withdraw one, ask the forces."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.factories.bodies import arrest, correction, new_id, seizure, withdrawal, yesterday_at
from tests.factories.setup import LEAD
from tests.functional.apps import ClientFor
from tests.functional.calls import Caller, Json, on_sqlite
from tests.functional.conftest import opened
from tests.functional.test_overview_page import page_of
from tests.functional.test_possible_duplicates import minutes_after, pairs
from tests.functional.visitors import OWN, Visitor, heading, text_of, visitor

SecretFor = Callable[..., str]
ID = re.compile(r'name="id" value="([^"]+)"')
LIVE = "/operations/live"
PAIRS = f"{LIVE}/duplicates"


def after(minutes: float) -> str:
    """Return a moment this long after 12:10pm of yesterday, in wire format."""
    return minutes_after(yesterday_at("12:10"), minutes)


@pytest.fixture
def coordinator(app: Flask, secret_for: SecretFor) -> Visitor:
    return visitor(app, secret_for(LEAD))


@pytest.fixture
def pair(client_for: ClientFor, live: str) -> tuple[Json, Json]:
    """Record one arrest as Surrey and Kent have it, as events 7 and 8; return both."""
    ours = arrest("drugs", occurred_at=after(0), place="m25", assisting=["kent"])
    theirs = arrest("drugs", force="kent", occurred_at=after(15), place="m25")
    client_for("surrey").record(live, ours)
    client_for("kent").record(live, theirs)
    return ours, theirs


def more_pairs(client_for: ClientFor, live: str, number: int) -> None:
    for index in range(number):
        moment = after(-60 * (index + 2))
        client_for("surrey").record(live, seizure(occurred_at=moment, place="a406"))
        client_for("kent").record(live, seizure(force="kent", occurred_at=moment, place="a406"))


def send(person: Visitor, page: str, address: str = "", **fields: Any) -> Any:
    """Send the form of a page, with the id that it has unless another is given."""
    form = {"csrf_token": person.token(), "id": ID.findall(page_of(person, page))[0], **fields}
    return person.post(address or page, data=form, headers=OWN)


def events(caller: Caller) -> list[Json]:
    found: list[Json] = caller.get(f"/v1{LIVE}/events").json["events"]
    return found


# --- looking


@pytest.mark.usefixtures("pair")
def test_a_pair_is_shown_side_by_side_with_what_each_answer_does(coordinator: Visitor):
    page = page_of(coordinator, f"{PAIRS}/7.8")
    text = text_of(page)
    assert "Possible duplicates, pair 1 of 1 Are these the same arrest?" in text
    assert (
        "Likely. Two forces recorded an arrest for drugs at M25, 15 minutes apart, "
        "and Surrey Police says that Kent Police assisted." in text
    )
    rows = {
        text_of(name): (is_different, [text_of(value) for value in re.findall(r"<td.*?>(.*?)</td>", values, re.DOTALL)])
        for is_different, name, values in re.findall(
            r'<tr role="row"( class="sides__differs")?>\s*<th[^>]*>(.*?)<div class="sides__remark">.*?</th>(.*?)</tr>',
            page,
            re.DOTALL,
        )
    }
    assert {name: bool(is_different) for name, (is_different, _values) in rows.items()} == {
        "When": True,
        "Place": False,
        "Reason": False,
        "People arrested": False,
        "Assisted by": True,
        "Incident key": False,
    }
    assert rows["Assisted by"][1] == ["Kent Police", "No force"]
    assert rows["Place"][1] == ["M25", "M25"]
    assert "They are one: keep Kent Police’s, withdraw Surrey Police’s" in text
    assert "Arrests: all forces 2 to 1, Surrey Police 1 to 0." in text
    assert "Rules the pair out. No figure changes." in text


@pytest.mark.usefixtures("pair")
def test_the_list_ranks_certain_pairs_first(coordinator: Visitor, client_for: ClientFor, live: str):
    client_for("surrey").record(live, seizure(incident="a" * 64, place="a406", occurred_at=after(0)))
    client_for("kent").record(live, seizure(force="kent", incident="a" * 64, occurred_at=after(300)))
    text = text_of(page_of(coordinator, PAIRS))
    assert text.index("Seizure: certain") < text.index("Arrest: likely")
    assert "2 pairs to decide." in text
    assert "Certain: both give the same incident key." in text_of(page_of(coordinator, f"{PAIRS}/9.10"))


@on_sqlite
@pytest.mark.usefixtures("live")
def test_without_pairs_the_page_says_so(coordinator: Visitor):
    assert "No possible duplicates at event 6." in text_of(page_of(coordinator, PAIRS))


@on_sqlite
def test_a_seizure_shows_its_lines(coordinator: Visitor, client_for: ClientFor, live: str):
    lines: list[Json] = [
        {"kind": "weapon", "weapon": "bladed/machete", "count": 2},
        {"kind": "drug", "drug": "b/cannabis/resin", "weight_milligrams": 2_400_000, "qualifier": "about"},
        {"kind": "cash", "currency": "GBP", "amount_minor": 621_050},
        {"kind": "cash", "currency": "EUR", "amount_minor": 5_000},
        {"kind": "vehicle", "ground": "unstated"},
        {"kind": "phone", "count": 3},
        {"kind": "ammunition", "rounds": 40},
        {"kind": "other", "property": "electronics"},
    ]
    client_for("surrey").record(live, seizure(*lines, incident="a" * 64, occurred_at=after(0)))
    client_for("kent").record(live, seizure(force="kent", incident="a" * 64, occurred_at=after(0)))
    text = text_of(page_of(coordinator, f"{PAIRS}/7.8"))
    for line in (
        "2 weapons, bladed: machete",
        "Cannabis resin, class B, about 2.4 kg",
        "£6,210.50 in cash",
        "50.00 EUR in cash",
    ):
        assert line in text, line
    assert "Cash seized: all forces £6,210.50 to £0, Surrey Police £6,210.50 to £0." in text


@on_sqlite
@pytest.mark.parametrize("said", ["x", "7", "7.8.9", "0.1", "7.%3Cb%3E", "no thing:7.8", "7." + "9" * 30])
@pytest.mark.usefixtures("pair")
def test_an_address_of_no_pair_does_not_exist(coordinator: Visitor, said: str):
    answer = coordinator.get(f"{PAIRS}/{said}")
    assert (answer.status_code, heading(answer)) == (404, "Page not found")


@on_sqlite
@pytest.mark.usefixtures("pair")
def test_a_coordinator_of_another_force_finds_no_page(app: Flask, secret_for: SecretFor):
    surrey = visitor(app, secret_for("surrey", "coordinator"))
    for address in ("/7.8", "/7.8/ask", "/7.8/withdraw/0"):
        assert surrey.get(PAIRS + address).status_code == 404
    for address in ("", "/7.8", "/7.8/withdraw/0", "/ruled-out/9/undo"):
        form = {"csrf_token": surrey.token(), "id": new_id(), "decision": "two", "pairs": "7.8"}
        assert surrey.post(PAIRS + address, data=form, headers=OWN).status_code == 404


# --- deciding


def test_ruling_out_is_one_save_and_goes_on_to_the_next_pair(
    coordinator: Visitor, lead: Caller, client_for: ClientFor, live: str, pair: tuple[Json, Json]
):
    more_pairs(client_for, live, 1)
    page = page_of(coordinator, f"{PAIRS}/7.8")
    assert "Save and go to pair 1" in text_of(page)
    form = {"decision": "two", "next": "9.10", "id": new_id()}
    first, again = (
        coordinator.post(f"{PAIRS}/7.8", data=form | {"csrf_token": coordinator.token()}, headers=OWN) for _ in range(2)
    )
    assert (first.status_code, first.location) == (303, f"{PAIRS}/9.10?decided=11")
    assert again.location == first.location, "sent twice, recorded once"
    assert [one["type"] for one in events(lead)][10:] == ["duplicate.ruled_out"]
    text = text_of(page_of(coordinator, first.location))
    assert "Ruled out: Arrest: Surrey Police and Kent Police. No figure changed." in text
    assert "Save and go" not in text
    assert len(pairs(lead, live)) == 1
    # A dismissed pair does not come back, even if its events are corrected.
    client_for("surrey").record(live, correction(pair[0], occurred_at=after(1)))
    assert len(pairs(lead, live)) == 1


@pytest.mark.usefixtures("pair")
def test_many_are_ruled_out_at_once_each_by_an_event_of_its_own(
    coordinator: Visitor, lead: Caller, client_for: ClientFor, live: str
):
    more_pairs(client_for, live, 2)
    keys = re.findall(r'name="pairs" type="checkbox" value="([^"]+)"', page_of(coordinator, PAIRS))
    assert len(keys) == 3
    event_id = new_id()
    first, again = (send(coordinator, PAIRS, pairs=keys[:2], id=event_id) for _ in range(2))
    assert first.location == again.location == f"{PAIRS}?ruled_out=2"
    assert "2 pairs ruled out. No figure changed." in text_of(page_of(coordinator, first.location))
    assert sum(one["type"] == "duplicate.ruled_out" for one in events(lead)) == 2
    assert len(pairs(lead, live)) == 1


@on_sqlite
@pytest.mark.usefixtures("pair")
def test_what_is_not_chosen_is_asked_for(coordinator: Visitor, lead: Caller):
    for page, words in ((PAIRS, "Select the pairs to rule out"), (f"{PAIRS}/7.8", "Select what you decide")):
        answer = send(coordinator, page)
        assert answer.status_code == 422
        shown = answer.get_data(as_text=True)
        assert text_of(shown).count(words) == 2
        assert "<title>Error: " in shown
    assert len(events(lead)) == 8


@pytest.mark.usefixtures("pair")
def test_a_ruling_out_can_be_undone(coordinator: Visitor, lead: Caller, live: str):
    decided = send(coordinator, f"{PAIRS}/7.8", decision="two").location
    assert decided == f"{PAIRS}?decided=9"
    assert "No possible duplicates at event 9." in text_of(page_of(coordinator, decided))
    undone = send(coordinator, decided, f"{PAIRS}/ruled-out/9/undo")
    assert undone.location == f"{PAIRS}?undone=1"
    assert "The pair is a possible duplicate again." in text_of(page_of(coordinator, undone.location))
    assert len(pairs(lead, live)) == 1
    again = send(coordinator, undone.location, f"{PAIRS}/ruled-out/9/undo")
    assert "That pair is no longer open" in text_of(page_of(coordinator, again.location))
    assert [one["type"] for one in events(lead)][8:] == ["duplicate.ruled_out", "duplicate.reopened"]


def test_a_withdrawal_is_checked_first_and_recorded_once(
    coordinator: Visitor, lead: Caller, live: str, pair: tuple[Json, Json]
):
    check = send(coordinator, f"{PAIRS}/7.8", decision="withdraw-0").location
    assert check == f"{PAIRS}/7.8/withdraw/0?next="
    text = text_of(page_of(coordinator, check))
    assert "You cannot undo this. The arrest will count nowhere" in text
    assert "Arrests: all forces 2 to 1, Surrey Police 1 to 0." in text
    assert len(events(lead)) == 8, "nothing is recorded yet"
    first = send(coordinator, check, f"{PAIRS}/7.8/withdraw/0")
    assert first.location == f"{PAIRS}?withdrawn=7"
    form = {"csrf_token": coordinator.token(), "id": new_id()}
    again = coordinator.post(f"{PAIRS}/7.8/withdraw/0", data=form, headers=OWN)
    assert again.location == f"{PAIRS}?gone=1"
    *_, last = events(lead)
    assert (last["type"], last["corrects"], last["correction_reason"], last["force"]) == (
        "event.withdrawn",
        pair[0]["id"],
        "duplicate",
        "surrey",
    )
    assert len(events(lead)) == 9
    assert pairs(lead, live) == []


@on_sqlite
@pytest.mark.usefixtures("pair")
def test_the_texts_for_the_forces_name_neither_the_other_nor_its_place_and_time(coordinator: Visitor, lead: Caller):
    ask = send(coordinator, f"{PAIRS}/7.8", decision="ask").location
    page = page_of(coordinator, ask)
    surrey, kent = (re.findall(rf'id="ask-{side}">(.*?)</p>', page, re.DOTALL)[0] for side in (0, 1))
    assert surrey.startswith("Surrey Police: your event 7 in Operation Live is an arrest for drugs, ")
    assert "12:10pm" in surrey
    assert not re.search(r"Kent|event 8|12:25pm", surrey)
    assert not re.search(r"Surrey|event 7|12:10pm", kent)
    assert len(events(lead)) == 8


@on_sqlite
def test_somebody_else_was_first(
    coordinator: Visitor, client_for: ClientFor, lead: Caller, live: str, pair: tuple[Json, Json]
):
    client_for("kent").record(live, withdrawal(pair[1], why="duplicate"))
    for address in ("", "/withdraw/0", "/ask"):
        assert coordinator.get(f"{PAIRS}/7.8{address}").location == f"{PAIRS}?gone=1"
    form = {"csrf_token": coordinator.token(), "id": new_id(), "decision": "two"}
    assert coordinator.post(f"{PAIRS}/7.8", data=form, headers=OWN).location == f"{PAIRS}?gone=1"
    assert "That pair is no longer open" in text_of(page_of(coordinator, f"{PAIRS}?gone=1"))
    assert len(events(lead)) == 9


@on_sqlite
@pytest.mark.usefixtures("client_for", "live", "pair")
def test_an_open_redirect_is_not_possible(coordinator: Visitor):
    for evil in ("//evil.example", "https://evil.example", "7.8/../../..", "7.8\r\nX: y"):
        answer = send(coordinator, f"{PAIRS}/7.8", decision="withdraw-1", next=evil)
        assert answer.location.startswith(f"{PAIRS}/7.8/withdraw/1?next=")
    answer = send(coordinator, f"{PAIRS}/7.8", decision="two", next="//evil.example")
    assert answer.location == f"{PAIRS}?decided=9"


# --- parts


def test_a_pair_of_two_parts_is_ruled_out_in_the_whole_and_withdrawn_in_its_part(
    app: Flask, lead: Caller, client_for: ClientFor, secret_for: SecretFor
):
    forces = ["metropolitan", "surrey", "kent"]
    opened(lead, operation="whole", name="Whole", forces=forces)
    for name in ("north", "south"):
        opened(lead, operation=name, name=name.capitalize(), forces=forces, part_of=["whole"])
        assert lead.change("whole", "parts", id=new_id(), part=name).status_code == 201
    for name, minutes in (("north", 0), ("south", 5), ("south", 400), ("north", 402)):
        client_for("surrey").record(name, arrest(occurred_at=after(minutes), place="m25"))
    person = visitor(app, secret_for(LEAD))
    listed = page_of(person, "/operations/whole/duplicates")
    keys = sorted(re.findall(r'name="pairs" type="checkbox" value="([^"]+)"', listed))
    assert keys == ["north:5.south:5", "south:6.north:6"]
    page = f"/operations/whole/duplicates/{keys[0]}"
    text = text_of(page_of(person, page))
    assert "They are one: keep the one in South, withdraw the one in North" in text
    assert "Arrests: all forces 4 to 3, Surrey Police 4 to 3." in text
    assert send(person, page, decision="two").status_code == 303
    check = f"/operations/whole/duplicates/{keys[1]}/withdraw/0"
    assert send(person, check, check).location == "/operations/whole/duplicates?withdrawn=6"
    assert "No possible duplicates" in text_of(page_of(person, "/operations/whole/duplicates"))
    assert len(lead.get("/v1/operations/south/events").json["events"]) == 7


# --- one force


@pytest.fixture
def repeat(client_for: ClientFor, live: str) -> tuple[Json, Json]:
    """Record one arrest of Surrey as event 7, and as the first of two rows as event 8; return both."""
    one, again = (arrest("drugs", occurred_at=after(0), place="m25") for _ in range(2))
    surrey = client_for("surrey")
    surrey.record(live, one)
    assert surrey.batch(live, [again, arrest(occurred_at=after(0), place="m25")]).status_code == 201
    return one, again


@pytest.mark.usefixtures("repeat")
def test_what_one_force_recorded_twice_is_decided_like_any_pair(coordinator: Visitor, lead: Caller, live: str):
    listed = text_of(page_of(coordinator, PAIRS))
    assert "Arrest: recorded twice" in listed
    assert "event 7 of Surrey Police and event 8 of Surrey Police" in listed
    assert "at the same time. Both give the same number." in listed
    text = text_of(page_of(coordinator, f"{PAIRS}/7.8"))
    assert "Both say the same. One force recorded the same arrest twice for drugs at M25, at the same time." in text
    assert "They are one: keep event 8, withdraw event 7" in text
    asked = text_of(page_of(coordinator, f"{PAIRS}/7.8/ask"))
    assert "Ask the force Surrey Police: your events" not in asked
    assert "Surrey Police: your events 7 and 8 in" in asked
    assert "Are they two arrests, or one that was sent twice" in asked
    check = f"{PAIRS}/7.8/withdraw/1"
    assert send(coordinator, check, check).status_code == 303
    assert pairs(lead, live) == []


def test_a_force_sees_pairs_of_its_own_events_and_nothing_of_others(
    app: Flask, secret_for: SecretFor, client_for: ClientFor, live: str, repeat: tuple[Json, Json]
):
    client_for("kent").record(live, arrest("drugs", force="kent", occurred_at=after(0), place="m25"))
    page = page_of(visitor(app, secret_for("surrey")), PAIRS)
    text = text_of(page)
    assert "1 pair of your own events." in text
    assert "An arrest for drugs" in text
    for one in repeat:
        assert f'href="{LIVE}/events/{one["id"]}"' in page
    assert "Kent" not in text
    other = text_of(page_of(visitor(app, secret_for("kent")), PAIRS))
    assert "No two of your own events look like one at event 10." in other
    assert "Surrey" not in other
