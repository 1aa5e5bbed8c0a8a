"""The lines of an exported log: the first says how many follow, and every other is an event in canonical form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import DecodeError, Struct, json

from service.access.roles import REPORTERS
from service.domain.model.events import (
    FiguresPublished,
    ForceAmended,
    ForceLeft,
    OperationAmended,
    RecordedBy,
    RecordedEvent,
)
from service.domain.model.instants import parse_instant
from service.domain.model.vocabulary import Slug, shape_of
from service.errors import Invalid, RecordError
from service.wire.checked import load_event
from service.wire.codec import text_of
from service.wire.strict_json import parse

# Many lines, because the totals are updated once per run; fewer of long lines, to bound memory.
MAX_RUN_LINES, MAX_RUN_BYTES = 4_000, 4 * 1024 * 1024
# A larger number does not fit the column; a smaller one is compared with the log.
MAX_SEQ_BITS = 63
SLUG = shape_of(Slug)
HEADER: Literal["log"] = "log"
HEADER_START = b'{"log":'
# What is checked against the stored lines before it.
STARTS_RUN = (OperationAmended, ForceLeft, ForceAmended, FiguresPublished)


class LineRefused(Invalid):
    """This service would not have recorded this line of the import there; `cause` is the code of the error."""

    code = "line_refused"


class NotAsRecorded(Invalid):
    """A line is not the canonical text of a recorded event, or is out of place in the log."""

    code = "not_as_recorded"


class LogHeader(Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of an exported log: which log it is, how many events follow, and the root over them, in hex.

    Exports of older versions lack it.
    """

    operation: str
    root: str
    size: int

    def line(self) -> str:
        """Return the line. No event has a member of this name."""
        return json.encode({HEADER: self}).decode()


def header_in(line: bytes) -> LogHeader | None:
    """Return the header in the first line of a file; None if the line is no header.

    Raises:
        LineRefused: it is a header with other members.
    """
    if not line.startswith(HEADER_START):
        return None
    with errors_at_line(1):
        try:
            return json.decode(line, type=dict[Literal["log"], LogHeader])[HEADER]
        except DecodeError as error:
            raise NotAsRecorded(
                f"Expected operation, root and size of the log; found something else: {error}."
            ) from error


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """A parsed line: its number in the file, from 1, its length in bytes, and the recorded event that it contains."""

    number: int
    size_bytes: int
    recorded: RecordedEvent


def read_lines(lines: Iterable[bytes], first: int = 1) -> Iterator[ImportedLine]:
    """Read the lines one by one; `first` is the number of the first of them in its file.

    Raises:
        LineRefused: while iterating, naming the first invalid line.
    """
    for number, line in enumerate(lines, start=first):
        with errors_at_line(number):
            yield ImportedLine(number, len(line), _recorded(line.removesuffix(b"\n")))


def runs(lines: Iterable[ImportedLine]) -> Iterator[list[ImportedLine]]:
    """Yield the lines in runs of at most 4,000.

    An amendment or a publication starts one, so that everything it is checked against is recorded.
    """
    run: list[ImportedLine] = []
    size = 0
    for line in lines:
        is_full = len(run) == MAX_RUN_LINES or size > MAX_RUN_BYTES
        if run and (is_full or isinstance(line.recorded.event.data, STARTS_RUN)):
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
def errors_at_line(first: int, last: int | None = None) -> Iterator[None]:
    """Make an error raised in this block name the line, or the run of lines.

    Raises:
        LineRefused: instead of any RecordError.
    """
    try:
        yield
    except RecordError as error:
        where = f"Line {first}" if last in (None, first) else f"Lines {first} to {last}"
        raise LineRefused(f"{where}: {error.detail}", errors=error.errors, line=first, cause=error.code) from error


def _recorded(line: bytes) -> RecordedEvent:
    """Return the event of a line.

    The canonical text of an event contains none of the irregularities that `parse` looks for, except those written with
    a backslash. So a valid line takes the fast path, and an invalid one is parsed again, to report the error.
    """
    if b"\\" not in line:
        try:
            return _recorded_in(json.decode(line), line)
        except (DecodeError, RecordError, RecursionError):
            pass
    return _recorded_in(parse(line), line)


def _recorded_in(row: Any, line: bytes) -> RecordedEvent:
    if not isinstance(row, dict):
        raise NotAsRecorded("Expected a JSON object.")
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
        raise NotAsRecorded(f"Expected {SLUG.expected}.", pointer="/operation")
    return found


def _seq(found: Any) -> int:
    if type(found) is not int or found.bit_length() > MAX_SEQ_BITS:
        raise NotAsRecorded("Expected a whole number.", pointer="/seq")
    return found


def _recorded_at(found: Any) -> Any:
    try:
        return parse_instant(found)
    except (TypeError, ValueError) as error:
        raise NotAsRecorded(f"Expected {error}.", pointer="/recorded_at") from error


def _recorded_by(found: Any) -> RecordedBy:
    if not isinstance(found, dict) or set(found) != {"force", "role"} or found["role"] not in REPORTERS:
        raise NotAsRecorded(f"Expected a force, and one of the roles {', '.join(REPORTERS)}.", pointer="/recorded_by")
    return RecordedBy(**found)
