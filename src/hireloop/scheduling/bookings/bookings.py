"""Bookings as they are read: a schedule with its session, one or in pages."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.scheduling.bookings import history
from hireloop.scheduling.bookings.history import HistoryEntry
from hireloop.scheduling.tables import ScheduleState


class SessionOfSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """The session of a booking, without its key, which only a door mints."""

    id: UUID
    key_version: int
    opens_at: datetime
    closes_at: datetime
    entered_at: datetime | None = None
    left_at: datetime | None = None
    revoked_at: datetime | None = None
    checked: bool = False  # the candidate has had their devices checked


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """One interview placed on one slot, with its session, as the database has it at `now`."""

    id: UUID
    interview: UUID
    slot: UUID
    state: ScheduleState
    revision: int
    booking_notes: str
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    changes: list[HistoryEntry]
    trace_id: str
    recruiter_email: str | None  # the job's
    session: SessionOfSchedule
    now: datetime


_READ = """
    SELECT sc.id, sc.interview, sc.slot, sc.state, sc.revision, sc.booking_notes, sc.starts_at, sc.ends_at,
        sc.booked_at, sc.changes::text, sc.trace_id, se.id AS session_id, se.key_version, se.opens_at, se.closes_at,
        se.entered_at, se.left_at, se.revoked_at, se.device_check IS NOT NULL AS checked, j.recruiter_email,
        coalesce($1, now()) AS now
    FROM schedule sc JOIN session se ON se.schedule = sc.id JOIN interview i ON i.id = sc.interview
        JOIN job j ON j.id = i.job
"""


async def find(schedule_id: UUID, *, now: datetime | None = None) -> Booking:
    """Return one booking; raises NotFound."""
    row = await db.fetch_row(f"{_READ} WHERE sc.id = $2", now, schedule_id)
    if row is None:
        raise errors.NotFound("schedule", schedule_id)
    return _from_row(dict(row))


async def find_live(interview_ids: list[UUID], *, now: datetime | None = None) -> dict[UUID, Booking]:
    """Return the live booking of each interview that has one, by the interview's id."""
    rows = await db.fetch(f"{_READ} WHERE sc.interview = ANY($2) AND sc.state <> 'cancelled'", now, interview_ids)
    return {row["interview"]: _from_row(dict(row)) for row in rows}


async def find_all(schedule_ids: Sequence[UUID], *, now: datetime | None = None) -> dict[UUID, Booking]:
    """Return these bookings by their ids; one that does not exist is left out."""
    rows = await db.fetch(f"{_READ} WHERE sc.id = ANY($2::uuid[])", now, list(schedule_ids))
    return {row["id"]: _from_row(dict(row)) for row in rows}


async def candidates_of(schedule_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose booking each of these is, by the booking's id."""
    rows = await db.fetch("SELECT id, candidate FROM schedule WHERE id = ANY($1::uuid[])", list(schedule_ids))
    return {row["id"]: row["candidate"] for row in rows}


def _from_row(row: dict[str, object]) -> Booking:
    """Return the booking in a row of `_READ`."""
    session = {name: row[name] for name in SessionOfSchedule.__struct_fields__ if name != "id"}
    told = {"session": {**session, "id": row["session_id"]}, "changes": history.read(str(row["changes"]))}
    return msgspec.convert({**row, **told}, Booking)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which bookings to list; None does not narrow."""

    state: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    candidate: UUID | None = None
    job: UUID | None = None
    invitation_state: str | None = None


async def page(wanted: Wanted, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[Booking]:
    """Return at most `limit` bookings, the latest start first, beginning behind the one called `after`.

    Raises BadInput where there is no such booking.
    """
    args: list[object] = [now]

    def value(of: object) -> str:
        args.append(of)
        return f"${len(args)}"

    narrowed = await _narrowed(wanted, after, value)
    lists = _lists(wanted, narrowed, limit, by_bookings=await _are_few(wanted))
    if not lists:
        return []
    # By an array of ids: what belongs to these few is then looked up for each, however many bookings there are.
    rows = await db.fetch(
        f"""{_READ}
        WHERE sc.id = ANY(ARRAY(
            SELECT id FROM ({" UNION ".join(lists)}) AS found ORDER BY starts_at DESC, id DESC LIMIT {limit:d}
        )) ORDER BY sc.starts_at DESC, sc.id DESC
        """,  # noqa: S608 (constants of our own)
        *args,
    )
    return [_from_row(dict(row)) for row in rows]


class _Narrowed(msgspec.Struct, frozen=True):
    """Conditions in SQL, some of them none at all: `true`."""

    times: str  # time, and place in the list; the name of the id is left open
    others: str
    stands: str  # that the invitation of `sc` stands where it should


async def _narrowed(wanted: Wanted, after: UUID | None, value: Callable[[object], str]) -> _Narrowed:
    """Return what a list is narrowed by: only what is asked for, as "or is null" would keep an index from it."""
    times, others, stands = ["true"], ["true"], "true"
    if wanted.starts_from is not None:
        times.append(f"starts_at >= {value(wanted.starts_from)}")
    if wanted.starts_before is not None:
        times.append(f"starts_at < {value(wanted.starts_before)}")
    if after is not None:
        starts_at = await db.fetch_value("SELECT starts_at FROM schedule WHERE id = $1", after)
        if starts_at is None:
            raise errors.BadInput("after", "must be the ID of a booking: start again from the first page")
        times.append(f"(starts_at, {{id}}) < ({value(starts_at)}, {value(after)})")
    if wanted.candidate is not None:
        others.append(f"candidate = {value(wanted.candidate)}")
    if wanted.job is not None:
        others.append(f"job = {value(wanted.job)}")
    if wanted.invitation_state is not None:
        state = "invitation_state(sc.id, sc.revision, coalesce($1, now())) AS state"
        stands = f"(SELECT state = {value(wanted.invitation_state)} FROM {state})"  # noqa: S608 (our own words)
    return _Narrowed(" AND ".join(times), " AND ".join(others), stands)


_MANY = 1000  # bookings of a job: up to here they are looked through one by one
_LIVE = (ScheduleState.PENDING, ScheduleState.CONFIRMED)
_AT_RISK = "is_at_risk(at_risk_at, last_reason, first_due_at, coalesce($1, now()))"
# Which deliveries to look at for bookings whose invitation may stand there, besides those that were invited to nothing.
_INVITATIONS = {
    "pending": [f"state = 'pending' AND NOT {_AT_RISK}"],
    "at_risk": [f"state = 'pending' AND {_AT_RISK}"],
    "failed": ["state = 'bounced'", "state = 'rejected'", "state = 'exhausted'"],
    "sent": ["state = 'sent'"],
    "none": ["state = 'superseded'"],
}


async def _are_few(wanted: Wanted) -> bool:
    """Return whether to look through bookings for where their invitation stands, and not through invitations for whose.

    A candidate has few bookings, and of a job's nearly all were sent; of all invitations hardly any are theirs.
    """
    if wanted.candidate is not None or (wanted.job is not None and wanted.invitation_state == "sent"):
        return True
    if wanted.job is None or wanted.invitation_state is None:
        return False
    count: int = await db.fetch_value(
        "SELECT count(*) FROM (SELECT FROM schedule WHERE job = $1 LIMIT $2) AS first_ones", wanted.job, _MANY
    )
    return count < _MANY


def _lists(wanted: Wanted, narrowed: _Narrowed, limit: int, *, by_bookings: bool) -> list[str]:
    """Return lists, each in the order of an index, of whose first `limit` bookings the page consists.

    Several states in one list would have to be sorted, or one looked for among all the others. The invitation of a
    cancelled booking stands nowhere, as its revision was raised: else a list would look through them all in vain.
    """
    states = [ScheduleState(wanted.state)] if wanted.state is not None else list(ScheduleState)
    if wanted.invitation_state is None:
        split = wanted.state is not None or wanted.job is not None
        conditions = [f"state = '{state.value}'" for state in states] if split else ["true"]
        return [_listed(_schedules(condition, narrowed), limit) for condition in conditions]
    live = [state for state in states if state in _LIVE]
    nowhere = wanted.invitation_state == "none"
    among = states if nowhere else live
    if by_bookings:
        sources = [_schedules(f"state = '{state.value}'", narrowed) for state in among]
    else:
        sources = [_invitations(condition, narrowed) for condition in _INVITATIONS[wanted.invitation_state] if live]
        if nowhere and live:
            sources.append(_schedules("invited_revision <> revision AND state <> 'cancelled'", narrowed))
        if nowhere and ScheduleState.CANCELLED in states:
            sources.append(_schedules("state = 'cancelled'", narrowed))
    return [_standing(source, among, narrowed, limit) for source in sources]


def _schedules(condition: str, narrowed: _Narrowed) -> str:
    times = narrowed.times.format(id="id")
    narrow = f"{condition} AND {times} AND {narrowed.others}"
    return f"SELECT starts_at, id, NULL::integer AS revision FROM schedule WHERE {narrow}"  # noqa: S608 (constants of our own)


def _invitations(condition: str, narrowed: _Narrowed) -> str:
    times = narrowed.times.format(id="schedule")
    return f"SELECT DISTINCT starts_at, schedule AS id, revision FROM invitation WHERE {condition} AND {times}"  # noqa: S608 (as above)


def _listed(source: str, limit: int) -> str:
    return f"({source} ORDER BY starts_at DESC, id DESC LIMIT {limit:d})"


def _standing(source: str, states: Sequence[ScheduleState], narrowed: _Narrowed, limit: int) -> str:
    """Return those of a source whose invitation stands where it should.

    First in order, then each is looked at on its own: at no more of them than it takes for a page. LIMIT 1 leaves no
    other way, whatever PostgreSQL expects of how many there will be.
    """
    named = ", ".join(f"'{state.value}'" for state in states)
    return f"""(
        SELECT told.starts_at, told.id FROM ({source} ORDER BY starts_at DESC, id DESC) AS told, LATERAL (
            SELECT FROM schedule sc WHERE sc.id = told.id AND sc.revision = coalesce(told.revision, sc.revision)
            AND sc.state IN ({named}) AND {narrowed.others} AND {narrowed.stands} LIMIT 1
        ) AS standing ORDER BY told.starts_at DESC, told.id DESC LIMIT {limit:d}
    )"""  # noqa: S608 (as above)
