"""Failures: deliveries that somebody depends on and that are at risk or failed, and all that failed, by cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from hireloop.notify.channels.health import fingerprints_of
from hireloop.notify.deliveries.deliveries import READ, TIME_FOR_A_FIRST_TRY, DeliveryView
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

MATTERS_AFTER_DEADLINE = timedelta(days=1)  # so long a message that has failed needs somebody
TOO_LONG_UNHEARD = timedelta(minutes=2)  # an alert that has reached nobody for so long is a failure by itself


def slot_moved_on_fragment(delivery: str) -> str:
    """Return the condition that a message to an interviewer, a row of `delivery` under this name, is out of date.

    The same person has had a newer notice about the slot, unless that found this one to say the same; or somebody else
    holds the interview now, and they need to hear nothing but that.
    """
    return f"""(
        EXISTS (
            SELECT FROM delivery AS newer
            WHERE newer.slot = {delivery}.slot AND address_key(newer.recipient) = address_key({delivery}.recipient)
                AND newer.required AND newer.revision > {delivery}.revision
                AND newer.told_revision IS DISTINCT FROM {delivery}.revision
        ) OR {delivery}.kind <> 'interviewer_cancelled' AND NOT {delivery}.undecided AND NOT EXISTS (
            SELECT FROM slot_to_notify told
            WHERE told.slot = {delivery}.slot AND told.address_key = address_key({delivery}.recipient)
        )
    )"""  # noqa: S608 (our own names)


def booking_in_slot_fragment(slot: str) -> str:
    """Return a subquery for one of the bookings in a slot, whose id is the expression `slot`, with whom it is about.

    The first of those who have a seat; where nobody has any more, the first of those whom the interviewer was told of
    last, whose own messages name the recruiter. `others` is how many more there are, or were.
    """
    return f"""(
        SELECT schedule, attendee, others, job_title, company, coalesce(recruiter_email, (
            SELECT payload->>'recruiter_email' FROM delivery AS own
            WHERE own.schedule = either.schedule AND payload->>'recruiter_email' IS NOT NULL
            ORDER BY own.revision DESC, own.id DESC LIMIT 1
        )) AS recruiter_email
        FROM (
            (SELECT schedule, candidate_name AS attendee, count(*) OVER () - 1 AS others, job_title, company,
                recruiter_email, 0 AS place
            FROM slot_roster WHERE slot_roster.slot = {slot} ORDER BY schedule LIMIT 1)
            UNION ALL
            (SELECT (payload->'attendees'->0->>'schedule_id')::uuid, payload->'attendees'->0->>'name',
                jsonb_array_length(payload->'attendees') - 1, payload->'attendees'->0->>'job_title',
                payload->'attendees'->0->>'company', payload->>'recruiter_email', 1
            FROM delivery AS said
            WHERE said.slot = {slot} AND said.payload->'attendees'->0 IS NOT NULL
            ORDER BY said.revision DESC, said.id DESC LIMIT 1)
        ) AS either ORDER BY place LIMIT 1
    )"""  # noqa: S608 (from our own code)


def slot_origin_fragment(slot: str) -> str:
    """Return SQL for the traceparent of the first message about a slot, whose id is the expression `slot`."""
    return f"""
        (SELECT first.traceparent FROM delivery AS first
            WHERE first.slot = {slot} ORDER BY first.revision, first.id LIMIT 1)
    """  # noqa: S608 (from our own code)


class FailureGroup(StrEnum):
    """What kind of failure needs attention; every one is in one group."""

    CANDIDATE = "candidate"  # a message to a candidate has failed
    INTERVIEWER = "interviewer"  # one to an interviewer has
    UNHEARD = "unheard"  # it is at risk or came back, and the alert about it has not reached anyone
    AT_RISK = "at_risk"


_SORTED = "id, schedule, slot, revision, kind, recipient, undecided, deadline_at"
_AT_RISK = """
    (state = 'pending' AND at_risk_at <= coalesce(:now, now())
        AND (last_reason IS NOT NULL OR first_due_at <= coalesce(:now, now()) - :first_try::interval))
"""
_TOO_LONG = "unheard_since <= coalesce(:now, now()) - :too_long::interval"
_UNHEARD = f"EXISTS (SELECT FROM alert WHERE alert.id = delivery.alert AND {_TOO_LONG})"
# Required deliveries at risk or failed, the earliest deadline first. They are sorted before the bookings are looked at,
# so that in an outage with thousands of them only a page's are.
_PAGE = Statement(f"""
    {READ} WHERE d.id = ANY(ARRAY(
        WITH found AS (
            SELECT {_SORTED} FROM delivery
            WHERE (:among::text IS NULL OR :among = CASE WHEN slot IS NULL THEN 'candidate' ELSE 'interviewer' END)
                AND required AND state IN ('bounced', 'rejected', 'exhausted')
                AND deadline_at > coalesce(:now, now()) - :matters_after_deadline::interval
            UNION ALL
            SELECT {_SORTED} FROM delivery
            WHERE (:among IS NULL OR :among = 'at_risk' AND NOT {_UNHEARD})
                AND required AND {_AT_RISK}
            UNION ALL
            SELECT {_SORTED} FROM delivery
            WHERE :among = 'unheard' AND alert IN (SELECT id FROM alert WHERE {_TOO_LONG}) AND required
                AND ({_AT_RISK} OR state = 'sent' AND last_reason IN ('came_back', 'complaint'))
        )
        SELECT id FROM (
            SELECT * FROM found WHERE :after::uuid IS NULL
                OR (deadline_at, id) > (SELECT deadline_at, id FROM delivery last WHERE last.id = :after)
            ORDER BY deadline_at, id OFFSET 0
        ) sorted
        WHERE CASE WHEN slot IS NULL
            THEN revision = (
                SELECT revision_told(told.schedule, told.revision) FROM schedule_to_notify told
                WHERE told.schedule = sorted.schedule
            )
            ELSE NOT {slot_moved_on_fragment("sorted")} END
        ORDER BY deadline_at, id LIMIT :limit
    )) ORDER BY d.deadline_at, d.id
""")  # noqa: S608 (a constant of our own)
# What failed, newest first.
_FAILED = Statement(f"""
    {READ} WHERE d.id = ANY(ARRAY(
        SELECT id FROM delivery
        WHERE state IN ('bounced', 'rejected', 'exhausted') AND (:reason::text IS NULL OR last_reason = :reason)
          AND (:after::uuid IS NULL OR id < :after)
        ORDER BY id DESC LIMIT :limit
    )) ORDER BY d.id DESC
""")  # noqa: S608 (a constant of our own)
# How many failed by each reason.
_REASONS = Statement("""
    SELECT last_reason, count(*) AS count FROM delivery
    WHERE state IN ('bounced', 'rejected', 'exhausted') AND created_at >= :since AND last_reason IS NOT NULL
    GROUP BY last_reason ORDER BY count(*) DESC, last_reason
""")


async def page(
    channels: Sequence[Channel],
    *,
    limit: int,
    after: UUID | None,
    among: FailureGroup | None = None,
    now: datetime | None = None,
) -> list[DeliveryView]:
    """Return at most `limit` required deliveries that are at risk or have failed, the earliest deadline first.

    All, or those of a group; of all, what came back is none, as it may have arrived. Only those that a booking's
    present revision calls for, or that tell an interviewer how it is now, and until a day after their deadline: later
    ones need no attention any more. `after` is the last one of the page before.
    """
    return await _PAGE.structs(
        DeliveryView,
        fingerprints=fingerprints_of(channels),
        now=now,
        matters_after_deadline=MATTERS_AFTER_DEADLINE,
        first_try=TIME_FOR_A_FIRST_TRY,
        too_long=TOO_LONG_UNHEARD,
        among=among,
        after=after,
        limit=limit,
    )


async def failed(
    channels: Sequence[Channel], *, reason: str | None, limit: int, after: UUID | None
) -> list[DeliveryView]:
    """Return at most `limit` deliveries that failed, by this reason or any, newest first, before the one `after`."""
    return await _FAILED.structs(
        DeliveryView, fingerprints=fingerprints_of(channels), reason=reason, after=after, limit=limit, now=None
    )


async def reasons(*, since: datetime) -> dict[str, int]:
    """Return how many deliveries made since then failed by each reason, the most frequent first."""
    rows = await _REASONS.rows(since=since)
    return {row["last_reason"]: row["count"] for row in rows}
