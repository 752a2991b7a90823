"""The audit: who did what when, from which key. Entries are only ever added, in the transaction of what they tell.

A database trigger refuses to change or delete one; only erasing a person may blank its details (docs/decisions/0026).
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from hireloop import db
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
    DELIVERY_REPLAYED = "delivery.replayed"


class Actor(msgspec.Struct, frozen=True):
    """Who does something: by name, and by the id of the API key that asked for it."""

    name: str
    key: UUID | None = None


CANDIDATE = Actor("the candidate")
HIRELOOP = Actor("HireLoop")  # by the clock, or at the first start
COMMAND_LINE = Actor("the command line")


class NewAuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit; `candidate` is whom it is about, so that erasing them can find it."""

    action: Action
    subject: UUID
    by: Actor
    candidate: UUID | None = None
    details: dict[str, Any] = {}


class AuditEntryDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in the audit."""

    id: UUID
    at: datetime
    action: Action
    subject: UUID
    candidate: UUID | None
    actor: str
    actor_key: UUID | None
    details: dict[str, Any]
    trace_id: str


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


def fragment(*, source: str, first_placeholder: int) -> str:
    """Return the INSERT of one entry, if the relation `source` of the surrounding statement has a row.

    It takes the values of `arguments` from `first_placeholder` on: eight of them.
    """
    values = ", ".join(
        f"${first_placeholder + n}::{kind}{'::jsonb' if name == 'details' else ''}"
        for n, (name, kind) in enumerate(_COLUMNS.items())
    )
    return f"INSERT INTO audit_entry ({', '.join(_COLUMNS)}) SELECT {values} FROM {source}"  # noqa: S608 (our own names)


def arguments(entry: NewAuditEntry) -> tuple[object, ...]:
    """Return what `fragment` writes, in its order."""
    return (
        db.new_id(),
        entry.action.value,
        entry.subject,
        entry.candidate,
        entry.by.name,
        entry.by.key,
        msgspec.json.encode(entry.details).decode(),
        spans.current_trace_id(),
    )


async def record(*entries: NewAuditEntry) -> None:
    """Add entries, in the caller's transaction and in one statement."""
    if not entries:
        return
    columns = zip(*map(arguments, entries), strict=True)
    names = ", ".join(_COLUMNS)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(_COLUMNS.values(), start=1))
    await db.fetch(
        f"""
        INSERT INTO audit_entry ({names})
        SELECT id, action, subject, candidate, actor, actor_key, details::jsonb, trace_id
        FROM unnest({arrays}) AS entry({names})
        """,  # noqa: S608 (our own names)
        *(list(column) for column in columns),
    )


async def record_each(entries: Sequence[NewAuditEntry]) -> None:
    """Add many entries at once, in the caller's transaction."""
    each = zip(*(arguments(entry) for entry in entries), strict=True)
    columns = ", ".join(_COLUMNS)
    given = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_COLUMNS.values(), start=1))
    values = columns.replace("details", "details::jsonb")
    await db.fetch(
        f"INSERT INTO audit_entry ({columns}) SELECT {values} FROM unnest({given}) AS given ({columns})",  # noqa: S608 (our own names)
        *(list(column) for column in each),
    )


async def blank(candidate: UUID, subjects: Collection[UUID]) -> None:
    """Blank the details of every entry about a person, or about one of these things, in the caller's transaction."""
    await db.fetch("SELECT set_config('hireloop.erasing', 'on', true)")
    await db.fetch(
        "UPDATE audit_entry SET details = '{}' WHERE candidate = $1 OR subject = ANY($2::uuid[])",
        candidate,
        list(subjects),
    )
    await db.fetch("SELECT set_config('hireloop.erasing', 'off', true)")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to list; None does not narrow."""

    action: Action | None = None
    subject: UUID | None = None
    candidate: UUID | None = None
    actor_key: UUID | None = None
    since: datetime | None = None


async def page(wanted: Wanted, *, limit: int, after: UUID | None) -> list[AuditEntryDetails]:
    """Return at most `limit` entries from before the one called `after`, newest first."""
    rows = await db.fetch(
        """
        SELECT id, at, action, subject, candidate, actor, actor_key, details::text, trace_id FROM audit_entry
        WHERE ($1::text IS NULL OR action = $1) AND ($2::uuid IS NULL OR subject = $2)
          AND ($3::uuid IS NULL OR candidate = $3) AND ($4::uuid IS NULL OR actor_key = $4)
          AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::uuid IS NULL OR id < $6)
        ORDER BY id DESC LIMIT $7
        """,
        wanted.action,
        wanted.subject,
        wanted.candidate,
        wanted.actor_key,
        wanted.since,
        after,
        limit,
    )
    return [msgspec.convert({**row, "details": msgspec.json.decode(row["details"])}, AuditEntryDetails) for row in rows]
