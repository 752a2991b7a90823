"""The console by keyboard alone, on a narrow window: a recruiter plans, corrects, finds and chooses without a mouse."""

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from console.factories import key_of
from factories import rows, soon
from hireloop import db
from hireloop.access.tables import Role
from web.browsers import needs_chromium, visiting

pytestmark = needs_chromium

MOST_TABS = 120
DAY = "05062030"  # as Chromium asks for it in American English: month, day, year
# Where the focus is, and whether that can be seen; tops are those of the page, however far it is scrolled.
_FOCUS = """(wanted) => {
    const it = document.activeElement;
    const { top, bottom } = it.getBoundingClientRect();
    const { outlineStyle, outlineWidth } = getComputedStyle(it);
    return {
        html: it.outerHTML.slice(0, 200),
        there: it === wanted,
        seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && bottom > 0 && top < innerHeight,
        top: top + scrollY,
        bottom: bottom + scrollY,
    };
}"""


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus, which is seen at each step, and goes down the page."""
    handle = await wanted.element_handle()
    before: dict[str, Any] = await page.evaluate(_FOCUS, handle)
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        now = await page.evaluate(_FOCUS, handle)
        if now["html"].startswith("<body"):  # past the end of the page, and on to its beginning
            before = now
            continue
        # A field for a day has parts of its own, and a button to which Chromium gives a ring of its own.
        assert now["seen"] or now["html"] == before["html"], now["html"]
        assert now["bottom"] >= before["top"], (now["html"], before["html"])
        if now["there"]:
            return
        before = now
    raise AssertionError(await wanted.evaluate("it => it.outerHTML"))


async def fill(page: Page, label: str, text: str) -> None:
    await tab_to(page, page.get_by_label(label, exact=True).locator("visible=true"))
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type(text)


async def follow(page: Page, link: str, heading: str) -> None:
    await tab_to(page, page.get_by_role("link", name=link, exact=True))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(heading)


async def press(page: Page, button: str, said: str) -> None:
    await tab_to(page, page.get_by_role("button", name=button, exact=True))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text(said)


async def test_a_recruiter_needs_no_mouse(address: str, browser: Browser) -> None:
    key = await key_of(Role.RECRUITER)
    narrow = {"viewport": {"width": 360, "height": 800}, "locale": "en-US"}
    async with visiting(browser, f"{address}/console/", **narrow) as (page, seen):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        await expect(page.get_by_label("API key")).to_be_focused()
        await page.keyboard.type(key)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        await plan(page)
        await recur(page)
        await correct(page)
        await revoke(page)
        await find(page)
        await choose(page)
        assert [text for text in seen.complaints if "400" not in text] == []
        seen.complaints.clear()  # one answer was a refusal
    assert len(await rows("schedule")) == 1


async def plan(page: Page) -> None:
    """Create a candidate, a job, their interview and a slot, and book the one into the other."""
    await follow(page, "New", "New")
    await follow(page, "New candidate", "New candidate")
    await fill(page, "Full name", "Asha Rao")
    await fill(page, "Email address", "asha@old.example")
    await fill(page, "Time zone (optional)", "Middle/Earth")
    await page.keyboard.press("Enter")
    zone = page.get_by_label("Time zone (optional)")
    await expect(zone).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing was saved.")
    await page.keyboard.press("ControlOrMeta+A")
    await page.keyboard.type("Asia/Kolkata")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("The candidate was created.")
    await follow(page, "New job", "New job")
    await fill(page, "Job title", "Platform Engineer")
    await fill(page, "Company", "Acme")
    await press(page, "Create the job", "The job was created.")
    await tab_to(page, page.get_by_role("radio"))
    await page.keyboard.press("Space")
    await press(page, "Create the interview", "The interview was created.")
    await follow(page, "New slot", "New slot")
    await fill_in_times(page, "Day")
    await press(page, "Create the slot", "The slot was created.")
    await tab_to(page, page.get_by_role("radio"))
    await page.keyboard.press("Space")
    await fill(page, "Notes (optional)", "Bring an idea")
    await press(page, "Book and invite", "The interview was booked.")


async def fill_in_times(page: Page, day: str) -> None:
    """Type a day and a time of day, each part of which is typed over."""
    await tab_to(page, page.get_by_label(day, exact=True))
    await page.keyboard.type(DAY)
    await tab_to(page, page.get_by_label("Start"))
    await page.keyboard.type("1000AM")


async def recur(page: Page) -> None:
    """Create slots that recur."""
    await follow(page, "New", "New")
    await follow(page, "New recurring slots", "New recurring slots")
    await tab_to(page, page.get_by_role("checkbox", name="Wednesday"))
    await page.keyboard.press("Space")
    await fill_in_times(page, "First day")
    await tab_to(page, page.get_by_label("Last day"))
    await page.keyboard.type("05312030")
    await tab_to(page, page.get_by_role("button", name="Create the slots"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("4 slots were created")


async def correct(page: Page) -> None:
    """Correct an address that is dead, where the page says that it needs attention."""
    await db.fetch(
        "UPDATE delivery SET state = 'rejected', attempt_count = 1, tries = 1, last_reason = 'recipient_unknown', "
        "deadline_at = $1",
        soon(60),
    )
    await follow(page, "Attention", "Needs attention")
    await tab_to(page, page.locator("summary"))
    await page.keyboard.press("Enter")
    await fill(page, "The candidate’s new address", "asha@new.example")  # noqa: RUF001 (as it is written)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("A new invitation is on its way to a…@new.example.")


async def revoke(page: Page) -> None:
    """Revoke the link, and invite again after all."""
    await follow(page, "Revoke the link…", "Revoke this link?")
    await fill(page, "Reason (optional)", "It was forwarded")
    await press(page, "Revoke the link", "The link was revoked.")
    await press(page, "Invite again with a new link", "A new link is on its way")


async def find(page: Page) -> None:
    """Find the candidate, take the list along, and look at a week."""
    await follow(page, "Search", "Search")
    await fill(page, "Words", "rao")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Candidates")).to_contain_text("asha@new.example")
    await tab_to(page, page.get_by_role("button", name="Download as CSV"))
    async with page.expect_download() as download:
        await page.keyboard.press("Enter")
    taken = Path(await (await download.value).path())
    assert "Asha Rao" in taken.read_text(encoding="utf-8-sig")  # noqa: ASYNC240 (a small file of a test)
    await follow(page, "Interviews", "Today")
    await follow(page, "Week", "Week")
    await tab_to(page, page.get_by_role("link", name="Next week"))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/week/*/")


async def choose(page: Page) -> None:
    """Choose a language and a time zone."""
    await follow(page, "Language and time zone", "Language and time zone")
    await tab_to(page, page.get_by_label("Language", exact=True))
    await page.keyboard.type("Deutsch")
    await fill(page, "Time zone", "Europe/Berlin")
    await press(page, "Save", "Dieser Browser merkt sich Ihre Wahl.")
