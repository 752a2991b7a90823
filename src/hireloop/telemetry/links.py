"""Links between spans: to what a trace is about although it is not part of it. Each says in `hireloop.link` what it is.

The later traces of a booking, such as a move or a candidate's visit, link to the span that put its first message.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from hireloop.telemetry import current

MOST = 20  # bookings that one span links to: a slot may have a thousand

_w3c = TraceContextTextMapPropagator()


class LinkKind(StrEnum):
    """What a link leads to: the value of `hireloop.link`."""

    BOOKING = "booking"  # the booking that the span is about
    PREVIOUS_ATTEMPT = "previous_attempt"  # the attempt before this one
    CALLER = "caller"  # the span of the program that sent the request


def link(kind: LinkKind, context: SpanContext) -> Link:
    """Return a link that says what it leads to."""
    return Link(context, {"hireloop.link": kind.value})


def to_bookings(traceparents: Iterable[str], *, within: Span) -> Sequence[Link]:
    """Return links from a span to bookings, whose stored traceparents these are, at most `MOST`.

    Without those of the span's own trace, and without one that it has already.
    """
    here = within.get_span_context().trace_id
    known = {one.context.span_id for one in getattr(within, "links", ())}
    found: dict[int, SpanContext] = {}
    for stored in traceparents:
        if len(found) + len(known) >= MOST:
            break
        context = trace.get_current_span(_w3c.extract({"traceparent": stored})).get_span_context()
        if context.is_valid and context.trace_id != here and context.span_id not in known:
            found.setdefault(context.span_id, context)
    return [link(LinkKind.BOOKING, context) for context in found.values()]


def add_bookings(traceparents: Iterable[str]) -> None:
    """Link the current span, if there is one, to bookings, whose stored traceparents these are."""
    span = current.span()
    if span.is_recording():
        for one in to_bookings(traceparents, within=span):
            span.add_link(one.context, one.attributes)
