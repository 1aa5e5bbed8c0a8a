"""Export and import of a log: its canonical texts, one per line, hold everything that is recorded.

A line before them gives their number and the root, so that a file that was cut is found.

An import trusts nothing: every line is parsed, checked and decided again by the rules, and must give the identical
text. So the copy has the same totals and the same root. Only its drugs are not compared with the drug list, which
changes with the law and with releases: a log recorded under an earlier list imports unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain

import sqlalchemy as sa

from service.domain.deciding.decide import LogHistory
from service.domain.deciding.draft import Draft, RecordedAtOutOfOrder, Submission
from service.domain.model.events import (
    FiguresPublished,
    ForceAmended,
    ForceLeft,
    OperationAmended,
    OperationOpened,
    RecordedEvent,
)
from service.domain.model.instants import format_instant
from service.domain.model.personal_data import refuse_personal
from service.domain.model.reference_data import force_catalogue
from service.errors import Conflict, Invalid
from service.eventlog import read
from service.eventlog.head import BEFORE_EVERYTHING, Head, begin_log, existing_head
from service.projections import registry, totals_snapshots
from service.runtime.prefetch import prefetched
from service.storage.db import Database
from service.usecases.maintenance.log_lines import (
    ImportedLine,
    LogHeader,
    NotAsRecorded,
    errors_at_line,
    header_in,
    read_lines,
    runs,
)
from service.usecases.querying.publications import PublicationDiffers, publication_fault
from service.usecases.recording.appending import append_accepted
from service.usecases.recording.operations import OperationExists, refuse_force_with_events, refuse_moved_facts
from service.usecases.recording.whole import check_imported_parts

LINES_IN_ONE_PAGE = 1_000


class LogHasGap(Conflict):
    """An event is missing from the log, so it cannot be exported. `oprecord verify` reports the details."""

    code = "log_has_gap"


class NothingToImport(Invalid):
    """The import has no lines."""

    code = "nothing_to_import"


class LogCut(Invalid):
    """The file has fewer events, or more, than its first line says: it was cut, or lines were added."""

    code = "log_cut"


class RootDiffers(Invalid):
    """The imported log does not have the expected root: it is another log, or an incomplete one."""

    code = "root_differs"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The imported operation, its size in events, its root in hex, and whether the file said that it is all of them."""

    operation: str
    size: int
    root: str
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Export:
    """A log up to its head when the export began. `texts` are read in pages, one short transaction per page.

    Iterating over `texts` raises LogHasGap if an event is missing.
    """

    header: LogHeader
    texts: Iterator[str]

    def lines(self) -> Iterator[bytes]:
        """Return the lines of the file, each with its line end."""
        return (text.encode() + b"\n" for text in chain([self.header.line()], self.texts))


def export_operation(database: Database, operation: str) -> Export:
    """Return the log of an operation, to be written to a file.

    Raises:
        UnknownOperation: there is no such operation.
        LogHasGap: an event is missing. Others are found while iterating over the texts.
    """
    with database.reading() as connection:
        head = existing_head(connection, operation)
        try:
            root = read.tree_at(connection, operation, head.seq).root().hex()
        except KeyError as error:
            raise LogHasGap(f"{operation} has no event at seq {error}. Run `oprecord verify`.") from error
    return Export(LogHeader(operation, root, head.seq), _texts(database, head))


def _texts(database: Database, head: Head) -> Iterator[str]:
    done = 0
    while done < head.seq:
        with database.reading() as connection:
            rows = read.page(connection, head.operation, after=done, up_to=head.seq, limit=LINES_IN_ONE_PAGE)
        for seq, _force, text in rows or [(0, "", "")]:
            done += 1
            if seq != done:
                raise LogHasGap(f"{head.operation} has no event at seq {done}. Run `oprecord verify`.")
            yield text


def import_operation(database: Database, lines: Iterable[bytes], *, expected_root: str | None = None) -> ImportResult:
    """Record a whole exported log in one transaction, all or nothing; the operation must not exist.

    Lines are read in runs of up to 4,000 while the transaction is open. On SQLite, which has a single writer, nothing
    else can be recorded until it ends.

    Raises:
        LineRefused: naming the first invalid line and its error.
        OperationExists, NothingToImport, LogCut, RootDiffers.
        NotAPart, ContainsItself: it does not fit the operations of this database that it has as parts.
    """
    lines = iter(lines)
    first = next(lines, b"")
    header = header_in(first)
    events = read_lines(lines, 2) if header else read_lines(chain([first] if first else [], lines))
    with database.writing() as connection:
        importing: _Import | None = None
        for run in prefetched(runs(events)):
            importing = importing or _begin(connection, database, run[0])
            importing.add(connection, run)
        if header is not None:
            _require_all(header, importing.head if importing else None)
        if importing is None:
            raise NothingToImport("Expected the lines of an exported log; found none.")
        head = importing.head
        assert importing.draft.operation is not None, "its first line opened it"
        check_imported_parts(connection, database, importing.draft.operation)
        root = read.tree_at(connection, head.operation, head.seq).root().hex()
        for expected in (header.root if header else root, expected_root or root):
            if root != expected.lower():
                raise RootDiffers(f"Expected the root {expected}; found {root} after {head.seq:,} events.")
        return ImportResult(head.operation, head.seq, root, is_complete=header is not None or expected_root is not None)


def _require_all(header: LogHeader, head: Head | None) -> None:
    found = head.seq if head else 0
    if found != header.size:
        raise LogCut(
            f"Expected {header.size:,} events, as the first line says; found {found:,}. Nothing was imported. Copy the "
            "file again, or export the log again."
        )


def _begin(connection: sa.Connection, database: Database, first: ImportedLine) -> _Import:
    name, opened = first.recorded.operation, first.recorded.event.data
    with errors_at_line(first.number):
        if not isinstance(opened, OperationOpened):
            raise NotAsRecorded(f"Expected operation.opened as the first event; found {first.recorded.event.type}.")
        refuse_personal(name, "/operation")
    head = begin_log(
        connection,
        name,
        imported=opened.imported,
        projection_version=registry.VERSION,
        snapshot_every=totals_snapshots.EVERY,
    )
    if head.seq:
        raise OperationExists(f"The operation {name} already exists; import its log into a database without it.")
    draft = Draft(
        name=name,
        operation=None,
        history=LogHistory({}, {}),
        seq=0,
        recorded_at=BEFORE_EVERYTHING,
        clock=database.now(connection),
        live_recorded_at=BEFORE_EVERYTHING,
        forces=force_catalogue(),
        from_a_log=True,
    )
    return _Import(database, head, draft)


@dataclass(slots=True)
class _Import:
    """A log during its import: its stored head, and the draft in which the next lines are decided."""

    database: Database
    head: Head
    draft: Draft
    publications: int = 0

    def add(self, connection: sa.Connection, run: list[ImportedLine]) -> None:
        """Decide a run of lines and record their events."""
        draft, before = self.draft, self.draft.operation
        found = [line.recorded.event for line in run]
        ids = {event_id for event in found for event_id in event.names}
        draft.history, draft.accepted = read.history(connection, draft.name, ids), []
        for line in run:
            with errors_at_line(line.number):
                self._decide(line)
                if before is not None and isinstance(line.recorded.event.data, OperationAmended):
                    refuse_moved_facts(connection, before, line.recorded.event.data)
                if isinstance(line.recorded.event.data, ForceLeft | ForceAmended):
                    refuse_force_with_events(connection, self.head, line.recorded.event.data.force)
                if isinstance(line.recorded.event.data, FiguresPublished):
                    self._check_publication(connection, line.recorded)
        with errors_at_line(run[0].number, run[-1].number):
            append_accepted(connection, self.head, before, draft, [])
        self.head = replace(self.head, seq=draft.seq, recorded_at=draft.recorded_at)

    def _check_publication(self, connection: sa.Connection, recorded: RecordedEvent) -> None:
        """Recompute a publication from the lines before it, which are recorded.

        Raises:
            PublicationDiffers: they do not add up to it.
        """
        self.publications += 1
        if detail := publication_fault(connection, self.database, self.head, recorded, self.publications):
            raise PublicationDiffers(f"Publication {self.publications} is not what the log adds up to: {detail}.")

    def _decide(self, line: ImportedLine) -> None:
        """Decide a line again as the exporting service did; refuse it if the result differs."""
        draft, recorded = self.draft, line.recorded
        if (draft.seq == 0) != isinstance(recorded.event.data, OperationOpened):
            raise NotAsRecorded(
                "operation.opened must be the first event of the log, and only the first.", pointer="/type"
            )
        if not draft.recorded_at <= recorded.recorded_at <= draft.clock:
            raise RecordedAtOutOfOrder(
                f"Expected recorded_at from {format_instant(draft.recorded_at)}, the last line's, to now; "
                f"found {format_instant(recorded.recorded_at)}.",
                pointer="/recorded_at",
            )
        # The service set the recorded_at of an event recorded live: here it is the line's.
        draft.live_recorded_at = recorded.recorded_at
        moment = recorded.recorded_at if self.head.imported else None
        decided = draft.add(Submission(recorded.event, moment), recorded.recorded_by)
        if not decided.is_new:
            raise NotAsRecorded(f"Duplicate of the event at seq {decided.recorded.seq}.", pointer="/id")
        if decided.recorded != recorded:
            raise NotAsRecorded(f"Expected the event at seq {decided.recorded.seq}, as decided; found other content.")
