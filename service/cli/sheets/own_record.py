"""What the service has recorded of a force: its operation, its figures, and its own events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from service.cli.sheets.sending.submission import Call, SubmissionRefused
from service.domain.model.days import OperatingDay, OperatingDays
from service.domain.model.instants import parse_instant
from service.domain.model.reference_data import Measure
from service.spreadsheets.additions import Amount, Counted

Json = dict[str, Any]


def measures_and_days(call: Call) -> tuple[dict[str, Measure], OperatingDays]:
    """Return the measures of the operation in publishing order, and its days.

    Raises:
        SubmissionRefused: the service does not show the operation.
    """
    found = _body(call, f"/v1/operations/{call.operation}")
    return {row["measure"]: _measure(row) for row in found["measures"]}, _days(found)


def figures(call: Call, force: str, wanted: Iterable[Counted], *, by_day: bool) -> tuple[dict[Counted, Amount], int]:
    """Return a force's figures of the wanted measures now, and the seq that they are true at.

    Without `by_day`, each is of all days.

    Raises:
        SubmissionRefused: the service does not show them.
    """
    measures = sorted({one.measure for one in wanted})
    if not measures:
        return {}, 0
    query = {"force": force, "measure": ",".join(measures)} | ({"by": "day"} if by_day else {})
    found = _body(call, f"/v1/operations/{call.operation}/totals?{urlencode(query)}")
    amounts = {_counted(row): Amount(row["quantity"], row["qualifier"]) for row in found["figures"]}
    return amounts, found["as_of"]["seq"]


def own_events(call: Call, force: str, types: Iterable[str]) -> Iterator[str]:
    """Yield the canonical texts of a force's events of these types, in the order of the log.

    An answer that was cut off is noticed, because the page after it is not empty, and is read on from there.

    Raises:
        SubmissionRefused, LinesRefused: the service does not show them.
    """
    wanted = {"force": force, "type": ",".join(sorted(types))}
    last = '{"seq": 0}'
    while True:
        path = _events(call, wanted | {"after": json.loads(last)["seq"]})
        for last in call.client.lines(path, call.force):
            yield last
        if not _body(call, _events(call, wanted | {"after": json.loads(last)["seq"], "limit": 1}))["events"]:
            return


def _events(call: Call, query: Json) -> str:
    return f"/v1/operations/{call.operation}/events?{urlencode(query)}"


def _body(call: Call, path: str) -> Json:
    answer = call.client.get(path, call.force)
    if answer.status != HTTPStatus.OK:
        raise SubmissionRefused(f"{answer.body.get('detail', 'The request was refused.')} ({answer.status})")
    return answer.body


def _counted(row: Json) -> Counted:
    day = row.get("day")
    return Counted(row["measure"], row.get("category") or "", date.fromisoformat(day) if day else None)


def _measure(row: Json) -> Measure:
    return Measure(
        measure=row["measure"],
        label=row["label"],
        unit=row["unit"],
        core=row["core"],
        additive=row["additive"],
        category=row["category"],
        categories=tuple(row["categories"]),
        open=row["open"],
    )


def _days(found: Json) -> OperatingDays:
    windows = tuple(
        OperatingDay(date.fromisoformat(one["day"]), parse_instant(one["from"]), parse_instant(one["before"]))
        for one in found["days"]
    )
    ends_at = found["ends_at"]
    return OperatingDays(parse_instant(found["starts_at"]), parse_instant(ends_at) if ends_at else None, windows)
