"""The database refuses a statement: for good, and somebody is told; for a while, and it is tried again."""

import json
import re
import signal
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from faults.factories import book
from faults.scene import HeldSmtpServer, all_is_accounted_for, mail_through, make_due, until_state
from hireloop import db
from hireloop.migrate.privileges import NEEDED
from hireloop.settings import Settings
from hireloop.telemetry import events
from migrate.roles import role_with
from processes import WorkerProcess
from sample_settings import settings_for
from servers.databases import as_owner, end_all_others
from servers.smtp import ScriptedSmtpServer
from waiting import until, until_true

_ADDRESS = "asha@example.com"


@pytest.fixture
def mail_server() -> Iterator[ScriptedSmtpServer]:
    with ScriptedSmtpServer() as server:
        yield server


@pytest.fixture
def settings(database_url: str, mail_server: ScriptedSmtpServer) -> Settings:
    return settings_for(database_url, email_host="localhost", email_port=mail_server.port)


def _broke_down(worker: WorkerProcess, doing: Collection[str], error: str) -> str:
    """Check that the worker has ended with 3 and has said why, without a row's values; return what it could not do."""
    assert worker.process.wait(30) == 3, worker.log.read_text()
    [line] = [line for line in worker.log.read_text().splitlines() if "worker.broke_down" in line]
    done = re.search(r'"doing": ?"(\w+)"', line)
    assert done, line
    assert done[1] in doing
    assert error in line
    assert _ADDRESS not in line
    return done[1]


@asynccontextmanager
async def _statement_between(url: str, statement: str, back: str) -> AsyncIterator[None]:
    await as_owner(url, statement)
    try:
        yield
    finally:
        await as_owner(url, back)


@pytest.mark.parametrize(
    ("doing", "statement", "back", "error"),
    [
        (
            {"decide", "lease"},  # whichever is next
            "REVOKE UPDATE ON delivery FROM hireloop_app",
            "GRANT UPDATE ON delivery TO hireloop_app",
            "InsufficientPrivilegeError 42501",
        ),
        (
            {"decide"},
            "ALTER TABLE delivery RENAME occasion TO mine",
            "ALTER TABLE delivery RENAME mine TO occasion",
            "UndefinedColumnError 42703",
        ),
        (
            {"lease"},
            "ALTER TABLE attempt RENAME fingerprint TO mine",
            "ALTER TABLE attempt RENAME mine TO fingerprint",
            "UndefinedColumnError 42703",
        ),
    ],
)
async def test_a_worker_that_can_never_decide_or_lease_ends_with_3_says_why_and_loses_nothing(
    database_url: str,
    mail_server: ScriptedSmtpServer,
    user: httpx.AsyncClient,
    doing: Collection[str],
    statement: str,
    back: str,
    error: str,
) -> None:
    env = mail_through(database_url, mail_server.port)
    with WorkerProcess(env) as worker:
        await until_state(await book(), "sent")
        async with _statement_between(database_url, statement, back):
            done = _broke_down(worker, doing, error)
        said = (await user.get("/health/delivery")).json()["reasons"]
        assert any(f"A worker has stopped, because it could not {done}" in one and error in one for one in said), said
    waiting = await book()
    with WorkerProcess(env):
        await until_state(waiting, "sent")
    await all_is_accounted_for(mail_server.received)


@pytest.mark.usefixtures("database")
async def test_a_worker_that_can_never_settle_ends_with_3_and_another_one_takes_over(database_url: str) -> None:
    delivery = await book()
    with HeldSmtpServer("end") as server:
        env = mail_through(database_url, server.port)
        with WorkerProcess(env) as worker:
            await until_true(lambda: len(server.received) == 1, "the message has arrived")
            async with _statement_between(
                database_url,
                "ALTER TABLE attempt RENAME enhanced_code TO its_code",
                "ALTER TABLE attempt RENAME its_code TO enhanced_code",
            ):
                server.go_on()
                _broke_down(worker, {"settle"}, "UndefinedColumnError 42703")
        await db.fetch("UPDATE delivery SET leased_until = now() - interval '1 second'")
        with WorkerProcess(env):
            await make_due(delivery)
            await until_state(delivery, "sent")
        await all_is_accounted_for(server.received)


async def test_a_sweep_that_is_refused_stops_alone_and_is_named_with_its_fix(
    database_url: str, mail_server: ScriptedSmtpServer, user: httpx.AsyncClient
) -> None:
    async def named() -> str | None:
        said = (await user.get("/health/delivery")).json()["reasons"]
        return next((reason for reason in said if reason.startswith("The sweep alerts fails")), None)

    with WorkerProcess(mail_through(database_url, mail_server.port)) as worker:
        await until_state(await book(), "sent")
        await as_owner(database_url, "ALTER TABLE delivery RENAME failure_alerted_at TO alerted_at")
        assert await until(named, "the sweep is named") == (
            "The sweep alerts fails (UndefinedColumnError 42703). Run `hireloop doctor`, correct what it names, and "
            "check that all processes have the same version."
        )
        await until_state(await book(), "sent")
        assert worker.process.poll() is None
        assert worker.log.read_text().count("worker.sweep_stopped") == 1
        await as_owner(database_url, "ALTER TABLE delivery RENAME alerted_at TO failure_alerted_at")
        assert worker.stop() == 0
    await all_is_accounted_for(mail_server.received)


_RAISES = """
    CREATE FUNCTION fail_for_the_test() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'asha@example.com' USING ERRCODE = '{}'; END $$
"""
_EACH_UPDATE = """
    CREATE TRIGGER fail_for_the_test BEFORE UPDATE ON delivery FOR EACH ROW EXECUTE FUNCTION fail_for_the_test()
"""


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("sqlstate", ["53100", "40P01", "55P03", "57014", "58030", "XX000"])
async def test_what_passes_is_waited_for(database_url: str, mail_server: ScriptedSmtpServer, sqlstate: str) -> None:
    """A full disk, a deadlock, a lock that is not to be had, a time-out, a broken disk: the server says so itself."""
    await db.fetch(_RAISES.format(sqlstate))
    await db.fetch(_EACH_UPDATE)
    with WorkerProcess(mail_through(database_url, mail_server.port)) as worker:
        delivery = await book()
        await until_true(lambda: sqlstate in worker.log.read_text(), "the worker has met it")
        assert worker.process.poll() is None
        await db.fetch("DROP TRIGGER fail_for_the_test ON delivery")
        await until_state(delivery, "sent")
        assert _ADDRESS not in worker.log.read_text()
        assert worker.stop() == 0


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("sqlstate", "event"),
    [("53100", "worker.not_settled_yet"), ("XX000", "worker.database_refuses"), ("23514", "worker.unwritable")],
)
async def test_an_outcome_that_cannot_be_stored_is_said_as_the_error_is(
    database_url: str, mail_server: ScriptedSmtpServer, sqlstate: str, event: str
) -> None:
    await db.fetch(_RAISES.format(sqlstate))
    await db.fetch(_EACH_UPDATE.replace("ON delivery", "ON attempt"))
    with WorkerProcess(mail_through(database_url, mail_server.port)) as worker:
        await book()
        worker.wait_for_log(event)
        lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
        said = [line for line in lines if sqlstate in line.get("error", "")]
        assert {(line["event"], line["level"]) for line in said} == {(event, events.LEVELS[event][0])}
        assert all(len(line["span_id"]) == 16 for line in said if event == "worker.unwritable")
        await db.fetch("DROP TRIGGER fail_for_the_test ON attempt")


@pytest.mark.usefixtures("database")
async def test_a_database_that_is_read_only_for_a_while_is_waited_for(
    database_url: str, mail_server: ScriptedSmtpServer
) -> None:
    name = await db.fetch_value("SELECT current_database()")
    with WorkerProcess(mail_through(database_url, mail_server.port)) as worker:
        await until_state(await book(), "sent")
        delivery = await book()
        await db.fetch(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        await end_all_others(database_url)
        await until_true(lambda: "25006" in worker.log.read_text(), "the worker has met it")
        assert worker.process.poll() is None
        await db.DB.close()
        await db.DB.open(database_url)
        async with db.DB.transaction():
            await db.fetch("SET TRANSACTION READ WRITE")
            await db.fetch(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        await end_all_others(database_url)
        await db.DB.close()  # our own connections have been ended as well
        await db.DB.open(database_url)
        await until_state(delivery, "sent")
        worker.process.send_signal(signal.SIGTERM)
        assert worker.process.wait(40) == 0


async def test_a_worker_whose_role_owns_nothing_sends(database_url: str, mail_server: ScriptedSmtpServer) -> None:
    async with db.opened(database_url, pool_size=2), role_with(database_url, NEEDED) as url:
        delivery = await book()
        with WorkerProcess(mail_through(url, mail_server.port)) as worker:
            await until_state(delivery, "sent")
            assert worker.stop() == 0
        await all_is_accounted_for(mail_server.received)
        await db.fetch("REVOKE INSERT ON attempt FROM hireloop_dml")
        says = "hireloop: The database role hireloop_dml lacks privileges (INSERT on public.attempt). Run `GRANT "
        with pytest.raises(AssertionError, match=re.escape(says)):  # with its log: it has not started
            WorkerProcess(mail_through(url, mail_server.port))
