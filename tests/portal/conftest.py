"""The application on the test's database, and two kinds of candidates: an HTTP client, a browser."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from api.documented import Documented
from hireloop import app
from hireloop.settings import Settings
from portal.browsing import served_here
from web.browsers import launch

__all__ = ["address", "client", "launch"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a chat that hears of bookings and what happens to them, and candidates' requests by mail."""
    chat = SecretStr("json://chat.example/recruiters")
    routes = "late_request=email confirmed=json entered=json finished=json"
    return settings.model_copy(update={"chat_urls": chat, "message_routes": routes})


@pytest.fixture
async def client(settings: Settings, documented: Documented, database: None) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 (the pool is open)
    """Keeps cookies as a browser does, and follows no redirect by itself.

    What the OpenAPI document says of the link of an invitation is held against every answer.
    """
    transport = httpx.ASGITransport(app=app.build(settings))  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(
        transport=transport, base_url=settings.base_url, event_hooks={"response": [documented.check]}
    ) as opened:
        yield opened


@pytest.fixture
async def address(settings: Settings, database: None) -> AsyncIterator[str]:  # noqa: ARG001 (the pool is open)
    """Where it is served, as on a developer's machine."""
    async with served_here(settings) as served:
        yield served
