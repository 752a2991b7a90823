from enum import StrEnum


class InvitationState(StrEnum):
    AT_RISK = "at_risk"
    FAILED = "failed"
    NONE = "none"
    PENDING = "pending"
    SENT = "sent"

    def __str__(self) -> str:
        return str(self.value)
