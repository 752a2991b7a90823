"""Whose time is up, on a real database."""

from datetime import timedelta
from uuid import UUID

import pytest

from factories import OUTBOX, TESTS, book, make_interview, soon
from hireloop import db, errors
from hireloop.api import erasures
from hireloop.scheduling import corrections, interviews
from hireloop.scheduling.people.candidates import CandidatePatch
from hireloop.scheduling.privacy import erasure, retention

pytestmark = pytest.mark.usefixtures("database")

A_YEAR = timedelta(days=365)


async def seen(days_ago: float, *, interview_days_ago: float | None = None, ends_in_days: float | None = None) -> UUID:
    """Store a candidate of that age, and return their id."""
    interview = await make_interview()
    if ends_in_days is not None:
        await book(interview)
        await db.fetch(
            "UPDATE schedule SET starts_at = $2, ends_at = $3 WHERE interview = $1",
            interview,
            soon(ends_in_days * 24 * 60 - 45),
            soon(ends_in_days * 24 * 60),
        )
    ago = interview_days_ago if interview_days_ago is not None else days_ago
    ident: UUID = await db.fetch_value(
        "UPDATE interview SET created_at = $2 WHERE id = $1 RETURNING candidate", interview, soon(-ago * 24 * 60)
    )
    await db.fetch("UPDATE candidate SET created_at = $2 WHERE id = $1", ident, soon(-days_ago * 24 * 60))
    return ident


async def test_due_is_with_whom_nothing_has_happened_for_longer() -> None:
    long_ago = await seen(400)
    long_over = await seen(800, ends_in_days=-366)
    erased = await seen(500)
    await erasure.erase(erased, by=TESTS, outbox=OUTBOX)
    await seen(364)
    await seen(400, interview_days_ago=10)
    await seen(800, ends_in_days=-364)
    await seen(800, ends_in_days=30)
    assert await retention.due(A_YEAR, limit=9) == [long_ago, long_over]


async def test_a_walk_goes_on_behind_the_last_one() -> None:
    everybody = [await seen(400) for _ in range(3)]
    first = await retention.due(A_YEAR, limit=2)
    assert first == everybody[:2]
    assert await retention.due(A_YEAR, limit=2, after=first[-1]) == everybody[2:]


async def test_a_change_of_a_candidate_is_something_that_happens_with_them() -> None:
    ident = await seen(400)
    await corrections.change(ident, CandidatePatch(phone="+49 30 1234"), by=TESTS, outbox=OUTBOX)
    assert await retention.due(A_YEAR, limit=9) == []


async def test_who_is_seen_after_they_were_listed_is_not_erased() -> None:
    ident, other = await seen(400), await seen(400)
    assert await retention.due(A_YEAR, limit=9) == [ident, other]
    await interviews.create(ident, await db.fetch_value("SELECT id FROM job"), by=TESTS)
    with pytest.raises(errors.NotFound):
        await erasures.erase(ident, by=TESTS, outbox=OUTBOX, older_than=A_YEAR)
    assert (await erasures.erase(other, by=TESTS, outbox=OUTBOX, older_than=A_YEAR)).candidate == other
