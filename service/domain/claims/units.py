"""The units that a claim may be printed in, and how large each is in the smallest unit of its measure."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.currencies import MINOR_UNITS, places_of
from service.domain.reference_data import Measure, currencies
from service.domain.vocabulary import HOME_CURRENCY

PENCE, MILLIGRAMS = "pence", "milligrams"
ANY = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as printed. `size`: how many of the smallest unit it is; `places`: decimals after a point, None any.

    A figure in money must come out in whole pence; a weight may be printed finer than a milligram.
    """

    word: str
    smallest: str
    size: int = 1
    places: int | None = 0

    @property
    def is_money(self) -> bool:
        """Whether it counts money."""
        return self.smallest in (PENCE, MINOR_UNITS)


MONEY = {
    "pounds": Unit("pounds", PENCE, 100, 2),
    "thousand pounds": Unit("thousand pounds", PENCE, 100_000, ANY),
    "million pounds": Unit("million pounds", PENCE, 100_000_000, ANY),
    "pence": Unit("pence", PENCE),
}
WEIGHTS = {
    "milligrams": Unit("milligrams", MILLIGRAMS, 1, ANY),
    "grams": Unit("grams", MILLIGRAMS, 1_000, ANY),
    "kilograms": Unit("kilograms", MILLIGRAMS, 1_000_000, ANY),
    "tonnes": Unit("tonnes", MILLIGRAMS, 1_000_000_000, ANY),
}


class UnitDoesNotFit(ValueError):
    """The word is no unit of the measure; the text says which are."""


def unit_of(word: str, measure: str, known: Measure | None) -> Unit:
    """Return the unit that a word names for a measure; `known` is None for a measure that is in no catalogue.

    Raises:
        UnitDoesNotFit: it is none of the measure's.
    """
    if known is None:
        return (MONEY | WEIGHTS).get(word) or Unit(word, word)
    if known.unit == MINOR_UNITS:
        return _currency(word, measure)
    fitting = {PENCE: MONEY, MILLIGRAMS: WEIGHTS}.get(known.unit) or {known.unit: Unit(known.unit, known.unit)}
    if word not in fitting:
        raise UnitDoesNotFit(f"{measure} is printed in {_listed(tuple(fitting))}; found {word[:40]!r}.")
    return fitting[word]


def _currency(word: str, measure: str) -> Unit:
    if word not in currencies() or word == HOME_CURRENCY:
        raise UnitDoesNotFit(f"{measure} is printed in a currency code such as EUR, not GBP; found {word[:40]!r}.")
    places = places_of(word)
    return Unit(word, MINOR_UNITS, 10**places, places)


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
