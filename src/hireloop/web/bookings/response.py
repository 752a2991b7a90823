"""The schedule as every endpoint returns it: the booking, its session with the link, and its people."""

from collections.abc import Callable, Sequence
from datetime import datetime
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
from hireloop.notify import parties
from hireloop.notify.deliveries import alerts, deliveries
from hireloop.notify.deliveries.deliveries import DeliveryView, InvitationState
from hireloop.notify.messages import Party, party_of
from hireloop.notify.reasons import sentence_of
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.bookings.bookings import Booking, SessionOfSchedule
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.sessions.sessions import SessionState, late_request_at
from hireloop.scheduling.tables import ScheduleState
from hireloop.telemetry import variables
from hireloop.web.bookings import headline, people
from hireloop.web.bookings.deliveries import DeliverySummary, summary, summary_of_put
from hireloop.web.bookings.headline import Headline, HeadlineCode
from hireloop.web.bookings.people import PersonResponse, ToldPeople
from hireloop.web.context import AnyRequest, ResponseContext, context_of

KeyMint = Callable[[SessionOfSchedule], str] | None  # None where nobody may see a link


class DeviceCheckDetails(msgspec.Struct, frozen=True, kw_only=True):
    """What the candidate's browser last said of its camera and microphone, and when: `ok`, or what failed."""

    camera: Annotated[str, Meta(examples=["ok"])]
    microphone: Annotated[str, Meta(examples=["ok"])]
    checked_at: StartsAt


class LateRequestDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The request for another time by a candidate who came too late."""

    asked_at: Annotated[Time, Meta(examples=["2026-12-01T10:12:00+05:30"])]


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
    device_check: Annotated[DeviceCheckDetails | None, Meta(examples=[None])]
    late_request: Annotated[LateRequestDetails | None, Meta(examples=[None])]


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


class HeadlineResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about a booking, in words, and since when it is one."""

    code: Annotated[HeadlineCode, Meta(examples=["confirmed"])]
    at: RecordedAt
    text: Annotated[str, Meta(examples=["Confirmed"])]


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
    headline: Annotated[HeadlineResponse, Meta(description="What happened last.")]
    attention: Annotated[list[HeadlineResponse], Meta(description="What needs attention, most urgent first.")]
    session: SessionResponse
    invitation: InvitationResponse
    people: list[PersonResponse]
    changes: list[ChangeResponse]
    trace_id: TraceId
    trace_url: Annotated[str | None, Meta(examples=["http://localhost:16686/trace/4bf92f3577b34da6a3ce929d0e0e4736"])]


def response_to_booking(request: AnyRequest, booked: BookingResult) -> ScheduleResponse:
    """Return a booking that was just made, without reading anything again."""
    context = context_of(request)
    put = [summary_of_put(context, delivery) for delivery in booked.deliveries]
    to = {party: [one for one in put if one.party is party] for party in (*Party, None)}
    is_put = any(delivery.required and party_of(delivery.kind) is Party.CANDIDATE for delivery in booked.deliveries)
    invitation = InvitationResponse(
        state=InvitationState.PENDING if is_put else InvitationState.NONE,  # a chat copy tells the candidate nothing
        warnings=_warnings(context, booked.booking),
        deliveries=[*to[Party.CANDIDATE], *to[None]],
    )
    shown = [people.candidate(booked.booking, invitation.state, to[Party.CANDIDATE])]
    if booked.booking.interviewer_email is not None:
        state = InvitationState.PENDING if to[Party.INTERVIEWER] else InvitationState.NONE
        address = booked.booking.interviewer_email
        shown.append(people.interviewer(booked.booking, address, state, to[Party.INTERVIEWER]))
    notices = people.just_put(booked.booking, invitation.state)
    return _response(context, booked.booking, invitation, ToldPeople(shown, notices), _key_mint(request))


async def responses_of(request: AnyRequest, bookings: Sequence[Booking]) -> list[ScheduleResponse]:
    """Return stored bookings with where it stands what people are told of them, in two more queries for all of them."""
    return await responses_with(context_of(request), bookings, _key_mint(request))


async def responses_with(
    context: ResponseContext, bookings: Sequence[Booking], key_mint: KeyMint
) -> list[ScheduleResponse]:
    """Return the same where no request asks for it."""
    by_schedule: dict[UUID, list[DeliveryView]] = {booking.id: [] for booking in bookings}
    for delivery in await deliveries.of_schedules(list(by_schedule), context.channels):
        if delivery.schedule is not None:
            by_schedule[delivery.schedule].append(delivery)
    by_slot: dict[UUID, list[DeliveryView]] = {booking.slot: [] for booking in bookings}
    for delivery in await parties.latest_of_slots(list(by_slot), context.channels):
        if delivery.slot is not None:
            by_slot[delivery.slot].append(delivery)
    responses = []
    for booking in bookings:
        found = by_schedule[booking.id]
        told = people.people_of(context, booking, found, by_slot[booking.slot])
        responses.append(_response(context, booking, _invitation(context, booking, found, told), told, key_mint))
    return responses


async def response_of(request: AnyRequest, schedule_id: UUID) -> ScheduleResponse:
    """Return the current state of a stored booking; raises NotFound."""
    return (await responses_of(request, [await bookings.find(schedule_id)]))[0]


def _key_mint(request: AnyRequest) -> KeyMint:
    return context_of(request).session_key if roles.sees_links(request) else None


def device_check_of(context: ResponseContext, check: dict[str, str] | None) -> DeviceCheckDetails | None:
    """Return a stored device check as responses show it."""
    return None if check is None else context.localized(msgspec.convert(check, DeviceCheckDetails))


def late_request_of(context: ResponseContext, asked_at: datetime | None) -> LateRequestDetails | None:
    """Return the current request for another time as responses show it."""
    return None if asked_at is None else LateRequestDetails(asked_at=context.local(asked_at))


def _invitation(
    context: ResponseContext, booking: Booking, found: list[DeliveryView], told: ToldPeople
) -> InvitationResponse:
    revisions = {booking.revision, deliveries.revision_told(found, booking.revision)}
    current = [delivery for delivery in found if delivery.revision in revisions]
    held = {sentence_of(delivery.held_reason) for delivery in current if delivery.held_reason}
    is_unseen = any(one.code is HeadlineCode.MAYBE_UNSEEN for one in headline.attention_of(booking, told.notices))
    said = _warnings(context, booking)
    return InvitationResponse(
        state=deliveries.invitation_state(found, revision=booking.revision, now=booking.now),
        warnings=[*said, *sorted(held - set(said)), *([headline.UNSEEN] if is_unseen else [])],
        deliveries=[summary(context, delivery) for delivery in current],
    )


def _warnings(context: ResponseContext, booking: Booking) -> list[str]:
    """Return the warnings about this installation that concern this booking."""
    unheard = alerts.warning_of_booking(
        context.outbox, alert_email=context.settings.alert_email, recruiter_email=booking.recruiter_email
    )
    return [*context.warnings, *([unheard] if unheard else [])]


def _headline(context: ResponseContext, fact: Headline) -> HeadlineResponse:
    return HeadlineResponse(code=fact.code, at=context.local(fact.at), text=fact.label.words)


def _change(context: ResponseContext, past: HistoryEntry) -> ChangeResponse:
    return ChangeResponse(
        at=context.local(past.at),
        change=past.change,
        by=past.by,
        revision=past.revision,
        reason=past.reason,
        moved=None if past.moved is None else MoveResponse(**msgspec.structs.asdict(context.localized(past.moved))),
    )


def _response(
    context: ResponseContext,
    booking: Booking,
    invitation: InvitationResponse,
    told: ToldPeople,
    key_mint: KeyMint,
) -> ScheduleResponse:
    session = booking.session
    key = key_mint(session) if key_mint is not None and not booking.is_erased else None
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
        headline=_headline(context, headline.headline_of(booking, told.notices)),
        attention=[_headline(context, one) for one in headline.attention_of(booking, told.notices)],
        session=SessionResponse(
            id=session.id,
            session_key=key,
            portal_url=session_keys.portal_url(context.settings.base_url, key) if key else None,
            opens_at=context.local(session.opens_at),
            closes_at=context.local(session.closes_at),
            state=headline.session_state_of(booking),
            device_check=device_check_of(context, session.device_check),
            late_request=late_request_of(context, late_request_at(session.late_requested_at, session.closes_at)),
        ),
        invitation=invitation,
        people=told.people,
        changes=[_change(context, past) for past in booking.changes],
        trace_id=booking.trace_id,
        trace_url=f"{ui}/trace/{booking.trace_id}" if ui and booking.trace_id else None,
    )
