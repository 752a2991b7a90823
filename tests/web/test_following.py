"""Who follows a session is told of it: by what this process hears, by reading again, and also past an outage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

import pytest
from opentelemetry.metrics import CallbackOptions
from structlog.testing import capture_logs

from hireloop import db
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from hireloop.telemetry import metrics
from hireloop.web import following
from hireloop.web.following import Follower, Following, TooManyFollowers
from portal.browsing import READ_AGAIN_AFTER
from portal.factories import OUTBOX, BookingResult, book
from servers.databases import END_ALL_OTHERS
from waiting import until_true

pytestmark = pytest.mark.usefixtures("database")


@asynccontextmanager
async def running(url: str) -> AsyncIterator[Following]:
    one = Following(url)
    await one.start()
    yield one
    await one.stop()


async def until_state(follower: Follower, state: SessionState) -> None:
    await until_true(lambda: follower.session is not None and follower.session.state is state, state.value)


async def enter(booked: BookingResult) -> None:
    """Enter in silence, as another process would."""
    await sessions.enter(booked.session_id, 1, outbox=OUTBOX)


@pytest.fixture
def nothing_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is heard be the only way."""
    for interval in READ_AGAIN_AFTER:
        monkeypatch.setattr(following, interval, 3_600.0)


@pytest.mark.usefixtures("nothing_is_read_again")
async def test_a_follower_is_told_of_a_change_in_another_process(settings: Settings, database_url: str) -> None:
    booked = await book(settings, starts_in=20)
    async with running(database_url) as here:
        with here.follow(booked.session_id) as follower:
            await until_state(follower, SessionState.SCHEDULED)
            async with announcements.heard_by_others(database_url, name="other-notify"):
                await enter(booked)
            await until_state(follower, SessionState.ENTERED)
    assert follower.is_over is False  # it had gone before


@pytest.mark.usefixtures("nothing_is_read_again")
@pytest.mark.parametrize("interval", ["READ_AGAIN_SECONDS", "LEASED_READ_AGAIN_SECONDS"])
async def test_a_follower_is_told_of_a_change_whose_notification_is_lost(
    settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch, interval: str
) -> None:
    booked = await book(settings, starts_in=20)
    async with running(database_url) as here:
        with here.follow(booked.session_id) as follower:
            await until_state(follower, SessionState.SCHEDULED)
            monkeypatch.setattr(following, interval, 0.2)
            async with announcements.heard_by_others(database_url, name="other-notify"):
                await sessions.enter(booked.session_id, 1, outbox=OUTBOX, client=db.new_id())
            await until_state(follower, SessionState.ENTERED)  # it is connected, and hears
            await sessions.leave(booked.session_id, 1, outbox=OUTBOX)  # in silence
            await until_state(follower, SessionState.FINISHED)


async def test_where_notifications_do_not_arrive_it_reads_again_sooner_and_says_so(
    settings: Settings, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_PROBE_SECONDS", 0.1)
    monkeypatch.setattr(following, "UNHEARD_READ_AGAIN_SECONDS", 0.1)
    booked = await book(settings, starts_in=20)
    with capture_logs() as logs:
        async with running(empty_url) as here:  # it listens in another database
            with here.follow(booked.session_id) as follower:
                await until_true(lambda: [line["event"] for line in logs] == ["following.not_heard"], "it is said")
                await enter(booked)
                await until_state(follower, SessionState.ENTERED)


@pytest.mark.usefixtures("nothing_is_read_again")
async def test_a_follower_is_told_again_after_an_outage(settings: Settings, database_url: str) -> None:
    booked = await book(settings, starts_in=20)
    async with running(database_url) as here:
        with here.follow(booked.session_id) as follower:
            await until_state(follower, SessionState.SCHEDULED)
            await enter(booked)
            await db.fetch(END_ALL_OTHERS)
            await until_state(follower, SessionState.ENTERED)  # as something may have been missed


async def test_a_session_has_four_followers_and_a_process_as_many_as_it_has_room_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = db.new_id(), db.new_id()
    monkeypatch.setattr(following, "MOST_FOLLOWERS", 5)
    async with running(database_url) as here:
        with ExitStack() as stack:
            for _ in range(4):
                stack.enter_context(here.follow(one))
            with pytest.raises(TooManyFollowers), here.follow(one):
                pass
            stack.enter_context(here.follow(other))
            assert [one.value for one in metrics.SOCKETS.observe(CallbackOptions())] == [5]
            with pytest.raises(TooManyFollowers), here.follow(other):
                pass
        with here.follow(other) as follower:
            await asyncio.wait_for(follower.changed.wait(), 20)
            assert follower.session is None  # there is no such session
    assert follower.is_over is False


async def test_who_follows_when_the_process_stops_is_told(database_url: str) -> None:
    async with running(database_url) as here:
        stack = ExitStack()
        follower = stack.enter_context(here.follow(db.new_id()))
    assert follower.is_over
    stack.close()
