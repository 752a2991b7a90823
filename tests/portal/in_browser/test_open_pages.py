"""Pages that follow their state, in a real browser and with a real server process, on every way that they may fail."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling.sessions import sessions
from hireloop.settings import Settings
from hireloop.web import following
from portal.browsing import (
    ASKS_AGAIN,
    FAKE_CONSENT,
    FAKE_DEVICES,
    KEEP_STREAM,
    READ_AGAIN_AFTER,
    TRACKS_OF_KEPT_STREAM,
    expect_picture,
    expect_stage,
    link,
    served_here,
)
from portal.coming_in import PRESSED, come_in
from portal.factories import OUTBOX, BookingResult, Person, book, offer
from portal.records import everything
from processes import Server
from waiting import until, until_true
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

WELL_BEFORE_THE_POLL = 15_000  # ms: half of what a page without a socket may take
Recruiter = Callable[[str], httpx.Response]


@pytest.fixture
def address(server: Server) -> str:
    return f"http://localhost:{server.port}"


@pytest.fixture
async def served(settings: Settings, database: None) -> AsyncIterator[str]:  # noqa: ARG001 (the pool is open)
    """Where it is served by this process, which takes less time to start."""
    async with served_here(settings) as one:
        yield one


@pytest.fixture
async def recruiter(server: Server) -> Recruiter:
    """Posts to a path of the API."""
    key = (await api_keys.create("tests", Role.RECRUITER))[1]

    def post(path: str) -> httpx.Response:
        answer = httpx.post(f"{server.url}/api/interviews{path}", headers={"Authorization": f"Bearer {key}"})
        assert answer.is_success, answer.text
        return answer

    return post


async def test_a_cancellation_and_a_replaced_link_are_shown_while_the_page_is_open(
    address: str, launch: Launch, settings: Settings, recruiter: Recruiter
) -> None:
    booked = await book(settings)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, _), visiting(browser, f"{address}/") as (other, seen):
        await expect_stage(page, "early")
        await other.goto(link(address, booked))
        await other.get_by_role("link", name="Move the interview").click()
        await expect(other.get_by_role("heading", level=1)).to_have_text("Move your interview")
        await other.goto(f"{address}{booked.path}cancel/")
        await other.get_by_label("Reason").fill("My train")
        await asyncio.to_thread(recruiter, f"/schedules/{booked.schedule_id}/cancel/")
        await expect(page.locator("main")).to_have_attribute("data-stage", "cancelled", timeout=WELL_BEFORE_THE_POLL)
        await expect(other.get_by_text("has been changed since you opened this page")).to_be_visible(
            timeout=WELL_BEFORE_THE_POLL
        )
        await expect(other.get_by_label("Reason")).to_have_value("My train")
        assert seen.complaints == []


# What a page says once this was done in another process; a move keeps the link, so the page says the new time.
SHOWN = {
    "revoke": "This link is no longer valid",
    "reissue": "This link has been replaced",
    "reschedule": "This interview was moved",
    "erase": "This invitation has ended",
    "finish": "Your interview is finished",
}


async def test_what_another_process_changes_is_shown_by_its_notification_alone(
    launch: Launch, settings: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read again here, and a page with a socket does not poll."""
    for interval in READ_AGAIN_AFTER:
        monkeypatch.setattr(following, interval, 3_600.0)
    key = (await api_keys.create("tests", Role.ADMIN))[1]
    pages: dict[str, Page] = {}
    async with served_here(settings) as here, AsyncExitStack() as stack:
        browser = await launch()
        booked = {
            change: await book(
                settings,
                Person(email=f"{change}@example.com", title=change),
                starts_in=20 if change == "finish" else 86_400,
            )
            for change in SHOWN
        }
        for change, one in booked.items():
            page, seen = await stack.enter_async_context(visiting(browser, f"{here}/"))
            stack.callback(seen.complaints.clear)  # where the link has ended the answers are 403 and 410
            async with page.expect_websocket() as socket:
                await page.goto(link(here, one))
            await (await socket.value).wait_for_event("framereceived")
            pages[change] = page
        async with httpx.AsyncClient(base_url=server.url) as elsewhere:
            for change, page in pages.items():
                await change_it(elsewhere, change, booked[change], key)
                await expect(page.get_by_text(SHOWN[change])).to_be_visible()


async def change_it(elsewhere: httpx.AsyncClient, change: str, booked: BookingResult, key: str) -> None:
    """Do this to a booking as a recruiter does, or as its candidate in another tab."""
    recruiter = {"Authorization": f"Bearer {key}"}
    bookings = "/api/interviews/schedules"
    if change == "erase":
        candidate = await db.fetch_value("SELECT candidate FROM schedule WHERE id = $1", booked.schedule_id)
        answer = await elsewhere.delete(f"/api/candidates/{candidate}/", headers=recruiter)
    elif change == "reschedule":
        slot = str(await offer(datetime.now(UTC) + timedelta(days=3)))
        answer = await elsewhere.post(
            f"{bookings}/{booked.schedule_id}/reschedule/", headers=recruiter, json={"slot_id": slot}
        )
    elif change == "finish":
        await come_in(elsewhere, booked)
        await elsewhere.post(f"{booked.path}start/", headers=PRESSED)
        answer = await elsewhere.post(f"{booked.path}finish/", headers=PRESSED)
    else:
        answer = await elsewhere.post(f"/api/interviews/sessions/{booked.session_id}/{change}/", headers=recruiter)
    assert answer.status_code < 400, answer.text


async def test_another_browser_takes_over_and_the_first_lets_go_of_its_devices(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (first, _), visiting(browser, address) as (second, _):
        await first.get_by_role("button", name="Start interview").click()
        await expect_picture(first)
        await first.reload()
        await expect_picture(first)  # the same tab
        assert await first.evaluate(KEEP_STREAM) == 2

        async def after_the_socket(route: Route) -> None:
            response = await route.fetch(max_redirects=0)
            await expect(second.locator("#elsewhere")).to_be_hidden()
            await route.fulfill(response=response)

        await second.add_init_script(ASKS_AGAIN)
        await second.route("**/take-over/", after_the_socket)
        await second.goto(link(address, booked))
        await expect(second.get_by_text("The interview is open in another tab")).to_be_visible()
        await expect(second.locator("#devices")).to_be_hidden()
        await second.get_by_role("button", name="Take over").click()
        await expect_picture(second)
        await expect(first.get_by_text("Your camera and microphone are off here")).to_be_visible(
            timeout=WELL_BEFORE_THE_POLL
        )
        assert await first.locator("#picture").evaluate("video => video.srcObject === null")
        assert await first.evaluate(TRACKS_OF_KEPT_STREAM) == ["ended", "ended"]
        await first.get_by_role("button", name="Take over").click()
        await expect_picture(first)
        await expect(second.get_by_text("Your camera and microphone are off here")).to_be_visible()


async def test_of_two_tabs_that_press_start_at_once_one_is_in_and_the_other_is_told(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (one, _):
        other = await one.context.new_page()
        await other.goto(link(address, booked))
        await expect_stage(other, "open")
        pages = (one, other)
        await asyncio.gather(*(page.get_by_role("button", name="Start interview").click() for page in pages))
        for page in pages:
            await expect_stage(page, "started")
            await expect(page.locator("#devices:visible, #elsewhere:visible")).to_have_count(1)

        async def told() -> list[bool] | None:
            panels = [await page.locator("#elsewhere").is_visible() for page in pages]
            return panels if sorted(panels) == [False, True] else None

        panels = await until(told, "one of them is told of the other")
        await expect_picture(pages[panels.index(False)])


async def test_a_tab_that_was_duplicated_is_another_one(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.get_by_role("button", name="Start interview").click()
        await expect_picture(page)
        async with page.context.expect_page() as opened:
            await page.evaluate("() => window.open(location.href)")  # with a copy of this tab's storage
        copy = await opened.value
        await expect(copy.get_by_text("The interview is open in another tab")).to_be_visible()


async def test_without_storage_a_tab_is_still_itself_from_page_to_page(
    served: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    await sessions.enter(booked.session_id, 1, outbox=OUTBOX, client=uuid4())
    denied = "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('denied'); } })"
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, served) as (page, _):
        await page.add_init_script(denied)
        await page.goto(link(served, booked))
        await page.get_by_role("button", name="Take over").click()
        await expect_picture(page)
        await page.reload()
        await expect_picture(page)


async def test_a_press_before_the_server_has_said_who_is_in_turns_nothing_on_until_then(
    served: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    await sessions.enter(booked.session_id, 1, outbox=OUTBOX, client=uuid4())
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    held: list[WebSocketRoute] = []  # without a word
    counted = """
        window.asked = 0;
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wanted) => { window.asked += 1; return ask(wanted); };
    """
    async with visiting(browser, served) as (page, _):
        await page.add_init_script(counted)
        await page.route_web_socket("**/live*", lambda socket: held.append(socket))  # noqa: PLW0108 (Playwright marks its handlers, and a method takes no mark)
        await page.goto(link(served, booked))
        await page.get_by_role("button", name="Turn on camera and microphone").click()
        await until_true(lambda: bool(held), "the socket is opened")
        held[0].connect_to_server()
        await expect(page.get_by_text("The interview is open in another tab")).to_be_visible()
        assert await page.evaluate("window.asked") == 0


async def test_a_scanner_that_runs_scripts_changes_nothing(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    before = await everything()
    async with visiting(browser, address) as (scanner, _):  # it comes first, as scanners do
        await answers_twice(scanner, link(address, booked))
    assert await everything() == before
    async with visiting(browser, link(address, booked)) as (candidate, _):
        await candidate.get_by_role("button", name="Start interview").click()
        await expect_picture(candidate)
        entered = await sessions.visit(booked.session_id)
        async with visiting(browser, address) as (scanner, _):
            await answers_twice(scanner, link(address, booked))
            await expect(scanner.get_by_text("The interview is open in another tab")).to_be_visible()
        await expect(candidate.locator("#elsewhere")).to_be_hidden()
        assert (await sessions.visit(booked.session_id)).entered_at == entered.entered_at


async def answers_twice(page: Page, url: str) -> None:
    """Open a page, and stay until its script has answered the server two times, 20 s apart."""
    async with page.expect_websocket() as opened:
        await page.goto(url)
    socket = await opened.value
    for _ in range(2):
        await socket.wait_for_event("framesent")
