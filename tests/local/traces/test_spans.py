import threading
from collections.abc import Iterator, Sequence

import grpc  # type: ignore[import-untyped]  # there are no types of it
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode, format_span_id, format_trace_id

from hireloop.local.traces.otlp import ReceivedSpan
from hireloop.local.traces.spans import SpanReceiver

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[SpanReceiver]:
    monkeypatch.setattr("hireloop.local.traces.spans._MOST_KEPT", 100)
    made = SpanReceiver()
    yield made
    made.stop()


def provider(endpoint: str, compression: grpc.Compression) -> TracerProvider:
    made = TracerProvider(resource=Resource({"service.name": "hireloop-worker"}), shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint, compression=compression)
    made.add_span_processor(SimpleSpanProcessor(exporter))
    return made


def request(*trace_ids: int) -> bytes:
    body = ExportTraceServiceRequest()
    spans = body.resource_spans.add().scope_spans.add().spans
    for number, trace_id in enumerate(trace_ids, 1):
        spans.add(trace_id=trace_id.to_bytes(16), span_id=number.to_bytes(8), name=f"span {number}")
    return bytes(body.SerializeToString())


def export(
    endpoint: str, body: bytes, method: str = EXPORT, compression: grpc.Compression = grpc.Compression.NoCompression
) -> grpc.StatusCode:
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(endpoint.removeprefix("http://"), options) as channel:
        try:
            channel.unary_unary(method)(body, timeout=10, compression=compression)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_what_the_exporter_sends_comes_out_whole(receiver: SpanReceiver, compression: grpc.Compression) -> None:
    tracing = provider(receiver.start(), compression)
    tracer = tracing.get_tracer("test")
    with tracer.start_as_current_span("GET /", kind=SpanKind.SERVER) as root:
        linked = Link(root.get_span_context(), {"why": "earlier"})
        with tracer.start_as_current_span("smtp.send", kind=SpanKind.CLIENT, links=[linked]) as child:
            child.set_attributes(
                {"smtp.code": 451, "smtp.reply": "try later", "ok": False, "took": 1.5, "hosts": ["a", "b"]}
            )
            child.add_event("tls", {"version": "TLSv1.3"})
            child.set_status(Status(StatusCode.ERROR, "greylisted"))
    tracing.shutdown()

    spans = receiver.trace(format_trace_id(root.get_span_context().trace_id))

    assert [span.name for span in spans] == ["GET /", "smtp.send"]
    top, send = spans
    assert (top.kind, top.parent_id, top.status) == (SpanKind.SERVER, "", StatusCode.UNSET)
    assert (send.kind, send.parent_id, send.service) == (SpanKind.CLIENT, top.span_id, "hireloop-worker")
    assert (send.status, send.status_text) == (StatusCode.ERROR, "greylisted")
    assert send.attributes == {
        "smtp.code": 451,
        "smtp.reply": "try later",
        "ok": False,
        "took": 1.5,
        "hosts": ["a", "b"],
    }
    assert [(event.name, event.attributes) for event in send.events] == [("tls", {"version": "TLSv1.3"})]
    assert [(link.span_id, link.attributes) for link in send.links] == [
        (format_span_id(root.get_span_context().span_id), {"why": "earlier"})
    ]
    assert top.start_ns <= send.start_ns <= send.end_ns <= top.end_ns


def test_only_the_latest_spans_are_kept(receiver: SpanReceiver) -> None:
    endpoint = receiver.start()

    export(endpoint, request(*range(1, 151)))

    assert receiver.trace(f"{50:032x}") == []
    assert len(receiver.trace(f"{51:032x}")) == 1
    assert len(receiver.trace(f"{150:032X}")) == 1


def test_a_span_that_is_sent_again_stays_one(receiver: SpanReceiver) -> None:
    endpoint = receiver.start()

    export(endpoint, request(7))
    export(endpoint, request(7))

    assert len(receiver.trace(f"{7:032x}")) == 1


def test_many_exporters_at_once_lose_nothing(receiver: SpanReceiver) -> None:
    endpoint = receiver.start()
    bodies = [request(*[0] * number, 9) for number in range(20)]
    threads = [threading.Thread(target=export, args=(endpoint, body)) for body in bodies]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(receiver.trace(f"{9:032x}")) == 20


def test_waiting_ends_as_soon_as_the_trace_is_as_wanted(receiver: SpanReceiver) -> None:
    endpoint = receiver.start()
    later = threading.Timer(0.1, export, (endpoint, request(5, 5)))
    later.start()

    def two_spans(spans: Sequence[ReceivedSpan]) -> bool:
        return len(spans) == 2

    found = receiver.wait_for(f"{5:032x}", two_spans, timeout=10)
    later.join()

    assert [span.name for span in found] == ["span 1", "span 2"]


def test_waiting_in_vain_returns_what_there_is(receiver: SpanReceiver) -> None:
    export(receiver.start(), request(5))

    assert len(receiver.wait_for(f"{5:032x}", lambda spans: len(spans) == 2, timeout=0.05)) == 1


@pytest.mark.parametrize(
    ("body", "method", "status"),
    [
        (b"\xff\xff\xff", EXPORT, grpc.StatusCode.INTERNAL),
        (b"", EXPORT.replace("trace", "metrics").replace("Trace", "Metrics"), grpc.StatusCode.UNIMPLEMENTED),
    ],
)
def test_what_is_no_trace_request_is_refused(
    receiver: SpanReceiver, body: bytes, method: str, status: grpc.StatusCode
) -> None:
    endpoint = receiver.start()

    assert export(endpoint, body, method) is status
    assert export(endpoint, request(3)) is grpc.StatusCode.OK


def test_a_kind_that_does_not_exist_is_refused(receiver: SpanReceiver) -> None:
    body = ExportTraceServiceRequest()
    body.resource_spans.add().scope_spans.add().spans.add(kind=99)

    assert export(receiver.start(), body.SerializeToString()) is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_request_that_is_too_much_is_refused_packed_too(
    receiver: SpanReceiver, compression: grpc.Compression
) -> None:
    status = export(receiver.start(), bytes(65_000_000), compression=compression)

    assert status is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_stopping_twice_is_fine_and_what_came_stays(receiver: SpanReceiver) -> None:
    endpoint = receiver.start()
    assert receiver.start() == endpoint
    export(endpoint, request(3))

    receiver.stop()
    receiver.stop()

    assert len(receiver.trace(f"{3:032x}")) == 1
    assert export(endpoint, b"") is grpc.StatusCode.UNAVAILABLE
