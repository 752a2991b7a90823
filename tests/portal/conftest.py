"""The portal's application alone on the test's database, and two kinds of candidates: an HTTP client, a browser."""

import asyncio
import socket
from collections.abc import AsyncIterator

import httpx
import pytest
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar
from playwright.async_api import Browser, async_playwright

from hireloop import portal
from hireloop.settings import Settings
from portal.bookings import OUTBOX
from portal.browsing import CHROMIUM, QUIET, Launch


def _app(settings: Settings) -> Litestar:
    return Litestar(
        portal.routes(settings, OUTBOX, lambda: None),
        exception_handlers={Exception: portal.error_page},
        openapi_config=None,
        logging_config=None,
    )


@pytest.fixture
async def client(settings: Settings, database: None) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 (the pool is open)
    """Keeps cookies as a browser does, and follows no redirect by itself."""
    transport = httpx.ASGITransport(app=_app(settings))  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as opened:
        yield opened


@pytest.fixture
async def address(settings: Settings, database: None) -> AsyncIterator[str]:  # noqa: ARG001 (the pool is open)
    """A granian server in this process, on a free port and plain http, as on a developer's machine."""
    app = _app(settings.model_copy(update={"base_url": "http://localhost"}))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(app, port=port, interface=Interfaces.ASGINL, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not await _answers(port):  # noqa: ASYNC110 (granian has no event for it)
            await asyncio.sleep(0.02)
    yield f"http://localhost:{port}"
    server.stop()  # type: ignore[no-untyped-call] # granian's
    await serving


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@pytest.fixture
async def launch() -> AsyncIterator[Launch]:
    """Starts Chromium with these flags."""
    async with async_playwright() as playwright:

        async def start(*flags: str) -> Browser:
            return await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *flags])

        yield start
