"""A receiver of spans for one machine: OTLP over HTTP, kept in memory, the latest ones."""

import sys
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from hireloop.local.traces.otlp import ReceivedSpan, read_spans

_LARGEST_BODY = 64_000_000  # bytes, packed and unpacked
_PROTOBUF = "application/x-protobuf"
_PATH = "/v1/traces"
_IDLE_SECONDS = 30
_LOOK_AGAIN_SECONDS = 0.5


class SpanReceiver:
    """Receives on a free port of 127.0.0.1 and keeps the `limit` latest spans."""

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._spans: OrderedDict[tuple[str, str], ReceivedSpan] = OrderedDict()
        self._changed = threading.Condition()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Start receiving; return the endpoint, to which an exporter adds `/v1/traces`."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", 0), self._keep)
            self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="spans", daemon=True)
            self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop receiving; what came stays readable. Does nothing where it does not receive."""
        server, thread, self._server, self._thread = self._server, self._thread, None, None
        if server is not None and thread is not None:
            server.shutdown()
            thread.join()
            server.server_close()

    def received(self) -> list[ReceivedSpan]:
        """Return every span that is kept, whatever its trace, in the order of arrival."""
        with self._changed:
            return list(self._spans.values())

    def trace(self, trace_id: str) -> list[ReceivedSpan]:
        """Return the spans of this trace that came so far, ordered by their start."""
        with self._changed:
            return self._trace(trace_id)

    def wait_for(
        self, trace_id: str, until: Callable[[Sequence[ReceivedSpan]], bool], timeout: float = 10.0
    ) -> list[ReceivedSpan]:
        """Return the trace as soon as `until` is true of it, or as it is after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not until(found := self._trace(trace_id)) and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(min(left, _LOOK_AGAIN_SECONDS))
            return found

    def _trace(self, trace_id: str) -> list[ReceivedSpan]:
        found = (span for span in self._spans.values() if span.trace_id == trace_id.lower())
        return sorted(found, key=lambda span: (span.start_ns, span.span_id))

    def _keep(self, spans: Sequence[ReceivedSpan]) -> None:
        with self._changed:
            for span in spans:
                # An exporter that heard no answer sends again: one span stays one.
                self._spans[span.trace_id, span.span_id] = span
            while len(self._spans) > self._limit:
                self._spans.popitem(last=False)
            self._changed.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many exporters may come at once; the default of 5 refuses some
    block_on_close = False  # an exporter may keep its connection open for long

    def __init__(self, address: tuple[str, int], keep: Callable[[Sequence[ReceivedSpan]], None]) -> None:
        super().__init__(address, _Handler)
        self.keep = keep

    def server_bind(self) -> None:
        """Bind without asking the DNS for our own name, as `http.server` would."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.socket.getsockname()[1]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 (socketserver's own types)
        """Say nothing of an exporter that went away in the middle."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    server: _Server

    def do_POST(self) -> None:
        try:
            body = self.rfile.read(self._length())
            request = ExportTraceServiceRequest()
            request.ParseFromString(self._unpacked(body))
            spans = read_spans(request)
        except _Refusal as refusal:
            self.close_connection = True
            self._answer(refusal.status, refusal.status.description.encode(), "text/plain")
        except (DecodeError, zlib.error, ValueError):  # the last: a kind or status that does not exist
            self._answer(HTTPStatus.BAD_REQUEST, b"This is not an OTLP trace request.", "text/plain")
        else:
            self.server.keep(spans)
            self._answer(HTTPStatus.OK, ExportTraceServiceResponse().SerializeToString(), _PROTOBUF)

    def _length(self) -> int:
        length = self.headers.get("Content-Length", "")
        if self.path != _PATH:
            raise _Refusal(HTTPStatus.NOT_FOUND)
        if self.headers.get_content_type() != _PROTOBUF:
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if not length.isdigit():
            raise _Refusal(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > _LARGEST_BODY:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return int(length)

    def _unpacked(self, body: bytes) -> bytes:
        encoding = self.headers.get("Content-Encoding", "identity")
        if encoding == "identity":
            return body
        if encoding != "gzip":
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        unpacked = unpacker.decompress(body, _LARGEST_BODY)
        if unpacker.unconsumed_tail:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not unpacker.eof:
            raise _Refusal(HTTPStatus.BAD_REQUEST)
        return unpacked

    def _answer(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's own name)
        """Say nothing: whoever exports hears the answer."""


class _Refusal(Exception):
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status
