"""One try: render, send, and turn the result into what will be written. Runs in a thread, touches no database."""

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec
from opentelemetry.trace import Span

from hireloop.notify import messages, threads
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import provider_choice, retry
from hireloop.notify.deliveries.leases import SAID_HERE, Lease, Settlement
from hireloop.notify.ends import End, EndKind
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent, Transport
from hireloop.telemetry import current, redaction
from hireloop.telemetry import spans as telemetry
from hireloop.telemetry.logs import log


class MessageRenderer(Protocol):
    """Turns a message into a parcel."""

    def render(
        self,
        message: messages.Message,
        *,
        recipient: str,
        message_id: str,
        traceparent: str,
        invitation_state: str | None,
        references: tuple[str, ...],
        by_fallback: bool,
    ) -> Parcel:
        """Return the parcel for one recipient, which the channel's fallback provider sends if so said."""
        ...


class AttemptResult(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a try, and the ids of its span."""

    outcome: Outcome | None  # None: nothing was sent, as the lease had run out
    trace_id: str
    span_id: str


def attempt(
    lease: Lease,
    *,
    transport: Transport,
    transport_name: str,
    renderer: MessageRenderer,
    still_ours: Callable[[], bool],
) -> AttemptResult:
    """Render and send once under the booking's trace, and return the outcome; never raises.

    `still_ours` is asked right before the send: a worker that was away for longer than its lease sends nothing.
    """
    began = time.monotonic()
    previous = (lease.previous_trace_id, lease.previous_span_id)
    with telemetry.attempt_span(
        stored_traceparent=lease.traceparent,
        previous=(previous[0], previous[1]) if previous[0] and previous[1] else None,
        delivery_id=lease.id,
        number=lease.number,
        channel=lease.channel,
        route=lease.route.value,
    ) as span:
        trace_id, span_id = telemetry.span_ids(span)
        with telemetry.send_span(transport_name) as send_span:
            outcome = _unless_the_other_is_to_try(lease, _send(lease, transport, renderer, still_ours, send_span))
            _record(lease, outcome, (span, send_span), time.monotonic() - began)
    return AttemptResult(outcome=outcome, trace_id=trace_id, span_id=span_id)


def _send(
    lease: Lease, transport: Transport, renderer: MessageRenderer, still_ours: Callable[[], bool], span: Span
) -> Outcome | None:
    try:
        message = messages.decode(lease.kind, lease.payload)
    except msgspec.MsgspecError:
        return Retry(reason=Reason.UNKNOWN_PAYLOAD, evidence=Evidence(phase=Phase.CONFIGURE))
    try:
        context = telemetry.traceparent(span.get_span_context())
        parcel = renderer.render(
            message,
            recipient=lease.recipient,
            message_id=lease.message_id,
            traceparent=context,
            invitation_state=lease.invitation_state,
            references=threads.references(lease.message_id, lease.first_mail),
            by_fallback=lease.route is Route.FALLBACK,
        )
    except Exception:  # noqa: BLE001 (one bad template must not stop the others)
        log.exception("delivery.render_failed", delivery=str(lease.id), kind=lease.kind)
        return Retry(reason=Reason.RENDER_FAILED, evidence=Evidence(phase=Phase.CONFIGURE))
    if not still_ours():
        return None
    try:
        with current.unrecorded():
            return _checked(transport.send(parcel))
    except (Exception, SystemExit):  # noqa: BLE001 (a transport's own fault; whether the message left is unknown)
        log.exception("delivery.transport_crashed", delivery=str(lease.id), channel=lease.channel)
        evidence = Evidence(phase=Phase.DATA)
        return Retry(reason=Reason.TRANSPORT_CRASHED, evidence=evidence, maybe_accepted=True)


def _unless_the_other_is_to_try(lease: Lease, outcome: Outcome | None) -> Outcome | None:
    """Return a refusal to which the other provider may differ as a `Retry`, unless that has refused the message, too.

    That it could not be reached, is held, or refused us says nothing of the message.
    """
    match outcome:
        case Rejected() if lease.other_may_accept and provider_choice.leaves_provider(outcome, was_unreached=False):
            return Retry(reason=outcome.reason, evidence=outcome.evidence)
        case _:
            return outcome


def _changes_provider(lease: Lease, outcome: Outcome | None) -> bool:
    return lease.may_change_provider and provider_choice.leaves_provider(outcome, was_unreached=lease.was_unreached)


def _checked(outcome: object) -> Outcome:
    """Return a transport's outcome; raises TypeError or msgspec.ValidationError for what is none, as of a plugin."""
    if not isinstance(outcome, Sent | Retry | Rejected | Held):
        raise TypeError(type(outcome).__name__)
    checked: Outcome = msgspec.convert(msgspec.to_builtins(outcome), Outcome)
    return checked


def _record(lease: Lease, outcome: Outcome | None, spans: tuple[Span, Span], seconds: float) -> None:
    if outcome is not None:
        evidence = outcome.evidence
        telemetry.record_reply(
            spans[1],
            {
                "server.address": evidence.host,
                "server.port": evidence.port,
                "tls.protocol.version": evidence.tls_version,
                "hireloop.phase": evidence.phase.value,
                "hireloop.code": evidence.code,
                "hireloop.enhanced_code": evidence.enhanced_code,
                "hireloop.reply": evidence.reply,
                "hireloop.recipient_hash": redaction.address_hash(lease.recipient),
            },
        )
    waited = None
    if isinstance(outcome, Sent):
        waited = max(0.0, (datetime.now(UTC) - lease.first_due_at).total_seconds())
    telemetry.record_attempt(
        spans,
        channel=lease.channel,
        outcome=_ENDS[type(outcome)][0].value,
        reason=_reason(outcome),
        seconds=seconds,
        waited=waited,
    )


def settlement(lease: Lease, result: AttemptResult, *, elapsed: timedelta) -> Settlement:
    """Return what to write: how the attempt ended, and what becomes of the delivery.

    `elapsed` is the time since the lease, so that the next try is planned by the database's clock. A delivery that
    leaves its provider is due at once, and goes by the other one (`provider_choice`).
    """
    came, due_at = result.outcome, None
    now = lease.leased_at + elapsed
    if isinstance(came, Retry) and _changes_provider(lease, came):
        due_at = now
    elif isinstance(came, Retry):
        due_at = retry.next_due(
            tries=lease.tries + 1,
            now=now,
            deadline_at=lease.deadline_at,
            at_risk_at=lease.at_risk_at,
            after_seconds=came.after_seconds,
            jitter=random.random,
        )
    outcome, state = _ENDS[type(came)]
    return Settlement(
        delivery_id=lease.id,
        number=lease.number,
        token=lease.token,
        outcome=outcome,
        state=state,
        evidence=came.evidence if came is not None else None,
        reason=_reason(came),
        maybe_accepted=isinstance(came, Retry) and came.maybe_accepted,
        due_at=due_at,
        trace_id=result.trace_id,
        span_id=result.span_id,
    )


def ends_of(settled: Iterable[Settlement], under_way: Mapping[UUID, Lease], ours: Collection[UUID]) -> list[End]:
    """Return how these tries ended; `under_way` is by token, and `ours` are the deliveries whose lease was still ours.

    Without what was sent or released under a lease that was not: `leases.settle` says that itself.
    """
    return [
        _end(under_way[one.token], one, is_ours=one.delivery_id in ours)
        for one in settled
        if one.token in under_way and (one.delivery_id in ours or one.outcome not in SAID_HERE)
    ]


def _end(lease: Lease, settled: Settlement, *, is_ours: bool) -> End:
    evidence = settled.evidence
    return End(
        delivery=lease.id,
        end=EndKind(settled.outcome.value),
        kind=lease.kind,
        channel=lease.channel,
        required=lease.required,
        route=lease.route.value,
        attempt=lease.number,
        phase=evidence.phase.value if evidence else None,
        code=evidence.code if evidence else None,
        enhanced_code=evidence.enhanced_code if evidence else None,
        reason=settled.reason,
        trace_id=settled.trace_id,
        span_id=settled.span_id,
        late=not is_ours,
        ends_delivery=is_ours,
    )


def _reason(outcome: Outcome | None) -> str | None:
    return None if outcome is None or isinstance(outcome, Sent) else outcome.reason


# The outcome of a try -> how the attempt has ended, and the state of its delivery.
_ENDS: Mapping[type[Outcome | None], tuple[AttemptOutcome, DeliveryState]] = {
    Sent: (AttemptOutcome.SENT, DeliveryState.SENT),
    Rejected: (AttemptOutcome.REJECTED, DeliveryState.REJECTED),
    Retry: (AttemptOutcome.RETRY, DeliveryState.PENDING),
    Held: (AttemptOutcome.HELD, DeliveryState.PENDING),
    type(None): (AttemptOutcome.RELEASED, DeliveryState.PENDING),
}
