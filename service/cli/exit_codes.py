"""What the exit code of every command means, and which mistake gives which."""

from __future__ import annotations

from alembic.util import CommandError
from click import ClickException
from environs import EnvValidationError
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from service.db import DatabaseNotSupported
from service.errors import RecordError, Unavailable

DONE, WRONG, USAGE, REFUSED, UNAVAILABLE = range(5)
MEANINGS = {
    DONE: "done",
    WRONG: "the record is wrong, or figures disagree",
    USAGE: "the command or a setting is not understood",
    REFUSED: "refused, or the input is bad",
    UNAVAILABLE: "the database or the service is not available",
}
# The first class that an error is of gives its code.
BY_ERROR: tuple[tuple[type[Exception], int], ...] = (
    (DatabaseNotSupported, USAGE),
    (Unavailable, UNAVAILABLE),
    (RecordError, REFUSED),
    (ClickException, USAGE),
    (EnvValidationError, USAGE),
    (ArgumentError, USAGE),
    (SQLAlchemyError, UNAVAILABLE),
    (CommandError, UNAVAILABLE),
    (OSError, REFUSED),
)
EXPECTED = tuple(error for error, _code in BY_ERROR)


def exit_code_of(error: Exception) -> int:
    """Return the exit code that an expected error ends a command with."""
    return next(code for cls, code in BY_ERROR if isinstance(error, cls))


def one_line(error: Exception) -> str:
    """Return what an expected error says, in one line."""
    match error:
        case RecordError():
            text = error.detail
        case ClickException():
            text = error.format_message()
        case SQLAlchemyError():
            text = str(getattr(error, "orig", None) or error)
        case _:
            text = str(error)
    return " ".join(text.split())
