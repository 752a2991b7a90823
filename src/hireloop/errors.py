"""Every error that HireLoop raises, in one tree.

HireLoopError
├── SettingsError            a setting is missing or wrong; the process does not start
├── DatabaseNotReady         migrations are missing, or the secret differs from the database's
├── MailboxError             the mailbox that receives reports cannot be read
├── BadInput                 a field of the request is invalid; names the field and how to fix it
│   └── NotAReport
├── NotFound                 there is nothing with this id
│   └── ReportOfNothing
├── NotSignedIn              no valid API key
├── NotAllowed               the key's role does not allow this
└── Refused                  the request is valid, but the current state forbids it
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
    ├── ChangedSince         the current version is not the one that the client's If-Match names
    └── LimitReached         a limit is used up, for so many seconds
        ├── TooManyRequests
        ├── TooManyMessages
        ├── TooManyReinvitations
        ├── TooManyStoredResponses
        └── TooManyPresses

The docstring of an error is the message that its user reads; where a message needs facts, the constructor
takes them. Status codes live in `hireloop.web.problems` alone.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from hireloop.wording.phrases import FilledPhrase


class HireLoopError(Exception):
    """Something went wrong inside HireLoop."""

    def __init__(self, *message: str, **values: object) -> None:
        """Take a message, if it is another than the class's own, and the values by the names that it has for them."""
        super().__init__(*message)
        self.values: Mapping[str, object] = values

    def __str__(self) -> str:
        """Return the given message, or the class's default one."""
        return self.sentence % self.values if self.values else self.sentence

    @property
    def sentence(self) -> str:
        """The message as the catalogues of other languages have it, with `%(limit)s` where a value goes."""
        return str(self.args[0]) if self.args else (type(self).__doc__ or "")

    @property
    def explanation(self) -> FilledPhrase:
        """The message as that of a field."""
        return FilledPhrase(self.sentence, **self.values)

    @classmethod
    def slug(cls) -> str:
        """Return the error's name as programs see it: `SlotFull` is `slot-full`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class SettingsError(HireLoopError):
    """A setting is missing or wrong."""


class DatabaseNotReady(HireLoopError):
    """The database is not up to date. Run `hireloop migrate`."""


class MailboxError(HireLoopError):
    """The mailbox at BOUNCE_IMAP_URL cannot be read."""


class BadInput(HireLoopError):
    """A field of the request is invalid, or several are: `wrong` has each one and what is wrong with it."""

    def __init__(self, field: str, message: str, *more: tuple[str, str]) -> None:
        self.explained = [(field, message), *more]  # filled phrases can be said in other languages
        self.wrong = [(one, str(said)) for one, said in self.explained]
        super().__init__("; ".join(f"{one}: {said}" for one, said in self.wrong))
        self.field = field
        self.message = str(message)


class NotAReport(BadInput):
    """The email was neither sent to a tagged address, nor is it a report of a failed or delayed delivery."""

    def __init__(self) -> None:
        super().__init__(
            "body",
            "must be a report of a failed or delayed delivery, or an email to a tagged address of BOUNCE_ADDRESS",
        )


class NotFound(HireLoopError):
    """Nothing was found."""

    def __init__(self, what: str, ident: object) -> None:
        super().__init__(f"There is no {what} with the ID %(id)s.", id=ident)


class ReportOfNothing(NotFound):
    """The report is not about a delivery that HireLoop made."""

    def __init__(self) -> None:
        HireLoopError.__init__(self, "The report does not match a delivery of this installation and its recipient.")


class NotSignedIn(HireLoopError):
    """A valid API key is required. Send `Authorization: Bearer hl_…` with a key that is neither revoked nor expired."""

    def __init__(self, why: str | None = "bad_key", key: UUID | None = None) -> None:
        """Take what the log says, and the client does not: why, and the id of the key if it has the form of one.

        `why` is a value of `WhyRefused`; None is for a visitor who has tried nothing yet.
        """
        super().__init__()
        self.why, self.key = why, key


class NotAllowed(HireLoopError):
    """The role of this API key does not allow this request."""


class Refused(HireLoopError):
    """The current state does not allow this request."""


class SlotFull(Refused):
    """All seats in this slot are taken. Choose another slot."""


class SlotWithdrawn(Refused):
    """This slot has been withdrawn. Choose another slot."""


class SlotPast(Refused):
    """This slot began too long ago for its link to open. Choose a later slot."""


class InterviewAlreadyScheduled(Refused):
    """This interview already has a booking. To move it, POST to `/api/interviews/schedules/{id}/reschedule/`."""


class InterviewClosed(Refused):
    """This interview is over or cancelled. Create a new interview."""


class CandidateBusy(Refused):
    """The candidate already has an interview that overlaps this slot. Choose another slot."""


class InterviewerBusy(Refused):
    """The interviewer already has a slot that overlaps this one. Choose another time."""


class SlotInUse(Refused):
    """This slot has bookings. Reschedule or cancel them first, or create another slot."""


class InterviewInProgress(Refused):
    """The candidate has entered this interview, so it can no longer be changed."""


class ScheduleCancelled(Refused):
    """This booking is cancelled. Book the interview again, or create a new one if it was cancelled for good."""


class UseReschedule(Refused):
    """This interview is already booked. To move it, POST to `/api/interviews/schedules/{id}/reschedule/`."""


class ChangeTooLate(Refused):
    """It is too late to change this interview yourself. Please write to the person who invited you."""


class TooManyChanges(Refused):
    """This interview has been moved too many times. Please write to the person who invited you."""


class DiffersFromKnown(Refused):
    """The values that were sent differ from the stored ones."""

    def __init__(self, what: str, fields: list[str]) -> None:
        super().__init__(
            f"This {what} already exists with different values for: {', '.join(fields)}. "
            "Send its ID instead, or the stored values."
        )
        self.fields = fields


class AddressTaken(Refused):
    """Another candidate already has this address, ignoring case. Use that candidate, or change their address first."""


class JobTaken(Refused):
    """Another job already has this title and company, ignoring case. Use that job."""


class NotReplayable(Refused):
    """This delivery cannot be replayed."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class IdempotencyInProgress(Refused):
    """A request with this Idempotency-Key is still in progress. Send the same request again in a moment."""


class IdempotencyKeyReused(Refused):
    """This Idempotency-Key was already used for a different request. Use a new key for each new request."""


class ChangedSince(Refused):
    """The resource has changed since you read it. Read it again, then send your change with the new ETag."""


class LimitReached(Refused):
    """A limit is used up. Wait for the number of seconds in `Retry-After`."""

    def __init__(self, *message: str, retry_after_seconds: int = 1, **values: object) -> None:
        super().__init__(*message, **values)
        self.retry_after_seconds = retry_after_seconds


class TooManyRequests(LimitReached):
    """This API key has exceeded the rate limit. Wait for the number of seconds in `Retry-After`."""


class TooManyMessages(LimitReached):
    """This API key has reached its limit of messages a day."""

    def __init__(self, retry_after_seconds: int, limit: int) -> None:
        super().__init__(
            "This API key has reached its limit of %(limit)s messages a day, so nothing was done. Try again in "
            "%(time)s. Bookings can still be rescheduled and cancelled.",
            retry_after_seconds=retry_after_seconds,
            limit=limit,
            time=_in_words(retry_after_seconds),
        )


class TooManyReinvitations(LimitReached):
    """The candidate has been invited to this interview again too often."""

    def __init__(self, retry_after_seconds: int, limit: int) -> None:
        super().__init__(
            "The candidate has been invited to this interview again %(limit)s times within an hour, which is the "
            "limit, so nothing was done. Try again in %(time)s.",
            retry_after_seconds=retry_after_seconds,
            limit=limit,
            time=_in_words(retry_after_seconds),
        )


class TooManyStoredResponses(LimitReached):
    """This API key has reached its limit of stored responses a day."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "This API key has reached its limit of stored responses a day, so nothing was done. Try again in "
            f"{_in_words(retry_after_seconds)}, or send the request without an Idempotency-Key.",
            retry_after_seconds=retry_after_seconds,
        )


class TooManyPresses(LimitReached):
    """This link has been used too often within a minute. Wait for the number of seconds in `Retry-After`."""


def _in_words(seconds: int) -> str:
    """Return a time that is at least so many seconds, as people say it."""
    for unit, length in (("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{-(-seconds // length)} {unit}"
    return f"{seconds} s"
