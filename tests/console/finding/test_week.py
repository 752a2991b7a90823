"""A week: seven days, each with its interviews, also where the clocks change and at the ends of the calendar."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from console.factories import booked
from console.signing import sign_in
from hireloop.access.tables import Role
from hireloop.console.finding.week import monday_of, path_of
from hireloop.settings import Settings


def days_of(html: str) -> dict[str, list[str]]:
    """Return who is on which day of the page."""
    sections = re.findall(r'<section aria-labelledby="day-([0-9-]*)"(.*?)</section>', html, re.DOTALL)
    return {day: re.findall(r"<h3><a href=[^>]*><bdi>([^<]*)</bdi>", text) for day, text in sections}


async def test_a_week_has_seven_days_with_their_interviews(client: httpx.AsyncClient, settings: Settings) -> None:
    noon = datetime.now(UTC).astimezone(settings.zone).replace(hour=12, minute=0, second=0, microsecond=0)
    monday = noon + timedelta(days=14 - noon.weekday())
    await booked("Monday, first minute", starts_at=monday.replace(hour=0))
    await booked("Sunday, last minute", starts_at=(monday + timedelta(days=6)).replace(hour=23, minute=59))
    await booked("Next Monday", starts_at=(monday + timedelta(days=7)).replace(hour=0))
    await sign_in(client, Role.VIEWER)
    page = (await client.get(path_of(monday.date()))).text
    days = days_of(page)
    assert [date.fromisoformat(day) for day in days] == [monday.date() + timedelta(days=nth) for nth in range(7)]
    assert [them for them in days.values() if them] == [["Monday, first minute"], ["Sunday, last minute"]]
    assert f'href="{path_of(monday.date() + timedelta(days=7))}"' in page
    assert f'href="{path_of(monday.date() - timedelta(days=7))}"' in page
    assert 'aria-current="date"' not in page


async def test_the_week_of_a_day_is_one_address_and_today_is_marked(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    today = datetime.now(UTC).astimezone(settings.zone).date()
    await sign_in(client, Role.VIEWER)
    answer = await client.get("/console/week/")
    assert (answer.status_code, answer.headers["location"]) == (303, path_of(today))
    answer = await client.get("/console/week/", params={"day": "2026-12-31"})
    assert answer.headers["location"] == "/console/week/2026-W53/"
    answer = await client.get("/console/week/", params={"day": "2027-01-01"})
    assert answer.headers["location"] == "/console/week/2026-W53/"
    page = (await client.get(path_of(today))).text
    assert f'<a href="/console/?day={today}" aria-current="date">' in page
    assert f'href="/console/week/?day={today}"' in (await client.get("/console/")).text


async def test_a_full_day_shows_its_first_interviews_and_leads_to_the_others(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.finding.week._A_DAY", 2)
    start = (datetime.now(UTC) + timedelta(days=3)).astimezone(settings.zone).replace(hour=8)
    for number in range(3):
        await booked(f"Number {number}", starts_at=start + timedelta(hours=number))
    await sign_in(client, Role.VIEWER)
    page = (await client.get(path_of(start.date()))).text
    assert days_of(page)[start.date().isoformat()] == ["Number 0", "Number 1"]
    assert page.count("All of ") == 1


@pytest.mark.parametrize("text", ["nonsense", "2026-W54", "2026-W00", "2026-w49", "2026-49", "0001-W01", "9999-W01"])
async def test_what_is_no_week_is_said_so_and_this_week_is_shown(client: httpx.AsyncClient, text: str) -> None:
    await sign_in(client, Role.VIEWER)
    for path in (f"/console/week/{text}/", f"/console/week/?day={text}"):
        page = await client.get(path)
        assert page.status_code == 400
        assert "This is not a valid day." in page.text
        assert len(days_of(page.text)) == 7


def test_every_week_that_is_shown_has_weeks_around_it_and_its_address_leads_back() -> None:
    assert monday_of("2026-W49") == date(2026, 11, 30)
    assert monday_of("2026-W53") == date(2026, 12, 28)
    assert monday_of("2027-W53") is None
    for week in ("0002-W02", "9998-W51"):
        monday = monday_of(week)
        assert monday is not None
        assert path_of(monday) == f"/console/week/{week}/"


async def test_days_on_which_the_clocks_change_have_all_of_their_interviews(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    monkeypatch.setattr("hireloop.console.reader.clock.zone_of_reader", lambda _: berlin)
    for nth, (day, offset) in enumerate((("2027-03-28", 1), ("2027-10-31", 2))):
        midnight = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=berlin)
        assert midnight.utcoffset() == timedelta(hours=offset)
        await booked(f"First {nth}", starts_at=midnight)
        await booked(f"Last {nth}", starts_at=midnight.replace(hour=23, minute=30))
        await booked(f"Next {nth}", starts_at=midnight + timedelta(days=1))
    await sign_in(client, Role.VIEWER)
    for nth, day in enumerate(("2027-03-28", "2027-10-31")):
        page = (await client.get(path_of(date.fromisoformat(day)))).text
        assert days_of(page)[day] == [f"First {nth}", f"Last {nth}"]
        assert "Times are in Europe/Berlin." in page
