"""Whom the booker books for: interviews and slots of their own for each booking, written before the run begins."""

from typing import NamedTuple
from uuid import UUID

import asyncpg

from chaos.parts.mail_server import SLOW

_SLOW_PERCENT = 5

# Nobody is in another's way: each has a candidate, a slot and one to move to. All of them are so far ahead that
# no reminder is due and no deadline near.
_JOB = """
    INSERT INTO job (id, title, company, recruiter_email, created_at)
    VALUES (gen_random_uuid(), 'Backend Engineer', 'Example Labs', 'recruiter@hire.example', now()) RETURNING id
"""
_CANDIDATES = """
    INSERT INTO candidate (id, full_name, email, created_at)
    SELECT gen_random_uuid(), 'Asha Rao',
        CASE WHEN n % 100 < $3 THEN $2 ELSE '' END || 'asha.' || n || '@chaos.example', now()
    FROM generate_series(1, $1) n RETURNING id
"""
_INTERVIEWS = """
    INSERT INTO interview (id, candidate, job, created_at)
    SELECT gen_random_uuid(), candidate, $2, now() FROM unnest($1::uuid[]) candidate RETURNING id
"""
_SLOTS = """
    INSERT INTO slot (id, starts_at, ends_at, created_at)
    SELECT gen_random_uuid(), at, at + interval '45 minutes', now()
    FROM (SELECT now() + interval '10 days' + make_interval(hours => n) AS at FROM generate_series(1, $1) n) AS times
    RETURNING id
"""


class Wish(NamedTuple):
    """What one booking is about."""

    interview: UUID
    slot: UUID
    other_slot: UUID  # to move to


async def make(url: str, count: int) -> list[Wish]:
    """Write so many wishes, in no order that the number of a candidate would tell."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            job = await connection.fetchval(_JOB)
            candidates = [row["id"] for row in await connection.fetch(_CANDIDATES, count, SLOW, _SLOW_PERCENT)]
            interviews = [row["id"] for row in await connection.fetch(_INTERVIEWS, candidates, job)]
            slots = [row["id"] for row in await connection.fetch(_SLOTS, 2 * count)]
    finally:
        await connection.close()
    return [Wish(*ids) for ids in zip(interviews, slots[:count], slots[count:], strict=True)]
