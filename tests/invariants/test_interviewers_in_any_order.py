"""Whatever is done to slots in whichever order, and whatever becomes of each mail: in the end all know what is so.

The oracle knows nothing of revisions: it looks at who has a seat, and at the last mail that each interviewer got.
"""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import pytest

from factories import unaccounted
from hireloop import db, errors
from hireloop.notify import messages
from hireloop.notify.messages import InterviewerMessage
from sample_settings import as_application
from scheduling.interviewers import (
    BOUNCED,
    MAYBE,
    MEERA,
    RAVI,
    SENT,
    UNREACHED,
    book,
    cancel,
    change,
    heard,
    make_slot,
    move,
)


@pytest.fixture(autouse=True)
async def _as_processes_do(database_url: str) -> AsyncIterator[None]:
    """The pool, with the role that processes use."""
    async with db.opened(as_application(database_url)):
        yield


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What one interviewer got about one slot."""

    slot: UUID
    mailbox: str
    sent_at: datetime
    revision: int
    message: InterviewerMessage


async def mails(condition: str = "sent_at IS NOT NULL AND state <> 'bounced'") -> dict[tuple[UUID, str], list[Mail]]:
    """Return what was sent, in the order in which it was, by slot and interviewer."""
    found: dict[tuple[UUID, str], list[Mail]] = defaultdict(list)
    rows = await db.fetch(f"SELECT * FROM delivery WHERE slot IS NOT NULL AND {condition} ORDER BY sent_at, revision")  # noqa: S608 (our own words)
    for row in rows:
        message = messages.decode(row["kind"], row["payload"])
        assert isinstance(message, InterviewerMessage)
        one = Mail(
            slot=row["slot"],
            mailbox=row["recipient"].lower(),
            sent_at=row["sent_at"],
            revision=row["revision"],
            message=message,
        )
        found[one.slot, one.mailbox].append(one)
    return found


async def people_of(slot: UUID) -> set[UUID]:
    found = await db.fetch("SELECT id FROM schedule WHERE slot = $1 AND state <> 'cancelled'", slot)
    return {row["id"] for row in found}


async def do_something(chance: random.Random, slots: Sequence[UUID], second: float) -> None:
    """Do one thing to one of the slots, if that can be done now."""
    slot = chance.choice(slots)
    booked = await db.fetch("SELECT id FROM schedule WHERE state <> 'cancelled' ORDER BY id")
    what = chance.choice(["book", "book", "cancel", "move", "change", "zone"])
    if what == "book" or not booked:
        await book(slot, f"P{second} Rao", seconds=second)
    elif what == "cancel":
        await cancel(_Booked(chance.choice(booked)["id"]), seconds=second)
    elif what == "move":
        await move(_Booked(chance.choice(booked)["id"]), slot, seconds=second)
    elif what == "change":
        try:
            await change(slot, interviewer_email=chance.choice([RAVI, MEERA, RAVI.upper(), None]), seconds=second)
        except errors.InterviewerBusy:
            return
    else:
        await change(slot, interviewer_time_zone=chance.choice(["Asia/Kolkata", "Europe/Berlin", None]), seconds=second)


class _Booked(msgspec.Struct, frozen=True):
    """What `cancel` and `move` ask of a booking."""

    id: UUID


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("careless", [False, True], ids=["all mail is taken", "mail is lost"])
async def test_in_the_end_each_interviewer_knows_what_is_so(seed: int, careless: bool) -> None:  # noqa: FBT001 (a case)
    chance = random.Random(seed)  # noqa: S311 (no secret)
    slots = [await make_slot(RAVI), await make_slot(MEERA), await make_slot(None)]
    second = 0.0
    for _ in range(25):
        second += chance.choice([0.1, 1, 15, 40])
        await do_something(chance, slots, second)
        if chance.random() < 0.5:
            end, maybe = chance.choice([(SENT, False), (BOUNCED, False), (UNREACHED, False), (MAYBE, True)])
            await heard(second, end if careless else SENT, maybe=maybe if careless else False)
        assert await unaccounted() == 0
    for _ in range(4):
        second += 7200
        await heard(second)
    assert await unaccounted() == 0
    await assert_all_know(slots)
    if not careless:
        assert_nothing_is_said_twice(await mails())


async def assert_all_know(slots: Sequence[UUID]) -> None:
    got, lost = await mails(), await _whose_last_bounced()
    for slot in slots:
        holder = await db.fetch_value("SELECT lower(interviewer_email) FROM slot WHERE id = $1", slot)
        people = await people_of(slot)
        for mailbox in (RAVI, MEERA):
            told = got.get((slot, mailbox), [])
            knows = {one.schedule_id for one in told[-1].message.attendees} if told else set()
            if told and told[-1].message.kind == "interviewer_cancelled":
                knows = set()
            expected = people if mailbox == holder else set()
            assert knows == expected or (slot, mailbox) in lost, (slot, mailbox)
    assert await db.fetch_value("SELECT count(*) FROM delivery WHERE slot IS NOT NULL AND state = 'pending'") == 0


async def _whose_last_bounced() -> set[tuple[UUID, str]]:
    """Return slots and interviewers whose last mail came back: an alert tells of these."""
    rows = await db.fetch(
        """
        SELECT DISTINCT ON (slot, lower(recipient)) slot, lower(recipient) AS mailbox, state FROM delivery
        WHERE slot IS NOT NULL AND state <> 'superseded' ORDER BY slot, lower(recipient), revision DESC
        """
    )
    return {(row["slot"], row["mailbox"]) for row in rows if row["state"] == "bounced"}


def assert_nothing_is_said_twice(got: dict[tuple[UUID, str], list[Mail]]) -> None:
    for told in got.values():
        knows: InterviewerMessage | None = None
        for one in told:
            kind = one.message.kind
            assert kind == "interviewer_invitation" if knows is None else kind != "interviewer_invitation"
            if kind == "interviewer_update" and knows is not None:
                assert _said(one.message) != _said(knows)
            knows = None if kind == "interviewer_cancelled" else one.message
        assert [one.revision for one in told] == sorted({one.revision for one in told})


def _said(message: InterviewerMessage) -> tuple[object, ...]:
    return message.time_zone, message.interviewer_name, sorted(one.schedule_id for one in message.attendees)
