from enum import StrEnum


class Omission(StrEnum):
    ALREADY_EXISTS = "already-exists"
    EXCLUDED = "excluded"
    INTERVIEWER_BUSY = "interviewer-busy"
    NONEXISTENT_TIME = "nonexistent-time"
    PAST = "past"

    def __str__(self) -> str:
        return str(self.value)
