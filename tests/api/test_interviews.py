from typing import Any

import httpx

from api.clients import NOWHERE, as_role, count, ok, problem
from hireloop.api.tables import Role
from samples import candidate_fields, job_fields, post_interview, post_slot

PATH = "/api/interviews/"


async def test_an_interview_of_a_known_candidate_and_job_is_stored_and_shown(api: httpx.AsyncClient) -> None:
    candidate = (await api.post("/api/candidates/", json=candidate_fields())).json()["id"]
    job = (await api.post("/api/jobs/", json=job_fields())).json()["id"]
    created = await api.post(PATH, json={"candidate": candidate, "job": job, "round": 2})
    assert created.status_code == 201
    body = created.json()
    assert (body["candidate"], body["job"], body["round"], body["state"]) == (candidate, job, 2, "open")
    for name in ("started_at", "ended_at", "session_key", "portal_url", "schedule", "invitation"):
        assert body[name] is None
    assert created.headers["location"] == f"{PATH}{body['id']}/"
    assert await ok(api, created.headers["location"]) == body


async def test_candidate_and_job_can_be_created_in_the_same_call(api: httpx.AsyncClient) -> None:
    body = {"candidate": candidate_fields(email="a@example.com"), "job": job_fields()}
    first = (await api.post(PATH, json=body)).json()
    second = (await api.post(PATH, json={**body, "round": 2})).json()
    assert (first["candidate"], first["job"]) == (second["candidate"], second["job"])
    assert (await ok(api, f"/api/candidates/{first['candidate']}"))["email"] == "a@example.com"
    assert await count(api, "/api/candidates/") == await count(api, "/api/jobs/") == 1


async def test_where_one_part_is_refused_nothing_is_stored(api: httpx.AsyncClient) -> None:
    known = job_fields(description="as known")
    assert (await api.post("/api/jobs/", json=known)).status_code == 201
    refused = await api.post(PATH, json={"candidate": candidate_fields(), "job": job_fields(description="otherwise")})
    assert problem(refused, 409, "differs-from-known")["fields"] == ["description"]
    assert await count(api, PATH) == await count(api, "/api/candidates/") == 0


BAD: list[tuple[dict[str, Any], str]] = [
    ({"candidate": NOWHERE}, "candidate"),
    ({"job": NOWHERE}, "job"),
    ({"candidate": "asha"}, "candidate"),
    ({"candidate": None}, "candidate"),
    ({"candidate": 7}, "candidate"),
    ({"candidate": candidate_fields(email="x")}, "candidate.email"),
    ({"candidate": candidate_fields(time_zone="Mars")}, "candidate.time_zone"),
    ({"candidate": candidate_fields(phone="1\x00")}, "candidate.phone"),
    ({"job": job_fields(title=" ")}, "job.title"),
    ({"job": job_fields(description="\x00")}, "job.description"),
    ({"round": 0}, "round"),
    ({"round": 101}, "round"),
    ({"round": "two"}, "round"),
    ({"round": True}, "round"),
    ({"rounds": 2}, "rounds"),
]


async def test_each_bad_field_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    for fields, field in BAD:
        body = {"candidate": candidate_fields(), "job": job_fields(), **fields}
        problem(await api.post(PATH, json=body), 400, "bad-input", field)
    assert await count(api, PATH) == await count(api, "/api/candidates/") == await count(api, "/api/jobs/") == 0


async def test_a_booked_interview_shows_times_link_schedule_and_invitation(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    booked = (await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})).json()
    shown = await ok(api, f"{PATH}{interview}/")
    assert shown["state"] == "scheduled"
    assert (shown["started_at"], shown["ended_at"]) == (booked["starts_at"], booked["ends_at"])
    assert shown["session_key"] == booked["session"]["session_key"]
    assert shown["portal_url"] == booked["session"]["portal_url"]
    assert shown["schedule"]["id"] == booked["id"]
    assert shown["invitation"] == shown["schedule"]["invitation"]
    assert (await ok(api, PATH))["items"] == [shown]
    await as_role(api, Role.VIEWER)
    seen = await ok(api, f"{PATH}{interview}/")
    assert (seen["session_key"], seen["portal_url"]) == (None, None)
    assert booked["session"]["session_key"] not in (await api.get(PATH)).text


async def test_an_unknown_interview_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")
