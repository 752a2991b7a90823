"""What the workers saw last of each provider of mail: newer than a finding, it says whether that still holds."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import structs

from hireloop.notify.bounces import simulator
from hireloop.notify.channels import providers
from hireloop.notify.channels.message_routes import EMAIL
from hireloop.notify.channels.providers import Route
from hireloop.notify.diagnosis.findings import Finding, Level, of_reason
from hireloop.notify.reasons import OF_OUR_ROUTE
from hireloop.notify.transport import Channel
from hireloop.statements import Statement

FAILED = {
    Route.PRIMARY: "The last attempt to send mail failed.",
    Route.FALLBACK: "The last attempt to send mail through the fallback failed.",
}
"""What is said of a provider whose latest has a reason, before that."""

LOOK_BACK_SECONDS = 3600.0  # findings are kept no longer either


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The last that workers saw of a provider: an attempt over it, or that it was held or opened."""

    at: float  # by this process's monotonic clock
    reason: str | None  # why it accepts no mail; None: it accepted our sender
    is_past_sender: bool = False  # it accepted our sender, and refused us later than a check goes

    def contradicts(self, finding: Finding) -> bool:
        """Return whether this is newer than the finding and says otherwise."""
        found = None if self.is_past_sender else self.reason  # what the check would find
        return finding.observed_at is not None and self.at > finding.observed_at and found != finding.reason

    def outweighs(self, finding: Finding) -> bool:
        """Return whether mail is not accepted although the check found no failure: this is newer, or goes further."""
        is_fine = finding.level is not Level.FAILURE
        return is_fine and self.reason is not None and (self.is_past_sender or self.contradicts(finding))


class _Row(msgspec.Struct, frozen=True):
    route: Route
    reason: str | None
    is_past_sender: bool
    seconds_ago: float


# An attempt that says whether the server accepts our mail: it did, or refused us, or could not be reached.
_TELLS = """(
    outcome = 'sent' OR outcome <> 'rejected' AND phase IN ('connect', 'tls', 'auth', 'sender')
    OR coalesce(attempt.reason = ANY(:of_us::text[]), false)
)"""
_ATTEMPTS = """
    FROM attempt JOIN delivery ON delivery.id = attempt.delivery
    WHERE channel = :channel AND attempt.route = ours.route AND attempt.fingerprint = ours.fingerprint
      AND finished_at IS NOT NULL AND started_at > coalesce(:now, now()) - make_interval(secs => :look_back)
      AND lower(split_part(recipient, '@', -1)) <> :simulated
"""
_NEWEST = "ORDER BY started_at DESC, attempt.delivery DESC LIMIT 1"
# The latest of each provider of mail: such an attempt, or its channel's latest change, or a reply about a recipient.
# That shows that the server can be reached and accepts our sender, and nothing of a refusal of us that comes later.
_LATEST = Statement(f"""
    SELECT DISTINCT ON (ours.route) ours.route, seen.reason, seen.is_past_sender,
        extract(epoch FROM coalesce(:now, now()) - seen.at)::float8 AS seconds_ago
    FROM unnest(:routes::text[], :fingerprints::text[]) AS ours(route, fingerprint) LEFT JOIN LATERAL (
        SELECT finished_at AS at, CASE WHEN outcome <> 'sent' THEN attempt.reason END AS reason,
            outcome <> 'sent' AND phase IN ('recipient', 'data', 'reply') AS is_past_sender
        {_ATTEMPTS} AND {_TELLS} {_NEWEST}
    ) AS telling ON true, LATERAL (
        SELECT telling.at, telling.reason, telling.is_past_sender WHERE telling.at IS NOT NULL
        UNION ALL
        (
            SELECT finished_at, NULL, false {_ATTEMPTS}
              AND telling.is_past_sender IS NOT TRUE AND code IS NOT NULL AND NOT {_TELLS} {_NEWEST}
        )
        UNION ALL
        SELECT since, CASE state WHEN 'held' THEN channel_health.reason END,
            state = 'held' AND channel_health.reason = ANY(:of_us::text[])
        FROM channel_health
        WHERE channel = :channel AND channel_health.fingerprint = ours.fingerprint
    ) AS seen(at, reason, is_past_sender)
    ORDER BY ours.route, seen.at DESC
""")  # noqa: S608 (our own words)


def failure_of(check: str, route: Route, reason: str) -> Finding:
    """Return the failure of a check that this reason of the latest outweighs."""
    found = of_reason(check, reason)
    return structs.replace(found, cause=f"{FAILED[route]} {found.cause}")


async def latest(channels: Sequence[Channel], *, now: datetime | None = None) -> Mapping[Route, Latest]:
    """Return the latest of each provider of mail in the last hour; nothing of one that workers have not seen."""
    ours = [(one, route) for one in channels if one.name == EMAIL for route in providers.routes_of(one)]
    asked = time.monotonic()  # before the database reads its clock: what it answers is never newer than it was
    rows = await _LATEST.structs(
        _Row,
        channel=EMAIL,
        routes=[route.value for _, route in ours],
        fingerprints=[providers.provider(one, route).fingerprint for one, route in ours],
        of_us=sorted(OF_OUR_ROUTE),
        look_back=LOOK_BACK_SECONDS,
        simulated=simulator.DOMAIN,
        now=now,
    )
    return {
        row.route: Latest(at=asked - row.seconds_ago, reason=row.reason, is_past_sender=row.is_past_sender)
        for row in rows
    }
