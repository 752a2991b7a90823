"""A second mail provider steps in for the first one, with real servers and a real worker."""

import pytest

from faults.factories import book
from faults.scene import all_is_accounted_for, attempts_of, mail_through, message_ids, until_state
from hireloop import db
from processes import WorkerProcess
from servers.smtp import ScriptedSmtpServer

pytestmark = pytest.mark.usefixtures("database")


async def test_while_the_first_server_refuses_us_the_second_sends_at_once(database_url: str) -> None:
    with ScriptedSmtpServer({"banner": "554 5.7.1 Not you"}) as first, ScriptedSmtpServer() as second:
        settings = mail_through(database_url, first.port, EMAIL_FALLBACK_URL=f"mailto://127.0.0.1:{second.port}")
        with WorkerProcess(settings) as worker:
            deliveries = [await book() for _ in range(3)]
            sent = [await until_state(delivery, "sent") for delivery in deliveries]
            assert worker.stop() == 0
        assert message_ids(second.received) == {one.message_id: 1 for one in sent}
        for delivery in deliveries:
            *held, last = await attempts_of(delivery)
            assert {(a.route, a.outcome and a.outcome.value) for a in held} <= {("primary", "held")}
            assert (last.route, last.outcome, last.reply) == ("fallback", "sent", "2.0.0 Ok: queued as 4242")
        assert [tuple(row) for row in await db.fetch("SELECT state, reason FROM channel_health")] == [
            ("held", "server_refused")
        ]
        await all_is_accounted_for(second.received)
