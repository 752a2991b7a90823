import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from api.clients import NOWHERE, as_role, problem
from factories import post_interview, post_slot
from hireloop import app, db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from sample_settings import settings_for


@pytest.fixture
async def two(database_url: str) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two applications on one database, each with what it knows of its own, as two server processes have."""
    async with db.opened(database_url), AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            built = app.build(settings_for(database_url, rate_limit=6))
            transport = httpx.ASGITransport(app=app.traced(built))  # type: ignore[arg-type] # Litestar's ASGI types
            client = httpx.AsyncClient(transport=transport, base_url="https://hire.example")
            clients.append(await stack.enter_async_context(client))
        yield clients


async def test_a_keys_requests_are_counted_over_all_processes_and_nobody_elses(two: list[httpx.AsyncClient]) -> None:
    keys = [(await api_keys.create(name, Role.VIEWER))[1] for name in ("one", "other")]
    mine, others = ({"Authorization": f"Bearer {key}"} for key in keys)
    for forged in (keys[0][:-1] + "!", keys[0][:-3] + "abc"):  # a bad key has no budget, and spends nobody's
        for client in two * 5:
            problem(await client.get("/api/jobs/", headers={"Authorization": f"Bearer {forged}"}), 401, "not-signed-in")
    answers = await asyncio.gather(*(two[n % 2].get("/api/jobs/", headers=mine) for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [429] * 4
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem(refused, 429, "too-many-requests")
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    for client in two:
        assert (await client.get("/api/jobs/", headers=others)).status_code == 200
        assert (await client.get("/health/live")).status_code == 200


async def test_without_a_limit_nothing_is_counted(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/jobs/")).status_code == 200
    assert await db.fetch("SELECT FROM request_rate") == []


async def test_a_booking_that_asks_for_nothing_special_costs_two_round_trips(database_url: str) -> None:
    built = app.build(settings_for(database_url))
    transport = httpx.ASGITransport(app=app.traced(built))  # type: ignore[arg-type] # Litestar's ASGI types
    statements: list[str] = []
    async with (
        db.opened(database_url, pool_size=1) as engine,
        httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client,
    ):
        _, key = await api_keys.create("tests", Role.RECRUITER)
        client.headers["Authorization"] = f"Bearer {key}"
        assert engine.pool is not None
        async with engine.pool.acquire() as connection:
            connection.add_query_logger(lambda record: statements.append(record.query))
        for _ in range(2):  # with the first one the driver also asks for types that it has not met
            interview, slot = await post_interview(client), await post_slot(client)
            statements.clear()
            booked = await client.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
            assert booked.status_code == 201
        assert len(statements) == 2
        assert "INSERT INTO delivery" in statements[1]


async def test_who_is_refused_is_told_whether_a_key_was_sent_or_was_wrong(api: httpx.AsyncClient) -> None:
    realm = 'Bearer realm="HireLoop"'
    wrong = f'{realm}, error="invalid_token", error_description="The API key is unknown, revoked or expired."'
    for authorization, challenge in (
        ("", realm),
        ("Basic dXNlcjpwYXNz", realm),
        ("Token hl_x", realm),
        ("Bearer", wrong),
        ("Bearer ", wrong),
        ("Bearer hl_x", wrong),
        ("bearer hl_x", wrong),
        (f"Bearer hl_{'A' * 65}", wrong),
        (f"{api.headers['Authorization']}x", wrong),
    ):
        for method in ("GET", "POST", "PATCH"):
            refused = await api.request(
                method,
                "/api/jobs/" if method != "PATCH" else f"/api/jobs/{NOWHERE}/",
                headers={"Authorization": authorization},
            )
            problem(refused, 401, "not-signed-in")
            assert refused.headers.get_list("www-authenticate") == [challenge], authorization
    await as_role(api, Role.VIEWER)
    forbidden = await api.post("/api/jobs/", json={})
    problem(forbidden, 403, "not-allowed")
    assert forbidden.headers["www-authenticate"] == f'{realm}, error="insufficient_scope"'
    assert "www-authenticate" not in (await api.get("/api/jobs/")).headers
