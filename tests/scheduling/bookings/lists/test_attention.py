"""Bookings whose candidates wait, did not come or may not come, each list in its order and page by page."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from factories import OUTBOX, TESTS, WINDOWS, book, make_slot, soon
from hireloop import db
from hireloop.scheduling.audit import CANDIDATE
from hireloop.scheduling.bookings import cancellations, confirmations, moves
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.scheduling.bookings.lists import attention
from hireloop.scheduling.bookings.lists.attention import WaitingBooking
from hireloop.scheduling.sessions import lifecycle, sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck

pytestmark = pytest.mark.usefixtures("database")

WEEK = timedelta(days=7)
List = Callable[..., Awaitable[list[WaitingBooking]]]


async def over(*, hours: float, asked: bool = False) -> Booking:
    """Return a booking that nobody came to so many hours ago, as the sweep records it."""
    booking = (await book()).booking
    await db.fetch(
        """
        WITH moved AS (
            UPDATE schedule SET starts_at = now() - $2::interval, ends_at = now() - $2::interval + interval '45 minutes'
            WHERE id = $1 RETURNING interview, starts_at, ends_at
        ), planned AS (
            UPDATE interview SET started_at = moved.starts_at, ended_at = moved.ends_at
            FROM moved WHERE id = moved.interview
        )
        UPDATE session SET opens_at = moved.starts_at, closes_at = moved.starts_at + interval '10 minutes',
            late_requested_at = CASE WHEN $3 THEN moved.starts_at + interval '20 minutes' END
        FROM moved WHERE schedule = $1
        """,
        booking.id,
        timedelta(hours=hours),
        asked,
    )
    await lifecycle.note_due(grace_seconds=600, outbox=OUTBOX)
    return booking


async def checked(minutes: float, camera: str = "NotFoundError") -> Booking:
    booking = (await book(minutes=minutes)).booking
    await sessions.record_device_check(booking.session.id, DeviceCheck(camera=camera, microphone="ok"))
    return booking


async def listed(lists: List, **more: Any) -> list[UUID]:  # noqa: ANN401 (its own keywords)
    """Return all bookings of a list, read in pages of one, of two and at once."""
    whole = [one.schedule for one in await lists(limit=50, after=None, **more)]
    for size in (1, 2):
        found: list[WaitingBooking] = []
        while page := await lists(limit=size, after=found[-1] if found else None, **more):
            found += page
        assert [one.schedule for one in found] == whole
    return whole


ASKING, MISSED = partial(attention.asking, timedelta(days=30)), partial(attention.missed, WEEK)


async def test_who_asked_for_another_time_first_is_first_and_is_no_mere_no_show() -> None:
    second, first = await over(hours=2, asked=True), await over(hours=3, asked=True)
    missed = await over(hours=4)
    assert await listed(ASKING) == [first.id, second.id]
    assert await listed(MISSED) == [missed.id]
    assert await listed(partial(attention.asking, timedelta(hours=2))) == [second.id]


async def test_the_latest_no_show_is_first_and_ends_after_its_time_with_a_move_or_a_cancellation() -> None:
    ours = [await over(hours=hours) for hours in (1, 30, 50, 7 * 24 + 1)]
    assert await listed(MISSED) == [one.id for one in ours[:3]]
    slot = await make_slot(starts_at=soon(3_000))
    await moves.move(ours[0].id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS)
    await cancellations.cancel(ours[1].id, by=TESTS, reason="", outbox=OUTBOX)
    assert await listed(MISSED) == [ours[2].id]


async def test_failed_devices_matter_until_they_work_or_the_link_closes() -> None:
    later, sooner = await checked(300), await checked(200)
    await checked(100, camera="ok")
    assert await listed(attention.failed_devices) == [sooner.id, later.id]
    assert await listed(attention.failed_devices, now=soon(250)) == [later.id]
    await sessions.record_device_check(sooner.session.id, DeviceCheck(camera="ok", microphone="ok"))
    assert await listed(attention.failed_devices) == [later.id]
    await db.fetch("UPDATE session SET entered_at = now() WHERE id = $1", later.session.id)
    assert await listed(attention.failed_devices) == []


async def test_who_has_checked_no_device_is_listed_once_the_start_is_near() -> None:
    near, soon_after = (await book(minutes=30)).booking, (await book(minutes=50)).booking
    later = (await book(minutes=90)).booking
    await checked(40, camera="ok")
    unchecked = partial(attention.unchecked, timedelta(hours=1))
    assert await listed(unchecked) == [near.id, soon_after.id]
    assert await listed(unchecked, now=soon(45)) == [soon_after.id, later.id]
    await confirmations.confirm(near.id, by=CANDIDATE, outbox=OUTBOX)
    assert await listed(unchecked) == [soon_after.id]
    moved = await checked(300, camera="ok")
    slot = await make_slot(starts_at=soon(20))
    await moves.move(moved.id, slot, by=TESTS, reason="", outbox=OUTBOX, windows=WINDOWS)
    assert await listed(unchecked) == [moved.id, soon_after.id]


@pytest.mark.parametrize("change", ["UPDATE session SET revoked_at = now()", "UPDATE candidate SET erased_at = now()"])
async def test_whose_link_was_revoked_or_who_was_erased_is_in_no_list(change: str) -> None:
    await over(hours=1)
    await over(hours=1, asked=True)
    await checked(100)
    await book(minutes=30)
    await db.fetch(change)
    for one in (ASKING, MISSED, attention.failed_devices, partial(attention.unchecked, timedelta(hours=1))):
        assert await listed(one) == []
