"""What a booking's history holds: one entry a change, oldest first, in `schedule.changes`."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class BookingChange(StrEnum):
    """A kind of change to a booking."""

    CONFIRMED = "confirmed"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    ADDRESS_CHANGED = "address_changed"
    REISSUED = "reissued"
    REVOKED = "revoked"


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """From where to where a booking was moved."""

    from_slot: UUID
    from_starts_at: datetime
    to_slot: UUID
    to_starts_at: datetime


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a booking's history: since when it has `revision`, and who did what, why."""

    at: datetime
    change: BookingChange
    by: str
    revision: int
    reason: str = ""
    moved: Move | None = None


def read(text: str) -> list[HistoryEntry]:
    """Return a history as `schedule.changes` holds it, from its JSON text."""
    return msgspec.json.decode(text, type=list[HistoryEntry])


def written(changes: Sequence[HistoryEntry]) -> str:
    """Return a history as the JSON text that `schedule.changes` holds."""
    return msgspec.json.encode(changes).decode()
