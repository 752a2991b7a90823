"""A series: the slots that one recurrence rule names, created all at once, and what was left out and why."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from hireloop import db
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.slots import recurrence, slots
from hireloop.scheduling.slots.recurrence import Occurrence, Omission
from hireloop.scheduling.slots.slots import SlotDetails
from hireloop.statements import Statement


class NewSeries(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, the time zone of its clock, and what its slots have in common."""

    rule: str
    zone: ZoneInfo
    starts_at_local: datetime  # on the zone's wall clock
    duration: timedelta  # as time that passes, even if the clocks change meanwhile
    exclude: frozenset[date] = frozenset()  # by the wall clock
    seats: int = 1
    interviewer_email: str | None = None
    interviewer_name: str = ""
    interviewer_time_zone: str | None = None
    interviewer_locale: str | None = None
    job: UUID | None = None  # None: for any job
    notes: str = ""


class SkippedOccurrence(msgspec.Struct, frozen=True):
    """An occurrence that did not become a slot, why, and the slot that is in its way or there already."""

    occurrence: Occurrence
    omission: Omission
    slot: UUID | None = None


class Series(msgspec.Struct, frozen=True):
    """The result of a rule: the slots in the order of their start, and what was left out, on the wall clock's order."""

    created: list[SlotDetails]
    left_out: list[SkippedOccurrence]
    repeated: list[Occurrence]  # of those created: the clocks show their time twice, and the first one was taken


async def create(new: NewSeries, *, by: Actor, now: datetime | None = None) -> Series:
    """Create the slots of a series: all that can be, in one transaction. Asking again creates nothing again.

    Raises BadInput for an invalid rule and for an unknown job; then nothing was written.
    """
    rule = recurrence.read(new.rule)
    # In a thread: a rule that nothing fits takes a quarter of a second to say so.
    named = await asyncio.to_thread(recurrence.occurrences, rule, zone=new.zone, starts_at_local=new.starts_at_local)
    await slots.check_job(new.job)
    left_out = [SkippedOccurrence(one, omission) for one in named if (omission := _omission(one, new.exclude))]
    rest = {db.new_id(): one for one in named if not _omission(one, new.exclude)}
    created, also_left_out = await _create(new, rest, by, now)
    return Series(
        created=created,
        left_out=sorted([*left_out, *also_left_out], key=lambda one: one.occurrence.wall),
        repeated=[rest[slot.id] for slot in created if rest[slot.id].repeated],
    )


def _omission(occurrence: Occurrence, exclude: frozenset[date]) -> Omission | None:
    """Return why an occurrence is left out before the database is asked, or None."""
    if occurrence.wall.date() in exclude:
        return Omission.EXCLUDED
    return Omission.NONEXISTENT_TIME if occurrence.starts_at is None else None


@db.transactional
async def _create(
    new: NewSeries, asked: dict[UUID, Occurrence], by: Actor, now: datetime | None
) -> tuple[list[SlotDetails], list[SkippedOccurrence]]:
    """Create what can be of these occurrences, by the ids that their slots would have."""
    at = await slots.lock_interviewer(new.interviewer_email, now=now)
    left_out = {
        row["id"]: SkippedOccurrence(
            asked[row["id"]], Omission.PAST if row["past"] else Omission.ALREADY_EXISTS, row["twin"]
        )
        for row in await _LOOK.rows(**_times(new, asked), interviewer=new.interviewer_email, job=new.job, at=at)
    }
    fits = {ident: one for ident, one in asked.items() if ident not in left_out}
    created = await _insert(new, fits, at)
    busy = {ident: one for ident, one in fits.items() if ident not in {slot.id for slot in created}}
    for row in await _IN_THE_WAY.rows(**_times(new, busy), interviewer=new.interviewer_email):
        left_out[row["id"]] = SkippedOccurrence(busy[row["id"]], Omission.INTERVIEWER_BUSY, row["other"])
    entries = [NewAuditEntry(action=Action.SLOT_CREATED, subject=slot.id, by=by) for slot in created]
    await audit.record(*entries, at=at)
    return created, list(left_out.values())


async def _insert(new: NewSeries, fits: dict[UUID, Occurrence], at: datetime) -> list[SlotDetails]:
    """Insert what overlaps no other slot of the interviewer, nor an earlier one of these: the constraint decides."""
    values = {"seats": new.seats, "job": new.job, "notes": new.notes, "interviewer": new.interviewer_email}
    known = {
        "name": new.interviewer_name,
        "time_zone": new.interviewer_time_zone,
        "locale": new.interviewer_locale,
    }
    return await _INSERT.structs(SlotDetails, **_times(new, fits), **values, **known, at=at)


def _times(new: NewSeries, asked: dict[UUID, Occurrence]) -> dict[str, list[Any]]:
    """Return ids, starts and ends; those asked for here exist."""
    starts = [one.starts_at for one in asked.values() if one.starts_at is not None]
    return {"ids": list(asked), "starts": starts, "ends": [start + new.duration for start in starts]}


# Of the times asked for, those that are past, and those at which there is such a slot already.
_LOOK = Statement("""
    SELECT * FROM (
        SELECT asked.id, asked.starts_at <= :at AS past, (
            SELECT known.id FROM slot known
            WHERE known.starts_at = asked.starts_at AND known.ends_at = asked.ends_at AND known.withdrawn_at IS NULL
              AND known.interviewer_key IS NOT DISTINCT FROM address_key(:interviewer)
              AND known.job IS NOT DISTINCT FROM :job
            ORDER BY known.id LIMIT 1
        ) AS twin
        FROM unnest(:ids::uuid[], :starts::timestamptz[], :ends::timestamptz[]) AS asked (id, starts_at, ends_at)
    ) AS seen WHERE past OR twin IS NOT NULL
""")

# The slots of a series, except those that overlap another of the interviewer's, an existing one or one of these.
_INSERT = Statement("""
    INSERT INTO slot (id, starts_at, ends_at, seats, interviewer_email, interviewer_name, interviewer_time_zone,
        interviewer_locale, job, notes, created_at)
    SELECT id, starts_at, ends_at, :seats, :interviewer, :name, :time_zone, :locale, :job, :notes, :at
    FROM unnest(:ids::uuid[], :starts::timestamptz[], :ends::timestamptz[]) AS asked (id, starts_at, ends_at)
    ORDER BY starts_at, id
    ON CONFLICT DO NOTHING RETURNING *
""")

# For each time that an interviewer has no room for, the first slot that is in its way.
_IN_THE_WAY = Statement("""
    SELECT asked.id, (
        SELECT other.id FROM slot other
        WHERE withdrawn_at IS NULL AND interviewer_email IS NOT NULL
          AND textrange(interviewer_key, interviewer_key, '[]')
              && textrange(address_key(:interviewer), address_key(:interviewer), '[]')
          AND tstzrange(other.starts_at, other.ends_at) && tstzrange(asked.starts_at, asked.ends_at)
        ORDER BY other.starts_at, other.id LIMIT 1
    ) AS other
    FROM unnest(:ids::uuid[], :starts::timestamptz[], :ends::timestamptz[]) AS asked (id, starts_at, ends_at)
""")
