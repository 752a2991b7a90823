"""Candidates: each is identified by their address, ignoring case. An erased candidate no longer counts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry


class NewCandidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a candidate before they are stored; UNSET fields were not given."""

    full_name: str
    email: str
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: str | msgspec.UnsetType | None = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    resume_text: str | msgspec.UnsetType = msgspec.UNSET


class CandidateChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be otherwise about a candidate; UNSET fields stay as they are."""

    full_name: str | msgspec.UnsetType = msgspec.UNSET
    email: str | msgspec.UnsetType = msgspec.UNSET
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    locale: str | msgspec.UnsetType | None = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    resume_text: str | msgspec.UnsetType = msgspec.UNSET


class CandidateDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate."""

    id: UUID
    full_name: str
    email: str
    time_zone: str | None
    locale: str | None
    phone: str
    resume_text: str
    created_at: datetime


_CREATE = f"""
    WITH created AS (
        INSERT INTO candidate (id, full_name, email, time_zone, locale, phone, resume_text)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lower(email)) DO NOTHING RETURNING *
    ), audited AS (
        {audit.fragment(source="created", first_placeholder=8)}
    )
    SELECT * FROM created
"""  # noqa: S608 (our own names)


async def create(new: NewCandidate, *, by: Actor) -> tuple[CandidateDetails, bool]:
    """Store a candidate and return them and True, or return the known one of this address and False.

    Raises DiffersFromKnown where a field that was given differs from what is known.
    """
    given, ident = patches.given(new), db.new_id()
    row = await db.fetch_row(
        _CREATE,
        ident,
        new.full_name,
        new.email,
        given.get("time_zone"),
        given.get("locale"),
        given.get("phone", ""),
        given.get("resume_text", ""),
        *audit.arguments(NewAuditEntry(action=Action.CANDIDATE_CREATED, subject=ident, candidate=ident, by=by)),
    )
    if row is not None:
        return msgspec.convert(dict(row), CandidateDetails), True
    # Held, so that an answer which is stored to be said again is there before an erasure looks for it.
    row = await db.fetch_row(
        "SELECT * FROM candidate WHERE lower(email) = lower($1) AND erased_at IS NULL FOR SHARE", new.email
    )
    if row is None:  # erased between the two statements: the address is nobody's now
        return await create(new, by=by)
    known = msgspec.convert(dict(row), CandidateDetails)
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


async def lock(candidate_id: UUID) -> CandidateDetails:
    """Return a candidate whom nobody else can change, book, or erase before this transaction ends; raises NotFound."""
    row = await db.fetch_row(
        "SELECT * FROM candidate WHERE id = $1 AND erased_at IS NULL FOR NO KEY UPDATE", candidate_id
    )
    if row is None:
        raise errors.NotFound("candidate", candidate_id)
    return msgspec.convert(dict(row), CandidateDetails)


async def write(known: CandidateDetails) -> CandidateDetails:
    """Store a candidate who is locked, as they are now, and return them; raises AddressTaken."""
    await db.fetch(
        """
        UPDATE candidate SET full_name = $2, email = $3, time_zone = $4, locale = $5, phone = $6, resume_text = $7
        WHERE id = $1
        """,
        known.id,
        known.full_name,
        known.email,
        known.time_zone,
        known.locale,
        known.phone,
        known.resume_text,
    )
    return known


async def find(candidate_id: UUID) -> CandidateDetails:
    """Return one candidate; raises NotFound."""
    row = await db.fetch_row("SELECT * FROM candidate WHERE id = $1 AND erased_at IS NULL", candidate_id)
    if row is None:
        raise errors.NotFound("candidate", candidate_id)
    return msgspec.convert(dict(row), CandidateDetails)


async def keep(candidate_id: UUID) -> UUID:
    """Return the id, of a candidate whom nobody changes or erases before this transaction ends; raises NotFound."""
    if not await db.fetch("SELECT FROM candidate WHERE id = $1 AND erased_at IS NULL FOR SHARE", candidate_id):
        raise errors.NotFound("candidate", candidate_id)
    return candidate_id


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which candidates to list, ignoring case; None does not filter."""

    email: str | None = None
    beginning: str | None = None  # of the name or of the address


_LAST_CHARACTER = "\U0010ffff"  # whatever goes on after a beginning sorts before this


async def page(wanted: Wanted | None = None, *, limit: int, after: UUID | None) -> list[CandidateDetails]:
    """Return at most `limit` candidates stored before the one called `after`, newest first."""
    wanted = wanted or Wanted()
    rows = await db.fetch(
        """
        SELECT * FROM candidate
        WHERE erased_at IS NULL AND ($1::text IS NULL OR lower(email) = lower($1))
          AND ($2::text IS NULL
            OR lower(full_name) COLLATE "C" >= lower($2) AND lower(full_name) COLLATE "C" < lower($2) || $3
            OR lower(email) COLLATE "C" >= lower($2) AND lower(email) COLLATE "C" < lower($2) || $3)
          AND ($4::uuid IS NULL OR id < $4)
        ORDER BY id DESC LIMIT $5
        """,
        wanted.email,
        wanted.beginning,
        _LAST_CHARACTER,
        after,
        limit,
    )
    return [msgspec.convert(dict(row), CandidateDetails) for row in rows]
