"""The pages that find, in a real browser: by axe's rules, from 320 px on, in both lights, without script."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.async_api import Browser, Page, expect

from console.factories import booked, key_of
from factories import rows, soon
from hireloop import db
from hireloop.access.tables import Role
from web.browsers import Launch, needs_chromium, visiting

pytestmark = needs_chromium

LONG = "Wolfeschlegelsteinhausenbergerdorff" * 3


@pytest.fixture
async def browser(launch: Launch) -> AsyncIterator[Browser]:
    opened = await launch()
    yield opened
    await opened.close()


async def sign_in(page: Page, role: Role) -> None:
    await page.get_by_label("API key").fill(await key_of(role))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Sign out")).to_be_visible()


async def check(page: Page, name: str) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    for target in await page.locator("main .button:visible, main input:visible, main select:visible").all():
        box = await target.bounding_box()
        assert box is not None
        assert min(box["height"], box["width"]) >= 24, (name, await target.inner_text())
    assert await page.locator("h1").count() == 1, name


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("light", ["light", "dark"])
async def test_every_page_is_for_everybody(
    address: str, browser: Browser, width: int, light: Literal["light", "dark"]
) -> None:
    await booked(LONG, starts_at=soon(1))
    await booked("José García", starts_at=soon(120))
    await db.fetch("UPDATE slot SET interviewer_email = 'olga@corp.example', interviewer_name = $1", LONG)
    person = (await rows("candidate"))[0]["id"]
    pages = {
        "nothing": "/console/search/",
        "found": f"/console/search/?q={LONG[:20]}",
        "all": "/console/search/?state=pending",
        "none": "/console/search/?q=nobody",
        "wrong": "/console/search/?from=tomorrow&job=x",
        "no week": "/console/week/nonsense/",
        "week": "/console/week/",
        "person": f"/console/candidates/{person}/",
    }
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": light}
    async with visiting(browser, f"{address}/console/search/", **options) as (page, seen):
        await sign_in(page, Role.RECRUITER)
        for name, path in pages.items():
            await page.goto(address + path)
            await check(page, name)
        refusals = [text for text in seen.complaints if "Failed to load resource" in text]
        assert len(refusals) == 2
        seen.complaints[:] = [text for text in seen.complaints if text not in refusals]
        assert seen.complaints == []


async def test_a_recruiter_finds_a_person_without_script_and_takes_the_list_along(
    address: str, browser: Browser
) -> None:
    await booked("José García", starts_at=soon(60), email="jg@mail.example")
    await booked("Wei Chen", starts_at=soon(90))
    async with visiting(browser, f"{address}/console/", java_script_enabled=False) as (page, _):
        await sign_in(page, Role.RECRUITER)
        await page.get_by_role("link", name="Search", exact=True).click()
        await page.get_by_label("Words").fill("garcia")
        await page.keyboard.press("Enter")
        people = page.get_by_role("region", name="People")
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
        await page.get_by_role("link", name="Week after").click()
        await page.get_by_role("link", name="This week").click()


async def test_the_days_of_a_week_stand_beside_each_other_where_there_is_room(address: str, browser: Browser) -> None:
    async with visiting(browser, f"{address}/console/week/", viewport={"width": 1280, "height": 800}) as (page, _):
        await sign_in(page, Role.VIEWER)
        days = page.locator(".week > section")
        await expect(days).to_have_count(7)
        for width, rows_of_days in ((1280, 1), (320, 7)):
            await page.set_viewport_size({"width": width, "height": 800})
            boxes = [await day.bounding_box() for day in await days.all()]
            assert len({box["y"] for box in boxes if box is not None}) == rows_of_days
