"""What events are made of: immutable values, read and written by msgspec."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import get_args

from msgspec import Struct, structs

from service.domain.model.instants import in_range, in_utc


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event or a part of one. A field that is left at its default is not written."""


class Worded(Part, frozen=True, kw_only=True):
    """A part with a default that is a word.

    msgspec leaves out a field that holds the default object itself. An equal word that was read from a database or
    from a pickle is another object: it would be written, and the event would have another hash. So here an equal word
    is replaced by the default.
    """

    def __post_init__(self) -> None:
        for name, word in _default_words(type(self)):
            found = getattr(self, name)
            if found is not word and found == word:
                structs.force_setattr(self, name, word)


class Timed(Worded, frozen=True, kw_only=True):
    """A part with moments or days. Its moments are in UTC.

    Raises:
        ValueError: when it is made, if a moment has no zone, or a moment or day lies outside 1900 to 2199.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in _moments(type(self)):
            found = getattr(self, name)
            if found is not None:
                kept = in_utc(found) if isinstance(found, datetime) else in_range(found)
                structs.force_setattr(self, name, kept)


@cache
def _default_words(cls: type[Part]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.default) for one in structs.fields(cls) if isinstance(one.default, str))


@cache
def _moments(cls: type[Part]) -> tuple[str, ...]:
    return tuple(one.name for one in structs.fields(cls) if {datetime, date} & {one.type, *get_args(one.type)})
