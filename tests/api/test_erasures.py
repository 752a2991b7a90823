import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

import asyncpg
import httpx
import pytest

from api.clients import NOWHERE, as_role, ok, problem
from api.factories import post_booking
from factories import OUTBOX, TESTS, candidate_fields, post_interview, post_slot, rows, unaccounted
from hireloop import db
from hireloop.access.tables import Role
from hireloop.api import erasures
from hireloop.api.http import stored_responses
from hireloop.api.http.stored_responses import KeyedRequest
from hireloop.scheduling.privacy.erasure import ErasureResult
from hireloop.web.buffered_responses import BufferedResponse
from waiting import beside, somebody_waits, until

ADDRESS = "zebulon.quartz@example.com"


async def a_booked_candidate(api: httpx.AsyncClient) -> str:
    interview = await post_interview(api, full_name="Zebulon Quartz", email=ADDRESS)
    await post_booking(api, interview)
    ident: str = (await ok(api, f"/api/interviews/{interview}/"))["candidate"]
    return ident


async def test_an_erased_candidate_is_gone_for_every_reader_and_the_booking_stays(api: httpx.AsyncClient) -> None:
    candidate = await a_booked_candidate(api)
    erased = await api.delete(f"/api/candidates/{candidate}/")
    assert (erased.status_code, erased.content) == (204, b"")
    problem(await api.get(f"/api/candidates/{candidate}/"), 404, "not-found")
    problem(await api.delete(f"/api/candidates/{candidate}/"), 404, "not-found")
    assert (await ok(api, "/api/candidates/"))["items"] == []
    everything = ""
    for path in ("interviews/", "interviews/schedules/", "notifications/deliveries/", "audit/"):
        listed = await ok(api, f"/api/{path}")
        assert listed["items"], path
        everything += str(listed)
    assert "ebulon" not in everything
    assert "uartz" not in everything
    assert await unaccounted() == 0


async def test_stored_answers_that_name_the_person_are_dropped_and_others_stay(api: httpx.AsyncClient) -> None:
    candidate = await a_booked_candidate(api)
    for number, body in enumerate(
        (f'{{"candidate": "{candidate}"}}', f'{{"email": "{ADDRESS.upper()}"}}', '{"other": 1}')
    ):
        await db.fetch(
            "INSERT INTO stored_response (api_key, path, idempotency_key, request_hash, status, body, created_at)"
            " SELECT id, '/api/', $1, sha256('x'), 201, $2, now() FROM api_key LIMIT 1",
            str(number),
            body,
        )
    assert (await api.delete(f"/api/candidates/{candidate}/")).status_code == 204
    assert [row["body"] for row in await rows("stored_response")] == ['{"other": 1}']


async def test_only_an_admin_erases(user: httpx.AsyncClient) -> None:
    recruiter = await as_role(user, Role.RECRUITER)
    candidate = await a_booked_candidate(recruiter)
    problem(await recruiter.delete(f"/api/candidates/{candidate}/"), 403, "not-allowed")
    assert (await ok(recruiter, f"/api/candidates/{candidate}/"))["email"] == ADDRESS


async def test_nobody_of_this_id_is_erased(api: httpx.AsyncClient) -> None:
    problem(await api.delete(f"/api/candidates/{NOWHERE}/"), 404, "not-found")


async def test_an_answer_that_is_being_stored_is_dropped_too(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        person = candidate_fields(full_name="Zebulon Quartz")
        ident = (await api.post("/api/candidates/", json=person)).json()["id"]
        booking = {"interview_id": await post_interview(api, **person), "booking_notes": "For Zebulon Quartz"}
        slot = f"/api/interviews/slots/{await post_slot(api)}/book_slot/"
        assert (await api.post(slot, json=booking)).status_code == 201
        path, body = (("/api/candidates/", person), (slot, booking))[number]  # what already exists: 200
        assert await stored_during_an_erasure(api, path, body, ident, monkeypatch) == 200
        assert await rows("stored_response") == []


async def stored_during_an_erasure(
    api: httpx.AsyncClient, path: str, body: object, ident: str, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Send a request, and erase the person when it is answered and its answer not yet stored; return its status."""
    erasing: list[asyncio.Task[ErasureResult]] = []
    keep = stored_responses.keep

    async def over_or_waiting() -> bool:
        return erasing[0].done() or await beside(somebody_waits())

    async def erase_and_keep(ticket: KeyedRequest, answer: BufferedResponse, secrets: Sequence[str]) -> None:
        erasing.append(beside(erasures.erase(UUID(ident), by=TESTS, outbox=OUTBOX)))
        await until(over_or_waiting, "the erasure is over, or waits for the answer")
        await keep(ticket, answer, secrets)

    with monkeypatch.context() as patched:
        patched.setattr(stored_responses, "keep", erase_and_keep)
        answered = await api.post(path, json=body, headers={"Idempotency-Key": "k"})
    await asyncio.gather(*erasing)
    return answered.status_code


async def test_who_is_stored_while_their_address_is_erased_is_somebody_new(
    api: httpx.AsyncClient, database_url: str
) -> None:
    body = {"full_name": "Zebulon Quartz", "email": ADDRESS}
    erased = (await api.post("/api/candidates/", json=body)).json()["id"]
    eraser = await asyncpg.connect(database_url)
    async with eraser.transaction():
        await eraser.execute("UPDATE candidate SET email = 'erased@erased.invalid', erased_at = now()")
        asked = asyncio.create_task(api.post("/api/candidates/", json=body, headers={"Idempotency-Key": "1"}))
        await until(partial(somebody_waits, eraser), "the request waits for the erasure")
    await eraser.close()
    answered = await asked
    assert answered.status_code == 201
    assert answered.json()["id"] != erased
