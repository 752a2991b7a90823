"""Whether an interview may be booked into a slot, and when its link opens. Pure: facts in, decision out."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop import errors
from hireloop.notify.messages import Meeting
from hireloop.scheduling.tables import InterviewState
from hireloop.wording.phrases import FilledPhrase, phrase

_ANOTHER_JOB = phrase("this slot is for another job: choose a slot for the interview's job")


class SlotFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What one read says of a slot that an interview of `job_id` would be placed on, at one moment."""

    now: datetime
    job_id: UUID
    slot_job_id: UUID | None
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    withdrawn_at: datetime | None
    interviewer_email: str | None = None
    held_by: str = ""  # the interviewer's name
    interviewer_name: str = ""  # where the job lets candidates know it


class BookingFacts(Meeting, frozen=True, kw_only=True):
    """What one read says of an interview, its candidate and its job, with the slot that it would be placed on."""

    slot: SlotFacts
    interview_state: InterviewState
    candidate_id: UUID
    live_schedule_id: UUID | None  # the interview's, wherever it is booked
    live_slot_id: UUID | None
    interviewer_name: str = ""  # where the job lets candidates know it
    messages_sent: int = 0  # in a day, on behalf of the API key that books


class Window(msgspec.Struct, frozen=True):
    """When a session's link opens, and the last moment to enter."""

    opens_at: datetime
    closes_at: datetime


def window(starts_at: datetime, *, early_seconds: int, late_seconds: int) -> Window:
    """Return the window around a start: `early_seconds` before it to `late_seconds` after it."""
    return Window(starts_at - timedelta(seconds=early_seconds), starts_at + timedelta(seconds=late_seconds))


def is_same_booking(facts: BookingFacts, slot_id: UUID) -> bool:
    """Return whether this interview is already booked into this slot: a double click, not a conflict."""
    return facts.live_slot_id == slot_id


def refusal(facts: BookingFacts, *, late_seconds: int) -> errors.HireLoopError | None:
    """Return why this interview can't be booked into this slot, or None if it can."""
    if facts.live_schedule_id is not None:
        return errors.InterviewAlreadyScheduled()
    if facts.interview_state is not InterviewState.OPEN:
        return errors.InterviewClosed()
    return slot_refusal(facts.slot, late_seconds=late_seconds)


def slot_refusal(facts: SlotFacts, *, late_seconds: int) -> errors.HireLoopError | None:
    """Return why no interview of this job can be placed on this slot, or None.

    It can as long as its link could still open: until `late_seconds` after its start.
    """
    if facts.slot_job_id not in {None, facts.job_id}:
        return errors.BadInput("slot_id", FilledPhrase(_ANOTHER_JOB))
    if facts.withdrawn_at is not None:
        return errors.SlotWithdrawn()
    if facts.now >= facts.starts_at + timedelta(seconds=late_seconds):
        return errors.SlotPast()
    return errors.SlotFull() if facts.taken >= facts.seats else None
