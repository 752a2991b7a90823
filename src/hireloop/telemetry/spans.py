"""What HireLoop tells an operator about a single case: every span is in this file, and nothing leaks here.

Callers say `record_…`; `docs/reference/telemetry.md` lists the vocabulary. Everything that leaves the process as a span
or a log line passes `redact` first: no session key, API key, password or query string, and a keyed hash in place of a
mail address, so that one can still be searched for.
"""

import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NoOpTracer,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

from hireloop.errors import HireLoopError
from hireloop.telemetry import current, links, metrics, redaction
from hireloop.telemetry.links import LinkKind, link

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
SPAN_REPLAY = "delivery.replay"
SPAN_ATTEMPT = "delivery.attempt"
SPAN_BOUNCE = "delivery.bounce"
SPAN_SEND: Mapping[str, str] = {"email": "smtp.send", "webhook": "webhook.post"}
SPAN_SEND_DEFAULT = "chat.post"

# The version of OpenTelemetry's semantic conventions that spans and metrics follow.
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"

UNKNOWN_ROUTE = "unknown"  # of a path that there is not, in metrics
_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"})
_SERVER_ERROR = 500
_LONGEST_PATH, _LONGEST_VERSION = 256, 8  # characters
_LONGEST_TRACEPARENT = 512  # bytes; about a longer one OpenTelemetry writes a warning for each request

P = ParamSpec("P")
T = TypeVar("T")

_w3c = TraceContextTextMapPropagator()
_tracer: Tracer = NoOpTracer()


def use(tracer: Tracer) -> None:
    """Make every span with this process's tracer, from now on; until then there are none."""
    global _tracer  # noqa: PLW0603 (one process has one installation)
    _tracer = tracer


@contextmanager
def _opened(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Context | None = None,
    links: Sequence[Link] | None = None,
    attributes: Mapping[str, AttributeValue] | None = None,
) -> Iterator[Span]:
    """Open a span under `parent`, or else under the current span of HireLoop, and make it the current one.

    An error that passes is not written on it: its text may quote a row, a reply or an address.
    """
    span = _tracer.start_span(
        name,
        context=current.context() if parent is None else parent,
        kind=kind,
        links=links,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    )
    try:
        with current.during(span):
            yield span
    finally:
        span.end()


@contextmanager
def booking_span(*, interview_id: object, slot_id: object) -> Iterator[Span]:
    """Open `schedule.book` (INTERNAL) around one booking."""
    about = {"hireloop.interview.id": str(interview_id), "hireloop.slot.id": str(slot_id)}
    with _opened(SPAN_BOOK, attributes=about) as span:
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
    with _opened(name, attributes={SPAN_CHANGES[name]: str(ident)}) as span:
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


def record_put(*, delivery_id: object, kind: str, channel: str, about: Sequence[str] = ()) -> str:
    """Record `delivery.put` (PRODUCER) and return its traceparent, to be stored in the delivery's row.

    `about` holds the stored traceparents of the bookings that it is linked to, if it is not part of their trace.
    """
    span = _tracer.start_span(
        SPAN_PUT,
        context=current.context(),
        kind=SpanKind.PRODUCER,
        links=links.to_bookings(about, within=current.span()),
        attributes={
            **_messaging("send", "put", channel, delivery_id),
            "hireloop.delivery.id": str(delivery_id),
            "hireloop.message.kind": kind,
        },
    )
    span.end()
    return traceparent(span.get_span_context())


def _messaging(kind: str, name: str, channel: str, delivery_id: object) -> dict[str, AttributeValue]:
    """Return what the semantic conventions for messaging (`SCHEMA_URL`) say of an operation on one message."""
    return {
        "messaging.system": "hireloop",
        "messaging.operation.type": kind,
        "messaging.operation.name": name,
        "messaging.destination.name": channel,
        "messaging.message.id": str(delivery_id),
    }


def of_replay(replay: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Open `delivery.replay` (INTERNAL) around each call of a verb that replays deliveries."""

    @wraps(replay)
    async def recorded(*args: P.args, **kwargs: P.kwargs) -> T:
        with _opened(SPAN_REPLAY):
            return await replay(*args, **kwargs)

    return recorded


def record_replay(traceparents: Sequence[str]) -> None:
    """Say on the current span how many deliveries are replayed, and link it to their bookings, whose these are."""
    current.span().set_attribute("hireloop.replayed", len(traceparents))
    links.add_bookings(traceparents)


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
    linked = [link(LinkKind.PREVIOUS_ATTEMPT, _remote(*previous))] if previous else None
    with _opened(
        SPAN_ATTEMPT,
        parent=parent,
        kind=SpanKind.CONSUMER,
        links=linked,
        attributes={
            **_messaging("process", "attempt", channel, delivery_id),
            "hireloop.delivery.id": str(delivery_id),
            "hireloop.attempt.number": number,
            "hireloop.route": route,
        },
    ) as span:
        yield span


@contextmanager
def send_span(transport_name: str) -> Iterator[Span]:
    """Open `smtp.send` or `chat.post` (CLIENT) around one transport's `send`."""
    with _opened(SPAN_SEND.get(transport_name, SPAN_SEND_DEFAULT), kind=SpanKind.CLIENT) as span:
        yield span


def record_reply(span: Span, reply: Mapping[str, AttributeValue | None]) -> None:
    """Write what the other side replied on a CLIENT span; None values are left out, the rest is redacted."""
    span.set_attributes(
        {k: redaction.redact(v) if isinstance(v, str) else v for k, v in reply.items() if v is not None and v != ""}
    )


def record_attempt(
    spans: Sequence[Span], *, channel: str, outcome: str, reason: str | None, seconds: float, waited: float | None
) -> None:
    """Record the outcome of a try on its spans, and how long it took; any outcome but `sent` is an ERROR that says why.

    `seconds` is the try's length; `waited` the whole time since the booking, given once it is sent. The try itself is
    counted once it is settled (`events.record_try`).
    """
    for span in spans:
        span.set_attribute("hireloop.outcome", outcome)
        if outcome != "sent":
            span.set_attribute("hireloop.reason", reason or outcome)
            span.set_attribute("error.type", reason or outcome)
            span.set_status(Status(StatusCode.ERROR, reason or outcome))
    metrics.ATTEMPT_SECONDS.record(seconds, {"channel": channel})
    if waited is not None:
        metrics.WAIT_SECONDS.record(waited, {"channel": channel})


def record_bounce(
    *, stored_traceparent: str, delivery_id: object, channel: str, result: str, reason: str | None, status: str | None
) -> None:
    """Record `delivery.bounce` under the booking's `delivery.put`: what a report said of a mail, hours later maybe.

    One that says `bounced` is an ERROR with its reason.
    """
    parent = _w3c.extract({"traceparent": stored_traceparent}) if stored_traceparent else Context()
    said = _messaging("process", "bounce", channel, delivery_id)
    said |= {"hireloop.delivery.id": str(delivery_id), "hireloop.outcome": result}
    said |= {"hireloop.reason": reason} if reason else {}
    said |= {"hireloop.enhanced_code": status} if status else {}
    span = _tracer.start_span(SPAN_BOUNCE, context=parent, kind=SpanKind.CONSUMER, attributes=said)
    if result == "bounced":
        span.set_attribute("error.type", reason or result)
        span.set_status(Status(StatusCode.ERROR, reason or result))
    span.end()
    metrics.BOUNCES.add(1, {"outcome": result, "reason": reason or ""})


class RecordedRequest:
    """What is recorded of one request while it is handled; everything that its caller chose is bounded."""

    def __init__(self, method: str, scheme: str) -> None:
        self.method = method if method in _METHODS else "_OTHER"
        self.scheme = scheme if scheme in {"http", "https"} else "_OTHER"
        self.route = ""  # the template of its path, once it is known
        self.status = 0  # of the response, once it has begun
        self._began = time.monotonic()

    @property
    def name(self) -> str:
        """The name of its span: ids do not make a name each."""
        return f"{self.method if self.method != '_OTHER' else 'HTTP'} {self.route}".rstrip()

    @property
    def _labels(self) -> dict[str, str | int]:
        return {"http.request.method": self.method, "url.scheme": self.scheme}

    def begin(self) -> None:
        """Count it as under way."""
        metrics.ACTIVE_REQUESTS.add(1, self._labels)

    def end(self, span: Span, failure: BaseException | None) -> None:
        """Say on the span and the metrics what it came to; a status of 500 or above is an ERROR."""
        said: dict[str, str | int] = {"http.response.status_code": self.status} if self.status else {}
        if failure is not None or self.status >= _SERVER_ERROR:
            said["error.type"] = type(failure).__name__ if failure is not None else str(self.status)
            span.set_status(Status(StatusCode.ERROR))
        if self.route:
            span.update_name(self.name)
            span.set_attribute("http.route", self.route)
        span.set_attributes(said)
        metrics.ACTIVE_REQUESTS.add(-1, self._labels)
        said |= {**self._labels, "http.route": self.route or UNKNOWN_ROUTE}
        metrics.REQUEST_SECONDS.record(time.monotonic() - self._began, said)


@contextmanager
def request_span(
    request: RecordedRequest, *, path: str, version: str, caller: SpanContext | None, joins: bool
) -> Iterator[Span]:
    """Open the SERVER span of a request, linked to its caller's span, or below it if it `joins` the caller's trace."""
    parent = trace.set_span_in_context(trace.NonRecordingSpan(caller), Context()) if caller and joins else Context()
    said = {
        "http.request.method": request.method,
        "url.scheme": request.scheme,
        "url.path": redaction.printable(path, _LONGEST_PATH),
        "network.protocol.version": redaction.printable(version, _LONGEST_VERSION),
    }
    linked = [link(LinkKind.CALLER, caller)] if caller else None
    with _opened(request.name, kind=SpanKind.SERVER, parent=parent, links=linked, attributes=said) as span:
        yield span


def caller_of(headers: Iterable[tuple[bytes, bytes]]) -> SpanContext | None:
    """Return the caller's span if it sent a valid `traceparent`; its `tracestate` is not kept."""
    for name, value in headers:
        if name == b"traceparent" and len(value) <= _LONGEST_TRACEPARENT:
            found = trace.get_current_span(_w3c.extract({"traceparent": value.decode("latin-1")})).get_span_context()
            return found if found.is_valid else None
    return None


def name_request(ident: str) -> None:
    """Say on the current SERVER span by which X-Request-ID its caller knows the request."""
    current.span().set_attribute("hireloop.request.id", redaction.redact(ident))


def current_trace_id() -> str:
    """Return the current trace's id in hex, empty outside a trace."""
    context = current.span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else ""


def span_ids(span: Span) -> tuple[str, str]:
    """Return a span's trace id and span id in hex."""
    context = span.get_span_context()
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def traceparent(context: SpanContext) -> str:
    """Return a span's context as W3C Trace Context writes it, empty if nothing is recorded."""
    if not context.is_valid:
        return ""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def trace_id_of(stored_traceparent: str) -> str:
    """Return the trace's id in a stored traceparent, empty where none is stored."""
    return stored_traceparent.partition("-")[2].partition("-")[0]  # version-trace-span-flags


def ids_of(stored_traceparent: str) -> tuple[str, str]:
    """Return the trace id and the span id in a stored traceparent, both empty where none is stored."""
    _, trace_id, span_id, *_ = [*stored_traceparent.split("-"), "", "", ""]
    return trace_id, span_id


def said_of(stored_traceparent: str) -> dict[str, str]:
    """Return `trace_id` and `span_id` of a stored traceparent for a line of the log; nothing where none is stored."""
    trace_id, span_id = ids_of(stored_traceparent)
    return {"trace_id": trace_id, "span_id": span_id} if trace_id else {}


def _remote(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(1))
