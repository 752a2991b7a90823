"""What `recurring_ical_events` and `zoneinfo` say about rules and clocks."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events  # type: ignore[import-untyped] # it has no annotations


def by_calendar(rule: str, start: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the wall times at which `recurring_ical_events` sees an event with this rule begin."""
    event = icalendar.Event()
    event.add("uid", "1")
    event.add("dtstamp", datetime(2026, 1, 1, tzinfo=UTC))
    event.add("dtstart", start.replace(tzinfo=zone))
    event.add("duration", timedelta(minutes=1))
    event.add("rrule", icalendar.vRecur.from_ical(rule))
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    seen = recurring_ical_events.of(calendar).between(start - timedelta(days=3), start + timedelta(days=800))
    return sorted(one["DTSTART"].dt.replace(tzinfo=None) for one in seen)


@cache
def changes_of(zone: ZoneInfo, year: int) -> list[datetime]:
    """Return the hours of a year in which a zone's clocks change, as they show them before."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(366 * 24)]
    local = [hour.astimezone(zone) for hour in hours]
    return [before.replace(tzinfo=None) for before, after in pairwise(local) if before.utcoffset() != after.utcoffset()]
