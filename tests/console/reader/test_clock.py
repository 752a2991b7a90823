"""The console's clock: days and times of its reader's zone, in words of their language."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hireloop.console.reader.clock import Clock, parse_day

KOLKATA = Clock(ZoneInfo("Asia/Kolkata"), "en")
BERLIN = Clock(ZoneInfo("Europe/Berlin"), "en")
TODAY = date(2026, 12, 1)
EN_DASH = "\N{EN DASH}"


def test_a_day_is_the_clocks_own() -> None:
    assert KOLKATA.day_of(datetime(2026, 11, 30, 18, 30, tzinfo=UTC)) == TODAY
    begin, end = KOLKATA.bounds(TODAY)
    assert begin == datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
    assert end - begin == timedelta(days=1)


def test_a_day_on_which_the_clocks_change_is_as_long_as_it_is() -> None:
    begin, end = BERLIN.bounds(date(2026, 10, 25))
    assert end.astimezone(UTC) - begin.astimezone(UTC) == timedelta(hours=25)


def test_hours_say_when_they_end_on_another_day() -> None:
    start = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
    assert KOLKATA.hours(start, start + timedelta(hours=1)) == "10:00–11:00"  # noqa: RUF001 (en dash)
    assert KOLKATA.hours(start, start + timedelta(hours=15)) == "10:00 – 01:00 next day"  # noqa: RUF001 (en dash)
    assert KOLKATA.hours(start, start + timedelta(days=3)) == "10:00 – Fri 4 Dec 2026, 10:00"  # noqa: RUF001 (en dash)


@pytest.mark.parametrize(
    ("locale", "day", "short", "hours", "overnight"),
    [
        ("en", "Tuesday, 1 December 2026", "Tue 1 Dec 2026", "10:00–11:00", "10:00 – 01:00 next day"),  # noqa: RUF001 (en dash)
        ("de_AT", "Dienstag, 1. Dezember 2026", "Di., 1. Dez. 2026", "10:00–11:00", "10:00 – 01:00 am nächsten Tag"),  # noqa: RUF001 (en dash)
        ("hi", "मंगलवार, 1 दिसंबर 2026", "मंगल, 1 दिस॰ 2026", "10:00 am–11:00 am", "10:00 am – अगले दिन 1:00 am"),  # noqa: RUF001 (en dash)
    ],
)  # fmt: skip
def test_a_clock_speaks_its_readers_language(locale: str, day: str, short: str, hours: str, overnight: str) -> None:
    clock, start = Clock(ZoneInfo("Asia/Kolkata"), locale), datetime(2026, 12, 1, 4, 30, tzinfo=UTC)
    assert clock.day(TODAY) == day
    assert clock.short(start) == f"{short}, {hours.partition(EN_DASH)[0]}"
    assert clock.hours(start, start + timedelta(hours=1)) == hours
    assert clock.hours(start, start + timedelta(hours=15)) == overnight


def test_an_hour_that_comes_twice_says_which_it_is() -> None:
    start = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    twice = [BERLIN.hours(start + timedelta(hours=n), start + timedelta(hours=n, minutes=15)) for n in range(3)]
    assert twice == ["02:30 CEST–02:45 CEST", "02:30 CET–02:45 CET", "03:30–03:45"]  # noqa: RUF001 (en dash)
    assert BERLIN.hours(start, start + timedelta(minutes=45)) == "02:30 CEST–02:15 CET"  # noqa: RUF001 (en dash)
    assert BERLIN.short(start + timedelta(hours=1)).endswith("02:30 CET")
    forward = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    assert BERLIN.hours(forward, forward + timedelta(hours=1)) == "01:30 CET–03:30 CEST"  # noqa: RUF001 (en dash)


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Havana", "Asia/Beirut", "America/Santiago", "Pacific/Apia"])
def test_days_lie_side_by_side_also_where_clocks_change_at_midnight(zone: str) -> None:
    clock = Clock(ZoneInfo(zone), "en")
    for number in range(400):
        day = TODAY + timedelta(days=number)
        begin, end = clock.bounds(day)
        assert clock.bounds(day + timedelta(days=1))[0].astimezone(UTC) == end.astimezone(UTC)
        assert clock.day_of(begin) == day
        assert clock.day_of(begin - timedelta(seconds=1)) == day - timedelta(days=1)


def test_an_exact_moment_names_its_zone() -> None:
    assert KOLKATA.exact(datetime(2026, 12, 1, 4, 30, 7, tzinfo=UTC)) == "2026-12-01 10:00:07 IST"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        (None, TODAY),
        ("", TODAY),
        ("2026-12-24", date(2026, 12, 24)),
        ("2026-02-30", None),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("tomorrow", None),
        ("<script>", None),
    ],
)
def test_a_query_asks_for_a_day_or_for_none(text: str | None, day: date | None) -> None:
    assert parse_day(text, today=TODAY) == day
