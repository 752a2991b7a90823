from typing import Any

import msgspec
import pytest
from opentelemetry.trace import SpanKind, StatusCode

from hireloop.local.traces.otlp import ReceivedSpan, SpanEvent, SpanLink
from hireloop.local.traces.trace_tree import render_tree, what_is_missing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def span(
    name: str,
    kind: SpanKind,
    ident: str,
    parent: str,
    start_ms: float,
    length_ms: float,
    **more: Any,  # noqa: ANN401 (any field)
) -> ReceivedSpan:
    start = 1_795_000_000_000_000_000 + int(start_ms * 1e6)
    return ReceivedSpan(
        name=name,
        kind=kind,
        trace_id=TRACE,
        span_id=ident,
        parent_id=parent,
        start_ns=start,
        end_ns=start + int(length_ms * 1e6),
        **more,
    )


def a_booking_sent_at_the_second_try() -> list[ReceivedSpan]:
    """As they come: a child ends before its parent, a worker's spans later than the request's."""
    greylisted = {"status": StatusCode.ERROR, "status_text": "greylisted"}
    return [
        span("delivery.put", SpanKind.PRODUCER, "3", "2", 4, 0.1, attributes={"hireloop.message.kind": "invitation"}),
        span("schedule.book", SpanKind.INTERNAL, "2", "1", 2, 6.5, attributes={"hireloop.outcome": "booked"}),
        span("POST /api/book", SpanKind.SERVER, "1", "", 0, 10, attributes={"http.response.status_code": 201}),
        span("smtp.send", SpanKind.CLIENT, "5", "4", 21, 30, attributes={"smtp.code": 451}, **greylisted),
        span("delivery.attempt", SpanKind.CONSUMER, "4", "3", 20, 32, attributes={}, **greylisted),
        span(
            "delivery.attempt",
            SpanKind.CONSUMER,
            "6",
            "3",
            60_000,
            40,
            links=(SpanLink(trace_id=TRACE, span_id="4", attributes={}),),
        ),
        span(
            "smtp.send",
            SpanKind.CLIENT,
            "7",
            "6",
            60_001,
            38,
            attributes={
                "server.address": "mx.example",
                "smtp.code": 250,
                "smtp.reply": "2.0.0 Ok",
                "thread.id": 7,
            },
            events=(SpanEvent(name="tls", time_ns=1_795_000_060_006_000_000, attributes={"v": "1.3"}),),
        ),
    ]


def without(*idents: str) -> list[ReceivedSpan]:
    return [span for span in a_booking_sent_at_the_second_try() if span.span_id not in idents]


def changed(ident: str, **fields: Any) -> list[ReceivedSpan]:  # noqa: ANN401 (any field)
    return [
        msgspec.structs.replace(span, **fields) if span.span_id == ident else span
        for span in a_booking_sent_at_the_second_try()
    ]


def test_a_trace_reads_from_the_booking_to_the_reply() -> None:
    assert render_tree(a_booking_sent_at_the_second_try()) == (
        f"""\
trace {TRACE} · 7 spans · 60,040.0 ms
POST /api/book  SERVER  10.0 ms
│    http.response.status_code = 201
└─ schedule.book  INTERNAL  6.5 ms  +2.0 ms
   │    hireloop.outcome = booked
   └─ delivery.put  PRODUCER  0.1 ms  +4.0 ms
      │    hireloop.message.kind = invitation
      ├─ delivery.attempt  CONSUMER  32.0 ms  +20.0 ms  ERROR greylisted
      │  └─ smtp.send  CLIENT  30.0 ms  +21.0 ms  ERROR greylisted
      │          smtp.code = 451
      └─ delivery.attempt  CONSUMER  40.0 ms  +60,000.0 ms
         │    linked to delivery.attempt 4
         └─ smtp.send  CLIENT  38.0 ms  +60,001.0 ms
                 server.address = mx.example
                 smtp.code = 250
                 smtp.reply = 2.0.0 Ok
                 at +5.0 ms: tls (v = 1.3)"""
    )


def test_a_span_whose_parent_did_not_come_stands_apart_and_says_so() -> None:
    drawn = render_tree(without("2"))

    assert "\ndelivery.put  PRODUCER  0.1 ms  +4.0 ms  (its parent 2 is missing)\n" in drawn


def test_a_link_into_another_trace_names_that_trace() -> None:
    link = SpanLink(trace_id="a" * 32, span_id="b" * 16, attributes={})

    assert f"linked to trace {'a' * 32} {'b' * 16}" in render_tree(changed("1", links=(link,)))


def test_a_reply_cannot_steer_the_terminal_or_flood_it() -> None:
    drawn = render_tree(changed("7", attributes={"smtp.reply": "\x1b[2J\r\n" + "x" * 500}))

    assert "\x1b" not in drawn
    assert "smtp.reply = ·[2J··xxx" in drawn
    assert max(map(len, drawn.splitlines())) < 160


def test_an_empty_trace_is_said_to_be_empty() -> None:
    assert render_tree([]) == "No span of this trace has arrived."
    assert what_is_missing([])


def test_spans_that_are_each_others_parents_end_the_search_and_the_drawing() -> None:
    around = [
        span("smtp.send", SpanKind.CLIENT, "1", "2", 0, 1),
        span("delivery.attempt", SpanKind.CONSUMER, "2", "1", 0, 1),
    ]

    assert "2 spans" in render_tree(around)
    assert what_is_missing(around)


def test_a_trace_from_the_booking_to_an_accepted_mail_is_whole() -> None:
    assert what_is_missing(a_booking_sent_at_the_second_try()) == []


def test_a_span_in_between_does_not_break_the_chain() -> None:
    between = [*changed("2", parent_id="9"), span("POST", SpanKind.INTERNAL, "9", "1", 1, 8)]

    assert what_is_missing(between) == []


@pytest.mark.parametrize(
    ("spans", "sentence"),
    [
        (without("1"), "There are 0 roots instead of one."),
        (without("1"), "The parent of schedule.book is missing."),
        (without("2"), "The parent of delivery.put is missing."),
        (changed("2", parent_id=""), "There are 2 roots instead of one."),
        (without("5", "7"), "There is no smtp.send span."),
        (without("6", "7"), "Every smtp.send span failed, the last one with: greylisted."),
        (
            changed("6", kind=SpanKind.INTERNAL),
            "No smtp.send span leads back to the booking: above one there is no CONSUMER delivery.attempt.",
        ),
        (
            changed("3", name="outbox.put"),
            "No smtp.send span leads back to the booking: above one there is no PRODUCER delivery.put.",
        ),
        (
            changed("6", parent_id="2"),
            "No smtp.send span leads back to the booking: above one there is no PRODUCER delivery.put.",
        ),
        (
            changed("1", kind=SpanKind.INTERNAL),
            "No smtp.send span leads back to the booking: above one there is no SERVER.",
        ),
    ],
)
def test_what_a_trace_lacks_is_said_in_a_sentence(spans: list[ReceivedSpan], sentence: str) -> None:
    assert sentence in what_is_missing(spans)
