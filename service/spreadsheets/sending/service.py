"""What the sending of a spreadsheet asks of the service, as the force that sends it, over HTTP or in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from service.domain.model.days import OperatingDays
from service.domain.model.reference_data import Measure
from service.errors import FieldError, Invalid
from service.spreadsheets.additions import Amount, Counted

EVENTS_IN_ONE_BATCH = 250


class SubmissionRefused(Invalid):
    """The service refused a whole request: the credential, the operation or the URL is wrong."""

    code = "submission_refused"


class Result(NamedTuple):
    """The service's result for an event: recorded now, or before, or refused with an error. A dry run only decides."""

    is_new: bool = False
    code: str = ""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the service has, or would have, recorded the event."""
        return not self.code


class Service(Protocol):
    """The service, asked about one operation as one force.

    Raises:
        SubmissionRefused: in every method, if the service refuses the question.
    """

    def record(self, bodies: Sequence[Mapping[str, Any]], *, dry_run: bool) -> Sequence[Result]:
        """Record events; return the result of each, in order."""
        ...

    def measures_and_days(self) -> tuple[Mapping[str, Measure], OperatingDays]:
        """Return the measures of the operation in publishing order, and its days."""
        ...

    def figures(self, force: str, wanted: Iterable[Counted], *, by_day: bool) -> tuple[dict[Counted, Amount], int]:
        """Return a force's figures of the wanted measures now, and the seq that they are true at.

        Without `by_day`, each is of all days.
        """
        ...

    def own_events(self, force: str, types: Iterable[str]) -> Iterator[str]:
        """Yield the canonical texts of a force's events of these types, in the order of the log."""
        ...


class Sendable(Protocol):
    """What is sent as an event: a row, or the withdrawal of one."""

    def body(self) -> dict[str, Any]:
        """Return the event as sent."""
        ...


S = TypeVar("S", bound=Sendable)


def results(service: Service, sendable: Sequence[S], *, dry_run: bool) -> Iterator[tuple[int, S, Result]]:
    """Send events in batches; yield the number done, each event, and the service's result for it."""
    for start in range(0, len(sendable), EVENTS_IN_ONE_BATCH):
        some = sendable[start : start + EVENTS_IN_ONE_BATCH]
        found = service.record([one.body() for one in some], dry_run=dry_run)
        for number, (one, result) in enumerate(zip(some, found, strict=True), start=start + 1):
            yield number, one, result
