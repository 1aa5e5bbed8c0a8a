"""The vocabulary of events: the allowed codes, quantities, qualifiers and other words, with their bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta

MAX_QUANTITY = 10**12
MAX_LINES = 50
# The largest number that JSON keeps exactly.
MAX_SEQ = 2**53 - 1
DIGITS = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    least: int
    most: int = MAX_QUANTITY

    @property
    def expected(self) -> str:
        """A description for error messages: Expected ..."""
        return f"a whole number from {self.least:,} to {self.most:,}"

    @property
    def meta(self) -> Meta:
        """These bounds as msgspec metadata."""
        return Meta(ge=self.least, le=self.most, extra={"bounds": self})


@dataclass(frozen=True, slots=True)
class Matching:
    """A text that fully matches a regular expression and has at most `most` characters."""

    expression: str
    most: int
    expected: str

    @property
    def meta(self) -> Meta:
        """The length as msgspec metadata. `service.wire` matches the expression; msgspec would only search for it."""
        return Meta(max_length=self.most, extra={"bounds": self})


@dataclass(frozen=True, slots=True)
class Items:
    """How many items a list may have, both bounds included, and whether duplicates are forbidden."""

    least: int
    most: int
    unique: bool = True

    @property
    def meta(self) -> Meta:
        """These bounds as msgspec metadata. `service.wire` checks that items are unique."""
        return Meta(min_length=self.least, max_length=self.most, extra={"bounds": self})


Bounds = Whole | Matching | Items


def bounds_of(annotated: Any) -> Bounds:
    """Return the bounds of an annotated type, such as `Quantity` or `Slug`."""
    (meta,) = annotated.__metadata__
    bounds: Bounds = meta.extra["bounds"]
    return bounds


def shape_of(annotated: Any) -> Matching:
    """Return the pattern and length of an annotated text type, such as `Slug`."""
    shape = bounds_of(annotated)
    assert isinstance(shape, Matching)
    return shape


STEP = r"[a-z0-9]+(?:[_-][a-z0-9]+)*"

Code = Annotated[str, Matching(STEP, 64, "a code of small letters, digits, '_' and '-', at most 64 characters").meta]
Slug = Annotated[str, Matching(STEP, 64, "a slug of small letters, digits and '-', at most 64 characters").meta]
CategoryPath = Annotated[
    str,
    Matching(
        rf"(?:{STEP}|[A-Z]{{3}})(?:/{STEP}){{0,5}}",
        128,
        "a category path such as bladed/knife: codes joined by '/', at most 6 steps and 128 characters",
    ).meta,
]
CurrencyCode = Annotated[str, Matching(r"[A-Z]{3}", 3, "an ISO 4217 currency code such as GBP or EUR").meta]
Seq = Annotated[int, Whole(1, MAX_SEQ).meta]
HexDigest = Annotated[str, Matching(r"[0-9a-f]{64}", 64, "a SHA-256 in hexadecimal digits").meta]
IncidentKey = Annotated[str, Matching(r"[0-9a-f]{64}", 64, "64 hexadecimal digits in small letters").meta]
Title = Annotated[
    str,
    Matching(
        r"[^\W_](?:[\w &'’.,:()/+%–-]*[\w.)%])?", 120, "a short name of letters, digits and plain punctuation"
    ).meta,
]

Quantity = Annotated[int, Whole(1).meta]
DeclaredQuantity = Annotated[int, Whole(0).meta]
# What a quantity was rounded to, in its unit; to 1 is exact.
RoundingUnit = Annotated[int, Whole(2).meta]
# Hours after the end of an operating day; 30 days at most.
DueHours = Annotated[int, Whole(0, 720).meta]
DeclaredTotal = Annotated[int, Whole(0, 2**53 - 1).meta]

Qualifier = Literal["exact", "more_than", "at_least", "under", "at_most", "about"]
CorrectionReason = Literal[
    "mistake", "duplicate", "other_force", "de_arrested", "reclassified", "measured", "running_total", "other"
]
Acquisition = Literal["seized", "surrendered_or_found", "unstated"]
ReturnStatus = Literal["partial", "complete", "nil"]
ForceKind = Literal["territorial", "special", "agency", "unit", "coordinator", "residual", "group"]
Reports = Literal["events", "tallies", "nothing"]
PublicationLabel = Literal["provisional", "final"]
Marking = Literal["OFFICIAL", "OFFICIAL-SENSITIVE"]

QUALIFIERS: tuple[str, ...] = get_args(Qualifier)
# In ascending order of sensitivity.
MARKINGS: tuple[str, ...] = get_args(Marking)
UNSTATED = "unstated"
# The kind of a named group of forces.
GROUP: ForceKind = "group"
# The reason of a correction that is no mistake: a later sum of the same body, which replaces its earlier one.
RUNNING_TOTAL: CorrectionReason = "running_total"
HOME_CURRENCY = "GBP"


def number_in(text: str) -> int | None:
    """Return the seq, or other number counted from 1, that a text states in digits; None if it states none.

    Digits have no leading zeros, so that each number has one address.
    """
    return int(text) if DIGITS.fullmatch(text) and int(text) <= MAX_SEQ else None
