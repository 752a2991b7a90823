# ruff: noqa: SLF001 (Piccolo keeps what a table and a column are in `_meta`)
import asyncio
import importlib
import itertools
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.columns import Array, ForeignKey
from piccolo.columns.base import Column
from piccolo.table import Table

from hireloop import db, migrate
from hireloop.db import GeneratedText
from hireloop.errors import DatabaseNotReady, SettingsError
from hireloop.migrate import digests
from hireloop.piccolo_conf import APP_REGISTRY
from hireloop.settings import Settings
from processes import environment
from sample_settings import SECRET, settings_for

TABLES: list[type[Table]] = list(
    itertools.chain.from_iterable(app.table_classes for app in APP_REGISTRY.app_configs.values())
)
MIGRATIONS = sum(
    len([*Path(app.resolved_migrations_folder_path).glob("[a-z]*.py")]) for app in APP_REGISTRY.app_configs.values()
)
OTHER_SECRET = "another secret of the tests, which opens nothing either"


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Settings]:
    """The settings of an open, empty database."""
    async with db.opened(empty_url, pool_size=12):
        yield settings_for(empty_url)


async def test_an_empty_database_lacks_every_migration_and_says_what_to_run(empty: Settings) -> None:
    pending = await migrate.pending()
    assert len(pending) == MIGRATIONS
    with pytest.raises(DatabaseNotReady, match=rf"has {MIGRATIONS} pending migrations\. Run `hireloop migrate`"):
        await migrate.check(empty)


async def test_what_is_pending_is_what_piccolo_would_run(empty: Settings) -> None:
    would_run: list[str] = []
    for app in APP_REGISTRY.app_configs.values():
        modules = ForwardsMigrationManager(app_name=app.app_name).get_migration_modules(
            app.resolved_migrations_folder_path
        )
        would_run += modules
    assert await migrate.pending() == sorted(would_run)
    await migrate.migrate(empty)
    assert await db.fetch_value("SELECT array_agg(name ORDER BY name) FROM migration") == sorted(would_run)


async def test_migrating_runs_everything_once(empty: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    pending = await migrate.pending()
    assert sorted(await migrate.migrate(empty)) == pending
    assert await migrate.migrate(empty) == []
    assert await migrate.pending() == []
    await migrate.check(empty)
    assert capsys.readouterr().out == ""  # Piccolo's own progress is not for our users


async def test_of_ten_tasks_that_migrate_at_once_one_does(empty: Settings) -> None:
    ran = await asyncio.gather(*(asyncio.create_task(migrate.migrate(empty)) for _ in range(10)))
    assert sorted(len(names) for names in ran) == [0] * 9 + [MIGRATIONS]
    await migrate.check(empty)


def test_of_four_processes_that_migrate_at_once_one_does(empty_url: str) -> None:
    migrates = [sys.executable, "-m", "hireloop", "migrate"]
    env = environment(empty_url)
    racing = [subprocess.Popen(migrates, env=env, stdout=subprocess.PIPE, text=True, cwd="/") for _ in range(4)]
    said = sorted(process.communicate(timeout=60)[0] for process in racing)
    assert [process.returncode for process in racing] == [0] * 4
    assert said == [f"{MIGRATIONS} migrations run.\n", *["The database is up to date.\n"] * 3]


async def test_a_migration_that_fails_leaves_nothing_behind(empty: Settings) -> None:
    await db.fetch("CREATE TABLE worker (id int)")  # stands in the way of the second app's last statement
    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate.migrate(empty)
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert [row["tablename"] for row in tables] == ["worker"]


@pytest.mark.usefixtures("database")
async def test_another_secret_is_refused_until_it_is_accepted(settings: Settings, database_url: str) -> None:
    other = settings_for(database_url, secret_key=OTHER_SECRET)
    await migrate.check(settings)
    for refused in (migrate.check(other), migrate.migrate(other)):
        with pytest.raises(SettingsError, match=r"^SECRET_KEY .*--accept-secret.*SECRET_KEY_FALLBACKS"):
            await refused
    await migrate.check(settings)
    await migrate.migrate(other, accept_secret=True)
    await migrate.check(other)
    with pytest.raises(SettingsError):
        await migrate.check(settings)


@pytest.mark.usefixtures("database")
async def test_migrating_needs_a_secret(database_url: str) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is not set"):
        await migrate.migrate(settings_for(database_url, secret_key=None))


@pytest.mark.usefixtures("database")
async def test_the_fingerprint_tells_secrets_apart_and_reveals_neither(settings: Settings, database_url: str) -> None:
    (row,) = await db.fetch("SELECT * FROM installation")
    assert row["secret_fingerprint"] == migrate.fingerprint(settings)
    assert row["secret_fingerprint"] != migrate.fingerprint(settings_for(database_url, secret_key=OTHER_SECRET))
    assert SECRET not in str(dict(row))


@pytest.mark.parametrize("before", ["2026-11-21T12", "2026-11-29T00"])
@pytest.mark.usefixtures("database")
async def test_a_database_that_is_older_than_any_release_is_refused(settings: Settings, before: str) -> None:
    await db.fetch(r"UPDATE migration SET name = regexp_replace(name, '2026-11-\d\dT\d\d', $1)", before)
    for work in (migrate.migrate(settings), migrate.check(settings), migrate.pending()):
        with pytest.raises(DatabaseNotReady, match=r"before 0\.1\.0 and cannot be upgraded: use an empty database"):
            await work


@pytest.mark.usefixtures("database")
async def test_a_database_without_a_fingerprint_asks_for_a_migration(settings: Settings) -> None:
    await db.fetch("DELETE FROM installation")
    with pytest.raises(DatabaseNotReady, match="Run `hireloop migrate`"):
        await migrate.check(settings)


@pytest.mark.usefixtures("database")
async def test_the_database_has_the_tables_that_piccolo_is_told_of() -> None:
    found = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row["tablename"] for row in found} == {table._meta.tablename for table in TABLES} | {"migration"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table._meta.tablename)
def test_what_may_be_missing_is_missing_in_a_row_that_does_not_name_it(table: type[Table]) -> None:
    nullable = [one for one in table._meta.columns if one._meta.null and not isinstance(one, GeneratedText)]
    assert [column._meta.name for column in nullable if column.get_default_value() is not None] == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table._meta.tablename)
async def test_a_table_class_has_its_tables_columns(table: type[Table]) -> None:
    found = await db.fetch(
        """
        SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,
            a.attgenerated <> '' AS generated
        FROM pg_attribute a WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
        """,
        table._meta.tablename,
    )
    stored = {row["name"]: (row["type"], row["nullable"], row["generated"]) for row in found}
    assert stored == {
        column._meta.name: (_type_of(column), column._meta.null, isinstance(column, GeneratedText))
        for column in table._meta.columns
    }


@pytest.mark.usefixtures("database")
async def test_no_index_is_on_the_lower_case_of_a_column() -> None:
    """Such an index is not used under row-level security, as `lower` is not leakproof."""
    indexes = await db.fetch("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexdef ~* 'lower\\('")
    assert [row["indexdef"] for row in indexes] == []


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table._meta.tablename)
async def test_a_table_class_has_its_tables_keys(table: type[Table]) -> None:
    found = await db.fetch(
        """
        SELECT contype::text AS kind, confrelid::regclass::text AS target, (
            SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1]) AS name
        FROM pg_constraint WHERE conrelid = $1::regclass AND contype IN ('p', 'f')
        """,
        table._meta.tablename,
    )
    stored = {(row["kind"], row["name"], row["target"]) for row in found}
    foreign = {
        ("f", column._meta.name, column._foreign_key_meta.resolved_references._meta.tablename)
        for column in table._meta.columns
        if isinstance(column, ForeignKey)
    }
    assert stored == foreign | {("p", table._meta.primary_key._meta.name, "-")}


@pytest.mark.usefixtures("database")
async def test_no_column_takes_the_time_of_the_server_by_default() -> None:
    defaults = await db.fetch(
        """
        SELECT adrelid::regclass::text || ': ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef
        WHERE adrelid <> 'migration'::regclass -- which is Piccolo's
        """
    )
    assert [row[0] for row in defaults if re.search(r"now\(|CURRENT_|_timestamp", row[0])] == []


def _type_of(column: Column) -> str:
    if isinstance(column, Array):
        return f"{_type_of(column.base_column)}[]"
    words = {"TIMESTAMPTZ": "timestamp with time zone", "SERIAL": "integer"}
    name: str = column.column_type
    return words.get(name, name.lower())


# --- Rows that must not be ---------------------------------------------------------------------------------------

_DELIVERY: dict[str, Any] = {
    "id": "gen_random_uuid()",
    "schedule": "'00000000-0000-7000-8000-000000000001'",
    "revision": "1",
    "kind": "'invitation'",
    "channel": "'email'",
    "recipient": "'a@example.com'",
    "required": "true",
    "payload": "'{}'",
    "payload_version": "1",
    "first_due_at": "now()",
    "due_at": "now()",
    "deadline_at": "now()",
    "message_id": "'<1@hire.example>'",
    "created_at": "now()",
}
_ATTEMPT = {"delivery": "(SELECT id FROM delivery LIMIT 1)", "number": "2", "started_at": "now()", "worker": "'w'"}
_HEALTH = {"channel": "'email'", "fingerprint": "'g'", "state": "'open'", "since": "now()"}
_API_KEY = {
    "id": "gen_random_uuid()",
    "name": "'n'",
    "role": "'viewer'",
    "secret_hash": "sha256('x')",
    "created_at": "now()",
}
_SIGN_IN = {
    "id": "gen_random_uuid()",
    "api_key": "(SELECT min(id::text)::uuid FROM api_key)",
    "browser": "'Firefox on Linux'",
    "created_at": "now()",
    "last_used_at": "now()",
    "open_until": "now() + interval '12 hours'",
}
_WORKER = {
    "id": "gen_random_uuid()",
    "name": "'w'",
    "started_at": "now()",
    "seen_at": "now()",
    "channels": "'{email}'",
    "kinds": "'{invitation}'",
    "payload_version": "1",
    "base_url": "''",
}
_HELD_HALF = {"state": "'held'", "reason": "'no_mail_host'"}

IMPOSSIBLE: list[tuple[str, str, dict[str, str]]] = [
    ("one_delivery_per_message_and_recipient", "delivery", _DELIVERY),
    ("delivery_state_is_known", "delivery", {"recipient": "'b@x'", "state": "'forgotten'"}),
    ("delivery_lease_is_whole", "delivery", {"recipient": "'b@x'", "lease_token": "gen_random_uuid()"}),
    ("delivery_lease_is_whole", "delivery", {"recipient": "'b@x'", "leased_until": "now()"}),
    (
        "ended_deliveries_hold_no_lease",
        "delivery",
        {"recipient": "'b@x'", "state": "'exhausted'", "lease_token": "gen_random_uuid()", "leased_until": "now()"},
    ),
    ("sent_deliveries_say_when", "delivery", {"recipient": "'b@x'", "state": "'sent'"}),
    ("bounced_deliveries_say_when", "delivery", {"recipient": "'b@x'", "state": "'bounced'", "sent_at": "now()"}),
    ("delivery_recipient_is_known", "delivery", {"recipient": "''"}),
    ("delivery_counts_are_whole", "delivery", {"recipient": "'b@x'", "tries": "2", "attempt_count": "1"}),
    ("delivery_counts_are_whole", "delivery", {"recipient": "'b@x'", "tries": "-1"}),
    (
        "counted_digests_are_at_most_500",
        "delivery",
        {"recipient": "'b@x'", "counted_digests": "decode(repeat('00', 4001), 'hex')"},
    ),
    ("attempts_of_a_delivery_are_numbered", "attempt", {"number": "1"}),
    ("attempt_outcome_is_known", "attempt", {"outcome": "'perhaps'", "finished_at": "now()"}),
    ("attempt_route_is_known", "attempt", {"route": "'pigeon'"}),
    ("attempt_phase_is_known", "attempt", {"phase": "'lunch'"}),
    ("finished_attempts_have_an_outcome", "attempt", {"outcome": "'sent'"}),
    ("finished_attempts_have_an_outcome", "attempt", {"finished_at": "now()"}),
    ("attempt_reply_is_at_most_a_kibibyte", "attempt", {"reply": "repeat('é', 513)"}),
    ("broken_workers_say_why", "worker", {"broke_down_at": "now()"}),
    ("one_health_per_channel_configuration", "channel_health", {"fingerprint": "'f'"}),
    ("channel_state_is_known", "channel_health", {"state": "'ajar'"}),
    ("held_channels_say_why_and_when_next", "channel_health", _HELD_HALF),
    ("held_channels_say_why_and_when_next", "channel_health", {"reason": "'x'", "next_probe_at": "now()"}),
    ("api_key_role_is_known", "api_key", {"role": "'owner'"}),
    ("api_key_hash_is_sha256", "api_key", {"secret_hash": "'hl_in_clear'"}),
    ("api_key_has_a_name", "api_key", {"name": "''"}),
    ("api_key_expires_after_it_was_created", "api_key", {"expires_at": "now()"}),
    ("sign_in_browser_is_short", "sign_in", {"browser": "repeat('x', 61)"}),
    ("ended_sign_ins_have_a_reason", "sign_in", {"ended_at": "now()"}),
    ("ended_sign_ins_have_a_reason", "sign_in", {"end_reason": "'too_many'"}),
    ("sign_in_end_reason_is_known", "sign_in", {"ended_at": "now()", "end_reason": "'tired'"}),
]
_BASES = {
    "delivery": _DELIVERY,
    "attempt": _ATTEMPT,
    "channel_health": _HEALTH,
    "api_key": _API_KEY,
    "sign_in": _SIGN_IN,
    "worker": _WORKER,
}


async def _insert(table: str, values: dict[str, str]) -> None:
    row = {**_BASES[table], **values}
    await db.fetch(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})")  # noqa: S608 (our own)


@pytest.mark.usefixtures("database")
async def test_each_impossible_row_of_the_hub_and_the_keys_is_refused_by_name() -> None:
    await _insert("delivery", {})
    await _insert("attempt", {"number": "1"})
    await _insert("channel_health", {"fingerprint": "'f'"})
    await _insert("api_key", {})
    for constraint, table, values in IMPOSSIBLE:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            await _insert(table, values)
        assert refused.value.constraint_name == constraint
    for table in _BASES:
        await _insert(table, {"recipient": "'c@x'"} if table == "delivery" else {})  # the rest of each row was possible


@pytest.mark.usefixtures("database")
async def test_every_constraint_of_the_hub_and_the_keys_is_among_the_impossible_rows() -> None:
    rows = await db.fetch(
        """
        SELECT conname AS name FROM pg_constraint
        WHERE (contype IN ('c', 'u', 'x') OR contype = 'p' AND conname <> conrelid::regclass || '_pkey')
            AND conrelid::regclass::text = ANY($1)
        """,
        [*_BASES],
    )
    assert {row["name"] for row in rows} == {constraint for constraint, _, _ in IMPOSSIBLE}


async def _table_files() -> dict[str, int]:
    """Return the file in which each table is: another one if it was written anew."""
    found = await db.fetch(
        "SELECT relname, pg_relation_filenode(oid)::bigint AS file FROM pg_class"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return {row["relname"]: row["file"] for row in found}


@pytest.mark.usefixtures("empty")
async def test_no_migration_writes_a_table_anew_for_which_bookings_would_wait() -> None:
    before: dict[str, int] = {}
    for name, module in sorted(digests.modules().items()):
        if name.startswith("2026-11-30") and not before:  # two of the day before do, and are released
            before = await _table_files()
        for statement in getattr(importlib.import_module(module), "STATEMENTS", ()):
            await db.DB.run_ddl(statement)
    after = await _table_files()
    assert {"delivery", "slot"} <= before.keys()
    assert {table for table in before if after[table] != before[table]} == set()
