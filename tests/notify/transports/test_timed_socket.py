"""A connection that ends by its deadline, however its peer drags on."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hireloop.notify.transports.names import ResolvedAddress
from hireloop.notify.transports.timed_socket import TimedSocket
from servers.certificates import self_signed

_SMALL = 4096


@pytest.fixture
def slow_reader(tmp_path: Path) -> Iterator[Callable[[], TimedSocket]]:
    """Connect over TLS to a peer that takes a little now and then, for as long as there is something."""
    made = self_signed(tmp_path, "127.0.0.1")
    theirs, ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=made.cert)
    theirs.load_cert_chain(made.cert, made.key)
    stopped = threading.Event()

    def serve() -> None:
        with suppress(OSError), theirs.wrap_socket(listener.accept()[0], server_side=True) as peer:
            while not stopped.wait(0.05) and peer.recv(16_384):
                pass

    def connect() -> TimedSocket:
        connection = TimedSocket(seconds=5)
        connection.reach([ResolvedAddress(socket.AF_INET, listener.getsockname())])
        connection.secure(ours, "127.0.0.1")
        return connection

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
        thread = threading.Thread(target=serve)
        thread.start()
        yield connect
        stopped.set()
    thread.join(5)


def test_a_peer_that_takes_a_message_slowly_over_tls_does_not_outlast_the_deadline(
    slow_reader: Callable[[], TimedSocket],
) -> None:
    connection = slow_reader()
    connection.allow(0.6)
    with pytest.raises(TimeoutError):
        connection.write(b"x" * 8_000_000)
    connection.close()


def test_the_deadline_can_only_be_brought_nearer_by_what_may_be_left_at_most() -> None:
    connection = TimedSocket(seconds=100)
    connection.allow_at_most(1000)
    assert connection.left() <= 100
    connection.allow_at_most(10)
    assert connection.left() <= 10
    connection.allow(0)
    with pytest.raises(TimeoutError):
        connection.left()


def test_a_connection_that_is_not_open_can_be_closed_and_not_used() -> None:
    connection = TimedSocket(seconds=5)
    connection.close()
    assert not connection.is_open
    with pytest.raises(ConnectionResetError):
        connection.read()
