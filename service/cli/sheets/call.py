"""The service over HTTP, as the sending of a spreadsheet asks it: one operation, one credential."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from service.cli.calling.http_client import Client, JsonResponse
from service.domain.model.days import OperatingDays
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import number_in
from service.errors import FieldError
from service.spreadsheets.additions import Amount, Counted
from service.spreadsheets.checking.allowed import Allowed, allowed_in, days_in, measures_in
from service.spreadsheets.recorded_events import Find
from service.spreadsheets.sending.service import Result, SubmissionRefused

Json = dict[str, Any]
DONE = (HTTPStatus.CREATED, HTTPStatus.OK)


@dataclass(frozen=True, slots=True)
class Call:
    """The service at the address of a client, asked about an operation with the credential of the name `force`."""

    client: Client
    operation: str
    force: str

    def record(self, bodies: Sequence[Mapping[str, Any]], *, dry_run: bool) -> list[Result]:
        """Record events; return the result of each, in order.

        Raises:
            SubmissionRefused: the service refused the whole batch.
        """
        address = f"/v1/operations/{self.operation}/batches" + ("?dry_run=true" if dry_run else "")
        answer = self.client.post(address, {"events": bodies}, self.force)
        return [_result(one) for one in _results(answer)]

    def measures_and_days(self) -> tuple[Mapping[str, Measure], OperatingDays]:
        """Return the measures of the operation in publishing order, and its days.

        Raises:
            SubmissionRefused: the service does not show the operation.
        """
        found = self._body(f"/v1/operations/{self.operation}")
        return measures_in(found), days_in(found)

    def figures(self, force: str, wanted: Iterable[Counted], *, by_day: bool) -> tuple[dict[Counted, Amount], int]:
        """Return a force's figures of the wanted measures now, and the seq that they are true at.

        Without `by_day`, each is of all days.

        Raises:
            SubmissionRefused: the service does not show them.
        """
        measures = sorted({one.measure for one in wanted})
        if not measures:
            return {}, 0
        query = {"force": force, "measure": ",".join(measures)} | ({"by": "day"} if by_day else {})
        found = self._body(f"/v1/operations/{self.operation}/totals?{urlencode(query)}")
        amounts = {_counted(row): Amount(row["quantity"], row["qualifier"]) for row in found["figures"]}
        return amounts, found["as_of"]["seq"]

    def own_events(self, force: str, types: Iterable[str]) -> Iterator[str]:
        """Yield the canonical texts of a force's events of these types, in the order of the log.

        An answer that was cut off is noticed, because the page after it is not empty, and is read on from there.

        Raises:
            SubmissionRefused, LinesRefused: the service does not show them.
        """
        wanted = {"force": force, "type": ",".join(sorted(types))}
        last = '{"seq": 0}'
        while True:
            path = self._events(wanted | {"after": json.loads(last)["seq"]})
            for last in self.client.lines(path, self.force):
                yield last
            if not self._body(self._events(wanted | {"after": json.loads(last)["seq"], "limit": 1}))["events"]:
                return

    def _events(self, query: Json) -> str:
        return f"/v1/operations/{self.operation}/events?{urlencode(query)}"

    def _body(self, path: str) -> Json:
        return _body(self.client.get(path, self.force))


def finder(client: Client, operation: str, caller: str) -> Find:
    """Return a function that asks the service for a recorded event, by id or seq.

    It raises SubmissionRefused if the service does not answer the question.
    """

    def find(name: str) -> Mapping[str, Any] | None:
        events = f"/v1/operations/{operation}/events"
        seq = number_in(name)
        answer = client.get(f"{events}/{name}" if seq is None else f"{events}?after={seq - 1}&limit=1", caller)
        if answer.status == HTTPStatus.NOT_FOUND and answer.body.get("code") == "event_not_found":
            return None
        body = _body(answer)
        found = [body["event"]] if seq is None else body["events"]
        return next((one for one in found if seq in (None, one["seq"])), None)

    return find


def allowed_by(client: Client, name: str, operation: str, force: str) -> Allowed:
    """Return what an operation allows to a force, asked with the credential of this name.

    Raises:
        SubmissionRefused: the credential cannot read the operation.
    """
    found = _body(client.get(f"/v1/operations/{operation}", name))
    forces = client.get("/v1/forces", name).body.get("forces", ())
    return allowed_in(found, force, [one["force"] for one in forces])


def force_of(client: Client, name: str) -> str:
    """Return the force that a credential belongs to.

    Raises:
        SubmissionRefused: the service does not accept the credential.
    """
    return str(_body(client.get("/v1/me", name))["force"])


def _body(answer: JsonResponse) -> Json:
    if answer.status != HTTPStatus.OK:
        raise _refused(answer)
    return answer.body


def _results(answer: JsonResponse) -> list[Json]:
    results = answer.body.get("results")
    if not isinstance(results, list):
        raise _refused(answer)
    return results


def _refused(answer: JsonResponse) -> SubmissionRefused:
    return SubmissionRefused(f"{answer.body.get('detail', 'The request was refused.')} ({answer.status})")


def _result(found: Json) -> Result:
    if found["status"] in DONE:
        return Result(is_new=found["status"] == HTTPStatus.CREATED)
    problem = found["problem"]
    errors = tuple(FieldError(error["pointer"], error["detail"]) for error in problem["errors"])
    return Result(code=problem["code"], detail=problem["detail"], errors=errors)


def _counted(row: Json) -> Counted:
    day = row.get("day")
    return Counted(row["measure"], row.get("category") or "", date.fromisoformat(day) if day else None)
