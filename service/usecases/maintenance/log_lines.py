"""The lines of an exported log on their way in: each is parsed and checked strictly, and must be canonical."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from msgspec import DecodeError, json

from service.access.roles import REPORTERS
from service.domain.model.events import OperationAmended, RecordedBy, RecordedEvent
from service.domain.model.instants import parse_instant
from service.domain.model.vocabulary import Slug, shape_of
from service.errors import Invalid, RecordError
from service.wire.checked import load_event
from service.wire.codec import text_of
from service.wire.strict_json import parse

# Many, since each run brings the totals up to it; of long lines fewer, to bound the memory.
LINES_IN_ONE_RUN, BYTES_IN_ONE_RUN = 4_000, 4 * 1024 * 1024
# A larger number cannot be written; a smaller one is compared with the log.
MOST_BITS_OF_A_SEQ = 63
SLUG = shape_of(Slug)


class LineRefused(Invalid):
    """A line of an import is not one that this service would have recorded there; `cause` says why, as a code."""

    code = "line_refused"


class NotAsRecorded(Invalid):
    """A line is not the canonical text of a recorded event, or does not belong at its place in the log."""

    code = "not_as_recorded"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number in the file, from 1, its length, and the recorded event that it is the canonical text of."""

    number: int
    size_bytes: int
    recorded: RecordedEvent


def read_lines(lines: Iterable[bytes]) -> Iterator[Line]:
    """Read the lines one by one.

    Raises:
        LineRefused: while iterating, naming the first line that is wrong.
    """
    for number, line in enumerate(lines, start=1):
        with naming(number):
            yield Line(number, len(line), _recorded(line.removesuffix(b"\n")))


def runs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield the lines in runs of at most 4,000. An amendment begins one: the facts that it may not move lie before."""
    run: list[Line] = []
    size = 0
    for line in lines:
        is_full = len(run) == LINES_IN_ONE_RUN or size > BYTES_IN_ONE_RUN
        if run and (is_full or isinstance(line.recorded.event.data, OperationAmended)):
            yield run
            run, size = [], 0
        run.append(line)
        size += line.size_bytes
    if run:
        yield run


def is_operation_name(text: str) -> bool:
    """Return whether the text could be the name of an operation."""
    return len(text) <= SLUG.most and re.fullmatch(SLUG.expression, text) is not None


@contextmanager
def naming(first: int, last: int | None = None) -> Iterator[None]:
    """Let a mistake in this block name the line, or the run of lines, that it is in.

    Raises:
        LineRefused: in the place of any mistake of ours.
    """
    try:
        yield
    except RecordError as error:
        where = f"Line {first}" if last in (None, first) else f"Lines {first} to {last}"
        raise LineRefused(f"{where}: {error.detail}", errors=error.errors, line=first, cause=error.code) from error


def _recorded(line: bytes) -> RecordedEvent:
    """Return the event of a line.

    A line that turns out to be the canonical text of its event holds none of the traps that `parse` looks for, save
    those that are written with a backslash. So what is right is read quickly, and what is wrong once more, to say how.
    """
    if b"\\" not in line:
        try:
            return _recorded_in(json.decode(line), line)
        except (DecodeError, RecordError, RecursionError):
            pass
    return _recorded_in(parse(line), line)


def _recorded_in(row: Any, line: bytes) -> RecordedEvent:
    if not isinstance(row, dict):
        raise NotAsRecorded("Wanted a JSON object.")
    operation, seq = row.pop("operation", None), row.pop("seq", None)
    recorded_at, recorded_by = row.pop("recorded_at", None), row.pop("recorded_by", None)
    recorded = RecordedEvent(
        event=load_event(row),
        operation=_operation(operation),
        seq=_seq(seq),
        recorded_at=_recorded_at(recorded_at),
        recorded_by=_recorded_by(recorded_by),
    )
    if text_of(recorded).encode() != line:
        raise NotAsRecorded("This is not the canonical text (RFC 8785) of its event, without nulls and defaults.")
    return recorded


def _operation(found: Any) -> str:
    if not isinstance(found, str) or not is_operation_name(found):
        raise NotAsRecorded(f"Wanted {SLUG.wanted}.", pointer="/operation")
    return found


def _seq(found: Any) -> int:
    if type(found) is not int or found.bit_length() > MOST_BITS_OF_A_SEQ:
        raise NotAsRecorded("Wanted a whole number.", pointer="/seq")
    return found


def _recorded_at(found: Any) -> Any:
    try:
        return parse_instant(found)
    except (TypeError, ValueError) as error:
        raise NotAsRecorded(f"Wanted {error}.", pointer="/recorded_at") from error


def _recorded_by(found: Any) -> RecordedBy:
    if not isinstance(found, dict) or set(found) != {"force", "role"} or found["role"] not in REPORTERS:
        raise NotAsRecorded(f"Wanted a force, and a role out of {', '.join(REPORTERS)}.", pointer="/recorded_by")
    return RecordedBy(**found)
