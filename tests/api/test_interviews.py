import re
from typing import Any
from uuid import UUID

import httpx

from api.clients import NOWHERE, as_role, count, ok, problem
from api.factories import post_booking
from factories import OUTBOX, candidate_fields, job_fields, post_interview, post_slot, soon, unaccounted
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.sessions import sessions

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
    ({"candidate": NOWHERE, "job": job_fields(recruiter_email="x")}, "job.recruiter_email"),
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
    booked = await post_booking(api, interview, slot)
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


async def test_a_patch_changes_who_meets_whom_until_the_first_booking(api: httpx.AsyncClient) -> None:
    before = await ok(api, f"{PATH}{await post_interview(api)}/")
    path = f"{PATH}{before['id']}/"
    other = (await api.post("/api/candidates/", json=candidate_fields())).json()["id"]
    job = (await api.post("/api/jobs/", json=job_fields(title="Cook"))).json()["id"]
    changed = await api.patch(path, json={"candidate": other, "job": job, "round": 2})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**before, "candidate": other, "job": job, "round": 2} == await ok(api, path)
    (entry, *_) = (await ok(api, f"/api/audit/?subject={before['id']}"))["items"]
    assert (entry["action"], entry["candidate"]) == ("interview.changed", other)
    assert entry["details"] == {
        "was": {"candidate": before["candidate"], "job": before["job"], "round": 1},
        "now": {"candidate": other, "job": job, "round": 2},
    }
    schedule = await post_booking(api, before["id"])
    for fields in ({"candidate": before["candidate"]}, {"job": before["job"]}):
        body = problem(await api.patch(path, json=fields), 409, "interview-already-scheduled")
        assert "Create a new interview" in body["detail"]
    same = await api.patch(path, json={"candidate": other, "round": 3})  # the candidate that it has is no change
    assert (same.status_code, same.json()["round"], same.json()["state"]) == (200, 3, "scheduled")
    assert same.json()["schedule"]["id"] == schedule["id"]
    await api.post(f"/api/interviews/schedules/{schedule['id']}/cancel/")
    problem(await api.patch(path, json={"job": before["job"]}), 409, "interview-already-scheduled")


async def test_what_a_booking_sets_is_not_patched_and_the_answer_says_where_to_go(api: httpx.AsyncClient) -> None:
    interview = await post_interview(api)
    path = f"{PATH}{interview}/"
    for field in ("started_at", "ended_at", "slot", "schedule"):
        body = problem(await api.patch(path, json={field: None}), 400, "bad-input", field)
        assert "book_slot" in body["detail"]
    await post_booking(api, interview, minutes=0)
    for field in ("started_at", "ended_at", "slot", "schedule"):
        body = problem(await api.patch(path, json={field: soon(90).isoformat()}), 409, "use-reschedule")
        assert "/reschedule/" in body["detail"]
    shown = await ok(api, path)
    await sessions.enter(UUID(shown["schedule"]["session"]["id"]), 1, outbox=OUTBOX)
    problem(await api.patch(path, json={"slot": NOWHERE}), 409, "interview-in-progress")


async def test_a_missed_interview_is_moved_as_the_problem_says(api: httpx.AsyncClient) -> None:
    interview = await post_interview(api)
    booked = await post_booking(api, interview, minutes=1)
    past = "SET starts_at = starts_at - interval '1 day', ends_at = ends_at - interval '1 day'"
    await db.fetch(f"UPDATE schedule {past}")
    await db.fetch("UPDATE session SET opens_at = now() - interval '2 days', closes_at = now() - interval '1 day'")
    await db.fetch("UPDATE interview SET state = 'no_show'")
    body = problem(await api.patch(f"{PATH}{interview}/", json={"slot": NOWHERE}), 409, "use-reschedule")
    (path,) = re.findall(r"POST to `(.+?)`", body["detail"])
    free = await post_slot(api, starts_at=soon(300))
    elsewhere = await api.post(f"/api/interviews/slots/{free}/book_slot/", json={"interview_id": interview})
    body = problem(elsewhere, 409, "interview-already-scheduled")
    assert f"POST to `{path}`" in body["detail"]
    moved = await api.post(path.replace("{id}", str(booked["id"])), json={"slot_id": free})
    assert (moved.status_code, moved.json()["slot"]) == (200, free)


async def test_each_bad_patch_is_a_problem_that_names_it(api: httpx.AsyncClient) -> None:
    before = await ok(api, f"{PATH}{await post_interview(api)}/")
    path = f"{PATH}{before['id']}/"
    bad = [
        ({"candidate": NOWHERE}, "candidate"),
        ({"candidate": None}, "candidate"),
        ({"candidate": candidate_fields()}, "candidate"),
        ({"job": NOWHERE}, "job"),
        ({"round": 0}, "round"),
        ({"round": None}, "round"),
        ({"state": "completed"}, "state"),
    ]
    for fields, field in bad:
        problem(await api.patch(path, json=fields), 400, "bad-input", field)
    problem(await api.patch(f"{PATH}{NOWHERE}/", json={}), 404, "not-found")
    etag = (await api.get(path)).headers["etag"]
    assert (await api.patch(path, json={"round": 2}, headers={"If-Match": etag})).status_code == 200
    problem(await api.patch(path, json={"round": 3}, headers={"If-Match": etag}), 412, "changed-since")
    assert (await ok(api, path))["round"] == 2


async def test_an_interview_is_called_off_with_its_booking_and_for_good(api: httpx.AsyncClient) -> None:
    interview = await post_interview(api)
    booked = await post_booking(api, interview)
    cancelled = await api.post(f"{PATH}{interview}/cancel/", json={"reason": "The position is filled."})
    assert cancelled.status_code == 200, cancelled.text
    body = cancelled.json()
    assert (body["state"], body["started_at"], body["schedule"]) == ("cancelled", None, None)
    schedule = await ok(api, f"/api/interviews/schedules/{booked['id']}/")
    assert (schedule["state"], schedule["revision"]) == ("cancelled", 2)
    assert (await ok(api, f"/api/interviews/slots/{booked['slot']}/"))["taken"] == 0
    twice = await api.post(f"{PATH}{interview}/cancel/")
    assert (twice.status_code, twice.json()) == (200, body)
    again = await api.post(f"/api/interviews/slots/{booked['slot']}/book_slot/", json={"interview_id": interview})
    problem(again, 409, "interview-closed")
    entries = (await ok(api, f"/api/audit/?subject={interview}"))["items"]
    assert [entry["action"] for entry in entries] == ["interview.cancelled", "interview.created"]
    assert entries[0]["details"] == {"reason": "The position is filled."}
    problem(await api.post(f"{PATH}{NOWHERE}/cancel/"), 404, "not-found")
    problem(await api.post(f"{PATH}{interview}/cancel/", json={"why": ""}), 400, "bad-input", "why")
    assert await unaccounted() == 0


async def test_interviews_are_listed_by_state_candidate_job_and_time(api: httpx.AsyncClient) -> None:
    first, second, third = [await post_interview(api) for _ in range(3)]
    await post_booking(api, second, minutes=60)
    await post_booking(api, third, minutes=120)
    candidate = (await ok(api, f"{PATH}{first}/"))["candidate"]

    async def listed(**query: str) -> list[str]:
        answered = await api.get(PATH, params=query)
        assert answered.status_code == 200, answered.text
        return [item["id"] for item in answered.json()["items"]]

    assert await listed(state="open") == [first]
    assert await listed(state="scheduled") == [third, second]
    assert await listed(candidate=candidate) == [first]
    assert await listed(job=(await ok(api, f"{PATH}{first}/"))["job"]) == [third, second, first]
    assert await listed(**{"from": soon(90).isoformat()}) == [third]
    assert await listed(to=soon(90).isoformat()) == [second]
    assert await listed(state="scheduled", limit="1", after=third) == [second]
    for query, field in (
        ("state=over", "state"),
        ("from=2026-12-01T10:00:00", "from"),
        ("candidate=asha", "candidate"),
    ):
        problem(await api.get(f"{PATH}?{query}"), 400, "bad-input", field)
