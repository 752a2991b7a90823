"""A booking moves on while its mail is under way: what left is recorded, what is newer goes out too."""

from uuid import UUID

import msgspec
import pytest

from factories import OUTBOX, soon
from faults.factories import book
from faults.scene import (
    HeldSmtpServer,
    all_is_accounted_for,
    attempts_of,
    mail_through,
    message_ids,
    told,
    until_attempt_ends,
    until_state,
    wake_workers,
)
from hireloop import db
from hireloop.notify import messages
from hireloop.notify.deliveries import deliveries, outbox
from hireloop.notify.messages import InvitationMessage
from processes import WorkerProcess
from sample_channels import EMAIL
from waiting import until_true

pytestmark = pytest.mark.usefixtures("database")


async def test_a_late_acceptance_of_a_superseded_message_is_recorded_and_the_newer_one_is_sent(
    database_url: str,
) -> None:
    old = await book()
    with HeldSmtpServer("end") as server, WorkerProcess(mail_through(database_url, server.port)) as worker:
        await until_true(lambda: len(server.received) == 1, "the first message has arrived")
        new = await _move_on()
        await until_true(lambda: len(server.received) == 2, "the newer message has arrived")
        assert [told(attempt) for attempt in await attempts_of(old)] == [(1, None, None, None)]
        server.go_on()
        await until_attempt_ends(old, 1)
        await until_state(new, "sent")
        assert worker.stop() == 0

    found, (attempt,) = await deliveries.find(old, [EMAIL])
    assert (found.state, told(attempt)) == ("superseded", (1, "sent", "reply", 250))
    assert found.sent_at is not None
    assert list(message_ids(server.received).values()) == [1, 1]
    await all_is_accounted_for(server.received)


async def _move_on() -> UUID:
    """Give the one booking that there is another revision, as a change of its words would; return the new delivery."""
    (row,) = await db.fetch("SELECT schedule, payload::text FROM delivery")
    said = messages.decode("invitation", row["payload"])
    assert isinstance(said, InvitationMessage)
    newer = msgspec.structs.replace(said, revision=2)
    async with db.DB.transaction():
        await db.fetch("UPDATE schedule SET revision = 2 WHERE id = $1", row["schedule"])
        assert await outbox.supersede(row["schedule"], before_revision=2) == 1
        (put,) = await OUTBOX.put([newer], now=soon())
    await wake_workers()
    return put.id
