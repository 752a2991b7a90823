"""As which role processes connect, and whether anybody can listen in."""

import asyncpg
import pytest

from hireloop import db
from hireloop.doctor import connection
from hireloop.migrate.privileges import NEEDED, Excess
from hireloop.notify.diagnosis.findings import Level
from sample_settings import as_application, settings_for

HOW = "See docs/how-to/separate-database-roles.md."


async def test_the_owner_a_superuser_and_a_role_with_too_much_are_named(database_url: str) -> None:
    said = {}
    for role in ("postgres", "hireloop", "hireloop_app"):
        async with db.opened(database_url.replace("//hireloop@", f"//{role}@"), pool_size=1):
            said[role] = await connection.role()
    assert {role: found.level for role, found in said.items()} == {
        "postgres": Level.WARNING,
        "hireloop": Level.WARNING,
        "hireloop_app": Level.OK,
    }
    assert said["postgres"].cause == "The application connects to the database as postgres, a superuser."
    assert (
        said["hireloop"].cause
        == "The application connects to the database as hireloop, which has the rights of its tables' owner."
    )
    assert said["hireloop"].fix == f"Use a role that owns nothing. {HOW}"
    owner = await asyncpg.connect(database_url)
    await owner.execute("GRANT TRUNCATE ON slot TO PUBLIC")
    await owner.close()
    async with db.opened(as_application(database_url), pool_size=1):
        found = await connection.role()
    assert found.level is Level.WARNING
    assert found.cause == "The database role hireloop_app has privileges that no process needs (TRUNCATE on slot)."


def test_of_many_privileges_a_few_are_named() -> None:
    everywhere = tuple(f"TRUNCATE on {table}" for table in NEEDED)
    said = connection.role_of(Excess("app", is_superuser=False, owns=False, privileges=everywhere))
    assert said.cause.endswith(f"; TRUNCATE on candidate; and of {len(NEEDED) - 5} more).")


async def test_notifications_arrive_unless_they_are_listened_for_where_none_are_sent(
    database_url: str, empty_url: str
) -> None:
    async with db.opened(as_application(database_url), pool_size=1):
        assert await connection.hears(settings_for(database_url))
        # Behind a pooler, LISTEN is on a connection that nothing is sent to; here, it is in another database.
        assert not await connection.hears(settings_for(database_url, database_direct_url=empty_url))


async def test_a_database_on_this_machine_needs_no_tls(database_url: str) -> None:
    async with db.opened(as_application(database_url), pool_size=1):
        found = await connection.tls(settings_for(database_url))
    assert (found.level, found.cause) == (Level.OK, "The database is on this machine.")


@pytest.mark.parametrize(
    ("is_encrypted", "mode", "level", "says"),
    [
        (False, "", Level.WARNING, "is not encrypted"),
        (False, "prefer", Level.WARNING, "is not encrypted"),
        (True, "", Level.WARNING, "certificate is not checked"),
        (True, "require", Level.WARNING, "certificate is not checked"),
        (True, "verify-ca", Level.OK, "certificate is checked"),
        (True, "verify-full", Level.OK, "certificate is checked"),
    ],
)
def test_a_connection_to_another_machine_is_encrypted_and_the_server_is_known(
    *, is_encrypted: bool, mode: str, level: Level, says: str
) -> None:
    found = connection.tls_of(is_encrypted=is_encrypted, is_local=False, mode=mode)
    assert found.level is level
    assert says in found.cause
    assert ("sslmode=verify-full" in found.fix) is (level is Level.WARNING)
