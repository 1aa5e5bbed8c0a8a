"""Request bodies: their media type is checked, their size limited, and their content parsed strictly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Request

from service.api.blueprint import JSON, NDJSON
from service.api.strict_json import BodyTooLarge, NotTheMediaType, chunks, parse, read_body

MOST_BYTES_OF_AN_EVENT = 64 * 1024
MOST_BYTES_OF_A_BATCH = 4 * 1024 * 1024
MOST_BYTES_OF_A_CALL = 256 * 1024


def json_body(request: Request, most: int) -> Any:
    """Return the JSON value of a request whose body has at most this many bytes.

    Raises:
        NotTheMediaType, BodyTooLarge, BodyCutShort, NotJson, JsonTrap.
    """
    require_media_type(request, JSON)
    return parse(read_body(request, most))


def require_media_type(request: Request, *accepted: str) -> None:
    """Refuse a body of any other media type.

    Raises:
        NotTheMediaType.
    """
    if request.mimetype not in accepted:
        found = request.mimetype[:60] or "none"
        raise NotTheMediaType(f"Expected Content-Type {' or '.join(accepted)}; found {found!r}.")


def ndjson_lines(request: Request) -> Iterator[tuple[int, bytes | BodyTooLarge]]:
    """Yield the lines of a body of any length, numbered from 1, without the blank ones.

    A line that is too long is skipped in bounded memory; its error is yielded in its place.

    Raises:
        BodyCutShort: the body ended before the length that its header promised, or before its last chunk.
    """
    number, begun, too_long = 1, b"", False
    for chunk in chunks(request):
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield from _numbered(number, begun + piece, too_long=too_long)
            number, begun, too_long = number + 1, b"", False
        begun += rest
        if too_long or len(begun) > MOST_BYTES_OF_AN_EVENT:
            begun, too_long = b"", True
    yield from _numbered(number, begun, too_long=too_long)


def is_ndjson(request: Request) -> bool:
    """Return whether a request's body is newline-delimited JSON."""
    return request.mimetype == NDJSON


def _numbered(number: int, line: bytes, *, too_long: bool) -> Iterator[tuple[int, bytes | BodyTooLarge]]:
    if too_long or len(line) > MOST_BYTES_OF_AN_EVENT:
        yield number, BodyTooLarge(f"Expected a line of at most {MOST_BYTES_OF_AN_EVENT:,} bytes.")
    elif stripped := line.strip():
        yield number, stripped
