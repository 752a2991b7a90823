import asyncio

import pytest

from factories import TESTS, rows
from hireloop import db, errors
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobFields, JobFilter

pytestmark = pytest.mark.usefixtures("database")


async def test_a_job_is_created_once_and_then_known() -> None:
    new = JobFields(title="Baker", company="Example", questions=["Why?"], recruiter_email="r@example.com")
    known, created = await jobs.create(new, by=TESTS)
    assert created
    assert (known.description, known.coding_language, known.questions) == ("", "", ["Why?"])
    assert await jobs.create(JobFields(title="BAKER", company="EXAMPLE"), by=TESTS) == (known, False)
    assert await jobs.find(known.id) == known
    with pytest.raises(errors.DiffersFromKnown) as refused:
        await jobs.create(JobFields(title="Baker", company="Example", questions=[], description="Bread"), by=TESTS)
    assert refused.value.fields == ["description", "questions"]


async def test_many_who_create_one_job_at_once_get_one() -> None:
    ends = await asyncio.gather(*(jobs.create(JobFields(title="Baker", company="Example"), by=TESTS) for _ in range(9)))
    assert sum(created for _, created in ends) == 1
    assert len({known.id for known, _ in ends}) == len(await rows("job")) == 1


async def test_pages_go_from_the_newest_to_the_oldest() -> None:
    made = [(await jobs.create(JobFields(title=f"Job {n}", company="Example"), by=TESTS))[0] for n in range(4)]
    assert await jobs.page(JobFilter(), limit=2, after=None) == [made[3], made[2]]
    assert await jobs.page(JobFilter(), limit=9, after=made[2].id) == [made[1], made[0]]
    with pytest.raises(errors.NotFound):
        await jobs.find(db.new_id())
