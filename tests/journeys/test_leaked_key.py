"""What somebody can do who has found an API key: each test is the attack, and the bound that it meets."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from structlog.testing import capture_logs

from api.clients import as_role, ok, problem
from api.factories import post_booking
from factories import post_interview, post_slot, rows, unaccounted
from hireloop import app, db
from hireloop.access.tables import Role
from hireloop.settings import Settings

OF_A_DAY, OF_AN_HOUR, STORED = 20, 6, 5


@pytest.fixture
def settings(settings: Settings) -> Settings:
    told = {"messages_per_key_and_day": OF_A_DAY, "stored_responses_per_key_and_day": STORED}
    return settings.model_copy(update=told)


async def reissued(api: httpx.AsyncClient, booking: dict[str, Any], **headers: str) -> httpx.Response:
    return await api.post(f"/api/interviews/sessions/{booking['session']['id']}/reissue/", headers=headers)


async def booked(api: httpx.AsyncClient, interview: str, **headers: str) -> httpx.Response:
    slot = await post_slot(api)
    return await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview}, headers=headers)


async def use_up(api: httpx.AsyncClient, *, but: int = 0) -> list[dict[str, Any]]:
    """Send all messages that the key has left, but for some."""
    left = OF_A_DAY - but - sum([row["messages"] for row in await rows("message_use")])
    return [await post_booking(api, minutes=120 * number) for number in range(1, left + 1)]


def seconds_of(refused: httpx.Response) -> int:
    return int(refused.headers["retry-after"])


async def test_one_mailbox_is_not_filled_by_new_links(api: httpx.AsyncClient) -> None:
    booking = await post_booking(api)
    answers = [await reissued(api, booking) for _ in range(30)]
    assert [answer.status_code for answer in answers] == [200] * OF_AN_HOUR + [429] * 24
    assert len(await rows("delivery")) == 1 + OF_AN_HOUR
    said = problem(answers[-1], 429, "too-many-reinvitations")
    assert "6 times within an hour" in said["detail"]
    assert 3_500 < seconds_of(answers[-1]) <= 3_600
    (schedule,) = await rows("schedule")
    assert schedule["revision"] == 1 + OF_AN_HOUR
    assert (await reissued(api, await post_booking(api, minutes=240))).status_code == 200  # of another booking
    assert await unaccounted() == 0


async def test_nor_by_several_requests_at_once_or_several_keys(api: httpx.AsyncClient) -> None:
    booking = await post_booking(api)
    answers = await asyncio.gather(*(reissued(api, booking) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * OF_AN_HOUR + [429] * 14
    await as_role(api, Role.RECRUITER)
    problem(await reissued(api, booking), 429, "too-many-reinvitations")


async def test_an_hour_after_the_first_one_more_is_sent(api: httpx.AsyncClient) -> None:
    booking = await post_booking(api)
    for _ in range(OF_AN_HOUR):
        assert (await reissued(api, booking)).status_code == 200
    await db.fetch("UPDATE reinvitation SET times[1] = times[1] - interval '55 minutes'")
    assert 240 < seconds_of(await reissued(api, booking)) <= 300
    await db.fetch("UPDATE reinvitation SET times[1] = times[1] - interval '5 minutes'")
    assert (await reissued(api, booking)).status_code == 200
    assert (await reissued(api, booking)).status_code == 429


async def test_nor_by_changes_of_an_address(api: httpx.AsyncClient) -> None:
    first = await post_booking(api)
    (candidate,) = await rows("candidate")
    path = f"/api/candidates/{candidate['id']}/"
    changed = [await api.patch(path, json={"email": f"victim{n}@example.com"}) for n in range(8)]
    assert [answer.status_code for answer in changed] == [200] * OF_AN_HOUR + [429] * 2
    problem(changed[-1], 429, "too-many-reinvitations")
    assert (await ok(api, path))["email"] == "victim5@example.com"  # what is refused changes nothing
    assert (await api.patch(path, json={"full_name": "Asha R."})).status_code == 200
    problem(await reissued(api, first), 429, "too-many-reinvitations")  # it is one bound for all of them


async def _failed(state: str = "rejected") -> UUID:
    found: UUID = await db.fetch_value(
        """
        UPDATE delivery SET state = $1, attempt_count = 1, sent_at = now(), last_reason = 'mailbox_full'
        WHERE id = (SELECT max(id::text)::uuid FROM delivery WHERE kind = 'invitation') RETURNING id
        """,
        state,
    )
    return found


@pytest.mark.parametrize("state", ["rejected", "sent"])
async def test_nor_by_replays_of_its_invitation(api: httpx.AsyncClient, state: str) -> None:
    await post_booking(api)
    answers = []
    for _ in range(8):
        path = f"/api/notifications/deliveries/{await _failed(state)}/replay/"
        answers.append(await api.post(path))
    assert [answer.status_code for answer in answers] == [200] * OF_AN_HOUR + [429] * 2
    problem(answers[-1], 429, "too-many-reinvitations")
    await _failed(state)
    many = (await api.post("/api/notifications/deliveries/replay/", json={"state": state})).json()
    assert (many["replayed"], many["skipped"], many["more"]) == (0, {"too_often": 1}, False)


async def test_a_key_sends_so_many_messages_a_day_and_not_one_more(api: httpx.AsyncClient) -> None:
    interviews = [await post_interview(api) for _ in range(OF_A_DAY + 10)]
    answers = await asyncio.gather(*(booked(api, interview) for interview in interviews))
    assert sorted(answer.status_code for answer in answers) == [201] * OF_A_DAY + [429] * 10
    assert len(await rows("delivery")) == len(await rows("schedule")) == OF_A_DAY
    assert sum(row["taken"] for row in await rows("slot")) == OF_A_DAY
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem(refused, 429, "too-many-messages")
    assert 23 * 3_600 <= seconds_of(refused) <= 24 * 3_600
    await as_role(api, Role.RECRUITER)  # another key's messages are its own
    assert (await booked(api, await post_interview(api))).status_code == 201
    assert await unaccounted() == 0


async def test_two_processes_count_together(api: httpx.AsyncClient, settings: Settings) -> None:
    second = httpx.ASGITransport(app=app.build(settings))  # type: ignore[arg-type] # Litestar's ASGI types
    async with httpx.AsyncClient(transport=second, base_url=str(api.base_url), headers=api.headers) as other:
        interviews = [await post_interview(api) for _ in range(OF_A_DAY + 10)]
        doors = [api, other] * len(interviews)
        answers = await asyncio.gather(*(booked(*pair) for pair in zip(doors, interviews, strict=False)))
    assert sorted(answer.status_code for answer in answers) == [201] * OF_A_DAY + [429] * 10


async def test_a_day_later_it_sends_again(api: httpx.AsyncClient) -> None:
    await use_up(api)
    interview = await post_interview(api)
    assert (await booked(api, interview)).status_code == 429
    await db.fetch("UPDATE message_use SET hour = hour - interval '23 hours'")
    refused = await booked(api, interview)
    assert seconds_of(refused) <= 3_600
    await db.fetch("UPDATE message_use SET hour = hour - interval '1 hour'")
    assert (await booked(api, interview)).status_code == 201


async def test_moves_and_cancellations_are_never_refused_and_count(api: httpx.AsyncClient) -> None:
    moved, cancelled, released, erased, last, *_ = await use_up(api)
    path = f"/api/interviews/schedules/{moved['id']}/"
    body = {"slot_id": await post_slot(api)}
    assert (await api.post(f"{path}reschedule/", json=body)).json()["revision"] == 2
    assert (await api.post(f"/api/interviews/schedules/{cancelled['id']}/cancel/")).status_code == 200
    assert (await api.post(f"/api/interviews/slots/{released['slot']}/release_slot/")).status_code == 200
    assert (await api.post(f"{path}confirm/")).status_code == 200
    (person,) = [row["candidate"] for row in await rows("schedule") if str(row["id"]) == erased["id"]]
    assert (await api.delete(f"/api/candidates/{person}/")).status_code in {200, 204}
    assert sum(row["messages"] for row in await rows("message_use")) > OF_A_DAY
    problem(await reissued(api, last), 429, "too-many-messages")
    assert await unaccounted() == 0


async def test_the_same_booking_again_is_no_message(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    await post_booking(api, interview, slot)
    await use_up(api)
    again = await api.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview})
    assert again.status_code == 200


async def test_what_was_not_done_is_not_counted(api: httpx.AsyncClient) -> None:
    slot = await post_slot(api)
    interviews = [await post_interview(api) for _ in range(5)]
    path = f"/api/interviews/slots/{slot}/book_slot/"
    answers = await asyncio.gather(*(api.post(path, json={"interview_id": it}) for it in interviews))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert [row["messages"] for row in await rows("message_use")] == [1]


async def test_what_was_sent_is_not_sent_again_without_end(api: httpx.AsyncClient) -> None:
    await use_up(api, but=5)
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now(), attempt_count = 1")
    path, body = "/api/notifications/deliveries/replay/", {"state": "sent"}
    many = (await api.post(path, json=body)).json()
    assert (many["replayed"], many["skipped"], many["more"]) == (5, {"key_limit": OF_A_DAY - 10}, True)
    problem(await api.post(path, json=body), 429, "too-many-messages")
    assert (await api.post(path, json={**body, "dry_run": True})).json()["replayed"] == OF_A_DAY - 10


async def test_after_an_outage_everything_is_sent_again_also_with_a_key_that_has_sent_all(
    api: httpx.AsyncClient,
) -> None:
    await use_up(api)
    await db.fetch("UPDATE delivery SET state = 'exhausted', last_reason = 'policy_block', attempt_count = 1")
    many = (await api.post("/api/notifications/deliveries/replay/", json={"reason": "policy_block"})).json()
    assert (many["replayed"], many["skipped"], many["more"]) == (OF_A_DAY, {}, False)


@pytest.mark.parametrize(("reported_by", "replayed"), [("Mallory", 0), (None, OF_A_DAY)])
async def test_a_bounce_that_somebody_claims_makes_no_message_free(
    api: httpx.AsyncClient, reported_by: str | None, replayed: int
) -> None:
    await use_up(api)
    await db.fetch(
        """
        UPDATE delivery SET state = 'bounced', sent_at = now(), bounced_at = now(), attempt_count = 1,
            last_reason = 'recipient_unknown', reported_by = $1
        """,
        reported_by,
    )
    answer = await api.post("/api/notifications/deliveries/replay/", json={"state": "bounced"})
    if replayed:
        assert (answer.json()["replayed"], answer.json()["skipped"]) == (replayed, {})
    else:
        problem(answer, 429, "too-many-messages")


async def test_a_warning_comes_once_before_the_end(api: httpx.AsyncClient, user: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await use_up(api, but=5)
        assert [line for line in lines if line["event"] == "key.messages_running_out"] == []
        assert not await _warnings(user)
        await use_up(api)
    (line,) = [line for line in lines if line["event"] == "key.messages_running_out"]
    (key,) = await rows("api_key")
    assert (line["key_id"], line["used"], line["limit"]) == (str(key["id"]), 16, OF_A_DAY)
    (warning,) = await _warnings(user)
    assert warning.startswith(f"The API key {key['id']} has sent 20 of the 20 messages that it may send in a day.")
    assert f"`hireloop keys revoke {key['id']}`" in warning


async def _warnings(user: httpx.AsyncClient) -> list[str]:
    said: list[str] = (await user.get("/health/delivery/")).json()["warnings"]
    return [sentence for sentence in said if "API key" in sentence]


async def test_stored_responses_are_bounded_and_what_takes_back_goes_on(api: httpx.AsyncClient) -> None:
    booking = await post_booking(api)
    path = f"/api/interviews/schedules/{booking['id']}/confirm/"
    answers = [await api.post(path, headers={"Idempotency-Key": f"k{number}"}) for number in range(STORED + 2)]
    assert [answer.status_code for answer in answers] == [200] * STORED + [429] * 2
    problem(answers[-1], 429, "too-many-stored-responses")
    assert 23 * 3_600 <= seconds_of(answers[-1]) <= 24 * 3_600
    assert len(await rows("stored_response")) == STORED
    again = await api.post(path, headers={"Idempotency-Key": "k0"})
    assert again.headers["idempotency-replayed"] == "true"
    assert (await api.post(path)).status_code == 200
    path = f"/api/interviews/schedules/{booking['id']}/cancel/"
    answers = [await api.post(path, headers={"Idempotency-Key": f"c{number}"}) for number in range(STORED + 2)]
    assert [answer.status_code for answer in answers] == [200] * STORED + [429] * 2


async def test_large_stored_responses_count_for_more(api: httpx.AsyncClient) -> None:
    body = {
        "rule": "FREQ=DAILY;COUNT=100",
        "starts_at_local": "2030-01-01T10:00:00",
        "duration_minutes": 45,
        "time_zone": "Asia/Kolkata",
    }
    path = "/api/interviews/slots/create_recurring/"
    first = await api.post(path, json=body, headers={"Idempotency-Key": "a"})
    assert first.status_code == 201, first.text
    assert len(first.content) > STORED * 4_096
    problem(await api.post(path, json=body, headers={"Idempotency-Key": "b"}), 429, "too-many-stored-responses")


async def test_a_refusal_of_a_booking_with_an_idempotency_key_is_not_kept(api: httpx.AsyncClient) -> None:
    await use_up(api)
    interview, slot = await post_interview(api), await post_slot(api)
    path, body = f"/api/interviews/slots/{slot}/book_slot/", {"interview_id": interview}
    assert (await api.post(path, json=body, headers={"Idempotency-Key": "k"})).status_code == 429
    await db.fetch("UPDATE message_use SET hour = hour - interval '1 day'")
    assert (await api.post(path, json=body, headers={"Idempotency-Key": "k"})).status_code == 201


async def test_without_limits_nothing_is_counted(settings: Settings, user: httpx.AsyncClient) -> None:
    none = {
        "messages_per_key_and_day": 0,
        "reinvitations_per_booking_and_hour": 0,
        "stored_responses_per_key_and_day": 0,
    }
    unlimited: Litestar = app.build(settings.model_copy(update=none))
    transport = httpx.ASGITransport(app=unlimited)  # type: ignore[arg-type] # Litestar's ASGI types
    async with httpx.AsyncClient(transport=transport, base_url=str(user.base_url)) as client:
        await as_role(client, Role.ADMIN)
        booking = await post_booking(client)
        answers = [await reissued(client, booking, **{"Idempotency-Key": f"k{number}"}) for number in range(30)]
    assert {answer.status_code for answer in answers} == {200}
    assert await rows("message_use") == await rows("reinvitation") == []
