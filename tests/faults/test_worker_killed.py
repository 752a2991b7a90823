"""A worker is killed -9 at each of the places where that could hurt: the invitation still arrives, once or twice."""

import asyncpg
import pytest

from faults.factories import book
from faults.scene import (
    all_is_accounted_for,
    attempts_of,
    let_lease_lapse,
    mail_through,
    message_ids,
    settle_held,
    told,
    until_state,
    within,
)
from hireloop import db
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.notify.deliveries import deliveries, ledger
from processes import WorkerProcess
from sample_channels import EMAIL
from servers.smtp import Hang, ScriptedSmtpServer
from waiting import until_true

pytestmark = pytest.mark.usefixtures("database")


async def _kill_worker_in_step(database_url: str, server: ScriptedSmtpServer, step: str) -> None:
    """Start a worker and kill -9 it while the server owes it the answer to this step."""
    seen = len(server.commands())
    with WorkerProcess(mail_through(database_url, server.port)) as worker:
        if step == "end":
            await until_true(lambda: bool(server.received), "the message has arrived")
        else:
            await until_true(
                lambda: any(line.startswith(step) for line in server.commands()[seen:]), f"{step} was said"
            )
        worker.kill()


@pytest.mark.parametrize("waits", [False, pytest.param(True, marks=pytest.mark.long)])
async def test_killed_before_the_send_it_is_sent_by_another_worker_when_its_lease_of_30_s_has_run_out(
    database_url: str,
    waits: bool,  # noqa: FBT001 (the row's clock is moved, or the 30 s are real)
) -> None:
    delivery = await book()
    with ScriptedSmtpServer({"RCPT": [Hang()]}) as server:
        await _kill_worker_in_step(database_url, server, "RCPT")
        with within(42, "the next worker's send"), WorkerProcess(mail_through(database_url, server.port)) as worker:
            if not waits:
                await let_lease_lapse(delivery)
            sent = await until_state(delivery, "sent", 42)
            assert worker.stop() == 0
        lost, second = await attempts_of(delivery)
        assert told(lost) == (1, "lost", None, None)
        assert told(second) == (2, "sent", "reply", 250)
        assert lost.finished_at is not None
        if waits:
            assert (lost.finished_at - lost.started_at).total_seconds() >= 30
        assert lost.worker != second.worker
        assert (sent.attempt_count, sent.tries, sent.last_reply) == (2, 1, "2.0.0 Ok: queued as 4242")
        assert message_ids(server.received) == {sent.message_id: 1}
        await all_is_accounted_for(server.received)


async def test_killed_after_data_it_is_sent_again_with_the_same_message_id(database_url: str) -> None:
    delivery = await book()
    with ScriptedSmtpServer({"end": [Hang()]}) as server:
        await _kill_worker_in_step(database_url, server, "end")
        await let_lease_lapse(delivery)
        with WorkerProcess(mail_through(database_url, server.port)):
            sent = await until_state(delivery, "sent")
        assert [told(a) for a in await attempts_of(delivery)] == [
            (1, "lost", None, None),
            (2, "sent", "reply", 250),
        ]
        assert message_ids(server.received) == {sent.message_id: 2}  # the price: a duplicate that programs recognise
        await all_is_accounted_for(server.received)


async def test_killed_before_it_settles_it_is_sent_again_with_the_same_message_id(
    database_url: str, mailbox: Mailbox
) -> None:
    _, port = mailbox.start()
    delivery = await book()
    async with settle_held(database_url) as until_one_waits:
        with WorkerProcess(mail_through(database_url, port)) as worker:
            await until_one_waits()
            worker.kill()
        assert len(mailbox.messages()) == 1
    await let_lease_lapse(delivery)
    with WorkerProcess(mail_through(database_url, port)):
        sent = await until_state(delivery, "sent")
    assert [told(a) for a in await attempts_of(delivery)] == [(1, "lost", None, None), (2, "sent", "reply", 250)]
    assert message_ids(mailbox) == {sent.message_id: 2}
    await all_is_accounted_for(mailbox)


async def test_five_workers_killed_by_the_same_delivery_end_it_as_exhausted_and_the_next_one_is_spared(
    database_url: str,
) -> None:
    delivery = await book()
    with ScriptedSmtpServer({"RCPT": [Hang()] * 5}) as server:
        for _ in range(5):
            await _kill_worker_in_step(database_url, server, "RCPT")
            await let_lease_lapse(delivery)
        with WorkerProcess(mail_through(database_url, server.port)) as worker:
            ended = await until_state(delivery, "exhausted")
            another = await book()
            await until_state(another, "sent")
            assert worker.stop() == 0
        assert ended.last_reason == "crashes_worker"
        assert (ended.attempt_count, ended.tries, ended.sent_at) == (5, 5, None)
        assert [told(a) for a in await attempts_of(delivery)] == [(n, "lost", None, None) for n in range(1, 6)]
        assert sum(line.startswith("RCPT") for line in server.commands()) == 6
        await all_is_accounted_for(server.received)


async def test_the_ledger_sees_one_delivery_row_that_was_deleted_by_hand(database_url: str, mailbox: Mailbox) -> None:
    _, port = mailbox.start()
    kept, gone = await book(), await book()
    with WorkerProcess(mail_through(database_url, port)):
        await until_state(kept, "sent")
        await until_state(gone, "sent")
    await all_is_accounted_for(mailbox)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await db.fetch("DELETE FROM delivery WHERE id = $1", gone)  # the proof of its tries stands in the way
    await db.fetch("DELETE FROM attempt WHERE delivery = $1", gone)
    await db.fetch("DELETE FROM delivery WHERE id = $1", gone)
    proof = await ledger.read()
    assert (proof.unaccounted, proof.missing, proof.overdue) == (1, 1, 0)
    assert (await deliveries.find(kept, [EMAIL]))[0].state == "sent"
