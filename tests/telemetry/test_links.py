"""Links say what they lead to, and never lead to what they are part of."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import INVALID_SPAN

from hireloop.telemetry import current, links
from hireloop.telemetry import spans as telemetry
from telemetry.exported_spans import exported_spans


def booking(nth: int) -> str:
    return f"00-{nth:032x}-{nth:016x}-01"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    with exported_spans(monkeypatch) as exporter:
        yield exporter


def test_a_link_to_a_booking_says_so(exported: InMemorySpanExporter) -> None:
    with telemetry.booking_span(interview_id="i", slot_id="s"):
        links.add_bookings([booking(7), "", "nonsense"])
        links.add_bookings([booking(7)])  # a transaction that is tried again
    (span,) = exported.get_finished_spans()
    assert [(one.context.trace_id, dict(one.attributes or {})) for one in span.links] == [
        (7, {"hireloop.link": "booking"})
    ]


def test_a_span_of_the_bookings_own_trace_has_no_link_to_it(exported: InMemorySpanExporter) -> None:
    with telemetry.booking_span(interview_id="i", slot_id="s"):
        put = telemetry.record_put(delivery_id="d", kind="invitation", channel="email")
        links.add_bookings([put])
    assert [list(span.links) for span in exported.get_finished_spans()] == [[], []]


def test_the_links_of_one_span_are_bounded(exported: InMemorySpanExporter) -> None:
    with telemetry.booking_span(interview_id="i", slot_id="s"):
        for first in (1, 500):
            links.add_bookings(booking(nth) for nth in range(first, first + 100))
    (span,) = exported.get_finished_spans()
    assert len(span.links) == links.MOST


def test_outside_a_span_nothing_is_linked() -> None:
    assert current.span() is INVALID_SPAN
    links.add_bookings([booking(7)])


def test_a_message_that_is_put_later_links_to_its_booking(exported: InMemorySpanExporter) -> None:
    telemetry.record_put(delivery_id="d", kind="reminder", channel="email", about=[booking(7)])
    (span,) = exported.get_finished_spans()
    assert span.parent is None
    assert [one.context.trace_id for one in span.links] == [7]
