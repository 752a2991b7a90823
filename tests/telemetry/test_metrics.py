"""What a metric holds: bounds that fit seconds, and values that are bounded and redacted."""

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.metrics import CallbackOptions
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from hireloop.telemetry import metrics
from hireloop.telemetry import spans as telemetry


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemoryMetricReader]:
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    for metric in metrics.DECLARED:
        monkeypatch.setattr(metric, "_instrument", None)
    metrics.use(provider.get_meter("hireloop"))
    yield reader
    provider.shutdown()


def points(reader: InMemoryMetricReader) -> dict[str, Any]:
    """Return the one point of each metric."""
    data = reader.get_metrics_data()
    assert data
    return {one.name: one.data.data_points[0] for one in data.resource_metrics[0].scope_metrics[0].metrics}


def test_nothing_is_counted_before_there_is_a_meter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics.BOOKINGS, "_instrument", None)
    metrics.BOOKINGS.add(1, {"outcome": "booked"})


def test_the_bounds_of_every_histogram_fit_seconds(measured: InMemoryMetricReader) -> None:
    histograms = [metric for metric in metrics.DECLARED if isinstance(metric, metrics.Histogram)]
    for metric in histograms:
        metric.record(0.2)
    for metric in histograms:
        bounds = points(measured)[metric.name].explicit_bounds
        assert (bounds[0], {0.1, 1, 10} <= set(bounds)) == (0.005, True)
    assert points(measured)["http.server.request.duration"].explicit_bounds[-1] == 10
    assert {30, 60, 300} <= set(points(measured)["hireloop.delivery.attempt.duration"].explicit_bounds)
    assert points(measured)["hireloop.delivery.wait"].explicit_bounds[-1] == 3_600


def test_a_text_among_the_attributes_is_redacted_and_bounded(measured: InMemoryMetricReader) -> None:
    metrics.BOUNCES.add(1, {"reason": "asha@example.com \x07" + "x" * 200, "number": 7})
    found = points(measured)["hireloop.delivery.bounces"].attributes
    assert found["number"] == 7
    assert "asha" not in found["reason"]
    assert found["reason"].isprintable()
    assert len(found["reason"]) == 128


def test_an_exemplar_names_our_span(measured: InMemoryMetricReader, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("hireloop"))
    with (
        provider.get_tracer("somebody.else").start_as_current_span("theirs"),
        telemetry.booking_span(interview_id="i", slot_id="s") as span,
    ):
        metrics.WAIT_SECONDS.record(1)
    (exemplar,) = points(measured)["hireloop.delivery.wait"].exemplars
    assert exemplar.span_id == span.get_span_context().span_id


def test_an_age_counts_from_the_first_look_and_then_from_the_last_success() -> None:
    clock = [100.0]
    age = metrics.TimeSince("hireloop.ledger.age", "", lambda: clock[0])
    metrics.DECLARED.remove(age)
    assert age.seconds is None
    assert list(age.observe(CallbackOptions())) == []
    age.begin()
    clock[0] += 60
    age.begin()  # it could not be read
    assert age.seconds == 60
    age.note_done()
    clock[0] += 5
    assert age.seconds == 5
    assert [one.value for one in age.observe(CallbackOptions())] == [5]
