"""When a rule's occurrences are, against its definition, another implementation, and a count of days."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import icalendar
import recurring_ical_events  # type: ignore[import-untyped] # it has no annotations
from hypothesis import example, given
from hypothesis import strategies as st

from hireloop import errors
from hireloop.scheduling.slots import recurrence, recurrence_rule
from hireloop.scheduling.slots.recurrence import Occurrence, Recurrence
from scheduling.slots import by_definition
from scheduling.slots.by_definition import WEEK

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
CHATHAM = ZoneInfo("Pacific/Chatham")  # 12:45 and 13:45 from UTC
APIA = ZoneInfo("Pacific/Apia")  # left out 30 December 2011
KOLKATA = ZoneInfo("Asia/Kolkata")
ODD_ZONES = (BERLIN, NEW_YORK, LORD_HOWE, CHATHAM, APIA, KOLKATA)
ZONES = sorted(available_timezones())
UTC_ZONE = ZoneInfo("UTC")


def named(rule: str, start: datetime, zone: ZoneInfo, until: date | None = None) -> list[Occurrence]:
    return recurrence.expand(
        Recurrence(recurrence_rule.read(rule)), zone=zone, starts_at_local=start, until=until
    ).named


# --- Against another implementation ---------------------------------------------------------------------------------


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


def numbers(least: int, greatest: int) -> st.SearchStrategy[str]:
    return st.lists(st.integers(least, greatest), min_size=1, max_size=4, unique=True).map(
        lambda chosen: ",".join(str(number) for number in chosen)
    )


WEEKDAYS = st.lists(st.sampled_from(WEEK), min_size=1, max_size=4, unique=True).map(",".join)
DAILY = st.builds("FREQ=DAILY;INTERVAL={};BYHOUR={}".format, st.integers(1, 9), numbers(0, 23))
WEEKLY = st.builds("FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 3), WEEKDAYS)
MONTHLY = st.one_of(
    st.builds("FREQ=MONTHLY;BYMONTHDAY={}".format, numbers(1, 31)),
    st.builds("FREQ=MONTHLY;BYDAY={};BYSETPOS={}".format, WEEKDAYS, st.sampled_from(["1", "-1", "2,-2"])),
    st.builds("FREQ=MONTHLY;BYDAY={}{}".format, st.sampled_from([1, 2, 5, -1, -5]), st.sampled_from(["SU", "WE"])),
)
YEARLY = st.one_of(
    st.builds("FREQ=YEARLY;BYMONTH={};BYDAY=-1SU".format, numbers(1, 12)),
    st.builds("FREQ=YEARLY;BYYEARDAY={}".format, numbers(1, 366)),
    st.builds("FREQ=YEARLY;BYWEEKNO={};BYDAY={}".format, numbers(1, 53), WEEKDAYS),
)
RULES = st.one_of(DAILY, WEEKLY, MONTHLY, YEARLY)
STARTS = st.datetimes(datetime.fromisoformat("1985-01-01"), datetime.fromisoformat("2040-01-01")).map(
    lambda moment: moment.replace(microsecond=0)
)


def changes_of(zone: ZoneInfo, year: int) -> list[datetime]:
    """Return the hours of a year in which a zone's clocks change, as they show them before."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(366 * 24)]
    local = [hour.astimezone(zone) for hour in hours]
    return [before.replace(tzinfo=None) for before, after in pairwise(local) if before.utcoffset() != after.utcoffset()]


def times_of(rule: str, start: datetime, zone: ZoneInfo) -> list[Occurrence]:
    """Return what a rule names by our own count; nothing if that is nothing."""
    try:
        return named(rule, start, zone)
    except errors.BadInput as refused:
        if "gives no times" not in refused.message:
            raise
        return []


def agree(rule: str, start: datetime, zone: ZoneInfo, *, count: int | None = None) -> None:
    """Assert that both implementations name the same times, but for what does not exist.

    There the two differ by design: the other one reads a time that the clocks jump over by the offset before the gap,
    as RFC 5545, 3.3.5 does; we say that it does not exist, and do not count it. A start that does not fit the rule is
    an event to the other one, and none to us.
    """
    until = (start + timedelta(days=400)).replace(tzinfo=zone).astimezone(UTC)
    bounded = f"{rule};UNTIL={until:%Y%m%dT%H%M%SZ}" if count is None else f"{rule};COUNT={count}"
    try:
        ours = times_of(bounded, start, zone)
    except errors.BadInput as refused:
        assert "more than 1,000" in refused.message  # noqa: PT017 (it may be)
        return
    if count is not None:
        assert sum(one.starts_at is not None for one in ours) == count
        bounded = f"{rule};COUNT={len(ours)}"
    assert {one.wall for one in ours} | {start} == set(by_calendar(bounded, start, zone)) | {start}
    for one in ours:
        # The zone's own arithmetic, there and back, says whether a time exists and which of two it is.
        first, second = (one.wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        shows = [moment.astimezone(zone).replace(tzinfo=None) == one.wall for moment in (first, second)]
        assert one.starts_at == (min(first, second) if all(shows) else None)
        assert one.repeated == (all(shows) and first != second)


@given(rule=RULES, start=STARTS, zone=st.sampled_from(ZONES).map(ZoneInfo))
@example(rule="FREQ=DAILY;INTERVAL=1;BYHOUR=2", start=datetime.fromisoformat("2026-03-01T02:30"), zone=BERLIN)
def test_every_zone_agrees_with_another_implementation(rule: str, start: datetime, zone: ZoneInfo) -> None:
    agree(rule, start, zone)


@given(
    zone=st.sampled_from(ODD_ZONES),
    year=st.integers(1990, 2037),
    change=st.integers(0, 9),
    before=st.integers(0, 30),
    minutes=st.integers(-90, 150),
    every=st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=2"]),
    count=st.none() | st.integers(1, 60),
)
def test_around_every_change_of_the_clocks_it_agrees_too(
    zone: ZoneInfo, year: int, change: int, before: int, minutes: int, every: str, count: int | None
) -> None:
    edges = changes_of(zone, year) or [datetime.fromisoformat(f"{year}-06-01")]
    start = edges[change % len(edges)] + timedelta(minutes=minutes) - timedelta(days=before)
    agree(every, start, zone, count=count)


# --- Against the definition -----------------------------------------------------------------------------------------


def optional(name: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.just("") | values.map(f";{name}={{}}".format)


POSITIONS = st.lists(st.sampled_from([-9, -3, -2, -1, 1, 2, 3, 4, 5, 9, 20]), min_size=1, max_size=3, unique=True).map(
    lambda chosen: ",".join(str(number) for number in chosen)
)
MONTH_DAYS = st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=6, unique=True).map(
    lambda chosen: ",".join(str(number) for number in chosen)
)
NUMBERED_DAYS = st.lists(
    st.builds("{}{}".format, st.sampled_from(["", "1", "2", "-1", "5", "-5"]), st.sampled_from(WEEK)),
    min_size=1,
    max_size=4,
    unique=True,
).map(",".join)
YEAR_DAYS = st.lists(st.integers(-366, 366).filter(bool), min_size=1, max_size=6, unique=True).map(
    lambda chosen: ",".join(str(number) for number in chosen)
)
COMMON = st.builds(
    "{}{}{}{}".format,
    optional("INTERVAL", st.integers(1, 4).map(str)),
    optional("BYHOUR", numbers(0, 23)),
    optional("BYMINUTE", numbers(0, 59)),
    optional("BYMONTH", numbers(1, 12)),
)
WITH_POSITIONS = st.one_of(
    st.builds(
        "FREQ=WEEKLY{}{};BYDAY={};BYSETPOS={}".format,
        COMMON,
        optional("WKST", st.sampled_from(WEEK)),
        WEEKDAYS,
        POSITIONS,
    ),
    st.builds("FREQ=WEEKLY{};BYHOUR=9,17;BYSETPOS={}".format, optional("WKST", st.sampled_from(WEEK)), POSITIONS),
    st.builds("FREQ=MONTHLY{};BYDAY={};BYSETPOS={}".format, COMMON, NUMBERED_DAYS, POSITIONS),
    st.builds("FREQ=MONTHLY{};BYMONTHDAY={};BYSETPOS={}".format, COMMON, MONTH_DAYS, POSITIONS),
    st.builds("FREQ=YEARLY{};BYDAY={};BYSETPOS={}".format, COMMON, NUMBERED_DAYS, POSITIONS),
    st.builds("FREQ=YEARLY;BYYEARDAY={};BYSETPOS={}".format, YEAR_DAYS, POSITIONS),
    st.builds("FREQ=YEARLY;BYWEEKNO={};BYDAY={};BYSETPOS={}".format, numbers(2, 51), WEEKDAYS, POSITIONS),
)
WITHOUT = st.one_of(
    st.builds("FREQ=DAILY{}{}".format, COMMON, optional("BYMONTHDAY", MONTH_DAYS)),
    st.builds("FREQ=WEEKLY{}{};BYDAY={}".format, COMMON, optional("WKST", st.sampled_from(WEEK)), WEEKDAYS),
    st.builds(
        "FREQ=MONTHLY{}{}{}".format, COMMON, optional("BYDAY", NUMBERED_DAYS), optional("BYMONTHDAY", MONTH_DAYS)
    ),
    st.builds("FREQ=YEARLY{}{}{}".format, COMMON, optional("BYDAY", NUMBERED_DAYS), optional("BYYEARDAY", YEAR_DAYS)),
    st.builds("FREQ=YEARLY;BYWEEKNO={}{}".format, numbers(1, 53), optional("BYDAY", WEEKDAYS)),
)


@given(rule=WITH_POSITIONS | WITHOUT, start=STARTS, length=st.integers(0, 250))
@example("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3", datetime.fromisoformat("2026-12-02T10:00"), 10)
@example("FREQ=MONTHLY;BYDAY=MO,1TU", datetime.fromisoformat("2026-12-02T10:00"), 60)
def test_every_rule_names_what_its_definition_says(rule: str, start: datetime, length: int) -> None:
    last = start.date() + timedelta(days=length)
    expected = by_definition.walls(rule, start, last)
    if len(expected) > recurrence.MOST:
        return
    assert [one.wall for one in times_of(f"{rule};UNTIL={last:%Y%m%d}", start, UTC_ZONE)] == expected
    if expected:
        assert [one.wall for one in named(f"{rule};COUNT={len(expected)}", start, UTC_ZONE)] == expected


# --- Against a count of days ----------------------------------------------------------------------------------------


@given(
    start=STARTS,
    weekdays=st.sets(st.integers(0, 6), min_size=1),
    interval=st.integers(1, 4),
    length=st.integers(1, 400),
)
def test_weekly_rules_name_the_days_that_counting_weeks_finds(
    start: datetime, weekdays: set[int], interval: int, length: int
) -> None:
    names = ",".join(WEEK[day] for day in sorted(weekdays))
    last = start.date() + timedelta(days=length)
    monday = start.date() - timedelta(days=start.weekday())
    each = [start.date() + timedelta(days=n) for n in range(length + 1)]
    expected = [day for day in each if day.weekday() in weekdays and (day - monday).days // 7 % interval == 0]
    rule = f"FREQ=WEEKLY;INTERVAL={interval};BYDAY={names};UNTIL={last:%Y%m%d}"
    if expected:
        found = named(rule, start, KOLKATA)
        assert [one.wall for one in found] == [datetime.combine(day, start.time()) for day in expected]


@given(start=STARTS, day=st.integers(-31, 31).filter(bool), interval=st.integers(1, 7), months=st.integers(0, 60))
def test_monthly_rules_name_the_days_that_counting_months_finds(
    start: datetime, day: int, interval: int, months: int
) -> None:
    expected: list[date] = []
    for n in range(0, months + 1, interval):
        year, month = divmod(start.year * 12 + start.month - 1 + n, 12)
        length = monthrange(year, month + 1)[1]
        if abs(day) <= length:
            expected.append(date(year, month + 1, day if day > 0 else length + day + 1))
    expected = [one for one in expected if one >= start.date()]
    rule = f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day};COUNT={max(len(expected), 1)}"
    if expected:
        found = named(rule, start, KOLKATA)
        assert [one.wall.date() for one in found if one.starts_at] == expected
