from enum import StrEnum


class AttemptOutcome(StrEnum):
    HELD = "held"
    LOST = "lost"
    REJECTED = "rejected"
    RELEASED = "released"
    RETRY = "retry"
    SENT = "sent"

    def __str__(self) -> str:
        return str(self.value)
