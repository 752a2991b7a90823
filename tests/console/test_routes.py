"""What the console says when something of its own does not work."""

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NoOpTracer

from console.signing import sign_in
from hireloop.access.tables import Role
from hireloop.telemetry import spans

PATH = "/console/channels/"


@pytest.fixture
async def client(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> httpx.AsyncClient:
    """Somebody who is signed in, and finds a page broken."""
    await sign_in(client, Role.VIEWER)

    async def break_off() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hireloop.console.channels.held.held", break_off)
    return client


async def test_a_page_that_fails_names_its_trace(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "_tracer", TracerProvider(shutdown_on_exit=False).get_tracer("tests"))
    page = await client.get(PATH)
    assert page.status_code == 500
    trace_id = page.headers["traceresponse"].split("-")[1]
    assert f"give this trace ID: <code>{trace_id}</code>" in page.text


async def test_without_traces_a_page_that_fails_leads_to_the_log(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "_tracer", NoOpTracer())
    page = await client.get(PATH)
    assert page.status_code == 500
    assert "An internal error occurred. It is in the server" in page.text
