"""The base classes of events and their parts: immutable values, read and written by msgspec."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import get_args

from msgspec import Struct, structs

from service.domain.model.instants import in_range, in_utc


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event or a part of one. A field at its default is not written."""


class InternedDefaults(Part, frozen=True, kw_only=True):
    """A part with string defaults; a field that equals its default holds the default object itself.

    msgspec leaves out a field only if it holds the default object. An equal string from a database or a pickle is
    another object: it would be written, and the event would have another hash.
    """

    def __post_init__(self) -> None:
        for name, default in _string_defaults(type(self)):
            found = getattr(self, name)
            if found is not default and found == default:
                structs.force_setattr(self, name, default)


class Timed(InternedDefaults, frozen=True, kw_only=True):
    """A part with moments or days. Its moments are converted to UTC.

    Raises:
        ValueError: on creation, if a moment has no zone, or a moment or day is outside 1900 to 2199.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in _moments(type(self)):
            found = getattr(self, name)
            if found is not None:
                kept = in_utc(found) if isinstance(found, datetime) else in_range(found)
                structs.force_setattr(self, name, kept)


@cache
def _string_defaults(cls: type[Part]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, one.default) for one in structs.fields(cls) if isinstance(one.default, str))


@cache
def _moments(cls: type[Part]) -> tuple[str, ...]:
    return tuple(one.name for one in structs.fields(cls) if {datetime, date} & {one.type, *get_args(one.type)})
