"""A recruiter's day in the console without script, in their own language, and beyond the end of their sign-in."""

from zoneinfo import ZoneInfo

from playwright.async_api import Browser, expect

from console.factories import booked, key_of, tried
from console.in_browser.browsing import expect_accessible, refusals_expected, sign_in
from factories import make_slot, rows, soon
from hireloop import db
from hireloop.access.tables import Role
from hireloop.settings import Settings
from web.browsers import needs_chromium, visiting

pytestmark = needs_chromium


async def test_a_recruiter_works_in_german_and_on_their_own_clock(address: str, browser: Browser) -> None:
    starts_at = soon(26 * 60)
    booking = await booked("Asha Rao", starts_at=starts_at)
    there = starts_at.astimezone(ZoneInfo("America/New_York"))
    key = await key_of(Role.RECRUITER, "Rita")
    async with visiting(browser, address + booking.path, locale="de-DE", java_script_enabled=False) as (page, _):
        await page.get_by_label("API-Schlüssel").fill(key)
        await page.get_by_role("button", name="Anmelden").click()
        await page.get_by_role("link", name="Sprache und Zeitzone").click()
        await page.get_by_label("Zeitzone").fill("america/new_york")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_role("status")).to_contain_text("Dieser Browser merkt sich Ihre Wahl.")
        await expect(page.get_by_label("Zeitzone")).to_have_value("America/New_York")

        await page.goto(f"{address}/console/?day={there.date()}")
        row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Asha Rao"))
        await expect(row.get_by_text(f"{there:%H:%M}")).to_be_visible()
        await row.get_by_role("link", name="Asha Rao").click()
        await page.get_by_role("button", name="Für Bewerber/in bestätigen").click()
        await expect(page.get_by_role("status")).to_contain_text("Bestätigt.")
        await page.get_by_role("link", name="Sprache und Zeitzone").click()
        await page.get_by_label("Sprache").select_option("Wie im Browser eingestellt")
        await page.get_by_label("Zeitzone").fill("")
        await page.get_by_role("button", name="Speichern").click()
        await expect(page.get_by_text("Uhrzeiten gelten für die Zeitzone Asia/Kolkata.")).to_be_visible()


async def test_a_recruiters_morning_without_script(address: str, browser: Browser, settings: Settings) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    await tried(booking, "rejected")
    tomorrow = soon(25 * 60)
    await make_slot(starts_at=tomorrow)
    key = await key_of(Role.RECRUITER, "Rita")
    async with visiting(browser, address + booking.path, java_script_enabled=False) as (page, _):
        await sign_in(page, key)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Asha Rao")
        await page.get_by_role("link", name="Interviews", exact=True).click()
        urgent = page.get_by_role("region", name="Needs attention")
        await expect(urgent.get_by_text("The recipient's address does not exist.")).to_be_visible()
        await urgent.get_by_role("link", name="Asha Rao").click()
        await expect(page.get_by_text("user unknown").first).to_be_visible()

        await page.get_by_role("button", name="Invite again with a new link").click()
        await expect(page.get_by_role("status")).to_contain_text("A new link is on its way")
        await expect(page.get_by_text("Invitation on its way")).to_be_visible()

        await page.get_by_role("link", name="Move to another time…").click()
        day = tomorrow.astimezone(settings.zone).date()
        await page.get_by_label("Day", exact=True).fill(day.isoformat())
        await page.get_by_role("button", name="Show").click()
        await page.get_by_role("radio").first.check()
        await page.get_by_label("Reason").fill("The interviewer is ill")
        await page.get_by_role("button", name="Move the interview").click()
        await expect(page.get_by_role("status")).to_contain_text("The interview was moved.")
        await expect(page.get_by_text("The interviewer is ill")).to_be_visible()

        await page.get_by_role("link", name="Cancel the interview…").click()
        await page.get_by_role("link", name="Keep it").click()
        await page.get_by_role("link", name="Cancel the interview…").click()
        await page.get_by_label("Reason").fill("Position filled")
        await page.get_by_role("button", name="Cancel the interview").click()
        await expect(page.get_by_role("status")).to_contain_text("The interview was cancelled.")
        await expect(page.get_by_text("This booking can no longer be changed.")).to_be_visible()

        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_text("You have signed out.")).to_be_visible()
        await page.goto(address + booking.path)
        await expect(page.get_by_label("API key")).to_be_visible()
    (row,) = await rows("schedule")
    assert (row["state"], row["revision"]) == ("cancelled", 4)


async def test_who_was_signed_out_is_told_why_and_finds_what_was_typed(address: str, browser: Browser) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    key = await key_of(Role.RECRUITER)
    narrow = {"viewport": {"width": 360, "height": 800}}
    async with visiting(browser, f"{address}{booking.path}cancel/", **narrow) as (page, seen), refusals_expected(seen):
        await sign_in(page, key)
        await page.goto(f"{address}{booking.path}cancel/")
        await page.get_by_label("Reason").fill("The interviewer is ill")
        await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 hours'")
        await page.get_by_role("button", name="Cancel the interview").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out")
        await expect(page.get_by_text("Nothing was changed.")).to_be_visible()
        await expect(page.get_by_label("This is what you had written")).to_have_value("The interviewer is ill")
        await expect_accessible(page, "signed out")
        await sign_in(page, key)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this interview?")
        await page.get_by_role("link", name="your sign-ins").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your sign-ins")
        await expect(page.get_by_text("Chrome on Linux (this browser)")).to_be_visible()
        await expect_accessible(page, "own sign-ins")


async def test_a_link_in_webmail_finds_who_is_signed_in_still_signed_in(address: str, browser: Browser) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{address}/console/")
    await sign_in(page, await key_of(Role.VIEWER))
    elsewhere = address.replace("localhost", "hire.test")  # another site, which leads to this machine
    await page.goto(f"{elsewhere}/")
    await page.set_content(f'<a href="{address}{booking.path}">The booking (sign-in required)</a>')
    await page.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Asha Rao")
    await context.close()
