"""PNG files: their size and title, and the same picture with at most 256 colours, which is a third as large.

Source: Portable Network Graphics (PNG) Specification, W3C Recommendation of 10 November 2003.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGB, PALETTE = 2, 3
BYTES_OF_PIXEL = 3
MOST_COLOURS = 256
TITLE = b"Title\0"


def size_and_title(png: bytes) -> tuple[int, int, str]:
    """Return width and height in pixels, and the title, which is empty if there is none."""
    chunks = list(_chunks(png))
    width, height = struct.unpack(">II", chunks[0][1][:8])
    titles = [body.removeprefix(TITLE).decode("latin-1") for kind, body in chunks if kind == b"tEXt"]
    return width, height, "".join(titles)


def with_palette(png: bytes, title: str) -> bytes:
    """Return a screenshot with its 256 most frequent colours, the others replaced by the nearest, and a title."""
    width, height, _title = size_and_title(png)
    rows = [_pixels(row) for row in _rows(png, width)]
    counts = Counter(pixel for row in rows for pixel in row)
    colours = [colour for colour, _count in counts.most_common(MOST_COLOURS)]
    index = {colour: min(range(len(colours)), key=_distance_to(colour, colours)) for colour in counts}
    body = b"".join(b"\0" + bytes(index[pixel] for pixel in row) for row in rows)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, PALETTE, 0, 0, 0)),
        (b"PLTE", b"".join(colours)),
        (b"tEXt", TITLE + title.encode("latin-1")),
        (b"IDAT", zlib.compress(body, 9)),
        (b"IEND", b""),
    ]
    return SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _pixels(row: bytes) -> list[bytes]:
    return [row[start : start + BYTES_OF_PIXEL] for start in range(0, len(row), BYTES_OF_PIXEL)]


def _distance_to(colour: bytes, colours: list[bytes]) -> Callable[[int], int]:
    red, green, blue = colour

    def distance(place: int) -> int:
        other = colours[place]
        return (red - other[0]) ** 2 + (green - other[1]) ** 2 + (blue - other[2]) ** 2

    return distance


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    assert png.startswith(SIGNATURE)
    place = len(SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += length + 12


def _rows(png: bytes, width: int) -> Iterator[bytes]:
    """Yield the pixels of each row as Chromium writes them: 8 bits for each of red, green and blue."""
    chunks = list(_chunks(png))
    assert tuple(chunks[0][1][8:10]) == (8, RGB)
    raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    length = width * BYTES_OF_PIXEL
    above = bytes(length)
    for start in range(0, len(raw), length + 1):
        above = _unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + length]), above)
        yield above


def _unfiltered(kind: int, row: bytearray, above: bytes) -> bytes:
    """Undo the filter of a row (section 9.2 of the specification)."""
    for place in range(len(row)) if kind else ():
        has_left = place >= BYTES_OF_PIXEL
        left = row[place - BYTES_OF_PIXEL] if has_left else 0
        up = above[place]
        match kind:
            case 1:
                predicted = left
            case 2:
                predicted = up
            case 3:
                predicted = (left + up) // 2
            case _:
                predicted = _paeth(left, up, above[place - BYTES_OF_PIXEL] if has_left else 0)
        row[place] = (row[place] + predicted) & 0xFF
    return bytes(row)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda one: abs(estimate - one))
