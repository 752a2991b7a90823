from enum import StrEnum


class Noted(StrEnum):
    AGAIN = "again"
    BOUNCED = "bounced"
    DELAYED = "delayed"
    IGNORED = "ignored"

    def __str__(self) -> str:
        return str(self.value)
