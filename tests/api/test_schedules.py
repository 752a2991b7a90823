import asyncio
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import httpx
import pytest
from litestar import Litestar

from api.clients import NOWHERE, as_role, ok, problem
from api.factories import post_booking
from factories import (
    OUTBOX,
    candidate_fields,
    job_fields,
    make_slot,
    post_interview,
    post_slot,
    rows,
    soon,
    unaccounted,
)
from hireloop import db, session_keys
from hireloop.access.tables import Role
from hireloop.scheduling.sessions import sessions
from hireloop.web import context
from sample_settings import SECRET

PATH = "/api/interviews/schedules/"
BOOKING_TABLES = ("schedule", "session", "delivery")


async def book_slot(client: httpx.AsyncClient, interview: str, slot: str, **more: object) -> httpx.Response:
    return await client.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": interview, **more})


async def book_interview(client: httpx.AsyncClient, interview: str, slot: str, **more: object) -> httpx.Response:
    return await client.post(f"{PATH}book_interview/", json={"interview_id": interview, "slot_id": slot, **more})


class Book(Protocol):
    async def __call__(
        self, client: httpx.AsyncClient, interview: str, slot: str, **more: object
    ) -> httpx.Response: ...


BOTH = pytest.mark.parametrize("book", [book_slot, book_interview])


@BOTH
async def test_a_booking_is_answered_whole(api: httpx.AsyncClient, book: Book) -> None:
    interview, slot = await post_interview(api, email="asha@example.com"), await post_slot(api)
    answered = await book(api, interview, slot, booking_notes="Bring a pen.")
    assert answered.status_code == 201
    body = answered.json()
    assert (body["interview"], body["slot"], body["state"], body["revision"]) == (interview, slot, "pending", 1)
    assert body["booking_notes"] == "Bring a pen."
    assert answered.headers["location"] == f"{PATH}{body['id']}/"
    session, (delivery,) = body["session"], body["invitation"]["deliveries"]
    for moment in ("starts_at", "ends_at", "booked_at"):
        assert body[moment].endswith("+05:30")
    assert session["opens_at"].endswith("+05:30")
    assert session["state"] == "scheduled"
    assert session["portal_url"] == f"https://hire.example/?session_key={session['session_key']}"
    claim = session_keys.check(session["session_key"], [SECRET])
    assert claim
    assert (str(claim.session_id), claim.version) == (session["id"], 1)
    assert body["invitation"]["state"] == delivery["state"] == "pending"
    assert delivery["recipient"] == "a…@example.com"
    assert (delivery["channel"], delivery["kind"], delivery["attempt_count"]) == ("email", "invitation", 0)
    assert (delivery["last_reason"], delivery["last_reply"]) == (None, None)
    assert delivery["next_attempt_at"].endswith("+05:30")
    assert await unaccounted() == 0


async def test_what_is_stored_is_what_was_answered(api: httpx.AsyncClient) -> None:
    answered = await post_booking(api)
    assert await ok(api, f"{PATH}{answered['id']}/") == answered
    assert (await ok(api, PATH))["items"] == [answered]


@BOTH
async def test_the_same_booking_again_answers_the_same_and_sends_nothing(api: httpx.AsyncClient, book: Book) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    first = await book(api, interview, slot)
    before = [await rows(table) for table in BOOKING_TABLES]
    for again in (await book_slot(api, interview, slot), await book_interview(api, interview, slot)):
        assert again.status_code == 200
        assert again.json() == first.json()
        assert again.headers["location"] == first.headers["location"]
    assert [await rows(table) for table in BOOKING_TABLES] == before


async def test_of_many_who_click_at_once_one_books_and_all_hear_the_same(api: httpx.AsyncClient) -> None:
    interview, slot = await post_interview(api), await post_slot(api, seats=5)
    answers = await asyncio.gather(*(book_slot(api, interview, slot) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len({answer.json()["session"]["session_key"] for answer in answers}) == 1
    assert [len(await rows(table)) for table in BOOKING_TABLES] == [1, 1, 1]
    assert (await ok(api, f"/api/interviews/slots/{slot}/"))["taken"] == 1


async def test_of_many_candidates_at_one_seat_one_sits(api: httpx.AsyncClient) -> None:
    interviews, slot = [await post_interview(api) for _ in range(8)], await post_slot(api)
    answers = await asyncio.gather(*(book_slot(api, interview, slot) for interview in interviews))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    for answer in answers:
        assert answer.status_code == 201 or problem(answer, 409, "slot-full")
    assert await unaccounted() == 0


@BOTH
async def test_each_refusal_has_a_type_of_its_own(api: httpx.AsyncClient, book: Book) -> None:
    full, withdrawn, past = await post_slot(api), await post_slot(api), str(await make_slot(starts_at=soon(-10.1)))
    free, overlapping = await post_slot(api, starts_at=soon(300)), await post_slot(api, starts_at=soon(60 + 40))
    candidate = candidate_fields()
    body = {"candidate": candidate, "job": job_fields()}
    booked = (await api.post("/api/interviews/", json=body)).json()["id"]
    second_round = (await api.post("/api/interviews/", json={**body, "round": 2})).json()["id"]
    interview = await post_interview(api)
    await db.fetch("UPDATE slot SET withdrawn_at = now() WHERE id = $1", withdrawn)
    assert (await book(api, booked, full)).status_code == 201
    problem(await book(api, interview, full), 409, "slot-full")
    problem(await book(api, interview, withdrawn), 409, "slot-withdrawn")
    problem(await book(api, interview, past), 409, "slot-past")
    problem(await book(api, booked, free), 409, "interview-already-scheduled")
    problem(await book(api, second_round, overlapping), 409, "candidate-busy")
    for state in ("cancelled", "completed", "no_show"):
        await db.fetch("UPDATE interview SET state = $2 WHERE id = $1", interview, state)
        problem(await book(api, interview, free), 409, "interview-closed")
    assert [len(await rows(table)) for table in BOOKING_TABLES] == [1, 1, 1]
    assert [row["taken"] for row in await rows("slot")] == [1, 0, 0, 0, 0]


@BOTH
async def test_bad_input_names_its_field(api: httpx.AsyncClient, book: Book) -> None:
    interview, slot = await post_interview(api), await post_slot(api)
    problem(await book(api, NOWHERE, slot), 400, "bad-input", "interview_id")
    problem(await book(api, "seven", slot), 400, "bad-input", "interview_id")
    problem(await book(api, interview, slot, booking_notes="\x00"), 400, "bad-input", "booking_notes")
    problem(await book(api, interview, slot, booking_notes="n" * 2001), 400, "bad-input", "booking_notes")
    problem(await book(api, interview, slot, notes="x"), 400, "bad-input", "notes")
    other_job = (await api.post("/api/jobs/", json=job_fields(title="Cook"))).json()["id"]
    kept = await post_slot(api, starts_at=soon(300), job=other_job)
    problem(await book(api, interview, kept), 400, "bad-input", "slot_id")
    assert await rows("schedule") == []


async def test_an_unknown_slot_or_schedule_is_not_found(api: httpx.AsyncClient) -> None:
    problem(await book_interview(api, await post_interview(api), NOWHERE), 400, "bad-input", "slot_id")
    problem(await api.get(f"{PATH}{NOWHERE}/"), 404, "not-found")


async def test_a_viewer_sees_the_booking_without_its_link(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api)
    await as_role(api, Role.VIEWER)
    for shown in (await ok(api, f"{PATH}{booked['id']}"), (await ok(api, PATH))["items"][0]):
        assert (shown["session"].pop("session_key"), shown["session"].pop("portal_url")) == (None, None)
        assert booked["session"]["session_key"] not in str(shown)
        assert shown["id"] == booked["id"]


async def test_schedules_are_filtered_by_state_time_candidate_and_job(api: httpx.AsyncClient) -> None:
    early = await post_booking(api)
    body = {"candidate": candidate_fields(), "job": job_fields(title="Cook")}
    cook = (await api.post("/api/interviews/", json=body)).json()
    late = (await book_slot(api, cook["id"], await post_slot(api, starts_at=soon(300)))).json()

    async def found(**filters: str) -> list[str]:
        response = await api.get(PATH, params=filters)
        assert response.status_code == 200, response.text
        return [item["id"] for item in response.json()["items"]]

    assert await found() == [late["id"], early["id"]]
    assert await found(candidate=cook["candidate"]) == await found(job=cook["job"]) == [late["id"]]
    assert await found(**{"from": late["starts_at"]}) == [late["id"]]
    assert await found(to=late["starts_at"]) == [early["id"]]
    assert await found(state="pending") == [late["id"], early["id"]]
    assert await found(state="cancelled") == await found(candidate=NOWHERE) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "perhaps"),
        ("state", "\x00"),
        ("invitation_state", "lost"),
        ("from", "2026-12-01T10:00:00"),
        ("from", "yesterday"),
        ("to", "0001-01-01T00:00:00+05:30"),
        ("candidate", "asha"),
        ("job", "1"),
    ],
)
async def test_a_bad_filter_is_refused(api: httpx.AsyncClient, name: str, value: str) -> None:
    problem(await api.get(PATH, params={name: value}), 400, "bad-input", name)


# --- Changes --------------------------------------------------------------------------------------------------------


async def changed(api: httpx.AsyncClient, ident: str, verb: str, **fields: object) -> dict[str, Any]:
    answered = await api.post(f"{PATH}{ident}/{verb}/", json=fields)
    assert answered.status_code == 200, answered.text
    body: dict[str, Any] = answered.json()
    assert await ok(api, f"{PATH}{ident}/") == body
    assert await unaccounted() == 0
    return body


async def test_a_booking_is_confirmed_moved_and_cancelled_and_its_history_says_so(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api)
    assert booked["changes"] == []
    confirmed = await changed(api, booked["id"], "confirm")
    assert (confirmed["state"], confirmed["revision"]) == ("confirmed", 1)
    slot = await post_slot(api, starts_at=soon(300))
    moved = await changed(api, booked["id"], "reschedule", slot_id=slot, reason="Room change")
    assert (moved["state"], moved["revision"], moved["slot"]) == ("pending", 2, slot)
    assert moved["session"]["session_key"] == booked["session"]["session_key"]
    assert moved["session"]["opens_at"] > booked["session"]["opens_at"]
    assert [one["kind"] for one in moved["invitation"]["deliveries"]] == ["invitation"]
    cancelled = await changed(api, booked["id"], "cancel", reason="Filled")
    assert [(one["change"], one["by"], one["revision"], one["reason"]) for one in cancelled["changes"]] == [
        ("confirmed", "tests", 1, ""),
        ("rescheduled", "tests", 2, "Room change"),
        ("cancelled", "tests", 3, "Filled"),
    ]
    assert [one["moved"] is None for one in cancelled["changes"]] == [True, False, True]
    assert cancelled["changes"][1]["moved"] == {
        "from_slot": booked["slot"],
        "from_starts_at": booked["starts_at"],
        "to_slot": slot,
        "to_starts_at": moved["starts_at"],
    }
    assert all(one["at"].endswith("+05:30") for one in cancelled["changes"])
    assert (await ok(api, PATH))["items"] == [cancelled]


async def test_a_change_twice_is_a_change_once(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api)
    slot = await post_slot(api, starts_at=soon(300))
    for verb, given in (("confirm", {}), ("reschedule", {"slot_id": slot}), ("cancel", {})):
        once = await changed(api, booked["id"], verb, **given)
        if verb == "reschedule":
            once = await changed(api, booked["id"], "confirm")  # which a move to where it is leaves alone
        before = await rows("delivery")
        assert await changed(api, booked["id"], verb, **given) == once
        assert await rows("delivery") == before


async def test_what_needs_no_body_takes_none_or_an_empty_object_and_nothing_else(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api)
    session = f"/api/interviews/sessions/{booked['session']['id']}/"
    paths = (
        f"{PATH}{booked['id']}/confirm/",
        f"{session}revoke/",
        f"{session}reissue/",
        f"{PATH}{booked['id']}/cancel/",
    )
    for path in paths:
        problem(await api.post(path, json={"because": "I can"}), 400, "bad-input", "because")
        no_json = await api.post(path, content=b"{", headers={"Content-Type": "application/json"})
        problem(no_json, 400, "bad-input", "body")
    for path in paths:
        for answered in (await api.post(path), await api.post(path.rstrip("/"), json={})):
            assert answered.status_code == 200, answered.text
    assert (await ok(api, f"{PATH}{booked['id']}/"))["state"] == "cancelled"


async def test_each_refusal_of_a_change_has_a_type_of_its_own(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api, minutes=0)
    full, past = await post_slot(api, starts_at=soon(300)), str(await make_slot(starts_at=soon(-10.1)))
    await post_booking(api, slot=full)
    move = f"{PATH}{booked['id']}/reschedule/"
    problem(await api.post(move, json={"slot_id": full}), 409, "slot-full")
    problem(await api.post(move, json={"slot_id": past}), 409, "slot-past")
    problem(await api.post(move, json={"slot_id": NOWHERE}), 400, "bad-input", "slot_id")
    problem(await api.post(move, json={"slot_id": "noon"}), 400, "bad-input", "slot_id")
    problem(await api.post(move, json={}), 400, "bad-input", "slot_id")
    problem(await api.post(move, json={"slot_id": full, "reason": "\x00"}), 400, "bad-input", "reason")
    for verb, fields in (("confirm", {}), ("reschedule", {"slot_id": full}), ("cancel", {})):
        problem(await api.post(f"{PATH}{NOWHERE}/{verb}/", json=fields), 404, "not-found")
    (session,) = [row["id"] for row in await rows("session") if str(row["id"]) == booked["session"]["id"]]
    free = await post_slot(api, starts_at=soon(600))
    await sessions.enter(session, 1, outbox=OUTBOX)
    for verb, fields in (("confirm", {}), ("reschedule", {"slot_id": free}), ("cancel", {})):
        problem(await api.post(f"{PATH}{booked['id']}/{verb}/", json=fields), 409, "interview-in-progress")
    await sessions.leave(session, 1, outbox=OUTBOX)
    problem(await api.post(move, json={"slot_id": free}), 409, "interview-closed")
    off = await post_booking(api)
    await changed(api, off["id"], "cancel")
    for verb, fields in (("confirm", {}), ("reschedule", {"slot_id": free})):
        problem(await api.post(f"{PATH}{off['id']}/{verb}/", json=fields), 409, "schedule-cancelled")
    assert await unaccounted() == 0


async def test_a_reader_changes_nothing(api: httpx.AsyncClient) -> None:
    booked = await post_booking(api)
    await as_role(api, Role.VIEWER)
    for verb in ("confirm", "reschedule", "cancel"):
        problem(await api.post(f"{PATH}{booked['id']}/{verb}/", json={"slot_id": NOWHERE}), 403, "not-allowed")
    assert (await ok(api, f"{PATH}{booked['id']}/"))["changes"] == []


# --- Where invitations stand ----------------------------------------------------------------------------------------

_STANDS = {
    "sent": "UPDATE delivery SET state = 'sent', sent_at = now()",
    "failed": "UPDATE delivery SET state = 'exhausted', last_reason = 'timed_out'",
    "at_risk": "UPDATE delivery SET at_risk_at = now(), last_reason = 'timed_out'",
    "none": "UPDATE delivery SET state = 'superseded'",
    "pending": "UPDATE delivery SET last_reason = 'timed_out'",
}


async def book_one_of_each_state(api: httpx.AsyncClient) -> dict[str, str]:
    """Make a booking for each state of an invitation, and return their ids by that state."""
    ids = {}
    for state, becomes in _STANDS.items():
        ids[state] = (await post_booking(api, minutes=600))["id"]
        await db.fetch(f"{becomes} WHERE schedule = $1", UUID(ids[state]))
    return ids


async def test_bookings_are_listed_by_where_their_invitation_stands_and_each_shows_just_that(
    api: httpx.AsyncClient,
) -> None:
    for state, ident in (await book_one_of_each_state(api)).items():
        (item,) = (await ok(api, f"{PATH}?invitation_state={state}"))["items"]
        assert (item["id"], item["invitation"]["state"]) == (ident, state)
        assert await ok(api, f"{PATH}{ident}/") == item
        assert (await ok(api, f"{PATH}?invitation_state={state}&state=cancelled"))["items"] == []


async def test_of_a_moved_booking_the_newest_revision_is_what_counts(api: httpx.AsyncClient) -> None:
    failed = (await book_one_of_each_state(api))["failed"]
    await db.fetch("UPDATE schedule SET revision = 2 WHERE id = $1", UUID(failed))
    assert (await ok(api, f"{PATH}?invitation_state=failed"))["items"] == []
    assert failed in {item["id"] for item in (await ok(api, f"{PATH}?invitation_state=none"))["items"]}


async def test_the_pages_of_such_a_list_neither_repeat_nor_lose_one_while_it_changes(api: httpx.AsyncClient) -> None:
    failed = []
    for _ in range(5):
        ids = await book_one_of_each_state(api)
        failed.append(ids["failed"])
    path = f"{PATH}?invitation_state=failed&limit=2"
    first = await ok(api, path)
    assert [item["id"] for item in first["items"]] == failed[:2:-1]
    await db.fetch("UPDATE delivery SET state = 'sent', sent_at = now() WHERE schedule = $1", UUID(failed[3]))
    await book_one_of_each_state(api)  # newer than all
    second = await ok(api, f"{path}&after={first['next']}")
    last = await ok(api, f"{path}&after={second['next']}")
    assert [item["id"] for page in (second, last) for item in page["items"]] == failed[2::-1]
    assert last["next"] is None


# --- What a booking costs -------------------------------------------------------------------------------------------


@pytest.fixture
async def statements(api: httpx.AsyncClient) -> list[str]:
    """Every statement from now on; the pool's latest connection serves all requests, so one logger is enough."""
    interview, slot = await post_interview(api), await post_slot(api)
    assert (await book_slot(api, interview, slot)).status_code == 201  # statements are prepared by now
    said: list[str] = []
    assert db.DB.pool is not None
    async with db.DB.pool.acquire() as connection:
        connection.add_query_logger(lambda record: said.append(record.query))
    return said


async def statements_of_a_booking(api: httpx.AsyncClient, said: list[str], *, forget: Litestar | None = None) -> int:
    interview, slot = await post_interview(api), await post_slot(api)
    if forget is not None:
        ring = forget.state[context.STATE_NAME].keys
        for row in await rows("api_key"):
            ring.forget(row["id"])
    await asyncio.sleep(0)  # asyncpg tells its loggers a moment later
    said.clear()
    assert (await book_slot(api, interview, slot)).status_code == 201
    await asyncio.sleep(0)
    return len(said)


async def test_a_won_booking_costs_two_round_trips(api: httpx.AsyncClient, statements: list[str]) -> None:
    assert await statements_of_a_booking(api, statements) == 2
    assert not any("FROM api_key" in statement for statement in statements)


async def test_a_booking_with_a_key_not_seen_lately_costs_a_third(
    api: httpx.AsyncClient, statements: list[str], application: Litestar
) -> None:
    assert await statements_of_a_booking(api, statements, forget=application) == 3
    (about_keys,) = [statement for statement in statements if "FROM api_key" in statement]
    assert about_keys.lstrip().startswith("SELECT")  # its use is recorded outside the request


async def test_no_booking_notifies_inside_its_transaction(
    api: httpx.AsyncClient, statements: list[str], database_url: str
) -> None:
    heard: list[str] = []
    listener = await asyncpg.connect(database_url)
    await listener.add_listener("hireloop_delivery", lambda *arguments: heard.append(str(arguments[3])))
    await statements_of_a_booking(api, statements)
    assert not any("notify" in statement.lower() for statement in statements)
    for _ in range(100):
        if heard:
            break
        await asyncio.sleep(0.02)
    assert set(heard) == {""}
    await listener.close()
