"""Refusals that may be about a channel's address or about one message: which of the two, as the attempts show.

The second one in a row over a provider, of any messages and with nothing sent in between, is about the address and
holds the provider. A message that is refused again although another one was sent since is what is wrong itself
(docs/decisions/0055-a-second-refusal-holds-the-endpoint.md).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop.notify.channels import providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.reasons import Reason
from hireloop.notify.tables import AttemptOutcome
from hireloop.notify.transport import Channel, Held, Outcome, Rejected, Retry
from hireloop.notify.transports.http_replies import ADDRESS_REASONS
from hireloop.notify.worker.attempts import AttemptResult
from hireloop.statements import Statement

_IN_A_ROW = 2
_REASONS = sorted(ADDRESS_REASONS)


# Whether the latest attempts over a provider that were sent or refused so were all refused.
_ALL_REFUSED = Statement("""
    SELECT count(*) FILTER (WHERE outcome <> 'sent') = :in_a_row FROM (
        SELECT outcome FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        WHERE channel = :channel AND route = :route AND fingerprint = :fingerprint
          AND started_at > coalesce(:now, now()) - interval '7 days'
          AND (outcome = 'sent' OR outcome IN ('retry', 'held') AND reason = ANY(:reasons::text[]))
        ORDER BY started_at DESC, attempt.delivery DESC LIMIT :in_a_row
    ) latest
""")
# Whether another delivery was sent over the provider after this one was last refused so.
_OTHERS_SENT = Statement("""
    SELECT EXISTS (
        SELECT FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        WHERE channel = :channel AND route = :route AND fingerprint = :fingerprint
          AND outcome = 'sent' AND delivery.id <> :delivery
          AND started_at > (
            SELECT max(started_at) FROM attempt
            WHERE attempt.delivery = :delivery AND route = :route AND fingerprint = :fingerprint
              AND started_at >= :since AND outcome IN ('retry', 'held') AND reason = ANY(:reasons::text[])
        )
    )
""")


async def judged(channel: Channel, lease: Lease, result: AttemptResult, *, probing: bool) -> AttemptResult:
    """Return the result, its outcome replaced if it is a refusal of which the attempts show more.

    It is `Rejected` if the message is what is wrong, and `Held` if it was a probe: the provider stays held.
    """
    refusal = result.outcome
    if not isinstance(refusal, Retry) or refusal.reason not in ADDRESS_REASONS:
        return result
    if await others_were_sent(channel, lease):
        outcome: Outcome = Rejected(reason=Reason.MESSAGE_REFUSED, evidence=refusal.evidence)
    elif probing:
        outcome = Held(reason=refusal.reason, evidence=refusal.evidence)
    else:
        return result
    return msgspec.structs.replace(result, outcome=outcome)


async def others_were_sent(channel: Channel, lease: Lease) -> bool:
    """Return whether another delivery was sent by the lease's route since this one was last refused so."""
    return bool(
        await _OTHERS_SENT.value(
            channel=channel.name,
            route=lease.route.value,
            fingerprint=providers.provider(channel, lease.route).fingerprint,
            delivery=lease.id,
            since=lease.first_due_at,
            reasons=_REASONS,
        )
    )


async def to_hold(
    channel: Channel, under_way: Mapping[UUID, Lease], settled: Iterable[Settlement], *, now: datetime | None = None
) -> Mapping[Route, str]:
    """Return the routes to hold after these attempts were settled, and why; `under_way` is by token.

    It is read from the attempts, and so it counts what all workers have settled.
    """
    refused = {
        under_way[one.token].route: one.reason
        for one in settled
        if one.token in under_way and one.outcome is AttemptOutcome.RETRY and one.reason in ADDRESS_REASONS
    }
    return {route: reason for route, reason in refused.items() if reason and await _all_refused(channel, route, now)}


async def _all_refused(channel: Channel, route: Route, now: datetime | None) -> bool:
    return bool(
        await _ALL_REFUSED.value(
            channel=channel.name,
            route=route.value,
            fingerprint=providers.provider(channel, route).fingerprint,
            reasons=_REASONS,
            in_a_row=_IN_A_ROW,
            now=now,
        )
    )
