import httpx

from api.clients import NOWHERE, as_role, ok, problem
from api.factories import post_booking
from factories import OUTBOX, candidate_fields, job_fields, post_interview, post_slot, rows, soon, unaccounted
from hireloop import db
from hireloop.access.tables import Role
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck


async def test_a_session_shows_window_device_check_entry_and_end(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api, starts_at=soon())
    schedule = await post_booking(api, interview, slot)
    path = f"/api/interviews/sessions/{schedule['session']['id']}/"
    shown = await ok(api, path)
    assert (shown["schedule"], shown["interview"]) == (schedule["id"], interview)
    assert (shown["state"], shown["key_version"]) == ("scheduled", 1)
    assert (shown["opens_at"], shown["closes_at"]) == (
        schedule["session"]["opens_at"],
        schedule["session"]["closes_at"],
    )
    assert (shown["device_check"], shown["entered_at"], shown["left_at"], shown["revoked_at"]) == (None,) * 4
    (row,) = await rows("session")
    await sessions.record_device_check(row["id"], DeviceCheck(camera="ok", microphone="NotFoundError"))
    await sessions.enter(row["id"], 1, outbox=OUTBOX)
    shown = await ok(api, path)
    assert shown["state"] == "entered"
    assert shown["entered_at"].endswith("+05:30")
    assert (shown["device_check"]["camera"], shown["device_check"]["microphone"]) == ("ok", "NotFoundError")
    await sessions.leave(row["id"], 1, outbox=OUTBOX)
    assert (await ok(api, path))["state"] == "finished"
    assert (await ok(api, f"/api/interviews/{interview}/"))["state"] == "completed"


async def test_a_session_says_who_is_interviewed_about_what_and_in_which_language(api: httpx.AsyncClient) -> None:
    person = {"time_zone": "Europe/Berlin", "locale": "de-DE", "resume_text": "Ten years of PostgreSQL."}
    body = {
        "candidate": candidate_fields(**person),
        "job": job_fields(title="Data Engineer", coding_language="python"),
        "round": 2,
    }
    interview = (await api.post("/api/interviews/", json=body)).json()
    booked = await post_booking(api, interview["id"], await post_slot(api))
    shown = await ok(api, f"/api/interviews/sessions/{booked['session']['id']}/")
    about = {name: shown[name] for name in ("candidate", "job", "round", "interview")}
    assert about == {**{name: interview[name] for name in ("candidate", "job", "round")}, "interview": interview["id"]}
    assert {name: shown[name] for name in person} == person
    names = (shown["candidate_name"], shown["job_title"], shown["company"], shown["coding_language"])
    assert names == ("Asha Rao", "Data Engineer", "Example Labs", "python")


async def test_a_candidate_without_a_resume_or_a_language_has_none(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api, await post_interview(api), await post_slot(api))
    shown = await ok(api, f"/api/interviews/sessions/{booked['session']['id']}/")
    assert (shown["resume_text"], shown["coding_language"], shown["locale"], shown["time_zone"]) == ("", "", None, None)


async def test_the_session_of_an_erased_person_names_nobody(api: httpx.AsyncClient) -> None:
    interview = await post_interview(api, resume_text="Ten years of PostgreSQL.", locale="de-DE")
    booked = await post_booking(api, interview, await post_slot(api))
    candidate = (await ok(api, f"/api/interviews/{interview}/"))["candidate"]
    assert (await api.delete(f"/api/candidates/{candidate}/")).status_code == 204
    shown = await ok(api, f"/api/interviews/sessions/{booked['session']['id']}/")
    assert [shown[name] for name in ("candidate", "candidate_name", "resume_text", "locale")] == [None, None, "", None]
    assert (shown["job_title"], shown["state"]) == ("Backend Engineer", "revoked")


async def test_a_session_and_its_booking_have_the_device_check_and_the_request_for_another_time(
    api: httpx.AsyncClient,
) -> None:
    booked = await post_booking(api, await post_interview(api), await post_slot(api))
    session, booking = (f"/api/interviews/{kind}/" for kind in ("sessions", "schedules"))
    session, booking = f"{session}{booked['session']['id']}/", f"{booking}{booked['id']}/"
    assert (booked["session"]["device_check"], booked["session"]["late_request"]) == (None, None)
    (row,) = await rows("session")
    await sessions.record_device_check(row["id"], DeviceCheck(camera="NotFoundError", microphone="ok"))
    checked = (await ok(api, session))["device_check"]
    assert checked["camera"] == "NotFoundError"
    await db.fetch(
        "UPDATE session SET opens_at = $1, closes_at = $2, late_requested_at = $3", *map(soon, (-20, -10, -5))
    )
    shown = await ok(api, session)
    assert (shown["state"], shown["device_check"]) == ("expired", checked)
    assert shown["late_request"]["asked_at"].endswith("+05:30")
    in_booking = (await ok(api, booking))["session"]
    assert {name: in_booking[name] for name in ("device_check", "late_request")} == {
        name: shown[name] for name in ("device_check", "late_request")
    }
    # Moved since: the request was about a time that is no longer the booking's.
    await db.fetch("UPDATE session SET closes_at = $1", soon(60))
    assert (await ok(api, session))["late_request"] is (await ok(api, booking))["session"]["late_request"] is None


async def test_no_session_shows_a_key(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    session = (await post_booking(api, interview, slot))["session"]
    await as_role(api, Role.VIEWER)
    shown = await api.get(f"/api/interviews/sessions/{session['id']}/")
    assert shown.status_code == 200
    assert session["session_key"] not in shown.text


async def test_an_unknown_session_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"/api/interviews/sessions/{NOWHERE}/"), 404, "not-found")


async def test_a_new_link_is_answered_with_its_booking_and_the_old_one_is_dead(
    api: httpx.AsyncClient, user: httpx.AsyncClient
) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    booked = await post_booking(api, interview, slot)
    path = f"/api/interviews/sessions/{booked['session']['id']}/"
    revoked = (await api.post(f"{path}revoke/")).json()
    assert (revoked["id"], revoked["session"]["state"], revoked["revision"]) == (booked["id"], "revoked", 2)
    assert (revoked["state"], revoked["invitation"]["state"]) == ("pending", "none")
    assert (await ok(api, path))["revoked_at"].endswith("+05:30")
    answered = await api.post(f"{path}reissue/")
    assert answered.status_code == 200, answered.text
    reissued = answered.json()
    assert (reissued["session"]["state"], reissued["revision"]) == ("scheduled", 3)
    assert (reissued["invitation"]["state"], len(reissued["invitation"]["deliveries"])) == ("pending", 1)
    assert [one["change"] for one in reissued["changes"]] == ["revoked", "reissued"]
    assert await ok(api, f"/api/interviews/schedules/{booked['id']}/") == reissued
    assert (await ok(api, path))["key_version"] == 2
    old, new = (body["session"]["session_key"] for body in (booked, reissued))
    assert (await user.get("/", params={"session_key": old})).status_code == 410
    assert (await user.get("/", params={"session_key": new})).status_code == 303
    assert await unaccounted() == 0


async def test_a_link_that_is_in_use_or_of_no_use_is_neither_replaced_nor_withdrawn(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api, starts_at=soon())
    booked = await post_booking(api, interview, slot)
    path = f"/api/interviews/sessions/{booked['session']['id']}/"
    (row,) = await rows("session")
    await sessions.enter(row["id"], 1, outbox=OUTBOX)
    for verb in ("reissue", "revoke"):
        problem(await api.post(f"{path}{verb}/"), 409, "interview-in-progress")
        problem(await api.post(f"/api/interviews/sessions/{NOWHERE}/{verb}/"), 404, "not-found")
    await sessions.leave(row["id"], 1, outbox=OUTBOX)
    for verb in ("reissue", "revoke"):
        problem(await api.post(f"{path}{verb}/"), 409, "interview-closed")
    await as_role(api, Role.VIEWER)
    for verb in ("reissue", "revoke"):
        problem(await api.post(f"{path}{verb}/"), 403, "not-allowed")
