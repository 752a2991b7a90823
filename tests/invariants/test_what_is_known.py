"""Whatever happens to a booking and to its mails, in any order: what the candidate knows in the end is what is right.

The oracle is the candidate, who reads what arrives. What only may have arrived is read in one world and not in another,
and each of these worlds must come out right.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import OUTBOX, TESTS, WINDOWS, make_interview, make_slot, unaccounted
from factories import book as book_
from hireloop import db
from hireloop.notify import messages
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.messages import CancelledMessage, InvitationMessage, RescheduledMessage
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling import handovers
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.scheduling.slots.slots import SlotPatch
from notify.factories import settlement
from servers.databases import Template

BEGAN = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
KINDS = ["invitation", "rescheduled", "cancelled"]
_ENDS = {
    "sent": (AttemptOutcome.SENT, DeliveryState.SENT),
    "deferred": (AttemptOutcome.RETRY, DeliveryState.PENDING),
    "maybe": (AttemptOutcome.RETRY, DeliveryState.PENDING),
    "rejected": (AttemptOutcome.REJECTED, DeliveryState.REJECTED),
}
# What recruiters, the clock, workers and mail servers do.
CHANGES = st.sampled_from(
    ["move 0", "move 0", "move 1", "move 1", "move 2", "cancel", "book 1", "hold Meera", "hold Ravi", "hold Ravi"]
)
SENDING = st.sampled_from(["send sent", "send sent", "send deferred", "send maybe", "send rejected", "try", "nothing"])
LATER = st.sampled_from(["nothing", "nothing", "answer sent", "answer maybe", "answer deferred", "bounce"])
PASSING = st.sampled_from(["a second", "a second", "a minute"])
STEPS = st.lists(st.tuples(SENDING, LATER, PASSING, CHANGES), min_size=1, max_size=8)


class Sent(NamedTuple):
    """A mail that has left: what it says, and whether that it arrived is certain."""

    delivery: UUID
    schedule: UUID
    revision: int
    message: Any
    is_sure: bool


class Story:
    """One interview, three slots, and what has left for its candidate's mailbox."""

    def __init__(self) -> None:
        self.now = BEGAN
        self.interview = UUID(int=0)
        self.slots: list[UUID] = []
        self.schedule: UUID | None = None  # the live booking
        self.schedules: list[UUID] = []
        self.under_way: list[Lease] = []
        self.mailbox: list[Sent] = []

    async def prepare(self) -> None:
        self.interview = await make_interview()
        theirs = "UPDATE job SET names_interviewer = true WHERE id = (SELECT job FROM interview WHERE id = $1)"
        await db.fetch(theirs, self.interview)
        self.slots = [
            await make_slot(starts_at=BEGAN + timedelta(days=2 + day), interviewer_name="Ravi") for day in range(3)
        ]
        await self.do("book 0")

    async def do(self, step: str) -> None:
        verb, _, word = step.partition(" ")
        match verb:
            case "move" | "cancel" | "book":
                await self._change(verb, word)
            case "hold" if self.schedule is not None:
                slot = await db.fetch_value("SELECT slot FROM schedule WHERE id = $1", self.schedule)
                await handovers.change(slot, SlotPatch(interviewer_name=word), by=TESTS, outbox=OUTBOX, now=self.now)
            case "a":
                self.now += timedelta(seconds=1) if word == "second" else timedelta(minutes=1)
            case "try" | "send":
                await due.decide(now=self.now)
                await self._lease()
                await self.do(f"answer {word}")
            case "answer" if word and self.under_way:
                await self._answer(self.under_way.pop(0), word)
            case "bounce" if self.mailbox:
                await self._bounce(self.mailbox[-1].delivery)

    async def _change(self, verb: str, word: str) -> None:
        asked: dict[str, Any] = {"by": TESTS, "reason": "", "outbox": OUTBOX, "now": self.now}
        if verb == "book" and self.schedule is None:
            booked = await book_(self.interview, self.slots[int(word)], now=self.now)
            self.schedule = booked.booking.id
            self.schedules.append(self.schedule)
        elif verb == "move" and self.schedule is not None:
            await moves.move(self.schedule, self.slots[int(word)], windows=WINDOWS, **asked)
        elif verb == "cancel" and self.schedule is not None:
            await cancellations.cancel(self.schedule, **asked)
            self.schedule = None

    async def _lease(self) -> None:
        for taken in await leases.take("email", limit=9, worker="w", kinds=KINDS, now=self.now):
            self._check(taken)
            self.under_way.append(taken)
            self._put(taken, is_sure=False)

    def _put(self, lease: Lease, *, is_sure: bool) -> None:
        assert lease.schedule is not None
        said = messages.decode(lease.kind, lease.payload)
        self.mailbox.append(Sent(lease.id, lease.schedule, lease.revision, said, is_sure))

    async def _answer(self, lease: Lease, end: str) -> None:
        outcome, state = _ENDS[end]
        ended = settlement(lease, outcome, state, maybe_accepted=end == "maybe", due_at=self.now + timedelta(seconds=5))
        await leases.settle([ended], now=self.now)
        mine = next(at for at, one in enumerate(self.mailbox) if one.delivery == lease.id and not one.is_sure)
        if end == "sent":
            self.mailbox[mine] = self.mailbox[mine]._replace(is_sure=True)
        elif end != "maybe":
            del self.mailbox[mine]

    async def _bounce(self, delivery: UUID) -> None:
        """Let what was sent come back: it has not arrived, not even once; what is under way may still."""
        if any(lease.id == delivery for lease in self.under_way):
            return
        await db.fetch(
            """
            UPDATE delivery SET bounced_at = $2, state = CASE WHEN state = 'sent' THEN 'bounced' ELSE state END
            WHERE id = $1 AND sent_at IS NOT NULL AND state IN ('sent', 'superseded')
            """,
            delivery,
            self.now,
        )
        gone = await db.fetch_value("SELECT bounced_at IS NOT NULL FROM delivery WHERE id = $1", delivery)
        if gone:
            self.mailbox = [one for one in self.mailbox if one.delivery != delivery]

    def _check(self, lease: Lease) -> None:
        """Assert that what is about to leave is right to say to somebody who has read what may have arrived."""
        if lease.number > 1:
            return  # it was right when it was decided
        said = messages.decode(lease.kind, lease.payload)
        about = [one for one in self.mailbox if one.schedule == lease.schedule]
        times = {one.message.starts_at for one in about}
        match said:
            case RescheduledMessage():
                assert said.previous_starts_at in times
                assert said.previous_starts_at != said.starts_at
            case CancelledMessage():
                assert said.starts_at in times
            case InvitationMessage():
                is_named = all(one.message.interviewer_name == said.interviewer_name for one in about[-1:])
                assert not about or not all(one.is_sure for one in about) or not is_named

    async def end(self) -> None:
        """Let everything that is left be sent, however long that takes."""
        while self.under_way:
            await self.do("answer sent")
        while await db.fetch_value("SELECT count(*) FROM delivery WHERE state = 'pending'"):
            for step in ("a minute", "try", *["answer sent"] * 3):
                await self.do(step)

    async def check(self) -> None:
        """Assert that in every world the candidate knows what is right, unless it is on record that they do not."""
        for schedule in self.schedules:
            row = await db.fetch_row(
                """
                SELECT state, revision, schedule.starts_at, interviewer_name FROM schedule
                JOIN slot ON slot.id = schedule.slot WHERE schedule.id = $1
                """,
                schedule,
            )
            assert row is not None
            if await self._is_failed(schedule, row["revision"], is_live=schedule == self.schedule):
                continue
            for world in self._worlds(schedule):
                last = max(world, key=lambda one: one.revision, default=None)
                if schedule == self.schedule:
                    assert last is not None
                    assert isinstance(last.message, InvitationMessage)
                    assert last.message.starts_at == row["starts_at"]
                    assert last.message.interviewer_name == row["interviewer_name"]
                else:
                    assert last is None or isinstance(last.message, CancelledMessage)

    async def _is_failed(self, schedule: UUID, revision: int, *, is_live: bool) -> bool:
        if is_live:
            state = await db.fetch_value("SELECT invitation_state($1, $2, $3)", schedule, revision, self.now)
            assert state in {"sent", "failed"}
            return bool(state == "failed")
        query = "SELECT state FROM delivery WHERE schedule = $1 AND kind = 'cancelled'"
        return await db.fetch_value(query, schedule) in {"rejected", "bounced"}

    def _worlds(self, schedule: UUID) -> list[list[Sent]]:
        about = [one for one in self.mailbox if one.schedule == schedule]
        sure = [one for one in about if one.is_sure]
        return [sure, about, *([*sure, one] for one in about if not one.is_sure)]


@pytest.fixture(name="runner", scope="module")
def runner_(template: Template) -> Iterator[asyncio.Runner]:
    with template.copied() as url, asyncio.Runner() as runner:
        runner.run(db.DB.open(url, pool_size=2))
        yield runner
        runner.run(db.DB.close())


async def tell(steps: list[str]) -> None:
    story = Story()
    await story.prepare()
    for step in steps:
        await story.do(step)
        assert await unaccounted(now=story.now) == 0
    await story.end()
    await story.check()
    assert await unaccounted(now=story.now) == 0


@pytest.mark.hypothesis
@settings(suppress_health_check=list(HealthCheck))
@given(days=STEPS)
def test_what_the_candidate_knows_in_the_end_is_right(runner: asyncio.Runner, days: list[tuple[str, ...]]) -> None:
    runner.run(tell([step for day in days for step in day]))
