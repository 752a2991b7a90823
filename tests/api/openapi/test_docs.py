import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from litestar import Litestar
from playwright.async_api import Page, Route, async_playwright, expect

from hireloop import app
from hireloop.api.openapi.document import document_of
from sample_settings import settings_for
from web.browsers import CHROMIUM, QUIET, needs_chromium

ADDRESS = "https://hire.test"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def built() -> Litestar:
    """The application, which needs no database for its documentation."""
    return app.build(settings_for("postgresql:///nowhere"))


@pytest.fixture
def client(built: Litestar) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=built)  # type: ignore[arg-type] # Litestar's ASGI types
    return httpx.AsyncClient(transport=transport, base_url=ADDRESS)


async def test_the_page_shows_every_operation_problem_and_type(client: httpx.AsyncClient, built: Litestar) -> None:
    answered = await client.get("/docs")
    assert answered.status_code == 200
    assert answered.headers["content-type"].startswith("text/html")
    document = document_of(built)
    operations = {it["operationId"] for item in document["paths"].values() for it in item.values()}
    assert operations <= set(re.findall(r'id="([a-z_]+)"', answered.text))
    assert {f"type-{name}" for name in document["components"]["schemas"]} <= set(
        re.findall(r'id="(type-[^"]+)"', answered.text)
    )
    for said in ("slot-full", "All seats in this slot are taken", "Bring an idea.", "time with an offset", "at_risk"):
        assert said in answered.text, said


async def test_every_link_of_the_page_leads_somewhere(client: httpx.AsyncClient) -> None:
    page = (await client.get("/docs")).text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    addresses = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    assert {address[1:] for address in addresses if address.startswith("#")} <= set(ids)
    for address in addresses:
        if not address.startswith(("#", "data:")):
            assert (await client.get(address)).status_code == 200, address


async def test_nothing_is_loaded_from_elsewhere_and_no_script_runs(client: httpx.AsyncClient) -> None:
    answered = await client.get("/docs")
    assert "<script" not in answered.text
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', answered.text)
    sheet = await client.get(style)
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    assert "url(" not in sheet.text
    assert "@import" not in sheet.text


@needs_chromium
@pytest.mark.timeout(300)  # axe looks at some thousand elements
@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
async def test_the_page_is_accessible_and_fits_narrow_and_wide_screens(
    client: httpx.AsyncClient,
    scheme: Any,  # noqa: ANN401 (Playwright's Literal)
    width: int,
) -> None:
    async with _seen(client, scheme, width) as page:
        await page.goto(f"{ADDRESS}/docs#book_slot")
        await expect(page.locator("#book_slot")).to_be_visible()  # a link opens what it leads to
        await _open(page, 3)
        await _check(page, width)


@needs_chromium
@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
async def test_the_pages_about_problems_are_accessible_and_as_wide_as_their_text(
    client: httpx.AsyncClient,
    scheme: Any,  # noqa: ANN401 (Playwright's Literal)
    width: int,
) -> None:
    async with _seen(client, scheme, width) as page:
        for path in ("/problems/", "/problems/database-away"):
            await page.goto(ADDRESS + path)
            await _check(page, width)
            box = await page.locator("main p, main dd").first.bounding_box()
            assert box is not None
            assert box["width"] >= min(width - 40, 700)


@asynccontextmanager
async def _seen(
    client: httpx.AsyncClient,
    scheme: Any,  # noqa: ANN401 (Playwright's Literal)
    width: int,
) -> AsyncIterator[Page]:
    """Open a browser on the application; in the end its pages must not have complained."""

    async def serve(route: Route) -> None:
        answered = await client.get(route.request.url.removeprefix(ADDRESS))
        await route.fulfill(status=answered.status_code, headers=dict(answered.headers.items()), body=answered.content)

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = await browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
        complaints = _complaints(page)
        await page.route("**/*", serve)
        yield page
        assert complaints == []
        await browser.close()


async def _check(page: Page, width: int) -> None:
    rules = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]}
    found = await Axe().run(page, options=rules)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


def _complaints(page: Page) -> list[str]:
    """Return the list in which the page's complaints will be."""
    said: list[str] = []
    page.on("console", lambda it: said.append(it.text))
    return said


async def _open(page: Page, count: int) -> None:
    """Open some operations, with the keyboard."""
    for at in range(count):
        await page.locator("summary").nth(at).focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("details").nth(at)).to_have_attribute("open", "")
