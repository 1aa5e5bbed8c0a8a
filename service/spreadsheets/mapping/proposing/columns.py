"""Propose a mapping for each column of a table, and keep what was answered before."""

from __future__ import annotations

from dataclasses import replace

from service.spreadsheets.mapping.model import (
    OPEN,
    ColumnMapping,
)
from service.spreadsheets.mapping.proposing.details import Details
from service.spreadsheets.mapping.proposing.look import (
    Look,
)
from service.spreadsheets.mapping.proposing.settle import (
    settle_cash,
    settle_classes,
    settle_items,
    settle_sums,
    settle_times,
    settle_unique,
    settle_units,
)
from service.spreadsheets.mapping.proposing.targets import Targets
from service.spreadsheets.reading.cells import is_blank


def proposed_columns(look: Look) -> list[ColumnMapping]:
    """Return the mapped columns in the order of the file."""
    filled = {at for cells in look.table.rows.values() for at, cell in enumerate(cells) if not is_blank(cell)}
    named = {at for at, heading in enumerate(look.table.headings) if heading}
    targets, details = Targets(look), Details(look)
    found = {at: targets.column(at) for at in sorted(filled | named)}
    for settle in (settle_units, settle_sums, settle_times, settle_classes, settle_unique, settle_items, settle_cash):
        settle(look, found)
    known = {one.to for one in found.values()}
    return [_kept(look, details.finished(at, one, known)) for at, one in found.items()]


def _kept(look: Look, one: ColumnMapping) -> ColumnMapping:
    """Return a column with what was answered before."""
    before = look.answer(one)
    if before is None:
        return one
    names = ("unit", "order", "stored_dates", "blank", "other_forces")
    kept = {name: value for name in names if (value := getattr(before, name)) not in ("", OPEN)}
    return replace(one, sets=before.sets or one.sets, of=before.of or one.of, **kept)
