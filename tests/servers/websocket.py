"""A WebSocket as a browser opens one (RFC 6455), without a browser: text frames, and the code of its end."""

import base64
import json
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Self

import httpx

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_SHORT, _MEDIUM, _LONG = 125, 126, 127


class Refused(Exception):
    """The server did not take the upgrade."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Closed(Exception):
    """The server closed the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class WebSocket:
    """One open socket; it answers pings by itself."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        wrap: Callable[[socket.socket], ssl.SSLSocket] | None = None,
        seconds: float = 60,
    ) -> None:
        """Open it at this http address; raises Refused. `wrap` is for TLS."""
        where = httpx.URL(url)
        plain = socket.create_connection((where.host, where.port or 80), timeout=seconds)
        self._socket = wrap(plain) if wrap is not None else plain
        key = base64.b64encode(os.urandom(16)).decode()
        lines = {
            "Host": f"{where.host}:{where.port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
            **headers,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._socket.sendall(f"GET {where.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode())
        self._read = self._socket.makefile("rb")
        status = int(self._read.readline().split(b" ")[1])
        while self._read.readline() not in {b"\r\n", b""}:
            pass
        if status != httpx.codes.SWITCHING_PROTOCOLS:
            self.drop()
            raise Refused(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()

    def say(self, text: str) -> None:
        self._send(_TEXT, text.encode())

    def hear(self) -> dict[str, Any]:
        """Return the next message; raises Closed, and TimeoutError if nothing comes."""
        while True:
            kind, data = self._frame()
            if kind == _PING:
                self._send(_PONG, data)
            elif kind == _CLOSE:
                raise Closed(int.from_bytes(data[:2], "big") if data else 1005)
            elif kind == _TEXT:
                found: dict[str, Any] = json.loads(data)
                return found

    def hear_until(self, **wanted: object) -> dict[str, Any]:
        """Return the next message that says this, and answer every one on the way."""
        while True:
            found = self.hear()
            if wanted.items() <= found.items():
                return found
            self.say(".")

    def hear_the_end(self) -> int:
        """Return the code that the socket is closed with."""
        try:
            while True:
                self.hear()
                self.say(".")
        except Closed as closed:
            return closed.code

    def drop(self) -> None:
        """End the connection without a word."""
        self._read.close()
        self._socket.close()

    def _send(self, kind: int, data: bytes) -> None:
        mask = os.urandom(4)
        size = (
            bytes([0x80 | len(data)])
            if len(data) <= _SHORT
            else bytes([0x80 | _MEDIUM]) + len(data).to_bytes(2, "big")
            if len(data) < 1 << 16
            else bytes([0x80 | _LONG]) + len(data).to_bytes(8, "big")
        )
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
        self._socket.sendall(bytes([0x80 | kind]) + size + mask + masked)

    def _frame(self) -> tuple[int, bytes]:
        head = self._read.read(2)
        if len(head) < 2:
            raise Closed(1006)
        size = head[1] & 0x7F
        if size == _MEDIUM:
            size = int.from_bytes(self._read.read(2), "big")
        elif size == _LONG:
            size = int.from_bytes(self._read.read(8), "big")
        return head[0] & 0x0F, self._read.read(size)
