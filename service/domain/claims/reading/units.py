"""The units that a claim may be printed in, and the size of each in the smallest unit of its measure."""

from __future__ import annotations

from dataclasses import dataclass

from service.domain.model.currencies import MINOR_UNITS, places_of
from service.domain.model.reference_data import Measure, currencies
from service.domain.model.vocabulary import HOME_CURRENCY

PENCE, MILLIGRAMS = "pence", "milligrams"
ANY = None


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as printed. `size`: in the smallest unit; `places`: digits after a decimal point, None: any number.

    A money figure must come out in whole pence; a weight may be printed finer than a milligram.
    """

    word: str
    smallest: str
    size: int = 1
    places: int | None = 0

    @property
    def is_money(self) -> bool:
        """Whether this is a unit of money."""
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
    """The word is not a unit of the measure; the message lists the measure's units."""


def unit_of(word: str, measure: str, known: Measure | None) -> Unit:
    """Return the unit that a word means for a measure; `known` is None for a measure that is not in the catalogue.

    Raises:
        UnitDoesNotFit: the word is not a unit of the measure.
    """
    if known is None:
        return (MONEY | WEIGHTS).get(word) or Unit(word, word)
    if known.unit == MINOR_UNITS:
        return _currency(word, measure)
    fitting = {PENCE: MONEY, MILLIGRAMS: WEIGHTS}.get(known.unit) or {known.unit: Unit(known.unit, known.unit)}
    if word not in fitting:
        raise UnitDoesNotFit(f"Expected {measure} in {_listed(tuple(fitting))}; found {word[:40]!r}.")
    return fitting[word]


def _currency(word: str, measure: str) -> Unit:
    if word not in currencies() or word == HOME_CURRENCY:
        raise UnitDoesNotFit(f"Expected {measure} in a currency code such as EUR, other than GBP; found {word[:40]!r}.")
    places = places_of(word)
    return Unit(word, MINOR_UNITS, 10**places, places)


def _listed(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
