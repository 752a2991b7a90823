"""People whose retention period is over: candidates about whom nothing has been recorded for that long."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from hireloop import errors
from hireloop.scheduling.audit import Action
from hireloop.scheduling.tables import Candidate
from hireloop.statements import Statement

# Candidates about whom nothing has been recorded for so long, in the order of ids, and the start of that period.
_DUE = Statement("""
    WITH cut AS (SELECT coalesce(:now, statement_timestamp()) - :older_than::interval AS at)
    SELECT id, cut.at FROM candidate, cut
    WHERE erased_at IS NULL AND created_at < cut.at AND (:after::uuid IS NULL OR id > :after)
      AND (:only::uuid IS NULL OR id = :only)
      AND NOT EXISTS (SELECT FROM schedule sc WHERE sc.candidate = candidate.id AND sc.ends_at >= cut.at)
      AND NOT EXISTS (SELECT FROM interview i WHERE i.candidate = candidate.id AND i.created_at >= cut.at)
      AND NOT EXISTS (
        SELECT FROM audit_entry entry
        WHERE entry.candidate = candidate.id AND entry.action = :changed AND entry.at >= cut.at
      )
    ORDER BY id LIMIT :limit
""")


async def due(
    older_than: timedelta,
    *,
    limit: int,
    after: UUID | None = None,
    now: datetime | None = None,
) -> list[UUID]:
    """Return at most `limit` candidates after the one called `after` who were last seen longer ago than that.

    Seen means: stored, changed, given an interview, or having one that ends. Erased ones do not count.
    """
    return [row["id"] for row in await _due(older_than, limit=limit, after=after, now=now)]


async def hold(candidate_id: UUID, older_than: timedelta, *, now: datetime | None = None) -> datetime:
    """Let nothing happen with a candidate before the caller's transaction ends; return the moment that it begins.

    Raises NotFound if they were seen since they were listed as due.
    """
    await Candidate.select(Candidate.id).where(Candidate.id == candidate_id).lock_rows("UPDATE")
    found = await _due(older_than, limit=1, only=candidate_id, now=now)
    if not found:
        raise errors.NotFound("candidate", candidate_id)
    since: datetime = found[0]["at"]
    return since + older_than


async def _due(
    older_than: timedelta, *, limit: int, after: UUID | None = None, only: UUID | None = None, now: datetime | None
) -> list[asyncpg.Record]:
    return await _DUE.rows(
        now=now, older_than=older_than, after=after, only=only, limit=limit, changed=Action.CANDIDATE_CHANGED.value
    )
