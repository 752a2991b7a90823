"""Remind interviewers of slots that are near and in use. A sweep, as candidates' reminders are (`bookings.reminders`).

`slot.reminded_at` says until when a slot's reminders are done with. Everything that its interviewer hears of it sets
it: so nobody is reminded right after they were told.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox, origin_fragment
from hireloop.notify.messages import InterviewerReminder
from hireloop.statements import Statement, read_clock
from hireloop.telemetry import links

_TOGETHER = 200

# Slots in use of one lead: that start after the next nearer lead takes over (`nearest`), and no later than the lead
# allows (`farthest`), so that a short stretch of an index is read. Of one without a notice, its interviewer knows
# nothing: it was booked by a process of 0.1.0. One that somebody is changing gets its reminder from the next sweep.
_DUE = Statement(f"""
    SELECT id AS slot_id, notice_revision AS revision, interviewer_email, interviewer_name,
        interviewer_time_zone AS time_zone, interviewer_locale AS locale, starts_at, ends_at, ARRAY(
            SELECT {origin_fragment("sc.id")} FROM schedule sc
            WHERE sc.slot = slot.id AND sc.state <> 'cancelled' ORDER BY sc.id LIMIT {links.MOST}
        ) AS traceparents
    FROM slot
    WHERE starts_at > :nearest AND starts_at <= :farthest AND taken > 0 AND interviewer_email IS NOT NULL
      AND notice_revision > 0 AND reminded_at < starts_at - :lead::interval
    ORDER BY starts_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
""")  # noqa: S608 (our own words)
# The reminders of these slots that are due by now are done with.
_NOTE = Statement("UPDATE slot SET reminded_at = :at WHERE id = ANY(:slots::uuid[])")


async def put_due(outbox: Outbox, leads: Mapping[str, timedelta], *, now: datetime | None = None) -> int:
    """Put the reminders that are due and return how many slots they are about; any number may do so at once.

    `leads` are times before the start, by their word. After a pause of the workers, only the nearest of the leads that
    have passed meanwhile is made up for.
    """

    async def put_some(lead: str, length: timedelta, nearer: timedelta) -> int:
        return await _put_some(outbox, lead, length, nearer, now)

    return await put_in_turn(leads, put_some, together=_TOGETHER)


async def put_in_turn(
    leads: Mapping[str, timedelta], put_some: Callable[[str, timedelta, timedelta], Awaitable[int]], *, together: int
) -> int:
    """Put the reminders of each lead, the nearest first, as long as there are `together` at a time; return how many.

    `put_some` is given a lead, its length, and that of the next shorter one, which is zero if there is none.
    """
    total, nearer = 0, timedelta()
    for word, length in sorted(leads.items(), key=lambda lead: lead[1]):
        count = together
        while count == together:
            count = await put_some(word, length, nearer)
            total += count
        nearer = length
    return total


@db.transactional
async def _put_some(outbox: Outbox, lead: str, length: timedelta, nearer: timedelta, now: datetime | None) -> int:
    """Put reminders of one lead, `_TOGETHER` at most."""
    at = await read_clock(now)
    due = await _DUE.rows(nearest=at + nearer, farthest=at + length, lead=length, limit=_TOGETHER)
    if due:
        rows = [{**row} for row in due]
        origins = {row["slot_id"]: [one or "" for one in row.pop("traceparents")] for row in rows}
        told = [InterviewerReminder(**row, lead=lead, until=row["starts_at"] - nearer) for row in rows]
        await outbox.put(told, now=at, about=origins)
        await _NOTE.run(slots=[row["slot_id"] for row in due], at=at)
    return len(due)
