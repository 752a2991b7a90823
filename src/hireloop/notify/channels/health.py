"""Whether a channel is open or held, shared by all workers: the only SQL on channel health.

A row belongs to a channel and the fingerprint of its configuration, so that an old worker's bad settings hold only
itself, and a corrected configuration starts open.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from piccolo.columns.combination import And

from hireloop import db
from hireloop.notify.tables import ChannelHealth
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

LONGEST_PAUSE_SECONDS = 60


# A channel is held, and whether it is newly so.
_HOLD = Statement("""
    INSERT INTO channel_health (channel, fingerprint, state, reason, since, next_probe_at)
    VALUES (:channel, :fingerprint, 'held', :reason, coalesce(:now, now()), coalesce(:now, now()) + interval '1 second')
    ON CONFLICT (channel, fingerprint) DO UPDATE SET
        state = 'held', reason = excluded.reason,
        since = CASE WHEN channel_health.state = 'held' THEN channel_health.since ELSE excluded.since END,
        probes = CASE WHEN channel_health.state = 'held' THEN channel_health.probes ELSE 0 END,
        next_probe_at = CASE WHEN channel_health.state = 'held' THEN channel_health.next_probe_at
            ELSE excluded.next_probe_at END
    RETURNING probes = 0 AND since = coalesce(:now, now()) AS newly
""")
# Which channels, as configured here, are held.
_HELD = Statement("""
    SELECT h.channel, h.fingerprint, h.reason, h.since, h.next_probe_at FROM channel_health h
    JOIN unnest(:channels::text[], :fingerprints::text[]) AS ours(channel, fingerprint) USING (channel, fingerprint)
    WHERE h.state = 'held' ORDER BY h.channel
""")
# Those of them that nobody has been alerted to; now somebody is.
_TAKE_UNREPORTED = Statement("""
    UPDATE channel_health h SET alerted_at = coalesce(:now, now())
    FROM unnest(:channels::text[], :fingerprints::text[]) AS ours(channel, fingerprint)
    WHERE h.channel = ours.channel AND h.fingerprint = ours.fingerprint AND h.state = 'held' AND (
        h.alerted_at IS NULL OR h.alerted_at < h.since AND h.alerted_at <= coalesce(:now, now()) - interval '10 minutes'
    )
    RETURNING h.channel, h.fingerprint, h.reason, h.since, h.next_probe_at
""")


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
    row = await ChannelHealth.select(ChannelHealth.probes).where(_is_held(channel)).first()
    if row is None:
        return Availability.OPEN
    if not may_probe:
        return Availability.WAIT
    probes: int = row["probes"]
    pause = timedelta(seconds=min(2 ** min(probes + 1, 10), LONGEST_PAUSE_SECONDS))
    ours = await (
        ChannelHealth.update(
            {ChannelHealth.probes: probes + 1, ChannelHealth.next_probe_at: db.sql_now(now, offset=pause)}
        )
        .where(_is_held(channel), ChannelHealth.probes == probes, ChannelHealth.next_probe_at <= db.sql_now(now))
        .returning(ChannelHealth.id)
    )
    return Availability.PROBE if ours else Availability.WAIT


def _is_held(channel: Channel) -> And:
    return (
        (ChannelHealth.channel == channel.name)
        & (ChannelHealth.fingerprint == channel.fingerprint)
        & (ChannelHealth.state == "held")
    )


async def give_back(channel: Channel, *, now: datetime | None = None) -> None:
    """Undo a claim of `PROBE` for which there was nothing to probe with: the next one may come at once.

    Otherwise a channel with nothing due would slow its probes down to one a minute, and the first delivery after
    that would wait so long.
    """
    await ChannelHealth.update(
        {ChannelHealth.probes: ChannelHealth.probes - 1, ChannelHealth.next_probe_at: db.sql_now(now)}
    ).where(_is_held(channel), ChannelHealth.probes > 0)  # 0: it was opened and held again meanwhile


async def hold(channel: Channel, reason: str, *, now: datetime | None = None) -> bool:
    """Hold the channel, to be probed a second from now, and return whether it was open before.

    A channel that is held already keeps its `since` and its probes, and takes the newer reason.
    """
    row = await _HOLD.row(channel=channel.name, fingerprint=channel.fingerprint, reason=reason, now=now)
    return bool(row and row["newly"])


async def open_again(channel: Channel, *, unless: frozenset[str] = frozenset(), now: datetime | None = None) -> bool:
    """Open the channel after a probe got through, and return whether it was held.

    One that is held for one of the reasons `unless` stays held: the probe's result shows that this lasts.
    """
    not_for = [ChannelHealth.reason.not_in(sorted(unless))] if unless else []
    opened = await (
        ChannelHealth.update(
            {
                ChannelHealth.state: "open",
                ChannelHealth.reason: None,
                ChannelHealth.next_probe_at: None,
                ChannelHealth.probes: 0,
                ChannelHealth.since: db.sql_now(now),
            }
        )
        .where(_is_held(channel), *not_for)
        .returning(ChannelHealth.id)
    )
    return bool(opened)


def fingerprints_of(channels: Sequence[Channel]) -> list[str]:
    """Return what channels are held by: a hold of a configuration that is no more says nothing."""
    return [channel.fingerprint for channel in channels]


async def held(channels: Sequence[Channel]) -> list[HeldChannel]:
    """Return which of these channels, as configured here, are held."""
    return await _HELD.structs(
        HeldChannel,
        channels=[channel.name for channel in channels],
        fingerprints=fingerprints_of(channels),
    )


async def take_unreported(channels: Sequence[Channel], *, now: datetime | None = None) -> list[HeldChannel]:
    """Return which of these channels are held without anyone having been notified, and note that someone is now.

    In the caller's transaction. A channel that is held again within ten minutes of being told of is told of then, if
    it is still held.
    """
    return await _TAKE_UNREPORTED.structs(
        HeldChannel,
        channels=[channel.name for channel in channels],
        fingerprints=fingerprints_of(channels),
        now=now,
    )
