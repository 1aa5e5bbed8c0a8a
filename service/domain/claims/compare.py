"""The comparison of one claim with the record. Both are bounds, since returns for the record may be outstanding.

The record's figure is the sum of what was recorded, with its qualifier. While a return is outstanding for it, more may
come, so it is a lower bound. A printed 179 against a recorded 179 is therefore open until every force's returns are in,
and agrees from then on; a printed "more than 170" agrees at once; a printed 150 differs whatever may come. If every
return is in and nothing was recorded, the figure is nil, as in the statement. `as_it_stands` is the result if nothing
more comes.

Source: domain notes, "a missing return read as zero"; design 5, completeness is per figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from service.domain.claims import bounds as possible
from service.domain.claims.bounds import Bounds
from service.domain.claims.claim import Claim
from service.domain.claims.extents import listed
from service.domain.counting.completeness import Outstanding
from service.domain.counting.figures import EXACT
from service.domain.counting.stated import BELOW, MARGINS, ROUNDED, SHOWN, Stated

Status = Literal["agrees", "open", "differs", "cannot_be_compared"]
STATUSES: tuple[Status, ...] = ("agrees", "open", "differs", "cannot_be_compared")
QUALIFIED: Mapping[str, Callable[[Fraction], Bounds]] = {
    "exact": lambda quantity: Bounds(int(quantity), int(quantity) + 1),
    "more_than": possible.more_than,
    "at_least": possible.at_least,
    "under": possible.nearly,
    "at_most": possible.up_to,
    "about": possible.about,
}


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Results recorded elsewhere that may belong to a claim's scope: where, and at most how much (None: unknown)."""

    most: int | None = 0
    where: tuple[str, ...] = ()


NOTHING_UNPLACED = Unplaced()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFigure:
    """The record's figure for a claim's scope: its bounds, the outstanding returns, and what may belong to it.

    `is_rounded`: nothing but a rounding keeps it from being one number.
    """

    bounds: Bounds
    display: str
    is_rounded: bool = False
    outstanding: tuple[Outstanding, ...] = ()
    unplaced: Unplaced = NOTHING_UNPLACED

    @property
    def as_known(self) -> Bounds:
        """The bounds including what outstanding returns may add and what may belong here."""
        return Bounds(self.bounds.least) if self.outstanding else self.as_it_stands

    @property
    def as_it_stands(self) -> Bounds:
        """The bounds including what may belong here, if no further return comes."""
        if self.bounds.before is None or self.unplaced.most is None:
            return Bounds(self.bounds.least)
        return Bounds(self.bounds.least, self.bounds.before + self.unplaced.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A claim compared with the record. `difference`: the least that the record is above it; negative if below."""

    claim: Claim
    status: Status
    detail: str
    recorded: ScopeFigure | None = None
    difference: int | None = None
    as_it_stands: Status | None = None


def recorded_bounds(quantity: int, qualifier: str) -> Bounds:
    """Return the bounds of a recorded sum with its qualifier."""
    if not quantity and qualifier == "under":
        return Bounds(0, 1)
    return QUALIFIED[qualifier](Fraction(quantity))


def bounds_of(stated: Iterable[Stated]) -> Bounds:
    """Return the bounds of a recorded sum of these quantities, some of which may be taken away."""
    ends = [_ends(one) for one in stated]
    lows, highs = [low for low, _high in ends if low is not None], [high for _low, high in ends if high is not None]
    least = sum(lows) if len(lows) == len(ends) else 0
    return Bounds(max(0, least), max(0, sum(highs)) + 1 if len(highs) == len(ends) else None)


def _ends(one: Stated) -> tuple[int | None, int | None]:
    """Return the least and the most that something stated adds; None: no bound."""
    if one.qualifier in MARGINS:
        return (-one.quantity, 0) if one.qualifier == BELOW else (0, one.quantity)
    found = recorded_bounds(abs(one.quantity), EXACT if one.qualifier in SHOWN else one.qualifier)
    most = None if found.before is None else found.before - 1
    if one.quantity >= 0:
        return found.least, most
    return None if most is None else -most, -found.least


def is_rounded(stated: Iterable[Stated]) -> bool:
    """Return whether nothing but a rounding keeps a recorded sum from being one number."""
    codes = {one.qualifier for one in stated}
    return ROUNDED in codes and codes <= {EXACT, ROUNDED, *MARGINS}


def not_comparable(claim: Claim, reason: str) -> Comparison:
    """Return the comparison of a claim that cannot be compared, with the reason."""
    return Comparison(claim=claim, status="cannot_be_compared", detail=reason)


def compare(claim: Claim, recorded: ScopeFigure) -> Comparison:
    """Return whether the record is within the claim (agrees), only overlaps it (open), or differs, and by how much."""
    if claim.bounds is None:
        return not_comparable(claim, "No number was printed.")
    known = recorded.as_known
    status = _status(known, claim.bounds, is_rounded=recorded.is_rounded)
    difference = _difference(known, claim.bounds)
    return Comparison(
        claim=claim,
        status=status,
        detail=_detail(claim, recorded, difference),
        recorded=recorded,
        difference=difference,
        as_it_stands=_status(recorded.as_it_stands, claim.bounds, is_rounded=recorded.is_rounded),
    )


def _status(known: Bounds, claimed: Bounds, *, is_rounded: bool) -> Status:
    """Return the status. A number that is within half a unit of a recorded rounding is what was rounded."""
    if known.within(claimed) or (is_rounded and known.before is not None and claimed.within(known)):
        return "agrees"
    return "open" if known.meets(claimed) else "differs"


def _difference(known: Bounds, claimed: Bounds) -> int | None:
    if claimed.before is not None and known.least >= claimed.before:
        return known.least - (claimed.before - 1)
    if known.before is not None and claimed.least >= known.before:
        return known.before - 1 - claimed.least
    return None


def _detail(claim: Claim, recorded: ScopeFigure, difference: int | None) -> str:
    known = recorded.as_known
    text = f"Printed: {claim.printed}. The record has {claim.describe_bounds(known)}"
    text += f", while returns are outstanding: {_forces(recorded.outstanding)}." if recorded.outstanding else "."
    if recorded.unplaced.where:
        text += f" What is recorded {' and '.join(recorded.unplaced.where)} may be part of it."
    if difference is None:
        return text
    # Two single numbers differ by exactly this amount, bounds by at least this amount.
    assert claim.bounds is not None
    at_least = "" if known.is_one_number and claim.bounds.is_one_number else "at least "
    amount = claim.describe_bounds(Bounds(abs(difference), abs(difference) + 1))
    return f"{text} That is {at_least}{amount} {'more' if difference > 0 else 'less'}."


def _forces(outstanding: Sequence[Outstanding]) -> str:
    return listed([one.force or "forces in other parts" for one in outstanding])
