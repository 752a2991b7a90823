"""Blocks, and refusals of us, by several recipients' domains are our own side's fault; one domain's are its own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from factories import OUTBOX
from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.channels.providers import LeaseRequest, Route, fingerprints, provider
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.reasons import OF_OUR_ROUTE
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Channel, Evidence, Held, Outcome, Phase, Rejected, Retry, Sent
from hireloop.notify.worker import attempts, circuit
from hireloop.notify.worker.attempts import AttemptResult
from notify.factories import settlement
from notify.sample_messages import invitation
from sample_channels import EMAIL, WITH_FALLBACK

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC).replace(microsecond=0)
FALLBACK = provider(WITH_FALLBACK, Route.FALLBACK)
REFUSED = Evidence(phase=Phase.RECIPIENT, code=550, enhanced_code="5.7.1")
BLOCKED = Retry(reason="policy_block", evidence=REFUSED)
DEFERRED = Evidence(phase=Phase.RECIPIENT, code=450, enhanced_code="4.2.0")
AFTER_DATA = Evidence(phase=Phase.REPLY, code=554)
ACCEPTED = Evidence(phase=Phase.REPLY, code=250)
OF_SENDER = Evidence(phase=Phase.SENDER, code=451)
SAID: dict[str, tuple[AttemptOutcome, DeliveryState, str | None, Evidence]] = {
    "block": (AttemptOutcome.RETRY, DeliveryState.PENDING, "policy_block", REFUSED),
    "refusal": (AttemptOutcome.RETRY, DeliveryState.PENDING, "auth_required", REFUSED),
    "sender": (AttemptOutcome.RETRY, DeliveryState.PENDING, "sender_refused", OF_SENDER),
    "sent": (AttemptOutcome.SENT, DeliveryState.SENT, None, ACCEPTED),
    "unknown": (AttemptOutcome.REJECTED, DeliveryState.REJECTED, "recipient_unknown", REFUSED),
    "full": (AttemptOutcome.REJECTED, DeliveryState.REJECTED, "mailbox_full", REFUSED),
    "greylisted": (AttemptOutcome.RETRY, DeliveryState.PENDING, "recipient_deferred", REFUSED),
    "silence": (AttemptOutcome.RETRY, DeliveryState.PENDING, "connection_refused", Evidence(phase=Phase.CONNECT)),
}


CORRECTED = structs.replace(WITH_FALLBACK, fingerprint="corrected")


async def _try(
    address: str, said: str, *, route: Route = Route.PRIMARY, channel: Channel = WITH_FALLBACK
) -> tuple[Lease, Settlement]:
    """Put, lease and settle one invitation to this address, which comes to `said`."""
    await OUTBOX.put([invitation(starts_at=NOW + timedelta(days=1), candidate_email=address)], now=NOW)
    (lease,) = await leases.take(
        "email",
        limit=1,
        worker="w",
        kinds=["invitation"],
        request=LeaseRequest(route=route),
        fingerprints=fingerprints(channel),
        now=NOW + timedelta(seconds=1),
    )
    outcome, state, reason, evidence = SAID[said]
    settled = settlement(lease, outcome, state, reason=reason, evidence=evidence, due_at=NOW + timedelta(hours=1))
    await leases.settle([settled])
    return lease, settled


async def _held_after(
    *tries: tuple[str, str], route: Route = Route.PRIMARY, channel: Channel = WITH_FALLBACK
) -> list[str]:
    """Return the fingerprints that are held once these tries have been settled, each by itself."""
    for address, said in tries:
        lease, settled = await _try(address, said, route=route, channel=channel)
        await circuit.after_settling(channel, {lease.token: lease}, [settled])
    return [held.fingerprint for held in await health.held([WITH_FALLBACK, FALLBACK, CORRECTED])]


async def test_three_domains_that_block_us_in_a_row_hold_the_channel() -> None:
    assert await _held_after(("a@one.example", "block"), ("b@two.example", "block")) == []
    assert await _held_after(("c@three.example", "block")) == [WITH_FALLBACK.fingerprint]
    (held,) = await health.held([WITH_FALLBACK])
    assert held.reason == "policy_block"


@pytest.mark.parametrize(
    "tries",
    [
        [(f"{n}@one.example", "block") for n in range(5)],
        [("a@one.example", "block"), ("b@two.example", "block"), ("c@ONE.example", "block")],
        [(f"a@{n}.example", said) for n, said in enumerate(["block", "block", "sent", "block", "block"])],
        [(f"a@{n}.example", said) for n, said in enumerate(["block", "block", "unknown", "block", "block"])],
    ],
)
async def test_one_domains_policy_and_blocks_with_another_answer_in_between_hold_nothing(
    tries: list[tuple[str, str]],
) -> None:
    assert await _held_after(*tries) == []


async def test_a_try_that_no_recipients_server_answered_says_nothing_either_way() -> None:
    said = ["block", "silence", "block", "silence", "block"]
    assert await _held_after(*((f"a@{n}.example", one) for n, one in enumerate(said))) == [WITH_FALLBACK.fingerprint]


async def test_blocks_of_one_route_hold_that_route_only() -> None:
    await _held_after(("a@one.example", "block"), ("b@two.example", "block"))
    fallback = [(f"a@{n}.example", "block") for n in range(3)]
    assert await _held_after(*fallback, route=Route.FALLBACK) == [FALLBACK.fingerprint]


async def test_blocks_that_are_settled_together_count_together() -> None:
    tried = [await _try(f"a@{n}.example", "block") for n in range(3)]
    await circuit.after_settling(EMAIL, {lease.token: lease for lease, _ in tried}, [settled for _, settled in tried])
    assert len(await health.held([EMAIL])) == 1


async def test_a_second_domain_for_which_the_server_refuses_us_holds_the_channel_with_its_reason() -> None:
    assert await _held_after(("a@one.example", "refusal"), ("b@one.example", "refusal")) == []
    assert await _held_after(("c@two.example", "sender")) == [WITH_FALLBACK.fingerprint]
    (held,) = await health.held([WITH_FALLBACK])
    assert held.reason == "sender_refused"


@pytest.mark.parametrize(
    "tries",
    [
        pytest.param([(f"{n}@one.example", "refusal") for n in range(5)], id="one domain alone"),
        pytest.param([("a@one.example", "refusal"), ("a@ONE.example", "sender")], id="one domain, written differently"),
        pytest.param(
            [("a@one.example", "refusal"), ("b@three.example", "sent"), ("c@two.example", "refusal")],
            id="a success in between",
        ),
        pytest.param([(f"a@{n}.example", "unknown") for n in range(4)], id="typos"),
        pytest.param(
            [(f"a@{n}.example", said) for n, said in enumerate(["unknown", "full", "unknown"])], id="mailboxes"
        ),
        pytest.param([("a@one.example", "refusal"), ("b@two.example", "unknown")], id="a typo at the second domain"),
        pytest.param([("a@one.example", "refusal"), ("b@two.example", "block")], id="a block by the second domain"),
        pytest.param([("a@one.example", "refusal"), ("a@simulated.test", "refusal")], id="a simulated recipient"),
    ],
)
async def test_what_is_no_second_domain_that_refuses_us_in_a_row_holds_nothing(tries: list[tuple[str, str]]) -> None:
    assert await _held_after(*tries) == []


@pytest.mark.parametrize("between", ["unknown", "full", "greylisted", "block", "silence"])
async def test_only_a_success_clears_the_suspicion(between: str) -> None:
    tries = [("a@one.example", "refusal"), ("b@three.example", between), ("c@two.example", "refusal")]
    assert await _held_after(*tries) == [WITH_FALLBACK.fingerprint]


async def test_refusals_by_one_route_hold_that_route_only() -> None:
    await _held_after(("a@one.example", "refusal"))
    fallback = [(f"a@{n}.example", "refusal") for n in range(2)]
    assert await _held_after(*fallback, route=Route.FALLBACK) == [FALLBACK.fingerprint]


async def test_an_attempt_without_a_fingerprint_counts_for_nobody() -> None:
    await _held_after(("a@one.example", "refusal"))
    await db.fetch("UPDATE attempt SET fingerprint = NULL")
    assert await _held_after(("b@two.example", "refusal")) == []


@pytest.mark.parametrize(("said", "domains"), [("refusal", 2), ("block", 3)])
async def test_what_was_said_to_another_configuration_does_not_count_for_a_corrected_one(
    said: str, domains: int
) -> None:
    tries = [(f"a@{n}.example", said) for n in range(domains)]
    assert await _held_after(*tries) == [WITH_FALLBACK.fingerprint]
    assert CORRECTED.fingerprint not in await _held_after(*tries[1:], channel=CORRECTED)
    assert CORRECTED.fingerprint in await _held_after(tries[0], channel=CORRECTED)


async def _tried_at_once(addresses: Iterable[str], said: str) -> None:
    """Let one attempt for each address come to `said`, and nobody look at what that means for the channel."""
    messages = [invitation(starts_at=NOW + timedelta(days=1), candidate_email=address) for address in addresses]
    await OUTBOX.put(messages, now=NOW)
    at, ours = NOW + timedelta(seconds=1), fingerprints(WITH_FALLBACK)
    taken = await leases.take("email", limit=100, worker="w", kinds=["invitation"], fingerprints=ours, now=at)
    outcome, state, reason, evidence = SAID[said]
    facts = {"reason": reason, "evidence": evidence, "due_at": NOW + timedelta(hours=1)}
    await leases.settle([settlement(lease, outcome, state, **facts) for lease in taken])


async def test_however_many_typos_come_between_two_refusals_the_first_still_counts() -> None:
    await _held_after(("a@one.example", "refusal"))
    await _tried_at_once((f"a@{n}.example" for n in range(60)), "unknown")
    assert await _held_after(("b@two.example", "refusal")) == [WITH_FALLBACK.fingerprint]


async def test_however_often_one_domain_blocks_us_the_others_before_it_still_count() -> None:
    await _held_after(("a@one.example", "block"))
    await _tried_at_once((f"a{n}@two.example" for n in range(60)), "block")
    assert await _held_after(("b@three.example", "block")) == [WITH_FALLBACK.fingerprint]


async def test_what_is_a_week_old_counts_no_more() -> None:
    await _held_after(("a@one.example", "refusal"))
    for later, count in ((timedelta(days=6), 1), (timedelta(days=8), 0)):
        assert await circuit.refusing_domains(WITH_FALLBACK, Route.PRIMARY, now=NOW + later) == count


async def test_two_people_of_one_domain_who_were_erased_are_no_two_domains() -> None:
    await _held_after(("a@one.example", "refusal"), ("b@one.example", "refusal"))
    await db.fetch("UPDATE delivery SET recipient = 'erased:' || id")
    assert await _held_after(("c@two.example", "refusal")) == []


@pytest.mark.parametrize(
    ("held_for", "outcome", "opens"),
    [
        *((reason.value, Retry(reason=reason, evidence=REFUSED), False) for reason in sorted(OF_OUR_ROUTE)),
        ("auth_required", Retry(reason="sender_refused", evidence=REFUSED), False),
        ("auth_required", Sent(evidence=ACCEPTED), True),
        ("sending_limit", BLOCKED, False),
        ("sending_limit", Rejected(reason="recipient_unknown", evidence=REFUSED), False),
        ("sending_limit", Rejected(reason="message_refused", evidence=AFTER_DATA), False),
        ("sending_limit", Retry(reason="recipient_deferred", evidence=DEFERRED), False),
        ("sending_limit", Retry(reason="timed_out", evidence=Evidence(phase=Phase.RECIPIENT)), False),
        ("sending_limit", Retry(reason="connection_dropped", evidence=Evidence(phase=Phase.REPLY)), False),
        ("auth_refused", Retry(reason="recipient_deferred", evidence=DEFERRED), True),
        ("auth_refused", Retry(reason="auth_required", evidence=REFUSED), True),
        ("policy_block", BLOCKED, False),
        ("policy_block", Sent(evidence=ACCEPTED), True),
        ("policy_block", Rejected(reason="recipient_unknown", evidence=REFUSED), True),
        ("policy_block", Rejected(reason="recipient_needs_smtputf8", evidence=Evidence(phase=Phase.RECIPIENT)), False),
        ("policy_block", Retry(reason="recipient_needs_smtputf8", evidence=Evidence(phase=Phase.RECIPIENT)), False),
        ("policy_block", Retry(reason="recipient_needs_smtputf8", evidence=REFUSED), True),
        ("auth_refused", BLOCKED, True),
        ("auth_refused", Held(reason="auth_refused", evidence=Evidence(phase=Phase.AUTH, code=535)), False),
        ("auth_refused", None, False),
    ],
)
async def test_a_channel_that_is_blocked_or_refused_opens_when_somebody_says_something_else(
    held_for: str,
    outcome: Outcome | None,
    opens: bool,  # noqa: FBT001
) -> None:
    await health.hold(EMAIL, held_for)
    await circuit.after_try(EMAIL, Route.PRIMARY, outcome, probing=True)
    assert (await health.held([EMAIL]) == []) is opens


def _refused_again(*, phase: Phase = Phase.REPLY, code: int = 550) -> AttemptResult:
    outcome = Retry(reason="sending_limit", evidence=Evidence(phase=phase, code=code))
    return AttemptResult(outcome=outcome, trace_id="t", span_id="s")


@pytest.mark.parametrize(("phase", "code"), [(Phase.REPLY, 550), (Phase.RECIPIENT, 550), (Phase.SENDER, 451)])
async def test_a_probe_that_is_refused_again_is_no_try_and_the_next_one_comes_no_later(phase: Phase, code: int) -> None:
    lease, _ = await _try("a@one.example", "refusal")
    await health.hold(WITH_FALLBACK, "auth_required", now=NOW)
    assert await health.claim(WITH_FALLBACK, now=NOW + timedelta(seconds=1)) is health.Availability.PROBE
    (before,) = await health.held([WITH_FALLBACK])
    refused = _refused_again(phase=phase, code=code)
    result = await circuit.judged(WITH_FALLBACK, lease, refused, probing=True)
    await circuit.after_try(WITH_FALLBACK, lease.route, result.outcome, probing=True)
    settled = attempts.settlement(lease, result, elapsed=timedelta(0))
    assert (settled.outcome, settled.reason, settled.due_at) == (AttemptOutcome.HELD, "sending_limit", None)
    assert await health.held([WITH_FALLBACK]) == [structs.replace(before, reason="sending_limit")]


@pytest.mark.parametrize(("held_for", "probing"), [("auth_refused", True), ("auth_required", False), (None, True)])
async def test_any_other_refusal_of_us_is_a_try_that_failed(
    held_for: str | None,
    probing: bool,  # noqa: FBT001
) -> None:
    lease, _ = await _try("a@one.example", "refusal")
    if held_for is not None:
        await health.hold(WITH_FALLBACK, held_for)
    refused = _refused_again()
    assert await circuit.judged(WITH_FALLBACK, lease, refused, probing=probing) == refused


async def test_only_a_probe_opens_and_only_the_provider_that_it_went_by() -> None:
    for one in (WITH_FALLBACK, FALLBACK):
        await health.hold(one, "auth_refused")
    sent = Sent(evidence=ACCEPTED)
    await circuit.after_try(WITH_FALLBACK, Route.FALLBACK, sent, probing=False)
    assert len(await health.held([WITH_FALLBACK, FALLBACK])) == 2
    await circuit.after_try(WITH_FALLBACK, Route.FALLBACK, sent, probing=True)
    assert [held.fingerprint for held in await health.held([WITH_FALLBACK, FALLBACK])] == [WITH_FALLBACK.fingerprint]


async def test_a_fallback_that_is_broken_holds_itself_and_never_the_primary() -> None:
    broken = Held(reason="auth_refused", evidence=Evidence(phase=Phase.AUTH, code=535))
    await circuit.after_try(WITH_FALLBACK, Route.FALLBACK, broken, probing=False)
    assert [held.fingerprint for held in await health.held([WITH_FALLBACK, FALLBACK])] == [FALLBACK.fingerprint]
    assert await db.fetch_value("SELECT count(*) FROM channel_health") == 1
