"""How the portal says a time: as the invitation does, in the candidate's zone. Pure.

Dates, lengths and the words between them are in the page's language; the locale chooses the order of day and month
and the clock of 12 or 24 hours.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from babel.dates import format_time
from babel.units import format_unit

from hireloop.wording import times
from hireloop.wording.languages import in_language, language_of
from hireloop.wording.phrases import phrase

_MINUTE = timedelta(minutes=1)


class FormattedTimes(msgspec.Struct, frozen=True, kw_only=True):
    """One interview's times in words, all in the same zone; an end on another day says its date."""

    date: str  # Tuesday, 1 December 2026
    starts: str  # 10:00 IST
    ends: str
    opens: str  # 09:59:30 IST: seconds only if they matter
    closes: str
    lasts: str  # 60 minutes
    zone: str  # Asia/Kolkata, UTC+05:30
    offset_minutes: int  # east of UTC at the start: what the browser's own zone is compared with


def told(
    *, starts_at: datetime, ends_at: datetime, opens_at: datetime, closes_at: datetime, zone: ZoneInfo, locale: str
) -> FormattedTimes:
    """Put these moments into words, as clocks in `zone` show them."""
    start = starts_at.astimezone(zone)
    return FormattedTimes(
        date=times.day_of(starts_at, zone, locale),
        starts=times.moment(starts_at, starts_at, zone, locale),
        ends=times.moment(ends_at, starts_at, zone, locale),
        opens=times.moment(opens_at, starts_at, zone, locale),
        closes=times.moment(closes_at, starts_at, zone, locale),
        lasts=times.length(ends_at - starts_at, locale),
        zone=f"{zone.key}, UTC{format_time(start, 'xxx', tzinfo=zone, locale=locale)}",
        offset_minutes=(start.utcoffset() or timedelta()) // _MINUTE,
    )


def dated(at: datetime, zone: ZoneInfo, locale: str) -> str:
    """Return a moment with its date and abbreviation, such as `Tuesday, 1 December 2026, 10:00 IST`."""
    return f"{times.day_of(at, zone, locale)}, {times.moment(at, at, zone, locale)}"


def elsewhere(at: datetime, zone: ZoneInfo, other: ZoneInfo, locale: str) -> str:
    """Return what clocks in `other` show then, such as `02:00 IST, the next day`; empty if they agree."""
    here, there = at.astimezone(zone), at.astimezone(other)
    if here.utcoffset() == there.utcoffset():
        return ""
    days, clock = (there.date() - here.date()).days, times.moment(at, at, other, locale)
    if days == 0:
        return clock
    said = phrase("%(time)s, the next day") if days > 0 else phrase("%(time)s, the day before")
    return in_language(said, language_of(locale), time=clock)


def about(duration: timedelta, locale: str) -> str:
    """Return a length of time in at most two units, rounded down: `2 days 3 hours`, `45 minutes`."""
    minutes = max(duration // _MINUTE, 0)
    days, hours = divmod(minutes // 60, 24)
    if days:
        parts = ((days, "day"), (hours, "hour"))
    elif hours:
        parts = ((hours, "hour"), (minutes % 60, "minute"))
    else:
        parts = ((minutes, "minute"), (0, ""))
    said = " ".join(format_unit(count, f"duration-{unit}", locale=locale) for count, unit in parts if count)
    return said or in_language(phrase("less than a minute"), language_of(locale))
