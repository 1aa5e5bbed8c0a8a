"""Request bodies: their media type is checked, their size limited, and their content parsed strictly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from socket import SHUT_RD, socket
from threading import Timer
from typing import Any

from flask import Request

from service.errors import Invalid
from service.wire.strict_json import parse

JSON, NDJSON = "application/json", "application/x-ndjson"
MOST_BYTES_OF_AN_EVENT = 64 * 1024
MOST_BYTES_OF_A_BATCH = 4 * 1024 * 1024
MOST_BYTES_OF_A_CALL = 256 * 1024
CHUNK = 64 * 1024
MOST_BYTES_DISCARDED = 16 * 1024 * 1024
MOST_SECONDS_DISCARDED = 5.0


class BodyTooLarge(Invalid):
    """The body, or one line of it, is larger than this call takes."""

    code = "body_too_large"


class BodyCutShort(Invalid):
    """The body ended before the length that its header promised, or its last chunk; what was committed is kept."""

    code = "body_cut_short"


class NotTheMediaType(Invalid):
    """The Content-Type is not one that this call takes."""

    code = "media_type_not_supported"


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


def read_body(request: Request, most: int) -> bytes:
    """Return the whole body, of at most this many bytes. It is read from the stream: get_data() cuts off silently.

    Raises:
        BodyTooLarge, BodyCutShort.
    """
    if (request.content_length or 0) > most:
        raise BodyTooLarge(f"Expected at most {most:,} bytes; found {request.content_length:,}.")
    body = bytearray()
    for chunk in chunks(request):
        body += chunk
        if len(body) > most:
            raise BodyTooLarge(f"Expected at most {most:,} bytes.")
    return bytes(body)


def chunks(request: Request) -> Iterator[bytes]:
    """Yield the body piece by piece.

    Raises:
        BodyCutShort: it ended before the length that the header promised, or before its last chunk.
    """
    found, promised = 0, request.content_length
    while found != promised and (chunk := _next_chunk(request)):
        found += len(chunk)
        yield chunk
    if promised is not None and found < promised:
        raise BodyCutShort(f"Expected {promised:,} bytes, found {found:,}. Send everything again.")


def is_ndjson(request: Request) -> bool:
    """Return whether a request's body is newline-delimited JSON."""
    return request.mimetype == NDJSON


def discard_rest(request: Request) -> None:
    """Read and discard what is left of the body of a refused request, within limits of size and time.

    A server that closes a connection while the client still sends resets it: the client, or a proxy with requests of
    others on the same connection, then sees a broken connection instead of the answer.
    """
    connection = request.environ.get("gunicorn.socket")
    # One read waits until it is full, however slowly the client sends. At the end of the time, reading ends for it.
    limit = Timer(MOST_SECONDS_DISCARDED, _end_reading, [connection])
    limit.daemon = True
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if connection is not None and has_body:
        limit.start()
    discarded = 0
    try:
        while discarded < MOST_BYTES_DISCARDED and (chunk := request.stream.read(CHUNK)):
            discarded += len(chunk)
    except Exception:  # noqa: BLE001 - any error ends the discarding; the answer is the same
        return
    finally:
        limit.cancel()


def _end_reading(connection: socket) -> None:
    with suppress(OSError):
        connection.shutdown(SHUT_RD)


def _next_chunk(request: Request) -> bytes:
    try:
        return request.stream.read(CHUNK)
    except Exception as error:  # each server has errors of its own for a body in chunks that breaks off
        raise BodyCutShort("The body broke off, or its chunks are malformed. Send everything again.") from error


def _numbered(number: int, line: bytes, *, too_long: bool) -> Iterator[tuple[int, bytes | BodyTooLarge]]:
    if too_long or len(line) > MOST_BYTES_OF_AN_EVENT:
        yield number, BodyTooLarge(f"Expected a line of at most {MOST_BYTES_OF_AN_EVENT:,} bytes.")
    elif stripped := line.strip():
        yield number, stripped
