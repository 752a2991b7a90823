"""OpenTelemetry's SDK as a process has it: the providers, and the exporters with the redaction before them.

Kept apart from `spans`, which says what is recorded, as the SDK takes long to import and some commands do without.
"""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Status, StatusCode
from opentelemetry.util.types import AttributeValue

from hireloop.settings import Settings
from hireloop.telemetry import redaction

FORBIDDEN_ATTRIBUTES = frozenset({"url.query", "url.full", "http.url", "http.target"})


@dataclass(frozen=True)
class Providers:
    """What makes the spans and the metrics of one process."""

    tracing: TracerProvider
    measuring: MeterProvider

    def shutdown(self) -> None:
        """Send what is still waiting, at most 5 s long, and stop."""
        self.tracing.force_flush(5_000)
        self.tracing.shutdown()
        self.measuring.shutdown(5_000)


def install(settings: Settings, role: str) -> Providers:
    """Give OpenTelemetry's API the providers of this process, which is one `role` of the installation."""
    resource = resource_of(settings, role)
    tracing = TracerProvider(
        sampler=ALWAYS_ON,
        resource=resource,
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attribute_length=2_048),
    )
    for exporter in _span_exporters(settings):
        tracing.add_span_processor(
            BatchSpanProcessor(Redacted(exporter), max_queue_size=16_384, schedule_delay_millis=1_000)
        )
    readers = [PeriodicExportingMetricReader(exporter) for exporter in _metric_exporters(settings)]
    measuring = MeterProvider(metric_readers=readers, resource=resource, shutdown_on_exit=False)
    trace.set_tracer_provider(tracing)
    metrics.set_meter_provider(measuring)
    return Providers(tracing, measuring)


def resource_of(settings: Settings, role: str) -> Resource:
    """Return what every span and metric of this process says of where it comes from."""
    return Resource.create(
        {
            SERVICE_NAME: f"{settings.otel_service_name}-{role}",
            SERVICE_VERSION: version("hireloop"),
            SERVICE_INSTANCE_ID: f"{os.getpid()}-{secrets.token_hex(4)}",
        }
    )


def _span_exporters(settings: Settings) -> Iterator[SpanExporter]:
    if settings.otel_sdk_disabled:
        return
    if settings.otel_exporter_otlp_endpoint and settings.otel_exporter_otlp_protocol == "grpc":
        # gRPC takes half a second and 30 MB to import: only where it is asked for.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter

        yield GrpcExporter(endpoint=settings.otel_exporter_otlp_endpoint, headers=settings.otlp_headers or None)
    elif settings.otel_exporter_otlp_endpoint:
        yield _http_exporter(settings.otel_exporter_otlp_endpoint, settings.otlp_headers)
    if settings.trace_copy_endpoint:
        yield _local_exporter(settings.trace_copy_endpoint)


def _http_exporter(endpoint: str, headers: dict[str, str] | None = None) -> SpanExporter:
    # Loads `requests`: only where spans are exported over HTTP.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", headers=headers or None)


def _local_exporter(endpoint: str) -> SpanExporter:
    # As above.
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    # It is on this machine: no proxy is in between. The SDK's type is too narrow, gRPC wants a number.
    options: Any = (("grpc.enable_http_proxy", 0),)
    return OTLPSpanExporter(endpoint=endpoint, insecure=True, channel_options=options)


def _metric_exporters(settings: Settings) -> Iterator[Any]:
    if settings.otel_sdk_disabled or not settings.otel_exporter_otlp_endpoint:
        return
    if settings.otel_exporter_otlp_protocol == "grpc":
        # As above: only where it is asked for.
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcExporter

        yield GrpcExporter(endpoint=settings.otel_exporter_otlp_endpoint, headers=settings.otlp_headers or None)
    else:
        # As above: only where metrics are exported over HTTP.
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter

        endpoint = f"{settings.otel_exporter_otlp_endpoint.rstrip('/')}/v1/metrics"
        yield OTLPMetricExporter(endpoint=endpoint, headers=settings.otlp_headers or None)


class Redacted(SpanExporter):
    """The last door of a span: drops query strings, redacts every text, then hands it to the real exporter."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export redacted copies; the process's own spans stay as they are."""
        return self._exporter.export([_redacted(span) for span in spans])

    def shutdown(self) -> None:
        """Stop the real exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the real exporter; True says nothing about arrival."""
        return self._exporter.force_flush(timeout_millis)


def _redacted(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=redaction.redact(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_clean(span.attributes),
        events=[Event(event.name, _clean(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        instrumentation_scope=span.instrumentation_scope,
        status=Status(span.status.status_code, redaction.redact(span.status.description or "") or None)
        if span.status.status_code is StatusCode.ERROR
        else span.status,
        start_time=span.start_time,
        end_time=span.end_time,
    )


def _clean(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return {name: _clean_value(value) for name, value in (attributes or {}).items() if name not in FORBIDDEN_ATTRIBUTES}


def _clean_value(value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return redaction.redact(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return tuple(redaction.redact(item) if isinstance(item, str) else item for item in value)
    return value
