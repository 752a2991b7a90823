"""The whole application on the test's database, and two kinds of recruiters: an HTTP client, a browser."""

from collections.abc import AsyncIterator

import httpx
import pytest

from hireloop import app
from hireloop.settings import Settings
from web.browsers import browser, launch, serving

__all__ = ["address", "browser", "client", "launch", "settings"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A mail server that nobody asks here, and a Jaeger: else every page would warn of the one and lack the other."""
    told = {
        "email_host": "mail.example",
        "alert_email": "ops@hire.example",
        "trace_ui_url": "https://jaeger.example",
        "otel_exporter_otlp_endpoint": "http://collector.example:4318",
    }
    return settings.model_copy(update=told)


@pytest.fixture
async def client(user: httpx.AsyncClient) -> httpx.AsyncClient:
    """Keeps cookies as a browser does, says that it comes from our own pages, and follows no redirect by itself."""
    user.headers["Sec-Fetch-Site"] = "same-origin"
    return user


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[str]:
    """Where it is served; it opens the pool for the test too."""
    built = app.build(settings.model_copy(update={"base_url": "http://localhost"}))
    async with serving(built, opens_the_pool=True) as served:
        yield served
