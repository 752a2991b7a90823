"""One POST over a connection of its own, to an address that was checked, with an end to how long it may take.

The standard library's http.client speaks the protocol; the connection under it is ours, so that nothing else is
looked up, followed or asked on the way (docs/decisions/0020-webhooks.md).
"""

import contextlib
import http.client
import io
import ssl
from collections.abc import Mapping, Sequence

import msgspec

from hireloop.notify.transport import Phase
from hireloop.notify.transports.http_responses import FinalResponse
from hireloop.notify.transports.names import ResolvedAddress
from hireloop.notify.transports.timed_socket import TimedSocket

LONGEST_BODY = 16_384  # bytes of the response's body that are read: far more than is kept, for tokens to be left out
_BODY_SECONDS = 2.0  # for the body, when the status and so the outcome is known already


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


class WebhookResponse(msgspec.Struct, frozen=True, kw_only=True):
    """What the endpoint said; of its body the beginning."""

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
        self._connection = TimedSocket(seconds=seconds)

    @property
    def seconds_left(self) -> float:
        """What is left of the time; raises TimeoutError past the deadline."""
        return self._connection.left()

    def post(self, addresses: Sequence[ResolvedAddress], headers: Mapping[str, str], body: bytes) -> WebhookResponse:
        """Connect to the first address that accepts, and post.

        Raises OSError, a TimeoutError past the deadline, or http.client.HTTPException for what is no HTTP.
        """
        try:
            self._connect(addresses)
            return self._exchange(headers, body)
        finally:
            self._connection.close()

    def _connect(self, addresses: Sequence[ResolvedAddress]) -> None:
        self._connection.reach(addresses)
        if self._tls is not None:
            self.phase = Phase.TLS
            self.tls_version = self._connection.secure(self._tls, self._endpoint.host)

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> WebhookResponse:
        self.phase = Phase.HTTP
        spoken = http.client.HTTPConnection(self._endpoint.host, self._endpoint.port)
        spoken.auto_open = 0  # it must never look for a connection of its own
        spoken.response_class = FinalResponse
        spoken.sock = _Spoken(self._connection)  # the part of a socket that it uses
        spoken.request("POST", self._endpoint.target, body, {"Host": self._endpoint.host_header, **headers})
        self.is_handed_over = True
        response = spoken.getresponse()
        self._connection.allow_at_most(_BODY_SECONDS)
        start = b""
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):  # the status is what counts
            while len(start) < LONGEST_BODY and (piece := response.read1(LONGEST_BODY - len(start))):
                start += piece
        return WebhookResponse(status=response.status, retry_after=response.headers.get("Retry-After"), body=start)


class _Spoken:
    """The part of a socket that http.client uses."""

    def __init__(self, connection: TimedSocket) -> None:
        self._connection = connection
        self.sendall = connection.write

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what the response is read from."""
        return io.BufferedReader(_SocketReader(self._connection))

    def close(self) -> None:
        """Do nothing: http.client lets go of its connection before the body is read."""


class _SocketReader(io.RawIOBase):
    def __init__(self, connection: TimedSocket) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # any writable buffer
        return self._connection.read_into(buffer)
