"""Rows that were sent and are gone from the spreadsheet: their events go on counting until they are withdrawn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from service.errors import Conflict
from service.spreadsheets.events import SHORTENED, SheetEvent
from service.spreadsheets.sending.sent_rows import SentRow, SentRows, prefix_of

REFERENCE, RETURN, CORRECTS, WITHDRAWS = "reference:", "return:", "corrects:", "withdraws:"
ROWS_TO_NAME = 20
NUMBER = re.compile(r"[0-9]+(\.(?P<decimals>[0-9]+))?(?P<exponent>e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)


class ReferencesRewritten(Conflict):
    """A spreadsheet program turned references into numbers. Sent again like this, the rows would count twice."""

    code = "references_rewritten"


@dataclass(frozen=True, slots=True)
class Gone:
    """A row that was sent, was not withdrawn, and is no longer in the spreadsheet."""

    identity: str
    sent: SentRow

    def __str__(self) -> str:
        return f"{self._name} (event {self.sent.id})"

    @property
    def _name(self) -> str:
        if self.is_return:
            return f"return for {within_sheet(self.identity).removeprefix(RETURN).rstrip(':')}"
        for prefix, name in ((CORRECTS, "correction"), (WITHDRAWS, "withdrawal")):
            if within_sheet(self.identity).startswith(prefix):
                return f"{name} of event {within_sheet(self.identity).removeprefix(prefix)}"
        reference = reference_of(self.identity)
        return "a row without a reference" if reference is None else f"reference {reference}"

    @property
    def is_return(self) -> bool:
        """Return whether the row is a return, which cannot be withdrawn."""
        return within_sheet(self.identity).startswith(RETURN)

    @property
    def is_withdrawal(self) -> bool:
        """Return whether the row withdraws an event that it names, which is final."""
        return within_sheet(self.identity).startswith(WITHDRAWS)


def gone_rows(events: Sequence[SheetEvent], before: SentRows) -> list[Gone]:
    """Return the rows that were sent and are gone, without those that are withdrawn."""
    now = {one.identity for one in events}
    return [Gone(name, sent) for name, sent in before.rows.items() if name not in now and not sent.withdrawal]


def keep(gone: Sequence[Gone], state: SentRows) -> None:
    """Note that the events of gone rows stay recorded, so that new rows in a later run are not taken for them."""
    state.rows |= {one.identity: replace(one.sent, kept=True) for one in gone}


def named(gone: Sequence[Gone]) -> str:
    """Return the references and event ids of the first rows, and how many more there are."""
    more = f"; and {len(gone) - ROWS_TO_NAME:,} more" if len(gone) > ROWS_TO_NAME else ""
    return "; ".join(str(one) for one in gone[:ROWS_TO_NAME]) + more


def refuse_rewritten(new: Sequence[SheetEvent], gone: Sequence[Gone]) -> None:
    """Refuse new rows whose reference is a gone one as a spreadsheet program rewrites it: 17 for 0017.

    Raises:
        ReferencesRewritten: naming both.
    """
    pairs = list(islice(_rewritten(new, gone), ROWS_TO_NAME + 1))
    if pairs:
        more = "; and more" if len(pairs) > ROWS_TO_NAME else ""
        raise ReferencesRewritten(
            f"References have changed, as when a spreadsheet program makes numbers of them: "
            f"{'; '.join(pairs[:ROWS_TO_NAME])}{more}. Nothing was sent. Format the column as text and restore the "
            "references."
        )


def _rewritten(new: Sequence[SheetEvent], gone: Sequence[Gone]) -> Iterator[str]:
    # A reference that was itself sent as a shortened number is to be put right.
    names = [reference for one in gone if (reference := reference_of(one.identity)) is not None]
    before = _References([one for one in names if not SHORTENED.fullmatch(one)])
    for event in new:
        now = reference_of(event.identity)
        if now is not None and (then := before.rewritten_as(now)) is not None:
            yield f"row {event.rows[0]} has {now!r} and was sent as {then!r}"


class _References:
    """References that are gone, by what a spreadsheet program makes of them: without zeros in front, or as a number."""

    def __init__(self, names: Iterable[str]) -> None:
        self.texts: dict[str, str] = {}
        self.numbers: dict[float, str] = {}
        for name in names:
            if NUMBER.fullmatch(name):
                self.numbers.setdefault(float(name), name)
            else:
                self.texts.setdefault(name.lstrip("0"), name)

    def rewritten_as(self, now: str) -> str | None:
        """Return the reference that has become `now`; None if there is none."""
        number = NUMBER.fullmatch(now)
        if number is None:
            return self.texts.get(now.lstrip("0"))
        if (found := self.numbers.get(float(now))) is not None or number["exponent"] is None:
            return found
        # In CSV a long number is written as it was shown: 1.23E+11 for 123456789012.
        decimals = len(number["decimals"] or "")
        shown = f"{float(now):.{decimals}e}"
        return next((then for value, then in self.numbers.items() if f"{value:.{decimals}e}" == shown), None)


def within_sheet(identity: str) -> str:
    """Return an identity without its sheet."""
    return identity.removeprefix(prefix_of(identity))


def reference_of(identity: str) -> str | None:
    """Return the reference in an identity; None if it has none."""
    within = within_sheet(identity)
    return within.removeprefix(REFERENCE) if within.startswith(REFERENCE) else None
