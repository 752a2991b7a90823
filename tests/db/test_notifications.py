"""Notifications, such as wake-ups: heard at once, few, and made again after their connection broke.

None of them is ever relied upon.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest
from structlog.testing import capture_logs

from hireloop import db
from hireloop.db import notifications
from hireloop.notify.worker import wakeup
from hireloop.notify.worker.wakeup import WakeupSender
from servers.databases import END_ALL_OTHERS
from waiting import until_true

_PATIENCE_SECONDS = 20.0


@pytest.fixture
async def sender(database_url: str) -> AsyncIterator[WakeupSender]:
    one = WakeupSender(database_url)
    await one.start()
    yield one
    await one.stop()


@pytest.fixture
async def ear(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def _heard_by(ear: asyncpg.Connection) -> asyncio.Queue[str]:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await ear.add_listener(wakeup.CHANNEL, lambda *_: heard.put_nowait("wakeup"))
    return heard


async def test_a_wakeup_is_heard(sender: WakeupSender, ear: asyncpg.Connection) -> None:
    heard = await _heard_by(ear)
    sender.send_soon()
    await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)


async def test_a_hundred_wakeups_at_once_are_a_handful(sender: WakeupSender, ear: asyncpg.Connection) -> None:
    heard = await _heard_by(ear)
    for _ in range(100):
        sender.send_soon()
        await asyncio.sleep(0)
    await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)
    await asyncio.sleep(0.2)
    assert heard.qsize() <= 3


async def test_words_for_one_channel_are_sent_together_and_each_once(
    sender: WakeupSender, ear: asyncpg.Connection
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await ear.add_listener("a_channel", lambda *heard_of: heard.put_nowait(str(heard_of[-1])))
    words = [db.new_id().hex for _ in range(450)]
    for word in words:
        sender.notify_soon("a_channel", [word, words[0]])
    told: list[str] = []
    while len(told) < len(words):
        told += (await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)).split(" ")
    assert told == words
    assert heard.empty()


async def test_what_is_still_wanted_is_sent_before_the_end(database_url: str, ear: asyncpg.Connection) -> None:
    heard = await _heard_by(ear)
    last = WakeupSender(database_url)
    await last.start()
    last.send_soon()
    await last.stop()
    await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)


async def test_a_wakeup_whose_connection_has_ended_meanwhile_is_sent_on_another_one(
    sender: WakeupSender, ear: asyncpg.Connection
) -> None:
    heard = await _heard_by(ear)
    for _ in range(5):
        sender.send_soon()
        await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)
        await ear.execute(END_ALL_OTHERS)


async def test_no_wakeup_can_fail_or_delay_its_sender_without_a_database() -> None:
    nowhere = WakeupSender("postgresql://hireloop@127.0.0.1:1/nowhere")
    await nowhere.start()
    nowhere.send_soon()
    await asyncio.sleep(0.2)
    nowhere.send_soon()
    await asyncio.wait_for(nowhere.stop(), _PATIENCE_SECONDS)


async def test_whatever_a_connection_fails_of_the_sender_goes_on(
    sender: WakeupSender, ear: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, connect = await _heard_by(ear), db.Connection.connect
    errors = iter([UnicodeError("no host"), ZeroDivisionError()])

    async def failing(url: str, *, name: str) -> db.Connection:
        if error := next(errors, None):
            raise error
        return await connect(url, name=name)

    monkeypatch.setattr(db.Connection, "connect", failing)
    sender.send_soon()
    assert await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS) == "wakeup"


async def test_a_database_that_is_away_is_asked_ever_less_often() -> None:
    nowhere = WakeupSender("postgresql://hireloop@127.0.0.1:1/nowhere")
    with capture_logs() as logs:
        await nowhere.start()
        nowhere.send_soon()
        await until_true(lambda: len(logs) >= 3, "three wake-ups have failed")
        await nowhere.stop()
    assert [line["again_in_seconds"] for line in logs[:3]] == [0.05, 0.1, 0.2]


async def test_a_listener_is_woken_at_each_connect_and_at_each_wakeup_also_after_a_drop(
    sender: WakeupSender, database_url: str, ear: asyncpg.Connection
) -> None:
    woken: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(wakeup.listen(database_url, lambda: woken.put_nowait("woken")))
    for _ in range(3):
        await asyncio.wait_for(woken.get(), _PATIENCE_SECONDS)  # connected
        sender.send_soon()
        await asyncio.wait_for(woken.get(), _PATIENCE_SECONDS)  # woken
        await ear.execute(END_ALL_OTHERS)
    listening.cancel()
    await asyncio.wait([listening])


@pytest.mark.parametrize("steps", range(6))
async def test_a_listener_that_is_cancelled_just_as_its_connection_ends_ends(
    steps: int, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: asyncio.Queue[db.Connection] = asyncio.Queue()
    woken = asyncio.Event()

    class Kept(db.Connection):
        def __init__(self, connection: asyncpg.Connection) -> None:
            super().__init__(connection)
            made.put_nowait(self)

    monkeypatch.setattr(notifications, "Connection", Kept)
    listening = asyncio.create_task(wakeup.listen(database_url, woken.set))
    await asyncio.wait_for(woken.wait(), _PATIENCE_SECONDS)
    made.get_nowait().raw.terminate()
    for _ in range(steps):
        await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait([listening], timeout=_PATIENCE_SECONDS)
    assert listening.cancelled()


async def test_a_listener_whose_connections_end_at_once_connects_ever_less_often(
    database_url: str, ear: asyncpg.Connection
) -> None:
    name = await ear.fetchval("SELECT current_database()")
    await ear.execute(f'ALTER DATABASE "{name}" SET idle_session_timeout = 1')  # milliseconds
    with capture_logs() as logs:
        listening = asyncio.create_task(wakeup.listen(database_url, lambda: None))
        await until_true(lambda: len(logs) >= 3, "three connections have ended")
        listening.cancel()
        await asyncio.wait([listening])
    assert [line["again_in_seconds"] for line in logs[:3]] == [0.05, 0.1, 0.2]


async def test_a_wakeup_whose_connection_is_answered_no_more_is_sent_on_another_one(
    sender: WakeupSender, ear: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "_ANSWER_SECONDS", 0.2)
    heard = await _heard_by(ear)
    sender.send_soon()
    await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)
    async with _silenced(ear, "hireloop-api-notify"):
        sender.send_soon()
        await asyncio.wait_for(heard.get(), _PATIENCE_SECONDS)


async def test_a_listener_whose_connection_is_answered_no_more_makes_another_one(
    database_url: str, ear: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "_ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(notifications, "_CHECKED_EVERY_SECONDS", 0.1)
    woken: asyncio.Queue[str] = asyncio.Queue()
    listening = asyncio.create_task(wakeup.listen(database_url, lambda: woken.put_nowait("woken")))
    await asyncio.wait_for(woken.get(), _PATIENCE_SECONDS)
    async with _silenced(ear, "hireloop-worker-listen"):
        await asyncio.wait_for(woken.get(), _PATIENCE_SECONDS)  # connected again
        await ear.execute(f"NOTIFY {wakeup.CHANNEL}")
        await asyncio.wait_for(woken.get(), _PATIENCE_SECONDS)
    listening.cancel()
    await asyncio.wait([listening])


@asynccontextmanager
async def _silenced(ear: asyncpg.Connection, name: str) -> AsyncIterator[None]:
    """Let the server's end of the connection of this name say nothing for a block, as behind a dead network."""
    [(pid,)] = await ear.fetch(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1", name
    )
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
