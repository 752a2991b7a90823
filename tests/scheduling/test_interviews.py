import asyncio

import pytest

from hireloop import db, errors
from hireloop.scheduling import candidates, interviews, jobs
from hireloop.scheduling.candidates import NewCandidate
from hireloop.scheduling.jobs import NewJob
from hireloop.scheduling.tables import InterviewState
from samples import rows

pytestmark = pytest.mark.usefixtures("database")

ASHA = NewCandidate(full_name="Asha", email="asha@example.com")
BAKER = NewJob(title="Baker", company="Example")


async def test_an_interview_brings_its_candidate_and_job_where_they_are_new() -> None:
    first = await interviews.create(ASHA, BAKER)
    assert (first.state, first.round, first.started_at, first.ended_at) == (InterviewState.OPEN, 1, None, None)
    second = await interviews.create(first.candidate, first.job, round_number=2)
    third = await interviews.create(ASHA, BAKER, round_number=3)
    assert {one.candidate for one in (first, second, third)} == {(await rows("candidate"))[0]["id"]}
    assert {one.job for one in (first, second, third)} == {(await rows("job"))[0]["id"]}
    assert await interviews.find(second.id) == second
    assert await interviews.page(limit=2, after=None) == [third, second]
    assert await interviews.page(limit=9, after=second.id) == [first]


async def test_all_or_nothing_is_stored() -> None:
    await jobs.create(NewJob(title="Baker", company="Example", description="Bread"))
    with pytest.raises(errors.DiffersFromKnown):
        await interviews.create(ASHA, NewJob(title="Baker", company="Example", description="Cake"))
    with pytest.raises(errors.BadInput, match=r"^job: There is no job"):
        await interviews.create(ASHA, db.new_id())
    assert await rows("candidate") == await rows("interview") == []


async def test_an_unknown_id_names_its_field() -> None:
    with pytest.raises(errors.BadInput) as refused:
        await interviews.create(db.new_id(), BAKER)
    assert refused.value.field == "candidate"
    with pytest.raises(errors.NotFound):
        await interviews.find(db.new_id())


async def test_many_at_once_share_the_candidate_and_the_job_that_they_bring() -> None:
    made = await asyncio.gather(*(interviews.create(ASHA, BAKER, round_number=n + 1) for n in range(8)))
    assert len({one.candidate for one in made}) == len({one.job for one in made}) == 1
    assert len(await rows("interview")) == 8


async def test_candidates_and_jobs_that_meet_crosswise_do_not_deadlock() -> None:
    people = [NewCandidate(full_name="A", email=f"{n}@example.com") for n in range(2)]
    openings = [NewJob(title=f"Job {n}", company="Example") for n in range(2)]
    crossing = [interviews.create(people[n % 2], openings[n // 2 % 2]) for n in range(12)]
    assert len(await asyncio.gather(*crossing)) == 12
    assert len(await candidates.page(limit=9, after=None)) == 2
