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
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import NoShowMessage
from hireloop.notify.news import CandidateReach, Reach, put_no_shows, reach_of
from hireloop.notify.no_show import MissedCandidate, NoShowCause
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.bookings.news import said_of
from hireloop.scheduling.tables import ScheduleState
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

_WORKS = "ok"
_BY_REACH = {
    Reach.YES: NoShowCause.NO_SIGN,
    Reach.UNKNOWN: NoShowCause.DELIVERY_UNKNOWN,
    Reach.EARLIER: NoShowCause.NEW_TIME_NOT_DELIVERED,
    Reach.NO: NoShowCause.NOT_DELIVERED,
}
# What candidates who did not come had done before, and the revision that they were last invited to.
_SIGNS = Statement("""
    SELECT sc.id AS schedule_id, sc.invited_revision, se.device_check::text AS device_check, se.late_requested_at
    FROM schedule sc JOIN session se ON se.schedule = sc.id WHERE sc.id = ANY(:schedules::uuid[])
""")


class _CheckedDevices(msgspec.Struct, frozen=True):
    """A device check as it is stored."""

    camera: str
    microphone: str
    checked_at: datetime


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What a candidate who did not come had done before, and whether they were told of the time."""

    device_check: _CheckedDevices | None
    late_requested_at: datetime | None
    reached: CandidateReach


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
        about: dict[UUID | None, list[str]] = {one.schedule_id: [one.traceparent or ""] for one in missed}
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
    cause = _BY_REACH[signs.reached.reach]
    if cause is NoShowCause.NEW_TIME_NOT_DELIVERED and move is None:  # a link that was reissued in vain
        cause = NoShowCause.NOT_DELIVERED
    return KnownCause(cause, signs.reached.failure)


def _confirmed_by(changes: Sequence[HistoryEntry]) -> str | None:
    return next((past.by for past in reversed(changes) if past.change is BookingChange.CONFIRMED), None)


async def _signs(schedules: Sequence[UUID], outbox: Outbox) -> dict[UUID, Signs]:
    """Return the signs of each candidate by their booking: a few queries, however many they are."""
    rows = await _SIGNS.rows(schedules=list(schedules))
    reached = await reach_of({row["schedule_id"]: row["invited_revision"] for row in rows}, outbox.channels)
    return {
        row["schedule_id"]: Signs(
            device_check=_read(row["device_check"]),
            late_requested_at=row["late_requested_at"],
            reached=reached[row["schedule_id"]],
        )
        for row in rows
    }


def _read(check: str | None) -> _CheckedDevices | None:
    return msgspec.json.decode(check, type=_CheckedDevices) if check else None


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
