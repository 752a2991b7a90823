"""What every test may ask for: a fresh migrated database on a real PostgreSQL, settings, the API, real processes.

Fixtures import what they need themselves: a test of something pure does without the application, and starts at once.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from generate_on_import import GenerateOnImport
from hireloop.settings import Settings
from sample_settings import settings_for

if TYPE_CHECKING:
    import httpx
    from litestar import Litestar

    from api.documented import Documented
    from hireloop.local.mailbox.mailbox import Mailbox
    from servers.databases import Template

# A background job of a shell ignores Ctrl-C, one under `nohup` a closed terminal, and so would every process that a
# test starts: what is handled here is not ignored there.
signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# How much property tests try. The same examples each time, however fast the machine is: a change is never stopped by
# luck. `--hypothesis-profile=long` tries more of them (`make test-long`), `search` others each time (`make fuzz`).
_STEADY = profile(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
profile.register_profile("short", _STEADY, derandomize=True, max_examples=100)
profile.register_profile("long", _STEADY, derandomize=True, max_examples=700)
profile.register_profile("search", _STEADY, derandomize=False, max_examples=5_000)
profile.load_profile("short")
# Hypothesis would also try the constants of those modules of ours that happen to be loaded, and call a test flaky when
# another one is loaded meanwhile; they depend on which tests ran before in the same process.
providers._get_local_constants = Constants  # noqa: SLF001 (there is no public way)

# A test's database need not outlive a power cut, so it lies in memory where there is room.
_SERVER_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
}
_MEMORY, _ROOM_FOR_EACH = Path("/dev/shm"), 500_000_000  # bytes, for each of the processes side by side

sys.meta_path.insert(0, GenerateOnImport())  # so that only tests with the client wait for it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: not {"journeys", "faults", "invariants", "doors"} & set(item.path.parts))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of the person who runs the tests out of them."""
    for name in [*os.environ]:
        if name.lower().removesuffix("_file") in Settings.model_fields or name.startswith("OTEL_"):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def template() -> Iterator["Template"]:
    """A migrated, empty database to be copied, on the run's own PostgreSQL."""
    from hireloop import db, migrate
    from hireloop.local.postgres.server import EmbeddedPostgres
    from servers.databases import Template, as_owner

    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > processes * _ROOM_FOR_EACH
    folder = Path(tempfile.mkdtemp(prefix="hireloop-tests-", dir=_MEMORY if in_memory else None))
    server = EmbeddedPostgres(folder, _SERVER_OPTIONS)
    url = server.start()

    async def make() -> None:
        # The tests look at, and end, connections of the role that processes use.
        await as_owner(url.replace("//hireloop@", "//postgres@"), "GRANT pg_monitor, pg_signal_backend TO hireloop")
        async with db.opened(url, pool_size=1):
            await migrate.migrate(settings_for(url, database_owner_url=url))

    asyncio.run(make())
    with Template(url) as made:
        yield made
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def database_url(template: "Template") -> Iterator[str]:
    """A fresh, migrated, empty database, as its owner; `settings_for` and `environment` take the other role's."""
    with template.copied() as url:
        yield url


@pytest.fixture
def empty_url(template: "Template") -> Iterator[str]:
    """A database without a single table."""
    with template.emptied() as url:
        yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[None]:
    """The pool, open for the length of a test."""
    from hireloop import db

    async with db.opened(database_url):
        yield


@pytest.fixture
async def application(settings: Settings) -> "Litestar":
    from hireloop import app

    return app.build(settings)


@pytest.fixture(scope="session")
def documented() -> "Documented":
    """The OpenAPI document, as a judge of answers."""
    from api.documented import Documented
    from hireloop import app
    from hireloop.api.openapi.document import document_of

    return Documented(document_of(app.build(settings_for("postgresql:///nowhere"))))


@pytest.fixture
async def user(application: "Litestar", documented: "Documented") -> AsyncIterator["httpx.AsyncClient"]:
    """A client without a key; the application runs in the test's own loop, so a test can look at its database.

    Every answer is held against the OpenAPI document, whatever the test is about.
    """
    import httpx

    from hireloop import app

    transport = httpx.ASGITransport(app=app.traced(application))  # type: ignore[arg-type] # Litestar's ASGI types
    ready, over = asyncio.Event(), asyncio.Event()
    life = asyncio.create_task(_live(application, ready, over))
    await asyncio.wait([life, asyncio.create_task(ready.wait())], return_when=asyncio.FIRST_COMPLETED)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://hire.example", event_hooks={"response": [documented.check]}
    ) as client:
        yield client
    over.set()
    await life


async def _live(application: "Litestar", ready: asyncio.Event, over: asyncio.Event) -> None:
    """Start and stop the application in one task: a fixture's two halves run in two."""
    async with application.lifespan():
        ready.set()
        await over.wait()


@pytest.fixture
async def api(user: "httpx.AsyncClient") -> "httpx.AsyncClient":
    """A client with an admin's key."""
    from hireloop.access import api_keys
    from hireloop.access.tables import Role

    _, key = await api_keys.create("tests", Role.ADMIN)
    user.headers["Authorization"] = f"Bearer {key}"
    return user


@pytest.fixture
def mailbox() -> Iterator["Mailbox"]:
    """A real SMTP server in its own process."""
    from hireloop.local.mailbox.mailbox import Mailbox

    folder = Path(tempfile.mkdtemp(prefix="hireloop-mail-"))
    box = Mailbox(folder)
    box.start()
    yield box
    box.stop()
    shutil.rmtree(folder)
