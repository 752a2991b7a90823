"""The schedule as every endpoint returns it: the booking, its session with the link, and its invitation."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop import session_keys
from hireloop.access import roles
from hireloop.examples import (
    ClosesAt,
    EndsAt,
    InterviewId,
    OpensAt,
    PortalUrl,
    RecordedAt,
    ScheduleId,
    SessionId,
    SessionKey,
    SlotId,
    StartsAt,
    Time,
    TraceId,
)
from hireloop.notify.deliveries import alerts, deliveries
from hireloop.notify.deliveries.deliveries import DeliveryView, InvitationState
from hireloop.notify.reasons import sentence_of
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.sessions.sessions import SessionState, state_of
from hireloop.scheduling.tables import ScheduleState
from hireloop.telemetry import variables
from hireloop.web.context import AnyRequest, Context, context_of
from hireloop.web.delivery_response import DeliverySummary, summary, summary_of_put

_NEAR = timedelta(minutes=60)
_UNUSED = (
    "The interview is soon, and the candidate has neither checked their devices nor entered. They may not have seen "
    "the invitation."
)


class SessionResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate's access.

    `session_key` and `portal_url` are null for keys that may only read, and once the candidate has been erased.
    """

    id: SessionId
    session_key: SessionKey | None
    portal_url: PortalUrl | None
    opens_at: OpensAt
    closes_at: ClosesAt
    state: Annotated[SessionState, Meta(examples=["scheduled"])]


class InvitationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the current revision's invitation, and warnings about this installation."""

    state: Annotated[InvitationState, Meta(examples=["pending"])]
    warnings: Annotated[list[str], Meta(examples=[[]])]
    deliveries: list[DeliverySummary]


class MoveResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The old and the new slot of a booking that was moved."""

    from_slot: Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000009"])]
    from_starts_at: Annotated[Time, Meta(examples=["2026-11-30T10:00:00+05:30"])]
    to_slot: SlotId
    to_starts_at: StartsAt


class ChangeResponse(msgspec.Struct, frozen=True, kw_only=True):
    """One change to a booking. `revision` is that of the booking after the change."""

    at: RecordedAt
    change: Annotated[BookingChange, Meta(examples=["rescheduled"])]
    by: Annotated[str, Meta(examples=["the hiring page"])]
    revision: Annotated[int, Meta(examples=[2])]
    reason: Annotated[str, Meta(examples=["The room is taken."])]
    moved: MoveResponse | None


class ScheduleResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A booking: one interview in one slot."""

    id: ScheduleId
    interview: InterviewId
    slot: SlotId
    state: Annotated[ScheduleState, Meta(examples=["pending"])]
    revision: Annotated[int, Meta(examples=[2])]
    booking_notes: Annotated[str, Meta(examples=["Bring an idea."])]
    starts_at: StartsAt
    ends_at: EndsAt
    booked_at: RecordedAt
    session: SessionResponse
    invitation: InvitationResponse
    changes: list[ChangeResponse]
    trace_id: TraceId
    trace_url: Annotated[str | None, Meta(examples=["http://localhost:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736"])]


def response_to_booking(request: AnyRequest, booked: BookingResult) -> ScheduleResponse:
    """Return a booking that was just made, without reading anything again."""
    context = context_of(request)
    put = [summary_of_put(context, delivery) for delivery in booked.deliveries]
    is_put = any(delivery.required for delivery in booked.deliveries)  # a chat copy tells the candidate nothing
    invitation = InvitationResponse(
        state=InvitationState.PENDING if is_put else InvitationState.NONE,
        warnings=_warnings(context, booked.booking),
        deliveries=put,
    )
    return _response(request, context, booked.booking, invitation)


async def responses_of(request: AnyRequest, bookings: Sequence[Booking]) -> list[ScheduleResponse]:
    """Return stored bookings with the state of their invitations, in one more query for all of them."""
    context = context_of(request)
    by_schedule: dict[UUID, list[DeliveryView]] = {booking.id: [] for booking in bookings}
    for delivery in await deliveries.of_schedules(list(by_schedule), context.channels):
        if delivery.schedule is not None:
            by_schedule[delivery.schedule].append(delivery)
    return [
        _response(request, context, booking, _invitation(context, booking, by_schedule[booking.id]))
        for booking in bookings
    ]


async def response_of(request: AnyRequest, schedule_id: UUID) -> ScheduleResponse:
    """Return the current state of a stored booking; raises NotFound."""
    return (await responses_of(request, [await bookings.find(schedule_id)]))[0]


def _invitation(context: Context, booking: Booking, found: list[DeliveryView]) -> InvitationResponse:
    revisions = {booking.revision, deliveries.revision_told(found, booking.revision)}
    current = [delivery for delivery in found if delivery.revision in revisions]
    held = {sentence_of(delivery.held_reason) for delivery in current if delivery.held_reason}
    state = deliveries.invitation_state(found, revision=booking.revision, now=booking.now)
    said = _warnings(context, booking)
    return InvitationResponse(
        state=state,
        warnings=[*said, *sorted(held - set(said)), *([_UNUSED] if _is_unused(booking, state) else [])],
        deliveries=[summary(context, delivery) for delivery in current],
    )


def _warnings(context: Context, booking: Booking) -> list[str]:
    """Return the warnings about this installation that concern this booking."""
    unheard = alerts.warning_of_booking(
        context.outbox, alert_email=context.settings.alert_email, recruiter_email=booking.recruiter_email
    )
    return [*context.warnings, *([unheard] if unheard else [])]


def _is_unused(booking: Booking, state: InvitationState) -> bool:
    """Return whether the interview is soon, its invitation was accepted, and nothing shows that anyone has read it.

    Opening a link leaves no trace, since mail scanners open links too: a device check and the entry do.
    """
    session = booking.session
    return (
        state is InvitationState.SENT
        and booking.state is not ScheduleState.CANCELLED
        and booking.starts_at - _NEAR <= booking.now <= session.closes_at
        and not session.checked
        and session.entered_at is None
        and session.revoked_at is None
    )


def _change(context: Context, past: HistoryEntry) -> ChangeResponse:
    return ChangeResponse(
        at=context.local(past.at),
        change=past.change,
        by=past.by,
        revision=past.revision,
        reason=past.reason,
        moved=None if past.moved is None else MoveResponse(**msgspec.structs.asdict(context.localized(past.moved))),
    )


def _response(
    request: AnyRequest, context: Context, booking: Booking, invitation: InvitationResponse
) -> ScheduleResponse:
    session = booking.session
    key = context.session_key(session) if roles.sees_links(request) and not booking.is_erased else None
    ui = variables.trace_ui(context.settings)
    return ScheduleResponse(
        id=booking.id,
        interview=booking.interview,
        slot=booking.slot,
        state=booking.state,
        revision=booking.revision,
        booking_notes=booking.booking_notes,
        starts_at=context.local(booking.starts_at),
        ends_at=context.local(booking.ends_at),
        booked_at=context.local(booking.booked_at),
        session=SessionResponse(
            id=session.id,
            session_key=key,
            portal_url=session_keys.portal_url(context.settings.base_url, key) if key else None,
            opens_at=context.local(session.opens_at),
            closes_at=context.local(session.closes_at),
            state=state_of(
                now=booking.now,
                closes_at=session.closes_at,
                entered_at=session.entered_at,
                left_at=session.left_at,
                revoked_at=session.revoked_at,
            ),
        ),
        invitation=invitation,
        changes=[_change(context, past) for past in booking.changes],
        trace_id=booking.trace_id,
        trace_url=f"{ui}/trace/{booking.trace_id}" if ui and booking.trace_id else None,
    )
