"""A candidate who came too late asks for another time: one press, and the recruiters are told."""

from datetime import datetime
from uuid import UUID

from hireloop import db
from hireloop.notify.messages import LateRequestMessage
from hireloop.notify.outbox import Outbox
from hireloop.scheduling import sessions
from hireloop.scheduling.sessions import Visit


def reach_anybody(visit: Visit, outbox: Outbox, *, alert_email: str) -> bool:
    """Return whether a late request would be told to anybody: a channel's recruiters, the job's, or `alert_email`."""
    return outbox.reaches(LateRequestMessage.kind, visit.recruiter_email or alert_email)


async def ask(
    session_id: UUID, key_version: int, *, outbox: Outbox, alert_email: str, now: datetime | None = None
) -> bool:
    """Put the request for another time, and return whether this put one: asking twice is asking once.

    Nothing happens unless the window has closed without an entry, the key is the current one, the booking stands, and
    somebody can be told. In one transaction; raises NotFound.
    """
    async with db.DB.transaction():
        visit = await sessions.visit(session_id, now=now)
        if not reach_anybody(visit, outbox, alert_email=alert_email):
            return False
        asked_at: datetime | None = await db.fetch_value(
            """
            UPDATE session SET asked_at = $3 FROM schedule
            WHERE session.id = $1 AND key_version = $2 AND entered_at IS NULL AND revoked_at IS NULL
              AND closes_at < $3 AND (asked_at IS NULL OR asked_at <= closes_at)
              AND schedule.id = session.schedule AND schedule.state <> 'cancelled' AND schedule.revision = $4
            RETURNING asked_at
            """,
            session_id,
            key_version,
            visit.now,
            visit.revision,
        )
        if asked_at is None:
            return False
        await outbox.put([_message(visit, asked_at, alert_email)], now=asked_at)
    return True


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
