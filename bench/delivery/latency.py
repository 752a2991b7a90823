"""From the booking to the mail server's word, at a rate that an installation may really see."""

import asyncio
import sys
import time

import httpx

from bench import crowd
from bench.crowd import Crowd
from bench.parts import Database, free_port, hireloop
from bench.report import Rounds
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role

_PATIENCE_SECONDS = 60


def measure(
    database: Database, people: Crowd, noted: Rounds, env: dict[str, str], *, rate: float, seconds: float
) -> None:
    """Book over HTTP at this rate with a worker beside, and note how long each invitation took to be accepted."""
    numbers = people.more(int(rate * seconds))
    port = free_port()
    with hireloop("serve", "--port", str(port), env=env) as serving, hireloop("work", env=env) as working:
        serving.wait_for_port(port)
        working.wait_for_log("worker.started")
        asyncio.run(_book(database, f"http://127.0.0.1:{port}", numbers, rate))
        until = time.monotonic() + _PATIENCE_SECONDS
        while database.fetch("SELECT 1 FROM delivery WHERE state = 'pending' LIMIT 1") and time.monotonic() < until:
            time.sleep(0.2)
    row = database.fetch(
        """
        SELECT count(*) AS sent, percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY
            extract(epoch FROM d.sent_at - s.booked_at)::float * 1000) AS waited
        FROM delivery d JOIN schedule s ON s.id = d.schedule
        WHERE s.interview BETWEEN $1 AND $2 AND d.state = 'sent'
        """,
        crowd.person(numbers.start).interview,
        crowd.person(numbers.stop - 1).interview,
    )[0]
    if row["sent"] != len(numbers):
        raise SystemExit(f"{len(numbers)} were booked, and {row['sent']} invitations accepted.")
    for name, waited in zip(("p50", "p99", "longest"), row["waited"], strict=True):
        noted.add(f"booked to accepted at {rate:g}/s, {name} in ms", waited)


async def _book(database: Database, url: str, numbers: range, rate: float) -> None:
    async with db.opened(database.url, pool_size=1):
        _, key = await api_keys.create("bench", Role.RECRUITER)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        began = time.monotonic()
        asked = []
        for index, number in enumerate(numbers):
            await asyncio.sleep(max(0.0, began + index / rate - time.monotonic()))
            asked.append(asyncio.create_task(_book_one(client, number)))
        await asyncio.gather(*asked)


async def _book_one(client: httpx.AsyncClient, number: int) -> None:
    one = crowd.person(number)
    answer = await client.post(
        f"/api/interviews/slots/{one.slot}/book_slot/", json={"interview_id": str(one.interview)}
    )
    if answer.status_code != httpx.codes.CREATED:
        sys.exit(answer.text)
