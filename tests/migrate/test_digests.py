"""What has run is remembered as it was when it ran."""

import importlib
from collections.abc import AsyncIterator

import pytest

from hireloop import db, migrate
from hireloop.errors import DatabaseNotReady
from hireloop.migrate import Readiness, digests, schema
from hireloop.settings import Settings
from migrate.factories import make_0_1_0
from sample_settings import settings_for

BASELINE = {one for one in schema.expected().migrations if one.startswith("2026-11-29T12")}


@pytest.fixture
async def of_0_1_0(empty_url: str) -> AsyncIterator[Settings]:
    """The settings of an open database as 0.1.0 has made it."""
    async with db.opened(empty_url, pool_size=2):
        await make_0_1_0()
        yield settings_for(empty_url)


async def recorded() -> dict[str, str]:
    rows = await db.fetch("SELECT migration, digest FROM migration_digest")
    return {row["migration"]: row["digest"] for row in rows}


@pytest.mark.usefixtures("database")
async def test_what_runs_is_recorded_with_its_digest() -> None:
    assert await recorded() == schema.expected().migrations


@pytest.mark.parametrize("module", digests.modules().values())
def test_the_file_has_the_digest_of_each_migration(module: str) -> None:
    migration = importlib.import_module(module)
    assert schema.expected().migrations[migration.ID] == digests.digest_of(module), "run `make schema`"


async def test_a_database_of_0_1_0_is_upgraded_and_its_migrations_are_recorded(of_0_1_0: Settings) -> None:
    with pytest.raises(DatabaseNotReady, match=r"pending migrations?\. Run `hireloop migrate`"):
        await migrate.check(of_0_1_0)
    ran = await migrate.migrate(of_0_1_0)
    assert set(ran) == schema.expected().migrations.keys() - BASELINE
    assert await recorded() == schema.expected().migrations
    await migrate.check(of_0_1_0)


async def test_a_database_of_a_commit_before_0_1_0_that_lacks_a_column_is_refused_and_left_alone(
    of_0_1_0: Settings,
) -> None:
    await db.fetch("ALTER TABLE delivery DROP COLUMN bounced_at CASCADE")
    with pytest.raises(DatabaseNotReady, match=r"column delivery\.bounced_at is missing"):
        await migrate.migrate(of_0_1_0)
    assert await db.fetch_value("SELECT to_regclass('migration_digest')") is None


@pytest.mark.usefixtures("database")
async def test_a_database_of_an_unreleased_commit_is_refused(settings: Settings) -> None:
    await db.fetch(
        "UPDATE migration_digest SET digest = repeat('0', 64) WHERE migration = '2026-11-29T12:00:00:000001'"
    )
    sentence = (
        r"^This database was created by an unreleased commit of HireLoop, whose migration 2026-11-29T12:00:00:000001 "
        r"differs from the released one, and cannot be upgraded: use an empty database, or restore a backup"
    )
    for work in (migrate.migrate(settings), migrate.check(settings)):
        with pytest.raises(DatabaseNotReady, match=sentence):
            await work
    [reason] = await Readiness().faults()
    assert reason.startswith("This database was created by an unreleased commit of HireLoop")


@pytest.mark.usefixtures("database")
async def test_the_digest_of_a_later_versions_migration_is_none_of_our_business(settings: Settings) -> None:
    await db.fetch("INSERT INTO migration_digest VALUES ('2099-01-01T00:00:00:000000', repeat('0', 64))")
    await migrate.check(settings)
    assert await migrate.migrate(settings) == []
