from enum import StrEnum


class DeliveryState(StrEnum):
    BOUNCED = "bounced"
    EXHAUSTED = "exhausted"
    PENDING = "pending"
    REJECTED = "rejected"
    SENT = "sent"
    SUPERSEDED = "superseded"

    def __str__(self) -> str:
        return str(self.value)
