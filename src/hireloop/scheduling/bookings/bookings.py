"""Bookings as they are read: a schedule with its session, one or in pages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from hireloop import errors
from hireloop.scheduling.bookings import history
from hireloop.scheduling.bookings.history import HistoryEntry
from hireloop.scheduling.tables import Schedule, ScheduleState
from hireloop.statements import Statement, rows_of


class SessionOfSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """The session of a booking, without its key, which only a door mints."""

    id: UUID
    key_version: int
    opens_at: datetime
    closes_at: datetime
    entered_at: datetime | None = None
    left_at: datetime | None = None
    revoked_at: datetime | None = None
    device_check: dict[str, str] | None = None  # the latest
    earlier_device_checks: list[dict[str, str]] = []  # oldest first
    late_requested_at: datetime | None = None  # when the candidate last asked for another time
    earlier_late_requests: list[datetime] = []  # oldest first


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
    candidate_name: str = ""  # empty for an erased one, as their address is
    candidate_email: str = ""
    interviewer_name: str = ""  # the slot's
    interviewer_email: str | None = None
    is_erased: bool = False  # the candidate: the booking names nobody, and its link opens nothing
    session: SessionOfSchedule
    now: datetime


# A booking with its session, its people and its job's recruiter; each list says which.
_READ = """
    SELECT sc.id, sc.interview, sc.slot, sc.state, sc.revision, sc.booking_notes, sc.starts_at, sc.ends_at,
        sc.booked_at, sc.changes::text, sc.trace_id, se.id AS session_id, se.key_version, se.opens_at, se.closes_at,
        se.entered_at, se.left_at, se.revoked_at, se.device_check::text, se.late_requested_at, j.recruiter_email,
        se.earlier_device_checks::text, se.earlier_late_requests,
        c.erased_at IS NOT NULL AS is_erased, coalesce(:now, now()) AS now, sl.interviewer_name, sl.interviewer_email,
        CASE WHEN c.erased_at IS NULL THEN c.full_name ELSE '' END AS candidate_name,
        CASE WHEN c.erased_at IS NULL THEN c.email ELSE '' END AS candidate_email
    FROM schedule sc JOIN session se ON se.schedule = sc.id JOIN interview i ON i.id = sc.interview
        JOIN job j ON j.id = i.job JOIN candidate c ON c.id = sc.candidate JOIN slot sl ON sl.id = sc.slot
"""
# Some bookings.
_OF_IDS = Statement(f"{_READ} WHERE sc.id = ANY(:schedules::uuid[])")
# The live bookings of interviews.
_LIVE_OF = Statement(f"{_READ} WHERE sc.interview = ANY(:interviews::uuid[]) AND sc.state <> 'cancelled'")
# Whose bookings they are.
_CANDIDATES_OF = Statement("SELECT id, candidate FROM schedule WHERE id = ANY(:schedules::uuid[])")


async def find(schedule_id: UUID, *, now: datetime | None = None) -> Booking:
    """Return one booking; raises NotFound."""
    found = await find_all([schedule_id], now=now)
    if schedule_id not in found:
        raise errors.NotFound("schedule", schedule_id)
    return found[schedule_id]


async def find_live(interview_ids: list[UUID], *, now: datetime | None = None) -> dict[UUID, Booking]:
    """Return the live booking of each interview that has one, by the interview's id."""
    rows = await _LIVE_OF.rows(now=now, interviews=interview_ids)
    return {row["interview"]: _from_row(dict(row)) for row in rows}


async def of_interview(interview_id: UUID, *, now: datetime | None = None) -> list[Booking]:
    """Return all bookings of an interview: the live one, then the others, the latest first."""
    rows = await Schedule.select(Schedule.id).where(Schedule.interview == interview_id)
    found = await find_all([row["id"] for row in rows], now=now)
    latest_first = sorted(found.values(), key=lambda one: (one.booked_at, one.id), reverse=True)
    return sorted(latest_first, key=lambda one: one.state is ScheduleState.CANCELLED)


async def find_all(schedule_ids: Sequence[UUID], *, now: datetime | None = None) -> dict[UUID, Booking]:
    """Return these bookings by their ids; one that does not exist is left out."""
    rows = await _OF_IDS.rows(now=now, schedules=list(schedule_ids))
    return {row["id"]: _from_row(dict(row)) for row in rows}


async def candidates_of(schedule_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Return whose booking each of these is, by the booking's id."""
    rows = await _CANDIDATES_OF.rows(schedules=list(schedule_ids))
    return {row["id"]: row["candidate"] for row in rows}


def _from_row(row: dict[str, object]) -> Booking:
    """Return the booking in a row of `_READ`."""
    session = {name: row[name] for name in SessionOfSchedule.__struct_fields__ if name != "id"}
    checks = {
        "device_check": row["device_check"] and msgspec.json.decode(str(row["device_check"])),
        "earlier_device_checks": msgspec.json.decode(str(row["earlier_device_checks"])),
    }
    told = {
        "session": {**session, "id": row["session_id"], **checks},
        "changes": history.read(str(row["changes"])),
    }
    return msgspec.convert({**row, **told}, Booking)


class BookingFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which bookings to list; None does not filter."""

    state: str | None = None
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    candidate: UUID | None = None
    job: UUID | None = None
    invitation_state: str | None = None


async def page(only: BookingFilter, *, limit: int, after: UUID | None, now: datetime | None = None) -> list[Booking]:
    """Return at most `limit` bookings, latest start first, beginning behind the one called `after`.

    Raises BadInput if there is no such booking.
    """
    values = {**msgspec.structs.asdict(only), "after": after, "now": now}
    if after is not None:
        values["after_start"] = await _start_of(after)
    lists = _lists(only, _conditions(only, after), limit, by_bookings=await _are_few(only))
    if not lists:
        return []
    rows = await rows_of(_PAGE.format(lists=" UNION ".join(lists), limit=limit), values)
    return [_from_row(dict(row)) for row in rows]


# By an array of ids: what belongs to these few is then looked up for each, however many bookings there are.
_PAGE = f"""{_READ}
    WHERE sc.id = ANY(ARRAY(
        SELECT id FROM ({{lists}}) AS found ORDER BY starts_at DESC, id DESC LIMIT {{limit:d}}
    )) ORDER BY sc.starts_at DESC, sc.id DESC
"""  # noqa: S608 (constants of our own)


async def _start_of(schedule_id: UUID) -> datetime:
    """Return when this booking starts; raises BadInput if there is none, as a page begins behind it."""
    row = await Schedule.select(Schedule.starts_at).where(Schedule.id == schedule_id).first()
    if row is None:
        raise errors.BadInput("after", "must be the ID of a booking: start again from the first page")
    starts_at: datetime = row["starts_at"]
    return starts_at


class _Conditions(msgspec.Struct, frozen=True):
    """Conditions in SQL, some of them none at all: `true`."""

    times: str  # time, and place in the list; the name of the id is left open
    others: str
    stands: str  # that the invitation of `sc` is in the state that is asked for


def _conditions(only: BookingFilter, after: UUID | None) -> _Conditions:
    """Return the conditions of a list, only of filters that are set, as "or is null" would keep an index from it."""
    times, others, stands = ["true"], ["true"], "true"
    if only.starts_from is not None:
        times.append("starts_at >= :starts_from")
    if only.starts_before is not None:
        times.append("starts_at < :starts_before")
    if after is not None:
        times.append("(starts_at, {id}) < (:after_start, :after)")
    if only.candidate is not None:
        others.append("candidate = :candidate")
    if only.job is not None:
        others.append("job = :job")
    if only.invitation_state is not None:
        stands = _STANDS
    return _Conditions(" AND ".join(times), " AND ".join(others), stands)


_STANDS = """(
    SELECT state = :invitation_state FROM invitation_state(sc.id, sc.revision, coalesce(:now, now())) AS state
)"""
_MANY = 1000  # bookings of a job: up to here they are looked through one by one
_LIVE = (ScheduleState.PENDING, ScheduleState.CONFIRMED)
_AT_RISK = "is_at_risk(at_risk_at, last_reason, first_due_at, coalesce(:now, now()))"
# Which deliveries to look at for bookings whose invitation may be in that state, besides those without an invitation.
_INVITATIONS = {
    "pending": [f"state = 'pending' AND NOT {_AT_RISK}"],
    "at_risk": [f"state = 'pending' AND {_AT_RISK}"],
    "failed": ["state = 'bounced'", "state = 'rejected'", "state = 'exhausted'"],
    "sent": ["state = 'sent'"],
    "none": ["state = 'superseded'"],
}


# How many bookings a job has, and no more than so many.
_COUNT = Statement("SELECT count(*) FROM (SELECT FROM schedule WHERE job = :job LIMIT :most) AS first_ones")


async def _are_few(only: BookingFilter) -> bool:
    """Return whether to look through bookings for their invitations, and not through invitations for their bookings.

    A candidate has few bookings, and of a job's nearly all were sent; of all invitations hardly any are theirs.
    """
    if only.candidate is not None or (only.job is not None and only.invitation_state == "sent"):
        return True
    if only.job is None or only.invitation_state is None:
        return False
    count: int = await _COUNT.value(job=only.job, most=_MANY)
    return count < _MANY


def _lists(only: BookingFilter, conditions: _Conditions, limit: int, *, by_bookings: bool) -> list[str]:
    """Return lists, each in the order of an index, of whose first `limit` bookings the page consists.

    Several states in one list would have to be sorted, or one looked for among all the others. The invitation of a
    cancelled booking has no state, as its revision was raised: else a list would look through them all in vain.
    """
    states = [ScheduleState(only.state)] if only.state is not None else list(ScheduleState)
    if only.invitation_state is None:
        split = only.state is not None or only.job is not None
        split_by = [f"state = '{state.value}'" for state in states] if split else ["true"]
        return [_listed(_schedules(condition, conditions), limit) for condition in split_by]
    live = [state for state in states if state in _LIVE]
    nowhere = only.invitation_state == "none"
    among = states if nowhere else live
    if by_bookings:
        sources = [_schedules(f"state = '{state.value}'", conditions) for state in among]
    else:
        conditions_of_state = [*_INVITATIONS[only.invitation_state], *([] if nowhere else ["told_revision > 0"])]
        sources = [_invitations(condition, conditions) for condition in conditions_of_state if live]
        if nowhere and live:
            sources.append(_schedules("invited_revision <> revision AND state <> 'cancelled'", conditions))
        if nowhere and ScheduleState.CANCELLED in states:
            sources.append(_schedules("state = 'cancelled'", conditions))
    return [_standing(source, among, conditions, limit) for source in sources]


# What a list is made of: bookings, or those whose invitations have a state.
_OF_SCHEDULES = "SELECT starts_at, id, NULL::integer AS revision FROM schedule WHERE {conditions}"
_OF_INVITATIONS = "SELECT DISTINCT starts_at, schedule AS id, revision FROM invitation WHERE {conditions}"


def _schedules(condition: str, conditions: _Conditions) -> str:
    times = conditions.times.format(id="id")
    return _OF_SCHEDULES.format(conditions=f"{condition} AND {times} AND {conditions.others}")


def _invitations(condition: str, conditions: _Conditions) -> str:
    times = conditions.times.format(id="schedule")
    return _OF_INVITATIONS.format(conditions=f"{condition} AND {times}")


def _listed(source: str, limit: int) -> str:
    return f"({source} ORDER BY starts_at DESC, id DESC LIMIT {limit:d})"


# Those of a source whose invitation is in the right state. First in order, then each is looked at on its own: at no
# more of them than it takes for a page. LIMIT 1 leaves no other way, whatever PostgreSQL expects of how many there are.
_STANDING = """(
    SELECT told.starts_at, told.id FROM ({source} ORDER BY starts_at DESC, id DESC) AS told, LATERAL (
        SELECT FROM schedule sc WHERE sc.id = told.id AND sc.revision = coalesce(told.revision, sc.revision)
        AND sc.state IN ({states}) AND {conditions} LIMIT 1
    ) AS standing ORDER BY told.starts_at DESC, told.id DESC LIMIT {limit:d}
)"""


def _standing(source: str, states: Sequence[ScheduleState], conditions: _Conditions, limit: int) -> str:
    """Return those of a source whose invitation is in the state that is asked for."""
    named = ", ".join(f"'{state.value}'" for state in states)
    return _STANDING.format(
        source=source, states=named, conditions=f"{conditions.others} AND {conditions.stands}", limit=limit
    )
