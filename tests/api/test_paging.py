import random
from collections.abc import Awaitable, Callable
from itertools import islice
from uuid import UUID

import httpx
import pytest

from api.clients import NOWHERE, count, ok, problem
from api.factories import post_booking
from factories import candidate_fields, job_fields, post_interview, post_slot, soon
from hireloop import db
from hireloop.api.paging import page_of
from hireloop.scheduling.people import candidates
from hireloop.scheduling.people.candidates import CandidateDetails, CandidateFilter

Make = Callable[[httpx.AsyncClient, int], Awaitable[str]]


async def a_candidate(api: httpx.AsyncClient, _: int) -> str:
    ident: str = (await api.post("/api/candidates/", json=candidate_fields())).json()["id"]
    return ident


async def a_job(api: httpx.AsyncClient, number: int) -> str:
    ident: str = (await api.post("/api/jobs/", json=job_fields(title=f"Job {number}"))).json()["id"]
    return ident


async def an_interview(api: httpx.AsyncClient, _: int) -> str:
    return await post_interview(api)


async def a_slot(api: httpx.AsyncClient, number: int) -> str:
    return await post_slot(api, starts_at=soon(1000 - number // 2))  # two at a time start together


async def a_schedule(api: httpx.AsyncClient, _: int) -> str:
    ident: str = (await post_booking(api))["id"]
    return ident


async def a_delivery(api: httpx.AsyncClient, number: int) -> str:
    schedule = await ok(api, f"/api/interviews/schedules/{await a_schedule(api, number)}/")
    ident: str = schedule["invitation"]["deliveries"][0]["id"]
    return ident


async def a_key(api: httpx.AsyncClient, number: int) -> str:
    ident: str = (await api.post("/api/keys/", json={"name": f"key {number}", "role": "viewer"})).json()["id"]
    return ident


async def an_entry(api: httpx.AsyncClient, number: int) -> str:
    await a_key(api, number)
    ident: str = (await ok(api, "/api/audit/?limit=1"))["items"][0]["id"]
    return ident


LISTS: list[tuple[str, Make]] = [
    ("/api/candidates/", a_candidate),
    ("/api/jobs/", a_job),
    ("/api/interviews/", an_interview),
    ("/api/interviews/slots/", a_slot),
    ("/api/interviews/schedules/", a_schedule),
    ("/api/notifications/deliveries/", a_delivery),
    ("/api/keys/", a_key),
    ("/api/audit/", an_entry),
]
BY_TIME = {"/api/interviews/slots/", "/api/interviews/schedules/"}
NEWER_THAN_ALL = "ffffffff-ffff-7fff-bfff-ffffffffffff"
EVERY_LIST = pytest.mark.parametrize(("path", "make"), LISTS, ids=[path for path, _ in LISTS])


@EVERY_LIST
async def test_pages_hold_everything_once_also_while_more_is_stored(
    api: httpx.AsyncClient, path: str, make: Make
) -> None:
    before = [item["id"] for item in (await ok(api, path))["items"]]
    made = [await make(api, number) for number in range(5)]
    seen: list[str] = []
    after, number = None, 5
    while True:
        page = await ok(api, f"{path}?limit=2" + (f"&after={after}" if after else ""))
        assert set(page) == {"items", "next"}
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
        assert len(page["items"]) == 2
        made.append(await make(api, number))  # newer, or sooner: not on any page to come
        number += 1
    assert len(seen) == len(set(seen))
    assert set(seen) == {*before, *made[:5]}


@EVERY_LIST
async def test_a_limit_is_from_1_to_200(api: httpx.AsyncClient, path: str, make: Make) -> None:
    await make(api, 0)
    for limit in ("0", "201", "-1", "many", "1.5"):
        problem(await api.get(f"{path}?limit={limit}"), 400, "bad-input", "limit")
    for limit in ("1", "200"):
        assert (await ok(api, f"{path}?limit={limit}"))["items"]


@EVERY_LIST
async def test_a_cursor_is_an_id(api: httpx.AsyncClient, path: str, make: Make) -> None:
    await make(api, 0)
    problem(await api.get(f"{path}?after=first"), 400, "bad-input", "after")
    if path in BY_TIME:  # where in time such a one would be, nobody knows
        problem(await api.get(f"{path}?after={NOWHERE}"), 400, "bad-input", "after")
    else:
        assert await ok(api, f"{path}?after={NOWHERE}") == {"items": [], "next": None}  # older than everything
        assert await count(api, f"{path}?after={NEWER_THAN_ALL}") == await count(api, path)


async def _store(number: int) -> None:
    """Store a candidate whose id was made at some moment, by a process that came to commit it only now."""
    await db.fetch(
        "INSERT INTO candidate (id, full_name, email, created_at) VALUES ($1, 'A', $2, now())",
        UUID(int=number),
        f"{number}@example.com",
    )


@pytest.mark.usefixtures("database")
async def test_a_walk_sees_what_stood_when_it_began_once_whatever_is_committed_meanwhile() -> None:
    for seed in range(12):
        dice = random.Random(seed)  # noqa: S311 (so that a failure can be had again)
        numbers = dice.sample(range(1, 1_000), 40)
        for number in numbers[:20]:
            await _store(number)
        stood, seen, after = set(numbers[:20]), [], None
        late = iter(numbers[20:])
        while page := await candidates.page(CandidateFilter(), limit=dice.randint(1, 7), after=after):
            seen += [known.id.int for known in page]
            after = page[-1].id
            for _ in range(dice.randint(0, 3)):
                for number in islice(late, 1):
                    await _store(number)  # before the cursor or behind it
        assert len(seen) == len(set(seen))
        assert stood <= set(seen)
        assert seen == sorted(seen, reverse=True)
        await db.fetch("DELETE FROM candidate")


async def test_an_exact_page_has_no_next_one(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await a_candidate(api, 0)
    assert (await ok(api, "/api/candidates/?limit=2"))["next"] is None
    assert (await ok(api, "/api/candidates/?limit=1"))["next"] is not None


async def test_fifty_come_where_no_limit_is_given(api: httpx.AsyncClient) -> None:
    for number in range(51):
        await a_job(api, number)
    page = await ok(api, "/api/jobs/")
    assert len(page["items"]) == 50
    assert page["next"] == page["items"][-1]["id"]


def test_an_empty_list_is_one_empty_page() -> None:
    nobody: list[CandidateDetails] = []
    page = page_of(nobody, limit=2, view=str)
    assert (page.items, page.next) == ([], None)
