"""Releasing and withdrawing slots, on a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from factories import OUTBOX, TESTS, WINDOWS, book, make_slot, rows, soon, unaccounted
from hireloop import db, errors
from hireloop.scheduling import withdrawals
from hireloop.scheduling.audit import Action, AuditFilter
from hireloop.scheduling.audit import page as audit_page
from hireloop.scheduling.bookings import bookings, cancellations, moves
from hireloop.scheduling.bookings.booking import BookingResult
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.slots import slots
from notify.factories import leased
from waiting import beside, somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")


async def release(slot: UUID, *, now: datetime | None = None) -> int:
    return await withdrawals.release(slot, by=TESTS, reason="The room is closed.", outbox=OUTBOX, now=now)


async def withdraw(slot: UUID, *, cancel: bool = False, now: datetime | None = None) -> bool:
    return await withdrawals.withdraw(slot, cancel=cancel, by=TESTS, reason="", outbox=OUTBOX, now=now)


async def states(*booked: BookingResult) -> list[str]:
    return [(await bookings.find(one.booking.id)).state.value for one in booked]


async def assert_taken_is_what_is_live() -> None:
    wrong = await db.fetch(
        """
        SELECT id, taken FROM slot WHERE taken <>
            (SELECT count(*) FROM schedule WHERE schedule.slot = slot.id AND schedule.state <> 'cancelled')
        """
    )
    assert wrong == []


async def test_a_released_slot_has_its_seats_back_and_who_was_told_is_told() -> None:
    slot, other = await make_slot(seats=3), await make_slot()
    booked = [await book(slot=slot)]
    await leased()
    booked += [await book(slot=slot) for _ in range(2)]
    elsewhere = await book(slot=other)
    assert await release(slot) == 3
    assert await states(*booked, elsewhere) == ["cancelled"] * 3 + ["pending"]
    told = await db.fetch("SELECT schedule FROM delivery WHERE kind = 'cancelled' AND state = 'pending'")
    assert [row["schedule"] for row in told] == [booked[0].booking.id]
    assert await unaccounted() == 0
    await assert_taken_is_what_is_live()
    assert await release(slot) == 0
    assert (await book(slot=slot)).booking.slot == slot


async def test_nothing_happens_to_any_booking_while_a_candidate_is_in_the_interview() -> None:
    slot = await make_slot(starts_at=soon(0.1), seats=2)
    here, there = await book(slot=slot), await book(slot=slot)
    assert (await sessions.enter(here.booking.session.id, 1, outbox=OUTBOX)).entered_at
    before = [await rows(table) for table in ("schedule", "slot", "delivery", "audit_entry")]
    for attempt in (release(slot), withdraw(slot, cancel=True)):
        with pytest.raises(errors.InterviewInProgress):
            await attempt
    with pytest.raises(errors.SlotInUse):
        await withdraw(slot)
    assert [await rows(table) for table in ("schedule", "slot", "delivery", "audit_entry")] == before
    await sessions.leave(here.booking.session.id, 1, outbox=OUTBOX)
    assert await release(slot) == 1
    assert await states(here, there) == ["pending", "cancelled"]  # what was finished stays
    await assert_taken_is_what_is_live()


async def test_a_slot_in_use_is_withdrawn_only_with_its_bookings() -> None:
    slot = await make_slot(seats=2)
    booked = await book(slot=slot)
    with pytest.raises(errors.SlotInUse):
        await withdraw(slot)
    assert await states(booked) == ["pending"]
    assert await withdraw(slot, cancel=True)
    assert await states(booked) == ["cancelled"]
    with pytest.raises(errors.SlotWithdrawn):
        await book(slot=slot)
    (entry,) = await audit_page(AuditFilter(subject=slot, action=Action.SLOT_WITHDRAWN), limit=9, after=None)
    assert (entry.actor, entry.details) == (TESTS.name, {"cancelled": 1})
    await assert_taken_is_what_is_live()


async def test_a_slot_and_its_bookings_end_at_one_moment() -> None:
    slot = await make_slot(seats=2)
    booked = [await book(slot=slot), await book(slot=slot)]
    async with db.DB.transaction():
        await db.fetch("SELECT FROM slot FOR UPDATE")
        withdrawing = beside(withdraw(slot, cancel=True))
        await until(somebody_waits, "the withdrawal waits for its slot")
        let_go_at = await db.fetch_value("SELECT clock_timestamp()")
    assert await withdrawing
    ((withdrawn_at,),) = await db.fetch("SELECT withdrawn_at FROM slot")
    changes = [change for one in booked for change in (await bookings.find(one.booking.id)).changes]
    assert [change.at for change in changes] == [withdrawn_at] * 2
    assert withdrawn_at > let_go_at


async def test_withdrawing_twice_is_withdrawing_once() -> None:
    slot = await make_slot()
    assert await withdraw(slot)
    before = [await rows(table) for table in ("slot", "audit_entry")]
    assert not await withdraw(slot)
    assert not await withdraw(slot, cancel=True)
    assert await release(slot) == 0
    assert [await rows(table) for table in ("slot", "audit_entry")] == before


async def test_a_slot_whose_interviews_are_over_is_withdrawn_and_they_stay() -> None:
    slot = await make_slot(starts_at=soon(0.1), seats=2)
    held, missed = await book(slot=slot), await book(slot=slot)
    await sessions.enter(held.booking.session.id, 1, outbox=OUTBOX)
    await sessions.leave(held.booking.session.id, 1, outbox=OUTBOX)
    after = missed.booking.session.closes_at + timedelta(seconds=1)
    assert await withdraw(slot, now=after)
    assert await states(held, missed) == ["pending", "pending"]
    await assert_taken_is_what_is_live()


async def test_an_interview_is_released_as_long_as_its_candidate_could_still_come() -> None:
    slot = await make_slot(starts_at=soon(0.1))
    closes = (await book(slot=slot)).booking.session.closes_at
    assert await release(slot, now=closes + timedelta(seconds=1)) == 0
    assert await release(slot, now=closes) == 1


async def test_a_booking_that_slips_in_is_not_missed() -> None:
    for take in (release, withdraw_all):
        slot = await make_slot(seats=40)
        first = [await book(slot=slot) for _ in range(3)]
        ends = await asyncio.gather(*(book(slot=slot) for _ in range(12)), take(slot), return_exceptions=True)
        later = [end for end in ends if isinstance(end, BookingResult)]
        assert await states(*first) == ["cancelled"] * 3
        await assert_taken_is_what_is_live()
        if take is withdraw_all:
            assert set(await states(*later)) <= {"cancelled"}
            assert {type(end) for end in ends} <= {BookingResult, bool, errors.SlotWithdrawn}
    assert await unaccounted() == 0


async def withdraw_all(slot: UUID) -> bool:
    return await withdraw(slot, cancel=True)


async def test_seats_taken_are_live_schedules_whatever_happens_at_once() -> None:
    made = [await make_slot(starts_at=soon(60 + n), seats=4) for n in range(3)]
    booked = [await book(slot=slot) for slot in made for _ in range(2)]
    acts: list[Awaitable[object]] = [book(slot=slot) for slot in made for _ in range(4)]
    for one, slot in zip(booked, [*made[1:], *made], strict=False):
        acts.append(cancellations.cancel(one.booking.id, by=TESTS, reason="", outbox=OUTBOX))
        acts.append(moves.move(one.booking.id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS))
    acts += [release(made[0]), withdraw_all(made[1]), release(made[2])]
    ends = await asyncio.gather(*acts, return_exceptions=True)
    assert [end for end in ends if isinstance(end, Exception) and not isinstance(end, errors.Refused)] == []
    await assert_taken_is_what_is_live()
    live = await db.fetch("SELECT id FROM schedule WHERE slot = $1 AND state <> 'cancelled'", made[1])
    assert live == []
    assert await unaccounted() == 0


async def test_a_check_that_fails_leaves_the_slot_as_it_was() -> None:
    slot = await make_slot()

    async def refuse(_: slots.SlotDetails) -> None:
        raise errors.ChangedSince

    with pytest.raises(errors.ChangedSince):
        await withdrawals.withdraw(slot, cancel=False, by=TESTS, reason="", outbox=OUTBOX, check=refuse)
    assert (await slots.find(slot)).withdrawn_at is None


async def test_an_unknown_slot_is_not_found() -> None:
    for attempt in (release(db.new_id()), withdraw(db.new_id())):
        with pytest.raises(errors.NotFound):
            await attempt


async def test_a_release_in_a_larger_transaction_gives_its_locks_up_before_it_begins_anew() -> None:
    slot = await make_slot(seats=2)
    first = await book(slot=slot)
    async with AsyncExitStack() as later:
        async with holding(first):
            releasing = beside(release_within(slot))
            await until(somebody_waits, "the release waits for the first candidate")
            await later.enter_async_context(holding(await book(slot=slot)))  # slips in
        await until(somebody_waits, "the release waits for the second candidate")
        assert await db.fetch("SELECT id FROM slot WHERE id = $1 FOR UPDATE NOWAIT", slot)
    assert await releasing == 2
    await assert_taken_is_what_is_live()


async def release_within(slot: UUID) -> int:
    """Release a slot as a request with an Idempotency-Key does."""
    async with db.DB.transaction():
        return await release(slot)


@asynccontextmanager
async def holding(booked: BookingResult) -> AsyncIterator[None]:
    """Hold the candidate of a booking, on a connection of its own."""
    assert db.DB.pool is not None
    async with db.DB.pool.acquire() as connection, connection.transaction():
        await connection.fetch(
            "SELECT FROM candidate WHERE id = (SELECT candidate FROM schedule WHERE id = $1) FOR UPDATE",
            booked.booking.id,
        )
        yield
