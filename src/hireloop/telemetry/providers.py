"""The tracer and the meter provider of one process, which belong to HireLoop.

The process's global providers are neither read nor set, so that what somebody else's agent puts there gets no span of
ours, and ours have our redaction and our resource.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from opentelemetry.metrics import MeterProvider as AnyMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import (
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_NAMESPACE,
    SERVICE_VERSION,
    Resource,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from hireloop.settings import Settings
from hireloop.telemetry import exporters, variables
from hireloop.telemetry.dropped import DroppedSpans
from hireloop.telemetry.exporters import Redacted
from hireloop.telemetry.logs import log
from hireloop.telemetry.variables import number

FLUSH_SECONDS = 5.0  # for all signals together: with a worker's 25 s of draining it fits the grace of 40 s


@dataclass(frozen=True)
class Providers:
    """What makes the spans and the metrics of one process."""

    tracing: TracerProvider
    measuring: MeterProvider
    batches: tuple["Batches", ...]

    def shutdown(self) -> None:
        """Send what is still waiting, spans and metrics together at most `FLUSH_SECONDS` long, and stop.

        A collector that does not respond keeps a thread waiting, and not this process.
        """
        ends: list[Callable[[], object]] = [batch.shutdown for batch in self.batches]
        ends.append(partial(self.measuring.shutdown, FLUSH_SECONDS * 1_000))
        until = time.monotonic() + FLUSH_SECONDS
        threads = [threading.Thread(target=end, name="last spans", daemon=True) for end in ends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        left = sum(batch.give_up() for batch in self.batches)
        if left:
            log.warning("telemetry.not_flushed", spans=left)


class Batches(BatchSpanProcessor):
    """Spans that wait for their export; where too many wait already, a new one is dropped and counted."""

    def __init__(
        self, exporter: SpanExporter, given: Mapping[str, str], dropped: DroppedSpans, meters: AnyMeterProvider
    ) -> None:
        """Begin to export; `given` holds OpenTelemetry's variables by name."""
        self._most = number(given, "OTEL_BSP_MAX_QUEUE_SIZE", variables.QUEUE_SIZE)
        self._waiting, self._lock, self._dropped = 0, threading.Lock(), dropped
        super().__init__(
            Redacted(exporter, taken=self._taken, lost=partial(dropped.add, reason="export_failed")),
            max_queue_size=self._most,
            schedule_delay_millis=number(given, "OTEL_BSP_SCHEDULE_DELAY", 1_000),
            max_export_batch_size=min(number(given, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512), self._most),
            export_timeout_millis=number(given, "OTEL_BSP_EXPORT_TIMEOUT", 30_000),
            meter_provider=meters,
        )

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span for its export, or count it as dropped; never waits."""
        with self._lock:
            is_full = self._waiting >= self._most
            self._waiting += not is_full
        if is_full:
            self._dropped.add(1, reason="queue_full")
        else:
            super().on_end(span)

    def give_up(self) -> int:
        """Count what is still waiting as dropped, and return how many spans that are."""
        with self._lock:
            left, self._waiting = self._waiting, 0
        if left:
            self._dropped.add(left, reason="not_flushed")
        return left

    def _taken(self, count: int) -> None:
        with self._lock:
            self._waiting = max(0, self._waiting - count)


def made(settings: Settings, role: str, dropped: DroppedSpans) -> Providers:
    """Return the providers of this process, which is one `role` of the installation."""
    given = variables.usable(Settings.otel_variables())
    for name, value in given.items():
        os.environ.setdefault(name, value)  # what `.env` alone sets: the exporters read the environment
    resource = resource_of(settings, role)
    measuring = MeterProvider(metric_readers=list(_readers(settings, given)), resource=resource, shutdown_on_exit=False)
    batches = tuple(
        Batches(exporter, given, dropped, measuring) for exporter in exporters.of_spans(settings, given, measuring)
    )
    tracing = TracerProvider(
        sampler=ALWAYS_ON,
        resource=resource,
        shutdown_on_exit=False,
        span_limits=_limits(given),
        meter_provider=measuring,
    )
    for batch in batches:
        tracing.add_span_processor(batch)
    return Providers(tracing, measuring, batches)


def _readers(settings: Settings, given: Mapping[str, str]) -> Iterator[PeriodicExportingMetricReader]:
    for exporter in exporters.of_metrics(settings, given):
        yield PeriodicExportingMetricReader(
            exporter,
            export_interval_millis=number(given, "OTEL_METRIC_EXPORT_INTERVAL", 60_000),
            export_timeout_millis=number(given, "OTEL_METRIC_EXPORT_TIMEOUT", 30_000),
        )


def _limits(given: Mapping[str, str]) -> SpanLimits:
    """Return the limits that the variables set, each of them also by the general one, or else the defaults."""
    most = number(given, "OTEL_ATTRIBUTE_COUNT_LIMIT", 128)
    longest = number(given, "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", 2_048)
    return SpanLimits(
        max_attributes=most,
        max_events=number(given, "OTEL_SPAN_EVENT_COUNT_LIMIT", 128),
        max_links=number(given, "OTEL_SPAN_LINK_COUNT_LIMIT", 128),
        max_span_attributes=number(given, "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", most),
        max_event_attributes=number(given, "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", most),
        max_link_attributes=number(given, "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", most),
        max_attribute_length=longest,
        max_span_attribute_length=number(given, "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", longest),
    )


def resource_of(settings: Settings, role: str) -> Resource:
    """Return what every span and metric of this process says of where it comes from."""
    service = variables.service(settings)
    said = {
        SERVICE_NAMESPACE: service,
        **variables.resource_attributes(settings),
        SERVICE_NAME: f"{service}-{role}",
        SERVICE_VERSION: version("hireloop"),
        SERVICE_INSTANCE_ID: f"{os.getpid()}-{secrets.token_hex(4)}",
    }
    whole = Resource.create(said)
    return Resource(exporters.cleaned(whole.attributes), whole.schema_url)
