"""The booker: an outside client that books at a steady rate and asks again until it knows what came of it."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx

from chaos.facts import Promise
from chaos.people import Wish

_TIMEOUT_SECONDS = 10.0
_CONNECTIONS = 60
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.2, 6.0  # it grows: clients must not keep dead servers from coming back
_MOVED_PERCENT, _CANCELLED_PERCENT = 10, 5
LONGEST_THOUGHT_SECONDS = 5.0  # between a booking and its change
_NOBODY_KNOWS = {(503, "database-away"), (409, "idempotency-in-progress")}


class Known(NamedTuple):
    """An answer after which the client knows what has happened."""

    status: int
    body: dict[str, Any]


class Booker:
    """Books each wish, moves or cancels some of them, and keeps what was acknowledged.

    Every request has an Idempotency-Key and is repeated, at one server after the other, until it is answered.
    """

    def __init__(self, urls: Sequence[str], key: str, wishes: Sequence[Wish], seed: int) -> None:
        self._urls, self._key = urls, key
        self._wishes = wishes
        self.chance = random.Random(f"{seed} booker")  # noqa: S311 (a mix, no secret)
        self._turn = asyncio.Semaphore(_CONNECTIONS)
        self._tasks: set[asyncio.Task[None]] = set()
        self.promises: list[Promise] = []
        self.answers: Counter[str] = Counter()  # of every request, those without an answer among them

    @property
    def acknowledged(self) -> int:
        """How many bookings were acknowledged."""
        return sum(promise.schedule is not None for promise in self.promises)

    @property
    def open(self) -> int:
        """How many bookings have a request that is not answered yet."""
        return len(self._tasks)

    async def run(self, rate: float, seconds: float) -> None:
        """Book so many a second for so long, whatever the answers are; then wait until each has come."""
        headers = {"Authorization": f"Bearer {self._key}"}
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with httpx.AsyncClient(headers=headers, limits=limits, timeout=_TIMEOUT_SECONDS) as client:
            try:
                for number, wish in enumerate(self._wishes):
                    if number / rate > seconds:
                        break
                    await asyncio.sleep(began + number / rate - loop.time())
                    self._begin(client, wish)
                while self._tasks:
                    await asyncio.gather(*self._tasks)
            finally:
                for task in self._tasks:
                    task.cancel()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, client: httpx.AsyncClient, wish: Wish) -> None:
        promise = Promise(interview=wish.interview, slot=wish.slot)
        self.promises.append(promise)
        task = asyncio.create_task(self._one(client, wish, promise))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _one(self, client: httpx.AsyncClient, wish: Wish, promise: Promise) -> None:
        booked = await self._ask(
            client, promise, f"slots/{wish.slot}/book_slot/", {"interview_id": str(wish.interview)}
        )
        if booked is None:
            return
        promise.schedule = UUID(booked.body["id"])
        if booked.status == httpx.codes.CREATED:
            promise.delivery = UUID(booked.body["invitation"]["deliveries"][0]["id"])
        drawn = self.chance.randrange(100)
        if drawn >= _MOVED_PERCENT + _CANCELLED_PERCENT:
            return
        await asyncio.sleep(self.chance.random() * LONGEST_THOUGHT_SECONDS)
        if drawn < _MOVED_PERCENT:
            path, body = f"schedules/{promise.schedule}/reschedule/", {"slot_id": str(wish.other_slot)}
        else:
            path, body = f"schedules/{promise.schedule}/cancel/", {}
        changed = await self._ask(client, promise, path, body)
        if changed is not None:
            promise.slot = UUID(changed.body["slot"])
            promise.revision, promise.is_cancelled = 2, drawn >= _MOVED_PERCENT

    async def _ask(self, client: httpx.AsyncClient, promise: Promise, path: str, body: object) -> Known | None:
        """Ask until the answer is known; None if it is one that the client should not have got."""
        promise.unanswered = path
        headers, server = {"Idempotency-Key": str(uuid4())}, self.chance.randrange(len(self._urls))
        pause = _FIRST_PAUSE_SECONDS
        while True:
            url = f"{self._urls[server]}/api/interviews/{path}"
            server = (server + 1) % len(self._urls)
            try:
                async with self._turn:  # the client's own queue costs more and more, the longer it is
                    response = await client.post(url, json=body, headers=headers)
            except httpx.TransportError as broken:
                self.answers[f"none ({type(broken).__name__})"] += 1
            else:
                is_problem = response.is_error and "json" in response.headers.get("content-type", "")
                kind = response.json()["code"] if is_problem else ""
                self.answers[f"{response.status_code} {kind}".strip()] += 1
                if response.is_success:
                    promise.unanswered = ""
                    return Known(response.status_code, response.json())
                if (response.status_code, kind) not in _NOBODY_KNOWS:
                    promise.unanswered = ""
                    promise.answers.append(f"{path}: answered {response.status_code} {response.text[:300]}")
                    return None
            await asyncio.sleep(pause * self.chance.uniform(0.5, 1.0))
            pause = min(1.6 * pause, _LONGEST_PAUSE_SECONDS)
