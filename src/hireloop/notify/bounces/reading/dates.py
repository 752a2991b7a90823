"""The dates in a mail's header; pure, and without a clock: a text that is no date is none."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST = 100  # characters of a date
_MOST = 50


def earliest(values: str) -> datetime | None:
    """Return the earliest of these dates (RFC 5322, 3.3), one a line; None if there is none.

    A date without a zone is in UTC.
    """
    read = [_read(value) for value in values.split("\n")[:_MOST]]
    return min((date for date in read if date is not None), default=None)


def of_hops(received: str) -> str:
    """Return the dates of `Received` fields, one a line."""
    return "\n".join(value.rpartition(";")[2] for value in received.split("\n"))


def _read(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value[:_LONGEST])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
