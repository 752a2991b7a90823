"""Every path with every method and every way to be refused: no response lacks the headers that protect a browser."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from litestar import Litestar, get
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from api.clients import NOWHERE, problem
from hireloop import app
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.settings import Settings
from hireloop.web.size_limits import LONGEST_ADDRESS, LONGEST_COOKIES
from sample_settings import settings_for

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
MAY_BE_KEPT = ("/docs", "/schema/openapi.json", "/problems")
FRONT = "https://front.example"


@get("/api/breaks")
async def breaks() -> None:
    """Fail."""
    raise RuntimeError


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"cors_origins": [FRONT]})


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    return app.build(settings, extra_routes=[breaks])


def paths(application: Litestar) -> Iterator[str]:
    """Yield every path, and some that there are not."""
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            yield "/" + "/".join(NOWHERE if not isinstance(part, str) else part for part in route.path_components)
    yield from ("/nothing", "/api/nothing", "/console/nothing", "/docs/nothing", "/schema/nothing", "/health/nothing")


def faults(answer: httpx.Response) -> list[str]:
    """Return what the response lacks."""
    headers, path = answer.headers, answer.request.url.path
    wanted = {
        "x-content-type-options": "nosniff",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    found = [name for name, value in wanted.items() if headers.get(name) != value]
    found += [name for name in ("permissions-policy", "referrer-policy") if name not in headers]
    policy = headers.get("content-security-policy", "")
    found += (
        [] if "default-src 'none'" in policy and "frame-ancestors 'none'" in policy else ["content-security-policy"]
    )
    found += [f"{name} twice" for name in {*headers} if len(headers.get_list(name)) > 1 and name != "set-cookie"]
    may_be_kept = answer.status_code in {200, 304} and (path.startswith(MAY_BE_KEPT) or "/static/" in path)
    if not may_be_kept and headers.get("cache-control") != "no-store":
        found.append("cache-control")
    return found


async def test_every_path_with_every_method(api: httpx.AsyncClient, application: Litestar) -> None:
    tried = 0
    for key in (api.headers["Authorization"], "Bearer hl_wrong"):
        api.headers["Authorization"] = key
        for path in set(paths(application)):
            for method in METHODS:
                answer = await api.request(method, path)
                assert faults(answer) == [], (method, path, answer.status_code)
                tried += 1
    assert tried > 500


ODD: tuple[dict[str, str], ...] = (
    {"Host": "a, b"},
    {"Cookie": "a" * (LONGEST_COOKIES + 1)},
    {"Origin": "https://evil.example"},
    {"Origin": FRONT},
    {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
    {"Origin": FRONT, "Access-Control-Request-Method": "GET"},
    {"If-Match": '"another"'},
    {"If-None-Match": "*"},
    {"Content-Type": "text/html", "Idempotency-Key": '"'},
    {"Content-Type": "application/json", "Content-Length": "9999999"},
)


async def test_every_path_with_every_odd_head(api: httpx.AsyncClient, application: Litestar) -> None:
    for path in set(paths(application)):
        for method in ("GET", "POST", "OPTIONS"):
            for headers in ODD:
                answer = await api.request(method, path, headers=headers)
                assert faults(answer) == [], (method, path, headers, answer.status_code)
            long = await api.request(method, f"{path}?{'a' * LONGEST_ADDRESS}")
            assert faults(long) == []
            assert long.status_code == 414


async def test_a_mistake_of_a_handler_or_of_a_layer_has_them_too(api: httpx.AsyncClient) -> None:
    broken = await api.get("/api/breaks")
    assert (broken.status_code, faults(broken)) == (500, [])


@pytest.fixture
async def torn(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application in which a layer between the outermost and the handlers fails."""

    class Torn:
        def __init__(self, _app: ASGIApp, **_: object) -> None:
            pass

        async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
            raise RuntimeError("canary")

    monkeypatch.setattr(app, "HostCheck", Torn)
    transport = httpx.ASGITransport(app=app.traced(app.build(settings)))  # type: ignore[arg-type] # looser types
    async with httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client:
        yield client


async def test_a_mistake_of_a_layer_is_a_response_too(torn: httpx.AsyncClient) -> None:
    for path in ("/api/jobs/", "/", "/console/", "/health/live"):
        answer = await torn.get(path)
        assert (answer.status_code, faults(answer)) == (500, [])
        assert "canary" not in answer.text
    problem(await torn.get("/api/jobs/"), 500, "internal")


async def test_a_site_without_https_does_not_say_that_it_has_it(database_url: str) -> None:
    built = app.build(settings_for(database_url, base_url="http://localhost:8000"))
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        answer = await client.get("/health/live")
    assert "strict-transport-security" not in answer.headers
    assert "cross-origin-opener-policy" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_no_answer_of_the_api_is_kept(api: httpx.AsyncClient) -> None:
    await api_keys.create("another", Role.VIEWER)
    for path in ("/api/candidates/", "/api/keys/", "/api/jobs/", "/api/notifications/deliveries/"):
        answer = await api.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
