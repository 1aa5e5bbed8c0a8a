"""How foreign money is counted (in the currency's minor unit) and written (with the currency's decimal places)."""

from __future__ import annotations

MINOR_UNITS = "minor units"
USUAL_PLACES = 2
# Decimal places of the currencies that do not have two. Source: ISO 4217, list one, minor unit.
PLACES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_PLACES = {currency: places for places, listed in PLACES.items() for currency in listed.split()}


def places_of(currency: str) -> int:
    """Return how many decimal places a currency has."""
    return MINOR_PLACES.get(currency, USUAL_PLACES)


def amount(quantity: int, currency: str) -> str:
    """Return an amount in minor units as people write it: `1,250.00 EUR`, `125,000 JPY`."""
    places = places_of(currency)
    whole, rest = divmod(quantity, 10**places)
    return f"{whole:,}.{rest:0{places}} {currency}" if places else f"{whole:,} {currency}"
