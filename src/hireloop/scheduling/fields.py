"""The field types that requests share, each with the limits that the API documents."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hireloop import errors, mail_addresses, phone_numbers, time_zones
from hireloop.scheduling import coding_languages, locales, names
from hireloop.wording.phrases import FilledPhrase, phrase

NOT_BLANK = r"\S"
LONGEST_MINUTES = 1_440  # a day
UNSTORABLE = phrase("must not contain the character U+0000, which cannot be stored")
_NO_YEAR = phrase("must be in a year from %(first)s to %(last)s")
_FIRST_YEAR, _LAST_YEAR = 2, 9998  # in any time zone, and with any window around it, still a date

# How the document states the rules of `check_storable` and `spelt`, whose messages are our own.
STORABLE = r"^[^\u0000]*$"
_STORABLE = {"pattern": STORABLE}
_STORABLE_NAME = {"not": {"pattern": r"\u0000"}}  # beside a pattern of its own
_EMAIL = {"format": "idn-email"}
_PHONE = {"format": "phone-number"}
_LOCALE = {"format": "bcp-47-locale", "pattern": STORABLE}
_CODING_LANGUAGE = {"format": "coding-language", "pattern": STORABLE}
_ZONE = {"format": "iana-time-zone", "maxLength": 64, "examples": ["Asia/Kolkata", "Europe/Berlin"]}

NameOrNone = Annotated[str, Meta(max_length=200, extra_json_schema=_STORABLE)]  # empty while unknown
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=NOT_BLANK, extra_json_schema=_STORABLE_NAME)]
Text = Annotated[str, Meta(max_length=20_000, extra_json_schema=_STORABLE)]
Notes = Annotated[str, Meta(max_length=2_000, extra_json_schema=_STORABLE)]
Locale = Annotated[str, Meta(max_length=35, extra_json_schema=_LOCALE)]
CodingLanguage = Annotated[str, Meta(max_length=2_000, extra_json_schema=_CODING_LANGUAGE)]
Zone = Annotated[str, Meta(extra_json_schema=_ZONE)]
Address = Annotated[str, Meta(max_length=254, extra_json_schema=_EMAIL)]
Phone = Annotated[str, Meta(max_length=100, extra_json_schema=_PHONE)]
Moment = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Seats = Annotated[int, Meta(ge=1, le=1_000)]
Minutes = Annotated[int, Meta(ge=1, le=LONGEST_MINUTES)]
Round = Annotated[int, Meta(ge=1, le=100)]


# By the name of a field, how what people type there is written where it is stored; raises ValueError.
_SPELLINGS: Mapping[str, Callable[[str], str]] = {
    "full_name": names.readable,
    "title": names.readable,
    "company": names.readable,
    "email": mail_addresses.normal,
    "recruiter_email": mail_addresses.normal,
    "interviewer_email": mail_addresses.normal,
    "interviewer_name": names.readable,
    "interviewer_time_zone": time_zones.database_name,
    "interviewer_locale": locales.tag_of,
    "recipient": mail_addresses.normal,
    "time_zone": time_zones.database_name,
    "locale": locales.tag_of,
    "phone": phone_numbers.normal,
    "coding_language": coding_languages.name_of,
}
_UNKNOWN_IS_NULL = frozenset({"locale", "interviewer_locale"})  # there, nothing is stored in one way
_Given = TypeVar("_Given", bound=msgspec.Struct)


def spelt(given: _Given, *, within: str = "", known: object = None) -> _Given:
    """Return the same with addresses, names, zones, locales and so on as they are stored.

    Raises BadInput, which names every value that is wrong. `within` is the path of this object in the request, such as
    `candidate.`. A value that `known` already has is taken as it is: it may be older than the rules.
    """
    written: dict[str, str | None] = {}
    wrong: list[tuple[str, str]] = []
    for field in given.__struct_fields__:
        text = getattr(given, field) if field in _SPELLINGS else None
        if isinstance(text, str) and text != getattr(known, field, None):
            try:
                spelled = _SPELLINGS[field](text)
                written[field] = None if not spelled and field in _UNKNOWN_IS_NULL else spelled
            except ValueError as error:
                wrong.append((f"{within}{field}", error.args[0]))
    if wrong:
        raise errors.BadInput(*wrong[0], *wrong[1:])
    return msgspec.structs.replace(given, **written)


def spelling(field: str, text: str, *, within: str = "") -> str:
    """Return one value as it is stored in this field; raises BadInput, which says what is wrong with it."""
    try:
        return _SPELLINGS[field](text)
    except ValueError as error:
        raise errors.BadInput(f"{within}{field}", error.args[0]) from None


def is_same(field: str, one: object, other: object) -> bool:
    """Return whether two values of a field are the same thing, however they are written."""
    return one == other or _compared(field, one) == _compared(field, other)


def _compared(field: str, value: object) -> object:
    if not isinstance(value, str) or field not in _SPELLINGS:
        return value
    try:
        written = _SPELLINGS[field](value)
    except ValueError:  # older than the rules
        return value
    return phone_numbers.dialled(written) if field == "phone" else written


def check_storable(**texts: str) -> None:
    """Raise BadInput for a text of a form with U+0000, which PostgreSQL cannot store; the API refuses it anywhere."""
    for field, text in texts.items():
        if "\x00" in text:
            raise errors.BadInput(field, FilledPhrase(UNSTORABLE))


def check_calendar(**moments: datetime | UnsetType) -> None:
    """Raise BadInput for a time at either end of the calendar, which another time zone could not show."""
    for field, moment in moments.items():
        if moment is not UNSET and not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            raise errors.BadInput(field, FilledPhrase(_NO_YEAR, first=_FIRST_YEAR, last=_LAST_YEAR))


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
