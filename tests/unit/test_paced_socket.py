"""A connection ends when its client stalls, and not while it is slow but steady."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from service.cli.server import paced_socket
from service.cli.server.paced_socket import PacedSocket

STALL = 0.3


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PacedSocket, socket.socket]]:
    monkeypatch.setattr(paced_socket, "STALL_SECONDS", STALL)
    monkeypatch.setattr(paced_socket, "LEAST_BYTES_PER_SECOND", 20)
    plain, client = socket.socketpair()
    with PacedSocket(plain) as paced, client:
        yield paced, client


def test_a_client_that_stalls_while_sending_is_not_waited_for(pair: tuple[PacedSocket, socket.socket]):
    paced, client = pair
    client.sendall(b"one")
    assert paced.recv(10) == b"one"
    with pytest.raises(TimeoutError):
        paced.recv(10)


def test_a_client_that_sends_steadily_may_take_as_long_as_it_likes(pair: tuple[PacedSocket, socket.socket]):
    paced, client = pair

    def send() -> None:
        for _ in range(10):
            time.sleep(STALL / 3)
            client.sendall(b"12345")

    sending = threading.Thread(target=send)
    sending.start()
    received = b""
    while len(received) < 50:
        received += paced.recv(10)
    sending.join()


def test_a_client_that_takes_nothing_is_treated_as_gone(pair: tuple[PacedSocket, socket.socket]):
    paced, client = pair
    begun = time.monotonic()
    with pytest.raises(ConnectionResetError):
        paced.sendall(bytes(10_000_000))
    assert time.monotonic() - begun > STALL
    assert client.recv(1) == b"\0"


def test_time_that_the_service_takes_does_not_count(pair: tuple[PacedSocket, socket.socket]):
    paced, client = pair
    time.sleep(STALL * 2)
    client.sendall(b"late")
    assert paced.recv(10) == b"late"
    assert paced.receive_now(10) is None
    client.close()
    assert (paced.recv(10), paced.receive_now(10)) == (b"", b"")
