"""What messages have in common: whom they are for, and what all say that are about a booking."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Self
from uuid import UUID

import msgspec

A_DAY = timedelta(days=1)
# What these say depends on what has arrived until they are due.
_DECIDED_LATER = frozenset({"rescheduled", "cancelled", "reminder"})


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
        return self.starts_at if self.audience is Audience.CANDIDATE else now + A_DAY


class FixedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that says what was known when it was put, to no interviewer; not a kind by itself."""

    @property
    def slot_id(self) -> None:
        """It is not in the place of a message to the interviewer of a slot."""
        return

    @property
    def is_decided_later(self) -> bool:
        """What it says is known when it is put."""
        return False
