import asyncio
from typing import Any

import msgspec
import pytest

from factories import TESTS, rows
from hireloop import db, errors
from hireloop.scheduling.people import jobs
from hireloop.scheduling.people.jobs import JobDetails, JobFields, JobFilter, JobPatch

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
    insert = jobs._insert  # noqa: SLF001 (between the look-up and it)
    others: list[JobDetails] = []

    async def insert_after_others(*args: Any) -> dict[str, Any] | None:  # noqa: ANN401 (as they are)
        if others:
            return await insert(*args)
        others.append(msgspec.convert(await insert(*args), JobDetails))
        row = await insert(*args)  # that title and company are taken
        await db.fetch("UPDATE job SET title = 'Cook' WHERE id = $1", others[0].id)
        return row

    monkeypatch.setattr(jobs, "_insert", insert_after_others)
    again, created = await jobs.create(JobFields(title="Baker", company="Example"), by=TESTS)
    assert (created, again.title) == (True, "Baker")
    assert again.id != others[0].id


async def test_an_unknown_coding_language_stays_until_it_is_changed() -> None:
    known, _ = await jobs.create(JobFields(title="Baker", company="Example", coding_language="C#"), by=TESTS)
    assert known.coding_language == "csharp"
    await db.fetch("UPDATE job SET coding_language = 'klingon'")
    for language in ("klingon", "C#"):
        new = JobFields(title="Baker", company="Example", coding_language=language)
        if language == "klingon":
            assert (await jobs.create(new, by=TESTS))[0].id == known.id
        else:
            with pytest.raises(errors.DiffersFromKnown, match="coding_language"):
                await jobs.create(new, by=TESTS)
    kept = await jobs.change(known.id, JobPatch(description="Bread", coding_language="klingon"), by=TESTS)
    assert (kept.description, kept.coding_language) == ("Bread", "klingon")
    with pytest.raises(errors.BadInput, match=r"^coding_language: must be one coding language.* python, "):
        await jobs.change(known.id, JobPatch(coding_language="klingon!"), by=TESTS)
    assert (await jobs.change(known.id, JobPatch(coding_language=""), by=TESTS)).coding_language == ""


async def test_pages_go_from_the_newest_to_the_oldest() -> None:
    made = [(await jobs.create(JobFields(title=f"Job {n}", company="Example"), by=TESTS))[0] for n in range(4)]
    assert await jobs.page(JobFilter(), limit=2, after=None) == [made[3], made[2]]
    assert await jobs.page(JobFilter(), limit=9, after=made[2].id) == [made[1], made[0]]
    with pytest.raises(errors.NotFound):
        await jobs.find(db.new_id())
