"""The service's log: one line for each event, as JSON, or as text where a person reads it on a terminal.

Facts of the request that a thread answers are part of each of its lines. Exceptions are shown without their data: an
error of the database quotes the SQL and the values that were sent.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import TracebackType
from typing import Any

import orjson

from service.runtime.request_facts import current_facts

LEVELS = {number: name.lower() for name, number in logging.getLevelNamesMapping().items() if name != "WARN"}
MOST_CHARACTERS_OF_A_REASON = 300
# What a person looks for first; everything else follows as name=value.
SHOWN_FIRST = ("method", "route", "status", "milliseconds")


class FactsRecord(logging.LogRecord):
    """A log record with facts of its own instead of those of the request: for a line about a whole request."""

    def __init__(self, name: str, level: int, message: str, facts: Mapping[str, Any]) -> None:
        super().__init__(name, level, "", 0, message, None, None)
        self.facts = facts


class JsonLine(logging.Formatter):
    """A record as one line of JSON: time, level, event, then facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return orjson.dumps(as_fields(record), default=str).decode()


class ReadableLine(logging.Formatter):
    """A record as a line for a person; an exception follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = as_fields(record)
        raised = fields.pop("exception", None)
        time, level, event = (fields.pop(name) for name in ("time", "level", "event"))
        first = [str(fields.pop(name)) for name in SHOWN_FIRST if name in fields]
        rest = [f"{name}={value}" for name, value in fields.items()]
        line = " ".join((time[11:23], f"{level:7}", *(first or [event]), *rest))
        if raised:
            line = "\n".join((line, *(f"  {frame}" for frame in raised["frames"]), f"  {raised['error']}"))
        # A terminal would obey what an error quotes.
        return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in line)


class StdoutHandler(logging.Handler):
    """Writes each line at once and whole, so that lines of several processes do not mix."""

    def __init__(self) -> None:
        super().__init__()
        self.output = sys.stdout.fileno()

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """Create no lock: one write of a line needs none."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record. If nobody reads stdout any more, the line is lost."""
        try:
            line = self.format(record).encode(errors="replace") + b"\n"
            while line:
                line = line[os.write(self.output, line) :]
        except OSError:
            return


def log_to_stdout(level: str) -> None:
    """Log what this process does, from this level up, on stdout: as text on a terminal, else as JSON.

    Of the libraries, only warnings and errors are logged.
    """
    handler = StdoutHandler()
    handler.setFormatter(ReadableLine() if sys.stdout.isatty() else JsonLine())
    # Who and where is not part of a line, and finding it out takes longer than the rest.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("service").setLevel(level.upper())


def as_fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return the fields of a record's line, ready for JSON."""
    time = f"{_second(int(record.created))}.{int(record.msecs):03}Z"
    fields: dict[str, Any] = {"time": time, "level": LEVELS.get(record.levelno, "error"), "event": record.getMessage()}
    if isinstance(record, FactsRecord):
        fields |= record.facts
    else:
        fields |= {"logger": record.name} | current_facts()
    if record.exc_info and record.exc_info[1] is not None:
        fields["exception"] = _raised(record.exc_info[1], record.exc_info[2])
    return fields


@lru_cache(2)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _raised(error: BaseException, frames: TracebackType | None) -> dict[str, Any]:
    """Return an exception as its places in the code and the first line of its message."""
    lines = str(error).splitlines() or [""]
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(frames)]
    return {"error": f"{type(error).__name__}: {lines[0][:MOST_CHARACTERS_OF_A_REASON]}", "frames": places}
