"""Twins: rows of one mailbox from before there were keys of addresses. They keep working until somebody clears them up.

Nothing that is stored now can become one: docs/decisions/0063.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from hireloop.statements import Statement


class Twins(msgspec.Struct, frozen=True):
    """Candidates who share a mailbox, by their ids, and slots to come that overlap another one of their interviewer."""

    candidates: list[list[UUID]]
    slots: list[UUID]


NO_TWINS = Twins([], [])

# The candidates of each mailbox that has several, and the slots that overlap another one, unless they are over.
_READ = Statement("""
    SELECT coalesce((
            SELECT jsonb_agg(ids ORDER BY ids) FROM (
                SELECT jsonb_agg(id ORDER BY address_twin) AS ids FROM candidate
                WHERE erased_at IS NULL AND address_key IN (SELECT address_key FROM candidate WHERE address_twin > 0)
                GROUP BY address_key HAVING count(*) > 1
            ) AS shared
        ), '[]') AS candidates,
        ARRAY(
            SELECT id FROM slot WHERE overlaps_since_before AND withdrawn_at IS NULL
                AND ends_at > coalesce(:now, now())
            ORDER BY starts_at, id
        ) AS slots
""")


async def read(*, now: datetime | None = None) -> Twins:
    """Return the twins that there are."""
    row = await _READ.row(now=now)
    assert row is not None  # noqa: S101 (a SELECT without FROM has a row)
    return Twins(msgspec.json.decode(row["candidates"], type=list[list[UUID]]), list(row["slots"]))
