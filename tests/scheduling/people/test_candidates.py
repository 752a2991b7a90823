import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import TESTS, rows
from hireloop import db, errors
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateFields, CandidateFilter, refuse_differences

DATABASE = pytest.mark.usefixtures("database")


class Known(msgspec.Struct):
    a: str
    b: str | None
    email: str


TEXTS = st.text("abAB", max_size=2)


@given(a=TEXTS, b=st.none() | TEXTS, email=TEXTS, given_=st.dictionaries(st.sampled_from(["a", "b", "email"]), TEXTS))
def test_exactly_what_was_given_and_differs_is_named(a: str, b: str | None, email: str, given_: dict[str, Any]) -> None:
    known = Known(a, b, email)
    differing = [name for name, value in given_.items() if name != "email" and value != getattr(known, name)]
    try:
        refuse_differences("candidate", given_, known, but_for={"email"})
    except errors.DiffersFromKnown as refused:
        assert refused.fields == differing  # noqa: PT017 (which of the two is the point)
        assert differing
    else:
        assert not differing


@DATABASE
async def test_a_candidate_is_created_once_and_then_known() -> None:
    new = CandidateFields(full_name="Asha", email="asha@example.com", locale="en_IN")
    known, created = await candidates.create(new, by=TESTS)
    assert created
    assert await candidates.create(new, by=TESTS) == (known, False)
    assert await candidates.create(CandidateFields(full_name="Asha", email="ASHA@example.com"), by=TESTS) == (
        known,
        False,
    )
    assert await candidates.find(known.id) == known


@DATABASE
async def test_null_is_something_that_was_given_and_unset_is_not() -> None:
    await candidates.create(
        CandidateFields(full_name="Asha", email="a@example.com", time_zone="Asia/Kolkata"), by=TESTS
    )
    with pytest.raises(errors.DiffersFromKnown, match="time_zone"):
        await candidates.create(CandidateFields(full_name="Asha", email="a@example.com", time_zone=None), by=TESTS)


@DATABASE
async def test_case_is_ignored_beyond_ascii_too() -> None:
    known, _ = await candidates.create(CandidateFields(full_name="Jürgen", email="jürgen@example.com"), by=TESTS)
    again, created = await candidates.create(CandidateFields(full_name="Jürgen", email="JÜRGEN@example.com"), by=TESTS)
    assert (again.id, created) == (known.id, False)


@DATABASE
async def test_many_who_create_one_address_at_once_get_one_candidate() -> None:
    new = CandidateFields(full_name="Asha", email="asha@example.com")
    ends = await asyncio.gather(*(candidates.create(new, by=TESTS) for _ in range(9)))
    assert sum(created for _, created in ends) == 1
    assert len({known.id for known, _ in ends}) == len(await rows("candidate")) == 1


@DATABASE
async def test_pages_go_from_the_newest_to_the_oldest() -> None:
    made = [
        (await candidates.create(CandidateFields(full_name="A", email=f"{n}@b.example"), by=TESTS))[0] for n in range(5)
    ]
    assert await candidates.page(CandidateFilter(), limit=2, after=None) == [made[4], made[3]]
    assert await candidates.page(CandidateFilter(), limit=9, after=made[3].id) == [made[2], made[1], made[0]]
    assert await candidates.page(CandidateFilter(), limit=9, after=made[0].id) == []
    with pytest.raises(errors.NotFound):
        await candidates.find(db.new_id())
