"""What is known of a message that is to be decided, and what may be decided of it."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from hireloop.notify.deliveries.leases import LEASE_SECONDS
from hireloop.notify.messages import Message

# While something older is under way to the same reader, as long as a lease lasts: what is newer must not overtake it.
WHILE_UNDER_WAY = timedelta(seconds=1)


def under_way_fragment() -> str:
    """Return the expression for whether a try of a row of `delivery` has begun lately and not ended; `:now` as ever."""
    return f"""EXISTS (
        SELECT FROM attempt WHERE attempt.delivery = delivery.id AND outcome IS NULL
            AND started_at > coalesce(:now, now()) - interval '{LEASE_SECONDS} seconds'
    )"""


class Undecided(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is due, of which it is not decided yet what it says."""

    id: UUID
    schedule: UUID | None
    slot: UUID | None
    revision: int
    kind: str
    occasion: str
    channel: str
    recipient: str
    payload: str
    first_due_at: datetime
    deadline_at: datetime
    now: datetime


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A message that has arrived, as far as we know, or may have."""

    id: UUID
    schedule: UUID | None
    slot: UUID | None
    revision: int
    kind: str
    occasion: str
    channel: str
    recipient: str
    payload: str
    state: str
    sent_at: datetime | None
    message_id: str
    is_sure: bool  # it was taken since it was last due, and nothing has come back; otherwise it may have arrived
    is_under_way: bool = False  # a try of it has just begun and may end any moment


class Say(msgspec.Struct, frozen=True, tag=True):
    """It goes out, as this message."""

    message: Message


class Nothing(msgspec.Struct, frozen=True, tag=True):
    """There is nothing to say any more: that revision's message said the same; 0: nobody was told of anything."""

    told_revision: int


class Wait(msgspec.Struct, frozen=True, tag=True):
    """It is decided later: something else comes first."""

    until: datetime


Decision = Say | Nothing | Wait


def wait(one: Undecided, until: datetime) -> Wait | Nothing:
    """Return that a message waits for another, or that there is nothing to say once that is longer than it is useful.

    Nobody has failed to send it then. What it waits for has a deadline, and alerts, of its own. Pure.
    """
    return Wait(until) if until < one.deadline_at else Nothing(0)
