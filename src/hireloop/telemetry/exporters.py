"""The exporters of OpenTelemetry's SDK, and the redaction before them.

Kept apart from `spans`, which says what is recorded, as the SDK takes long to import and some commands do without.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from hireloop.settings import Settings
from hireloop.telemetry import redaction, variables
from hireloop.telemetry.variables import Signal, number, own_or_general

FORBIDDEN_ATTRIBUTES = frozenset(
    {
        *("url.query", "url.full", "http.url", "http.target"),
        *("client.address", "client.port", "network.peer.address", "network.peer.port"),
        *("user_agent.original", "http.user_agent", "net.peer.ip", "net.peer.name", "http.client_ip"),
    }
)

_LARGEST_TIMEOUT = 30_000  # milliseconds; OpenTelemetry's own default for a batch


def of_spans(settings: Settings, given: Mapping[str, str], meters: MeterProvider) -> Iterator[SpanExporter]:
    """Yield what spans are exported to; `given` holds OpenTelemetry's variables by name."""
    signal = variables.traces(settings)
    longest = number(given, "OTEL_BSP_EXPORT_TIMEOUT", _LARGEST_TIMEOUT)
    if signal.over_otlp:
        yield _span_exporter(signal, given, _seconds(signal, given, longest), meters)
    if "console" in signal.exporters:
        yield ConsoleSpanExporter(out=sys.stderr, formatter=lambda span: span.to_json(indent=None) + "\n")
    if settings.trace_copy_endpoint and not settings.otel_sdk_disabled:
        yield _local_exporter(settings.trace_copy_endpoint, meters)


def _span_exporter(signal: Signal, given: Mapping[str, str], seconds: float, meters: MeterProvider) -> SpanExporter:
    options: Any = {"headers": dict(signal.headers) or None, "timeout": seconds, "meter_provider": meters}
    if signal.protocol == "grpc":
        # gRPC takes half a second and 30 MB to import: only where it is asked for.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter

        return GrpcExporter(endpoint=signal.endpoint, **_over_grpc(signal, given), **options)
    # Loads `requests`: only where spans are exported over HTTP.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from requests import Session

    return OTLPSpanExporter(endpoint=signal.endpoint, session=Session(), **options)


def _local_exporter(endpoint: str, meters: MeterProvider) -> SpanExporter:
    # As above.
    from grpc import Compression  # type: ignore[import-untyped]  # there are no types of it
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    # It is on this machine: no proxy is in between. The SDK's type is too narrow, gRPC wants a number.
    options: Any = (("grpc.enable_http_proxy", 0),)
    plain = Compression.NoCompression  # whatever the variables say of the other collector
    return OTLPSpanExporter(
        endpoint=endpoint, insecure=True, channel_options=options, compression=plain, meter_provider=meters
    )


def of_metrics(settings: Settings, given: Mapping[str, str]) -> Iterator[MetricExporter]:
    """Yield what metrics are exported to."""
    signal = variables.metrics(settings)
    if "console" in signal.exporters:
        yield ConsoleMetricExporter(out=sys.stderr, formatter=lambda metrics: metrics.to_json(indent=None) + "\n")
    if not signal.over_otlp:
        return
    longest = number(given, "OTEL_METRIC_EXPORT_TIMEOUT", _LARGEST_TIMEOUT)
    options: Any = {"headers": dict(signal.headers) or None, "timeout": _seconds(signal, given, longest)}
    if signal.protocol == "grpc":
        # As above: only where it is asked for.
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter

        yield GrpcExporter(endpoint=signal.endpoint, **_over_grpc(signal, given), **options)
    else:
        # As above: only where metrics are exported over HTTP.
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
        from requests import Session

        yield OTLPMetricExporter(endpoint=signal.endpoint, session=Session(), **options)


def _seconds(signal: Signal, given: Mapping[str, str], longest: int) -> float:
    """Return how long one export may take: the variables hold milliseconds, which the exporters take for seconds."""
    general = number(given, "OTEL_EXPORTER_OTLP_TIMEOUT", 10_000)
    return min(number(given, f"OTEL_EXPORTER_OTLP_{signal.name.upper()}_TIMEOUT", general), longest) / 1_000


def _over_grpc(signal: Signal, given: Mapping[str, str]) -> dict[str, Any]:
    """Return what the variables say of a gRPC channel: compression, and TLS.

    Not left to the exporter, which does not know the compression `none`, takes INSECURE for more than the URL's scheme,
    and overlooks a client certificate without a CERTIFICATE.
    """
    # As above: only where it is asked for.
    from grpc import Compression, ssl_channel_credentials

    compressed = own_or_general(given, signal, "COMPRESSION") == "gzip"
    found: dict[str, Any] = {"compression": Compression.Gzip if compressed else Compression.NoCompression}
    if not variables.is_secure(signal, given):
        return found | {"insecure": True}
    trusted, key, chain = (
        _content(given, signal, what) for what in ("CERTIFICATE", "CLIENT_KEY", "CLIENT_CERTIFICATE")
    )
    pair = (key, chain) if key and chain else (None, None)
    return found | {"insecure": False, "credentials": ssl_channel_credentials(trusted, *pair)}


def _content(given: Mapping[str, str], signal: Signal, what: str) -> bytes | None:
    path = own_or_general(given, signal, what)
    return Path(path).read_bytes() if path else None


class Redacted(SpanExporter):
    """The last door of a span: drops query strings, redacts every text, then hands it to the real exporter.

    `taken` is told how many spans have arrived here, and `lost` how many could not be exported.
    """

    def __init__(
        self,
        exporter: SpanExporter,
        *,
        taken: Callable[[int], None] = lambda _: None,
        lost: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._exporter, self._taken, self._lost = exporter, taken, lost

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export redacted copies; the process's own spans stay as they are."""
        self._taken(len(spans))
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export([_redacted(span) for span in spans])
        finally:
            if result is not SpanExportResult.SUCCESS:
                self._lost(len(spans))
        return result

    def shutdown(self) -> None:
        """Stop the real exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the real exporter; True says nothing about arrival."""
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=redaction.redact(span.name),
        context=_without_state(span.context),
        parent=_without_state(span.parent),
        resource=span.resource,
        attributes=cleaned(span.attributes),
        events=[Event(redaction.redact(one.name), cleaned(one.attributes), one.timestamp) for one in span.events],
        links=[_clean_link(link) for link in span.links],
        kind=span.kind,
        instrumentation_scope=_clean_scope(span.instrumentation_scope),
        status=Status(span.status.status_code, redaction.redact(span.status.description or "") or None)
        if span.status.status_code is StatusCode.ERROR
        else span.status,
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _without_state(context: SpanContext | None) -> Any:  # noqa: ANN401 (the SDK says that it is never None, and it is)
    """Return the context without a `tracestate`, whose content its caller chooses."""
    if context is None or not context.trace_state:
        return context
    return SpanContext(context.trace_id, context.span_id, context.is_remote, context.trace_flags)


def _clean_link(link: Link) -> Link:
    return Link(_without_state(link.context), cleaned(link.attributes))


def _clean_scope(scope: InstrumentationScope | None) -> InstrumentationScope | None:
    if scope is None or scope.name == "hireloop":
        return scope
    return InstrumentationScope(redaction.redact(scope.name), scope.version)


def cleaned(attributes: Mapping[str, Any] | None) -> dict[str, AttributeValue]:
    """Return attributes without those that never leave, and with every text redacted."""
    return {name: _clean_value(value) for name, value in (attributes or {}).items() if name not in FORBIDDEN_ATTRIBUTES}


def _clean_value(value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return redaction.redact(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return tuple(redaction.redact(item) if isinstance(item, str) else item for item in value)
    return value
