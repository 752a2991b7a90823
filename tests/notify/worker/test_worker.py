"""The worker, in the test's own loop, with transports that do as they are told."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from structlog.testing import capture_logs

from factories import rows, unaccounted
from hireloop import db
from hireloop.notify.channels import health, providers
from hireloop.notify.channels.providers import Route
from hireloop.notify.deliveries import deliveries, leases, outbox
from hireloop.notify.messages import BookingMessage, Message
from hireloop.notify.transport import Channel, Evidence, Held, Outcome, Parcel, Phase, Rejected, Retry, Sent
from hireloop.notify.worker import attempts, heartbeat, wakeup, worker
from hireloop.notify.worker.worker import MissingTransport, Worker
from notify.factories import invite
from sample_channels import EMAIL, WITH_FALLBACK
from servers.databases import end_all_others
from waiting import until

pytestmark = pytest.mark.usefixtures("database")

REFUSED = Retry(reason="connection_refused", evidence=Evidence(phase=Phase.CONNECT))
BROKEN = Held(reason="auth_refused", evidence=Evidence(phase=Phase.AUTH, code=535))
FALLBACK = providers.provider(WITH_FALLBACK, Route.FALLBACK)
ACCEPTED = Sent(evidence=Evidence(phase=Phase.REPLY, code=250, reply="2.0.0 Ok"))
_PATIENCE_SECONDS = 30.0


class Scripted:
    """A transport that does what its script says for a recipient, and accepts everything else."""

    def __init__(self, does: Callable[[Parcel], Outcome | None] = lambda _: None) -> None:
        self._does = does
        self._lock = threading.Lock()
        self.sent: list[str] = []  # Message-IDs
        self.at_once = self.most_at_once = 0

    def send(self, parcel: Parcel) -> Outcome:
        with self._lock:
            self.sent.append(parcel.message_id)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self._does(parcel) or ACCEPTED
        finally:
            with self._lock:
                self.at_once -= 1


class Plain:
    """Renders nothing but the headers."""

    def __init__(self, before: Callable[[Message], None] = lambda _: None) -> None:
        self._before = before

    def render(
        self,
        message: Message,
        *,
        recipient: str,
        message_id: str,
        traceparent: str,
        invitation_state: str | None,  # noqa: ARG002 (the protocol's signature)
        references: tuple[str, ...],
        by_fallback: bool,  # noqa: ARG002 (the same)
    ) -> Parcel:
        self._before(message)
        return Parcel(
            recipient=recipient,
            subject="s",
            text=traceparent,
            html="h",
            message_id=message_id,
            references=references,
        )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.1)


@asynccontextmanager
async def _working(
    url: str,
    transport: object,
    *,
    channel: Channel = EMAIL,
    renderer: attempts.MessageRenderer | None = None,
    **arguments: Any,  # noqa: ANN401 (of the worker)
) -> AsyncIterator[Worker]:
    """Let a worker run for the length of a block; it must then stop and have settled everything."""
    one = Worker(
        [(channel, transport)],  # type: ignore[list-item] # any object that sends
        renderer=renderer or Plain(),
        listen_url=url,
        **arguments,
    )
    running = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        one.stop()
        drained = await asyncio.wait_for(running, _PATIENCE_SECONDS)
    assert drained


async def _until(condition: Callable[[], Awaitable[object]], seconds: float = _PATIENCE_SECONDS) -> None:
    async def met() -> object:
        with suppress(*db.UNAVAILABLE):  # where a test has just ended all connections, its own too
            return await condition()
        return None

    await until(met, "what the worker is to do", seconds)


async def _until_state(delivery: UUID, state: str) -> None:
    async def there() -> bool:
        return (await deliveries.find(delivery, [EMAIL]))[0].state == state

    await _until(there)


async def test_what_is_due_is_sent_once_and_settled(database_url: str) -> None:
    booked = [await invite() for _ in range(20)]
    transport = Scripted()
    async with _working(database_url, transport):
        for delivery in booked:
            await _until_state(delivery, "sent")
    assert sorted(transport.sent) == sorted(f"<{delivery}@hire.example>" for delivery in booked)
    assert await unaccounted() == 0


async def test_no_more_is_sent_at_once_than_the_concurrency_allows(database_url: str) -> None:
    def slowly(_parcel: Parcel) -> None:
        time.sleep(0.02)

    booked = [await invite() for _ in range(12)]
    transport = Scripted(slowly)
    async with _working(database_url, transport, concurrency=3):
        for delivery in booked:
            await _until_state(delivery, "sent")
    assert transport.most_at_once == 3


async def test_a_wakeup_is_heard_long_before_the_poll(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600.0)
    async with _working(database_url, Scripted()):
        await _until(_somebody_listens)
        delivery = await invite()
        await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
        await _until_state(delivery, "sent")


async def test_the_poll_finds_deliveries_that_no_wakeup_announced(database_url: str, quick: None) -> None:  # noqa: ARG001
    async with _working(database_url, Scripted()):
        await _until(_somebody_listens)
        await _until_state(await invite(), "sent")


async def test_a_dropped_listen_is_made_again_and_what_went_by_meanwhile_is_looked_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600.0)
    async with _working(database_url, Scripted()):
        await _until(_somebody_listens)
        missed = await invite()  # nobody says so
        await db.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_LISTENING}")  # noqa: S608 (our own)
        await _until_state(missed, "sent")
        heard = await invite()
        await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
        await _until_state(heard, "sent")


_LISTENING = f"datname = current_database() AND query ILIKE 'LISTEN%{wakeup.CHANNEL}%'"


async def _somebody_listens() -> bool:
    return bool(await db.fetch_value(f"SELECT count(*) FROM pg_stat_activity WHERE {_LISTENING}"))  # noqa: S608 (our own)


async def test_told_to_stop_before_anything_was_sent_it_releases_what_it_has_leased(database_url: str) -> None:
    delivery = await invite()
    transport, loop = Scripted(), asyncio.get_running_loop()
    rendering = asyncio.Event()
    go_on = threading.Event()

    def wait(_message: Message) -> None:
        loop.call_soon_threadsafe(rendering.set)
        assert go_on.wait(_PATIENCE_SECONDS)

    async with _working(database_url, transport, renderer=Plain(wait)) as one:
        await asyncio.wait_for(rendering.wait(), _PATIENCE_SECONDS)
        one.stop()
        go_on.set()
    found, (attempt,) = await deliveries.find(delivery, [EMAIL])
    assert transport.sent == []
    assert (found.state, found.tries, attempt.outcome, attempt.phase) == ("pending", 0, "released", None)
    assert await db.fetch_value("SELECT lease_token IS NULL AND due_at <= now() FROM delivery")
    async with _working(database_url, transport):
        await _until_state(delivery, "sent")


async def test_a_send_that_does_not_end_in_time_is_left_to_its_lease(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "DRAIN_SECONDS", 0.3)
    delivery = await invite()
    go_on = threading.Event()

    def hang(_parcel: Parcel) -> None:
        go_on.wait(_PATIENCE_SECONDS)

    transport = Scripted(hang)
    one = Worker([(EMAIL, transport)], renderer=Plain(), listen_url=database_url)
    running = asyncio.create_task(one.run())

    async def is_sending() -> bool:
        return bool(transport.sent)

    await _until(is_sending)
    one.stop()
    assert await asyncio.wait_for(running, _PATIENCE_SECONDS) is False
    go_on.set()
    found, (attempt,) = await deliveries.find(delivery, [EMAIL])
    assert (found.state, attempt.outcome) == ("pending", None)
    assert await db.fetch_value("SELECT leased_until > now() FROM delivery")


async def test_a_message_that_cannot_be_rendered_is_retried_and_stops_nobody_elses(database_url: str) -> None:
    def fail_for_some(message: Message) -> None:
        if isinstance(message, BookingMessage) and message.candidate_name == "Unrenderable":
            raise ZeroDivisionError

    bad, good = await invite(full_name="Unrenderable"), await invite()
    transport = Scripted()
    async with _working(database_url, transport, renderer=Plain(fail_for_some)):
        await _until_state(good, "sent")
        await _until(lambda: _has_ended(bad))
    found, attempts_made = await deliveries.find(bad, [EMAIL])
    assert (found.state, found.last_reason, found.tries) == ("pending", "render_failed", 1)
    assert [(a.outcome, a.phase, a.maybe_accepted) for a in attempts_made] == [("retry", "configure", False)]
    assert transport.sent == [f"<{good}@hire.example>"]


async def test_a_stored_message_that_nobody_can_read_is_retried_too(database_url: str) -> None:
    bad = await invite()
    await db.fetch("""UPDATE delivery SET payload = '{"unknown": true}'""")
    async with _working(database_url, Scripted()):
        await _until(lambda: _has_ended(bad))
    assert (await deliveries.find(bad, [EMAIL]))[0].last_reason == "unknown_payload"


async def test_a_transport_that_raises_may_have_sent_the_message(database_url: str) -> None:
    def crash(_parcel: Parcel) -> None:
        raise ZeroDivisionError

    delivery = await invite()
    async with _working(database_url, Scripted(crash)):
        await _until(lambda: _has_ended(delivery))
    _, (attempt,) = await deliveries.find(delivery, [EMAIL])
    assert (attempt.outcome, attempt.reason, attempt.maybe_accepted) == ("retry", "transport_crashed", True)


async def _has_ended(delivery: UUID) -> bool:
    made = (await deliveries.find(delivery, [EMAIL]))[1]
    return bool(made) and made[-1].outcome is not None


async def test_a_channel_without_a_transport_is_held_and_says_so(database_url: str) -> None:
    delivery = await invite()
    async with _working(database_url, MissingTransport("transport_missing")):
        await _until(lambda: _has_ended(delivery))
    found, (attempt, *_) = await deliveries.find(delivery, [EMAIL])
    assert (found.state, found.tries, found.last_reason) == ("pending", 0, "transport_missing")
    assert (attempt.outcome, attempt.phase) == ("held", "configure")
    assert [held.reason for held in await health.held([EMAIL])] == ["transport_missing"]


async def test_a_try_that_breaks_the_workers_own_code_is_left_to_its_lease_and_not_kept_for_ever(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.05)
    plan = attempts.settlement

    def break_for_some(lease: leases.Lease, *arguments: object, **named: object) -> leases.Settlement:
        if lease.recipient == "unlucky@example.com":
            raise ZeroDivisionError
        return plan(lease, *arguments, **named)  # type: ignore[arg-type] # as it was called

    monkeypatch.setattr(attempts, "settlement", break_for_some)
    unlucky = await invite(email="unlucky@example.com")
    async with _working(database_url, Scripted(), concurrency=1):
        lucky = [await invite() for _ in range(3)]
        await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
        for delivery in lucky:
            await _until_state(delivery, "sent")  # the only thread is not stuck
        before = await db.fetch_value("SELECT leased_until FROM delivery WHERE id = $1", unlucky)
        await asyncio.sleep(0.3)  # six renewals
        assert await db.fetch_value("SELECT leased_until FROM delivery WHERE id = $1", unlucky) == before
    again = await leases.take(
        "email", limit=1, worker="w", kinds=["invitation"], now=before
    )  # it has run out: as lost, and not as never tried
    assert [(lease.id, lease.number, lease.tries) for lease in again] == [(unlucky, 2, 1)]


async def test_a_reason_that_can_never_be_written_stops_no_worker(database_url: str) -> None:
    odd = await invite()

    def does(parcel: Parcel) -> Outcome | None:
        return Held(reason="broken\0", evidence=BROKEN.evidence) if str(odd) in parcel.message_id else None

    transport = Scripted(does)
    async with _working(database_url, transport) as one:
        await until(_was_sent(transport, odd), "the odd one is tried")
        await _until_state(await invite(), "sent")
        assert not one.has_broken_down


def _was_sent(transport: Scripted, delivery: UUID) -> Callable[[], Awaitable[bool]]:
    async def sent() -> bool:
        return any(str(delivery) in message_id for message_id in transport.sent)

    return sent


async def test_an_answer_that_can_never_be_written_stops_nobody_elses(database_url: str) -> None:
    def answer(parcel: Parcel) -> Outcome | None:
        if parcel.recipient != "odd@example.com":
            return None
        return Sent(evidence=Evidence(phase=Phase.HTTP, code=10**12, reply="no status that the column holds"))

    odd = await invite(email="odd@example.com")
    async with _working(database_url, Scripted(answer)):
        good = [await invite() for _ in range(3)]
        await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
        for delivery in good:
            await _until_state(delivery, "sent")
    found, (attempt,) = await deliveries.find(odd, [EMAIL])
    assert (found.state, attempt.outcome) == ("pending", None)  # its lease runs out, and the try is lost


async def test_a_worker_that_has_lost_one_of_its_helpers_stops_rather_than_pretend_to_work(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(heartbeat, "record", break_down)
    one = Worker([(EMAIL, Scripted())], renderer=Plain(), listen_url=database_url)
    assert await asyncio.wait_for(one.run(), _PATIENCE_SECONDS) is False


async def test_what_was_sent_is_settled_also_when_every_connection_broke_meanwhile(
    database_url: str,
    quick: None,  # noqa: ARG001
) -> None:
    booked = [await invite() for _ in range(4)]
    sending, go_on = threading.Barrier(5), threading.Event()

    def wait(_parcel: Parcel) -> None:
        sending.wait(_PATIENCE_SECONDS)
        go_on.wait(_PATIENCE_SECONDS)

    transport = Scripted(wait)
    async with _working(database_url, transport):
        await asyncio.to_thread(sending.wait, _PATIENCE_SECONDS)
        await end_all_others(database_url)
        go_on.set()
        for delivery in booked:
            await _until_state(delivery, "sent")
    await db.DB.close()  # its connections have been ended as well, and some may not have been used since
    await db.DB.open(database_url)
    assert len(transport.sent) == 4
    assert {a.number for delivery in booked for a in (await deliveries.find(delivery, [EMAIL]))[1]} == {1}


@pytest.mark.parametrize(
    ("outcome", "opens"),
    [
        (ACCEPTED, True),
        (Rejected(reason="recipient_unknown", evidence=Evidence(phase=Phase.RECIPIENT, code=550)), True),
        (Retry(reason="recipient_deferred", evidence=Evidence(phase=Phase.RECIPIENT, code=451)), True),
        (Retry(reason="connection_dropped", evidence=Evidence(phase=Phase.REPLY)), True),
        (Retry(reason="connection_refused", evidence=Evidence(phase=Phase.CONNECT)), False),
        (Retry(reason="sender_deferred", evidence=Evidence(phase=Phase.SENDER, code=451)), False),
        (Held(reason="auth_refused", evidence=Evidence(phase=Phase.AUTH, code=535)), False),
        # Refused by ourselves, before anything was asked of the server: that proves nothing.
        (Rejected(reason="bad_recipient", evidence=Evidence(phase=Phase.RECIPIENT)), False),
        (Retry(reason="transport_crashed", evidence=Evidence(phase=Phase.DATA)), False),
    ],
)
async def test_a_held_channel_opens_only_when_a_probe_got_through(
    database_url: str,
    quick: None,  # noqa: ARG001
    outcome: Outcome,
    opens: bool,  # noqa: FBT001
) -> None:
    await health.hold(EMAIL, "auth_refused")
    await db.fetch("UPDATE channel_health SET next_probe_at = now()")
    delivery = await invite()
    async with _working(database_url, Scripted(lambda _: outcome)):
        await _until(lambda: _has_ended(delivery))
    assert (await health.held([EMAIL]) == []) is opens


async def test_a_worker_says_that_it_lives_and_signs_off(database_url: str) -> None:
    async with _working(database_url, Scripted()):

        async def one_lives() -> bool:
            return (await heartbeat.health()).live_workers == 1

        await _until(one_lives)
    assert (await heartbeat.health()).live_workers == 0


async def test_after_a_long_time_with_nothing_to_send_a_held_channel_is_probed_with_the_first_delivery(
    database_url: str,
    quick: None,  # noqa: ARG001
) -> None:
    await health.hold(EMAIL, "auth_refused")
    await db.fetch("UPDATE channel_health SET next_probe_at = now() - interval '1 second', probes = 10")
    before = (await health.held([EMAIL]))[0].next_probe_at
    async with _working(database_url, Scripted()):

        async def looked() -> bool:
            return (await health.held([EMAIL]))[0].next_probe_at != before

        await _until(looked)
        await _until_state(await invite(), "sent")  # and not a minute later
    assert await health.held([EMAIL]) == []


# --- the fallback ----------------------------------------------------------------------------------------------


async def _routes(delivery: UUID) -> list[tuple[str, str | None]]:
    return [(a.route, a.outcome and a.outcome.value) for a in (await deliveries.find(delivery, [EMAIL]))[1]]


async def test_while_the_primary_is_held_what_is_required_goes_by_the_fallback_at_once(database_url: str) -> None:
    needed, optional = await invite(), await invite()
    await db.fetch("UPDATE delivery SET required = false WHERE id = $1", optional)
    await health.hold(WITH_FALLBACK, "auth_refused")
    await db.fetch("UPDATE channel_health SET next_probe_at = now() + interval '1 hour'")
    primary, fallback = Scripted(), Scripted()
    async with _working(database_url, primary, channel=WITH_FALLBACK, fallbacks={"email": fallback}):
        await _until_state(needed, "sent")
    assert (primary.sent, fallback.sent) == ([], [f"<{needed}@hire.example>"])
    assert await _routes(needed) == [("fallback", "sent")]
    assert await _routes(optional) == []
    assert len(await health.held([WITH_FALLBACK])) == 1  # the fallback's success says nothing of it


async def test_a_held_primary_is_still_probed_and_opens_by_itself(database_url: str) -> None:
    await health.hold(WITH_FALLBACK, "auth_refused")
    await db.fetch("UPDATE channel_health SET next_probe_at = now()")
    delivery = await invite()
    primary, fallback = Scripted(), Scripted()
    async with _working(database_url, primary, channel=WITH_FALLBACK, fallbacks={"email": fallback}):
        await _until_state(delivery, "sent")
    assert await _routes(delivery) == [("primary", "sent")]
    assert await health.held([WITH_FALLBACK]) == []


async def test_the_delivery_that_met_a_broken_primary_goes_by_the_fallback_and_burns_no_try(database_url: str) -> None:
    delivery = await invite()
    fallback = Scripted()
    broken = Scripted(lambda _: BROKEN)
    async with _working(database_url, broken, channel=WITH_FALLBACK, fallbacks={"email": fallback}):
        await _until_state(delivery, "sent")
    assert await _routes(delivery) == [("primary", "held"), ("fallback", "sent")]
    assert (await deliveries.find(delivery, [EMAIL]))[0].tries == 0


async def test_a_provider_that_was_held_since_a_worker_asked_for_it_is_not_tried_once_more(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = await invite()
    has_begun, was_asked_again = threading.Event(), threading.Event()

    def breaks(_: Parcel) -> Outcome:
        has_begun.set()
        was_asked_again.wait(_PATIENCE_SECONDS)
        return BROKEN

    claim = health.claim

    async def claimed(channel: Channel, *, may_probe: bool) -> health.Availability:
        found = await claim(channel, may_probe=may_probe)
        if has_begun.is_set() and not was_asked_again.is_set():
            was_asked_again.set()  # what was found is old when it arrives
            await until(_is_settled, "the first try is settled")
        return found

    async def _is_settled() -> bool:
        return await _routes(delivery) == [("primary", "held")]

    monkeypatch.setattr(health, "claim", claimed)
    async with _working(database_url, Scripted(breaks), channel=WITH_FALLBACK, fallbacks={"email": Scripted()}):
        await _until_state(delivery, "sent")
    assert await _routes(delivery) == [("primary", "held"), ("fallback", "sent")]


async def test_a_probe_that_is_refused_again_leaves_the_primary_held_and_goes_by_the_fallback_at_once(
    database_url: str,
) -> None:
    await health.hold(WITH_FALLBACK, "sender_refused")
    await db.fetch("UPDATE channel_health SET next_probe_at = now()")
    delivery = await invite()
    refused = Retry(reason="auth_required", evidence=Evidence(phase=Phase.RECIPIENT, code=530))
    fallback = Scripted()
    async with _working(
        database_url, Scripted(lambda _: refused), channel=WITH_FALLBACK, fallbacks={"email": fallback}
    ):
        await _until_state(delivery, "sent")
    assert await _routes(delivery) == [("primary", "held"), ("fallback", "sent")]
    assert len(await health.held([WITH_FALLBACK])) == 1
    assert (await deliveries.find(delivery, [EMAIL]))[0].tries == 0


async def test_where_both_providers_are_broken_each_is_held_by_itself_and_nothing_is_tried_over_and_over(
    database_url: str,
) -> None:
    delivery = await invite()
    primary, fallback = Scripted(lambda _: BROKEN), Scripted(lambda _: BROKEN)
    async with _working(database_url, primary, channel=WITH_FALLBACK, fallbacks={"email": fallback}):

        async def both_held() -> bool:
            return len(await health.held([WITH_FALLBACK, FALLBACK])) == 2

        await _until(both_held)
        await _until(lambda: _has_ended(delivery))
        for _ in range(50):
            await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
    assert len(primary.sent) + len(fallback.sent) < 20  # probes, and not one for each look
    assert (await deliveries.find(delivery, [EMAIL]))[0].tries == 0


async def test_a_delivery_at_risk_that_failed_takes_the_other_provider_next(database_url: str) -> None:
    delivery = await invite()
    primary, fallback = Scripted(lambda _: REFUSED), Scripted()
    async with _working(database_url, primary, channel=WITH_FALLBACK, fallbacks={"email": fallback}):
        await _until(lambda: _has_ended(delivery))
        assert fallback.sent == []
        await db.fetch("UPDATE delivery SET due_at = now(), at_risk_at = now()")
        await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
        await _until_state(delivery, "sent")
    assert await _routes(delivery) == [("primary", "retry"), ("fallback", "sent")]


async def test_a_held_fallback_is_probed_with_what_was_tried_in_vain_while_the_rest_goes_by_the_primary(
    database_url: str,
) -> None:
    tried, fine = await invite(), await invite()
    await db.fetch("UPDATE delivery SET attempt_count = 1, tries = 1 WHERE id = $1", tried)
    await health.hold(FALLBACK, "auth_refused")
    await db.fetch("UPDATE channel_health SET next_probe_at = now()")
    async with _working(database_url, Scripted(), channel=WITH_FALLBACK, fallbacks={"email": Scripted()}):
        for delivery in (tried, fine):
            await _until_state(delivery, "sent")
    assert await _routes(tried) == [("fallback", "sent")]
    assert await _routes(fine) == [("primary", "sent")]
    assert await health.held([FALLBACK]) == []


async def test_a_worker_that_was_given_no_fallback_waits_for_the_primary(database_url: str) -> None:
    delivery = await invite()
    async with _working(database_url, Scripted(lambda _: BROKEN), channel=WITH_FALLBACK):
        await _until(lambda: _has_ended(delivery))
    assert set(await _routes(delivery)) == {("primary", "held")}


# --- the rate limit, blocks, chores ----------------------------------------------------------------------------


async def test_two_workers_on_one_channel_keep_its_rate_together(database_url: str) -> None:
    slow = msgspec.structs.replace(EMAIL, rate_per_minute=1)
    booked = [await invite() for _ in range(4)]
    first, second = Scripted(), Scripted()
    async with _working(database_url, first, channel=slow), _working(database_url, second, channel=slow):
        await _until(lambda: _one_of(booked))
        for _ in range(20):
            await db.fetch(f"NOTIFY {wakeup.CHANNEL}")
    assert len(first.sent) + len(second.sent) == 1


async def _one_of(booked: list[UUID]) -> bool:
    return any([(await deliveries.find(one, [EMAIL]))[0].state == "sent" for one in booked])


async def test_a_rate_limit_delays_and_starves_nobody(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 600.0)  # no poll helps: the worker itself knows when there is more
    booked = [await invite() for _ in range(15)]
    limited = msgspec.structs.replace(EMAIL, rate_per_minute=300)
    async with _working(database_url, Scripted(), channel=limited):
        for delivery in booked:
            await _until_state(delivery, "sent")
    began = await db.fetch("SELECT started_at FROM attempt ORDER BY started_at")
    assert (began[-1][0] - began[0][0]).total_seconds() >= 10 * 60 / 296  # a burst of 5, and then one an interval


async def test_when_servers_of_three_domains_block_us_the_channel_is_held(database_url: str) -> None:
    blocked = Retry(reason="policy_block", evidence=Evidence(phase=Phase.RECIPIENT, code=550, enhanced_code="5.7.1"))
    for domain in ("one", "two", "three"):
        await invite(email=f"asha@{domain}.example")
    async with _working(database_url, Scripted(lambda _: blocked)):

        async def is_held() -> bool:
            return [held.reason for held in await health.held([EMAIL])] == ["policy_block"]

        await _until(is_held)
    assert {row["tries"] for row in await rows("delivery")} == {1}


async def test_what_was_superseded_before_its_send_began_is_not_sent(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.05)
    delivery = await invite()
    rendering, noticed, go_on = asyncio.Event(), asyncio.Event(), threading.Event()
    loop, renew = asyncio.get_running_loop(), leases.renew
    in_vain: list[list[leases.Lease]] = []

    def wait(_message: Message) -> None:
        loop.call_soon_threadsafe(rendering.set)
        assert go_on.wait(_PATIENCE_SECONDS)

    async def watched(mine: list[leases.Lease]) -> set[UUID]:
        if len(in_vain) == 1:  # what the first one came to has been recorded by now
            noticed.set()
        renewed = await renew(mine)
        if not renewed:
            in_vain.append(mine)
        return renewed

    monkeypatch.setattr(leases, "renew", watched)
    transport = Scripted()
    async with _working(database_url, transport, renderer=Plain(wait)):
        await asyncio.wait_for(rendering.wait(), _PATIENCE_SECONDS)
        schedule = await db.fetch_value("SELECT schedule FROM delivery")
        assert await outbox.supersede(schedule, before_revision=2) == 1
        await asyncio.wait_for(noticed.wait(), _PATIENCE_SECONDS)
        go_on.set()
        await _until(lambda: _has_ended(delivery))
    assert transport.sent == []
    assert await _routes(delivery) == [("primary", "released")]
    assert (await deliveries.find(delivery, [EMAIL]))[0].state == "superseded"


async def test_chores_run_beside_the_sending_and_survive_failures_of_the_database(
    database_url: str,
    quick: None,  # noqa: ARG001
) -> None:
    ran: list[str] = []

    async def sweep() -> int:
        ran.append("sweep")
        if len(ran) == 1:
            raise asyncpg.ConnectionDoesNotExistError
        return 1

    async with _working(database_url, Scripted(), chores=[(0.01, sweep)]):

        async def swept() -> bool:
            return len(ran) >= 3

        await _until(swept)
        await _until_state(await invite(), "sent")


async def test_a_chore_that_breaks_stops_the_worker_so_that_it_is_started_anew(database_url: str) -> None:
    async def break_down() -> None:
        raise ZeroDivisionError

    one = Worker([(EMAIL, Scripted())], renderer=Plain(), listen_url=database_url, chores=[(60.0, break_down)])
    assert await asyncio.wait_for(one.run(), _PATIENCE_SECONDS) is False


@pytest.mark.usefixtures("quick")
async def test_the_end_of_each_try_is_one_line_that_names_its_span_and_quotes_nobody(database_url: str) -> None:
    evidence = Evidence(phase=Phase.RECIPIENT, code=550, enhanced_code="5.1.1", reply="no such user asha@example.com")
    delivery = await invite()
    with capture_logs() as lines:
        async with _working(database_url, Scripted(lambda _: Rejected(reason="recipient_unknown", evidence=evidence))):
            await _until(lambda: _ended(delivery))
    (line,) = [one for one in lines if one["event"].startswith("delivery.")]
    attempt = (await rows("attempt"))[0]
    assert (line["trace_id"], line["span_id"]) == (attempt["trace_id"], attempt["span_id"])
    assert {name: line[name] for name in ("event", "log_level", "attempt", "route", "phase", "code")} == {
        "event": "delivery.rejected",
        "log_level": "error",
        "attempt": 1,
        "route": "primary",
        "phase": evidence.phase.value,
        "code": 550,
    }
    assert (line["enhanced_code"], line["reason"]) == ("5.1.1", "recipient_unknown")
    assert "asha" not in str(line)


async def _ended(delivery: UUID) -> bool:
    return bool(await db.fetch_value("SELECT state <> 'pending' FROM delivery WHERE id = $1", delivery))
