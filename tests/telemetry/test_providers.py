"""The providers of one process, with collectors that hang, refuse or are slow."""

import time
from importlib.metadata import version
from socket import create_server
from threading import Event

import pytest
from opentelemetry import metrics as their_metrics
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from hireloop.settings import Settings
from hireloop.telemetry import exporters, providers
from hireloop.telemetry.dropped import DroppedSpans
from hireloop.telemetry.providers import Providers
from sample_settings import settings_for
from waiting import until_true

URL = "postgresql://nowhere/d"


def made(dropped: DroppedSpans | None = None, **settings: object) -> Providers:
    return providers.made(settings_for(URL, **settings), "worker", dropped or DroppedSpans())


def record(made: Providers, count: int = 1) -> None:
    tracer = made.tracing.get_tracer("hireloop")
    for _ in range(count):
        tracer.start_span("one").end()


def test_a_collector_that_says_nothing_is_given_up_for_all_signals_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "FLUSH_SECONDS", 0.5)
    with create_server(("127.0.0.1", 0)) as silent:
        dropped = DroppedSpans()
        running = made(
            dropped,
            otel_exporter_otlp_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}",
            trace_copy_endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}",
        )
        running.measuring.get_meter("hireloop").create_counter("c").add(1)
        record(running, 3)
        began = time.monotonic()
        running.shutdown()
        # Far below the exporters' own 10 s, however slow this machine is.
        assert time.monotonic() - began < 5


def test_spans_beyond_the_queue_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = Event(), Event()

    class Slow(SpanExporter):
        def export(self, spans: object) -> SpanExportResult:  # noqa: ARG002 (the SDK's signature)
            begun.set()
            go.wait(60)
            return SpanExportResult.SUCCESS

    def slow(*_: object) -> list[SpanExporter]:
        return [Slow()]

    monkeypatch.setattr(exporters, "of_spans", slow)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "4")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    monkeypatch.setattr(providers, "FLUSH_SECONDS", 0.1)
    dropped = DroppedSpans()
    running = made(dropped)
    record(running)
    assert begun.wait(60)  # that one is with the exporter
    record(running, 10)
    assert dropped.count == 6
    running.shutdown()
    assert dropped.count == 10
    go.set()


async def test_a_failed_export_is_counted_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "100")
    dropped = DroppedSpans()
    running = made(dropped, otel_exporter_otlp_traces_endpoint="http://127.0.0.1:9/")
    record(running, 2)
    await until_true(lambda: dropped.count == 2, "the failed export")
    running.shutdown()


def test_what_is_exported_says_which_version_of_which_service_it_is_from() -> None:
    said = providers.resource_of(settings_for(URL, otel_service_name="hiring"), "worker").attributes
    assert (said["service.name"], said["service.namespace"]) == ("hiring-worker", "hiring")
    assert said["service.version"] == version("hireloop")
    assert said["service.instance.id"]


def test_the_resource_has_what_its_variable_says_redacted() -> None:
    given = "service.name=hiring,service.namespace=people,team=asha@example.com"
    said = providers.resource_of(settings_for(URL, otel_resource_attributes=given), "api").attributes
    assert (said["service.name"], said["service.namespace"]) == ("hiring-api", "people")
    assert str(said["team"]).startswith("<address:")


@pytest.mark.parametrize(
    ("variables", "longest"),
    [
        ({}, 2_048),
        ({"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "100"}, 100),
        ({"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT": "100", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "50"}, 50),
        ({"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "long"}, 2_048),
    ],
)
def test_the_limits_of_spans_are_those_of_the_variables(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], longest: int
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    running = made()
    span = running.tracing.get_tracer("hireloop").start_span("one", attributes={"text": "x" * 5_000})
    assert isinstance(span, ReadableSpan)
    assert len(str((span.attributes or {})["text"])) == longest
    running.shutdown()


def test_the_sampler_is_always_on_whatever_its_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    running = made()
    assert running.tracing.get_tracer("hireloop").start_span("one").get_span_context().trace_flags.sampled
    running.shutdown()


def test_the_processs_global_providers_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_PYTHON_TRACER_PROVIDER", "there_is_none")  # reading the global one would load this
    monkeypatch.setenv("OTEL_PYTHON_METER_PROVIDER", "there_is_none")
    running = made(otel_exporter_otlp_endpoint="http://127.0.0.1:9")
    running.shutdown()
    assert trace._TRACER_PROVIDER is None  # noqa: SLF001 (what must not have changed)
    assert their_metrics._internal._METER_PROVIDER is None  # noqa: SLF001


def test_variables_of_an_env_file_reach_the_exporters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "otel_variables", classmethod(lambda _: {"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip"}))
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_COMPRESSION", raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "")  # so that what is set now is undone
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_COMPRESSION")
    settings = settings_for(URL, otel_exporter_otlp_endpoint="http://127.0.0.1:9")
    running = providers.made(settings, "api", DroppedSpans())
    exporter = running.batches[0].span_exporter._exporter  # noqa: SLF001 (the redaction is around it)
    assert exporter._compression.value == "gzip"  # noqa: SLF001
    running.shutdown()
