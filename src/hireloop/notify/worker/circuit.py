"""What a try says of its channel: that our own side is broken, that it works again, or that servers refuse us."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop.notify.bounces import simulator
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.deliveries.provider_choice import BEFORE_MAIL, FROM_MAIL_ON, names
from hireloop.notify.reasons import OF_OUR_ROUTE, OF_THE_SERVER, Reason
from hireloop.notify.tables import AttemptOutcome
from hireloop.notify.transport import Channel, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.worker import address_refusals
from hireloop.notify.worker.attempts import AttemptResult
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

BLOCKING_DOMAINS = 3
REFUSING_DOMAINS = 2
_LOOK_BACK_SECONDS = 7 * 86400.0
_BLOCKS = frozenset({Reason.POLICY_BLOCK})


async def judged(channel: Channel, lease: Lease, result: AttemptResult, *, probing: bool) -> AttemptResult:
    """Return the result, its outcome replaced if the attempts or the provider's hold show more of a refusal.

    A probe that meets a refusal of us, while the provider is held for one, is `Held`: it is no try of its delivery, and
    the next probe does not wait for its pause. For other refusals see `address_refusals.judged`.
    """
    result = await address_refusals.judged(channel, lease, result, probing=probing)
    refusal = result.outcome
    if not (probing and isinstance(refusal, Retry) and refusal.reason in OF_OUR_ROUTE):
        return result
    held = await health.held([providers.provider(channel, lease.route)])
    if not any(one.reason in OF_OUR_ROUTE for one in held):
        return result
    return msgspec.structs.replace(result, outcome=Held(reason=refusal.reason, evidence=refusal.evidence))


async def after_try(channel: Channel, route: Route, outcome: Outcome | None, *, probing: bool) -> None:
    """Hold the provider when our own side is broken; open it when a probe got through to the recipient's side.

    One that is held for a refusal of us opens only if the message was accepted: what else a recipient's side says does
    not show that our account may send again. One that is held for blocks stays so if the probe is blocked.
    """
    if isinstance(outcome, Held):
        await _hold(channel, route, outcome.reason)
    elif probing and outcome is not None and _reached_recipient(outcome):
        provider = providers.provider(channel, route)
        if await health.open_again(provider, unless=_may_last(outcome)):
            log.info("channel.opened", channel=channel.name, route=route.value)


def _may_last(outcome: Outcome) -> frozenset[Reason]:
    """Return the reasons for which a provider stays held although a probe got this far."""
    if isinstance(outcome, Sent):
        return frozenset()
    is_blocked = isinstance(outcome, Retry) and outcome.reason in _BLOCKS
    return OF_OUR_ROUTE | _BLOCKS if is_blocked else OF_OUR_ROUTE


async def after_settling(channel: Channel, under_way: Mapping[UUID, Lease], settled: Iterable[Settlement]) -> None:
    """Hold the provider if it refuses us for several domains; `under_way` is by token.

    One server's policy is about its own recipients, and one domain may have its own complaint about us. The same from
    several domains, with nothing else said in between, is our own side after all: three for a block, and two for a
    refusal of our account, sender or sign-in, with no success in between.
    """
    retried = [one for one in settled if one.outcome is AttemptOutcome.RETRY and one.token in under_way]
    reasons = {under_way[one.token].route: one.reason for one in retried if one.reason in OF_OUR_ROUTE}
    for route, reason in reasons.items():
        if reason and await refusing_domains(channel, route) >= REFUSING_DOMAINS:
            await _hold(channel, route, reason)
    for route in {under_way[one.token].route for one in retried if one.reason in _BLOCKS}:
        if await blocking_domains(channel, route) >= BLOCKING_DOMAINS:
            await _hold(channel, route, Reason.POLICY_BLOCK)
    for route, reason in (await address_refusals.to_hold(channel, under_way, settled)).items():
        await _hold(channel, route, reason)


# How many domains have had one of these reasons since the last reply that ends the count, of the attempts in these
# phases by one configuration of a provider. What ends it is an acceptance or, if that is asked for, any reply with
# another reason. The domain of an erased person is not known any more.
_DOMAINS = Statement("""
    WITH reply AS NOT MATERIALIZED (
        SELECT started_at, attempt.delivery, outcome, lower(split_part(recipient, '@', -1)) AS domain,
            coalesce(outcome = 'retry' AND reason = ANY(:reasons::text[]), false) AS is_counted
        FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        WHERE channel = :channel AND route = :route AND fingerprint = :fingerprint
          AND code IS NOT NULL AND phase = ANY(:phases::text[])
          AND started_at > coalesce(:now, now()) - make_interval(secs => :look_back)
          AND (recipient LIKE '%@%' OR outcome = 'sent') AND lower(split_part(recipient, '@', -1)) <> :simulated
    ), last_end AS (
        SELECT started_at, delivery FROM reply WHERE outcome = 'sent' OR :any_other_ends AND NOT is_counted
        ORDER BY started_at DESC, delivery DESC LIMIT 1
    )
    SELECT count(DISTINCT domain) FROM reply
    WHERE is_counted AND started_at >= coalesce((SELECT started_at FROM last_end), '-infinity')
      AND (started_at, delivery) > ALL (SELECT started_at, delivery FROM last_end)
""")


async def blocking_domains(channel: Channel, route: Route, *, now: datetime | None = None) -> int:
    """Return how many recipients' domains have blocked us since one has replied anything else.

    It is read from the attempts of the last seven days by this configuration, and so it counts what all workers have
    settled.
    """
    from_recipient_on = FROM_MAIL_ON - {Phase.SENDER}
    return await _domains(channel, route, _BLOCKS, phases=from_recipient_on, any_other_ends=True, now=now)


async def refusing_domains(channel: Channel, route: Route, *, now: datetime | None = None) -> int:
    """Return for how many recipients' domains the server has refused us since it accepted a message.

    It is read as `blocking_domains` is.
    """
    phases = BEFORE_MAIL | FROM_MAIL_ON
    return await _domains(channel, route, OF_OUR_ROUTE, phases=phases, any_other_ends=False, now=now)


async def _domains(
    channel: Channel,
    route: Route,
    reasons: Collection[Reason],
    *,
    phases: Collection[Phase],
    any_other_ends: bool,
    now: datetime | None,
) -> int:
    count: int = await _DOMAINS.value(
        channel=channel.name,
        route=route.value,
        fingerprint=providers.provider(channel, route).fingerprint,
        reasons=names(reasons),
        phases=names(phases),
        any_other_ends=any_other_ends,
        look_back=_LOOK_BACK_SECONDS,
        now=now,
        simulated=simulator.DOMAIN,
    )
    return count


async def _hold(channel: Channel, route: Route, reason: str) -> None:
    if await health.hold(providers.provider(channel, route), reason):
        log.error("channel.held", channel=channel.name, route=route.value, reason=reason)


def _reached_recipient(outcome: Outcome) -> bool:
    """Return whether a probe got past everything that is ours; what we refused ourselves proves nothing.

    Over HTTP, an endpoint that is busy or broken has not looked at our address and token.
    """
    evidence = outcome.evidence
    if simulator.is_simulated(outcome):
        return False
    if isinstance(outcome, Rejected) or (isinstance(outcome, Retry) and outcome.reason in OF_THE_SERVER):
        return evidence.code is not None
    if isinstance(outcome, Retry) and outcome.reason == Reason.TRANSPORT_CRASHED:
        return False
    return isinstance(outcome, Sent) or evidence.phase in {Phase.RECIPIENT, Phase.DATA, Phase.REPLY}
