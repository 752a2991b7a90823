"""A candidate who came too late asks for another time with one press, and the recruiters are notified."""

from datetime import datetime
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import LateRequestMessage
from hireloop.scheduling.bookings.locked import lock_session
from hireloop.scheduling.bookings.news import said_of
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState, Visit
from hireloop.scheduling.tables import ScheduleState
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

# A request; with it, the newest 50 are kept.
_RECORD = Statement("""
    UPDATE session SET late_requested_at = :now, earlier_late_requests = CASE WHEN late_requested_at IS NULL
        THEN earlier_late_requests
        ELSE earlier_late_requests[greatest(1, cardinality(earlier_late_requests) - 47):] || late_requested_at END
    WHERE id = :session
""")


def reach_anybody(visit: Visit, outbox: Outbox, *, alert_email: str) -> bool:
    """Return whether a late request would be told to anybody: a channel's recruiters, the job's, or `alert_email`."""
    return outbox.reaches(LateRequestMessage.kind, visit.recruiter_email or alert_email)


@db.transactional
async def ask(
    session_id: UUID, key_version: int, *, outbox: Outbox, alert_email: str, now: datetime | None = None
) -> bool:
    """Put the request for another time, and return whether this put one: asking twice is asking once.

    Nothing happens unless the window has closed without an entry, the key is the current one, the booking is live, and
    somebody can be told. In one transaction, one after the other with whatever changes the booking; raises NotFound.
    """
    booking = await lock_session(session_id, now=now)
    visit = await sessions.visit(session_id, now=booking.now)
    if not _may_ask(visit, key_version) or not reach_anybody(visit, outbox, alert_email=alert_email):
        return False
    await _RECORD.run(session=session_id, now=visit.now)
    await outbox.put([_message(visit, alert_email)], now=visit.now)
    db.after_commit(lambda: log.info("booking.late_request", **said_of(booking)))
    return True


def _may_ask(visit: Visit, key_version: int) -> bool:
    return (
        visit.key_version == key_version
        and visit.state is SessionState.EXPIRED
        and visit.schedule_state is not ScheduleState.CANCELLED
        and visit.current_late_request_at is None
    )


def _message(visit: Visit, alert_email: str) -> LateRequestMessage:
    return LateRequestMessage.about(
        visit,
        schedule_id=visit.schedule_id,
        revision=visit.revision,
        asked_at=visit.now,
        send_to=alert_email or None,
    )
