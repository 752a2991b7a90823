"""Candidates: each is identified by their address, ignoring case. An erased candidate no longer counts."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from piccolo.columns.combination import WhereRaw
from piccolo.query import Select

from hireloop import db, errors
from hireloop.examples import CandidateId, RecordedAt
from hireloop.scheduling import audit, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.tables import Candidate
from hireloop.statements import Statement


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

    id: CandidateId
    full_name: Annotated[str, Meta(examples=["Asha Rao"])]
    email: Annotated[str, Meta(examples=["asha@example.com"])]
    time_zone: Annotated[str | None, Meta(examples=["Asia/Kolkata"])]
    locale: Annotated[str | None, Meta(examples=["en-IN"])]
    phone: Annotated[str, Meta(examples=["+918055500100"])]
    resume_text: Annotated[str, Meta(examples=["Ten years of operating PostgreSQL."])]
    created_at: RecordedAt


async def create(new: NewCandidate, *, by: Actor) -> tuple[CandidateDetails, bool]:
    """Store a candidate and return them and True, or return the known one of this address and False.

    Raises DiffersFromKnown where a field that was given differs from what is known.
    """
    given = patches.given(new)
    row = await _insert(given, by)
    if row is not None:
        return msgspec.convert(row, CandidateDetails), True
    # Held, so that an answer which is stored to be said again is there before an erasure looks for it.
    row = await (
        Candidate.select()
        .where(WhereRaw("email_lower = lower({})", new.email), Candidate.erased_at.is_null())
        .lock_rows("SHARE")
        .first()
    )
    if row is None:  # erased between the two statements: the address is nobody's now
        return await create(new, by=by)
    known = msgspec.convert(row, CandidateDetails)
    refuse_differences("candidate", given, known, letter_case_aside={"email"})
    return known, False


@db.transactional
async def _insert(given: dict[str, Any], by: Actor) -> dict[str, Any] | None:
    """Store a candidate, or nobody where the address is taken, and return their row."""
    row = Candidate(**given)
    created = await Candidate.insert(row).on_conflict(action="DO NOTHING").returning(*Candidate.all_columns())
    if not created:
        return None
    await audit.record(NewAuditEntry(action=Action.CANDIDATE_CREATED, subject=row.id, candidate=row.id, by=by))
    return created[0]


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
    row = await _of(candidate_id).lock_rows("NO KEY UPDATE").first()
    if row is None:
        raise errors.NotFound("candidate", candidate_id)
    return msgspec.convert(row, CandidateDetails)


async def find(candidate_id: UUID) -> CandidateDetails:
    """Return one candidate; raises NotFound."""
    row = await _of(candidate_id).first()
    if row is None:
        raise errors.NotFound("candidate", candidate_id)
    return msgspec.convert(row, CandidateDetails)


async def keep(candidate_id: UUID) -> UUID:
    """Return the id, of a candidate whom nobody changes or erases before this transaction ends; raises NotFound."""
    if await _of(candidate_id).lock_rows("SHARE").first() is None:
        raise errors.NotFound("candidate", candidate_id)
    return candidate_id


def _of(candidate_id: UUID) -> Select[Candidate]:
    return Candidate.select().where(Candidate.id == candidate_id, Candidate.erased_at.is_null())


class CandidateFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which candidates to list, ignoring case; None does not filter."""

    email: str | None = None
    beginning: str | None = None  # of the name or of the address


_LAST_CHARACTER = "\U0010ffff"  # whatever goes on after a beginning sorts before this


# Candidates, newest first: of one address, or whose name or address begins so.
_PAGE = Statement("""
    SELECT * FROM candidate
    WHERE erased_at IS NULL AND (:email::text IS NULL OR email_lower = lower(:email))
      AND (:beginning::text IS NULL
        OR lower(full_name) COLLATE "C" >= lower(:beginning)
          AND lower(full_name) COLLATE "C" < lower(:beginning) || :last
        OR email_lower COLLATE "C" >= lower(:beginning) AND email_lower COLLATE "C" < lower(:beginning) || :last)
      AND (:after::uuid IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit
""")


async def page(only: CandidateFilter, *, limit: int, after: UUID | None) -> list[CandidateDetails]:
    """Return at most `limit` candidates stored before the one called `after`, newest first."""
    rows = await _PAGE.rows(email=only.email, beginning=only.beginning, last=_LAST_CHARACTER, after=after, limit=limit)
    return [msgspec.convert(dict(row), CandidateDetails) for row in rows]
