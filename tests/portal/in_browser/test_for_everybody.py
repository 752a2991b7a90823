"""The portal for everybody: without script, without cookies, by keyboard, on a narrow screen, by axe's rules."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs
from playwright.async_api import Page, expect

from hireloop import db
from hireloop.scheduling.sessions import followed_sessions, sessions
from hireloop.settings import Settings
from portal.browsing import (
    FAKE_CONSENT,
    TWO_CAMERAS,
    expect_picture,
    expect_stage,
    link,
)
from portal.factories import WIDEST, Person, book, offer
from waiting import until
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

# What has the focus: its name, and whether one can see that it has it, with nothing above it.
FOCUSED = """() => {
    const it = document.activeElement, { left, top, width, height } = it.getBoundingClientRect();
    const above = document.elementFromPoint(left + width / 2, top + height / 2);
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    const isOutlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    return [it.labels?.[0]?.innerText || it.innerText, isOutlined && it.contains(above)];
}"""
IDS_IN_USE = """() => {
    const stream = document.getElementById("picture").srcObject;
    const tracks = stream ? [...stream.getVideoTracks(), ...stream.getAudioTracks()] : [];
    return tracks.map(track => track.getSettings().deviceId);
}"""
# Writes down on which speaker a sound is to be played.
NOTES_SPEAKER = """() => {
    const set = HTMLMediaElement.prototype.setSinkId;
    HTMLMediaElement.prototype.setSinkId = function (id) { window.sink = id; return set.call(this, id); };
}"""


async def test_without_script_one_can_read_start_and_finish(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch()
    async with visiting(browser, link(address, booked), java_script_enabled=False) as (page, _):
        await expect(page.get_by_text("Without JavaScript")).to_be_visible()
        await booked.move(starts_in=20)
        await page.get_by_role("link", name="reload it").click()
        await expect(page.get_by_text("The check needs JavaScript")).to_be_visible()
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")
        await page.get_by_text("Finish…").click()
        await page.get_by_role("button", name="Finish interview").click()
        await expect_stage(page, "finished")


async def test_without_script_one_can_ask_for_another_time(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=-700)
    browser = await launch()
    async with visiting(browser, link(address, booked), java_script_enabled=False) as (page, _):
        await page.get_by_role("button", name="Ask for another time").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You asked for another time")
        await page.reload()
        await expect(page.get_by_text("on its way to the people who arrange this interview")).to_be_visible()
    assert await db.fetch_value("SELECT count(*) FROM delivery WHERE kind = 'late_request'") == 1


async def test_without_script_one_can_confirm_move_and_cancel(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings)
    await offer(datetime.now(UTC) + timedelta(days=2))
    browser = await launch()
    async with visiting(browser, link(address, booked), java_script_enabled=False) as (page, _):
        await page.get_by_role("button", name="I will be there").click()
        await expect(page.get_by_text("you will be there")).to_be_visible()
        await page.get_by_role("link", name="Move the interview").click()
        await page.get_by_role("radio").check()
        await page.get_by_label("Reason").fill("My train")
        await page.get_by_role("button", name="Move the interview").click()
        await expect(page.get_by_text("You moved this interview")).to_be_visible()
        await page.get_by_role("link", name="Cancel the interview").click()
        await page.get_by_role("button", name="Cancel the interview").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You cancelled this interview")
    visit = await sessions.visit(booked.session_id)
    assert [past.change for past in visit.changes] == ["confirmed", "rescheduled", "cancelled"]


async def test_with_the_keyboard_alone_one_can_confirm_move_and_cancel(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings)
    for days in (2, 3):
        await offer(datetime.now(UTC) + timedelta(days=days))
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, _):
        await _tab_to(page, "Add it to your calendar")
        async with page.expect_download() as download:
            await page.keyboard.press("Enter")
        assert (await download.value).suggested_filename == "interview.ics"
        await _tab_to(page, "I will be there", key="Shift+Tab")  # it comes before
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("you will be there")).to_be_visible()
        await _tab_to(page, "Move the interview")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("radio")).to_have_count(2)
        await page.keyboard.press("Tab")
        while await page.locator(":focus[type=radio]").count() == 0:
            await page.keyboard.press("Tab")
        await page.keyboard.press("ArrowDown")
        await _tab_to(page, "Move the interview")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("You moved this interview")).to_be_visible()
        await _tab_to(page, "Cancel the interview")
        await page.keyboard.press("Enter")
        await expect_stage(page, "own_change")
        await _tab_to(page, "Cancel the interview")
        await page.keyboard.press("Enter")
        await expect_stage(page, "cancelled")


async def test_with_the_keyboard_alone_one_comes_from_the_check_to_the_end(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(TWO_CAMERAS, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await _tab_to(page, "Skip to the content")
        await page.keyboard.press("Enter")
        await _tab_to(page, "Check camera and microphone")
        await page.keyboard.press("Enter")
        await expect_picture(page)
        chosen: dict[str, str] = {}
        for device in ("camera", "microphone", "speaker"):
            await _tab_to(page, f"Choose a {device}")
            before = await page.locator(":focus").input_value()
            await page.keyboard.press("ArrowDown")
            chosen[device] = await page.locator(":focus").input_value()
            assert chosen[device] != before
        await _expect_in_use(page, chosen)
        await page.reload()
        await _tab_to(page, "Check camera and microphone")
        await page.keyboard.press("Enter")
        await _expect_in_use(page, chosen)
        await page.evaluate(NOTES_SPEAKER)
        await _tab_to(page, "Play a sound")
        await page.keyboard.press("Space")
        await expect(page.locator("#speaker")).to_contain_text("two soft notes")
        assert await page.evaluate("window.sink") == chosen["speaker"]
        await _tab_to(page, "Start interview", key="Shift+Tab")  # it comes first where it can be pressed
        await page.keyboard.press("Enter")
        await expect_stage(page, "started")
        await expect_picture(page)
        await followed_sessions.take_over(booked.session_id, 1, uuid4())
        await expect(page.get_by_text("Your camera and microphone are off here")).to_be_visible()
        await _tab_to(page, "Take over")
        await page.keyboard.press("Space")
        await expect_picture(page)
        await _tab_to(page, "Finish…")
        await page.keyboard.press("Enter")
        await _tab_to(page, "Finish interview")
        await page.keyboard.press("Enter")
        await expect_stage(page, "finished")
        await page.goto(link(address, await book(settings, Person(email="late@example.com"), starts_in=-700)))
        await _tab_to(page, "Ask for another time")
        await page.keyboard.press("Space")
        await expect(page.get_by_role("heading", level=1)).to_have_text("You asked for another time")


async def _expect_in_use(page: Page, chosen: dict[str, str]) -> None:
    """Expect that what comes in is that of these devices, and that the lists say so, too."""

    async def used() -> bool:
        return bool(await page.evaluate(IDS_IN_USE) == [chosen["camera"], chosen["microphone"]])

    await until(used, "the chosen camera and microphone are in use")
    for device, ident in chosen.items():
        await expect(page.get_by_label(f"Choose a {device}")).to_have_value(ident)


async def _tab_to(page: Page, name: str, *, key: str = "Tab") -> None:
    """Press Tab until the control with this name has the focus, and see that one can see it."""
    for _ in range(15):
        await page.keyboard.press(key)
        named, is_seen = await page.evaluate(FOCUSED)
        if name in named:
            assert is_seen, name
            return
    pytest.fail(f"Tab never came to {name}")


async def test_a_browser_that_refuses_cookies_is_told_so(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings)
    browser = await launch()
    async with visiting(browser, address) as (page, seen):

        async def without_cookies(route: Any) -> None:  # noqa: ANN401 (Playwright's Route)
            await route.continue_(headers={**route.request.headers, "cookie": ""})

        await page.route("**/i/**", without_cookies)
        await page.goto(link(address, booked))
        await page.context.clear_cookies()
        await page.goto(f"{address}{booked.path}")
        await expect(page.get_by_text("your browser blocks cookies")).to_be_visible()
        seen.complaints.clear()  # the answer was 403


@pytest.mark.parametrize("locale", ["en", "de", "hi"])
async def test_start_is_on_the_first_screen_of_a_phone(
    address: str, launch: Launch, settings: Settings, locale: str
) -> None:
    browser = await launch()
    phone = {"viewport": {"width": 360, "height": 640}}
    booked = await book(settings, structs.replace(WIDEST, locale=locale), starts_in=600)
    async with visiting(browser, link(address, booked), **phone) as (page, _):
        await expect_stage(page, "early")
        await booked.move(starts_in=20)
        await page.reload()
        await expect_stage(page, "open")
        start = await page.locator("#start .button.main").bounding_box()
        assert start
        assert start["y"] + start["height"] <= 640
