"""How many spans each worker could not export, for the health endpoint."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from hireloop import db

ID = "2026-11-29T14:10:00:520000"
VERSION = "1.38.0"
DESCRIPTION = "spans that a worker dropped lately"

STATEMENTS = ("ALTER TABLE worker ADD COLUMN spans_dropped integer NOT NULL DEFAULT 0",)


async def forwards() -> MigrationManager:
    """Change the tables in Piccolo's transaction."""
    return db.migration("notify", ID, DESCRIPTION, STATEMENTS)
