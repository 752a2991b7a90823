"""A session is the candidate's access to one schedule: its window, the device check, entry and end.

Its state is never stored: it follows from the stored times and the database's clock.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from hireloop import db, errors
from hireloop.notify.deliveries.outbox import Outbox, origin_fragment
from hireloop.notify.messages import Meeting
from hireloop.scheduling import audit
from hireloop.scheduling.audit import CANDIDATE, Action, NewAuditEntry
from hireloop.scheduling.bookings import history, news
from hireloop.scheduling.bookings.history import HistoryEntry
from hireloop.scheduling.bookings.locked import LockedBooking, lock_session
from hireloop.scheduling.tables import Interview, InterviewState, ScheduleState, Session
from hireloop.statements import Statement, read_clock

LEASE = timedelta(seconds=30)  # of the tab that is in the interview; it renews it every 10 s


class SessionState(StrEnum):
    """The state of a session."""

    SCHEDULED = "scheduled"  # not entered yet, and still possible
    ENTERED = "entered"  # the candidate is in the interview
    FINISHED = "finished"  # the candidate pressed Finish
    EXPIRED = "expired"  # nobody entered before the window closed
    REVOKED = "revoked"  # its link was taken back


class Visit(Meeting, frozen=True, kw_only=True):
    """All that the portal shows of one session, read at one moment `now` of the database's clock."""

    session_id: UUID
    key_version: int
    opens_at: datetime
    closes_at: datetime
    entered_at: datetime | None
    left_at: datetime | None
    revoked_at: datetime | None
    schedule_id: UUID
    schedule_state: ScheduleState
    revision: int
    booking_notes: str
    interview_id: UUID
    interview_state: InterviewState
    coding_language: str
    device_check: dict[str, str] | None  # the latest, as `record_device_check` stored it
    earlier_device_checks: list[dict[str, str]] = msgspec.field(default_factory=list)  # oldest first
    late_requested_at: datetime | None = None  # when the candidate last asked for another time
    earlier_late_requests: list[datetime] = msgspec.field(default_factory=list)  # oldest first
    is_erased: bool = False  # the candidate
    changes: list[HistoryEntry] = msgspec.field(default_factory=list)  # the booking's history, oldest first
    traceparent: str | None = None  # of the booking; None if its first message is not kept any more
    now: datetime

    @property
    def state(self) -> SessionState:
        """The state of the session at `now`."""
        return state_of(
            now=self.now,
            closes_at=self.closes_at,
            entered_at=self.entered_at,
            left_at=self.left_at,
            revoked_at=self.revoked_at,
        )

    @property
    def current_late_request_at(self) -> datetime | None:
        """When the candidate asked for another time, having come too late for this one."""
        return late_request_at(self.late_requested_at, self.closes_at)

    @property
    def former_late_requests(self) -> list[datetime]:
        """When the candidate asked for another time before, oldest first: the booking was moved since."""
        latest, is_current = self.late_requested_at, self.current_late_request_at is not None
        return [*self.earlier_late_requests, *([] if latest is None or is_current else [latest])]


def state_of(
    *,
    now: datetime,
    closes_at: datetime,
    entered_at: datetime | None,
    left_at: datetime | None,
    revoked_at: datetime | None,
) -> SessionState:
    """Return the state of a session with these times at `now`; anyone who has entered may stay until they leave."""
    if left_at is not None:
        return SessionState.FINISHED
    if revoked_at is not None:
        return SessionState.REVOKED
    if entered_at is not None:
        return SessionState.ENTERED
    return SessionState.SCHEDULED if now <= closes_at else SessionState.EXPIRED


def late_request_at(requested_at: datetime | None, closes_at: datetime) -> datetime | None:
    """Return when a candidate who came too late asked for another time, or None; a moved session begins anew."""
    return requested_at if requested_at is not None and requested_at > closes_at else None


# A session with all that its candidate is shown.
_VISIT = Statement(f"""
    SELECT se.id AS session_id, se.key_version, se.opens_at, se.closes_at, se.entered_at, se.left_at, se.revoked_at,
        se.device_check::text AS device_check, se.earlier_device_checks::text AS earlier_device_checks,
        se.late_requested_at, se.earlier_late_requests, sc.id AS schedule_id, sc.state AS schedule_state,
        sc.revision, sc.booking_notes, sc.starts_at, sc.ends_at, sc.changes::text AS changes,
        i.id AS interview_id, i.state AS interview_state, c.full_name AS candidate_name, c.email AS candidate_email,
        c.time_zone, c.locale, c.erased_at IS NOT NULL AS is_erased, j.title AS job_title, j.company,
        j.recruiter_email, j.coding_language,
        {origin_fragment("sc.id")} AS traceparent, coalesce(:now, now()) AS now
    FROM session se JOIN schedule sc ON sc.id = se.schedule JOIN interview i ON i.id = sc.interview
        JOIN candidate c ON c.id = i.candidate JOIN job j ON j.id = i.job
    WHERE se.id = :id
""")  # noqa: S608 (our own words)


async def visit(session_id: UUID, *, now: datetime | None = None) -> Visit:
    """Return the session as a candidate meets it; raises NotFound. Changes nothing."""
    row = await _VISIT.row(id=session_id, now=now)
    if row is None:
        raise errors.NotFound("session", session_id)
    read = {
        "device_check": row["device_check"] and msgspec.json.decode(row["device_check"]),
        "earlier_device_checks": msgspec.json.decode(row["earlier_device_checks"]),
        "changes": history.read(row["changes"]),
    }
    return msgspec.convert({**row, **read}, Visit)


async def enter(
    session_id: UUID, key_version: int, *, outbox: Outbox, client: UUID | None = None, now: datetime | None = None
) -> Visit:
    """Enter the interview if the window is open and the key is the current one, and return the session then.

    Recruiters are told. Entering twice is entering once: `client`, the candidate's tab, is the one that is in the
    interview only if this entered it. Where it could not be entered the visit says why: its `state`
    is not `entered`, or it is too early. In one transaction, one after the other with whatever changes the booking.
    Raises NotFound.
    """
    return await visit(session_id, now=await _enter(session_id, key_version, outbox, client, now))


@db.transactional
async def _enter(
    session_id: UUID, key_version: int, outbox: Outbox, client: UUID | None, now: datetime | None
) -> datetime:
    """Enter if that is possible; return the moment that it was decided for."""
    booking = await lock_session(session_id, now=now)
    if _can_enter(booking, key_version):
        until = None if client is None else booking.now + LEASE
        await Session.update(
            {Session.entered_at: booking.now, Session.active_client: client, Session.active_until: until}
        ).where(Session.id == session_id)
        await _set_state(booking.interview_id, InterviewState.IN_PROGRESS)
        await _record(Action.SESSION_ENTERED, session_id, booking)
        await news.put_entered(booking, by=CANDIDATE, outbox=outbox)
    return booking.now


def _can_enter(booking: LockedBooking, key_version: int) -> bool:
    return (
        booking.key_version == key_version
        and booking.state is not ScheduleState.CANCELLED
        and booking.revoked_at is None
        and booking.entered_at is None
        and booking.opens_at <= booking.now <= booking.closes_at
    )


async def leave(session_id: UUID, key_version: int, *, outbox: Outbox, now: datetime | None = None) -> Visit:
    """Finish the interview that was entered, and return the session then. Leaving twice is leaving once.

    Recruiters are told. In one transaction, as `enter`. Raises NotFound.
    """
    return await visit(session_id, now=await _leave(session_id, key_version, outbox, now))


@db.transactional
async def _leave(session_id: UUID, key_version: int, outbox: Outbox, now: datetime | None) -> datetime:
    """Leave what was entered; return the moment that it was decided for."""
    booking = await lock_session(session_id, now=now)
    if booking.key_version == key_version and booking.entered_at is not None and booking.left_at is None:
        await Session.update({Session.left_at: booking.now}).where(Session.id == session_id)
        await _set_state(booking.interview_id, InterviewState.COMPLETED)
        await _record(Action.INTERVIEW_COMPLETED, booking.interview_id, booking)
        await news.put_finished(booking, booking.now, by=CANDIDATE, outbox=outbox)
    return booking.now


async def _set_state(interview_id: UUID, state: InterviewState) -> None:
    await Interview.update({Interview.state: state}).where(Interview.id == interview_id)


async def _record(action: Action, subject: UUID, booking: LockedBooking) -> None:
    details = {"schedule": booking.schedule_id, "revision": booking.revision}
    entry = NewAuditEntry(action=action, subject=subject, candidate=booking.candidate_id, by=CANDIDATE, details=details)
    await audit.record(entry, at=booking.now)


class DeviceCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What the candidate's browser said of its camera and microphone: `ok`, or the name of the failure."""

    camera: str
    microphone: str


# A check of a session that has not ended; with it, the newest 50 are kept.
_RECORD_CHECK = Statement("""
    UPDATE session SET device_check = :check::jsonb, earlier_device_checks = coalesce(
        CASE WHEN jsonb_array_length(earlier_device_checks) < 49 THEN earlier_device_checks
            ELSE earlier_device_checks - 0 END || device_check, earlier_device_checks)
    WHERE id = :session AND left_at IS NULL AND revoked_at IS NULL
""")


async def record_device_check(session_id: UUID, check: DeviceCheck, *, now: datetime | None = None) -> None:
    """Remember a device check, for the recruiter; an ended session keeps what it had."""
    recorded = msgspec.structs.asdict(check) | {"checked_at": await read_clock(now)}
    await _RECORD_CHECK.run(session=session_id, check=msgspec.json.encode(recorded).decode())
