"""Something in every state, with the longest names: what the pages of the console have to show."""

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
from pydantic import SecretStr

from console.factories import (
    BookingResult,
    at_risk,
    booked,
    entered,
    every_kind,
    held,
    interviewer_failed,
    over,
    tried,
)
from factories import OUTBOX, TESTS, WINDOWS, book, candidate_fields, make_interview, make_slot, outbox_of, soon
from hireloop import db
from hireloop.access import api_keys, sign_ins
from hireloop.access.tables import Role
from hireloop.notify.channels import configured, providers
from hireloop.notify.deliveries.sending_limits import SendingLimits
from hireloop.scheduling import interviews
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import cancellations, moves
from hireloop.scheduling.people.candidates import CandidateFields
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.privacy import erasure
from hireloop.scheduling.sessions import links
from hireloop.scheduling.sessions.sessions import DeviceCheck, record_device_check
from hireloop.settings import Settings
from notify.factories import alerted, hold

LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
UNBROKEN = ("Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz" * 2)[:120]  # nowhere to break a line
ADDRESS = f"{LONG.lower()}@{LONG.lower()}.example"
A_PAGE, MOST_URGENT = 2, 15  # of every list, and of what needs attention
FREE = datetime(2030, 5, 6, 6, tzinfo=UTC)  # when the first of four slots begins that nobody has booked


class Scene(NamedTuple):
    """What the pages are about."""

    failed: BookingResult  # neither the candidate nor the interviewer was reached
    told: BookingResult  # with everything that a message can go through
    asking: BookingResult
    cancelled: BookingResult
    begun: BookingResult
    revoked: BookingResult
    erased: BookingResult
    often: UUID  # a candidate with more bookings than a page shows
    candidate: UUID
    unbooked: UUID  # an interview
    full: UUID  # a slot
    key: str  # an admin's, by which another browser is signed in, too
    tomorrow: date


def shorten_lists(patch: pytest.MonkeyPatch) -> None:
    """Let every list have more than one page, and every count of what failed be only a part."""
    for name in (
        "changes._A_PAGE",
        "days._A_PAGE",
        "failures._A_PAGE",
        "failures._AT_ONCE",
        "failures._COUNTED",
        "finding.person._BOOKINGS",
        "finding.search.A_PAGE",
        "finding.search._PEOPLE",
        "finding.week._A_DAY",
        "planning.bookings._INTERVIEWS",
        "planning.bookings._SLOTS",
        "planning.choices._PEOPLE",
    ):
        patch.setattr(f"hireloop.console.{name}", A_PAGE)
    patch.setattr("hireloop.console.attention.entries._A_PAGE", MOST_URGENT)


def with_every_channel(settings: Settings) -> Settings:
    """Return settings with a fallback and with a chat."""
    told = {"email_fallback_url": SecretStr("smtp://other.example"), "chat_urls": SecretStr("json://chat.example/a")}
    return settings.model_copy(update=told)


async def set_scene(settings: Settings) -> Scene:
    """Store it; the pool must be open."""
    for name in ("One", "Another"):  # of whom one alert tells
        await tried(await booked(name, starts_at=soon(90)), "rejected")
    for number in range(4):
        await alerted(email=f"unheard{number}@example.com")
    await db.fetch(
        "UPDATE alert SET put_at = now() - interval '3 minutes', unheard_since = now() - interval '3 minutes'"
    )
    await every_kind()
    await _channels_and_keys(settings)
    for number in range(4):
        address = f"{LONG.lower()}{number}@x.example"
        at, seats = FREE + timedelta(hours=number), 1 + number
        await make_slot(starts_at=at, seats=seats, interviewer_email=address, interviewer_name=UNBROKEN)
    failed = await booked("Asha Rao", starts_at=soon(60), notes="Mind the gap", time_zone="America/New_York")
    await tried(failed, "rejected")
    await interviewer_failed(failed)
    await db.fetch("UPDATE delivery SET reported_by = 'Rita' WHERE schedule = $1", failed.id)
    await at_risk(await _unbroken(UNBROKEN, starts_at=soon(3), notes="A" * 300, email=ADDRESS))
    begun = await booked("Begun", starts_at=soon(1_500), outbox=outbox_of())
    cancelled, revoked = [await booked(name, starts_at=soon(1_500)) for name in ("Off", "Shut")]
    await entered(begun)
    await cancellations.cancel(cancelled.id, by=TESTS, reason="The position is filled.", outbox=OUTBOX)
    await links.revoke(revoked.session_id, by=TESTS)
    await tried(revoked, "rejected", reason="mailbox_full")
    waiting = await interviews.find(
        await _long_interview(full_name=f"{LONG} {UNBROKEN}", email=f"a{ADDRESS}", phone="+49 30 1234567")
    )
    for number in range(3):
        await make_interview(full_name=f"Waiting {number}")
    return Scene(
        failed=failed,
        told=await _told(),
        asking=await over("Asking again", asked=True),
        cancelled=cancelled,
        begun=begun,
        revoked=revoked,
        erased=await _erased(),
        often=await _often(),
        candidate=waiting.candidate,
        unbooked=waiting.id,
        full=begun.slot_id,
        key=await _key(),
        tomorrow=soon(24 * 60).astimezone(settings.zone).date(),
    )


async def _unbroken(name: str, *, starts_at: datetime, notes: str = "", **candidate: object) -> BookingResult:
    """Return a booking with names in which no line can be broken."""
    interview = await _long_interview(full_name=name, **candidate)
    slot = await make_slot(starts_at=starts_at, interviewer_name=UNBROKEN, interviewer_email=ADDRESS)
    made = (await book(interview, slot, notes=notes)).booking
    return BookingResult(id=made.id, session_id=made.session.id, slot_id=slot)


async def _long_interview(**candidate: object) -> UUID:
    person = CandidateFields(**candidate_fields(**candidate))  # type: ignore[arg-type] # texts
    return (await interviews.create(person, JobFields(title=UNBROKEN, company=UNBROKEN), by=TESTS)).id


async def _channels_and_keys(settings: Settings) -> None:
    """Hold every channel, sign in with other keys, and let one have sent nearly as many messages as it may."""
    for channel in configured.channels(settings)[:1]:
        for fingerprint in providers.fingerprints(channel).values():
            await held(channel.name, fingerprint)
    for name, role in (("Rita", Role.RECRUITER), (f"{LONG}-{LONG}", Role.VIEWER)):
        known, _ = await api_keys.create(name, role)
        for _ in range(2):
            await sign_ins.create(Actor(name, known.id), open_until=soon(60), browser="Samsung Internet on Android")
    limits = SendingLimits(messages_a_day=settings.messages_per_key_and_day)
    await db.transactional(limits.take)(known.id, settings.messages_per_key_and_day - 1, now=soon())


async def _told() -> BookingResult:
    """Return a booking that was moved, whose messages came back and were tried over the fallback."""
    made = await _unbroken(f"Told {UNBROKEN}", starts_at=soon(2_000), resume_text="Ten years.")
    await db.fetch("UPDATE job SET recruiter_email = $1", f"{LONG.lower()}@x.example")
    await interviewer_failed(made)
    delivery = await tried(made, "sent", reason=None, reply="250 2.0.0 Ok")
    await record_device_check(made.session_id, DeviceCheck(camera="ok", microphone="ok"))
    slot = await make_slot(starts_at=soon(3_000))
    await moves.move(made.id, slot, by=TESTS, reason="Illness", outbox=OUTBOX, windows=WINDOWS)
    await interviewer_failed(BookingResult(id=made.id, session_id=made.session_id, slot_id=slot))
    await hold(slot, f"{LONG.lower()}@x.example", name=UNBROKEN, revision=2)  # somebody else
    await db.fetch(
        """
        WITH came_back AS (
            INSERT INTO returned_mail (id, delivery, digest, kind, words, came_at, reported_by)
            SELECT gen_random_uuid(), $1, n::text::bytea, 'unreadable', repeat('x', 200), now(),
                CASE WHEN n > 1 THEN 'Rita' END
            FROM generate_series(1, 6) AS n
        ), repeated AS (
            INSERT INTO attempt (delivery, number, started_at, finished_at, outcome, reason, phase, reply, worker,
                route, maybe_accepted)
            SELECT $1, n, now(), now(), 'retry', 'timed_out', 'reply', '', 'tests', 'fallback', true
            FROM generate_series(2, 22) AS n
        )
        UPDATE delivery SET returned_count = 6, attempt_count = 22, reported_by = 'Rita' WHERE id = $1
        """,
        delivery,
    )
    await db.fetch("UPDATE schedule SET trace_id = $2 WHERE id = $1", made.id, "ab" * 16)
    return made


async def _erased() -> BookingResult:
    made = await booked("Zoë Gone", starts_at=soon(1_700), resume_text="Ten years.")
    candidate = await db.fetch_value("SELECT id FROM candidate WHERE full_name = 'Zoë Gone'")
    await erasure.erase(candidate, by=TESTS, outbox=OUTBOX, now=soon(72 * 60))
    return made


async def _often() -> UUID:
    """Return a candidate with more bookings than their page shows."""
    first = await interviews.find(await make_interview(full_name="Often"))
    for number in range(A_PAGE + 1):
        again = await interviews.create(first.candidate, first.job, round_number=2 + number, by=TESTS)
        await book(again.id, starts_at=soon(4_000 + 100 * number))
    return first.candidate


async def _key() -> str:
    known, key = await api_keys.create(LONG, Role.ADMIN)
    await sign_ins.create(Actor(LONG, known.id), open_until=soon(60), browser="Samsung Internet on Android")
    return key
