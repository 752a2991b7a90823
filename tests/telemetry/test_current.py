"""Whose span is current: ours and somebody else's never get into each other's trace."""

from collections.abc import Iterator

import pytest
from opentelemetry import context, trace
from opentelemetry.instrumentation.utils import is_http_instrumentation_enabled, is_instrumentation_enabled
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from hireloop.telemetry import current
from hireloop.telemetry import spans as telemetry
from telemetry.exported_spans import exported_spans


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    with exported_spans(monkeypatch) as exporter:
        yield exporter


@pytest.fixture
def theirs() -> Iterator[Tracer]:
    provider = TracerProvider()
    yield provider.get_tracer("somebody.else")
    provider.shutdown()


def test_a_foreign_current_span_is_the_parent_of_nothing_of_ours(ours: InMemorySpanExporter, theirs: Tracer) -> None:
    with theirs.start_as_current_span("GET") as foreign:
        with telemetry.booking_span(interview_id="i", slot_id="s"):
            telemetry.record_put(delivery_id="d", kind="invitation", channel="email")
        with telemetry.attempt_span(stored_traceparent="", previous=None, delivery_id="d", number=1, channel="email"):
            pass
        telemetry.record_bounce(
            stored_traceparent="", delivery_id="d", channel="email", result="again", reason=None, status=None
        )
    spans = {span.name: span for span in ours.get_finished_spans()}
    booking = spans["schedule.book"].context
    assert booking
    assert {name for name, span in spans.items() if span.parent is None} == {
        *("schedule.book", "delivery.attempt", "delivery.bounce")
    }
    put = spans["delivery.put"].parent
    assert put
    assert put.span_id == booking.span_id
    assert foreign.get_span_context().trace_id not in {span.context.trace_id for span in spans.values() if span.context}


def test_ours_is_the_parent_of_nothing_foreign(ours: InMemorySpanExporter, theirs: Tracer) -> None:
    with telemetry.booking_span(interview_id="i", slot_id="s"):
        assert trace.get_current_span() is trace.INVALID_SPAN
        with theirs.start_as_current_span("SELECT") as foreign:
            assert telemetry.current_trace_id() != f"{foreign.get_span_context().trace_id:032x}"
    assert len(ours.get_finished_spans()) == 1
    assert current.span() is trace.INVALID_SPAN


def test_what_is_called_unrecorded_is_seen_by_no_instrumentation() -> None:
    with current.unrecorded():
        assert not is_instrumentation_enabled()
        assert not is_http_instrumentation_enabled()
        assert context.get_value("suppress_instrumentation")
    assert is_http_instrumentation_enabled()
