"""What an open page is told over its socket, between real server processes on one database."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.db.notifications import listen_to
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from hireloop.web.following import LEASED_READ_AGAIN_SECONDS
from portal.coming_in import PRESSED, cookie_of, opened
from portal.factories import OUTBOX, BookingResult, Person, book
from portal.records import everything
from processes import Hireloop, Server, WorkerProcess, environment
from servers.websocket import Refused

# Sooner than any session is read again without being told: it takes a fraction of a second.
SOON_SECONDS = LEASED_READ_AGAIN_SECONDS - 3
NOT_ALLOWED, TOO_LARGE, TOO_MANY = 4403, 4413, 4429


@pytest.fixture
async def env(database_url: str, database: None) -> dict[str, str]:  # noqa: ARG001 (the pool is open)
    return environment(database_url, BASE_URL="http://hire.example")


@pytest.fixture
async def server(env: dict[str, str]) -> AsyncIterator[Server]:
    with Server(env) as one:
        yield one


async def press(server: Server, booked: BookingResult, act: str, **fields: str) -> None:
    headers = {"Cookie": cookie_of(server, booked), **PRESSED}
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{server.url}{booked.path}{act}/", headers=headers, data=fields)
    assert answer.status_code in {204, 303}, answer.text


def state(server: Server, booked: BookingResult, client: str = "") -> dict[str, Any]:
    headers = {"Cookie": cookie_of(server, booked)}
    answer = httpx.get(f"{server.url}{booked.path}state/", headers=headers, params={"client": client})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    found: dict[str, Any] = answer.json()
    return found


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


async def test_a_page_is_told_of_what_happens_in_another_process(
    settings: Settings, env: dict[str, str], server: Server
) -> None:
    booked = await book(settings, starts_in=20)
    mine, theirs = str(uuid4()), str(uuid4())
    with Server(env) as other, opened(server, booked, mine) as page, opened(other, booked, theirs) as second:
        first = page.hear()
        assert (first["stage"], first["active"]) == ("open", "nobody")
        assert first.keys() == {"stage", "version", "changes_at", "active", "now"}
        second.hear_until(stage="open")
        await press(server, booked, "start", client=mine)
        with within(SOON_SECONDS):
            page.hear_until(stage="started", active="here")
            second.hear_until(stage="started", active="elsewhere")
        await press(other, booked, "start", client=theirs)  # at once in both: one is in, the other is told
        assert (state(other, booked, mine)["active"], state(server, booked, theirs)["active"]) == ("here", "elsewhere")
        await press(other, booked, "take-over", client=theirs)
        with within(SOON_SECONDS):
            page.hear_until(active="elsewhere")
            second.hear_until(active="here")
        await press(other, booked, "finish")
        with within(SOON_SECONDS):
            page.hear_until(stage="finished")
    assert state(server, booked)["stage"] == "finished"


async def test_a_socket_is_closed_once_its_link_has_ended_and_told_of_what_a_recruiter_does(
    settings: Settings, server: Server
) -> None:
    people = [Person(email=f"{n}@example.com", title=f"Job {n}") for n in range(4)]
    revoked, replaced, erased, cancelled = [await book(settings, person) for person in people]
    key = (await api_keys.create("tests", Role.ADMIN))[1]
    candidate = await db.fetch_value("SELECT candidate FROM schedule WHERE id = $1", erased.schedule_id)
    with ExitStack() as stack:
        pages = [stack.enter_context(opened(server, one)) for one in (revoked, replaced, erased, cancelled)]
        for page in pages:
            assert page.hear()["stage"] == "early"
        api = stack.enter_context(httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"}))
        assert api.post(f"/api/interviews/sessions/{revoked.session_id}/revoke/").is_success
        with within(SOON_SECONDS):
            assert pages[0].hear_until(stage="revoked")
            assert pages[0].hear_the_end() == NOT_ALLOWED
        assert api.post(f"/api/interviews/sessions/{replaced.session_id}/reissue/").is_success
        with within(SOON_SECONDS):
            assert pages[1].hear_the_end() == NOT_ALLOWED
        assert api.delete(f"/api/candidates/{candidate}/").is_success
        with within(SOON_SECONDS):
            assert pages[2].hear_the_end() == NOT_ALLOWED
        assert api.post(f"/api/interviews/schedules/{cancelled.schedule_id}/cancel/").is_success
        with within(SOON_SECONDS):
            pages[3].hear_until(stage="cancelled")


async def test_only_our_own_page_with_its_cookie_opens_a_few_sockets(settings: Settings, server: Server) -> None:
    booked = await book(settings)
    other = await book(settings, Person(email="b@example.com", title="Other"))
    foreign = {
        "of another page": {"Origin": "https://evil.example"},
        "of a page without a name": {"Origin": "null"},
        "of no page": {"Origin": ""},
        "without a cookie": {"Cookie": ""},
        "with the cookie of another session": {"Cookie": cookie_of(server, other)},
        "with a long cookie": {"Cookie": f"{cookie_of(server, booked)}; a={'b' * 10_000}"},
        "of a host that is none": {"Host": "hire example"},
    }
    for whose, headers in foreign.items():
        with pytest.raises(Refused) as refused:
            opened(server, booked, **headers)
        assert refused.value.status == 403, whose
    name = cookie_of(server, booked).partition("=")[0]
    for guess in range(13):
        began = time.monotonic()
        with pytest.raises(Refused):
            opened(server, booked, Cookie=f"{name}=guess-{guess}")
    assert time.monotonic() - began >= 1  # as any other bad key from this address would have to wait
    with ExitStack() as stack:
        pages = [stack.enter_context(opened(server, booked)) for _ in range(4)]
        for page in pages:
            page.hear()
        with opened(server, booked) as one_more:
            assert one_more.hear_the_end() == TOO_MANY
        pages[0].say("x" * 4_096)
        pages[0].say("x" * 4_097)
        assert pages[0].hear_the_end() == TOO_LARGE
        for _ in range(21):  # one too many, and none after that one: nobody listens any more
            pages[1].say(".")
        assert pages[1].hear_the_end() == TOO_MANY
        with opened(server, booked) as instead:
            assert instead.hear()["stage"] == "early"


async def test_a_page_is_told_when_its_window_opens(settings: Settings, server: Server) -> None:
    booked = await book(settings, starts_in=32)  # it opens 30 s before
    with opened(server, booked) as page:
        assert page.hear()["stage"] == "early"
        opens_at = await db.fetch_value("SELECT opens_at FROM session WHERE id = $1", booked.session_id)
        page.hear_until(stage="open")
        late = await db.fetch_value("SELECT now() - $1::timestamptz", opens_at)
        assert 0 <= late.total_seconds() < SOON_SECONDS


LONG_AGO = """
    WITH schedules AS (
        UPDATE schedule SET starts_at = starts_at - interval '1 year', ends_at = ends_at - interval '1 year'
    ), candidates AS (
        UPDATE candidate SET created_at = created_at - interval '1 year'
    )
    UPDATE interview SET created_at = created_at - interval '1 year', started_at = started_at - interval '1 year',
        ended_at = ended_at - interval '1 year'
"""


async def test_servers_are_told_of_what_a_worker_and_a_command_change(
    settings: Settings, env: dict[str, str], database_url: str
) -> None:
    booked = await book(settings, starts_in=20)
    await sessions.enter(booked.session_id, 1, outbox=OUTBOX)
    await db.fetch(LONG_AGO)  # and Finish was never pressed
    heard: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(listen_to(announcements.CHANNEL, database_url, heard.put_nowait, name="test"))
    assert await asyncio.wait_for(heard.get(), 20) == ""  # it listens
    with WorkerProcess(env):
        assert await asyncio.wait_for(heard.get(), 20) == booked.session_id.hex
    with Hireloop("retention", "--older-than", "26w", env=env) as command:
        assert await asyncio.wait_for(heard.get(), 20) == booked.session_id.hex
        command.wait_for_log("1 candidate erased")
    listening.cancel()
    await asyncio.wait([listening])


async def test_who_only_reads_changes_nothing_also_in_the_room(settings: Settings, server: Server) -> None:
    """Scanners of mail run scripts: theirs connects, answers for as long as it likes, and polls."""
    waiting = await book(settings, starts_in=20)
    entered = await book(settings, Person(email="b@example.com", title="Other"), starts_in=20)
    mine = str(uuid4())
    await press(server, entered, "start", client=mine)
    before = await everything()
    for booked in (waiting, entered):
        with opened(server, booked, str(uuid4())) as page:
            for _ in range(5):
                page.say(".")
            assert page.hear()["active"] == ("elsewhere" if booked is entered else "nobody")
            page.say(".")
            assert state(server, booked, str(uuid4()))["stage"] in {"open", "started"}
            await asyncio.to_thread(page.hear)  # the first ping, 20 s later
            page.say(".")
            await asyncio.sleep(0.5)
    assert await everything() == before


async def test_answers_renew_the_lease_of_the_tab_that_is_in_the_interview(settings: Settings, server: Server) -> None:
    booked = await book(settings, starts_in=20)
    mine = str(uuid4())
    await press(server, booked, "start", client=mine)
    lease = "SELECT active_until FROM session WHERE id = $1"
    first = await db.fetch_value(lease, booked.session_id)
    with opened(server, booked, mine) as page:
        page.hear_until(active="here")
        await asyncio.to_thread(page.hear)  # the beat, 10 s later
        page.say(".")
        async with asyncio.timeout(10):
            while await db.fetch_value(lease, booked.session_id) == first:  # noqa: ASYNC110 (the server writes it)
                await asyncio.sleep(0.05)
    await press(server, booked, "beat", client=str(uuid4()))  # of a tab that has not the lease
    second = await db.fetch_value(lease, booked.session_id)
    await press(server, booked, "beat", client=mine)
    assert await db.fetch_value(lease, booked.session_id) > second > first
    await db.fetch("UPDATE session SET active_until = now() - interval '2 hours' WHERE id = $1", booked.session_id)
    assert state(server, booked, str(uuid4()))["active"] == "nobody"
    assert state(server, booked, mine)["active"] == "here"  # after a sleep, if nobody has taken over
