"""Amounts in a force's own file: numbers as declared, and units converted to those of the templates."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from service.domain.model.currencies import places_of
from service.spreadsheets.mapping.model import FileForm
from service.spreadsheets.reading.cells import Cell, Unreadable, shown

# Source: the international yard and pound agreement of 1959: a pound is 0.45359237 kg, an ounce a sixteenth of it.
GRAMS_IN = {
    "g": Decimal(1),
    "kg": Decimal(1_000),
    "mg": Decimal("0.001"),
    "tonne": Decimal(1_000_000),
    "oz": Decimal("28.349523125"),
    "lb": Decimal("453.59237"),
}
# What is counted, in a column that says of each amount what it is.
COUNTED_IN = ("count", "plants", "tablets", "wraps")
METRIC = ("g", "kg", "mg", "tonne")
PENCE_IN = {"pounds": 100, "pence": 1, "thousand pounds": 100_000}
# What a cell may have beside its number, and the unit that it states.
UNIT_WORDS = {
    "g": "g gr gm gms gram grams gramme grammes",
    "kg": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes",
    "mg": "mg mgs milligram milligrams",
    "tonne": "tonne tonnes",
    "oz": "oz ounce ounces",
    "lb": "lb lbs",
    "pounds": "£ gbp pounds sterling",
    "pence": "p pence",
    "thousand pounds": "£k £000 £000s £'000",
    "EUR": "€ eur euro euros",
    "USD": "usd us$",
}
UNIT_OF_WORD = {word: unit for unit, words in UNIT_WORDS.items() for word in words.split()}
DOLLARS = ("USD", "AUD", "CAD", "NZD", "HKD", "SGD")
MOST_DIGITS = 15
PARTS = re.compile(r"(?P<before>[^\d\s.,-]*)\s*(?P<number>\d[\d.,\s]*\d|\d)\s*(?P<after>[^\d\s.,]*)", re.ASCII)


def number(cell: Cell, form: FileForm, unit: str = "") -> Decimal:
    """Return the number in a cell. A unit beside it must be the declared one.

    Raises:
        ValueError: it is not a number written as declared, is negative, or has another unit.
    """
    if isinstance(cell, Unreadable):
        raise ValueError(cell.problem)  # noqa: TRY004 - a cell that cannot be read is a wrong value
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        # A result of a formula has noise in the last binary digits, which spreadsheet programs do not show.
        found = Decimal(f"{cell:.{MOST_DIGITS}g}" if isinstance(cell, float) else cell)
        if found < 0 or not found.is_finite():
            raise ValueError(f"Expected a number that is not negative. Found {shown(cell)}.")
        return found
    parts = PARTS.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if parts is None:
        raise ValueError(f"Expected a number in digits, such as 12{form.decimal}5. Found {shown(cell)}.")
    for word in (parts["before"], parts["after"]):
        _check_unit(word.casefold(), unit, cell)
    return _digits(parts["number"], form, cell)


def whole(cell: Cell, form: FileForm) -> str:
    """Return a whole number as a cell of a template.

    Raises:
        ValueError: it is not one.
    """
    found = number(cell, form)
    if found != int(found):
        raise ValueError(f"Expected a whole number. Found {shown(cell)}.")
    return str(int(found))


def grams(cell: Cell, form: FileForm, unit: str) -> str:
    """Return a weight in grams as a cell of a template; ounces and pounds are rounded to the milligram.

    Raises:
        ValueError: it is not a weight, or has less than a milligram.
    """
    exact = number(cell, form, unit) * GRAMS_IN[unit] * 1_000
    rounded = exact.quantize(Decimal(1), ROUND_HALF_UP)
    if rounded != exact and unit in METRIC:
        raise ValueError(f"Expected a weight of whole milligrams. Found {shown(cell)} {unit}.")
    return plain(rounded / 1_000)


def pounds(cell: Cell, form: FileForm, unit: str) -> str:
    """Return an amount in pounds as a cell of a template.

    Raises:
        ValueError: it is not an amount, or has a fraction of a penny.
    """
    pence = number(cell, form, unit) * PENCE_IN[unit]
    if pence != int(pence):
        raise ValueError(f"Expected pounds with at most two decimals. Found {shown(cell)}.")
    return plain(pence / 100)


def minor_units(cell: Cell, form: FileForm, unit: str) -> str:
    """Return an amount of foreign money in its minor unit, as a cell of a template. `unit` is `EUR` or `EUR minor`.

    Raises:
        ValueError: it is not an amount, or has a fraction of the minor unit.
    """
    currency, _, minor = unit.partition(" ")
    found = number(cell, form, currency) * (1 if minor else 10 ** places_of(currency))
    if found != int(found):
        raise ValueError(f"Expected an amount with at most {places_of(currency)} decimals. Found {shown(cell)}.")
    return str(int(found))


def measured(cell: Cell, form: FileForm, unit: str) -> tuple[str, str]:
    """Return the column of a template and its cell for an amount whose unit stands beside it: a weight, or a count.

    Raises:
        ValueError: it is not an amount in this unit, or there is no such unit.
    """
    if unit in GRAMS_IN:
        return "weight_grams", grams(cell, form, unit)
    if unit in COUNTED_IN:
        return unit, whole(cell, form)
    raise ValueError(f"Expected a unit: {', '.join((*GRAMS_IN, *COUNTED_IN))}. Found {unit or 'a blank cell'!r}.")


def plain(value: Decimal) -> str:
    """Return a number in digits, without an exponent and without zeros at the end of its decimals."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _digits(written: str, form: FileForm, cell: Cell) -> Decimal:
    decimal, thousands = re.escape(form.decimal), re.escape(form.thousands)
    grouped = rf"|\d{{1,3}}(?:{thousands}\d{{3}})+" if form.thousands else ""
    if not re.fullmatch(rf"(?:\d+{grouped})(?:{decimal}\d+)?", written, re.ASCII):
        declared = f"decimal = {form.decimal!r} and thousands = {form.thousands!r}"
        raise ValueError(f"Expected a number written as declared in the mapping ({declared}). Found {shown(cell)}.")
    digits = written.replace(form.thousands, "") if form.thousands else written
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"Expected a number of at most {MOST_DIGITS} digits. Found {shown(cell)}.")
    return Decimal(digits.replace(form.decimal, "."))


def _check_unit(word: str, unit: str, cell: Cell) -> None:
    if word == "$" and unit in DOLLARS:
        return
    if word and UNIT_OF_WORD.get(word, word.upper()) != unit:
        expected = f"Expected a number in {unit}, as the mapping says" if unit else "Expected a number without a word"
        raise ValueError(f"{expected}. Found {shown(cell)}.")
