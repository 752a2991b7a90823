"""Dates in words, read back as a person would: over every zone of the database, and where the clocks change."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hireloop.wording import times
from hireloop.wording.languages import LANGUAGES

ZONES = sorted(available_timezones())
HOUR = timedelta(hours=1)
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "hi": "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
}
WEEKDAYS = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "hi": "सोमवार मंगलवार बुधवार गुरुवार शुक्रवार शनिवार रविवार",
}
DAY = {"en": r"(\S+), (\d+) (\S+) (\d{4})", "de": r"(\S+), (\d+)\. (\S+) (\d{4})", "hi": r"(\S+), (\d+) (\S+) (\d{4})"}
SECONDS = r"(?::(\d\d))?"
CLOCK = {
    "en": rf"(\d\d):(\d\d){SECONDS}",
    "de": rf"(\d\d):(\d\d){SECONDS}",
    "hi": rf"(\d{{1,2}}):(\d\d){SECONDS} (am|pm)",
}
OFFSET = r"UTC([+-])(\d\d):(\d\d)(?::(\d\d))?"
ABBREVIATION = r"(?: ([A-Za-z]+))?"


@cache
def patterns(language: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what a stretch of time and a single moment look like."""

    def at(end: str) -> str:
        day, clock = DAY[language], CLOCK[language]
        return f"(?P<{end}_day>{day}, )?(?P<{end}_clock>{clock})(?P<{end}_zone>{ABBREVIATION})"

    offsets = rf"\((?P<first>{OFFSET})(?: → (?P<second>{OFFSET}))?, (?P<name>[^)]+)\)"
    first, last = at("start"), at("end")
    return re.compile(f"{first} ?– ?{last} {offsets}"), re.compile(f"{first} {offsets}")  # noqa: RUF001 (en dash)


def read_day(text: str, language: str) -> date:
    found = re.match(DAY[language], text)
    assert found is not None
    weekday, day, month, year = found.groups()
    read = date(int(year), MONTHS[language].split().index(month) + 1, int(day))
    assert WEEKDAYS[language].split()[read.weekday()] == weekday
    return read


def read_clock(text: str, language: str) -> timedelta:
    found = re.match(CLOCK[language], text)
    assert found is not None
    hours, minutes = int(found[1]), int(found[2])
    if language == "hi":
        hours = hours % 12 + (12 if found[4] == "pm" else 0)
    return timedelta(hours=hours, minutes=minutes, seconds=int(found[3] or 0))


def read_offset(text: str) -> timedelta:
    found = re.match(OFFSET, text)
    assert found is not None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size


def read(day: date, clock: timedelta, offset: timedelta) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=timezone(offset))
    return (midnight + clock).astimezone(UTC)


def read_span(text: str, language: str) -> tuple[datetime, datetime, re.Match[str]]:
    """Return the two moments that a reader takes from the text, by its own date, clock and offset alone."""
    found = patterns(language)[0].fullmatch(text)
    assert found is not None, text
    first_day = read_day(found["start_day"], language)
    last_day = read_day(found["end_day"], language) if found["end_day"] else first_day
    first = read_offset(found["first"])
    second = read_offset(found["second"]) if found["second"] else first
    return (
        read(first_day, read_clock(found["start_clock"], language), first),
        read(last_day, read_clock(found["end_clock"], language), second),
        found,
    )


def check_span(starts_at: datetime, ends_at: datetime, name: str, language: str) -> None:
    zone = ZoneInfo(name)
    starts, ends, found = read_span(times.span(starts_at, ends_at, zone, language), language)
    assert (starts, ends) == (starts_at, ends_at)
    assert found["name"] == name
    abbreviation = ends_at.astimezone(zone).tzname() or ""
    assert found["end_zone"].strip() == (abbreviation if abbreviation.isalpha() else "")
    assert read_offset(found["first"]) == starts_at.astimezone(zone).utcoffset()


def clock_changes(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """Yield the first minute of each new offset in a year, found by halving."""

    def offset(at: datetime) -> timedelta | None:
        return at.astimezone(zone).utcoffset()

    begin = datetime(year, 1, 1, tzinfo=UTC)
    for day in range(0, 366, 6):  # Morocco's second change comes within weeks of the first
        low, high = begin + timedelta(days=day), begin + timedelta(days=day + 6)
        if offset(low) == offset(high):
            continue
        while high - low > timedelta(minutes=1):
            middle = low + timedelta(minutes=(high - low) // timedelta(minutes=2))
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        yield high


def minutes(first: datetime, last: datetime) -> st.SearchStrategy[datetime]:
    count = (last - first) // timedelta(minutes=1)
    return st.integers(0, count).map(lambda n: first + timedelta(minutes=n))


@pytest.mark.parametrize("language", list(LANGUAGES))
@given(
    name=st.sampled_from(ZONES),
    starts_at=minutes(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),
    length=st.integers(1, 3 * 24 * 60),
)
@example(name="Asia/Kathmandu", starts_at=datetime(2026, 5, 1, tzinfo=UTC), length=45)
@example(name="Australia/Lord_Howe", starts_at=datetime(2026, 4, 4, 14, 45, tzinfo=UTC), length=30)
@example(name="Pacific/Apia", starts_at=datetime(2011, 12, 30, 9, 45, tzinfo=UTC), length=30)
@example(name="Africa/Monrovia", starts_at=datetime(1971, 1, 1, tzinfo=UTC), length=30)
def test_a_stretch_of_time_is_read_back_in_every_zone(
    language: str, name: str, starts_at: datetime, length: int
) -> None:
    check_span(starts_at, starts_at + timedelta(minutes=length), name, language)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_both_edges_of_every_clock_change_of_the_world_are_read_back(language: str) -> None:
    changes = 0
    for name in ZONES:
        for change in clock_changes(ZoneInfo(name), 2026):
            changes += 1
            for starts_at in (change - HOUR, change - timedelta(minutes=1), change, change + HOUR / 2):
                check_span(starts_at, starts_at + timedelta(minutes=45), name, language)
    assert changes > 300


@given(
    name=st.sampled_from(ZONES),
    at=minutes(datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)),
    language=st.sampled_from(sorted(LANGUAGES)),
)
def test_a_moment_by_itself_is_read_back_in_every_zone(name: str, at: datetime, language: str) -> None:
    found = patterns(language)[1].fullmatch(times.point(at, ZoneInfo(name), language))
    assert found is not None
    day, clock = read_day(found["start_day"], language), read_clock(found["start_clock"], language)
    assert read(day, clock, read_offset(found["first"])) == at
    assert found["name"] == name


@pytest.mark.parametrize(
    ("zone", "starts_at", "said"),
    [
        ("Asia/Kolkata", datetime(2026, 12, 1, 4, 30, tzinfo=UTC), "10:00–11:00 IST (UTC+05:30, Asia/Kolkata)"),  # noqa: RUF001
        ("Asia/Kathmandu", datetime(2026, 12, 1, 4, 30, tzinfo=UTC), "10:15–11:15 (UTC+05:45, Asia/Kathmandu)"),  # noqa: RUF001
        (
            "Australia/Lord_Howe",  # by half an hour, and without an abbreviation
            datetime(2026, 4, 4, 14, 30, tzinfo=UTC),
            "01:30–02:00 (UTC+11:00 → UTC+10:30, Australia/Lord_Howe)",  # noqa: RUF001
        ),
        (
            "Europe/Berlin",
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
            "02:30 CEST–02:30 CET (UTC+02:00 → UTC+01:00, Europe/Berlin)",  # noqa: RUF001
        ),
        (
            "America/St_Johns",
            datetime(2026, 3, 8, 5, 0, tzinfo=UTC),
            "01:30 NST–03:30 NDT (UTC-03:30 → UTC-02:30, America/St_Johns)",  # noqa: RUF001
        ),
    ],
)
def test_offsets_stand_beside_the_clock(zone: str, starts_at: datetime, said: str) -> None:
    assert times.span(starts_at, starts_at + HOUR, ZoneInfo(zone), "en").endswith(said)


@pytest.mark.parametrize(
    ("ahead", "locale", "said"),
    [
        (timedelta(hours=24), "en", "in 24 hours"),
        (timedelta(hours=1), "en", "in 60 minutes"),
        (timedelta(hours=24), "de", "in 24 Stunden"),
        (timedelta(hours=24), "hi", "24 घंटे में"),
        (timedelta(days=3), "de", "in 3 Tagen"),
        (timedelta(seconds=29), "en", ""),
        (-HOUR, "en", ""),
    ],
)
def test_how_far_ahead_something_is(ahead: timedelta, locale: str, said: str) -> None:
    assert times.soon(ahead, locale) == said


@pytest.mark.parametrize(
    ("name", "locale"),
    [("pt-BR", "pt_BR"), ("de-DE-u-co-phonebk", "de_DE"), ("", "en"), (None, "en"), ("xx", "en"), ("\x00", "en")],
)
def test_a_locale_is_known_by_babels_name(name: str | None, locale: str) -> None:
    assert times.known_locale(name) == locale
