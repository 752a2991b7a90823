"""What the tests of the API share: clients by role, and what every problem must look like."""

from typing import Any

import httpx

from hireloop.access import api_keys
from hireloop.access.tables import Role

NOWHERE = "01990000-0000-7000-8000-000000000000"  # an id that nothing has


async def as_role(client: httpx.AsyncClient, role: Role) -> httpx.AsyncClient:
    """Give the client a key of this role."""
    _, key = await api_keys.create(f"tests, {role.value}", role)
    client.headers["Authorization"] = f"Bearer {key}"
    return client


def problem(response: httpx.Response, status: int, slug: str, *fields: str) -> dict[str, Any]:
    """Assert that the response is this problem, in every member, about these fields; return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == slug, body
    assert body["type"] == f"https://hire.example/problems/{slug}", body
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert [wrong["field"] for wrong in body.get("errors", [])] == list(fields), body
    assert all(wrong["message"] for wrong in body.get("errors", []))
    return body


async def ok(client: httpx.AsyncClient, path: str) -> Any:  # noqa: ANN401 (JSON)
    response = await client.get(path)
    assert response.status_code == 200, response.text
    return response.json()


async def count(client: httpx.AsyncClient, path: str) -> int:
    items: list[Any] = (await ok(client, path))["items"]
    return len(items)
