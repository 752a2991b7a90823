"""The console in a real browser: by axe's rules, both widths, both lights; a recruiter's morning without script."""

from collections.abc import AsyncIterator, Callable
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.async_api import Browser, Page, expect

from console.factories import BookingResult, at_risk, booked, failed_check, held, key_of, over, tried
from factories import OUTBOX, TESTS, make_interview, make_slot, rows, soon
from hireloop import db
from hireloop.access import api_keys, sign_ins
from hireloop.access.tables import Role
from hireloop.notify.channels import configured
from hireloop.scheduling import interviews
from hireloop.scheduling.audit import Actor
from hireloop.scheduling.bookings import cancellations
from hireloop.settings import Settings
from hireloop.wording.languages import catalogue, own_names
from notify.factories import alerted
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
# Each width once, and each light: what is too wide does not depend on colours, nor a contrast on the width.
SCREENS = [(320, "light"), (1280, "dark")]


@pytest.fixture
async def browser(launch: Launch) -> AsyncIterator[Browser]:
    opened = await launch()
    yield opened
    await opened.close()


async def signed_in(page: Page, key: str) -> None:
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def everything(settings: Settings) -> dict[str, Callable[[BookingResult], str]]:
    """Let there be something in every state, and return every page of the console by a name."""
    for number in range(4):
        await alerted(email=f"unheard{number}@example.com")
    await at_risk(await booked(LONG, starts_at=soon(3), notes="A" * 300))
    await tried(await booked("Bo", starts_at=soon(90)), "sent", reason=None, reply="250 2.0.0 Ok")
    off = await booked("Off", starts_at=soon(120))
    await cancellations.cancel(off.id, by=TESTS, reason="", outbox=OUTBOX)
    asking = await over("Asking", asked=True)
    await over(f"Missed {LONG}")
    await failed_check(f"Devices {LONG}")
    for name, role in (("Rita", Role.RECRUITER), (f"{LONG}-{LONG}", Role.VIEWER)):
        known, _ = await api_keys.create(name, role)
        for _ in range(2):
            await sign_ins.create(Actor(name, known.id), open_until=soon(60), browser="Samsung Internet on Android")
    for channel in configured.channels(settings):
        await held(channel.name, channel.fingerprint)
    for number in range(3):
        await make_slot(starts_at=soon(24 * 60 + 60 * number), interviewer_email=f"{LONG.lower()}{number}@x.example")
    waiting = await interviews.find(await make_interview(full_name=f"{LONG} {LONG}"))
    return {
        "day": lambda _: "/console/",
        "no day": lambda _: "/console/?day=nonsense",
        "attention": lambda _: "/console/attention/",
        "booking": lambda it: it.path,
        "resume": lambda it: f"{it.path}resume/",
        "done": lambda it: f"{it.path}?done=reissued",
        "over": lambda _: off.path,
        "history": lambda _: asking.path,
        "move": lambda it: f"{it.path}move/?day={soon(24 * 60).astimezone(settings.zone).date()}",
        "nothing free": lambda it: f"{it.path}move/?day=2030-01-01",
        "cancel": lambda it: f"{it.path}cancel/",
        "revoke": lambda it: f"{it.path}revoke/",
        "new": lambda _: "/console/new/",
        "candidate": lambda _: "/console/new/candidate/",
        "job": lambda _: "/console/new/job/",
        "slot": lambda _: "/console/new/slot/",
        "series": lambda _: "/console/new/series/",
        "interview": lambda _: f"/console/new/interview/?candidate={waiting.candidate}",
        "what to book": lambda _: "/console/new/booking/",
        "when to book": lambda _: f"/console/new/booking/?interview={waiting.id}",
        "channels": lambda _: "/console/channels/",
        "sign-ins": lambda _: "/console/sign-ins/",
        "preferences": lambda _: "/console/preferences/",
        "failures": lambda _: "/console/failures/?reason=recipient_unknown",
        "replay": lambda _: "/console/replay/?reason=recipient_unknown",
        "nowhere": lambda _: "/console/nowhere/",
    }


async def check(page: Page, name: str) -> None:
    """Assert that axe finds nothing, that nothing is cut off, and that what is pressed is large enough."""
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    for target in await page.locator("main .button:visible, input:visible, summary:visible, .bar a:visible").all():
        box = await target.bounding_box()
        is_choice = await target.get_attribute("type") in {"radio", "checkbox"}  # in a label that is larger
        assert box is not None
        assert min(box["height"], box["width"]) >= (20 if is_choice else 24), (name, await target.inner_text())
    assert await page.locator("h1").count() == 1, name
    assert await page.title(), name


@pytest.mark.parametrize(("width", "light"), SCREENS)
async def test_every_page_is_for_everybody(
    address: str, browser: Browser, settings: Settings, width: int, light: Literal["light", "dark"]
) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    await tried(booking, "rejected")
    pages = await everything(settings.model_copy(update={"base_url": "http://localhost"}))
    key = await key_of(Role.ADMIN, LONG)
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": light}
    expected = {"no day": "400", "nowhere": "404", "sign-in": "403"}
    async with visiting(browser, f"{address}/console/", **options) as (page, seen):
        await check(page, "sign-in")
        await page.get_by_label("API key").fill("hl_wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_label("API key")).to_be_focused()
        await check(page, "wrong key")
        await signed_in(page, key)
        for name, path in pages.items():
            await page.goto(address + path(booking))
            for summary in await page.locator("summary").all():
                if not await summary.evaluate("it => it.parentElement.open"):
                    await summary.click()
            await check(page, name)
        # Chromium's own words for the answers that are meant to be refusals
        refusals = [text for text in seen.complaints if "Failed to load resource" in text]
        assert len(refusals) == len(expected)
        seen.complaints[:] = [text for text in seen.complaints if text not in refusals]


@pytest.mark.parametrize(("lang", "light"), [("de", "light"), ("hi", "dark")])
async def test_every_page_is_for_everybody_in_their_language(
    address: str, browser: Browser, settings: Settings, lang: str, light: Literal["light", "dark"]
) -> None:
    """At the width to which a page of 1280 px is zoomed by 400 percent (WCAG 1.4.10)."""
    booking = await booked("Asha Rao", starts_at=soon(60))
    await tried(booking, "rejected")
    pages = await everything(settings.model_copy(update={"base_url": "http://localhost"}))
    key = await key_of(Role.ADMIN, LONG)
    options = {"viewport": {"width": 320, "height": 800}, "color_scheme": light}
    async with visiting(browser, f"{address}/console/", **options) as (page, seen):
        await page.get_by_role("button", name=own_names()[lang]).click()
        await expect(page.locator("html")).to_have_attribute("lang", lang)
        await check(page, "sign-in")
        await page.locator("#key").fill(key)
        await page.locator("main form .main").click()
        await expect(page.locator("h1")).not_to_have_text(catalogue(lang)["Sign in"])
        for name, path in pages.items():
            await page.goto(address + path(booking))
            await expect(page.locator("html")).to_have_attribute("lang", lang)
            for summary in await page.locator("summary").all():
                await summary.click()
            await check(page, name)
        seen.complaints[:] = [text for text in seen.complaints if "Failed to load resource" not in text]


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
        await page.get_by_role("button", name="Für die Person bestätigen").click()
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
        await signed_in(page, key)
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
    async with visiting(browser, f"{address}{booking.path}cancel/", viewport={"width": 360, "height": 800}) as (
        page,
        seen,
    ):
        await signed_in(page, key)
        await page.goto(f"{address}{booking.path}cancel/")
        await page.get_by_label("Reason").fill("The interviewer is ill")
        await db.fetch("UPDATE sign_in SET last_used_at = now() - interval '2 hours'")
        await page.get_by_role("button", name="Cancel the interview").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("You were signed out")
        await expect(page.get_by_text("Nothing was changed.")).to_be_visible()
        await expect(page.get_by_label("This is what you had written")).to_have_value("The interviewer is ill")
        await check(page, "signed out")
        await signed_in(page, key)
        await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this interview?")
        await page.get_by_role("link", name="your sign-ins").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Your sign-ins")
        await expect(page.get_by_text("Chrome on Linux (this browser)")).to_be_visible()
        await check(page, "own sign-ins")
        seen.complaints[:] = [text for text in seen.complaints if "Failed to load resource" not in text]


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(address: str, browser: Browser) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    async with visiting(browser, address + booking.path) as (page, _):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.get_by_label("API key").focus()
        await page.keyboard.type(await key_of(Role.RECRUITER))
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Asha Rao")
        button = page.get_by_role("button", name="Confirm for the candidate")
        for _ in range(30):
            await page.keyboard.press("Tab")
            if await button.evaluate("it => it === document.activeElement"):
                break
        await expect(button).to_be_focused()
        assert await button.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Confirmed.")


async def test_a_link_in_webmail_finds_who_is_signed_in_still_signed_in(address: str, browser: Browser) -> None:
    booking = await booked("Asha Rao", starts_at=soon(60))
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{address}/console/")
    await signed_in(page, await key_of(Role.VIEWER))
    elsewhere = address.replace("localhost", "hire.test")  # another site, which leads to this machine
    await page.goto(f"{elsewhere}/")
    await page.set_content(f'<a href="{address}{booking.path}">The booking (sign-in required)</a>')
    await page.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Asha Rao")
    await context.close()
