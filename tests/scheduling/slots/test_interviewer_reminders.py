"""Which interviewers are reminded when: once a lead, of who has a seat by then, and not right after they were told."""

from datetime import datetime, timedelta

import pytest

from factories import unaccounted
from hireloop import db
from hireloop.notify.deliveries import deadlines
from hireloop.scheduling.slots import interviewer_reminders
from scheduling.interviewers import (
    BOUNCED,
    MEERA,
    OUTBOX,
    START,
    UNREACHED,
    at,
    book,
    cancel,
    change,
    hear,
    heard,
    make_slot,
    said,
)

pytestmark = pytest.mark.usefixtures("database")

LEADS = {"24h": timedelta(hours=24), "1h": timedelta(hours=1)}


def before(**duration: float) -> float:
    """Return seconds on the clock of `at`."""
    return (START - timedelta(**duration) - at()).total_seconds()


async def remind(seconds: float, leads: dict[str, timedelta] = LEADS) -> int:
    moment: datetime = at(seconds)
    return await interviewer_reminders.put_due(OUTBOX, leads, now=moment)


async def test_the_interviewer_of_a_slot_in_use_is_reminded_a_day_and_an_hour_before() -> None:
    slot = await make_slot()
    await book(slot, "Asha Rao")
    await book(slot, "Ben Rao")
    await make_slot(MEERA)  # nobody comes
    told = {hours: [await remind(before(hours=hours)), *await heard(before(hours=hours))] for hours in (30, 24.01)}
    assert told == {30: [0, "invitation to ravi: Asha, Ben"], 24.01: [0]}
    for hours in (24, 1):
        assert await remind(before(hours=hours)) == 1
        assert await remind(before(hours=hours)) == 0
        assert await heard(before(hours=hours)) == ["reminder to ravi: Asha, Ben"]
    assert await remind(before(hours=0)) == 0
    assert await unaccounted() == 0


async def test_who_was_told_within_a_lead_is_not_reminded_of_it() -> None:
    await book(await make_slot(), seconds=before(hours=3))
    assert await heard(before(hours=3)) == ["invitation to ravi: Asha"]
    assert await remind(before(hours=2)) == 0
    assert await remind(before(hours=1)) == 1


async def test_a_reminder_says_who_comes_when_it_is_sent_and_waits_for_news() -> None:
    slot = await make_slot()
    await book(slot, "Asha Rao")
    assert await heard(0) == ["invitation to ravi: Asha"]
    assert await remind(before(hours=24)) == 1
    await book(slot, "Ben Rao", seconds=before(hours=23.999))
    assert await heard(before(hours=23.999)) == []
    assert await heard(before(hours=23.99)) == ["update to ravi: Asha, Ben"]
    assert await heard(before(hours=23.98)) == []  # it has just been told
    states = await db.fetch("SELECT state, told_revision FROM delivery WHERE kind = 'interviewer_reminder'")
    assert [tuple(row) for row in states] == [("superseded", 2)]


async def test_nobody_is_reminded_of_what_is_off_or_no_longer_theirs() -> None:
    slot, other = await make_slot(), await make_slot(MEERA)
    booking = await book(slot)
    await book(other, "Ben Rao")
    assert len(await heard(0)) == 2
    assert await remind(before(hours=24)) == 2
    await cancel(booking, seconds=before(hours=24))
    await change(other, interviewer_email=None, seconds=before(hours=24))
    assert sorted(await heard(before(hours=24))) == ["cancelled to meera: Ben", "cancelled to ravi: Asha"]
    assert await heard(before(hours=23.9)) == []
    assert await unaccounted() == 0


async def test_whose_invitation_bounced_is_reminded_all_the_same() -> None:
    await book(await make_slot())
    assert await heard(0, BOUNCED) == ["invitation to ravi: Asha"]
    assert await remind(before(hours=24)) == 1
    assert await heard(before(hours=24)) == ["reminder to ravi: Asha"]


async def test_a_reminder_waits_for_an_invitation_that_is_still_on_its_way() -> None:
    await book(await make_slot())
    assert await heard(0, UNREACHED) == ["invitation to ravi: Asha"]
    await db.fetch("UPDATE delivery SET due_at = $1 WHERE slot IS NOT NULL", at(before(hours=23)))
    assert await remind(before(hours=24)) == 1
    assert await heard(before(hours=24)) == []
    assert await heard(before(hours=23)) == ["invitation to ravi: Asha"]
    assert await heard(before(hours=22)) == []


async def test_a_reminder_that_could_not_be_sent_does_not_outlive_what_it_says() -> None:
    slot, other = await make_slot(), await make_slot(MEERA)
    booking = await book(slot)
    await book(other, "Ben Rao")
    assert len(await heard(0)) == 2
    assert await remind(before(hours=24)) == 2
    reminders = ["reminder to meera: Ben", "reminder to ravi: Asha"]
    assert sorted(await heard(before(hours=24), UNREACHED)) == reminders
    await cancel(booking, seconds=before(hours=23.9))
    await book(other, "Carla Rao", seconds=before(hours=23.9))
    news = ["cancelled to ravi: Asha", "update to meera: Ben, Carla"]
    assert sorted(await heard(before(hours=22))) == news
    assert await heard(before(hours=20)) == []
    assert await unaccounted() == 0


async def test_whom_only_a_reminder_has_reached_hears_that_it_is_off() -> None:
    booking = await book(await make_slot(interviewer_locale="de-DE"))
    assert await heard(0, BOUNCED) == ["invitation to ravi: Asha"]
    assert await remind(before(hours=24)) == 1
    assert await heard(before(hours=24)) == ["reminder to ravi: Asha"]
    await cancel(booking, seconds=before(hours=23))
    (told,) = await hear(before(hours=23))
    assert (said(told), told.locale) == ("cancelled to ravi: Asha", "de-DE")
    assert await unaccounted() == 0


async def test_whom_only_a_reminder_has_reached_is_invited_to_what_changes() -> None:
    slot = await make_slot()
    await book(slot)
    assert await heard(0, BOUNCED) == ["invitation to ravi: Asha"]
    assert await remind(before(hours=24)) == 1
    assert await heard(before(hours=24)) == ["reminder to ravi: Asha"]
    await book(slot, "Ben Rao", seconds=before(hours=23))
    assert await heard(before(hours=22)) == ["invitation to ravi: Asha, Ben"]


async def test_a_reminder_whose_invitation_never_leaves_has_not_failed() -> None:
    await book(await make_slot())
    assert await heard(0, UNREACHED) == ["invitation to ravi: Asha"]
    await db.fetch("UPDATE delivery SET due_at = $1 WHERE slot IS NOT NULL", START)
    assert await remind(before(hours=24)) == 1
    for seconds in (0, 10, 50):
        assert await heard(before(hours=1) - 60 + seconds) == []
    assert await deadlines.expire(now=at(before(hours=0.9))) == 0
    ended = await db.fetch("SELECT state, told_revision FROM delivery WHERE kind = 'interviewer_reminder'")
    assert [tuple(row) for row in ended] == [("superseded", 0)]


async def test_a_slot_that_a_process_of_version_0_1_0_booked_is_not_reminded_of() -> None:
    await book(await make_slot())
    await db.fetch("UPDATE slot SET notice_revision = 0, reminded_at = NULL")
    assert await remind(before(hours=24)) == 0
