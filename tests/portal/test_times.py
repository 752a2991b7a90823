from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from hireloop.portal import times

START = datetime(2026, 12, 1, 4, 30, tzinfo=UTC)


def _told(zone: str = "Asia/Kolkata", locale: str = "en", start: datetime = START) -> times.FormattedTimes:
    return times.told(
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        opens_at=start - timedelta(seconds=30),
        closes_at=start + timedelta(minutes=10),
        zone=ZoneInfo(zone),
        locale=locale,
    )


def test_a_time_has_its_date_abbreviation_offset_and_zone() -> None:
    assert _told() == times.FormattedTimes(
        date="Tuesday, 1 December 2026",
        starts="10:00 IST",
        ends="11:00 IST",
        opens="09:59:30 IST",
        closes="10:10 IST",
        lasts="60 minutes",
        zone="Asia/Kolkata, UTC+05:30",
        offset_minutes=330,
    )


def test_west_of_utc_and_without_an_abbreviation_the_offset_stands_in() -> None:
    said = _told("America/Sao_Paulo")
    assert (said.starts, said.zone, said.offset_minutes) == (
        "01:30 UTC-03:00",
        "America/Sao_Paulo, UTC-03:00",
        -180,
    )


def test_an_end_on_another_day_says_its_date() -> None:
    assert _told("Asia/Kolkata", start=START.replace(hour=17)).ends == "Wednesday, 2 December 2026, 00:00 IST"


def test_an_american_reads_an_american_date() -> None:
    said = _told("America/New_York", "en_US")
    assert said.date == "Monday, November 30, 2026"
    assert said.starts.replace("\u202f", " ") == "11:30 PM EST"


def test_a_moment_by_itself_says_its_date() -> None:
    assert times.dated(START, ZoneInfo("Asia/Kolkata"), "en") == "Tuesday, 1 December 2026, 10:00 IST"


@pytest.mark.parametrize(
    ("hours", "zone", "other", "words"),
    [
        (0, "Asia/Kolkata", "Asia/Colombo", ""),  # the same clocks
        (0, "Europe/Berlin", "Asia/Kolkata", "10:00 IST"),
        (16, "Europe/Berlin", "Asia/Kolkata", "02:00 IST, the next day"),
        (-4, "Asia/Kolkata", "America/New_York", "19:30 EST, the day before"),
        (0, "Asia/Kolkata", "America/Sao_Paulo", "01:30 UTC-03:00"),
    ],
)
def test_what_other_clocks_show_is_said_where_they_differ(hours: int, zone: str, other: str, words: str) -> None:
    assert times.elsewhere(START + timedelta(hours=hours), ZoneInfo(zone), ZoneInfo(other), "en") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (3661, "1 hour 1 minute"),
        (2 * 86_400 + 3 * 3600 + 7, "2 days 3 hours"),
        (86_400, "1 day"),
    ],
)
def test_a_wait_is_said_in_two_units_at_most(seconds: int, words: str) -> None:
    assert times.about(timedelta(seconds=seconds), "en") == words
