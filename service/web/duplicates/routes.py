"""Possible duplicates: the coordinator rules pairs out, undoes that, withdraws one of the two, or asks the forces."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4, uuid5

from flask import request
from werkzeug.wrappers import Response

from service.access.roles import COORDINATOR, REPORTERS
from service.domain.deciding.decide import NotCoordinator
from service.domain.deciding.draft import Submission
from service.domain.model.events import DuplicateReopened, DuplicateRuledOut, Event, EventWithdrawn
from service.domain.model.vocabulary import number_in
from service.errors import Conflict
from service.usecases.overview.duplicates import (
    OpenPair,
    PairNotFound,
    Pairs,
    PairSide,
    read_own_pairs,
    read_pair,
    read_pairs,
    versions_of,
)
from service.usecases.querying.possible_duplicates import PossibleDuplicate
from service.usecases.querying.search_duplicates import Version
from service.usecases.recording.record import record_events
from service.usecases.recording.rule_out import reopen_duplicate, rule_out_duplicates
from service.web.duplicates import comparison, sentences
from service.web.site.blueprint import PageNotFound, Pages, credential, database
from service.web.site.rendering import Place, address, operation_page, render, see_other
from service.web.site.sending import form_id, submission_of

pages = Pages("duplicates", __name__)

# A pair in an address: two seqs of the operation's own log, or `operation:seq` for an event of a part.
SEQ = r"(?:(?P<{0}_log>[a-z0-9_-]{{1,64}}):)?(?P<{0}>[1-9][0-9]{{0,17}})"
PAIR = re.compile(rf"{SEQ.format('one')}\.{SEQ.format('other')}", re.ASCII)
PAIRS, DECISION, NEXT = "pairs", "decision", "next"
TWO, WITHDRAW, ASK = "two", "withdraw-", "ask"
NEIGHBOURS = 5
LIST = "Possible duplicates"
NO_PAIR = "Select the pairs to rule out"
NO_DECISION = "Select what you decide"


@pages.route("/operations/<operation>/duplicates")
@pages.requires(*REPORTERS)
def show(operation: str) -> str:
    """List the open pairs, and those ruled out; for a force, the pairs of its own events."""
    try:
        return _list(read_pairs(database(), operation=operation, credential=credential()))
    except NotCoordinator:
        found = read_own_pairs(database(), operation=operation, credential=credential())
    layout = _layout(found) | {"tab_counts": {"duplicates.show": len(found.pairs)}}
    return render("duplicates/own.html.jinja", **layout)


@pages.route("/operations/<operation>/duplicates", methods=["POST"])
@pages.requires(COORDINATOR)
def rule_out_many(operation: str) -> str | Response | tuple[str, int]:
    """Rule out the pairs that are ticked, each by an event of its own."""
    found, event_id = read_pairs(database(), operation=operation, credential=credential()), form_id()
    ticked = set(request.form.getlist(PAIRS))
    chosen = [one for one in found.pairs if key_of(one, found) in ticked]
    if not ticked:
        return _list(found, error=NO_PAIR), HTTPStatus.UNPROCESSABLE_ENTITY
    outcomes = rule_out_duplicates(
        database(),
        operation=operation,
        sender=credential(),
        submissions=[_ruling(one, found, uuid5(event_id, key_of(one, found))) for one in chosen],
    )
    # A form that is sent twice finds its pairs ruled out by itself.
    own = {uuid5(event_id, one) for one in ticked}
    before = sum(one.recorded.event.id in own for one in found.rulings)
    done = before + sum(one.error is None for one in outcomes)
    return _to_list(operation, ruled_out=done, gone=len(ticked) - done or None)


@pages.route("/operations/<operation>/duplicates/ruled-out/<int:seq>/undo", methods=["POST"])
@pages.requires(COORDINATOR)
def undo(operation: str, seq: int) -> Response:
    """Take back that a pair was ruled out: it is a possible duplicate again."""
    found, event_id = read_pairs(database(), operation=operation, credential=credential()), form_id()
    ruling = next((one for one in found.rulings if one.recorded.seq == seq), None)
    if ruling is None:
        return _to_list(operation, gone=1)
    pair = ruling.recorded.event.data
    assert isinstance(pair, DuplicateRuledOut), "only such events rule pairs out"
    data = DuplicateReopened(events=pair.events, operations=pair.operations)
    event = Event(id=event_id, force=credential().force, data=data)
    submission = submission_of(event, found.position.operation)
    try:
        reopen_duplicate(database(), operation=operation, sender=credential(), submission=submission)
    except Conflict:
        return _to_list(operation, gone=1)
    return _to_list(operation, undone=1)


@pages.route("/operations/<operation>/duplicates/<pair>")
@pages.requires(COORDINATOR)
def compare(operation: str, pair: str) -> str | Response:
    """Show one pair side by side, and ask what the coordinator decides."""
    try:
        return _pair_page(_read(operation, pair))
    except PairNotFound:
        return _to_list(operation, gone=1)


@pages.route("/operations/<operation>/duplicates/<pair>", methods=["POST"])
@pages.requires(COORDINATOR)
def decide(operation: str, pair: str) -> str | Response | tuple[str, int]:
    """Rule the pair out, or go on to withdraw one of the two or to ask the forces."""
    decision, following = request.form.get(DECISION, ""), request.form.get(NEXT, "")
    try:
        found = _read(operation, pair)
    except PairNotFound:
        return _already(operation, form_id(), following)
    if decision == ASK:
        return see_other("duplicates.ask", operation=operation, pair=pair)
    if decision.startswith(WITHDRAW) and decision.removeprefix(WITHDRAW) in ("0", "1"):
        side = int(decision.removeprefix(WITHDRAW))
        return see_other("duplicates.check", operation=operation, pair=pair, side=side, next=following)
    if decision != TWO:
        return _pair_page(found, error=NO_DECISION), HTTPStatus.UNPROCESSABLE_ENTITY
    (outcome,) = rule_out_duplicates(
        database(),
        operation=operation,
        sender=credential(),
        submissions=[_ruling(found.pair, found.all_pairs, form_id())],
    )
    if outcome.error is not None:
        raise outcome.error
    assert outcome.receipt is not None, "what was recorded has a receipt"
    return _to_next(operation, following, decided=outcome.receipt.seq)


@pages.route("/operations/<operation>/duplicates/<pair>/ask")
@pages.requires(COORDINATOR)
def ask(operation: str, pair: str) -> str | Response:
    """Show a text for each force, about its own event only."""
    try:
        found = _read(operation, pair)
    except PairNotFound:
        return _to_list(operation, gone=1)
    questions = sentences.questions(found)
    title = "Ask the forces" if len(questions) > 1 else "Ask the force"
    return _page("duplicates/ask.html.jinja", found, title=title, questions=questions)


@pages.route("/operations/<operation>/duplicates/<pair>/withdraw/<int:side>")
@pages.requires(COORDINATOR)
def check(operation: str, pair: str, side: int) -> str | Response:
    """Show which event will be withdrawn, and what that does: it is final."""
    try:
        found = _read(operation, pair)
    except PairNotFound:
        return _to_list(operation, gone=1)
    withdrawn = _withdrawable(found, side)
    return _page(
        "duplicates/withdraw.html.jinja",
        found,
        title="Check the withdrawal",
        side=side,
        withdrawn=withdrawn,
        id=uuid4(),
        following=request.args.get(NEXT, ""),
    )


@pages.route("/operations/<operation>/duplicates/<pair>/withdraw/<int:side>", methods=["POST"])
@pages.requires(COORDINATOR)
def withdraw(operation: str, pair: str, side: int) -> Response:
    """Withdraw one event of the pair as a duplicate, once however often the form is sent."""
    following = request.form.get(NEXT, "")
    try:
        found = _read(operation, pair)
    except PairNotFound:
        return _already(operation, form_id(), following)
    withdrawn = _withdrawable(found, side)
    event = Event(
        id=form_id(),
        force=withdrawn.recorded.event.force,
        data=EventWithdrawn(),
        corrects=withdrawn.recorded.event.id,
        correction_reason="duplicate",
    )
    (outcome,) = record_events(
        database(),
        operation=withdrawn.recorded.operation,
        sender=credential(),
        submissions=[submission_of(event, withdrawn.operation)],
    )
    if outcome.error is not None:
        raise outcome.error
    return _to_next(operation, following, withdrawn=withdrawn.recorded.seq)


def key_of(pair: PossibleDuplicate, found: Pairs) -> str:
    """Return a pair as it stands in an address: `388.391`; events of parts with their operation, `north:12.388`."""
    own = found.position.operation.operation
    return ".".join(str(seq) if log == own else f"{log}:{seq}" for log, seq in versions_of(pair))


def _versions(pair: str, operation: str) -> tuple[Version, Version]:
    said = PAIR.fullmatch(pair)
    if said is None:
        raise PageNotFound("There is no such pair.")
    return (said["one_log"] or operation, int(said["one"])), (said["other_log"] or operation, int(said["other"]))


def _read(operation: str, pair: str) -> OpenPair:
    versions = _versions(pair, operation)
    return read_pair(database(), operation=operation, credential=credential(), versions=versions)


def _ruling(pair: PossibleDuplicate, found: Pairs, event_id: UUID) -> Submission:
    own = found.position.operation
    logs = tuple(one.operation for one in pair.events)
    data = DuplicateRuledOut(
        events=tuple(one.event.id for one in pair.events),
        operations=() if set(logs) == {own.operation} else logs,
    )
    return submission_of(Event(id=event_id, force=credential().force, data=data), own)


def _withdrawable(found: OpenPair, side: int) -> PairSide:
    if side not in (0, 1) or not found.sides[side].is_withdrawable:
        raise PageNotFound("There is no such event to withdraw.")
    return found.sides[side]


def _to_list(operation: str, **said: Any) -> Response:
    return see_other("duplicates.show", operation=operation, **said)


def _to_next(operation: str, following: str, **said: Any) -> Response:
    """Go on to the next pair, if there is one; otherwise to the list."""
    if PAIR.fullmatch(following) is None:
        return _to_list(operation, **said)
    return see_other("duplicates.compare", operation=operation, pair=following, **said)


def _already(operation: str, event_id: UUID, following: str) -> Response:
    """Go on after a form that was sent twice; or say that somebody else has decided the pair."""
    found = read_pairs(database(), operation=operation, credential=credential())
    own = next((one for one in found.rulings if one.recorded.event.id == event_id), None)
    if own is None:
        return _to_list(operation, gone=1)
    return _to_next(operation, following, decided=own.recorded.seq)


def _list(found: Pairs, *, error: str | None = None) -> str:
    operation = found.operation.operation
    return render(
        "duplicates/duplicates.html.jinja",
        **_layout(found),
        tab_counts={"duplicates.show": len(found.pairs)},
        error=error,
        errors=[error] if error else [],
        keys=[key_of(one, found) for one in found.pairs],
        id=uuid4(),
        said={name: number_in(request.args.get(name, "")) for name in ("ruled_out", "undone", "gone", "withdrawn")},
        decided=_decided(found),
        action=address("duplicates.rule_out_many", operation=operation),
    )


def _pair_page(found: OpenPair, *, error: str | None = None) -> str:
    all_pairs, index = found.all_pairs, found.index
    keys = [key_of(one, all_pairs) for one in all_pairs.pairs]
    following = keys[(index + 1) % len(keys)] if len(keys) > 1 else ""
    first = max(0, min(index - NEIGHBOURS, len(keys) - 2 * NEIGHBOURS - 1))
    return _page(
        "duplicates/pair.html.jinja",
        found,
        title=f"Pair {index + 1} of {len(keys)}",
        error=error,
        errors=[error] if error else [],
        rows=comparison.rows(found),
        id=uuid4(),
        following=following,
        number_after=(index + 1) % len(keys) + 1,
        neighbours=list(zip(keys, all_pairs.pairs, strict=True))[first : first + 2 * NEIGHBOURS + 1],
        decided=_decided(all_pairs),
        withdrawn=number_in(request.args.get("withdrawn", "")),
    )


def _page(template: str, found: OpenPair, *, title: str, **values: Any) -> str:
    above = (LIST, address("duplicates.show", operation=found.all_pairs.operation.operation))
    layout = _layout(found.all_pairs, title=title, above=[above])
    return render(template, **layout, pair=found, key=key_of(found.pair, found.all_pairs), **values)


def _layout(found: Pairs, *, title: str = LIST, above: Iterable[Place] = ()) -> dict[str, Any]:
    layout = operation_page(found.operation, title=title, tab="duplicates.show", above=above, position=found.position)
    return layout | {"found": found, "sentences": sentences, "comparison": comparison}


def _decided(found: Pairs) -> Any:
    """Return the ruling that the person has just made, so that the page confirms it and offers to take it back."""
    seq = number_in(request.args.get("decided", ""))
    return next((one for one in found.rulings if one.recorded.seq == seq), None)
