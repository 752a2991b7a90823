"""Why candidates did not come, as far as the database knows, and that their recruiters are told."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import INVITING_KINDS, DeliveryView
from hireloop.notify.deliveries.outbox import Origins, Outbox
from hireloop.notify.messages import NoShowMessage
from hireloop.notify.news import put_no_shows
from hireloop.notify.no_show import MissedCandidate, NoShowCause
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import DeliveryState
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.bookings.news import said_of
from hireloop.scheduling.tables import ScheduleState
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

_WORKS = "ok"
# What candidates who did not come had done before, and the revision that they were last invited to.
_SIGNS = Statement("""
    SELECT sc.id AS schedule_id, sc.invited_revision, se.device_check::text AS device_check, se.late_requested_at
    FROM schedule sc JOIN session se ON se.schedule = sc.id WHERE sc.id = ANY(:schedules::uuid[])
""")


class _Check(msgspec.Struct, frozen=True):
    """A device check as it is stored."""

    camera: str
    microphone: str
    checked_at: datetime


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What a candidate who did not come had done before, and what became of the messages to them."""

    invited_revision: int
    device_check: _Check | None
    late_requested_at: datetime | None
    messages: list[DeliveryView]  # the required ones, oldest first
    maybe_accepted: bool  # one of those about the current time may have arrived, although it is not known to be sent


class KnownCause(NamedTuple):
    """A cause, with the reason for which the message to the candidate was not delivered, if that is one."""

    cause: NoShowCause
    failure: str | None = None


async def put(bookings: Sequence[LockedBooking], outbox: Outbox) -> None:
    """Tell the recruiters of these bookings that nobody came, in the transaction that holds them.

    The bookings of one slot are told together; each has a line in the log.
    """
    if not bookings:
        return
    signs = await _signs([one.schedule_id for one in bookings], outbox)
    for _, of_slot in groupby(sorted(bookings, key=attrgetter("slot_id")), key=attrgetter("slot_id")):
        missed = list(of_slot)
        told = [_message(one, signs[one.schedule_id], outbox) for one in missed]
        about: Origins = {one.schedule_id: [one.traceparent or ""] for one in missed}
        await put_no_shows(told, outbox, now=missed[0].now, about=about)
        for booking, message in zip(missed, told, strict=True):
            db.after_commit(partial(_say, booking, message.missed[0]))


def known_of(booking: LockedBooking, signs: Signs) -> KnownCause:
    """Return what is known of a candidate who did not come: the strongest sign that they knew of this time. Pure."""
    move = next((past for past in reversed(booking.changes) if past.change is BookingChange.RESCHEDULED), None)
    check = signs.device_check
    if signs.late_requested_at is not None and signs.late_requested_at > booking.closes_at:
        return KnownCause(NoShowCause.TOO_LATE)
    if check is not None and (move is None or check.checked_at > move.at):
        works = check.camera == check.microphone == _WORKS
        return KnownCause(NoShowCause.NOT_STARTED if works else NoShowCause.DEVICE_CHECK_FAILED)
    if booking.state is ScheduleState.CONFIRMED and _confirmed_by(booking.changes) == CANDIDATE.name:
        return KnownCause(NoShowCause.CONFIRMED)
    if move is not None and move.by == CANDIDATE.name:
        return KnownCause(NoShowCause.CHOSEN)
    return _by_messages(signs, was_moved=move is not None)


def _by_messages(signs: Signs, *, was_moved: bool) -> KnownCause:
    """Return the cause as the messages to the candidate have it, of whom nothing else is known."""
    current = [one for one in signs.messages if one.revision == signs.invited_revision]
    reason = next((one.reason for one in current if one.reason), None)
    if current and all(one.state is DeliveryState.SENT for one in current):
        came_back = reason == Reason.CAME_BACK
        return KnownCause(NoShowCause.DELIVERY_UNKNOWN, reason) if came_back else KnownCause(NoShowCause.NO_SIGN)
    if signs.maybe_accepted:
        return KnownCause(NoShowCause.DELIVERY_UNKNOWN)
    knows_earlier = was_moved and any(one.state is DeliveryState.SENT for one in signs.messages)
    return KnownCause(NoShowCause.NEW_TIME_NOT_DELIVERED if knows_earlier else NoShowCause.NOT_DELIVERED, reason)


def _confirmed_by(changes: Sequence[HistoryEntry]) -> str | None:
    return next((past.by for past in reversed(changes) if past.change is BookingChange.CONFIRMED), None)


async def _signs(schedules: Sequence[UUID], outbox: Outbox) -> dict[UUID, Signs]:
    """Return the signs of each candidate by their booking: three queries, however many they are."""
    found = await deliveries.of_schedules(schedules, outbox.channels)
    inviting = [one for one in found if one.required and one.kind in INVITING_KINDS]
    unsent = [one.id for one in inviting if one.state is not DeliveryState.SENT]
    attempts = await deliveries.attempts_of(unsent) if unsent else {}
    maybe = {ident for ident, tries in attempts.items() if any(attempt.maybe_accepted for attempt in tries)}
    signs = {}
    for row in await _SIGNS.rows(schedules=list(schedules)):
        ours = [one for one in inviting if one.schedule == row["schedule_id"]]
        check = row["device_check"]
        signs[row["schedule_id"]] = Signs(
            invited_revision=row["invited_revision"],
            device_check=msgspec.json.decode(check, type=_Check) if check else None,
            late_requested_at=row["late_requested_at"],
            messages=ours,
            maybe_accepted=any(one.id in maybe and one.revision == row["invited_revision"] for one in ours),
        )
    return signs


def _message(booking: LockedBooking, signs: Signs, outbox: Outbox) -> NoShowMessage:
    cause, failure = known_of(booking, signs)
    check = signs.device_check if cause in {NoShowCause.DEVICE_CHECK_FAILED, NoShowCause.NOT_STARTED} else None
    return NoShowMessage(
        schedule_id=booking.schedule_id,
        revision=booking.revision,
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        address=booking.recruiter_email or outbox.alert_email,
        missed=[
            MissedCandidate(
                schedule_id=booking.schedule_id,
                revision=booking.revision,
                candidate_name=booking.candidate_name,
                candidate_email=booking.candidate_email,
                job_title=booking.job_title,
                company=booking.company,
                cause=cause,
                failure=failure,
                camera=check.camera if check else None,
                microphone=check.microphone if check else None,
            )
        ],
    )


def _say(booking: LockedBooking, missed: MissedCandidate) -> None:
    log.info("interview.no_show", cause=missed.cause.value, reason=missed.failure, **said_of(booking))
