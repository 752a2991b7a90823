"""The kinds of things to say: frozen structs of plain values, stored as a delivery's payload.

A payload never holds a session key or a link: both are minted at render from the session's id and key version.
A change of a struct's fields raises `PAYLOAD_VERSION`, so that an older worker leaves newer rows alone.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

import msgspec

from hireloop.notify.no_show import MissedCandidate

PAYLOAD_VERSION = 1
_A_DAY = timedelta(days=1)
# What these say depends on what has arrived until they are due.
_DECIDED_LATER = frozenset({"rescheduled", "cancelled", "reminder"})
_CAME_BACK = {"came_back": "returned", "complaint": "complaint"}  # the occasions of what was sent and came back


class Audience(StrEnum):
    """Who a kind of message is for."""

    CANDIDATE = "candidate"  # their own address, over mail
    INTERVIEWER = "interviewer"  # their own address, over mail
    RECRUITERS = "recruiters"  # chat channels and webhooks, or the job's recruiter
    OPERATORS = "operators"  # the people who look after deliveries


class Party(StrEnum):
    """A person who takes part in an interview, and has messages of their own about it."""

    CANDIDATE = "candidate"
    INTERVIEWER = "interviewer"


class AlertCause(StrEnum):
    """What an alert is about."""

    AT_RISK = "at_risk"  # a required delivery is not sent, and time is running out
    FAILED = "failed"  # a required delivery was rejected, has bounced or is exhausted
    HELD = "held"  # a channel is held


class CopiedChange(StrEnum):
    """The change to a booking that a recruiter copy is about."""

    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """Who meets about what, and when: what every message about a booking says, and every view of one."""

    candidate_name: str
    candidate_email: str
    time_zone: str | None  # the candidate's, None while unknown
    locale: str | None
    job_title: str
    company: str
    recruiter_email: str | None
    starts_at: datetime
    ends_at: datetime


class BookingMessage(Meeting, frozen=True, kw_only=True):
    """What every message about a booking carries; not a kind by itself."""

    kind: ClassVar[str]
    audience: ClassVar[Audience] = Audience.CANDIDATE
    required: ClassVar[bool] = False  # the ledger counts it, and it ends by time only
    wait: ClassVar[timedelta] = timedelta()  # before its first try

    schedule_id: UUID
    revision: int

    @classmethod
    def about(cls, meeting: Meeting, **more: Any) -> Self:  # noqa: ANN401 (each kind's own fields)
        """Return a message that says what is known of a meeting, and `more`."""
        return cls(**{name: getattr(meeting, name) for name in Meeting.__struct_fields__}, **more)

    @property
    def slot_id(self) -> UUID | None:
        """The slot, if it is about one and not about one booking in it."""
        return None

    @property
    def is_decided_later(self) -> bool:
        """Whether it is decided only when it is due what there is to say (`decisions`)."""
        return self.kind in _DECIDED_LATER

    @property
    def occasion(self) -> str:
        """Tell apart messages of one kind about one revision; empty if there is only one."""
        return ""

    @property
    def address(self) -> str | None:
        """The recipient if the channel is mail; None if nobody gets an email."""
        return self.candidate_email if self.audience is Audience.CANDIDATE else self.recruiter_email

    def deadline(self, now: datetime) -> datetime:
        """Return when this message, first due at `now`, stops being useful."""
        return self.starts_at if self.audience is Audience.CANDIDATE else now + _A_DAY


class InvitationMessage(BookingMessage, frozen=True, kw_only=True):
    """You are invited to an interview: when, with which interviewer, and the link that opens the portal."""

    kind: ClassVar[str] = "invitation"
    required: ClassVar[bool] = True

    session_id: UUID
    key_version: int
    opens_at: datetime  # the link opens
    closes_at: datetime  # the last moment to enter
    booking_notes: str = ""
    interviewer_name: str = ""  # where the job lets candidates know it

    def deadline(self, now: datetime) -> datetime:  # noqa: ARG002 (the base's signature)
        """Return when the link no longer opens."""
        return self.closes_at


class RescheduledMessage(InvitationMessage, frozen=True, kw_only=True):
    """Your interview has moved: the old time, the new one, and the same link."""

    kind: ClassVar[str] = "rescheduled"

    previous_starts_at: datetime
    reason: str = ""


class CancelledMessage(BookingMessage, frozen=True, kw_only=True):
    """Your interview is off."""

    kind: ClassVar[str] = "cancelled"
    required: ClassVar[bool] = True

    reason: str = ""

    def deadline(self, now: datetime) -> datetime:  # noqa: ARG002 (the base's signature)
        """Return when the interview would have ended."""
        return self.ends_at


class ReminderMessage(InvitationMessage, frozen=True, kw_only=True):
    """Your interview is near; `lead` says how near, such as `24h`."""

    kind: ClassVar[str] = "reminder"
    required: ClassVar[bool] = False

    lead: str
    until: datetime | None = None  # when a nearer reminder takes over, or the start, as None does too

    @property
    def occasion(self) -> str:
        """One reminder a lead."""
        return self.lead

    def deadline(self, now: datetime) -> datetime:  # noqa: ARG002 (the base's signature)
        """Return when the next reminder is due, or the interview starts: nobody wants two at once."""
        return self.until or self.starts_at


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


class NoShowMessage(msgspec.Struct, frozen=True, kw_only=True):
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
    def slot_id(self) -> None:
        """It is for the recruiters, and not in the place of a message to the interviewer."""
        return

    @property
    def is_decided_later(self) -> bool:
        """What it says is known when it is put."""
        return False

    @property
    def occasion(self) -> str:
        """One message for each slot and sweep, named after the first of its bookings."""
        first = self.missed[0]
        return "" if self.schedule_id else f"{first.schedule_id}:{first.revision}"

    def deadline(self, now: datetime) -> datetime:
        """Return the time from which nobody needs to hear of it."""
        return now + _A_DAY


class InterviewerUnreachableMessage(msgspec.Struct, frozen=True, kw_only=True):
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
    interviewer_email: str
    delivery_id: UUID  # of that message
    failure: str | None = None  # why it was not delivered: a slug
    reply: str = ""  # the other side's words

    @property
    def slot_id(self) -> None:
        """It is for the recruiters, and not in the place of a message to the interviewer."""
        return

    @property
    def is_decided_later(self) -> bool:
        """What it says is known when it is put."""
        return False

    @property
    def occasion(self) -> str:
        """Once for each message that was not delivered."""
        return str(self.delivery_id)

    def deadline(self, now: datetime) -> datetime:
        """Return the time from which nobody needs to hear of it."""
        return now + _A_DAY


class AlertMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation is at risk or has failed, or a channel is held; never about another alert."""

    kind: ClassVar[str] = "alert"
    audience: ClassVar[Audience] = Audience.OPERATORS
    required: ClassVar[bool] = False
    wait: ClassVar[timedelta] = timedelta()

    cause: AlertCause
    subject: str  # the delivery's id, or the held channel's name and since when
    channel: str
    reason: str | None  # a slug
    send_to: str | None  # over mail
    schedule_id: UUID | None = None
    revision: int = 0
    trace_id: str = ""
    about: str | None = None  # the kind of the message that was not delivered
    candidate_name: str = ""
    job_title: str = ""
    company: str = ""
    starts_at: datetime | None = None
    deadline_at: datetime | None = None
    first_due_at: datetime | None = None  # of the delivery; a replay renews it
    others: int = 0  # how many more deliveries this one alert covers, all with the same cause and reason
    alert_id: UUID | None = None  # by which it is acknowledged; workers of 0.1.0 put alerts without one

    @property
    def slot_id(self) -> None:
        """It is about a delivery or a channel."""
        return

    @property
    def is_decided_later(self) -> bool:
        """What it says is known when it is put."""
        return False

    @property
    def occasion(self) -> str:
        """One alert a cause, subject and time when it was first due: what is replayed may fail again.

        Something that came back is told apart from a failure, and from a complaint: each may follow.
        """
        since = f":{self.first_due_at.isoformat()}" if self.first_due_at else ""
        came_back = _CAME_BACK.get(self.reason or "") if self.cause is AlertCause.FAILED else None
        return f"{came_back or self.cause.value}:{self.subject}{since}"

    @property
    def address(self) -> str | None:
        """The address that gets the alerts by mail."""
        return self.send_to

    def deadline(self, now: datetime) -> datetime:
        """Return the time from which nobody needs to hear of it."""
        return now + _A_DAY


News = LateRequestMessage | ConfirmedMessage | DeclinedMessage | EnteredMessage | FinishedMessage
Message = (
    InvitationMessage
    | RescheduledMessage
    | CancelledMessage
    | ReminderMessage
    | RecruiterCopyMessage
    | LateRequestMessage
    | InterviewerInvitation
    | InterviewerUpdate
    | InterviewerCancellation
    | InterviewerReminder
    | News
    | NoShowMessage
    | InterviewerUnreachableMessage
    | AlertMessage
)

KINDS: dict[str, type[Message]] = {
    kind.kind: kind
    for kind in (
        InvitationMessage,
        RescheduledMessage,
        CancelledMessage,
        ReminderMessage,
        RecruiterCopyMessage,
        LateRequestMessage,
        InterviewerInvitation,
        InterviewerUpdate,
        InterviewerCancellation,
        InterviewerReminder,
        ConfirmedMessage,
        DeclinedMessage,
        EnteredMessage,
        FinishedMessage,
        NoShowMessage,
        InterviewerUnreachableMessage,
        AlertMessage,
    )
}
KNOWN_KINDS = frozenset(KINDS)
CANDIDATE_KINDS = frozenset(name for name, kind in KINDS.items() if kind.audience is Audience.CANDIDATE)
INTERVIEWER_KINDS = frozenset(name for name, kind in KINDS.items() if kind.audience is Audience.INTERVIEWER)
# Whose recipients are people with an address of their own, over mail alone.
PARTY_KINDS = CANDIDATE_KINDS | INTERVIEWER_KINDS
RECRUITER_KINDS = frozenset(name for name, kind in KINDS.items() if kind.audience is Audience.RECRUITERS)
# What stays true of a booking that is moved or cancelled afterwards, and is still to be heard.
LASTING_KINDS = frozenset({"declined", "entered", "finished", "no_show", "interviewer_unreachable"})


def place_of(kind: str) -> int:
    """Return where messages of this kind stand in a list: what the candidate must hear first, alerts last."""
    if kind in CANDIDATE_KINDS:
        return 1 if kind == ReminderMessage.kind else 0
    return 2 if kind in RECRUITER_KINDS else 3


def party_of(kind: str) -> Party | None:
    """Return whom a kind of message is for, as the database's `delivery.party`; None of copies and alerts."""
    if kind in INTERVIEWER_KINDS:
        return Party.INTERVIEWER
    return Party.CANDIDATE if kind in CANDIDATE_KINDS else None


def encode(message: Message) -> str:
    """Return the payload's JSON text."""
    return msgspec.json.encode(message).decode()


def decode(kind: str, payload: str) -> Message:
    """Return the message of this kind; raises msgspec.ValidationError for a payload that does not fit."""
    return msgspec.json.decode(payload, type=KINDS[kind])
