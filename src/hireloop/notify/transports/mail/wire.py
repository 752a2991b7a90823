"""A connection as SMTP uses it: lines in, bytes out, all of it within a deadline that the caller sets."""

import ssl
from collections.abc import Iterator
from typing import NamedTuple

from hireloop.notify.transports.names import look_up
from hireloop.notify.transports.timed_socket import TimedSocket

_LONGEST_REPLY = 65_536
_CONTINUATION = b"-"


class SmtpReply(NamedTuple):
    """A server's reply: its code, 0 if its lines bear none or several, and its text, joined by newlines."""

    code: int
    text: bytes


class Wire(TimedSocket):
    """One TCP connection, in clear or over TLS. Every call may raise OSError; TimeoutError past the deadline."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = b""

    def connect(self, host: str, port: int) -> None:
        """Look the name up and connect to the first of its addresses that accepts; one deadline bounds it all."""
        self.reach(look_up(host, port, seconds=self.left()))

    def secure(self, tls: ssl.SSLContext, host: str) -> str | None:
        """Shake hands over TLS; the certificate must be the host's. Return the version, such as TLSv1.3."""
        # What came in clear before the handshake may be an attacker's and must not be taken for a reply.
        self._buffer = b""
        return super().secure(tls, host)

    def read_reply(self) -> SmtpReply:
        """Read one reply, of one line or several (RFC 5321, 4.2.1)."""
        codes: set[bytes] = set()
        texts: list[bytes] = []
        for line in self._lines():
            codes.add(line[:3])
            texts.append(line[4:])
            if line[3:4] != _CONTINUATION:
                break
        code = codes.pop()
        return SmtpReply(int(code) if code.isdigit() and not codes else 0, b"\n".join(texts))

    def _lines(self) -> Iterator[bytes]:
        taken = 0
        while taken + len(self._buffer) <= _LONGEST_REPLY:
            line, end, rest = self._buffer.partition(b"\n")
            if end:
                self._buffer = rest
                taken += len(line) + 1
                yield line.rstrip(b"\r")
            else:
                self._buffer += self._received()
        raise ConnectionAbortedError("The server's reply is too long.")

    def _received(self) -> bytes:
        received = self.read()
        if not received:
            raise ConnectionResetError("The server closed the connection.")
        return received
