import asyncio
import contextvars
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from factories import OUTBOX, WINDOWS, make_interview, make_slot, rows
from hireloop import db, errors
from hireloop.notify.deliveries import sending_limits
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import booking
from sample_channels import EMAIL, chat

pytestmark = pytest.mark.usefixtures("database")

NOON = datetime(2030, 12, 1, 12, 20, tzinfo=UTC)
LIMITS = SendingLimits(messages_a_day=10, reinvitations_an_hour=2)
AN_HOUR = timedelta(hours=1)


async def book(key: UUID, outbox: Outbox, now: datetime = NOON) -> None:
    await booking.book(
        await make_interview(),
        await make_slot(starts_at=NOON + timedelta(days=3)),
        booking_notes="",
        booked_by=Actor("a leaked key", key),
        outbox=outbox,
        windows=WINDOWS,
        now=now,
    )


def outbox_with(limits: SendingLimits, *more: str) -> Outbox:
    return Outbox(
        channels=(EMAIL, *(chat(kind) for kind in more)), message_id_domain=OUTBOX.message_id_domain, limits=limits
    )


async def refusal(key: UUID, now: datetime) -> errors.TooManyMessages:
    with pytest.raises(errors.TooManyMessages) as refused:
        await LIMITS.check(key, new=0, now=now, refuses=True)
    return refused.value


async def test_an_hours_messages_are_free_again_a_day_after_it_began() -> None:
    key = uuid4()
    assert await LIMITS.take(key, 4, now=NOON) == 4
    assert await LIMITS.take(key, 6, now=NOON + 2 * AN_HOUR) == 6
    # With the first hour's four gone, there is room again: at noon of the next day.
    for now in (NOON + 2 * AN_HOUR, NOON + 5 * AN_HOUR, datetime(2030, 12, 2, 11, 59, 59, tzinfo=UTC)):
        wait = (await refusal(key, now)).retry_after_seconds
        assert now + timedelta(seconds=wait) == datetime(2030, 12, 2, 12, tzinfo=UTC)
    assert await LIMITS.take(key, 9, now=datetime(2030, 12, 2, 12, tzinfo=UTC)) == 4
    later = datetime(2030, 12, 2, 12, 30, tzinfo=UTC)
    assert later + timedelta(seconds=(await refusal(key, later)).retry_after_seconds) == datetime(
        2030, 12, 2, 14, tzinfo=UTC
    )


async def test_who_has_sent_far_more_than_allowed_waits_until_enough_is_free() -> None:
    key = uuid4()
    for hours in range(6):
        await SendingLimits(messages_a_day=1_000).take(key, 5, now=NOON + hours * AN_HOUR)
    now = NOON + 6 * AN_HOUR
    # 30 are sent: of the last hours, only two are fewer than ten together; that of 16:00 must be over a day.
    assert now + timedelta(seconds=(await refusal(key, now)).retry_after_seconds) == datetime(
        2030, 12, 2, 16, tzinfo=UTC
    )


async def test_many_at_once_take_what_there_is() -> None:
    key = uuid4()
    take = db.transactional(LIMITS.take)
    taken = await asyncio.gather(*(take(key, 3, now=NOON) for _ in range(8)))
    assert sum(taken) == 10
    assert sum(row["messages"] for row in await rows("message_use")) == 10


async def test_a_booking_with_the_last_message_is_whole() -> None:
    key, outbox = uuid4(), outbox_with(LIMITS, "recruiter_copy")
    await LIMITS.take(key, 9, now=NOON)
    await book(key, outbox)
    assert len(await rows("delivery")) == 2
    with pytest.raises(errors.TooManyMessages):
        await book(key, outbox)


async def test_many_messages_before_the_end_do_not_wait_for_each_other() -> None:
    key = uuid4()
    far = outbox_with(SendingLimits(messages_a_day=20_000))
    lock = "SELECT pg_advisory_xact_lock(hashtextextended('messages of ' || $1::uuid::text, 0))"
    outside = contextvars.copy_context()  # in which no transaction is open
    async with db.DB.transaction():
        await db.fetch(lock, key)
        async with asyncio.timeout(20):
            await asyncio.create_task(book(key, far), context=outside)
    assert [row["messages"] for row in await rows("message_use")] == [1]


@db.transactional
async def _undone(key: UUID) -> None:
    await LIMITS.take(key, 8, now=NOON)
    raise ZeroDivisionError


async def test_a_warning_is_said_once_a_day_and_only_of_what_is_committed() -> None:
    key = uuid4()
    with capture_logs() as lines:
        with pytest.raises(ZeroDivisionError):
            await _undone(key)
        assert lines == []
        for _ in range(3):
            await LIMITS.take(key, 9, now=NOON)
        assert [line["event"] for line in lines] == ["key.messages_running_out"]
        await LIMITS.take(key, 9, now=NOON + timedelta(days=1))
    assert [(line["used"], line["limit"]) for line in lines] == [(9, 10), (9, 10)]
    (use,) = await LIMITS.keys_running_out(now=NOON)
    assert (use.key, use.used) == (key, 19)


async def test_re_invitations_are_bounded_for_each_booking_and_the_command_line_has_no_bound() -> None:
    one, other, key = uuid4(), uuid4(), uuid4()
    for minutes in (0, 20):
        assert await LIMITS.record_reinvitations([one], key=key, now=NOON + timedelta(minutes=minutes)) == frozenset()
    now = NOON + timedelta(minutes=40)
    assert await LIMITS.record_reinvitations([one, other, other], key=key, now=now) == {one}
    with pytest.raises(errors.TooManyReinvitations) as refused:
        await LIMITS.refuse_reinvitation(one, now=now)
    assert refused.value.retry_after_seconds == 20 * 60
    assert await LIMITS.record_reinvitations([one], key=None, now=now) == frozenset()
    assert await LIMITS.record_reinvitations([one], key=key, now=NOON + AN_HOUR) == frozenset()
    assert {len(row["times"]) for row in await rows("reinvitation")} == {1, 2}  # what is past is not kept


async def test_old_counts_are_forgotten() -> None:
    key = uuid4()
    await LIMITS.take(key, 3, now=NOON)
    await LIMITS.record_reinvitations([uuid4()], key=key, now=NOON)
    assert await sending_limits.forget_old(now=NOON + timedelta(minutes=59)) == 0
    assert await sending_limits.forget_old(now=NOON + AN_HOUR) == 1
    assert await sending_limits.forget_old(now=NOON + timedelta(days=3)) == 1
    assert await rows("message_use") == []


async def test_keys_that_have_sent_little_cost_nothing_when_those_are_looked_for_that_have_sent_much() -> None:
    key = uuid4()
    await db.fetch(
        """
        INSERT INTO message_use SELECT gen_random_uuid(), date_trunc('hour', $1::timestamptz, 'UTC'), 0, 3
        FROM generate_series(1, 20000)
        """,
        NOON,
    )
    await db.fetch("ANALYZE message_use")
    await LIMITS.take(key, 9, now=NOON)
    read = "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'message_use'"
    async with db.DB.transaction():
        before = await db.fetch_value(read)
        assert [use.key for use in await LIMITS.keys_running_out(now=NOON)] == [key]
        assert await db.fetch_value(read) == before  # no row of theirs was read
    assert [use.used for use in await LIMITS.keys_running_out(now=NOON + timedelta(hours=23))] == [9]
    assert await LIMITS.keys_running_out(now=NOON + timedelta(days=1)) == []
