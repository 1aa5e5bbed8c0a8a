"""Check the sheets of a file against an operation: its events, and every mistake, for whoever shows and sends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.spreadsheets.checking.allowed import Allowed
from service.spreadsheets.checking.mistakes import SheetMistake, in_order
from service.spreadsheets.events import SheetEvent, repeated_references, sheet_events
from service.spreadsheets.sheets import Sheet
from service.spreadsheets.templates import CellError


@dataclass(frozen=True, slots=True)
class Checked:
    """The sheets of a file with their valid events, and the errors found so far, both by the name of the sheet."""

    sheets: Sequence[Sheet]
    events: Mapping[str, Sequence[SheetEvent]]
    errors: Mapping[str, list[CellError]]

    def add(self, errors: Iterable[tuple[str, CellError]]) -> None:
        """Add errors that were found elsewhere, each with its sheet."""
        for name, error in errors:
            self.errors[name].append(error)

    def mistakes(self) -> list[SheetMistake]:
        """Return the errors in the order of the sheets, rows and columns."""
        return in_order(self.sheets, self.errors)


def check_sheets(sheets: Sequence[Sheet], allowed: Allowed, now: datetime) -> Checked:
    """Return the valid events of the sheets, and every error that can be found without the log of the operation.

    The sheets are those that `choose_sheets` returns for the grids of a file.
    """
    found = {sheet.name: sheet_events(sheet, allowed, now) for sheet in sheets}
    events = {name: events for name, (events, _errors) in found.items()}
    errors = {name: errors for name, (_events, errors) in found.items()}
    for name, error in repeated_references([(sheet, events[sheet.name]) for sheet in sheets]):
        errors[name].append(error)
    return Checked(sheets, events, errors)
