"""Bookers: many clients of a real server who book over HTTP and remember every answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import httpx

from hireloop import db

_TIMEOUT_SECONDS = 60.0


class Answer(NamedTuple):
    """What a server said to one booker; `status` 0 where the connection broke instead."""

    status: int
    type: str  # the problem's, empty for a booking
    body: dict[str, Any]


@asynccontextmanager
async def client_of(url: str, key: str, *, connections: int = 10) -> AsyncIterator[httpx.AsyncClient]:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits, timeout=_TIMEOUT_SECONDS) as client:
        yield client


async def book_over_http(client: httpx.AsyncClient, interview: UUID | str, slot: UUID | str) -> Answer:
    """Book, and answer with what came of it, also where the server went away in the middle."""
    try:
        response = await client.post(f"/api/interviews/slots/{slot}/book_slot/", json={"interview_id": str(interview)})
    except httpx.TransportError as broken:
        return Answer(0, type(broken).__name__, {})
    if "json" not in response.headers.get("content-type", ""):
        return Answer(response.status_code, f"no JSON but {response.text[:200]!r}", {})
    body = response.json()
    return Answer(response.status_code, str(body.get("code", "")), body)


async def book_all_at_once(client: httpx.AsyncClient, wishes: Sequence[tuple[UUID, UUID]]) -> list[Answer]:
    """Let every wish (interview, slot) be asked for at the same moment, over a connection of its own."""
    ready = asyncio.Barrier(len(wishes))

    async def one(interview: UUID, slot: UUID) -> Answer:
        await client.get("/health/live/")  # the connection stands before the race begins
        await ready.wait()
        return await book_over_http(client, interview, slot)

    return list(await asyncio.gather(*(one(*wish) for wish in wishes)))


def tally(answers: Sequence[Answer]) -> Counter[tuple[int, str]]:
    """Return how often each answer was given."""
    return Counter((answer.status, answer.type) for answer in answers)


async def every_booking_is_whole() -> int:
    """Check that each live schedule has its session, its delivery and its seat; return how many there are."""
    odd = await db.fetch(
        """
        SELECT sc.id FROM schedule sc JOIN interview i ON i.id = sc.interview
        WHERE (SELECT count(*) FROM session WHERE session.schedule = sc.id) <> 1
           OR (SELECT count(*) FROM delivery WHERE delivery.schedule = sc.id) <> 1 OR i.state <> 'scheduled'
        """
    )
    assert odd == []
    orphans = await db.fetch("SELECT id FROM delivery WHERE schedule NOT IN (SELECT id FROM schedule)")
    assert orphans == []
    seats = await db.fetch(
        "SELECT id FROM slot WHERE taken <> (SELECT count(*) FROM schedule WHERE schedule.slot = slot.id)"
    )
    assert seats == []
    return int(await db.fetch_value("SELECT count(*) FROM schedule"))


class Crowd:
    """Clients who book one interview after the other, each into a slot of its own, until they are told to stop."""

    def __init__(self, url: Callable[[], str], key: str, wishes: Sequence[tuple[UUID, UUID]], *, size: int) -> None:
        """Take the server's address anew for each booking: a server that comes back has another port."""
        self._url, self._key, self._wishes, self._size = url, key, list(wishes), size
        self._stopped = False
        self.answers: list[tuple[UUID, Answer]] = []  # by interview

    async def run(self) -> None:
        """Book until `stop`, or until nothing is left to be booked."""
        await asyncio.gather(*(self._one() for _ in range(self._size)))

    def stop(self) -> None:
        self._stopped = True

    @property
    def booked(self) -> list[Answer]:
        return [answer for _, answer in self.answers if answer.status == 201]

    async def _one(self) -> None:
        while self._wishes and not self._stopped:
            interview, slot = self._wishes.pop()
            async with client_of(self._url(), self._key) as client:
                while not self._stopped:
                    answer = await book_over_http(client, interview, slot)
                    self.answers.append((interview, answer))
                    if answer.status in {200, 201}:
                        break
                    await asyncio.sleep(0.05)  # the database or the server is away: ask again, as clients do
                    if answer.status == 0:
                        self._wishes.append((interview, slot))
                        break
