"""Candidates: one address is one person, letter case aside."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling.tables import Candidate


class NewCandidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a candidate before they are stored; UNSET fields were not given."""

    full_name: str
    email: str
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: str | msgspec.UnsetType | None = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    resume_text: str | msgspec.UnsetType = msgspec.UNSET


class KnownCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A stored candidate."""

    id: UUID
    full_name: str
    email: str
    time_zone: str | None
    locale: str | None
    phone: str
    resume_text: str
    created_at: datetime


async def create(new: NewCandidate) -> tuple[KnownCandidate, bool]:
    """Store a candidate and return them and True, or return the known one of this address and False.

    Raises DiffersFromKnown where a field that was given differs from what is known.
    """
    given = {name: value for name, value in msgspec.structs.asdict(new).items() if value is not msgspec.UNSET}
    row = await db.fetch_row(
        """
        INSERT INTO candidate (id, full_name, email, time_zone, locale, phone, resume_text)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lower(email)) DO NOTHING RETURNING *
        """,
        db.new_id(),
        new.full_name,
        new.email,
        given.get("time_zone"),
        given.get("locale"),
        given.get("phone", ""),
        given.get("resume_text", ""),
    )
    if row is not None:
        return msgspec.convert(dict(row), KnownCandidate), True
    row = await db.fetch_row("SELECT * FROM candidate WHERE lower(email) = lower($1)", new.email)
    if row is None:  # erased between the two statements
        raise errors.NotFound("candidate", "of this address")
    known = msgspec.convert(dict(row), KnownCandidate)
    refuse_differences("candidate", given, known, letter_case_aside={"email"})
    return known, False


def refuse_differences(what: str, given: dict[str, Any], known: object, *, letter_case_aside: set[str]) -> None:
    """Raise DiffersFromKnown, naming every field of `given` that `known` has otherwise."""

    def differs(name: str) -> bool:
        ours, theirs = getattr(known, name), given[name]
        if name in letter_case_aside:
            return str(ours).lower() != str(theirs).lower()
        return bool(ours != theirs)

    fields = [name for name in given if differs(name)]
    if fields:
        raise errors.DiffersFromKnown(what, fields)


async def find(candidate_id: UUID) -> KnownCandidate:
    """Return one candidate; raises NotFound."""
    row = await Candidate.select().where(Candidate.id == candidate_id).first()
    if row is None:
        raise errors.NotFound("candidate", candidate_id)
    return msgspec.convert(row, KnownCandidate)


async def page(*, limit: int, after: UUID | None) -> list[KnownCandidate]:
    """Return at most `limit` candidates stored before the one called `after`, newest first."""
    query = Candidate.select().order_by(Candidate.id, ascending=False).limit(limit)
    rows = await (query.where(Candidate.id < after) if after else query)
    return msgspec.convert(rows, list[KnownCandidate])
