"""What the database role must be allowed: just what the statements of this code need, and each lack is named."""

import ast
from collections.abc import Mapping
from functools import cache
from typing import Any

import asyncpg
import httpx
import pglast
import pytest
from pglast.ast import DeleteStmt, InsertStmt, SelectStmt, UpdateStmt

from doctor.test_examination import at_level
from hireloop import db, migrate
from hireloop.doctor import database as examined
from hireloop.errors import DatabaseNotReady
from hireloop.migrate import Readiness, privileges, schema
from hireloop.migrate.privileges import NEEDED, Lacking, sentence_of
from hireloop.notify.deliveries import deliveries
from hireloop.notify.diagnosis.findings import Level
from hireloop.settings import Settings
from hireloop.statements import numbered
from migrate.roles import ROLE, role_with
from repository.test_statements import COMPOSED, SAMPLES, STATEMENTS, trees
from sample_settings import settings_for
from servers.databases import as_owner

# What a query of a table class needs: an INSERT returns the key, and the others have a condition.
OF_QUERIES: Mapping[str, tuple[str, ...]] = {
    "select": ("SELECT",),
    "objects": ("SELECT",),
    "exists": ("SELECT",),
    "count": ("SELECT",),
    "insert": ("SELECT", "INSERT"),
    "update": ("SELECT", "UPDATE"),
    "delete": ("SELECT", "DELETE"),
}
# What the triggers do, as the role that changes the row.
OF_TRIGGERS = {("kept_address", "SELECT"), ("kept_address", "DELETE"), ("delivery", "SELECT")}


def explained() -> dict[str, str]:
    """Return the statements of running processes that PostgreSQL can explain, by name."""
    return {
        name: statement.numbered
        for name, statement in STATEMENTS.items()
        if isinstance(pglast.parse_sql(statement.numbered)[0].stmt, SelectStmt | InsertStmt | UpdateStmt | DeleteStmt)
    }


async def composed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the lists that are composed of what is asked for, each with every filter."""
    sent: dict[str, str] = {}

    async def keep(text: str, _values: Mapping[str, object]) -> list[Any]:
        sent[f"page {len(sent)}"] = numbered(text)[0]
        return []

    for module, filters in COMPOSED:
        monkeypatch.setattr(module, "rows_of", keep)
        names = filters.__struct_fields__
        channels = [()] if module is deliveries else []
        for only in (filters(), *(filters(**{name: SAMPLES[name]}) for name in names)):
            page: Any = module
            await page.page(only, *channels, limit=9, after=None)
    return sent


async def refused(connection: asyncpg.Connection, texts: Mapping[str, str]) -> list[str]:
    """Return the names of the statements that the role may not run; nothing is run."""
    names = []
    for name, text in texts.items():
        try:
            await connection.execute(f"EXPLAIN (GENERIC_PLAN) {text}")
        except asyncpg.InsufficientPrivilegeError as error:
            names.append(f"{name}: {error}")
    return names


@cache
def queried() -> frozenset[tuple[str, str]]:
    """Return each table with a privilege that a query of its class needs; not what only `migrate` does."""
    found = {("installation", "SELECT"), ("migration_digest", "SELECT")}  # what `migrate` reads at each start
    classes = {
        node.name: next(
            (word.value.value for word in node.keywords if word.arg == "tablename"),  # type: ignore[attr-defined]
            "".join(f"_{one.lower()}" if one.isupper() else one for one in node.name).lstrip("_"),
        )
        for module, tree in trees()
        if module.endswith("tables")
        for node in tree.body
        if isinstance(node, ast.ClassDef) and any(word.arg == "db" for word in node.keywords)
    }
    for module, tree in trees():
        for node in ast.walk(tree) if not module.startswith("migrate") else ():
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=query)) if name in classes:
                    found |= {(classes[name], privilege) for privilege in OF_QUERIES.get(query, ())}
    return frozenset(found)


async def test_every_statement_may_be_run_with_these_privileges(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with role_with(database_url, NEEDED) as url:
        connection = await asyncpg.connect(url)
        assert await refused(connection, explained() | await composed(monkeypatch)) == []
        await connection.close()
    asked = {(table, privilege) for table, needed in NEEDED.items() for privilege in needed}
    assert queried() | OF_TRIGGERS <= asked


async def test_no_privilege_is_asked_for_that_nothing_needs(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = queried() | OF_TRIGGERS
    unneeded = []
    async with role_with(database_url, NEEDED) as url:
        owner, connection = await asyncpg.connect(database_url), await asyncpg.connect(url)
        texts = explained() | await composed(monkeypatch)
        for table, needed in NEEDED.items():
            for privilege in needed:
                await owner.execute(f"REVOKE {privilege} ON {table} FROM {ROLE}")
                of_table = {name: text for name, text in texts.items() if table in text}
                if (table, privilege) not in known and not await refused(connection, of_table):
                    unneeded.append((table, privilege))
                await owner.execute(f"GRANT {privilege} ON {table} TO {ROLE}")
        await owner.close()
        await connection.close()
    assert unneeded == []


def test_every_table_and_view_is_looked_at() -> None:
    objects = schema.expected().objects
    assert {*NEEDED} - {"migration"} == {
        name.partition(" ")[2] for name in objects if name.startswith(("table ", "view "))
    }


LACKS = {
    "a privilege": (
        "REVOKE INSERT ON delivery FROM hireloop_dml",
        "(INSERT on public.delivery). Run `GRANT INSERT ON public.delivery TO hireloop_dml`",
    ),
    "several of a table": (
        "REVOKE SELECT, UPDATE ON slot FROM hireloop_dml",
        "(SELECT, UPDATE on public.slot). Run `GRANT SELECT, UPDATE ON public.slot TO hireloop_dml`",
    ),
    "those of two tables": (
        "REVOKE DELETE ON worker, stored_response FROM hireloop_dml",
        "Run `GRANT DELETE ON public.stored_response, public.worker TO hireloop_dml` as the owner of the tables, or",
    ),
    "of a view": (
        "REVOKE SELECT ON invitation FROM hireloop_dml",
        "(SELECT on public.invitation). Run `GRANT SELECT ON public.invitation TO hireloop_dml`",
    ),
    "of Piccolo's table": (
        "REVOKE SELECT ON migration FROM hireloop_dml",
        "(SELECT on public.migration). Run `GRANT SELECT ON public.migration TO hireloop_dml`",
    ),
    "of the digests": (
        "REVOKE SELECT ON migration_digest FROM hireloop_dml",
        "(SELECT on public.migration_digest). Run `GRANT SELECT ON public.migration_digest TO hireloop_dml` as",
    ),
    "of a function": (
        "REVOKE EXECUTE ON FUNCTION is_at_risk FROM PUBLIC",
        "Run `GRANT EXECUTE ON FUNCTION public.is_at_risk(timestamp with time zone, text, timestamp with time zone,",
    ),
}


@pytest.mark.parametrize(("statement", "says"), LACKS.values(), ids=LACKS)
async def test_a_lacking_privilege_is_named_with_its_grant_before_anything_fails(
    database_url: str, settings: Settings, statement: str, says: str
) -> None:
    async with role_with(database_url, NEEDED) as url:
        owner = await asyncpg.connect(database_url)
        async with db.opened(url, pool_size=1):
            await migrate.check(settings)
            await owner.execute(statement)
            for work in (migrate.check(settings), migrate.migrate(settings)):
                with pytest.raises(DatabaseNotReady) as told:
                    await work
                assert str(told.value).startswith("The database role hireloop_dml lacks privileges (")
                assert says in str(told.value)
            assert await Readiness().faults() == [str(told.value)]
        visit = await examined.examine(settings_for(url), [])
        [(check, cause, fix)] = at_level(list(visit.findings.values()), Level.FAILURE)
        assert check == "migrations"
        assert f"{cause} {fix}" == str(told.value)
        grant = fix.partition("`")[2].partition("`")[0]
        await owner.execute(grant)
        await owner.close()
        async with db.opened(url, pool_size=1):
            await migrate.check(settings)


async def test_a_table_of_another_schema_that_is_found_first_is_named_with_its_schema(
    database_url: str, settings: Settings
) -> None:
    async with role_with(database_url, NEEDED) as url:
        superuser = await asyncpg.connect(url.replace(f"//{ROLE}@", "//postgres@"))
        await superuser.execute(
            f'CREATE SCHEMA "An Other"; GRANT USAGE ON SCHEMA "An Other" TO {ROLE};'
            f'CREATE TABLE "An Other".job (id int); ALTER ROLE {ROLE} SET search_path = "An Other", public'
        )
        async with db.opened(url, pool_size=1):
            with pytest.raises(DatabaseNotReady, match=r'UPDATE ON "An Other"\.job TO hireloop_dml'):
                await migrate.check(settings)
        await superuser.execute('DROP SCHEMA "An Other" CASCADE')
        await superuser.close()


async def refusal_of(settings: Settings) -> str:
    """Return the one sentence with which both `check` and `migrate` refuse."""
    said = set()
    for work in (migrate.check(settings), migrate.migrate(settings)):
        with pytest.raises(DatabaseNotReady) as told:
            await work
        said.add(str(told.value))
    (sentence,) = said
    return sentence


async def test_a_migration_table_that_is_not_piccolos_is_named(database_url: str, settings: Settings) -> None:
    async with role_with(database_url, NEEDED) as url:
        superuser = await asyncpg.connect(url.replace(f"//{ROLE}@", "//postgres@"))
        await superuser.execute(
            f"CREATE SCHEMA other; GRANT USAGE ON SCHEMA other TO {ROLE}; CREATE TABLE other.migration (version int);"
            f"GRANT SELECT ON other.migration TO {ROLE}; ALTER ROLE {ROLE} SET search_path = other, public"
        )
        async with db.opened(url, pool_size=1):
            assert await refusal_of(settings) == (
                "The search_path finds the table other.migration first, which belongs to another program. Set the "
                "search_path of DATABASE_URL's role, so that it finds the tables of HireLoop first."
            )
        await superuser.execute("DROP SCHEMA other CASCADE")
        await superuser.close()


async def test_another_programs_function_of_the_same_name_is_not_asked_for(
    database_url: str, settings: Settings
) -> None:
    async with role_with(database_url, NEEDED) as url:
        owner = await asyncpg.connect(database_url)
        await owner.execute("CREATE FUNCTION is_at_risk(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
        await owner.execute("REVOKE EXECUTE ON FUNCTION is_at_risk(integer) FROM PUBLIC")
        await owner.close()
        async with db.opened(url, pool_size=1):
            await migrate.check(settings)


async def test_a_privilege_on_every_column_is_one_on_the_table(database_url: str, settings: Settings) -> None:
    async with role_with(database_url, NEEDED) as url:
        owner = await asyncpg.connect(database_url)
        names = [
            row["column_name"]
            for row in await owner.fetch("SELECT column_name FROM information_schema.columns WHERE table_name = 'job'")
        ]
        await owner.execute(f"REVOKE UPDATE ON job FROM {ROLE}")
        await owner.execute(f"GRANT UPDATE ({', '.join(names)}) ON job TO {ROLE}")
        async with db.opened(url, pool_size=1):
            await migrate.check(settings)
            await owner.execute(f"REVOKE UPDATE ({names[-1]}) ON job FROM {ROLE}")
            with pytest.raises(DatabaseNotReady, match=r"GRANT UPDATE ON public\.job TO hireloop_dml"):
                await migrate.check(settings)
        await owner.close()


async def test_a_schema_that_the_role_may_not_use_is_named(database_url: str, settings: Settings) -> None:
    async with role_with(database_url, NEEDED) as url:
        superuser = await asyncpg.connect(url.replace(f"//{ROLE}@", "//postgres@"))
        await superuser.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        async with db.opened(url, pool_size=1):
            assert await refusal_of(settings) == (
                "The database role hireloop_dml lacks USAGE on the schema public, which contains the tables of "
                "HireLoop. Run `GRANT USAGE ON SCHEMA public TO hireloop_dml` as its owner."
            )
            await superuser.execute("GRANT USAGE ON SCHEMA public TO hireloop_dml")
            await migrate.check(settings)
        await superuser.close()


async def test_a_serving_process_is_not_ready_without_a_privilege(user: httpx.AsyncClient, database_url: str) -> None:
    await as_owner(database_url, "REVOKE UPDATE ON delivery FROM hireloop_app")
    answered = await user.get("/health/ready")
    assert answered.status_code == 503
    [reason] = answered.json()["reasons"]
    assert reason.startswith(
        "The database role hireloop_app lacks privileges (UPDATE on public.delivery). Run `GRANT UPDATE ON "
    )


async def test_an_older_postgresql_says_the_same(older_url: str) -> None:
    async with db.opened(older_url, pool_size=1), db.DB.transaction() as changed:
        await migrate.run_missing()
        assert await privileges.lacking() == ""
        await db.fetch(f"CREATE ROLE {ROLE}")
        await privileges.grant(ROLE)
        await db.fetch(f"SET LOCAL ROLE {ROLE}")
        assert await privileges.lacking() == ""
        assert await privileges.excess() == (ROLE, False, False, ())
        await db.fetch("RESET ROLE")
        await db.fetch(f"REVOKE INSERT ON delivery FROM {ROLE}")
        await db.fetch(f"SET LOCAL ROLE {ROLE}")
        assert "(INSERT on public.delivery)" in await privileges.lacking()
        await changed.rollback()  # type: ignore[no-untyped-call] # Piccolo's


def test_a_message_names_five_objects_counts_the_rest_and_grants_all() -> None:
    found = [Lacking(f"t{n}", ("SELECT",)) for n in range(7)]
    assert sentence_of("Our App", found) == (
        "The database role Our App lacks privileges (SELECT on t0; SELECT on t1; SELECT on t2; SELECT on t3; SELECT on "
        't4; and 2 more). Run `GRANT SELECT ON t0, t1, t2, t3, t4, t5, t6 TO "Our App"` as the owner of the tables, or '
        "`hireloop migrate` with DATABASE_OWNER_URL."
    )
