"""Remind candidates of interviews that are near. A sweep, so that a move or a cancellation needs to undo nothing.

`schedule.reminded_at` says until when a booking's reminders are done with. A booking, a move and a new link
set it: so a booking that is made inside a lead gets no reminder of that lead, and only the next one that still fits.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox, origin_fragment
from hireloop.notify.messages import ReminderMessage
from hireloop.scheduling.slots.interviewer_reminders import put_in_turn
from hireloop.statements import Statement, read_clock

_TOGETHER = 200

# Of one lead: what starts after the next nearer lead takes over (`nearest`), and no later than the lead allows
# (`farthest`). With such bounds this reads a short stretch of an index; all leads in one statement would read every
# booking there is.
# All that a reminder says is locked: of a row that changes meanwhile, PostgreSQL reads anew only what is locked, and a
# reminder of the new revision must not carry the old key. Whom somebody is changing gets theirs from the next sweep.
_DUE = Statement(f"""
    SELECT sc.id AS schedule_id, sc.revision, sc.starts_at, sc.ends_at, sc.booking_notes, se.id AS session_id,
        se.key_version, se.opens_at, se.closes_at, c.full_name AS candidate_name, c.email AS candidate_email,
        c.time_zone, c.locale, j.title AS job_title, j.company, j.recruiter_email,
        CASE WHEN j.names_interviewer THEN sl.interviewer_name ELSE '' END AS interviewer_name,
        {origin_fragment("sc.id")} AS traceparent
    FROM schedule sc JOIN session se ON se.schedule = sc.id
        JOIN candidate c ON c.id = sc.candidate
        JOIN interview i ON i.id = sc.interview JOIN job j ON j.id = i.job JOIN slot sl ON sl.id = sc.slot
    WHERE sc.starts_at > :nearest AND sc.starts_at <= :farthest AND sc.reminded_at < sc.starts_at - :lead::interval
      AND sc.state <> 'cancelled' AND se.entered_at IS NULL AND se.revoked_at IS NULL
    ORDER BY sc.starts_at LIMIT :limit
    FOR NO KEY UPDATE OF sc, se SKIP LOCKED FOR SHARE OF c SKIP LOCKED
""")  # noqa: S608 (our own words)
# The reminders of these bookings that are due by now are done with.
_NOTE = Statement("UPDATE schedule SET reminded_at = :at WHERE id = ANY(:schedules::uuid[])")


async def put_due(outbox: Outbox, leads: Mapping[str, timedelta], *, now: datetime | None = None) -> int:
    """Put the reminders that are due and return how many bookings they are about; any number may do so at once.

    `leads` are times before the start, by their word. Each booking gets one reminder a lead. After a pause of the
    workers, only the nearest of the leads that have passed meanwhile is made up for.
    """

    async def put_some(lead: str, length: timedelta, nearer: timedelta) -> int:
        return await _put_some(outbox, lead, length, nearer, now)

    return await put_in_turn(leads, put_some, together=_TOGETHER)


@db.transactional
async def _put_some(outbox: Outbox, lead: str, length: timedelta, nearer: timedelta, now: datetime | None) -> int:
    """Put reminders of one lead, `_TOGETHER` at most; `nearer` is the next shorter lead, zero if there is none."""
    at = await read_clock(now)
    due = await _DUE.rows(nearest=at + nearer, farthest=at + length, lead=length, limit=_TOGETHER)
    if due:
        origins = {row["schedule_id"]: [row["traceparent"] or ""] for row in due}
        told = [_reminder({**row}, lead, row["starts_at"] - nearer) for row in due]
        await outbox.put(told, now=at, about=origins)
        await _NOTE.run(schedules=[row["schedule_id"] for row in due], at=at)
    return len(due)


def _reminder(row: dict[str, Any], lead: str, until: datetime) -> ReminderMessage:
    del row["traceparent"]
    return ReminderMessage(**row, lead=lead, until=until)
