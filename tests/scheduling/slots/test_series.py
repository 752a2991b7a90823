"""Slots from a rule, on a real database."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from factories import TESTS, make_slot, rows
from hireloop import db, errors
from hireloop.scheduling.audit import Action, AuditFilter
from hireloop.scheduling.audit import page as audit_page
from hireloop.scheduling.slots import series, slots
from hireloop.scheduling.slots.recurrence import IgnoredReason, Omission
from hireloop.scheduling.slots.series import NewSeries, Series

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATE_SECONDS = 600


async def create(rule: str, start: str | None = "2026-12-01T10:00", *, now: datetime = NOW, **fields: Any) -> Series:  # noqa: ANN401 (each field has its own type)
    new = NewSeries(
        rule=rule,
        zone=ZoneInfo("Europe/Berlin"),
        starts_at_local=None if start is None else datetime.fromisoformat(start),
        duration=fields.pop("duration", timedelta(minutes=60)),
        **fields,
    )
    return await series.create(new, late_seconds=LATE_SECONDS, by=TESTS, now=now)


def left_out(made: Series) -> list[tuple[str, Omission]]:
    return [(f"{one.occurrence.wall:%m.%d %H:%M}", one.omission) for one in made.left_out]


async def test_each_occurrence_becomes_a_slot_with_what_they_have_in_common() -> None:
    made = await create("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", seats=2, interviewer_email="i@example.com", notes="n")
    assert [slot.starts_at.isoformat() for slot in made.created] == [
        "2026-12-02T09:00:00+00:00",
        "2026-12-07T09:00:00+00:00",
        "2026-12-09T09:00:00+00:00",
    ]
    assert {
        (slot.ends_at - slot.starts_at, slot.seats, slot.interviewer_email, slot.notes) for slot in made.created
    } == {(timedelta(hours=1), 2, "i@example.com", "n")}
    assert (made.left_out, made.repeated) == ([], [])
    assert [await slots.find(slot.id) for slot in made.created] == made.created
    for slot in made.created:
        (entry,) = await audit_page(AuditFilter(subject=slot.id), limit=9, after=None)
        assert (entry.action, entry.actor) == (Action.SLOT_CREATED, TESTS.name)


async def test_asking_again_creates_nothing_again() -> None:
    for interviewer in ("i@example.com", None):
        made = await create("FREQ=DAILY;COUNT=5", interviewer_email=interviewer)
        before = await rows("slot"), await rows("audit_entry")
        again = await create("FREQ=DAILY;COUNT=5", interviewer_email=interviewer)
        assert (len(made.created), again.created) == (5, [])
        assert [(one.omission, one.slot) for one in again.left_out] == [
            (Omission.ALREADY_EXISTS, slot.id) for slot in made.created
        ]
        assert (await rows("slot"), await rows("audit_entry")) == before


async def test_what_cannot_be_is_left_out_with_its_reason_and_the_rest_is_created() -> None:
    busy = await make_slot(
        starts_at=datetime(2027, 3, 30, 0, tzinfo=UTC), minutes=45, interviewer_email="I@Example.com"
    )
    made = await create(
        "FREQ=DAILY;COUNT=7",
        "2027-03-26T02:30",
        now=datetime(2027, 3, 26, 12, tzinfo=UTC),
        interviewer_email="i@example.com",
        exclude=frozenset({date(2027, 3, 31)}),
    )
    assert left_out(made) == [
        ("03.26 02:30", Omission.PAST),
        ("03.28 02:30", Omission.NONEXISTENT_TIME),
        ("03.30 02:30", Omission.INTERVIEWER_BUSY),
        ("03.31 02:30", Omission.EXCLUDED),
    ]
    assert [one.slot for one in made.left_out] == [None, None, busy, None]
    assert [f"{slot.starts_at:%m.%d %H:%M}" for slot in made.created] == [
        "03.27 01:30",
        "03.29 00:30",
        "04.01 00:30",
        "04.02 00:30",  # COUNT counts what is skipped, except for a time that does not exist
    ]


async def test_a_time_that_has_begun_becomes_a_slot_as_long_as_that_can_be_booked() -> None:
    starts_at = datetime(2026, 12, 1, 9, tzinfo=UTC)
    for late, minutes, begun in (
        (LATE_SECONDS - 1, 60, 1),
        (LATE_SECONDS, 60, 0),
        (300, 5, 0),  # it is over
        (299, 5, 1),
    ):
        made = await create(
            "FREQ=DAILY;COUNT=2", now=starts_at + timedelta(seconds=late), duration=timedelta(minutes=minutes)
        )
        assert [slot.starts_at == starts_at for slot in made.created] == [True] * begun + [False]
        assert [one.omission for one in made.left_out] == [Omission.PAST] * (1 - begun)
        await db.fetch("UPDATE slot SET withdrawn_at = now()")


async def test_what_stands_on_lines_beside_a_rule_makes_and_leaves_out_slots() -> None:
    text = (
        "DTSTART;TZID=Europe/Berlin:20261201T100000\r\nRRULE:FREQ=WEEKLY;BYDAY=TU,\r\n TH\r\n"
        "EXDATE;TZID=Europe/Berlin:20261208T100000,20261209T100000\r\nRDATE:20261211T130000Z\r\n"
    )
    made = await create(text, None, until=date(2026, 12, 11), exclude=frozenset({date(2026, 12, 3)}))
    assert [f"{slot.starts_at:%m.%d %H:%M}" for slot in made.created] == ["12.01 09:00", "12.10 09:00", "12.11 13:00"]
    assert left_out(made) == [("12.03 10:00", Omission.EXCLUDED), ("12.08 10:00", Omission.EXCLUDED)]
    assert [(one.listed.text, one.because) for one in made.ignored] == [("20261209T100000", IgnoredReason.NO_SUCH_TIME)]
    again = await create(text, None, until=date(2026, 12, 11), exclude=frozenset({date(2026, 12, 3)}))
    assert (again.created, len(again.left_out)) == ([], 5)


async def test_of_slots_of_one_rule_that_overlap_the_earlier_one_stands_where_there_is_an_interviewer() -> None:
    rule = "FREQ=DAILY;BYHOUR=10;BYMINUTE=0,30;COUNT=4"
    made = await create(rule, interviewer_email="i@example.com")
    assert [f"{slot.starts_at:%d %H:%M}" for slot in made.created] == ["01 09:00", "02 09:00"]
    assert left_out(made) == [
        ("12.01 10:30", Omission.INTERVIEWER_BUSY),
        ("12.02 10:30", Omission.INTERVIEWER_BUSY),
    ]
    assert [one.slot for one in made.left_out] == [slot.id for slot in made.created]
    assert len((await create(rule)).created) == 4  # nobody is in two places


async def test_a_time_that_comes_twice_is_said() -> None:
    made = await create("FREQ=DAILY;COUNT=3", "2027-10-30T02:30")
    assert [f"{one.wall:%m.%d}" for one in made.repeated] == ["10.31"]
    assert [f"{slot.starts_at:%d %H:%M}" for slot in made.created] == ["30 00:30", "31 00:30", "01 01:30"]


async def test_withdrawn_slots_and_slots_of_other_jobs_are_not_the_same_slot() -> None:
    first = await create("FREQ=DAILY;COUNT=2")
    await db.fetch("UPDATE slot SET withdrawn_at = now()")
    assert len((await create("FREQ=DAILY;COUNT=2")).created) == len(first.created) == 2
    assert len((await create("FREQ=DAILY;COUNT=2", duration=timedelta(minutes=30))).created) == 2


async def test_of_many_equal_calls_at_once_one_creates() -> None:
    for interviewer in ("i@example.com", None):
        before = len(await rows("slot"))
        made = await asyncio.gather(*(create("FREQ=DAILY;COUNT=20", interviewer_email=interviewer) for _ in range(6)))
        assert sorted(len(one.created) for one in made) == [0, 0, 0, 0, 0, 20]
        assert len(await rows("slot")) - before == 20


async def test_calls_that_overlap_each_other_and_single_slots_at_once_all_end_and_nobody_is_in_two_places() -> None:
    made = await asyncio.gather(
        *(
            create("FREQ=DAILY;COUNT=30", f"2026-12-01T10:{minute}", interviewer_email="i@example.com")
            for minute in (10, 30)
        ),
        create("FREQ=DAILY;COUNT=30", "2026-12-30T10:20", interviewer_email="I@EXAMPLE.com"),
        *(
            make_slot(starts_at=datetime(2026, 12, day, 9, tzinfo=UTC), interviewer_email="i@example.com")
            for day in range(1, 31)
        ),
        return_exceptions=True,
    )
    assert all(isinstance(one, Series) for one in made[:3])
    overlapping = await db.fetch_value(
        """
        SELECT count(*) FROM slot a JOIN slot b ON a.id < b.id
        AND tstzrange(a.starts_at, a.ends_at) && tstzrange(b.starts_at, b.ends_at)
        """
    )
    assert overlapping == 0


async def test_a_thousand_slots_are_created_by_one_call_and_found_by_the_next() -> None:
    rule = "FREQ=DAILY;COUNT=1000"
    assert len((await create(rule, interviewer_email="i@example.com")).created) == 1_000
    again = await create(rule, interviewer_email="i@example.com")
    assert {one.omission for one in again.left_out} == {Omission.ALREADY_EXISTS}
    assert len(await rows("audit_entry")) == 1_000


async def test_an_unknown_job_and_a_bad_rule_leave_nothing_behind() -> None:
    with pytest.raises(errors.BadInput, match=r"^job: There is no job"):
        await create("FREQ=DAILY;COUNT=2", job=db.new_id())
    with pytest.raises(errors.BadInput, match=r"^rule: must have an end"):
        await create("FREQ=DAILY")
    assert await rows("slot") == await rows("audit_entry") == []
