"""Withdraw the events of rows that are gone from the spreadsheet, each once, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from uuid_utils.compat import uuid7

from service.domain.deciding.decide import AlreadyWithdrawn, UnknownEvent
from service.errors import Conflict
from service.spreadsheets.sending.gone_rows import CORRECTS, Gone, within_sheet
from service.spreadsheets.sending.sent_rows import SentRow, SentRows
from service.spreadsheets.sending.service import Service, results
from service.spreadsheets.sending.submission import MISTAKE


class WithdrawalRefused(Conflict):
    """The service does not withdraw the event of a row that is gone, for example because it was corrected elsewhere."""

    code = "withdrawal_refused"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The withdrawal of a gone row's event. Its id is in the state file before it is sent."""

    gone: Gone
    force: str

    def body(self) -> dict[str, Any]:
        """Return the event as sent."""
        sent = self.gone.sent
        named = {"id": sent.withdrawal, "corrects": sent.id, "correction_reason": MISTAKE}
        return {"type": "event.withdrawn", "force": self.force, **named}


@dataclass(frozen=True, slots=True)
class Withdrawals:
    """What to withdraw, and what needs no withdrawal: rows never recorded, or withdrawn in another way."""

    to_send: list[Withdrawal]
    not_counted: list[Gone]


def check_withdrawals(gone: Sequence[Gone], state: SentRows, service: Service) -> Withdrawals:
    """Choose an id for the withdrawal of each gone row, and let the service decide them in a dry run.

    Withdrawals that an earlier run began and did not finish are among them.

    Raises:
        WithdrawalRefused: naming each row.
    """
    begun = [Gone(name, sent) for name, sent in state.rows.items() if sent.withdrawal and not sent.withdrawn]
    chosen = [Gone(one.identity, replace(one.sent, withdrawal=str(uuid7()))) for one in gone]
    found, refused = Withdrawals([], []), []
    left = [Withdrawal(one, state.force) for one in (*begun, *chosen)]
    while left:
        again = []
        for _number, one, result in results(service, left, dry_run=True):
            code = result.code
            if not code:
                found.to_send.append(one)
            elif code == UnknownEvent.code and one.gone.sent.corrects and not _corrects_named_event(one.gone):
                # The row's last correction was never recorded, so the event before it counts.
                again.append(replace(one, gone=replace(one.gone, sent=_before(one.gone.sent))))
            elif code in (UnknownEvent.code, AlreadyWithdrawn.code):
                found.not_counted.append(one.gone)
            else:
                refused.append(f"{one.gone}: {result.detail}")
        left = again
    if refused:
        _forget(begun, state)
        raise WithdrawalRefused(f"Nothing was sent. These rows cannot be withdrawn: {'; '.join(refused)}")
    return found


def withdraw(withdrawals: Withdrawals, service: Service, state: SentRows) -> int:
    """Save the ids of the withdrawals, send them, and note which are recorded; return how many were sent.

    Raises:
        WithdrawalRefused: naming each row that was refused; the others are withdrawn.
    """
    if not (withdrawals.to_send or withdrawals.not_counted):
        return 0
    for gone in withdrawals.not_counted:
        state.rows[gone.identity] = replace(gone.sent, withdrawn=True)
    for one in withdrawals.to_send:
        state.rows[one.gone.identity] = one.gone.sent
    state.save()
    refused = []
    for _number, one, result in results(service, withdrawals.to_send, dry_run=False):
        if result.is_done:
            state.rows[one.gone.identity] = replace(one.gone.sent, withdrawn=True)
        else:
            state.rows[one.gone.identity] = replace(one.gone.sent, withdrawal=None)
            refused.append(f"{one.gone}: {result.detail}")
    state.save()
    if refused:
        raise WithdrawalRefused(f"These rows were not withdrawn: {'; '.join(refused)}")
    return len(withdrawals.to_send)


def _forget(begun: Sequence[Gone], state: SentRows) -> None:
    """Drop the withdrawals that were begun, so that one that is refused does not block every later run."""
    if begun:
        state.rows |= {one.identity: replace(one.sent, withdrawal=None) for one in begun}
        state.save()


def _corrects_named_event(gone: Gone) -> bool:
    """Return whether the row's only version corrects the event that its column names, which another row may count."""
    return within_sheet(gone.identity) == f"{CORRECTS}{gone.sent.corrects}"


def _before(sent: SentRow) -> SentRow:
    assert sent.corrects is not None
    return replace(sent, id=sent.corrects, corrects=None, correction_reason=None)
