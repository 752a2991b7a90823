"""A day of recruiters, second by second: 200 bookings, moves, cancellations, outages, bounces and no-shows.

Every mail and every copy is compared with what the rules call for, as `Oracle` has them: in the words of the guides,
for one booking at a time, without a database.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from factories import TESTS, WINDOWS, make_interview, make_slot, unaccounted
from factories import book as book_
from hireloop import db
from hireloop.notify import messages
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.leases import Lease
from hireloop.notify.messages import CANDIDATE_KINDS, RecruiterCopyMessage, RescheduledMessage
from hireloop.notify.tables import AttemptOutcome, DeliveryState
from hireloop.scheduling.bookings import cancellations, moves, reminders
from hireloop.scheduling.sessions import lifecycle
from notify.factories import settlement
from scheduling.factories import OUTBOX

BEGAN = (datetime.now(UTC) + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
HOURS, BOOKINGS = 8, 200
TICK = timedelta(seconds=5)
LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}
_AHEAD = timedelta(minutes=30)  # longer than an outage: nothing runs out of time
QUIET, COPY_WAIT, BEFORE_START = timedelta(seconds=20), timedelta(seconds=5), timedelta(minutes=60)


class Event(NamedTuple):
    """What a recruiter does to a booking: `slot` is where it is then, None where it is off."""

    at: datetime
    slot: int | None


class Said(NamedTuple):
    """What a mail or a copy says."""

    kind: str
    starts_at: datetime
    previous: datetime | None = None


class Day(NamedTuple):
    """All that will happen, made before anything does."""

    starts: list[datetime]  # of the slots
    events: list[list[Event]]  # of each booking; the first books it
    bounces: set[int]  # whose address does not exist
    outages: list[tuple[datetime, datetime]]

    def is_out_until(self, at: datetime) -> datetime | None:
        return next((end for start, end in self.outages if start <= at < end), None)


def day(chance: random.Random) -> Day:
    """Make a day; changes come in bursts, as when somebody clicks the wrong slot."""
    starts = [BEGAN + timedelta(hours=2, minutes=15 * number) for number in range(120)]
    outages = []
    for hour in (1, 3, 6):
        start = BEGAN + timedelta(hours=hour, seconds=5 * chance.randrange(300))
        outages.append((start, start + timedelta(seconds=5 * chance.randrange(4, 200))))
    events = [list(_changes(chance, starts)) for _ in range(BOOKINGS)]
    return Day(starts, events, {number for number in range(BOOKINGS) if chance.random() < 0.1}, outages)


def _changes(chance: random.Random, starts: Sequence[datetime]) -> Iterator[Event]:
    at = BEGAN + TICK * chance.randrange(HOURS * 500)
    slot = _other(chance, starts, at, None)
    yield Event(at, slot)
    for _ in range(chance.choice([0, 0, 1, 2, 3])):
        at += chance.choice([TICK, TICK, 3 * TICK, 12 * TICK, 240 * TICK, 900 * TICK])
        if chance.random() < 0.2 and at < starts[slot] + timedelta(minutes=20):
            yield Event(at, None)
            return
        before, slot = slot, _other(chance, starts, at, slot)
        yield Event(at, slot)
        if chance.random() < 0.4:  # that was the wrong one
            at += TICK * chance.randrange(1, 6)
            if starts[before] > at + _AHEAD:
                slot = before
                yield Event(at, slot)


def _other(chance: random.Random, starts: Sequence[datetime], at: datetime, slot: int | None) -> int:
    free = [number for number, start in enumerate(starts) if start > at + _AHEAD and number != slot]
    return chance.choice(free[:12] if chance.random() < 0.5 else free)


class Oracle:
    """What one booking calls for, by the rules."""

    def __init__(self, day: Day, number: int) -> None:
        self.day, self.events, self.arrives = day, [*day.events[number]], number not in day.bounces
        self.mails: list[Said] = []
        self.copies: list[Said] = []
        self.starts_at: datetime | None = None
        self.was_at: datetime | None = None  # when it was cancelled
        self.known: datetime | None = None  # to the candidate
        self.heard: datetime | None = None  # by the recruiters
        self.mail: tuple[str, datetime] | None = None  # what is to be said, and from when on
        self.copy: tuple[str, datetime] | None = None
        self.reminder: datetime | None = None  # since when one is due
        self.reminded_at = BEGAN

    def tick(self, at: datetime) -> None:
        while self.events and self.events[0].at <= at:
            self._change(self.events.pop(0))
        self._remind(at)
        if self.day.is_out_until(at) is None:
            self._send(at)
        self._copy(at)

    def _change(self, event: Event) -> None:
        self.reminder = None
        if event.slot is None:
            self.mail = ("cancelled", event.at) if self.known else None
            self.copy = ("cancelled", event.at + COPY_WAIT)
            self.was_at, self.starts_at = self.starts_at, None
            return
        is_first, self.starts_at, self.reminded_at = self.starts_at is None, self.day.starts[event.slot], event.at
        quiet = max(event.at, min(event.at + QUIET, self.starts_at - BEFORE_START))
        self.mail = ("rescheduled", quiet) if self.known else ("invitation", event.at)
        self.copy = ("booked", event.at + COPY_WAIT) if is_first else ("rescheduled", quiet + COPY_WAIT)

    def _remind(self, at: datetime) -> None:
        """One reminder a lead, unless the booking or its time is newer than that."""
        if self.starts_at is None:
            return
        for lead, nearer in ((LEADS["1h"], timedelta()), (LEADS["24h"], LEADS["1h"])):
            is_near = at + nearer < self.starts_at <= at + lead
            if is_near and self.reminded_at < self.starts_at - lead:
                self.reminder, self.reminded_at = at, at

    def _send(self, at: datetime) -> None:
        if self.mail and self.mail[1] <= at:
            kind, self.mail = self.mail[0], None
            if kind == "cancelled":
                assert self.known
                self.mails.append(Said(kind, self.known))
            elif self.starts_at and self.starts_at != self.known:
                self.mails.append(Said(kind, self.starts_at, self.known if kind == "rescheduled" else None))
                if self.arrives:
                    self.known, self.reminder = self.starts_at, None  # who has just heard of it needs none
        if self.reminder and not self.mail and self.starts_at:
            self.mails.append(Said("reminder", self.starts_at))
            self.reminder = None

    def _copy(self, at: datetime) -> None:
        if self.copy is None or self.copy[1] > at:
            return
        kind, self.copy = self.copy[0], None
        if kind == "cancelled":
            if self.heard and self.was_at:
                self.copies.append(Said(kind, self.was_at))
        elif self.starts_at and self.starts_at != self.heard:
            self.copies.append(Said(kind if self.heard else "booked", self.starts_at))
            self.heard = self.starts_at


class Installation:
    """The same day on a real database: what is put, decided, leased and settled, and what left."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.events = [[*events] for events in day.events]
        self.slots: list[UUID] = []
        self.schedules: dict[int, UUID] = {}
        self.numbers: dict[UUID, int] = {}
        self.mails: dict[int, list[Said]] = defaultdict(list)
        self.copies: dict[int, list[Said]] = defaultdict(list)

    async def prepare(self) -> None:
        self.slots = [await make_slot(starts_at=start, minutes=45, seats=BOOKINGS) for start in self.day.starts]

    async def tick(self, at: datetime) -> None:
        for number, events in enumerate(self.events):
            while events and events[0].at <= at:
                await self._change(number, events.pop(0))
        await reminders.put_due(OUTBOX, LEADS, now=at)
        await due.decide(now=at)
        await self._send(at)
        await self._copy(at)

    async def _change(self, number: int, event: Event) -> None:
        asked: dict[str, Any] = {"by": TESTS, "reason": "", "outbox": OUTBOX, "now": event.at}
        if number not in self.schedules:
            assert event.slot is not None
            interview = await make_interview(email=f"candidate{number}@example.com")
            booked = await book_(interview, self.slots[event.slot], outbox=OUTBOX, now=event.at)
            self.schedules[number] = booked.booking.id
            self.numbers[booked.booking.id] = number
        elif event.slot is None:
            assert await cancellations.cancel(self.schedules[number], **asked)
        else:
            assert await moves.move(self.schedules[number], self.slots[event.slot], windows=WINDOWS, **asked)

    async def _send(self, at: datetime) -> None:
        taken = await leases.take("email", limit=500, worker="w", kinds=sorted(CANDIDATE_KINDS), now=at)
        out_until = self.day.is_out_until(at)
        if not taken:
            return
        if out_until:
            lost = (AttemptOutcome.RETRY, DeliveryState.PENDING)
            await leases.settle([settlement(one, *lost, due_at=out_until) for one in taken], now=at)
            return
        await leases.settle([settlement(one) for one in taken], now=at)
        for one in taken:
            self.mails[self._number(one)].append(said_by(one))
        back = [one.id for one in taken if self._number(one) in self.day.bounces]
        await db.fetch("UPDATE delivery SET state = 'bounced', bounced_at = $2 WHERE id = ANY($1::uuid[])", back, at)

    async def _copy(self, at: datetime) -> None:
        taken = await leases.take("chat", limit=500, worker="w", kinds=[RecruiterCopyMessage.kind], now=at)
        await leases.settle([settlement(one) for one in taken], now=at)
        for one in taken:
            self.copies[self._number(one)].append(said_by(one))

    def _number(self, lease: Lease) -> int:
        assert lease.schedule is not None
        return self.numbers[lease.schedule]


def said_by(lease: Lease) -> Said:
    message = messages.decode(lease.kind, lease.payload)
    assert message.starts_at is not None
    if isinstance(message, RecruiterCopyMessage):
        return Said(message.change.value, message.starts_at)
    previous = message.previous_starts_at if isinstance(message, RescheduledMessage) else None
    return Said(message.kind, message.starts_at, previous)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_every_mail_of_a_day_is_what_the_rules_call_for(seed: int) -> None:
    planned = day(random.Random(seed))  # noqa: S311 (no secret)
    installation, oracles = Installation(planned), [Oracle(planned, number) for number in range(BOOKINGS)]
    await installation.prepare()
    for second in range(0, HOURS * 3600, int(TICK.total_seconds())):
        at = BEGAN + timedelta(seconds=second)
        await installation.tick(at)
        for oracle in oracles:
            oracle.tick(at)
        if second % 600 == 0:
            await lifecycle.note_due(grace_seconds=WINDOWS.late_seconds, outbox=OUTBOX, now=at)
            assert await unaccounted(now=at) == 0
    for number, oracle in enumerate(oracles):
        story = planned.events[number], number in planned.bounces
        assert installation.mails[number] == oracle.mails, story
        assert installation.copies[number] == oracle.copies, story
    kinds = {said.kind for mails in installation.mails.values() for said in mails}
    assert kinds == {"invitation", "rescheduled", "cancelled", "reminder"}
    assert await db.fetch_value("SELECT count(*) FROM interview WHERE state = 'no_show'") > 0
