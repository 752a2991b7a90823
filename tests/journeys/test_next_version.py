"""A rolling upgrade: the next version has migrated the database, and processes of this one go on, also restarted."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable

import pytest

from factories import make_interview, make_slot, soon
from faults.bookers import Crowd, every_booking_is_whole, tally
from faults.factories import new_key
from faults.scene import all_is_accounted_for, mail_through
from hireloop import db
from hireloop.local.mailbox.mailbox import Mailbox
from migrate.factories import NEXT_VERSION
from processes import Server, WorkerProcess, environment
from waiting import until


def _booked(crowd: Crowd, count: int) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        return len(crowd.booked) >= count

    return reached


async def _all_are_sent() -> bool:
    return not await db.fetch_value("SELECT count(*) FROM delivery WHERE state <> 'sent'")


@pytest.mark.usefixtures("database")
async def test_both_processes_run_on_the_schema_of_the_next_version_while_bookings_run(
    database_url: str, mailbox: Mailbox
) -> None:
    wishes = [(await make_interview(), await make_slot(starts_at=soon(60 + n))) for n in range(400)]
    env = mail_through(database_url, mailbox.start()[1])
    with WorkerProcess(env) as worker, Server(env) as server:
        crowd = Crowd(lambda: server.url, await new_key(), wishes, size=2)
        booking = asyncio.create_task(crowd.run())
        await until(_booked(crowd, 10), "bookings are made before it")
        await _migrate_to_the_next()
        await until(_booked(crowd, len(crowd.booked) + 10), "bookings are made after it")
        crowd.stop()
        await booking
        assert {status for status, _ in tally([answer for _, answer in crowd.answers])} <= {200, 201}
        await until(_all_are_sent, "every invitation is sent")
        assert worker.stop() == 0
    with WorkerProcess(env), Server(env) as server:
        crowd = Crowd(lambda: server.url, await new_key(), wishes[:5], size=1)  # the server is ready, says `Server`
        await crowd.run()
        assert len(crowd.booked) == 5
        await until(_all_are_sent, "every invitation is sent")
        said = await asyncio.to_thread(_hireloop, "doctor", env)
        assert "All migrations have run, and the schema and the role have what this version needs." in said.stdout
        assert (await asyncio.to_thread(_hireloop, "migrate", env)).stdout == "The database is up to date.\n"
        await every_booking_is_whole()
        await all_is_accounted_for(mailbox)


@db.transactional(retries=20)  # as `hireloop migrate` does it: a booking may hold what a statement waits for
async def _migrate_to_the_next() -> None:
    for statement in NEXT_VERSION:
        await db.fetch(statement)


def _hireloop(command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hireloop", command], env=env, capture_output=True, text=True, check=False, cwd="/"
    )


@pytest.mark.usefixtures("database")
async def test_no_command_works_with_a_schema_that_does_not_fit(database_url: str) -> None:
    await db.fetch("ALTER TABLE delivery ALTER COLUMN last_reply TYPE varchar(2000)")
    env = environment(database_url)
    commands = ("migrate", "serve", "work", "doctor", "ledger")
    ran = await asyncio.gather(*(asyncio.to_thread(_hireloop, command, env) for command in commands))
    assert [done.returncode for done in ran] == [1] * len(commands)
    sentence = "column delivery.last_reply is `character varying(2000)` instead of `text`"
    assert [sentence in " ".join((done.stdout + done.stderr).split()) for done in ran] == [True] * len(commands)
