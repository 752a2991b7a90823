"""What the portal's tests ask a browser: the stage, the picture, the meter; and a candidate's link."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped] # it brings no types
from playwright.async_api import Page, expect

from hireloop import app
from hireloop.scheduling.bookings import announcements
from hireloop.settings import Settings
from hireloop.web.following import Following
from portal.factories import BookingResult
from web.browsers import serving

FAKE_DEVICES = "--use-fake-device-for-media-stream"
TWO_CAMERAS = "--use-fake-device-for-media-stream=device-count=2"
FAKE_CONSENT = "--use-fake-ui-for-media-stream"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NARROW = 320  # pixels
# After how long a session is read without being told of a change; the last is how long a process listens for its probe.
READ_AGAIN_AFTER = ("READ_AGAIN_SECONDS", "LEASED_READ_AGAIN_SECONDS", "_PROBE_SECONDS")
# What reaches further right than the screen, where one can scroll there.
_TOO_WIDE = """width => document.documentElement.scrollWidth <= width ? null : [...document.body.querySelectorAll("*")]
    .filter(it => it.getBoundingClientRect().right > width).map(it => it.outerHTML.slice(0, 200))"""
# Firefox allows camera and microphone for one page only.
ASKS_AGAIN = "navigator.permissions.query = async () => ({ state: 'prompt' });"
# Keeps what the picture shows, to ask later what has become of it; and the states that its tracks are in now.
KEEP_STREAM = "window.kept = document.getElementById('picture').srcObject, window.kept.getTracks().length"
TRACKS_OF_KEPT_STREAM = "window.kept.getTracks().map(track => track.readyState)"
NO_DEVICES = "--use-fake-device-for-media-stream=device-count=0"


@asynccontextmanager
async def served_here(settings: Settings) -> AsyncIterator[str]:
    """Serve the application in this process for the length of a block, and say its address; the pool must be open."""
    built = app.build(settings.model_copy(update={"base_url": "http://localhost"}))
    following: Following = built.state["context"].following  # the pool is the test's, and so it has no lifespan
    await following.start()
    with announcements.heard_by(following.look_at):
        async with serving(built) as served:
            yield served
    await following.stop()


def link(address: str, booked: BookingResult) -> str:
    return f"{address}/?session_key={booked.key}"


async def expect_stage(page: Page, stage: str) -> None:
    await expect(page.locator("main")).to_have_attribute("data-stage", stage)


async def expect_picture(page: Page) -> None:
    video = page.locator("#picture")
    await expect(video).to_be_visible()
    async with asyncio.timeout(30):
        while not await video.evaluate("video => video.videoWidth"):  # noqa: ASYNC110 (it happens in the browser)
            await asyncio.sleep(0.05)


async def loudest(page: Page) -> float:
    """Return the highest level that the meter showed within two seconds: the fake microphone beeps each second."""
    levels: list[float] = []
    for _ in range(40):
        levels.append(float(await page.locator("#level").evaluate("meter => meter.ariaValueNow")))
        await asyncio.sleep(0.05)
    return max(levels)


async def expect_accessible(page: Page) -> None:
    """Expect that axe finds nothing in this light, and that nobody has to scroll sideways on a narrow screen."""
    too_wide = await page.evaluate(_TOO_WIDE, NARROW)
    assert too_wide is None, too_wide
    await _expect_no_violations(page, {"type": "tag", "values": AXE_TAGS})


async def expect_contrast_in_the_dark(page: Page) -> None:
    """Expect that everything can be told from its background in the dark, too: nothing but colours is different."""
    await page.emulate_media(color_scheme="dark")
    await _expect_no_violations(page, {"type": "rule", "values": ["color-contrast"]})
    await page.emulate_media(color_scheme="light")


async def _expect_no_violations(page: Page, run_only: dict[str, Any]) -> None:
    if await page.evaluate("typeof axe === 'undefined'"):  # once a document
        await page.evaluate(AXE_SCRIPT)
    # Nothing is loaded for it, as there may be no connection.
    options = {"runOnly": run_only, "resultTypes": ["violations"], "preload": False}
    found = AxeResults(await page.evaluate("options => axe.run(options)", options))
    assert found.violations_count == 0, found.generate_report()
