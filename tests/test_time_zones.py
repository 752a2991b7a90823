"""A zone by any of its names is one zone, by the zone database's present name."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from hireloop.time_zones import database_name, listed_names, zone_of

NO_PLACES = {"Factory", "localtime", "posixrules", "leapseconds", "tzdata.zi"}
NAMES = sorted(available_timezones() - NO_PLACES)
KOLKATA = ZoneInfo("Asia/Kolkata")


def is_zone(name: str) -> bool:
    try:
        return bool(database_name(name))
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("asia/kolkata", "Asia/Kolkata"),
        ("ASIA/CALCUTTA", "Asia/Kolkata"),
        ("India Standard Time", "Asia/Kolkata"),
        ("india standard time", "Asia/Kolkata"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Nepal Standard Time", "Asia/Kathmandu"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("US/Pacific", "America/Los_Angeles"),
        ("GB", "Europe/London"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Zulu", "UTC"),
        ("Etc/GMT+5", "Etc/GMT+5"),
    ],
)
def test_a_zone_is_called_by_the_databases_present_name(given_: str, name: str) -> None:
    assert database_name(given_) == name


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        ("Europe/Stockholm", "Europe/Stockholm"),  # a link to Europe/Berlin
        ("Europe/Oslo", "Europe/Oslo"),
        ("Atlantic/Reykjavik", "Atlantic/Reykjavik"),  # a link to Africa/Abidjan
        ("Iceland", "Atlantic/Reykjavik"),
        ("Pacific/Truk", "Pacific/Chuuk"),
    ],
)
def test_nobody_reads_the_name_of_another_country(given_: str, name: str) -> None:
    assert database_name(given_) == name


@pytest.mark.parametrize(
    "name",
    [
        *sorted(NO_PLACES),
        *["", " ", "posix/Asia/Kolkata", "right/UTC", "Mars/Olympus", "../../etc/passwd", "Asia", "Asia/\0", "a" * 500],
        *["Etc/Unknown", "IST", "+05:30", "UTC+5", " Asia/Kolkata", "Asia/Kolkata\n"],
    ],
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^must be an IANA time zone, such as Asia/Kolkata or Europe/Berlin$"):
        database_name(name)
    assert zone_of(name, KOLKATA) is KOLKATA


def test_without_a_name_the_other_zone_is_meant() -> None:
    assert zone_of(None, KOLKATA) is KOLKATA
    assert zone_of("Asia/Calcutta", ZoneInfo("UTC")).key == "Asia/Kolkata"


@given(st.sampled_from(NAMES), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (hypothesis takes bounds without a zone)
def test_under_its_present_name_a_zone_keeps_its_clocks(name: str, at: datetime) -> None:
    present = database_name(name)
    assert database_name(present) == database_name(name.lower()) == database_name(name.upper()) == present
    assert at.astimezone(ZoneInfo(present)).utcoffset() == at.astimezone(ZoneInfo(name)).utcoffset()


@given(st.sampled_from(sorted(get_global("windows_zone_mapping"))))
def test_every_zone_of_windows_is_known(name: str) -> None:
    assert zone_of(name, KOLKATA).key == database_name(name)


@given(st.text(max_size=40))
def test_any_text_is_a_zone_that_there_is_or_refused(name: str) -> None:
    if is_zone(name):
        assert ZoneInfo(database_name(name)).key == database_name(name)


def test_the_names_to_choose_from_are_those_of_today() -> None:
    names = listed_names()
    assert names == sorted(set(names))
    assert {"Asia/Kolkata", "Europe/Berlin", "UTC"} <= set(names)
    assert not {"Asia/Calcutta", "US/Eastern", "Factory"} & set(names)
    assert [database_name(name) for name in names] == names
