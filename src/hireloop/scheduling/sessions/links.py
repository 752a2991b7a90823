"""Replace or withdraw a candidate's link: only the key of a session's newest version opens it.

`hireloop.session_keys` mints and checks the keys themselves.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import changes
from hireloop.scheduling.bookings.changes import ChangeRule
from hireloop.scheduling.bookings.history import BookingChange
from hireloop.scheduling.bookings.locked import lock_session
from hireloop.scheduling.tables import Schedule, Session
from hireloop.telemetry import spans


@spans.of_change("session.reissue")
@db.transactional
async def reissue(session_id: UUID, *, by: Actor, outbox: Outbox, now: datetime | None = None) -> None:
    """Give the session a new key, which ends the old one and a withdrawal, and invite the candidate anew.

    The booking keeps its time, its state and the candidate's confirmation. Recruiters hear nothing: nothing they plan
    by has changed. Raises NotFound, ScheduleCancelled, InterviewInProgress, InterviewClosed, SlotPast if the
    interview can no longer be entered, and TooManyReinvitations and TooManyMessages for an API key that has used up
    what it may send.
    """
    booking = await lock_session(session_id, now=now)
    refusal = changes.refusal(booking) or changes.refusal_of_past(booking)
    if refusal is not None:
        raise refusal
    revision = await changes.note(booking, BookingChange.REISSUED, by=by)
    renewed = msgspec.structs.replace(booking, key_version=booking.key_version + 1)
    await Session.update({Session.key_version: renewed.key_version, Session.revoked_at: None}).where(
        Session.id == session_id
    )
    await Schedule.update({Schedule.reminded_at: booking.now}).where(Schedule.id == booking.schedule_id)
    await outbox.invite_again([changes.invitation(renewed, revision)], now=booking.now, key=by.key)


@spans.of_change("session.revoke")
@db.transactional
async def revoke(
    session_id: UUID, *, by: Actor, reason: str = "", rule: ChangeRule | None = None, now: datetime | None = None
) -> bool:
    """Withdraw the candidate's link and return whether this did it: revoking twice is revoking once.

    The booking stays, and nobody is told, not even the reason. What was still to be sent to the candidate is
    superseded, and they get no reminder. Raises NotFound, ScheduleCancelled, InterviewInProgress, InterviewClosed, and
    what `rule` returns.
    """
    booking = await lock_session(session_id, now=now)
    if booking.revoked_at is not None:
        return False
    refusal = changes.refusal(booking) or (rule(booking) if rule else None)
    if refusal is not None:
        raise refusal
    await changes.note(booking, BookingChange.REVOKED, by=by, reason=reason)
    await Session.update({Session.revoked_at: booking.now}).where(Session.id == session_id)
    return True
