"""Spans as they come over OTLP, read into plain values."""

from typing import Any

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.trace import SpanKind, StatusCode


class SpanLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link to another span, ids in hex."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class SpanEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened during a span."""

    name: str
    time_ns: int  # since 1970
    attributes: dict[str, Any]


class ReceivedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """One finished span as it came over the wire, ids in hex, times in nanoseconds since 1970."""

    name: str
    kind: SpanKind
    trace_id: str
    span_id: str
    parent_id: str  # empty for a root
    start_ns: int
    end_ns: int
    status: StatusCode = StatusCode.UNSET
    status_text: str = ""
    service: str = ""
    attributes: dict[str, Any] = {}
    events: tuple[SpanEvent, ...] = ()
    links: tuple[SpanLink, ...] = ()


def read_spans(request: ExportTraceServiceRequest) -> list[ReceivedSpan]:
    """Return the spans of one export request, in its order."""
    return [
        _span(span, service=_attributes(resource.resource.attributes).get("service.name", ""))
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _span(span: Any, *, service: str) -> ReceivedSpan:  # noqa: ANN401 (protobuf's messages have no types)
    return ReceivedSpan(
        name=span.name,
        # OTLP counts from UNSPECIFIED, the API from INTERNAL; a span without a kind is INTERNAL.
        kind=SpanKind(max(span.kind - 1, 0)),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        status=StatusCode(span.status.code),
        status_text=span.status.message,
        service=service,
        attributes=_attributes(span.attributes),
        events=tuple(
            SpanEvent(name=event.name, time_ns=event.time_unix_nano, attributes=_attributes(event.attributes))
            for event in span.events
        ),
        links=tuple(
            SpanLink(
                trace_id=link.trace_id.hex(),
                span_id=link.span_id.hex(),
                attributes=_attributes(link.attributes),
            )
            for link in span.links
        ),
    )


def _attributes(pairs: Any) -> dict[str, Any]:  # noqa: ANN401 (as above)
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:  # noqa: ANN401 (as above)
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_value(item) for item in value.array_value.values]
        case "kvlist_value":
            return _attributes(value.kvlist_value.values)
        case plain:
            return getattr(value, plain)
