"""One POST over a connection of its own, to an address that was checked, with an end to how long it may take.

The standard library's http.client speaks the protocol; the connection under it is ours, so that nothing else is
looked up, followed or asked on the way (docs/decisions/0020-webhooks.md).
"""

import contextlib
import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping, Sequence

import msgspec

from hireloop.notify.channels import Phase
from hireloop.notify.transports.webhook_addresses import Address

LONGEST_BODY = 1_024  # bytes of the answer's body that are read
_BODY_SECONDS = 2.0  # for the body, when the status and so the outcome is known already
_AT_A_TIME = 16_384


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a webhook goes, as its URL says it."""

    host: str  # in ASCII, and as the certificate must have it
    port: int
    is_secure: bool
    target: str  # the path and the query, which may hold a token

    @property
    def host_header(self) -> str:
        """What the header `Host` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the endpoint said; of its body the first KiB."""

    status: int
    retry_after: str | None
    body: bytes


class Request:
    """One POST. Not for two threads at once, and not to be used again."""

    def __init__(self, endpoint: Endpoint, tls: ssl.SSLContext | None, *, seconds: float) -> None:
        """Take what is needed to connect; all of it ends `seconds` from now. `tls` may be None for plain http only."""
        self.phase = Phase.CONNECT  # how far it came
        self.tls_version: str | None = None
        self.is_handed_over = False  # its last byte has left
        self._endpoint = endpoint
        self._tls = tls
        self._timed = _Timed(time.monotonic() + seconds)

    def post(self, addresses: Sequence[Address], headers: Mapping[str, str], body: bytes) -> Answer:
        """Connect to the first address that answers, and post.

        Raises OSError, a TimeoutError past the deadline, or http.client.HTTPException for what is no HTTP.
        """
        try:
            self._connect(addresses)
            return self._exchange(headers, body)
        finally:
            self._timed.hang_up()

    def _connect(self, addresses: Sequence[Address]) -> None:
        for n, address in enumerate(addresses):
            try:
                self._timed.connect(address, share=len(addresses) - n)
                break
            except OSError:
                if n == len(addresses) - 1:
                    raise
        if self._tls is not None:
            self.phase = Phase.TLS
            self.tls_version = self._timed.secure(self._tls, self._endpoint.host)

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> Answer:
        self.phase = Phase.HTTP
        spoken = http.client.HTTPConnection(self._endpoint.host, self._endpoint.port)
        spoken.auto_open = 0  # it must never look for a connection of its own
        spoken.sock = self._timed  # the part of a socket that it uses
        spoken.request("POST", self._endpoint.target, body, {"Host": self._endpoint.host_header, **headers})
        self.is_handed_over = True
        response = spoken.getresponse()
        self._timed.allow_at_most(_BODY_SECONDS)
        start = b""
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):  # the status is what counts
            start = response.read(LONGEST_BODY)
        return Answer(status=response.status, retry_after=response.headers.get("Retry-After"), body=start)


class _Timed:
    """The part of a socket that http.client uses, ended by a deadline instead of by a pause."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._socket: socket.socket | None = None

    def connect(self, address: Address, *, share: int) -> None:
        """Connect within the `share`th part of the time that is left."""
        self._socket = socket.socket(address.family, socket.SOCK_STREAM)
        self._socket.settimeout(self._left() / share)
        try:
            self._socket.connect(address.where)
        except OSError:
            self.hang_up()
            raise
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def secure(self, tls: ssl.SSLContext, host: str) -> str | None:
        """Shake hands; the certificate must be the host's. Return the version, such as TLSv1.3."""
        secured = tls.wrap_socket(self._ready(), server_hostname=host)
        self._socket = secured
        return secured.version()

    def allow_at_most(self, seconds: float) -> None:
        """Bring the deadline nearer."""
        self._deadline = min(self._deadline, time.monotonic() + seconds)

    def sendall(self, content: bytes) -> None:
        """Send all of it, in parts, since TLS counts the time of each part alone."""
        for start in range(0, len(content), _AT_A_TIME):
            self._ready().sendall(content[start : start + _AT_A_TIME])

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what the answer is read from."""
        return io.BufferedReader(_Reader(self))

    def read_into(self, buffer: memoryview) -> int:
        """Read what is there; 0 at the end."""
        return self._ready().recv_into(buffer)

    def close(self) -> None:
        """Do nothing: http.client lets go of its connection before the body is read."""

    def hang_up(self) -> None:
        """Close the connection, if there is one; never raises."""
        connection, self._socket = self._socket, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()

    def _ready(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionResetError("The connection is closed.")
        self._socket.settimeout(self._left())
        return self._socket

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The endpoint did not answer in time.")
        return left


class _Reader(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer
        return self._timed.read_into(buffer)
