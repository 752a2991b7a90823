"""A finding: what one check came to, with its cause in plain words and the mend."""

from enum import StrEnum

import msgspec

from hireloop.notify.reasons import sentence_of


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # it works, and somebody will regret it
    FAILURE = "failure"  # it does not work
    SKIPPED = "skipped"  # not tried, as it hangs on another check that failed


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check came to; a sentence each, and never a secret."""

    check: str
    level: Level
    cause: str
    fix: str = ""
    said: str = ""  # the other side's own words, which may quote an address


def ok(check: str, cause: str) -> Finding:
    """Return that all is well, and what was found."""
    return Finding(check=check, level=Level.OK, cause=cause)


def warning(check: str, cause: str, fix: str, said: str = "") -> Finding:
    """Return something that works and will be regretted."""
    return Finding(check=check, level=Level.WARNING, cause=cause, fix=fix, said=said)


def failure(check: str, cause: str, fix: str, said: str = "") -> Finding:
    """Return something that does not work."""
    return Finding(check=check, level=Level.FAILURE, cause=cause, fix=fix, said=said)


def skipped(check: str, because: str) -> Finding:
    """Return that a check was not tried since another one, named here, failed."""
    return Finding(check=check, level=Level.SKIPPED, cause=f"Not tried: {because}.")


def of_reason(check: str, reason: str) -> Finding:
    """Return the failure that a reason's sentence describes."""
    return of_sentence(check, sentence_of(reason))


def of_sentence(check: str, sentence: str, level: Level = Level.FAILURE) -> Finding:
    """Return the finding that a sentence of HireLoop's tells: its cause, then its mend after a full stop or a colon."""
    cause, stop, fix = sentence.rstrip(".").partition(". ")
    if not stop:
        cause, stop, fix = sentence.rstrip(".").rpartition(": ")
    if not stop:
        return Finding(check=check, level=level, cause=sentence, fix=_HOW_TO)
    return Finding(check=check, level=level, cause=f"{cause}.", fix=f"{fix[:1].upper()}{fix[1:]}.")


_HOW_TO = "See docs/how-to/fix-a-held-channel.md."
