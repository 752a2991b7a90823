"""Interviews that wait for a booking: newest first, of anybody or by the beginning of a name or address."""

import pytest

from factories import OUTBOX, TESTS, book, make_interview
from hireloop import db
from hireloop.scheduling import interviews
from hireloop.scheduling.bookings.lists import unbooked

pytestmark = pytest.mark.usefixtures("database")


async def names(beginning: str | None = None, limit: int = 50) -> list[str]:
    return [one.candidate_name for one in await unbooked.page(beginning=beginning, limit=limit)]


async def test_only_what_waits_is_listed_the_newest_first() -> None:
    for name in ("Asha Rao", "Zoë Meyer", "Cancelled", "Erased", "Booked"):
        made = await make_interview(full_name=name)
        if name == "Cancelled":
            await interviews.cancel(made, by=TESTS, reason="", outbox=OUTBOX)
        if name == "Erased":
            await db.fetch("UPDATE candidate SET erased_at = now() WHERE full_name = 'Erased'")
        if name == "Booked":
            await book(made)
    assert await names() == ["Zoë Meyer", "Asha Rao"]
    assert await names(limit=1) == ["Zoë Meyer"]


async def test_a_beginning_is_that_of_a_name_or_an_address() -> None:
    await make_interview(full_name="Asha Rao", email="x.rao@example.com")
    await make_interview(full_name="Zoë Meyer", email="zm@example.com")
    assert await names("ASHA") == ["Asha Rao"]
    assert await names("X.RAO@") == ["Asha Rao"]
    assert await names("Rao") == []
    assert await names("zoë") == ["Zoë Meyer"]
    assert await names("%") == []


async def test_one_is_found_while_it_waits() -> None:
    waiting = await make_interview(full_name="Asha Rao")
    found = await unbooked.find(waiting)
    assert found is not None
    assert (found.candidate_name, found.job_title, found.company, found.round) == (
        "Asha Rao",
        "Backend Engineer",
        "Example Labs",
        1,
    )
    await book(waiting)
    assert await unbooked.find(waiting) is None
    assert await unbooked.find(db.new_id()) is None
