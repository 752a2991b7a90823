"""The device check as a person meets it: choice, sound, connection, one word for all of it; and what is wrong, by name.

What this browser cannot do wrong by itself, such as a sound that never begins, is put into it.
"""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from portal.browsing import (
    ASKS_AGAIN,
    FAKE_CONSENT,
    FAKE_DEVICES,
    NARROW,
    TWO_CAMERAS,
    expect_picture,
    expect_stage,
    link,
)
from portal.factories import OUTBOX, book
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

ID_OF_CAMERA = "video => video.srcObject?.getVideoTracks()[0].getSettings().deviceId"
AS_IN_A_MIRROR = "matrix(-1, 0, 0, 1, 0, 0)"


async def check(page: Page) -> None:
    await page.locator("#check-devices").click()
    await expect_picture(page)
    await expect(page.locator("#picture")).to_have_css("transform", AS_IN_A_MIRROR)


async def expect_camera(page: Page, ident: str) -> None:
    async with asyncio.timeout(30):
        while await page.locator("#picture").evaluate(ID_OF_CAMERA) != ident:  # noqa: ASYNC110 (it happens in the browser)
            await asyncio.sleep(0.05)


# --- The choice ------------------------------------------------------------------------------------------------


async def test_the_chosen_camera_is_the_one_in_the_picture_and_is_remembered(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(TWO_CAMERAS, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await expect(page.get_by_label("Choose a camera")).to_be_hidden()  # before it is allowed there are no names
        await check(page)
        await expect(page.get_by_label("Choose a camera").locator("option")).to_have_count(2)
        first = await page.locator("#picture").evaluate(ID_OF_CAMERA)
        second = await page.get_by_label("Choose a camera").evaluate(
            "(list, first) => [...list.options].map(it => it.value).find(it => it !== first)", first
        )
        await page.get_by_label("Choose a camera").select_option(second)
        await expect_camera(page, second)
        await page.reload()
        await check(page)
        await expect_camera(page, second)
        await expect(page.get_by_label("Choose a camera")).to_have_value(second)


async def test_a_remembered_device_that_is_gone_is_named_and_another_one_is_used(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.evaluate(
            """() => localStorage.setItem("hireloop-devices", JSON.stringify({
                camera: { id: "gone", label: "Old Camera" },
                microphone: { id: "gone too", label: "Old Headset" },
                speaker: { id: "gone as well", label: "Old Speaker" },
            }))"""
        )
        await page.reload()
        await check(page)
        await expect(page.locator("#camera")).to_contain_text("“Old Camera” was not found, so this one is in use.")
        await expect(page.locator("#microphone")).to_contain_text("“Old Headset” was not found")
        await page.get_by_role("button", name="Play a sound").click()
        await expect(page.locator("#speaker")).to_contain_text("“Old Speaker” was not found")
        await expect(page.locator("#readiness")).to_have_text("You are ready.")


async def test_what_was_remembered_by_somebody_else_does_no_harm(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.evaluate("() => localStorage.setItem('hireloop-devices', '{broken')")
        await page.reload()
        await check(page)


async def test_the_sound_is_played_on_the_chosen_speaker(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.evaluate(
            """() => {
                window.sinks = [];
                HTMLMediaElement.prototype.setSinkId = async (id) => { window.sinks.push(id); };
                navigator.mediaDevices.enumerateDevices = async () =>
                    [{ kind: "audiooutput", deviceId: "headset", label: "Headset" }];
            }"""
        )
        await check(page)
        await page.get_by_label("Choose a speaker").select_option("Headset")  # plays it at once
        await expect(page.locator("#speaker")).to_contain_text("two soft notes")
        assert await page.evaluate("window.sinks") == ["headset"]


async def test_a_camera_that_was_unplugged_and_comes_back_is_on_again(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked), permissions=["camera", "microphone"]) as (page, _):
        await check(page)
        await page.locator("#picture").evaluate(
            "video => video.srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
        )
        await expect(page.locator("#camera")).to_contain_text("It was disconnected. Plug it in again")
        await expect(page.locator("#readiness")).to_have_text("Almost ready: your camera does not work yet.")
        await page.evaluate("() => navigator.mediaDevices.dispatchEvent(new Event('devicechange'))")
        await expect(page.locator("#camera")).to_contain_text("Your camera works")
        await expect_picture(page)


# --- Sound -----------------------------------------------------------------------------------------------------


async def test_a_browser_without_a_sound_card_says_so_after_two_seconds(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, address) as (page, _):
        await page.add_init_script(
            """Object.defineProperty(AudioContext.prototype, "state", { get: () => "suspended" });
            AudioContext.prototype.resume = () => new Promise(() => {});"""
        )
        await page.clock.install(time="2031-05-05T05:05:05Z")
        await page.clock.pause_at("2031-05-05T06:00:00Z")
        await page.goto(link(address, booked))
        await check(page)
        await expect(page.locator("#microphone")).to_contain_text("Say something")
        await page.clock.run_for(1_990)
        await expect(page.locator("#microphone")).to_contain_text("Say something")
        await page.clock.run_for(10)
        await expect(page.locator("#microphone")).to_contain_text("It is on. This browser cannot show its level.")
        await expect(page.locator("#readiness")).to_have_text("You are ready.")
        await page.get_by_role("button", name="Play a sound").click()
        await page.clock.run_for(1_990)
        await expect(page.locator("#readiness")).to_have_text("You are ready.")
        await page.clock.run_for(10)
        await expect(page.locator("#speaker")).to_contain_text("The sound could not be played.")
        await expect(page.locator("#readiness")).to_have_text("Almost ready: the sound could not be played.")


async def test_nothing_else_that_never_answers_is_waited_for(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, address) as (page, _):
        await page.add_init_script(
            """const never = () => new Promise(() => {});
            navigator.permissions.query = never;
            navigator.mediaDevices.enumerateDevices = never;"""
        )
        await page.goto(link(address, booked))
        await check(page)
        await expect(page.locator("#readiness")).to_have_text("You are ready.")


async def test_a_silent_microphone_is_not_called_ready(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.evaluate(
            """() => {
                const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
                navigator.mediaDevices.getUserMedia = async () => {
                    const picture = (await open({ video: true })).getTracks();
                    const silence = new AudioContext().createMediaStreamDestination().stream.getTracks();
                    return new MediaStream([...picture, ...silence]);
                };
            }"""
        )
        await check(page)
        await expect(page.locator("#readiness")).to_have_text("Almost ready: say something to try your microphone.")


# --- The connection --------------------------------------------------------------------------------------------


async def test_the_round_trip_is_shown_and_a_slow_one_is_called_slow(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):

        async def slowly(route: Any) -> None:  # noqa: ANN401 (Playwright's Route)
            await asyncio.sleep(0.3)
            await route.continue_()

        await page.route("**/connection.js", slowly)
        await check(page)
        await expect(page.locator("#round-trip")).to_contain_text(
            re.compile(r"Slow \((3|[4-9])\d\d ms\)|Slow \(\d{4,}")
        )
        await expect(page.locator("#readiness")).to_have_text("You are ready.")


async def test_without_a_connection_it_says_so_until_there_is_one(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, seen):
        await check(page)
        await expect(page.locator("#round-trip")).to_contain_text(re.compile(r"(Good|Slow) \(\d+ ms\)"))
        await page.context.set_offline(True)
        await expect(page.locator("#round-trip")).to_contain_text("No connection")
        await expect(page.locator("#readiness")).to_have_text("Not ready yet: there is no connection.")
        await page.context.set_offline(False)
        await expect(page.locator("#round-trip")).to_have_attribute("data-finding", "ok")
        await expect(page.locator("#readiness")).to_have_text("You are ready.")
        seen.complaints.clear()  # of requests without a connection


# --- Remedies --------------------------------------------------------------------------------------------------

_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "fingers", "expected"),
    [
        (_WINDOWS, 0, "chrome"),
        (f"{_WINDOWS} Edg/140.0.0.0", 0, "edge"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", 0, "firefox"),
        (f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", 0, "safari"),
        (f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15", 5, "ios-safari"),  # an iPad
        (f"{_PHONE} Version/18.0 Mobile/15E148 Safari/604.1", 5, "ios-safari"),
        (f"{_PHONE} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", 5, "ios-other"),
        ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36", 5, "android"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", 5, "android"),
        ("Lynx/2.9.0", 0, "other"),
    ],
)
async def test_the_remedy_is_that_of_the_browser_at_hand(
    address: str, launch: Launch, settings: Settings, agent: str, fingers: int, expected: str
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, _):
        named = await page.evaluate(
            """async ([userAgent, maxTouchPoints]) => {
                const { src } = document.querySelector("script[type=module]");
                const { browser } = await import(new URL("remedies.js", src));
                return browser({ userAgent, maxTouchPoints });
            }""",
            [agent, fingers],
        )
        assert named == expected


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ("Permission denied", "Click the icon to the left of the address, allow access there"),
        ("Permission denied by system", "privacy settings may be blocking this browser"),
        ("Permission dismissed", "closed without an answer"),
    ],
)
async def test_who_did_not_allow_it_decides_the_remedy(
    address: str, launch: Launch, settings: Settings, message: str, remedy: str
) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.evaluate(
            """message => { navigator.mediaDevices.getUserMedia = async () => {
                throw new DOMException(message, "NotAllowedError");
            }; }""",
            message,
        )
        await page.locator("#check-devices").click()
        for device in ("#camera", "#microphone"):
            await expect(page.locator(device)).to_contain_text(remedy)
        await expect(page.locator("#readiness")).to_contain_text("Not ready yet: your camera and your microphone")


# --- In the room -----------------------------------------------------------------------------------------------


async def test_after_a_reload_where_the_browser_asks_again_there_is_a_large_button(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, address, viewport={"width": NARROW, "height": 700}) as (page, _):
        await page.add_init_script(ASKS_AGAIN)
        await page.goto(link(address, booked))
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")
        await expect_picture(page)
        await expect(page.locator("#check")).to_have_attribute("data-on", "yes")
        await page.reload()
        again = page.get_by_role("button", name="Turn on again")
        await expect(again).to_be_visible()
        words = page.get_by_text("were turned off when this page was reloaded")
        await expect(words).to_be_visible()
        why = await words.bounding_box()
        button, picture = await again.bounding_box(), await page.locator(".mirror").bounding_box()
        assert button
        assert picture
        assert why
        assert why["y"] + why["height"] <= button["y"]
        assert button["height"] >= 50
        assert picture["y"] < button["y"] < picture["y"] + picture["height"] - button["height"]
        await again.click()
        await expect_picture(page)
        await expect(again).to_have_count(0)


async def test_without_script_the_room_says_what_is_missing_there(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    await sessions.enter(booked.session_id, 1, outbox=OUTBOX)
    browser = await launch()
    async with visiting(browser, link(address, booked), java_script_enabled=False) as (page, _):
        await expect(page.get_by_text("You can still finish the interview here.")).to_be_visible()
        await expect(page.get_by_text("You can still start")).to_have_count(0)
