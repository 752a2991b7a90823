"""A real browser for the portal's tests: how it is started, watched and asked."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Response, expect

from portal.bookings import Booked

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is not localhost: plain http there is no secure context.
    "--host-resolver-rules=MAP hire.test 127.0.0.1",
)
FAKE_DEVICES = "--use-fake-device-for-media-stream"
FAKE_CONSENT = "--use-fake-ui-for-media-stream"
NO_DEVICES = "--use-fake-device-for-media-stream=device-count=0"

Launch = Callable[..., Awaitable[Browser]]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium is installed (Debian: chromium)"
)


class Seen:
    """What a page asked for and complained of."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.answers: list[Response] = []

    @property
    def weight(self) -> int:
        """The bytes of every body so far, none of them compressed."""
        return sum(int(answer.headers.get("content-length", 0)) for answer in self.answers)


@asynccontextmanager
async def visiting(browser: Browser, url: str, **options: Any) -> AsyncIterator[tuple[Page, Seen]]:  # noqa: ANN401 (the context's own options)
    """Open `url` in a fresh profile; in the end it must not have complained, nor spoken to anybody else."""
    context = await browser.new_context(**options)
    page, seen = await context.new_page(), Seen()
    page.on("console", lambda it: seen.complaints.append(it.text) if it.type in {"error", "warning"} else None)
    page.on("pageerror", lambda it: seen.complaints.append(str(it)))
    page.on("request", lambda it: seen.hosts.add(it.url.split("/")[2]))
    page.on("response", lambda it: seen.answers.append(it))  # noqa: PLW0108 (Playwright marks its handlers, and a method takes no mark)
    await page.goto(url)
    yield page, seen
    await context.close()
    assert seen.complaints == []
    assert seen.hosts == {url.split("/")[2]}


def link(address: str, booked: Booked) -> str:
    return f"{address}/?session_key={booked.key}"


async def expect_stage(page: Page, stage: str, *, within: float = 5) -> None:
    await expect(page.locator("main")).to_have_attribute("data-stage", stage, timeout=within * 1000)


async def expect_picture(page: Page) -> None:
    video = page.locator("#picture")
    await expect(video).to_be_visible()
    async with asyncio.timeout(5):
        while not await video.evaluate("video => video.videoWidth"):  # noqa: ASYNC110 (it happens in the browser)
            await asyncio.sleep(0.05)


async def loudest(page: Page) -> float:
    """Return the highest level that the meter showed within two seconds: the fake microphone beeps each second."""
    levels: list[float] = []
    for _ in range(40):
        levels.append(float(await page.locator("#level").evaluate("meter => meter.ariaValueNow")))
        await asyncio.sleep(0.05)
    return max(levels)
