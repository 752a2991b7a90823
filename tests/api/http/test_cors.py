from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from api.clients import problem
from hireloop import app, db
from hireloop.web.size_limits import LONGEST_ADDRESS, LONGEST_COOKIES
from sample_settings import settings_for

FRONT = "https://front.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
ALLOWED = "access-control-allow-origin"


@asynccontextmanager
async def open_to(database_url: str, origins: str) -> AsyncIterator[httpx.AsyncClient]:
    built = app.build(settings_for(database_url, cors_origins=origins))
    transport = httpx.ASGITransport(app=app.traced(built))  # type: ignore[arg-type] # Litestar's ASGI types
    async with (
        db.opened(database_url, pool_size=1),
        httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client,
    ):
        yield client


@pytest.fixture
async def browser(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with open_to(database_url, f"{FRONT}/,https://two.example") as client:
        yield client


async def test_only_the_origins_that_are_named_are_allowed_to_the_letter(browser: httpx.AsyncClient) -> None:
    for origin in (FRONT, "https://two.example", "https://FRONT.example"):
        allowed = await browser.options("/api/jobs/", headers={**PREFLIGHT, "Origin": origin})
        assert (allowed.status_code, allowed.headers[ALLOWED]) == (204, origin)
        assert (await browser.get("/api/jobs/", headers={"Origin": origin})).headers[ALLOWED] == origin
    for origin in ("https://frontXexample", f"{FRONT}:8443", f"{FRONT}.evil.example", "http://front.example", "null"):
        refused = await browser.options("/api/jobs/", headers={**PREFLIGHT, "Origin": origin})
        problem(refused, 403, "not-allowed")
        read = await browser.get("/api/jobs/", headers={"Origin": origin})
        problem(read, 401, "not-signed-in")
        assert ALLOWED not in refused.headers
        assert ALLOWED not in read.headers


async def test_a_page_can_read_why_its_request_is_refused_before_anybody_reads_it(browser: httpx.AsyncClient) -> None:
    long = await browser.get("/api/jobs/?" + "a" * LONGEST_ADDRESS, headers={"Origin": FRONT})
    problem(long, 414, "address-too-long")
    fat = await browser.get("/api/jobs/", headers={"Origin": FRONT, "Cookie": "a" * (LONGEST_COOKIES + 1)})
    problem(fat, 431, "headers-too-large")
    for answer in (long, fat):
        assert answer.headers[ALLOWED] == FRONT
        assert answer.headers["vary"] == "Authorization, Origin"


async def test_what_is_for_people_is_read_by_no_other_page(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/console/sign-in/"):
        assert ALLOWED not in (await browser.get(path, headers={"Origin": FRONT})).headers


async def test_a_star_allows_every_origin(database_url: str) -> None:
    async with open_to(database_url, "*") as client:
        assert (await client.options("/api/jobs/", headers={**PREFLIGHT, "Origin": FRONT})).headers[ALLOWED] == FRONT
