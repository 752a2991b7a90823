"""What recruiters hear: changes of bookings, what has happened to them, and who did not come."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from hireloop.notify.messages.bases import A_DAY, Audience, BookingMessage, FixedMessage
from hireloop.notify.no_show import MissedCandidate


class CopiedChange(StrEnum):
    """The change to a booking that a recruiter copy is about."""

    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


class RecruiterCopyMessage(BookingMessage, frozen=True, kw_only=True):
    """A booking was made, moved or cancelled: for the recruiters' chat, without the candidate's link.

    It waits a little, so that it can say whether the invitation was taken.
    """

    kind: ClassVar[str] = "recruiter_copy"
    audience: ClassVar[Audience] = Audience.RECRUITERS
    wait: ClassVar[timedelta] = timedelta(seconds=5)

    change: CopiedChange
    by: str  # the name of the API key that asked for it, or `the candidate`

    @property
    def is_decided_later(self) -> bool:
        """Whether it is about a change: of what recruiters may have heard nothing, or have heard the same."""
        return self.change is not CopiedChange.BOOKED


class NewsMessage(BookingMessage, frozen=True, kw_only=True):
    """What has happened to a booking, for its recruiters; not a kind by itself."""

    audience: ClassVar[Audience] = Audience.RECRUITERS

    send_to: str | None = None  # if the job has no recruiter: the address that gets the alerts

    @property
    def address(self) -> str | None:
        """The job's recruiter, or the address that gets the alerts."""
        return self.recruiter_email or self.send_to


class LateRequestMessage(NewsMessage, frozen=True, kw_only=True):
    """The candidate came too late and asks for another time."""

    kind: ClassVar[str] = "late_request"

    asked_at: datetime


class ConfirmedMessage(NewsMessage, frozen=True, kw_only=True):
    """The candidate, or a recruiter for them, has confirmed the time."""

    kind: ClassVar[str] = "confirmed"

    confirmed_at: datetime
    by: str  # the name of an API key, or `the candidate`


class DeclinedMessage(NewsMessage, frozen=True, kw_only=True):
    """The candidate has cancelled the booking; recruiters get no copy of that."""

    kind: ClassVar[str] = "declined"

    declined_at: datetime
    reason: str = ""


class EnteredMessage(NewsMessage, frozen=True, kw_only=True):
    """The candidate has entered the interview."""

    kind: ClassVar[str] = "entered"

    entered_at: datetime


class FinishedMessage(NewsMessage, frozen=True, kw_only=True):
    """The candidate has finished the interview, or nobody did and its time is over."""

    kind: ClassVar[str] = "finished"

    entered_at: datetime
    finished_at: datetime
    by: str  # `the candidate`, or `HireLoop` when the time was over


class NoShowMessage(FixedMessage, frozen=True, kw_only=True):
    """Candidates did not come: one, or all of a slot who did not, and then it is about no single booking."""

    kind: ClassVar[str] = "no_show"
    audience: ClassVar[Audience] = Audience.RECRUITERS
    required: ClassVar[bool] = False
    wait: ClassVar[timedelta] = timedelta()

    schedule_id: UUID | None  # None: about several bookings
    revision: int
    starts_at: datetime
    ends_at: datetime
    address: str | None  # over mail
    missed: list[MissedCandidate]  # without those who were erased since
    more: int = 0  # how many others there are

    @property
    def occasion(self) -> str:
        """One message for each slot and sweep, named after the first of its bookings."""
        first = self.missed[0]
        return "" if self.schedule_id else f"{first.schedule_id}:{first.revision}"

    def deadline(self, now: datetime) -> datetime:
        """Return the time from which nobody needs to hear of it."""
        return now + A_DAY


class InterviewerUnreachableMessage(FixedMessage, frozen=True, kw_only=True):
    """A message to the interviewer of a slot was rejected, or has bounced; it names no candidate."""

    kind: ClassVar[str] = "interviewer_unreachable"
    audience: ClassVar[Audience] = Audience.RECRUITERS
    required: ClassVar[bool] = False
    wait: ClassVar[timedelta] = timedelta()

    schedule_id: UUID | None  # None: about a slot with several bookings, or none
    revision: int
    starts_at: datetime
    ends_at: datetime
    address: str | None  # over mail
    about_slot: UUID
    interviewer_email: str
    delivery_id: UUID  # of that message
    failure: str | None = None  # why it was not delivered: a slug
    reply: str = ""  # the other side's words

    @property
    def occasion(self) -> str:
        """Once for each message that was not delivered."""
        return str(self.delivery_id)

    def deadline(self, now: datetime) -> datetime:
        """Return the time from which nobody needs to hear of it."""
        return now + A_DAY
