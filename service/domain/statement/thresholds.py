"""How a statement may give a number: in full, or as a threshold that is always below the known value.

Integers only. The rules follow published results; a stated number is true of every value that the record allows.
Source: domain notes, the results statement, rules for thresholds; docs/reference/statement.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from service.domain.counting.figures import ABOUT, BOUNDS, EXACT, LOOSE, MILLIGRAMS, STRICT, Side
from service.domain.model.currencies import MINOR_UNITS
from service.domain.model.vocabulary import Qualifier

SMALLEST_ROUNDED = 40
ROUNDED_TO_50 = range(101, 1_000)
PENCE_IN_1_000_POUNDS = 100_000
# Two or three digits are rounded to tens, four to hundreds, and so on; six or more keep three significant figures.
STEPS_BY_DIGITS = {2: 10, 3: 10, 4: 100, 5: 1_000}
MONEY = "pence"
# No published release gives a threshold for these, so there is no rule to follow.
WEIGHT = "milligrams"
NEVER_ROUNDED = (WEIGHT, MINOR_UNITS)


@dataclass(frozen=True, slots=True)
class StatedNumber:
    """A number as a statement gives it: `quantity` in `unit`, with its qualifier.

    `so_far`: it covers only what has been recorded. Otherwise it covers the whole, including outstanding returns.
    `most`: the upper end of a range whose lower end is the quantity.
    """

    qualifier: Qualifier
    quantity: int
    unit: str
    so_far: bool = False
    most: int | None = None


def in_full(
    quantity: int, qualifier: Qualifier, unit: str, *, is_outstanding: bool, most: int | None = None
) -> StatedNumber:
    """Return a recorded figure as it may be stated without rounding.

    While a return is outstanding the figure can only grow. So an exact figure is a lower bound of the whole, and a
    lower bound stays one. `about` and upper bounds say nothing about the whole: they are stated as "so far". So is 0,
    because "at least 0" would say nothing. The upper end of a range is no bound for the whole either.
    """
    if not is_outstanding:
        return StatedNumber(qualifier, quantity, unit, most=most)
    if qualifier == ABOUT or BOUNDS.get(qualifier) is Side.UPPER or quantity == 0:
        return StatedNumber(qualifier, quantity, unit, so_far=True)
    return StatedNumber(LOOSE[Side.LOWER] if qualifier == EXACT else qualifier, quantity, unit)


def rounded(stated: StatedNumber) -> StatedNumber:
    """Return the number as a threshold, `more_than` a round number; unchanged if it has none.

    "more than 1,200" keeps its number, which is already below the value.
    """
    if stated.so_far:
        return stated
    if stated.qualifier in (EXACT, LOOSE[Side.LOWER]):
        found = threshold(stated.quantity, stated.unit)
    elif stated.qualifier == STRICT[Side.LOWER]:
        found = _at_or_below(stated.quantity, stated.unit)
    else:
        found = None
    return stated if found is None else replace(stated, qualifier=STRICT[Side.LOWER], quantity=found, most=None)


def to_one_decimal(stated: StatedNumber) -> StatedNumber:
    """Return a weight rounded to one decimal place of the unit it is shown in; any other number unchanged.

    1.0835 kg -> 1.1 kg. A lower bound is rounded down and an upper bound up, so that the bound stays true: at least
    1.0835 kg -> at least 1 kg. So are the ends of a range. Milligrams stay whole.
    """
    if stated.unit != WEIGHT:
        return stated
    side = BOUNDS.get(stated.qualifier)
    if stated.most is not None:
        return replace(stated, quantity=_decimal(stated.quantity, Side.LOWER), most=_decimal(stated.most, Side.UPPER))
    return replace(stated, quantity=_decimal(stated.quantity, side))


def _decimal(milligrams: int, side: Side | None) -> int:
    """Return a weight rounded to one decimal place of the unit it is shown in, to this side."""
    size = next((size for _name, size in MILLIGRAMS if milligrams >= size), 1)
    step = max(size // 10, 1)
    up = 0 if side is Side.LOWER else step - 1 if side is Side.UPPER else step // 2
    return (milligrams + up) // step * step


def threshold(quantity: int, unit: str) -> int | None:
    """Return the N of "more than N", in the unit, strictly below the quantity; None if there is no threshold."""
    if unit in NEVER_ROUNDED:
        return None
    return _money_threshold(quantity) if unit == MONEY else _count_threshold(quantity)


def _count_threshold(count: int) -> int | None:
    """Return the largest multiple of the step below the count; the step is 50 for full tens between 100 and 1,000.

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

    67,329 pounds -> 67,000; 32,000 -> 30,000; 800 or 5,000 pounds: None, because only 0 would be left.
    """
    is_full = pence % PENCE_IN_1_000_POUNDS == 0
    return _below(pence, 5 * PENCE_IN_1_000_POUNDS if is_full else PENCE_IN_1_000_POUNDS) or None


def _step(count: int) -> int | None:
    if count < SMALLEST_ROUNDED:
        return None
    digits = len(str(count))
    return STEPS_BY_DIGITS.get(digits) or 10 ** (digits - 3)


def _below(quantity: int, step: int) -> int:
    """Return the largest multiple of the step strictly below the quantity; at least 0."""
    return max(quantity - 1, 0) // step * step


def _at_or_below(quantity: int, unit: str) -> int | None:
    """Return the largest multiple of the step that is at most the quantity; None if there is none above 0."""
    step = PENCE_IN_1_000_POUNDS if unit == MONEY else _step(quantity)
    if unit in NEVER_ROUNDED or step is None:
        return None
    return quantity // step * step or None
