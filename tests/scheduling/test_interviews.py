import asyncio
import itertools
from typing import Any
from uuid import UUID

import pytest

import factories
from factories import OUTBOX, TESTS, make_interview, rows, soon, unaccounted
from hireloop import db, errors
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.interviews import InterviewChanges, InterviewFilter
from hireloop.scheduling.people import candidates, jobs
from hireloop.scheduling.people.candidates import CandidateFields, CandidateFilter
from hireloop.scheduling.people.jobs import JobFields
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.tables import InterviewState

pytestmark = pytest.mark.usefixtures("database")

ASHA = CandidateFields(full_name="Asha", email="asha@example.com")
BAKER = JobFields(title="Baker", company="Example")


async def test_an_interview_brings_its_candidate_and_job_where_they_are_new() -> None:
    first = await interviews.create(ASHA, BAKER, by=TESTS)
    assert (first.state, first.round, first.started_at, first.ended_at) == (InterviewState.OPEN, 1, None, None)
    second = await interviews.create(first.candidate, first.job, round_number=2, by=TESTS)
    third = await interviews.create(ASHA, BAKER, round_number=3, by=TESTS)
    assert {one.candidate for one in (first, second, third)} == {(await rows("candidate"))[0]["id"]}
    assert {one.job for one in (first, second, third)} == {(await rows("job"))[0]["id"]}
    assert await interviews.find(second.id) == second
    assert await interviews.page(InterviewFilter(), limit=2, after=None) == [third, second]
    assert await interviews.page(InterviewFilter(), limit=9, after=second.id) == [first]


async def test_all_or_nothing_is_stored() -> None:
    await jobs.create(JobFields(title="Baker", company="Example", description="Bread"), by=TESTS)
    with pytest.raises(errors.DiffersFromKnown):
        await interviews.create(ASHA, JobFields(title="Baker", company="Example", description="Cake"), by=TESTS)
    with pytest.raises(errors.BadInput, match=r"^job: There is no job"):
        await interviews.create(ASHA, db.new_id(), by=TESTS)
    assert await rows("candidate") == await rows("interview") == []


async def test_an_unknown_id_names_its_field() -> None:
    with pytest.raises(errors.BadInput) as refused:
        await interviews.create(db.new_id(), BAKER, by=TESTS)
    assert refused.value.field == "candidate"
    with pytest.raises(errors.NotFound):
        await interviews.find(db.new_id())


async def test_many_at_once_share_the_candidate_and_the_job_that_they_bring() -> None:
    made = await asyncio.gather(*(interviews.create(ASHA, BAKER, round_number=n + 1, by=TESTS) for n in range(8)))
    assert len({one.candidate for one in made}) == len({one.job for one in made}) == 1
    assert len(await rows("interview")) == 8


async def test_candidates_and_jobs_that_meet_crosswise_do_not_deadlock() -> None:
    people = [CandidateFields(full_name="A", email=f"{n}@example.com") for n in range(2)]
    free_slots = [JobFields(title=f"Job {n}", company="Example") for n in range(2)]
    crossing = [interviews.create(people[n % 2], free_slots[n // 2 % 2], by=TESTS) for n in range(12)]
    assert len(await asyncio.gather(*crossing)) == 12
    assert len(await candidates.page(CandidateFilter(), limit=9, after=None)) == 2


async def book(interview: UUID, minutes: float = 60) -> UUID:
    return (await factories.book(interview, minutes=minutes)).booking.id


async def cancel(interview: UUID) -> bool:
    return await interviews.cancel(interview, by=TESTS, reason="The position is filled.", outbox=OUTBOX)


async def state(interview: UUID) -> InterviewState:
    return (await interviews.find(interview)).state


async def test_who_has_entered_is_not_called_off() -> None:
    interview = await make_interview()
    await book(interview, minutes=0)
    (session,) = await rows("session")
    await sessions.enter(session["id"], 1, outbox=OUTBOX)
    with pytest.raises(errors.InterviewInProgress):
        await cancel(interview)
    with pytest.raises(errors.InterviewInProgress):
        await interviews.change(interview, InterviewChanges(job=db.new_id()), by=TESTS)
    await sessions.leave(session["id"], 1, outbox=OUTBOX)
    with pytest.raises(errors.InterviewClosed):
        await cancel(interview)
    assert await state(interview) is InterviewState.COMPLETED
    known = await interviews.change(interview, InterviewChanges(round=7), by=TESTS)
    assert (known.round, known.state) == (7, InterviewState.COMPLETED)


async def test_an_interview_that_was_never_booked_or_that_nobody_came_to_is_called_off() -> None:
    open_, missed = await make_interview(), await make_interview()
    schedule = await book(missed)
    await db.fetch("UPDATE interview SET state = 'no_show' WHERE id = $1", missed)
    for interview in (open_, missed):
        assert await cancel(interview)
        assert not await cancel(interview)
        assert await state(interview) is InterviewState.CANCELLED
    assert [(row["id"], row["state"]) for row in await rows("schedule")] == [(schedule, "cancelled")]
    actions = [row["action"] for row in await rows("audit_entry")]
    assert (actions.count("interview.cancelled"), actions.count("schedule.cancelled")) == (2, 1)
    assert await unaccounted() == 0


async def test_calling_off_meets_booking_cancelling_and_changing_and_ends_all_the_same() -> None:
    for _ in range(5):
        booked, open_ = await make_interview(), await make_interview()
        schedule = await book(booked)
        other, _ = await candidates.create(CandidateFields(full_name="B", email=f"{open_}@example.com"), by=TESTS)
        met = await asyncio.gather(
            cancel(booked),
            cancellations.cancel(schedule, by=TESTS, reason="", outbox=OUTBOX),
            cancel(open_),
            book(open_, minutes=200),
            interviews.change(open_, InterviewChanges(candidate=other.id), by=TESTS),
            return_exceptions=True,
        )
        assert all(isinstance(one, errors.Refused) for one in met if isinstance(one, BaseException)), met
        assert await state(booked) is await state(open_) is InterviewState.CANCELLED
    assert {row["state"] for row in await rows("schedule")} == {"cancelled"}
    assert {row["taken"] for row in await rows("slot")} == {0}
    assert await unaccounted() == 0


async def test_an_interview_that_is_booked_while_its_candidate_changes_is_the_candidates_of_its_booking() -> None:
    for number in range(5):
        interview = await make_interview()
        other, _ = await candidates.create(CandidateFields(full_name="B", email=f"{number}@example.com"), by=TESTS)
        met = await asyncio.gather(
            book(interview, minutes=60),
            interviews.change(interview, InterviewChanges(candidate=other.id), by=TESTS),
            return_exceptions=True,
        )
        assert isinstance(met[0], UUID)
        known = await interviews.find(interview)
        of_booking = await db.fetch_value("SELECT candidate FROM schedule WHERE id = $1", met[0])
        assert known.candidate == of_booking
        assert (known.candidate == other.id) == (not isinstance(met[1], errors.InterviewAlreadyScheduled))
    assert await unaccounted() == 0


async def test_every_combination_of_filters_lists_what_fits_and_nothing_else() -> None:
    for number in range(24):
        made = await interviews.create(
            CandidateFields(full_name="Asha", email=f"{number % 4}@example.com"),
            JobFields(title=f"Job {number % 3}", company="Example"),
            round_number=number + 1,
            by=TESTS,
        )
        state = list(InterviewState)[number % 6]
        starts_at = None if state is InterviewState.OPEN else soon(number // 2 * 60)
        await db.fetch(
            "UPDATE interview SET state = $2, started_at = $3, ended_at = $3 WHERE id = $1", made.id, state, starts_at
        )
    everything = await interviews.page(InterviewFilter(), limit=99, after=None)
    choices: dict[str, list[Any]] = {
        "state": [None, *InterviewState],
        "candidate": [None, everything[0].candidate],
        "job": [None, everything[0].job, db.new_id()],
        "starts_from": [None, soon(200)],
        "starts_before": [None, soon(500)],
    }
    for chosen in itertools.product(*choices.values()):
        wanted = dict(zip(choices, chosen, strict=True))
        late, early = wanted["starts_from"], wanted["starts_before"]
        fitting = [
            one
            for one in everything
            if all(wanted[name] in {None, getattr(one, name)} for name in ("state", "candidate", "job"))
            and (late is None or (one.started_at is not None and one.started_at >= late))
            and (early is None or (one.started_at is not None and one.started_at < early))
        ]
        if late or early:
            fitting.sort(key=lambda one: (one.started_at, one.id), reverse=True)
        first = await interviews.page(InterviewFilter(**wanted), limit=3, after=None)
        rest = await interviews.page(InterviewFilter(**wanted), limit=99, after=first[-1].id) if first else []
        assert first + rest == fitting, wanted


async def test_by_time_a_place_behind_what_was_not_booked_is_nowhere() -> None:
    ident = await make_interview()
    with pytest.raises(errors.BadInput, match=r"^after: must be the ID of an interview with a planned start"):
        await interviews.page(InterviewFilter(starts_from=soon()), limit=3, after=ident)
