"""What time alone brings about: nobody came, or the candidate never pressed Finish. A sweep for the worker."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from hireloop import db
from hireloop.notify.deliveries.outbox import Outbox
from hireloop.scheduling import audit
from hireloop.scheduling.audit import HIRELOOP, Action, NewAuditEntry
from hireloop.scheduling.bookings import news
from hireloop.scheduling.bookings.locked import LockedBooking, lock_all
from hireloop.scheduling.sessions import no_shows
from hireloop.scheduling.tables import InterviewState, ScheduleState
from hireloop.statements import Statement, read_clock

_TOGETHER = 100

# By slot, as those of one slot are told together. Only interviews that are not over are in the index that this reads,
# in the order of their start: so it reads those that have begun, and none that lies ahead. Candidates are locked first,
# as in every change of a booking; one that somebody else holds is left for the next sweep.
_DUE = Statement("""
    SELECT sc.id, sc.slot FROM interview i
        JOIN schedule sc ON sc.interview = i.id AND sc.state <> 'cancelled'
        JOIN session se ON se.schedule = sc.id
        JOIN candidate c ON c.id = sc.candidate
    WHERE i.state IN ('scheduled', 'in_progress') AND i.started_at < :at AND (
        se.entered_at IS NULL AND se.revoked_at IS NULL AND se.closes_at < :at
        OR se.entered_at IS NOT NULL AND i.ended_at + :grace::interval < :at
    )
    ORDER BY i.started_at, sc.slot LIMIT :limit FOR NO KEY UPDATE OF c SKIP LOCKED
""")
# These sessions end with their interview's grace: that is the latest that anybody stayed.
_LEAVE = Statement("""
    UPDATE session SET left_at = greatest(entered_at, schedule.ends_at + :grace::interval) FROM schedule
    WHERE session.schedule = schedule.id AND schedule.id = ANY(:schedules::uuid[])
""")
# The state of some interviews.
_SET_STATE = Statement("UPDATE interview SET state = :state WHERE id = ANY(:interviews::uuid[])")


async def note_due(*, grace_seconds: int, outbox: Outbox, now: datetime | None = None) -> int:
    """Record the candidates who did not come, end the interviews that nobody finished, and return how many there were.

    An interview whose window has closed without an entry is a `no_show`, but not if the link was revoked: a
    candidate who was kept out has not stayed away. One that was entered is `completed`, and its session left,
    `grace_seconds` after the interview's end. Recruiters are told of both. In short transactions; any number of workers
    may do so at once.
    """
    total, grace = 0, timedelta(seconds=grace_seconds)
    while True:
        found, recorded = await _note_some(grace, outbox, now)
        total += recorded
        if found < _TOGETHER or not recorded:
            return total


@db.transactional
async def _note_some(grace: timedelta, outbox: Outbox, now: datetime | None) -> tuple[int, int]:
    """Record at most `_TOGETHER`; return how many were looked at, and how many of them were recorded."""
    at = await read_clock(now)
    found = [(row["slot"], row["id"]) for row in await _DUE.rows(at=at, grace=grace, limit=_TOGETHER)]
    bookings = await lock_all(_of_whole_slots(found), now=at) if found else []
    missed = [booking for booking in bookings if is_missed(booking)]
    over = [booking for booking in bookings if is_over(booking, grace)]
    await miss(missed)
    await no_shows.put(missed, outbox)
    await _LEAVE.run(schedules=[booking.schedule_id for booking in over], grace=grace)
    await _write(over, Action.INTERVIEW_COMPLETED, InterviewState.COMPLETED)
    for booking in over:
        left_at = max(booking.entered_at or at, booking.ends_at + grace)
        await news.put_finished(booking, left_at, by=HIRELOOP, outbox=outbox)
    return len(found), len(missed) + len(over)


def _of_whole_slots(found: Sequence[tuple[UUID, UUID]]) -> list[UUID]:
    """Return the bookings of those slots of which none can be missing here; pure. `found` is in order of the slots."""
    last, _ = found[-1]
    whole = [booking for slot, booking in found if slot != last]
    return whole if whole and len(found) == _TOGETHER else [booking for _, booking in found]


async def miss(bookings: list[LockedBooking]) -> None:
    """Record that nobody came to these, in the transaction that holds them; tells nobody."""
    await _write(bookings, Action.INTERVIEW_MISSED, InterviewState.NO_SHOW)


def is_missed(booking: LockedBooking) -> bool:
    """Return whether nobody came to this interview, and could have; pure."""
    return (
        booking.interview_state is InterviewState.SCHEDULED
        and booking.state is not ScheduleState.CANCELLED
        and booking.entered_at is None
        and booking.revoked_at is None
        and booking.closes_at < booking.now
    )


def is_over(booking: LockedBooking, grace: timedelta) -> bool:
    """Return whether this interview was entered, never finished, and should have ended by `grace` ago; pure."""
    return (
        booking.interview_state is InterviewState.IN_PROGRESS
        and booking.left_at is None
        and booking.ends_at + grace < booking.now
    )


async def _write(bookings: list[LockedBooking], action: Action, state: InterviewState) -> None:
    await _SET_STATE.run(interviews=[booking.interview_id for booking in bookings], state=state.value)
    for booking in bookings:
        details = {"schedule": booking.schedule_id, "revision": booking.revision}
        await audit.record(
            NewAuditEntry(
                action=action,
                subject=booking.interview_id,
                candidate=booking.candidate_id,
                by=HIRELOOP,
                details=details,
            ),
            at=booking.now,
        )
