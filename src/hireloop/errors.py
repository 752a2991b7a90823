"""Everything that HireLoop refuses, in one tree.

HireLoopError
├── SettingsError            a setting is missing or wrong; the process does not start
├── DatabaseNotReady         migrations are missing, or the secret differs from the database's
├── MailboxError           the mailbox that reports come to cannot be read
├── BadInput                 a field of the request is wrong; names the field and the mend
│   └── NotAReport
├── NotFound                 no such thing
│   └── ReportOfNothing
├── NotSignedIn              no valid API key
├── NotAllowed               the key's role does not reach this far
└── Refused                  the request is fine, the facts forbid it
    ├── SlotFull
    ├── SlotWithdrawn
    ├── SlotPast
    ├── InterviewAlreadyScheduled
    ├── InterviewClosed
    ├── CandidateBusy
    ├── InterviewerBusy
    ├── SlotInUse
    ├── InterviewInProgress
    ├── ScheduleCancelled
    ├── UseReschedule
    ├── ChangeTooLate
    ├── TooManyChanges
    ├── DiffersFromKnown
    ├── AddressTaken
    ├── JobTaken
    ├── NotReplayable
    ├── IdempotencyInProgress
    ├── IdempotencyKeyReused
    ├── ChangedSince         what stands is not what the client's If-Match names
    └── TooManyRequests

The docstring of an error is the sentence that its user reads; where a sentence needs facts, the constructor
takes them. Status codes live in `hireloop.web.problems` alone.
"""

import re


class HireLoopError(Exception):
    """Something went wrong inside HireLoop."""

    def __str__(self) -> str:
        """Return the given sentence, or the class's own."""
        return str(self.args[0]) if self.args else (type(self).__doc__ or "")

    @classmethod
    def slug(cls) -> str:
        """Return the error's name as programs see it: `SlotFull` is `slot-full`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class SettingsError(HireLoopError):
    """A setting is missing or wrong."""


class DatabaseNotReady(HireLoopError):
    """The database is not up to date: run `hireloop migrate`."""


class MailboxError(HireLoopError):
    """The mailbox of BOUNCE_IMAP_URL cannot be read."""


class BadInput(HireLoopError):
    """A field of the request is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class NotAReport(BadInput):
    """The mail is no report of failed or delayed delivery."""

    def __init__(self) -> None:
        super().__init__("body", "is no report of failed or delayed delivery, as RFC 3464 or Exim writes it")


class NotFound(HireLoopError):
    """There is no such thing."""

    def __init__(self, what: str, ident: object) -> None:
        super().__init__(f"There is no {what} with the id {ident}.")


class ReportOfNothing(NotFound):
    """The report names no delivery of ours."""

    def __init__(self) -> None:
        HireLoopError.__init__(self, "The report names no delivery of ours, or one to somebody else.")


class NotSignedIn(HireLoopError):
    """This needs an API key: send `Authorization: Bearer hl_…` with a key that has not been revoked."""


class NotAllowed(HireLoopError):
    """This API key's role does not allow that."""


class Refused(HireLoopError):
    """The facts forbid this."""


class SlotFull(Refused):
    """Every seat of this slot is taken: choose another slot."""


class SlotWithdrawn(Refused):
    """This slot was withdrawn: choose another slot."""


class SlotPast(Refused):
    """This slot began too long ago, its link could no longer open: choose a later slot."""


class InterviewAlreadyScheduled(Refused):
    """This interview is already booked into another slot: create another interview for this one."""


class InterviewClosed(Refused):
    """This interview is over or cancelled: create a new interview."""


class CandidateBusy(Refused):
    """This candidate already has an interview that overlaps this slot: choose another slot."""


class InterviewerBusy(Refused):
    """This interviewer already has a slot that overlaps this one: choose another time."""


class SlotInUse(Refused):
    """Interviews are booked into this slot: reschedule or release them first."""


class InterviewInProgress(Refused):
    """The candidate has entered this interview: nothing about it can be changed now."""


class ScheduleCancelled(Refused):
    """This booking is cancelled: book the interview into a slot again."""


class UseReschedule(Refused):
    """This interview is booked: to move it, POST to `/api/interviews/schedules/{id}/reschedule/`."""


class ChangeTooLate(Refused):
    """It is too late to change this interview by yourself: please write to the people who arrange it."""


class TooManyChanges(Refused):
    """This interview was moved too often already: please write to the people who arrange it."""


class DiffersFromKnown(Refused):
    """What you sent differs from what is known."""

    def __init__(self, what: str, fields: list[str]) -> None:
        super().__init__(
            f"This {what} is already known and differs in: {', '.join(fields)}. "
            "Send its id instead, or the values that are known."
        )
        self.fields = fields


class AddressTaken(Refused):
    """Another candidate has this address, letter case aside: give theirs another one first, or use that candidate."""


class JobTaken(Refused):
    """Another job has this title and company, letter case aside: use that job."""


class NotReplayable(Refused):
    """This delivery cannot be replayed."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class IdempotencyInProgress(Refused):
    """A request with this Idempotency-Key is still being worked on: send the same request again in a moment."""


class IdempotencyKeyReused(Refused):
    """This Idempotency-Key was sent with another request before: use a new key for a new request."""


class ChangedSince(Refused):
    """This was changed since you read it: read it again, and send the change with its new ETag."""


class TooManyRequests(Refused):
    """This API key has sent more requests than RATE_LIMIT allows: wait as long as `Retry-After` says."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds
