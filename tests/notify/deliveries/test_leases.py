"""Leases: what is due is leased once at a time, and what came of it is written down under the lease's token."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest

from factories import WINDOWS, rows, unaccounted
from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.channels.providers import LeaseRequest, LeaseScope, Route, fingerprints
from hireloop.notify.deliveries import deadlines, deliveries, leases
from hireloop.notify.deliveries.deliveries import AttemptView, DeliveryView
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.rate_limit import RateLimit
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Channel, Evidence, Phase
from notify.factories import WITH_RECRUITERS, invite, settlement
from sample_channels import EMAIL, WITH_FALLBACK

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND = timedelta(seconds=1)
IN_TURNS = LeaseRequest(route=None, other_is_open=True)
ACCEPTED = Evidence(phase=Phase.REPLY, code=250, enhanced_code="2.0.0", reply="2.0.0 Ok: queued")
DEFERRED = Evidence(phase=Phase.RECIPIENT, code=451, enhanced_code="4.7.1", reply="4.7.1 Greylisted")
SAID = {
    "deferred": ("recipient_deferred", DEFERRED),
    "refused us": ("auth_required", Evidence(phase=Phase.RECIPIENT, code=530)),
    "refused the message": ("message_refused", Evidence(phase=Phase.REPLY, code=554)),
    "blocked the message": ("policy_block", Evidence(phase=Phase.REPLY, code=550)),
    "blocked it for now": ("policy_block", Evidence(phase=Phase.REPLY, code=451)),
    "blocked us": ("policy_block", Evidence(phase=Phase.RECIPIENT, code=550)),
    "could not do it": ("recipient_needs_smtputf8", Evidence(phase=Phase.RECIPIENT)),
    "nothing": ("connection_refused", Evidence(phase=Phase.CONNECT)),
    "refused our sign-in": ("auth_required", Evidence(phase=Phase.AUTH, code=450)),
    "not now": ("auth_deferred", Evidence(phase=Phase.AUTH, code=454)),
}


_put = partial(invite, now=NOW)


async def _lease(
    *,
    after: timedelta = SECOND,
    limit: int = 10,
    worker: str = "w",
    request: LeaseRequest = IN_TURNS,
    rate_limit: RateLimit | None = None,
    channel: Channel = WITH_FALLBACK,
) -> list[Lease]:
    return await leases.take(
        "email",
        limit=limit,
        worker=worker,
        kinds=["invitation"],
        request=request,
        fingerprints=fingerprints(channel),
        rate_limit=rate_limit,
        now=NOW + after,
    )


def _sent(lease: Lease) -> Settlement:
    return settlement(lease, evidence=ACCEPTED)


def _released(lease: Lease) -> Settlement:
    return settlement(lease, AttemptOutcome.RELEASED, DeliveryState.PENDING)


def _deferred(lease: Lease, *, due_in: timedelta = timedelta(seconds=5)) -> Settlement:
    return settlement(
        lease,
        AttemptOutcome.RETRY,
        DeliveryState.PENDING,
        evidence=DEFERRED,
        reason="recipient_deferred",
        due_at=NOW + due_in,
    )


async def _found(delivery: UUID) -> tuple[DeliveryView, list[AttemptView]]:
    return await deliveries.find(delivery, [EMAIL])


# --- unwritable ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("lease_token = gen_random_uuid()", "delivery_lease_is_whole"),
        ("leased_until = now()", "delivery_lease_is_whole"),
        (
            "state = 'rejected', lease_token = gen_random_uuid(), leased_until = now()",
            "ended_deliveries_hold_no_lease",
        ),
        ("state = 'sent'", "sent_deliveries_say_when"),
        ("state = 'bounced', sent_at = now()", "bounced_deliveries_say_when"),
        ("state = 'delivered'", "delivery_state_is_known"),
        ("tries = 1", "delivery_counts_are_whole"),
        ("recipient = ''", "delivery_recipient_is_known"),
    ],
)
async def test_an_impossible_delivery_is_unwritable(change: str, constraint: str) -> None:
    await _put()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await db.fetch(f"UPDATE delivery SET {change}")  # noqa: S608 (the cases above)
    assert refused.value.constraint_name == constraint


async def test_the_same_message_to_the_same_recipient_twice_is_unwritable() -> None:
    await _put()
    columns = (
        "schedule, revision, kind, occasion, channel, recipient, required, payload, payload_version, first_due_at, "
        "due_at, deadline_at, created_at"
    )
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await db.fetch(
            f"INSERT INTO delivery (id, message_id, {columns}) SELECT $1, 'another', {columns} FROM delivery",  # noqa: S608 (our own)
            uuid4(),
        )
    assert refused.value.constraint_name == "one_delivery_per_message_and_recipient"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("outcome = 'sent'", "finished_attempts_have_an_outcome"),
        ("finished_at = now()", "finished_attempts_have_an_outcome"),
        ("outcome = 'fine', finished_at = now()", "attempt_outcome_is_known"),
        ("phase = 'telepathy'", "attempt_phase_is_known"),
        ("reply = repeat('ä', 513)", "attempt_reply_is_at_most_a_kibibyte"),
    ],
)
async def test_an_impossible_attempt_is_unwritable(change: str, constraint: str) -> None:
    await _put()
    await _lease()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await db.fetch(f"UPDATE attempt SET {change}")  # noqa: S608 (the cases above)
    assert refused.value.constraint_name == constraint


# --- lease -----------------------------------------------------------------------------------------------------


async def test_a_lease_opens_the_attempt_that_it_counts() -> None:
    delivery = await _put()
    (lease,) = await _lease(worker="one")
    assert (lease.id, lease.number, lease.tries, lease.leased_at) == (delivery, 1, 0, NOW + SECOND)
    found, (attempt,) = await _found(delivery)
    assert (found.state, found.attempt_count) == ("pending", 1)
    assert (attempt.number, attempt.outcome, attempt.worker, attempt.started_at) == (1, None, "one", NOW + SECOND)
    (row,) = await rows("delivery")
    assert (row["lease_token"], row["leased_until"]) == (lease.token, NOW + 31 * SECOND)


async def test_what_is_leased_is_nobody_elses_until_the_lease_runs_out() -> None:
    await _put()
    assert len(await _lease()) == 1
    assert await _lease(after=30 * SECOND) == []
    assert len(await _lease(after=31 * SECOND)) == 1


async def test_what_another_is_just_leasing_is_passed_over_and_not_waited_for(database_url: str) -> None:
    locked, free = await _put(), await _put()
    other = await asyncpg.connect(database_url)
    try:
        async with other.transaction():
            await other.fetch("SELECT * FROM delivery WHERE id = $1 FOR UPDATE", locked)
            assert [lease.id for lease in await _lease()] == [free]
    finally:
        await other.close()


async def test_the_earliest_deadline_goes_first_and_no_more_than_asked_for() -> None:
    later, sooner, last = [await _put(starts_in=timedelta(hours=hours)) for hours in (5, 2, 9)]
    assert [lease.id for lease in await _lease(limit=2)] == [sooner, later]
    assert [lease.id for lease in await _lease(limit=2)] == [last]


@pytest.mark.parametrize(
    "change",
    [
        "due_at = due_at + interval '1 minute'",
        "deadline_at = due_at",
        "channel = 'chat'",
        "kind = 'hologram'",
        "payload_version = 2",
        "state = 'superseded'",
        "state = 'sent', sent_at = now()",
    ],
)
async def test_what_is_not_due_or_not_known_is_not_leased(change: str) -> None:
    await _put()
    await db.fetch(f"UPDATE delivery SET {change}")  # noqa: S608 (the cases above)
    assert await _lease() == []
    assert await rows("attempt") == []


async def test_a_lease_that_ran_out_closes_its_attempt_as_lost_and_counts_a_try() -> None:
    delivery = await _put()
    await _lease(worker="dead")
    (lease,) = await _lease(after=40 * SECOND, worker="alive")
    assert (lease.number, lease.tries) == (2, 1)
    found, (dead, alive) = await _found(delivery)
    assert (dead.outcome, dead.worker, dead.finished_at) == ("lost", "dead", NOW + 40 * SECOND)
    assert (alive.outcome, alive.worker) == (None, "alive")
    assert (found.attempt_count, found.tries) == (2, 1)


async def test_a_lease_names_the_span_of_the_try_before() -> None:
    await _put()
    (first,) = await _lease()
    assert (first.previous_trace_id, first.previous_span_id) == (None, None)
    settled = msgspec.structs.replace(_deferred(first), trace_id="a" * 32, span_id="b" * 16)
    await leases.settle([settled], now=NOW + 2 * SECOND)
    (second,) = await _lease(after=5 * SECOND)
    assert (second.previous_trace_id, second.previous_span_id) == ("a" * 32, "b" * 16)


async def test_five_lost_in_a_row_end_it_and_the_sixth_worker_gets_nothing() -> None:
    delivery = await _put()
    for request in range(5):
        assert len(await _lease(after=40 * request * SECOND)) == 1
    assert await _lease(after=40 * 5 * SECOND) == []
    found, attempts = await _found(delivery)
    assert (found.state, found.last_reason, found.tries, found.attempt_count) == ("exhausted", "crashes_worker", 5, 5)
    assert {attempt.outcome for attempt in attempts} == {AttemptOutcome.LOST}
    assert await unaccounted() == 0


async def test_four_lost_an_answer_and_four_lost_again_are_not_five_in_a_row() -> None:
    await _put()
    for request in range(4):
        assert len(await _lease(after=40 * request * SECOND)) == 1
    (fifth,) = await _lease(after=160 * SECOND)
    await leases.settle([_deferred(fifth)], now=NOW + 161 * SECOND)
    for request in range(5, 10):
        assert len(await _lease(after=40 * request * SECOND)) == 1
    assert await _lease(after=400 * SECOND) == []


# --- renew -----------------------------------------------------------------------------------------------------


async def test_a_renewed_lease_lasts_30_s_from_then_and_keeps_its_attempt() -> None:
    await _put()
    (lease,) = await _lease()
    assert await leases.renew([lease], now=NOW + 20 * SECOND) == {lease.token}
    assert await _lease(after=49 * SECOND) == []
    assert len(await _lease(after=50 * SECOND)) == 1


async def test_a_lease_that_is_anothers_by_now_is_not_renewed() -> None:
    await _put()
    (lost,) = await _lease()
    (theirs,) = await _lease(after=40 * SECOND)
    assert await leases.renew([lost], now=NOW + 41 * SECOND) == set()
    (row,) = await rows("delivery")
    assert (row["lease_token"], row["leased_until"]) == (theirs.token, NOW + 70 * SECOND)


# --- settle ----------------------------------------------------------------------------------------------------


async def test_an_accepted_message_is_sent_and_the_servers_words_stand_on_the_attempt() -> None:
    delivery = await _put()
    (lease,) = await _lease()
    assert await leases.settle([_sent(lease)], now=NOW + 2 * SECOND) == {delivery}
    found, (attempt,) = await _found(delivery)
    assert (found.state, found.sent_at, found.tries, found.last_reply) == (
        "sent",
        NOW + 2 * SECOND,
        0,
        "2.0.0 Ok: queued",
    )
    assert (attempt.outcome, attempt.phase, attempt.code, attempt.enhanced_code, attempt.reply) == (
        "sent",
        "reply",
        250,
        "2.0.0",
        "2.0.0 Ok: queued",
    )
    (row,) = await rows("delivery")
    assert (row["lease_token"], row["leased_until"]) == (None, None)


async def test_a_deferred_message_is_due_again_and_has_burnt_a_try() -> None:
    delivery = await _put()
    (lease,) = await _lease()
    await leases.settle([_deferred(lease, due_in=9 * SECOND)], now=NOW + 2 * SECOND)
    found, _ = await _found(delivery)
    assert (found.state, found.tries, found.due_at, found.last_reason, found.last_reply) == (
        "pending",
        1,
        NOW + 9 * SECOND,
        "recipient_deferred",
        "4.7.1 Greylisted",
    )
    assert await _lease(after=8 * SECOND) == []
    assert len(await _lease(after=9 * SECOND)) == 1


async def test_held_and_released_burn_no_try_and_stay_due() -> None:
    delivery = await _put()
    (lease,) = await _lease()
    held = settlement(lease, AttemptOutcome.HELD, DeliveryState.PENDING, reason="auth_refused", evidence=DEFERRED)
    await leases.settle([held], now=NOW + 2 * SECOND)
    (again,) = await _lease(after=3 * SECOND)
    released = settlement(again, AttemptOutcome.RELEASED, DeliveryState.PENDING)
    await leases.settle([released], now=NOW + 4 * SECOND)
    found, attempts = await _found(delivery)
    assert (found.state, found.tries, found.attempt_count, found.due_at) == ("pending", 0, 2, NOW)
    assert found.last_reason == "auth_refused"  # still the reason why it waits
    assert [attempt.outcome for attempt in attempts] == ["held", "released"]


async def test_a_late_answer_fills_its_own_attempt_and_does_not_move_what_another_worker_has_in_hand() -> None:
    delivery = await _put()
    (late,) = await _lease()
    (theirs,) = await _lease(after=40 * SECOND)
    assert await leases.settle([_deferred(late)], now=NOW + 41 * SECOND) == set()
    found, (first, second) = await _found(delivery)
    assert (first.outcome, first.reply, second.outcome) == ("retry", "4.7.1 Greylisted", None)
    assert (found.state, found.tries, found.last_reason) == ("pending", 1, None)
    (row,) = await rows("delivery")
    assert row["lease_token"] == theirs.token
    assert await leases.settle([_sent(theirs)], now=NOW + 42 * SECOND) == {delivery}


@pytest.mark.parametrize(
    ("state", "then"), [("superseded", "superseded"), ("exhausted", "exhausted"), ("pending", "sent")]
)
async def test_a_late_acceptance_sets_sent_at_and_ends_what_still_waits(state: str, then: str) -> None:
    delivery = await _put()
    (lease,) = await _lease()
    await db.fetch("UPDATE delivery SET state = $1, lease_token = NULL, leased_until = NULL", state)
    assert await leases.settle([_sent(lease)], now=NOW + 2 * SECOND) == set()
    found, (attempt,) = await _found(delivery)
    assert (found.state, found.sent_at, attempt.outcome) == (then, NOW + 2 * SECOND, "sent")


async def test_a_late_acceptance_keeps_an_earlier_sent_at() -> None:
    delivery = await _put()
    (late,) = await _lease()
    (theirs,) = await _lease(after=40 * SECOND)
    await leases.settle([_sent(theirs)], now=NOW + 41 * SECOND)
    await leases.settle([_sent(late)], now=NOW + 50 * SECOND)
    found, _ = await _found(delivery)
    assert found.sent_at == NOW + 41 * SECOND


async def test_a_late_acceptance_counts_also_beside_the_same_deliverys_own_answer() -> None:
    """A worker that was away takes its delivery up again: both tries may end together, and settle in one batch.

    The delivery stays pending for a third try only where nobody has accepted it.
    """
    delivery = await _put()
    (late,) = await _lease()
    (current,) = await _lease(after=40 * SECOND)
    settled = await leases.settle([_sent(late), _deferred(current)], now=NOW + 41 * SECOND)
    assert settled == {delivery}
    found, attempts = await _found(delivery)
    assert [attempt.outcome for attempt in attempts] == ["sent", "retry"]
    assert found.sent_at == NOW + 41 * SECOND


async def test_what_is_settled_once_more_as_its_reply_got_lost_stays_as_it_was() -> None:
    delivery = await _put()
    (late,) = await _lease()
    await _lease(after=40 * SECOND)
    sent = msgspec.structs.replace(_sent(late), span_id="b" * 16)
    await leases.settle([sent], now=NOW + 41 * SECOND)
    _, before = await _found(delivery)
    assert before[0].maybe_accepted
    await leases.settle([sent], now=NOW + 50 * SECOND)
    assert (await _found(delivery))[1] == before


async def test_once_a_late_acceptance_is_known_another_workers_failure_asks_for_no_further_try() -> None:
    delivery = await _put()
    (late,) = await _lease()
    (theirs,) = await _lease(after=40 * SECOND)
    await leases.settle([_sent(late)], now=NOW + 41 * SECOND)
    assert await leases.settle([_deferred(theirs)], now=NOW + 42 * SECOND) == {delivery}
    found, (first, second) = await _found(delivery)
    assert (found.state, found.sent_at) == ("sent", NOW + 41 * SECOND)
    assert (first.outcome, first.maybe_accepted, second.outcome) == ("sent", True, "retry")


async def test_who_sent_nothing_leaves_an_attempt_that_counts_as_lost() -> None:
    delivery = await _put()
    (away,) = await _lease()
    (theirs,) = await _lease(after=40 * SECOND)
    for lease in (away, theirs):
        await leases.settle([_released(lease)], now=NOW + 41 * SECOND)
    _, attempts = await _found(delivery)
    assert [attempt.outcome for attempt in attempts] == ["lost", "released"]


async def test_a_delivery_at_risk_whose_tries_all_came_to_nothing_goes_by_the_primary() -> None:
    """Its last route is unknown, and it must not keep the others of its batch from being leased."""
    delivery, healthy = await _put(starts_in=timedelta(minutes=30)), await _put()
    await _lease(limit=1)
    await db.fetch("UPDATE attempt SET outcome = 'released', finished_at = now()")
    await db.fetch("UPDATE delivery SET tries = 1, lease_token = NULL, leased_until = NULL WHERE id = $1", delivery)
    taken = {lease.id: lease.route for lease in await _lease(after=60 * SECOND)}
    assert taken == {delivery: Route.PRIMARY, healthy: Route.PRIMARY}


async def test_a_send_that_hangs_past_its_deadline_is_renewed_no_more_and_comes_to_an_end() -> None:
    delivery = await _put(starts_in=timedelta(minutes=1))
    (hanging,) = await _lease()
    deadline = (await _found(delivery))[0].deadline_at
    assert await leases.renew([hanging], now=deadline + timedelta(minutes=9)) == {hanging.token}
    assert await leases.renew([hanging], now=deadline + timedelta(minutes=11)) == set()
    assert await deadlines.expire(now=deadline + timedelta(minutes=12)) == 1
    found, (attempt,) = await _found(delivery)
    assert (found.state, attempt.outcome) == ("exhausted", "lost")


async def test_what_a_held_channel_kept_back_ends_with_the_reason_for_that() -> None:
    kept, other = await _put(), await _put()
    await db.fetch("UPDATE delivery SET channel = 'elsewhere' WHERE id = $1", other)
    await health.hold(EMAIL, "auth_refused", now=NOW)
    assert await deadlines.expire([EMAIL], now=NOW + timedelta(days=2)) == 2
    assert [(await _found(one))[0].last_reason for one in (kept, other)] == ["auth_refused", "deadline_passed"]


async def test_the_open_attempt_of_a_dead_worker_is_closed_also_where_its_delivery_has_ended_otherwise() -> None:
    delivery = await _put()
    await _lease()
    await db.fetch("UPDATE delivery SET state = 'superseded', lease_token = NULL, leased_until = NULL")
    assert await deadlines.close_abandoned(now=NOW + timedelta(minutes=50)) == 0
    assert await deadlines.close_abandoned(now=NOW + timedelta(minutes=70)) == 1
    _, (attempt,) = await _found(delivery)
    assert attempt.outcome == "lost"


async def test_settling_twice_is_settling_once() -> None:
    """The answer of the first settle may be lost with its connection; the worker then says it all again."""
    delivery = await _put()
    (lease,) = await _lease()
    assert await leases.settle([_deferred(lease)], now=NOW + 2 * SECOND) == {delivery}
    assert await leases.settle([_deferred(lease)], now=NOW + 3 * SECOND) == set()
    found, (attempt,) = await _found(delivery)
    assert (found.tries, attempt.outcome) == (1, "retry")


async def test_many_settle_in_one_statement_each_by_its_own_token() -> None:
    for _ in range(20):
        await _put()
    taken = await _lease(limit=20)
    stranger = msgspec.structs.replace(taken[0], token=uuid4())
    settled = await leases.settle([_sent(stranger), *(_sent(lease) for lease in taken[1:])], now=NOW + 2 * SECOND)
    assert settled == {lease.id for lease in taken[1:]}
    assert await leases.settle([], now=NOW) == set()


@pytest.mark.parametrize("reply", ["ä" * 2000, "a\x00b", "half a pair \ud800", "x" * 1023 + "ä"])
async def test_whatever_the_other_side_says_can_be_stored(reply: str) -> None:
    delivery = await _put()
    (lease,) = await _lease()
    said = msgspec.structs.replace(ACCEPTED, reply=reply)
    await leases.settle([msgspec.structs.replace(_sent(lease), evidence=said)], now=NOW + 2 * SECOND)
    found, (attempt,) = await _found(delivery)
    assert found.state == "sent"
    assert attempt.reply is not None
    assert 0 < len(attempt.reply.encode()) <= 1024
    assert attempt.reply[:3].replace("\ufffd", "\x00") == reply[:3]


# --- what a recruiter copy tells -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tried", "told"), [(None, "pending"), (_deferred, "waiting"), (_sent, "sent")], ids=["untried", "in vain", "sent"]
)
async def test_a_recruiter_copy_is_leased_with_where_its_invitation_stands(
    tried: Callable[[Lease], Settlement] | None, told: str
) -> None:
    await _put(outbox=WITH_RECRUITERS)
    if tried:
        (invitation,) = await _lease()
        await leases.settle([tried(invitation)], now=NOW + 2 * SECOND)
    (copy,) = await leases.take("recruiters", limit=1, worker="w", kinds=["recruiter_copy"], now=NOW + 6 * SECOND)
    assert copy.invitation_state == told


# --- expire ----------------------------------------------------------------------------------------------------


async def test_what_is_past_its_deadline_ends_as_exhausted_and_says_what_the_last_try_said() -> None:
    never_tried, deferred = await _put(), await _put()
    taken = {lease.id: lease for lease in await _lease()}
    await leases.settle([_deferred(taken[deferred])], now=NOW + 2 * SECOND)
    released = settlement(taken[never_tried], AttemptOutcome.RELEASED, DeliveryState.PENDING)
    await leases.settle([released], now=NOW + 2 * SECOND)
    after = timedelta(hours=24, seconds=WINDOWS.late_seconds)
    assert await deadlines.expire(now=NOW + after - SECOND) == 0
    assert await deadlines.expire(now=NOW + after) == 2
    assert await deadlines.expire(now=NOW + after) == 0
    assert [(await _found(one))[0].last_reason for one in (never_tried, deferred)] == [
        "deadline_passed",
        "recipient_deferred",
    ]


@pytest.mark.parametrize("came", ["came_back", "complaint"])
async def test_what_has_come_back_does_not_hide_why_the_tries_until_the_deadline_failed(came: str) -> None:
    failed, lost = await _put(), await _put()
    taken = {lease.id: lease for lease in await _lease()}
    await leases.settle([_deferred(taken[failed])], now=NOW + 2 * SECOND)
    await db.fetch("UPDATE delivery SET last_reason = $1, last_reply = 'Good day'", came)
    await deadlines.expire(now=NOW + timedelta(hours=25))
    found = [(await _found(one))[0] for one in (failed, lost)]
    assert [(one.state, one.last_reason, one.last_reply) for one in found] == [
        ("exhausted", "recipient_deferred", DEFERRED.reply),
        ("exhausted", came, "Good day"),
    ]


async def test_a_send_under_way_at_the_deadline_is_left_to_end_and_a_dead_one_is_lost() -> None:
    delivery = await _put()
    after = timedelta(hours=24, seconds=WINDOWS.late_seconds)
    await _lease(after=after - 10 * SECOND)
    assert await deadlines.expire(now=NOW + after) == 0
    assert await deadlines.expire(now=NOW + after + 20 * SECOND) == 1
    found, (attempt,) = await _found(delivery)
    assert (found.state, found.tries, attempt.outcome) == ("exhausted", 1, "lost")


async def test_a_probe_takes_what_was_tried_least_so_that_one_delivery_cannot_hold_a_channel() -> None:
    first, second = await _put(starts_in=timedelta(hours=24)), await _put(starts_in=timedelta(hours=48))
    [tried] = await _lease(limit=1)
    assert tried.id == first
    await leases.settle([settlement(tried, AttemptOutcome.HELD, DeliveryState.PENDING)])
    [probed] = await _lease(after=2 * SECOND, limit=1, request=LeaseRequest(route=Route.PRIMARY, probing=True))
    assert probed.id == second


# --- routes ----------------------------------------------------------------------------------------------------

AT_RISK = timedelta(minutes=15)  # after it was first due


async def _fail(
    lease: Lease, *, at: timedelta, outcome: AttemptOutcome = AttemptOutcome.RETRY, said: str = "deferred"
) -> None:
    """Settle a try that came to nothing; the delivery is due again at once."""
    reason, evidence = SAID[said]
    failed = settlement(lease, outcome, DeliveryState.PENDING, reason=reason, evidence=evidence, due_at=NOW + at)
    await leases.settle([failed], now=NOW + at)


async def test_a_lease_says_its_route_and_so_does_its_attempt() -> None:
    delivery = await _put()
    (lease,) = await _lease(request=LeaseRequest(route=Route.FALLBACK))
    _, (attempt,) = await _found(delivery)
    assert (lease.route, attempt.route) == (Route.FALLBACK, "fallback")
    assert await db.fetch_value("SELECT fingerprint FROM attempt") == WITH_FALLBACK.fallback_fingerprint


async def test_a_delivery_at_risk_takes_turns_between_the_providers_once_a_try_has_failed() -> None:
    delivery = await _put()
    for after in (SECOND, 2 * SECOND, AT_RISK, AT_RISK + SECOND, AT_RISK + 2 * SECOND, AT_RISK + 3 * SECOND):
        (lease,) = await _lease(after=after)
        await _fail(lease, at=after)
    _, attempts = await _found(delivery)
    assert [a.route for a in attempts] == ["primary", "primary", "fallback", "primary", "fallback", "primary"]


@pytest.mark.parametrize(
    ("said", "routes"),
    [
        pytest.param(["deferred", "deferred", "deferred"], "pppp", id="put off by the recipient"),
        pytest.param(["refused us", "deferred", "deferred"], "pfff", id="refused by one: by the other from then on"),
        pytest.param(["refused us", "refused us", "refused us", "refused us"], "pfpfp", id="refused by both: in turns"),
        pytest.param(["refused the message", "deferred"], "pff", id="the message refused"),
        pytest.param(["blocked the message", "deferred"], "pff", id="the message blocked"),
        pytest.param(["blocked the message"] * 4, "pfpfp", id="blocked by both: in turns"),
        pytest.param(["blocked it for now", "blocked us"], "ppp", id="blocked in a way that passes, or at RCPT"),
        pytest.param(["could not do it", "deferred"], "pff", id="SMTPUTF8 not supported"),
        pytest.param(["refused our sign-in", "nothing"], "pff", id="refused at sign-in"),
        pytest.param(["nothing", "nothing", "deferred", "nothing"], "ppfff", id="unreachable twice"),
        pytest.param(["nothing", "not now", "nothing", "nothing", "nothing"], "ppffpf", id="neither can be reached"),
        pytest.param(["nothing", "deferred", "nothing", "deferred"], "ppppp", id="unreachable once in a while"),
    ],
)
async def test_the_route_follows_from_what_each_provider_said_of_the_delivery(said: list[str], routes: str) -> None:
    delivery = await _put()
    for number, words in enumerate(said, 1):
        (lease,) = await _lease(after=number * SECOND)
        await _fail(lease, at=number * SECOND, said=words)
    await _lease(after=len(routes) * SECOND)
    _, attempts = await _found(delivery)
    assert "".join(attempt.route[0] for attempt in attempts) == routes


@pytest.mark.parametrize(
    ("said", "may_change", "was_unreached"),
    [
        ([], True, False),
        (["deferred"], True, False),
        (["nothing"], True, True),
        (["nothing", "deferred"], True, False),
        (["refused us"], False, False),
        (["refused us", "nothing"], False, True),
        (["nothing", "nothing"], False, False),
    ],
)
async def test_a_lease_says_whether_the_delivery_may_still_change_its_provider(
    said: list[str],
    may_change: bool,  # noqa: FBT001
    was_unreached: bool,  # noqa: FBT001
) -> None:
    await _put()
    for number, words in enumerate(said, 1):
        (lease,) = await _lease(after=number * SECOND)
        await _fail(lease, at=number * SECOND, said=words)
    (lease,) = await _lease(after=(len(said) + 1) * SECOND)
    assert (lease.may_change_provider, lease.was_unreached) == (may_change, was_unreached)


@pytest.mark.parametrize(
    ("said", "may"),
    [
        pytest.param([], True, id="not tried"),
        pytest.param(["refused the message"], False, id="refused the message"),
        pytest.param(["blocked the message"], False, id="blocked the message for good"),
        pytest.param(["could not do it"], False, id="lacks what it needs"),
        pytest.param(["could not do it", "nothing", "could not do it"], False, id="both refused it, one long ago"),
        pytest.param(["nothing", "nothing"], True, id="could not be reached"),
        pytest.param(["refused us"], True, id="refused us"),
        pytest.param(["blocked us"], True, id="stays with the one that put it off"),
        pytest.param(["refused us", "refused the message"], False, id="the other one refused the message"),
        pytest.param(["refused us", "refused the message", "refused us"], True, id="the other one refused us alone"),
    ],
)
async def test_a_lease_says_whether_the_other_provider_may_still_accept_the_message(
    said: list[str],
    may: bool,  # noqa: FBT001
) -> None:
    await _put()
    for number, words in enumerate(said, 1):
        (lease,) = await _lease(after=number * SECOND)
        await _fail(lease, at=number * SECOND, said=words)
    (lease,) = await _lease(after=(len(said) + 1) * SECOND)
    assert lease.other_may_accept is may


WITHOUT_FALLBACK = msgspec.structs.replace(WITH_FALLBACK, fallback_url="", fallback_fingerprint="")


@pytest.mark.parametrize(
    ("route", "channel", "is_required", "may"),
    [
        (Route.PRIMARY, WITH_FALLBACK, True, True),
        (Route.PRIMARY, WITH_FALLBACK, False, False),
        (Route.PRIMARY, WITHOUT_FALLBACK, True, False),
        (Route.FALLBACK, WITH_FALLBACK, True, False),
        (Route.FALLBACK, msgspec.structs.replace(WITH_FALLBACK, fingerprint="corrected"), True, True),
    ],
)
async def test_a_held_provider_may_still_accept_what_is_required(
    route: Route,
    channel: Channel,
    is_required: bool,  # noqa: FBT001
    may: bool,  # noqa: FBT001
) -> None:
    await _put()
    await db.fetch("UPDATE delivery SET required = $1", is_required)
    (lease,) = await _lease()
    await _fail(lease, at=SECOND, said="refused the message")
    (lease,) = await _lease(after=2 * SECOND, request=LeaseRequest(route=route), channel=channel)
    assert lease.other_may_accept is may


async def test_where_the_other_provider_is_not_open_a_delivery_stays_with_the_one_that_refused_us() -> None:
    await _put()
    (lease,) = await _lease()
    await _fail(lease, at=SECOND, said="refused us")
    (again,) = await _lease(after=2 * SECOND, request=LeaseRequest(route=Route.PRIMARY))
    assert (again.route, again.may_change_provider) == (Route.PRIMARY, False)


async def test_a_replay_begins_with_the_primary_again() -> None:
    await _put()
    (lease,) = await _lease()
    await _fail(lease, at=SECOND, said="refused us")
    await db.fetch("UPDATE delivery SET first_due_at = $1", NOW + 2 * SECOND)
    (again,) = await _lease(after=2 * SECOND)
    assert (again.route, again.may_change_provider) == (Route.PRIMARY, True)


CORRECTED = msgspec.structs.replace(WITH_FALLBACK, fingerprint="corrected")
FALLBACK_CORRECTED = msgspec.structs.replace(WITH_FALLBACK, fallback_fingerprint="corrected")


@pytest.mark.parametrize(
    ("said", "now", "route"),
    [
        pytest.param(["refused us"], CORRECTED, "primary", id="refused by the primary before it was corrected"),
        pytest.param(["nothing", "nothing"], CORRECTED, "primary", id="unreachable before it was corrected"),
        pytest.param(["refused us"], FALLBACK_CORRECTED, "fallback", id="only the fallback was corrected"),
        pytest.param(["refused us", "refused us"], CORRECTED, "primary", id="refused by both, the primary corrected"),
        pytest.param(["refused us"] * 2, FALLBACK_CORRECTED, "fallback", id="refused by both, the fallback corrected"),
        pytest.param(["refused us"] * 3, FALLBACK_CORRECTED, "fallback", id="in turns, the fallback corrected"),
    ],
)
async def test_what_a_provider_said_before_it_was_corrected_does_not_count(
    said: list[str], now: Channel, route: str
) -> None:
    await _put()
    for number, words in enumerate(said, 1):
        (lease,) = await _lease(after=number * SECOND)
        await _fail(lease, at=number * SECOND, said=words)
    (lease,) = await _lease(after=5 * SECOND, channel=now)
    assert lease.route == route


async def test_a_corrected_provider_is_left_again_if_it_still_refuses_us() -> None:
    delivery = await _put()
    for number, channel in enumerate((WITH_FALLBACK, CORRECTED, CORRECTED), 1):
        (lease,) = await _lease(after=number * SECOND, channel=channel)
        await _fail(lease, at=number * SECOND, said="refused us")
    _, attempts = await _found(delivery)
    assert [a.route for a in attempts] == ["primary", "primary", "fallback"]


async def test_that_a_provider_could_not_be_reached_before_it_was_corrected_is_no_first_of_two() -> None:
    await _put()
    (lease,) = await _lease()
    await _fail(lease, at=SECOND, said="nothing")
    (lease,) = await _lease(after=2 * SECOND, channel=CORRECTED)
    assert (lease.route, lease.was_unreached) == (Route.PRIMARY, False)


async def test_a_delivery_at_risk_begins_with_a_corrected_primary() -> None:
    await _put()
    for after in (SECOND, AT_RISK, AT_RISK + SECOND):
        (lease,) = await _lease(after=after)
        await _fail(lease, at=after)
    (lease,) = await _lease(after=AT_RISK + 2 * SECOND, channel=CORRECTED)
    assert lease.route is Route.PRIMARY


async def test_attempts_of_0_1_0_which_do_not_say_by_which_configuration_they_went_count_for_none() -> None:
    await _put()
    (lease,) = await _lease()
    await _fail(lease, at=SECOND, said="refused us")
    await db.fetch("UPDATE attempt SET fingerprint = NULL")
    (lease,) = await _lease(after=2 * SECOND)
    assert (lease.route, lease.may_change_provider) == (Route.PRIMARY, True)
    await _fail(lease, at=2 * SECOND, said="refused us")
    (lease,) = await _lease(after=3 * SECOND)
    assert lease.route is Route.FALLBACK


async def _two_fail_to_connect() -> None:
    """Let two deliveries fail to reach the primary, and put them off for an hour."""
    for _ in range(2):
        await _put()
    for lease in await _lease():
        await _fail(lease, at=2 * SECOND, said="nothing")
    await db.fetch("UPDATE delivery SET due_at = due_at + interval '1 hour'")


async def test_once_two_tries_could_not_reach_the_primary_nobody_who_matters_waits_for_it_for_a_minute() -> None:
    await _two_fail_to_connect()
    needed, optional = await _put(), await _put()
    await db.fetch("UPDATE delivery SET required = false WHERE id = $1", optional)
    taken = await _lease(after=3 * SECOND)
    assert {lease.id: lease.route for lease in taken} == {needed: Route.FALLBACK, optional: Route.PRIMARY}
    later, last = await _put(), await _put()
    await db.fetch("UPDATE delivery SET due_at = $2 WHERE id = $1", last, NOW + 63 * SECOND)
    assert {lease.id: lease.route for lease in await _lease(after=30 * SECOND)} == {later: Route.FALLBACK}
    assert {lease.id: lease.route for lease in await _lease(after=63 * SECOND)}[last] is Route.PRIMARY


async def test_that_another_configuration_could_not_reach_the_primary_keeps_nobody_from_a_corrected_one() -> None:
    await _two_fail_to_connect()
    await _put()
    (lease,) = await _lease(after=3 * SECOND, channel=msgspec.structs.replace(WITH_FALLBACK, fingerprint="corrected"))
    assert lease.route is Route.PRIMARY


async def test_a_try_that_reached_the_primary_since_then_brings_everybody_back_to_it() -> None:
    await _two_fail_to_connect()
    optional = await _put()
    await db.fetch("UPDATE delivery SET required = false WHERE id = $1", optional)
    (lease,) = await _lease(after=3 * SECOND)
    await leases.settle([_sent(lease)], now=NOW + 4 * SECOND)
    await _put()
    assert [lease.route for lease in await _lease(after=5 * SECOND)] == [Route.PRIMARY]


async def test_what_meets_a_fallback_that_cannot_be_reached_either_takes_turns() -> None:
    await _two_fail_to_connect()
    delivery = await _put()
    for number in (3, 4, 5, 6):
        (lease,) = await _lease(after=number * SECOND)
        await _fail(lease, at=number * SECOND, said="nothing")
    _, attempts = await _found(delivery)
    assert [a.route for a in attempts] == ["fallback", "fallback", "primary", "fallback"]


async def test_a_first_try_goes_by_the_primary_however_late_it_is() -> None:
    await _put()
    (lease,) = await _lease(after=2 * AT_RISK)
    assert lease.route is Route.PRIMARY


async def test_a_try_that_was_lost_has_failed_and_one_that_was_released_has_not_been_a_turn() -> None:
    delivery = await _put()
    await _lease(after=AT_RISK)
    (lost,) = await _lease(after=AT_RISK + 40 * SECOND)
    assert lost.route is Route.FALLBACK
    await _fail(lost, at=AT_RISK + 41 * SECOND, outcome=AttemptOutcome.RELEASED)
    (again,) = await _lease(after=AT_RISK + 42 * SECOND)
    assert again.route is Route.FALLBACK
    _, attempts = await _found(delivery)
    assert [a.outcome for a in attempts] == ["lost", "released", None]


async def test_what_the_candidate_does_not_depend_on_never_takes_the_fallback_by_itself() -> None:
    await _put()
    await db.fetch("UPDATE delivery SET required = false")
    (lease,) = await _lease()
    await _fail(lease, at=SECOND)
    (again,) = await _lease(after=AT_RISK)
    assert again.route is Route.PRIMARY
    await _fail(again, at=AT_RISK)
    assert await _lease(after=AT_RISK, request=LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.REQUIRED)) == []


async def test_an_alert_may_take_the_fallback_although_no_candidate_depends_on_it() -> None:
    delivery = await _put()
    await db.fetch("UPDATE delivery SET required = false, kind = 'alert'")
    request = LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.REQUIRED)
    taken = await leases.take("email", limit=1, worker="w", kinds=["alert"], request=request, now=NOW + SECOND)
    assert [lease.id for lease in taken] == [delivery]


async def test_tried_is_what_is_required_and_was_tried_in_vain() -> None:
    tried, untried, optional = [await _put() for _ in range(3)]
    await db.fetch("UPDATE delivery SET required = false WHERE id = $1", optional)
    for lease in await _lease():
        outcome = AttemptOutcome.RELEASED if lease.id == untried else AttemptOutcome.RETRY
        await _fail(lease, at=SECOND, outcome=outcome)
    request = LeaseRequest(route=Route.FALLBACK, scope=LeaseScope.TRIED, other_is_open=True, probing=True)
    assert [lease.id for lease in await _lease(after=2 * SECOND, request=request)] == [tried]
