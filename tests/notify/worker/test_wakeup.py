"""Wake-ups: heard at once, few, and made again after their connection broke; none of them is ever relied upon."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from structlog.testing import capture_logs

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
