from enum import StrEnum


class SessionState(StrEnum):
    ENTERED = "entered"
    EXPIRED = "expired"
    FINISHED = "finished"
    REVOKED = "revoked"
    SCHEDULED = "scheduled"

    def __str__(self) -> str:
        return str(self.value)
