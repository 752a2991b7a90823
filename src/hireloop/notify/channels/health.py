"""Whether a channel is open or held, shared by all workers: the only SQL on channel health.

A row belongs to a channel and the fingerprint of its configuration, so that an old worker's bad settings hold only
itself, and a corrected configuration starts open.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from hireloop import db
from hireloop.notify.transport import Channel

LONGEST_PAUSE_SECONDS = 60


class Availability(StrEnum):
    """What a worker may lease from a channel now."""

    OPEN = "open"  # as many as it can start
    PROBE = "probe"  # one, the first to be due for its deadline: the turn to probe is ours
    WAIT = "wait"  # none: held, and the next probe is not due or another worker's


class HeldChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that is held, why, since when, and when it is probed next."""

    channel: str
    fingerprint: str
    reason: str
    since: datetime
    next_probe_at: datetime


async def claim(channel: Channel, *, may_probe: bool = True, now: datetime | None = None) -> Availability:
    """Say what may be leased from this channel; at most one worker at a time gets `PROBE`, if it asks for it."""
    state = await db.fetch_value(
        "SELECT state FROM channel_health WHERE channel = $1 AND fingerprint = $2",
        channel.name,
        channel.fingerprint,
    )
    if state != "held":
        return Availability.OPEN
    if not may_probe:
        return Availability.WAIT
    row = await db.fetch_row(
        f"""
        UPDATE channel_health SET probes = probes + 1,
            next_probe_at = coalesce($3, now()) + make_interval(secs => {_PAUSE.format(probes="probes + 1")})
        WHERE channel = $1 AND fingerprint = $2 AND state = 'held' AND next_probe_at <= coalesce($3, now())
        RETURNING id
        """,  # noqa: S608 (an expression of our own)
        channel.name,
        channel.fingerprint,
        now,
    )
    return Availability.PROBE if row else Availability.WAIT


async def give_back(channel: Channel, *, now: datetime | None = None) -> None:
    """Undo a claim of `PROBE` for which there was nothing to probe with: the next one may come at once.

    Otherwise a channel with nothing due would pace its probes down to one a minute, and the first delivery after
    that would wait so long.
    """
    await db.fetch(
        """
        UPDATE channel_health SET probes = greatest(probes - 1, 0), next_probe_at = coalesce($3, now())
        WHERE channel = $1 AND fingerprint = $2 AND state = 'held'
        """,
        channel.name,
        channel.fingerprint,
        now,
    )


async def hold(channel: Channel, reason: str, *, now: datetime | None = None) -> bool:
    """Hold the channel, to be probed a second from now, and return whether it was open before.

    A channel that is held already keeps its `since` and its pace, and takes the newer reason.
    """
    row = await db.fetch_row(
        """
        INSERT INTO channel_health (channel, fingerprint, state, reason, since, next_probe_at)
        VALUES ($1, $2, 'held', $3, coalesce($4, now()), coalesce($4, now()) + interval '1 second')
        ON CONFLICT (channel, fingerprint) DO UPDATE SET
            state = 'held', reason = excluded.reason,
            since = CASE WHEN channel_health.state = 'held' THEN channel_health.since ELSE excluded.since END,
            probes = CASE WHEN channel_health.state = 'held' THEN channel_health.probes ELSE 0 END,
            next_probe_at = CASE WHEN channel_health.state = 'held' THEN channel_health.next_probe_at
                ELSE excluded.next_probe_at END
        RETURNING probes = 0 AND since = coalesce($4, now()) AS newly
        """,
        channel.name,
        channel.fingerprint,
        reason,
        now,
    )
    return bool(row and row["newly"])


async def open_again(channel: Channel, *, unless: str | None = None, now: datetime | None = None) -> bool:
    """Open the channel after a probe got through, and return whether it was held.

    One that is held for the reason `unless` stays held: what the probe came to shows that this lasts.
    """
    row = await db.fetch_row(
        """
        UPDATE channel_health SET state = 'open', reason = NULL, next_probe_at = NULL, probes = 0,
            since = coalesce($3, now())
        WHERE channel = $1 AND fingerprint = $2 AND state = 'held' AND reason IS DISTINCT FROM $4 RETURNING id
        """,
        channel.name,
        channel.fingerprint,
        now,
        unless,
    )
    return row is not None


async def held(channels: Sequence[Channel]) -> list[HeldChannel]:
    """Return which of these channels, as configured here, are held."""
    rows = await db.fetch(
        """
        SELECT h.channel, h.fingerprint, h.reason, h.since, h.next_probe_at FROM channel_health h
        JOIN unnest($1::text[], $2::text[]) AS ours(channel, fingerprint) USING (channel, fingerprint)
        WHERE h.state = 'held' ORDER BY h.channel
        """,
        [channel.name for channel in channels],
        [channel.fingerprint for channel in channels],
    )
    return [msgspec.convert(dict(row), HeldChannel) for row in rows]


async def take_untold(channels: Sequence[Channel], *, now: datetime | None = None) -> list[HeldChannel]:
    """Return which of these channels are held without anyone having been notified, and note that someone is now.

    In the caller's transaction. A channel that is held again within ten minutes of being told of is told of then, if
    it is still held.
    """
    rows = await db.fetch(
        """
        UPDATE channel_health h SET told_at = coalesce($3, now())
        FROM unnest($1::text[], $2::text[]) AS ours(channel, fingerprint)
        WHERE h.channel = ours.channel AND h.fingerprint = ours.fingerprint AND h.state = 'held' AND (
            h.told_at IS NULL OR h.told_at < h.since AND h.told_at <= coalesce($3, now()) - interval '10 minutes'
        )
        RETURNING h.channel, h.fingerprint, h.reason, h.since, h.next_probe_at
        """,
        [channel.name for channel in channels],
        [channel.fingerprint for channel in channels],
        now,
    )
    return [msgspec.convert(dict(row), HeldChannel) for row in rows]


# Seconds until the next probe: 1, 2, 4 … 60.
_PAUSE = f"least({LONGEST_PAUSE_SECONDS}, power(2, least({{probes}}, 10)))"
