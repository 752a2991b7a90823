"""Who did not come, and who never pressed Finish: recorded once, by the clock, and never against a press."""

import asyncio
from datetime import datetime, timedelta

import pytest

from factories import make_slot, rows, soon
from hireloop import db
from hireloop.scheduling.audit import Action
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.bookings.locked import lock
from hireloop.scheduling.sessions import lifecycle, links, sessions
from hireloop.scheduling.sessions.sessions import SessionState
from scheduling.factories import OUTBOX, RECRUITER, book, move
from scheduling.records import assert_fits, entries
from waiting import beside

pytestmark = pytest.mark.usefixtures("database")

GRACE = 600
A_MOMENT = timedelta(microseconds=1)


async def note(at: datetime) -> int:
    return await lifecycle.note_due(outbox=OUTBOX, grace_seconds=GRACE, now=at)


async def states() -> list[str]:
    return sorted(row["state"] for row in await rows("interview"))


async def test_nobody_came_once_the_window_has_closed_and_not_a_moment_before() -> None:
    booking = await book()
    closes = booking.session.closes_at
    assert await note(closes) == 0
    assert await note(closes + A_MOMENT) == 1
    assert await states() == ["no_show"]
    assert await note(closes + timedelta(days=1)) == 0
    (entry,) = [one for one in await entries(booking.interview) if one.action is Action.INTERVIEW_MISSED]
    assert (entry.actor, entry.actor_key) == ("HireLoop", None)
    assert entry.details == {"schedule": str(booking.id), "revision": 1}
    assert (await sessions.visit(booking.session.id, now=closes + A_MOMENT)).state is SessionState.EXPIRED
    await assert_fits()


async def test_who_never_finishes_has_finished_when_the_grace_after_the_end_is_over() -> None:
    booking = await book()
    await sessions.enter(booking.session.id, 1, outbox=OUTBOX, now=booking.session.closes_at)
    end = booking.ends_at + timedelta(seconds=GRACE)
    assert await note(end) == 0
    assert await note(end + timedelta(days=2)) == 1  # the workers were away for two days
    assert await states() == ["completed"]
    assert (await sessions.visit(booking.session.id)).left_at == end
    assert await note(end + timedelta(days=3)) == 0
    (entry,) = [one for one in await entries(booking.interview) if one.action is Action.INTERVIEW_COMPLETED]
    assert entry.actor == "HireLoop"
    left = await sessions.leave(booking.session.id, 1, outbox=OUTBOX, now=end + timedelta(days=3))
    assert left.left_at == end
    await assert_fits()


async def test_nobody_leaves_before_they_entered_however_short_the_interview() -> None:
    booking = await book(slot=await make_slot(minutes=1))
    await sessions.enter(booking.session.id, 1, outbox=OUTBOX, now=booking.session.closes_at)
    assert await lifecycle.note_due(outbox=OUTBOX, grace_seconds=0, now=booking.session.closes_at + A_MOMENT) == 1
    (session,) = await rows("session")
    assert session["left_at"] == session["entered_at"]


async def test_what_is_off_revoked_moved_or_finished_is_left_alone() -> None:
    late = soon(200)
    off, revoked, moved, finished = [await book() for _ in range(4)]
    await cancellations.cancel(off.id, by=RECRUITER, reason="", outbox=OUTBOX)
    await links.revoke(revoked.session.id, by=RECRUITER)
    await move(moved, await make_slot(starts_at=soon(600)))
    await sessions.enter(finished.session.id, 1, outbox=OUTBOX, now=finished.session.opens_at)
    await sessions.leave(finished.session.id, 1, outbox=OUTBOX, now=finished.starts_at)
    before = [await rows(table) for table in ("interview", "session", "audit_entry")]
    assert await note(late) == 0
    assert [await rows(table) for table in ("interview", "session", "audit_entry")] == before


async def test_several_sweeps_at_once_note_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "_TOGETHER", 3)
    came = []
    for n in range(10):
        booking = await book()
        if n % 2:
            await sessions.enter(booking.session.id, 1, outbox=OUTBOX, now=booking.starts_at)
            came.append(booking)
    late = soon(60 * 24)
    await asyncio.gather(*(note(late) for _ in range(4)))
    await note(late)  # what one of them held when the last other looked
    assert await states() == ["completed"] * 5 + ["no_show"] * 5
    recorded = [row for row in await rows("audit_entry") if row["actor"] == "HireLoop"]
    assert len(recorded) == 10
    await assert_fits()


async def test_a_booking_that_somebody_is_changing_is_left_for_the_next_sweep() -> None:
    booking = await book()
    late = booking.session.closes_at + timedelta(minutes=1)
    async with db.DB.transaction():
        await lock(booking.id)
        assert await asyncio.wait_for(beside(note(late)), 20) == 0
    assert await note(late) == 1


async def test_the_sweep_reads_what_is_not_over_however_much_is() -> None:
    booking = await book()
    await db.fetch(
        """
        INSERT INTO interview (id, candidate, job, state, started_at, ended_at, created_at)
        SELECT gen_random_uuid(), candidate, job, 'completed', now() - interval '9 days', now() - interval '8 days',
            created_at
        FROM interview, generate_series(1, 20000)
        """
    )
    await db.fetch("ANALYZE interview")
    plan = await db.fetch(
        f"EXPLAIN {lifecycle._DUE.numbered}",  # noqa: SLF001 (the statement itself)
        soon(200),
        timedelta(seconds=GRACE),
        100,
    )
    assert "interviews_not_over" in "\n".join(row[0] for row in plan)
    assert await note(booking.session.closes_at + A_MOMENT) == 1
