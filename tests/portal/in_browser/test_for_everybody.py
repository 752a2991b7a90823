"""The portal for everybody: without script, without cookies, by keyboard, on a narrow screen, by axe's rules."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from hireloop import db
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from portal.browsing import (
    FAKE_CONSENT,
    FAKE_DEVICES,
    expect_accessible,
    expect_picture,
    expect_stage,
    link,
)
from portal.factories import OUTBOX, BookingResult, Person, book, offer
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium


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
        await _tab_to(page, "I will be there")
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


async def test_with_the_keyboard_alone(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await _tab_to(page, "Skip to the content")
        await page.keyboard.press("Enter")
        await _tab_to(page, "Check camera and microphone")
        await page.keyboard.press("Enter")
        await expect_picture(page)
        await _tab_to(page, "Play a sound")
        await page.keyboard.press("Space")
        await _tab_to(page, "Start interview", key="Shift+Tab")  # it comes first where it can be pressed
        await page.keyboard.press("Enter")
        await expect_stage(page, "started")
        await _tab_to(page, "Finish…")
        await page.keyboard.press("Enter")
        await _tab_to(page, "Finish interview")
        await page.keyboard.press("Enter")
        await expect_stage(page, "finished")


async def _tab_to(page: Page, name: str, *, key: str = "Tab") -> None:
    """Press Tab until the control with this name has the focus, and see that one can see it."""
    for _ in range(15):
        await page.keyboard.press(key)
        focused = page.locator(":focus")
        if name in await focused.inner_text():
            outline = await focused.evaluate("it => getComputedStyle(it).outlineStyle")
            assert outline != "none"
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_stage_is_accessible_and_fits_a_narrow_screen(
    address: str, launch: Launch, settings: Settings, scheme: Literal["light", "dark"]
) -> None:
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    narrow = {"viewport": {"width": 320, "height": 700}, "color_scheme": scheme, "reduced_motion": "reduce"}
    for stage, booked in (await _every_stage(settings)).items():
        async with visiting(browser, link(address, booked), **narrow) as (page, seen):
            await expect_stage(page, stage)
            if stage == "started":  # in no tab yet
                await expect(page.get_by_text("Press the button to go on in this tab")).to_be_visible()
                await expect_accessible(page)
                await page.get_by_role("button", name="Go on here").click()
                await expect_picture(page)
            if stage == "early":
                await page.locator("#check-devices").click()
                await expect_picture(page)
            await expect_accessible(page)
            assert seen.weight < 75_000
            if stage == "late":
                await page.get_by_role("button", name="Ask for another time").click()
                await expect(page.get_by_text("Asked:")).to_be_visible()
                await expect_accessible(page)
    await _expect_own_changes_accessible(address, launch, settings, narrow)
    for path in ("/", "/?session_key=guess", "/i/01a1fd9e-8cf2-76ba-b101-c652a4ce31e8/"):
        async with visiting(browser, address + path, **narrow) as (page, seen):
            await expect_accessible(page)
            seen.complaints.clear()  # the answer may be 404 or 403


async def _expect_own_changes_accessible(
    address: str, launch: Launch, settings: Settings, narrow: dict[str, Any]
) -> None:
    """Go through every look of the pages that move and cancel."""
    browser = await launch()
    booked = await book(settings, Person(email="own@example.com", time_zone="America/Argentina/Buenos_Aires"))
    async with visiting(browser, link(address, booked), **narrow) as (page, seen):
        for act in ("cancel", "move"):  # with a form, and without an open time
            await page.goto(f"{address}{booked.path}{act}/")
            await expect_accessible(page)
        for n in range(25):
            await offer(datetime.now(UTC) + timedelta(days=2, hours=n))
        seen.answers.clear()
        await page.reload()
        await expect(page.get_by_role("radio")).to_have_count(20)
        assert seen.weight < 60_000
        await page.get_by_role("radio").first.check()
        await expect_accessible(page)
        await db.fetch("UPDATE slot SET taken = 1 WHERE taken = 0")
        await offer(datetime.now(UTC) + timedelta(days=9))
        await page.get_by_role("button", name="Move the interview").click()
        await expect(page.get_by_role("alert")).to_contain_text("no longer free")
        await expect_accessible(page)
        await page.get_by_role("radio").check()
        await page.get_by_role("button", name="Move the interview").click()
        await expect(page.get_by_text("You moved this interview")).to_be_visible()
        await expect_accessible(page)
        await booked.move(starts_in=3600)
        for act in ("cancel", "move"):
            await page.goto(f"{address}{booked.path}{act}/")
            await expect(page.get_by_text(f"too late to {act}")).to_be_visible()
            await expect_accessible(page)
        seen.complaints.clear()  # one answer was 409


LONG = (
    "Verantwortliche Softwareentwicklungsingenieurin (Donaudampfschifffahrtselektrizitätenhaupt".ljust(119, "x") + ")"
)
UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" + "s" * 40


@pytest.mark.parametrize("locale", ["en", "de", "hi"])
async def test_start_is_on_the_first_screen_of_a_phone(
    address: str, launch: Launch, settings: Settings, locale: str
) -> None:
    browser = await launch()
    phone = {"viewport": {"width": 360, "height": 640}}
    booked = await book(settings, Person(name=LONG, title=LONG, company=UNBROKEN, locale=locale), starts_in=600)
    async with visiting(browser, link(address, booked), **phone) as (page, _):
        await expect_stage(page, "early")
        await booked.move(starts_in=20)
        await page.reload()
        await expect_stage(page, "open")
        start = await page.locator("#start .button.main").bounding_box()
        assert start
        assert start["y"] + start["height"] <= 640


async def _every_stage(settings: Settings) -> dict[str, BookingResult]:
    starts = {"early": 7200, "open": 20, "started": 20, "late": -700, "finished": 20, "cancelled": 20, "revoked": 20}
    booked = {
        stage: await book(
            settings,
            Person(name=UNBROKEN, email=f"{stage}@example.com", title=f"{LONG} {stage}", company=UNBROKEN),
            starts_in=starts_in,
        )
        for stage, starts_in in starts.items()
    }
    for stage in ("started", "finished"):
        await sessions.enter(booked[stage].session_id, 1, outbox=OUTBOX)
    await sessions.leave(booked["finished"].session_id, 1, outbox=OUTBOX)
    await db.fetch("UPDATE schedule SET state = 'cancelled' WHERE id = $1", booked["cancelled"].schedule_id)
    await db.fetch("UPDATE session SET revoked_at = now() WHERE id = $1", booked["revoked"].session_id)
    return booked
