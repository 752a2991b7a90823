"""How spans and metrics leave a process, and what they lose on the way."""

import json
from typing import Any

import pytest
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceState

from hireloop.telemetry import exporters
from hireloop.telemetry.exporters import Redacted
from sample_settings import settings_for
from servers.http import Reply, ScriptedHttpServer

URL = "postgresql://nowhere/d"
ADDRESS = "canary.person@example.com"


def posted_by(exporter: Any, server: ScriptedHttpServer) -> tuple[str, dict[str, str]]:  # noqa: ANN401 (either)
    exporter.export([])
    [posted] = server.received
    return posted.path, {name.lower(): value for name, value in posted.headers.items()}


def test_the_headers_that_a_collector_wants_go_with_every_export_also_from_an_env_file() -> None:
    with ScriptedHttpServer(Reply(200)) as server:
        settings = settings_for(
            URL, otel_exporter_otlp_endpoint=server.url, otel_exporter_otlp_headers="api-key=a%20canary"
        )
        (exporter,) = exporters.of_spans(settings, {}, NoOpMeterProvider())
        path, headers = posted_by(exporter, server)
    assert (path, headers["api-key"]) == ("/v1/traces", "a canary")


def test_a_signals_own_endpoint_is_taken_as_it_is() -> None:
    with ScriptedHttpServer(Reply(200)) as server:
        settings = settings_for(URL, otel_exporter_otlp_traces_endpoint=f"{server.url}/ingest/spans")
        (exporter,) = exporters.of_spans(settings, {}, NoOpMeterProvider())
        path, _ = posted_by(exporter, server)
        assert not list(exporters.of_metrics(settings, {}))
    assert path == "/ingest/spans"


def test_a_time_out_is_in_milliseconds_and_the_signals_own_wins() -> None:
    settings = settings_for(URL, otel_exporter_otlp_endpoint="http://localhost:9")
    for given, seconds in (
        ({}, 10),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "2500"}, 2.5),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "2500", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "1500"}, 1.5),
        ({"OTEL_BSP_EXPORT_TIMEOUT": "500"}, 0.5),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "a while"}, 10),
    ):
        exporter: Any
        (exporter,) = exporters.of_spans(settings, given, NoOpMeterProvider())
        assert exporter._client._timeout == seconds  # noqa: SLF001 (it has no other way to be seen)


def test_spans_go_to_standard_error_as_lines_and_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    (exporter,) = exporters.of_spans(settings_for(URL, otel_traces_exporter="console"), {}, NoOpMeterProvider())
    Redacted(exporter).export([ReadableSpan(name=f"to {ADDRESS}", attributes={"url.query": "canary"})])
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert json.loads(line)["name"].startswith("to <address:")
    assert "canary" not in line


def test_events_links_scopes_and_tracestate_are_redacted_too() -> None:
    kept = InMemorySpanExporter()
    context = SpanContext(1, 2, is_remote=True, trace_state=TraceState([("vendor", "canary")]))
    span = ReadableSpan(
        name="n",
        context=context,
        parent=context,
        events=[Event(f"seen {ADDRESS}", {"text": ADDRESS})],
        links=[Link(context, {"text": ADDRESS, "client.address": "203.0.113.9"})],
        attributes={"client.address": "203.0.113.9", "user_agent.original": "canary"},
        instrumentation_scope=InstrumentationScope(ADDRESS),
    )
    Redacted(kept).export([span])
    (shown,) = kept.get_finished_spans()
    link, event = shown.links[0], shown.events[0]
    everything = shown.to_json() + str(link.attributes) + event.name + str(event.attributes)
    everything += str(shown.instrumentation_scope) + str(link.context) + str(shown.parent) + str(shown.context)
    assert "canary" not in everything
    assert "203.0.113.9" not in everything
    assert event.name.startswith("seen <address:")


@pytest.mark.parametrize("fails", ["by its result", "by an exception"])
def test_what_could_not_be_exported_is_told(fails: str) -> None:
    class Failing(InMemorySpanExporter):
        def export(self, spans: Any) -> SpanExportResult:  # noqa: ANN401, ARG002 (the SDK's types)
            if fails == "by an exception":
                raise ConnectionError
            return SpanExportResult.FAILURE

    taken: list[int] = []
    lost: list[int] = []
    redacted = Redacted(Failing(), taken=taken.append, lost=lost.append)
    spans = [ReadableSpan(name="a"), ReadableSpan(name="b")]
    if fails == "by an exception":
        with pytest.raises(ConnectionError):
            redacted.export(spans)
    else:
        redacted.export(spans)
    assert (taken, lost) == ([2], [2])
