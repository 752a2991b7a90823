"""What a booking says of its invitation and its people, and what a recruiter must know of it."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from api.clients import ok
from api.factories import post_booking
from factories import candidate_fields, job_fields, post_interview, post_slot, rows, soon
from hireloop import db
from hireloop.notify.messages import InterviewerCancellation, InterviewerUpdate
from hireloop.scheduling.bookings import bookings
from hireloop.scheduling.bookings.booking import BookingOutcome, BookingResult
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import DeviceCheck
from hireloop.settings import Settings
from hireloop.statements import Statement
from hireloop.web.bookings.headline import LABELS
from notify.factories import hold, notify_interviewer
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


# Its people


async def held(api: httpx.AsyncClient, **candidate: Any) -> BookingResult:  # noqa: ANN401 (each field has its own type)
    """Book over the API into a slot that Ivan then holds."""
    slot = await post_slot(api, starts_at=soon(24 * 60))
    interview = await post_interview(api, **candidate)
    response = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    assert response.status_code == 201, response.text
    await hold(UUID(slot))
    return BookingResult(BookingOutcome.BOOKED, await bookings.find(UUID(response.json()["id"])))


async def people(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    (shown,) = (await ok(api, PATH))["items"]
    assert (await ok(api, f"{PATH}{shown['id']}/"))["people"] == shown["people"]
    return list(shown["people"])


async def test_a_new_booking_names_the_candidate_and_the_interviewer_as_it_does_later(api: httpx.AsyncClient) -> None:
    slot = await post_slot(api, starts_at=soon(24 * 60))
    await db.fetch("UPDATE slot SET interviewer_email = 'ivan@example.com', interviewer_name = 'Ivan Petrov'")
    interview = await post_interview(api, email="asha@example.com")
    answer = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    assert answer.json()["people"] == await people(api)
    candidate, interviewer = answer.json()["people"]
    assert [one["kind"] for one in candidate.pop("deliveries")] == ["invitation"]
    assert candidate == {
        "party": "candidate",
        "name": "Asha Rao",
        "address": "a…@example.com",
        "former": False,
        "state": "pending",
        "last_reason": None,
        "last_reply": None,
    }
    same = ("party", "name", "address", "former")
    assert [interviewer[name] for name in same] == ["interviewer", "Ivan Petrov", "i…@example.com", False]


async def test_a_booking_without_an_interviewer_has_its_candidate_alone(api: httpx.AsyncClient) -> None:
    await post_booking(api, await post_interview(api))
    assert [one["party"] for one in await people(api)] == ["candidate"]


@pytest.mark.parametrize("dead", ["candidate", "interviewer"])
async def test_one_dead_address_is_the_state_of_that_person_alone(api: httpx.AsyncClient, dead: str) -> None:
    made = await held(api)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now(), last_reply = '250 2.0.0 Ok'")
    await notify_interviewer(made, state="sent")
    await db.fetch(
        "UPDATE delivery SET state = 'rejected', last_reason = 'recipient_unknown', last_reply = '550 5.1.1 Unknown'"
        " WHERE party_of(kind) = $1",
        dead,
    )
    found = {one["party"]: one for one in await people(api)}
    alive = ({"candidate", "interviewer"} - {dead}).pop()
    assert (found[dead]["state"], found[alive]["state"]) == ("failed", "sent")
    assert found[dead]["last_reason"] == "recipient_unknown"
    assert found[dead]["last_reply"] == "550 5.1.1 Unknown"
    assert found[alive]["last_reason"] is None
    (shown,) = (await ok(api, PATH))["items"]
    assert shown["invitation"]["state"] == found["candidate"]["state"]
    assert {one["party"] for one in shown["invitation"]["deliveries"]} == {"candidate"}


async def test_a_former_interviewer_stays_until_everybody_can_see_that_they_were_told(api: httpx.AsyncClient) -> None:
    made = await held(api)
    await notify_interviewer(made, state="sent")
    await hold(made.booking.slot, "nora@example.com", revision=2, name="Nora Lind")
    await notify_interviewer(made, InterviewerCancellation, revision=2, state="rejected", reason="recipient_unknown")
    await notify_interviewer(made, to="nora@example.com", revision=2)
    _, new, former = await people(api)
    assert (new["name"], new["address"], new["former"], new["state"]) == (
        "Nora Lind",
        "n…@example.com",
        False,
        "pending",
    )
    assert (former["name"], former["address"], former["former"], former["state"]) == (
        None,
        "i…@example.com",
        True,
        "failed",
    )
    assert [one["kind"] for one in former["deliveries"]] == ["interviewer_cancelled"]


async def test_what_had_been_said_before_is_the_state_and_the_last_words(api: httpx.AsyncClient) -> None:
    made = await held(api)
    first = await notify_interviewer(made, state="sent")
    await db.fetch("UPDATE delivery SET last_reply = '250 queued' WHERE id = $1", first)
    await notify_interviewer(made, InterviewerUpdate, revision=2, state="superseded", told_revision=1)
    interviewer = (await people(api))[1]
    assert (interviewer["state"], interviewer["last_reply"]) == ("sent", "250 queued")


async def test_of_a_cancelled_booking_the_cancellation_is_the_candidates_state(api: httpx.AsyncClient) -> None:
    made = await held(api)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now(), attempt_count = 1")
    await db.fetch(
        "INSERT INTO attempt (delivery, number, started_at, finished_at, outcome, worker)"
        " SELECT id, 1, now(), now(), 'sent', 'tests' FROM delivery"
    )
    assert (await api.post(f"{PATH}{made.booking.id}/cancel/")).status_code == 200
    candidate = (await people(api))[0]
    assert (candidate["state"], [one["kind"] for one in candidate["deliveries"]]) == ("pending", ["cancelled"])
    await db.fetch("UPDATE delivery SET state = 'rejected' WHERE kind = 'cancelled'")
    assert (await people(api))[0]["state"] == "failed"


async def test_an_erased_candidate_is_named_nowhere(api: httpx.AsyncClient) -> None:
    made = await held(api, full_name="Meera Iyer", email="meera@example.com")
    await db.fetch("UPDATE candidate SET erased_at = now() WHERE full_name = 'Meera Iyer'")
    candidate = (await people(api))[0]
    assert (candidate["name"], candidate["address"]) == (None, None)
    assert made.booking.candidate_name == "Meera Iyer"


async def test_a_delivery_says_whom_it_is_for_and_about_which_slot(api: httpx.AsyncClient) -> None:
    made = await held(api)
    await notify_interviewer(made)
    items = (await ok(api, "/api/notifications/deliveries/"))["items"]
    found = {one["kind"]: (one["party"], one["schedule"], one["slot"]) for one in items}
    assert found == {
        "interviewer_invitation": ("interviewer", None, str(made.booking.slot)),
        "invitation": ("candidate", str(made.booking.id), None),
    }


async def test_no_answer_about_an_interviewers_message_holds_a_link_of_the_candidate(api: httpx.AsyncClient) -> None:
    made = await held(api)
    delivery = await notify_interviewer(made)
    for path in (f"/api/notifications/deliveries/{delivery}/", f"{PATH}{made.booking.id}/"):
        shown = await ok(api, path)
        shown.pop("session", None)
        assert "session_key" not in str(shown)


async def test_what_came_back_to_an_interviewer_changes_nothing_of_the_candidate(api: httpx.AsyncClient) -> None:
    made = await held(api)
    delivery = await notify_interviewer(made, state="sent")
    report = {"message_id": f"<{delivery}@hire.example>", "status": "5.1.1"}
    answer = await api.post("/api/notifications/bounces/", json=report)
    assert (answer.status_code, answer.json()["state"]) == (200, "bounced")
    assert [one["state"] for one in await people(api)] == ["pending", "failed"]


# Its headline


async def shown(api: httpx.AsyncClient) -> tuple[str, list[str]]:
    """Return the headline of the one booking and what about it needs attention, by their codes."""
    (found,) = (await ok(api, PATH))["items"]
    assert found["headline"]["text"] == LABELS[found["headline"]["code"]].words
    assert (await ok(api, f"{PATH}{found['id']}/"))["headline"] == found["headline"]
    return found["headline"]["code"], [one["code"] for one in found["attention"]]


async def test_a_new_booking_has_the_headline_that_it_has_when_it_is_read(api: httpx.AsyncClient) -> None:
    answer = await booked(api)
    assert answer["headline"] == (await ok(api, f"{PATH}{answer['id']}/"))["headline"]
    assert answer["attention"] == []
    assert await shown(api) == ("inviting", [])


async def test_the_headline_follows_what_happens_to_a_booking(api: httpx.AsyncClient) -> None:
    made = await held(api)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now()")
    assert await shown(api) == ("invited", [])
    await notify_interviewer(made, state="rejected", reason="recipient_unknown")
    assert await shown(api) == ("interviewer_not_reached", ["interviewer_not_reached"])
    await sessions.record_device_check(made.booking.session.id, DeviceCheck(camera="ok", microphone="ok"))
    assert await shown(api) == ("devices_ready", ["interviewer_not_reached"])
    await api.post(f"{PATH}{made.booking.id}/confirm/")
    assert await shown(api) == ("confirmed", ["interviewer_not_reached"])
    await db.fetch("UPDATE delivery SET state = 'bounced', bounced_at = now() WHERE kind = 'invitation'")
    assert await shown(api) == ("candidate_not_reached", ["candidate_not_reached", "interviewer_not_reached"])
    await api.post(f"{PATH}{made.booking.id}/cancel/")
    assert (await shown(api))[0] == "cancelled"


async def test_when_a_message_failed_is_when_its_last_attempt_ended(api: httpx.AsyncClient) -> None:
    await booked(api)
    await db.fetch("UPDATE delivery SET state = 'rejected'")
    await db.fetch(
        "INSERT INTO attempt (delivery, number, started_at, finished_at, outcome, worker)"
        " SELECT id, 1, now(), now() - interval '1 hour', 'rejected', 'tests' FROM delivery"
    )
    (found,) = (await ok(api, PATH))["items"]
    (attempt,) = await rows("attempt")
    assert datetime.fromisoformat(found["headline"]["at"]) == attempt["finished_at"]


async def test_a_list_reads_no_more_for_more_bookings(api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    run: list[str] = []

    async def counted(self: Statement, **values: object) -> list[Any]:
        run.append(self.text)
        return await original(self, **values)

    original = Statement.rows
    monkeypatch.setattr(Statement, "rows", counted)
    counts = []
    for number in range(3):
        await post_booking(api, await post_interview(api, email=f"{number}@example.com"), minutes=(number + 1) * 1_440)
        run.clear()
        await ok(api, PATH)
        counts.append(len(run))
    assert len(set(counts)) == 1
