"""Made-up databases of other versions."""

import importlib

from piccolo.apps.migrations.tables import Migration

from hireloop import db
from hireloop.migrate import digests

# What the next version's migration may do while processes of this version run: all of it is allowed.
NEXT_VERSION = (
    "INSERT INTO migration (name, app_name, ran_on) VALUES ('2099-01-01T00:00:00:000000', 'notify', now())",
    "INSERT INTO migration_digest (migration, digest) VALUES ('2099-01-01T00:00:00:000000', repeat('0', 64))",
    "ALTER TABLE delivery ADD COLUMN priority integer",
    "ALTER TABLE schedule ADD COLUMN colour text NOT NULL DEFAULT 'blue'",
    "ALTER TABLE delivery ADD CONSTRAINT delivery_priority_is_small CHECK (priority BETWEEN 0 AND 9)",
    "CREATE INDEX deliveries_by_priority ON delivery (priority)",
    "CREATE TABLE holiday (day date PRIMARY KEY, name text NOT NULL)",
    """
    CREATE FUNCTION is_holiday(at date) RETURNS boolean LANGUAGE sql
    AS 'SELECT EXISTS (SELECT FROM holiday WHERE day = at)'
    """,
)


async def make_0_1_0() -> None:
    """Do to the open, empty database what the migrations of 0.1.0 did, and nothing later."""
    await Migration.create_table(if_not_exists=True)
    for migration, module in sorted(digests.modules().items()):
        if migration.startswith("2026-11-29T12"):
            for statement in importlib.import_module(module).STATEMENTS:
                await db.DB.run_ddl(statement)
            app = module.split(".")[1]
            await Migration.insert(Migration(name=migration, app_name=app))
