import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from hireloop import db, errors
from hireloop.scheduling import jobs, slots
from hireloop.scheduling.jobs import NewJob
from hireloop.scheduling.slots import KnownSlot, NewSlot, Wanted
from samples import make_slot, soon

pytestmark = pytest.mark.usefixtures("database")


async def ids(wanted: Wanted, *, now: datetime | None = None, after: UUID | None = None, limit: int = 50) -> list[UUID]:
    return [slot.id for slot in await slots.page(wanted, limit=limit, after=after, now=now)]


async def test_a_slot_is_stored_as_given() -> None:
    start = soon(60)
    job, _ = await jobs.create(NewJob(title="Baker", company="Example"))
    new = NewSlot(
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        seats=2,
        interviewer_email="I@x.example",
        job=job.id,
        notes="n",
    )
    slot = await slots.create(new)
    assert isinstance(slot, KnownSlot)
    assert (slot.starts_at, slot.ends_at, slot.seats, slot.taken) == (start, new.ends_at, 2, 0)
    assert (slot.interviewer_email, slot.job, slot.notes, slot.withdrawn_at) == ("I@x.example", job.id, "n", None)
    assert await slots.find(slot.id) == slot


async def test_bad_times_and_unknown_jobs_name_their_field() -> None:
    for minutes in (0, -1):
        with pytest.raises(errors.BadInput, match=r"^ends_at: must be later"):
            await make_slot(minutes=minutes)
    with pytest.raises(errors.BadInput, match=r"^job: There is no job"):
        await make_slot(job=db.new_id())
    with pytest.raises(errors.NotFound):
        await slots.find(db.new_id())


async def test_of_many_overlapping_slots_of_one_interviewer_at_once_one_is_stored() -> None:
    racing = (make_slot(starts_at=soon(60 + n), interviewer_email="i@example.com") for n in range(8))
    ends = await asyncio.gather(*racing, return_exceptions=True)
    assert sum(isinstance(end, UUID) for end in ends) == 1
    assert sum(isinstance(end, errors.InterviewerBusy) for end in ends) == 7


async def test_available_means_a_free_seat_not_withdrawn_and_not_begun() -> None:
    now = soon()
    free = await make_slot(starts_at=now + timedelta(seconds=1))
    begins_now = await make_slot(starts_at=now)
    full = await make_slot()
    withdrawn = await make_slot(starts_at=soon(61))
    await db.fetch("UPDATE slot SET taken = seats WHERE id = $1", full)
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    assert await ids(Wanted(available=True), now=now) == [free]
    assert await ids(Wanted(available=False), now=now) == [begins_now, full, withdrawn]
    assert await ids(Wanted(), now=now) == [begins_now, free, full, withdrawn]


async def test_from_includes_its_moment_and_to_does_not() -> None:
    start = soon(60)
    slot = await make_slot(starts_at=start)
    tick = timedelta(microseconds=1)
    assert await ids(Wanted(starts_from=start)) == await ids(Wanted(starts_before=start + tick)) == [slot]
    assert await ids(Wanted(starts_from=start + tick)) == await ids(Wanted(starts_before=start)) == []


async def test_pages_of_slots_that_start_together_hold_each_once() -> None:
    start = soon(60)
    made = {await make_slot(starts_at=start) for _ in range(5)}
    seen: list[UUID] = []
    while page := await ids(Wanted(), limit=2, after=seen[-1] if seen else None):
        seen += page
    assert len(seen) == 5
    assert set(seen) == made


async def test_a_cursor_of_no_slot_leads_nowhere() -> None:
    await make_slot()
    assert await ids(Wanted(), after=db.new_id()) == []
