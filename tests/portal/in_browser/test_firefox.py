"""The portal in a second browser: its pages say nothing else, and the way through the interview works there too."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults  # type: ignore[import-untyped] # it brings no types
from playwright.async_api import expect

from hireloop.local.mailbox.mailbox import Mailbox
from hireloop.scheduling.bookings import announcements
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from portal.browsing import (
    AXE_TAGS,
    FAKE_CONSENT,
    KEEP_STREAM,
    NARROW,
    TRACKS_OF_KEPT_STREAM,
    expect_picture,
    link,
)
from portal.browsing import FAKE_DEVICES as CHROMIUM_DEVICES
from portal.coming_in import link_in
from portal.factories import BookingResult, book, offer
from processes import WorkerProcess, environment
from web.browsers import Launch, needs_chromium, visiting
from web.firefox import (
    DENIES_DEVICES,
    FAKE_DEVICES,
    HIDES_WHO_IT_IS,
    NO_AUDIO_OUTPUT,
    Firefox,
    Tab,
    firefox,
    needs_firefox,
)

pytestmark = needs_firefox

FOCUSED = "[document.activeElement.innerText, getComputedStyle(document.activeElement).outlineStyle]"
HAS_PICTURE = (
    "document.querySelector('#picture').checkVisibility() && document.querySelector('#picture').videoWidth > 0"
)
REFUSES_ONCE = """(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async () => {
        navigator.mediaDevices.getUserMedia = ask;
        throw new DOMException("", "NotAllowedError");
    };
})()"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """With a camera and a microphone, and without a sound card."""
    with firefox(tmp_path_factory.mktemp("firefox"), **FAKE_DEVICES, **NO_AUDIO_OUTPUT) as browser:
        yield browser


@pytest.fixture
def tab(shared: Firefox, request: pytest.FixtureRequest) -> Tab:
    return Tab(shared, request.node.name)


def stage(name: str) -> str:
    return f"document.querySelector('main')?.dataset.stage === '{name}'"


def found(device: str, finding: str) -> str:
    return f"document.querySelector('#{device}').dataset.finding === '{finding}'"


async def expect_for_everybody(tab: Tab) -> None:
    """Expect that axe finds nothing, and that nobody has to scroll sideways on a narrow screen."""
    assert await tab.ask("innerWidth") == NARROW
    assert await tab.ask("document.documentElement.scrollWidth") <= NARROW
    await tab.ask(f"{AXE_SCRIPT};0")
    options = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"], "preload": False}
    # As text: what comes as objects lacks what WebDriver has counted as too deep.
    result = json.loads(await tab.ask(f"axe.run({json.dumps(options)}).then(JSON.stringify)"))
    violations = AxeResults(result)
    assert violations.violations_count == 0, violations.generate_report()


async def press_by_keyboard(tab: Tab, name: str, key: str = "Enter") -> None:
    """Press Tab until the control with this name has the focus, see that one can see it, and press it."""
    for _ in range(15):
        await tab.key("Tab")
        named, outline = await tab.ask(FOCUSED)
        if name in named:
            assert outline != "none"
            await tab.key(key)
            return
    pytest.fail(f"Tab never came to {name}")


async def test_from_the_mail_to_the_end_in_firefox(
    address: str, settings: Settings, database_url: str, mailbox: Mailbox, tab: Tab
) -> None:
    booked = await book(settings, starts_in=3_600)
    host, port = mailbox.start()
    env = environment(database_url, BASE_URL=address, EMAIL_HOST=host, EMAIL_PORT=str(port))
    with await asyncio.to_thread(WorkerProcess, env):
        [mail] = await asyncio.to_thread(mailbox.wait_for, 1, timeout=60)
    assert await tab.open(link_in(mail.email)) == 200
    await tab.resize(NARROW, 700)
    await tab.until(stage("early"))
    await expect_for_everybody(tab)
    await tab.set_offline(True)
    await tab.until_said("#connection", "No connection. We keep trying")
    await tab.set_offline(False)
    await tab.until("document.querySelector('#connection').hidden")
    await booked.move(starts_in=20)
    announcements.announce([booked.session_id])
    await tab.until(stage("open"))
    await press_by_keyboard(tab, "Check camera and microphone")
    await tab.until(found("camera", "ok"))
    await tab.until_said("#microphone", "It is on. This browser cannot show its level.")
    await press_by_keyboard(tab, "Play a sound", " ")
    await tab.until_said("#speaker", "The sound could not be played.")
    await expect_for_everybody(tab)
    await tab.ask("document.querySelector('.skip').focus()")
    await press_by_keyboard(tab, "Start interview")
    await _in_the_room(tab)
    assert (await sessions.visit(booked.session_id)).state is SessionState.FINISHED
    assert await _unexpected(tab) == []
    await tab.close()


async def _in_the_room(tab: Tab) -> None:
    await tab.until(stage("started"))
    await tab.until(HAS_PICTURE)
    await tab.reload()
    await tab.until_said("#check-devices", "Turn on again")  # Firefox allows it for one page
    await expect_for_everybody(tab)
    await tab.ask(REFUSES_ONCE)
    await press_by_keyboard(tab, "Turn on again")
    await tab.until_said("#camera", "Click the crossed-out symbol to the left of the address")
    await expect_for_everybody(tab)
    await tab.press("#check-devices")
    await tab.until(HAS_PICTURE)
    await press_by_keyboard(tab, "Finish…")
    await press_by_keyboard(tab, "Finish interview")
    await tab.until(stage("finished"))
    await expect_for_everybody(tab)


async def _unexpected(tab: Tab) -> list[str]:
    """Return what the tab complained of besides a lost connection."""
    return [said for said in await tab.complaints() if "connection" not in said.lower()]


@needs_chromium
async def test_chromium_and_firefox_take_over_from_each_other(
    address: str, launch: Launch, settings: Settings, tab: Tab
) -> None:
    booked = await book(settings, starts_in=20)
    await tab.open(link(address, booked))
    await tab.press("#start form .button.main")
    await tab.until(HAS_PICTURE)
    assert await tab.ask(KEEP_STREAM) == 2
    browser = await launch(CHROMIUM_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await expect(page.get_by_text("The interview is open in another tab")).to_be_visible()
        await page.get_by_role("button", name="Take over").click()
        await expect_picture(page)
        assert await page.evaluate(KEEP_STREAM) == 2
        await tab.until_said("#elsewhere", "Your camera and microphone are off here")
        assert await tab.ask("document.querySelector('#picture').srcObject === null")
        assert await tab.ask(TRACKS_OF_KEPT_STREAM) == ["ended", "ended"]
        await tab.press("#elsewhere button")
        await tab.until(HAS_PICTURE)
        await expect(page.get_by_text("Your camera and microphone are off here")).to_be_visible()
        assert await page.locator("#picture").evaluate("video => video.srcObject === null")
        assert await page.evaluate(TRACKS_OF_KEPT_STREAM) == ["ended", "ended"]
    assert await tab.complaints() == []
    await tab.close()


async def test_firefox_that_hides_who_it_is_and_allows_nothing_is_told_what_is_true(
    address: str, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    booked = await book(settings, starts_in=3_600)
    with firefox(tmp_path_factory.mktemp("firefox"), **HIDES_WHO_IT_IS, **DENIES_DEVICES) as browser:
        tab = Tab(browser, "only")
        assert await tab.open(link(address, booked)) == 200
        await tab.until(r"/^(59|1:00):\d\d$/.test(document.getElementById('countdown').textContent)")
        assert await tab.ask("document.querySelectorAll('.unscripted:not([hidden])').length") == 0
        await tab.until_said(".when-local", "(UTC+00:00)")
        assert "Reykjavik" not in await tab.ask("document.body.innerText")
        await tab.press("#check-devices")
        await tab.until_said("#camera", "Access was not allowed. Click the crossed-out symbol")
        await tab.until_said("#readiness", "Not ready yet: your camera and your microphone do not work.")
        await _move(tab, booked)
        assert await tab.complaints() == []
    assert [past.change for past in (await sessions.visit(booked.session_id)).changes] == ["rescheduled"]


async def _move(tab: Tab, booked: BookingResult) -> None:
    await booked.move(starts_in=200_000)
    await offer(datetime.now(UTC) + timedelta(days=2))
    await tab.reload()
    await tab.press("a[href$='/move/']")
    await tab.press("input[type=radio]")
    await tab.press("form .button.main")
    await tab.until_said(".moved", "You moved this interview.")
