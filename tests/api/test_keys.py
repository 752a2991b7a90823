from uuid import UUID

import httpx
import pytest

from api.clients import NOWHERE, ok, problem
from factories import rows
from hireloop import db

PATH = "/api/keys/"


async def test_a_key_is_shown_once_and_works(api: httpx.AsyncClient) -> None:
    made = await api.post(PATH, json={"name": "front", "role": "viewer"})
    assert made.status_code == 201
    assert made.headers["cache-control"] == "no-store"
    assert made.headers["location"] == f"{PATH}{made.json()['id']}/"
    body = made.json()
    assert (body["name"], body["role"]) == ("front", "viewer")
    assert body["created_at"].endswith("+05:30")
    listed = await api.get(PATH)
    assert body["key"] not in listed.text
    assert [item["name"] for item in listed.json()["items"]] == ["front", "tests"]
    assert all(body["key"] not in str(row) and body["key"][-43:] not in str(row) for row in await rows("api_key"))
    allowed = await api.get("/api/jobs/", headers={"Authorization": f"Bearer {body['key']}"})
    assert allowed.status_code == 200


async def test_a_revoked_key_is_refused_at_once_and_stays_listed(api: httpx.AsyncClient) -> None:
    made = (await api.post(PATH, json={"name": "front", "role": "admin"})).json()
    header = {"Authorization": f"Bearer {made['key']}"}
    assert (await api.get("/api/jobs/", headers=header)).status_code == 200
    revoked = await api.delete(f"{PATH}{made['id']}/")
    assert revoked.status_code == 200
    assert revoked.json()["revoked_at"].endswith("+05:30")
    problem(await api.get("/api/jobs/", headers=header), 401, "not-signed-in")
    shown = next(item for item in (await ok(api, PATH))["items"] if item["id"] == made["id"])
    assert shown == revoked.json() == await ok(api, f"{PATH}{made['id']}/")
    assert (await api.delete(f"{PATH}{made['id']}/")).json() == shown


async def test_a_key_expires_and_is_then_refused_as_an_unknown_one_is(api: httpx.AsyncClient) -> None:
    fields = {"name": "front", "role": "viewer", "expires_at": "2999-12-01T10:00:00Z"}
    made = (await api.post(PATH, json=fields)).json()
    assert made["expires_at"] == "2999-12-01T15:30:00+05:30"
    assert (await ok(api, f"{PATH}{made['id']}/"))["expires_at"] == made["expires_at"]
    lasting = (await api.post(PATH, json={"name": "lasting", "role": "viewer"})).json()
    assert lasting["expires_at"] is None
    await db.fetch(
        "UPDATE api_key SET created_at = now() - interval '1 day', expires_at = now() WHERE id = $1", UUID(made["id"])
    )
    answers = [
        await api.get("/api/jobs/", headers={"Authorization": f"Bearer {key}"})
        for key in (made["key"], f"hl_{'A' * 65}", lasting["key"][:-4] + "AAAA")
    ]
    for answer in answers:
        problem(answer, 401, "not-signed-in")
    assert len({answer.text for answer in answers}) == 1
    kept = {"date", "x-request-id"}
    assert len({str(sorted(it for it in one.headers.items() if it[0] not in kept)) for one in answers}) == 1


async def test_an_unknown_key_is_not_found(api: httpx.AsyncClient) -> None:
    for method in ("GET", "DELETE"):
        problem(await api.request(method, f"{PATH}{NOWHERE}/"), 404, "not-found")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "", "role": "viewer"}, "name"),
        ({"name": " ", "role": "viewer"}, "name"),
        ({"name": "a\x00", "role": "viewer"}, "name"),
        ({"name": "The  Candidate", "role": "viewer"}, "name"),
        ({"name": "hireloop", "role": "viewer"}, "name"),
        ({"name": "the command line", "role": "viewer"}, "name"),
        ({"name": "a" * 201, "role": "viewer"}, "name"),
        ({"name": "a", "role": "owner"}, "role"),
        ({"name": "a", "role": None}, "role"),
        ({"name": "a"}, "role"),
        ({"name": "a", "role": "viewer", "key": "hl_mine"}, "key"),
        ({"name": "a", "role": "viewer", "expires_at": "2026-11-21T10:00:00Z"}, "expires_at"),
        ({"name": "a", "role": "viewer", "expires_at": "2999-11-21T10:00:00"}, "expires_at"),
        ({"name": "a", "role": "viewer", "expires_at": "9999-12-31T23:59:59Z"}, "expires_at"),
        ({"name": "a", "role": "viewer", "expires_at": "90d"}, "expires_at"),
    ],
)
async def test_each_bad_field_is_a_problem_that_names_it(
    api: httpx.AsyncClient, fields: dict[str, object], field: str
) -> None:
    problem(await api.post(PATH, json=fields), 400, "bad-input", field)
