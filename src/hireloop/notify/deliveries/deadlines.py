"""Deadlines: what ends because its time is up, and attempts that nobody will finish any more."""

from collections.abc import Sequence
from datetime import datetime

from hireloop.notify import ends
from hireloop.notify.channels.health import fingerprints_of
from hireloop.notify.ends import EndKind
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

# What is past its deadline and under nobody's lease has ended. What came back says less than why the tries failed.
_EXPIRE = Statement("""
    WITH late AS (
        SELECT id FROM delivery
        WHERE state = 'pending' AND deadline_at <= coalesce(:now, now())
          AND (leased_until IS NULL OR leased_until <= coalesce(:now, now()))
        ORDER BY id FOR UPDATE SKIP LOCKED
    ), dead AS (
        UPDATE attempt SET outcome = 'lost', finished_at = coalesce(:now, now())
        FROM late WHERE attempt.delivery = late.id AND attempt.outcome IS NULL
        RETURNING attempt.delivery, attempt.number, attempt.route
    ), failed AS (
        SELECT DISTINCT ON (delivery.id) delivery.id, attempt.reason, attempt.reply
        FROM late JOIN delivery USING (id) JOIN attempt ON attempt.delivery = delivery.id
        WHERE last_reason IN ('came_back', 'complaint') AND started_at >= first_due_at AND attempt.reason IS NOT NULL
        ORDER BY delivery.id, number DESC
    )
    UPDATE delivery SET state = 'exhausted', last_reason = coalesce(failed.reason, last_reason, (
            SELECT health.reason FROM channel_health health
            JOIN unnest(:channels::text[], :fingerprints::text[]) AS ours(channel, fingerprint)
                USING (channel, fingerprint)
            WHERE health.channel = delivery.channel AND health.state = 'held' LIMIT 1
        ), 'deadline_passed'),
        last_reply = CASE WHEN failed.id IS NULL THEN last_reply ELSE failed.reply END,
        lease_token = NULL, leased_until = NULL, tries = tries + (delivery.id IN (SELECT delivery FROM dead))::int
    FROM late LEFT JOIN dead ON dead.delivery = late.id LEFT JOIN failed ON failed.id = late.id
    WHERE delivery.id = late.id
    RETURNING delivery.id, kind, channel, required, last_reason AS reason, traceparent, dead.number AS attempt,
        dead.route
""")


async def expire(channels: Sequence[Channel] = (), *, now: datetime | None = None) -> int:
    """End what is past its deadline and under nobody's lease as `exhausted`, and return how many ended.

    What was never tried, as one of these `channels` is held, ends with the reason for that.
    """
    rows = await _EXPIRE.rows(
        now=now,
        channels=[channel.name for channel in channels],
        fingerprints=fingerprints_of(channels),
    )
    ends.say_all(ends.of_rows(rows, EndKind.EXHAUSTED))
    return len(rows)


# Attempts that have been open for an hour, of deliveries that have ended, are lost.
_CLOSE = Statement("""
    UPDATE attempt SET outcome = 'lost', finished_at = coalesce(:now, now()) FROM delivery
    WHERE attempt.outcome IS NULL AND attempt.started_at < coalesce(:now, now()) - interval '1 hour'
      AND delivery.id = attempt.delivery AND delivery.state <> 'pending'
    RETURNING delivery.id, kind, channel, required, traceparent, attempt.number AS attempt, attempt.route
""")


async def close_abandoned(*, now: datetime | None = None) -> int:
    """Close as `lost` the attempts that are still open an hour on, on deliveries that have ended; return how many.

    A superseded or bounced delivery has lost its lease; where the worker of a try under way died as well, nobody else
    would ever close it.
    """
    rows = await _CLOSE.rows(now=now)
    ends.say_all(ends.of_rows(rows, EndKind.LOST))
    return len(rows)
