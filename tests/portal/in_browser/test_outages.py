"""Open pages on every way that a connection, a proxy, a pooler or a laptop may fail them."""

import asyncio
from datetime import datetime

import pytest
from playwright.async_api import Page, Request, WebSocketRoute, expect

from factories import TESTS
from hireloop import db
from hireloop.scheduling.bookings import cancellations
from hireloop.scheduling.sessions import sessions
from hireloop.scheduling.sessions.sessions import SessionState
from hireloop.settings import Settings
from portal.browsing import (
    FAKE_CONSENT,
    FAKE_DEVICES,
    expect_picture,
    expect_stage,
    link,
)
from portal.factories import OUTBOX, Person, book
from processes import Hireloop, Server, environment
from sample_settings import as_application
from servers.poolers import pgbouncer
from waiting import until, until_true
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

BEFORE_THE_POLL = 23_000  # ms: the earliest that a page polls by itself is after 24 s
WELL_BEFORE_THE_POLL = 15_000  # ms: half of what a page without a socket may take
HAS_LEASE = "SELECT active_until > now() FROM session WHERE id = $1"


class Lines:
    """A page's sockets, which can go dead as in a sleep: nothing comes any more, and nobody says so."""

    def __init__(self) -> None:
        self._dead: set[WebSocketRoute] = set()
        self._answered: set[WebSocketRoute] = set()

    async def carry(self, page: Page) -> None:
        """Carry every socket that this page opens from now on."""

        def carry(line: WebSocketRoute) -> None:
            server = line.connect_to_server()

            def answer(words: str | bytes) -> None:
                self._answered.add(line)
                server.send(words)

            server.on_message(lambda words: None if line in self._dead else line.send(words))
            line.on_message(answer)

        await page.route_web_socket("**/live*", carry)

    def go_dead(self) -> None:
        """Let nothing come over those that are open now; one that is opened later works."""
        self._dead |= self._answered

    async def until_answered(self) -> None:
        """Wait until the page has answered over one that works."""
        await until_true(lambda: self._answered > self._dead, "the page has heard where it stands")


@pytest.fixture
def address(server: Server) -> str:
    return f"http://localhost:{server.port}"


def is_started_again(server: Server, database_url: str) -> Hireloop:
    """Return another server at the same address."""
    env = environment(database_url, BASE_URL="http://localhost")
    return Hireloop("serve", "--port", str(server.port), env=env)


async def test_without_a_connection_a_link_leads_nowhere_and_says_so(
    address: str, launch: Launch, settings: Settings, server: Server
) -> None:
    booked = await book(settings)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        await expect_stage(page, "early")
        server.kill()
        await expect(page.locator("#connection")).to_be_visible()
        for name in ("Move the interview", "Cancel the interview", "Add it to your calendar"):
            await page.get_by_role("link", name=name).click()
            await expect(page.get_by_text("This cannot be opened without a connection")).to_be_visible()
        for _ in range(2):  # it goes on to ask, and the words stay
            await page.wait_for_event("requestfailed")
        await expect(page.get_by_text("This cannot be opened without a connection")).to_be_visible()
        await expect_stage(page, "early")
        await page.goto("about:blank")  # else it goes on to ask, and to complain
        seen.complaints.clear()  # of connections that were refused


@pytest.mark.parametrize("socket_opens", [True, False])
async def test_a_restart_of_the_server_is_said_and_a_press_in_the_meantime_is_kept(
    address: str, launch: Launch, settings: Settings, server: Server, database_url: str, *, socket_opens: bool
) -> None:
    booked = await book(settings, starts_in=20)
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        if not socket_opens:
            await page.route_web_socket("**/live*", lambda socket: socket.close(code=1013))
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")
        await expect(page.locator("#devices")).to_be_visible()
        server.kill()
        await expect(page.get_by_text("No connection. You are still in; we keep trying.")).to_be_visible()
        with is_started_again(server, database_url) as again:
            await expect(page.locator("#connection")).to_be_hidden()
            again.kill()
            await expect(page.locator("#connection")).to_be_visible(timeout=BEFORE_THE_POLL)
            await page.get_by_text("Finish…").click()
            await page.get_by_role("button", name="Finish interview").click()
            await expect(page.get_by_text("Keep this page open")).to_be_visible()
        with is_started_again(server, database_url):
            await expect_stage(page, "finished")
        seen.complaints.clear()  # of connections that were refused
    assert (await sessions.visit(booked.session_id)).state is SessionState.FINISHED


async def test_where_no_socket_opens_the_page_polls_and_keeps_its_lease(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)

    refused: list[WebSocketRoute] = []
    polls: list[Request] = []
    answered: list[Request] = []

    async def refuse(socket: WebSocketRoute) -> None:
        refused.append(socket)
        await socket.close(code=1013)

    async def lease() -> datetime:
        until: datetime = await db.fetch_value("SELECT active_until FROM session WHERE id = $1", booked.session_id)
        return until

    browser = await launch()
    async with visiting(browser, address) as (page, _):
        await page.route_web_socket("**/live*", refuse)
        page.on("request", lambda request: polls.append(request) if "/state/" in request.url else None)
        page.on("requestfinished", lambda request: answered.append(request) if "/state/" in request.url else None)
        await page.clock.install()
        await page.goto(link(address, booked))
        began = await page.evaluate("Date.now()")
        while len(refused) < 8:
            await page.clock.fast_forward(1_000)
            # The page's clock runs ahead of the server, which it would take for one that is silent.
            await until_true(lambda: len(answered) == len(polls), "the page has an answer to each poll")
        seconds = (await page.evaluate("Date.now()") - began) / 1_000
        assert len(polls) <= 2 + seconds / 24  # every 30 s or so, and not at each attempt to connect
        await page.get_by_role("button", name="Start interview").click()
        await expect_stage(page, "started")
        for _ in range(2):
            before = await lease()
            async with page.expect_response("**/beat/"):
                await page.clock.fast_forward(11_000)
            assert await lease() > before
        await sessions.leave(booked.session_id, 1, outbox=OUTBOX)  # in silence
        await page.clock.fast_forward(45_000)
        await expect_stage(page, "finished")


async def test_a_press_that_a_proxy_redirects_to_its_sign_in_is_not_taken_for_done(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=20)
    sign_in = f"{address}/of-the-proxy/"
    browser = await launch()
    async with visiting(browser, link(address, booked)) as (page, seen):
        await expect_stage(page, "open")
        await page.route("**/start/", lambda route: route.fulfill(status=302, headers={"Location": sign_in}))
        await page.get_by_role("button", name="Start interview").click()
        await expect(page).to_have_url(sign_in)
        seen.complaints.clear()  # there is no such page


async def test_behind_pgbouncer_in_transaction_mode_a_page_follows_another_process_and_past_a_restart(
    launch: Launch,
    settings: Settings,
    database_url: str,
    database: None,  # noqa: ARG001 (the pool is open)
) -> None:
    booked = await book(settings)
    browser = await launch()
    with pgbouncer(database_url) as pooler:
        env = environment(database_url, BASE_URL="http://localhost", DATABASE_URL=as_application(pooler.url))
        with Server(env) as server, Server(env) as other:
            async with visiting(browser, link(f"http://localhost:{server.port}", booked)) as (page, _):
                await asyncio.to_thread(server.wait_for_log, "following.not_heard")
                async with visiting(browser, link(f"http://localhost:{other.port}", booked)) as (elsewhere, _):
                    await elsewhere.get_by_role("button", name="I will be there").click()
                    await expect(elsewhere.get_by_text("you will be there")).to_be_visible()
                await expect(page.get_by_text("you will be there")).to_be_visible(timeout=WELL_BEFORE_THE_POLL)
                pooler.stop()
                await asyncio.to_thread(server.wait_for_log, "following.not_read")
                pooler.start()
                await db.fetch("UPDATE session SET revoked_at = now()")
                await expect_stage(page, "revoked")


async def test_after_a_sleep_an_open_page_finds_out_what_is_true_and_the_room_goes_on(
    address: str, launch: Launch, settings: Settings
) -> None:
    booked = await book(settings, starts_in=3 * 86_400)  # nothing is due by the page's own clock
    to_enter = await book(settings, Person(email="other@example.com"), starts_in=20)
    lines = Lines()
    browser = await launch(FAKE_DEVICES, FAKE_CONSENT)
    async with visiting(browser, address) as (page, _):
        await lines.carry(page)
        await page.clock.install(time="2031-05-05T05:05:05Z")  # whatever its own clock says
        await page.clock.pause_at("2031-05-05T06:00:00Z")
        await page.goto(link(address, booked))
        await lines.until_answered()
        lines.go_dead()
        await page.clock.fast_forward(10_000)
        async with page.expect_response("**/state/*"):  # also after a nap that is too short to make the line suspect
            await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            await page.clock.run_for(500)
        await cancellations.cancel(booked.schedule_id, by=TESTS, reason="", outbox=OUTBOX)  # in silence
        await page.clock.fast_forward(7_200_000)
        await page.clock.resume()
        await expect_stage(page, "cancelled")

        await page.goto(link(address, to_enter))
        await page.get_by_role("button", name="Start interview").click()
        await expect_picture(page)
        await lines.until_answered()
        lines.go_dead()
        await db.fetch("UPDATE session SET active_until = now() - interval '2 hours' WHERE active_client IS NOT NULL")
        await page.clock.fast_forward(7_200_000)
        await until(lambda: db.fetch_value(HAS_LEASE, to_enter.session_id), "the lease is renewed")
        await expect(page.locator("#elsewhere")).to_be_hidden()
        await expect_picture(page)
