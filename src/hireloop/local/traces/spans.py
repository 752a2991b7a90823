"""A receiver of spans for one machine: OTLP over gRPC, kept in memory, the latest ones."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]  # there are no types of it
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from hireloop.local.traces.otlp import ReceivedSpan, read_spans

_LARGEST_REQUEST = 64_000_000  # bytes, packed and unpacked
_AT_ONCE = 4
_MOST_KEPT = 10_000  # spans
_MOST_WAITING = 100  # exporters; any others are to try again
_LOOK_AGAIN_SECONDS = 0.5


class SpanReceiver(TraceServiceServicer):
    """Receives on a free port of 127.0.0.1 and keeps the latest spans."""

    def __init__(self) -> None:
        self._spans: OrderedDict[tuple[str, str], ReceivedSpan] = OrderedDict()
        self._changed = threading.Condition()
        self._server: grpc.Server | None = None
        self._endpoint = ""

    def start(self) -> str:
        """Start receiving; return the endpoint for an exporter."""
        if self._server is None:
            self._server = grpc.server(
                ThreadPoolExecutor(_AT_ONCE, "spans"),
                options=[("grpc.max_receive_message_length", _LARGEST_REQUEST), ("grpc.so_reuseport", 0)],
                maximum_concurrent_rpcs=_MOST_WAITING,
            )
            add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]  # generated
            self._endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
            self._server.start()
        return self._endpoint

    def stop(self) -> None:
        """Stop receiving; what came stays readable. Does nothing if it does not receive."""
        server, self._server = self._server, None
        if server is not None:
            server.stop(None).wait()

    def Export(  # noqa: N802 (OTLP's own name)
        self, request: ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> ExportTraceServiceResponse:
        """Keep the spans of one request."""
        try:
            self._keep(read_spans(request))
        except ValueError:  # a kind or a status that does not exist
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "This is not a span.")
        return ExportTraceServiceResponse()

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
                # An exporter that got no response sends again: one span stays one.
                self._spans[span.trace_id, span.span_id] = span
            while len(self._spans) > _MOST_KEPT:
                self._spans.popitem(last=False)
            self._changed.notify_all()
