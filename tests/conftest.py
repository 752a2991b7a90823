"""What every test may ask for: a fresh migrated database on a real PostgreSQL, settings, the API, real processes."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from databases import fresh_database
from documented import Documented
from hireloop import app, db, migrate
from hireloop.api import key_ring
from hireloop.api.document import document_of
from hireloop.api.tables import Role
from hireloop.local.mailbox import Mailbox
from hireloop.local.postgres import EmbeddedPostgres
from hireloop.settings import Settings

# A background job of a shell ignores Ctrl-C, one under `nohup` a closed terminal, and so would every process that a
# test starts: what is handled here is not ignored there.
signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

SECRET = "a secret of the tests, which opens nothing"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one of them at the end."""
    items.sort(key=lambda item: not {"journeys", "faults", "invariants", "doors"} & set(item.path.parts))


def settings_for(url: str, **overrides: object) -> Settings:
    """Return settings that read neither the environment nor `.env`."""
    values = {
        "database_url": url,
        "secret_key": SECRET,
        "base_url": "https://hire.example",
        "default_from_email": "HireLoop <interviews@hire.example>",
        **overrides,
    }
    return Settings.read(_env_file=None, **values)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedPostgres]:
    """One PostgreSQL for the whole run; each test has a database of its own on it."""
    folder = Path(tempfile.mkdtemp(prefix="hireloop-tests-"))
    postgres = EmbeddedPostgres(folder)
    postgres.start()
    yield postgres
    postgres.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(server: EmbeddedPostgres) -> str:
    """A migrated, empty database to be copied."""
    url = server.start()

    async def make() -> None:
        async with db.opened(url, pool_size=1):
            await migrate.migrate(settings_for(url))

    asyncio.run(make())
    return url


@pytest.fixture
def database_url(template: str) -> Iterator[str]:
    """A fresh, migrated, empty database."""
    with fresh_database(template) as url:
        yield url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[None]:
    """The pool, open for the length of a test."""
    async with db.opened(database_url):
        yield


@pytest.fixture
async def application(settings: Settings) -> Litestar:
    return app.build(settings)


@pytest.fixture(scope="session")
def documented() -> Documented:
    """The OpenAPI document, as a judge of answers."""
    return Documented(document_of(app.build(settings_for("postgresql:///nowhere"))))


@pytest.fixture
async def visitor(application: Litestar, documented: Documented) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key; the application runs in the test's own loop, so a test can look at its database.

    Every answer is held against the OpenAPI document, whatever the test is about.
    """
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


async def _live(application: Litestar, ready: asyncio.Event, over: asyncio.Event) -> None:
    """Start and stop the application in one task: a fixture's two halves run in two."""
    async with application.lifespan():
        ready.set()
        await over.wait()


@pytest.fixture
async def api(visitor: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client with an admin's key."""
    _, key = await key_ring.create("tests", Role.ADMIN)
    visitor.headers["Authorization"] = f"Bearer {key}"
    return visitor


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A real SMTP server in its own process."""
    folder = Path(tempfile.mkdtemp(prefix="hireloop-mail-"))
    box = Mailbox(folder)
    box.start()
    yield box
    box.stop()
    shutil.rmtree(folder)
