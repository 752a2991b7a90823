"""Changes of one booking at once, also beside the candidate's press: one after the other, never half of each."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from factories import make_slot, rows, soon
from hireloop import db, errors
from hireloop.scheduling.bookings import bookings, cancellations, confirmations, reminders
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.locked import lock
from hireloop.scheduling.sessions import late_requests, lifecycle, links, sessions
from hireloop.scheduling.sessions.sessions import SessionState
from scheduling.factories import OUTBOX, RECRUITER, book, move
from scheduling.records import assert_fits, past, told
from waiting import beside, somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")

LATE_SECONDS = 600


async def cancel(booking: Booking) -> bool:
    return await cancellations.cancel(booking.id, by=RECRUITER, reason="", outbox=OUTBOX)


async def reissue(booking: Booking) -> bool:
    await links.reissue(booking.session.id, by=RECRUITER, outbox=OUTBOX)
    return True


async def revoke(booking: Booking) -> bool:
    return await links.revoke(booking.session.id, by=RECRUITER)


async def move_on(booking: Booking) -> bool:
    return await move(booking, await make_slot(starts_at=soon(300)))


async def test_nobody_enters_what_is_just_being_changed() -> None:
    for change, state in (
        (cancel, SessionState.SCHEDULED),  # of a session; that its booking is off is said beside it
        (move_on, SessionState.SCHEDULED),
        (reissue, SessionState.SCHEDULED),
        (revoke, SessionState.REVOKED),
    ):
        booking = await book(0)
        async with db.DB.transaction():
            assert await change(booking)
            entering = beside(sessions.enter(booking.session.id, 1, outbox=OUTBOX))
            await until(somebody_waits, "the press waits for the change")
        visit = await entering
        assert (visit.entered_at, visit.state) == (None, state), change
        await assert_fits()


async def test_nothing_is_changed_that_is_just_being_entered() -> None:
    changes: tuple[Callable[[Booking], Coroutine[Any, Any, bool]], ...] = (cancel, move_on, reissue, revoke)
    for change in changes:
        booking = await book(0)
        async with db.DB.transaction():
            await sessions.enter(booking.session.id, 1, outbox=OUTBOX)
            changing = beside(change(booking))
            await until(somebody_waits, "the change waits for the press")
        with pytest.raises(errors.InterviewInProgress):
            await changing
        await assert_fits()


async def test_a_request_for_another_time_waits_for_the_change_that_makes_it_needless() -> None:
    booking = await book(0)
    late = booking.session.closes_at.replace(microsecond=0) + (booking.ends_at - booking.starts_at)
    async with db.DB.transaction():
        assert await cancel(booking)
        asking = beside(late_requests.ask(booking.session.id, 1, outbox=OUTBOX, alert_email="", now=late))
        await until(somebody_waits, "the request waits for the cancellation")
    assert not await asking
    assert "late_request" not in {kind for kind, _, _ in await told(booking)}


async def test_everything_at_once_leaves_a_booking_that_fits() -> None:
    outcomes = set()
    for _ in range(6):
        booking = await book(0)
        slots = [await make_slot(starts_at=soon(300 + n)) for n in range(2)]
        came = await asyncio.gather(
            *(move(booking, slot) for slot in slots),
            cancel(booking),
            confirmations.confirm(booking.id, by=RECRUITER, outbox=OUTBOX),
            sessions.enter(booking.session.id, 1, outbox=OUTBOX),
            reissue(booking),
            revoke(booking),
            lifecycle.note_due(outbox=OUTBOX, grace_seconds=LATE_SECONDS, now=booking.session.closes_at),
            reminders.put_due(OUTBOX, {}),
            return_exceptions=True,
        )
        unexpected = [one for one in came if isinstance(one, BaseException) and not isinstance(one, errors.Refused)]
        assert unexpected == []
        await assert_fits()
        after = await bookings.find(booking.id)
        done = [one.change.value for one in await past(booking)]
        assert len(done) == sum(one is True for one in came) + sum(one is None for one in came[5:6])
        assert ("cancelled" in done) is (after.state.value == "cancelled")
        if after.session.entered_at is not None:
            assert {type(one) for one in came[:3] if one is not True} <= {errors.InterviewInProgress}
        outcomes.add(tuple(done))
    assert outcomes


async def test_of_several_moves_to_the_last_seat_one_has_it_and_the_others_stay_where_they_were() -> None:
    booked = [await book(60 + n) for n in range(4)]
    last = await make_slot(starts_at=soon(300))
    came = await asyncio.gather(*(move(booking, last) for booking in booked), return_exceptions=True)
    assert sorted(str(type(one).__name__) for one in came) == ["SlotFull"] * 3 + ["bool"]
    await assert_fits()


async def test_two_bookings_that_change_places_do_not_wait_for_each_other_in_a_circle() -> None:
    for _ in range(5):
        one, other = await book(60), await book(300)
        await db.fetch("UPDATE slot SET seats = 2")
        came = await asyncio.gather(move(one, other.slot), move(other, one.slot))
        assert list(came) == [True, True]
        await assert_fits()


async def test_presses_in_one_slot_do_not_wait_for_each_other() -> None:
    slot = await make_slot(starts_at=soon(0), seats=2)
    first, second = await book(slot=slot), await book(slot=slot)
    async with db.DB.transaction():
        await sessions.enter(first.session.id, 1, outbox=OUTBOX)
        visit = await asyncio.wait_for(beside(sessions.enter(second.session.id, 1, outbox=OUTBOX)), 20)
    assert visit.state is SessionState.ENTERED
    assert [row["state"] for row in await rows("interview")] == ["in_progress"] * 2


async def test_a_booking_is_read_as_the_last_change_left_it_also_where_it_is_not_locked() -> None:
    booking = await book(0)

    async def read_state() -> str:
        async with db.DB.transaction():
            return (await lock(booking.id)).interview_state.value

    async with db.DB.transaction():
        await sessions.enter(booking.session.id, 1, outbox=OUTBOX)
        reading = beside(read_state())
        await until(somebody_waits, "the second one waits")
    assert await reading == "in_progress"
