"""Interviews that can be booked, as people read them: with who is to meet about what."""

from uuid import UUID

import msgspec

from hireloop.statements import Statement


class UnbookedInterview(msgspec.Struct, frozen=True, kw_only=True):
    """An interview without a booking, with the names of its candidate and job."""

    id: UUID
    candidate_name: str
    candidate_email: str
    job_id: UUID
    job_title: str
    company: str
    round: int


_LAST_CHARACTER = "\U0010ffff"  # whatever goes on after a beginning sorts before this
# Those that wait for a booking, the newest first: one, or of anybody, or of whose name or address begins so.
_PAGE = Statement("""
    SELECT i.id, i.round, c.full_name AS candidate_name, c.email AS candidate_email, j.id AS job_id,
        j.title AS job_title, j.company
    FROM interview i JOIN candidate c ON c.id = i.candidate JOIN job j ON j.id = i.job
    WHERE i.state = 'open' AND c.erased_at IS NULL AND (:interview::uuid IS NULL OR i.id = :interview)
      AND (:beginning::text IS NULL
        OR full_name_lower COLLATE "C" >= lower(:beginning) AND full_name_lower COLLATE "C" < lower(:beginning) || :last
        OR email_lower COLLATE "C" >= lower(:beginning) AND email_lower COLLATE "C" < lower(:beginning) || :last)
    ORDER BY i.id DESC LIMIT :limit
""")


async def page(*, beginning: str | None, limit: int) -> list[UnbookedInterview]:
    """Return at most `limit` interviews that wait for a booking, newest first; `beginning` is of a name or address."""
    return await _page(interview=None, beginning=beginning, limit=limit)


async def find(interview_id: UUID) -> UnbookedInterview | None:
    """Return an interview that waits for a booking, None if there is none of this id, or it is booked or over."""
    found = await _page(interview=interview_id, beginning=None, limit=1)
    return found[0] if found else None


async def _page(*, interview: UUID | None, beginning: str | None, limit: int) -> list[UnbookedInterview]:
    return await _PAGE.structs(
        UnbookedInterview, interview=interview, beginning=beginning, last=_LAST_CHARACTER, limit=limit
    )
