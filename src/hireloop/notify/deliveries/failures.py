"""Troubles: what a candidate should have been told and was not, at risk or failed; and all that failed, by cause."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop.notify.deliveries.deliveries import TIME_FOR_A_FIRST_TRY
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

_SHOWN_AFTER_DEADLINE = timedelta(days=1)


class DeliveryFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that failed or is at risk, and what it failed by."""

    id: UUID
    schedule: UUID | None
    kind: str
    channel: str
    recipient: str  # in clear: a door masks it
    required: bool
    state: DeliveryState
    attempt_count: int
    last_reason: str | None
    last_reply: str | None
    held_reason: str | None  # what holds its channel, where that is held and it waits
    deadline_at: datetime
    created_at: datetime

    @property
    def reason(self) -> str | None:
        """Return why it is not sent: its own last reason, or else what holds its channel."""
        return self.last_reason or self.held_reason


# A delivery with what holds its channel while it waits; each list says which.
_READ = """
    SELECT d.id, d.schedule, d.kind, d.channel, d.recipient, d.required, d.state, d.attempt_count, d.last_reason,
        d.last_reply, d.deadline_at, d.created_at, (
            SELECT h.reason FROM channel_health h
            WHERE h.channel = d.channel AND h.fingerprint = ANY(:fingerprints::text[]) AND h.state = 'held'
              AND d.state = 'pending'
            LIMIT 1
        ) AS held_reason
"""


# Required deliveries at risk or failed, the earliest deadline first. They are sorted before the bookings are looked at,
# so that in an outage with thousands of them only a page's are.
_PAGE = Statement(f"""
    WITH found AS (
        SELECT id, schedule, revision, deadline_at FROM delivery
        WHERE required AND state IN ('bounced', 'rejected', 'exhausted')
            AND deadline_at > coalesce(:now, now()) - :shown_after_deadline::interval
        UNION ALL
        SELECT id, schedule, revision, deadline_at FROM delivery
        WHERE required AND state = 'pending' AND at_risk_at <= coalesce(:now, now())
            AND (last_reason IS NOT NULL OR first_due_at <= coalesce(:now, now()) - :first_try::interval)
    ), in_order AS MATERIALIZED (
        SELECT id FROM (
            SELECT * FROM found WHERE :after::uuid IS NULL
                OR (deadline_at, id) > (SELECT deadline_at, id FROM delivery last WHERE last.id = :after)
            ORDER BY deadline_at, id OFFSET 0
        ) sorted
        WHERE revision = (SELECT told.revision FROM schedule_to_tell told WHERE told.schedule = sorted.schedule)
        ORDER BY deadline_at, id LIMIT :limit
    )
    {_READ} FROM in_order JOIN delivery d ON d.id = in_order.id ORDER BY d.deadline_at, d.id
""")  # noqa: S608 (a constant of our own)
# What failed, newest first.
_FAILED = Statement(f"""
    {_READ} FROM delivery d
    WHERE d.state IN ('bounced', 'rejected', 'exhausted') AND (:reason::text IS NULL OR d.last_reason = :reason)
      AND (:after::uuid IS NULL OR d.id < :after)
    ORDER BY d.id DESC LIMIT :limit
""")
# How many failed by each reason.
_REASONS = Statement("""
    SELECT last_reason, count(*) AS count FROM delivery
    WHERE state IN ('bounced', 'rejected', 'exhausted') AND created_at >= :since AND last_reason IS NOT NULL
    GROUP BY last_reason ORDER BY count(*) DESC, last_reason
""")


async def page(
    channels: Sequence[Channel], *, limit: int, after: UUID | None, now: datetime | None = None
) -> list[DeliveryFailure]:
    """Return at most `limit` required deliveries that are at risk or have failed, the earliest deadline first.

    Only of what a booking's present revision calls for, and until a day after its deadline: what is over long since
    is nobody's trouble any more. `after` is the last one of the page before.
    """
    rows = await _PAGE.rows(
        fingerprints=_fingerprints(channels),
        now=now,
        shown_after_deadline=_SHOWN_AFTER_DEADLINE,
        first_try=TIME_FOR_A_FIRST_TRY,
        after=after,
        limit=limit,
    )
    return [msgspec.convert(dict(row), DeliveryFailure) for row in rows]


async def failed(
    channels: Sequence[Channel], *, reason: str | None, limit: int, after: UUID | None
) -> list[DeliveryFailure]:
    """Return at most `limit` deliveries that failed, by this reason or any, newest first, before the one `after`."""
    rows = await _FAILED.rows(fingerprints=_fingerprints(channels), reason=reason, after=after, limit=limit)
    return [msgspec.convert(dict(row), DeliveryFailure) for row in rows]


async def reasons(*, since: datetime) -> dict[str, int]:
    """Return how many deliveries made since then failed by each reason, the most frequent first."""
    rows = await _REASONS.rows(since=since)
    return {row["last_reason"]: row["count"] for row in rows}


def _fingerprints(channels: Sequence[Channel]) -> list[str]:
    return [channel.fingerprint for channel in channels]
