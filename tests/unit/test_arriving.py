"""When a request has arrived far enough to be given to a thread."""

import pytest

from service.cli.server.arriving import MOST_BYTES_OF_A_SHORT_BODY, Arriving

HEAD = b"POST /x HTTP/1.1\r\nHost: record\r\n%s\r\n\r\n"


def arrived(*pieces: bytes) -> tuple[Arriving, list[bool]]:
    arriving, complete = Arriving(b"", 0.0), []
    for piece in pieces:
        arriving.received += piece
        complete.append(arriving.is_complete)
    return arriving, complete


def test_a_head_is_complete_with_its_empty_line_wherever_it_is_cut():
    head = HEAD % b"A: b"
    for cut in range(len(head)):
        assert arrived(head[:cut], head[cut:])[1] == [False, True]


@pytest.mark.parametrize("name", [b"Content-Length", b"content-length"])
def test_a_short_body_is_part_of_the_request(name: bytes):
    arriving, complete = arrived(HEAD % (name + b": 3"), b"ab", b"c", b"next")
    assert complete == [False, False, True, True]
    assert not arriving.is_long


@pytest.mark.parametrize(
    "framing",
    [
        b"Transfer-Encoding: chunked",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Content-Length: 5\r\nExpect: 100-continue",
        b"Content-Length: %d" % (MOST_BYTES_OF_A_SHORT_BODY + 1),
        b"Content-Length: 0000000000000000000000900",
        b"Content-Length: 9999999999999999999",
        b"Content-Length: 9, 9",
        b"Content-Length:",
    ],
)
def test_a_body_that_is_long_or_of_unknown_length_is_left_to_a_thread(framing: bytes):
    arriving, complete = arrived(HEAD % framing)
    assert complete == [True]
    assert arriving.is_long


def test_a_body_does_not_say_how_the_request_is_framed():
    arriving, complete = arrived(HEAD % b"Content-Length: 40", b"\r\nTransfer-Encoding: chunked\r\n".ljust(40, b"x"))
    assert complete == [False, True]
    assert not arriving.is_long


def test_health_checks_are_told_by_their_first_line():
    assert Arriving(b"GET /healthz HTTP/1.1\r\n", 0.0).is_health_check
    assert not Arriving(b"GET /healthz2 HTTP/1.1\r\n", 0.0).is_health_check


@pytest.mark.parametrize("framing", [b"Content-Length: 900000", b"Transfer-Encoding: chunked"])
def test_a_health_check_with_a_long_body_is_a_request_like_others(framing: bytes):
    arriving, complete = arrived(b"GET /healthz HTTP/1.1\r\n" + framing + b"\r\n\r\n")
    assert complete == [True]
    assert not arriving.is_health_check
