"""The field types that requests share, each with the limits that the API documents."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from hireloop import errors, mail_addresses, phone_numbers, time_zones

NOT_BLANK = r"\S"
LONGEST_MINUTES = 1_440  # a day
UNSTORABLE = "must not contain the character U+0000, which cannot be stored"
_FIRST_YEAR, _LAST_YEAR = 2, 9998  # in any time zone, and with any window around it, still a date

# How the document states the rules of `check_storable`, `addresses`, `zones` and `phones`, whose messages are our own.
STORABLE = r"^[^\u0000]*$"
_STORABLE = {"pattern": STORABLE}
_STORABLE_NAME = {"not": {"pattern": r"\u0000"}}  # beside a pattern of its own
_EMAIL = {"format": "idn-email"}
_PHONE = {"format": "phone-number"}
_ZONE = {"format": "iana-time-zone", "maxLength": 64, "examples": ["Asia/Kolkata", "Europe/Berlin"]}

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=NOT_BLANK, extra_json_schema=_STORABLE_NAME)]
Text = Annotated[str, Meta(max_length=20_000, extra_json_schema=_STORABLE)]
Notes = Annotated[str, Meta(max_length=2_000, extra_json_schema=_STORABLE)]
Locale = Annotated[str, Meta(max_length=35, extra_json_schema=_STORABLE)]
Zone = Annotated[str, Meta(extra_json_schema=_ZONE)]
Address = Annotated[str, Meta(max_length=254, extra_json_schema=_EMAIL)]
Phone = Annotated[str, Meta(max_length=100, extra_json_schema=_PHONE)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Seats = Annotated[int, Meta(ge=1, le=1_000)]
Minutes = Annotated[int, Meta(ge=1, le=LONGEST_MINUTES)]
Round = Annotated[int, Meta(ge=1, le=100)]


def addresses(*, within: str = "", **texts: object) -> dict[str, Any]:
    """Return the mail addresses that were given as they are stored; raises BadInput for an invalid one.

    `within` is the path of the object around them. What is no text, since it was not given, stays.
    """
    return _normal(mail_addresses.normal, within, texts)


def zones(*, within: str = "", **names: object) -> dict[str, Any]:
    """Return the time zones that were given, by the database's names; raises BadInput for an unknown one."""
    return _normal(time_zones.database_name, within, names)


def phones(*, within: str = "", **texts: object) -> dict[str, Any]:
    """Return the phone numbers that were given, in E.164; raises BadInput for an invalid one."""
    return _normal(phone_numbers.normal, within, texts)


def _normal(read: Callable[[str], str], within: str, given: dict[str, object]) -> dict[str, Any]:
    normal: dict[str, Any] = dict(given)
    for field, text in given.items():
        if isinstance(text, str):
            try:
                normal[field] = read(text)
            except ValueError as error:
                raise errors.BadInput(f"{within}{field}", str(error)) from None
    return normal


def check_storable(**texts: str) -> None:
    """Raise BadInput for a text of a form with U+0000, which PostgreSQL cannot store; the API refuses it anywhere."""
    for field, text in texts.items():
        if "\x00" in text:
            raise errors.BadInput(field, UNSTORABLE)


def check_calendar(**moments: datetime | UnsetType) -> None:
    """Raise BadInput for a time at either end of the calendar, which another time zone could not show."""
    for field, moment in moments.items():
        if moment is not UNSET and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
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
