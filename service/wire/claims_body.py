"""Claims files in their three formats, TOML, JSON and CSV, each read strictly, from a request or a file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping

from service.domain.claims.claim import ClaimsFile
from service.domain.claims.reading.claims_file import read_claims
from service.domain.claims.reading.csv_rows import ClaimsUnreadable, read_rows
from service.domain.model.reference_data import Measure
from service.wire.strict_json import parse

JSON, TOML, CSV = "application/json", "application/toml", "text/csv"
# The parser takes quadratic time and memory for the parts of a dotted key, so their number is limited.
MAX_DOTS_IN_A_LINE = 200
# By file name extension.
ENDINGS = {".json": JSON, ".toml": TOML, ".csv": CSV}

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A key of TOML with its value.
KEY = re.compile(rb"[a-z_]+\s*=")

Measures = Mapping[str, Measure]


def read_claims_body(body: bytes, media: str, measures: Measures, operation: str | None = None) -> ClaimsFile:
    """Return the claims of a file of one of the three media types.

    Raises:
        ClaimsUnreadable: it is not TOML, not CSV, or not UTF-8.
        NotJson, JsonTrap: it is not JSON.
        WrongClaims: listing every error with its place.
    """
    return READERS[media](body, measures, operation)


def media_of(body: bytes) -> str | None:
    """Return the media type that a claims file without a name has, by its first line; None if it is no claims file."""
    first = body.removeprefix(BYTE_ORDER_MARK).lstrip().split(b"\n", 1)[0]
    if first.startswith(b"{"):
        return JSON
    if first.startswith((b"#", b"[")) or KEY.match(first):
        return TOML
    return CSV if b"measure" in first else None


def _from_json(body: bytes, measures: Measures, operation: str | None) -> ClaimsFile:
    return read_claims(parse(body), measures, operation=operation)


def _from_toml(body: bytes, measures: Measures, operation: str | None) -> ClaimsFile:
    text = _text(body)
    if any(line.count(".") > MAX_DOTS_IN_A_LINE for line in text.split("\n")):
        raise ClaimsUnreadable(f"Expected at most {MAX_DOTS_IN_A_LINE} dots in a line of TOML; split the line.")
    try:
        document = tomllib.loads(text)
    except RecursionError as error:
        raise ClaimsUnreadable("The claims file is nested too deeply.") from error
    except ValueError as error:
        raise ClaimsUnreadable(f"The claims file is not TOML: {error}.") from error
    return read_claims(document, measures, operation=operation)


def _from_csv(body: bytes, measures: Measures, operation: str | None) -> ClaimsFile:
    return read_rows(_text(body), measures, operation=operation)


def _text(body: bytes) -> str:
    try:
        # Spreadsheet programs write a byte order mark first.
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClaimsUnreadable(f"The claims file is not UTF-8: {error.reason} at byte {error.start}.") from error


READERS: Mapping[str, Callable[[bytes, Measures, str | None], ClaimsFile]] = {
    JSON: _from_json,
    TOML: _from_toml,
    CSV: _from_csv,
}
