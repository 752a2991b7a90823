"""Candidates: each is identified by their mailbox, however it is written. An erased candidate no longer counts."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from piccolo.query import Select
from piccolo.query.functions.base import Function

from hireloop import db, errors, mail_addresses
from hireloop.examples import CandidateId, RecordedAt
from hireloop.scheduling import audit, fields, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.tables import Candidate
from hireloop.statements import Statement


class CandidateFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new candidate."""

    full_name: Annotated[fields.Name, Meta(examples=["Asha Rao"])]
    email: Annotated[fields.Address, Meta(examples=["asha@example.com"])]
    time_zone: fields.Zone | UnsetType | None = UNSET
    locale: Annotated[fields.Locale | UnsetType | None, Meta(examples=["en-IN"])] = UNSET
    phone: Annotated[fields.Phone | UnsetType, Meta(examples=["+91 80 5550 0100", ""])] = UNSET
    resume_text: fields.Text | UnsetType = UNSET


class CandidatePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a candidate. Fields that are left out keep their value; null clears a field that may be empty."""

    full_name: fields.Name | UnsetType = UNSET
    email: Annotated[fields.Address | UnsetType, Meta(examples=["asha.rao@example.com"])] = UNSET
    time_zone: fields.Zone | UnsetType | None = UNSET
    locale: fields.Locale | UnsetType | None = UNSET
    phone: Annotated[fields.Phone | UnsetType, Meta(examples=["", "+91 80 5550 0100"])] = UNSET
    resume_text: fields.Text | UnsetType = UNSET


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


async def create(
    new: CandidateFields, *, by: Actor, within: str = "", now: datetime | None = None
) -> tuple[CandidateDetails, bool]:
    """Store a candidate and return them and True, or return the known one of this mailbox and False.

    `within` is the path of this object in the request, such as `candidate.`. Raises BadInput, and DiffersFromKnown if a
    field differs from what is stored.
    """
    known = await _of_mailbox(new.email)
    given = patches.given(fields.spelt(new, within=within, known=known))
    if known is not None:
        refuse_differences("candidate", given, known, but_for={"email"})
        return known, False
    row = await _insert(given, by, now)
    if row is None:  # somebody else has stored them meanwhile
        return await create(new, by=by, within=within, now=now)
    return msgspec.convert(row, CandidateDetails), True


class _AddressKey(Function):
    """The function of the database that says which addresses are one mailbox."""

    function_name = "address_key"


async def _of_mailbox(address: str) -> CandidateDetails | None:
    """Return the candidate of a mailbox: if there are twins, the one whose address is written so, or else the first.

    They are held, so that a response that is stored for repetition is there before an erasure looks for it.
    """
    if "\x00" in address:
        return None
    rows = await (
        Candidate.select()
        .where(Candidate.address_key == _AddressKey(mail_addresses.sought(address)), Candidate.erased_at.is_null())
        .order_by(Candidate.address_twin)
        .lock_rows("SHARE")
    )
    found = [msgspec.convert(row, CandidateDetails) for row in rows]
    return next((one for one in found if one.email.lower() == address.lower()), found[0] if found else None)


async def refuse_taken(address: str, *, by_others_than: UUID) -> None:
    """Raise AddressTaken if another candidate has this mailbox, also a twin, which no constraint knows."""
    if await Candidate.exists().where(Candidate.address_key == _AddressKey(address), Candidate.id != by_others_than):
        raise errors.AddressTaken


@db.transactional
async def _insert(given: dict[str, Any], by: Actor, now: datetime | None) -> dict[str, Any] | None:
    """Store a candidate and return their row, or None if the address is taken."""
    row = Candidate(**given, created_at=db.sql_now(now))
    created = await Candidate.insert(row).on_conflict(action="DO NOTHING").returning(*Candidate.all_columns())
    if not created:
        return None
    entry = NewAuditEntry(action=Action.CANDIDATE_CREATED, subject=row.id, candidate=row.id, by=by)
    await audit.record(entry, at=now)
    return created[0]


def refuse_differences(what: str, given: dict[str, Any], known: object, *, but_for: set[str]) -> None:
    """Raise DiffersFromKnown, naming every field in which `known` differs from `given`.

    But for those by which the database has found it: they are the same, however they are written.
    """
    different = [
        name for name in given if name not in but_for and not fields.is_same(name, getattr(known, name), given[name])
    ]
    if different:
        raise errors.DiffersFromKnown(what, different)


async def lock(candidate_id: UUID) -> CandidateDetails:
    """Return a candidate, locked against changes, bookings and erasure until this transaction ends; raises NotFound."""
    locked = _of(candidate_id).lock_rows("NO KEY UPDATE")
    return await db.one(locked, CandidateDetails, errors.NotFound("candidate", candidate_id))


async def find(candidate_id: UUID) -> CandidateDetails:
    """Return one candidate; raises NotFound."""
    return await db.one(_of(candidate_id), CandidateDetails, errors.NotFound("candidate", candidate_id))


async def keep(candidate_id: UUID) -> UUID:
    """Return the id of a candidate, locked against changes and erasure until this transaction ends; raises NotFound."""
    if await _of(candidate_id).lock_rows("SHARE").first() is None:
        raise errors.NotFound("candidate", candidate_id)
    return candidate_id


async def erased_among(candidate_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these candidates who have been erased."""
    rows = await Candidate.select(Candidate.id).where(
        Candidate.id.is_in(list(candidate_ids)), Candidate.erased_at.is_not_null()
    )
    return {row["id"] for row in rows}


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
    WHERE erased_at IS NULL AND (:email::text IS NULL OR address_key = address_key(:email))
      AND (:beginning::text IS NULL
        OR full_name_lower COLLATE "C" >= lower(:beginning) AND full_name_lower COLLATE "C" < lower(:beginning) || :last
        OR email_lower COLLATE "C" >= lower(:beginning) AND email_lower COLLATE "C" < lower(:beginning) || :last)
      AND (:after::uuid IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit
""")


async def page(only: CandidateFilter, *, limit: int, after: UUID | None) -> list[CandidateDetails]:
    """Return at most `limit` candidates stored before the one called `after`, newest first."""
    return await _PAGE.structs(
        CandidateDetails, email=only.email, beginning=only.beginning, last=_LAST_CHARACTER, after=after, limit=limit
    )
