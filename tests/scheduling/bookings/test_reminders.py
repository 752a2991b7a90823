"""Who is reminded when: once a lead, never of what is over, and never twice at once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

import factories
from factories import outbox_of, rows, unaccounted
from hireloop import db
from hireloop.notify.deliveries import outbox as hub
from hireloop.scheduling.bookings import reminders
from hireloop.scheduling.bookings.bookings import Booking
from hireloop.settings import Settings
from sample_channels import MAIL
from scheduling.factories import MAIL_ONLY

pytestmark = pytest.mark.usefixtures("database")

START = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}


def before(**duration: float) -> datetime:
    return START - timedelta(**duration)


async def book(at: datetime, *, starts_at: datetime = START) -> Booking:
    booked = await factories.book(
        starts_at=starts_at, notes="Bring a pen.", outbox=MAIL_ONLY, now=at, time_zone="Europe/Berlin"
    )
    return booked.booking


async def remind(at: datetime, leads: dict[str, timedelta] = LEADS) -> list[str]:
    """Sweep, and return the leads of the reminders that this put."""
    known = {row["id"] for row in await rows("delivery")}
    count = await reminders.put_due(MAIL_ONLY, leads, now=at)
    new = [row for row in await rows("delivery") if row["id"] not in known]
    assert {row["kind"] for row in new} <= {"reminder"}
    assert len(new) == count
    assert await unaccounted() == 0
    return [row["occasion"] for row in new]


async def reminder() -> dict[str, Any]:
    (row,) = [row for row in await rows("delivery") if row["kind"] == "reminder"]
    return row


async def move(booking: Booking, starts_at: datetime, *, at: datetime) -> None:
    """Do what a move does to a booking, as far as reminders can see it."""
    await db.fetch(
        """
        UPDATE schedule SET starts_at = $2::timestamptz, ends_at = $2::timestamptz + interval '45 minutes',
            revision = revision + 1, reminded_at = $3
        WHERE id = $1
        """,
        booking.id,
        starts_at,
        at,
    )
    await hub.supersede(booking.id, before_revision=booking.revision + 1)
    await db.fetch("UPDATE delivery SET revision = revision + 1, state = 'pending' WHERE kind = 'invitation'")


async def test_a_booking_made_days_ahead_is_reminded_a_day_and_an_hour_before() -> None:
    await book(before(days=5))
    told = {hours: await remind(before(hours=hours)) for hours in (100, 24.01, 24, 23.9, 12, 1.01, 1, 0.9, 0, -1)}
    assert {hours: leads for hours, leads in told.items() if leads} == {24: ["24h"], 1: ["1h"]}


@pytest.mark.parametrize(
    ("hours_before", "leads"),
    [(24.1, ["24h", "1h"]), (24, ["1h"]), (3, ["1h"]), (1.1, ["1h"]), (1, []), (0.5, [])],
)
async def test_who_books_inside_a_lead_gets_the_next_one_that_still_fits(hours_before: float, leads: list[str]) -> None:
    await book(before(hours=hours_before))
    assert [lead for minutes in range(1440, -1, -30) for lead in await remind(before(minutes=minutes))] == leads


async def test_after_a_pause_of_the_workers_only_the_nearest_reminder_goes_out() -> None:
    await book(before(days=5))
    assert await remind(before(minutes=30)) == ["1h"]
    assert await remind(before(minutes=20)) == []


async def test_a_reminder_that_was_missed_altogether_is_not_made_up_for() -> None:
    await book(before(days=5))
    assert await remind(START) == await remind(START + timedelta(minutes=5)) == []


async def test_a_reminder_is_of_use_until_the_nearer_one_or_the_start() -> None:
    await book(before(days=5))
    await remind(before(hours=24))
    assert (await reminder())["deadline_at"] == before(hours=1)
    await db.fetch("DELETE FROM delivery WHERE kind = 'reminder'")
    await remind(before(hours=1))
    assert (await reminder())["deadline_at"] == START


async def test_a_reminder_says_what_the_invitation_said_and_holds_no_key() -> None:
    booking = await book(before(days=5))
    await db.fetch("UPDATE candidate SET email = 'new@example.com', full_name = 'Meera Iyer'")
    await remind(before(hours=24))
    row = await reminder()
    payload = json.loads(row["payload"])
    assert (row["schedule"], row["revision"], row["recipient"]) == (booking.id, 1, "new@example.com")
    assert (payload["candidate_name"], payload["time_zone"]) == ("Meera Iyer", "Europe/Berlin")
    assert (payload["booking_notes"], payload["lead"]) == ("Bring a pen.", "24h")
    assert UUID(payload["session_id"]) == booking.session.id
    assert datetime.fromisoformat(payload["opens_at"]) == booking.session.opens_at
    assert not row["required"]
    assert not any(word in row["payload"] for word in ("session_key", "http", "portal_url"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE schedule SET state = 'cancelled'",
        "UPDATE session SET revoked_at = now()",
        "UPDATE session SET entered_at = now()",
    ],
)
async def test_what_is_over_is_not_reminded_of(change: str) -> None:
    await book(before(days=5))
    await db.fetch(change)
    assert await reminders.put_due(MAIL_ONLY, LEADS, now=before(hours=24)) == 0


async def test_a_confirmed_booking_is_reminded_of_too() -> None:
    await book(before(days=5))
    await db.fetch("UPDATE schedule SET state = 'confirmed'")
    assert await remind(before(hours=24)) == ["24h"]


async def test_a_moved_booking_is_reminded_anew_and_the_old_reminder_goes_no_more() -> None:
    booking = await book(before(days=5))
    assert await remind(before(hours=24)) == ["24h"]
    later = START + timedelta(days=3)
    await move(booking, later, at=before(hours=20))
    states = {row["state"] for row in await rows("delivery") if row["kind"] == "reminder"}
    assert states == {"superseded"}
    assert await remind(before(hours=1)) == []
    assert await remind(later - timedelta(hours=24)) == ["24h"]
    assert await remind(later - timedelta(hours=1)) == ["1h"]


async def test_a_new_link_for_the_same_time_brings_no_second_reminder_of_one_lead() -> None:
    booking = await book(before(days=5))
    assert await remind(before(hours=24)) == ["24h"]
    await move(booking, START, at=before(hours=20))
    assert await remind(before(hours=19)) == []
    assert await remind(before(hours=1)) == ["1h"]


@pytest.mark.parametrize("reminders_", ["none", "2h", "30m,3h,1h"])
async def test_the_leads_are_a_setting(settings: Settings, reminders_: str) -> None:
    leads = settings.model_copy(update={"reminders": reminders_}).reminder_leads
    await book(before(hours=12))
    told = [lead for minutes in range(600, -1, -15) for lead in await remind(before(minutes=minutes), leads)]
    assert told == {"none": [], "2h": ["2h"], "30m,3h,1h": ["3h", "1h", "30m"]}[reminders_]


async def test_a_sweep_that_breaks_off_has_reminded_nobody_and_the_next_one_does() -> None:
    await book(before(days=5))
    nameless = msgspec.structs.replace(MAIL, name="chat", personal=False)
    broken = outbox_of(MAIL, msgspec.structs.replace(nameless, name=""))
    with pytest.raises(asyncpg.CheckViolationError):
        await reminders.put_due(broken, LEADS, now=before(hours=24))
    assert await remind(before(hours=24)) == ["24h"]


async def test_of_several_sweeps_at_once_each_booking_is_reminded_by_one() -> None:
    for n in range(6):
        await book(before(days=5), starts_at=START + timedelta(seconds=n))
    at = before(hours=23)
    counts = await asyncio.gather(*(reminders.put_due(MAIL_ONLY, LEADS, now=at) for _ in range(4)))
    assert sum(counts) == 6
    assert len([row for row in await rows("delivery") if row["kind"] == "reminder"]) == 6


async def test_a_sweep_takes_as_many_turns_as_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminders, "_TOGETHER", 2)
    for n in range(5):
        await book(before(days=5), starts_at=START + timedelta(seconds=n))
    assert await remind(before(hours=23)) == ["24h"] * 5
