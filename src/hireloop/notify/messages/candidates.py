"""What a candidate hears of a booking."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from hireloop.notify.messages.bases import BookingMessage


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
