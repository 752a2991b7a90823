"""A candidate who came too late asks for another time with one press, and the recruiters are notified."""

from datetime import datetime
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.messages import LateRequestMessage
from hireloop.scheduling.bookings.locked import lock_session
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState, Visit
from hireloop.scheduling.tables import ScheduleState


def reach_anybody(visit: Visit, outbox: Outbox, *, alert_email: str) -> bool:
    """Return whether a late request would be told to anybody: a channel's recruiters, the job's, or `alert_email`."""
    return outbox.reaches(LateRequestMessage.kind, visit.recruiter_email or alert_email)


async def ask(
    session_id: UUID, key_version: int, *, outbox: Outbox, alert_email: str, now: datetime | None = None
) -> bool:
    """Put the request for another time, and return whether this put one: asking twice is asking once.

    Nothing happens unless the window has closed without an entry, the key is the current one, the booking stands, and
    somebody can be told. In one transaction, one after the other with whatever changes the booking; raises NotFound.
    """

    async def work() -> bool:
        async with db.DB.transaction():
            await lock_session(session_id, now=now)
            visit = await sessions.visit(session_id, now=now)
            if not _may_ask(visit, key_version) or not reach_anybody(visit, outbox, alert_email=alert_email):
                return False
            await db.fetch("UPDATE session SET asked_at = $2 WHERE id = $1", session_id, visit.now)
            await outbox.put([_message(visit, visit.now, alert_email)], now=visit.now)
            return True

    return await db.retried(work)


def _may_ask(visit: Visit, key_version: int) -> bool:
    return (
        visit.key_version == key_version
        and visit.state is SessionState.EXPIRED
        and visit.schedule_state is not ScheduleState.CANCELLED
        and visit.late_request_at is None
    )


def _message(visit: Visit, asked_at: datetime, alert_email: str) -> LateRequestMessage:
    return LateRequestMessage(
        schedule_id=visit.schedule_id,
        revision=visit.revision,
        candidate_name=visit.candidate_name,
        candidate_email=visit.candidate_email,
        time_zone=visit.time_zone,
        locale=visit.locale,
        job_title=visit.job_title,
        company=visit.company,
        recruiter_email=visit.recruiter_email,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        asked_at=asked_at,
        send_to=alert_email or None,
    )
