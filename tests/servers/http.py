"""HTTP servers for tests: real ones on loopback, in threads, that answer, drop or hang as their script says."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from servers.certificates import Certificate
from servers.smtp import Drop, Hang


class Reply(NamedTuple):
    """An ordinary answer."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Raw(NamedTuple):
    """These bytes instead of an answer, and then the end of the connection."""

    content: bytes


class Endless(NamedTuple):
    """An answer that begins with `start` and goes on with these bytes again and again."""

    start: bytes
    part: bytes
    pause_seconds: float = 0.0


INFORMATIONAL = [
    b"",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 102 Processing\r\n\r\n",
    b"HTTP/1.1 103 Early\r\nLink: </style.css>; rel=preload\r\nContent-Length: 500\r\n\r\n",
    b"HTTP/1.1 199\r\n\r\n",
    b"HTTP/1.1 103 Early\n\nHTTP/1.1 100\r\n\r\nHTTP/1.1 102 Processing\r\nA: b\r\n\r\n" * 10,
]
"""What may come before an answer, unasked (RFC 9110, 15.2)."""

Does = Reply | Raw | Endless | Drop | Hang


class Received(NamedTuple):
    """One request, as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ScriptedHttpServer:
    """An HTTP server on a port of loopback; what it is told to do is used up in turn, the last of it for ever."""

    def __init__(self, *does: Does, certificate: Certificate | None = None, host: str = "127.0.0.1") -> None:
        self.does: Sequence[Does] = list(does) or [Reply()]
        self.received: list[Received] = []
        self.connection_count = 0
        self.stopped = threading.Event()
        self.tls: ssl.SSLContext | None = None
        if certificate is not None:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate.cert, certificate.key)
        self._lock = threading.Lock()
        self._server = _Server((host, 0), _Handler, self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def next(self, request: Received) -> Does:
        with self._lock:
            self.received.append(request)
            return self.does[min(len(self.received), len(self.does)) - 1]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], of: ScriptedHttpServer) -> None:
        self.of = of
        super().__init__(address, handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (the standard library's signature)
        self.of.connection_count += 1
        if self.of.tls is not None:
            request = self.of.tls.wrap_socket(request, server_side=True)
        try:
            super().finish_request(request, client_address)
        finally:
            with contextlib.suppress(OSError):
                request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (the standard library's signature)
        """Say nothing: a client that goes away, or that does not like a certificate, is what the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        does = self.server.of.next(Received(self.command, self.path, dict(self.headers.items()), body))
        self.close_connection = True
        match does:
            case Reply(status, content, headers):
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
            case Raw(content):
                self.wfile.write(content)
            case Endless(start, part, pause_seconds):
                self.wfile.write(start)
                while not self.server.of.stopped.wait(pause_seconds):
                    self.wfile.write(part)
            case Hang(seconds):
                self.server.of.stopped.wait(seconds)
            case Drop():
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the standard library's signature)
        """Keep quiet."""
