"""The question before anything is sent, and what happens if there is nobody to ask."""

from __future__ import annotations

import sys

import click

from service.errors import Invalid
from service.plurals import counted


class NotConfirmed(Invalid):
    """The person who was shown what would be sent did not confirm it."""

    code = "not_confirmed"


class UnusualValues(Invalid):
    """Values are unusual, and nobody was asked whether they are right."""

    code = "unusual_values"


def confirm(rows: int, withdrawals: int, unusual: int, *, yes: bool, accept_unusual: bool) -> None:
    """Ask whether to send, if stdin is a terminal and `yes` is not set. Only a person can pass over unusual values.

    Raises:
        NotConfirmed: the answer is no.
        UnusualValues: there are unusual values, nobody is asked, and `accept_unusual` is not set.
    """
    if not (rows or withdrawals):
        return
    if yes or not _can_ask():
        if unusual and not accept_unusual:
            values, it, is_right = (
                ("1 value is", "it", "it is") if unusual == 1 else (f"{unusual:,} values are", "them", "they are")
            )
            raise UnusualValues(
                f"{values} unusual, and nobody was asked; nothing was sent. Correct {it} in the file. If {is_right} "
                "right, use --accept-unusual, or run the command in a terminal without --yes and confirm."
            )
        return
    if not click.confirm(_question(rows, withdrawals, unusual), err=True):
        raise NotConfirmed("Not confirmed; nothing was sent.")


def _question(rows: int, withdrawals: int, unusual: int) -> str:
    what = [f"send {counted(rows, 'row')}"] if rows else []
    if unusual:
        what[-1] += f" with {counted(unusual, 'unusual value')}"
    if withdrawals:
        what.append(f"withdraw {counted(withdrawals, 'event')}")
    return f"{' and '.join(what).capitalize()}?"


def _can_ask() -> bool:
    # A process that was started without stdin has none, or a closed one.
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()
