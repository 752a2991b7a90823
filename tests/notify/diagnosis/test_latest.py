"""What workers saw last of each provider: the newest of an attempt and of a change of its channel."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from factories import OUTBOX
from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.channels.providers import LeaseRequest, Route, fingerprints, provider
from hireloop.notify.deliveries import leases
from hireloop.notify.diagnosis.latest import latest
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Channel, Evidence, Phase
from notify.factories import settlement
from notify.sample_messages import invitation
from sample_channels import EMAIL, WITH_FALLBACK, chat
from waiting import beside, somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC).replace(microsecond=0)
SAID: dict[str, tuple[AttemptOutcome, str | None, Evidence]] = {
    "sent": (AttemptOutcome.SENT, None, Evidence(phase=Phase.REPLY, code=250)),
    "refused": (AttemptOutcome.RETRY, "connection_refused", Evidence(phase=Phase.CONNECT)),
    "password": (AttemptOutcome.HELD, "auth_refused", Evidence(phase=Phase.AUTH, code=535)),
    "unknown": (AttemptOutcome.RETRY, "recipient_unknown", Evidence(phase=Phase.RECIPIENT, code=550)),
    "limit": (AttemptOutcome.RETRY, "sending_limit", Evidence(phase=Phase.REPLY, code=550)),
    "relay": (AttemptOutcome.RETRY, "relay_refused", Evidence(phase=Phase.RECIPIENT, code=550)),
    "utf8": (AttemptOutcome.REJECTED, "recipient_needs_smtputf8", Evidence(phase=Phase.SENDER, code=555)),
    "crashed": (AttemptOutcome.RETRY, "transport_crashed", Evidence(phase=Phase.DATA)),
    "settings": (AttemptOutcome.HELD, "no_mail_host", Evidence(phase=Phase.CONFIGURE)),
    "nothing": (AttemptOutcome.RELEASED, None, Evidence(phase=Phase.CONFIGURE)),
}


async def attempt(
    said: str,
    *,
    second: int,
    route: Route = Route.PRIMARY,
    email: str = "asha@example.com",
    channel: Channel = WITH_FALLBACK,
) -> None:
    """Let one attempt end so at this second from `NOW`."""
    at = NOW + timedelta(seconds=second)
    await OUTBOX.put([invitation(starts_at=NOW + timedelta(days=1), candidate_email=email)], now=at)
    (lease,) = await leases.take(
        "email",
        limit=1,
        worker="w",
        kinds=["invitation"],
        request=LeaseRequest(route=route),
        fingerprints=fingerprints(channel),
        now=at,
    )
    outcome, reason, evidence = SAID[said]
    state = DeliveryState.SENT if said == "sent" else DeliveryState.PENDING
    due_at = NOW + timedelta(hours=1)
    await leases.settle([settlement(lease, outcome, state, reason=reason, evidence=evidence, due_at=due_at)], now=at)


async def seen(second: int = 100) -> dict[Route, tuple[str | None, int]]:
    """Return the reason of each provider's latest, and from which second it is."""
    asked = time.monotonic()
    found = await latest([WITH_FALLBACK, chat("alert")], now=NOW + timedelta(seconds=second))
    return {route: (one.reason, second + round(one.at - asked)) for route, one in found.items()}


async def test_nothing_is_seen_before_the_first_attempt() -> None:
    assert await seen() == {}
    assert await latest([]) == {}


async def test_the_latest_attempt_that_says_something_of_the_server_counts() -> None:
    await attempt("password", second=1)
    assert await seen() == {Route.PRIMARY: ("auth_refused", 1)}
    await attempt("refused", second=2)
    assert await seen() == {Route.PRIMARY: ("connection_refused", 2)}
    for nth, one in enumerate(("crashed", "settings", "nothing")):
        await attempt(one, second=3 + nth)
    await attempt("sent", second=6, email="sent@simulated.test")
    assert await seen() == {Route.PRIMARY: ("connection_refused", 2)}
    await attempt("unknown", second=7)
    assert await seen() == {Route.PRIMARY: (None, 7)}


async def test_what_a_slow_database_answers_is_no_newer_than_it_was() -> None:
    await health.hold(provider(WITH_FALLBACK, Route.PRIMARY), "auth_refused")
    checked_at = time.monotonic()
    async with db.DB.transaction():
        await db.fetch("LOCK TABLE channel_health")
        asked = beside(latest([WITH_FALLBACK]))
        await until(somebody_waits, "the question waits for a lock")
    assert (await asked)[Route.PRIMARY].at < checked_at


@pytest.mark.parametrize(("said", "reason"), [("limit", "sending_limit"), ("relay", "relay_refused")])
async def test_a_refusal_of_us_counts_wherever_it_was_said_until_a_message_is_accepted(said: str, reason: str) -> None:
    await attempt("sent", second=1)
    await attempt(said, second=2)
    assert await seen() == {Route.PRIMARY: (reason, 2)}
    await attempt("unknown", second=3)
    assert await seen() == {Route.PRIMARY: (reason, 2)}
    await attempt("refused", second=4)
    assert await seen() == {Route.PRIMARY: ("connection_refused", 4)}
    await attempt(said, second=5)
    await attempt("sent", second=6)
    assert await seen() == {Route.PRIMARY: (None, 6)}


async def test_what_was_rejected_at_mail_is_no_failure_of_the_server() -> None:
    await attempt("utf8", second=1)
    assert await seen() == {Route.PRIMARY: (None, 1)}


async def test_each_provider_has_its_own() -> None:
    await attempt("password", second=1)
    await attempt("sent", second=2, route=Route.FALLBACK)
    assert await seen() == {Route.PRIMARY: ("auth_refused", 1), Route.FALLBACK: (None, 2)}


async def test_a_change_of_the_channel_counts_if_it_is_newer() -> None:
    await attempt("sent", second=2)
    await health.hold(EMAIL, "auth_refused", now=NOW + timedelta(seconds=1))
    assert await seen() == {Route.PRIMARY: (None, 2)}
    await health.open_again(EMAIL, now=NOW + timedelta(seconds=3))
    await health.hold(EMAIL, "certificate_invalid", now=NOW + timedelta(seconds=4))
    assert await seen() == {Route.PRIMARY: ("certificate_invalid", 4)}
    await health.open_again(EMAIL, now=NOW + timedelta(seconds=5))
    await health.hold(provider(WITH_FALLBACK, Route.FALLBACK), "tls_failed", now=NOW + timedelta(seconds=6))
    assert await seen() == {Route.PRIMARY: (None, 5), Route.FALLBACK: ("tls_failed", 6)}


async def test_somebody_elses_settings_and_what_is_long_ago_say_nothing() -> None:
    await attempt("refused", second=1, channel=structs.replace(WITH_FALLBACK, fingerprint="other"))
    assert await seen() == {}
    await health.hold(chat("x", name="email", fingerprint="other"), "auth_refused", now=NOW)
    await attempt("sent", second=1)
    assert await seen(4000) == {}
