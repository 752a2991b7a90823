"""What has happened to a booking is told to its recruiters, and said in the log once it is committed.

Every function takes a `LockedBooking` and puts its message in the transaction that holds it.
"""

from datetime import datetime
from functools import partial
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import ConfirmedMessage, DeclinedMessage, EnteredMessage, FinishedMessage, News
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.telemetry import spans
from hireloop.telemetry.logs import log


async def put_confirmed(booking: LockedBooking, *, by: Actor, outbox: Outbox) -> None:
    """Tell that the time is confirmed, by the candidate or by a recruiter for them."""
    message = ConfirmedMessage.about(booking, **_known(booking, outbox), confirmed_at=booking.now, by=by.name)
    await _put(message, booking, outbox, by)
    key = {"key_id": str(by.key)} if by.key else {}
    db.after_commit(lambda: log.info("booking.confirmed", **said_of(booking), **key))


async def put_declined(booking: LockedBooking, revision: int, *, by: Actor, reason: str, outbox: Outbox) -> None:
    """Tell that the candidate has cancelled; it stands in the place of a recruiter copy."""
    known = {**_known(booking, outbox), "revision": revision}
    await _put(DeclinedMessage.about(booking, **known, declined_at=booking.now, reason=reason), booking, outbox, by)
    db.after_commit(lambda: log.info("booking.declined", **said_of(booking, revision)))


async def put_entered(booking: LockedBooking, *, by: Actor, outbox: Outbox) -> None:
    """Tell that the candidate has entered the interview, now."""
    await _put(EnteredMessage.about(booking, **_known(booking, outbox), entered_at=booking.now), booking, outbox, by)
    db.after_commit(lambda: log.info("interview.entered", **said_of(booking)))


async def put_finished(booking: LockedBooking, at: datetime, *, by: Actor, outbox: Outbox) -> None:
    """Tell that an interview that was entered was finished at that time, by the candidate or by the clock."""
    message = FinishedMessage.about(
        booking,
        **_known(booking, outbox),
        entered_at=booking.entered_at or at,
        finished_at=at,
        by=by.name,
    )
    await _put(message, booking, outbox, by)
    db.after_commit(partial(_say_finished, booking, by))


def said_of(booking: LockedBooking, revision: int | None = None) -> dict[str, object]:
    """Return what a line of the log says of a booking: its ids and those of its trace, and nothing of a person."""
    return {
        "schedule": str(booking.schedule_id),
        "interview": str(booking.interview_id),
        "revision": revision or booking.revision,
        **spans.said_of(booking.traceparent or ""),
    }


def _say_finished(booking: LockedBooking, by: Actor) -> None:
    log.info("interview.finished", by=by.name, **said_of(booking))


def _known(booking: LockedBooking, outbox: Outbox) -> dict[str, object]:
    return {"schedule_id": booking.schedule_id, "revision": booking.revision, "send_to": outbox.alert_email}


async def _put(message: News, booking: LockedBooking, outbox: Outbox, by: Actor) -> None:
    about: dict[UUID | None, list[str]] = {booking.schedule_id: [booking.traceparent or ""]}
    await outbox.put([message], now=booking.now, key=by.key, about=about)
