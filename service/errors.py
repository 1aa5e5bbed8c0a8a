"""The seven kinds of error. Every error of the service is a subclass of one kind, in the module that raises it."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

# A body can have an invalid field every few bytes; the answer must not be many times as long as the body.
MOST_FIELDS = 50


class FieldError(NamedTuple):
    """One invalid field: its place (a JSON pointer into the request), and what was expected and found."""

    pointer: str
    detail: str


class RecordError(Exception):
    """The base of every error of the service.

    `code` is a slug for programs and is never reused; `detail` is a sentence for people that states what was expected
    and found; `errors` lists up to 50 invalid fields; `members` are further facts for programs, ready for JSON.
    """

    code: ClassVar[str] = ""

    def __init__(
        self, detail: str, *, pointer: str | None = None, errors: list[FieldError] | None = None, **members: Any
    ) -> None:
        """Create the error; `pointer` names a single invalid field, `errors` lists several."""
        super().__init__(detail)
        self.detail = detail
        self.errors = (errors or ([] if pointer is None else [FieldError(pointer, detail)]))[:MOST_FIELDS]
        self.members = members


class Invalid(RecordError):
    """The request is invalid; sending it again unchanged gives the same error."""


class Unauthenticated(RecordError):
    """The caller is not authenticated."""


class Forbidden(RecordError):
    """The caller is authenticated but not allowed to do this."""


class NotFound(RecordError):
    """The resource does not exist, or this caller may not know that it does."""


class Conflict(RecordError):
    """The request is well formed but contradicts what is already recorded."""


class Unavailable(RecordError):
    """The service is temporarily unavailable; send the same request again later."""


class Failed(RecordError):
    """The service failed, and waiting does not help: the operator has to read its log."""


KINDS: tuple[type[RecordError], ...] = (Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Unavailable, Failed)
