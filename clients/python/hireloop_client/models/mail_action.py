from enum import StrEnum


class MailAction(StrEnum):
    DELAYED = "delayed"
    DELIVERED = "delivered"
    EXPANDED = "expanded"
    FAILED = "failed"
    RELAYED = "relayed"

    def __str__(self) -> str:
        return str(self.value)
