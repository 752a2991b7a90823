"""A real browser, and an application served to it: how tests start, watch and ask them."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, Page, Response, async_playwright, expect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is not localhost: plain http there is no secure context.
    "--host-resolver-rules=MAP hire.test 127.0.0.1",
)

expect.set_options(timeout=30_000)  # ms; what takes a second on a quiet machine

Launch = Callable[..., Awaitable[Browser]]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium is installed (Debian: chromium)"
)


class ExpectedVersion:
    """What a page asked for and complained of."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.answers: list[Response] = []

    @property
    def weight(self) -> int:
        """The bytes of every body so far, as they were sent: what may be kept for good counts once."""
        kept: dict[str, int] = {}
        others = 0
        for answer in self.answers:
            length = int(answer.headers.get("content-length", 0))
            if answer.request.method == "HEAD":
                continue
            if "immutable" in answer.headers.get("cache-control", ""):
                kept[answer.url] = length
            else:
                others += length
        return sum(kept.values()) + others

    def forget_pages(self) -> None:
        """Count from here on, but for what the browser keeps for good and does not ask for again."""
        self.answers = [it for it in self.answers if "immutable" in it.headers.get("cache-control", "")]


@asynccontextmanager
async def visiting(browser: Browser, url: str, **options: Any) -> AsyncIterator[tuple[Page, ExpectedVersion]]:  # noqa: ANN401 (the context's own options)
    """Open `url` in a fresh profile; in the end it must not have complained, nor spoken to anybody else."""
    context = await browser.new_context(**options)
    page, seen = await context.new_page(), ExpectedVersion()
    page.on("console", lambda it: seen.complaints.append(it.text) if it.type in {"error", "warning"} else None)
    page.on("pageerror", lambda it: seen.complaints.append(str(it)))
    page.on("request", lambda it: seen.hosts.add(it.url.split("/")[2]))
    page.on("response", lambda it: seen.answers.append(it))  # noqa: PLW0108 (Playwright marks its handlers, and a method takes no mark)
    await page.goto(url)
    yield page, seen
    await context.close()
    assert seen.complaints == [], seen.complaints
    assert seen.hosts == {url.split("/")[2]}


@pytest.fixture
async def launch() -> AsyncIterator[Launch]:
    """Starts Chromium with these flags."""
    async with async_playwright() as playwright:

        async def start(*flags: str) -> Browser:
            return await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])

        yield start


@pytest.fixture
async def browser(launch: Launch) -> AsyncIterator[Browser]:
    """Chromium as it is, for the length of a test."""
    opened = await launch()
    yield opened
    await opened.close()


@asynccontextmanager
async def serving(app: Litestar, *, opens_the_pool: bool = False) -> AsyncIterator[str]:
    """Serve the application by granian in this process, on a free port and plain http; yield its address.

    It runs the application's lifespan where that opens the pool, for the test too.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    interface = Interfaces.ASGI if opens_the_pool else Interfaces.ASGINL
    server = Server(app, port=port, interface=interface, log_enabled=False)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(20):
        while not await _answers(port):  # noqa: ASYNC110 (granian has no event for it)
            await asyncio.sleep(0.02)
    yield f"http://localhost:{port}"
    server.stop()  # type: ignore[no-untyped-call] # granian's
    await running


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
