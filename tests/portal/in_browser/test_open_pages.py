"""Pages that follow their state, in a real browser and with a real server process, on every way that they may fail."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from playwright.async_api import Page, Route, WebSocketRoute, expect

from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from portal.browsing import ASKS_AGAIN, FAKE_CONSENT, FAKE_DEVICES, expect_picture, expect_stage, link
from portal.factories import book
from portal.records import everything
from processes import Hireloop, Server, environment
from waiting import until
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

WELL_BEFORE_THE_POLL = 15_000  # ms: half of what a page without a socket may take
Recruiter = Callable[[str], httpx.Response]


@pytest.fixture
async def server(database_url: str, database: None) -> AsyncIterator[Server]:  # noqa: ARG001 (the pool is open)
    with Server(environment(database_url, BASE_URL="http://localhost")) as one:
        yield one


@pytest.fixture
def address(server: Server) -> str:
    return f"http://localhost:{server.port}"


@pytest.fixture
async def recruiter(server: Server) -> Recruiter:
    """Posts to a path of the API."""
    key = (await api_keys.create("tests", Role.RECRUITER))[1]

    def post(path: str) -> httpx.Response:
        answer = httpx.post(f"{server.url}/api/interviews{path}", headers={"Authorization": f"Bearer {key}"})
        assert answer.is_success, answer.text
        return answer

    return post


def is_started_again(server: Server, database_url: str) -> Hireloop:
    """Return another server at the same address."""
    env = environment(database_url, BASE_URL="http://localhost")
    return Hireloop("serve", "--port", str(server.port), env=env)


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


async def test_a_replaced_link_is_shown(address: str, launch: Launch, settings: Settings, recruiter: Recruiter) -> None:
    booked = await book(settings)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        await expect_stage(page, "early")
        await asyncio.to_thread(recruiter, f"/sessions/{booked.session_id}/reissue/")
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            "This link has been replaced", timeout=WELL_BEFORE_THE_POLL
        )
        seen.complaints.clear()  # the answers were 410


async def test_another_browser_takes_over_and_the_first_lets_go_of_its_devices(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (first, _), visiting(browser, address) as (second, _):
        await first.get_by_role("button", name="Start interview").click()
        await expect_picture(first)
        await first.reload()
        await expect_picture(first)  # the same window

        async def after_the_socket(route: Route) -> None:
            response = await route.fetch(max_redirects=0)
            await expect(second.locator("#elsewhere")).to_be_hidden()
            await route.fulfill(response=response)

        await second.add_init_script(ASKS_AGAIN)
        await second.route("**/take-over/", after_the_socket)
        await second.goto(link(address, booked))
        await expect(second.get_by_text("The interview is open in another window")).to_be_visible()
        await expect(second.locator("#devices")).to_be_hidden()
        await second.get_by_role("button", name="Take over").click()
        await expect_picture(second)
        await expect(first.get_by_text("Your camera and microphone are off here")).to_be_visible(
            timeout=WELL_BEFORE_THE_POLL
        )
        assert await first.locator("#picture").evaluate("video => video.srcObject === null")
        await first.get_by_role("button", name="Take over").click()
        await expect_picture(first)
        await expect(second.get_by_text("Your camera and microphone are off here")).to_be_visible()


async def test_of_two_windows_that_press_start_at_once_one_is_in_and_the_other_is_told(
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


async def test_a_window_that_was_duplicated_is_another_one(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (page, _):
        await page.get_by_role("button", name="Start interview").click()
        await expect_picture(page)
        async with page.context.expect_page() as opened:
            await page.evaluate("() => window.open(location.href)")  # with a copy of this window's storage
        copy = await opened.value
        await expect(copy.get_by_text("The interview is open in another window")).to_be_visible()


async def test_a_restart_of_the_server_is_said_and_a_press_in_the_meantime_is_kept(
    address: str, launch: Launch, settings: Settings, server: Server, database_url: str
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")
        await expect(page.locator("#devices")).to_be_visible()
        server.kill()
        await expect(page.get_by_text("No connection. You are still in; we keep trying.")).to_be_visible()
        with is_started_again(server, database_url) as again:
            await expect(page.locator("#connection")).to_be_hidden()
            again.kill()
            await expect(page.locator("#connection")).to_be_visible()
            await page.get_by_text("Finish…").click()
            await page.get_by_role("button", name="Finish interview").click()
            await expect(page.get_by_text("Keep this page open")).to_be_visible()
        with is_started_again(server, database_url):
            await expect_stage(page, "finished")
        seen.complaints.clear()  # of connections that were refused
    assert (await sessions.visit(booked.session_id)).state is SessionState.FINISHED


async def test_where_no_socket_opens_the_page_polls_and_keeps_its_lease(
    address: str, launch: Launch, settings: Settings, recruiter: Recruiter
) -> None:
    booked = await book(settings)

    async def refuse(socket: WebSocketRoute) -> None:
        await socket.close(code=1013)

    browser = await launch()
    async with visiting(browser, address) as (page, _):
        await page.route_web_socket("**/live*", refuse)
        await page.clock.install()
        async with page.expect_response("**/state/*"):
            await page.goto(link(address, booked))
        await asyncio.to_thread(recruiter, f"/schedules/{booked.schedule_id}/cancel/")
        await page.clock.fast_forward(45_000)
        await expect_stage(page, "cancelled")


async def test_a_laptop_that_slept_for_two_hours_shows_what_is_true(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=3600)
    browser = await launch()
    async with visiting(browser, address) as (page, _):
        await page.clock.install(time="2031-05-05T05:05:05Z")  # whatever its own clock says
        await page.goto(link(address, booked))
        await expect_stage(page, "early")
        await booked.move(starts_in=-3600)
        await page.clock.fast_forward(7_200_000)
        await expect_stage(page, "late")


async def test_a_scanner_that_runs_scripts_changes_nothing(address: str, launch: Launch, settings: Settings) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, link(address, booked)) as (candidate, _):
        await expect_stage(candidate, "open")
        before = await everything()
        async with visiting(browser, address) as (scanner, _):
            await answers_twice(scanner, link(address, booked))
        assert await everything() == before
        await candidate.get_by_role("button", name="Start interview").click()
        await expect_picture(candidate)
        entered = await sessions.visit(booked.session_id)
        async with visiting(browser, address) as (scanner, _):
            await answers_twice(scanner, link(address, booked))
            await expect(scanner.get_by_text("The interview is open in another window")).to_be_visible()
        await expect(candidate.locator("#elsewhere")).to_be_hidden()
        assert (await sessions.visit(booked.session_id)).entered_at == entered.entered_at


async def answers_twice(page: Page, url: str) -> None:
    """Open a page, and stay until its script has answered the server two times, 20 s apart."""
    async with page.expect_websocket() as opened:
        await page.goto(url)
    socket = await opened.value
    for _ in range(2):
        await socket.wait_for_event("framesent")
