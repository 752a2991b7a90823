"""The pages that find, without script: a person by a word, their interviews as a file, and a week at a glance."""

from pathlib import Path

from playwright.async_api import Browser, expect

from console.factories import booked
from console.in_browser.browsing import signed_in
from factories import soon
from hireloop.access.tables import Role
from web.browsers import needs_chromium

pytestmark = needs_chromium


async def test_a_recruiter_finds_a_person_without_script_and_takes_the_list_along(
    address: str, browser: Browser
) -> None:
    await booked("José García", starts_at=soon(60), email="jg@mail.example")
    await booked("Wei Chen", starts_at=soon(90))
    async with signed_in(browser, f"{address}/console/", java_script_enabled=False) as (page, _):
        await page.get_by_role("link", name="Search", exact=True).click()
        await page.get_by_label("Words").fill("garcia")
        await page.keyboard.press("Enter")
        people = page.get_by_role("region", name="Candidates")
        await expect(people.get_by_text("jg@mail.example")).to_be_visible()
        async with page.expect_download() as download:
            await page.get_by_role("button", name="Download as CSV").click()
        taken = await download.value
        assert taken.suggested_filename.endswith(".csv")
        text = Path(await taken.path()).read_text(encoding="utf-8-sig")  # noqa: ASYNC240 (a small file of a test)
        assert "José García" in text
        assert "Wei Chen" not in text
        await people.get_by_role("link", name="José García").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("José García")
        await page.get_by_role("link", name="Interviews", exact=True).click()
        await page.get_by_role("link", name="Week", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Week")
        await page.get_by_role("link", name="Next week").click()
        await page.get_by_role("link", name="This week").click()


async def test_the_days_of_a_week_stand_beside_each_other_where_there_is_room(address: str, browser: Browser) -> None:
    async with signed_in(browser, f"{address}/console/week/", Role.VIEWER) as (page, _):
        days = page.locator(".week > section")
        await expect(days).to_have_count(7)
        for width, rows_of_days in ((1280, 1), (320, 7)):
            await page.set_viewport_size({"width": width, "height": 800})
            boxes = [await day.bounding_box() for day in await days.all()]
            assert len({box["y"] for box in boxes if box is not None}) == rows_of_days
