"""A finding: the result of one check, with its cause in plain words and how to fix it."""

from enum import StrEnum

import msgspec

from hireloop.notify.reasons import sentence_of


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, but may fail later
    FAILURE = "failure"  # it does not work
    SKIPPED = "skipped"  # not run, since it depends on another check that failed


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check: one sentence for each field, and never a secret."""

    check: str
    title: str = ""  # what people call a channel, if it was one and that is not its name
    level: Level
    cause: str
    fix: str = ""
    said: str = ""  # the server's own reply, which may quote an address
    observed_at: float | None = None  # when a server was asked, by the monotonic clock; None: of our settings alone
    reason: str | None = None  # why that server accepted nothing, as an attempt would have it


def ok(check: str, cause: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check=check, level=Level.OK, cause=cause)


def warning(check: str, cause: str, fix: str, said: str = "") -> Finding:
    """Return a finding about something that works but may fail later."""
    return Finding(check=check, level=Level.WARNING, cause=cause, fix=fix, said=said)


def failure(check: str, cause: str, fix: str, said: str = "") -> Finding:
    """Return a finding about something that does not work."""
    return Finding(check=check, level=Level.FAILURE, cause=cause, fix=fix, said=said)


def skipped(check: str, because: str) -> Finding:
    """Return a finding that a check was not run, and why."""
    return Finding(check=check, level=Level.SKIPPED, cause=f"Skipped: {because}.")


def of_reason(check: str, reason: str) -> Finding:
    """Return the failure that a reason's sentence describes."""
    return of_sentence(check, sentence_of(reason))


def of_sentence(check: str, sentence: str, level: Level = Level.FAILURE) -> Finding:
    """Return the finding of a message: its cause, and the fix that follows a full stop or a colon."""
    cause, stop, fix = sentence.rstrip(".").partition(". ")
    if not stop:
        cause, stop, fix = sentence.rstrip(".").rpartition(": ")
    if not stop:
        return Finding(check=check, level=level, cause=sentence, fix=_HOW_TO)
    return Finding(check=check, level=level, cause=f"{cause}.", fix=f"{fix[:1].upper()}{fix[1:]}.")


_HOW_TO = "See docs/how-to/fix-a-held-channel.md."
