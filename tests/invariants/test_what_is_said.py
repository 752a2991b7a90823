"""Changes that come quickly one after the other, and exactly the mails that arrive: a real worker, over real SMTP.

What may have arrived counts, not what was put: so nobody hears that something moved of which they never heard.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from factories import OUTBOX, TESTS, WINDOWS, make_slot, soon, unaccounted
from factories import book as book_
from faults.scene import HeldSmtpServer, mail_through, until_attempt_ends, wake_workers
from hireloop import db
from hireloop.notify.bounces import bounces
from hireloop.notify.bounces.reading.reports import read
from hireloop.notify.bounces.return_path import ReturnPath
from hireloop.scheduling.bookings import cancellations, moves
from invariants.mails import MailReader
from notify.bounces.sample_reports import report
from processes import WorkerProcess
from sample_settings import SECRET, settings_for
from servers.smtp import Drop
from waiting import until

pytestmark = pytest.mark.usefixtures("database")

BOUNCE_ADDRESS = "bounces@hire.example"
LENGTH = timedelta(minutes=45)  # of each slot


class Mail(NamedTuple):
    """What a mail says: of which kind it is, when the interview is, and when it was to be before."""

    kind: str
    at: int  # the number of the slot
    previous: int | None = None


class Scene:
    """One candidate's interview, three slots, and everything that happens to it."""

    def __init__(self, url: str, server: HeldSmtpServer) -> None:
        self.server = server
        self.zone = settings_for(url).zone
        self.starts: list[datetime] = []
        self.slots: list[UUID] = []
        self.interview = self.schedule = self.invitation = UUID(int=0)

    async def prepare(self) -> None:
        for number in range(3):
            self.starts.append(soon(60 * 24 * (number + 2)).replace(second=0, microsecond=0))
            self.slots.append(await make_slot(starts_at=self.starts[-1]))

    async def book(self, slot: int = 0) -> None:
        known = self.interview if self.interview.int else None
        booked = await book_(known, self.slots[slot], email="asha@example.com")
        self.interview, self.schedule = booked.booking.interview, booked.booking.id
        self.invitation = booked.deliveries[0].id
        await wake_workers()

    async def move(self, slot: int, *, quiet: bool = False) -> None:
        """Move it; the time in which another change may follow is over at once, unless it is to be quiet."""
        asked: dict[str, Any] = {"by": TESTS, "reason": "", "outbox": OUTBOX, "windows": WINDOWS}
        assert await moves.move(self.schedule, self.slots[slot], **asked, now=soon(0 if quiet else -1))
        await wake_workers()

    async def cancel(self) -> None:
        assert await cancellations.cancel(self.schedule, by=TESTS, reason="", outbox=OUTBOX)
        await wake_workers()

    async def tried(self) -> None:
        await until_attempt_ends(self.invitation, 1)

    async def bounce(self) -> None:
        path = ReturnPath(BOUNCE_ADDRESS, [SECRET])
        address = path.address(self.invitation)
        assert address is not None
        came = report("postfix_failed", to=address, recipient="asha@example.com", message_id=f"<{self.invitation}>")
        await bounces.record(read(came), path)

    async def until_all_is_said(self) -> None:
        async def nothing_is_left() -> bool:
            return not await db.fetch_value("SELECT count(*) FROM delivery WHERE state = 'pending'")

        await until(nothing_is_left, "nothing is pending")

    def mails(self) -> list[Mail]:
        reader = MailReader(self.starts, length=LENGTH, zone=self.zone)
        number = {start: number for number, start in enumerate(self.starts)}
        said = [reader.read(one.content) for one in self.server.received]
        return [Mail(one.kind, number[one.starts_at], number[one.previous] if one.previous else None) for one in said]


async def book_move(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1)


async def move_back(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1, quiet=True)
    await scene.move(0)


async def move_cancel(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1, quiet=True)
    await scene.cancel()


async def cancel_rebook(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.cancel()
    await scene.until_all_is_said()
    await scene.book(1)


async def lease_in_hand(scene: Scene) -> None:
    await scene.book()
    await until(_is_handed_over(scene), "the mail server has the mail, and has not answered")
    await scene.move(1)
    await until(_is_decided, "it is decided what is said of the move")
    scene.server.go_on()


async def lease_in_hand_and_back(scene: Scene) -> None:
    await scene.book()
    await until(_is_handed_over(scene), "the mail server has the mail, and has not answered")
    await scene.move(1, quiet=True)
    scene.server.go_on()
    await scene.tried()
    await scene.move(0)


async def maybe_accepted(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1)


async def maybe_accepted_and_back(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1, quiet=True)
    await scene.move(0)


async def two_moves(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1, quiet=True)
    await scene.move(2)


async def move_after_a_bounce(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.bounce()
    await scene.move(1)


async def cancel_after_a_bounce(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.bounce()
    await scene.cancel()


async def move_after_a_refusal(scene: Scene) -> None:
    await scene.book()
    await scene.tried()
    await scene.move(1)


def _is_handed_over(scene: Scene) -> Callable[[], Coroutine[Any, Any, bool]]:
    async def look() -> bool:
        return bool(scene.server.received)

    return look


async def _is_decided() -> bool:
    return bool(await db.fetch_value("SELECT count(*) FROM delivery WHERE revision = 2 AND NOT undecided"))


INVITED = Mail("invitation", 0)


@pytest.mark.parametrize(
    ("happens", "server", "expected"),
    [
        (book_move, {}, [INVITED, Mail("rescheduled", 1, 0)]),
        (move_back, {}, [INVITED]),
        (move_cancel, {}, [INVITED, Mail("cancelled", 0)]),
        (cancel_rebook, {}, [INVITED, Mail("cancelled", 0), Mail("invitation", 1)]),
        (lease_in_hand, {"held": "end"}, [INVITED, Mail("rescheduled", 1, 0)]),
        (lease_in_hand_and_back, {"held": "end"}, [INVITED]),
        (maybe_accepted, {"end": [Drop()]}, [INVITED, Mail("rescheduled", 1, 0)]),
        (maybe_accepted_and_back, {"end": [Drop()]}, [INVITED, INVITED]),
        (two_moves, {}, [INVITED, Mail("rescheduled", 2, 0)]),
        (move_after_a_bounce, {}, [INVITED, Mail("invitation", 1)]),
        (cancel_after_a_bounce, {}, [INVITED]),
        (move_after_a_refusal, {"RCPT": ["450 4.2.0 Greylisted"]}, [Mail("invitation", 1)]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
async def test_exactly_these_mails_arrive(
    happens: Callable[[Scene], Coroutine[Any, Any, None]],
    server: dict[str, Any],
    expected: list[Mail],
    database_url: str,
) -> None:
    script = {step: does for step, does in server.items() if step != "held"}
    with HeldSmtpServer(server.get("held", ""), script) as smtp:
        scene = Scene(database_url, smtp)
        await scene.prepare()
        with WorkerProcess(mail_through(database_url, smtp.port, BOUNCE_ADDRESS=BOUNCE_ADDRESS)) as worker:
            await happens(scene)
            await scene.until_all_is_said()
            assert worker.stop() == 0
        assert scene.mails() == expected
    assert await unaccounted() == 0
