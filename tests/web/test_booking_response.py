"""What a booking says of its invitation: its chat copies, and what a recruiter must know of it."""

import json

import httpx
import pytest

from api.clients import ok
from api.factories import post_booking
from factories import candidate_fields, job_fields, rows
from hireloop import db
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from hireloop.settings import Settings
from sample_settings import settings_for

PATH = "/api/interviews/schedules/"
UNHEARD = "Nobody is notified if this invitation fails."
UNUSED = "neither checked their devices nor entered"


async def booked(api: httpx.AsyncClient, **job: object) -> dict[str, object]:
    body = {"candidate": candidate_fields(), "job": job_fields(**job)}
    interview = (await api.post("/api/interviews/", json=body)).json()["id"]
    return await post_booking(api, interview, minutes=24 * 60)


async def warnings(api: httpx.AsyncClient) -> str:
    """Return all that the one booking warns of."""
    (shown,) = (await ok(api, PATH))["items"]
    return " ".join(shown["invitation"]["warnings"])


@pytest.fixture
def settings(request: pytest.FixtureRequest, database_url: str) -> Settings:
    return settings_for(database_url, chat_urls=getattr(request, "param", ""))


WITH_CHAT = pytest.mark.parametrize("settings", ["json://127.0.0.1:9/hook"], indirect=True)


@WITH_CHAT
async def test_a_chat_copy_is_listed_beside_the_invitation_and_says_who_booked(api: httpx.AsyncClient) -> None:
    answer = await booked(api)
    (shown,) = (await ok(api, PATH))["items"]
    for invitation in (answer["invitation"], shown["invitation"]):
        assert isinstance(invitation, dict)
        assert invitation["state"] == "pending"
        assert {one["kind"] for one in invitation["deliveries"]} == {"invitation", "recruiter_copy"}
        assert invitation["warnings"] == answer["invitation"]["warnings"]  # type: ignore[index] # JSON
    (copy,) = [row for row in await rows("delivery") if row["kind"] == "recruiter_copy"]
    assert '"by": "tests"' in copy["payload"]
    assert '"change": "booked"' in copy["payload"]
    assert not copy["required"]
    assert copy["channel"] == copy["recipient"] != "email"
    assert not any(word in copy["payload"] for word in ("session", "key", "http"))


@WITH_CHAT
async def test_a_lost_chat_copy_leaves_the_invitations_state_alone(api: httpx.AsyncClient) -> None:
    await booked(api)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now() WHERE required")
    await db.fetch("UPDATE delivery SET state = 'rejected' WHERE NOT required")
    (shown,) = (await ok(api, PATH))["items"]
    assert shown["invitation"]["state"] == "sent"


@WITH_CHAT
async def test_somebody_hears_of_failures(api: httpx.AsyncClient) -> None:
    await booked(api)
    assert UNHEARD not in await warnings(api)


async def test_without_a_chat_channel_a_booking_makes_one_delivery(api: httpx.AsyncClient) -> None:
    await booked(api)
    assert [row["kind"] for row in await rows("delivery")] == ["invitation"]


async def test_a_booking_of_whose_failure_nobody_hears_says_so(api: httpx.AsyncClient) -> None:
    answer = await booked(api)
    assert UNHEARD in str(answer["invitation"])
    assert UNHEARD in await warnings(api)


async def test_the_jobs_recruiter_hears_of_failures(api: httpx.AsyncClient) -> None:
    answer = await booked(api, recruiter_email="rita@hire.example")
    assert UNHEARD not in str(answer["invitation"]) + await warnings(api)


async def _near(minutes: float, *, sent_minutes_ago: float = 60) -> None:
    """Let the interview start in so many minutes, its invitation sent so long ago."""
    await db.fetch(
        "UPDATE delivery SET state = 'sent', sent_at = now() - make_interval(secs => $1 * 60)", sent_minutes_ago
    )
    await db.fetch(
        """
        WITH moved AS (UPDATE schedule SET starts_at = now() + make_interval(secs => $1 * 60) RETURNING starts_at)
        UPDATE session SET opens_at = moved.starts_at, closes_at = moved.starts_at + interval '10 minutes' FROM moved
        """,
        minutes,
    )


@pytest.mark.parametrize(("minutes", "is_said"), [(61, False), (59, True), (0, True), (-9, True), (-11, False)])
async def test_an_invitation_that_shows_no_sign_of_having_been_read_is_flagged_an_hour_before(
    api: httpx.AsyncClient, *, minutes: float, is_said: bool
) -> None:
    await booked(api)
    await _near(minutes)
    assert (UNUSED in await warnings(api)) is is_said


@pytest.mark.parametrize(
    ("minutes", "sent_minutes_ago", "is_said"),
    [
        *[(60, 0.02, False), (45.1, 14.9, False), (44.9, 15.1, True)],  # 15 minutes to read it
        *[(11, 9, False), (9, 11, True)],  # sent 20 minutes before the start: half of it
        *[(-1, 1.5, False), (-1, 2.5, True), (-5, 0.5, False)],  # sent at the start or later: two minutes
    ],
)
async def test_there_is_time_to_read_an_invitation_before_it_is_flagged(
    api: httpx.AsyncClient, *, minutes: float, sent_minutes_ago: float, is_said: bool
) -> None:
    await booked(api)
    await _near(minutes, sent_minutes_ago=sent_minutes_ago)
    assert (UNUSED in await warnings(api)) is is_said


@pytest.mark.parametrize(
    ("by", "revision", "is_said"), [("the candidate", 1, False), ("tests", 1, True), ("the candidate", 0, True)]
)
async def test_what_the_candidate_has_pressed_shows_that_the_link_was_used(
    api: httpx.AsyncClient, by: str, *, revision: int, is_said: bool
) -> None:
    """A press before the last move does not show that they know of the move."""
    await booked(api)
    await _near(30)
    change = {"at": "2026-11-30T10:00:00Z", "change": "confirmed", "by": by, "revision": revision}
    await db.fetch("UPDATE schedule SET changes = $1::jsonb", json.dumps([change]))
    assert (UNUSED in await warnings(api)) is is_said


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session SET entered_at = now()",
        "UPDATE session SET revoked_at = now()",
        "UPDATE schedule SET state = 'cancelled'",
        "UPDATE delivery SET state = 'rejected'",
    ],
)
async def test_who_has_entered_or_was_never_told_is_not_flagged(api: httpx.AsyncClient, change: str) -> None:
    await booked(api)
    await _near(30)
    await db.fetch(change)
    assert UNUSED not in await warnings(api)


async def test_a_device_check_shows_that_the_link_was_used(api: httpx.AsyncClient) -> None:
    answer = await booked(api)
    await _near(30)
    assert UNUSED in await warnings(api)
    (session,) = await rows("session")
    await sessions.record_device_check(session["id"], DeviceCheck(camera="NotAllowedError", microphone="ok"))
    assert UNUSED not in await warnings(api)
    assert answer["state"] == "pending"
