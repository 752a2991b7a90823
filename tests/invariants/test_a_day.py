"""A day of recruiters, second by second: bookings, moves, cancellations, outages, bounces and no-shows.

Every mail that a real mail server took, which goes away now and then, is read. It and every copy are compared with what
the rules call for, as `Oracle` has them: in the words of the guides, for one booking at a time, without a database.
`make test` simulates three hours with 50 bookings, `make test-long` whole days with 200.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from msgspec import structs

from factories import TESTS, WINDOWS, make_interview, make_slot, unaccounted
from factories import book as book_
from hireloop import db
from hireloop.notify import messages
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.deliveries.leases import Lease, Settlement
from hireloop.notify.messages import CANDIDATE_KINDS, Message, RecruiterCopyMessage
from hireloop.notify.rendering.render import Renderer as RealRenderer
from hireloop.notify.tables import DeliveryState
from hireloop.notify.transport import Parcel
from hireloop.notify.transports.mail.email import EmailTransport
from hireloop.notify.worker import attempts
from hireloop.scheduling.bookings import cancellations, moves, reminders
from hireloop.scheduling.sessions import lifecycle
from invariants.mails import MailReader, Said
from notify.factories import settlement
from sample_settings import settings_for
from scheduling.factories import OUTBOX
from servers.smtp import ScriptedSmtpServer, Step

BEGAN = (datetime.now(UTC) + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
LENGTH = timedelta(minutes=45)  # of each slot
TICK = timedelta(seconds=5)
LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}
_AHEAD = timedelta(minutes=30)  # longer than an outage: nothing runs out of time
QUIET, COPY_WAIT, BEFORE_START = timedelta(seconds=20), timedelta(seconds=5), timedelta(minutes=60)


class Event(NamedTuple):
    """What a recruiter does to a booking: `slot` is where it is then, None where it is off."""

    at: datetime
    slot: int | None


class Day(NamedTuple):
    """All that will happen, made before anything does."""

    hours: int
    starts: list[datetime]  # of the slots
    events: list[list[Event]]  # of each booking; the first books it
    bounces: set[int]  # whose address does not exist
    outages: list[tuple[datetime, datetime]]

    def is_out_until(self, at: datetime) -> datetime | None:
        return next((end for start, end in self.outages if start <= at < end), None)


def day(chance: random.Random, *, hours: int, bookings: int) -> Day:
    """Make a day; changes come in bursts, as when somebody clicks the wrong slot."""
    starts = [BEGAN + timedelta(hours=hours / 4, minutes=15 * number) for number in range(120)]
    outages = []
    for part in (1, 3, 6):
        start = BEGAN + timedelta(hours=hours) * part / 8 + TICK * chance.randrange(300)
        outages.append((start, start + TICK * chance.randrange(4, 200)))
    events = [list(_changes(chance, starts, hours)) for _ in range(bookings)]
    bounces = {number for number in range(bookings) if chance.random() < 0.1}
    return Day(hours, starts, events, bounces, outages)


def _changes(chance: random.Random, starts: Sequence[datetime], hours: int) -> Iterator[Event]:
    at = BEGAN + TICK * chance.randrange(hours * 500)
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


class MailServer(ScriptedSmtpServer):
    """A real mail server, which is gone in an outage, or in every second one takes no mail."""

    def __init__(self, day: Day) -> None:
        super().__init__()
        self._day = day
        self._outage: int | None = None

    def turn_to(self, at: datetime) -> None:
        """Be what it is at that time."""
        outage = next((n for n, (start, end) in enumerate(self._day.outages) if start <= at < end), None)
        if outage == self._outage:
            return
        if self._is_gone:
            self.come_back()
        self._outage = outage
        if self._is_gone:
            self.go_away()

    @property
    def _is_gone(self) -> bool:
        return self._outage is not None and self._outage % 2 == 0

    def _next(self, step: str) -> Step:
        return "451 4.3.0 Try again later" if step == "RCPT" and self._outage is not None else super()._next(step)


class Renderer(RealRenderer):
    """Renders by the clock of the day."""

    at = BEGAN

    def render(self, message: Message, **given: Any) -> Parcel:  # noqa: ANN401 (the real one's arguments)
        return super().render(message, **given, now=self.at)


class Installation:
    """The same day on a real database and a real mail server: what is put, decided, sent and settled."""

    def __init__(self, day: Day, server: MailServer) -> None:
        self.day, self.server = day, server
        self.events = [[*events] for events in day.events]
        self.slots: list[UUID] = []
        self.schedules: dict[int, UUID] = {}
        self.numbers: dict[UUID, int] = {}
        self.copies: dict[int, list[Said]] = defaultdict(list)
        settings = settings_for("postgresql://unused", email_host="127.0.0.1", email_port=server.port)
        self._zone = settings.zone
        self._renderer = Renderer.of(settings, secret=settings.secrets[0])
        self._transport = EmailTransport("", settings)

    async def prepare(self) -> None:
        minutes = LENGTH / timedelta(minutes=1)
        self.slots = [
            await make_slot(starts_at=start, minutes=minutes, seats=len(self.events)) for start in self.day.starts
        ]

    def close(self) -> None:
        self._transport.close()

    def mails(self) -> dict[int, list[Said]]:
        """Return what the mails say that the server took, by the number of the booking."""
        reader = MailReader(self.day.starts, length=LENGTH, zone=self._zone)
        said: dict[int, list[Said]] = defaultdict(list)
        for mail in self.server.received:
            (number,) = re.findall(r"<candidate(\d+)@example\.com>", mail.recipient)
            said[int(number)].append(reader.read(mail.content))
        return said

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
        self.server.turn_to(at)
        taken = await leases.take("email", limit=500, worker="w", kinds=sorted(CANDIDATE_KINDS), now=at)
        if not taken:
            return
        self._renderer.at = at
        ends = [self._attempt(one) for one in taken]
        if out_until := self.day.is_out_until(at):  # as if every pause ended then
            ends = [structs.replace(end, due_at=out_until) for end in ends]
        assert {end.state for end in ends} == {DeliveryState.PENDING if out_until else DeliveryState.SENT}
        await leases.settle(ends, now=at)
        if out_until:
            return
        back = [one.id for one in taken if self._number(one) in self.day.bounces]
        await db.fetch("UPDATE delivery SET state = 'bounced', bounced_at = $2 WHERE id = ANY($1::uuid[])", back, at)

    def _attempt(self, lease: Lease) -> Settlement:
        result = attempts.attempt(
            lease,
            transport=self._transport,
            transport_name="email",
            renderer=self._renderer,
            still_ours=lambda: True,
        )
        return attempts.settlement(lease, result, elapsed=timedelta())

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
    assert isinstance(message, RecruiterCopyMessage)
    return Said(message.change.value, message.starts_at)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("seed", "hours", "bookings"),
    [
        (1, 3, 50),
        *(pytest.param(seed, 8, 200, marks=[pytest.mark.long, pytest.mark.timeout(900)]) for seed in (1, 2, 3)),
    ],
)
async def test_every_mail_of_a_day_is_what_the_rules_call_for(seed: int, hours: int, bookings: int) -> None:
    planned = day(random.Random(seed), hours=hours, bookings=bookings)  # noqa: S311 (no secret)
    oracles = [Oracle(planned, number) for number in range(bookings)]
    with MailServer(planned) as server:
        installation = Installation(planned, server)
        await installation.prepare()
        for second in range(0, hours * 3600, int(TICK.total_seconds())):
            at = BEGAN + timedelta(seconds=second)
            await installation.tick(at)
            for oracle in oracles:
                oracle.tick(at)
            if second % 600 == 0:
                await lifecycle.note_due(grace_seconds=WINDOWS.late_seconds, outbox=OUTBOX, now=at)
                assert await unaccounted(now=at) == 0
        installation.close()
    mails = installation.mails()
    for number, oracle in enumerate(oracles):
        story = planned.events[number], number in planned.bounces
        assert mails[number] == oracle.mails, story
        assert installation.copies[number] == oracle.copies, story
    kinds = {said.kind for mails_of_one in mails.values() for said in mails_of_one}
    assert kinds == {"invitation", "rescheduled", "cancelled", "reminder"}
    assert await db.fetch_value("SELECT count(*) FROM attempt WHERE reason IS NOT NULL AND outcome = 'retry'") > 0
    assert await db.fetch_value("SELECT count(*) FROM interview WHERE state = 'no_show'") > 0
