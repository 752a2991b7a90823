"""Two refusals in a row that may be about an address are; a message that alone is refused is at fault itself."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from hireloop.notify.channels import health
from hireloop.notify.channels.providers import Route, fingerprints
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Channel, Evidence, Held, Phase, Rejected, Retry, Sent
from hireloop.notify.transports.http_replies import outcome_of_status
from hireloop.notify.worker import address_refusals, circuit
from hireloop.notify.worker.attempts import AttemptResult
from notify.factories import RECRUITERS, WITH_RECRUITERS, invite, settlement

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC).replace(microsecond=0)
SAID: dict[str, tuple[AttemptOutcome, DeliveryState, str | None, int | None]] = {
    "400": (AttemptOutcome.RETRY, DeliveryState.PENDING, "address_refused", 400),
    "403": (AttemptOutcome.RETRY, DeliveryState.PENDING, "endpoint_refused", 403),
    "404": (AttemptOutcome.RETRY, DeliveryState.PENDING, "endpoint_missing", 404),
    "422": (AttemptOutcome.REJECTED, DeliveryState.REJECTED, "message_refused", 422),
    "503": (AttemptOutcome.RETRY, DeliveryState.PENDING, "endpoint_broken", 503),
    "silence": (AttemptOutcome.RETRY, DeliveryState.PENDING, "timed_out", None),
    "sent": (AttemptOutcome.SENT, DeliveryState.SENT, None, 200),
}


def refused(reason: str = "address_refused") -> Retry:
    return Retry(reason=reason, evidence=Evidence(phase=Phase.HTTP, code=400, reply="chat not found"))


async def booked() -> None:
    """Book an interview of which a recruiter is told, from now on."""
    await invite(outbox=WITH_RECRUITERS, now=NOW - timedelta(minutes=2))


async def take(nth: int = 0, *, channel: Channel = RECRUITERS) -> Lease:
    """Lease the copy that is due at the nth second."""
    (lease,) = await leases.take(
        RECRUITERS.name,
        limit=1,
        worker="w",
        kinds=["recruiter_copy"],
        fingerprints=fingerprints(channel),
        now=NOW + timedelta(seconds=nth),
    )
    return lease


async def settle(lease: Lease, said: str, nth: int = 0) -> Settlement:
    outcome, state, reason, code = SAID[said]
    evidence = Evidence(phase=Phase.HTTP, code=code)
    due_at = NOW + timedelta(seconds=nth + 1)
    settled = settlement(lease, outcome, state, reason=reason, evidence=evidence, due_at=due_at)
    await leases.settle([settled], now=NOW + timedelta(seconds=nth))
    return settled


async def held_after(*said: str, messages: int, channel: Channel = RECRUITERS) -> list[str]:
    """Return the reasons of what is held after these answers to as many messages, in turn."""
    for _ in range(messages):
        await booked()
    for nth, one in enumerate(said, start=10 if not messages else 0):
        lease = await take(nth, channel=channel)
        settled = await settle(lease, one, nth)
        await circuit.after_settling(channel, {lease.token: lease}, [settled])
    return [held.reason for held in await health.held([channel])]


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        (["400"], []),
        (["400", "400"], ["address_refused"]),
        (["400", "404"], ["endpoint_missing"]),
        (["404", "403"], ["endpoint_refused"]),
        (["404", "503", "silence", "422", "404"], ["endpoint_missing"]),
        (["400", "sent", "400"], []),
        (["400", "sent", "400", "400"], ["address_refused"]),
        (["503", "503", "silence", "422"], []),
    ],
)
async def test_the_second_in_a_row_of_any_message_holds_the_channel(said: list[str], reasons: list[str]) -> None:
    assert await held_after(*said, messages=6) == reasons


async def test_the_second_of_the_same_message_holds_the_channel_too() -> None:
    assert await held_after("404", "503", "silence", messages=1) == []
    assert await held_after("404", messages=0) == ["endpoint_missing"]


async def test_a_corrected_address_starts_with_a_clean_slate() -> None:
    corrected = structs.replace(RECRUITERS, fingerprint="corrected")
    assert await held_after("400", messages=3) == []
    assert await held_after("400", messages=0, channel=corrected) == []
    assert await held_after("400", messages=1, channel=corrected) == ["address_refused"]


async def test_that_others_were_sent_before_an_address_was_changed_does_not_show_whose_fault_a_refusal_is() -> None:
    corrected = structs.replace(RECRUITERS, fingerprint="corrected")
    for _ in range(2):
        await booked()
    bad, good = await take(0), await take(1)
    await settle(bad, "400", 1)
    await settle(good, "sent", 1)
    assert await address_refusals.others_were_sent(RECRUITERS, bad)
    assert not await address_refusals.others_were_sent(corrected, bad)


async def test_two_that_are_settled_together_hold_the_channel() -> None:
    for _ in range(2):
        await booked()
    two = [await take(), await take()]
    settled = [await settle(lease, "403") for lease in two]
    await circuit.after_settling(RECRUITERS, {lease.token: lease for lease in two}, settled)
    assert [held.reason for held in await health.held([RECRUITERS])] == ["endpoint_refused"]


def result(outcome: Retry | Sent | Held) -> AttemptResult:
    return AttemptResult(outcome=outcome, trace_id="t", span_id="s")


async def test_a_message_that_is_refused_again_after_another_was_sent_is_rejected() -> None:
    for _ in range(2):
        await booked()
    bad, good = await take(0), await take(0)
    await settle(bad, "400", 0)
    again = await take(2)
    assert again.id == bad.id
    assert (await address_refusals.judged(RECRUITERS, again, result(refused()), probing=False)).outcome == refused()
    await settle(good, "sent", 2)
    assert (await address_refusals.judged(RECRUITERS, again, result(refused()), probing=False)).outcome == refused()
    await settle(again, "400", 2)

    await booked()
    others = [await take(4), await take(4)]
    other, last = sorted(others, key=lambda lease: lease.id == bad.id)
    await settle(other, "sent", 4)
    judged = await address_refusals.judged(RECRUITERS, last, result(refused()), probing=True)
    assert judged.outcome == Rejected(reason="message_refused", evidence=refused().evidence)
    assert (judged.trace_id, judged.span_id) == ("t", "s")


async def test_a_probe_that_is_refused_leaves_the_channel_held_and_burns_no_try() -> None:
    await booked()
    lease = await take()
    judged = await address_refusals.judged(RECRUITERS, lease, result(refused()), probing=True)
    assert judged.outcome == Held(reason="address_refused", evidence=refused().evidence)


@pytest.mark.parametrize(
    "outcome",
    [
        Sent(evidence=refused().evidence),
        Retry(reason="endpoint_broken", evidence=refused().evidence),
        Held(reason="endpoint_refused", evidence=refused().evidence),
    ],
)
async def test_other_outcomes_are_left_as_they_are(outcome: Retry | Sent | Held) -> None:
    await booked()
    lease = await take()
    assert (await address_refusals.judged(RECRUITERS, lease, result(outcome), probing=True)).outcome == outcome


@pytest.mark.parametrize(("code", "opens"), [(200, True), (413, True), (400, False), (503, False), (429, False)])
async def test_a_probe_over_http_opens_only_when_the_endpoint_has_looked_at_the_message(
    code: int,
    opens: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    evidence = Evidence(phase=Phase.HTTP, code=code)
    outcome = outcome_of_status(evidence, None, NOW)
    await health.hold(RECRUITERS, "endpoint_missing")
    await circuit.after_try(RECRUITERS, Route.PRIMARY, outcome, probing=True)
    assert (await health.held([RECRUITERS]) == []) is opens
