from enum import StrEnum


class Change(StrEnum):
    ADDRESS_CHANGED = "address_changed"
    CANCELLED = "cancelled"
    CONFIRMED = "confirmed"
    REISSUED = "reissued"
    RESCHEDULED = "rescheduled"
    REVOKED = "revoked"

    def __str__(self) -> str:
        return str(self.value)
