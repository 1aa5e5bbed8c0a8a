"""The errors that a command can end with: which exit code each leads to, and the line that it prints.

A command that ends well never imports this: the libraries of these errors take longer to import than it runs.
"""

from __future__ import annotations

from click import ClickException, Context, UsageError
from environs import EnvValidationError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from service.access.accounts import AccountsMisconfigured, AccountsNotInstalled
from service.access.secret_form import SECRET
from service.cli.exit_codes import REFUSED, UNAVAILABLE, USAGE
from service.errors import RecordError, Unavailable
from service.storage.db import BUSY, DatabaseBusy, DatabaseFailed, DatabaseNotSupported

# The first class in this order that an error is an instance of decides.
BY_ERROR: tuple[tuple[type[Exception], int], ...] = (
    (DatabaseNotSupported, USAGE),
    (AccountsMisconfigured, USAGE),
    (AccountsNotInstalled, USAGE),
    (Unavailable, UNAVAILABLE),
    (DatabaseFailed, UNAVAILABLE),
    (RecordError, REFUSED),
    (ClickException, USAGE),
    (EnvValidationError, USAGE),
    (ArgumentError, USAGE),
    (SQLAlchemyError, UNAVAILABLE),
    (OSError, REFUSED),
)
EXPECTED = tuple(error for error, _code in BY_ERROR)


def exit_code_of(error: Exception) -> int:
    """Return the exit code of a command that ends with an expected error."""
    return next(code for cls, code in BY_ERROR if isinstance(error, cls))


def one_line(error: Exception) -> str:
    """Return the message of an expected error as one line, without any credential that was given in a wrong place."""
    match error:
        case DatabaseBusy(detail=detail, reason=str(reason)) if reason:
            text = f"The database did not answer: {reason}" if detail == BUSY else f"{detail} It said: {reason}"
        case DatabaseFailed(reason=str(reason)):
            text = f"The database refused: {reason}"
        case RecordError():
            text = error.detail
        case UsageError(ctx=Context() as context):
            text = f"{error.format_message()} Try: {context.command_path} --help"
        case ClickException():
            text = error.format_message()
        case EnvValidationError(error_messages=dict() as messages):
            text = " ".join(f"Invalid {name}: {' '.join(wrong)}" for name, wrong in messages.items())
        case ArgumentError():
            text = f"{error}. Check --database-url or OPRECORD_DATABASE_URL."
        case SQLAlchemyError():
            text = str(getattr(error, "orig", None) or error)
        case OSError(filename=str(name), strerror=str(reason)):
            text = f"{name}: {reason}."
        case _:
            text = str(error)
    return SECRET.sub("oprecord_...", " ".join(text.split()))
