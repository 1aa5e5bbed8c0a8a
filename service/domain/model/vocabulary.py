"""The words and bounds of the field: what a code, a quantity, a qualifier and a force may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from msgspec import Meta

MAX_QUANTITY = 10**12
MAX_LINES = 50


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    least: int
    most: int = MAX_QUANTITY

    @property
    def wanted(self) -> str:
        """What to tell a sender who got it wrong."""
        return f"a whole number from {self.least:,} to {self.most:,}"

    @property
    def meta(self) -> Meta:
        """These bounds as msgspec keeps them."""
        return Meta(ge=self.least, le=self.most, extra={"bounds": self})


@dataclass(frozen=True, slots=True)
class Matching:
    """A text that matches a regular expression as a whole and is no longer than `most` characters."""

    expression: str
    most: int
    wanted: str

    @property
    def meta(self) -> Meta:
        """The length as msgspec keeps it. The expression is for us to match: msgspec would search for it."""
        return Meta(max_length=self.most, extra={"bounds": self})


@dataclass(frozen=True, slots=True)
class Items:
    """How many items a list may have, both bounds included, and whether each may stand in it only once."""

    least: int
    most: int
    unique: bool = True

    @property
    def meta(self) -> Meta:
        """These bounds as msgspec keeps them; whether items are unique is for us to check."""
        return Meta(min_length=self.least, max_length=self.most, extra={"bounds": self})


Bounds = Whole | Matching | Items


def bounds_of(annotated: Any) -> Bounds:
    """Return the bounds of an annotated type, such as `Quantity` or `Slug`."""
    (meta,) = annotated.__metadata__
    bounds: Bounds = meta.extra["bounds"]
    return bounds


def shape_of(annotated: Any) -> Matching:
    """Return the shape of a text of the vocabulary, such as `Slug`."""
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
Seq = Annotated[int, Whole(1, 2**53 - 1).meta]
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
DeclaredTotal = Annotated[int, Whole(0, 2**53 - 1).meta]

Qualifier = Literal["exact", "more_than", "at_least", "under", "at_most", "about"]
CorrectionReason = Literal["mistake", "duplicate", "other_force", "de_arrested", "reclassified", "measured", "other"]
Acquisition = Literal["seized", "surrendered_or_found", "unstated"]
ReturnStatus = Literal["partial", "complete", "nil"]
ForceKind = Literal["territorial", "special", "agency", "unit", "coordinator", "residual"]
Reports = Literal["events", "tallies", "nothing"]
PublicationLabel = Literal["provisional", "final"]
Marking = Literal["OFFICIAL", "OFFICIAL-SENSITIVE"]

QUALIFIERS: tuple[str, ...] = get_args(Qualifier)
# The least sensitive first.
MARKINGS: tuple[str, ...] = get_args(Marking)
UNSTATED = "unstated"
HOME_CURRENCY = "GBP"
