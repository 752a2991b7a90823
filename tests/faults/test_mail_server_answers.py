"""What mail servers do wrong, with a real worker: each has its outcome, and the server's own words on the attempt."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from factories import soon
from faults.factories import book
from faults.scene import (
    all_is_accounted_for,
    attempts_of,
    mail_through,
    make_due,
    message_ids,
    told,
    until_attempt_ends,
    until_state,
)
from hireloop import db
from hireloop.notify.channels import health
from hireloop.notify.deliveries import deliveries, ledger
from processes import WorkerProcess, free_port
from sample_channels import EMAIL
from servers.smtp import Drop, Hang, ScriptedSmtpServer, Step
from waiting import until

pytestmark = pytest.mark.usefixtures("database")


class Fault(NamedTuple):
    """A fault that passes: where the server commits it, and what the first attempt then says."""

    step: str
    does: Step
    phase: str
    code: int | None
    reason: str
    words: str
    arrives: int = 1

    @property
    def maybe_accepted(self) -> bool:
        """Whether the answer to the whole message never came."""
        return self.phase == "reply" and self.code is None


_PASSING = {
    "451 at RCPT": Fault("RCPT", "451 4.7.1 Greylisted", "recipient", 451, "recipient_deferred", "4.7.1 Greylisted"),
    "451 after DATA": Fault("end", "451 4.3.0 Disk", "reply", 451, "message_deferred", "4.3.0 Disk", arrives=2),
    "550 5.7.1 at RCPT": Fault("RCPT", "550 5.7.1 Blocked", "recipient", 550, "policy_block", "5.7.1 Blocked"),
    "a drop at RCPT": Fault(
        "RCPT", Drop(), "recipient", None, "connection_dropped", "The server closed the connection."
    ),
    "a drop at the end of DATA": Fault(
        "end", Drop(), "reply", None, "connection_dropped", "The server closed the connection.", arrives=2
    ),
    "no answer to RCPT": Fault("RCPT", Hang(), "recipient", None, "timed_out", "time"),
    "no answer after DATA": Fault("end", Hang(), "reply", None, "timed_out", "time", arrives=2),
    "a busy banner": Fault("banner", "421 4.3.2 Later", "connect", 421, "server_busy", "4.3.2 Later"),
}
_IMPATIENT = {"EMAIL_TIMEOUT": "1", "EMAIL_DATA_TIMEOUT": "1"}


@pytest.mark.parametrize("name", _PASSING)
async def test_a_fault_that_passes_is_a_retry_and_the_next_try_sends(database_url: str, name: str) -> None:
    fault = _PASSING[name]
    delivery = await book()
    with ScriptedSmtpServer({fault.step: [fault.does]}) as server:
        with WorkerProcess(mail_through(database_url, server.port, **_IMPATIENT)):
            first = await until_attempt_ends(delivery, 1)
            waiting, _ = await deliveries.find(delivery, [EMAIL])
            assert told(first) == (1, "retry", fault.phase, fault.code)
            assert (first.reason, first.maybe_accepted) == (fault.reason, fault.maybe_accepted)
            assert fault.words in (first.reply or "")
            assert (waiting.state, waiting.tries, waiting.last_reason) == ("pending", 1, fault.reason)
            assert first.finished_at is not None
            assert 1 < (waiting.due_at - first.finished_at).total_seconds() <= 6
            await make_due(delivery)
            sent = await until_state(delivery, "sent")
        assert [a.outcome for a in await attempts_of(delivery)] == ["retry", "sent"]
        assert message_ids(server.received) == {sent.message_id: fault.arrives}
        assert (sent.tries, sent.last_reason, sent.last_reply) == (1, None, "2.0.0 Ok: queued as 4242")
        assert (await ledger.read()).unaccounted == 0


async def test_refused_connections_are_retried_by_themselves_until_the_server_is_there(database_url: str) -> None:
    delivery = await book()
    with ScriptedSmtpServer() as server:
        away = free_port()
        with WorkerProcess(mail_through(database_url, away)):
            first = await until_attempt_ends(delivery, 1)
        assert told(first) == (1, "retry", "connect", None)
        assert first.reason == "connection_refused"
        assert "refused" in (first.reply or "").lower()
        with WorkerProcess(mail_through(database_url, server.port)):
            await until_state(delivery, "sent")  # the pause is real here
        assert [told(a)[1:] for a in await attempts_of(delivery)] == [
            ("retry", "connect", None),
            ("sent", "reply", 250),
        ]
        await all_is_accounted_for(server.received)


@pytest.mark.parametrize(
    ("step", "says", "phase", "reason"),
    [
        ("RCPT", "550 5.1.1 No such user here", "recipient", "recipient_unknown"),
        ("RCPT", "550 Mailbox unavailable", "recipient", "recipient_refused"),
        ("end", "552 5.3.4 Too big", "reply", "message_too_large"),
    ],
)
async def test_a_refusal_of_the_recipient_is_final_at_once(
    database_url: str, step: str, says: str, phase: str, reason: str
) -> None:
    delivery = await book()
    with ScriptedSmtpServer({step: says}) as server:
        with WorkerProcess(mail_through(database_url, server.port)):
            ended = await until_state(delivery, "rejected")
            another = await book()
            await until_state(another, "rejected")  # the worker goes on
        (only,) = await attempts_of(delivery)
        words = says.partition(" ")[2]
        assert told(only) == (1, "rejected", phase, int(says[:3]))
        assert (only.reason, only.reply, ended.last_reason, ended.last_reply) == (reason, words, reason, words)
        assert (ended.tries, ended.sent_at) == (0, None)
        assert (await ledger.read()).counts == {"rejected": 2}
        assert (await ledger.read()).unaccounted == 0


async def test_a_refused_sign_in_holds_the_channel_burns_no_try_and_opens_by_itself_once_it_is_fixed(
    database_url: str,
) -> None:
    waiting = [await book() for _ in range(5)]  # before any worker is there: all are tried at once
    # Five tries find out, two probes find it unchanged, the third probe finds it fixed.
    server = ScriptedSmtpServer({"AUTH": ["535 5.7.8 Bad credentials"] * 7})
    sign_in = {"EMAIL_HOST_USER": "hireloop", "EMAIL_HOST_PASSWORD": "wrong at first"}
    with server, WorkerProcess(mail_through(database_url, server.port, **sign_in)):
        held = (await until(_held_channels, "the channel is held"))[0]
        assert held["reason"] == "auth_refused"
        for delivery in waiting:
            await until_attempt_ends(delivery, 1)
            found, _ = await deliveries.find(delivery, [EMAIL])
            assert (found.state, found.tries, found.last_reason) == ("pending", 0, "auth_refused")
            assert found.last_reply == "5.7.8 Bad credentials"
        late = await book()  # booked while the channel is held: it waits too, without a try
        for delivery in (*waiting, late):
            await until_state(delivery, "sent")
        assert await _held_channels() == []
        by_delivery = [await attempts_of(delivery) for delivery in (*waiting, late)]
        assert max(len(attempts) for attempts in by_delivery) <= 3, "the probes take turns"
        tries = sorted(itertools.chain(*by_delivery), key=lambda attempt: attempt.started_at)
        assert [attempt.outcome for attempt in tries] == ["held"] * 7 + ["sent"] * 6
        assert all((attempt.phase, attempt.code) == ("auth", 535) for attempt in tries[:7])
        starts = [attempt.started_at for attempt in tries[4:8]]  # the last of the first five, then three probes
        pauses = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(starts)]
        assert all(pause >= least for pause, least in zip(pauses, (1, 2, 4), strict=True)), pauses
        assert {row["tries"] for row in await db.fetch("SELECT tries FROM delivery")} == {0}
    await all_is_accounted_for(server.received)


async def _held_channels() -> Sequence[dict[str, object]]:
    return [dict(row) for row in await db.fetch("SELECT * FROM channel_health WHERE state = 'held'")]


async def test_a_held_channel_is_probed_by_one_worker_only(database_url: str) -> None:
    waiting = [await book() for _ in range(3)]
    server = ScriptedSmtpServer({"MAIL": "550 5.7.1 Sender not allowed"})
    with server:
        env = mail_through(database_url, server.port)
        with WorkerProcess(env), WorkerProcess(env), WorkerProcess(env):

            async def probed_twice() -> bool:
                return bool(await db.fetch_value("SELECT count(*) FROM channel_health WHERE probes >= 2"))

            await until(probed_twice, "there were two probes")
        counts = [(await deliveries.find(delivery, [EMAIL]))[0] for delivery in waiting]
        assert sum(found.attempt_count for found in counts) <= 3 + 3  # each once, then the probes
        assert {(found.state, found.tries, found.last_reason) for found in counts} == {("pending", 0, "sender_refused")}
        assert len({row["fingerprint"] for row in await _held_channels()}) == 1
        assert (await ledger.read()).unaccounted == 0


async def test_a_fixed_configuration_starts_open_while_the_old_one_is_still_held(database_url: str) -> None:
    delivery = await book()
    await health.hold(EMAIL, "auth_refused")  # another configuration's: it holds only itself
    with ScriptedSmtpServer() as server:
        with WorkerProcess(mail_through(database_url, server.port)):
            await until_state(delivery, "sent")
        assert len(await _held_channels()) == 1
        await all_is_accounted_for(server.received)


async def test_a_delivery_that_is_deferred_until_its_deadline_ends_as_exhausted_with_the_servers_words(
    database_url: str,
) -> None:
    delivery = await book(starts_at=soon(60))
    with ScriptedSmtpServer({"RCPT": "451 4.7.1 Come back tomorrow"}) as server:
        with WorkerProcess(mail_through(database_url, server.port)):
            await until_attempt_ends(delivery, 1)
            await make_due(delivery)
            await until_attempt_ends(delivery, 2)
            # Nobody can wait for the end of the window here: the row's deadline is moved instead.
            await db.fetch("UPDATE delivery SET deadline_at = now()")
            ended = await until_state(delivery, "exhausted")
        assert (ended.last_reason, ended.last_reply) == ("recipient_deferred", "4.7.1 Come back tomorrow")
        outcomes = [a.outcome for a in await attempts_of(delivery)]
        assert outcomes == ["retry"] * len(outcomes)
        assert ended.tries == ended.attempt_count == len(outcomes) >= 2
        assert server.received == []
        await all_is_accounted_for(server.received)


async def test_without_any_worker_in_time_a_delivery_ends_as_exhausted_because_its_deadline_has_passed(
    database_url: str,
) -> None:
    delivery = await book()
    await db.fetch("UPDATE delivery SET deadline_at = now() - interval '61 s'")
    assert (await ledger.read()).overdue == 1  # nobody looks after it, and the ledger says so
    with ScriptedSmtpServer() as server:
        with WorkerProcess(mail_through(database_url, server.port)):
            ended = await until_state(delivery, "exhausted")
        assert (ended.last_reason, ended.attempt_count) == ("deadline_passed", 0)
        await all_is_accounted_for(server.received)
