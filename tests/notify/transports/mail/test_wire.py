"""Connecting: the name's look-up and every address that is tried share one deadline."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from hireloop.notify.transports import names
from hireloop.notify.transports.mail.wire import Wire

Address = tuple[Any, ...]
_look_up = socket.getaddrinfo


@pytest.fixture
def silent() -> Iterator[int]:
    """A port of loopback where nobody accepts and the queue is full: a connection to it is never answered."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = listener.getsockname()[1]
        while True:
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.2)
            try:
                waiting.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        yield port


@pytest.fixture
def open_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def _resolve_to(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Let the name `mail.test` have as many addresses as there are ports."""

    def answer(host: str, port: int, *arguments: Any, **named: Any) -> list[Address]:  # noqa: ANN401 (as in the library)
        if host != "mail.test" or named.get("flags"):
            return _look_up(host, port, *arguments, **named)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", one)) for one in ports]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


def _connect(host: str, port: int, *, seconds: float) -> None:
    wire = Wire()
    wire.allow(seconds)
    try:
        wire.connect(host, port)
    finally:
        wire.close()


def test_several_addresses_that_do_not_answer_share_one_deadline(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _resolve_to(monkeypatch, *[silent] * 8)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        _connect("mail.test", 25, seconds=0.8)
    assert time.monotonic() - began < 8 * 0.8 / 2  # one after the other they would take 6.4 s


def test_an_address_that_does_not_answer_leaves_time_for_the_next(
    silent: int, open_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _resolve_to(monkeypatch, silent, open_port)
    _connect("mail.test", 25, seconds=2)


def test_an_address_that_refuses_makes_way_for_the_next(open_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        refusing = closed.getsockname()[1]
        _resolve_to(monkeypatch, refusing, open_port)
        _connect("mail.test", 25, seconds=20)
        _resolve_to(monkeypatch, refusing, refusing)
        with pytest.raises(ConnectionRefusedError):
            _connect("mail.test", 25, seconds=20)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "x" * 64 + ".example"])
def test_a_name_that_nobody_has_is_told_as_such(host: str) -> None:
    with pytest.raises(socket.gaierror):
        _connect(host, 25, seconds=20)


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that does not answer before it is told to."""
    go_on = threading.Event()

    def hang(host: str, port: int, *arguments: Any, **named: Any) -> object:  # noqa: ANN401 (as in the library)
        if named.get("flags") or host == "127.0.0.1":
            return _look_up(host, port, *arguments, **named)
        go_on.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "gave up")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield go_on
    go_on.set()
    for thread in _lookers():
        thread.join(30)


def _lookers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(names.THREADS)]


def test_a_resolver_that_hangs_takes_no_more_than_the_deadline(hanging: threading.Event) -> None:  # noqa: ARG001
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        _connect("slow.test", 25, seconds=0.2)
    assert time.monotonic() - began < 15  # the resolver would have taken 30 s


def test_look_ups_of_one_name_share_a_thread_so_that_a_hanging_resolver_collects_none(
    hanging: threading.Event,
) -> None:
    for _ in range(5):
        with pytest.raises(TimeoutError):
            _connect("slow.test", 25, seconds=0.02)
    assert len(_lookers()) == 1
    with pytest.raises(TimeoutError):
        _connect("other.test", 25, seconds=0.02)
    assert len(_lookers()) == 2
    hanging.set()
    for thread in _lookers():
        thread.join(30)
    with pytest.raises(socket.gaierror):  # what is looked up anew is asked anew
        _connect("slow.test", 25, seconds=20)


def test_an_address_in_figures_needs_no_look_up(hanging: threading.Event, open_port: int) -> None:  # noqa: ARG001
    _connect("127.0.0.1", open_port, seconds=20)
    assert _lookers() == []
