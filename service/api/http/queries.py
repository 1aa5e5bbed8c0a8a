"""The query parameters of each call. Lists are comma-separated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma

from service.domain.counting.selection import DIMENSIONS
from service.domain.model.events import DATA_CLASSES
from service.domain.model.vocabulary import STEP
from service.usecases.querying.search_duplicates import DuplicateKey
from service.wire.fields import Day, Instant, described

DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
MOST_ITEMS, MOST_CHARACTERS = 200, 8_192
PLACE = re.compile(rf"(certain|likely)(\.{STEP}:[0-9]{{1,15}}){{1,2}}", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./-]{0,127}", re.ASCII)


class Number(ma.fields.Integer):
    """A whole number in digits, within bounds."""

    def __init__(self, least: int, most: int, **options: Any) -> None:
        super().__init__(**described(options, minimum=least, maximum=most))
        self.least, self.most = least, most

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not DIGITS.fullmatch(value) or not self.least <= int(value) <= self.most:
            raise ma.ValidationError(f"Wanted a whole number from {self.least:,} to {self.most:,}.")
        return int(value)


class Codes(ma.fields.String):
    """Codes joined by commas, each once."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**described(options, pattern=f"^{CODE.pattern}(,{CODE.pattern})*$", maxLength=MOST_CHARACTERS))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        codes = tuple(value.split(","))
        if len(codes) > MOST_ITEMS or len(value) > MOST_CHARACTERS:
            raise ma.ValidationError(f"Wanted at most {MOST_ITEMS} codes.")
        if not all(CODE.fullmatch(code) for code in codes):
            raise ma.ValidationError("Wanted codes joined by commas.")
        if len(set(codes)) < len(codes):
            raise ma.ValidationError("A code stands in the list twice.")
        return codes


class YesNo(ma.fields.Boolean):
    """true or false, in these words."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if value not in ("true", "false"):
            raise ma.ValidationError("Wanted true or false.")
        return value == "true"


class OperationsQuery(ma.Schema):
    """Which operations to list."""

    after = ma.fields.String(load_default="", validate=ma.validate.Regexp("^[a-z0-9_-]{0,64}$"))
    limit = Number(1, 200, load_default=50)


class RecordQuery(ma.Schema):
    """How to record one event."""

    dry_run = YesNo(load_default=False, metadata={"description": "decide only; record nothing"})


class BatchQuery(RecordQuery):
    """How to record a batch."""

    atomic = YesNo(load_default=False, metadata={"description": "record all of it or nothing"})


class PageQuery(ma.Schema):
    """Which part of what is numbered by seq."""

    after = Number(0, 2**53 - 1, load_default=0, metadata={"description": "the seq behind which to go on"})
    limit = Number(1, 1_000, load_default=100)


class EventsQuery(PageQuery):
    """Which events to read."""

    force = Codes()
    type = Codes(metadata={"description": f"of {', '.join(DATA_CLASSES)}"})


class PlaceInList(ma.fields.String):
    """The `next` of an earlier answer: a certainty, and the operation and seq of one or two events."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**described(options, pattern=f"^{PLACE.pattern}$", maxLength=MOST_CHARACTERS))

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if not PLACE.fullmatch(value):
            raise ma.ValidationError("Wanted the `next` of an earlier answer.")
        certainty, *events = value.split(".")
        operations_and_seqs = (event.split(":") for event in events)
        return DuplicateKey(certainty, tuple((operation, int(seq)) for operation, seq in operations_and_seqs))


class PossibleDuplicatesQuery(ma.Schema):
    """Which possible duplicates to list."""

    window_minutes = Number(
        0,
        1_440,
        metadata={"description": "how far apart the moments of a likely pair may lie; coordinator only; else 30"},
    )
    after = PlaceInList(metadata={"description": "the `next` of the page before"})
    limit = Number(1, 500, load_default=100)


class AsOfQuery(ma.Schema):
    """As of when; now if neither is given."""

    as_of_seq = Number(1, 2**53 - 1)
    as_of = Instant(metadata={"description": "a past moment"})


class StatementQuery(AsOfQuery):
    """Of which publication, or as of when; of now if nothing is given."""

    publication = Number(
        1, 2**53 - 1, metadata={"description": "the number of one: its figures, as published; without as_of, as_of_seq"}
    )


class TotalsQuery(AsOfQuery):
    """Which totals, and as of when. A list is one sum, unless its dimension is in `by`."""

    by = Codes(metadata={"description": f"of {', '.join(DIMENSIONS)}"})
    measure = Codes()
    force = Codes()
    without_force = Codes()
    category = Codes(metadata={"description": "paths; each counts with all under it"})
    without_category = Codes()
    day_from = Day(metadata={"description": "the first day"})
    day_before = Day(metadata={"description": "the day after the last"})
