"""`oprecord duplicates`: possible duplicates side by side, ruled out one or many at a time, and reopened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from service.cli.calling.service import Json, RemoteService, ServiceRefused, calls_service, new_id, service_of
from service.cli.output import as_json, print_json, print_table, remark
from service.cli.remote.words import minutes_text, moment_text
from service.errors import Invalid
from service.plurals import counted

MOST_IN_ONE_CALL = 500


class NoSuchPair(Invalid):
    """There is no such pair in the list, which may have changed since it was printed."""

    code = "no_such_pair"


@click.command()
@click.argument("operation")
@click.option("--rule-out", "pairs", multiple=True, metavar="PAIR", help="Rule out this pair of the list; repeatable.")
@click.option("--ruled-out", "show_ruled_out", is_flag=True, help="List the pairs that are ruled out instead.")
@click.option("--reopen", type=int, metavar="RULING", help="Undo the ruling with this number of --ruled-out.")
@calls_service
@as_json
def duplicates(operation: str, *, url: str | None, secret: str | None, as_json: bool, **asked: Any) -> None:
    """List the possible duplicates of an OPERATION, certain ones first. A PAIR is named by its two events.

    Example: oprecord duplicates spring-2024 --rule-out 388-391 --rule-out 402-405
    """
    service, address = service_of(url, secret), f"operations/{operation}/possible-duplicates"
    if asked["reopen"] is not None:
        _reopen(service, address, asked["reopen"])
    if asked["pairs"]:
        _rule_out(service, address, asked["pairs"])
    if asked["show_ruled_out"]:
        ruled_out = list(service.pages(f"{address}/ruled-out", "ruled_out", limit=500))
        print_json(ruled_out) if as_json else _print_ruled_out(ruled_out)
        return
    found = list(service.pages(address, "pairs", limit=500))
    print_json(found) if as_json else _print(found, operation)


def _rule_out(service: RemoteService, address: str, names: Sequence[str]) -> None:
    listed = {_name(one): one for one in service.pages(address, "pairs", limit=500)}
    for name in names:
        if name not in listed:
            raise NoSuchPair(f"There is no possible duplicate {name}; nothing was ruled out. List them again.")
    bodies = [{"id": new_id(), **_pair(listed[name]["events"])} for name in dict.fromkeys(names)]
    done = 0
    for start in range(0, len(bodies), MOST_IN_ONE_CALL):
        answer = service.post_as_is(f"{address}/ruled-out/batches", {"pairs": bodies[start : start + MOST_IN_ONE_CALL]})
        for one in answer["results"]:
            if "problem" in one:
                raise ServiceRefused(f"Ruled out {counted(done, 'pair')}; then: {one['problem']['detail']}")
            done += 1
    remark(f"Ruled out {counted(done, 'pair')}.")


def _reopen(service: RemoteService, address: str, seq: int) -> None:
    for ruling in service.pages(f"{address}/ruled-out", "ruled_out", limit=500):
        if ruling["seq"] == seq:
            data = {name: value for name, value in ruling["data"].items() if name in ("events", "operations")}
            service.post(f"{address}/reopened", data)
            remark(f"Reopened: the pair of ruling {seq} is a possible duplicate again.")
            return
    raise NoSuchPair(f"No pair is ruled out by event {seq}. List them with --ruled-out.")


def _pair(events: Sequence[Json]) -> Json:
    """Return what identifies a pair: its events, and their operations if they differ."""
    pair: Json = {"events": [one["id"] for one in events]}
    operations = [one["operation"] for one in events]
    return pair | ({"operations": operations} if len(set(operations)) > 1 else {})


def _name(pair: Json) -> str:
    """Return the name of a pair: the numbers of its events, with their operations if they differ."""
    events = pair["events"]
    is_between = len({one["operation"] for one in events}) > 1
    return "-".join(f"{one['operation']}:{one['seq']}" if is_between else str(one["seq"]) for one in events)


def _print(pairs: Sequence[Json], operation: str) -> None:
    if not pairs:
        remark(f"There are no possible duplicates in {operation}.")
        return
    columns = ("pair", "certainty", "forces", "type", "place", "when", "apart", "amounts", "alike")
    print_table(f"Possible duplicates in {operation}", columns, [_row(one) for one in pairs])
    remark("Two different events: --rule-out PAIR. One event: withdraw that of the force which does not count it.")


def _row(pair: Json) -> list[str]:
    events, evidence = pair["events"], pair["evidence"]
    apart = evidence.get("seconds_apart")
    return [
        *(
            _name(pair),
            pair["certainty"],
            " and ".join(dict.fromkeys(one["force"] for one in events)),
            events[0]["type"],
        ),
        *(" / ".join(dict.fromkeys(one.get("place", "") for one in events)), moment_text(events[0].get("occurred_at"))),
        *("" if apart is None else minutes_text(apart), evidence["amounts"], ", ".join(evidence["same"])),
    ]


def _print_ruled_out(rulings: Sequence[Json]) -> None:
    if not rulings:
        remark("No pair is ruled out.")
        return
    rows = [[str(one["seq"]), moment_text(one["recorded_at"]), *one["data"]["events"]] for one in rulings]
    print_table("Pairs ruled out", ("ruling", "recorded", "event", "other event"), rows)
