"""What may be said of a number in a statement: in full, or as a threshold that is always below what is known.

Integers only. The rules were read in published results; a claim is true of every value that the record allows.
Source: domain notes, the results statement, rules for thresholds; docs/reference/statement.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.currencies import MINOR_UNITS
from service.domain.figures import ABOUT, BOUNDS, EXACT, LOOSE, STRICT, Side
from service.domain.vocabulary import Qualifier

SMALLEST_ROUNDED = 40
ROUNDED_TO_50 = range(101, 1_000)
PENCE_IN_1_000_POUNDS = 100_000
# Two or three digits are rounded to tens, four to hundreds, and so on: from six on, three significant figures stay.
STEPS_BY_DIGITS = {2: 10, 3: 10, 4: 100, 5: 1_000}
MONEY = "pence"
# No release gives a threshold for these, so there is no rule for them.
NEVER_ROUNDED = ("milligrams", MINOR_UNITS)


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a number: `qualifier` and `quantity`, in the unit.

    `so_far`: it is said of what has been recorded by then. Otherwise it is said of the whole, outstanding returns
    included.
    """

    qualifier: Qualifier
    quantity: int
    unit: str
    so_far: bool = False


def in_full(quantity: int, qualifier: Qualifier, unit: str, *, is_outstanding: bool) -> Claim:
    """Return what may be said of a recorded figure without rounding it.

    While a return is outstanding more can only be added, so an exact figure is a lower bound of the whole, and a lower
    bound stays one. What is about its value, or below it, bounds nothing then: it is said of what is recorded so far.
    So is 0, of which "at least" would say nothing.
    """
    if not is_outstanding:
        return Claim(qualifier, quantity, unit)
    if qualifier == ABOUT or BOUNDS.get(qualifier) is Side.UPPER or quantity == 0:
        return Claim(qualifier, quantity, unit, so_far=True)
    return Claim(LOOSE[Side.LOWER] if qualifier == EXACT else qualifier, quantity, unit)


def rounded(claim: Claim) -> Claim:
    """Return the claim with a threshold where there is one: `more_than` a round number. Else the claim itself.

    Of "more than 1,200" the number is kept: it is known to be less than the value.
    """
    if claim.so_far:
        return claim
    if claim.qualifier in (EXACT, LOOSE[Side.LOWER]):
        found = threshold(claim.quantity, claim.unit)
    elif claim.qualifier == STRICT[Side.LOWER]:
        found = _at_or_below(claim.quantity, claim.unit)
    else:
        found = None
    return claim if found is None else replace(claim, qualifier=STRICT[Side.LOWER], quantity=found)


def threshold(quantity: int, unit: str) -> int | None:
    """Return the N of "more than N", in the unit, strictly below the quantity; None where the number itself is said."""
    if unit in NEVER_ROUNDED:
        return None
    return _money_threshold(quantity) if unit == MONEY else _count_threshold(quantity)


def _count_threshold(count: int) -> int | None:
    """Return the largest multiple of the step below the count; of 50 for full tens between 100 and 1,000.

    179 -> 170, 85 -> 80, 1,660 -> 1,600; 230 -> 200, 160 -> 150; under 40: None.
    """
    step = _step(count)
    if step is None:
        return None
    if count % 10 == 0 and count in ROUNDED_TO_50:
        step = 50
    return _below(count, step)


def _money_threshold(pence: int) -> int | None:
    """Return the largest multiple of 1,000 pounds below the amount; of 5,000 pounds for full thousands.

    67,329 pounds -> 67,000; 32,000 -> 30,000; 800 or 5,000 pounds: None, since nothing but 0 would be left.
    """
    is_full = pence % PENCE_IN_1_000_POUNDS == 0
    return _below(pence, 5 * PENCE_IN_1_000_POUNDS if is_full else PENCE_IN_1_000_POUNDS) or None


def _step(count: int) -> int | None:
    if count < SMALLEST_ROUNDED:
        return None
    digits = len(str(count))
    return STEPS_BY_DIGITS.get(digits) or 10 ** (digits - 3)


def _below(quantity: int, step: int) -> int:
    """Return the largest multiple of the step strictly below the quantity; 0 if there is none above it."""
    return max(quantity - 1, 0) // step * step


def _at_or_below(quantity: int, unit: str) -> int | None:
    """Return the largest multiple of the step that is not above the quantity; None where there is none."""
    step = PENCE_IN_1_000_POUNDS if unit == MONEY else _step(quantity)
    if unit in NEVER_ROUNDED or step is None:
        return None
    return quantity // step * step or None
