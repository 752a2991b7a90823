"""What must hold in the database whatever anybody did, in whatever order: each a query that finds nothing."""

from datetime import datetime

from hireloop import db
from hireloop.notify.deliveries import ledger

BROKEN = {
    "a slot's taken seats are its live bookings, and no more than its seats": """
        SELECT slot.id FROM slot LEFT JOIN schedule ON schedule.slot = slot.id AND schedule.state <> 'cancelled'
        GROUP BY slot.id HAVING count(schedule.id) <> slot.taken OR slot.taken > slot.seats
    """,
    "an interview has one live booking at most": """
        SELECT interview FROM schedule WHERE state <> 'cancelled' GROUP BY interview HAVING count(*) > 1
    """,
    "no candidate has two interviews at a time": """
        SELECT a.id FROM schedule a JOIN schedule b ON a.candidate = b.candidate AND a.id < b.id
        WHERE a.state <> 'cancelled' AND b.state <> 'cancelled' AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
    """,
    "no interviewer has two slots at a time": """
        SELECT a.id FROM slot a JOIN slot b ON lower(a.interviewer_email) = lower(b.interviewer_email) AND a.id < b.id
        WHERE a.withdrawn_at IS NULL AND b.withdrawn_at IS NULL AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
    """,
    "an interview's state says whether it is booked": """
        SELECT i.id FROM interview i LEFT JOIN schedule sc ON sc.interview = i.id AND sc.state <> 'cancelled'
        WHERE (i.state IN ('scheduled', 'in_progress', 'completed', 'no_show')) <> (sc.id IS NOT NULL)
    """,
    "a live booking has its slot's times, its interview's, and its candidate": """
        SELECT sc.id FROM schedule sc JOIN slot ON slot.id = sc.slot JOIN interview i ON i.id = sc.interview
        WHERE sc.state <> 'cancelled' AND (
            (sc.starts_at, sc.ends_at) <> (slot.starts_at, slot.ends_at) OR sc.candidate <> i.candidate
            OR (sc.starts_at, sc.ends_at) IS DISTINCT FROM (i.started_at, i.ended_at)
            OR (slot.job IS NOT NULL AND slot.job <> i.job))
    """,
    "a session's window is around its booking's start": """
        SELECT se.id FROM session se JOIN schedule sc ON sc.id = se.schedule
        WHERE se.opens_at <> sc.starts_at - interval '30 seconds'
          OR se.closes_at <> sc.starts_at + interval '10 minutes'
    """,
    "a booking has one session": """
        SELECT sc.id FROM schedule sc LEFT JOIN session se ON se.schedule = sc.id
        GROUP BY sc.id HAVING count(se.id) <> 1
    """,
    "who has entered was in an interview that goes on or is over": """
        SELECT se.id FROM session se JOIN schedule sc ON sc.id = se.schedule JOIN interview i ON i.id = sc.interview
        WHERE se.entered_at IS NOT NULL AND (sc.state = 'cancelled' OR i.state <> CASE
            WHEN se.left_at IS NULL THEN 'in_progress' ELSE 'completed' END)
    """,
    "every revision but the first is in the history, the last one too": """
        SELECT id FROM schedule WHERE revision <> 1 + (
            SELECT count(DISTINCT past->>'revision') FILTER (WHERE (past->>'revision')::int > 1)
            FROM jsonb_array_elements(changes) past)
    """,
    "nothing is still to be sent of an older revision": """
        SELECT d.id FROM delivery d JOIN schedule sc ON sc.id = d.schedule
        WHERE d.state = 'pending' AND d.revision < sc.revision
    """,
    "no invitation of a cancelled or revoked booking is still to be sent": """
        SELECT d.id FROM delivery d JOIN schedule sc ON sc.id = d.schedule JOIN session se ON se.schedule = sc.id
        WHERE d.state = 'pending' AND d.kind IN ('invitation', 'rescheduled', 'reminder')
          AND (sc.state = 'cancelled' OR se.revoked_at IS NOT NULL)
    """,
    "a withdrawn slot is nobody's to come": """
        SELECT slot.id FROM slot JOIN schedule sc ON sc.slot = slot.id AND sc.state <> 'cancelled'
        JOIN interview i ON i.id = sc.interview WHERE slot.withdrawn_at IS NOT NULL AND i.state = 'scheduled'
    """,
    "an address is kept for a last cancellation alone": """
        SELECT k.delivery FROM kept_address k JOIN delivery d ON d.id = k.delivery
        WHERE d.state <> 'pending' OR d.kind <> 'cancelled' OR d.erased_at IS NULL
    """,
    "an erased person is named nowhere": """
        SELECT c.id FROM candidate c WHERE c.erased_at IS NOT NULL AND (c.full_name <> 'Erased' OR EXISTS (
            SELECT FROM delivery d JOIN schedule sc ON sc.id = d.schedule
            WHERE sc.candidate = c.id AND (d.erased_at IS NULL OR d.payload->>'candidate_name' <> '')))
    """,
}


async def broken(*, now: datetime | None = None) -> dict[str, object]:
    """Return each invariant that does not hold, with the rows that break it; `now` is the ledger's."""
    found: dict[str, object] = {}
    for sentence, query in BROKEN.items():
        rows = await db.fetch(query)
        if rows:
            found[sentence] = [dict(row) for row in rows]
    unaccounted = (await ledger.read(now=now)).unaccounted
    if unaccounted:
        found["the ledger is 0"] = unaccounted
    return found
