"""A worker is away for longer than its lease and comes back: what it did is recorded, what it says is fenced."""

import pytest

from faults.factories import book
from faults.scene import (
    HeldSmtpServer,
    all_is_accounted_for,
    attempts_of,
    let_lease_lapse,
    mail_through,
    message_ids,
    told,
    until_attempt_ends,
    until_state,
)
from hireloop import db
from processes import WorkerProcess
from servers.smtp import ScriptedSmtpServer
from waiting import until, until_true

pytestmark = pytest.mark.usefixtures("database")


async def test_a_late_acceptance_fills_its_own_attempt_and_leaves_the_delivery_as_the_second_worker_left_it(
    database_url: str,
) -> None:
    delivery = await book()
    with HeldSmtpServer("end") as slow, ScriptedSmtpServer() as quick:
        with WorkerProcess(mail_through(database_url, slow.port)) as away:
            await until_true(lambda: len(slow.received) == 1, "the first worker's message has arrived")
            away.pause()
            await let_lease_lapse(delivery)
            with WorkerProcess(mail_through(database_url, quick.port)):
                by_second = await until_state(delivery, "sent")
                assert [told(a) for a in await attempts_of(delivery)] == [
                    (1, "lost", None, None),
                    (2, "sent", "reply", 250),
                ]
                slow.go_on()
                away.resume()

                async def answered_late() -> bool:
                    return [a.outcome for a in await attempts_of(delivery)] == ["sent", "sent"]

                await until(answered_late, "the late answer is recorded")
            assert away.stop() == 0
        late, second = await attempts_of(delivery)
        assert told(late) == (1, "sent", "reply", 250)
        assert told(second) == (2, "sent", "reply", 250)
        after = await until_state(delivery, "sent")
        assert (after.sent_at, after.attempt_count, after.tries) == (by_second.sent_at, 2, 1)
        received = slow.received + quick.received
        assert message_ids(received) == {after.message_id: 2}
        await all_is_accounted_for(received)


async def test_a_late_refusal_does_not_undo_what_the_second_worker_sent(database_url: str) -> None:
    delivery = await book()
    with HeldSmtpServer("RCPT", {"RCPT": "550 5.1.1 No such user"}) as slow, ScriptedSmtpServer() as quick:
        with WorkerProcess(mail_through(database_url, slow.port)) as away:
            await until_true(lambda: any(c.startswith("RCPT") for c in slow.commands()), "RCPT was said")
            away.pause()
            await let_lease_lapse(delivery)
            with WorkerProcess(mail_through(database_url, quick.port)):
                await until_state(delivery, "sent")
            slow.go_on()
            away.resume()

            async def answered_late() -> bool:
                return [a.outcome for a in await attempts_of(delivery)] == ["rejected", "sent"]

            await until(answered_late, "the late answer is recorded")
            assert away.stop() == 0
        late, _ = await attempts_of(delivery)
        assert (told(late), late.reply) == ((1, "rejected", "recipient", 550), "5.1.1 No such user")
        after = await until_state(delivery, "sent")
        assert (after.last_reason, after.last_reply) == (None, "2.0.0 Ok: queued as 4242")
        await all_is_accounted_for(quick.received)


async def test_a_worker_that_was_away_longer_than_its_lease_takes_its_own_delivery_up_again(
    database_url: str,
) -> None:
    """Nobody else is there: the same worker leases the row anew while its first try is still under way."""
    delivery = await book()
    with HeldSmtpServer("end") as server, WorkerProcess(mail_through(database_url, server.port)) as worker:
        await until_true(lambda: len(server.received) == 1, "the message has arrived")
        worker.pause()
        await let_lease_lapse(delivery)
        worker.resume()
        await until_true(lambda: len(server.received) == 2, "the message has arrived again")
        server.go_on()
        await until_attempt_ends(delivery, 2)
        sent = await until_state(delivery, "sent")
        assert worker.stop() == 0
        assert [a.outcome for a in await attempts_of(delivery)] == ["sent", "sent"]
        assert message_ids(server.received) == {sent.message_id: 2}
        await all_is_accounted_for(server.received)


async def test_a_lease_is_renewed_while_the_send_runs_longer_than_it_lasts(database_url: str) -> None:
    """The row's clock is set so that only a renewal, which comes every 10 s, keeps the second worker away."""
    delivery = await book()
    with HeldSmtpServer("end") as slow, ScriptedSmtpServer() as other:
        with WorkerProcess(mail_through(database_url, slow.port)) as busy:
            await until_true(lambda: len(slow.received) == 1, "the message has arrived")
            await db.fetch("UPDATE delivery SET leased_until = now() + interval '14 seconds'")
            with WorkerProcess(mail_through(database_url, other.port)):

                async def renewed() -> bool:
                    return bool(await db.fetch_value("SELECT leased_until > now() + interval '15 s' FROM delivery"))

                await until(renewed, "the lease is renewed", 14)
                slow.go_on()
                await until_state(delivery, "sent")
            assert busy.stop() == 0
        assert other.received == []
        assert [told(a) for a in await attempts_of(delivery)] == [(1, "sent", "reply", 250)]
        await all_is_accounted_for(slow.received)
