"""A TCP connection whose every call ends by a deadline that its user sets.

A socket's own time-out bounds one read or one write; a peer that takes or sends a byte now and then would hold a
sender for hours.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Sequence

from hireloop.notify.transports.names import ResolvedAddress

_AT_A_TIME = 16_384


class TimedSocket:
    """One connection, in clear or over TLS. Every call may raise OSError; TimeoutError past the deadline."""

    def __init__(self, *, seconds: float = 0.0) -> None:
        """Begin with nothing open and a deadline `seconds` from now."""
        self._socket: socket.socket | None = None
        self._deadline = time.monotonic() + seconds

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as this side knows."""
        return self._socket is not None

    def allow(self, seconds: float) -> None:
        """Set the deadline for what follows to `seconds` from now."""
        self._deadline = time.monotonic() + seconds

    def allow_at_most(self, seconds: float) -> None:
        """Bring the deadline nearer, if it is later than `seconds` from now."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def left(self) -> float:
        """Return the seconds before the deadline, more than none; raises TimeoutError past it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The server did not answer in time.")
        return left

    def reach(self, addresses: Sequence[ResolvedAddress]) -> None:
        """Connect to the first of the addresses that accepts.

        Each gets its share of what is left of the time, so that one which does not respond leaves time for the next.
        Raises the error of the last one.
        """
        for later, (family, address) in zip(reversed(range(len(addresses))), addresses, strict=True):
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self.left() / (later + 1))
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
        secured = tls.wrap_socket(self._ready(), server_hostname=host)
        self._socket = secured
        return secured.version()

    def write(self, content: bytes) -> None:
        """Send all of it, in parts, each within what is left of the time."""
        for start in range(0, len(content), _AT_A_TIME):
            self._ready().sendall(content[start : start + _AT_A_TIME])

    def read_into(self, buffer: memoryview) -> int:
        """Read what is there, as far as it fits; return its length, 0 at the end."""
        return self._ready().recv_into(buffer)

    def read(self) -> bytes:
        """Read what is there, at most 16 KiB; nothing at the end."""
        return self._ready().recv(_AT_A_TIME)

    def close(self) -> None:
        """Close the connection, if there is one; never raises."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _ready(self) -> socket.socket:
        """Return the connection, its time-out set to what is left before the deadline."""
        if self._socket is None:
            raise ConnectionResetError("The connection is closed.")
        self._socket.settimeout(self.left())
        return self._socket
