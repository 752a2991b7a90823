"""What a booking's history holds: one entry a change, oldest first, in `schedule.changes`."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Change(StrEnum):
    """What was done to a booking, in its history."""

    CONFIRMED = "confirmed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    ADDRESS_CHANGED = "address_changed"
    REISSUED = "reissued"
    REVOKED = "revoked"


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where a booking was moved."""

    from_slot: UUID
    from_starts_at: datetime
    to_slot: UUID
    to_starts_at: datetime


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a booking's history: since when it has `revision`, and who did what, why."""

    at: datetime
    change: Change
    by: str
    revision: int
    reason: str = ""
    moved: Moved | None = None


def read(text: str) -> list[Past]:
    """Return a history as `schedule.changes` holds it, from its JSON text."""
    return msgspec.json.decode(text, type=list[Past])


def written(past: Past) -> str:
    """Return the JSON text that `schedule.changes` is lengthened by."""
    return msgspec.json.encode([past]).decode()
