"""Taking a log out and bringing it in elsewhere: its canonical texts, one a line, say all that there is to say.

An import believes nothing: every line is parsed, checked and decided again by the rules, and must come out as the very
same text. So the copy has the same totals and the same root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa

from service.domain.deciding.decide import LogHistory
from service.domain.deciding.draft import Draft, RecordedAtOutOfOrder, Submission
from service.domain.model.events import OperationAmended, OperationOpened
from service.domain.model.instants import format_instant
from service.domain.model.personal_data import refuse_personal
from service.domain.model.reference_data import force_catalogue
from service.errors import Conflict, Invalid
from service.eventlog import read
from service.eventlog.head import BEFORE_EVERYTHING, Head, UnknownOperation, begin_log, read_head
from service.projections import registry, totals_snapshots
from service.runtime.prefetch import one_ahead
from service.storage.db import Database
from service.usecases.maintenance.log_lines import Line, NotAsRecorded, naming, read_lines, runs
from service.usecases.recording.appending import settle
from service.usecases.recording.operations import OperationExists, refuse_moved_facts

LINES_IN_ONE_PAGE = 1_000


class LogHasGap(Conflict):
    """The log lacks an event, so it cannot be exported. `oprecord verify` says more."""

    code = "log_has_gap"


class NothingToImport(Invalid):
    """The import has no line."""

    code = "nothing_to_import"


class RootDiffers(Invalid):
    """The imported log has another root than the one expected: it is another log, or a part of it."""

    code = "root_differs"


@dataclass(frozen=True, slots=True)
class Imported:
    """What was imported: the operation, its size in events, and its root in hex."""

    operation: str
    size: int
    root: str


def export_operation(database: Database, operation: str) -> Iterator[str]:
    """Return the canonical texts of a log up to its present head, in pages with one short transaction each.

    Raises:
        UnknownOperation: there is no such operation.
        LogHasGap: while iterating, where an event is missing.
    """
    with database.reading() as connection:
        head = read_head(connection, operation)
    if head is None:
        raise UnknownOperation(f"There is no operation {operation!r}.")
    return _texts(database, head)


def _texts(database: Database, head: Head) -> Iterator[str]:
    done = 0
    while done < head.seq:
        with database.reading() as connection:
            rows = read.page(connection, head.operation, after=done, up_to=head.seq, limit=LINES_IN_ONE_PAGE)
        for seq, _force, text in rows or [(0, "", "")]:
            done += 1
            if seq != done:
                raise LogHasGap(f"{head.operation} lacks the event at seq {done}.")
            yield text


def import_operation(database: Database, lines: Iterable[bytes], *, expected_root: str | None = None) -> Imported:
    """Record a whole exported log in one transaction, all or nothing; the operation must not exist here.

    Lines are taken as they are needed, 4,000 at a time, while the transaction is open: on SQLite, which has one writer,
    nothing else is recorded meanwhile.

    Raises:
        LineRefused: naming the first line that is wrong, and what is wrong with it.
        OperationExists, NothingToImport, RootDiffers.
    """
    with database.writing() as connection:
        growing: _Growing | None = None
        for run in one_ahead(runs(read_lines(lines))):
            growing = growing or _begin(connection, database, run[0])
            growing.add(connection, run)
        if growing is None:
            raise NothingToImport("Wanted the lines of an exported log; found none.")
        head = growing.head
        root = read.tree_at(connection, head.operation, head.seq).root().hex()
        if expected_root is not None and root != expected_root.lower():
            raise RootDiffers(f"Wanted the root {expected_root}; the {head.seq:,} lines give {root}.")
        return Imported(head.operation, head.seq, root)


def _begin(connection: sa.Connection, database: Database, first: Line) -> _Growing:
    name, opened = first.recorded.operation, first.recorded.event.data
    with naming(first.number):
        if not isinstance(opened, OperationOpened):
            raise NotAsRecorded(f"A log begins with operation.opened; found {first.recorded.event.type}.")
        refuse_personal(name, "/operation")
    head = begin_log(
        connection,
        name,
        imported=opened.imported,
        projection_version=registry.VERSION,
        snapshot_every=totals_snapshots.EVERY,
    )
    if head.seq:
        raise OperationExists(f"The operation {name} is here already; an import wants an empty place.")
    draft = Draft(
        name=name,
        operation=None,
        history=LogHistory({}, {}),
        seq=0,
        recorded_at=BEFORE_EVERYTHING,
        clock=database.now(connection),
        live_recorded_at=BEFORE_EVERYTHING,
        forces=force_catalogue(),
    )
    return _Growing(head, draft)


@dataclass(slots=True)
class _Growing:
    """A log that is being imported: its head as it is stored, and the draft in which the next lines are decided."""

    head: Head
    draft: Draft

    def add(self, connection: sa.Connection, run: list[Line]) -> None:
        """Decide a run of lines and record it."""
        draft, before = self.draft, self.draft.operation
        found = [line.recorded.event for line in run]
        ids = {event_id for event in found for event_id in event.names}
        draft.history, draft.accepted = read.history(connection, draft.name, ids), []
        for line in run:
            with naming(line.number):
                self._decide(line)
                if before is not None and isinstance(line.recorded.event.data, OperationAmended):
                    refuse_moved_facts(connection, before, line.recorded.event.data)
        with naming(run[0].number, run[-1].number):
            settle(connection, self.head, before, draft, [])
        self.head = replace(self.head, seq=draft.seq, recorded_at=draft.recorded_at)

    def _decide(self, line: Line) -> None:
        """Decide a line as the service did that recorded it, and refuse it if that gives anything else."""
        draft, recorded = self.draft, line.recorded
        if (draft.seq == 0) != isinstance(recorded.event.data, OperationOpened):
            raise NotAsRecorded("operation.opened is the first event of every log, and no other.", pointer="/type")
        if not draft.recorded_at <= recorded.recorded_at <= draft.clock:
            raise RecordedAtOutOfOrder(
                f"Wanted recorded_at from {format_instant(draft.recorded_at)}, the last line's, to now.",
                pointer="/recorded_at",
            )
        # What was recorded live had its moment given by the service: here that is the line's own.
        draft.live_recorded_at = recorded.recorded_at
        moment = recorded.recorded_at if self.head.imported else None
        decided = draft.add(Submission(recorded.event, moment), recorded.recorded_by)
        if not decided.is_new:
            raise NotAsRecorded(f"This is the event at seq {decided.recorded.seq} again.", pointer="/id")
        if decided.recorded != recorded:
            raise NotAsRecorded(f"Decided anew, this line is event {decided.recorded.seq}, or has other content.")
