"""When a recurrence rule of RFC 5545 says that something begins: rule, time zone and start in, occurrences out. Pure.

The rule is expanded on the wall clock, and each wall time is then placed in the zone. Where a zone's clocks go forward
a wall time may not exist: such an occurrence has no moment, but counts. Where they go back one may come twice: the
first of the two is taken (RFC 5545, 3.3.5). docs/decisions/0029 says why, as the RFC contradicts itself.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from dateutil import rrule

from hireloop import errors

MOST = 1_000  # occurrences of one rule
LONGEST = timedelta(days=3_653)  # ten years: from the start to the last occurrence
_LONGEST_RULE = 500  # characters
_MOST_POSITIONS = 10  # of BYSETPOS: each is looked for in every period
_FIRST_YEAR, _LAST_YEAR = 2, 9987  # of a start: its last occurrence, too, is a date in every zone
_CALENDAR_REPEATS = 400  # years, weekdays and the numbers of weeks included
_CLOCKS_DIFFER_BY = timedelta(days=2)  # more than any two clocks do, the zones that jumped over a day included

_FREQUENCIES = {"DAILY": rrule.DAILY, "WEEKLY": rrule.WEEKLY, "MONTHLY": rrule.MONTHLY, "YEARLY": rrule.YEARLY}
_TOO_OFTEN = {"HOURLY", "MINUTELY", "SECONDLY"}
_DAYS = {"MO": rrule.MO, "TU": rrule.TU, "WE": rrule.WE, "TH": rrule.TH, "FR": rrule.FR, "SA": rrule.SA, "SU": rrule.SU}
# The parts that are lists of numbers: dateutil's name, the least and the greatest, and whether one may count from the
# end, which is written with a minus.
_LISTS = {
    "BYMINUTE": ("byminute", 0, 59, False),
    "BYHOUR": ("byhour", 0, 23, False),
    "BYMONTHDAY": ("bymonthday", 1, 31, True),
    "BYYEARDAY": ("byyearday", 1, 366, True),
    "BYWEEKNO": ("byweekno", 1, 53, True),
    "BYMONTH": ("bymonth", 1, 12, False),
    "BYSETPOS": ("bysetpos", 1, 366, True),
}
_PARTS = {"FREQ", "UNTIL", "COUNT", "INTERVAL", "BYDAY", "WKST", *_LISTS}
# What RFC 5545, 3.3.10 forbids beside a frequency.
_FORBIDDEN = {
    "BYWEEKNO": {"DAILY", "WEEKLY", "MONTHLY"},
    "BYYEARDAY": {"DAILY", "WEEKLY", "MONTHLY"},
    "BYMONTHDAY": {"WEEKLY"},
}
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_MOST_WEEKS, _MOST_WEEKS_OF_A_MONTH = 53, 5
_WEEKS_FROM_THE_END = 51  # dateutil loses days of the weeks -52 and -53, and of 52 and 53 if WKST is not Monday


class Omission(StrEnum):
    """Why an occurrence of a rule did not become a slot."""

    NONEXISTENT_TIME = "nonexistent-time"  # the clocks go forward over it
    EXCLUDED = "excluded"  # the request left this date out
    PAST = "past"  # it has begun
    ALREADY_EXISTS = "already-exists"  # this very slot is there
    INTERVIEWER_BUSY = "interviewer-busy"  # another slot of theirs overlaps it


class Occurrence(msgspec.Struct, frozen=True):
    """One time that a rule names: on the wall clock, as a moment (UTC), and whether the clocks show it twice.

    The moment is None for a wall time that does not exist.
    """

    wall: datetime
    starts_at: datetime | None
    repeated: bool = False


class RecurrenceRule(msgspec.Struct, frozen=True):
    """A recurrence rule that was read and makes sense: dateutil's options, and where it ends."""

    options: dict[str, object]
    count: int | None = None
    until: date | datetime | None = None  # the last date, the last wall time, or aware: the last moment


def place(wall: datetime, zone: ZoneInfo) -> Occurrence:
    """Return what a wall time is in a zone: one moment, the first of two, or none."""
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    moment = first.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None, fold=0) != wall:
        return Occurrence(wall, None)
    return Occurrence(wall, moment, repeated=first.utcoffset() != second.utcoffset())


def occurrences(rule: RecurrenceRule, *, zone: ZoneInfo, starts_at_local: datetime) -> list[Occurrence]:
    """Return all that a rule names from `starts_at_local` on, a wall time, which is among it if it fits the rule.

    Raises BadInput on `rule` if that is nothing, more than `MOST`, or reaches further than `LONGEST`.
    """
    if not _FIRST_YEAR <= starts_at_local.year <= _LAST_YEAR:
        raise errors.BadInput("starts_at_local", f"must be in a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    is_over = _end(rule, zone)
    found: list[Occurrence] = []
    for wall in _walls(rule, zone, starts_at_local):
        occurrence = place(wall, zone)
        if is_over(occurrence):
            continue  # not the end: of two, one whose time does not exist may be later than the next
        found.append(occurrence)
        if len(found) > MOST:
            raise _bad(f"gives more than {MOST:,} times: end it earlier, and send the rest as another rule")
        if len(found) == rule.count:
            return found
    if not found:
        raise _bad("gives no times between starts_at_local and its end: check its dates and its end")
    if rule.count is not None:
        raise _bad("extends more than ten years beyond starts_at_local: use a smaller COUNT")
    return found


def _walls(rule: RecurrenceRule, zone: ZoneInfo, start: datetime) -> Iterator[datetime]:
    """Yield wall times in their order, for ten years or up to a little behind the rule's end.

    A rule that nothing fits, such as 30 February, keeps dateutil busy up to the year 9999: seconds. It is expanded as
    late in the calendar as it can be, where little is left, and brought back.
    """
    stop = start + LONGEST
    if rule.until is not None:
        last = _wall_of(rule.until, zone)
        if last > stop:
            raise _bad("extends more than ten years beyond starts_at_local: use an earlier UNTIL")
        stop = max(start, min(stop, last + _CLOCKS_DIFFER_BY))
    later = (_LAST_YEAR - start.year) // _CALENDAR_REPEATS * _CALENDAR_REPEATS
    options = dict(rule.options)
    if "byweekno" in options and not {"byweekday", "bymonthday", "byyearday"} & set(options):
        options["byweekday"] = start.weekday()  # what a rule leaves open is the start's; dateutil takes all seven days
    start, stop = (wall.replace(year=wall.year + later) for wall in (start, stop))
    for wall in rrule.rrule(dtstart=start, until=stop, **options):  # type: ignore[arg-type] # `read` has made them
        yield wall.replace(year=wall.year - later)


def _wall_of(until: date | datetime, zone: ZoneInfo) -> datetime:
    """Return an end on the wall clock of a zone."""
    if not isinstance(until, datetime):
        return datetime.combine(until, datetime.max.time())
    return until.astimezone(zone).replace(tzinfo=None) if until.tzinfo else until


def _end(rule: RecurrenceRule, zone: ZoneInfo) -> Callable[[Occurrence], bool]:
    """Return what says whether an occurrence comes after the rule's last one; its end belongs to it."""
    until = rule.until
    if until is None:
        return lambda _: False
    if isinstance(until, datetime) and until.tzinfo is not None:
        # A time that does not exist is compared by the offset before the gap, as RFC 5545, 3.3.5 reads one.
        return lambda one: (one.starts_at or one.wall.replace(tzinfo=zone).astimezone(UTC)) > until
    last = _wall_of(until, zone)
    return lambda one: one.wall > last


# --- Reading a rule -------------------------------------------------------------------------------------------------


def read(text: str) -> RecurrenceRule:
    """Read a rule such as `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`, with or without `RRULE:` before it.

    Raises BadInput on `rule`, with advice, for a rule that is invalid, never ends, or repeats more often than daily.
    """
    parts = _parts(text)
    frequency = parts.pop("FREQ", None)
    if frequency in _TOO_OFTEN:
        raise _bad(f"repeats too often with FREQ={frequency}: use FREQ=DAILY with BYHOUR and BYMINUTE")
    if frequency not in _FREQUENCIES:
        raise _bad(f"must have a FREQ, one of {', '.join(_FREQUENCIES)}, such as FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10")
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    if count is None and until is None:
        raise _bad("must have an end: COUNT=… or UNTIL=…")
    if count is not None and until is not None:
        raise _bad("must not have both COUNT and UNTIL: use only one of them")
    options: dict[str, object] = {"freq": _FREQUENCIES[frequency]}
    for name, value in parts.items():
        if frequency in _FORBIDDEN.get(name, ()):
            raise _bad(f"cannot have {name} with FREQ={frequency} (RFC 5545, 3.3.10)")
        key, read_value = _option(name, value, frequency, beside=parts)
        options[key] = read_value
    if "bysetpos" in options:
        if not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
            raise _bad("must have another BY… part besides BYSETPOS, which chooses among the times of that part")
        if frequency == "DAILY":
            raise _bad("must not have BYSETPOS with FREQ=DAILY: give the times in BYHOUR and BYMINUTE instead")
    return RecurrenceRule(
        options,
        count=None if count is None else _number("COUNT", count, 1, MOST),
        until=None if until is None else _until(until),
    )


def _parts(text: str) -> dict[str, str]:
    """Return a rule's parts by their names, in capitals."""
    if len(text) > _LONGEST_RULE:
        raise _bad(f"must have at most {_LONGEST_RULE} characters")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name == "BYSECOND":
            raise _bad("cannot have BYSECOND: slots begin on a whole minute")
        if name not in _PARTS:
            raise _bad(f"must consist of {', '.join(sorted(_PARTS))}, such as FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10")
        if name in parts:
            raise _bad(f"must have {name} only once: write its values as one list, separated by commas")
        parts[name] = value
    return parts


def _option(name: str, value: str, frequency: str, *, beside: Mapping[str, str]) -> tuple[str, object]:
    """Return one part as dateutil wants it; `beside` are all the others, and it."""
    if name == "INTERVAL":
        return "interval", _number(name, value, 1, LONGEST.days)
    if name == "WKST":
        if value not in _DAYS:
            raise _bad("must have one of MO, TU, WE, TH, FR, SA, SU in WKST")
        return "wkst", _DAYS[value]
    if name == "BYDAY":
        return "byweekday", [_day(one, frequency, beside) for one in value.split(",")]
    key, least, greatest, from_the_end = _LISTS[name]
    numbers = {_number(name, one, least, greatest, from_the_end=from_the_end) for one in value.split(",")}
    if name == "BYWEEKNO" and (min(numbers) < -_WEEKS_FROM_THE_END or beside.get("WKST", "MO") != "MO"):
        raise _bad("must have weeks 1 to 53 or -51 to -1 in BYWEEKNO, and no WKST, since weeks begin on Monday")
    if name == "BYSETPOS" and len(numbers) > _MOST_POSITIONS:
        raise _bad(f"must have at most {_MOST_POSITIONS} positions in BYSETPOS")
    return key, sorted(numbers)


def _number(name: str, text: str, least: int, greatest: int, *, from_the_end: bool = False) -> int:
    number = int(text) if re.fullmatch(r"[+-]?\d{1,5}", text, re.ASCII) else None
    if number is None or not least <= (abs(number) if from_the_end else number) <= greatest:
        backwards = f" or -{greatest:,} to -{least}" if from_the_end else ""
        raise _bad(f"must have numbers from {least} to {greatest:,}{backwards} in {name}")
    return number


def _day(text: str, frequency: str, beside: Mapping[str, str]) -> rrule.weekday:
    found = _DAY.fullmatch(text)
    if found is None:
        raise _bad("must have a list of MO, TU, WE, TH, FR, SA, SU in BYDAY, or of numbered days such as 1MO and -1FR")
    day = _DAYS[found[2]]
    if found[1] is None:
        return day
    if frequency not in {"MONTHLY", "YEARLY"} or "BYWEEKNO" in beside:
        raise _bad("can have a number in BYDAY only with FREQ=MONTHLY, or with FREQ=YEARLY and no BYWEEKNO")
    # It counts within a month if there is one; dateutil stumbles over the 53rd Sunday of December.
    within_a_month = frequency == "MONTHLY" or "BYMONTH" in beside
    most = _MOST_WEEKS_OF_A_MONTH if within_a_month else _MOST_WEEKS
    return day(_number("BYDAY", found[1], 1, most, from_the_end=True))


def _until(text: str) -> date | datetime:
    """Return the end: `20261224` is that whole day, `20261224T180000` a wall time, with a `Z` behind it UTC."""
    found = _UNTIL.fullmatch(text)
    fix = "must have an UNTIL such as 20261224 (all day), 20261224T180000 (local time) or 20261224T170000Z (UTC)"
    if found is None:
        raise _bad(fix)
    try:
        until = datetime.strptime(found[1] + (found[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007 (see below)
    except ValueError:
        raise _bad(fix) from None
    if not _FIRST_YEAR <= until.year <= _LAST_YEAR + 10:
        raise _bad("must have an UNTIL that is within the calendar")
    if found[2] is None:
        return until.date()
    return until.replace(tzinfo=UTC) if found[3] else until


def _bad(message: str) -> errors.BadInput:
    return errors.BadInput("rule", message)
