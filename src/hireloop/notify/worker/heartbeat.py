"""The workers' signs of life: who could send what, and when they were last seen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db
from hireloop.notify.messages import PAYLOAD_VERSION

ALIVE_SECONDS = 20


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether deliveries are being taken care of."""

    live_workers: int
    oldest_due_at: datetime | None  # of what is pending and due
    untakeable: int  # pending rows whose channel, kind or payload version no live worker knows
    base_urls: list[str]  # where the links of the live workers lead
    now: datetime


async def sign(
    worker_id: UUID,
    name: str,
    *,
    channels: Sequence[str],
    kinds: Sequence[str],
    base_url: str,
    now: datetime | None = None,
) -> None:
    """Say that this worker lives, what it knows, and where its links lead; forget workers not seen for a day."""
    await db.fetch(
        """
        WITH forgotten AS (DELETE FROM worker WHERE seen_at < coalesce($7, now()) - interval '1 day')
        INSERT INTO worker (id, name, channels, kinds, payload_version, base_url, started_at, seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, now()), coalesce($7, now()))
        ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at
        """,
        worker_id,
        name,
        list(channels),
        list(kinds),
        PAYLOAD_VERSION,
        base_url,
        now,
    )


async def sign_off(worker_id: UUID) -> None:
    """Say that this worker has stopped."""
    await db.fetch("DELETE FROM worker WHERE id = $1", worker_id)


async def health(*, now: datetime | None = None) -> Health:
    """Return whether there is a live worker, what has waited longest, and what nobody can take."""
    row = await db.fetch_row(
        """
        WITH live AS (
            SELECT * FROM worker WHERE seen_at > coalesce($1, now()) - make_interval(secs => $2)
        )
        SELECT (SELECT count(*) FROM live) AS live_workers,
            ARRAY(SELECT DISTINCT base_url FROM live ORDER BY base_url) AS base_urls,
            (SELECT min(due_at) FROM delivery
                WHERE state = 'pending' AND due_at <= coalesce($1, now())) AS oldest_due_at,
            (SELECT count(*) FROM delivery d WHERE state = 'pending' AND EXISTS (SELECT 1 FROM live) AND NOT EXISTS (
                SELECT 1 FROM live WHERE d.channel = ANY(live.channels) AND d.kind = ANY(live.kinds)
                AND d.payload_version = live.payload_version)) AS untakeable,
            coalesce($1, now()) AS now
        """,
        now,
        ALIVE_SECONDS,
    )
    return msgspec.convert(dict(row or {}), Health)
