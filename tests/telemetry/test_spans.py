from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from hireloop import errors, session_keys
from hireloop.telemetry import metrics
from hireloop.telemetry import spans as telemetry
from hireloop.telemetry.exporters import Redacted

SECRET = "a secret of the tests, which opens nothing"
KEY = session_keys.mint(SECRET, UUID("01990000-0000-7000-8000-000000000001"), 1)
API_KEY = "hl_AZkAAAAAcACAAAAAAAAAAQ" + "x" * 43
SLOT = UUID("01990000-0000-7000-8000-000000000002")
CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


# --- Spans -------------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What leaves through the last door."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(Redacted(exporter)))
    monkeypatch.setattr(telemetry, "_tracer", provider.get_tracer("hireloop"))
    yield exporter
    provider.shutdown()


def named(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def test_no_span_carries_a_query_string_or_a_secret_in_any_text(exported: InMemorySpanExporter) -> None:
    canary = f"{KEY} asha@example.com {API_KEY}"
    with telemetry.booking_span(interview_id=canary, slot_id="s") as span:
        span.set_attributes(
            {
                "url.query": canary,
                "url.full": canary,
                "http.url": canary,
                "http.target": canary,
                "url.path": canary,
                "http.request.header.authorization": [canary, canary],
                "kept.number": 7,
                "kept.numbers": [7, 8],
            }
        )
        span.add_event("said", {"text": canary, "texts": [canary]})
        span.set_status(StatusCode.ERROR, canary)
        span.update_name(f"GET /{canary}")
    (shown,) = exported.get_finished_spans()
    text = shown.to_json()
    for secret in (KEY, "asha@example.com", API_KEY):
        assert secret not in text
    assert not {"url.query", "url.full", "http.url", "http.target"} & set(shown.attributes or {})
    assert shown.attributes
    assert shown.attributes["kept.number"] == 7
    assert shown.attributes["kept.numbers"] == (7, 8)


def test_a_booking_and_its_tries_are_one_trace(exported: InMemorySpanExporter) -> None:
    delivery = uuid4()
    with telemetry.booking_span(interview_id="i", slot_id="s") as booking:
        stored = telemetry.record_put(delivery_id=delivery, kind="invitation", channel="email")
        telemetry.record_booking(booking, "booked")
    previous: tuple[str, str] | None = None
    for number in (1, 2):
        with telemetry.attempt_span(
            stored_traceparent=stored, previous=previous, delivery_id=delivery, number=number, channel="email"
        ) as attempt:
            with telemetry.send_span("email") as send:
                telemetry.record_reply(send, {"server.address": "mail.example", "reply": "to a@b.example", "x": None})
            outcome, reason = (("retry", "timed_out"), ("sent", None))[number - 1]
            telemetry.record_attempt(
                (attempt, send), channel="email", outcome=outcome, reason=reason, seconds=0.1, waited=None
            )
            previous = telemetry.span_ids(attempt)
    spans = exported.get_finished_spans()
    assert {span.context.trace_id for span in spans if span.context} == {booking.get_span_context().trace_id}
    book, put = named(exported)["schedule.book"], named(exported)["delivery.put"]
    first, second = [span for span in spans if span.name == "delivery.attempt"]
    sent, _ = [span for span in spans if span.name == "smtp.send"]
    kinds = [span.kind for span in (book, put, first, sent)]
    assert kinds == [SpanKind.INTERNAL, SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.CLIENT]
    for child, parent in ((put, book), (first, put), (second, put), (sent, first)):
        assert child.parent
        assert parent.context
        assert child.parent.span_id == parent.context.span_id
    assert first.links == ()
    assert [link.context.span_id for link in second.links] == [first.context.span_id if first.context else 0]
    assert (first.status.status_code, first.status.description) == (StatusCode.ERROR, "timed_out")
    assert second.status.status_code is not StatusCode.ERROR
    assert sent.attributes
    assert "x" not in sent.attributes
    assert "a@b.example" not in str(sent.attributes["reply"])


def test_a_stored_traceparent_is_w3cs_and_a_missing_one_begins_a_trace(exported: InMemorySpanExporter) -> None:
    stored = telemetry.record_put(delivery_id="d", kind="invitation", channel="email")
    put = named(exported)["delivery.put"]
    assert put.context
    assert stored.startswith(f"00-{put.context.trace_id:032x}-{put.context.span_id:016x}-")
    assert int(stored[-2:], 16) & 1  # sampled
    assert telemetry.trace_id_of(stored) == f"{put.context.trace_id:032x}"
    assert telemetry.trace_id_of("") == ""
    with telemetry.attempt_span(stored_traceparent="", previous=None, delivery_id="d", number=1, channel="email"):
        pass
    assert named(exported)["delivery.attempt"].parent is None


def test_any_other_transport_posts_to_a_chat(exported: InMemorySpanExporter) -> None:
    with telemetry.send_span("apprise"):
        pass
    assert list(named(exported)) == ["chat.post"]


def test_an_exception_in_a_span_leaves_no_text_in_it(exported: InMemorySpanExporter) -> None:
    with pytest.raises(LookupError), telemetry.booking_span(interview_id="i", slot_id="s"):
        raise LookupError("canary")
    (span,) = exported.get_finished_spans()
    assert "canary" not in span.to_json()


async def test_a_change_says_what_it_was_about_and_what_it_came_to(exported: InMemorySpanExporter) -> None:
    @telemetry.of_change("slot.release")
    async def release(slot_id: UUID, *, of: Exception | None) -> int:
        assert slot_id == SLOT
        if of is not None:
            raise of
        return 7

    assert await release(SLOT, of=None) == 7
    for failure in (errors.SlotInUse(), LookupError()):
        with pytest.raises(type(failure)):
            await release(SLOT, of=failure)
    shown = exported.get_finished_spans()
    assert {span.name for span in shown} == {"slot.release"}
    assert [dict(span.attributes or {}) for span in shown] == [
        {"hireloop.slot.id": str(SLOT), "hireloop.outcome": outcome} for outcome in ("done", "slot-in-use", "failed")
    ]


@pytest.mark.parametrize("value", ["nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "\xff"])
def test_a_callers_trace_is_known_and_nonsense_is_not(value: str) -> None:
    caller = telemetry.caller_of([(b"host", b"x"), (b"traceparent", CALLER.encode())])
    assert caller
    assert f"{caller.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert telemetry.caller_of([(b"traceparent", value.encode("latin-1"))]) is None
    assert telemetry.caller_of([(b"host", b"x")]) is None


def test_a_callers_tracestate_is_not_kept() -> None:
    caller = telemetry.caller_of([(b"traceparent", CALLER.encode()), (b"tracestate", b"vendor=" + b"x" * 256)])
    assert caller
    assert not caller.trace_state


def test_bookings_are_counted_and_tries_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader], shutdown_on_exit=False)
    for metric in metrics.DECLARED:
        monkeypatch.setattr(metric, "_instrument", None)
    metrics.use(provider.get_meter("hireloop"))
    with telemetry.booking_span(interview_id="i", slot_id="s") as span:
        telemetry.record_booking(span, "booked")
        telemetry.record_attempt((span,), channel="email", outcome="retry", reason="timed_out", seconds=2, waited=None)
        telemetry.record_attempt((span,), channel="email", outcome="sent", reason=None, seconds=1, waited=60)
    data = reader.get_metrics_data()
    assert data
    points = {
        (metric.name, tuple(sorted((point.attributes or {}).items()))): getattr(
            point, "value", getattr(point, "sum", 0)
        )
        for metric in data.resource_metrics[0].scope_metrics[0].metrics
        for point in metric.data.data_points
        if metric.name != "hireloop.portal.sockets"  # observed as soon as the portal was imported
    }
    email = ("channel", "email")
    assert points == {
        ("hireloop.bookings", (("outcome", "booked"),)): 1,
        ("hireloop.delivery.attempt.duration", (email,)): 3,
        ("hireloop.delivery.wait", (email,)): 60,
    }
    provider.shutdown()
