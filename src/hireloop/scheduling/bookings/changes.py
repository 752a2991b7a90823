"""A change of a live booking: its history, its next revision, and what is told instead of what was.

Every function takes a `LockedBooking` and writes in the transaction that holds it.
"""

from collections.abc import Callable

from hireloop import errors
from hireloop.notify.deliveries.outbox import supersede
from hireloop.notify.messages import (
    LASTING_KINDS,
    RECRUITER_KINDS,
    CopiedChange,
    InvitationMessage,
    RecruiterCopyMessage,
)
from hireloop.scheduling import audit
from hireloop.scheduling.audit import Action, Actor, NewAuditEntry
from hireloop.scheduling.bookings import history
from hireloop.scheduling.bookings.history import BookingChange, HistoryEntry, Move
from hireloop.scheduling.bookings.locked import LockedBooking
from hireloop.scheduling.tables import Schedule, ScheduleState
from hireloop.statements import Statement

_ACTIONS = {
    BookingChange.CONFIRMED: Action.SCHEDULE_CONFIRMED,
    BookingChange.RESCHEDULED: Action.SCHEDULE_RESCHEDULED,
    BookingChange.CANCELLED: Action.SCHEDULE_CANCELLED,
    BookingChange.ADDRESS_CHANGED: None,  # the candidate's own entry says it
    BookingChange.REISSUED: Action.SESSION_REISSUED,
    BookingChange.REVOKED: Action.SESSION_REVOKED,
}
_OF_THE_SESSION = {BookingChange.REISSUED, BookingChange.REVOKED}
# After these, what recruiters were to hear of the booking's time is no longer right; after the others it is.
_OF_THE_TIME = {BookingChange.RESCHEDULED, BookingChange.CANCELLED}
_PAST = (
    "It is too late to enter this interview, so its link would no longer open. To move it, POST to "
    "`/api/interviews/schedules/{id}/reschedule/`."
)

_INVITING = {
    BookingChange.RESCHEDULED,
    BookingChange.ADDRESS_CHANGED,
    BookingChange.REISSUED,
}  # their callers put an invitation

ChangeRule = Callable[[LockedBooking], errors.Refused | None]  # one more reason why a change may be refused


def refusal(booking: LockedBooking) -> errors.Refused | None:
    """Return why nothing about this booking can be changed any more, or None; pure."""
    if booking.state is ScheduleState.CANCELLED:
        return errors.ScheduleCancelled()
    if booking.left_at is not None or booking.erased_at is not None:
        return errors.InterviewClosed()
    return errors.InterviewInProgress() if booking.entered_at is not None else None


def refusal_of_past(booking: LockedBooking) -> errors.SlotPast | None:
    """Return why what concerns only an interview that can still be entered is refused, or None; pure."""
    if booking.now <= booking.closes_at:
        return None
    return errors.SlotPast(_PAST)


# One more entry in a booking's history, and the revision that it has then.
_NOTE = Statement("""
    UPDATE schedule SET revision = :revision, changes = changes || :past::jsonb,
        invited_revision = CASE WHEN :invites THEN :revision ELSE invited_revision END
    WHERE id = :schedule
""")


async def note(
    booking: LockedBooking,
    change: BookingChange,
    *,
    by: Actor,
    reason: str = "",
    moved: Move | None = None,
    raises_revision: bool = True,
) -> int:
    """Write a change into the booking's history and the audit; raise its revision; return the one it has then.

    What is still to be sent of older revisions is superseded: the caller puts the messages that replace it.
    Where the booking keeps its time, recruiters still get what was put for them: it contains no link. In any case
    they get what stays true.
    """
    revision = booking.revision + raises_revision
    past = HistoryEntry(at=booking.now, change=change, by=by.name, revision=revision, reason=reason, moved=moved)
    await _NOTE.run(
        schedule=booking.schedule_id, revision=revision, past=history.written([past]), invites=change in _INVITING
    )
    action = _ACTIONS[change]
    if action is not None:
        await audit.record(
            NewAuditEntry(
                action=action,
                subject=booking.session_id if change in _OF_THE_SESSION else booking.schedule_id,
                candidate=booking.candidate_id,
                by=by,
                details={
                    "revision": revision,
                    **({"reason": reason} if reason else {}),
                    **({"moved": moved} if moved else {}),
                },
            ),
            at=booking.now,
        )
    if raises_revision:
        kept = LASTING_KINDS if change in _OF_THE_TIME else RECRUITER_KINDS
        await supersede(booking.schedule_id, before_revision=revision, kept=kept)
    return revision


async def tell_anew(booking: LockedBooking) -> int:
    """Raise the revision of a booking that stays as it is, and return it: the caller puts what its candidate hears.

    Its history has no entry: version 0.1.0, to which an installation may go back, can read none but those that it
    knows. A reminder that is due by now would come on the heels of what is put.
    """
    revision = booking.revision + 1
    await Schedule.update(
        {Schedule.revision: revision, Schedule.invited_revision: revision, Schedule.reminded_at: booking.now}
    ).where(Schedule.id == booking.schedule_id)
    await supersede(booking.schedule_id, before_revision=revision, kept=RECRUITER_KINDS)
    return revision


def invitation(booking: LockedBooking, revision: int) -> InvitationMessage:
    """Return the invitation to a booking as it is, at this revision."""
    return InvitationMessage.about(
        booking,
        schedule_id=booking.schedule_id,
        revision=revision,
        session_id=booking.session_id,
        key_version=booking.key_version,
        opens_at=booking.opens_at,
        closes_at=booking.closes_at,
        booking_notes=booking.booking_notes,
        interviewer_name=booking.interviewer_name,
    )


def recruiter_copy(booking: LockedBooking, revision: int, change: CopiedChange, *, by: Actor) -> RecruiterCopyMessage:
    """Return what the recruiters hear of this change."""
    return RecruiterCopyMessage.about(
        booking, schedule_id=booking.schedule_id, revision=revision, change=change, by=by.name
    )
