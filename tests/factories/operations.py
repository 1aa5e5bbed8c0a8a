"""An operation to record events in: its state in memory, or opened in a database with methods to use and inspect it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import factory
import sqlalchemy as sa

from service.access.credentials import Credential
from service.domain.deciding.draft import Opening, Submission
from service.domain.model.events import Event, ForceJoined, RecordedBy, RecordedEvent
from service.domain.model.operation import Operation, fold
from service.errors import RecordError
from service.eventlog.head import Head, read_head
from service.eventlog.receipts import Receipt
from service.eventlog.table import events, heads
from service.projections.compare import Difference
from service.projections.entries import entries
from service.projections.totals import COLUMNS, totals
from service.projections.totals_snapshots import totals_snapshots
from service.storage.db import Database
from service.storage.writes import Row
from service.usecases.maintenance.rebuild import rebuild
from service.usecases.maintenance.verify import verify_projections
from service.usecases.recording.operations import change_operation, open_operation
from service.usecases.recording.record import Outcome, record_events
from tests.factories.credentials import CredentialFactory
from tests.factories.setup import LEAD, ForceJoinedFactory, OperationOpenedFactory

NAME = "lantern"
# When the operation was opened, and when an event of its second evening was recorded.
OPENED_AT = datetime(2023, 1, 10, 9, tzinfo=UTC)
RECORDED_AT = datetime(2023, 1, 18, 8, tzinfo=UTC)

# The lead and two forces report events, one reports tallies, and one, which coordinates, reports nothing.
FORCES = (
    ForceJoined(force=LEAD, name="Metropolitan Police Service", kind="territorial"),
    ForceJoined(force="surrey", name="Surrey Police", kind="territorial"),
    ForceJoined(force="kent", name="Kent Police", kind="territorial"),
    ForceJoined(force="essex", name="Essex Police", kind="territorial", reports="tallies"),
    ForceJoined(force="lantern-desk", name="Lantern coordination desk", kind="coordinator", reports="nothing"),
)


class RecordedEventFactory(factory.Factory):
    """An event as the first of its log, sent by its own force."""

    class Meta:
        model = RecordedEvent

    operation = NAME
    seq = 1
    recorded_at = RECORDED_AT
    recorded_by = factory.LazyAttribute(
        lambda recorded: RecordedBy(force=recorded.event.force, role=CredentialFactory(force=recorded.event.force).role)
    )


def setup_log(*further: Event, **opening: Any) -> list[RecordedEvent]:
    """Return the first events of a log: the opening, the forces that join, and further setup events."""
    joins = [ForceJoinedFactory(joining=one.force, name=one.name, kind=one.kind, reports=one.reports) for one in FORCES]
    setup = [OperationOpenedFactory(**opening), *joins, *further]
    return [
        RecordedEventFactory(event=event, seq=seq, recorded_at=OPENED_AT) for seq, event in enumerate(setup, start=1)
    ]


def operation_state(*further: Event, **opening: Any) -> Operation:
    """Return the operation in memory, after further setup events."""
    return fold(setup_log(*further, **opening))


class Key(NamedTuple):
    """The key of a figure."""

    force: str
    day: str
    measure: str
    category: str
    qualifier: str


Figures = dict[Key, int]


@dataclass(frozen=True)
class OpenedOperation:
    """An operation in a database. The sender is the force of the first event unless `sender` is given."""

    database: Database
    name: str

    def submit(
        self,
        *items: Event | Submission | RecordError,
        sender: Credential | None = None,
        atomic: bool = False,
        dry_run: bool = False,
    ) -> list[Outcome]:
        """Send events in one request and return their outcomes."""
        submissions = [Submission(item) if isinstance(item, Event) else item for item in items]
        sender = sender or CredentialFactory(force=_force_of(submissions))
        return record_events(
            self.database,
            operation=self.name,
            sender=sender,
            submissions=submissions,
            atomic=atomic,
            dry_run=dry_run,
        )

    def record(self, event: Event, *, recorded_at: datetime | None = None, sender: Credential | None = None) -> Receipt:
        """Send one event and return its receipt; raise the error if it is refused."""
        (outcome,) = self.submit(Submission(event, recorded_at), sender=sender)
        return _receipt(outcome)

    def record_all(self, *events: Event, sender: Credential | None = None) -> list[Receipt]:
        """Send events in one request and return their receipts; raise the first error if any is refused."""
        return [_receipt(outcome) for outcome in self.submit(*events, sender=sender)]

    def change(self, event: Event, *, recorded_at: datetime | None = None, sender: Credential | None = None) -> Receipt:
        """Send one setup event as the coordinator; return its receipt."""
        sender = sender or CredentialFactory(force=LEAD)
        submission = Submission(event, recorded_at)
        return _receipt(change_operation(self.database, operation=self.name, sender=sender, submission=submission))

    def head(self) -> Head:
        """Return the current head of the log."""
        with self.database.reading() as connection:
            head = read_head(connection, self.name)
        assert head is not None
        return head

    def log(self) -> list[str]:
        """Return the canonical texts of all events, in the order of the log."""
        with self.database.reading() as connection:
            statement = sa.select(events.c.text).where(events.c.operation_id == self.name)
            return list(connection.scalars(statement.order_by(events.c.seq)))

    def entries(self) -> list[dict[str, Any]]:
        """Return the live entries in the order in which they were made, without operation and generation."""
        columns = [column for column in entries.c if column.name not in ("operation_id", "generation")]
        with self.database.reading() as connection:
            rows = connection.execute(self._live(entries, columns).order_by(entries.c.seq, entries.c.line))
            return [dict(row) for row in rows.mappings()]

    def figures(self) -> Figures:
        """Return the live totals that are not fully reversed: quantity by force, day, measure, category, qualifier."""
        with self.database.reading() as connection:
            rows = connection.execute(self._live(totals, [*_key_columns(totals), totals.c.quantity, totals.c.lines]))
            return {Key(*key): quantity for *key, quantity, lines in rows if lines > 0}

    def carried(self) -> dict[int, list[Row]]:
        """Return the live totals snapshots by seq, each in the form of `total_rows`."""
        columns = [totals_snapshots.c[name] for name in COLUMNS[2:]]
        with self.database.reading() as connection:
            statement = self._live(totals_snapshots, [totals_snapshots.c.seq, *columns])
            rows = connection.execute(statement.order_by(totals_snapshots.c.seq, *columns)).all()
        return {seq: [tuple(row) for _seq, *row in found] for seq, found in groupby(rows, key=itemgetter(0))}

    def total_rows(self) -> list[Row]:
        """Return the live totals, including fully reversed ones: key, quantity, lines and last seq, sorted."""
        columns = [totals.c[name] for name in COLUMNS[2:]]
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(self._live(totals, columns).order_by(*columns))]

    def figures_as_of(self, seq: int) -> Figures:
        """Return the sums of the live entries up to this seq that are not fully reversed."""
        summed = [sa.cast(sa.func.sum(column), sa.BigInteger) for column in (entries.c.quantity, entries.c.lines)]
        statement = self._live(entries, [*_key_columns(entries), *summed]).where(entries.c.seq <= seq)
        with self.database.reading() as connection:
            rows = connection.execute(statement.group_by(*_key_columns(entries)))
            return {Key(*key): quantity for *key, quantity, lines in rows if lines > 0}

    def quantity(self, measure: str, **key: str) -> int:
        """Return the live total of a measure, or of its part with these values in the key."""
        wanted = {"measure": measure, **key}
        return sum(quantity for found, quantity in self.figures().items() if wanted.items() <= found._asdict().items())

    def _live(self, table: sa.Table, columns: Sequence[Any]) -> sa.Select[Any]:
        live = sa.select(heads.c.generation).where(heads.c.operation_id == self.name).scalar_subquery()
        return sa.select(*columns).where(table.c.operation_id == self.name, table.c.generation == live)

    def difference(self) -> Difference | None:
        """Return the first difference between the projections and the log; None if they agree."""
        fault = verify_projections(self.database, self.name)
        return None if fault is None else Difference(fault.table, fault.seq, fault.detail)


def opened_operation(
    database: Database,
    name: str = NAME,
    *,
    forces: Sequence[ForceJoined] = FORCES,
    recorded_at: datetime | None = None,
    snapshot_every: int | None = None,
    **opening: Any,
) -> OpenedOperation:
    """Open an operation in which the five forces take part; `recorded_at` makes it an imported one.

    With `snapshot_every` it is rebuilt at once with this totals snapshot interval, short enough for a short log.
    """
    event = OperationOpenedFactory(
        forces=tuple(joined.force for joined in forces), imported=recorded_at is not None, **opening
    )
    new = Opening(operation=name, submission=Submission(event, recorded_at), forces=forces)
    open_operation(database, sender=CredentialFactory(force=event.data.lead_force), opening=new)
    if snapshot_every is not None:
        rebuild(database, name, snapshot_every=snapshot_every)
    return OpenedOperation(database, name)


def _key_columns(table: sa.Table) -> list[sa.Column[Any]]:
    return [table.c[name] for name in Key._fields]


def _force_of(submissions: Sequence[Submission | RecordError]) -> str:
    return next(one.event.force for one in submissions if isinstance(one, Submission))


def _receipt(outcome: Outcome) -> Receipt:
    if outcome.error is not None:
        raise outcome.error
    assert outcome.receipt is not None
    return outcome.receipt
