"""What the interviewer of a slot hears: one message for all who have a seat in it."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

import msgspec

from hireloop.notify.messages.bases import Audience


class Attendee(msgspec.Struct, frozen=True, kw_only=True):
    """What an interviewer hears of one of the people that they will meet in a slot; never their link."""

    schedule_id: UUID
    name: str
    email: str
    job_title: str
    company: str
    coding_language: str = ""
    has_resume: bool = False
    booking_notes: str = ""


class InterviewerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What every message to the interviewer of a slot carries; not a kind by itself.

    There is one for all bookings of the slot. It has neither a session nor a link of a candidate.
    """

    kind: ClassVar[str]
    audience: ClassVar[Audience] = Audience.INTERVIEWER
    required: ClassVar[bool] = True
    wait: ClassVar[timedelta] = timedelta()

    slot_id: UUID
    revision: int  # the slot's
    interviewer_email: str
    interviewer_name: str = ""
    time_zone: str | None = None  # the interviewer's, None while unknown
    locale: str | None = None
    starts_at: datetime
    ends_at: datetime
    attendees: list[Attendee] = []
    recruiter_email: str | None = None  # of the attendees' jobs, if they have one in common

    @property
    def schedule_id(self) -> None:
        """It is about a slot, not about one booking."""
        return

    @property
    def is_decided_later(self) -> bool:
        """Which kind it is, and who has a seat, is decided when it is due."""
        return True

    @property
    def occasion(self) -> str:
        """Tell slots apart, whose revisions are all numbered from 1."""
        return str(self.slot_id)

    @property
    def address(self) -> str | None:
        """The interviewer."""
        return self.interviewer_email

    def deadline(self, now: datetime) -> datetime:  # noqa: ARG002 (as of a message about a booking)
        """Return when it stops being useful."""
        return self.ends_at


class InterviewerInvitation(InterviewerMessage, frozen=True, kw_only=True):
    """You hold an interview: when, and with whom."""

    kind: ClassVar[str] = "interviewer_invitation"


class InterviewerUpdate(InterviewerMessage, frozen=True, kw_only=True):
    """Somebody else comes, or somebody less: who is there now."""

    kind: ClassVar[str] = "interviewer_update"

    may_wait: bool = False  # as it is put: for more changes, before it is decided what there is to say


class InterviewerCancellation(InterviewerMessage, frozen=True, kw_only=True):
    """Nobody is left in the slot, or somebody else holds the interview."""

    kind: ClassVar[str] = "interviewer_cancelled"


class InterviewerReminder(InterviewerMessage, frozen=True, kw_only=True):
    """Your interview is near; `lead` says how near, such as `24h`."""

    kind: ClassVar[str] = "interviewer_reminder"
    required: ClassVar[bool] = False

    lead: str
    until: datetime | None = None  # when a nearer reminder takes over, or the start, as None does too

    @property
    def occasion(self) -> str:
        """One reminder a lead of each slot."""
        return f"{self.lead}:{self.slot_id}"

    def deadline(self, now: datetime) -> datetime:  # noqa: ARG002 (as of a message about a booking)
        """Return when the next reminder is due, or the interview starts."""
        return self.until or self.starts_at


class _Named(msgspec.Struct, frozen=True):
    name: str = ""


class _Naming(msgspec.Struct, frozen=True):
    attendees: list[_Named] = []


def names_erased(payload: str) -> bool:
    """Return whether a stored message named somebody to an interviewer who was erased since. Pure."""
    return any(not attendee.name for attendee in msgspec.json.decode(payload, type=_Naming).attendees)
