"""A whole installation in real processes: API and portal, worker, mailbox, collector."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from hireloop import db
from hireloop.access import api_keys
from hireloop.access.tables import Role
from hireloop.local.mailbox.mailbox import Mailbox
from hireloop_client import AuthenticatedClient
from journeys.installation import Installation
from processes import Server, WorkerProcess, environment
from servers.collector import Collector


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as running:
        yield running


@pytest.fixture(params=["http/protobuf", "grpc"])
async def installation(
    request: pytest.FixtureRequest, database_url: str, mailbox: Mailbox, collector: Collector
) -> AsyncIterator[Installation]:
    host, port = mailbox.start()
    protocol: str = request.param
    env = environment(
        database_url,
        EMAIL_HOST=host,
        EMAIL_PORT=str(port),
        MOVE_QUIET_SECONDS="1",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.grpc if protocol == "grpc" else collector.http,
    )
    async with db.opened(database_url, pool_size=2):
        _, key = await api_keys.create("journey", Role.ADMIN)
        with Server(env) as server, WorkerProcess(env) as worker:
            headers = {"Authorization": f"Bearer {key}"}
            client = AuthenticatedClient(base_url=server.url, token=key, timeout=httpx.Timeout(20))
            async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20) as api, client:
                yield Installation(api, key, server, worker, mailbox, collector, client)
