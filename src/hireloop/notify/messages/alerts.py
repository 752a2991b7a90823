"""What the people hear who look after deliveries."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from hireloop.notify.messages.bases import A_DAY, Audience, FixedMessage

_CAME_BACK = {"came_back": "returned", "complaint": "complaint"}  # the occasions of what was sent and came back


class AlertCause(StrEnum):
    """What an alert is about."""

    AT_RISK = "at_risk"  # a required delivery is not sent, and time is running out
    FAILED = "failed"  # a required delivery was rejected, has bounced or is exhausted
    HELD = "held"  # a channel is held


class AlertMessage(FixedMessage, frozen=True, kw_only=True):
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
    more_candidates: int = 0  # with a seat in the slot, if it is about a message to its interviewer
    job_title: str = ""
    company: str = ""
    starts_at: datetime | None = None
    deadline_at: datetime | None = None
    first_due_at: datetime | None = None  # of the delivery; a replay renews it
    others: int = 0  # how many more deliveries this one alert covers, all with the same cause and reason
    alert_id: UUID | None = None  # by which it is acknowledged; workers of 0.1.0 put alerts without one

    @property
    def occasion(self) -> str:
        """One alert a cause, subject and time when it was first due: what is replayed may fail again.

        Something that came back is told apart from a failure, and from a complaint: each may follow.
        """
        since = f":{self.first_due_at.isoformat()}" if self.first_due_at else ""
        came_back = _CAME_BACK.get(self.reason or "") if self.cause is AlertCause.FAILED else None
        return f"{came_back or self.cause.value}:{self.subject}{since}"

    @property
    def candidates(self) -> str:
        """The candidate, and how many others there are: `Asha Rao +2`; empty if nobody is named."""
        more = f" +{self.more_candidates}" if self.more_candidates else ""
        return f"{self.candidate_name}{more}" if self.candidate_name else ""

    @property
    def address(self) -> str | None:
        """The address that gets the alerts by mail."""
        return self.send_to

    def deadline(self, now: datetime) -> datetime:
        """Return the time from which nobody needs to hear of it."""
        return now + A_DAY
