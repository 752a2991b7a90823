import httpx
import pytest

from api.clients import NOWHERE, ok, problem
from factories import rows

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
    ],
)
async def test_each_bad_field_is_a_problem_that_names_it(
    api: httpx.AsyncClient, fields: dict[str, object], field: str
) -> None:
    problem(await api.post(PATH, json=fields), 400, "bad-input", field)
