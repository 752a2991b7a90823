"""The hub in an application that is not HireLoop's: a message is put with the application's own fact, and sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
from litestar import Litestar, Request, post

from factories import soon
from hireloop import db
from hireloop.notify.decisions import due
from hireloop.notify.deliveries import leases
from hireloop.notify.messages import CancelledMessage
from hireloop.notify.plugin import NotificationHub
from hireloop.notify.worker import wakeup
from sample_channels import EMAIL

FESTIVAL = UUID("0193ae6c-7c00-7000-8000-000000000001")


@post("/cancel", status_code=202)
async def cancel(request: Request[Any, Any, Any]) -> list[str]:
    """Call a concert off: the fact and the message are one transaction."""
    hub = request.app.plugins.get(NotificationHub)
    message = CancelledMessage(
        schedule_id=FESTIVAL,
        revision=1,
        candidate_name="Asha Rao",
        candidate_email="asha@example.com",
        time_zone=None,
        locale=None,
        job_title="Concert",
        company="Example Hall",
        recruiter_email=None,
        starts_at=soon(60),
        ends_at=soon(120),
    )
    async with db.DB.transaction():
        await db.fetch("CREATE TABLE IF NOT EXISTS concert (name text)")
        await db.fetch("INSERT INTO concert VALUES ('off')")
        put = await hub.outbox.put([message], now=datetime.now(UTC))
        if request.query_params.get("fail"):
            raise ZeroDivisionError
    hub.wakeups.send_soon()
    return [delivery.message_id for delivery in put]


def application(url: str) -> Litestar:
    @asynccontextmanager
    async def database(_: Litestar) -> AsyncIterator[None]:
        async with db.opened(url, pool_size=2):
            yield

    channel = msgspec.structs.replace(EMAIL, kinds=frozenset({"cancelled"}))
    hub = NotificationHub([channel], listen_url=url, message_id_domain="hall.example")
    return Litestar([cancel], plugins=[hub], lifespan=[database], openapi_config=None)


async def test_another_application_puts_a_message_with_its_own_fact_and_a_worker_is_woken(database_url: str) -> None:
    app, heard = application(database_url), asyncio.Event()
    async with app.lifespan(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hall") as client:  # type: ignore[arg-type] # Litestar's ASGI types
        listening = asyncio.create_task(wakeup.listen(database_url, heard.set))
        await asyncio.wait_for(heard.wait(), 30)  # it listens
        heard.clear()
        answer = await client.post("/cancel")
        await asyncio.wait_for(heard.wait(), 30)
        listening.cancel()
        assert answer.status_code == 202
        await due.decide()
        [lease] = await leases.take("email", limit=5, worker="w", kinds=["cancelled"])
        assert (lease.recipient, lease.schedule, [lease.message_id]) == ("asha@example.com", FESTIVAL, answer.json())
        assert lease.message_id.endswith("@hall.example>")


async def test_where_the_fact_is_not_written_neither_is_the_message(database_url: str) -> None:
    app = application(database_url)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type] # Litestar's ASGI types
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://hall") as client:
        assert (await client.post("/cancel?fail=yes")).status_code == 500
        assert await db.fetch_value("SELECT count(*) FROM delivery") == 0
