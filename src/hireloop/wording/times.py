"""When something happens, in words: dates and times in the reader's zone and locale. Pure.

Babel writes dates as the locale does. The zone's abbreviation comes from the zone database, since Babel knows no
short name for most zones (`GMT+05:30` for Asia/Kolkata, never `IST`); offset and zone name are beside it.
"""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.units import format_unit

FALLBACK_LOCALE = "en"
# English without a country says nothing about 1/12 or 12/1, nor about a.m.: written so that nobody misreads it.
_DATE = {"en": "EEEE, d MMMM y"}
_SHORT_DATE = {"en": "EEE d MMM y"}
_CLOCK = {"en": "HH:mm"}
_MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=256)
def known_locale(name: str | None) -> str:
    """Return the locale as Babel names it, such as `pt_BR` for `pt-BR`; `en` for one that it does not know.

    A region in which nobody is known to use the language, as in `de-JP`, is left out.
    """
    tag, _, _ = (name or "").replace("-", "_").partition("_u_")  # without extensions, such as the digits wanted
    for known in (tag, tag.rpartition("_")[0]):
        with suppress(UnknownLocaleError, ValueError, TypeError):
            return str(Locale.parse(known))
    return FALLBACK_LOCALE


def english_locale(*names: str | None) -> str:
    """Return the first of these locales that is an English one, as Babel spells it, else plain `en`."""
    known = (known_locale(name) for name in names if name)
    return next((locale for locale in known if locale.split("_")[0] == "en"), "en")


def span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return a stretch of time with its zone.

    Such as `Tuesday, 1 December 2026, 10:00–11:00 IST (UTC+05:30, Asia/Kolkata)`. A second date, or a second
    abbreviation and offset if the clocks change meanwhile, is at the end that it belongs to.
    """  # noqa: RUF002 (en dash)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    first, last = _clock(start.time(), locale), _clock(end.time(), locale)
    offset = _offset(start)
    if start.utcoffset() != end.utcoffset():
        first += f" {_abbreviation(start)}".rstrip()
        offset += f" → {_offset(end)}"
    if start.date() != end.date():
        last = f" {_day(end.date(), locale)}, {last}"
        first += " "
    named = f"{last} {_abbreviation(end)}".rstrip()
    return f"{_day(start.date(), locale)}, {first}–{named} ({offset}, {zone.key})"  # noqa: RUF001 (en dash)


def point(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return one moment with its zone, such as `Tuesday, 1 December 2026, 10:00 IST (UTC+05:30, Asia/Kolkata)`."""
    there = at.astimezone(zone)
    clock = f"{_clock(there.time(), locale)} {_abbreviation(there)}".rstrip()
    return f"{_day(there.date(), locale)}, {clock} ({_offset(there)}, {zone.key})"


def soon(duration: timedelta, locale: str) -> str:
    """Return how far ahead something is, such as `in 24 hours`; empty if it is not ahead by half a minute."""
    minutes = round(duration / _MINUTE)
    return _ahead(minutes, locale) if minutes > 0 else ""


def moment(at: datetime, beside: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return a time of day with the zone's abbreviation; its date too if that is not the date of `beside`."""
    there = at.astimezone(zone)
    clock = f"{_clock(there.time(), locale)} {_abbreviation(there) or _offset(there)}"
    if there.date() == beside.astimezone(zone).date():
        return clock
    return f"{_day(there.date(), locale)}, {clock}"


def day_of(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return the date that a calendar in `zone` shows, such as `Tuesday, 1 December 2026`."""
    return _day(at.astimezone(zone).date(), locale)


def day(day: date, locale: str) -> str:
    """Return a date in words, such as `Tuesday, 1 December 2026`."""
    return _day(day, locale)


@lru_cache(maxsize=1024)
def short_day(day: date, locale: str) -> str:
    """Return a date in short, with its weekday, such as `Tue 1 Dec 2026`."""
    if locale in _SHORT_DATE:
        return format_date(day, _SHORT_DATE[locale], locale=locale)
    return format_skeleton("yMMMEd", day, locale=locale)


def clock(at: time, locale: str) -> str:
    """Return a time of day, such as `10:00`."""
    return _clock(at, locale)


@lru_cache(maxsize=256)
def length(duration: timedelta, locale: str) -> str:
    """Return a duration in whole minutes, such as `60 minutes`."""
    return format_unit(duration // _MINUTE, "duration-minute", locale=locale)


@lru_cache(maxsize=256)
def _ahead(minutes: int, locale: str) -> str:
    # From two of a unit on: `in 24 hours`, never `in 1 day`, which might be any time of tomorrow.
    return format_timedelta(timedelta(minutes=minutes), threshold=2, add_direction=True, locale=locale)


@lru_cache(maxsize=1024)
def _day(day: date, locale: str) -> str:
    return format_date(day, _DATE.get(locale, "full"), locale=locale)


@lru_cache(maxsize=2048)
def _clock(at: time, locale: str) -> str:
    if at.second:  # a window that opens 30 s early says so
        return format_time(at, f"{_CLOCK[locale]}:ss" if locale in _CLOCK else "medium", locale=locale)
    return format_time(at, _CLOCK.get(locale, "short"), locale=locale)


def _abbreviation(at: datetime) -> str:
    """Return the zone's abbreviation at that time; empty if the zone database has only an offset for it."""
    name = at.tzname() or ""
    return name if name.isalpha() else ""


def _offset(at: datetime) -> str:
    seconds = round((at.utcoffset() or timedelta()).total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    minutes, odd = divmod(rest, 60)
    return f"UTC{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}" + (f":{odd:02}" if odd else "")
