"""The service as the sending of a spreadsheet asks it, answered by use cases in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from service.access.credentials import Credential, Held
from service.domain.counting.selection import Selection
from service.domain.deciding.draft import Submission
from service.domain.model.days import OperatingDays
from service.domain.model.operation import Operation
from service.domain.model.reference_data import Measure
from service.domain.model.vocabulary import number_in
from service.errors import RecordError
from service.eventlog.cursors import Cursor
from service.spreadsheets.additions import Amount, Counted
from service.spreadsheets.checking.allowed import Allowed, allowed_by
from service.spreadsheets.sending.service import Result
from service.storage.db import Database
from service.usecases.querying.as_of import Moment
from service.usecases.querying.forces import list_forces
from service.usecases.querying.read_events import EventNotFound, Filter, read_event, read_page, stream_lines
from service.usecases.querying.read_operations import read_operation
from service.usecases.querying.totals import totals
from service.usecases.recording.appending import Outcome
from service.usecases.recording.record import record_events
from service.wire.checked import load_submission


@dataclass(slots=True)
class OwnService:
    """One operation, asked with a credential. `seqs` are those of the events that were recorded, by id."""

    database: Database
    credential: Credential
    operation: Operation
    seqs: dict[str, int] = field(default_factory=dict)

    def record(self, bodies: Sequence[Mapping[str, Any]], *, dry_run: bool) -> list[Result]:
        """Record events; return the result of each, in order."""
        outcomes = record_events(
            self.database,
            operation=self.operation.operation,
            sender=Held(self.credential),
            submissions=[self._submission(body) for body in bodies],
            dry_run=dry_run,
        )
        for outcome in outcomes:
            if outcome.receipt is not None:
                self.seqs[str(outcome.receipt.id)] = outcome.receipt.seq
        return [_result(outcome) for outcome in outcomes]

    def measures_and_days(self) -> tuple[Mapping[str, Measure], OperatingDays]:
        """Return the measures of the operation in publishing order, and its days."""
        return self.operation.measures, self.operation.days

    def figures(self, force: str, wanted: Iterable[Counted], *, by_day: bool) -> tuple[dict[Counted, Amount], int]:
        """Return a force's figures of the wanted measures now, and the seq that they are true at."""
        measures = tuple(sorted({one.measure for one in wanted}))
        if not measures:
            return {}, 0
        found = totals(
            self.database,
            operation=self.operation.operation,
            credential=self.credential,
            selection=Selection(by=("day",) if by_day else (), measures=measures, forces=(force,)),
            moment=Moment(),
        )
        amounts = {
            Counted(one.measure, one.category or "", one.day): Amount(one.quantity, one.qualifier)
            for one in found.figures
        }
        return amounts, found.positions[0].seq

    def own_events(self, force: str, types: Iterable[str]) -> Iterator[str]:
        """Yield the canonical texts of a force's events of these types, in the order of the log."""
        wanted = Filter(forces=(force,), types=tuple(sorted(types)))
        return stream_lines(
            self.database,
            operation=self.operation.operation,
            credential=self.credential,
            wanted=wanted,
            after=Cursor(0),
        )

    def find(self, name: str) -> Mapping[str, Any] | None:
        """Return a recorded event by its id or seq; None if the force cannot read such an event."""
        about = {"operation": self.operation.operation, "credential": self.credential}
        if (seq := number_in(name)) is not None:
            page = read_page(self.database, **about, wanted=Filter(), after=Cursor(seq - 1), limit=1)  # type: ignore[arg-type]
            return next((one for one in page.events if one["seq"] == seq), None)
        with suppress(EventNotFound):
            return read_event(self.database, **about, event_id=UUID(name)).event  # type: ignore[arg-type]
        return None

    def _submission(self, body: Mapping[str, Any]) -> Submission | RecordError:
        try:
            found = load_submission(dict(body))
        except RecordError as error:
            return error
        return Submission(found.event, datetime.now(UTC)) if self.operation.imported else found


def own_service(database: Database, credential: Credential, operation: str) -> tuple[OwnService, Allowed]:
    """Return the service for an operation, and what that allows to the credential's force.

    Raises:
        UnknownOperation: there is no such operation, or the credential may not know of it.
    """
    _head, found = read_operation(database, operation=operation, credential=credential)
    known = [one.force for one in list_forces(database)]
    return OwnService(database, credential, found), allowed_by(found, credential.force, known)


def _result(outcome: Outcome) -> Result:
    error = outcome.error
    if error is None:
        return Result(is_new=outcome.is_new)
    return Result(code=error.code, detail=error.detail, errors=tuple(error.errors))
