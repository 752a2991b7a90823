"""One session behind its cookie, on the database's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from hireloop import db
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from portal.coming_in import PRESSED, come_in
from portal.factories import BookingResult, Person, book
from portal.records import everything


async def _stage(client: httpx.AsyncClient, booked: BookingResult) -> str:
    page = await client.get(booked.path)
    assert page.status_code == 200
    return page.text.split('data-stage="')[1].split('"')[0]


async def _press(client: httpx.AsyncClient, booked: BookingResult, act: str) -> None:
    answer = await client.post(f"{booked.path}{act}/", headers=PRESSED)
    assert (answer.status_code, answer.headers["location"]) == (303, booked.path)


# --- The five states, and the ends that people make ------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts_in", "stage"), [(3600, "early"), (40, "early"), (25, "open"), (-590, "open"), (-610, "late")]
)
async def test_the_page_follows_the_servers_clock(
    client: httpx.AsyncClient, settings: Settings, starts_in: float, stage: str
) -> None:
    booked = await book(settings, starts_in=starts_in)
    await come_in(client, booked)
    assert await _stage(client, booked) == stage


async def test_the_window_is_a_setting(client: httpx.AsyncClient, settings: Settings) -> None:
    wide = settings.model_copy(update={"portal_early_seconds": 3600, "portal_late_seconds": 7200})
    at = datetime.now(UTC) + timedelta(minutes=50)
    booked = await book(wide, at=at)
    await come_in(client, booked)
    assert await _stage(client, booked) == "open"
    visit = await sessions.visit(booked.session_id)
    assert (visit.opens_at, visit.closes_at) == (at - timedelta(hours=1), at + timedelta(hours=2))


async def test_early_it_says_when_in_the_candidates_zone_and_how_long_to_wait(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    at = datetime(2099, 12, 1, 4, 30, tzinfo=UTC)
    known = await book(settings, Person(email="a@example.com", time_zone="Europe/Berlin", locale="en"), at=at)
    unknown = await book(settings, Person(email="b@example.com"), at=at)
    for booked in (known, unknown):
        await come_in(client, booked)
    berlin, kolkata = (await client.get(known.path)).text, (await client.get(unknown.path)).text
    for said in ("Tuesday, 1 December 2099", "05:30 CET", "Europe/Berlin, UTC+01:00", "05:29:30 CET", "60 minutes"):
        assert said in berlin
    for said in ("10:00 IST", "Asia/Kolkata, UTC+05:30", "09:59:30 IST"):
        assert said in kolkata
    assert 'data-until="2099-12-01T04:29:30+00:00"' in kolkata
    assert " days" in kolkata
    assert "Start interview</button>" not in kolkata


async def test_late_it_says_kindly_whom_to_write_to(client: httpx.AsyncClient, settings: Settings) -> None:
    rita = await book(settings, Person(email="a@example.com", title="Coder & Co"), starts_in=-700)
    nobody = Person(email="b@example.com", title="Other", recruiter_email=None)
    unknown = await book(settings, nobody, starts_in=-700)
    for booked in (rita, unknown):
        await come_in(client, booked)
    page = (await client.get(rita.path)).text
    assert 'href="mailto:rita@acme.example?subject=My%20interview%3A%20Coder%20%26%20Co"' in page
    page = (await client.get(unknown.path)).text
    assert "mailto:" not in page
    assert "a reply to your invitation reaches them" in page
    assert "Ask for another time" not in page  # nobody would hear of it


async def test_cancelled_revoked_and_finished_are_said(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=5)
    await come_in(client, booked)
    await db.fetch("UPDATE session SET revoked_at = now() WHERE id = $1", booked.session_id)
    assert "This link is no longer valid" in (await client.get(booked.path)).text
    await db.fetch("UPDATE schedule SET state = 'cancelled' WHERE id = $1", booked.schedule_id)
    assert "This interview was cancelled" in (await client.get(booked.path)).text
    for act in ("start", "finish"):
        await _press(client, booked, act)
    assert (await sessions.visit(booked.session_id)).entered_at is None


async def test_a_moved_interview_shows_its_new_time_at_the_same_link(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, starts_in=-700)
    await come_in(client, booked)
    assert await _stage(client, booked) == "late"
    await booked.move(starts_in=7200)
    assert await _stage(client, booked) == "early"


# --- Start and Finish ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("starts_in", [3600, 31, -601])
async def test_start_outside_the_window_changes_nothing(
    client: httpx.AsyncClient, settings: Settings, starts_in: float
) -> None:
    booked = await book(settings, starts_in=starts_in)
    await come_in(client, booked)
    before = await everything()
    await _press(client, booked, "start")
    await _press(client, booked, "finish")
    assert await everything() == before


async def test_start_enters_once_and_reload_resumes(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=5)
    await come_in(client, booked)
    await _press(client, booked, "start")
    first = await sessions.visit(booked.session_id)
    assert first.state is SessionState.ENTERED
    assert first.interview_state == "in_progress"
    await _press(client, booked, "start")
    await booked.move(starts_in=-7200)
    for _ in range(2):
        assert await _stage(client, booked) == "started"
    await come_in(client, booked)
    assert (await sessions.visit(booked.session_id)).entered_at == first.entered_at


async def test_finish_ends_it_for_good(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=5)
    await come_in(client, booked)
    await _press(client, booked, "start")
    await _press(client, booked, "finish")
    assert await _stage(client, booked) == "finished"
    before = await everything()
    for act in ("start", "finish", "start"):
        await _press(client, booked, act)
    assert await _stage(client, booked) == "finished"
    assert await everything() == before
    assert (await sessions.visit(booked.session_id)).interview_state == "completed"
    rows = await db.fetch("SELECT kind FROM delivery WHERE kind IN ('entered', 'finished') ORDER BY kind")
    assert [row["kind"] for row in rows] == ["entered", "finished"]


# --- Asking for another time -----------------------------------------------------------------------------------


async def _requests() -> list[dict[str, Any]]:
    rows = await db.fetch("SELECT payload::text, recipient FROM delivery WHERE kind = 'late_request'")
    return [msgspec.json.decode(row["payload"]) | {"recipient": row["recipient"]} for row in rows]


async def test_one_press_asks_for_another_time_and_the_page_says_so_from_then_on(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    booked = await book(settings, Person(time_zone="Europe/Berlin"), starts_in=-700)
    await come_in(client, booked)
    page = (await client.get(booked.path)).text
    assert "Ask for another time</button>" in page
    for _ in range(3):
        await _press(client, booked, "ask")
    (request,) = await _requests()
    assert (request["recipient"], request["candidate_name"]) == ("rita@acme.example", "Asha Rao")
    page = (await client.get(booked.path)).text
    assert "You asked for another time" in page
    assert "Asked:" in page
    assert "asha@example.com" in page
    assert "Ask for another time</button>" not in page


@pytest.mark.parametrize("starts_in", [3600, 25, -590])
async def test_who_is_not_late_asks_in_vain(client: httpx.AsyncClient, settings: Settings, starts_in: float) -> None:
    booked = await book(settings, starts_in=starts_in)
    await come_in(client, booked)
    before = await everything()
    await _press(client, booked, "ask")
    assert await everything() == before


async def test_a_press_that_nobody_would_hear_of_changes_nothing(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, Person(recruiter_email=None), starts_in=-700)
    await come_in(client, booked)
    before = await everything()
    await _press(client, booked, "ask")
    assert await everything() == before
    assert "The time to start has passed" in (await client.get(booked.path)).text


async def test_another_sites_press_asks_for_nothing(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings, starts_in=-700)
    await come_in(client, booked)
    for site in ("cross-site", "same-site", "none"):
        answer = await client.post(f"{booked.path}ask/", headers={"Sec-Fetch-Site": site})
        assert answer.status_code == 403
    client.cookies.clear()
    assert (await client.post(f"{booked.path}ask/", headers=PRESSED)).status_code == 403
    assert await _requests() == []


# --- The device check ------------------------------------------------------------------------------------------


async def _device_check(session_id: UUID) -> dict[str, Any]:
    text = await db.fetch_value("SELECT device_check::text FROM session WHERE id = $1", session_id)
    found: dict[str, Any] = msgspec.json.decode(text or "{}")
    return found


async def test_the_latest_device_check_is_remembered(client: httpx.AsyncClient, settings: Settings) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    for camera in ("NotAllowedError", "ok"):
        body = {"camera": camera, "microphone": "NotFoundError"}
        assert (await client.post(f"{booked.path}devices/", json=body, headers=PRESSED)).status_code == 204
    check = await _device_check(booked.session_id)
    assert (check["camera"], check["microphone"]) == ("ok", "NotFoundError")
    assert "checked_at" in check


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"camera": "ok"}',
        b'{"camera": "ok", "microphone": "<script>"}',
        b'{"camera": "ok", "microphone": null}',
        b'{"camera": "ok", "microphone": "ok", "more": 1}',
        b'{"camera": "ok", "camera": "ok", "microphone": "ok"}',
        b'{"camera": "ok", "microphone": "ok", "\\u0000": 1}',
        b'{"camera": ' + b"[" * 10_000,
        b'{"camera": "\xff", "microphone": "ok"}',
    ],
)
async def test_a_device_check_says_only_known_words(client: httpx.AsyncClient, settings: Settings, body: bytes) -> None:
    booked = await book(settings)
    await come_in(client, booked)
    assert (await client.post(f"{booked.path}devices/", content=body, headers=PRESSED)).status_code == 400
    assert await _device_check(booked.session_id) == {}


# --- Addresses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", ""), lambda text: f"{{{text}}}"])
async def test_a_session_has_one_address(client: httpx.AsyncClient, settings: Settings, spelling: Any) -> None:  # noqa: ANN401 (str to str)
    booked = await book(settings)
    await come_in(client, booked)
    assert (await client.get(f"/i/{spelling(str(booked.session_id))}/")).status_code == 404
    assert (await client.get(f"/i/{booked.session_id}")).status_code == 200
