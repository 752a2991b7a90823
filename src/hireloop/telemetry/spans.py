"""What HireLoop tells an operator about a single case: every span is in this file, and nothing leaks here.

Callers say `record_…`; `docs/reference/telemetry.md` lists the vocabulary. Everything that leaves the process as a span
or a log line passes `redact` first: no session key, API key, password or query string, and a keyed hash in place of a
mail address, so that one can still be searched for.
"""

import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from hireloop.errors import HireLoopError
from hireloop.telemetry import metrics, redaction

# The stable names of HTTP attributes; the instrumentation reads this when it is imported.
os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")

SPAN_BOOK = "schedule.book"
SPAN_CHANGES: Mapping[str, str] = {  # and by which attribute each names what is changed
    "schedule.confirm": "hireloop.schedule.id",
    "schedule.reschedule": "hireloop.schedule.id",
    "schedule.cancel": "hireloop.schedule.id",
    "slot.release": "hireloop.slot.id",
    "slot.withdraw": "hireloop.slot.id",
    "session.reissue": "hireloop.session.id",
    "session.revoke": "hireloop.session.id",
    "candidate.change": "hireloop.candidate.id",
    "candidate.erase": "hireloop.candidate.id",
    "interview.cancel": "hireloop.interview.id",
}
SPAN_PUT = "delivery.put"
SPAN_ATTEMPT = "delivery.attempt"
SPAN_BOUNCE = "delivery.bounce"
SPAN_SEND: Mapping[str, str] = {"email": "smtp.send", "webhook": "webhook.post"}
SPAN_SEND_DEFAULT = "chat.post"

P = ParamSpec("P")
T = TypeVar("T")

_w3c = TraceContextTextMapPropagator()
_tracer = trace.get_tracer("hireloop")


@contextmanager
def booking_span(*, interview_id: object, slot_id: object) -> Iterator[Span]:
    """Open `schedule.book` (INTERNAL) around one booking."""
    with _tracer.start_as_current_span(
        SPAN_BOOK,
        attributes={"hireloop.interview.id": str(interview_id), "hireloop.slot.id": str(slot_id)},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def record_booking(span: Span, outcome: str) -> None:
    """Say on the span and the counter the outcome of a booking: `booked`, `again`, or a refusal's slug."""
    span.set_attribute("hireloop.outcome", outcome)
    metrics.BOOKINGS.add(1, {"outcome": outcome})


def of_change(
    name: str,
) -> Callable[[Callable[Concatenate[UUID, P], Awaitable[T]]], Callable[Concatenate[UUID, P], Coroutine[Any, Any, T]]]:
    """Open one of `SPAN_CHANGES` (INTERNAL) around each call of a verb: a change of what its first argument names.

    The span and the counter give its outcome: `done`, or a refusal's slug.
    """

    def decorated(
        change: Callable[Concatenate[UUID, P], Awaitable[T]],
    ) -> Callable[Concatenate[UUID, P], Coroutine[Any, Any, T]]:
        @wraps(change)
        async def recorded(ident: UUID, /, *args: P.args, **kwargs: P.kwargs) -> T:
            with _change_span(name, ident):
                return await change(ident, *args, **kwargs)

        return recorded

    return decorated


@contextmanager
def _change_span(name: str, ident: UUID) -> Iterator[None]:
    with _tracer.start_as_current_span(
        name,
        attributes={SPAN_CHANGES[name]: str(ident)},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        outcome = "failed"
        try:
            yield
            outcome = "done"
        except HireLoopError as refusal:
            outcome = refusal.slug()
            raise
        finally:
            span.set_attribute("hireloop.outcome", outcome)
            metrics.CHANGES.add(1, {"change": name, "outcome": outcome})


def record_put(*, delivery_id: object, kind: str, channel: str) -> str:
    """Record `delivery.put` (PRODUCER) and return its traceparent, to be stored in the delivery's row."""
    span = _tracer.start_span(
        SPAN_PUT,
        kind=SpanKind.PRODUCER,
        attributes={
            "messaging.system": "hireloop",
            "messaging.destination.name": channel,
            "hireloop.delivery.id": str(delivery_id),
            "hireloop.message.kind": kind,
        },
    )
    span.end()
    return traceparent(span.get_span_context())


@contextmanager
def attempt_span(
    *,
    stored_traceparent: str,
    previous: tuple[str, str] | None,
    delivery_id: object,
    number: int,
    channel: str,
    route: str = "primary",
) -> Iterator[Span]:
    """Open `delivery.attempt` (CONSUMER) under the booking's `delivery.put`, linked to the previous try.

    `previous` holds the previous try's trace id and span id in hex.
    """
    parent = _w3c.extract({"traceparent": stored_traceparent}) if stored_traceparent else Context()
    linked = [Link(_remote(*previous))] if previous else None
    with _tracer.start_as_current_span(
        SPAN_ATTEMPT,
        context=parent,
        kind=SpanKind.CONSUMER,
        links=linked,
        attributes={
            "messaging.system": "hireloop",
            "messaging.destination.name": channel,
            "hireloop.delivery.id": str(delivery_id),
            "hireloop.attempt.number": number,
            "hireloop.route": route,
        },
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


@contextmanager
def send_span(transport_name: str) -> Iterator[Span]:
    """Open `smtp.send` or `chat.post` (CLIENT) around one transport's `send`."""
    with _tracer.start_as_current_span(
        SPAN_SEND.get(transport_name, SPAN_SEND_DEFAULT),
        kind=SpanKind.CLIENT,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        yield span


def record_reply(span: Span, reply: Mapping[str, AttributeValue | None]) -> None:
    """Write what the other side replied on a CLIENT span; None values are left out, the rest is redacted."""
    span.set_attributes(
        {k: redaction.redact(v) if isinstance(v, str) else v for k, v in reply.items() if v is not None and v != ""}
    )


def record_attempt(
    spans: Sequence[Span], *, channel: str, outcome: str, reason: str | None, seconds: float, waited: float | None
) -> None:
    """Record the outcome of a try on its spans and metrics; any outcome but `sent` is an ERROR that says why.

    `seconds` is the try's length; `waited` the whole time since the booking, given once it is sent.
    """
    for span in spans:
        span.set_attribute("hireloop.outcome", outcome)
        if outcome != "sent":
            span.set_attribute("hireloop.reason", reason or outcome)
            span.set_status(Status(StatusCode.ERROR, reason or outcome))
    metrics.ATTEMPTS.add(1, {"channel": channel, "outcome": outcome, "reason": reason or ""})
    metrics.ATTEMPT_SECONDS.record(seconds, {"channel": channel})
    if waited is not None:
        metrics.WAIT_SECONDS.record(waited, {"channel": channel})


def record_bounce(
    *, stored_traceparent: str, delivery_id: object, result: str, reason: str | None, status: str | None
) -> None:
    """Record `delivery.bounce` under the booking's `delivery.put`: what a report said of a mail, hours later maybe.

    One that says `bounced` is an ERROR with its reason.
    """
    parent = _w3c.extract({"traceparent": stored_traceparent}) if stored_traceparent else Context()
    said = {"hireloop.delivery.id": str(delivery_id), "hireloop.outcome": result}
    said |= {"hireloop.reason": reason} if reason else {}
    said |= {"hireloop.enhanced_code": status} if status else {}
    span = _tracer.start_span(SPAN_BOUNCE, context=parent, kind=SpanKind.CONSUMER, attributes=said)
    if result == "bounced":
        span.set_status(Status(StatusCode.ERROR, reason or result))
    span.end()
    metrics.BOUNCES.add(1, {"outcome": result, "reason": reason or ""})


def record_ledger(*, counts: Mapping[str, int], unaccounted: int) -> None:
    """Say what the ledger proves: deliveries by state, and how many are unaccounted for."""
    for state, count in counts.items():
        metrics.DELIVERIES.set(count, {"state": state})
    metrics.UNACCOUNTED.set(unaccounted)
    metrics.LEDGER_AGE.note_read()


def begin_ledger() -> None:
    """Count the age of the ledger from now on, unless it is counted already: it is about to be read."""
    metrics.LEDGER_AGE.begin()


def ledger_age() -> float | None:
    """Return for how many seconds this process has not read the ledger; None if it does not read it."""
    return metrics.LEDGER_AGE.seconds


def link_caller(span: Span, headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Link a request's span to its caller's own trace, if the caller sent a `traceparent`."""
    for name, value in headers:
        if name == b"traceparent":
            caller = trace.get_current_span(_w3c.extract({"traceparent": value.decode("latin-1")}))
            if caller.get_span_context().is_valid and span.is_recording():
                span.add_link(caller.get_span_context())


def name_route(method: str, path_template: str) -> None:
    """Name the current SERVER span after its route, so that ids do not make a name each."""
    span = trace.get_current_span()
    span.update_name(f"{method} {path_template}")
    span.set_attribute("http.route", path_template)


def name_request(ident: str) -> None:
    """Say on the current SERVER span by which X-Request-ID its caller knows the request."""
    trace.get_current_span().set_attribute("hireloop.request.id", ident)


def current_trace_id() -> str:
    """Return the current trace's id in hex, empty outside a trace."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def span_ids(span: Span) -> tuple[str, str]:
    """Return a span's trace id and span id in hex."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def traceparent(context: SpanContext) -> str:
    """Return a span's context as W3C Trace Context writes it."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def trace_id_of(stored_traceparent: str) -> str:
    """Return the trace's id in a stored traceparent, empty where none is stored."""
    return stored_traceparent.partition("-")[2].partition("-")[0]  # version-trace-span-flags


def _remote(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
