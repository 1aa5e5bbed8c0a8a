"""Figures: a sum with its unit and qualifier, and how qualifiers combine when figures are added."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import Enum
from functools import reduce

from service.domain.model.currencies import MINOR_UNITS, amount
from service.domain.model.vocabulary import Qualifier

EXACT: Qualifier = "exact"
ABOUT: Qualifier = "about"


class Side(Enum):
    """Which side of the true value a qualified number lies on."""

    LOWER = "lower"
    UPPER = "upper"


BOUNDS: dict[Qualifier, Side] = {
    "more_than": Side.LOWER,
    "at_least": Side.LOWER,
    "under": Side.UPPER,
    "at_most": Side.UPPER,
}
STRICT: dict[Side, Qualifier] = {Side.LOWER: "more_than", Side.UPPER: "under"}
LOOSE: dict[Side, Qualifier] = {Side.LOWER: "at_least", Side.UPPER: "at_most"}
WORDS: dict[Qualifier, str] = {
    "exact": "{}",
    "more_than": "more than {}",
    "at_least": "at least {}",
    "under": "nearly {}",
    "at_most": "up to {}",
    "about": "about {}",
}
MILLIGRAMS = (("kg", 1_000_000), ("g", 1_000), ("mg", 1))


def join(one: Qualifier, other: Qualifier) -> Qualifier:
    """Return the qualifier of the sum of two quantities with these qualifiers.

    Exact leaves the other unchanged. Two lower bounds give a lower bound, which is strict if either is; likewise two
    upper bounds. Any other combination gives `about`.
    """
    if one == EXACT:
        return other
    if other == EXACT:
        return one
    if ABOUT in (one, other) or BOUNDS[one] is not BOUNDS[other]:
        return ABOUT
    side = BOUNDS[one]
    return STRICT[side] if STRICT[side] in (one, other) else LOOSE[side]


def join_all(qualifiers: Iterable[Qualifier]) -> Qualifier:
    """Return the qualifier of a sum; exact for an empty sum."""
    return reduce(join, qualifiers, EXACT)


def display(
    quantity: int, unit: str, qualifier: Qualifier, category: str | None = None, *, most: int | None = None
) -> str:
    """Return the number in words and figures, with its qualifier: `more than 1,200`, `£5,700`, `1.5 kg`.

    Foreign money, whose category is its currency, is written as `1,250.00 EUR`. `most` is the upper end of what is at
    least the quantity: `30 to 40`.
    """
    if is_range(qualifier, most):
        assert most is not None, "a range has an upper end"
        return f"{_number(quantity, unit, category)} to {_number(most, unit, category)}"
    return WORDS[qualifier].format(_number(quantity, unit, category))


def is_range(qualifier: Qualifier, most: int | None) -> bool:
    """Return whether a figure of this qualifier, and this upper end if it has one, is shown as a range."""
    return most is not None and qualifier == LOOSE[Side.LOWER]


def _number(quantity: int, unit: str, category: str | None) -> str:
    if unit == MINOR_UNITS and category:
        return amount(quantity, category)
    if unit == "pence":
        pounds, pence = divmod(quantity, 100)
        return f"£{pounds:,}.{pence:02}" if pence else f"£{pounds:,}"
    if unit == "milligrams":
        name, size = next((step for step in MILLIGRAMS if quantity >= step[1]), MILLIGRAMS[-1])
        return f"{(Decimal(quantity) / size).normalize():,f} {name}"
    return f"{quantity:,}"
