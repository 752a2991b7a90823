"""The workers' signs of life: who could send what, and when they were last seen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop.notify.messages import PAYLOAD_VERSION
from hireloop.notify.tables import WorkerHeartbeat
from hireloop.statements import Statement

ALIVE_SECONDS = 20


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether deliveries are being taken care of."""

    live_workers: int
    oldest_due_at: datetime | None  # of what is pending and due
    untakeable: int  # pending rows whose channel, kind or payload version no live worker knows
    base_urls: list[str]  # where the links of the live workers lead
    spans_dropped: int = 0  # spans that the live workers could not export lately
    now: datetime


# A worker's sign of life; those not seen for a day go.
_SIGN = Statement("""
    WITH forgotten AS (DELETE FROM worker WHERE seen_at < coalesce(:now, now()) - interval '1 day')
    INSERT INTO worker (id, name, channels, kinds, payload_version, base_url, spans_dropped, started_at, seen_at)
    VALUES (:id, :name, :channels, :kinds, :payload_version, :base_url, :spans_dropped,
        coalesce(:now, now()), coalesce(:now, now()))
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, spans_dropped = excluded.spans_dropped
""")


async def sign(
    worker_id: UUID,
    name: str,
    *,
    channels: Sequence[str],
    kinds: Sequence[str],
    base_url: str,
    spans_dropped: int = 0,
    now: datetime | None = None,
) -> None:
    """Say that this worker lives, what it knows, and where its links lead; forget workers not seen for a day.

    `spans_dropped` is how many spans it could not export in the last minutes.
    """
    await _SIGN.run(
        id=worker_id,
        name=name,
        channels=list(channels),
        kinds=list(kinds),
        payload_version=PAYLOAD_VERSION,
        base_url=base_url,
        spans_dropped=spans_dropped,
        now=now,
    )


async def sign_off(worker_id: UUID) -> None:
    """Say that this worker has stopped."""
    await WorkerHeartbeat.delete().where(WorkerHeartbeat.id == worker_id)


# The live workers, the oldest delivery that is due, and how many no live worker can take.
_HEALTH = Statement("""
    WITH live AS (
        SELECT * FROM worker WHERE seen_at > coalesce(:now, now()) - make_interval(secs => :alive_seconds)
    )
    SELECT (SELECT count(*) FROM live) AS live_workers,
        ARRAY(SELECT DISTINCT base_url FROM live ORDER BY base_url) AS base_urls,
        (SELECT coalesce(sum(spans_dropped), 0)::integer FROM live) AS spans_dropped,
        (SELECT min(due_at) FROM delivery
            WHERE state = 'pending' AND due_at <= coalesce(:now, now())) AS oldest_due_at,
        (SELECT count(*) FROM delivery d WHERE state = 'pending' AND EXISTS (SELECT 1 FROM live) AND NOT EXISTS (
            SELECT 1 FROM live WHERE d.channel = ANY(live.channels) AND d.kind = ANY(live.kinds)
            AND d.payload_version = live.payload_version)) AS untakeable,
        coalesce(:now, now()) AS now
""")


async def health(*, now: datetime | None = None) -> Health:
    """Return whether there is a live worker, what has waited longest, and what nobody can take."""
    row = await _HEALTH.row(now=now, alive_seconds=ALIVE_SECONDS)
    return msgspec.convert(dict(row or {}), Health)
