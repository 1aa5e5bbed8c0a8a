"""What sending a spreadsheet would change, shown before anything is sent: new rows, figures, unusual values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from service.domain.model.events import FACTS, Event, EventWithdrawn
from service.errors import FieldError
from service.plurals import counted
from service.spreadsheets.additions import Change, SumLine, additions, sum_lines
from service.spreadsheets.checking.explained import explained
from service.spreadsheets.recorded import OwnRecord, Recorded, copies, own_record, said_by
from service.spreadsheets.sending.sent_rows import SentRows
from service.spreadsheets.sending.service import Service
from service.spreadsheets.sending.submission import Planned
from service.spreadsheets.sending.withdrawals import Withdrawal
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.unusual import unusual
from service.wire.checked import load_event

FACT_TYPES = frozenset(cls.wire_type for cls in FACTS)


class Row(NamedTuple):
    """A planned event, the sheet that it is from, and the event as the service reads it."""

    sheet: Sheet
    planned: Planned
    event: Event


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would change.

    `new` are the rows that are not recorded yet, and `copies` those of them that say what a recorded event of another
    file says. `withdrawals` is how many events would be withdrawn. `lines` are true at the event `seq`. `unusual` has a
    sentence for each value, with its place.
    """

    new: list[Row] = field(default_factory=list)
    withdrawals: int = 0
    copies: list[tuple[Row, Recorded]] = field(default_factory=list)
    lines: list[SumLine] = field(default_factory=list)
    unusual: list[str] = field(default_factory=list)
    seq: int = 0

    @property
    def size(self) -> int:
        """How many rows of the spreadsheet would be sent."""
        return sum(len(row.planned.event.rows) for row in self.new)

    @property
    def warning(self) -> str:
        """How many values are unusual, as the end of a sentence; empty if none is."""
        return f"; {counted(len(self.unusual), 'value is', 'values are')} unusual" if self.unusual else ""


def preview_of(
    parts: Sequence[tuple[Sheet, Sequence[Planned]]],
    withdrawals: Sequence[Withdrawal],
    state: SentRows,
    service: Service,
) -> Preview:
    """Return what sending these rows and withdrawals would change. The service has already checked them.

    Raises:
        SubmissionRefused, LinesRefused: the service does not show what it has recorded of the force.
    """
    rows = [Row(sheet, one, load_event(one.body())) for sheet, planned in parts for one in planned]
    if not (rows or withdrawals):
        return Preview()
    record = _record(rows, withdrawals, state, service)
    new = [index for index, row in enumerate(rows) if row.event.id not in record.ids]
    withdrawn = [UUID(one.gone.sent.id) for one in withdrawals if _id(one) not in record.ids]
    if not (new or withdrawn):
        return Preview()
    added = [index for index in new if rows[index].event.corrects is None]
    found = copies([rows[index].event for index in added], record.equal)
    changes = [Change(rows[index].event, _corrected(rows[index].event, record)) for index in new]
    changes += [Change(None, record.versions[one]) for one in withdrawn]
    measures, days = service.measures_and_days()
    adds = additions(changes, measures, days)
    by_day, _seq = service.figures(state.force, adds, by_day=True)
    all_days, seq = service.figures(state.force, adds, by_day=False)
    strange = unusual([row.event for row in rows], measures, days, frozenset(new))
    return Preview(
        new=[rows[index] for index in new],
        withdrawals=len(withdrawn),
        copies=[(rows[added[index]], recorded) for index, recorded in found.items()],
        lines=sum_lines(adds, by_day, all_days, measures),
        unusual=[f"{_place(rows[one.index], one.pointer)}: {one.value}. {one.why}" for one in strange],
        seq=seq,
    )


def _record(rows: Sequence[Row], withdrawals: Sequence[Withdrawal], state: SentRows, service: Service) -> OwnRecord:
    types = {row.event.type for row in rows}
    if withdrawals or EventWithdrawn.wire_type in types:
        types |= FACT_TYPES
    corrected = {row.event.corrects for row in rows if row.event.corrects is not None}
    ids = {row.event.id for row in rows} | set(map(_id, withdrawals))
    return own_record(
        service.own_events(state.force, types | {EventWithdrawn.wire_type}),
        ids=ids,
        versions=corrected | {UUID(one.gone.sent.id) for one in withdrawals},
        own=ids | _ids(state),
        said={said_by(row.event) for row in rows if row.event.corrects is None},
    )


def _id(withdrawal: Withdrawal) -> UUID:
    return UUID(withdrawal.body()["id"])


def _ids(state: SentRows) -> set[UUID]:
    """Return the ids of all events that were sent from the file."""
    return {UUID(one) for row in state.rows.values() for one in (row.id, row.corrects) if one}


def _corrected(event: Event, record: OwnRecord) -> Event | None:
    return None if event.corrects is None else record.versions[event.corrects]


def _place(row: Row, pointer: str) -> str:
    (cell,) = explained(row.sheet, row.planned.event.rows, [FieldError(pointer, "")])
    return row.sheet.place(cell.row, cell.column)


def label(line: SumLine) -> str:
    """Return what a figure counts, in words."""
    return ", ".join([line.measure.label, *([line.category] if line.category else [])])
