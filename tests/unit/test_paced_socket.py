"""A connection ends when its client stalls, and not while it is slow but steady."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from service.cli.server import paced_socket
from service.cli.server.paced_socket import PacedSocket, SlowTakers

STALL = 0.3


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[PacedSocket, socket.socket]]:
    monkeypatch.setattr(paced_socket, "STALL_SECONDS", STALL)
    monkeypatch.setattr(paced_socket, "LEAST_BYTES_PER_SECOND", 20)
    plain, client = socket.socketpair()
    with PacedSocket(plain, SlowTakers(1)) as paced, client:
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


def test_an_answer_that_nobody_waits_for_is_sent_at_once_or_not_at_all(pair: tuple[PacedSocket, socket.socket]):
    paced, client = pair
    paced.renew(waits=False)
    paced.sendall(b"well")
    assert client.recv(10) == b"well"
    begun = time.monotonic()
    with pytest.raises(ConnectionResetError):
        paced.sendall(bytes(10_000_000))
    assert time.monotonic() - begun < STALL


def test_when_too_many_take_their_answers_slowly_the_slowest_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paced_socket, "SLOW_AFTER_SECONDS", 0.1)
    slow_takers, taken = SlowTakers(1), {"nothing": 0, "a little": 0}
    answer = bytes(3_000_000)
    with ExitStack() as stack:
        clients = {}
        for name in taken:
            plain, clients[name] = map(stack.enter_context, socket.socketpair())
            paced = stack.enter_context(PacedSocket(plain, slow_takers))
            sending = threading.Thread(target=send_all, args=(paced, answer), name=name)
            sending.start()
            stack.callback(sending.join)
        while taken["a little"] < len(answer):
            time.sleep(0.005)
            taken["a little"] += len(clients["a little"].recv(50_000))
        while received := clients["nothing"].recv(100_000):
            taken["nothing"] += len(received)
    assert taken["nothing"] < len(answer)


def send_all(paced: PacedSocket, answer: bytes) -> None:
    with suppress(ConnectionResetError):
        paced.sendall(answer)
    paced.shutdown(socket.SHUT_WR)
