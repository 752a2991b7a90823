import asyncio
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar, Request, Router, get, post
from litestar.exceptions import LitestarException

from api.clients import NOWHERE, as_role, problem
from api.factories import request_scope
from factories import (
    candidate_fields,
    job_fields,
    make_interview,
    make_slot,
    post_interview,
    post_slot,
    rows,
    soon,
    unaccounted,
)
from hireloop import app, db
from hireloop.access import api_keys
from hireloop.access.roles import SCHEDULES
from hireloop.access.tables import Role
from hireloop.api.http import idempotency, stored_responses
from hireloop.api.http.authentication import Authentication, require_role
from hireloop.api.http.idempotency import Idempotency
from hireloop.settings import Settings
from hireloop.web import context
from processes import Server, environment
from waiting import somebody_waits, until

KEY = {"Idempotency-Key": "the first try"}


@post("/breaks/", opt=SCHEDULES)
async def breaks() -> None:
    """Write a row, and fail."""
    await db.fetch("INSERT INTO job (id, title, company, created_at) VALUES ($1, 'Lost', 'Lost', now())", db.new_id())
    raise RuntimeError


@post("/breaks-the-commit/", opt=SCHEDULES)
async def breaks_the_commit() -> str:
    """Write what the database refuses no sooner than at the commit."""
    await db.fetch("CREATE TEMP TABLE one (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    await db.fetch("INSERT INTO one VALUES (1), (1)")
    return "done"


@post("/deadlocks/", opt=SCHEDULES)
async def deadlocks(request: Request[Any, Any, Any]) -> str:
    """Write, and then, as another verb, fall into a deadlock over it until the first write is undone too."""
    await db.fetch("UPDATE slot SET notes = notes || '!'")
    tries = request.app.state.setdefault("tries", [])

    @db.transactional
    async def work() -> None:
        tries.append(len(tries))
        if len(tries) <= request.app.state["deadlocks"]:
            raise asyncpg.DeadlockDetectedError

    await work()
    return "done"


@get("/reads/", opt=SCHEDULES)
async def reads() -> str:
    """Is no POST."""
    return "read"


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    odd = Router(
        "/api/odd",
        route_handlers=[breaks, breaks_the_commit, deadlocks, reads],
        guards=[require_role],
        middleware=[Authentication, Idempotency],
    )
    return app.build(settings, extra_routes=[odd])


async def test_every_creation_happens_once_and_is_answered_alike(api: httpx.AsyncClient) -> None:
    made: dict[str, str] = {}

    async def twice(name: str, path: str, body: object) -> None:
        first = await api.post(path, json=body, headers=KEY)
        assert first.status_code == 201, first.text
        assert "idempotency-replayed" not in first.headers
        for spelling in (path, path.rstrip("/")):
            again = await api.post(spelling, json=body, headers=KEY)
            assert again.headers["idempotency-replayed"] == "true"
            for header in ("content-type", "content-length", "location", "cache-control"):
                assert again.headers.get(header) == first.headers.get(header), header
            assert (again.status_code, again.content) == (201, first.content)
        made[name] = first.json()["id"]

    await twice("candidate", "/api/candidates/", candidate_fields())
    await twice("job", "/api/jobs/", job_fields())
    times = {"starts_at": soon(60).isoformat(), "ends_at": soon(90).isoformat()}
    await twice("slot", "/api/interviews/slots/", times)
    await twice("interview", "/api/interviews/", {"candidate": made["candidate"], "job": made["job"]})
    await twice("schedule", f"/api/interviews/slots/{made['slot']}/book_slot/", {"interview_id": made["interview"]})
    for table in ("candidate", "job", "slot", "interview", "schedule", "session", "delivery"):
        assert len(await rows(table)) == 1, table
    assert await unaccounted() == 0
    stored = await rows("stored_response")
    assert len(stored) == 5
    answered = (await api.get(f"/api/interviews/schedules/{made['schedule']}/")).json()
    assert answered["session"]["session_key"] not in str(stored)


async def test_another_request_under_the_same_key_is_refused_and_others_keys_do_not_matter(
    api: httpx.AsyncClient,
) -> None:
    assert (await api.post("/api/jobs/", json=job_fields(), headers=KEY)).status_code == 201
    other = job_fields(title="Another")
    problem(await api.post("/api/jobs/", json=other, headers=KEY), 422, "idempotency-key-reused")
    rfc822 = {**KEY, "Content-Type": "application/vnd.acme+json"}
    problem(await api.post("/api/jobs/", json=job_fields(), headers=rfc822), 422, "idempotency-key-reused")
    assert (await api.post("/api/candidates/", json=candidate_fields(), headers=KEY)).status_code == 201
    await as_role(api, Role.RECRUITER)
    assert (await api.post("/api/jobs/", json=other, headers=KEY)).status_code == 201
    assert len(await rows("job")) == 2


async def test_a_refusal_is_repeated_word_by_word_and_leaves_nothing_else(api: httpx.AsyncClient) -> None:
    interview, other = await post_interview(api), await post_interview(api)
    slot = await post_slot(api)
    path = f"/api/interviews/slots/{slot}/book_slot/"
    assert (await api.post(path, json={"interview_id": interview})).status_code == 201
    full = await api.post(path, json={"interview_id": other}, headers=KEY)
    problem(full, 409, "slot-full")
    schedule = (await rows("schedule"))[0]["id"]
    assert (await api.post(f"/api/interviews/schedules/{schedule}/cancel/")).status_code == 200
    again = await api.post(path, json={"interview_id": other}, headers=KEY)
    assert (again.content, again.headers["content-type"]) == (full.content, full.headers["content-type"])
    assert again.headers["idempotency-replayed"] == "true"
    assert (await api.post(path, json={"interview_id": other}, headers={"Idempotency-Key": "2"})).status_code == 201

    wrong = {"candidate": candidate_fields(full_name="Undone"), "job": NOWHERE}  # the candidate comes first
    for _ in range(2):
        problem(await api.post("/api/interviews/", json=wrong, headers=KEY), 400, "bad-input", "job")
    assert "Undone" not in {row["full_name"] for row in await rows("candidate")}
    problem(await api.post("/api/interviews/", content=b"{", headers=KEY), 422, "idempotency-key-reused")


async def test_what_says_nothing_of_the_work_is_not_stored(api: httpx.AsyncClient) -> None:
    admin = api.headers["Authorization"]
    await as_role(api, Role.VIEWER)
    problem(await api.post("/api/jobs/", json=job_fields(), headers=KEY), 403, "not-allowed")
    problem(
        await api.post("/api/jobs/", json=job_fields(), headers={**KEY, "Authorization": "no"}), 401, "not-signed-in"
    )
    api.headers["Authorization"] = admin
    problem(await api.post("/api/odd/breaks/", headers=KEY), 500, "internal")
    problem(await api.post("/api/odd/breaks-the-commit/", headers=KEY), 500, "internal")
    huge = job_fields(description="d" * 1_100_000)
    problem(await api.post("/api/jobs/", json=huge, headers=KEY), 413, "too-large")
    assert (await api.get("/api/odd/reads/", headers=KEY)).text == "read"
    assert await rows("stored_response") == []
    assert await rows("job") == []


async def test_a_bad_key_is_told_in_words(api: httpx.AsyncClient) -> None:
    for key in ("", "x" * 256, "नम", "a\tb"):
        headers = [(b"Idempotency-Key", key.encode())]
        problem(await api.post("/api/jobs/", json=job_fields(), headers=headers), 400, "bad-input", "Idempotency-Key")
    longest = {"Idempotency-Key": "'" + "~" * 254}
    assert (await api.post("/api/jobs/", json=job_fields(), headers=longest)).status_code == 201


async def test_a_key_is_the_same_with_and_without_quotes(api: httpx.AsyncClient) -> None:
    for number, (first, second) in enumerate(
        (("k", '"k"'), ('"k 2"', "k 2"), (r'"a\"b"', 'a"b'), (r'"a\\b"', "a\\b"), ("'q'", "\"'q'\""))
    ):
        body = job_fields(title=f"Job {number}")
        one = await api.post("/api/jobs/", json=body, headers={"Idempotency-Key": first})
        two = await api.post("/api/jobs/", json=body, headers={"Idempotency-Key": second})
        assert (one.status_code, two.status_code) == (201, 201), first
        assert two.headers["idempotency-replayed"] == "true", first
        assert two.content == one.content
    assert len(await rows("stored_response")) == 5


async def test_what_is_no_key_is_refused_and_nothing_is_done(api: httpx.AsyncClient) -> None:
    for key in (
        "",
        '""',
        '"',
        '"k',
        'k"x"' * 100,
        '"a"b"',
        r'"a\b"',
        '"k";p=1',
        '"k", "l"',
        " ",
        "x" * 256,
        f'"{"x" * 256}"',
        "k\x7f",
    ):
        refused = await api.post("/api/jobs/", json=job_fields(), headers={"Idempotency-Key": key})
        problem(refused, 400, "bad-input", "Idempotency-Key")
    twice = [("Idempotency-Key", "k"), ("Idempotency-Key", "k"), ("Authorization", api.headers["Authorization"])]
    request = httpx.Request("POST", "https://hire.example/api/jobs/", json=job_fields(), headers=twice)
    problem(await api.send(request), 400, "bad-input", "Idempotency-Key")
    assert await rows("job") == []


async def test_an_api_key_is_shown_once_and_never_stored(api: httpx.AsyncClient) -> None:
    wanted = {"name": 'hl_x","key":"hl_y', "role": "viewer"}
    first = (await api.post("/api/keys/", json=wanted, headers=KEY)).json()
    again = await api.post("/api/keys/", json=wanted, headers=KEY)
    assert again.json() == {**first, "key": None}
    assert first["key"] not in str(await rows("stored_response"))
    assert len(await rows("api_key")) == 2


async def test_notes_with_a_link_and_with_what_looks_like_a_placeholder_come_back_as_they_were(
    api: httpx.AsyncClient,
) -> None:
    earlier = await api.post(
        "/api/interviews/schedules/book_interview/",
        json={"interview_id": await post_interview(api), "slot_id": await post_slot(api)},
    )
    session = earlier.json()["session"]
    notes = f'{session["portal_url"]} "],["{session["id"]}",1],[" {session["session_key"][:-1]}- नमस्ते'
    body = {"interview_id": await post_interview(api), "booking_notes": notes}
    path = f"/api/interviews/slots/{await post_slot(api)}/book_slot/"
    first = await api.post(path, json=body, headers=KEY)
    again = await api.post(path, json=body, headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert again.json()["booking_notes"] == notes
    assert session["session_key"] not in str(await rows("stored_response"))


async def test_a_replay_says_the_very_key_of_then_even_if_the_session_has_another_by_now(
    api: httpx.AsyncClient,
) -> None:
    path = f"/api/interviews/slots/{await post_slot(api)}/book_slot/"
    body = {"interview_id": await post_interview(api)}
    first = await api.post(path, json=body, headers=KEY)
    await db.fetch("UPDATE session SET key_version = 2")
    assert (await api.post(path, json=body, headers=KEY)).content == first.content


# --- At the same moment -----------------------------------------------------------------------------------------------


@pytest.fixture
async def bystander(database_url: str) -> Any:  # noqa: ANN401 (a fixture)
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_many_at_once_are_one_and_waiters_leave_the_pool_to_others(
    api: httpx.AsyncClient, bystander: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_WAIT_SECONDS", 60)  # how fast the machine is does not matter here
    slot = await post_slot(api)
    body = {"interview_id": await post_interview(api)}
    held = bystander.transaction()
    await held.start()
    await bystander.execute("SELECT FROM slot FOR UPDATE")  # the booking hangs here
    path = f"/api/interviews/slots/{slot}/book_slot/"
    tries = [asyncio.create_task(api.post(path, json=body, headers=KEY)) for _ in range(30)]  # three times the pool
    await until(partial(somebody_waits, bystander), "a request waits for a lock")
    assert (await asyncio.wait_for(api.get("/api/jobs/"), 30)).status_code == 200
    await held.rollback()
    answers = await asyncio.gather(*tries)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sorted("idempotency-replayed" in answer.headers for answer in answers) == [False] + [True] * 29
    assert len(await rows("schedule")) == 1


async def test_who_has_waited_long_enough_is_told_that_it_is_still_under_way(
    api: httpx.AsyncClient, bystander: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_WAIT_SECONDS", 0.2)
    slot = await post_slot(api)
    body = {"interview_id": await post_interview(api)}
    held = bystander.transaction()
    await held.start()
    await bystander.execute("SELECT FROM slot FOR UPDATE")
    path = f"/api/interviews/slots/{slot}/book_slot/"
    first = asyncio.create_task(api.post(path, json=body, headers=KEY))
    await until(partial(somebody_waits, bystander), "a request waits for a lock")
    problem(await api.post(path, json=body, headers=KEY), 409, "idempotency-in-progress")
    await held.rollback()
    booked = await first
    assert booked.status_code == 201
    assert (await api.post(path, json=body, headers=KEY)).content == booked.content


async def test_who_reads_the_answer_keeps_nobody_else_from_it(
    api: httpx.AsyncClient, bystander: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_WAIT_SECONDS", 0)
    claimed = []

    async def claim(keyed: stored_responses.KeyedRequest) -> stored_responses.ClaimResult:
        claimed.append(keyed)
        return await claim_of(keyed)

    claim_of = stored_responses.claim
    monkeypatch.setattr(stored_responses, "claim", claim)
    path = f"/api/interviews/slots/{await post_slot(api)}/book_slot/"
    body = {"interview_id": await post_interview(api)}
    booked = await api.post(path, json=body, headers=KEY)
    async with bystander.transaction():
        await bystander.execute("SELECT pg_advisory_xact_lock($1)", claimed[0].lock)
        again = await api.post(path, json=body, headers=KEY)
        other = await api.post(path, json={**body, "booking_notes": "x"}, headers=KEY)
    assert (booked.status_code, again.status_code, again.content) == (201, 201, booked.content)
    problem(other, 422, "idempotency-key-reused")


async def test_workers_are_woken_once_there_is_something_to_see(
    api: httpx.AsyncClient, bystander: asyncpg.Connection, database_url: str
) -> None:
    seen: asyncio.Queue[int] = asyncio.Queue()

    async def look() -> None:
        seen.put_nowait(await bystander.fetchval("SELECT count(*) FROM delivery"))

    listener = await asyncpg.connect(database_url)
    await listener.add_listener("hireloop_delivery", lambda *_: asyncio.ensure_future(look()))
    path = f"/api/interviews/slots/{await post_slot(api)}/book_slot/"
    await api.post(path, json={"interview_id": await post_interview(api)}, headers=KEY)
    while await asyncio.wait_for(seen.get(), 30) == 0:
        pass
    await listener.close()


async def test_what_is_done_to_a_booking_is_done_once_too(api: httpx.AsyncClient) -> None:
    """Each of these verbs has a transaction of its own, which becomes part of the answer's."""
    slots = [await post_slot(api, starts_at=soon(60 * n)) for n in range(2, 5)]
    body = {"interview_id": await post_interview(api), "slot_id": slots[0]}
    booked = (await api.post("/api/interviews/schedules/book_interview/", json=body, headers=KEY)).json()
    at, session = f"/api/interviews/schedules/{booked['id']}", f"/api/interviews/sessions/{booked['session']['id']}"
    rule = {
        "rule": "FREQ=DAILY;COUNT=3",
        "time_zone": "Europe/Berlin",
        "starts_at_local": "2030-01-01T10:00:00",
        "duration_minutes": 30,
    }
    for path, sent in (
        (f"{at}/confirm/", None),
        (f"{at}/reschedule/", {"slot_id": slots[1]}),
        (f"{session}/reissue/", None),
        (f"{at}/reschedule/", {"slot_id": slots[2], "reason": "again"}),
        (f"/api/interviews/slots/{slots[2]}/release_slot/", {"reason": "over"}),
        ("/api/interviews/slots/create_recurring/", rule),
    ):
        key = {"Idempotency-Key": f"{path} {sent}"}
        first = await api.post(path, json=sent, headers=key) if sent else await api.post(path, headers=key)
        assert first.is_success, (path, first.text)
        before = await rows("audit_entry"), await rows("delivery"), await rows("slot")
        again = await api.post(path, json=sent, headers=key) if sent else await api.post(path, headers=key)
        assert again.headers["idempotency-replayed"] == "true"
        assert (again.status_code, again.content) == (first.status_code, first.content), path
        assert (await rows("audit_entry"), await rows("delivery"), await rows("slot")) == before
    assert (await api.get(f"{at}/")).json()["state"] == "cancelled"
    assert await unaccounted() == 0


# --- When something breaks off ----------------------------------------------------------------------------------------


async def test_a_deadlock_over_what_an_earlier_verb_has_locked_is_overcome_by_doing_all_again(
    api: httpx.AsyncClient, application: Litestar
) -> None:
    await post_slot(api)
    application.state["deadlocks"] = 4  # as often as `db.transactional` goes back to its own beginning
    answered = await api.post("/api/odd/deadlocks/", headers=KEY)
    assert (answered.status_code, answered.text) == (201, "done")
    assert [row["notes"] for row in await rows("slot")] == ["!"]
    assert (await api.post("/api/odd/deadlocks/", headers=KEY)).headers["idempotency-replayed"] == "true"


async def test_a_deadlock_without_end_is_told_and_leaves_nothing(
    api: httpx.AsyncClient, application: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LONGEST_WAIT_SECONDS", 0.2)
    await post_slot(api)
    application.state["deadlocks"] = 1_000
    answered = await api.post("/api/odd/deadlocks/", headers=KEY)
    problem(answered, 503, "database-busy")
    assert answered.headers["retry-after"] == "2"
    assert [row["notes"] for row in await rows("slot")] == [""]
    assert await rows("stored_response") == []


async def test_nothing_is_said_again_to_a_key_whose_role_no_longer_reaches_it(
    api: httpx.AsyncClient, application: Litestar
) -> None:
    path = f"/api/interviews/slots/{await post_slot(api)}/book_slot/"
    body = {"interview_id": await post_interview(api)}
    await as_role(api, Role.RECRUITER)
    assert (await api.post(path, json=body, headers=KEY)).status_code == 201
    recruiter = await db.fetch_value("UPDATE api_key SET role = 'viewer' WHERE role = 'recruiter' RETURNING id")
    application.state[context.STATE_NAME].keys.forget(recruiter)
    problem(await api.post(path, json=body, headers=KEY), 403, "not-allowed")


async def test_who_has_left_before_the_answer_finds_it_later(api: httpx.AsyncClient, application: Litestar) -> None:
    body = [{"type": "http.request", "body": b'{"title":"t","company":"c"}', "more_body": False}]

    async def receive() -> Any:  # noqa: ANN401 (ASGI)
        return body.pop()

    async def send(_message: object) -> None:
        raise ConnectionResetError

    scope: Any = request_scope(api, "/api/jobs/", (b"idempotency-key", b"gone"))
    with pytest.raises((ConnectionResetError, LitestarException)):
        await application(scope, receive, send)
    again = await api.post("/api/jobs/", content=b'{"title":"t","company":"c"}', headers={"Idempotency-Key": "gone"})
    assert (again.status_code, again.headers.get("idempotency-replayed")) == (201, "true")
    assert len(await rows("job")) == 1


@pytest.mark.usefixtures("database")
async def test_killed_between_work_and_commit_it_has_done_nothing_and_the_same_key_does_it_once(
    database_url: str, bystander: asyncpg.Connection
) -> None:
    _, key = await api_keys.create("tests", Role.RECRUITER)
    headers = {**KEY, "Authorization": f"Bearer {key}"}
    body = {"interview_id": str(await make_interview())}
    path = f"/api/interviews/slots/{await make_slot()}/book_slot/"
    held = bystander.transaction()
    await held.start()
    await bystander.execute("LOCK TABLE audit_entry IN SHARE MODE")  # the booking hangs at what it writes last
    with Server(environment(database_url)) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
            asked = asyncio.create_task(client.post(path, json=body))
            await until(partial(somebody_waits, bystander), "a request waits for a lock")
            server.kill()
            with pytest.raises(httpx.TransportError):
                await asked
    await held.rollback()
    with Server(environment(database_url)) as server:
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
            booked, again = await client.post(path, json=body), await client.post(path, json=body)
    assert (booked.status_code, "idempotency-replayed" in booked.headers) == (201, False)
    assert (again.content, again.headers["idempotency-replayed"]) == (booked.content, "true")
    assert len(await rows("schedule")) == 1
    assert await unaccounted() == 0
