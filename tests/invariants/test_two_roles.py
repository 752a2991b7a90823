"""The role that processes use, beside the one that owns the tables: what it may do is what a process does."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from docs.test_docs import text_of
from hireloop import db, migrate
from hireloop.errors import DatabaseNotReady
from hireloop.migrate import privileges
from hireloop.migrate.privileges import NEEDED
from hireloop.settings import Settings
from migrate.roles import ROLE, role_with
from sample_settings import as_application, settings_for

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN")
# What each verb is tried with; nothing is changed by those that may be.
TRIED = {
    "SELECT": "SELECT FROM {} LIMIT 0",
    "INSERT": "INSERT INTO {0} SELECT * FROM {0} LIMIT 0",
    "UPDATE": "UPDATE {} SET {column} = {column} WHERE false",
    "DELETE": "DELETE FROM {} WHERE false",
    "TRUNCATE": "TRUNCATE {}",
    "TRIGGER": (
        "CREATE TRIGGER mine BEFORE INSERT ON {} FOR EACH STATEMENT EXECUTE FUNCTION erased_attempts_keep_no_words()"
    ),
}
NEVER = (
    "ALTER TABLE {} ADD COLUMN mine text",
    "ALTER TABLE {} RENAME TO mine",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} DISABLE TRIGGER USER",
    "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
    "DROP TABLE {} CASCADE",
    "CREATE INDEX mine ON {} ((1))",
    "CREATE RULE mine AS ON INSERT TO {} DO INSTEAD NOTHING",
    "COPY {} TO PROGRAM 'true'",
    "COPY {} TO '/tmp/mine'",
)
NEVER_AT_ALL = (
    "CREATE TABLE mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SEQUENCE mine",
    "CREATE TYPE mine AS ENUM ('a')",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE ROLE mine",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "SET ROLE hireloop",
    "SET SESSION AUTHORIZATION hireloop",
    "SET session_replication_role = replica",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/mine')",
    "DO LANGUAGE plpgsql $$ BEGIN DROP TRIGGER audit_is_append_only ON audit_entry; END $$",
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER FUNCTION blank_audit_of_erased(uuid) RESET search_path",
    "DROP FUNCTION blank_audit_of_erased(uuid)",
    "SET hireloop.erasing = 'on'; UPDATE audit_entry SET details = '{}'",
    "UPDATE audit_entry SET at = now()",
    "INSERT INTO migration_digest VALUES ('a', repeat('0', 64))",
    "UPDATE installation SET secret_fingerprint = 'a'",
)


@pytest.fixture
async def application_role(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A session of the role that processes use."""
    connection = await asyncpg.connect(as_application(database_url))
    yield connection
    await connection.close()


async def refusal(connection: asyncpg.Connection, statement: str) -> str | None:
    """Try a statement, undo it, and return the SQLSTATE of why it was refused."""
    undone = connection.transaction()
    await undone.start()
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return str(error.sqlstate)
    else:
        return None
    finally:
        await undone.rollback()


@pytest.mark.parametrize("table", NEEDED)
async def test_each_table_takes_the_verbs_that_are_needed_and_no_other(
    application_role: asyncpg.Connection, table: str
) -> None:
    column = await application_role.fetchval(
        """
        SELECT quote_ident(attname) FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND attgenerated = '' AND NOT attisdropped ORDER BY attnum LIMIT 1
        """,
        table,
    )
    is_view = table in {"schedule_to_notify", "invitation", "slot_to_notify", "slot_roster"}
    said = {verb: await refusal(application_role, TRIED[verb].format(table, column=column)) for verb in TRIED}
    allowed = {
        verb for verb, sqlstate in said.items() if sqlstate in {None, "428C9"}
    }  # it was let in: a generated column
    assert allowed == {*NEEDED[table]}
    others = {sqlstate for verb, sqlstate in said.items() if verb not in allowed}
    assert others <= ({"42501", "42809", "55000", "0A000"} if is_view else {"42501"})
    never = [await refusal(application_role, statement.format(table)) for statement in NEVER]
    assert {*never} <= ({"42501", "42809"} if is_view else {"42501"})
    await application_role.execute(f"GRANT ALL ON {table} TO PUBLIC")  # a warning, and without an effect
    version = await application_role.fetchval("SELECT current_setting('server_version_num')::int")
    known = [verb for verb in VERBS if verb != "MAINTAIN" or version >= 170_000]
    has = [v for v in known if await application_role.fetchval("SELECT has_table_privilege($1, $2)", table, v)]
    assert {*has} == {*NEEDED[table]}


@pytest.mark.parametrize("statement", NEVER_AT_ALL)
async def test_nothing_is_created_and_no_door_to_the_owner_opens(
    application_role: asyncpg.Connection, statement: str
) -> None:
    assert await refusal(application_role, statement) == "42501"  # insufficient_privilege


async def test_everybody_else_may_not_even_call_the_function_that_blanks_the_audit(database_url: str) -> None:
    superuser = await asyncpg.connect(database_url.replace("//hireloop@", "//postgres@"))
    granted = await superuser.fetchval(
        "SELECT proacl::text FROM pg_proc WHERE oid = 'blank_audit_of_erased(uuid)'::regprocedure"
    )
    settings = await superuser.fetchval(
        "SELECT proconfig::text FROM pg_proc WHERE oid = 'blank_audit_of_erased(uuid)'::regprocedure"
    )
    await superuser.close()
    assert granted == "{hireloop=X/hireloop,hireloop_app=X/hireloop}"
    assert settings == '{"search_path=pg_catalog, pg_temp"}'


# --- How the role comes by its privileges ----------------------------------------------------------------------------


def two_roles(url: str) -> Settings:
    return settings_for(url, database_url=url.replace("//hireloop@", f"//{ROLE}@"), database_owner_url=url)


async def verbs_of(url: str) -> dict[str, set[str]]:
    connection = await asyncpg.connect(url)
    found = {
        table: {
            verb
            for verb in VERBS[:-1]
            if await connection.fetchval("SELECT has_table_privilege($1, $2, $3)", ROLE, table, verb)
            or (
                (verb not in {"DELETE", "TRUNCATE", "TRIGGER"})
                and await connection.fetchval("SELECT has_any_column_privilege($1, $2, $3)", ROLE, table, verb)
            )
        }
        for table in NEEDED
    }
    await connection.close()
    return found


async def test_migrate_grants_what_is_needed_and_takes_back_what_is_not(database_url: str) -> None:
    async with role_with(database_url, {}) as url:
        owner = await asyncpg.connect(database_url)
        superuser = await asyncpg.connect(database_url.replace("//hireloop@", "//postgres@"))
        await superuser.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")  # as PostgreSQL 14 made it
        await owner.execute(
            f"""
            GRANT ALL ON audit_entry, candidate, migration TO {ROLE};
            GRANT UPDATE (secret_fingerprint) ON installation TO {ROLE};
            GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE};
            REVOKE USAGE ON SCHEMA public FROM PUBLIC
            """
        )
        settings = two_roles(database_url)
        assert await migrate.as_owner(settings) == []
        assert await verbs_of(database_url) == {table: set(needed) for table, needed in NEEDED.items()}
        async with db.opened(url, pool_size=1):
            await migrate.check(settings)
            assert await privileges.excess() == (ROLE, False, False, ())
            for refused in ("CREATE TABLE mine ()", "SELECT nextval('migration_id_seq')"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.fetch(refused)
        before = await owner.fetchval("SELECT xmin::text FROM pg_class WHERE relname = 'audit_entry'")
        await migrate.as_owner(settings)
        assert await owner.fetchval("SELECT xmin::text FROM pg_class WHERE relname = 'audit_entry'") == before
        await owner.close()
        await superuser.close()


async def test_what_was_granted_to_everybody_is_named(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    await owner.execute("GRANT UPDATE, TRUNCATE ON audit_entry TO PUBLIC; GRANT UPDATE (name) ON migration TO PUBLIC")
    await owner.close()
    async with db.opened(as_application(database_url), pool_size=1):
        found = await privileges.excess()
    assert found.privileges == ("TRUNCATE, UPDATE on audit_entry", "UPDATE on migration")
    async with db.opened(database_url, pool_size=1):
        assert (await privileges.excess()).owns


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("GRANT CREATE ON SCHEMA public TO hireloop_dml", "CREATE on the schema public"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC", "CREATE on the schema public"),
        ("GRANT CREATE ON DATABASE {database} TO hireloop_dml", "CREATE on the database"),
        ("ALTER ROLE hireloop_dml CREATEROLE", "CREATEROLE"),
        ("ALTER ROLE hireloop_dml REPLICATION", "REPLICATION"),
        ("GRANT pg_execute_server_program TO hireloop_dml", "the role pg_execute_server_program"),
        (
            "ALTER ROLE hireloop_dml NOINHERIT; GRANT pg_read_server_files TO hireloop_dml",
            "the role pg_read_server_files",
        ),
    ],
)
async def test_a_way_around_the_privileges_is_named(database_url: str, given: str, named: str) -> None:
    async with role_with(database_url, NEEDED) as url:
        superuser = await asyncpg.connect(database_url.replace("//hireloop@", "//postgres@"))
        database = await superuser.fetchval("SELECT quote_ident(current_database())")
        await superuser.execute(given.format(database=database))
        await superuser.close()
        async with db.opened(url, pool_size=1):
            assert await privileges.excess() == (ROLE, False, False, (named,))


async def test_a_role_that_can_become_the_owner_is_as_good_as_the_owner(database_url: str) -> None:
    async with role_with(database_url, NEEDED) as url:
        superuser = await asyncpg.connect(database_url.replace("//hireloop@", "//postgres@"))
        await superuser.execute(f"ALTER ROLE {ROLE} NOINHERIT; GRANT hireloop TO {ROLE}")
        await superuser.close()
        async with db.opened(url, pool_size=1):
            assert await privileges.excess() == (ROLE, False, True, ())


async def test_after_a_restore_without_privileges_only_that_role_may_blank_the_audit(database_url: str) -> None:
    async with role_with(database_url, NEEDED):
        owner = await asyncpg.connect(database_url)
        await owner.execute("GRANT EXECUTE ON FUNCTION blank_audit_of_erased TO PUBLIC")
        await migrate.as_owner(two_roles(database_url))
        granted = await owner.fetch(
            "SELECT grantee::regrole::text FROM pg_proc, aclexplode(proacl) WHERE proname = 'blank_audit_of_erased'"
        )
        await owner.close()
    assert {row["grantee"] for row in granted} == {"hireloop", "hireloop_app", ROLE}


async def test_a_role_that_does_not_exist_is_named(database_url: str) -> None:
    settings = settings_for(
        database_url,
        database_url=database_url.replace("//hireloop@", "//nobody%20else@"),
        database_owner_url=database_url,
    )
    with pytest.raises(DatabaseNotReady, match=r"^The role nobody else of DATABASE_URL does not exist\. Create it"):
        await migrate.as_owner(settings)


async def test_the_owner_of_other_tables_is_told_whose_they_are(database_url: str) -> None:
    async with role_with(database_url, {}) as url:
        with pytest.raises(DatabaseNotReady) as told:
            await migrate.as_owner(settings_for(database_url, database_owner_url=url))
    assert str(told.value) == (
        "The tables of HireLoop belong to the role hireloop, and not to hireloop_dml, the role of DATABASE_OWNER_URL. "
        "Run `REASSIGN OWNED BY hireloop TO hireloop_dml` as a superuser, or set DATABASE_OWNER_URL to the address of "
        "hireloop: see docs/how-to/separate-database-roles.md."
    )


async def test_the_same_role_twice_is_the_owner_and_keeps_everything(database_url: str) -> None:
    settings = settings_for(database_url, database_url=database_url, database_owner_url=database_url)
    await migrate.as_owner(settings)
    async with db.opened(database_url, pool_size=1):
        await migrate.check(settings)
        await db.fetch("TRUNCATE worker")


def statements_of_page() -> list[str]:
    """Return the blocks of SQL of the page, for roles and a database of other names."""
    page = text_of("docs/how-to/separate-database-roles.md")
    blocks = re.findall(r"```sql\n(.+?)```", page, re.DOTALL)
    return [re.sub(r"\bhireloop(_owner|_app|)\b", r"of_page\1", block) for block in blocks]


def of_page(url: str, role: str) -> str:
    return url.replace("//hireloop@", f"//{role}@")


@asynccontextmanager
async def superuser_for_page(url: str, *roles: str) -> AsyncIterator[asyncpg.Connection]:
    """Keep a superuser's session for a block, and let the roles that the page makes go afterwards."""
    superuser = await asyncpg.connect(of_page(url, "postgres"))
    try:
        yield superuser
    finally:
        await superuser.execute(f"REASSIGN OWNED BY {', '.join(roles)} TO hireloop")
        for role in roles:
            await superuser.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        await superuser.close()


async def test_the_page_separates_the_roles_of_an_installation_while_it_works(database_url: str) -> None:
    _, create, reassign, _ = statements_of_page()
    settings = settings_for(
        database_url,
        database_url=of_page(database_url, "of_page"),
        database_owner_url=of_page(database_url, "of_page_owner"),
    )
    async with superuser_for_page(database_url, "of_page", "of_page_owner") as superuser:
        await superuser.execute("CREATE ROLE of_page LOGIN; REASSIGN OWNED BY hireloop TO of_page")
        await superuser.execute(create)
        await superuser.execute(reassign)
        async with db.opened(str(settings.database_url), pool_size=1):
            await migrate.check(settings)  # before the privileges are exact
        await migrate.as_owner(settings)
        async with db.opened(str(settings.database_url), pool_size=1):
            await migrate.check(settings)
            assert await privileges.excess() == ("of_page", False, False, ())


async def test_the_page_gives_processes_a_role_beside_that_of_a_superuser(database_url: str) -> None:
    create = statements_of_page()[3]
    settings = settings_for(
        database_url,
        database_url=of_page(database_url, "of_page_app"),
        database_owner_url=of_page(database_url, "postgres"),
    )
    async with superuser_for_page(database_url, "of_page_app") as superuser:
        await superuser.execute(create)
        await migrate.as_owner(settings)
        async with db.opened(str(settings.database_url), pool_size=1):
            await migrate.check(settings)
            assert await privileges.excess() == ("of_page_app", False, False, ())


async def test_the_page_makes_a_new_installation(empty_url: str) -> None:
    create, database = statements_of_page()[0].split("CREATE DATABASE")
    settings = settings_for(
        empty_url,
        database_url=of_page(empty_url, "of_page"),
        database_owner_url=of_page(empty_url, "of_page_owner"),
    )
    async with superuser_for_page(empty_url, "of_page", "of_page_owner") as superuser:
        await superuser.execute(create)
        assert database.strip() == "of_page OWNER of_page_owner;"
        name = await superuser.fetchval("SELECT quote_ident(current_database())")
        await superuser.execute(f"ALTER DATABASE {name} OWNER TO of_page_owner")
        await migrate.as_owner(settings)
        async with db.opened(str(settings.database_url), pool_size=1):
            await migrate.check(settings)
            assert await privileges.excess() == ("of_page", False, False, ())
