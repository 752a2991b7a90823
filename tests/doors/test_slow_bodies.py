"""A body that does not arrive: every door answers in time with 408, and holds no transaction while it waits."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.clients import NOWHERE, problem
from api.documented import Documented
from console.signing import sign_in
from factories import post_interview, post_slot
from hireloop import app, session_keys
from hireloop.access.tables import Role
from hireloop.web.connections.deadlines import Deadlines, Patience
from sample_settings import SECRET

IMPATIENT = Patience(first_seconds=0.1, bytes_per_second=1000, most_seconds=0.5)
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture
async def hurried(application: Litestar, api: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an admin's key, of the same application with shorter deadlines."""
    transport = httpx.ASGITransport(app=Deadlines(app.traced(application), IMPATIENT))  # type: ignore[arg-type] # looser
    async with httpx.AsyncClient(transport=transport, base_url="https://hire.example", headers=api.headers) as client:
        yield client


class EndlessBody:
    """A body of which nothing more comes after its first bytes; it notes what the database does in the meantime."""

    def __init__(self, watcher: asyncpg.Connection, first: bytes = b"{") -> None:
        self._watcher, self._first = watcher, first
        self.is_awaited = False
        self.transactions: list[asyncpg.Record] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._first
        self.is_awaited = True
        # When a key was last used, and whose page has changed, is written by the way.
        self.transactions = await self._watcher.fetch(
            "SELECT query FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
            " AND pid <> pg_backend_pid() AND query !~ '^(UPDATE api_key SET last_used_at|SELECT pg_notify)'"
        )
        await asyncio.Event().wait()


@pytest.fixture
async def watcher(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def booked(api: httpx.AsyncClient) -> dict[str, str]:
    """Return the ids of one booking, by the names of parameters."""
    body = {"interview_id": await post_interview(api), "slot_id": await post_slot(api)}
    made = (await api.post("/api/interviews/schedules/book_interview/", json=body)).json()
    ids = {**body, "schedule_id": made["id"], "session_id": made["session"]["id"]}
    return {**ids, "delivery_id": made["invitation"]["deliveries"][0]["id"]}


async def test_every_operation_refuses_a_body_that_does_not_arrive(
    hurried: httpx.AsyncClient, api: httpx.AsyncClient, documented: Documented, watcher: asyncpg.Connection
) -> None:
    ids = await booked(api)
    tried = 0
    for method, path, operation in documented.operations.values():
        for kind in operation.get("requestBody", {}).get("content", {}):
            for more in ({}, {"Idempotency-Key": f"key {tried}"} if method == "post" else {}):
                tried += 1
                filled = path.format_map({name: ids.get(name, NOWHERE) for name in _parameters(path)})
                body = EndlessBody(watcher)
                answer = await hurried.request(method, filled, content=body, headers={"Content-Type": kind, **more})
                problem(answer, 408, "body-too-slow")
                assert answer.headers["connection"] == "close"
                assert body.is_awaited
                assert body.transactions == [], path
                await documented.check(answer)
    assert tried > 40


def _parameters(path: str) -> list[str]:
    return [part.strip("{}").partition(":")[0] for part in path.split("/") if part.startswith("{")]


async def test_so_does_every_form_of_a_page(
    hurried: httpx.AsyncClient, api: httpx.AsyncClient, application: Litestar, watcher: asyncpg.Connection
) -> None:
    ids = await booked(api)
    hurried.headers["Sec-Fetch-Site"] = "same-origin"
    await sign_in(hurried, Role.ADMIN)
    session = ids["session_id"]
    hurried.cookies.set(f"__Host-hireloop-{session}", session_keys.mint(SECRET, UUID(session), 1))
    awaited = 0
    for path in sorted(_pages_with_forms(application)):
        filled = path.format_map({name: ids.get(name, NOWHERE) for name in _parameters(path)})
        body = EndlessBody(watcher, b"csrf=a&slot=b")
        answer = await hurried.post(filled, content=body, headers={"Content-Type": FORM, "Authorization": ""})
        assert body.transactions == [], path
        if body.is_awaited:
            awaited += 1
            assert answer.status_code == 408, (path, answer.text)
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.headers["connection"] == "close"
        else:  # its form says everything by being sent
            assert answer.status_code < 500
    assert awaited > 10


def _pages_with_forms(application: Litestar) -> set[str]:
    return {
        route.path_format
        for route in application.routes
        if isinstance(route, HTTPRoute) and "POST" in route.methods and not route.path.startswith("/api")
    }


async def drip(client: httpx.AsyncClient, size: int, pause: float) -> httpx.Response:
    """Send the body of a new candidate in pieces of this size, with pauses, after many blanks."""

    async def pieces() -> AsyncIterator[bytes]:
        body = b" " * 1000 + b'{"full_name": "Asha Rao", "email": "asha@example.com", "time_zone": "Asia/Kolkata"}'
        for start in range(0, len(body), size):
            yield body[start : start + size]
            await asyncio.sleep(pause)

    return await client.post("/api/candidates/", content=pieces(), headers={"Content-Type": JSON})


async def test_bytes_that_drip_do_not_help_and_a_body_that_flows_is_taken(
    hurried: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    problem(await drip(hurried, 1, 0.01), 408, "body-too-slow")
    assert (await drip(api, 200, 0.01)).status_code == 201


def test_the_time_grows_with_what_has_arrived_and_has_an_end() -> None:
    patience = Patience()
    assert [patience.seconds(received) for received in (0, 500, 5_000, 10_000, 1_000_000)] == [10, 11, 20, 30, 30]
