from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from factories import OUTBOX, book, rows, soon
from hireloop import db, errors
from hireloop.scheduling.bookings.bookings import SessionOfSchedule
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck, SessionState, state_of

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
DATABASE = pytest.mark.usefixtures("database")


@pytest.mark.parametrize(
    ("entered_at", "left_at", "revoked_at", "closes_at", "state"),
    [
        (None, None, None, LATER, SessionState.SCHEDULED),
        (None, None, None, NOW, SessionState.SCHEDULED),  # the last moment to enter
        (None, None, None, NOW - timedelta(microseconds=1), SessionState.EXPIRED),
        (NOW, None, None, LATER, SessionState.ENTERED),
        (NOW, None, None, NOW - timedelta(days=1), SessionState.ENTERED),  # who has entered may stay
        (NOW, NOW, None, LATER, SessionState.FINISHED),
        (NOW, NOW, NOW, LATER, SessionState.FINISHED),  # what happened stays said
        (None, None, NOW, LATER, SessionState.REVOKED),
        (NOW, None, NOW, LATER, SessionState.REVOKED),
        (None, None, NOW, NOW - timedelta(days=1), SessionState.REVOKED),
    ],
)
def test_a_sessions_state_follows_from_its_times_and_the_clock(
    entered_at: datetime | None,
    left_at: datetime | None,
    revoked_at: datetime | None,
    closes_at: datetime,
    state: SessionState,
) -> None:
    found = state_of(now=NOW, closes_at=closes_at, entered_at=entered_at, left_at=left_at, revoked_at=revoked_at)
    assert found is state


async def a_session() -> SessionOfSchedule:
    return (await book()).booking.session


async def interview_state() -> str:
    (row,) = await rows("interview")
    state: str = row["state"]
    return state


@DATABASE
async def test_a_visit_shows_all_and_changes_nothing() -> None:
    session = await a_session()
    before = [await rows(table) for table in ("session", "schedule", "interview")]
    visit = await sessions.visit(session.id, now=session.opens_at)
    assert (visit.candidate_name, visit.job_title, visit.company) == ("Asha Rao", "Backend Engineer", "Example Labs")
    assert (visit.state, visit.now, visit.key_version) == (SessionState.SCHEDULED, session.opens_at, 1)
    assert [await rows(table) for table in ("session", "schedule", "interview")] == before


@DATABASE
async def test_an_unknown_session_is_not_found() -> None:
    for work in (
        sessions.visit(db.new_id()),
        sessions.enter(db.new_id(), 1, outbox=OUTBOX),
        sessions.leave(db.new_id(), 1, outbox=OUTBOX),
    ):
        with pytest.raises(errors.NotFound, match="There is no session"):
            await work


@DATABASE
async def test_entering_twice_is_entering_once() -> None:
    session = await a_session()
    first = await sessions.enter(session.id, 1, outbox=OUTBOX, now=session.opens_at)
    assert (first.state, first.entered_at) == (SessionState.ENTERED, session.opens_at)
    assert await interview_state() == "in_progress"
    again = await sessions.enter(session.id, 1, outbox=OUTBOX, now=session.closes_at)
    assert again.entered_at == session.opens_at


@DATABASE
async def test_leaving_twice_is_leaving_once_and_nobody_comes_back() -> None:
    session = await a_session()
    await sessions.enter(session.id, 1, outbox=OUTBOX, now=session.opens_at)
    end = session.closes_at + timedelta(hours=1)
    left = await sessions.leave(session.id, 1, outbox=OUTBOX, now=end)
    assert (left.state, left.left_at) == (SessionState.FINISHED, end)
    assert await interview_state() == "completed"
    assert (await sessions.leave(session.id, 1, outbox=OUTBOX, now=end + timedelta(hours=1))).left_at == end
    back = await sessions.enter(session.id, 1, outbox=OUTBOX, now=session.closes_at)
    assert (back.state, await interview_state()) == (SessionState.FINISHED, "completed")


@DATABASE
async def test_a_press_is_answered_for_the_moment_that_it_was_decided_for() -> None:
    session = (await book(minutes=0)).booking.session
    entered = await sessions.enter(session.id, 1, outbox=OUTBOX)
    assert entered.now == entered.entered_at
    left = await sessions.leave(session.id, 1, outbox=OUTBOX)
    assert left.now == left.left_at


@DATABASE
async def test_who_has_not_entered_cannot_leave() -> None:
    session = await a_session()
    visit = await sessions.leave(session.id, 1, outbox=OUTBOX, now=session.opens_at)
    assert (visit.state, visit.left_at, await interview_state()) == (SessionState.SCHEDULED, None, "scheduled")


@DATABASE
@pytest.mark.parametrize(
    ("seconds_from_start", "enters"),
    [(-31, False), (-30.001, False), (-30, True), (0, True), (600, True), (600.001, False)],
)
async def test_the_window_has_both_its_ends(seconds_from_start: float, enters: bool) -> None:  # noqa: FBT001 (a table)
    session = await a_session()
    start = session.opens_at + timedelta(seconds=30)
    visit = await sessions.enter(session.id, 1, outbox=OUTBOX, now=start + timedelta(seconds=seconds_from_start))
    assert (visit.entered_at is not None) is enters
    assert await interview_state() == ("in_progress" if enters else "scheduled")


@DATABASE
async def test_only_the_current_key_enters_and_leaves() -> None:
    session = await a_session()
    await db.fetch("UPDATE session SET key_version = 2")
    for version in (1, 3):
        assert (await sessions.enter(session.id, version, outbox=OUTBOX, now=session.opens_at)).entered_at is None
    await sessions.enter(session.id, 2, outbox=OUTBOX, now=session.opens_at)
    assert (await sessions.leave(session.id, 1, outbox=OUTBOX, now=session.opens_at)).left_at is None
    assert (await sessions.leave(session.id, 2, outbox=OUTBOX, now=session.opens_at)).left_at == session.opens_at


@DATABASE
@pytest.mark.parametrize("change", ["UPDATE session SET revoked_at = now()", "UPDATE schedule SET state = 'cancelled'"])
async def test_nobody_enters_what_was_revoked_or_cancelled(change: str) -> None:
    session = await a_session()
    await db.fetch(change)
    visit = await sessions.enter(session.id, 1, outbox=OUTBOX, now=session.opens_at)
    assert (visit.entered_at, await interview_state()) == (None, "scheduled")


@DATABASE
async def test_the_latest_device_check_is_remembered_until_the_end() -> None:
    session: SessionOfSchedule = await a_session()

    async def checked(camera: str, now: datetime) -> dict[str, str] | None:
        await sessions.record_device_check(session.id, DeviceCheck(camera=camera, microphone="ok"), now=now)
        return (await sessions.visit(session.id)).device_check

    now = soon()
    first = await checked("NotAllowedError", now)
    assert first is not None
    assert (first["camera"], first["microphone"]) == ("NotAllowedError", "ok")
    assert datetime.fromisoformat(first["checked_at"]) == now
    second = await checked("ok", now)
    assert second is not None
    assert second["camera"] == "ok"
    await db.fetch("UPDATE session SET revoked_at = now()")
    assert await checked("NotFoundError", now) == second
    assert (await sessions.visit(session.id)).earlier_device_checks == [first]


@DATABASE
async def test_of_very_many_device_checks_the_newest_fifty_are_kept() -> None:
    session = await a_session()
    for n in range(53):
        await sessions.record_device_check(session.id, DeviceCheck(camera=f"Error{n}", microphone="ok"))
    visit = await sessions.visit(session.id)
    assert visit.device_check is not None
    kept = [one["camera"] for one in (*visit.earlier_device_checks, visit.device_check)]
    assert kept == [f"Error{n}" for n in range(3, 53)]


@DATABASE
async def test_a_device_check_of_nobody_is_nothing() -> None:
    await sessions.record_device_check(UUID(int=0), DeviceCheck(camera="ok", microphone="ok"))
