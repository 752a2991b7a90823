"""Every time in every response of the API has the offset of DEFAULT_TIME_ZONE."""

import re
from collections.abc import Iterator
from typing import Any

import httpx

from api.documented import Documented
from api.factories import post_booking
from factories import post_interview, post_slot, soon
from hireloop import db
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def moments(body: Any, at: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 (JSON)
    """Yield every time in a JSON value, and where it is."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from moments(value, f"{at}.{name}")
    elif isinstance(body, list):
        for value in body:
            yield from moments(value, f"{at}[]")
    elif isinstance(body, str) and _MOMENT.fullmatch(body):
        yield at, body


async def test_every_read_has_times_of_one_zone(api: httpx.AsyncClient, documented: Documented) -> None:
    slot, other, interview = await post_slot(api), await post_slot(api, starts_at=soon(240)), await post_interview(api)
    booked = await post_booking(api, interview, slot)
    session = booked["session"]["id"]
    await sessions.record_device_check(session, DeviceCheck(camera="ok", microphone="ok"))
    moved = await api.post(f"/api/interviews/schedules/{booked['id']}/reschedule/", json={"slot_id": other})
    assert moved.status_code == 200
    past = [soon(minutes) for minutes in (-20, -10, -5)]
    await db.fetch("UPDATE session SET opens_at = $1, closes_at = $2, late_requested_at = $3", *past)
    shown = (await api.get(f"/api/interviews/{interview}/")).json()
    keys = (await api.get("/api/keys/")).json()["items"]
    deliveries = (await api.get("/api/notifications/deliveries/")).json()["items"]
    ids = {
        "interview_id": interview,
        "slot_id": other,
        "schedule_id": booked["id"],
        "session_id": session,
        "candidate_id": shown["candidate"],
        "job_id": shown["job"],
        "key_id": keys[0]["id"],
        "delivery_id": deliveries[0]["id"],
    }
    seen: set[str] = set()
    for method, path, _ in documented.operations.values():
        if method == "get" and "alert_id" not in path:
            answer = await api.get(path.format(**ids))
            assert answer.status_code == 200, path
            found = list(moments(answer.json()))
            assert [one for one in found if not one[1].endswith("+05:30")] == [], path
            seen |= {at for at, _ in found}
    assert {".device_check.checked_at", ".late_request.asked_at", ".starts_at", ".items[].created_at"} <= seen
    assert {".session.device_check.checked_at", ".session.late_request.asked_at"} <= seen
