"""Where a session stands, as open pages follow it, and the lease of the tab that is in the interview."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from hireloop.scheduling.sessions import followed_sessions, sessions
from hireloop.scheduling.sessions.followed_sessions import FollowedSession
from hireloop.scheduling.sessions.sessions import LEASE, SessionState
from hireloop.settings import Settings
from portal.factories import OUTBOX, book

pytestmark = pytest.mark.usefixtures("database")
ONE, OTHER = uuid4(), uuid4()


async def read(session: UUID) -> FollowedSession:
    return (await followed_sessions.read([session, uuid4()]))[session]


async def test_a_tab_that_starts_has_the_lease_and_another_one_takes_over(settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    session = booked.session_id
    assert not await followed_sessions.take_over(session, 1, ONE)  # not entered yet
    await sessions.enter(session, 1, outbox=OUTBOX, client=ONE)
    await sessions.enter(session, 1, outbox=OUTBOX, client=OTHER)  # entering twice is entering once
    entered = await read(session)
    assert (entered.state, entered.active_client) == (SessionState.ENTERED, ONE)
    assert followed_sessions.holder_at(entered, entered.now) == ONE
    assert followed_sessions.holder_at(entered, entered.now + LEASE) is None
    assert not await followed_sessions.take_over(session, 2, OTHER)  # its key is another one
    assert await followed_sessions.take_over(session, 1, OTHER)
    taken = await read(session)
    await followed_sessions.renew(session, ONE)
    assert (await read(session)).active_until == taken.active_until
    later = taken.now + timedelta(hours=2)
    await followed_sessions.renew(session, OTHER, now=later)  # a laptop wakes up, and nobody else has taken over
    assert (await read(session)).active_until == later + LEASE
    await sessions.leave(session, 1, outbox=OUTBOX)
    assert not await followed_sessions.take_over(session, 1, ONE)


async def test_without_a_tab_of_its_own_nobody_has_the_lease(settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    await sessions.enter(booked.session_id, 1, outbox=OUTBOX)  # by a form, without a script
    entered = await read(booked.session_id)
    assert followed_sessions.holder_at(entered, entered.now) is None
