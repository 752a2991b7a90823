"""Troubles: what a candidate should have been told and was not, at risk or failed; and all that failed, by cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries import deliveries
from hireloop.notify.deliveries.deliveries import TIME_FOR_A_FIRST_TRY, DeliveryView
from hireloop.notify.transport import Channel

_SHOWN_AFTER_DEADLINE = timedelta(days=1)


async def page(
    channels: Sequence[Channel], *, limit: int, after: UUID | None, now: datetime | None = None
) -> list[DeliveryView]:
    """Return at most `limit` required deliveries that are at risk or have failed, the earliest deadline first.

    Only of what a booking's present revision calls for, and until a day after its deadline: what is over long since
    is nobody's trouble any more. `after` is the last one of the page before.
    """
    # Sorted before the bookings are looked at, so that in an outage with thousands of them only a page's are.
    return await deliveries.read(
        """d.id = ANY(ARRAY(
            WITH found AS (
                SELECT id, schedule, revision, deadline_at FROM delivery
                WHERE required AND state IN ('bounced', 'rejected', 'exhausted')
                    AND deadline_at > coalesce($1, now()) - $3::interval
                UNION ALL
                SELECT id, schedule, revision, deadline_at FROM delivery
                WHERE required AND state = 'pending' AND at_risk_at <= coalesce($1, now())
                    AND (last_reason IS NOT NULL OR first_due_at <= coalesce($1, now()) - $4::interval)
            )
            SELECT id FROM (
                SELECT * FROM found WHERE $5::uuid IS NULL
                    OR (deadline_at, id) > (SELECT deadline_at, id FROM delivery last WHERE last.id = $5)
                ORDER BY deadline_at, id OFFSET 0
            ) sorted
            WHERE revision = (SELECT told.revision FROM schedule_to_tell told WHERE told.schedule = sorted.schedule)
            ORDER BY deadline_at, id LIMIT $6
        )) ORDER BY d.deadline_at, d.id
        """,
        channels,
        _SHOWN_AFTER_DEADLINE,
        TIME_FOR_A_FIRST_TRY,
        after,
        limit,
        now=now,
    )


async def failed(
    channels: Sequence[Channel], *, reason: str | None, limit: int, after: UUID | None
) -> list[DeliveryView]:
    """Return at most `limit` deliveries that failed, by this reason or any, newest first, before the one `after`."""
    return await deliveries.read(
        """d.id = ANY(ARRAY(
            SELECT id FROM delivery
            WHERE state IN ('bounced', 'rejected', 'exhausted') AND ($3::text IS NULL OR last_reason = $3)
              AND ($4::uuid IS NULL OR id < $4)
            ORDER BY id DESC LIMIT $5
        )) ORDER BY d.id DESC
        """,
        channels,
        reason,
        after,
        limit,
    )


async def reasons(*, since: datetime) -> dict[str, int]:
    """Return how many deliveries made since then failed by each reason, the most frequent first."""
    rows = await db.fetch(
        """
        SELECT last_reason, count(*) AS count FROM delivery
        WHERE state IN ('bounced', 'rejected', 'exhausted') AND created_at >= $1 AND last_reason IS NOT NULL
        GROUP BY last_reason ORDER BY count(*) DESC, last_reason
        """,
        since,
    )
    return {row["last_reason"]: row["count"] for row in rows}
