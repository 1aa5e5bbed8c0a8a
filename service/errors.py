"""The six kinds of mistake. Every error of ours is a class of one of these kinds, in the module that raises it."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

# A body can have a wrong field every few bytes; the answer must not be many times as long.
MOST_FIELDS = 50


class FieldError(NamedTuple):
    """One field that is wrong: where it is (a JSON pointer into what was sent) and what was wanted and found."""

    pointer: str
    detail: str


class RecordError(Exception):
    """What every error of ours has in common.

    `code` is a slug for programs and is never reused; `detail` is a sentence for people that says what was wanted
    and what was found; `errors` lists the first fifty fields; `members` are further facts for programs, JSON-ready.
    """

    code: ClassVar[str] = ""

    def __init__(
        self, detail: str, *, pointer: str | None = None, errors: list[FieldError] | None = None, **members: Any
    ) -> None:
        """Say what is wrong; `pointer` names the one field at fault, `errors` several."""
        super().__init__(detail)
        self.detail = detail
        self.errors = (errors or ([] if pointer is None else [FieldError(pointer, detail)]))[:MOST_FIELDS]
        self.members = members


class Invalid(RecordError):
    """What was sent cannot be accepted as it is; sending it again changes nothing."""


class Unauthenticated(RecordError):
    """The caller did not show who they are."""


class Forbidden(RecordError):
    """The caller is known and may not do this."""


class NotFound(RecordError):
    """There is nothing there, or nothing that this caller may know of."""


class Conflict(RecordError):
    """What was sent is well formed and contradicts what is already recorded."""


class Unavailable(RecordError):
    """The service cannot do this now; sending the same again later will work."""


KINDS: tuple[type[RecordError], ...] = (Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Unavailable)
