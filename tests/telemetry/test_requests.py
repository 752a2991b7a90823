"""The span and the metrics of a request, around applications that answer in every way."""

import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import SpanKind, StatusCode

from hireloop.telemetry import metrics
from hireloop.telemetry import spans as telemetry
from hireloop.telemetry.exporters import Redacted
from hireloop.telemetry.requests import RecordedRequests, RouteName

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


class Recorded:
    """What was recorded so far."""

    def __init__(self, spans: InMemorySpanExporter, reader: InMemoryMetricReader) -> None:
        self._spans, self._reader = spans, reader

    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._spans.get_finished_spans()

    def span(self) -> tuple[ReadableSpan, dict[str, Any]]:
        (span,) = self.spans()
        return span, dict(span.attributes or {})

    def points(self, name: str) -> list[dict[str, Any]]:
        data = self._reader.get_metrics_data()
        assert data
        every = data.resource_metrics[0].scope_metrics[0].metrics
        return [dict(point.attributes or {}) for one in every if one.name == name for point in one.data.data_points]


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracing = TracerProvider(sampler=ALWAYS_ON, shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(Redacted(exporter)))
    measuring = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    monkeypatch.setattr(telemetry, "_tracer", tracing.get_tracer("hireloop"))
    for metric in metrics.DECLARED:
        monkeypatch.setattr(metric, "_instrument", None)
    metrics.use(measuring.get_meter("hireloop"))
    yield Recorded(exporter, reader)
    tracing.shutdown()
    measuring.shutdown()


async def routed(scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 (ASGI)
    """An application with one route, and one path that breaks."""
    if scope["path"] == "/breaks":
        raise ZeroDivisionError
    status = {"/failing": 503}.get(scope["path"], 404)
    if scope["path"].startswith("/people/"):
        scope["path_template"], status = "/people/{id}", 200
    await send({"type": "http.response.start", "status": status, "headers": [(b"x-own", b"1")]})
    await send({"type": "http.response.body", "body": b""})


def client(*, joins: bool = False) -> httpx.AsyncClient:
    app = RecordedRequests(RouteName(routed), joins_callers=joins)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("203.0.113.9", 4711))
    return httpx.AsyncClient(transport=transport, base_url="https://hire.example")


async def test_a_request_is_named_by_its_route_and_says_nothing_of_who_asks(recorded: Recorded) -> None:
    async with client() as user:
        answered = await user.get("/people/7?session_key=canary", headers={"User-Agent": "canary-agent"})
    span, said = recorded.span()
    assert (span.name, span.kind, span.parent) == ("GET /people/{id}", SpanKind.SERVER, None)
    assert said == {
        "http.request.method": "GET",
        "url.scheme": "https",
        "url.path": "/people/7",
        "network.protocol.version": "1.1",
        "http.route": "/people/{id}",
        "http.response.status_code": 200,
    }
    assert span.context
    ids = f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-"
    assert answered.headers["traceresponse"].startswith(ids)
    (labels,) = recorded.points("http.server.request.duration")
    assert labels == {
        "http.request.method": "GET",
        "url.scheme": "https",
        "http.route": "/people/{id}",
        "http.response.status_code": 200,
    }
    assert recorded.points("http.server.active_requests") == [{"http.request.method": "GET", "url.scheme": "https"}]
    assert "canary" not in span.to_json()
    assert "203.0.113.9" not in span.to_json()


@pytest.mark.parametrize(("path", "status", "kind"), [("/failing", 503, "503"), ("/breaks", None, "ZeroDivisionError")])
async def test_a_failure_is_an_error_with_its_type(
    recorded: Recorded, path: str, status: int | None, kind: str
) -> None:
    async with client() as user:
        await user.get(path)
    span, said = recorded.span()
    assert span.status.status_code is StatusCode.ERROR
    assert (said.get("http.response.status_code"), said["error.type"]) == (status, kind)
    (labels,) = recorded.points("http.server.request.duration")
    assert (labels["error.type"], labels["http.route"]) == (kind, "unknown")


async def test_unknown_paths_and_methods_are_one_value_of_a_metric_and_bounded_in_a_span(recorded: Recorded) -> None:
    async with client() as user:
        for path in ("/nothing/" + "x" * 5_000, "/a%07b%0ac"):
            await user.request("CANARY" * 20, path)
    first, second = recorded.spans()
    assert first.name == second.name == "HTTP"
    assert first.attributes
    assert second.attributes
    assert len(str(first.attributes["url.path"])) == 256
    assert second.attributes["url.path"] == "/a�b�c"
    assert second.attributes["http.request.method"] == "_OTHER"
    (labels,) = recorded.points("http.server.request.duration")
    assert (labels["http.route"], labels["http.request.method"]) == ("unknown", "_OTHER")


@pytest.mark.parametrize("path", ["/health/live", "/health/delivery/"])
async def test_a_probe_has_no_span(recorded: Recorded, path: str) -> None:
    async with client() as user:
        answered = await user.get(path, headers={"traceparent": CALLER})
    assert recorded.spans() == ()
    assert "traceresponse" not in answered.headers
    assert recorded.points("http.server.request.duration")


async def test_a_path_is_redacted_before_it_is_cut(recorded: Recorded) -> None:
    async with client() as user:
        await user.get("/" + "x" * 245 + "asha.rao@example.com")
    (span,) = recorded.spans()
    assert span.attributes
    assert "asha" not in str(span.attributes["url.path"])


async def test_a_traceparent_that_is_too_long_is_ignored_without_a_line(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    async with client() as user:
        await user.get("/people/7", headers={"traceparent": "0" * 60_000})
    assert recorded.span()[0].links == ()
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("joins", [False, True])
async def test_a_caller_is_linked_and_joined_only_with_trust(recorded: Recorded, *, joins: bool) -> None:
    foreign = TracerProvider(shutdown_on_exit=False).get_tracer("somebody.else")
    async with client(joins=joins) as user:
        with foreign.start_as_current_span("an instrumented server's"):
            await user.get("/people/7", headers={"traceparent": CALLER, "tracestate": "v=" + "x" * 200})
    span, _ = recorded.span()
    assert span.context
    (link,) = span.links
    assert f"{link.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert (f"{span.parent.span_id:016x}" if span.parent else "") == ("b7ad6b7169203331" if joins else "")
    assert (span.context.trace_id == link.context.trace_id) is joins
    assert not span.context.trace_state
    assert not link.context.trace_state
    assert span.context.trace_flags.sampled
