"""The people of a booking, and where it stands what each of them is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hireloop.mail_addresses import is_same, mailbox_of
from hireloop.notify import parties
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import DeliveryView, InvitationState, mask
from hireloop.notify.messages import Party
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.tables import ScheduleState
from hireloop.web.bookings.deliveries import DeliverySummary, summary
from hireloop.web.bookings.headline import Notices, PartyNotice, matters_until
from hireloop.web.context import ResponseContext


class PersonResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A person of a booking, and whether they have been told of it as it is now. Their address is masked.

    A former interviewer of the slot is among them, as they must hear that somebody else holds the interview.
    `last_reason` and `last_reply` are those of the message that `state` is about.
    """

    party: Annotated[Party, Meta(examples=["interviewer"])]
    name: Annotated[str | None, Meta(examples=["Ravi Kumar"])]
    address: Annotated[str | None, Meta(examples=["r…@acme.example"])]
    former: Annotated[bool, Meta(examples=[False])]
    state: Annotated[InvitationState, Meta(examples=["sent"])]
    last_reason: str | None
    last_reply: Annotated[str | None, Meta(examples=["250 2.0.0 Ok: queued"])]
    deliveries: list[DeliverySummary]


class ToldPeople(msgspec.Struct, frozen=True):
    """The people of a booking as responses show them, and the same for its headline."""

    people: list[PersonResponse]
    notices: Notices


def people_of(
    context: ResponseContext, booking: Booking, found: Sequence[DeliveryView], of_slot: Sequence[DeliveryView]
) -> ToldPeople:
    """Return the candidate, the slot's interviewer, and those who were told before that they would hold it."""
    candidate, told = _candidate(context, booking, found)
    people, notices = [candidate], []
    by_address: dict[str, list[DeliveryView]] = {}
    if booking.interviewer_email is not None:
        by_address[mailbox_of(booking.interviewer_email)] = []
    for one in of_slot:
        by_address.setdefault(mailbox_of(one.recipient), []).append(one)
    for own in by_address.values():
        notice = _notice(booking, parties.newest_notice(own))
        notices.append(notice)
        address = own[-1].recipient if own else booking.interviewer_email or ""
        shown = [summary(context, one) for one in own]
        people.append(interviewer(booking, address, notice.state, shown, **_last_words(own)))
    unheard = [one.alert_unheard_since for one in (*found, *of_slot) if one.alert_unheard_since is not None]
    return ToldPeople(
        people,
        Notices(candidate=told, interviewers=notices, unheard_since=min(unheard, default=None)),
    )


def just_put(booking: Booking, state: InvitationState) -> Notices:
    """Return where it stands what people are told of a booking that was just made: its messages are on their way."""
    on_its_way = PartyNotice(state=state, at=booking.booked_at, matters_until=booking.ends_at)
    return Notices(candidate=on_its_way)


def _candidate(
    context: ResponseContext, booking: Booking, found: Sequence[DeliveryView]
) -> tuple[PersonResponse, PartyNotice]:
    revisions = {booking.revision, deliveries.revision_told(found, booking.revision)}
    theirs = [one for one in found if one.party is Party.CANDIDATE and one.revision in revisions]
    if booking.state is ScheduleState.CANCELLED:
        counting = [one for one in theirs if one.required]
    else:
        counting = deliveries.counting_invitations(found, revision=booking.revision)
    notice = _notice(booking, counting)
    shown = [summary(context, one) for one in theirs]
    return candidate(booking, notice.state, shown, **_last_words(theirs)), notice


def candidate(
    booking: Booking,
    state: InvitationState,
    deliveries: list[DeliverySummary],
    *,
    last_reason: str | None = None,
    last_reply: str | None = None,
) -> PersonResponse:
    """Return the candidate of a booking as responses show them."""
    return PersonResponse(
        party=Party.CANDIDATE,
        name=booking.candidate_name or None,
        address=mask(booking.candidate_email) or None,
        former=False,
        state=state,
        last_reason=last_reason,
        last_reply=last_reply,
        deliveries=deliveries,
    )


def interviewer(
    booking: Booking,
    address: str,
    state: InvitationState,
    deliveries: list[DeliverySummary],
    *,
    last_reason: str | None = None,
    last_reply: str | None = None,
) -> PersonResponse:
    """Return somebody who holds or held the slot of a booking as responses show them."""
    is_former = not is_same(address, booking.interviewer_email or "")
    return PersonResponse(
        party=Party.INTERVIEWER,
        name=None if is_former else booking.interviewer_name or None,
        address=mask(address),
        former=is_former,
        state=state,
        last_reason=last_reason,
        last_reply=last_reply,
        deliveries=deliveries,
    )


def _last_words(told: Sequence[DeliveryView]) -> dict[str, str | None]:
    """Return why the newest message that somebody depends on was not sent, and what the other side last said of one."""
    required = [one for one in told if one.required and one.told_revision is None]
    if not required:
        return {"last_reason": None, "last_reply": None}
    return {"last_reason": required[-1].reason, "last_reply": required[-1].last_reply}


def _notice(booking: Booking, counting: Sequence[DeliveryView]) -> PartyNotice:
    """Return where it stands what somebody is told, by the messages that count."""
    state = deliveries.gravest(counting, now=booking.now)
    return PartyNotice(
        state=state,
        at=_since(state, counting) or booking.booked_at,
        matters_until=matters_until(max((one.deadline_at for one in counting), default=booking.now)),
    )


def _since(state: InvitationState, counting: Sequence[DeliveryView]) -> datetime | None:
    match state:
        case InvitationState.FAILED:
            return min((one.failed_at for one in counting if one.failed_at), default=None)
        case InvitationState.AT_RISK:
            return min((one.at_risk_at for one in counting if one.at_risk_at), default=None)
        case InvitationState.SENT:
            return max((one.sent_at for one in counting if one.sent_at), default=None)
        case InvitationState.PENDING:
            return min((one.created_at for one in counting), default=None)
        case InvitationState.NONE:
            return None
