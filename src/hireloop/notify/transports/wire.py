"""A connection as SMTP uses it: lines in, bytes out, all of it within a deadline that the caller sets.

A socket's own time-out bounds one read; a server that sends a byte now and then would hold a sender for hours.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator
from typing import NamedTuple

from hireloop.notify.transports.names import look_up

_LONGEST_ANSWER = 65_536
_CONTINUATION = b"-"


class Answer(NamedTuple):
    """A server's answer: its code, 0 where its lines bear none or several, and its text, joined by newlines."""

    code: int
    text: bytes


class Wire:
    """One TCP connection, in clear or over TLS. Every call may raise OSError; TimeoutError past the deadline."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._buffer = b""
        self._deadline = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as this side knows."""
        return self._socket is not None

    def allow(self, seconds: float) -> None:
        """Set the deadline for what follows to `seconds` from now."""
        self._deadline = time.monotonic() + seconds

    def connect(self, host: str, port: int) -> None:
        """Look the name up and connect to the first of its addresses that answers.

        One deadline bounds it all; each address gets its share of what is left, so that one which does not answer
        leaves time for the next. Raises what the last address came to.
        """
        addresses = look_up(host, port, seconds=self._left())
        for later, (family, address) in zip(reversed(range(len(addresses))), addresses, strict=True):
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._left() / (later + 1))
                connection.connect(address)
            except OSError:
                connection.close()
                if not later:
                    raise
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._socket = connection
                return

    def secure(self, tls: ssl.SSLContext, host: str) -> str | None:
        """Shake hands over TLS; the certificate must be the host's. Return the version, such as TLSv1.3."""
        # What came in clear before the handshake may be an attacker's and must not be taken for an answer.
        self._buffer = b""
        secured = tls.wrap_socket(self._timed(), server_hostname=host)
        self._socket = secured
        return secured.version()

    def write(self, content: bytes) -> None:
        """Send all of it."""
        self._timed().sendall(content)

    def answer(self) -> Answer:
        """Read one answer, of one line or several (RFC 5321, 4.2.1)."""
        codes: set[bytes] = set()
        texts: list[bytes] = []
        for line in self._lines():
            codes.add(line[:3])
            texts.append(line[4:])
            if line[3:4] != _CONTINUATION:
                break
        code = codes.pop()
        return Answer(int(code) if code.isdigit() and not codes else 0, b"\n".join(texts))

    def close(self) -> None:
        """Close the connection; never raises."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _lines(self) -> Iterator[bytes]:
        taken = 0
        while taken + len(self._buffer) <= _LONGEST_ANSWER:
            line, end, rest = self._buffer.partition(b"\n")
            if end:
                self._buffer = rest
                taken += len(line) + 1
                yield line.rstrip(b"\r")
            else:
                self._buffer += self._read()
        raise ConnectionAbortedError("The server's answer does not end.")

    def _read(self) -> bytes:
        received = self._timed().recv(16_384)
        if not received:
            raise ConnectionResetError("The server closed the connection.")
        return received

    def _timed(self) -> socket.socket:
        """Return the connection, its time-out set to what is left before the deadline."""
        if self._socket is None:
            raise ConnectionResetError("The connection is closed.")
        self._socket.settimeout(self._left())
        return self._socket

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The server did not answer in time.")
        return left
