"""How the console says a time: on its reader's clock, in their language."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hireloop.console.reader.choices import locale_of, zone_of_reader
from hireloop.web.context import AnyRequest
from hireloop.wording import times
from hireloop.wording.languages import in_language, language_of
from hireloop.wording.phrases import phrase

_FIRST_DAY, _LAST_DAY = date(2, 1, 1), date(9998, 12, 30)  # with a day around it, still a date in any zone

NO_DAY = phrase("This is not a valid day. Enter a date such as 2026-12-01.")
_NEXT_DAY = phrase("%(start)s – %(end)s next day")  # noqa: RUF001 (en dash)


class Clock(NamedTuple):
    """A clock in one time zone, whose times are said as in one locale."""

    zone: ZoneInfo
    locale: str  # as Babel spells it

    def day_of(self, at: datetime) -> date:
        """Return which day a moment is on."""
        return at.astimezone(self.zone).date()

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return when a day begins and when the next one does; days on which the clocks change are no exception."""
        return (
            datetime.combine(day, time(), self.zone),
            datetime.combine(day + timedelta(days=1), time(), self.zone),
        )

    def day(self, day: date) -> str:
        """Return a day in words, such as `Tuesday, 1 December 2026`."""
        return times.day(day, self.locale)

    def hours(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return from when to when, such as `10:00–11:00`; an end on another day says which."""  # noqa: RUF002 (en dash)
        days = (self.day_of(ends_at) - self.day_of(starts_at)).days
        change = starts_at.astimezone(self.zone).utcoffset() != ends_at.astimezone(self.zone).utcoffset()
        start, end = self._hour(starts_at, named=change), self._hour(ends_at, named=change)
        if not days:
            return f"{start}–{end}"  # noqa: RUF001 (as above)
        if days == 1:
            return in_language(_NEXT_DAY, language_of(self.locale), start=start, end=end)
        return f"{start} – {self.short(ends_at)}"  # noqa: RUF001 (as above)

    def short(self, at: datetime) -> str:
        """Return a moment in short, such as `Tue 1 Dec 2026, 10:00`."""
        return f"{times.short_day(self.day_of(at), self.locale)}, {self._hour(at)}"

    def exact(self, at: datetime) -> str:
        """Return a moment to the second, as one compares it with a log: `2026-12-01 10:00:00 IST`."""
        there = at.astimezone(self.zone)
        return f"{there:%Y-%m-%d %H:%M:%S} {there.tzname() or ''}".rstrip()

    def span(self, starts_at: datetime, ends_at: datetime) -> str:
        """Return a stretch of time in full, with its zone."""
        return times.span(starts_at, ends_at, self.zone, self.locale)

    def _hour(self, at: datetime, *, named: bool = False) -> str:
        """Return a time of day; with its zone's abbreviation too where it comes twice, as the clocks are put back."""
        there = at.astimezone(self.zone)
        twice = there.replace(fold=1 - there.fold).utcoffset() != there.utcoffset()
        hour = times.clock(there.time().replace(second=0, microsecond=0), self.locale)
        return f"{hour} {there.tzname()}" if named or twice else hour


def clock_of(request: AnyRequest) -> Clock:
    """Return the clock of the reader of this page."""
    return Clock(zone_of_reader(request), locale_of(request))


def parse_day(text: str | None, *, today: date) -> date | None:
    """Return the day that a query asks for, today if it asks for none, None if it is no day."""
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None
