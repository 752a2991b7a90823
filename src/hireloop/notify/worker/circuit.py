"""What a try says of its channel: that our own side is broken, that it works again, or that servers refuse us."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from hireloop.notify.bounces import simulator
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.deliveries.turns import BEFORE_MAIL, FROM_MAIL_ON, names
from hireloop.notify.reasons import OF_OUR_ROUTE, Reason
from hireloop.notify.tables import AttemptOutcome
from hireloop.notify.transport import Channel, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.worker import address_refusals
from hireloop.statements import Statement
from hireloop.telemetry.logs import log

BLOCKING_DOMAINS = 3
REFUSING_DOMAINS = 2
_LOOK_BACK = 50  # tries
_BLOCKS = frozenset({Reason.POLICY_BLOCK})


async def after_try(channel: Channel, route: Route, outcome: Outcome | None, *, probing: bool) -> None:
    """Hold the provider when our own side is broken; open it when a probe got through to the recipient's side.

    A probe that meets a block or a refusal of us shows that a hold for such a reason lasts.
    """
    if isinstance(outcome, Held):
        await _hold(channel, route, outcome.reason)
    elif probing and outcome is not None and _reached_recipient(outcome):
        provider = providers.provider(channel, route)
        if await health.open_again(provider, unless=_shown_to_last(outcome)):
            log.info("channel.opened", channel=channel.name, route=route.value)


def _shown_to_last(outcome: Outcome) -> frozenset[Reason]:
    """Return the reasons for which a provider stays held although a probe got this far."""
    reason = outcome.reason if isinstance(outcome, Retry) else None
    return next((alike for alike in (_BLOCKS, OF_OUR_ROUTE) if reason in alike), frozenset())


async def after_settling(channel: Channel, under_way: Mapping[UUID, Lease], settled: Iterable[Settlement]) -> None:
    """Hold the provider if it refuses us for several domains; `under_way` is by token.

    One server's policy is about its own recipients, and one domain may have its own complaint about us. The same from
    several domains, with nothing else said in between, is our own side after all: three for a block, and two for a
    refusal of our account, sender or sign-in, with no success in between.
    """
    retried = [one for one in settled if one.outcome is AttemptOutcome.RETRY and one.token in under_way]
    reasons = {under_way[one.token].route: one.reason for one in retried if one.reason in OF_OUR_ROUTE}
    for route, reason in reasons.items():
        if reason and await refusing_domains(channel.name, route) >= REFUSING_DOMAINS:
            await _hold(channel, route, reason)
    for route in {under_way[one.token].route for one in retried if one.reason in _BLOCKS}:
        if await blocking_domains(channel.name, route) >= BLOCKING_DOMAINS:
            await _hold(channel, route, Reason.POLICY_BLOCK)
    for route, reason in (await address_refusals.to_hold(channel.name, under_way, settled)).items():
        await _hold(channel, route, reason)


# Of the latest tries that got a reply in these phases: how many domains have had one of these reasons since the last
# reply that ends the count. That is an acceptance or, if that is asked for, any reply with another reason. The domain
# of an erased person is not known any more.
_DOMAINS = Statement("""
    WITH latest AS (
        SELECT outcome, outcome = 'retry' AND reason = ANY(:reasons::text[]) AS is_counted,
            lower(split_part(recipient, '@', -1)) AS domain,
            row_number() OVER (ORDER BY started_at DESC, attempt.delivery DESC) AS nth
        FROM attempt JOIN delivery ON delivery.id = attempt.delivery
        WHERE channel = :channel AND route = :route AND code IS NOT NULL AND phase = ANY(:phases::text[])
          AND (recipient LIKE '%@%' OR outcome = 'sent') AND lower(split_part(recipient, '@', -1)) <> :simulated
        ORDER BY started_at DESC, attempt.delivery DESC LIMIT :look_back
    )
    SELECT count(DISTINCT domain) FROM latest
    WHERE is_counted AND nth < ALL (
        SELECT nth FROM latest WHERE outcome = 'sent' OR :any_other_ends AND is_counted IS NOT TRUE
    )
""")


async def blocking_domains(channel: str, route: Route) -> int:
    """Return how many recipients' domains have blocked us since one has replied anything else.

    It is read from the attempts, and so it counts what all workers have settled.
    """
    from_recipient_on = FROM_MAIL_ON - {Phase.SENDER}
    return await _domains(channel, route, _BLOCKS, phases=from_recipient_on, any_other_ends=True)


async def refusing_domains(channel: str, route: Route) -> int:
    """Return for how many recipients' domains the server has refused us since it accepted a message; of all workers."""
    return await _domains(channel, route, OF_OUR_ROUTE, phases=BEFORE_MAIL | FROM_MAIL_ON, any_other_ends=False)


async def _domains(
    channel: str, route: Route, reasons: Collection[Reason], *, phases: Collection[Phase], any_other_ends: bool
) -> int:
    count: int = await _DOMAINS.value(
        channel=channel,
        route=route.value,
        reasons=names(reasons),
        phases=names(phases),
        any_other_ends=any_other_ends,
        look_back=_LOOK_BACK,
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
    if isinstance(outcome, Rejected):
        return evidence.code is not None
    if isinstance(outcome, Retry) and outcome.reason == Reason.TRANSPORT_CRASHED:
        return False
    return isinstance(outcome, Sent) or evidence.phase in {Phase.RECIPIENT, Phase.DATA, Phase.REPLY}
