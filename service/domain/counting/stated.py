"""What was stated, added up: a sum with the qualifier and, where both ends are known, the bounds of the true number.

Entries have a qualifier or a code that nobody sends: `rounded` marks a quantity that is known to be rounded, `between`
the lower end of a range, and `below` and `above` their margins: how far the true number may be below or above. Margins
are quantities of their own, so they are summed, reversed and carried like all others.

A part of a whole is an entry of the part and one with a negative number of lines, which takes it out of what is left of
the whole. In a sum of both they cancel out, so the whole is again what was stated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, cast

from service.domain.counting.figures import ABOUT, BOUNDS, EXACT, LOOSE, STRICT, Side, join_all
from service.domain.model.vocabulary import Qualifier

ROUNDED, BETWEEN, BELOW, ABOVE = "rounded", "between", "below", "above"
MARGINS = (BELOW, ABOVE)
# How the entries of one qualifier are shown where nothing more is known.
SHOWN: dict[str, Qualifier] = {ROUNDED: ABOUT, BETWEEN: LOOSE[Side.LOWER]}
OPPOSITE = {Side.LOWER: Side.UPPER, Side.UPPER: Side.LOWER}


class Stated(NamedTuple):
    """A sum of entries with one qualifier or code, and the sum of their lines: negative if it is taken away."""

    quantity: int
    qualifier: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Known:
    """A sum. `least` and `most`, both included, bound a rounded one or a range; None where an end is not known."""

    quantity: int
    qualifier: Qualifier
    least: int | None
    most: int | None
    stated: tuple[Stated, ...]


def added_up(all_stated: Iterable[Stated]) -> Known | None:
    """Return the sum of these; None if nothing is left of them, because all of it was reversed."""
    by_qualifier: dict[str, Stated] = {}
    for quantity, qualifier, lines in all_stated:
        before = by_qualifier.get(qualifier, Stated(0, qualifier, 0))
        by_qualifier[qualifier] = Stated(before.quantity + quantity, qualifier, before.lines + lines)
    left = tuple(one for one in by_qualifier.values() if one.lines)
    counted = [one for one in left if one.qualifier not in MARGINS]
    if not counted:
        return None
    quantity = sum(one.quantity for one in counted)
    least, most = _ends(quantity, left)
    return Known(quantity, join_all(_shown(one) for one in counted), least, most, left)


def _ends(quantity: int, left: Iterable[Stated]) -> tuple[int | None, int | None]:
    found = {one.qualifier: one for one in left}
    if found.keys() <= {EXACT} or not found.keys() <= {EXACT, ROUNDED, BETWEEN, *MARGINS}:
        return None, None
    below, above = (found[name].quantity if name in found else 0 for name in MARGINS)
    return max(0, quantity - below), quantity + above


def _shown(one: Stated) -> Qualifier:
    """Return the qualifier to show; taken away, a lower bound leaves an upper one, and the other way round."""
    shown = SHOWN.get(one.qualifier, cast("Qualifier", one.qualifier))
    side = BOUNDS.get(shown)
    if one.lines > 0 or side is None:
        return shown
    return (STRICT if shown in STRICT.values() else LOOSE)[OPPOSITE[side]]
