"""Which wall times a rule names, by RFC 5545, 3.3.10 taken at its word: each day is looked at, and no library is asked.

It knows FREQ, INTERVAL, WKST, the BY… parts and BYSETPOS. Ends are the caller's business, and so are bad rules. A week
of BYWEEKNO begins on Monday.
"""

from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import groupby

WEEK = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
_DAY_PARTS = {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY"}


def walls(rule: str, start: datetime, last: date) -> list[datetime]:
    """Return the wall times from `start` up to the end of the day `last`."""
    parts = {name: values.split(",") for name, values in (part.split("=") for part in rule.split(";"))}
    period_of, limits = _period_of(parts), _limits(parts, start)
    interval = int(parts.get("INTERVAL", ["1"])[0])
    first_period = period_of(start.date())
    times = _times(parts, start)
    # Whole periods, so that positions are counted from their beginning to their end.
    around = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 31, "YEARLY": 366}[parts["FREQ"][0]]
    days = (start.date() + timedelta(days=n) for n in range(-around, (last - start.date()).days + around + 1))
    found: list[datetime] = []
    for period, each in groupby(days, period_of):
        if (period - first_period) % interval == 0:
            fitting = [day for day in each if all(allows(day) for allows in limits)]
            instances = sorted(datetime.combine(day, at) for day in fitting for at in times)
            found += _positions(parts, instances)
    return [wall for wall in found if start <= wall and wall.date() <= last]


def _period_of(parts: dict[str, list[str]]) -> Callable[[date], int]:
    first_day = WEEK.index(parts.get("WKST", ["MO"])[0])
    return {
        "DAILY": date.toordinal,
        "WEEKLY": lambda day: (day.toordinal() - 1 - first_day) // 7,  # the first day of the calendar is a Monday
        "MONTHLY": lambda day: day.year * 12 + day.month,
        "YEARLY": lambda day: day.year,
    }[parts["FREQ"][0]]


def _times(parts: dict[str, list[str]], start: datetime) -> set[time]:
    hours = [int(hour) for hour in parts.get("BYHOUR", [str(start.hour)])]
    minutes = [int(minute) for minute in parts.get("BYMINUTE", [str(start.minute)])]
    return {time(hour, minute, start.second) for hour in hours for minute in minutes}


def _positions(parts: dict[str, list[str]], instances: list[datetime]) -> list[datetime]:
    if "BYSETPOS" not in parts:
        return instances
    wanted = {int(position) for position in parts["BYSETPOS"]}
    count = len(instances)
    return [one for at, one in enumerate(instances) if at + 1 in wanted or at - count in wanted]


def _limits(parts: dict[str, list[str]], start: datetime) -> list[Callable[[date], bool]]:
    """Return what each day has to pass: the parts, and where they leave something open, the start's own."""
    frequency = parts["FREQ"][0]
    named = _DAY_PARTS & parts.keys()
    limits: list[Callable[[date], bool]] = []
    if named == {"BYWEEKNO"} or (not named and frequency == "WEEKLY"):
        limits.append(lambda day: day.weekday() == start.weekday())
    if not named and frequency in {"MONTHLY", "YEARLY"}:
        limits.append(lambda day: day.day == start.day)
    if not named and frequency == "YEARLY" and "BYMONTH" not in parts:
        limits.append(lambda day: day.month == start.month)
    if "BYDAY" in parts:
        limits.append(_by_day(parts["BYDAY"], within_a_month=frequency == "MONTHLY" or "BYMONTH" in parts))
    if "BYMONTH" in parts:
        limits.append(_listed(parts["BYMONTH"], lambda day: day.month, lambda _: 12))
    if "BYMONTHDAY" in parts:
        limits.append(_listed(parts["BYMONTHDAY"], lambda day: day.day, _days_of_month))
    if "BYYEARDAY" in parts:
        limits.append(_listed(parts["BYYEARDAY"], _day_of_year, _days_of_year))
    if "BYWEEKNO" in parts:
        limits.append(_listed(parts["BYWEEKNO"], lambda day: day.isocalendar().week, _weeks_of_year))
    return limits


def _listed(
    listed: list[str], number_of: Callable[[date], int], count_of: Callable[[date], int]
) -> Callable[[date], bool]:
    """Return whether a day's number is listed, counted from the beginning or, with a minus, from the end."""
    wanted = {int(one) for one in listed}
    return lambda day: not wanted.isdisjoint({number_of(day), number_of(day) - count_of(day) - 1})


def _by_day(listed: list[str], *, within_a_month: bool) -> Callable[[date], bool]:
    def allows(day: date) -> bool:
        length = _days_of_month(day) if within_a_month else _days_of_year(day)
        at = day.day if within_a_month else _day_of_year(day)
        name, number, from_the_end = WEEK[day.weekday()], (at - 1) // 7 + 1, -((length - at) // 7 + 1)
        return not wanted.isdisjoint({name, f"{number}{name}", f"{from_the_end}{name}"})

    wanted = set(listed)
    return allows


def _days_of_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _days_of_year(day: date) -> int:
    return 366 if isleap(day.year) else 365


def _day_of_year(day: date) -> int:
    return day.timetuple().tm_yday


def _weeks_of_year(day: date) -> int:
    return date(day.isocalendar().year, 12, 28).isocalendar().week
