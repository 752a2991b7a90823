"""The audit: who did what when, from which key. Entries are only ever added, in the transaction of what they tell.

A database trigger refuses to change or delete one; only of an erased person may the details be blanked, by a function
of the tables' owner (docs/decisions/0026, 0065).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from hireloop import db
from hireloop.examples import CandidateId, KeyId, RecordedAt, TraceId
from hireloop.statements import Statement
from hireloop.telemetry import spans


class Action(StrEnum):
    """An action in the audit, as `<subject>.<verb>`."""

    CANDIDATE_CREATED = "candidate.created"
    CANDIDATE_CHANGED = "candidate.changed"
    CANDIDATE_ERASED = "candidate.erased"
    JOB_CREATED = "job.created"
    JOB_CHANGED = "job.changed"
    INTERVIEW_CREATED = "interview.created"
    INTERVIEW_CHANGED = "interview.changed"
    INTERVIEW_CANCELLED = "interview.cancelled"
    INTERVIEW_MISSED = "interview.missed"  # nobody came: the interview is a no-show
    INTERVIEW_COMPLETED = "interview.completed"
    SLOT_CREATED = "slot.created"
    SLOT_CHANGED = "slot.changed"
    SLOT_WITHDRAWN = "slot.withdrawn"
    SCHEDULE_BOOKED = "schedule.booked"
    SCHEDULE_CONFIRMED = "schedule.confirmed"
    SCHEDULE_RESCHEDULED = "schedule.rescheduled"
    SCHEDULE_CANCELLED = "schedule.cancelled"
    SESSION_ENTERED = "session.entered"
    SESSION_REISSUED = "session.reissued"
    SESSION_REVOKED = "session.revoked"
    KEY_CREATED = "key.created"
    KEY_REVOKED = "key.revoked"
    SIGN_IN_CREATED = "sign_in.created"
    SIGN_IN_ENDED = "sign_in.ended"  # by someone: the end by time is no entry
    DELIVERY_REPLAYED = "delivery.replayed"
    BOOKINGS_EXPORTED = "bookings.exported"  # as a file, with names and addresses
    ALERT_ACKNOWLEDGED = "alert.acknowledged"


class Actor(msgspec.Struct, frozen=True):
    """Who does something: by name, and by the id of the API key that asked for it."""

    name: str
    key: UUID | None = None


CANDIDATE = Actor("the candidate")
HIRELOOP = Actor("HireLoop")  # by the clock, or at the first start
COMMAND_LINE = Actor("the command line")


class NewAuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit; `candidate` is the person that it is about, so that erasing them can find it."""

    action: Action
    subject: UUID
    by: Actor
    candidate: UUID | None = None
    details: dict[str, Any] = {}


class AuditEntryDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in the audit log."""

    id: Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-00000000000a"])]
    at: RecordedAt
    action: Annotated[Action, Meta(examples=["schedule.booked"])]
    subject: Annotated[UUID, Meta(examples=["01990000-0000-7000-8000-000000000005"])]
    candidate: CandidateId | None
    actor: Annotated[str, Meta(examples=["the hiring page"])]
    actor_key: KeyId | None
    details: Annotated[dict[str, Any], Meta(examples=[{"slot": "01990000-0000-7000-8000-000000000004"}])]
    trace_id: TraceId


# Of a new entry.
_COLUMNS = {
    "id": "uuid",
    "action": "text",
    "subject": "uuid",
    "candidate": "uuid",
    "actor": "text",
    "actor_key": "uuid",
    "details": "text",
    "trace_id": "text",
}


# Entries, however many: a series or a replay adds hundreds at once.
_ADD = Statement(f"""
    INSERT INTO audit_entry (at, {", ".join(_COLUMNS)})
    SELECT coalesce(:at, now()), id, action, subject, candidate, actor, actor_key, details::jsonb, trace_id
    FROM unnest({", ".join(f":{name}::{kind}[]" for name, kind in _COLUMNS.items())}) AS entry({", ".join(_COLUMNS)})
""")  # noqa: S608 (our own names)


async def record(*entries: NewAuditEntry, at: datetime | None) -> None:
    """Add entries, in the caller's transaction and in one statement.

    `at` is the moment that the change was decided for; None is the start of the transaction.
    """
    if entries:
        rows = [_row(entry) for entry in entries]
        await _ADD.run(at=at, **{name: [row[name] for row in rows] for name in _COLUMNS})


def fragment(*, source: str, at: str) -> str:
    """Return the INSERT of one entry, if the relation `source` of the surrounding statement has a row.

    `at` is the moment of the change, in SQL; the other values are those of `arguments`.
    """
    values = ", ".join(
        f":audit_{name}::{kind}{'::jsonb' if name == 'details' else ''}" for name, kind in _COLUMNS.items()
    )
    return f"INSERT INTO audit_entry (at, {', '.join(_COLUMNS)}) SELECT {at}, {values} FROM {source}"  # noqa: S608 (our own names)


def arguments(entry: NewAuditEntry) -> dict[str, object]:
    """Return what `fragment` writes, by the names of its parameters."""
    return {f"audit_{name}": value for name, value in _row(entry).items()}


def _row(entry: NewAuditEntry) -> dict[str, object]:
    return {
        "id": db.new_id(),
        "action": entry.action.value,
        "subject": entry.subject,
        "candidate": entry.candidate,
        "actor": entry.by.name,
        "actor_key": entry.by.key,
        "details": msgspec.json.encode(entry.details).decode(),
        "trace_id": spans.current_trace_id(),
    }


# The details of whatever is about an erased person, by a function of the tables' owner: our role may change no entry.
_BLANK = Statement("SELECT blank_audit_of_erased(:candidate)")


async def blank(candidate: UUID) -> None:
    """Blank the details of every entry about a person, in the transaction that has erased them.

    The entry about the erasure stays, and must have been recorded before. Raises
    asyncpg.IntegrityConstraintViolationError for a person who is not erased.
    """
    await _BLANK.run(candidate=candidate)


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to list; None does not filter."""

    action: Action | None = None
    subject: UUID | None = None
    candidate: UUID | None = None
    actor_key: UUID | None = None
    since: datetime | None = None


# Entries, newest first, by whatever of these is given.
_PAGE = Statement("""
    SELECT id, at, action, subject, actor, actor_key, details::text, trace_id, CASE WHEN NOT EXISTS (
            SELECT FROM candidate WHERE candidate.id = audit_entry.candidate AND erased_at IS NOT NULL
        ) THEN candidate END AS candidate
    FROM audit_entry
    WHERE (:action::text IS NULL OR action = :action) AND (:subject::uuid IS NULL OR subject = :subject)
      AND (:candidate::uuid IS NULL OR candidate = :candidate) AND (:actor_key::uuid IS NULL OR actor_key = :actor_key)
      AND (:since::timestamptz IS NULL OR at >= :since) AND (:after::uuid IS NULL OR id < :after)
    ORDER BY id DESC LIMIT :limit
""")


# Entries about some subjects, of some actions, the oldest first.
_ABOUT = Statement("""
    SELECT id, at, action, subject, actor, actor_key, details::text, trace_id, candidate FROM audit_entry
    WHERE subject = ANY(:subjects::uuid[]) AND action = ANY(:actions::text[]) ORDER BY id LIMIT :limit
""")
_MOST_ABOUT = 1_000


async def about(subjects: Sequence[UUID], actions: Sequence[Action]) -> list[AuditEntryDetails]:
    """Return the entries of these actions about these subjects, oldest first, and no more than a thousand."""
    rows = await _ABOUT.rows(subjects=list(subjects), actions=[one.value for one in actions], limit=_MOST_ABOUT)
    return [_read(dict(row)) for row in rows]


async def page(only: AuditFilter, *, limit: int, after: UUID | None) -> list[AuditEntryDetails]:
    """Return at most `limit` entries from before the one called `after`, newest first.

    `candidate` is None if the person has been erased; an entry about the person alone still has their id as `subject`.
    """
    rows = await _PAGE.rows(
        action=only.action,
        subject=only.subject,
        candidate=only.candidate,
        actor_key=only.actor_key,
        since=only.since,
        after=after,
        limit=limit,
    )
    return [_read(dict(row)) for row in rows]


def _read(row: dict[str, Any]) -> AuditEntryDetails:
    return msgspec.convert({**row, "details": msgspec.json.decode(row["details"])}, AuditEntryDetails)
