"""The API is killed -9 while everybody books: what a client was promised is there, and nothing is there by half."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from factories import make_interview, make_slot, soon
from faults.bookers import Crowd, every_booking_is_whole
from faults.factories import new_key
from faults.scene import all_is_accounted_for, mail_through
from hireloop import db
from hireloop.local.mailbox.mailbox import Mailbox
from processes import Server, WorkerProcess
from waiting import until

pytestmark = pytest.mark.usefixtures("database")

_KILLS = 3


async def _everything_is_sent() -> bool:
    return not await db.fetch_value("SELECT count(*) FROM delivery WHERE state <> 'sent'")


async def test_killed_again_and_again_while_booking_the_api_breaks_no_promise_and_leaves_nothing_by_half(
    database_url: str, mailbox: Mailbox
) -> None:
    env = mail_through(database_url, mailbox.start()[1])
    wishes = [(await make_interview(), await make_slot(starts_at=soon(60 + n))) for n in range(800)]
    servers = [Server(env)]
    crowd = Crowd(lambda: servers[-1].url, await new_key(), wishes, size=8)
    moments = random.Random(20261121)  # noqa: S311 (any moments do, the same in every run)
    with WorkerProcess(env):
        booking = asyncio.create_task(crowd.run())
        for _ in range(_KILLS):
            before = len(crowd.booked)
            await until(_more_than(crowd, before + 10), "bookings are answered")
            await asyncio.sleep(moments.random() / 5)
            servers[-1].kill()
            servers.append(await asyncio.to_thread(Server, env))
        before = len(crowd.booked)
        await until(_more_than(crowd, before + 10), "bookings are answered")
        crowd.stop()
        await booking
        servers[-1].stop()
        count = await every_booking_is_whole()
        await until(_everything_is_sent, "every invitation is sent")
    for server in servers:
        server.log.unlink()
    await _promises_are_kept(crowd)
    assert {answer.status for _, answer in crowd.answers} <= {0, 200, 201}
    assert any(answer.status == 0 for _, answer in crowd.answers), "no booking was under way at any kill"
    assert len(mailbox.messages()) == count
    await all_is_accounted_for(mailbox)


def _more_than(crowd: Crowd, count: int) -> Callable[[], Awaitable[bool]]:
    async def reached() -> bool:
        return len(crowd.booked) > count

    return reached


async def _promises_are_kept(crowd: Crowd) -> None:
    """Check each 201 against the rows: the schedule that was answered is there, with the delivery that was answered."""
    rows = await db.fetch(
        "SELECT sc.id, sc.interview, d.id AS delivery FROM schedule sc JOIN delivery d ON d.schedule = sc.id"
    )
    stored = {row["interview"]: (str(row["id"]), str(row["delivery"])) for row in rows}
    for interview, answer in crowd.answers:
        if answer.status in {200, 201}:
            promised = (answer.body["id"], answer.body["invitation"]["deliveries"][0]["id"])
            assert stored[interview] == promised
    # A booking whose answer was lost with the server is found by asking again: 200, never a second one.
    assert len({UUID(promised) for promised, _ in stored.values()}) == len(stored)
