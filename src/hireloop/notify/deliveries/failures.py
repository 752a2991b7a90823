"""Failures: deliveries to candidates that are at risk or failed, and all that failed, by cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hireloop.notify.channels.health import fingerprints_of
from hireloop.notify.deliveries.deliveries import READ, TIME_FOR_A_FIRST_TRY, DeliveryView
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

_SHOWN_AFTER_DEADLINE = timedelta(days=1)


# Required deliveries at risk or failed, the earliest deadline first. They are sorted before the bookings are looked at,
# so that in an outage with thousands of them only a page's are.
_PAGE = Statement(f"""
    {READ} WHERE d.id = ANY(ARRAY(
        WITH found AS (
            SELECT id, schedule, revision, deadline_at FROM delivery
            WHERE required AND state IN ('bounced', 'rejected', 'exhausted')
                AND deadline_at > coalesce(:now, now()) - :shown_after_deadline::interval
            UNION ALL
            SELECT id, schedule, revision, deadline_at FROM delivery
            WHERE required AND state = 'pending' AND at_risk_at <= coalesce(:now, now())
                AND (last_reason IS NOT NULL OR first_due_at <= coalesce(:now, now()) - :first_try::interval)
        )
        SELECT id FROM (
            SELECT * FROM found WHERE :after::uuid IS NULL
                OR (deadline_at, id) > (SELECT deadline_at, id FROM delivery last WHERE last.id = :after)
            ORDER BY deadline_at, id OFFSET 0
        ) sorted
        WHERE revision = (
            SELECT revision_told(told.schedule, told.revision) FROM schedule_to_notify told
            WHERE told.schedule = sorted.schedule
        )
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
    channels: Sequence[Channel], *, limit: int, after: UUID | None, now: datetime | None = None
) -> list[DeliveryView]:
    """Return at most `limit` required deliveries that are at risk or have failed, the earliest deadline first.

    Only those that a booking's present revision calls for, and until a day after their deadline: later ones need no
    attention any more. `after` is the last one of the page before.
    """
    return await _PAGE.structs(
        DeliveryView,
        fingerprints=fingerprints_of(channels),
        now=now,
        shown_after_deadline=_SHOWN_AFTER_DEADLINE,
        first_try=TIME_FOR_A_FIRST_TRY,
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
