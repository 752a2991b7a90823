"""Replay: what has ended is reopened as the same row, and what must not be sent again is skipped with its reason."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

import msgspec
import pytest
from structlog.testing import capture_logs

from factories import WINDOWS, rows, unaccounted
from faults.scene import mail_through, until_state
from hireloop import db, errors
from hireloop.local.traces.spans import SpanReceiver
from hireloop.notify.deliveries import deliveries, leases, outbox, replay, retry
from hireloop.notify.deliveries.replay import ReplayFilter
from hireloop.notify.deliveries.skips import ReplayResult, Skip
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.notify.transport import Evidence, Phase
from hireloop.telemetry import metrics
from notify.factories import RECRUITERS, WITH_RECRUITERS, invite, settlement
from notify.records import view
from processes import WorkerProcess
from sample_channels import EMAIL
from servers.smtp import ScriptedSmtpServer
from waiting import beside, somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(hours=2)


_put = partial(invite, now=NOW)


async def _try_once(outcome: AttemptOutcome, state: DeliveryState, reason: str | None = None) -> None:
    """Lease everything that is due and let it end so."""
    evidence = Evidence(phase=Phase.RECIPIENT, code=550, enhanced_code="5.7.1", reply="5.7.1 Sign in first")
    taken = await leases.take("email", limit=1000, worker="w", kinds=["invitation"], now=LATER)
    ended = {
        "reason": reason,
        "evidence": evidence,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331",
    }
    await leases.settle([settlement(lease, outcome, state, **ended) for lease in taken])


async def _rejected(reason: str = "policy_block") -> None:
    await _try_once(AttemptOutcome.REJECTED, DeliveryState.REJECTED, reason)


async def _replay(
    chosen: ReplayFilter, *, at_most: int | None = None, dry_run: bool = False, now: datetime = LATER
) -> list[ReplayResult]:
    walked = replay.walk(chosen, [EMAIL], at_most=at_most, dry_run=dry_run, now=now)
    return [result async for batch in walked for result in batch]


async def _skip_of(delivery: UUID, *, now: datetime = LATER) -> Skip | None:
    """Return why this one is skipped, and assert that both ways to ask agree and change nothing."""
    before = await rows("delivery")
    (result,) = await _replay(ReplayFilter(ids=(delivery,)), now=now)
    if result.skip is None:
        return None
    assert await rows("delivery") == before
    if result.skip is Skip.PENDING:
        assert await replay.one(delivery, [EMAIL], now=now) is False
    else:
        with pytest.raises(errors.NotReplayable) as refused:
            await replay.one(delivery, [EMAIL], now=now)
        assert (refused.value.reason, str(refused.value)) == (result.skip, result.skip.sentence)
    return result.skip


def _by(**fields: object) -> ReplayFilter:
    return ReplayFilter(**fields)  # type: ignore[arg-type] # as given


# --- What becomes of the row -----------------------------------------------------------------------------------


async def test_a_rejected_delivery_is_the_same_row_again_due_at_once_with_a_plan_of_its_own() -> None:
    delivery = await _put()
    await _rejected()
    await db.fetch("UPDATE delivery SET tries = 1, at_risk_alerted_at = now(), failure_alerted_at = now()")
    before = await view(delivery)
    assert await replay.one(delivery, [EMAIL], now=LATER) is True
    after = await view(delivery)
    assert (after.state, after.due_at, after.first_due_at) == ("pending", LATER, LATER)
    assert (after.attempt_count, after.tries) == (1, 0)
    assert (after.last_reason, after.last_reply) == (None, None)
    assert after.at_risk_at == retry.at_risk_at(LATER, NOW + timedelta(hours=24)) == LATER + timedelta(minutes=15)
    assert after.deadline_at == before.deadline_at == NOW + timedelta(hours=24, seconds=WINDOWS.late_seconds)
    assert (after.id, after.message_id, after.traceparent) == (before.id, before.message_id, before.traceparent)
    (row,) = await rows("delivery")
    assert (row["at_risk_alerted_at"], row["failure_alerted_at"]) == (
        None,
        None,
    )  # so that a second failure is told too
    assert await unaccounted() == 0


async def test_the_next_try_is_the_next_attempt_linked_to_the_one_before_and_in_the_same_trace() -> None:
    delivery = await _put()
    await _rejected()
    first = await view(delivery)
    await replay.one(delivery, [EMAIL], now=LATER)
    (lease,) = await leases.take("email", limit=1, worker="w", kinds=["invitation"], now=LATER)
    assert (lease.id, lease.number, lease.tries) == (delivery, 2, 0)
    assert lease.traceparent == first.traceparent
    assert (lease.previous_trace_id, lease.previous_span_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")


async def test_a_replay_is_one_line_and_one_count_for_each_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[object] = []
    monkeypatch.setattr(metrics.REPLAYS, "add", lambda _, attributes: counted.append(attributes))
    delivery = await _put()
    await _rejected()
    await db.fetch("UPDATE delivery SET traceparent = '00-' || repeat('a', 32) || '-' || repeat('b', 16) || '-01'")
    with capture_logs() as lines:
        await replay.batch(ReplayFilter(state="rejected"), [EMAIL], limit=9, dry_run=True, now=LATER)
        await replay.one(delivery, [EMAIL], now=LATER)
    assert [line for line in lines if line["event"] == "delivery.replayed"] == [
        {
            "event": "delivery.replayed",
            "log_level": "info",
            "delivery": str(delivery),
            "kind": "invitation",
            "channel": "email",
            "state": "rejected",
            "reason": "policy_block",
            "trace_id": "a" * 32,
            "span_id": "b" * 16,
        }
    ]
    assert counted == [{"channel": "email", "state": "rejected"}]


async def test_a_real_workers_tries_before_and_after_a_replay_are_one_trace(database_url: str) -> None:
    delivery, trace_id = await _put(), "0af7651916cd43dd8448eb211c80319c"
    put = f"00-{trace_id}-b7ad6b7169203331-01"
    await db.fetch("UPDATE delivery SET traceparent = $1, due_at = now() - interval '1 second'", put)
    spans = SpanReceiver()
    with ScriptedSmtpServer({"RCPT": ["550 5.1.1 No such user"]}) as server:
        env = mail_through(database_url, server.port, TRACE_COPY_ENDPOINT=spans.start())
        with WorkerProcess(env):
            await until_state(delivery, "rejected")
            await replay.one(delivery, [EMAIL])
            await until_state(delivery, "sent")
    tries = [span for span in spans.trace(trace_id) if span.name == "delivery.attempt"]
    spans.stop()
    assert [(one.parent_id, one.attributes["hireloop.outcome"]) for one in tries] == [
        ("b7ad6b7169203331", "rejected"),
        ("b7ad6b7169203331", "sent"),
    ]
    assert [link.span_id for link in tries[1].links] == [tries[0].span_id]


@pytest.mark.parametrize("state", ["sent", "bounced"])
async def test_what_may_have_arrived_goes_out_under_another_message_id_each_time(state: str) -> None:
    delivery = await _put()
    seen = []
    for _ in range(3):
        await _try_once(AttemptOutcome.SENT, DeliveryState.SENT)
        await db.fetch("UPDATE delivery SET state = $1, bounced_at = now()", state)
        seen.append((await view(delivery)).message_id)
        await replay.one(delivery, [EMAIL], now=LATER)
    assert seen == [f"<{delivery}@hire.example>", f"<{delivery}.1@hire.example>", f"<{delivery}.2@hire.example>"]
    after = await view(delivery)
    assert after.sent_at is not None  # that it was taken once stays known


async def test_what_never_left_keeps_its_message_id() -> None:
    delivery = await _put()
    await db.fetch("UPDATE delivery SET state = 'exhausted'")
    await replay.one(delivery, [EMAIL], now=LATER)
    assert (await view(delivery)).message_id == f"<{delivery}@hire.example>"


async def test_a_delivery_is_at_risk_again_only_after_30_s_or_a_failed_try() -> None:
    delivery = await _put(starts_in=timedelta(hours=2, minutes=30))
    await _rejected()
    await replay.one(delivery, [EMAIL], now=LATER)  # half an hour before the start
    after = await view(delivery)
    assert after.at_risk_at == LATER
    at = LATER + timedelta(seconds=29)
    assert deliveries.invitation_state([after], revision=1, now=at) == "pending"
    assert deliveries.invitation_state([after], revision=1, now=at + timedelta(seconds=1)) == "at_risk"


async def test_a_chat_copy_is_useful_for_a_day_from_now() -> None:
    await _put(outbox=WITH_RECRUITERS)
    await db.fetch("UPDATE delivery SET state = 'exhausted' WHERE channel = 'recruiters'")
    copy = await db.fetch_value("SELECT id FROM delivery WHERE channel = 'recruiters'")
    assert await replay.one(copy, [EMAIL, RECRUITERS], now=LATER) is True
    after = await view(copy)
    assert (after.state, after.at_risk_at, after.deadline_at) == ("pending", None, LATER + timedelta(days=1))


# --- What is skipped -------------------------------------------------------------------------------------------


async def test_what_has_not_ended_is_left_as_it_is() -> None:
    assert await _skip_of(await _put()) is Skip.PENDING


async def test_what_was_superseded_is_not_sent_again() -> None:
    delivery = await _put()
    await db.fetch("UPDATE delivery SET state = 'superseded'")
    assert await _skip_of(delivery) is Skip.SUPERSEDED


async def test_what_failed_before_its_booking_was_moved_is_superseded_too() -> None:
    delivery = await _put()
    await _rejected()
    await db.fetch("UPDATE schedule SET revision = 2")
    assert await _skip_of(delivery) is Skip.SUPERSEDED


async def test_of_a_cancelled_booking_nothing_but_the_cancellation_is_sent_again() -> None:
    delivery = await _put()
    await _rejected()
    await db.fetch("UPDATE schedule SET state = 'cancelled'")
    assert await _skip_of(delivery) is Skip.SUPERSEDED
    await db.fetch("UPDATE delivery SET kind = 'cancelled'")  # its fields are among an invitation's
    assert await _skip_of(delivery) is None


async def test_what_nobody_can_use_any_more_is_past() -> None:
    delivery = await _put(starts_in=timedelta(minutes=1))
    await db.fetch("UPDATE delivery SET state = 'rejected'")
    closes_at = NOW + timedelta(minutes=1, seconds=WINDOWS.late_seconds)
    assert await _skip_of(delivery, now=closes_at) is Skip.PAST
    assert await _skip_of(delivery, now=closes_at - timedelta(seconds=1)) is None
    assert (await view(delivery)).deadline_at == closes_at + timedelta(seconds=29)  # time for a try or two


async def test_an_invitation_is_not_sent_again_to_an_address_that_the_candidate_has_left() -> None:
    delivery = await _put(email="Asha@example.com")
    await _rejected()
    await db.fetch("UPDATE candidate SET email = 'asha@new.example'")
    assert await _skip_of(delivery) is Skip.ADDRESS_CHANGED
    assert "new address" in Skip.ADDRESS_CHANGED.sentence
    await db.fetch("UPDATE candidate SET email = 'ASHA@EXAMPLE.COM'")
    assert await _skip_of(delivery) is None


async def test_what_no_worker_could_take_is_skipped() -> None:
    delivery = await _put()
    await _rejected()
    await db.fetch("UPDATE delivery SET channel = 'pigeons'")
    assert await _skip_of(delivery) is Skip.CHANNEL_GONE
    await db.fetch("UPDATE delivery SET channel = 'email', payload_version = 2")
    assert await _skip_of(delivery) is Skip.UNREADABLE
    await db.fetch("UPDATE delivery SET payload_version = 1, payload = '{}'")
    assert await _skip_of(delivery) is Skip.UNREADABLE


async def test_an_unknown_delivery_is_not_found() -> None:
    with pytest.raises(errors.NotFound):
        await replay.one(uuid4(), [EMAIL])


# --- By cause --------------------------------------------------------------------------------------------------


async def test_by_cause_what_failed_so_is_replayed_and_nothing_else() -> None:
    blocked = [await _put() for _ in range(3)]
    await _rejected("policy_block")
    unknown = await _put()
    await _rejected("recipient_unknown")
    await _put()
    results = await _replay(_by(reason="policy_block"))
    assert [(result.id, result.state, result.reason, result.skip) for result in results] == [
        (ident, "rejected", "policy_block", None) for ident in blocked
    ]
    assert {row["id"] for row in await rows("delivery") if row["state"] == "rejected"} == {unknown}
    assert await _replay(_by(reason="policy_block")) == []  # once is enough


async def test_without_a_state_nothing_that_was_sent_goes_out_again() -> None:
    sent = await _put()
    await _try_once(AttemptOutcome.SENT, DeliveryState.SENT)
    failed = await _put()
    await _rejected()
    assert [result.id for result in await _replay(_by(channel="email"))] == [failed]
    assert [(result.id, result.skip) for result in await _replay(_by(state="sent"))] == [(sent, None)]


async def test_by_cause_what_is_skipped_is_named_with_why() -> None:
    moved, failed, waiting = await _put(), await _put(), await _put()
    await db.fetch("UPDATE delivery SET state = 'rejected' WHERE id = ANY($1)", [moved, failed])
    await db.fetch("UPDATE schedule SET revision = 2 WHERE id = (SELECT schedule FROM delivery WHERE id = $1)", moved)
    results = await _replay(_by(kind="invitation"))
    assert [(result.id, result.skip) for result in results] == [
        (moved, Skip.SUPERSEDED),
        (failed, None),
        (waiting, Skip.PENDING),
    ]


async def test_each_filter_filters() -> None:
    await _put()
    await _rejected()
    for wanted in (
        {"state": "exhausted"},
        {"channel": "chat"},
        {"kind": "reminder"},
        {"reason": "recipient_unknown"},
        {"since": LATER},
    ):
        assert await _replay(_by(**wanted), dry_run=True) == []
    since = NOW - timedelta(minutes=1)
    assert len(await _replay(_by(state="rejected", channel="email", kind="invitation", since=since))) == 1


@pytest.mark.parametrize("fields", [{"state": "sent"}, {"channel": "email"}, {"since": NOW}])
def test_any_field_sets_a_filter(fields: dict[str, object]) -> None:
    assert replay.is_filtered(ReplayFilter(**fields))  # type: ignore[arg-type] # as given
    assert not replay.is_filtered(ReplayFilter())


async def test_a_dry_run_says_the_same_and_changes_nothing() -> None:
    for _ in range(3):
        await _put()
    await _rejected()
    before = await rows("delivery")
    would = await _replay(_by(state="rejected"), dry_run=True)
    assert await rows("delivery") == before
    assert would == await _replay(_by(state="rejected"))
    assert [result.skip for result in would] == [None] * 3


async def test_many_go_in_batches_and_no_more_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 2)
    idents = [await _put() for _ in range(7)]
    await _rejected()
    await db.fetch("UPDATE delivery SET state = 'superseded' WHERE id = $1", idents[1])
    walked = replay.walk(_by(kind="invitation"), [EMAIL], at_most=4, now=LATER)
    batches = [[idents.index(result.id) for result in batch] async for batch in walked]
    assert batches == [[0, 1], [2, 3], [4]]  # four, and the one that was skipped
    walked = replay.walk(_by(state="rejected"), [EMAIL], now=LATER)
    assert [len(batch) async for batch in walked] == [2]


# --- Several at once -------------------------------------------------------------------------------------------


async def test_of_two_replays_at_once_each_delivery_is_reopened_once() -> None:
    for _ in range(20):
        await _put()
    await _try_once(AttemptOutcome.SENT, DeliveryState.SENT)
    chosen = ReplayFilter(ids=tuple(row["id"] for row in await rows("delivery")))
    both = await asyncio.gather(_replay(chosen), _replay(chosen), _replay(chosen))
    skips = [[result.skip for result in results] for results in both]
    assert sorted(skip.count(None) for skip in skips) == [0, 0, 20]
    assert {skip for one in skips for skip in one} == {None, Skip.PENDING}
    assert {row["message_id"] for row in await rows("delivery")} == {
        f"<{ident}.1@hire.example>" for ident in chosen.ids or ()
    }


async def test_a_booking_that_is_being_moved_is_waited_for_and_then_superseded() -> None:
    delivery = await _put()
    await _rejected()
    async with db.DB.transaction():  # a move, under way
        await db.fetch("UPDATE schedule SET revision = 2")
        (schedule,) = await rows("schedule")
        await outbox.supersede(schedule["id"], before_revision=2)
        asked = beside(_skip_of_one(ReplayFilter(ids=(delivery,))))
        await until(somebody_waits, "the replay waits for the move")
    assert await asked is Skip.SUPERSEDED
    assert (await view(delivery)).state == "rejected"


async def test_what_another_replay_has_had_sent_meanwhile_is_not_sent_once_more() -> None:
    await _put()
    await _rejected()
    async with db.DB.transaction():  # the other replay, and the worker that was quick
        (schedule,) = await rows("schedule")
        await db.fetch("SELECT FROM schedule WHERE id = $1 FOR UPDATE", schedule["id"])
        asked = beside(_skip_of_one(_by(state="rejected")))
        await until(somebody_waits, "the replay waits for the booking")
        await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    assert await asked is Skip.MOVED_ON
    assert [row["state"] for row in await rows("delivery")] == ["sent"]


async def test_many_that_are_skipped_cost_no_more_batches_for_a_small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "AT_ONCE", 5)
    idents = [await _put() for _ in range(8)]
    await _rejected()
    await db.fetch("UPDATE delivery SET state = 'superseded' WHERE id = ANY($1)", idents[:6])
    walked = replay.walk(_by(kind="invitation"), [EMAIL], at_most=1, now=LATER)
    assert [len(batch) async for batch in walked] == [5, 2]
    assert [row["state"] for row in await rows("delivery")].count("pending") == 1


async def _skip_of_one(chosen: ReplayFilter) -> Skip | None:
    (result,) = await _replay(chosen)
    return result.skip


async def test_a_late_acceptance_of_an_earlier_try_does_not_touch_what_was_reopened() -> None:
    delivery = await _put()
    (lost,) = await leases.take("email", limit=1, worker="w", kinds=["invitation"], now=LATER - timedelta(seconds=1))
    await db.fetch("UPDATE delivery SET state = 'exhausted', lease_token = NULL, leased_until = NULL")
    await replay.one(delivery, [EMAIL], now=LATER)
    assert await leases.settle([settlement(lost)]) == set()
    after = await view(delivery)
    assert (after.state, after.sent_at is not None) == ("pending", True)


def test_every_skip_speaks_a_sentence() -> None:
    assert all(skip.sentence.endswith(".") for skip in Skip)
    assert msgspec.json.encode(Skip.PAST) == b'"past"'
