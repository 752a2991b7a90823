"""Whether a channel is open or held, shared by all workers: the only SQL on channel health.

A row belongs to a channel and the fingerprint of its configuration, so that an old worker's bad settings hold only
itself, and a corrected configuration starts open.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from hireloop.notify.tables import ChannelHealth
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

LONGEST_PAUSE_SECONDS = 60


# Seconds until the next probe: 1, 2, 4 … 60.
_PAUSE = f"least({LONGEST_PAUSE_SECONDS}, power(2, least(probes + 1, 10)))"
# Of a held channel, the turn to probe, if the next probe is due.
_PROBE = Statement(f"""
    UPDATE channel_health SET probes = probes + 1,
        next_probe_at = coalesce(:now, now()) + make_interval(secs => {_PAUSE})
    WHERE channel = :channel AND fingerprint = :fingerprint AND state = 'held'
      AND next_probe_at <= coalesce(:now, now())
    RETURNING id
""")  # noqa: S608 (an expression of our own)
# The turn to probe is nobody's again, at once.
_GIVE_BACK = Statement("""
    UPDATE channel_health SET probes = greatest(probes - 1, 0), next_probe_at = coalesce(:now, now())
    WHERE channel = :channel AND fingerprint = :fingerprint AND state = 'held'
""")
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
# A held channel is open again.
_OPEN = Statement("""
    UPDATE channel_health SET state = 'open', reason = NULL, next_probe_at = NULL, probes = 0,
        since = coalesce(:now, now())
    WHERE channel = :channel AND fingerprint = :fingerprint AND state = 'held'
      AND reason IS DISTINCT FROM :unless
    RETURNING id
""")
# Which channels, as configured here, are held.
_HELD = Statement("""
    SELECT h.channel, h.fingerprint, h.reason, h.since, h.next_probe_at FROM channel_health h
    JOIN unnest(:channels::text[], :fingerprints::text[]) AS ours(channel, fingerprint) USING (channel, fingerprint)
    WHERE h.state = 'held' ORDER BY h.channel
""")
# Those of them that nobody has been alerted to; now somebody is.
_TAKE_UNREPORTED = Statement("""
    UPDATE channel_health h SET told_at = coalesce(:now, now())
    FROM unnest(:channels::text[], :fingerprints::text[]) AS ours(channel, fingerprint)
    WHERE h.channel = ours.channel AND h.fingerprint = ours.fingerprint AND h.state = 'held' AND (
        h.told_at IS NULL OR h.told_at < h.since AND h.told_at <= coalesce(:now, now()) - interval '10 minutes'
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
    row = await (
        ChannelHealth.select(ChannelHealth.state)
        .where(ChannelHealth.channel == channel.name, ChannelHealth.fingerprint == channel.fingerprint)
        .first()
    )
    if row is None or row["state"] != "held":
        return Availability.OPEN
    if not may_probe:
        return Availability.WAIT
    ours = await _PROBE.row(channel=channel.name, fingerprint=channel.fingerprint, now=now)
    return Availability.PROBE if ours else Availability.WAIT


async def give_back(channel: Channel, *, now: datetime | None = None) -> None:
    """Undo a claim of `PROBE` for which there was nothing to probe with: the next one may come at once.

    Otherwise a channel with nothing due would slow its probes down to one a minute, and the first delivery after
    that would wait so long.
    """
    await _GIVE_BACK.run(channel=channel.name, fingerprint=channel.fingerprint, now=now)


async def hold(channel: Channel, reason: str, *, now: datetime | None = None) -> bool:
    """Hold the channel, to be probed a second from now, and return whether it was open before.

    A channel that is held already keeps its `since` and its probes, and takes the newer reason.
    """
    row = await _HOLD.row(channel=channel.name, fingerprint=channel.fingerprint, reason=reason, now=now)
    return bool(row and row["newly"])


async def open_again(channel: Channel, *, unless: str | None = None, now: datetime | None = None) -> bool:
    """Open the channel after a probe got through, and return whether it was held.

    One that is held for the reason `unless` stays held: the probe's result shows that this lasts.
    """
    row = await _OPEN.row(channel=channel.name, fingerprint=channel.fingerprint, unless=unless, now=now)
    return row is not None


async def held(channels: Sequence[Channel]) -> list[HeldChannel]:
    """Return which of these channels, as configured here, are held."""
    return await _HELD.structs(
        HeldChannel,
        channels=[channel.name for channel in channels],
        fingerprints=[channel.fingerprint for channel in channels],
    )


async def take_unreported(channels: Sequence[Channel], *, now: datetime | None = None) -> list[HeldChannel]:
    """Return which of these channels are held without anyone having been notified, and note that someone is now.

    In the caller's transaction. A channel that is held again within ten minutes of being told of is told of then, if
    it is still held.
    """
    return await _TAKE_UNREPORTED.structs(
        HeldChannel,
        channels=[channel.name for channel in channels],
        fingerprints=[channel.fingerprint for channel in channels],
        now=now,
    )
