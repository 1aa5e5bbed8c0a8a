"""Numbers in forms: people, items, pounds and grams, read as exactly as in a spreadsheet."""

from __future__ import annotations

from decimal import Decimal

from service.domain.model.currencies import places_of
from service.domain.model.vocabulary import HOME_CURRENCY, MAX_QUANTITY
from service.spreadsheets.reading import cells

# Digits between two separators of thousands.
GROUP = 3


def whole(written: str) -> int | None:
    """Return a whole number of 1 or more; separators of thousands are allowed. None if it is not one."""
    return _positive(cells.whole, _without_separators(written))


def pence(written: str) -> int | None:
    """Return an amount in pounds as pence; None if it is not one."""
    return _positive(cells.pence, _without_separators(written).removeprefix("£"))


def milligrams(written: str) -> int | None:
    """Return a weight in grams as milligrams; None if it is not one."""
    text = _without_separators(written).casefold()
    if text.endswith("kg"):
        kilograms = _positive(cells.milligrams, text.removesuffix("kg").strip())
        return None if kilograms is None else kilograms * 1_000
    return _positive(cells.milligrams, text.removesuffix("g").strip())


def minor(written: str, currency: str) -> int | None:
    """Return an amount of a currency in its minor unit; None if it is not one."""
    if currency == HOME_CURRENCY:
        return pence(written)
    try:
        scaled = Decimal(_without_separators(written)).scaleb(places_of(currency))
    except ArithmeticError:
        return None
    return int(scaled) if scaled == scaled.to_integral_value() and 1 <= scaled <= MAX_QUANTITY else None


def as_pounds(amount: int | None) -> str:
    """Return pence as they are typed: `520`, `520.50`."""
    return "" if amount is None else _plain(Decimal(amount).scaleb(-2), 2)


def as_grams(weight: int | None) -> str:
    """Return milligrams as grams: `12.5`."""
    return "" if weight is None else f"{(Decimal(weight) / 1_000).normalize():f}"


def as_major(amount: int, currency: str) -> str:
    """Return an amount in a minor unit as it is typed."""
    places = places_of(currency)
    return _plain(Decimal(amount).scaleb(-places), places)


def as_number(number: int | None) -> str:
    """Return a whole number as it is typed."""
    return "" if number is None else str(number)


def _plain(amount: Decimal, places: int) -> str:
    return f"{amount:.0f}" if amount == amount.to_integral_value() else f"{amount:.{places}f}"


def _positive(read: cells.Read, written: str) -> int | None:
    try:
        found: int = read(written)
    except ValueError:
        return None
    return found if 1 <= found <= MAX_QUANTITY else None


def _without_separators(written: str) -> str:
    """Return a number without commas before groups of three digits, as in 1,200; other commas stay, and are refused."""
    first, *groups = written.replace(" ", "").split(",")
    are_groups = groups and 1 <= len(first.lstrip("£")) <= GROUP
    are_groups = are_groups and all(len(one.partition(".")[0]) == GROUP for one in groups)
    return first + "".join(groups) if are_groups else written.strip()
