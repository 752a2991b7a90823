"""Slots: stretches of time with seats that interviews can be booked into."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec
from msgspec import UNSET, UnsetType

from hireloop import db, errors
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.people import jobs


class NewSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot before it is stored; both times are aware."""

    starts_at: datetime
    ends_at: datetime
    seats: int = 1
    interviewer_email: str | None = None
    job: UUID | None = None  # None: for any job
    notes: str = ""


class SlotDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A slot."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    interviewer_email: str | None
    job: UUID | None
    notes: str
    withdrawn_at: datetime | None
    created_at: datetime


class SlotChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of a slot; what is unset stays."""

    starts_at: datetime | UnsetType = UNSET
    ends_at: datetime | UnsetType = UNSET
    seats: int | UnsetType = UNSET
    interviewer_email: str | UnsetType | None = UNSET
    job: UUID | UnsetType | None = UNSET
    notes: str | UnsetType = UNSET


# What the candidates of a slot in use rely on.
_FIXED_IN_USE = {"starts_at", "ends_at", "interviewer_email", "job"}

Check = Callable[[SlotDetails], None]  # raises where the slot, held still, is not the one that the caller has in mind


_CREATE = f"""
    WITH made AS (
        INSERT INTO slot (id, starts_at, ends_at, seats, interviewer_email, job, notes)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
    ), audited AS (
        {audit.fragment(source="made", first_placeholder=8)}
    )
    SELECT * FROM made
"""  # noqa: S608 (our own words)


async def create(new: NewSlot, *, by: Actor) -> SlotDetails:
    """Store a slot; raises BadInput for an unknown job and InterviewerBusy where it overlaps another of theirs."""
    check_times(new.starts_at, new.ends_at)
    await check_job(new.job)
    ident = db.new_id()
    entry = NewAuditEntry(action=Action.SLOT_CREATED, subject=ident, by=by)
    rows = await db.retried(
        lambda: db.fetch(
            _CREATE,
            ident,
            new.starts_at,
            new.ends_at,
            new.seats,
            new.interviewer_email,
            new.job,
            new.notes,
            *audit.arguments(entry),
        )
    )
    return known(rows[0])


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Raise BadInput for a slot that would end before it begins."""
    if ends_at <= starts_at:
        raise errors.BadInput("ends_at", "must be later than starts_at")


async def check_job(job: UUID | None) -> None:
    """Raise BadInput for a job that there is not."""
    if job is not None:
        try:
            await jobs.find(job)
        except errors.NotFound as missing:
            raise errors.BadInput("job", str(missing)) from None


def known(row: asyncpg.Record) -> SlotDetails:
    """Return the slot in a row of its table."""
    return msgspec.convert(dict(row), SlotDetails)


async def find(slot_id: UUID) -> SlotDetails:
    """Return one slot; raises NotFound."""
    row = await db.fetch_row("SELECT * FROM slot WHERE id = $1", slot_id)
    if row is None:
        raise errors.NotFound("slot", slot_id)
    return known(row)


async def lock(slot_id: UUID) -> SlotDetails:
    """Hold a slot still until the caller's transaction ends, and return it; raises NotFound."""
    row = await db.fetch_row("SELECT * FROM slot WHERE id = $1 FOR NO KEY UPDATE", slot_id)
    if row is None:
        raise errors.NotFound("slot", slot_id)
    return known(row)


async def change(slot_id: UUID, changes: SlotChanges, *, by: Actor, check: Check | None = None) -> SlotDetails:
    """Change a slot and return it; what is as it was already is no change, and leaves no trace.

    Raises NotFound, what `check` raises, SlotWithdrawn, BadInput, InterviewerBusy, and SlotInUse where the times, the
    interviewer or the job of a slot with bookings, also of one that is over, or seats below those taken, are asked for.
    """

    async def work() -> SlotDetails:
        async with db.DB.transaction():
            slot = await lock(slot_id)
            if check is not None:
                check(slot)
            asked = {name: value for name, value in msgspec.structs.asdict(changes).items() if value is not UNSET}
            changed = {name for name, value in asked.items() if getattr(slot, name) != value}
            wanted = msgspec.structs.replace(slot, **asked)
            refusal = change_refusal(slot, wanted, changed)
            if refusal is not None:
                raise refusal
            if changed:
                await check_job(wanted.job)
                await _store(wanted)
                details = {"changed": sorted(changed)}
                await audit.record(NewAuditEntry(action=Action.SLOT_CHANGED, subject=slot_id, by=by, details=details))
            return wanted

    return await db.retried(work)


def change_refusal(slot: SlotDetails, wanted: SlotDetails, changed: AbstractSet[str]) -> errors.HireLoopError | None:
    """Return why a slot cannot become what is wanted, or None; pure."""
    if slot.withdrawn_at is not None:
        return errors.SlotWithdrawn()
    if wanted.seats < slot.taken or (slot.taken and changed & _FIXED_IN_USE):
        return errors.SlotInUse()
    if wanted.ends_at <= wanted.starts_at:
        return errors.BadInput("ends_at", "must be later than starts_at")
    return None


async def _store(slot: SlotDetails) -> None:
    await db.fetch(
        """
        UPDATE slot SET starts_at = $2, ends_at = $3, seats = $4, interviewer_email = $5, job = $6, notes = $7
        WHERE id = $1
        """,
        slot.id,
        slot.starts_at,
        slot.ends_at,
        slot.seats,
        slot.interviewer_email,
        slot.job,
        slot.notes,
    )


# --- Lists ----------------------------------------------------------------------------------------------------------


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which slots to list; None does not narrow. Available: a free seat, not withdrawn, not begun."""

    starts_from: datetime | None = None
    starts_before: datetime | None = None
    available: bool | None = None
    job: UUID | None = None  # slots that serve this job: its own, and those for any
    interviewer: str | None = None
    min_minutes: int | None = None


async def page(wanted: Wanted, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[SlotDetails]:
    """Return at most `limit` slots in the order of their start, beginning behind the one called `after`.

    Raises BadInput where there is no such slot.
    """
    args: list[object] = []

    def value(of: object) -> str:
        args.append(of)
        return f"${len(args)}"

    # Only what is asked for stands in the statement: "or is null" beside a condition would keep an index from it.
    conditions = _narrowed(wanted, value, now)
    if after is not None:
        try:
            last = await find(after)
        except errors.NotFound:
            raise errors.BadInput("after", "must be the ID of a slot: start again from the first page") from None
        conditions.append(f"(starts_at, id) > ({value(last.starts_at)}, {value(last.id)})")
    most = value(limit)
    # Two lists, each in the order of an index, and the first of both: one list with "or" would have to be sorted.
    served = ["true"] if wanted.job is None else [f"job = {value(wanted.job)}", "job IS NULL"]
    lists = " UNION ALL ".join(
        f"(SELECT * FROM slot WHERE {' AND '.join([one, *conditions])} ORDER BY starts_at, id LIMIT {most})"  # noqa: S608 (placeholders)
        for one in served
    )
    if wanted.min_minutes is not None and wanted.job is None and wanted.interviewer is None:
        least = f"make_interval(mins => {value(wanted.min_minutes)})"
        lists = _BY_LENGTH.format(least=least, conditions=" AND ".join(conditions), most=most)
    rows = await db.fetch(f"SELECT * FROM ({lists}) AS listed ORDER BY starts_at, id LIMIT {most}", *args)  # noqa: S608 (as above)
    return [known(row) for row in rows]


# The first slots of each length that there is, for where long ones are rare: lengths are few. An index that begins with
# the length is read at the first entry, at that of the next length, and so on.
_BY_LENGTH = """
    WITH RECURSIVE lengths AS (
        SELECT min(ends_at - starts_at) AS length FROM slot WHERE ends_at - starts_at >= {least}
        UNION ALL
        SELECT (SELECT min(ends_at - starts_at) FROM slot WHERE ends_at - starts_at > lengths.length) FROM lengths
        WHERE lengths.length IS NOT NULL
    )
    SELECT long.* FROM lengths, LATERAL (
        SELECT * FROM slot WHERE ends_at - starts_at = lengths.length AND {conditions}
        ORDER BY starts_at, id LIMIT {most}
    ) AS long
"""


def _narrowed(wanted: Wanted, value: Callable[[object], str], now: datetime | None) -> list[str]:
    """Return the conditions that a list is narrowed by, their values put in by `value`."""
    conditions = []
    if wanted.starts_from is not None:
        conditions.append(f"starts_at >= {value(wanted.starts_from)}")
    if wanted.starts_before is not None:
        conditions.append(f"starts_at < {value(wanted.starts_before)}")
    if wanted.available is not None:
        begins_later = f"starts_at > coalesce({value(now)}, now())"
        free = f"(taken < seats AND withdrawn_at IS NULL AND {begins_later})"
        conditions.append(free if wanted.available else f"NOT {free}")
    if wanted.interviewer is not None:
        conditions.append(f"lower(interviewer_email) = lower({value(wanted.interviewer)})")
    if wanted.min_minutes is not None:
        conditions.append(f"ends_at - starts_at >= make_interval(mins => {value(wanted.min_minutes)})")
    return conditions
