import asyncio
from typing import Any

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


async def test_a_job_that_is_renamed_while_it_is_looked_up_is_in_nobodys_way(monkeypatch: pytest.MonkeyPatch) -> None:
    known, _ = await jobs.create(JobFields(title="Baker", company="Example"), by=TESTS)
    insert = jobs._insert  # noqa: SLF001 (between it and the look-up)

    async def insert_then_rename(*args: Any) -> dict[str, Any] | None:  # noqa: ANN401 (as they are)
        row = await insert(*args)
        await db.fetch("UPDATE job SET title = 'Cook' WHERE id = $1", known.id)
        return row

    monkeypatch.setattr(jobs, "_insert", insert_then_rename)
    again, created = await jobs.create(JobFields(title="Baker", company="Example"), by=TESTS)
    assert (created, again.title) == (True, "Baker")
    assert again.id != known.id


async def test_pages_go_from_the_newest_to_the_oldest() -> None:
    made = [(await jobs.create(JobFields(title=f"Job {n}", company="Example"), by=TESTS))[0] for n in range(4)]
    assert await jobs.page(JobFilter(), limit=2, after=None) == [made[3], made[2]]
    assert await jobs.page(JobFilter(), limit=9, after=made[2].id) == [made[1], made[0]]
    with pytest.raises(errors.NotFound):
        await jobs.find(db.new_id())
