"""The field types that requests share, each with the limits that the API documents."""

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
UNSTORABLE = "must not contain the character U+0000, which cannot be stored"
_FIRST_YEAR, _LAST_YEAR = 2, 9998  # in any time zone, and with any window around it, still a date

# How the document states the rules of `check_storable` and `check_zone`, whose messages are our own.
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
    """The body of a request whose path says everything: no body, or an empty object."""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())  # reads the zone files: 5 ms


def check_zone(name: object, *, within: str = "") -> None:
    """Raise BadInput where `name` is a string but not an IANA time zone; `within` is the path of its parent object."""
    if isinstance(name, str) and name not in _zones():
        raise errors.BadInput(f"{within}time_zone", "must be an IANA time zone, such as Asia/Kolkata or Europe/Berlin")


def check_storable(*, within: str = "", **texts: object) -> None:
    """Raise BadInput for a text with U+0000, which PostgreSQL cannot store; `within` as above."""
    for field, text in texts.items():
        if isinstance(text, str) and "\x00" in text:
            raise errors.BadInput(f"{within}{field}", UNSTORABLE)


def check_calendar(**moments: datetime) -> None:
    """Raise BadInput for a time at either end of the calendar, which another time zone could not show."""
    for field, moment in moments.items():
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise errors.BadInput(field, f"must be in a year from {_FIRST_YEAR} to {_LAST_YEAR}")


def check_comparable(**moments: datetime | None) -> None:
    """Raise BadInput for a time without an offset, or one that has no date in UTC.

    For times in a query, where Litestar does not check what `Moment` requires.
    """
    for field, moment in moments.items():
        if moment is not None and moment.tzinfo is None:
            raise errors.BadInput(field, "must have a UTC offset, such as 2026-12-01T10:00:00+05:30")
        try:
            _ = moment and moment.astimezone(UTC)
        except OverflowError:
            raise errors.BadInput(field, "is outside the calendar") from None


def sentence(message: str) -> str:
    """Return msgspec's message about a field, in plain words where it would quote a pattern."""
    if "matching regex" not in message:
        return message
    if repr(_NOT_BLANK)[1:-1] in message:
        return "must not be blank"
    return "must be an email address, such as name@example.com"
