"""What the workers saw last of each provider of mail: newer than a finding, it says whether that still holds."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from hireloop.notify.bounces import simulator
from hireloop.notify.channels import providers
from hireloop.notify.channels.message_routes import EMAIL
from hireloop.notify.channels.providers import Route
from hireloop.notify.diagnosis.findings import Finding
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

LOOK_BACK_SECONDS = 3600.0  # findings are kept no longer either


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The last that workers saw of a provider: an attempt over it, or that it was held or opened."""

    at: float  # by this process's monotonic clock
    reason: str | None  # why it accepts no mail; None: it accepted our sender

    def contradicts(self, finding: Finding) -> bool:
        """Return whether this is newer than the finding and says otherwise."""
        return finding.observed_at is not None and self.at > finding.observed_at and self.reason != finding.reason


class _Row(msgspec.Struct, frozen=True):
    route: Route
    reason: str | None
    seconds_ago: float


# The latest attempt of each provider of mail that says whether it accepts our mail, or its channel's latest change.
_LATEST = Statement("""
    SELECT DISTINCT ON (route) route, reason, extract(epoch FROM coalesce(:now, now()) - at)::float8 AS seconds_ago
    FROM unnest(:routes::text[], :fingerprints::text[]) AS ours(route, fingerprint), LATERAL (
        (
            SELECT finished_at AS at,
                CASE WHEN phase IN ('connect', 'tls', 'auth', 'sender') THEN attempt.reason END AS reason
            FROM attempt JOIN delivery ON delivery.id = attempt.delivery
            WHERE channel = :channel AND attempt.route = ours.route AND attempt.fingerprint = ours.fingerprint
              AND finished_at IS NOT NULL
              AND started_at > coalesce(:now, now()) - make_interval(secs => :look_back)
              AND (phase IN ('connect', 'tls', 'auth', 'sender') OR code IS NOT NULL)
              AND lower(split_part(recipient, '@', -1)) <> :simulated
            ORDER BY started_at DESC, attempt.delivery DESC LIMIT 1
        )
        UNION ALL
        SELECT since, CASE state WHEN 'held' THEN channel_health.reason END FROM channel_health
        WHERE channel = :channel AND channel_health.fingerprint = ours.fingerprint
    ) seen
    ORDER BY route, at DESC
""")


async def latest(channels: Sequence[Channel], *, now: datetime | None = None) -> Mapping[Route, Latest]:
    """Return the latest of each provider of mail in the last hour; nothing of one that workers have not seen."""
    ours = [(one, route) for one in channels if one.name == EMAIL for route in providers.routes_of(one)]
    rows = await _LATEST.structs(
        _Row,
        channel=EMAIL,
        routes=[route.value for _, route in ours],
        fingerprints=[providers.provider(one, route).fingerprint for one, route in ours],
        look_back=LOOK_BACK_SECONDS,
        simulated=simulator.DOMAIN,
        now=now,
    )
    asked = time.monotonic()
    return {row.route: Latest(at=asked - row.seconds_ago, reason=row.reason) for row in rows}
