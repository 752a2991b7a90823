import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from litestar import Litestar, get
from litestar.exceptions import HTTPException
from structlog.testing import capture_logs

from api.clients import problem
from api.factories import request_scope
from factories import job_fields
from hireloop import app, db, errors
from hireloop.settings import Settings
from hireloop.web import problems
from sample_settings import settings_for
from servers.databases import as_owner

JSON = {"Content-Type": "application/json"}


@get("/api/breaks")
async def breaks() -> None:
    raise RuntimeError("canary asha@example.com")


@get("/api/violates")
async def violates() -> None:
    await db.fetch(
        "INSERT INTO candidate (id, full_name, email, created_at) VALUES ($1, '', 'canary@example.com', now())",
        db.new_id(),
    )


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    return app.build(settings, extra_routes=[breaks, violates])


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b"7", "body"),
        (b'"text"', "body"),
        (b"{}", "title company"),
    ],
)
async def test_a_body_that_is_no_such_object_is_told_in_words(api: httpx.AsyncClient, body: bytes, fields: str) -> None:
    answered = problem(await api.post("/api/jobs/", content=body, headers=JSON), 400, "bad-input", *fields.split())
    assert "data" not in answered["detail"]


@pytest.mark.parametrize(
    "body", [b"{", b'{"title": }', b"\xff\xfe", b"title=Baker", b"{'title': 'Baker'}", b"[" * 5000]
)
async def test_what_is_no_json_is_a_bad_request(api: httpx.AsyncClient, body: bytes) -> None:
    answered = await api.post("/api/jobs/", content=body, headers=JSON)
    assert answered.status_code == 400
    assert answered.headers["content-type"] == problems.MEDIA_TYPE
    assert answered.json()["code"] == "bad-input"


async def test_routing_refusals_are_problems_too(api: httpx.AsyncClient) -> None:
    problem(await api.get("/api/nothing/"), 404, "not-found")
    problem(await api.get("/api/jobs/7/"), 404, "not-found")
    answered = await api.put("/api/jobs/", json={})
    problem(answered, 405, "method-not-allowed")
    assert set(answered.headers["allow"].replace(" ", "").split(",")) >= {"GET", "POST"}
    huge = job_fields(description="d" * 1_100_000)
    problem(await api.post("/api/jobs/", json=huge), 413, "too-large")


async def test_people_get_a_page_where_programs_get_a_problem(user: httpx.AsyncClient) -> None:
    answered = await user.get("/nothing-here")
    assert answered.status_code == 404
    assert answered.headers["content-type"].startswith("text/html")


async def test_a_mistake_of_ours_says_nothing_of_itself(user: httpx.AsyncClient) -> None:
    for path in ("/api/breaks", "/api/violates"):
        with capture_logs() as logs:
            answered = await user.get(path)
        body = problem(answered, 500, "internal")
        assert "canary" not in answered.text
        assert "RuntimeError" not in answered.text
        assert "traceresponse" in body["detail"]
        (entry,) = [line for line in logs if line["event"] == "request.failed"]
        assert entry["path"] == path
        assert "canary" not in str({**entry, "exc_info": None})
    assert entry["cause"] == "CheckViolationError 23514 candidate_has_a_name"


@pytest.fixture
async def cut(database_url: str, tmp_path: Path) -> AsyncIterator["Cable"]:
    cable = Cable(database_url, tmp_path)
    await cable.plug_in()
    yield cable
    await cable.pull()


class Cable:
    """A socket between the application and its database that can be pulled and plugged in again."""

    def __init__(self, database_url: str, folder: Path) -> None:
        parts = urlsplit(database_url)
        query = parse_qs(parts.query)
        (directory,) = query["host"]
        port = query.get("port", [str(parts.port or 5432)])[0]
        self.name = f".s.PGSQL.{port}"
        self.real, self.ours = Path(directory) / self.name, folder / self.name
        self.url = urlunsplit(parts._replace(query=urlencode({**query, "host": str(folder)}, doseq=True)))
        self._open: set[asyncio.StreamWriter] = set()

    async def plug_in(self) -> None:
        self._server = await asyncio.start_unix_server(self._carry, self.ours)

    async def pull(self) -> None:
        self._server.close()
        for writer in self._open:
            writer.close()
        await asyncio.sleep(0.05)
        self.ours.unlink(missing_ok=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self.real)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


async def test_a_database_that_went_away_is_503_and_comes_back_by_itself(cut: Cable) -> None:
    built = app.build(settings_for(cut.url, database_pool_size=2))
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    async with built.lifespan(), httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client:
        from hireloop.access import api_keys
        from hireloop.access.tables import Role

        _, key = await api_keys.create("tests", Role.ADMIN)
        client.headers["Authorization"] = f"Bearer {key}"
        assert (await client.post("/api/jobs/", json=job_fields())).status_code == 201
        await cut.pull()
        for _ in range(4):  # more often than the pool has connections
            with capture_logs():
                answered = await client.post("/api/jobs/", json=job_fields(title="Lost"))
            problem(answered, 503, "database-away")
            assert answered.headers["retry-after"] == "2"
            assert str(cut.ours) not in answered.text
        ready = await client.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json()["reasons"][0].startswith("The database is unavailable (")
        assert (await client.get("/health/delivery")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200
        await cut.plug_in()
        assert (await client.post("/api/jobs/", json=job_fields(title="Found"))).status_code == 201
        assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (errors.DatabaseNotReady(), 503, "database-not-ready"),
        (errors.Refused(), 409, "refused"),
        (errors.SettingsError("A sentence of ours."), 500, "internal"),
        (HTTPException(status_code=415, detail="Unsupported Media Type"), 415, "unsupported-media-type"),
        (HTTPException(status_code=429, detail="Slow down"), 429, "bad-input"),
        (ConnectionResetError("canary"), 503, "database-away"),
        (TimeoutError("canary"), 503, "database-away"),
        (asyncpg.InterfaceError("canary"), 503, "database-away"),
        (asyncpg.AdminShutdownError("canary"), 503, "database-away"),
        (asyncpg.DeadlockDetectedError("canary"), 503, "database-busy"),
        (asyncpg.IdleInTransactionSessionTimeoutError("canary"), 503, "database-away"),
        (asyncpg.UniqueViolationError("canary"), 500, "internal"),
        (KeyError("canary"), 500, "internal"),
    ],
)
def test_any_exception_is_some_problem(error: Exception, status: int, slug: str) -> None:
    found = problems.problem_of(error)
    assert (found.status, found.code) == (status, slug)
    assert found.title
    assert "canary" not in found.detail


async def test_an_answer_is_no_echo(api: httpx.AsyncClient) -> None:
    for sent in ({"x" * 500_000: 1}, {"name": "n", "role": "x" * 500_000}):
        answered = await api.post("/api/keys/", json={"name": "n", "role": "viewer", **sent})
        (wrong,) = answered.json()["errors"]
        problem(answered, 400, "bad-input", wrong["field"])
        assert len(answered.content) < 1_000


async def test_a_body_that_breaks_off_is_nobodys_mistake_of_ours(api: httpx.AsyncClient, application: Litestar) -> None:
    for header in ([], [(b"idempotency-key", b"1")]):
        parts = [{"type": "http.request", "body": b'{"ti', "more_body": True}, {"type": "http.disconnect"}]
        sent: list[Any] = []

        async def receive(parts: list[Any] = parts) -> Any:  # noqa: ANN401 (ASGI)
            return parts.pop(0)

        async def send(message: Any, sent: list[Any] = sent) -> None:  # noqa: ANN401 (ASGI)
            sent.append(message)

        scope: Any = request_scope(api, "/api/jobs/", *header)
        with capture_logs() as lines:
            await application(scope, receive, send)
        assert [message.get("status") for message in sent] == [400, None]
        assert lines == []


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (asyncpg.DiskFullError(), 503, "database-away"),
        (asyncpg.LockNotAvailableError(), 503, "database-away"),
        (asyncpg.QueryCanceledError(), 503, "database-away"),
        (asyncpg.ReadOnlySQLTransactionError(), 503, "database-away"),
        (ConnectionRefusedError(), 503, "database-away"),
        (asyncpg.DeadlockDetectedError(), 503, "database-busy"),
        (asyncpg.UndefinedColumnError(), 500, "internal"),
        (asyncpg.InsufficientPrivilegeError(), 500, "internal"),
        (asyncpg.InvalidPasswordError(), 500, "internal"),
        (asyncpg.CheckViolationError(), 500, "internal"),
        (asyncpg.InternalServerError(), 500, "internal"),
    ],
)
def test_only_a_failure_of_the_database_that_may_pass_is_unavailable(error: Exception, status: int, slug: str) -> None:
    found = problems.problem_of(error)
    assert (found.status, found.code) == (status, slug)


async def test_a_refused_statement_is_an_internal_error_whose_log_line_names_it(
    api: httpx.AsyncClient, database_url: str
) -> None:
    await as_owner(database_url, "ALTER TABLE job RENAME TO position")
    with capture_logs() as logs:
        problem(await api.get("/api/jobs/"), 500, "internal")
    (entry,) = [line for line in logs if line["event"] == "request.failed"]
    assert entry["cause"] == "UndefinedTableError 42P01"
