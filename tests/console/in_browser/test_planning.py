"""From nothing to an invitation that arrives, without script: a recruiter plans, and corrects an address."""

import re
import time
from datetime import timedelta

from playwright.async_api import Browser, Page, expect

from console.in_browser.browsing import refusals_expected, sign_in
from factories import soon
from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from processes import Server, WorkerProcess, environment
from servers.smtp import ScriptedSmtpServer
from web.browsers import needs_chromium, visiting

pytestmark = needs_chromium

UNKNOWN = "550 5.1.1 <asha@old.example>: user unknown"


async def press(page: Page, button: str) -> None:
    await page.get_by_role("button", name=button, exact=True).click()


async def done(page: Page, said: str) -> None:
    await expect(page.get_by_role("status")).to_contain_text(said)


async def reloaded_until(page: Page, words: str) -> None:
    """Read a page again until it says this: without script it does not follow by itself."""
    until = time.monotonic() + 60
    while words not in await page.locator("main").inner_text():
        assert time.monotonic() < until, await page.locator("main").inner_text()
        await page.reload()


async def test_a_recruiter_plans_everything_and_corrects_a_dead_address(database_url: str, browser: Browser) -> None:
    with ScriptedSmtpServer({"RCPT": [UNKNOWN]}) as mail:
        env = environment(database_url, EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(mail.port))
        async with db.opened(database_url, pool_size=2):
            _, key = await api_keys.create("Rita", Role.RECRUITER)
        with Server(env) as server, WorkerProcess(env):
            start = f"{server.url}/console/new/"
            async with visiting(browser, start, java_script_enabled=False) as (page, seen), refusals_expected(seen):
                await sign_in(page, key)
                await plan(page)
                await book(page)
                await correct(page)
                await arrives(page, mail)


async def plan(page: Page) -> None:
    """Create a candidate, a job and their interview, each led to by the one before."""
    await expect(page.get_by_text("Create a candidate and a job first.")).to_be_visible()
    await page.get_by_role("link", name="New candidate").click()
    await page.get_by_label("Full name").fill("Asha Rao")
    await page.get_by_label("Email address").fill("asha@old.example")
    await page.get_by_label("Time zone").fill("Middle/Earth")
    await press(page, "Create the candidate")
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was saved.")
    await expect(page.get_by_label("Time zone")).to_be_focused()
    await expect(page.get_by_label("Full name")).to_have_value("Asha Rao")
    await page.get_by_label("Time zone").fill("Asia/Kolkata")
    await press(page, "Create the candidate")
    await done(page, "The candidate was created.")
    await expect(page.get_by_text("There is no job yet.")).to_be_visible()
    await page.get_by_role("link", name="New job").click()
    await page.get_by_label("Job title").fill("Platform Engineer")
    await page.get_by_label("Company").fill("Acme")
    await page.get_by_label("Questions").fill("Which outage taught you most?")
    await press(page, "Create the job")
    await done(page, "The job was created.")
    await page.get_by_role("radio", name="Asha Rao").check()
    await press(page, "Create the interview")
    await done(page, "The interview was created.")


async def book(page: Page) -> None:
    """Create a slot for the interview that waits, and book it."""
    day = (soon() + timedelta(days=3)).date().isoformat()
    await expect(page.get_by_text("No slot is free on this day or later.")).to_be_visible()
    await page.get_by_role("link", name="New slot").click()
    await page.get_by_label("Day", exact=True).fill(day)
    await page.get_by_label("Start time").fill("10:00")
    await press(page, "Create the slot")
    await done(page, "The slot was created.")
    await page.get_by_role("radio").check()
    await page.get_by_label("Notes").fill("Bring an idea")
    await press(page, "Book and invite")
    await done(page, "The interview was booked. The invitation is on its way to a…@old.example.")


async def correct(page: Page) -> None:
    """See that the address is dead, correct it, and invite again in the same press."""
    await reloaded_until(page, "Candidate not reached")
    field = page.get_by_label("The candidate’s new address")  # noqa: RUF001 (as it is written)
    await expect(field).to_be_visible()
    await field.fill("asha at new")
    assert not await field.evaluate("it => it.checkValidity()"), "the browser itself asks for an address"
    await field.fill("asha@new.example")
    await press(page, "Correct the address and invite again")
    await done(page, "A new invitation is on its way to a…@new.example.")


async def arrives(page: Page, mail: ScriptedSmtpServer) -> None:
    """See that it has arrived, with the notes and the link."""
    await reloaded_until(page, "Invited, not confirmed yet")
    (received,) = mail.received
    assert "asha@new.example" in received.recipient
    assert re.search(rb"^To: .*asha@new\.example", received.content, re.MULTILINE)
    assert b"Platform Engineer at Acme" in received.content
