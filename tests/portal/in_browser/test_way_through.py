"""The portal as a person meets it: a real browser, a real server, the browser's own fake camera and microphone."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from hireloop import db
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from portal.browsing import (
    FAKE_CONSENT,
    FAKE_DEVICES,
    NO_DEVICES,
    expect_picture,
    expect_stage,
    link,
    loudest,
)
from portal.factories import Person, book, offer
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium


# --- The way through -------------------------------------------------------------------------------------------


async def test_a_candidate_checks_starts_reloads_and_finishes(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, seen):
        await page.get_by_role("button", name="Check camera and microphone").click()
        for device in ("#camera", "#microphone"):
            await expect(page.locator(device)).to_have_attribute("data-finding", "ok")
        assert await loudest(page) > 8
        await page.get_by_role("button", name="Play a sound").click()
        await expect(page.locator("#speaker")).to_contain_text("two soft notes")
        await expect(page.get_by_role("button", name="Check again")).to_be_enabled()
        await expect(page.locator("#start-warning")).to_be_hidden()
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")
        await expect_picture(page)
        await page.reload()
        await expect_stage(page, "started")
        await expect_picture(page)  # by itself, where the browser has it allowed
        await expect(page.locator("#clock")).to_have_text(re.compile(r"^(1:00|59):\d\d$"))
        await expect(page).to_have_title(re.compile(r"^(1:00:|59:)\d\d – In progress: "))  # noqa: RUF001 (en dash)
        await page.get_by_text("Finish…").click()
        await page.get_by_role("button", name="Finish interview").click()
        await expect_stage(page, "finished")
        await expect(page.get_by_text("The next step is up to Acme.")).to_contain_text("asha@example.com")
        assert seen.weight < 75_000
    assert (await sessions.visit(booked.session_id)).state is SessionState.FINISHED
    check = await db.fetch_value("SELECT device_check::text FROM session WHERE id = $1", booked.session_id)
    assert '"camera": "ok"' in check
    assert '"microphone": "ok"' in check


async def test_a_candidate_confirms_moves_and_cancels(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, Person(time_zone="Europe/Berlin"))
    taken = await offer(datetime.now(UTC) + timedelta(days=2))
    await offer(datetime.now(UTC) + timedelta(days=3))
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        await page.get_by_role("button", name="I will be there").click()
        await expect(page.get_by_text("you will be there")).to_be_visible()
        await expect(page.get_by_role("button", name="I will be there")).to_have_count(0)
        await page.get_by_role("link", name="Move the interview").click()
        await page.get_by_role("radio").first.check()
        await page.get_by_label("Reason").fill("My train")
        await db.fetch("UPDATE slot SET taken = 1 WHERE id = $1", taken)
        await page.get_by_role("button", name="Move the interview").click()
        await expect(page.get_by_role("alert")).to_contain_text("no longer free")
        seen.complaints.clear()  # the answer was 409
        await expect(page.get_by_label("Reason")).to_have_value("My train")
        await page.get_by_role("radio").check()
        await page.get_by_role("button", name="Move the interview").click()
        await expect_stage(page, "early")
        await expect(page.locator(".moved")).to_contain_text("You moved this interview")
        await expect(page.get_by_role("button", name="I will be there")).to_be_visible()  # to the new time
        await page.get_by_role("link", name="Cancel the interview").click()
        await page.get_by_role("link", name="Keep it").click()
        await expect_stage(page, "early")
        await page.get_by_role("link", name="Cancel the interview").click()
        await page.get_by_role("button", name="Cancel the interview").click()
        await expect_stage(page, "cancelled")
        await expect(page.get_by_role("heading", level=1)).to_have_text("You cancelled this interview")
    visit = await sessions.visit(booked.session_id)
    assert [(past.change, past.by) for past in visit.changes] == [
        ("confirmed", "the candidate"),
        ("rescheduled", "the candidate"),
        ("cancelled", "the candidate"),
    ]


async def test_the_page_opens_by_itself_and_keeps_the_camera_on(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=630)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, address) as (page, _):
        await page.clock.install()
        await page.goto(link(address, booked))
        await expect_stage(page, "early")
        await expect(page.locator(".unscripted:visible")).to_have_count(0)
        await page.get_by_role("button", name="Check camera and microphone").click()
        await expect_picture(page)
        await page.locator("#picture").evaluate("video => { video.dataset.mine = 'yes' }")
        await booked.move(starts_in=29)
        await page.clock.fast_forward(601_000)
        await expect_stage(page, "open")
        await expect(page.locator("#announcement")).to_contain_text("open now")
        await expect(page.locator("#picture")).to_have_attribute("data-mine", "yes")
        await expect_picture(page)
        await expect(page).to_have_title("Open now: Backend Engineer at Acme")
        await expect(page.locator("#stage + #start + #devices")).to_have_count(1)
        await booked.move(starts_in=-600.5)  # what the page knows of the window's end is the old one
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "late")


async def test_an_open_page_becomes_the_late_one_by_itself(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch()
    async with visiting(browser, address) as (page, _):
        await page.clock.install()
        await page.goto(link(address, booked))
        await expect_stage(page, "open")
        await booked.move(starts_in=-601)
        await page.clock.fast_forward(621_000)
        await expect_stage(page, "late")


async def test_a_wrong_clock_in_the_browser_does_not_matter(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=630)
    browser = await launch()
    async with visiting(browser, address) as (page, _):
        await page.clock.install(time="2031-05-05T05:05:05Z")
        await page.goto(link(address, booked))
        await page.clock.run_for(1000)
        await expect(page.locator("#countdown")).to_have_text(re.compile(r"^(10:00|09:[2-5]\d)$"))
        await expect(page).to_have_title(re.compile(r"^(10:00|09:[2-5]\d) – .*Backend Engineer at Acme$"))  # noqa: RUF001 (en dash)


async def test_the_other_zone_is_shown_where_it_differs(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=3600)
    browser = await launch()
    async with visiting(browser, link(address, booked), timezone_id="America/New_York") as (page, _):
        await expect(page.locator(".when-local")).to_contain_text("(America/New_York)")
    async with visiting(browser, link(address, booked), timezone_id="Asia/Colombo") as (page, _):
        await expect(page.locator("#countdown")).to_contain_text(":")
        await expect(page.locator(".when-local")).to_be_hidden()  # the same clocks as Asia/Kolkata


@pytest.mark.parametrize("stand_in", ["Atlantic/Reykjavik", "UTC"])
async def test_no_place_is_named_from_a_zone_that_stands_in_for_a_hidden_one(
    address: str, launch: Launch, settings: Settings, stand_in: str
) -> None:
    booked = await book(settings, starts_in=3600)
    browser = await launch()
    async with visiting(browser, link(address, booked), timezone_id=stand_in) as (page, _):
        await expect(page.locator(".when-local")).to_contain_text("(UTC+00:00)")
        await expect(page.locator(".when-local")).not_to_contain_text("Reykjavik")


async def test_the_interview_can_be_had_for_ones_own_calendar(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=7200)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, _):
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Add it to your calendar").click()
        file = await download.value
        assert file.suggested_filename == "interview.ics"
        assert f"UID:{booked.schedule_id}@".encode() in (await file.path()).read_bytes()


# --- What fails, with its remedy -------------------------------------------------------------------------------


async def test_a_denied_camera_names_the_remedy_and_start_stays_possible(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES)  # without a fake consent a headless browser denies
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.get_by_role("button", name="Check camera and microphone").click()
        for device in ("#camera", "#microphone"):
            await expect(page.locator(device)).to_contain_text("Access was not allowed. Click the icon")
        await expect(page.locator("#start-warning")).to_contain_text("camera and your microphone did not work")
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")


async def test_without_devices_it_says_so(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(NO_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.get_by_role("button", name="Check camera and microphone").click()
        await expect(page.locator("#camera")).to_contain_text("No camera was found")


FAILS_WITH = """name => {
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        if (wanted.video) throw new DOMException("", name);
        return new AudioContext().createMediaStreamDestination().stream;
    };
}"""


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("NotReadableError", "another app may be using it"),
        ("OverconstrainedError", "cannot be used for this interview"),
        ("AbortError", "could not be turned on (AbortError)"),
        ("SomethingNewError", "could not be turned on (UnknownError)"),
    ],
)
async def test_each_failure_is_named_apart_from_what_works(
    address: str, launch: Launch, settings: Settings, name: str, remedy: str
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.evaluate(FAILS_WITH, name)
        await page.get_by_role("button", name="Check camera and microphone").click()
        await expect(page.locator("#camera")).to_contain_text(remedy)
        await expect(page.locator("#microphone")).to_contain_text("Say something")
        await expect(page.locator("#start-warning")).to_contain_text("Your camera did not work")


async def test_a_browser_that_never_answers_is_not_waited_for(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=600)
    browser = await launch()
    async with visiting(browser, address) as (page, _):
        await page.clock.install()
        await page.goto(link(address, booked))
        await page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}) }")
        await page.get_by_role("button", name="Check camera and microphone").click()
        await expect(page.locator("#devices-hint")).to_contain_text("Your browser may now ask for permission")
        await page.clock.run_for(15_500)
        await expect(page.locator("#camera")).to_contain_text("No answer yet. Your browser may be waiting")
        await expect(page.get_by_role("button", name="Try again")).to_be_enabled()


async def test_on_plain_http_it_says_why_there_is_no_camera_and_start_works(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    plain = link(address.replace("localhost", "hire.test"), booked)
    async with visiting(browser, plain) as (page, _):
        await page.get_by_role("button", name="Check camera and microphone").click()
        await expect(page.locator("#camera")).to_contain_text("does not begin with https")
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")


async def test_a_page_elsewhere_can_not_press_start(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        other = address.replace("localhost", "127.0.0.1")
        await page.goto(other)
        trap = f'<form method="post" action="{address}{booked.path}start/"><button>Win</button></form>'
        await page.route("**/attack", lambda route: route.fulfill(body=trap, content_type="text/html"))
        await page.goto(f"{other}/attack")
        await page.get_by_role("button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Please open your invitation link again")
        seen.hosts.discard(other.split("/")[2])
        seen.complaints.clear()  # the answer was 403
    assert (await sessions.visit(booked.session_id)).entered_at is None
