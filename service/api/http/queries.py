"""The query parameters of each endpoint. Lists are comma-separated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Any

import marshmallow as ma

from service.domain.counting.completeness import STATUSES
from service.domain.counting.selection import DIMENSIONS, OPERATION
from service.domain.model.events import DATA_CLASSES
from service.domain.model.vocabulary import MAX_SEQ, STEP
from service.eventlog.cursors import CURSOR_TEXT, Cursor, parse_cursor
from service.usecases.querying.returns import MOST_RETURNS, ReturnKey
from service.usecases.querying.search_duplicates import DuplicateKey
from service.wire.fields import DayField, InstantField, OneOf, described

DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
MAX_ITEMS, MAX_CHARACTERS = 200, 8_192
# Those who may see the operation, or anybody.
AUDIENCES = (THOSE_INSIDE, PUBLIC) = ("operation", "public")
CURSOR = re.compile(
    rf"(certain|repeated|likely)(\.{STEP}:[0-9]{{1,15}}){{2}}((\.{STEP}:[0-9]{{1,15}}){{2}})?", re.ASCII
)
AFTER_RETURN = re.compile(rf"({STEP})\.([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}", re.ASCII)


class Number(ma.fields.Integer):
    """A whole number in digits, within bounds."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(**described(options, minimum=least, maximum=most))
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not DIGITS.fullmatch(value) or not self.least <= int(value) <= self.most:
            raise ma.ValidationError(f"Expected a whole number from {self.least:,} to {self.most:,}.")
        return int(value)


class Words(ma.fields.String):
    """Comma-separated words of a list, without duplicates."""

    def __init__(self, *words: str, **options: Any) -> None:
        one = f"({'|'.join(words)})"
        super().__init__(**described(options, pattern=f"^{one}(,{one})*$"))
        self.words = words

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        found = tuple(str(value).split(","))
        unknown = [word for word in found if word not in self.words]
        if unknown:
            known = ", ".join(self.words)
            raise ma.ValidationError(f"Expected {known}, or several of them with commas; found {unknown[0][:40]!r}.")
        if len(set(found)) < len(found):
            raise ma.ValidationError("The list has a duplicate word.")
        return found


class Codes(ma.fields.String):
    """Comma-separated codes, without duplicates."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**described(options, pattern=f"^{CODE.pattern}(,{CODE.pattern})*$", maxLength=MAX_CHARACTERS))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        codes = tuple(value.split(","))
        if len(codes) > MAX_ITEMS or len(value) > MAX_CHARACTERS:
            raise ma.ValidationError(f"Expected at most {MAX_ITEMS} codes.")
        if not all(CODE.fullmatch(code) for code in codes):
            raise ma.ValidationError("Expected comma-separated codes.")
        if len(set(codes)) < len(codes):
            raise ma.ValidationError("The list has a duplicate code.")
        return codes


class YesNo(ma.fields.Boolean):
    """true or false, as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value not in ("true", "false"):
            raise ma.ValidationError("Expected true or false.")
        return value == "true"


class OperationsQuery(ma.Schema):
    """Which operations to list."""

    after = ma.fields.String(load_default="", validate=ma.validate.Regexp("^[a-z0-9_-]{0,64}$"))
    limit = Number(1, 200, load_default=50)


class RecordQuery(ma.Schema):
    """How to record one event."""

    dry_run = YesNo(load_default=False, metadata={"description": "validate and decide, but record nothing"})


class BatchQuery(RecordQuery):
    """How to record a batch."""

    atomic = YesNo(load_default=False, metadata={"description": "record all events or none"})


class PageQuery(ma.Schema):
    """Which page of a list ordered by seq."""

    after = Number(0, MAX_SEQ, load_default=0, metadata={"description": "return events after this seq"})
    limit = Number(1, 1_000, load_default=100)


class After(ma.fields.String):
    """How far the log has been read: a cursor of it, or a bare seq."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**described(options, pattern=f"^{CURSOR_TEXT.pattern}$", maxLength=MAX_CHARACTERS))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        cursor = parse_cursor(value)
        if cursor is None or cursor.seq > MAX_SEQ:
            raise ma.ValidationError(
                f"Expected a whole number from 0 to {MAX_SEQ:,}, or the `cursor` of an earlier response."
            )
        return cursor


class EventsQuery(ma.Schema):
    """Which events to read."""

    after = After(
        load_default=lambda: Cursor(0),
        metadata={
            "default": "0",
            "description": "return events after this one: the `cursor` of an earlier response, or a seq",
        },
    )
    limit = Number(1, 1_000, load_default=100)

    force = Codes()
    type = Codes(metadata={"description": f"any of {', '.join(DATA_CLASSES)}"})


class AfterPair(ma.fields.String):
    """A pagination cursor: a certainty, and the operation and seq of the events of one or two pairs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**described(options, pattern=f"^{CURSOR.pattern}$", maxLength=MAX_CHARACTERS))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not CURSOR.fullmatch(value):
            raise ma.ValidationError("Expected the `next` value of an earlier response.")
        certainty, *events = value.split(".")
        operations_and_seqs = (event.split(":") for event in events)
        versions = tuple((operation, int(seq)) for operation, seq in operations_and_seqs)
        return DuplicateKey(certainty, versions[:2], versions[2:])


class PossibleDuplicatesQuery(ma.Schema):
    """Which possible duplicates to list."""

    window_minutes = Number(
        0,
        1_440,
        metadata={
            "description": "the longest time between the two events of a likely pair, 30 by default; coordinators only"
        },
    )
    after = AfterPair(metadata={"description": "the `next` value of the previous page"})
    limit = Number(1, 500, load_default=100)


class AsOfQuery(ma.Schema):
    """The moment or seq to answer as of; now by default."""

    as_of_seq = Number(1, MAX_SEQ)
    as_of = InstantField(metadata={"description": "a past moment"})


class StatementQuery(AsOfQuery):
    """Which publication to state and for whom, or the moment or seq to answer as of; now by default."""

    publication = Number(
        1,
        MAX_SEQ,
        metadata={"description": "a publication's number, for its figures as published; without as_of, as_of_seq"},
    )
    audience = OneOf(
        AUDIENCES,
        load_default=THOSE_INSIDE,
        metadata={"description": "public: without marking, position and names of parts, as anybody may read it"},
    )


class TotalsQuery(AsOfQuery):
    """Which totals, and as of when. A list of codes gives one sum, unless its dimension is in `by`."""

    by = Codes(metadata={"description": f"any of {', '.join((*DIMENSIONS, OPERATION))}"})
    measure = Codes()
    force = Codes()
    without_force = Codes()
    category = Codes(metadata={"description": "category paths; each includes all paths under it"})
    without_category = Codes()
    day_from = DayField(metadata={"description": "the first day, included"})
    day_before = DayField(metadata={"description": "the day after the last day"})


class AfterReturn(ma.fields.String):
    """A pagination cursor: the force and day of a return."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**described(options, pattern=f"^{AFTER_RETURN.pattern}$", maxLength=MAX_CHARACTERS))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        found = AFTER_RETURN.fullmatch(value)
        with suppress(ValueError):
            if found is not None:
                force, _dot, day = value.rpartition(".")
                return ReturnKey(force, date.fromisoformat(day))
        raise ma.ValidationError("Expected the `next` value of an earlier response.")


class ReturnsQuery(AsOfQuery):
    """Which returns, and as of when."""

    status = Words(*STATUSES, metadata={"description": f"any of {', '.join(STATUSES)}"})
    force = Codes()
    day_from = DayField(metadata={"description": "the first day, included"})
    day_before = DayField(metadata={"description": "the day after the last day"})
    after = AfterReturn(metadata={"description": "the `next` value of the previous page"})
    limit = Number(1, MOST_RETURNS, load_default=MOST_RETURNS)
