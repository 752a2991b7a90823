"""Thirty-two clients do everything that one can do to bookings, on few of them, again and again.

Nothing is a server error, no deadlock is left to a client, and the database is whole when they stop.
"""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from faults.bookers import client_of
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.mailbox.mailbox import Mailbox
from invariants.invariants import broken
from processes import Server, WorkerProcess, environment

CLIENTS = 32
PEOPLE = 6
BEGAN = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=4)
EXPECTED = {200, 201, 204, 400, 404, 409, 412, 422}


class Crowd:
    """What all clients know of: few interviews, slots and bookings, so that they are in each other's way."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.interviews: list[str] = []
        self.slots: list[str] = []
        self.schedules: list[str] = []
        self.sessions: list[str] = []
        self.candidates: list[str] = []
        self.answers: Counter[tuple[str, int]] = Counter()
        self.wrong: list[str] = []

    @property
    def missing(self) -> list[tuple[str, int]]:
        """What must have been answered, and was not yet."""
        return [one for one in MUST_HAVE_BEEN if not self.answers[one]]

    async def act(self, chance: random.Random) -> None:
        verb = chance.choice(VERBS)
        response = await verb(self, chance)
        if response is None:
            return
        self.answers[verb.__name__, response.status_code] += 1
        if response.status_code not in EXPECTED:
            self.wrong.append(f"{verb.__name__}: {response.status_code} {response.text[:300]}")

    def pick(self, known: list[str], chance: random.Random) -> str | None:
        return chance.choice(known[-12:]) if known else None

    async def interview(self, chance: random.Random) -> httpx.Response | None:
        person = chance.randrange(PEOPLE)
        response = await self.client.post(
            "/api/interviews/",
            json={
                "candidate": {"full_name": f"Candidate {person}", "email": f"candidate{person}@example.com"},
                "job": {"title": "Engineer", "company": "Example"},
            },
        )
        if response.status_code == 201:
            self.interviews.append(response.json()["id"])
            self.candidates.append(response.json()["candidate"])
        return response

    async def slot(self, chance: random.Random) -> httpx.Response | None:
        starts_at = BEGAN + timedelta(minutes=15 * chance.randrange(40))
        body: dict[str, Any] = {
            "starts_at": starts_at.isoformat(),
            "ends_at": (starts_at + timedelta(minutes=chance.choice([15, 30]))).isoformat(),
            "seats": chance.choice([1, 2, 3]),
        }
        if chance.random() < 0.5:
            body["interviewer_email"] = f"interviewer{chance.randrange(3)}@example.com"
        response = await self.client.post("/api/interviews/slots/", json=body)
        if response.status_code == 201:
            self.slots.append(response.json()["id"])
        return response

    async def book(self, chance: random.Random) -> httpx.Response | None:
        interview, slot = self.pick(self.interviews, chance), self.pick(self.slots, chance)
        if interview is None or slot is None:
            return None
        headers = {"Idempotency-Key": f"k{chance.randrange(50)}"} if chance.random() < 0.3 else {}
        path = f"/api/interviews/slots/{slot}/book_slot/"
        response = await self.client.post(path, json={"interview_id": interview}, headers=headers)
        if response.status_code == 201:
            self.schedules.append(response.json()["id"])
            self.sessions.append(response.json()["session"]["id"])
        return response

    async def confirm(self, chance: random.Random) -> httpx.Response | None:
        return await self._to(self.schedules, "/api/interviews/schedules/{}/confirm/", chance)

    async def cancel(self, chance: random.Random) -> httpx.Response | None:
        return await self._to(self.schedules, "/api/interviews/schedules/{}/cancel/", chance, {"reason": "no need"})

    async def reschedule(self, chance: random.Random) -> httpx.Response | None:
        slot = self.pick(self.slots, chance)
        body = {"slot_id": slot, "reason": "better"}
        return (
            await self._to(self.schedules, "/api/interviews/schedules/{}/reschedule/", chance, body) if slot else None
        )

    async def release(self, chance: random.Random) -> httpx.Response | None:
        return await self._to(self.slots, "/api/interviews/slots/{}/release_slot/", chance)

    async def withdraw(self, chance: random.Random) -> httpx.Response | None:
        slot = self.pick(self.slots, chance)
        path = f"/api/interviews/slots/{slot}/{chance.choice(['', '?cancel=true'])}"
        return await self.client.delete(path) if slot else None

    async def change_slot(self, chance: random.Random) -> httpx.Response | None:
        slot = self.pick(self.slots, chance)
        body = {"seats": chance.choice([1, 2, 3]), "notes": "moved"}
        return await self.client.patch(f"/api/interviews/slots/{slot}/", json=body) if slot else None

    async def reissue(self, chance: random.Random) -> httpx.Response | None:
        return await self._to(self.sessions, "/api/interviews/sessions/{}/reissue/", chance)

    async def revoke(self, chance: random.Random) -> httpx.Response | None:
        return await self._to(self.sessions, "/api/interviews/sessions/{}/revoke/", chance)

    async def change_address(self, chance: random.Random) -> httpx.Response | None:
        candidate = self.pick(self.candidates, chance)
        email = f"candidate{chance.randrange(PEOPLE)}.{chance.randrange(3)}@example.com"
        return await self.client.patch(f"/api/candidates/{candidate}/", json={"email": email}) if candidate else None

    async def cancel_interview(self, chance: random.Random) -> httpx.Response | None:
        return await self._to(self.interviews, "/api/interviews/{}/cancel/", chance) if chance.random() < 0.3 else None

    async def erase(self, chance: random.Random) -> httpx.Response | None:
        candidate = self.pick(self.candidates, chance)
        return (
            await self.client.delete(f"/api/candidates/{candidate}/") if candidate and chance.random() < 0.1 else None
        )

    async def read(self, chance: random.Random) -> httpx.Response | None:
        return await self.client.get(f"/api/{chance.choice(LISTS)}?limit=20")

    async def _to(
        self, known: list[str], path: str, chance: random.Random, body: dict[str, Any] | None = None
    ) -> httpx.Response | None:
        ident = self.pick(known, chance)
        return await self.client.post(path.format(ident), json=body or {}) if ident else None


LISTS = (
    "interviews/",
    "interviews/slots/",
    "interviews/schedules/",
    "candidates/",
    "notifications/deliveries/",
    "audit/",
)
VERBS = [
    Crowd.interview,
    Crowd.slot,
    *[Crowd.book] * 4,
    Crowd.confirm,
    *[Crowd.reschedule] * 3,
    Crowd.cancel,
    Crowd.release,
    Crowd.withdraw,
    Crowd.change_slot,
    Crowd.reissue,
    Crowd.revoke,
    Crowd.change_address,
    Crowd.cancel_interview,
    Crowd.erase,
    Crowd.read,
]
# What a client must have been answered at least once: else the mix has missed what it is for.
MUST_HAVE_BEEN = [
    ("book", 201),
    ("book", 409),
    ("reschedule", 200),
    ("reschedule", 409),
    ("cancel", 200),
    ("confirm", 200),
    ("release", 200),
    ("reissue", 200),
    ("revoke", 200),
    ("change_address", 200),
    ("erase", 204),
]


async def _crowd(crowd: Crowd, times: int) -> None:
    """Let all of them act so many times, and up to ten times as often until each answer that must be has been."""

    def is_over() -> bool:
        return crowd.answers.total() >= (10 * times if crowd.missing else times)

    async def one(number: int) -> None:
        chance = random.Random(number)  # noqa: S311 (a mix, no secret)
        while not is_over() and not crowd.wrong:
            await crowd.act(chance)

    await asyncio.gather(*(one(number) for number in range(CLIENTS)))


@pytest.mark.usefixtures("database")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("times", [1_000, pytest.param(16_000, marks=pytest.mark.long)])
async def test_of_everything_at_once_nothing_is_lost_and_nobody_sees_a_server_error(
    database_url: str, mailbox: Mailbox, times: int
) -> None:
    _, key = await api_keys.create("crowd", Role.ADMIN)
    host, port = mailbox.start()
    # One key for a crowd: what it may send in a day, or a candidate be invited again, is not what is tested here.
    unlimited = {"MESSAGES_PER_KEY_AND_DAY": "0", "REINVITATIONS_PER_BOOKING_AND_HOUR": "0"}
    env = environment(database_url, EMAIL_HOST=host, EMAIL_PORT=str(port), **unlimited)
    with Server(env) as server, WorkerProcess(env) as worker:
        async with client_of(server.url, key, connections=CLIENTS) as client:
            crowd = Crowd(client)
            await _crowd(crowd, times)
        assert worker.stop() == 0
        said = server.log.read_text(errors="replace")
    assert crowd.wrong == []
    assert "DeadlockDetected" not in said
    assert crowd.missing == [], crowd.answers
    assert await broken() == {}
    assert await db.fetch_value("SELECT count(*) FROM audit_entry") > 0
