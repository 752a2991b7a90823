"""What a try says of its channel: that our own side is broken, that it works again, or that everybody blocks us."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from hireloop.notify.bounces import simulator
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.reasons import Reason
from hireloop.notify.transport import Channel, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.worker import address_refusals
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

BLOCKING_DOMAINS = 3
_LOOK_BACK = 50  # tries


async def after_try(channel: Channel, route: Route, outcome: Outcome | None, *, probing: bool) -> None:
    """Hold the provider when our own side is broken; open it when a probe got through to the recipient's side."""
    if isinstance(outcome, Held):
        await _hold(channel, route, outcome.reason)
    elif probing and outcome is not None and _reached_recipient(outcome):
        blocked = isinstance(outcome, Retry) and outcome.reason == Reason.POLICY_BLOCK
        provider = providers.provider(channel, route)
        if await health.open_again(provider, unless=Reason.POLICY_BLOCK if blocked else None):
            log.info("channel.opened", channel=channel.name, route=route.value)


async def after_settling(channel: Channel, under_way: Mapping[UUID, Lease], settled: Iterable[Settlement]) -> None:
    """Hold the provider if servers of several domains have blocked us in a row; `under_way` is by token.

    One server's policy is about its own recipients. The same reply from several domains, with nothing else said in
    between, is about our address or our sender, and so it is our own side after all.
    """
    blocked = {
        under_way[settlement.token].route
        for settlement in settled
        if settlement.reason == Reason.POLICY_BLOCK and settlement.token in under_way
    }
    for route in blocked:
        if await blocking_domains(channel.name, route) >= BLOCKING_DOMAINS:
            await _hold(channel, route, Reason.POLICY_BLOCK)
    for route, reason in (await address_refusals.to_hold(channel.name, under_way, settled)).items():
        await _hold(channel, route, reason)


# Of the latest tries that the recipients' side replied to, how many domains have blocked us since the last other reply.
_BLOCKING = Statement("""
    WITH latest AS (
        SELECT reason = :block AS is_block, lower(split_part(recipient, '@', -1)) AS domain,
            row_number() OVER (ORDER BY started_at DESC, attempt.delivery DESC) AS nth
        FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        WHERE channel = :channel AND route = :route AND code IS NOT NULL AND phase IN ('recipient', 'data', 'reply')
          AND lower(split_part(recipient, '@', -1)) <> :simulated
        ORDER BY started_at DESC, attempt.delivery DESC LIMIT :look_back
    )
    SELECT count(DISTINCT domain) FROM latest
    WHERE is_block AND nth < ALL (SELECT nth FROM latest WHERE is_block IS NOT TRUE)
""")


async def blocking_domains(channel: str, route: Route) -> int:
    """Return how many recipients' domains have blocked us since one has replied anything else.

    It is read from the attempts, and so it counts what all workers have settled.
    """
    count: int = await _BLOCKING.value(
        channel=channel, route=route.value, block=Reason.POLICY_BLOCK, look_back=_LOOK_BACK, simulated=simulator.DOMAIN
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
    if isinstance(outcome, Rejected):
        return evidence.code is not None
    if isinstance(outcome, Retry) and outcome.reason == Reason.TRANSPORT_CRASHED:
        return False
    return isinstance(outcome, Sent) or evidence.phase in {Phase.RECIPIENT, Phase.DATA, Phase.REPLY}
