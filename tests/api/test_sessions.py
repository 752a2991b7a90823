import httpx

from api.clients import NOWHERE, as_role, ok, problem
from hireloop.api.tables import Role
from hireloop.scheduling import sessions
from hireloop.scheduling.sessions import DeviceCheck
from samples import post_interview, post_slot, rows, soon


async def test_a_session_shows_window_device_check_entry_and_end(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api, starts_at=soon())
    booked = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    schedule = booked.json()
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
    await sessions.enter(row["id"], 1)
    shown = await ok(api, path)
    assert shown["state"] == "entered"
    assert shown["entered_at"].endswith("+05:30")
    assert (shown["device_check"]["camera"], shown["device_check"]["microphone"]) == ("ok", "NotFoundError")
    await sessions.leave(row["id"], 1)
    assert (await ok(api, path))["state"] == "finished"
    assert (await ok(api, f"/api/interviews/{interview}/"))["state"] == "completed"


async def test_no_session_shows_a_key(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    booked = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    session = booked.json()["session"]
    await as_role(api, Role.VIEWER)
    shown = await api.get(f"/api/interviews/sessions/{session['id']}/")
    assert shown.status_code == 200
    assert session["session_key"] not in shown.text


async def test_an_unknown_session_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await api.get(f"/api/interviews/sessions/{NOWHERE}/"), 404, "not-found")
