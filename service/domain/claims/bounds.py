"""A printed figure as the half-open range of whole numbers that it allows.

All arithmetic uses integers and fractions: a float would silently lose the pence of a large sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from service.domain.counting.figures import display

TENTH, ONE = Fraction(1, 10), Fraction(1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The quantities q, in the smallest unit, with least <= q < before. `before` None: no upper bound."""

    least: int = 0
    before: int | None = None

    @property
    def is_one_number(self) -> bool:
        """Whether exactly one number is possible."""
        return self.before == self.least + 1

    def within(self, other: Bounds) -> bool:
        """Return whether every number within these bounds is within the other."""
        return self.least >= other.least and (
            other.before is None or (self.before is not None and self.before <= other.before)
        )

    def meets(self, other: Bounds) -> bool:
        """Return whether some number is within both."""
        return not self.is_above(other) and not other.is_above(self)

    def is_above(self, other: Bounds) -> bool:
        """Return whether every number within these bounds is larger than every number within the other."""
        return other.before is not None and self.least >= other.before

    def at_least(self, least: int) -> Bounds:
        """Return these bounds with the lower one raised to at least this number."""
        return Bounds(max(self.least, least), self.before)


@dataclass(frozen=True, slots=True)
class Printed:
    """A number as printed: its value and the size of one unit of its last digit, both in the smallest unit."""

    value: Fraction
    step: Fraction


def joined(bounds: list[Bounds]) -> Bounds:
    """Return the intersection of several bounds of one figure.

    If they contradict each other, return the range that covers all of them: the contradiction is reported once, and
    must not make the figure's whole or parts look wrong too.
    """
    least, uppers = max(one.least for one in bounds), [one.before for one in bounds if one.before is not None]
    before = min(uppers, default=None)
    if before is None or least < before:
        return Bounds(least, before)
    return Bounds(min(one.least for one in bounds), max(uppers) if len(uppers) == len(bounds) else None)


def summed(bounds: list[Bounds]) -> Bounds:
    """Return the bounds of a sum of figures."""
    least = sum(one.least for one in bounds)
    most = [one.before - 1 for one in bounds if one.before is not None]
    return Bounds(least, sum(most) + 1 if len(most) == len(bounds) else None)


def printed(number: Printed, to: Printed | None = None) -> Bounds:
    """Return the bounds of printed digits, which may be rounded or truncated; with `to`, of a printed range.

    65 kilograms allows 64.5 to below 66 kilograms.
    """
    upper = to or number
    return _span(number.value - number.step / 2, upper.value + upper.step, number.value)


def more_than(number: Fraction) -> Bounds:
    """Return the bounds of more than a number."""
    return Bounds(floor(number) + 1)


def at_least(number: Fraction) -> Bounds:
    """Return the bounds of a number or more."""
    return Bounds(ceil(number))


def up_to(number: Fraction) -> Bounds:
    """Return the bounds of a number or less."""
    return Bounds(0, floor(number) + 1)


def nearly(number: Fraction) -> Bounds:
    """Return the bounds of less than a number, which must be above zero."""
    return Bounds(0, ceil(number))


def about(number: Fraction, to: Fraction | None = None, *, step: Fraction = ONE) -> Bounds:
    """Return the bounds of a number give or take a tenth, and at least one unit of its last digit: about 9 may be 8.

    Both ends are included. `step` is the size of that unit in the smallest unit.
    """
    upper = number if to is None else to
    return _span(number - max(number * TENTH, step), floor(upper + max(upper * TENTH, step)) + 1, number)


def describe(bounds: Bounds, unit: str, category: str | None = None) -> str:
    """Return bounds in words: `179`, `at least 171`, `at most £5,000`, `£5,699.50 to £5,700.99`, `1,250.00 EUR`."""
    least = display(bounds.least, unit, "exact", category)
    if bounds.before is None:
        return f"at least {least}"
    most = display(bounds.before - 1, unit, "exact", category)
    if bounds.is_one_number:
        return least
    return f"{least} to {most}" if bounds.least else f"at most {most}"


def _span(low: Fraction, before: Fraction | int, value: Fraction) -> Bounds:
    """Return the whole numbers from `low` to below `before`; if there are none, those next to the value."""
    least, end = max(0, ceil(low)), ceil(before)
    return Bounds(least, end) if end > least else Bounds(floor(value), ceil(value) + 1)
