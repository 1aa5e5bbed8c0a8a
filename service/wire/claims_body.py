"""Claims files in their three forms: TOML, JSON and CSV, each read strictly, from a request or from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import read_claims
from service.domain.claims.reading.csv_rows import ClaimsUnreadable, read_rows
from service.domain.model.reference_data import Measure
from service.wire.strict_json import parse

JSON, TOML, CSV = "application/json", "application/toml", "text/csv"
# More parts of a dotted key than any file needs take the parser quadratic time and memory.
MOST_POINTS_IN_A_LINE = 200
# By the ending of a file's name.
ENDINGS = {".json": JSON, ".toml": TOML, ".csv": CSV}

Measures = Mapping[str, Measure]


def read_claims_body(body: bytes, media: str, measures: Measures, operation: str | None = None) -> ClaimsFile:
    """Return what a claims file of one of the three media types says.

    Raises:
        ClaimsUnreadable: it is no TOML, no CSV, or not UTF-8.
        NotJson, JsonTrap: it is no JSON.
        WrongClaims: listing every mistake with its place.
    """
    return READERS[media](body, measures, operation)


def _from_json(body: bytes, measures: Measures, operation: str | None) -> ClaimsFile:
    return read_claims(parse(body), measures, operation=operation)


def _from_toml(body: bytes, measures: Measures, operation: str | None) -> ClaimsFile:
    text = _text(body)
    if any(line.count(".") > MOST_POINTS_IN_A_LINE for line in text.split("\n")):
        raise ClaimsUnreadable(f"Wanted at most {MOST_POINTS_IN_A_LINE} points in a line of TOML; break it up.")
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise ClaimsUnreadable("The claims file is nested too deeply.") from error
    except ValueError as error:
        raise ClaimsUnreadable(f"The claims file is no TOML: {error}.") from error
    return read_claims(document, measures, operation=operation)


def _from_csv(body: bytes, measures: Measures, operation: str | None) -> ClaimsFile:
    return read_rows(_text(body), measures, operation=operation)


def _text(body: bytes) -> str:
    try:
        # Spreadsheets put a byte order mark in front.
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClaimsUnreadable(f"The claims file is not UTF-8: {error.reason} at byte {error.start}.") from error


READERS: Mapping[str, Callable[[bytes, Measures, str | None], ClaimsFile]] = {
    JSON: _from_json,
    TOML: _from_toml,
    CSV: _from_csv,
}
