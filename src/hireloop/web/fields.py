"""The types of fields that requests share, each with the bounds that a client is told."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

import msgspec
from msgspec import Meta

from hireloop import errors

_NOT_BLANK = r"\S"
# The lookahead: `$` also matches before a last line break.
_ODD = r'\s\x00-\x1f\x7f@<>"(),;:\\'  # what an address cannot hold without quotes, which few programs know
_ADDRESS = rf"^[^{_ODD}]+@[^{_ODD}.]+(\.[^{_ODD}.]+)*$(?!\n)"
LONGEST_MINUTES = 1_440  # a day
UNSTORABLE = "contains the character U+0000, which cannot be stored: leave it out"
_FIRST_YEAR, _LAST_YEAR = 2, 9998  # in any time zone, and with any window around it, still a date

# What the doors judge with words of their own, as the document says it.
STORABLE = r"^[^\u0000]*$"
_STORABLE = {"pattern": STORABLE}
_STORABLE_NAME = {"not": {"pattern": r"\u0000"}}  # beside a pattern of its own
_ZONE = {"format": "iana-time-zone", "maxLength": 64, "examples": ["Asia/Kolkata", "Europe/Berlin"]}

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=_NOT_BLANK, extra_json_schema=_STORABLE_NAME)]
Text = Annotated[str, Meta(max_length=20_000, extra_json_schema=_STORABLE)]
Notes = Annotated[str, Meta(max_length=2_000, extra_json_schema=_STORABLE)]
Locale = Annotated[str, Meta(max_length=35, extra_json_schema=_STORABLE)]
Zone = Annotated[str, Meta(extra_json_schema=_ZONE)]
Address = Annotated[str, Meta(max_length=254, pattern=_ADDRESS)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Seats = Annotated[int, Meta(ge=1, le=1_000)]
Minutes = Annotated[int, Meta(ge=1, le=LONGEST_MINUTES)]
Round = Annotated[int, Meta(ge=1, le=100)]


class EmptyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of a request that says all in its path: none, or an empty object."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the zone files: 5 ms


def check_zone(name: object, *, within: str = "") -> None:
    """Raise BadInput where `name` is a text but no IANA time zone; `within` is the path of the object around it."""
    if isinstance(name, str) and name not in _zones():
        raise errors.BadInput(f"{within}time_zone", "is not an IANA time zone, such as Asia/Kolkata or Europe/Berlin")


def check_storable(**texts: str) -> None:
    """Raise BadInput for a text of a form with U+0000, which PostgreSQL cannot store; the API refuses it anywhere."""
    for field, text in texts.items():
        if "\x00" in text:
            raise errors.BadInput(field, UNSTORABLE)


def check_calendar(**moments: datetime) -> None:
    """Raise BadInput for a time at the very ends of the calendar, which another time zone could not show."""
    for field, moment in moments.items():
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise errors.BadInput(field, f"must be in a year from {_FIRST_YEAR} to {_LAST_YEAR}")


def check_comparable(**moments: datetime | None) -> None:
    """Raise BadInput for a time without an offset, or one that is no date in UTC.

    For times in a query: there Litestar does not ask for what `Moment` asks.
    """
    for field, moment in moments.items():
        if moment is not None and moment.tzinfo is None:
            raise errors.BadInput(field, "needs an offset, such as 2026-12-01T10:00:00+05:30")
        try:
            _ = moment and moment.astimezone(UTC)
        except OverflowError:
            raise errors.BadInput(field, "is out of the calendar") from None


def sentence(message: str) -> str:
    """Return msgspec's message about a field, in words where it would quote a pattern."""
    if "matching regex" not in message:
        return message
    if repr(_NOT_BLANK)[1:-1] in message:
        return "must not be blank"
    return "must be a mail address, such as name@example.com"
