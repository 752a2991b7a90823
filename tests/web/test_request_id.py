import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, get
from opentelemetry.sdk.trace import TracerProvider
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from api.clients import NOWHERE, problem
from factories import job_fields
from hireloop import app, db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.settings import Settings
from hireloop.telemetry import spans
from hireloop.telemetry.logs import log
from sample_settings import settings_for

FRONT = "https://front.example"


@get("/api/says")
async def says() -> dict[str, object]:
    """Say what a log line of this request has besides."""
    log.info("said")
    return dict(get_contextvars())


@get("/api/breaks")
async def breaks() -> None:
    """Fail."""
    raise RuntimeError


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    return app.build(settings, extra_routes=[says, breaks])


async def answers(client: httpx.AsyncClient, headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
    """Yield an answer of every kind."""
    made = await client.post("/api/jobs/", json=job_fields(), headers={**headers, "Idempotency-Key": "1"})
    yield made
    yield await client.post("/api/jobs/", json=job_fields(), headers={**headers, "Idempotency-Key": "1"})
    listed = await client.get("/api/jobs/", headers=headers)
    yield listed
    yield await client.get("/api/jobs/", headers={**headers, "If-None-Match": listed.headers["etag"]})
    yield await client.head("/api/jobs/", headers=headers)
    yield await client.get("/api/jobs/?x=1", headers=headers)
    yield await client.get("/api/jobs/", headers={**headers, "Authorization": "no"})
    yield await client.get(f"/api/jobs/{NOWHERE}/", headers=headers)
    yield await client.get("/api/nothing/", headers=headers)
    yield await client.put("/api/jobs/", headers=headers)
    yield await client.post("/api/jobs/", json=job_fields(description="d" * 1_100_000), headers=headers)
    yield await client.get("/api/breaks", headers=headers)
    yield await client.get("/health/live", headers=headers)
    yield await client.get("/schema/openapi.json", headers=headers)


async def test_every_answer_says_which_request_it_is_to(api: httpx.AsyncClient) -> None:
    statuses = set()
    async for answer in answers(api, {"X-Request-ID": "order-7!~"}):
        assert answer.headers.get_list("x-request-id") == ["order-7!~"], answer.url
        statuses.add(answer.status_code)
    assert statuses == {200, 201, 304, 400, 401, 404, 405, 413, 500}
    async for answer in answers(api, {}):
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_the_trace_is_the_id_where_the_caller_has_none(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "_tracer", TracerProvider(shutdown_on_exit=False).get_tracer("tests"))
    answer = await api.get("/api/says")
    assert answer.headers["x-request-id"] == answer.headers["traceresponse"].split("-")[1]


async def test_an_odd_id_is_not_repeated(api: httpx.AsyncClient) -> None:
    for given in ("", "x" * 129, "two words", "नम", "a\x7f"):
        answer = await api.get("/api/says", headers=[(b"X-Request-ID", given.encode())])
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
        assert answer.json() == {}


async def test_log_lines_say_the_callers_id_and_only_during_its_request(api: httpx.AsyncClient) -> None:
    assert (await api.get("/api/says", headers={"X-Request-ID": "x" * 128})).json() == {"request_id": "x" * 128}
    assert (await api.get("/api/says")).json() == {}
    assert get_contextvars() == {}


async def test_a_path_that_is_only_for_writing_has_no_head_and_one_to_read_says_that_it_has(
    api: httpx.AsyncClient,
) -> None:
    refused = await api.head("/api/interviews/schedules/book_interview/")
    assert (refused.status_code, refused.content) == (405, b"")
    assert set(refused.headers["allow"].split(", ")) == {"OPTIONS", "POST"}
    assert set((await api.put("/api/jobs/")).headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}
    assert (await api.head("/health/live")).status_code == 200


@pytest.fixture
async def front(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A page of another origin that may call the API."""
    built = app.build(settings_for(database_url, cors_origins=FRONT), extra_routes=[breaks])
    transport = httpx.ASGITransport(app=app.traced(built))  # type: ignore[arg-type] # Litestar's ASGI types
    async with db.opened(database_url):
        _, key = await api_keys.create("front", Role.ADMIN)
        headers = {"Authorization": f"Bearer {key}", "Origin": FRONT}
        async with httpx.AsyncClient(transport=transport, base_url="https://hire.example", headers=headers) as client:
            yield client


async def test_a_page_of_an_allowed_origin_may_do_everything_and_read_everything(front: httpx.AsyncClient) -> None:
    sent = (
        "authorization, content-type, idempotency-key, if-match, if-none-match, x-request-id, traceparent, tracestate"
    )
    for method in ("GET", "HEAD", "POST", "PATCH", "DELETE"):
        asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": sent}
        answer = await front.options(f"/api/candidates/{NOWHERE}/", headers=asked)
        assert answer.is_success, answer.text
        assert answer.headers["access-control-allow-origin"] == FRONT
        assert method in answer.headers["access-control-allow-methods"].split(", ")
        allowed = {name.lower() for name in answer.headers["access-control-allow-headers"].split(", ")}
        assert set(sent.split(", ")) <= allowed
    async for answer in answers(front, {}):
        assert answer.headers["access-control-allow-origin"] == FRONT, answer.url
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        wanted = {"etag", "location", "retry-after", "x-request-id", "traceresponse", "idempotency-replayed"}
        assert wanted <= exposed
        if answer.url.path.startswith("/api"):
            assert answer.headers["vary"] == "Authorization, Origin"


async def test_other_origins_are_told_nothing(front: httpx.AsyncClient) -> None:
    front.headers["Origin"] = "https://evil.example"
    asked = {"Access-Control-Request-Method": "PATCH"}
    refused = await front.options("/api/jobs/", headers=asked)
    problem(refused, 403, "not-allowed")
    for answer in (refused, await front.get("/api/jobs/")):
        assert "access-control-allow-origin" not in answer.headers
    del front.headers["Origin"]
    assert (await front.get("/api/jobs/")).headers["vary"] == "Authorization, Origin"


async def test_the_id_is_in_the_line_of_a_failure(api: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        problem(await api.get("/api/breaks", headers={"X-Request-ID": "order-7"}), 500, "internal")
    assert [line["event"] for line in lines] == ["request.failed"]
