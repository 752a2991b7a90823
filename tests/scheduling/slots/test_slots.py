import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from factories import OUTBOX, TESTS, make_slot, rows, soon
from hireloop import db, errors
from hireloop.scheduling.audit import Action, AuditFilter
from hireloop.scheduling.audit import page as audit_page
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.slots import slots
from hireloop.scheduling.slots.slots import SlotDetails, SlotFields, SlotFilter, SlotPatch
from waiting import beside, somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")


async def ids(
    only: SlotFilter, *, now: datetime | None = None, after: UUID | None = None, limit: int = 50
) -> list[UUID]:
    return [slot.id for slot in await slots.page(only, limit=limit, after=after, now=now)]


async def test_a_slot_is_stored_as_given() -> None:
    start = soon(60)
    job, _ = await jobs.create(JobFields(title="Baker", company="Example"), by=TESTS)
    new = SlotFields(
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        seats=2,
        interviewer_email="I@x.example",
        job=job.id,
        notes="n",
    )
    slot = await slots.create(new, by=TESTS)
    assert isinstance(slot, SlotDetails)
    assert (slot.starts_at, slot.ends_at, slot.seats, slot.taken) == (start, new.ends_at, 2, 0)
    assert (slot.interviewer_email, slot.job, slot.notes, slot.withdrawn_at) == ("I@x.example", job.id, "n", None)
    assert await slots.find(slot.id) == slot
    (entry,) = await audit_page(AuditFilter(subject=slot.id), limit=9, after=None)
    assert (entry.action, entry.actor) == (Action.SLOT_CREATED, TESTS.name)


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


async def test_who_takes_an_interviewers_time_waits_for_others_who_do() -> None:
    """Else two that overlap may each wait for the other in the exclusion constraint, and die of the deadlock."""
    theirs, others = [await make_slot(starts_at=soon(60), interviewer_email=name) for name in ("i@x.example", None)]
    acts: list[Callable[[], Coroutine[Any, Any, object]]] = [
        lambda: make_slot(starts_at=soon(300), interviewer_email="i@x.example"),
        lambda: slots.change(theirs, SlotPatch(ends_at=soon(100)), by=TESTS, outbox=OUTBOX),
        lambda: slots.change(others, SlotPatch(starts_at=soon(200), ends_at=soon(210)), by=TESTS, outbox=OUTBOX),
        lambda: slots.change(others, SlotPatch(interviewer_email="i@x.example"), by=TESTS, outbox=OUTBOX),
    ]
    waits = []
    for act in acts:
        async with db.DB.transaction():
            await slots.lock_interviewer("I@x.example")
            one = beside(act())
            await until(partial(is_waiting_or_done, one), "it waits or ends")
            waits.append(not one.done())
        await one
    assert waits == [True, True, False, True]


async def is_waiting_or_done(one: asyncio.Task[object]) -> bool:
    return one.done() or await somebody_waits()


async def test_available_means_a_free_seat_not_withdrawn_and_not_begun() -> None:
    now = soon()
    free = await make_slot(starts_at=now + timedelta(seconds=1))
    begins_now = await make_slot(starts_at=now)
    full = await make_slot()
    withdrawn = await make_slot(starts_at=soon(61))
    await db.fetch("UPDATE slot SET taken = seats WHERE id = $1", full)
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    assert await ids(SlotFilter(available=True), now=now) == [free]
    assert await ids(SlotFilter(available=False), now=now) == [begins_now, full, withdrawn]
    assert await ids(SlotFilter(), now=now) == [begins_now, free, full, withdrawn]


async def test_from_includes_its_moment_and_to_does_not() -> None:
    start = soon(60)
    slot = await make_slot(starts_at=start)
    tick = timedelta(microseconds=1)
    assert await ids(SlotFilter(starts_from=start)) == await ids(SlotFilter(starts_before=start + tick)) == [slot]
    assert await ids(SlotFilter(starts_from=start + tick)) == await ids(SlotFilter(starts_before=start)) == []


async def test_pages_of_slots_that_start_together_hold_each_once() -> None:
    start = soon(60)
    made = {await make_slot(starts_at=start) for _ in range(5)}
    seen: list[UUID] = []
    while page := await ids(SlotFilter(), limit=2, after=seen[-1] if seen else None):
        seen += page
    assert len(seen) == 5
    assert set(seen) == made


async def test_a_cursor_of_no_slot_is_refused() -> None:
    await make_slot()
    with pytest.raises(errors.BadInput, match=r"^after: must be the ID of a slot"):
        await ids(SlotFilter(), after=db.new_id())


async def test_a_slot_without_a_job_serves_every_job() -> None:
    mine, other = [
        (await jobs.create(JobFields(title=title, company="Example"), by=TESTS))[0].id for title in ("Baker", "Cook")
    ]
    times = [soon(60 + n) for n in range(6)]
    of_mine = [await make_slot(starts_at=times[n], job=mine) for n in (0, 3)]
    of_other = await make_slot(starts_at=times[1], job=other)
    of_any = [await make_slot(starts_at=times[n]) for n in (2, 4, 5)]
    in_order = [of_mine[0], of_any[0], of_mine[1], *of_any[1:]]
    assert await ids(SlotFilter(job=mine)) == in_order
    assert await ids(SlotFilter(job=other)) == [of_other, *of_any]
    assert await ids(SlotFilter(job=mine, starts_from=times[2], starts_before=times[5])) == in_order[1:4]
    paged: list[UUID] = []
    while found := await ids(SlotFilter(job=mine), limit=2, after=paged[-1] if paged else None):
        paged += found
    assert paged == in_order


async def test_slots_are_filtered_by_their_length() -> None:
    half, whole = await make_slot(minutes=30), await make_slot(starts_at=soon(90), minutes=60)
    assert await ids(SlotFilter(min_minutes=30)) == [half, whole]
    assert await ids(SlotFilter(min_minutes=31)) == [whole]
    assert await ids(SlotFilter(min_minutes=61)) == []


async def test_every_list_is_read_along_an_index() -> None:
    job, _ = await jobs.create(JobFields(title="Baker", company="Example"), by=TESTS)
    await db.fetch(
        """
        INSERT INTO slot (id, starts_at, ends_at, job, interviewer_email, created_at)
        SELECT gen_random_uuid(), now() + n * interval '1 hour', now() + n * interval '1 hour' + interval '1 minute',
            CASE WHEN n % 50 = 0 THEN $1::uuid END, 'i' || n % 50 || '@example.com', now()
        FROM generate_series(1, 4000) AS n
        """,
        job.id,
    )
    await db.fetch("ANALYZE slot")
    middle = (await slots.page(SlotFilter(starts_from=soon(60_000)), limit=1, after=None))[0]
    for wanted in (
        SlotFilter(),
        SlotFilter(available=True),
        SlotFilter(job=job.id),
        SlotFilter(job=job.id, available=True, min_minutes=1),
        SlotFilter(interviewer="I7@example.com"),
        SlotFilter(interviewer="I7@example.com", job=job.id),
        SlotFilter(starts_from=soon(6_000), starts_before=soon(12_000), available=True),
    ):
        for after in (None, middle.id):
            async with db.snapshot():
                await slots.page(wanted, limit=20, after=after)
                read = await db.fetch_row(
                    "SELECT seq_scan, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'slot'"
                )
            assert read is not None
            assert tuple(read) == (0, 0), wanted


async def test_a_slot_is_changed_where_it_is_asked_for_and_only_there() -> None:
    slot = await slots.find(await make_slot(seats=2, notes="n"))
    job, _ = await jobs.create(JobFields(title="Baker", company="Example"), by=TESTS)
    later = slot.ends_at + timedelta(minutes=5)
    changed = await slots.change(slot.id, SlotPatch(ends_at=later, job=job.id, notes="m"), by=TESTS, outbox=OUTBOX)
    assert changed == await slots.find(slot.id)
    assert (changed.starts_at, changed.ends_at, changed.job, changed.notes, changed.seats) == (
        slot.starts_at,
        later,
        job.id,
        "m",
        2,
    )
    (entry, _) = await audit_page(AuditFilter(subject=slot.id), limit=9, after=None)
    assert (entry.action, entry.details) == (Action.SLOT_CHANGED, {"fields": ["ends_at", "job", "notes"]})
    before = await rows("audit_entry")
    assert await slots.change(slot.id, SlotPatch(notes="m"), by=TESTS, outbox=OUTBOX) == changed
    assert await rows("audit_entry") == before
    assert (await slots.change(slot.id, SlotPatch(job=None), by=TESTS, outbox=OUTBOX)).job is None


async def test_what_the_candidates_of_a_slot_rely_on_is_not_changed() -> None:
    slot = await slots.find(await make_slot(seats=3))
    await db.fetch("UPDATE slot SET taken = 2 WHERE id = $1", slot.id)
    for changes in (
        SlotPatch(starts_at=slot.starts_at - timedelta(minutes=1)),
        SlotPatch(ends_at=slot.ends_at + timedelta(minutes=1)),
        SlotPatch(job=db.new_id()),
        SlotPatch(seats=1),
    ):
        with pytest.raises(errors.SlotInUse):
            await slots.change(slot.id, changes, by=TESTS, outbox=OUTBOX)
    allowed = SlotPatch(starts_at=slot.starts_at, interviewer_email=None, job=None, seats=2, notes="m")
    assert (await slots.change(slot.id, allowed, by=TESTS, outbox=OUTBOX)).seats == 2


async def test_a_change_that_cannot_be_says_why_and_changes_nothing() -> None:
    await make_slot(starts_at=soon(200), interviewer_email="i@example.com")
    slot = await slots.find(await make_slot(interviewer_email="i@example.com"))
    with pytest.raises(errors.InterviewerBusy):
        await slots.change(slot.id, SlotPatch(ends_at=soon(201)), by=TESTS, outbox=OUTBOX)
    with pytest.raises(errors.BadInput, match=r"^ends_at: must be later"):
        await slots.change(slot.id, SlotPatch(starts_at=slot.ends_at), by=TESTS, outbox=OUTBOX)
    with pytest.raises(errors.BadInput, match=r"^job: There is no job"):
        await slots.change(slot.id, SlotPatch(job=db.new_id()), by=TESTS, outbox=OUTBOX)
    assert await slots.find(slot.id) == slot
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", slot.id)
    with pytest.raises(errors.SlotWithdrawn):
        await slots.change(slot.id, SlotPatch(notes="m"), by=TESTS, outbox=OUTBOX)
    with pytest.raises(errors.NotFound):
        await slots.change(db.new_id(), SlotPatch(notes="m"), by=TESTS, outbox=OUTBOX)
