"""A form that is sent twice, also at the same time, creates one thing, and nobody else chooses its id."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from uuid import UUID

import pytest

from factories import TESTS, make_interview, rows
from hireloop import db
from hireloop.console.planning import once
from hireloop.scheduling import interviews
from hireloop.scheduling.interviews import InterviewDetails


def test_the_id_of_a_form_that_we_made_counts() -> None:
    made = db.new_id()
    assert once.ident_in({"form": str(made)}) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "8f14e45f-ceea-467f-a0e6-0f1d2b3c4d5e",
        str(UUID(int=0)),
        "01990000-0000-7000-8000-000000000001",
        str(UUID(int=((int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1_000) << 80) | (0x7 << 76) | (0x8 << 60)))),
    ],
)
def test_any_other_id_is_replaced(text: str) -> None:
    assert str(once.ident_in({"form": text})) != text


@pytest.mark.usefixtures("database")
async def test_ten_presses_at_once_create_one_interview() -> None:
    known = await interviews.find(await make_interview())
    ident = db.new_id()

    async def store(ident: UUID) -> InterviewDetails:
        return await interviews.create(known.candidate, known.job, ident=ident, by=TESTS)

    def press() -> Awaitable[tuple[InterviewDetails, bool]]:
        return once.done_once(ident, interviews.find, store, is_same=lambda _: True)

    results = await asyncio.gather(*(press() for _ in range(10)))
    assert [created for _, created in results].count(True) == 1
    assert {made.id for made, _ in results} == {ident}
    assert len(await rows("interview")) == 2
