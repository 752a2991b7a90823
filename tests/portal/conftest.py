"""The portal's application alone on the test's database, and two kinds of candidates: an HTTP client, a browser."""

from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from api.documented import Documented
from hireloop import portal
from hireloop.settings import Settings
from hireloop.web import look
from hireloop.web.headers import PolicyHeaders
from portal.factories import OUTBOX
from web.browsers import launch, serving

__all__ = ["address", "client", "launch"]


def _app(settings: Settings) -> Litestar:
    app = Litestar(
        [*portal.routes(settings, OUTBOX, lambda: None), look.static],
        exception_handlers={Exception: portal.error_page},
        openapi_config=None,
        logging_config=None,
    )
    app.asgi_handler = PolicyHeaders(app.asgi_handler, {"/": portal.HEADERS})
    return app


@pytest.fixture
async def client(settings: Settings, documented: Documented, database: None) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 (the pool is open)
    """Keeps cookies as a browser does, and follows no redirect by itself.

    What the OpenAPI document says of the link of an invitation is held against every answer.
    """
    transport = httpx.ASGITransport(app=_app(settings))  # type: ignore[arg-type] # httpx knows ASGI by looser types
    async with httpx.AsyncClient(
        transport=transport, base_url=settings.base_url, event_hooks={"response": [documented.check]}
    ) as opened:
        yield opened


@pytest.fixture
async def address(settings: Settings, database: None) -> AsyncIterator[str]:  # noqa: ARG001 (the pool is open)
    """Where it is served, as on a developer's machine."""
    async with serving(_app(settings.model_copy(update={"base_url": "http://localhost"}))) as served:
        yield served
