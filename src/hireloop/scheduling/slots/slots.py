"""Slots: stretches of time with seats that interviews can be booked into."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hireloop import db, errors, mail_addresses
from hireloop.examples import EndsAt, JobId, RecordedAt, SlotId, StartsAt, Time
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit, fields, patches
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.patches import Check
from hireloop.scheduling.people import jobs
from hireloop.scheduling.slots import notices
from hireloop.scheduling.tables import Slot
from hireloop.statements import Statement, as_structs, read_clock, rows_of
from hireloop.wording.phrases import FilledPhrase, phrase


class SlotFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new slot.

    Its interviewer is told by email who comes, in their time zone and locale, or in those of the installation if these
    are null. Candidates are told the name if the job's `names_interviewer` is true.
    """

    starts_at: Annotated[fields.Moment, Meta(examples=["2026-12-01T10:00:00+05:30"])]
    ends_at: Annotated[fields.Moment, Meta(examples=["2026-12-01T10:45:00+05:30"])]
    seats: fields.Seats = 1
    interviewer_email: Annotated[fields.Address | None, Meta(examples=["ravi@acme.example"])] = None
    interviewer_name: Annotated[fields.NameOrNone, Meta(examples=["Ravi Kumar"])] = ""
    interviewer_time_zone: fields.Zone | None = None
    interviewer_locale: Annotated[fields.Locale | None, Meta(examples=["en-IN"])] = None
    job: JobId | None = None  # None: for any job
    notes: fields.Notes = ""


class SlotPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a slot. Fields that are left out keep their value.

    If the interviewer is somebody else, their name, time zone and locale are cleared unless they are given, too.
    """

    starts_at: fields.Moment | UnsetType = UNSET
    ends_at: fields.Moment | UnsetType = UNSET
    seats: Annotated[fields.Seats | UnsetType, Meta(examples=[2])] = UNSET
    interviewer_email: fields.Address | UnsetType | None = UNSET
    interviewer_name: Annotated[fields.NameOrNone | UnsetType, Meta(examples=["Ravi Kumar"])] = UNSET
    interviewer_time_zone: fields.Zone | UnsetType | None = UNSET
    interviewer_locale: Annotated[fields.Locale | UnsetType | None, Meta(examples=["en-IN"])] = UNSET
    job: UUID | UnsetType | None = UNSET
    notes: Annotated[fields.Notes | UnsetType, Meta(examples=["Room 4"])] = UNSET


class SlotDetails(msgspec.Struct, frozen=True, kw_only=True):
    """A slot. Its interviewer is told by email who comes, in their time zone and locale."""

    id: SlotId
    starts_at: StartsAt
    ends_at: EndsAt
    seats: Annotated[int, Meta(examples=[1])]
    taken: Annotated[int, Meta(examples=[0])]
    interviewer_email: Annotated[str | None, Meta(examples=["ravi@acme.example"])]
    interviewer_name: Annotated[str, Meta(examples=["Ravi Kumar"])]
    interviewer_time_zone: Annotated[str | None, Meta(examples=["Asia/Kolkata"])]
    interviewer_locale: Annotated[str | None, Meta(examples=["en-IN"])]
    job: JobId | None
    notes: Annotated[str, Meta(examples=[""])]
    withdrawn_at: Time | None
    created_at: RecordedAt


_ENDS_FIRST = phrase("must be later than starts_at")
# What the candidates of a slot in use rely on.
_FIXED_IN_USE = {"starts_at", "ends_at", "job"}
# What an interviewer hears of a slot in use, or in which words.
_INTERVIEWER = {"interviewer_email", "interviewer_name", "interviewer_time_zone", "interviewer_locale"}
# What says whether it overlaps another one of the interviewer's.
_WHO_AND_WHEN = {"starts_at", "ends_at", "interviewer_email"}


async def create(new: SlotFields, *, by: Actor, ident: UUID | None = None, now: datetime | None = None) -> SlotDetails:
    """Store a slot; raises BadInput, and InterviewerBusy if it overlaps another one of the interviewer.

    `ident` is the id that it gets, a new one if that is None.
    """
    new = fields.spelt(new)
    fields.check_calendar(starts_at=new.starts_at, ends_at=new.ends_at)
    check_times(new.starts_at, new.ends_at)
    await check_job(new.job)
    return await _insert(new, ident or db.new_id(), by, now)


@db.transactional
async def _insert(new: SlotFields, ident: UUID, by: Actor, now: datetime | None) -> SlotDetails:
    if new.interviewer_email is not None:
        await lock_interviewer(new.interviewer_email)
    row = Slot(**msgspec.structs.asdict(new), id=ident, created_at=db.sql_now(now))
    created = await Slot.insert(row).returning(*Slot.all_columns())
    await audit.record(NewAuditEntry(action=Action.SLOT_CREATED, subject=row.id, by=by), at=now)
    return msgspec.convert(created[0], SlotDetails)


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Raise BadInput for a slot that would end before it begins."""
    if ends_at <= starts_at:
        raise errors.BadInput("ends_at", FilledPhrase(_ENDS_FIRST))


async def check_job(job: UUID | None) -> None:
    """Raise BadInput for a job that there is not."""
    if job is not None:
        try:
            await jobs.find(job)
        except errors.NotFound as missing:
            raise errors.BadInput("job", missing.explanation) from None


async def find(slot_id: UUID) -> SlotDetails:
    """Return one slot; raises NotFound."""
    return await db.one(Slot.select().where(Slot.id == slot_id), SlotDetails, errors.NotFound("slot", slot_id))


# Those who write slots of the same interviewer, or series for none, come one after the other. Else two that overlap may
# each wait for the other's place in the exclusion constraint, which is a deadlock, and two series that ask for the same
# at once would both find nothing and, without an interviewer, both create it. Returns the moment after the wait.
_ONE_AT_A_TIME = Statement("""
    SELECT coalesce(:now, clock_timestamp())
    FROM pg_advisory_xact_lock(hashtextextended('series ' || address_key(:interviewer::text), 0))
""")


async def lock_interviewer(address: str | None, *, now: datetime | None = None) -> datetime:
    """Keep others from writing slots of this interviewer, or series for none, until the caller's transaction ends.

    Returns `now`, or the moment after the wait.
    """
    at: datetime = await _ONE_AT_A_TIME.value(interviewer=address or "", now=now)
    return at


async def lock(slot_id: UUID) -> SlotDetails:
    """Hold a slot still until the caller's transaction ends, and return it; raises NotFound."""
    locked = Slot.select().where(Slot.id == slot_id).lock_rows("NO KEY UPDATE")
    return await db.one(locked, SlotDetails, errors.NotFound("slot", slot_id))


@db.transactional
async def change(
    slot_id: UUID,
    changes: SlotPatch,
    *,
    by: Actor,
    outbox: Outbox,
    check: Check[SlotDetails] = patches.anything_goes,
    now: datetime | None = None,
) -> SlotDetails:
    """Change a slot and return it; a value that stays the same is no change, and is not recorded.

    Who interviews the people in it can be changed at any time. Both interviewers, the one before and the one now, are
    notified, unless the slot is over.

    Raises NotFound, what `check` raises, SlotWithdrawn, BadInput, InterviewerBusy, and SlotInUse if the times or the
    job of a slot with bookings, also of one that is over, or seats below those taken, are asked for.
    """
    fields.check_calendar(starts_at=changes.starts_at, ends_at=changes.ends_at)
    slot = await lock(slot_id)
    spelt = fields.spelt(changes, known=slot)
    await check(slot)
    changed = _changed(slot, spelt)
    wanted = msgspec.structs.replace(slot, **changed)
    refusal = change_refusal(slot, wanted, changed.keys())
    if refusal is not None:
        raise refusal
    if changed:
        await check_job(wanted.job)
        takes_other_time = bool(changed.keys() & _WHO_AND_WHEN)
        if wanted.interviewer_email is not None and takes_other_time:
            await lock_interviewer(wanted.interviewer_email)
        values = changed | ({"overlaps_since_before": False} if takes_other_time else {})
        await Slot.update(**values).where(Slot.id == slot_id)
        details = {"fields": sorted(changed)}
        await audit.record(NewAuditEntry(action=Action.SLOT_CHANGED, subject=slot_id, by=by, details=details), at=now)
        if slot.taken and changed.keys() & _INTERVIEWER:
            await _notify(slot, wanted, by=by, outbox=outbox, now=await read_clock(now))
    return wanted


def _changed(slot: SlotDetails, patch: SlotPatch) -> dict[str, Any]:
    """Return the new values of what changes. What is known of an interviewer is not true of the next one."""
    changed = patches.changed(slot, patch)
    if "interviewer_email" not in changed or _is_same(slot.interviewer_email, changed["interviewer_email"]):
        return changed
    nothing_known = {"interviewer_name": "", "interviewer_time_zone": None, "interviewer_locale": None}
    cleared = {name: value for name, value in nothing_known.items() if getattr(patch, name) is UNSET}
    return changed | {name: value for name, value in cleared.items() if getattr(slot, name) != value}


def _is_same(address: str | None, other: str | None) -> bool:
    """Return whether two addresses are one mailbox to us, however they are written."""
    if address is None or other is None:
        return address == other
    return mail_addresses.is_same(address, other)


async def _notify(slot: SlotDetails, wanted: SlotDetails, *, by: Actor, outbox: Outbox, now: datetime) -> None:
    """Put the notices to who held a slot in use and who holds it now; nobody needs them once it is over."""
    if slot.ends_at <= now:
        return
    is_same = _is_same(slot.interviewer_email, wanted.interviewer_email)
    tell = [wanted.interviewer_email] if is_same else [slot.interviewer_email, wanted.interviewer_email]
    addresses = [address for address in tell if address is not None]
    told = await notices.change_holder(slot.id, tell=addresses, may_wait=is_same, now=now)
    if told:
        await outbox.put(told, now=now, key=by.key)


def change_refusal(slot: SlotDetails, wanted: SlotDetails, changed: AbstractSet[str]) -> errors.HireLoopError | None:
    """Return why a slot cannot become what is wanted, or None; pure."""
    if slot.withdrawn_at is not None:
        return errors.SlotWithdrawn()
    if wanted.seats < slot.taken or (slot.taken and changed & _FIXED_IN_USE):
        return errors.SlotInUse()
    if wanted.ends_at <= wanted.starts_at:
        return errors.BadInput("ends_at", FilledPhrase(_ENDS_FIRST))
    return None


# --- Lists ----------------------------------------------------------------------------------------------------------


class SlotFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which slots to list; None does not filter. Available: a free seat, not withdrawn, not begun."""

    starts_from: datetime | None = None
    starts_before: datetime | None = None
    available: bool | None = None
    job: UUID | None = None  # slots that serve this job: its own, and those for any
    interviewer: str | None = None
    min_minutes: int | None = None


async def page(only: SlotFilter, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[SlotDetails]:
    """Return at most `limit` slots in the order of their start, beginning behind the one called `after`.

    Raises BadInput if there is no such slot.
    """
    values = {**msgspec.structs.asdict(only), "limit": limit, "now": now}
    if after is not None:
        try:
            last = await find(after)
        except errors.NotFound:
            raise errors.BadInput("after", "must be the ID of a slot: start again from the first page") from None
        values |= {"after": last.id, "after_start": last.starts_at}
    conditions = " AND ".join(["true", *_conditions(only, after)])
    if only.min_minutes is not None and only.job is None and only.interviewer is None:
        lists = _BY_LENGTH.format(conditions=conditions)
    else:
        # Two lists, each in the order of an index, and the first of both: one with "or" would have to be sorted.
        served = ["true"] if only.job is None else ["job = :job", "job IS NULL"]
        lists = " UNION ALL ".join(_LIST.format(conditions=f"{one} AND {conditions}") for one in served)
    return as_structs(await rows_of(_PAGE.format(lists=lists), values), SlotDetails)


# A page: what comes first of its lists, each of which is in the order of an index.
_PAGE = "SELECT * FROM ({lists}) AS listed ORDER BY starts_at, id LIMIT :limit"
_LIST = "(SELECT * FROM slot WHERE {conditions} ORDER BY starts_at, id LIMIT :limit)"
# The first slots of each length that there is, for where long ones are rare: lengths are few. An index that begins with
# the length is read at the first entry, at that of the next length, and so on.
_BY_LENGTH = """
    WITH RECURSIVE lengths AS (
        SELECT min(ends_at - starts_at) AS length FROM slot
        WHERE ends_at - starts_at >= make_interval(mins => :min_minutes)
        UNION ALL
        SELECT (SELECT min(ends_at - starts_at) FROM slot WHERE ends_at - starts_at > lengths.length) FROM lengths
        WHERE lengths.length IS NOT NULL
    )
    SELECT long.* FROM lengths, LATERAL (
        SELECT * FROM slot WHERE ends_at - starts_at = lengths.length AND {conditions}
        ORDER BY starts_at, id LIMIT :limit
    ) AS long
"""
_FREE = "(taken < seats AND withdrawn_at IS NULL AND starts_at > coalesce(:now, now()))"


def _conditions(only: SlotFilter, after: UUID | None) -> list[str]:
    """Return the conditions of a list, only of filters that are set, as "or is null" would keep an index from it."""
    conditions = []
    if only.starts_from is not None:
        conditions.append("starts_at >= :starts_from")
    if only.starts_before is not None:
        conditions.append("starts_at < :starts_before")
    if only.available is not None:
        conditions.append(_FREE if only.available else f"NOT {_FREE}")
    if only.interviewer is not None:
        conditions.append("interviewer_key = address_key(:interviewer)")
    if only.min_minutes is not None:
        conditions.append("ends_at - starts_at >= make_interval(mins => :min_minutes)")
    if after is not None:
        conditions.append("(starts_at, id) > (:after_start, :after)")
    return conditions
