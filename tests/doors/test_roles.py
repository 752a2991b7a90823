"""Who may do what, all of it: every operation of the document and every page of a candidate, for everybody.

`own`, `other` and `missing` mean for an API key only whether the thing exists: anyone with a key sees all of the
installation. For candidates they mean more: they hold no API key but their own session's, which opens that session's
pages and nothing else.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.clients import NOWHERE
from api.documented import Documented
from factories import candidate_fields, job_fields, post_interview, post_slot, soon
from hireloop import app, session_keys
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling.audit import Actor
from notify.factories import alerted
from sample_settings import SECRET, settings_for

VIEWER, RECRUITER, ADMIN = Role.VIEWER, Role.RECRUITER, Role.ADMIN
RANK = {"nobody": 0, "revoked": 0, VIEWER: 1, RECRUITER: 2, ADMIN: 3}

_HOURS = count()

# operation: the least role, what it is answered about a thing that is there, and about one that is not
ROLES: dict[str, tuple[Role, int, int | None]] = {
    "list_candidates": (VIEWER, 200, None),
    "get_candidate": (VIEWER, 200, 404),
    "create_candidate": (RECRUITER, 201, None),
    "change_candidate": (RECRUITER, 200, 404),
    "erase_candidate": (ADMIN, 204, 404),
    "list_jobs": (VIEWER, 200, None),
    "get_job": (VIEWER, 200, 404),
    "create_job": (RECRUITER, 201, None),
    "change_job": (RECRUITER, 200, 404),
    "list_interviews": (VIEWER, 200, None),
    "get_interview": (VIEWER, 200, 404),
    "create_interview": (RECRUITER, 201, None),
    "change_interview": (RECRUITER, 200, 404),
    "cancel_interview": (RECRUITER, 200, 404),
    "list_slots": (VIEWER, 200, None),
    "get_slot": (VIEWER, 200, 404),
    "create_slot": (RECRUITER, 201, None),
    "create_recurring": (RECRUITER, 201, None),
    "change_slot": (RECRUITER, 200, 404),
    "withdraw_slot": (RECRUITER, 200, 404),
    "release_slot": (RECRUITER, 200, 404),
    "book_slot": (RECRUITER, 201, 404),
    "book_interview": (RECRUITER, 201, None),
    "list_schedules": (VIEWER, 200, None),
    "get_schedule": (VIEWER, 200, 404),
    "confirm_schedule": (RECRUITER, 200, 404),
    "reschedule": (RECRUITER, 200, 404),
    "cancel_schedule": (RECRUITER, 200, 404),
    "get_session": (VIEWER, 200, 404),
    "reissue_session": (RECRUITER, 200, 404),
    "revoke_session": (RECRUITER, 200, 404),
    "list_deliveries": (VIEWER, 200, None),
    "get_delivery": (VIEWER, 200, 404),
    "replay_delivery": (ADMIN, 200, 404),
    "replay_by_cause": (ADMIN, 200, None),
    "take_bounce": (RECRUITER, 200, None),
    "list_alerts": (VIEWER, 200, None),
    "get_alert": (VIEWER, 200, 404),
    "acknowledge_alert": (RECRUITER, 200, 404),
    "get_ledger": (VIEWER, 200, None),
    "list_channels": (VIEWER, 200, None),
    "list_keys": (ADMIN, 200, None),
    "get_key": (ADMIN, 200, 404),
    "create_key": (ADMIN, 201, None),
    "revoke_key": (ADMIN, 200, 404),
    "list_entries": (ADMIN, 200, None),
}


@dataclass(frozen=True)
class Scene:
    """One of each thing, and ids by the names of the parameters that they fill."""

    ids: dict[str, str]
    free_slot: str
    message_id: str

    def body(self, operation: str) -> object:
        """Return a body that the operation takes."""
        starts_at = soon(60 * 24 * 30 + 60 * next(_HOURS))  # another time each, of which there is no slot yet
        bodies: dict[str, object] = {
            "create_candidate": candidate_fields(),
            "change_candidate": {"phone": "+91 80 5550 0100"},
            "create_job": job_fields(title=f"Baker {uuid4().hex}"),
            "change_job": {"description": "Bakes."},
            "create_interview": {"candidate": self.ids["candidate_id"], "job": self.ids["job_id"]},
            "change_interview": {"round": 2},
            "create_slot": {"starts_at": starts_at.isoformat(), "ends_at": starts_at.replace(year=9000).isoformat()},
            "create_recurring": {
                "rule": "FREQ=DAILY;COUNT=2",
                "time_zone": "Asia/Kolkata",
                "starts_at_local": starts_at.strftime("%Y-%m-%dT%H:%M:%S"),
                "duration_minutes": 45,
            },
            "change_slot": {"notes": "Room 4"},
            "book_slot": {"interview_id": self.ids["interview_id"]},
            "book_interview": {"interview_id": self.ids["interview_id"], "slot_id": self.free_slot},
            "reschedule": {"slot_id": self.free_slot},
            "replay_by_cause": {"reason": "recipient_refused"},
            "take_bounce": {"message_id": self.message_id},
            "create_key": {"name": "another", "role": "viewer"},
        }
        return bodies.get(operation)


async def set_up(api: httpx.AsyncClient) -> Scene:
    """Make a booking of one interview, and an interview and a slot that are free."""

    async def post(path: str, body: object) -> dict[str, Any]:
        answered = await api.post(path, json=body)
        assert answered.is_success, answered.text
        made: dict[str, Any] = answered.json()
        return made

    booked_interview, booked_slot = await post_interview(api), await post_slot(api)
    body = {"interview_id": booked_interview, "slot_id": booked_slot}
    schedule = await post("/api/interviews/schedules/book_interview/", body)
    delivery = schedule["invitation"]["deliveries"][0]["id"]
    free = await post("/api/interviews/", {"candidate": candidate_fields(), "job": job_fields()})
    ids = {
        "candidate_id": free["candidate"],
        "job_id": free["job"],
        "interview_id": free["id"],
        "slot_id": await post_slot(api, starts_at=soon(600)),
        "schedule_id": schedule["id"],
        "session_id": schedule["session"]["id"],
        "delivery_id": delivery,
        "alert_id": str(await alerted(email=f"{uuid4().hex}@example.com")),
        "key_id": (await post("/api/keys/", {"name": "spare", "role": "viewer"}))["id"],
    }
    free_slot = await post_slot(api, starts_at=soon(1200))
    found = (await api.get(f"/api/notifications/deliveries/{delivery}/")).json()
    return Scene(ids, free_slot, found["message_id"])


async def keys() -> dict[str, str]:
    """Return a key for each role, one that was revoked, and none."""
    made: dict[str, str] = {role: (await api_keys.create(f"a {role}", role, by=Actor("tests")))[1] for role in Role}
    known, revoked = await api_keys.create("gone", ADMIN, by=Actor("tests"))
    await api_keys.revoke(known.id, by=Actor("tests"))
    return {**made, "revoked": revoked, "nobody": ""}


@pytest.fixture(scope="module")
def built() -> Litestar:
    return app.build(settings_for("postgresql:///nowhere"))


def test_every_operation_has_a_row_and_every_row_an_operation(documented: Documented) -> None:
    assert sorted(ROLES) == sorted(documented.operations)


def test_the_document_names_the_same_roles(documented: Documented) -> None:
    for name, (least, _, _) in ROLES.items():
        assert f"Requires an API key with the role `{least}`" in documented.operations[name][2]["description"], name


async def ask(
    api: httpx.AsyncClient, documented: Documented, name: str, key: str, ids: dict[str, str], body: object
) -> int:
    method, path, _ = documented.operations[name]
    headers = {"Authorization": f"Bearer {key}"} if key else {"Authorization": ""}
    content = {} if body is None else {"json": body}
    answered = await api.request(method, path.format(**ids), headers=headers, **content)  # type: ignore[arg-type] # JSON
    await documented.check(answered)
    return answered.status_code


async def test_every_operation_answers_every_role_as_the_table_says(
    api: httpx.AsyncClient, documented: Documented
) -> None:
    by_role = await keys()
    said: dict[tuple[str, str, str], int] = {}
    expected: dict[tuple[str, str, str], int] = {}
    scene = await set_up(api)
    nowhere = dict.fromkeys(scene.ids, NOWHERE)
    for name, (least, there, missing) in ROLES.items():
        for role, key in by_role.items():
            allowed, refused = RANK[role] >= RANK[least], 401 if RANK[role] == 0 else 403
            if allowed and documented.operations[name][0] != "get":
                scene = await set_up(api)
            body = scene.body(name)
            said[name, role, "there"] = await ask(api, documented, name, key, scene.ids, body)
            expected[name, role, "there"] = there if allowed else refused
            if missing is not None:  # those who may not are not even told that it is not there
                said[name, role, "missing"] = await ask(api, documented, name, key, nowhere, body)
                expected[name, role, "missing"] = missing if allowed else refused
    assert said == expected


# --- Candidates ------------------------------------------------------------------------------------------------


def pages_of_a_candidate(built: Litestar) -> list[tuple[str, str]]:
    """Return every method and path under `/i/{session_id}`."""
    return sorted(
        (method, route.path_format)
        for route in built.routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/i/")
        for method in route.methods - {"OPTIONS", "HEAD"}
    )


async def test_a_session_key_opens_its_own_session_and_nothing_else(
    api: httpx.AsyncClient, documented: Documented, built: Litestar
) -> None:
    ids = (await set_up(api)).ids
    own, other = ids["session_id"], (await set_up(api)).ids["session_id"]
    key = session_keys.mint(SECRET, UUID(own), 1)
    pages = pages_of_a_candidate(built)
    assert len(pages) >= 7
    name = "__Host-hireloop-{}".format
    for method, path in pages:
        for session, cookie, expected in (
            (own, name(own), {200, 303, 400, 409}),  # it is let in; what it says is the page's own business
            (other, name(own), {403}),
            (other, name(other), {404}),  # our own key under the other session's name
            (NOWHERE, name(own), {403}),
            (NOWHERE, name(NOWHERE), {404}),
        ):
            answered = await api.request(
                method,
                path.format(session_id=session),
                headers={"Authorization": "", "Cookie": f"{cookie}={key}", "Sec-Fetch-Site": "same-origin"},
            )
            assert answered.status_code in expected, (method, path, session, answered.status_code)
    for operation in documented.operations:
        assert await ask(api, documented, operation, key, ids, None) == 401, operation
