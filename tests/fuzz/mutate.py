"""Inputs made of the corpus without a look at coverage, for a Python that has no Atheris."""

import random
from collections.abc import Iterator, Sequence

from tests.fuzz.targets import MOST_BYTES

MOST_CHANGES = 8
TOKENS = (
    *(b"0", b"-1", b"1e999", b"NaN", b"9007199254740993", b"99999999999999999999", b"1" * 5_000, b"0.1", b"1,5"),
    *(b"null", b"true", b"{}", b"[]", b'""', b"{" * 200, b"[" * 5_000, b'{"a":' * 1_500, b"\\ud800", b"\\u0000"),
    *(b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b"\t", b'"', b"'", b",", b";", b"=", b"a.b." * 100),
    *("\u202e".encode(), "\u0660".encode(), "é".encode(), "\U0001f600".encode(), b"2024-02-30", b"0001-01-01"),
    *(b"9999-12-31T23:59:60Z", b"2024-01-23T21:40:00+23:59", b"<v>1</v>", b"<f>", b't="s"', b'r="XFD1048576"'),
    *(b'<mergeCell ref="A1:XFD1048576"/>', b"&x;", b"]]>", b"<!DOCTYPE a>", b"sep=;\r\n", b"=1+1", b"#REF!"),
)


def mutations(seeds: Sequence[bytes], number: int) -> Iterator[bytes]:
    """Yield inputs without end, the same for the same seeds and number."""
    draw = random.Random(number)  # noqa: S311 - no secret
    while True:
        body = bytearray(draw.choice(seeds))
        for _change in range(draw.randint(1, MOST_CHANGES)):
            _change_once(body, seeds, draw)
        yield bytes(body[:MOST_BYTES])


def _change_once(body: bytearray, seeds: Sequence[bytes], draw: random.Random) -> None:
    start = draw.randint(0, len(body))
    end = min(len(body), start + draw.choice((0, 1, 1, 2, 4, 16, 64, 256)))
    match draw.randrange(6):
        case 0:
            body[start:end] = b""
        case 1:
            body[start:end] = bytes(draw.randrange(256) for _byte in range(end - start))
        case 2:
            body[start:end] = body[start:end] * draw.choice((2, 3, 50))
        case 3:
            other = draw.choice(seeds)
            at = draw.randint(0, len(other))
            body[start:end] = other[at : at + draw.choice((4, 32, 256))]
        case 4 if body:
            at = draw.randrange(len(body))
            body[at] ^= 1 << draw.randrange(8)
        case _:
            body[start:end] = draw.choice(TOKENS)
