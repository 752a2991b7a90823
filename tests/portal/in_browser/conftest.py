"""A real server process, for pages whose server is killed or is not the only one."""

from collections.abc import AsyncIterator

import pytest

from processes import Server, environment


@pytest.fixture
async def server(database_url: str, database: None) -> AsyncIterator[Server]:  # noqa: ARG001 (the pool is open)
    with Server(environment(database_url, BASE_URL="http://localhost")) as one:
        yield one
