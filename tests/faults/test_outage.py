"""An hour without a mail server, in simulated time: nothing is lost, nothing is sent twice without a word about it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from factories import book, make_slot
from faults.scene import all_is_accounted_for, message_ids
from hireloop import db
from hireloop.notify.deliveries import deadlines, leases, ledger
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.rendering.render import Renderer
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.worker import attempts
from hireloop.notify.worker.attempts import AttemptResult
from sample_settings import settings_for
from servers.smtp import ScriptedSmtpServer

pytestmark = pytest.mark.usefixtures("database")

BOOKINGS = 500
SLOTS = 25
AT_ONCE = 4
BATCH = 100
DROPPED = 12  # messages that the server took, and closed the connection instead of saying so
LOST = 8  # messages that left, and whose worker died before it could say so

BEGAN = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


class Outage(ScriptedSmtpServer):
    """A mail server that closes the connection instead of answering some messages."""

    def __init__(self) -> None:
        super().__init__()
        self._taken = 0

    def _do(self, step: str, line: Any, session: Any) -> bool:  # noqa: ANN401 (the server's own)
        if step == "end":
            with self._lock:
                self._taken += 1
                if LOST < self._taken <= LOST + DROPPED:
                    return False
        return super()._do(step, line, session)


class Clock:
    """A worker's round, by a clock that the test moves on."""

    def __init__(self, transport: EmailTransport, threads: ThreadPoolExecutor) -> None:
        settings = settings_for("postgresql://unused")
        self.now = BEGAN + timedelta(seconds=1)
        self._attempt = partial(
            attempts.attempt,
            transport=transport,
            transport_name="email",
            renderer=Renderer.of(settings, secret=settings.secrets[0]),
            still_ours=lambda: True,
        )
        self._threads = threads

    async def take(self) -> list[Lease]:
        taken = await leases.take("email", limit=BATCH, worker="w", kinds=["invitation"], now=self.now)
        if taken:
            await self._nobody_with_an_earlier_deadline_is_left_behind(taken)
        return taken

    async def _nobody_with_an_earlier_deadline_is_left_behind(self, taken: list[Lease]) -> None:
        left = await db.fetch_value(
            "SELECT min(deadline_at) FROM delivery WHERE state = 'pending' AND due_at <= $1"
            " AND (leased_until IS NULL OR leased_until <= $1)",
            self.now,
        )
        deadlines = [lease.deadline_at for lease in taken]
        assert deadlines == sorted(deadlines)
        assert left is None or deadlines[-1] <= left

    async def send(self, taken: list[Lease]) -> list[AttemptResult]:
        loop = asyncio.get_running_loop()
        return await asyncio.gather(*(loop.run_in_executor(self._threads, self._attempt, lease) for lease in taken))

    async def round(self) -> bool:
        """Lease a batch, try it, settle it; return whether there was anything due."""
        taken = await self.take()
        answered = await self.send(taken)
        settled = [
            attempts.settlement(lease, one, elapsed=timedelta()) for lease, one in zip(taken, answered, strict=True)
        ]
        await leases.settle(settled, now=self.now)
        return bool(taken)

    async def until(self, end: datetime) -> None:
        """Do what is due, move on to when something is due next, and so on."""
        while True:
            while await self.round():
                pass
            await deadlines.expire(now=self.now)
            due = await db.fetch_value(
                "SELECT min(greatest(due_at, coalesce(leased_until, due_at))) FROM delivery WHERE state = 'pending'"
            )
            if due is None or due > end:
                self.now = end
                return
            self.now = max(due, self.now + timedelta(seconds=5))  # what falls due within 5 s is one round


@pytest.fixture
def outage() -> Iterator[Outage]:
    with Outage() as server:
        yield server


@asynccontextmanager
async def _clock(server: Outage) -> AsyncIterator[Clock]:
    settings = settings_for("postgresql://unused", email_host="127.0.0.1", email_port=server.port)
    transport = EmailTransport("", settings)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield Clock(transport, threads)
    transport.close()


async def _book_all() -> None:
    """Book so many interviews, from two hours to a day ahead, in no order."""
    starts = [BEGAN + timedelta(hours=2, minutes=53 * n) for n in range(SLOTS)]
    slots = [await make_slot(starts_at=one, seats=BOOKINGS // SLOTS) for one in starts]

    for first in range(0, BOOKINGS, 10):
        into = [slots[nth * 7 % SLOTS] for nth in range(first, first + 10)]
        await asyncio.gather(*(book(slot=slot, now=BEGAN) for slot in into))


async def test_after_an_hour_without_a_mail_server_everybody_has_their_invitation(outage: Outage) -> None:
    await _book_all()
    async with _clock(outage) as clock:
        taken = await clock.take()
        await clock.send(taken[:LOST])  # and nobody settles what came of it, nor the rest: the worker is gone
        await clock.round()
        outage.go_away()

        await clock.until(BEGAN + HOUR)
        in_between = Counter(row["state"] for row in await db.fetch("SELECT state FROM delivery"))
        assert in_between["pending"] > BOOKINGS - BATCH
        assert (await ledger.read()).unaccounted == 0

        outage.come_back()
        await clock.until(BEGAN + HOUR + timedelta(minutes=16))  # the longest pause, of a round that was 5 s late

    states = await db.fetch("SELECT state, count(*) FROM delivery GROUP BY state")
    assert [tuple(row) for row in states] == [("sent", BOOKINGS)]
    await _each_copy_too_many_has_its_reason(outage)
    await all_is_accounted_for(outage.received)


async def _each_copy_too_many_has_its_reason(server: Outage) -> None:
    arrived = message_ids(server.received)
    assert len(arrived) == BOOKINGS
    doubtful = await db.fetch(
        "SELECT message_id, count(*) FROM attempt JOIN delivery ON delivery.id = attempt.delivery"
        " WHERE maybe_accepted OR outcome = 'lost' GROUP BY message_id"
    )
    allowed = {row["message_id"]: row["count"] for row in doubtful}
    too_many = {message_id: copies - 1 for message_id, copies in arrived.items() if copies > 1}
    assert all(copies <= allowed.get(message_id, 0) for message_id, copies in too_many.items())
    assert sum(too_many.values()) == LOST + DROPPED  # as the server had taken them, and nobody knew
