"""An open page asks for itself again: what that costs and keeps alive, and what its reader sees of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from console.factories import booked
from console.in_browser.browsing import refusals_expected, signed_in
from console.signing import sign_in
from factories import soon
from hireloop import db
from hireloop.access.tables import Role
from web.browsers import needs_chromium

REFRESH = {"HireLoop-Refresh": "1"}


async def test_an_unchanged_page_is_not_sent_again(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    plain = await client.get("/console/")
    assert "etag" not in plain.headers
    first = await client.get("/console/", headers=REFRESH)
    assert (first.status_code, first.text) == (200, plain.text)
    known = {**REFRESH, "If-None-Match": first.headers["etag"]}
    again = await client.get("/console/", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-store"
    await booked("Asha Rao", starts_at=soon(0))
    changed = await client.get("/console/", headers=known)
    assert changed.status_code == 200
    assert "Asha Rao" in changed.text


async def test_a_refresh_is_no_use_of_the_console_and_ends_with_the_sign_in(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '30 minutes'")
    (before,) = await db.fetch("SELECT last_used_at FROM sign_in")
    assert (await client.get("/console/", headers=REFRESH)).status_code == 200
    assert await db.fetch("SELECT last_used_at FROM sign_in") == [before]
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '9 hours'")
    refused = await client.get("/console/", headers=REFRESH)
    assert (refused.status_code, refused.headers["location"]) == (303, "/console/sign-in/")


async def test_reading_a_page_by_hand_is_a_use(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '30 minutes'")
    await client.get("/console/")
    assert await db.fetch_value("SELECT last_used_at > now() - interval '1 minute' FROM sign_in")


async def test_a_press_that_calls_itself_a_refresh_is_a_use(client: httpx.AsyncClient) -> None:
    await sign_in(client, Role.VIEWER)
    await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '30 minutes'")
    await client.post("/console/sign-ins/end-others/", headers=REFRESH)
    assert await db.fetch_value("SELECT last_used_at > now() - interval '1 minute' FROM sign_in")


async def test_only_a_page_that_can_be_read_again_asks_for_itself(client: httpx.AsyncClient) -> None:
    booking = await booked("Asha Rao")
    await sign_in(client, Role.RECRUITER)
    for path in ("/console/", booking.path, "/console/search/?q=asha", "/console/week/2026-W49/"):
        assert "refresh.js" in (await client.get(path)).text
    for path in ("/console/?day=nonsense", "/console/nowhere/"):
        assert "refresh.js" not in (await client.get(path)).text
    client.cookies.clear()
    assert "refresh.js" not in (await client.get("/console/sign-in/")).text


@pytest.fixture
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hireloop.console.render.REFRESH_SECONDS", 0.2)


@asynccontextmanager
async def opened(browser: Browser, url: str) -> AsyncIterator[Page]:
    """Open a page of the console, signed in, which may be refused later on."""
    async with signed_in(browser, url) as (page, seen), refusals_expected(seen):
        yield page


async def rename(name: str, to: str) -> None:
    await db.fetch("UPDATE candidate SET full_name = $2 WHERE full_name = $1", name, to)


@needs_chromium
@pytest.mark.usefixtures("_often")
async def test_what_has_changed_is_shown_and_said_without_a_press(address: str, browser: Browser) -> None:
    await booked("Asha Rao", starts_at=soon(1))
    async with opened(browser, f"{address}/console/") as page:
        link = page.get_by_role("link", name="Asha Rao")
        await link.focus()
        await page.evaluate("document.querySelector('.agenda h3').isTheSame = true")
        await booked("Earlier", starts_at=soon(0))
        await expect(page.get_by_role("link", name="Earlier")).to_be_visible()
        await expect(page.locator("#refresh")).to_have_text("This page has been updated.")
        await expect(link).to_be_focused()
        assert await page.evaluate("document.activeElement.closest('h3').isTheSame")
        assert await page.locator(".agenda h3").all_inner_texts() == ["Earlier", "Asha Rao"]
        await rename("Asha Rao", "Asha Roy")
        await expect(page.get_by_role("link", name="Asha Roy")).to_be_focused()


@needs_chromium
@pytest.mark.usefixtures("_often")
async def test_what_is_typed_opened_and_scrolled_to_stays(address: str, browser: Browser) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    async with opened(browser, f"{address}{booking.path}cancel/") as page:
        reason = page.get_by_label("Reason")
        await reason.fill("The interviewer is")
        await page.get_by_role("heading", level=1).click()
        await rename("Asha Rao", "Asha Roy")
        await expect(page.get_by_text("Asha Roy").first).to_be_visible()
        await expect(reason).to_have_value("The interviewer is")
        await reason.focus()
        await page.keyboard.press("End")
        await page.keyboard.type(" ill")
        await db.fetch("UPDATE schedule SET revision = revision + 1")
        await rename("Asha Roy", "Asha Ray")
        await expect(page.get_by_text("Asha Ray").first).to_be_visible()
        await expect(reason).to_be_focused()
        await expect(reason).to_have_value("The interviewer is ill")
        # The form belongs to what its reader saw: the press is refused, as somebody changed the booking meanwhile.
        await page.get_by_role("button", name="Cancel the interview").click()
        await expect(page.get_by_role("alert")).to_contain_text("Someone changed this booking")


@needs_chromium
@pytest.mark.usefixtures("_often")
async def test_opened_details_stay_open(address: str, browser: Browser) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    async with opened(browser, f"{address}{booking.path}") as page:
        details = page.locator("details").first
        await details.locator("summary").click()
        await page.evaluate("window.scrollTo(0, 120)")
        await rename("Asha Rao", "Asha Roy")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Asha Roy")
        await expect(page).to_have_title("Asha Roy, Backend Engineer – HireLoop")  # noqa: RUF001 (en dash)
        assert await details.evaluate("it => it.open")
        assert await page.evaluate("window.scrollY") == 120


@needs_chromium
@pytest.mark.usefixtures("_often")
async def test_who_is_offline_is_told_so_until_the_connection_is_back(address: str, browser: Browser) -> None:
    async with opened(browser, f"{address}/console/") as page:
        await page.context.set_offline(True)
        offline = page.get_by_text("No connection. What you see may be out of date.")
        await expect(offline).to_be_visible()
        await page.context.set_offline(False)
        await expect(offline).to_have_count(0)


@needs_chromium
@pytest.mark.usefixtures("_often")
async def test_a_page_whose_sign_in_has_ended_says_so_and_asks_no_more(address: str, browser: Browser) -> None:
    async with opened(browser, f"{address}/console/") as page:
        asked: list[str] = []
        page.on("request", lambda it: asked.append(it.url))
        await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '9 hours'")
        await expect(page.locator("#refresh")).to_contain_text("You are signed out")
        count = len(asked)
        await page.wait_for_timeout(1_000)  # five times as long as it would take to ask again
        assert len(asked) == count
        await page.get_by_role("link", name="Sign in again").click()
        await expect(page.get_by_text("You were signed out").first).to_be_visible()
