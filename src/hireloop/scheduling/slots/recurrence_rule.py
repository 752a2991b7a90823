"""The text of one RRULE (RFC 5545, 3.3.10), read part by part, so that whatever is not taken is named. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from dateutil import rrule

from hireloop import errors
from hireloop.scheduling.slots.recurrence import FIRST_YEAR, LAST_YEAR, LONGEST, MOST, RecurrenceRule
from hireloop.wording.phrases import FilledPhrase, grouped, phrase

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
_LONGEST_RULE = 500  # characters
_MOST_POSITIONS = 10  # of BYSETPOS: each is looked for in every period
LINES = {  # what belongs beside an RRULE, not into it
    "DTSTART": "DTSTART:20261201T100000",
    "EXDATE": "EXDATE:20261201T100000",
    "RDATE": "RDATE:20261201T100000",
}
BLANKS = re.compile(r"[ \t\u00a0]+")
_EXAMPLE = "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"
_NAME = re.compile(r"[A-Z][A-Z0-9-]{,29}", re.ASCII)
_TIME = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_MOST_WEEKS, _MOST_WEEKS_OF_A_MONTH = 53, 5
_WEEKS_OF_TWO_YEARS = {1, 52, 53, -1}  # of which year's set they are, with dateutil, changes in the midst of them
_WEEKS_FROM_THE_END = 51  # dateutil loses days of the weeks -52 and -53, and of 52 and 53 if WKST is not Monday


def read(text: str) -> RecurrenceRule:
    """Read a rule such as `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10`; raises BadInput on `rule`, with advice, for a wrong one.

    Case, blanks and empty parts do not matter. A rule without COUNT and UNTIL is read, too: its end may be named
    elsewhere.
    """
    parts = _parts(text)
    frequency = parts.pop("FREQ", None)
    if frequency in _TOO_OFTEN:
        raise _bad(
            phrase("repeats too often with FREQ=%(frequency)s: use FREQ=DAILY with BYHOUR and BYMINUTE"),
            frequency=frequency,
        )
    if frequency not in _FREQUENCIES:
        raise _bad(
            phrase("must have a FREQ, one of %(known)s, such as %(example)s"),
            known=", ".join(_FREQUENCIES),
            example=_EXAMPLE,
        )
    count, until = parts.pop("COUNT", None), parts.pop("UNTIL", None)
    if count is not None and until is not None:
        raise _bad(phrase("must not have both COUNT and UNTIL: use only one of them"))
    options: dict[str, object] = {"freq": _FREQUENCIES[frequency]}
    for name, value in parts.items():
        if frequency in _FORBIDDEN.get(name, ()):
            raise _bad(
                phrase("cannot have %(part)s with FREQ=%(frequency)s (RFC 5545, 3.3.10)"),
                part=name,
                frequency=frequency,
            )
        key, read_value = _option(name, value, frequency, beside=parts)
        options[key] = read_value
    if "bysetpos" in options:
        _check_positions(frequency, parts)
    return RecurrenceRule(
        options,
        count=None if count is None else _number("COUNT", count, 1, MOST),
        until=None if until is None else _until(until),
    )


def _check_positions(frequency: str, parts: Mapping[str, str]) -> None:
    """Raise BadInput for a BYSETPOS that has nothing to choose from, or that BYHOUR and BYMINUTE say better."""
    if not any(name.startswith("BY") and name != "BYSETPOS" for name in parts):
        raise _bad(phrase("must have another BY… part besides BYSETPOS, which chooses among the times of that part"))
    if frequency == "DAILY":
        raise _bad(phrase("must not have BYSETPOS with FREQ=DAILY: give the times in BYHOUR and BYMINUTE instead"))


def read_time(text: str) -> date | datetime | None:
    """Return what `20261224` (a day), `20261224T180000` (a wall time) or `20261224T170000Z` (UTC) says, or None."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    try:
        read_value = datetime.strptime(found[1] + (found[2] or "000000"), "%Y%m%d%H%M%S")  # noqa: DTZ007 (see below)
    except ValueError:
        return None
    if found[2] is None:
        return read_value.date()
    return read_value.replace(tzinfo=UTC) if found[3] else read_value


def is_within_the_calendar(value: date) -> bool:
    """Return whether a day or time is a date in every zone, with a few days around it."""
    return FIRST_YEAR <= value.year <= LAST_YEAR + 10


def _parts(text: str) -> dict[str, str]:
    """Return a rule's parts by their names, in capitals."""
    if len(text) > _LONGEST_RULE:
        raise _bad(phrase("must have at most %(most)s characters in its RRULE"), most=grouped(_LONGEST_RULE))
    parts: dict[str, str] = {}
    for part in BLANKS.sub("", text).upper().split(";"):
        name, _, value = part.partition("=")
        if not part or part == "BYSECOND=0":  # slots begin on a whole minute
            continue
        if name == "BYSECOND":
            raise _bad(phrase("cannot have BYSECOND: slots begin on a whole minute"))
        if name in LINES:
            raise _bad(
                phrase("must have %(part)s on a line of its own, such as %(example)s, and not in its RRULE"),
                part=name,
                example=LINES[name],
            )
        if name not in _PARTS:
            raise _unknown(name, value)
        if name in parts:
            raise _bad(
                phrase("must have %(part)s only once: write its values as one list, separated by commas"), part=name
            )
        parts[name] = value
    return parts


def _unknown(name: str, value: str) -> errors.BadInput:
    """Return the refusal of a part that is not known, by its name if it looks like one."""
    known = ", ".join(sorted(_PARTS))
    if value and _NAME.fullmatch(name):
        sentence = phrase("has an unknown part %(part)s: use %(known)s, such as %(example)s")
        return _bad(sentence, part=name, known=known, example=_EXAMPLE)
    return _bad(phrase("has an unknown part: use %(known)s, such as %(example)s"), known=known, example=_EXAMPLE)


def _option(name: str, value: str, frequency: str, *, beside: Mapping[str, str]) -> tuple[str, object]:
    """Return one part as dateutil wants it; `beside` are all the others, and it."""
    if name == "INTERVAL":
        return "interval", _number(name, value, 1, LONGEST.days)
    if name == "WKST":
        if value not in _DAYS:
            raise _bad(phrase("must have one of MO, TU, WE, TH, FR, SA, SU in WKST"))
        return "wkst", _DAYS[value]
    if name == "BYDAY":
        return "byweekday", _days([_day(one, frequency, beside) for one in value.split(",")], frequency, beside)
    key, least, greatest, from_the_end = _LISTS[name]
    numbers = {_number(name, one, least, greatest, from_the_end=from_the_end) for one in value.split(",")}
    if name == "BYWEEKNO" and (min(numbers) < -_WEEKS_FROM_THE_END or beside.get("WKST", "MO") != "MO"):
        raise _bad(phrase("must have weeks 1 to 53 or -51 to -1 in BYWEEKNO, and no WKST, since weeks begin on Monday"))
    if name == "BYWEEKNO" and numbers & _WEEKS_OF_TWO_YEARS and ("BYSETPOS" in beside or _every_few(beside)):
        raise _bad(
            phrase("cannot have INTERVAL or BYSETPOS with week 1, 52, 53 or -1 in BYWEEKNO, which can be in two years")
        )
    if name == "BYSETPOS" and len(numbers) > _MOST_POSITIONS:
        raise _bad(phrase("must have at most %(most)s positions in BYSETPOS"), most=_MOST_POSITIONS)
    return key, sorted(numbers)


def _every_few(parts: Mapping[str, str]) -> bool:
    return parts.get("INTERVAL", "1").lstrip("+0") != "1"


def _number(name: str, text: str, least: int, greatest: int, *, from_the_end: bool = False) -> int:
    number = int(text) if re.fullmatch(r"[+-]?\d{1,5}", text, re.ASCII) else None
    if number is None or not least <= (abs(number) if from_the_end else number) <= greatest:
        forwards = phrase("must have numbers from %(least)s to %(greatest)s in %(part)s")
        both_ways = phrase(
            "must have numbers from %(least)s to %(greatest)s or -%(greatest)s to -%(least)s in %(part)s"
        )
        raise _bad(both_ways if from_the_end else forwards, least=least, greatest=grouped(greatest), part=name)
    return number


def _day(text: str, frequency: str, beside: Mapping[str, str]) -> rrule.weekday:
    found = _DAY.fullmatch(text)
    if found is None:
        raise _bad(
            phrase("must have a list of MO, TU, WE, TH, FR, SA, SU in BYDAY, or of numbered days such as 1MO and -1FR")
        )
    day = _DAYS[found[2]]
    if found[1] is None:
        return day
    if frequency not in {"MONTHLY", "YEARLY"} or "BYWEEKNO" in beside:
        raise _bad(phrase("can have a number in BYDAY only with FREQ=MONTHLY, or with FREQ=YEARLY and no BYWEEKNO"))
    return day(_number("BYDAY", found[1], 1, _most_weeks(frequency, beside), from_the_end=True))


def _days(listed: Sequence[rrule.weekday], frequency: str, beside: Mapping[str, str]) -> list[rrule.weekday]:
    """Return the days, all of them numbered if any is: of both kinds together dateutil takes what fits both."""
    if not any(day.n for day in listed):
        return list(listed)
    numbers = range(1, _most_weeks(frequency, beside) + 1)
    return [numbered for day in listed for numbered in ([day] if day.n else [day(n) for n in numbers])]


def _most_weeks(frequency: str, beside: Mapping[str, str]) -> int:
    """Return up to which number a day counts: within a month, or within a year if there is no month.

    Within a month dateutil stumbles over greater numbers, such as the 53rd Sunday of December.
    """
    return _MOST_WEEKS_OF_A_MONTH if frequency == "MONTHLY" or "BYMONTH" in beside else _MOST_WEEKS


def _until(text: str) -> date | datetime:
    """Return the end; a day belongs to the rule as a whole."""
    until = read_time(text)
    if until is None:
        raise _bad(
            phrase(
                "must have an UNTIL such as 20261224 (all day), 20261224T180000 (local time) or 20261224T170000Z (UTC)"
            )
        )
    if not is_within_the_calendar(until):
        raise _bad(phrase("must have an UNTIL that is within the calendar"))
    return until


def _bad(sentence: str, **values: object) -> errors.BadInput:
    return errors.BadInput("rule", FilledPhrase(sentence, **values))
