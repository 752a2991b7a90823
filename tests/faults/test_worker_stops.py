"""SIGTERM in mid-send: what is under way is settled, the rest is left to others, nothing is lost."""

import signal

import pytest

from faults.factories import book
from faults.scene import HeldSmtpServer, all_is_accounted_for, attempts_of, mail_through, told, until_state
from hireloop import db
from processes import WorkerProcess
from waiting import until_true

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_stop_in_mid_send_a_worker_settles_it_leases_nothing_more_and_ends_with_0(
    database_url: str, number: signal.Signals
) -> None:
    under_way, waiting = await book(), await book()
    with HeldSmtpServer("end") as server:
        with WorkerProcess(mail_through(database_url, server.port), concurrency=1) as worker:
            await until_true(lambda: len(server.received) == 1, "the first message has arrived")
            worker.process.send_signal(number)
            server.go_on()
            assert worker.process.wait(30) == 0
        states = {row["id"]: row["state"] for row in await db.fetch("SELECT id, state FROM delivery")}
        assert states == {under_way: "sent", waiting: "pending"}
        assert await attempts_of(waiting) == []
        assert await db.fetch_value("SELECT count(*) FROM worker") == 0  # it has signed off
        with WorkerProcess(mail_through(database_url, server.port)):
            await until_state(waiting, "sent")
        for delivery in (under_way, waiting):
            assert [told(a) for a in await attempts_of(delivery)] == [(1, "sent", "reply", 250)]
        await all_is_accounted_for(server.received)
