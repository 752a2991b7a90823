from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar, Router, get
from litestar.routes import HTTPRoute

from api.clients import NOWHERE, as_role, problem
from hireloop import app
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.api.http.authentication import require_role
from hireloop.settings import Settings
from sample_settings import settings_for

RANK = {Role.VIEWER: 1, Role.RECRUITER: 2, Role.ADMIN: 3}


@get("/")
async def forgotten() -> str:
    """A new route whose author named no role."""
    return "secret"


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    extra = Router("/api/forgotten", route_handlers=[forgotten], guards=[require_role], opt={})
    return app.build(settings, extra_routes=[extra])


def routes(application: Litestar) -> Iterator[tuple[str, str]]:
    """Return every method and path of the API, with an id that nothing has in each placeholder."""
    for route in application.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/"):
            path = "/".join(NOWHERE if not isinstance(part, str) else part for part in route.path_components)
            yield from ((method, f"/{path}/") for method in sorted(route.methods - {"OPTIONS"}))


def least(method: str, path: str) -> Role:
    """Return the role that the contract asks for: keys, erasure, replays and the audit are for admins."""
    if path.startswith(("/api/keys/", "/api/audit/", "/api/forgotten/")) or path.endswith("/replay/"):
        return Role.ADMIN
    if method == "DELETE" and path.startswith("/api/candidates/"):
        return Role.ADMIN
    return Role.VIEWER if method == "GET" else Role.RECRUITER


async def test_there_are_routes_to_try(application: Litestar) -> None:
    found = list(routes(application))
    assert len(found) >= 22
    assert ("POST", f"/api/interviews/slots/{NOWHERE}/book_slot/") in found


async def test_without_a_key_every_route_answers_401(user: httpx.AsyncClient, application: Litestar) -> None:
    for method, path in routes(application):
        answered = await user.request(method, path)
        problem(answered, 401, "not-signed-in")
        assert answered.headers["www-authenticate"] == 'Bearer realm="HireLoop"'


@pytest.mark.parametrize("role", list(Role))
async def test_every_route_lets_in_whom_the_contract_lets_in(
    user: httpx.AsyncClient, application: Litestar, role: Role
) -> None:
    await as_role(user, role)
    for method, path in routes(application):
        answered = await user.request(method, path)
        if RANK[role] >= RANK[least(method, path)]:
            assert answered.status_code in {200, 400, 404, 415}, (method, path, answered.text)
        else:
            body = problem(answered, 403, "not-allowed")
            assert least(method, path).value in body["detail"]
            assert role.value in body["detail"]


def _raw(header: str | bytes) -> bytes:
    return header.encode() if isinstance(header, str) else header


async def test_every_bad_key_gets_the_same_answer(user: httpx.AsyncClient) -> None:
    known, key = await api_keys.create("one", Role.ADMIN)
    _, other = await api_keys.create("two", Role.ADMIN)
    revoked, dead = await api_keys.create("three", Role.ADMIN)
    await api_keys.revoke(revoked.id)
    assert known.id != revoked.id
    bad: list[str | bytes] = [
        "",
        "Bearer",
        "Bearer ",
        "Basic " + key,
        key,
        f"Bearer {key}x",
        f"Bearer {key[:-1]}",
        f"Bearer {key[:25]}{other[25:]}",  # one's name with another's secret
        f"Bearer {key.swapcase()}",
        f"Bearer hl_{'A' * 65}",
        f"Bearer {dead}",
        "Bearer " + "x" * 5000,
        b"Bearer hl_" + bytes(range(128, 193)),
    ]
    bodies = set()
    for header in bad:
        answered = await user.get("/api/jobs/", headers=[(b"Authorization", _raw(header))])
        problem(answered, 401, "not-signed-in")
        bodies.add(answered.text)
    assert len(bodies) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_schemes_case_does_not_matter(user: httpx.AsyncClient, scheme: str) -> None:
    _, key = await api_keys.create("one", Role.VIEWER)
    answered = await user.get("/api/jobs/", headers={"Authorization": f"{scheme}  {key} "})
    assert answered.status_code == 200


async def test_a_session_key_is_no_api_key(user: httpx.AsyncClient) -> None:
    for header in ("Bearer AZkAAAAAcACAAAAAAAAAAQ.1.zneLole4lvM", "AZkAAAAAcACAAAAAAAAAAQ.1.zneLole4lvM"):
        problem(await user.get("/api/jobs/", headers={"Authorization": header}), 401, "not-signed-in")


async def test_a_preflight_is_answered_without_a_key(database_url: str) -> None:
    built = app.build(settings_for(database_url, cors_origins="https://front.example"))
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    headers = {
        "Origin": "https://front.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    async with httpx.AsyncClient(transport=transport, base_url="https://hire.example") as client:
        allowed = await client.options("/api/jobs/", headers=headers)
        assert allowed.is_success
        assert allowed.headers["access-control-allow-origin"] == "https://front.example"
        assert "authorization" in allowed.headers["access-control-allow-headers"].lower()
        refused = await client.options("/api/jobs/", headers={**headers, "Origin": "https://evil.example"})
        assert refused.headers.get("access-control-allow-origin") != "https://evil.example"


async def test_two_keys_are_none(user: httpx.AsyncClient) -> None:
    _, key = await api_keys.create("one", Role.VIEWER)
    for values in ((key, "x"), ("x", key), (key, key)):
        headers = [("Authorization", f"Bearer {value}") for value in values]
        request = httpx.Request("GET", "https://hire.example/api/jobs/", headers=headers)
        problem(await user.send(request), 401, "not-signed-in")


async def test_every_role_may_ask_what_a_path_can_do(user: httpx.AsyncClient) -> None:
    await as_role(user, Role.VIEWER)
    assert (await user.options("/api/keys/")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
