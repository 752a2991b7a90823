"""PostgreSQL goes away under load and comes back: the service recovers by itself, within 10 s, and loses nothing."""

import asyncio
import os
import shutil
import signal
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from factories import make_interview, make_slot, soon
from faults.bookers import Crowd, book_over_http, client_of, every_booking_is_whole, tally
from faults.factories import new_key
from faults.scene import all_is_accounted_for, mail_through, until_state
from hireloop import db, migrate
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.local.postgres.postmaster import Postmaster
from hireloop.local.postgres.server import EmbeddedPostgres
from hireloop.notify.worker import wakeup
from portal.coming_in import opened
from portal.factories import book
from processes import Server, WorkerProcess, environment
from sample_settings import as_application, settings_for
from servers.databases import END_ALL_OTHERS
from waiting import until

_RECOVERY_SECONDS = 10.0
_AWAY_SECONDS = 1.0


@pytest.fixture
def own_server() -> Iterator[tuple[EmbeddedPostgres, Path]]:
    """A PostgreSQL of its own, for a test that takes it down."""
    folder = Path(tempfile.mkdtemp(prefix="hireloop-restarts-"))
    postgres = EmbeddedPostgres(folder)
    yield postgres, folder
    postgres.stop()
    shutil.rmtree(folder)


def _stop_fast(postgres: EmbeddedPostgres, _folder: Path) -> None:
    postgres.stop()


def _kill_main_process(_postgres: EmbeddedPostgres, folder: Path) -> None:
    postmaster = Postmaster.read(folder / "postgres")
    assert postmaster is not None
    os.kill(postmaster.pid, signal.SIGKILL)


@pytest.mark.parametrize("take_down", [_stop_fast, _kill_main_process])
async def test_after_a_restart_of_postgresql_under_load_everything_goes_on_by_itself(
    own_server: tuple[EmbeddedPostgres, Path], mailbox: Mailbox, take_down: Callable[[EmbeddedPostgres, Path], None]
) -> None:
    postgres, folder = own_server
    url = postgres.start()
    async with db.opened(url):
        await migrate.migrate(settings_for(url, database_owner_url=url))
        wishes = [(await make_interview(), await make_slot(starts_at=soon(60 + n))) for n in range(1500)]
        key = await new_key()
    env = mail_through(url, mailbox.start()[1], BASE_URL="https://hire.example")
    with WorkerProcess(env) as worker, Server(env) as server:
        crowd = Crowd(lambda: server.url, key, wishes, size=4)
        booking = asyncio.create_task(crowd.run())
        await until(_more_booked(crowd, 20), "bookings are answered")
        await asyncio.to_thread(take_down, postgres, folder)
        await asyncio.sleep(_AWAY_SECONDS)
        while_away = len(crowd.booked)
        await asyncio.to_thread(postgres.start)
        back = time.monotonic()
        await until(_more_booked(crowd, while_away + 20), "bookings are answered again", _RECOVERY_SECONDS)
        assert time.monotonic() - back <= _RECOVERY_SECONDS
        crowd.stop()
        await booking
        refused = {answer for answer in tally([a for _, a in crowd.answers]) if answer[0] not in {200, 201}}
        assert refused == {(503, "database-away")}, server.log.read_text()
        async with db.opened(as_application(url)), client_of(server.url, key) as client:
            assert await every_booking_is_whole() >= len(crowd.booked)
            await until(_everything_is_sent, "every invitation is sent")
            await until(_somebody_listens, "the worker listens again", _RECOVERY_SECONDS)
            await _wakeups_are_heard_again(client)
            await all_is_accounted_for(mailbox)
        assert worker.process.poll() is None
        assert server.process.poll() is None


async def test_a_page_that_is_open_during_a_restart_of_postgresql_follows_again(
    own_server: tuple[EmbeddedPostgres, Path],
) -> None:
    postgres, _ = own_server
    url = postgres.start()
    env = environment(url, BASE_URL="http://hire.example")
    async with db.opened(url):
        await migrate.migrate(settings_for(url, database_owner_url=url))
        booked = await book(settings_for(url))
        key = await new_key()
    with Server(env) as server, opened(server, booked) as page:
        assert page.hear()["stage"] == "early"
        await asyncio.to_thread(postgres.stop)
        async with client_of(server.url, key) as client:
            assert (await client.get("/health/ready")).status_code == 503
            await asyncio.to_thread(postgres.start)

            async def is_cancelled() -> bool:
                return (await client.post(f"/api/interviews/schedules/{booked.schedule_id}/cancel/")).is_success

            await until(is_cancelled, "the database answers again", _RECOVERY_SECONDS)
        await asyncio.to_thread(page.hear_until, stage="cancelled")


def _more_booked(crowd: Crowd, count: int) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        return len(crowd.booked) > count

    return reached


async def _everything_is_sent() -> bool:
    return not await db.fetch_value("SELECT count(*) FROM delivery WHERE state <> 'sent'")


async def _somebody_listens() -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE $1"
    return bool(await db.fetch_value(query, f"LISTEN%{wakeup.CHANNEL}%"))


async def _wakeups_are_heard_again(client: httpx.AsyncClient) -> None:
    """Book one after the other: by polling alone, each would wait for nearly 2 s."""
    waited = []
    for _ in range(5):
        answer = await book_over_http(client, await make_interview(), await make_slot(starts_at=soon(24 * 60)))
        assert answer.status == 201, answer
        sent = await until_state(UUID(answer.body["invitation"]["deliveries"][0]["id"]), "sent")
        assert sent.sent_at is not None
        waited.append((sent.sent_at - sent.created_at).total_seconds())
    assert statistics.median(waited) < 1, waited


async def test_connections_that_the_database_ends_again_and_again_cost_nobody_more_than_a_503(
    database_url: str, mailbox: Mailbox
) -> None:
    """An administrator, a fail-over or a pooler ends connections while they are idle or in use."""
    async with db.opened(database_url):
        wishes = [(await make_interview(), await make_slot(starts_at=soon(60 + n))) for n in range(1500)]
        key = await new_key()
    env = mail_through(database_url, mailbox.start()[1])
    with WorkerProcess(env) as worker, Server(env) as server:
        crowd = Crowd(lambda: server.url, key, wishes, size=4)
        booking = asyncio.create_task(crowd.run())
        administrator = await asyncpg.connect(database_url)
        for _ in range(15):
            await administrator.execute(END_ALL_OTHERS)
            before = len(crowd.booked)
            await until(_more_booked(crowd, before), "bookings are answered again", _RECOVERY_SECONDS)
        crowd.stop()
        await booking
        assert worker.process.poll() is None, worker.log.read_text()
        refused = {answer for answer in tally([a for _, a in crowd.answers]) if answer[0] not in {200, 201}}
        assert refused <= {(503, "database-away")}, server.log.read_text()
        await administrator.close()
        async with db.opened(database_url):
            await every_booking_is_whole()
            await until(_everything_is_sent, "every invitation is sent")
            await all_is_accounted_for(mailbox)
