"""The first page: a day's interviews, and on top what needs attention."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from console.factories import at_risk, booked, held, in_days, tried
from console.signing import press, sign_in
from factories import OUTBOX, TESTS, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.notify.channels import configured
from hireloop.scheduling.bookings import cancellations
from hireloop.settings import Settings


def day_of(at: datetime, settings: Settings) -> str:
    return at.astimezone(settings.zone).date().isoformat()


def names_on(html: str) -> list[str]:
    agenda = html.partition('class="entries agenda"')[2]
    return re.findall(r"<h3><a href=[^>]*><bdi>([^<]*)</bdi></a>", agenda)


async def test_a_day_has_its_interviews_in_the_order_of_their_start(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    noon = datetime.now(UTC).astimezone(settings.zone).replace(hour=12, minute=0, second=0, microsecond=0)
    start = noon + timedelta(days=3)
    await booked("Second", starts_at=start + timedelta(hours=1))
    await booked("First", starts_at=start)
    await booked("Midnight", starts_at=start.replace(hour=0))
    await booked("Next day", starts_at=start.replace(hour=0) + timedelta(days=1))
    await sign_in(client, Role.VIEWER)
    page = await client.get("/console/", params={"day": day_of(start, settings)})
    assert names_on(page.text) == ["Midnight", "First", "Second"]
    assert "12:00–12:45" in page.text  # noqa: RUF001 (en dash)
    after = await client.get("/console/", params={"day": day_of(start + timedelta(days=1), settings)})
    assert names_on(after.text) == ["Next day"]
    today = await client.get("/console/")
    assert "Today," in today.text
    assert f"?day={day_of(noon + timedelta(days=1), settings)}" in today.text
    assert f"?day={day_of(noon - timedelta(days=1), settings)}" in today.text
    assert names_on(today.text) == []


async def test_a_long_day_comes_in_pages(
    client: httpx.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.days._A_PAGE", 2)
    start = in_days(3).replace(hour=8)
    for number in range(3):
        await booked(f"Number {number}", starts_at=start + timedelta(minutes=number % 2))
    await sign_in(client, Role.VIEWER)
    first = await client.get("/console/", params={"day": day_of(start, settings)})
    (more,) = re.findall(r'href="(/console/\?day=[^"]*after=[^"]*)"', first.text)
    second = await client.get(more.replace("&amp;", "&"))
    assert sorted(names_on(first.text) + names_on(second.text)) == ["Number 0", "Number 1", "Number 2"]
    assert len(names_on(first.text)) == 2
    assert "after=" not in second.text.partition("agenda")[2]


async def test_every_state_is_said_in_words_with_its_reason(client: httpx.AsyncClient, settings: Settings) -> None:
    start = in_days(3).replace(hour=8)
    await tried(await booked("Sent", starts_at=start), "sent", reason=None, reply="250 ok")
    await tried(await booked("Failed", starts_at=start), "bounced", reason="mailbox_full")
    await at_risk(await booked("Risky", starts_at=start))
    await booked("Fresh", starts_at=start)
    off = await booked("Off", starts_at=start)
    await tried(off, "sent", reason=None)
    await cancellations.cancel(off.id, by=TESTS, reason="", outbox=OUTBOX)
    await sign_in(client, Role.VIEWER)
    page = await client.get("/console/", params={"day": day_of(start, settings)})
    for words in (
        "Invited, not confirmed yet",
        "Candidate not reached",
        "The recipient&#39;s mailbox is full.",
        "At risk: not accepted yet, and time is running out",
        "Nothing is listening at the server&#39;s address and port.",
        "Invitation on its way",
        "Cancelled",
    ):
        assert words in page.text


async def test_what_needs_attention_stands_on_top_of_any_day_the_worst_first(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    await tried(await booked("Later", starts_at=in_days(9)), "rejected")
    await at_risk(await booked("Sooner", starts_at=in_days(2)))
    await tried(await booked("Fine", starts_at=in_days(1)), "sent", reason=None)
    moved_on = await booked("Moved on", starts_at=in_days(1))
    await tried(moved_on, "sent", reason=None)
    await cancellations.cancel(moved_on.id, by=TESTS, reason="", outbox=OUTBOX)
    await tried(moved_on, "rejected", revision=2)
    await sign_in(client, Role.VIEWER)
    page = await client.get("/console/", params={"day": day_of(in_days(5), settings)})
    assert re.findall(r"<h3><a href=[^>]*><bdi>([^<]*)</bdi></a>", page.text) == ["Moved on", "Later", "Sooner"]
    assert '<p class="quiet">Cancellation</p>' in page.text


async def test_more_failures_than_have_room_have_a_page_of_their_own(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hireloop.console.attention.entries._A_PAGE", 4)
    for number in range(6):
        await tried(await booked(f"Number {number}", starts_at=in_days(number + 1)), "rejected")
    await sign_in(client, Role.VIEWER)
    top = await client.get("/console/")
    assert len(re.findall("Number", top.text)) == 5
    assert 'href="/console/attention/">Show everything' in top.text
    first = await client.get("/console/attention/")
    (more,) = re.findall(r'href="(/console/attention/\?after=[^"]*)"', first.text)
    second = await client.get(more)
    assert [len(re.findall("Number", page.text)) for page in (first, second)] == [4, 2]


async def test_what_failed_for_an_interview_that_is_over_needs_no_attention_for_ever(
    client: httpx.AsyncClient,
) -> None:
    old = await tried(await booked("Old"), "rejected")
    await db.fetch("UPDATE delivery SET deadline_at = now() - interval '25 hours' WHERE id = $1", old)
    await sign_in(client, Role.VIEWER)
    assert "Nothing needs attention. Everybody has been notified" in (await client.get("/console/attention/")).text


async def test_a_held_channel_is_told_of_on_the_first_page_and_explained_on_its_own(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    await sign_in(client, Role.VIEWER)
    assert "Open" in (await client.get("/console/channels/")).text
    for channel in configured.channels(settings):
        await held(channel.name, channel.fingerprint)
    assert "The channel email has been held since" in (await client.get("/console/")).text
    page = (await client.get("/console/channels/")).text
    for words in ("Held since", "The server refused the user name or the password.", "hireloop doctor"):
        assert words in page


async def test_what_is_no_day_is_said_so_and_todays_is_shown(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    for day in ("tomorrow", "2026-13-01", "0000-00-00", "9999-12-31", "<b>"):
        page = await client.get("/console/", params={"day": day, "after": "nonsense"})
        assert page.status_code == 400
        assert "This is not a valid day" in page.text
        assert "Today," in page.text
        assert "<b>" not in page.text


async def test_an_interview_that_begins_now_is_on_todays_page(client: httpx.AsyncClient) -> None:
    await booked("Now", starts_at=soon(0))
    await sign_in(client, Role.VIEWER)
    assert names_on((await client.get("/console/")).text) == ["Now"]


async def test_what_failed_is_sent_again_by_one_press_on_the_first_page(client: httpx.AsyncClient) -> None:
    failed, risky, off = await booked("Failed <b>"), await booked("Risky"), await booked("Off")
    await tried(failed, "rejected")
    await at_risk(risky)  # the hub still tries by itself: a new link would end the old one for nothing
    await cancellations.cancel(off.id, by=TESTS, reason="", outbox=OUTBOX)
    await tried(off, "rejected", revision=2)
    await sign_in(client, Role.RECRUITER)
    for page in ("/console/", "/console/attention/"):
        shown = (await client.get(page)).text
        offered = re.findall(r'action="(/console/bookings/[^"]*)"', shown)
        assert offered == [f"{failed.path}reissue/", f"{failed.path}correct/"]
        assert 'Invite again<span class="unseen">: <bdi>Failed &lt;b&gt;</bdi>, with a new link</span>' in shown
    answer = await press(client, "/console/", f"{failed.path}reissue/")
    assert answer.headers["location"] == f"{failed.path}?done=reissued"
    assert "Failed &lt;" not in (await client.get("/console/attention/")).text


async def test_a_list_that_begins_nowhere_begins_at_its_beginning(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    for path in ("/console/", "/console/attention/", "/console/failures/"):
        page = (await client.get(path, params={"after": "nonsense"})).text
        assert "from its beginning" not in page
        assert "no more" not in page.lower()
